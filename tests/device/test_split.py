"""Super-segments are cut so that the receiver sees what a sender without offload would have sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.device.base import ETHERNET_HEADER, split
from synfin.errors import UsageError
from synfin.wire.addresses import parse_address
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4, parse_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6, parse_ipv6
from synfin.wire.tcp import ACK, CWR, FIN, PSH, SYN, URG, Segment, build_segment, parse_segment
from synfin.wire.tcp_options import TcpOptions

ENDS = {
    4: (parse_address("192.0.2.1"), parse_address("192.0.2.2")),
    6: (parse_address("2001:db8::1"), parse_address("2001:db8::2")),
}


def packet(version: int, segment: Segment, identification: int = 0) -> bytes:
    src, dst = ENDS[version]
    octets = build_segment(segment, src, dst)
    if version == 4:
        return build_ipv4(Ipv4Packet(src, dst, 6, octets, identification=identification, dont_fragment=True))
    return build_ipv6(Ipv6Packet(src, dst, 6, octets, flow_label=0x12345))


def read(data: bytes) -> Segment:
    """Parsing verifies the IPv4 header checksum, the lengths and the TCP checksum."""
    if data[0] >> 4 == 4:
        packet4 = parse_ipv4(data)
        assert packet4.dont_fragment
        return parse_segment(packet4.payload, packet4.src, packet4.dst)
    packet6 = parse_ipv6(data)
    assert packet6.flow_label == 0x12345
    return parse_segment(packet6.payload, packet6.src, packet6.dst)


def segment(text: bytes, flags: int = ACK, seq: int = 1_000, urgent: int = 0) -> Segment:
    return Segment(
        40_000, 80, seq, 2_000, flags, window=500, urgent=urgent, options=TcpOptions(ts_val=7, ts_ecr=8), payload=text
    )


@pytest.mark.parametrize("version", [4, 6])
def test_pieces_carry_the_same_text_at_their_own_numbers(version: int) -> None:
    text = bytes(i % 251 for i in range(3_500))
    pieces = split(Frame(packet(version, segment(text)), mss=1_000, note="data", interface=3))
    segments = [read(piece.data) for piece in pieces]
    assert [len(s.payload) for s in segments] == [1_000, 1_000, 1_000, 500]
    assert [s.seq for s in segments] == [1_000, 2_000, 3_000, 4_000]
    assert b"".join(s.payload for s in segments) == text
    assert all((s.ack, s.window, s.options.ts_val, s.options.ts_ecr) == (2_000, 500, 7, 8) for s in segments)
    assert all((piece.note, piece.interface, piece.mss) == ("data", 3, 0) for piece in pieces)


@pytest.mark.parametrize("version", [4, 6])
def test_fin_and_psh_stay_on_the_last_piece_and_cwr_on_the_first(version: int) -> None:
    pieces = split(Frame(packet(version, segment(b"x" * 2_500, ACK | FIN | PSH | CWR)), mss=1_000))
    assert [read(piece.data).flags for piece in pieces] == [ACK | CWR, ACK, ACK | FIN | PSH]


@pytest.mark.parametrize("version", [4, 6])
def test_every_piece_keeps_the_ecn_field(version: int) -> None:
    """A super-segment of new text is ECT, and so is each piece [RFC3168-13]."""
    src, dst = ENDS[version]
    octets = build_segment(segment(b"x" * 2_500), src, dst)
    if version == 4:
        whole = build_ipv4(Ipv4Packet(src, dst, 6, octets, tos=2))
    else:
        whole = build_ipv6(Ipv6Packet(src, dst, 6, octets, traffic_class=2))
    pieces = split(Frame(whole, mss=1_000))
    fields = [piece.data[1] & 3 if version == 4 else piece.data[1] >> 4 & 3 for piece in pieces]
    assert fields == [2, 2, 2]


def test_numbers_wrap_and_a_syn_takes_one() -> None:
    pieces = split(Frame(packet(4, segment(b"x" * 250, SYN, seq=0xFFFF_FFF0)), mss=100))
    segments = [read(piece.data) for piece in pieces]
    assert [(s.seq, s.flags) for s in segments] == [(0xFFFF_FFF0, SYN), (0x55, 0), (0xB9, 0)]


def test_the_urgent_pointer_names_the_same_octet_in_every_piece() -> None:
    pieces = split(Frame(packet(4, segment(b"x" * 300, ACK | URG, urgent=150)), mss=100))
    seen = [(read(piece.data).flags, read(piece.data).urgent) for piece in pieces]
    assert seen == [(ACK | URG, 150), (ACK | URG, 50), (ACK, 0)]


def test_each_ipv4_piece_has_an_identification_of_its_own() -> None:
    pieces = split(Frame(packet(4, segment(b"x" * 300), identification=0xFFFF), mss=100))
    assert [parse_ipv4(piece.data).identification for piece in pieces] == [0xFFFF, 0, 1]


def test_text_behind_ipv6_extension_headers_is_found() -> None:
    src, dst = ENDS[6]
    octets = build_segment(segment(b"x" * 250), src, dst)
    hop_by_hop = bytes([6, 0, 1, 4, 0, 0, 0, 0])
    whole = build_ipv6(Ipv6Packet(src, dst, 0, hop_by_hop + octets))
    pieces = [parse_ipv6(piece.data) for piece in split(Frame(whole, mss=100))]
    assert [piece.payload[:8] for piece in pieces] == [hop_by_hop] * 3
    assert [len(parse_segment(piece.payload[8:], src, dst).payload) for piece in pieces] == [100, 100, 50]


def test_an_ethernet_header_is_kept_and_its_padding_is_not_text() -> None:
    header = bytes(range(12)) + b"\x08\x00"
    whole = header + packet(4, segment(b"x" * 250)) + bytes(20)
    pieces = split(Frame(whole, mss=100), layer=2)
    assert [piece.data[:ETHERNET_HEADER] for piece in pieces] == [header] * 3
    assert [len(read(piece.data[ETHERNET_HEADER:]).payload) for piece in pieces] == [100, 100, 50]


def test_what_fits_is_handed_back_unchanged() -> None:
    fits = Frame(packet(4, segment(b"x" * 100)), mss=100)
    not_to_be_cut = Frame(b"anything", mss=0)
    assert split(fits) == [fits]
    assert split(not_to_be_cut) == [not_to_be_cut]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(60),
        build_ipv4(Ipv4Packet(*ENDS[4], 17, bytes(300))),
        build_ipv4(Ipv4Packet(*ENDS[4], 6, bytes(296), fragment_offset=8)),
        build_ipv6(Ipv6Packet(*ENDS[6], 17, bytes(300))),
        build_ipv6(Ipv6Packet(*ENDS[6], 0, bytes([6, 200]) + bytes(30))),
    ],
)
def test_what_is_not_a_whole_tcp_segment_cannot_be_cut(data: bytes) -> None:
    with pytest.raises(UsageError, match="only a whole TCP segment"):
        split(Frame(data, mss=100))


@given(
    version=st.sampled_from([4, 6]),
    size=st.integers(0, 20_000),
    mss=st.integers(88, 9_000),
    seq=st.integers(0, 0xFFFF_FFFF),
)
def test_any_cut_joins_to_the_whole(version: int, size: int, mss: int, seq: int) -> None:
    text = bytes(i * 7 % 256 for i in range(size))
    segments = [read(piece.data) for piece in split(Frame(packet(version, segment(text, ACK | FIN, seq)), mss=mss))]
    position = 0
    for piece in segments:
        assert piece.seq == (seq + position) & 0xFFFF_FFFF
        assert len(piece.payload) <= mss
        assert piece.payload == text[position : position + len(piece.payload)]
        position += len(piece.payload)
    assert position == size
    assert [bool(piece.flags & FIN) for piece in segments] == [False] * (len(segments) - 1) + [True]
