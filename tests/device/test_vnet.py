"""Virtio headers: what is believed of them, what is refused, and what goes out."""

from __future__ import annotations

import sys
from random import Random
from struct import pack

import pytest

from synfin.device.vnet import HEADER_OCTETS, NO_OFFLOAD, parse_virtio, virtio_header
from synfin.wire.addresses import Address, as_address
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import build_ipv4_header, parse_ipv4
from synfin.wire.ipv6 import build_ipv6_header
from synfin.wire.segmentation import complete, split
from synfin.wire.tcp import ACK, CHECKSUM_AT, CWR, SYN, URG, Segment, build_header, parse_segment

A4, B4 = as_address("10.0.0.1"), as_address("10.0.0.2")
A6, B6 = as_address("fd00::1"), as_address("fd00::2")
PACKET = bytes(range(100))


def header(flags: int = 0, kind: int = 0, size: int = 0, start: int = 0, field: int = 0) -> bytes:
    return pack("=BBHHHH", flags, kind, 0, size, start, field)


def frame(text: bytes, mss: int = 0, flags: int = ACK, v6: bool = False, ethernet: bool = False) -> Frame:
    """A segment as a host sends it: its checksum is left to the device, and its text lies apart."""
    src, dst = (A6, B6) if v6 else (A4, B4)
    tcp = build_header(Segment(80, 5000, 1, 2, flags, 3, payload=text), src, dst, partial=True)
    length = len(tcp) + len(text)
    ip = build_ipv6_header(src, dst, 6, length) if v6 else build_ipv4_header(src, dst, 6, length)
    link = b"\2" * 12 + (b"\x86\xdd" if v6 else b"\x08\x00") if ethernet else b""
    return Frame(link + ip + tcp, mss, text=text, sum_from=len(link + ip), sum_at=CHECKSUM_AT)


def read(data: bytes, src: Address = A4, dst: Address = A4) -> Segment:
    """Verifies the checksum."""
    whole = parse_ipv4(data)
    return parse_segment(whole.payload, whole.src, whole.dst)


def test_a_plain_frame_is_verified_by_us() -> None:
    got = parse_virtio(NO_OFFLOAD + PACKET)
    assert got is not None
    assert (got.data, got.mss, got.sum_from, got.checked, len(got)) == (PACKET, 0, 0, False, 100)


def test_what_the_kernel_has_verified_is_believed() -> None:
    got = parse_virtio(header(flags=2) + PACKET)
    assert got is not None
    assert (got.data, got.checked, got.sum_from) == (PACKET, True, 0)


@pytest.mark.parametrize("kind", [1, 4, 5, 0x81, 0x84])
def test_super_segments_come_with_the_size_of_their_pieces(kind: int) -> None:
    got = parse_virtio(header(1, kind, 40, 20, 16) + PACKET)
    assert got is not None
    assert (got.data, got.mss, got.sum_from, got.sum_at, got.checked) == (PACKET, 40, 20, 16, True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        NO_OFFLOAD,  # nothing behind it
        NO_OFFLOAD[:-1],
        header(1, 1, 0, 20, 16) + PACKET,  # pieces of no size
        header(0, 1, 40) + PACKET,  # a super-segment whose checksum is complete cannot be
        header(2, 1, 40) + PACKET,
        header(1, 2, 40, 20, 16) + PACKET,  # no such type
        header(1, 3, 40, 20, 16) + PACKET,  # UFO was never asked for
        header(1, 0x7F, 40, 20, 16) + PACKET,
        header(1, 0x80, 40, 20, 16) + PACKET,
        header(1, 0, 0, 99, 16) + PACKET,  # the field lies behind the end
        header(1, 0, 0, 0xFFFF, 0xFFFF) + PACKET,
        header(1, 0, 0, 83, 16) + PACKET,
        header(1, 0, 0, 0, 16) + PACKET,
    ],
)
def test_what_makes_no_sense_is_refused(data: bytes) -> None:
    assert parse_virtio(data) is None


def test_no_header_raises() -> None:
    rng = Random(1)
    for _ in range(20_000):
        got = parse_virtio(rng.randbytes(rng.randrange(HEADER_OCTETS + 40)))
        if got is not None:
            complete(got)  # the field is inside of it


def test_ours_leave_the_checksum_and_the_cutting_to_the_device() -> None:
    assert virtio_header(frame(b"x" * 100), 3) == header(1, 0, 0, 20, 16)
    assert virtio_header(frame(b"x" * 100, mss=100), 3) == header(1, 0, 0, 20, 16)  # one piece
    assert virtio_header(Frame(PACKET), 3) == NO_OFFLOAD
    sized = {
        (False, False, ACK): (1, 20, 40),
        (True, False, ACK): (4, 40, 60),
        (False, True, ACK): (1, 34, 54),
        (True, True, ACK | CWR): (0x84, 54, 74),
    }
    for (v6, ethernet, flags), (kind, start, length) in sized.items():
        out = virtio_header(frame(b"x" * 101, 100, flags, v6, ethernet), 2 if ethernet else 3)
        assert out == pack("=BBHHHH", 1, kind, length, 100, start, 16)


@pytest.mark.parametrize("flags", [ACK | URG, SYN])
def test_what_a_device_would_cut_wrongly_is_cut_by_us(flags: int) -> None:
    assert virtio_header(frame(b"x" * 101, 100, flags), 3) is None


def test_a_super_segment_with_a_whole_checksum_is_cut_by_us() -> None:
    assert virtio_header(complete(frame(b"x" * 101, 100)), 3) is None


@pytest.mark.parametrize("size", [0, 1, 2, 999, 1_000])
def test_checksums_are_completed_where_a_device_does_not(size: int) -> None:
    text = Random(size).randbytes(size)
    assert read(complete(frame(text)).data).payload == text
    assert [read(piece.data).payload for piece in split(frame(text))] == [text]
    assert [read(piece.data).payload for piece in split(frame(text, mss=1_000))] == [text]


def test_pieces_of_a_frame_without_a_checksum_have_theirs() -> None:
    text = Random(7).randbytes(2_500)
    assert b"".join(read(piece.data).payload for piece in split(frame(text, mss=1_000))) == text


def test_a_udp_checksum_of_zero_is_sent_as_ones() -> None:
    """[RFC768-03]: zero would say that there is none."""
    pseudo = 0xFFFF - 0x1234
    udp = pack("!HHHH", 0, 0, 0, pseudo) + b"\x12\x34"
    done = complete(Frame(bytes(20) + udp, sum_from=20, sum_at=6))
    assert done.data[26:28] == b"\xff\xff"


def test_the_header_is_in_the_order_of_this_machine() -> None:
    out = virtio_header(frame(b"x" * 101, 100), 3)
    assert out is not None
    assert int.from_bytes(out[4:6], sys.byteorder) == 100
