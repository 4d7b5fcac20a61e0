"""Whether a packet is the one that a line of the script expects, and if not, in what it differs.

Flags, sequence numbers, acknowledgment, length, urgent pointer and options must be equal; window, TOS, TTL and ECN only
where they are written.  The checksum, the echo of timestamps and the payload (zeros) are always checked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from synfin.drill.live import ECN_BITS, flag_bits
from synfin.drill.model import IpInfo, Option, Range, TcpPacket
from synfin.drill.numbers import MODULO, Flow, nearest
from synfin.drill.printer import print_flags, print_option, print_range
from synfin.timeline.capture.observed import Observed
from synfin.wire.tcp import ACK, FIN, PSH, SYN, URG
from synfin.wire.tcp_options import EOL, NOP

RELAXATIONS: Final = ("psh", "win", "optorder", "nops")

_LETTERS: Final = (("S", 0x2), ("F", 0x1), ("R", 0x4), ("P", 0x8), ("U", 0x20), ("E", 0x40), ("W", 0x80), ("A", 0x100))


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as expected, both sides as the script would write them."""

    field: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a comparison may overlook: `relax` holds some of `RELAXATIONS`; `tick_ns` is the unit of timestamps.

    `tick_ns` 0: values of timestamps are not compared.  `zeros` False: the application has written other octets.
    """

    relax: Collection[str] = ()
    tick_ns: int = 0
    zeros: bool = True
    tolerance_ns: int = 0


def decode_options(raw: bytes, flow: Flow) -> tuple[Option, ...]:
    """An option list of the stack under test in the script's numbers; what cannot be read is one `raw` option."""
    out: list[Option] = []
    at = 0
    while at < len(raw):
        kind = raw[at]
        if kind in (NOP, EOL):
            out.append(Option("nop" if kind == NOP else "eol"))
            at += 1
            continue
        length = raw[at + 1] if at + 1 < len(raw) else 0
        if length < 2 or at + length > len(raw):
            out.append(Option("raw", (), raw[at:]))
            break
        out.append(_decode(kind, raw[at + 2 : at + length], flow))
        at += length
    while out and out[-1].name == "eol":
        out.pop()
    return tuple(out)


def _decode(kind: int, value: bytes, flow: Flow) -> Option:
    size = len(value)
    if kind == 2 and size == 2:
        return Option("mss", (int.from_bytes(value, "big"),))
    if kind == 3 and size == 1:
        return Option("wscale", (value[0],))
    if kind == 4 and size == 0:
        return Option("sackOK")
    if kind == 5 and size > 0 and size % 8 == 0:
        edges = (int.from_bytes(value[at : at + 4], "big") for at in range(0, size, 4))
        return Option("sack", tuple(flow.outbound_ack(edge) for edge in edges))
    if kind == 8 and size == 8:
        val = int.from_bytes(value[:4], "big")
        if flow.first_stamp is not None:
            val = (val - flow.first_stamp[1] + flow.first_stamp[0]) % MODULO
        return Option("TS", (val, int.from_bytes(value[4:], "big")))
    if kind == 19:
        return Option("md5", (), value)
    if kind == 34:
        return Option("FO", (), value)
    if kind == 254 and value[:2] == b"\xf9\x89":
        return Option("FOEXP", (), value[2:])
    if kind in (172, 174) and size % 3 == 0:
        fields = [int.from_bytes(value[at : at + 3], "big") for at in range(0, size, 3)]
        return Option("ECN" if kind == 172 else "ECN1", tuple([*fields, None, None, None][:3]))
    return Option("kind", (kind,), value)


