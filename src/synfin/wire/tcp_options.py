"""TCP options (RFC 9293 3.1 and the RFCs named below), parsed without regard to alignment or order."""

from __future__ import annotations

from typing import Final, final


@final
class TcpOptions:
    """The options of one segment.

    `raw` holds the exact octets of a parsed option list (padding included) and is empty for one that is to be built.
    `mss` RFC 9293; `window_scale`, `ts_val`, `ts_ecr` RFC 7323 (`ts_val` is None when absent); `sack_permitted`, `sack`
    (wire-number pairs, most recent first) RFC 2018; `user_timeout` RFC 5482 (16 bit, granularity in the top bit);
    `fast_open` RFC 7413 (`b""` asks for a cookie); `others`: (kind, value) of everything else, in order, MD5, AO and
    MPTCP among them.
    """

    __slots__ = (
        "fast_open",
        "mss",
        "others",
        "raw",
        "sack",
        "sack_permitted",
        "ts_ecr",
        "ts_val",
        "user_timeout",
        "window_scale",
    )

    def __init__(
        self,
        mss: int | None = None,
        window_scale: int | None = None,
        sack_permitted: bool = False,
        sack: tuple[tuple[int, int], ...] = (),
        ts_val: int | None = None,
        ts_ecr: int = 0,
        user_timeout: int | None = None,
        fast_open: bytes | None = None,
        others: tuple[tuple[int, bytes], ...] = (),
        raw: bytes = b"",
    ) -> None:
        self.mss = mss
        self.window_scale = window_scale
        self.sack_permitted = sack_permitted
        self.sack = sack
        self.ts_val = ts_val
        self.ts_ecr = ts_ecr
        self.user_timeout = user_timeout
        self.fast_open = fast_open
        self.others = others
        self.raw = raw


NO_OPTIONS: Final = TcpOptions()
