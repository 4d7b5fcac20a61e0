"""TCP segments: header fields, checksum, truncation, and agreement with scapy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, in4_chksum
from scapy.layers.inet6 import IPv6, in6_chksum

from synfin.errors import UsageError, WireError
from synfin.wire.addresses import Address, format_address, parse_address
from synfin.wire.tcp import (
    ACK,
    AE,
    CWR,
    ECE,
    FIN,
    PSH,
    RST,
    SYN,
    URG,
    Segment,
    build_segment,
    flag_names,
    parse_segment,
)
from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions
from tests.wire.test_tcp_options import OPTIONS

ENDS = {
    4: (parse_address("192.0.2.1"), parse_address("192.0.2.2")),
    6: (parse_address("2001:db8::1"), parse_address("2001:db8::2")),
}
PORT = st.integers(0, 0xFFFF)
WORD = st.integers(0, 0xFFFF_FFFF)
SEGMENTS = st.builds(
    Segment,
    PORT,
    PORT,
    WORD,
    WORD,
    st.integers(0, 0xFFF),
    PORT,
    PORT,
    OPTIONS,
    st.binary(max_size=100) | st.integers(0, 3_000).map(bytes) | st.binary(min_size=380, max_size=400),
)


def plain(**changes: Any) -> Segment:
    """A segment with text, with some fields changed."""
    segment = Segment(1, 2, 3, 4, ACK | PSH, 5, payload=b"text")
    for name, value in changes.items():
        setattr(segment, name, value)
    return segment


@given(SEGMENTS, st.sampled_from((4, 6)))
def test_round_trip(segment: Segment, family: int) -> None:
    src, dst = ENDS[family]
    octets = build_segment(segment, src, dst)
    parsed = parse_segment(octets, src, dst)
    assert parsed == segment
    assert (parsed.why, parsed.mss) == ("", 0)
    assert build_segment(parsed, src, dst) == octets


@given(SEGMENTS, st.sampled_from((4, 6)))
def test_scapy_computes_the_same_checksum(segment: Segment, family: int) -> None:
    """[MUST-2]: over the octets as we laid them out."""
    src, dst = ENDS[family]
    octets = build_segment(segment, src, dst)
    zeroed = octets[:16] + b"\0\0" + octets[18:]
    if family == 4:
        computed = in4_chksum(6, IP(src=format_address(src), dst=format_address(dst)), zeroed)
    else:
        computed = in6_chksum(6, IPv6(src=format_address(src), dst=format_address(dst)), zeroed)
    assert int.from_bytes(octets[16:18], "big") == computed


@given(SEGMENTS)
def test_scapy_reads_the_same_fields(segment: Segment) -> None:
    """The fixed header only: what scapy makes of random options and text is its own affair."""
    other = TCP(build_segment(segment, *ENDS[4])[:20])
    ports = (segment.src_port, segment.dst_port)
    assert (other.sport, other.dport, other.seq, other.ack) == (*ports, segment.seq, segment.ack)
    assert int(other.flags) | other.reserved << 9 == segment.flags
    assert (other.window, other.urgptr) == (segment.window, segment.urgent)


def test_layout_of_the_header() -> None:
    """[RFC9293-E01]: laid out here by hand."""
    src, dst = ENDS[4]
    segment = Segment(0x0102, 0x0304, 0x05060708, 0x090A0B0C, 0xA55, 0x0D0E, 0x0F10, TcpOptions(mss=1460), b"!")
    octets = build_segment(segment, src, dst)
    assert octets[:16].hex() == "0102030405060708090a0b0c6a550d0e"
    assert octets[18:].hex() == "0f10" + "020405b4" + "21"


@pytest.mark.parametrize("family", [4, 6])
def test_every_damaged_octet_is_noticed(family: int) -> None:
    """[MUST-3]: also when an address of the pseudo-header is not the one that the sender meant."""
    src, dst = ENDS[family]
    octets = build_segment(plain(), src, dst)
    for at in range(len(octets)):
        bad = octets[:at] + bytes((octets[at] ^ 0x10,)) + octets[at + 1 :]
        with pytest.raises(WireError) as caught:
            parse_segment(bad, src, dst)
        assert caught.value.rule == ("tcp-bad-offset" if at == 12 else "tcp-bad-checksum")
    elsewhere = Address(dst[:-1] + b"\x77")
    with pytest.raises(WireError, match="tcp-bad-checksum"):
        parse_segment(octets, src, elsewhere)
    assert parse_segment(octets, src, elsewhere, verify=False) == plain()


@pytest.mark.parametrize("family", [4, 6])
def test_every_truncation_is_noticed(family: int) -> None:
    src, dst = ENDS[family]
    octets = build_segment(plain(options=TcpOptions(mss=1)), src, dst)
    for size in range(len(octets)):
        with pytest.raises(WireError) as caught:
            parse_segment(octets[:size], src, dst)
        wanted = "tcp-truncated" if size < 20 else "tcp-bad-offset" if size < 24 else "tcp-bad-checksum"
        assert caught.value.rule == wanted


@pytest.mark.parametrize("words", [*range(5), 7, 15])
def test_offsets_inside_the_header_and_beyond_the_segment(words: int) -> None:
    octets = bytearray(build_segment(plain(), *ENDS[4]))
    octets[12] = words << 4 | octets[12] & 0x0F
    with pytest.raises(WireError) as caught:
        parse_segment(bytes(octets), *ENDS[4])
    assert caught.value.rule == "tcp-bad-offset"


def test_unreadable_options_are_named_only_behind_a_good_checksum() -> None:
    """[MUST-7]: damage on the way is damage; a peer's nonsense has a name of its own."""
    octets = build_segment(plain(options=TcpOptions(raw=b"\x02\x00\x00\x00")), *ENDS[4])
    with pytest.raises(WireError) as caught:
        parse_segment(octets, *ENDS[4])
    assert caught.value.rule == "tcp-option-bad-length"
    with pytest.raises(WireError, match="tcp-bad-checksum"):
        parse_segment(octets[:-1] + b"?", *ENDS[4])