def described(observed: Observed, flow: Flow, like: TcpPacket | None = None) -> TcpPacket:
    """A live segment as a line of a script, with the fields that `like` writes."""
    segment = observed.segment
    assert segment is not None
    near = like.sequence.first if like is not None else 0
    absolute = like is not None and like.sequence.absolute  # as in 0:0(0)!
    first = segment.seq if absolute else nearest(flow.outbound_seq(segment.seq), near)
    first = first if first >= 0 else first % MODULO
    length = len(segment.payload)
    near_ack = like.ack if like is not None and like.ack is not None else 0
    ack = nearest(flow.outbound_ack(segment.ack), near_ack)
    letters = "".join([letter for letter, bit in _LETTERS if segment.flags & bit])
    if like is not None and flag_bits(like) == segment.flags:
        letters = like.flags
    ace = None
    if like is not None and like.ace is not None:
        letters = "".join([letter for letter in letters if letter not in "EWA"])
        ace = (segment.flags >> 6) & 7
    return TcpPacket(
        False,
        letters,
        Range(first, first + length, length, absolute),
        bool(segment.flags & ACK),
        ace,
        (ack if ack >= 0 else ack % MODULO) if segment.flags & ACK else None,
        segment.window if like is None or like.window is not None else None,
        like is not None and like.any_window,
        segment.urgent or None,
        None if like is not None and like.options is None else decode_options(observed.options, flow),
        ip_fields(observed, like.ip) if like is not None else IpInfo(),
        (segment.src_port, segment.dst_port) if like is not None and like.ports is not None else None,
    )


def ip_fields(observed: Observed, like: IpInfo) -> IpInfo:
    """The fields of a live IP header that `like` writes."""
    return IpInfo(
        _ecn_word(observed.tos, like.ecn) if like.ecn else "",
        observed.tos if like.tos is not None else None,
        observed.ttl if like.ttl is not None else None,
        observed.flow_label if like.flow_label is not None else None,
    )


def _ecn_word(tos: int, like: str) -> str:
    bits = tos & 3
    if like == "ect01" and bits in (1, 2):
        return like
    return next(word for word, value in ECN_BITS.items() if value == bits)


def differences(expected: TcpPacket, observed: Observed, flow: Flow, rules: Rules) -> list[Difference]:
    """Everything in which a segment differs from what the script expects; none: it matches."""
    got = described(observed, flow, expected)
    out: list[Difference] = []
    if observed.broken:
        out.append(Difference("checksum", "right", observed.broken))
    out.extend(port_difference(expected.ports, got.ports))
    out.extend(_flag_difference(expected, got, rules))
    out.extend(_number_differences(expected, got, rules))
    out.extend(ip_differences(expected.ip, got.ip))
    if expected.options is not None and got.options is not None:
        wanted, found = _comparable(expected.options, rules), _comparable(got.options, rules)
        if not _same_options(wanted, found, flow, rules):
            out.append(Difference("options", _list(expected.options), _list(got.options)))
    out.extend(_always(observed, flow, rules))
    return out


def port_difference(expected: tuple[int, int] | None, got: tuple[int, int] | None) -> list[Difference]:
    """The ports, where the script writes them."""
    if expected is None or got is None or expected == got:
        return []
    return [Difference("ports", f"{expected[0]} > {expected[1]}", f"{got[0]} > {got[1]}")]


def _flag_difference(expected: TcpPacket, got: TcpPacket, rules: Rules) -> list[Difference]:
    ignored = PSH if "psh" in rules.relax else 0
    if flag_bits(expected) & ~ignored == flag_bits(got) & ~ignored:
        return []
    return [Difference("flags", print_flags(expected), print_flags(got))]


def _number_differences(expected: TcpPacket, got: TcpPacket, rules: Rules) -> list[Difference]:
    out: list[Difference] = []
    wanted, found = expected.sequence, got.sequence
    if wanted.first % MODULO != found.first % MODULO or wanted.length != found.length:
        out.append(Difference("seq", print_range(wanted), print_range(found)))
    if expected.ack is not None and (got.ack is None or expected.ack % MODULO != got.ack % MODULO):
        out.append(Difference("ack", f"ack {expected.ack}", "no ack" if got.ack is None else f"ack {got.ack}"))
    if expected.window is not None and expected.window != got.window and "win" not in rules.relax:
        out.append(Difference("win", f"win {expected.window}", f"win {got.window}"))
    if (expected.urgent or 0) != (got.urgent or 0):
        out.append(Difference("urg", f"urg {expected.urgent or 0}", f"urg {got.urgent or 0}"))
    return out


