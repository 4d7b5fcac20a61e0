"""Scripts as values: what the parser gives, the printer writes and the runners read.

Two scripts are equal when they mean the same, wherever their words stand; `line` is for messages and is not compared.
Times are integer nanoseconds; sequence numbers, acknowledgments and timestamps are the script's own, not live ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

ABSOLUTE: Final = "absolute"  # 1.5
RELATIVE: Final = "relative"  # +.1
ANY: Final = "any"  # *

ECN_ORDERS: Final = {"ECN": ("e0b", "ceb", "e1b"), "ECN1": ("e1b", "ceb", "e0b")}  # kinds 172 and 174 (RFC 9768)


@dataclass(frozen=True, slots=True)
class Time:
    """When an event happens: at `start` ns, or from `start` to `end`; relative ones count from the event before."""

    kind: str
    start: int = 0
    end: int | None = None


# Arguments of system calls


@dataclass(frozen=True, slots=True)
class Rest:
    """`...`: whatever fits."""


@dataclass(frozen=True, slots=True)
class Number:
    """An integer; `hexadecimal` is how it was written."""

    value: int
    hexadecimal: bool = False


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name such as `SOCK_STREAM`."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string in double quotes, without them."""

    value: str


@dataclass(frozen=True, slots=True)
class Either:
    """`O_RDWR|O_NONBLOCK`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """`name=value` of a structure, `name(size)=value`, or a value alone (`name` is empty)."""

    name: str
    value: Expression
    size: Expression | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """`{onoff=1, linger=0}`."""

    members: tuple[Member, ...]

    def get(self, name: str) -> Expression | None:
        """The value of the member `name`, or None."""
        for member in self.members:
            if member.name == name:
                return member.value
        return None


@dataclass(frozen=True, slots=True)
class Applied:
    """`htons(8080)`."""

    name: str
    arguments: tuple[Expression, ...]


Expression: TypeAlias = Rest | Number | Symbol | Text | Either | Array | Structure | Applied


@dataclass(frozen=True, slots=True)
class Syscall:
    """`name(arguments) = result [ERRNO (note)]`; with `end` (ns, as the event's time counts) the call blocks."""

    name: str
    arguments: tuple[Expression, ...]
    result: Expression
    errno: str = ""
    note: str = ""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Shell:
    """A command between backticks."""

    command: str


@dataclass(frozen=True, slots=True)
class Code:
    """What stands between %{ and }%."""

    text: str


# Packets


@dataclass(frozen=True, slots=True)
class IpInfo:
    """What is asked of the IP header: `ecn` (ect0, ect1, ect01, ce, noecn), `tos`, `ttl`, `flow_label`."""

    ecn: str = ""
    tos: int | None = None
    ttl: int | None = None
    flow_label: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """`first:end(length)` of sequence numbers; `absolute` (a `!` behind it): they are the live ones."""

    first: int
    end: int
    length: int
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One TCP option: its name and numbers.

    `mss n`, `wscale n`, `sack a b c d` (edges), `TS val ecr` (None: any), `ECN e0b ceb e1b` (None: left out), `ECN1`
    (the same in the other order, which scripts write as `ECN e1b ceb e0b`), `kind n`; `data`
    holds the octets of FO, FOEXP, md5, kind and raw.
    """

    name: str
    numbers: tuple[int | None, ...] = ()
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class TcpPacket:
    """One line of TCP; `inbound` goes to the stack under test.

    `flags` are the letters before the dot; `ack_flag` the dot; `ace` the number behind it (RFC 9768), or None.
    `window` None: not written; `any_window`: written as `...`.  `options` None: `<...>`, any.
    """

    inbound: bool
    flags: str
    sequence: Range
    ack_flag: bool = False
    ace: int | None = None
    ack: int | None = None
    window: int | None = None
    any_window: bool = False
    urgent: int | None = None
    options: tuple[Option, ...] | None = ()
    ip: IpInfo = IpInfo()
    ports: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class IcmpPacket:
    """One line of ICMP; `code` is a name or a number in text.

    `quoted` is the range of the segment that caused it, `quoted_udp` the length of the datagram that did.
    """

    inbound: bool
    type: str
    code: str = ""
    mtu: int | None = None
    quoted: Range | None = None
    ip: IpInfo = IpInfo()
    quoted_udp: int | None = None


@dataclass(frozen=True, slots=True)
class UdpPacket:
    """One line of UDP with `length` octets."""

    inbound: bool
    length: int
    ip: IpInfo = IpInfo()
    ports: tuple[int, int] | None = None


Packet: TypeAlias = TcpPacket | IcmpPacket | UdpPacket
Action: TypeAlias = TcpPacket | IcmpPacket | UdpPacket | Syscall | Shell | Code


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `line` and `column` are where it starts, `last_line` where it ends."""

    time: Time
    action: Action
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    last_line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script; `options` in the order they were written, `init` and `cleanup` are shell commands or empty."""

    options: tuple[tuple[str, str], ...]
    events: tuple[Event, ...]
    init: str = ""
    cleanup: str = ""
    path: str = field(default="<script>", compare=False)
    lines: tuple[str, ...] = field(default=(), compare=False)

    @property
    def length(self) -> int:
        """How long it takes in real time if everything comes when it is expected, in ns."""
        now = 0
        for event in self.events:
            end = event.time.start if event.time.end is None else event.time.end
            now = max(now, end) if event.time.kind == ABSOLUTE else now + end
        return now

    def option(self, name: str, default: str | None = None) -> str | None:
        """The value of `--name=value`, the last one if it comes twice."""
        found = default
        for key, value in self.options:
            if key == name:
                found = value
        return found
