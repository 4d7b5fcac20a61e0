"""TCP options (RFC 9293 3.1 and the RFCs named below), parsed without regard to alignment or order.

What an option means for a connection, and whether it may be used, is left to `tcp`.
"""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.mypyc import mypyc_attr

EOL: Final = 0
NOP: Final = 1
MSS: Final = 2
WINDOW_SCALE: Final = 3
SACK_PERMITTED: Final = 4
SACK: Final = 5
TIMESTAMPS: Final = 8
MD5: Final = 19
USER_TIMEOUT: Final = 28
AO: Final = 29
MPTCP: Final = 30
FAST_OPEN: Final = 34
ACCECN_0: Final = 172
ACCECN_1: Final = 174
EXPERIMENT_1: Final = 253
EXPERIMENT_2: Final = 254

OPTION_NAMES: Final[dict[int, str]] = {
    EOL: "eol",
    NOP: "nop",
    MSS: "mss",
    WINDOW_SCALE: "wscale",
    SACK_PERMITTED: "sackOK",
    SACK: "sack",
    TIMESTAMPS: "TS",
    MD5: "md5",
    USER_TIMEOUT: "uto",
    AO: "ao",
    MPTCP: "mptcp",
    FAST_OPEN: "tfo",
    ACCECN_0: "accecn0",
    ACCECN_1: "accecn1",
    EXPERIMENT_1: "exp253",
    EXPERIMENT_2: "exp254",
}

MAX_OPTION_OCTETS: Final = 40  # the data offset counts 15 words at most, 5 of them the fixed header
MAX_SACK_BLOCKS: Final = 4

_ALIGNED_TS: Final = 0x0101_080A  # nop, nop, kind 8, length 10
_THREE_WORDS: Final = struct.Struct(">III")
_TWO_WORDS: Final = struct.Struct(">II")


@final
@mypyc_attr(acyclic=True)
class TcpOptions:
    """The options of one segment.

    `raw` holds the exact octets of a parsed option list (padding included) and is empty for one that is to be built;
    whoever changes a parsed value clears it.
    `mss` RFC 9293; `window_scale`, `ts_val`, `ts_ecr` RFC 7323 (`ts_val` is None when absent); `sack_permitted`, `sack`
    (wire-number pairs, most recent first) RFC 2018; `user_timeout` RFC 5482 (16 bit, granularity in the top bit);
    `fast_open` RFC 7413 (`b""` asks for a cookie); `others`: (kind, value) of everything else, in order, MD5, AO and
    MPTCP among them.  Two values are equal when they mean the same, however their octets are laid out.
    """

    __slots__ = (
        "fast_open", "mss", "others", "raw", "sack", "sack_permitted", "ts_ecr", "ts_val", "user_timeout",
        "window_scale",
    )  # fmt: skip

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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TcpOptions):
            return NotImplemented
        return (
            self.mss == other.mss
            and self.window_scale == other.window_scale
            and self.sack_permitted == other.sack_permitted
            and self.sack == other.sack
            and self.ts_val == other.ts_val
            and self.ts_ecr == other.ts_ecr
            and self.user_timeout == other.user_timeout
            and self.fast_open == other.fast_open
            and self.others == other.others
        )

    def __hash__(self) -> int:
        return hash((self.mss, self.window_scale, self.sack, self.ts_val, self.ts_ecr))

    def __repr__(self) -> str:
        return f"TcpOptions({', '.join(describe_options(self))})"

    def other(self, kind: int) -> bytes | None:
        """The value of the first option of `kind` among `others`, or None."""
        for found, value in self.others:
            if found == kind:
                return value
        return None


NO_OPTIONS: Final = TcpOptions()


def parse_options(raw: bytes) -> TcpOptions:
    """Read an option list of 0 to 40 octets.

    Options may come in any order and alignment [MUST-64], in any segment [MUST-5]; unknown kinds are passed over by
    their length octet [MUST-6] [MUST-68] and kept in `others`, and so is a known kind whose length does not fit it.
    Nothing after End-of-Option-List is read [MUST-69].  Of a kind that comes twice the last one counts.

    A length of 0 or 1, or one that leads out of the header, makes the rest unreadable: `WireError`
    `tcp-option-bad-length` [MUST-7].
    """
    size = len(raw)
    if size == 0:
        return NO_OPTIONS
    if size == 12:
        magic, ts_val, ts_ecr = _THREE_WORDS.unpack_from(raw)
        if magic == _ALIGNED_TS:
            return TcpOptions(None, None, False, (), ts_val, ts_ecr, None, None, (), raw)
    options = TcpOptions(raw=raw)
    at = 0
    while at < size:
        kind = raw[at]
        if kind == NOP:
            at += 1
            continue
        if kind == EOL:
            break
        length = raw[at + 1] if at + 1 < size else 0
        if length < 2 or at + length > size:
            raise WireError("tcp-option-bad-length", f"kind {kind} at octet {20 + at} says length {length}")
        if not _take(options, kind, raw[at + 2 : at + length]):
            options.others += ((kind, raw[at + 2 : at + length]),)
        at += length
    return options


def _take(options: TcpOptions, kind: int, value: bytes) -> bool:
    """Put a known option with a fitting length into its slot; False if it is to be kept as it is."""
    size = len(value)
    if kind == MSS and size == 2:
        options.mss = int.from_bytes(value, "big")
    elif kind == WINDOW_SCALE and size == 1:
        options.window_scale = value[0]
    elif kind == SACK_PERMITTED and size == 0:
        options.sack_permitted = True
    elif kind == SACK and size > 0 and size % 8 == 0:  # [RFC2018-10]
        edges = struct.unpack(f">{size // 4}I", value)
        options.sack = tuple([(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)])
    elif kind == TIMESTAMPS and size == 8:
        options.ts_val, options.ts_ecr = _TWO_WORDS.unpack(value)
    elif kind == USER_TIMEOUT and size == 2:  # [RFC5482-05]
        options.user_timeout = int.from_bytes(value, "big")
    elif kind == FAST_OPEN and _is_cookie_size(size):  # [RFC7413-01]
        options.fast_open = value
    else:
        return False
    return True