def test_reserved_bits_are_kept_apart_from_the_offset() -> None:
    """[RFC9293-E02]: ignored by whoever does not implement them, so they must neither disturb nor get lost."""
    octets = build_segment(plain(flags=0xFFF), *ENDS[4])
    parsed = parse_segment(octets, *ENDS[4])
    assert parsed.flags == 0xFFF
    assert parsed.payload == b"text"


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (0, []), (SYN, ["SYN"]), (SYN | ACK, ["SYN", "ACK"]), (FIN | ACK, ["FIN", "ACK"]), (PSH | ACK, ["PSH", "ACK"]),
        (RST | ACK, ["RST", "ACK"]), (FIN | PSH | ACK, ["FIN", "PSH", "ACK"]), (SYN | FIN, ["SYN", "FIN"]),
        (SYN | ECE | CWR, ["SYN", "ECE", "CWR"]), (ACK | URG | AE, ["ACK", "URG", "AE"]), (0xA00, ["R200", "R800"]),
        (0xFFF, ["SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE", "R200", "R400", "R800"]),
    ],
)  # fmt: skip
def test_flag_names(flags: int, names: list[str]) -> None:
    assert flag_names(flags) == names


@pytest.mark.parametrize(
    ("flags", "payload", "length"),
    [(ACK, b"", 0), (SYN, b"", 1), (FIN, b"ab", 3), (SYN | FIN, b"ab", 4), (RST, b"why", 3)],
)
def test_segment_length(flags: int, payload: bytes, length: int) -> None:
    """SEG.LEN counts SYN and FIN (RFC 9293 3.4)."""
    assert plain(flags=flags, payload=payload).length == length


@pytest.mark.parametrize(
    "change",
    [{"src_port": 65_536}, {"dst_port": -1}, {"seq": 1 << 32}, {"ack": -1}, {"flags": 0x1000}, {"flags": -1},
     {"window": 65_536}, {"urgent": 65_536}, {"payload": bytes(65_516)}, {"options": TcpOptions(mss=70_000)}],
)  # fmt: skip
def test_what_does_not_fit_is_the_callers_mistake(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        build_segment(plain(**change), *ENDS[4])


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("size", [65_515, 65_514, 40_001])
def test_the_largest_segments(family: int, size: int) -> None:
    src, dst = ENDS[family]
    segment = plain(payload=bytes(range(256)) * 255 + bytes(size - 255 * 256) if size > 255 * 256 else b"z" * size)
    assert parse_segment(build_segment(segment, src, dst), src, dst) == segment


def test_equality_is_of_what_is_on_the_wire() -> None:
    assert plain(mss=1460, why="retransmission") == plain()
    assert hash(plain(mss=1460, why="retransmission")) == hash(plain())
    for name in ("src_port", "dst_port", "seq", "ack", "flags", "window", "urgent"):
        assert plain(**{name: 99}) != plain()
    assert plain(payload=b"test") != plain()
    assert plain(options=TcpOptions(mss=1)) != plain(options=NO_OPTIONS)
    assert plain() != "a segment"
    assert "1 > 2 PSH ACK seq=3 ack=4 win=5 len=4" in repr(plain())
