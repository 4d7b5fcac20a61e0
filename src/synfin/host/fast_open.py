"""TCP Fast Open of one host (RFC 7413): the server's keys, the client's memory, and how openings use and feed it.

Responsible for whether an active opening tries, and for what is learned from how it ended.  The handshake itself, and
what cookies are made of, is TCP's affair.
"""

from __future__ import annotations

from random import Random
from typing import final

from synfin.config import MILLISECOND, TcpConfig
from synfin.host.config import HostConfig
from synfin.tcp.connection import Connection
from synfin.tcp.fastopen import FastOpenCache, FastOpenKeys
from synfin.tcp.state import CLOSED
from synfin.wire.addresses import Address


@final
class FastOpen:
    """`keys` make the cookies of all listeners that have none of their own; `cache` holds what servers gave."""

    __slots__ = ("cache", "keys")

    def __init__(self, rng: Random, config: HostConfig) -> None:
        self.keys = FastOpenKeys(rng, config.fast_open_key_ms * MILLISECOND)
        self.cache = FastOpenCache(
            config.fast_open_servers,
            config.fast_open_cookie_ms * MILLISECOND,
            config.fast_open_block_ms * MILLISECOND,
        )

    def clear(self) -> None:
        """Forget cookies, failures and keys (the host has crashed)."""
        self.cache.clear()
        self.keys.clear()

    def settings(self, config: TcpConfig, server: Address, port: int, cookie: bytes | None, now: int) -> TcpConfig:
        """`config`, without fast open where that has failed with this server lately and no cookie is given."""
        if config.fast_open and cookie is None and self.cache.blocked(server, port, now):
            return config.but(fast_open=False)
        return config

    def open(self, connection: Connection, asked: TcpConfig, data: bytes, cookie: bytes | None, now: int) -> None:
        """Active OPEN with the cookie that is given, or else known; `asked` is what the application wanted."""
        server = connection.remote.address
        if connection.config.fast_open:
            connection.tcb.syn_mss = self.cache.mss(server)
            if cookie is None:
                cookie = self.cache.cookie(server, now)
        connection.open(now, data, cookie)
        if asked.fast_open and not connection.config.fast_open:
            connection.tcb.note("fast-open-blocked")

    def learn(self, connection: Connection, now: int) -> None:
        """How an active opening with fast open has ended (RFC 7413 4.1.3) [RFC7413-05] [RFC7413-06]."""
        tcb = connection.tcb
        cache = self.cache
        server, port = connection.remote
        cookie = connection.fast_open_cookie
        if cookie:
            cache.remember(server, cookie, tcb.peer_mss, now)
        if tcb.state is CLOSED:
            if tcb.error is not None:  # refused, unreachable or without an answer: perhaps because of what we asked
                cache.failed(server, port, now)
        elif tcb.syn_lost:
            cache.failed(server, port, now)
        elif tcb.syn_text:
            if not tcb.syn_text_refused:
                cache.worked(server, port)
            elif not cookie:
                cache.failed(server, port, now)