def _is_cookie_size(size: int) -> bool:
    """RFC 7413 4.1.1: nothing (a request), or 4 to 16 octets, an even number."""
    return size == 0 or (4 <= size <= 16 and size % 2 == 0)


def options_length(options: TcpOptions) -> int:
    """Octets that `encode_options` gives, a multiple of 4 (more than 40 if they do not fit).

    Senders take this off the segment size [RFC6691-02].
    """
    if options is NO_OPTIONS:
        return 0
    if options.raw:
        return (len(options.raw) + 3) & ~3
    size = 0
    if options.mss is not None:
        size += 4
    if options.ts_val is not None:
        size += 12
    elif options.sack_permitted:
        size += 4
    if options.window_scale is not None:
        size += 4
    if options.sack:
        size += 4 + 8 * len(options.sack)
    if options.user_timeout is not None:
        size += 4
    if options.fast_open is not None:
        size += (len(options.fast_open) + 5) & ~3
    for _, value in options.others:
        size += 2 + len(value)
    return (size + 3) & ~3


def encode_options(options: TcpOptions) -> bytes:
    """The octets of an option list, padded to a multiple of 4; `raw` as it is, where that is set.

    The layout is the one Linux uses, each piece aligned: MSS; SACK-permitted and timestamps; window scale; SACK; user
    timeout; fast open; the others in order; End-of-Option-List padding [MUST-4] [MUST-69].
    Raises `UsageError` for more than 40 octets and for a value that does not fit its field.
    """
    if options is NO_OPTIONS:
        return b""
    raw = options.raw
    if not raw:
        raw = _encode(options)
    if len(raw) % 4:
        raw += bytes(-len(raw) % 4)
    if len(raw) > MAX_OPTION_OCTETS:
        raise UsageError(f"TCP options take {len(raw)} octets, {MAX_OPTION_OCTETS} fit")
    return raw


def _encode(options: TcpOptions) -> bytes:
    """The pieces in Linux's order."""
    out = b""
    try:
        if (
            options.ts_val is not None
            and not options.sack
            and options.mss is None
            and options.window_scale is None
            and not options.sack_permitted
            and options.user_timeout is None
            and options.fast_open is None
            and not options.others
        ):  # what every segment of most connections carries
            return _THREE_WORDS.pack(_ALIGNED_TS, options.ts_val, options.ts_ecr)
        if options.mss is not None:
            out = struct.pack(">BBH", MSS, 4, options.mss)
        if options.ts_val is not None:
            head = _ALIGNED_TS if not options.sack_permitted else 0x0402_080A
            out += _THREE_WORDS.pack(head, options.ts_val, options.ts_ecr)
        elif options.sack_permitted:
            out += b"\x01\x01\x04\x02"
        if options.window_scale is not None:
            out += struct.pack(">BBBB", NOP, WINDOW_SCALE, 3, options.window_scale)
        if options.sack:
            out += struct.pack(">BBBB", NOP, NOP, SACK, 2 + 8 * len(options.sack))
            for left, right in options.sack:
                out += _TWO_WORDS.pack(left, right)
        if options.user_timeout is not None:
            out += struct.pack(">BBH", USER_TIMEOUT, 4, options.user_timeout)
        if options.fast_open is not None:
            out += _encode_fast_open(options.fast_open)
        for kind, value in options.others:
            if kind < 2:
                raise UsageError(f"TCP option kind {kind} is padding and has no value")
            out += struct.pack(">BB", kind, 2 + len(value)) + value
    except struct.error as error:
        raise UsageError(f"a TCP option does not fit its field: {error}") from None
    return out


def _encode_fast_open(cookie: bytes) -> bytes:
    """Kind 34, aligned by NOPs behind it (RFC 7413 4.1.1)."""
    if not _is_cookie_size(len(cookie)):
        raise UsageError(f"a fast open cookie has 4 to 16 octets, an even number, not {len(cookie)}")
    out = struct.pack(">BB", FAST_OPEN, 2 + len(cookie)) + cookie
    return out + b"\x01\x01" if len(out) % 4 else out


def describe_options(options: TcpOptions) -> list[str]:
    """Short texts for people: `["mss 1460", "sackOK", "TS val 1 ecr 0", "wscale 7"]`."""
    out: list[str] = []
    if options.mss is not None:
        out.append(f"mss {options.mss}")
    if options.sack_permitted:
        out.append("sackOK")
    if options.ts_val is not None:
        out.append(f"TS val {options.ts_val} ecr {options.ts_ecr}")
    if options.window_scale is not None:
        out.append(f"wscale {options.window_scale}")
    if options.sack:
        out.append("sack " + " ".join([f"{left}:{right}" for left, right in options.sack]))
    if options.user_timeout is not None:
        unit = "min" if options.user_timeout & 0x8000 else "s"
        out.append(f"uto {options.user_timeout & 0x7FFF} {unit}")
    if options.fast_open is not None:
        out.append(f"tfo {options.fast_open.hex()}" if options.fast_open else "tfo request")
    for kind, value in options.others:
        out.append(f"{OPTION_NAMES.get(kind, f'kind {kind}')} {value.hex()}".rstrip())
    return out