def ip_differences(expected: IpInfo, got: IpInfo) -> list[Difference]:
    """Fields of the IP header that differ, where the script writes them."""
    out: list[Difference] = []
    if expected.ecn != got.ecn:
        out.append(Difference("ecn", expected.ecn, got.ecn))
    if expected.tos != got.tos:
        out.append(Difference("tos", f"tos {expected.tos:#04x}", f"tos {got.tos or 0:#04x}"))
    if expected.ttl != got.ttl:
        out.append(Difference("ttl", f"ttl {expected.ttl}", f"ttl {got.ttl}"))
    if expected.flow_label != got.flow_label:
        out.append(
            Difference("flowlabel", f"flowlabel {expected.flow_label:#x}", f"flowlabel {got.flow_label or 0:#x}")
        )
    return out


def _list(options: tuple[Option, ...]) -> str:
    return f"<{','.join(map(print_option, options))}>" if options else "no options"


def _comparable(options: tuple[Option, ...], rules: Rules) -> list[Option]:
    out = list(options)
    while out and out[-1].name == "eol":
        out.pop()
    if "nops" in rules.relax or "optorder" in rules.relax:
        out = [option for option in out if option.name not in ("nop", "eol")]
    if "optorder" in rules.relax:
        out.sort(key=lambda option: option.name)
    return out


def _same_options(expected: list[Option], got: list[Option], flow: Flow, rules: Rules) -> bool:
    if len(expected) != len(got):
        return False
    return all(_same_option(wanted, found, flow, rules) for wanted, found in zip(expected, got, strict=True))


def _same_option(expected: Option, got: Option, flow: Flow, rules: Rules) -> bool:
    if expected.name != got.name:
        return False
    if expected.name == "sack":
        return [(number or 0) % MODULO for number in expected.numbers] == list(got.numbers)
    if expected.name != "TS":
        return expected == got
    val, ecr = expected.numbers
    if ecr is not None and ecr != got.numbers[1]:
        return False
    if val is None or not rules.tick_ns or flow.first_stamp is None:
        return True
    off = abs(nearest(got.numbers[0] or 0, val) - val)
    return off <= max(1, rules.tolerance_ns // rules.tick_ns)


def _always(observed: Observed, flow: Flow, rules: Rules) -> list[Difference]:
    """The echo of timestamps and the payload."""
    segment = observed.segment
    assert segment is not None
    out: list[Difference] = []
    if segment.options.ts_val is not None:
        echo = segment.options.ts_ecr
        if echo not in (flow.injected_stamps or {0}):
            out.append(Difference("echo", "a timestamp that was sent", f"ecr {echo}"))
    out.extend(payload_difference(segment.payload, rules))
    return out


def payload_difference(payload: bytes, rules: Rules) -> list[Difference]:
    """The first octet that is not zero, as long as the application writes zeros."""
    if not rules.zeros or not any(payload):
        return []
    at = next(at for at, octet in enumerate(payload) if octet)
    return [Difference("payload", "zeros", f"{payload[at]:#04x} at octet {at}")]


def remember_stamp(expected: TcpPacket, observed: Observed, flow: Flow) -> None:
    """Keep which live timestamp the script's name for it stands for."""
    segment = observed.segment
    if segment is None or segment.options.ts_val is None:
        return
    for option in expected.options or ():
        if option.name == "TS" and option.numbers[0] is not None:
            flow.note_stamp(option.numbers[0], segment.options.ts_val)


def continues(whole: Observed, piece: Observed, expected: TcpPacket) -> bool:
    """Whether `piece` goes on where `whole` ends, so that one line of a script may stand for both.

    Headers are equal but for FIN, which only the last one may have, and PSH, which counts on the last one alone: a
    sender cuts a long write into several bursts.  All pieces but the last have one size, and together they are no
    longer than what is expected.
    """
    first, next_one = whole.segment, piece.segment
    if first is None or next_one is None or not first.payload or not next_one.payload:
        return False
    size = whole.sizes[0]
    return (
        (first.src_port, first.dst_port) == (next_one.src_port, next_one.dst_port)
        and not (first.flags | next_one.flags) & (SYN | URG)
        and not first.flags & FIN
        and first.flags | FIN | PSH == next_one.flags | FIN | PSH
        and next_one.seq == (first.seq + len(first.payload)) % MODULO
        and next_one.ack == first.ack
        and next_one.window == first.window
        and piece.options == whole.options
        and (piece.tos, piece.ttl) == (whole.tos, whole.ttl)
        and all(length == size for length in whole.sizes)
        and len(next_one.payload) <= size
        and len(first.payload) + len(next_one.payload) <= expected.sequence.length
    )
