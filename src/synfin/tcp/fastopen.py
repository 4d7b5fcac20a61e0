"""TCP Fast Open beside the handshake itself (RFC 7413): the keys behind a server's cookies, and a client's memory.

`FastOpenKeys` makes and checks cookies; `FastOpenCache` remembers cookies, segment sizes and failures by server.  Both
belong to a host and are handed in; when text may ride on a SYN is decided in `listener` and `output`.
"""

from __future__ import annotations

from hashlib import blake2s
from random import Random
from struct import Struct
from typing import Final, final

from synfin.errors import UsageError
from synfin.wire.addresses import Address

COOKIE_OCTETS: Final = 8
KEY_OCTETS: Final = 16
REFUSED: Final = 0  # a cookie that we have not made, or too long ago
VALID: Final = 1
OLD: Final = 2  # made with the key before: good, but the client is given a new one
BLOCK_DOUBLINGS: Final = 6  # a path that goes on failing is left alone for up to 64 times the first period

_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_TWO_WORDS: Final = Struct("<QQ")
_WORD: Final = Struct("<Q")


def siphash(key: bytes, data: bytes) -> bytes:
    """SipHash-2-4 of `data` under a key of 16 octets: 8 octets, little-endian (Aumasson and Bernstein, 2012)."""
    k0, k1 = _TWO_WORDS.unpack(key)
    v0 = k0 ^ 0x736F6D6570736575
    v1 = k1 ^ 0x646F72616E646F6D
    v2 = k0 ^ 0x6C7967656E657261
    v3 = k1 ^ 0x7465646279746573
    tail = len(data) % 8
    padded = data + bytes(7 - tail) + bytes([len(data) & 0xFF])
    words = len(padded) // 8
    for at in range(words + 1):
        if at < words:
            word: int = _WORD.unpack_from(padded, 8 * at)[0]
            rounds = 2
        else:
            word = 0
            v2 ^= 0xFF
            rounds = 4
        v3 ^= word
        for _ in range(rounds):
            v0 = (v0 + v1) & _MASK
            v1 = (v1 << 13 | v1 >> 51) & _MASK ^ v0
            v0 = (v0 << 32 | v0 >> 32) & _MASK
            v2 = (v2 + v3) & _MASK
            v3 = (v3 << 16 | v3 >> 48) & _MASK ^ v2
            v0 = (v0 + v3) & _MASK
            v3 = (v3 << 21 | v3 >> 43) & _MASK ^ v0
            v2 = (v2 + v1) & _MASK
            v1 = (v1 << 17 | v1 >> 47) & _MASK ^ v2
            v2 = (v2 << 32 | v2 >> 32) & _MASK
        v0 ^= word
    return _WORD.pack(v0 ^ v1 ^ v2 ^ v3)


@final
class FastOpenKeys:
    """The secret of a server's cookies [RFC7413-04]: the current key, and the one before it, which is still good.

    A cookie is a MAC over both addresses, made as Linux makes it, so that servers that share a key accept each other's.
    Keys are drawn when the first cookie is needed; each is replaced after `lifetime` ns (0: never), or by `rotate`.
    """

    __slots__ = ("_rng", "_since", "current", "lifetime", "previous")

    def __init__(self, rng: Random | None, lifetime: int = 0) -> None:
        self._rng = rng
        self._since = 0
        self.lifetime = lifetime
        self.current = b""
        self.previous = b""

    @staticmethod
    def of(keys: bytes) -> FastOpenKeys:
        """Keys that somebody has chosen; see `set`."""
        made = FastOpenKeys(None)
        made.set(keys)
        return made

    def set(self, keys: bytes) -> None:
        """Use a key of 16 octets, or two of them: the current one first.  Raises `UsageError` for other lengths."""
        if len(keys) not in (KEY_OCTETS, 2 * KEY_OCTETS):
            raise UsageError(f"fast open takes one key of {KEY_OCTETS} octets or two, not {len(keys)} octets")
        self.current = keys[:KEY_OCTETS]
        self.previous = keys[KEY_OCTETS:]
        self.lifetime = 0  # whoever sets keys replaces them too

    def get(self) -> bytes:
        """The keys in use, the current one first; nothing before the first cookie."""
        return self.current + self.previous

    def clear(self) -> None:
        """Forget the keys; new ones are drawn when they are needed."""
        self.current = b""
        self.previous = b""

    def rotate(self, key: bytes | None = None) -> None:
        """Make cookies with a new key (None: one derived from the key that it replaces) and accept those of both."""
        if key is not None and len(key) != KEY_OCTETS:
            raise UsageError(f"a fast open key has {KEY_OCTETS} octets, not {len(key)}")
        self._ready()
        self.previous = self.current
        self.current = key if key is not None else blake2s(self.current, digest_size=KEY_OCTETS, person=b"tfo").digest()

    def cookie(self, client: Address, server: Address, now: int) -> bytes:
        """The cookie of `client`; it says nothing that the client could use against others."""
        self._age(now)
        return siphash(self.current, client + server)

    def check(self, cookie: bytes, client: Address, server: Address, now: int) -> int:
        """VALID, OLD or REFUSED."""
        self._age(now)
        if cookie == siphash(self.current, client + server):
            return VALID
        if self.previous and cookie == siphash(self.previous, client + server):
            return OLD
        return REFUSED

    def _ready(self) -> None:
        if not self.current and self._rng is not None:
            self.current = self._rng.randbytes(KEY_OCTETS)

    def _age(self, now: int) -> None:
        """Replace a key whose time is over; after a long pause both are new."""
        if not self.current:
            self._ready()
            self._since = now
        if self.lifetime and now - self._since >= self.lifetime:
            self.rotate()
            if now - self._since >= 2 * self.lifetime:
                self.rotate()
            self._since = now


@final
class _Server:
    """What is known of one server address."""

    __slots__ = ("at", "cookie", "mss")

    def __init__(self, cookie: bytes, mss: int, at: int) -> None:
        self.cookie = cookie
        self.mss = mss
        self.at = at


@final
class _Trouble:
    """A server port that fast open did not work with."""

    __slots__ = ("failures", "until")

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0


@final
class FastOpenCache:
    """A client's cookies with segment sizes, by server [RFC7413-05], and failures, by server and port [RFC7413-06].

    At most `limit` of each are kept, the oldest goes first (`evicted` counts); cookies are forgotten after `lifetime`
    ns; after a failure fast open is not tried for `block` ns, twice as long after each further one.
    """

    __slots__ = ("_block", "_lifetime", "_limit", "_servers", "_troubles", "evicted")

    def __init__(self, limit: int, lifetime: int, block: int) -> None:
        self._limit = limit
        self._lifetime = lifetime
        self._block = block
        self._servers: dict[Address, _Server] = {}
        self._troubles: dict[tuple[Address, int], _Trouble] = {}
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._servers)

    def cookie(self, server: Address, now: int) -> bytes | None:
        """The cookie for `server`, None without a fresh one."""
        known = self._servers.get(server)
        if known is None or not known.cookie:
            return None
        if now - known.at >= self._lifetime:
            del self._servers[server]
            return None
        return known.cookie

    def mss(self, server: Address) -> int:
        """The segment size that `server` announced with its cookie; 0: not known."""
        known = self._servers.get(server)
        return known.mss if known is not None else 0

    def remember(self, server: Address, cookie: bytes, mss: int, now: int) -> None:
        """Keep what a SYN-ACK gave."""
        self._servers.pop(server, None)
        if len(self._servers) >= self._limit:
            del self._servers[next(iter(self._servers))]
            self.evicted += 1
        self._servers[server] = _Server(cookie, mss, now)

    def forget(self, server: Address) -> None:
        """Drop the cookie of `server`."""
        self._servers.pop(server, None)

    def failed(self, server: Address, port: int, now: int) -> None:
        """Text on a SYN, or the option, did not get through: leave it for a while."""
        key = (server, port)
        trouble = self._troubles.pop(key, None) or _Trouble()
        if len(self._troubles) >= self._limit:
            del self._troubles[next(iter(self._troubles))]
            self.evicted += 1
        trouble.until = now + (self._block << min(trouble.failures, BLOCK_DOUBLINGS))
        trouble.failures += 1
        self._troubles[key] = trouble

    def worked(self, server: Address, port: int) -> None:
        """Text on a SYN was acknowledged."""
        self._troubles.pop((server, port), None)

    def blocked(self, server: Address, port: int, now: int) -> bool:
        """Whether fast open is to be left alone with this server now."""
        trouble = self._troubles.get((server, port))
        return trouble is not None and now < trouble.until

    def clear(self) -> None:
        """Forget everything."""
        self._servers.clear()
        self._troubles.clear()
