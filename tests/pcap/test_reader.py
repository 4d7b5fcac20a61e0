"""Captures by others, in every form, and captures made to do harm."""

from __future__ import annotations

import io
import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter, RawPcapWriter

from synfin.errors import UsageError
from synfin.pcap import CapturedPacket, CaptureError, CaptureInterface, read_capture
from synfin.pcap.model import BLOCK_LIMIT_OCTETS, INTERFACE_LIMIT
from tests.pcap.test_writer import sample
from tests.wire.decode import GOLDEN

needs_editcap = pytest.mark.skipif(shutil.which("editcap") is None, reason="editcap is not installed")
PACKETS = [(1, 500_000, b"first"), (2, 999_999, b""), (4_000_000_000, 0, bytes(70))]


def classic(order: str, nanoseconds: bool, network: int = 1, snaplen: int = 262_144) -> bytes:
    """A classic file, laid out by hand."""
    magic = 0xA1B2_3C4D if nanoseconds else 0xA1B2_C3D4
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snaplen, network)
    for seconds, fraction, data in PACKETS:
        out += struct.pack(f"{order}IIII", seconds, fraction, len(data), len(data) + 5) + data
    return out


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """One pcapng block."""
    body += bytes(-len(body) % 4)
    total = 12 + len(body)
    return struct.pack(f"{order}II", kind, total) + body + struct.pack(f"{order}I", total)


def section(order: str = "<", options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(order: str = "<", options: bytes = b"", link_type: int = 1, snaplen: int = 0) -> bytes:
    return block(1, struct.pack(f"{order}HHI", link_type, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def packet(stamp: int, data: bytes, order: str = "<", number: int = 0, options: bytes = b"") -> bytes:
    body = struct.pack(f"{order}IIIII", number, stamp >> 32, stamp & 0xFFFF_FFFF, len(data), len(data))
    return block(6, body + data + bytes(-len(data) % 4) + options, order)


def read(octets: bytes) -> list[CapturedPacket]:
    return list(read_capture(io.BytesIO(octets)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_classic_files(order: str, nanoseconds: bool) -> None:
    reader = read_capture(io.BytesIO(classic(order, nanoseconds, network=0x0400_0065)))
    unit = 1 if nanoseconds else 1_000
    assert reader.interfaces == [CaptureInterface("", 0x65, 262_144)]
    assert list(reader) == [
        CapturedPacket(0, seconds * 10**9 + fraction * unit, data, len(data) + 5) for seconds, fraction, data in PACKETS
    ]


@pytest.mark.parametrize("nanoseconds", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_classic_files_by_scapy(tmp_path: Path, order: str, nanoseconds: bool) -> None:
    path = tmp_path / "scapy.pcap"
    with RawPcapWriter(str(path), linktype=1, endianness=order, nano=nanoseconds) as writer:
        writer.write_header(None)
        writer.write_packet(b"data", sec=7, usec=9)
    assert read(path.read_bytes()) == [CapturedPacket(0, 7 * 10**9 + 9 * (1 if nanoseconds else 1_000), b"data", 4)]


def test_pcapng_by_scapy(tmp_path: Path) -> None:
    path = tmp_path / "scapy.pcapng"
    frame = Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02", type=0x9000) / b"data!"
    frame.time = 7.5
    frame.comments = [b"one", b"two"]
    with PcapNgWriter(str(path)) as writer:
        writer.write(frame)
    octets = bytes(frame)
    assert read(path.read_bytes()) == [CapturedPacket(0, 7_500_000_000, octets, len(octets), "one\ntwo")]


@pytest.mark.interop
@needs_editcap
@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "pcapng"])
def test_files_rewritten_by_editcap(tmp_path: Path, form: str) -> None:
    source = GOLDEN / "udp.pcapng"
    path = tmp_path / "rewritten"
    subprocess.run(["editcap", "-F", form, str(source), str(path)], check=True, timeout=60, capture_output=True)
    unit = 1_000 if form == "pcap" else 1
    ours = [(item.now_ns // unit * unit, item.data) for item in read(source.read_bytes())]
    assert [(item.now_ns, item.data) for item in read(path.read_bytes())] == ours
    assert len(ours) > 10


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_both_byte_orders(order: str) -> None:
    octets = section(order) + interface(order, option(2, b"eth7", order))
    octets += packet(
        1_000_001, b"abcde", order, options=option(1, b"c", order) + option(2, struct.pack(f"{order}I", 2), order)
    )
    reader = read_capture(io.BytesIO(octets))
    assert list(reader) == [CapturedPacket(0, 1_000_001_000, b"abcde", 5, "c", "out")]
    assert reader.interfaces == [CaptureInterface("eth7", 1, 0)]


@pytest.mark.parametrize(
    ("options", "stamp", "now_ns"),
    [
        (b"", 3, 3_000),  # microseconds unless the file says otherwise
        (option(9, b"\x00"), 3, 3 * 10**9),
        (option(9, b"\x03"), 3, 3_000_000),
        (option(9, b"\x09"), 3, 3),
        (option(9, b"\x0c"), 3_999, 3),
        (option(9, b"\x8a"), 512, 500_000_000),
        (option(9, b"\xff"), 1 << 63, 0),
        (option(9, b"\x09") + option(14, struct.pack("<q", 5)), 3, 5 * 10**9 + 3),
        (option(9, b"\x09") + option(14, struct.pack("<q", -5)), 3, -5 * 10**9 + 3),
        (option(9, b"") + option(14, b"short"), 3, 3_000),
    ],
)
def test_units_of_time(options: bytes, stamp: int, now_ns: int) -> None:
    assert [item.now_ns for item in read(section() + interface(options=options) + packet(stamp, b""))] == [now_ns]


def test_several_sections_each_with_its_own_interfaces() -> None:
    octets = section() + interface() + packet(1, b"a")
    octets += section(">") + interface(">", link_type=101) + interface(">", link_type=228) + packet(2, b"b", ">", 1)
    reader = read_capture(io.BytesIO(octets))
    assert [(item.interface, item.data) for item in reader] == [(0, b"a"), (2, b"b")]
    assert [item.link_type for item in reader.interfaces] == [1, 101, 228]
    with pytest.raises(CaptureError, match="interface 1"):
        read(section() + interface() + interface() + section() + interface() + packet(1, b"x", number=1))


def test_old_and_simple_packet_blocks() -> None:
    old = block(2, struct.pack("<HHIIII", 0, 3, 0, 7, 3, 9) + b"old\0" + option(1, b"note"))
    simple = block(3, struct.pack("<I", 10) + b"simply")
    assert read(section() + interface(snaplen=6) + old + simple) == [
        CapturedPacket(0, 7_000, b"old", 9, "note"),
        CapturedPacket(0, 0, b"simply", 10),
    ]
    assert read(section() + interface() + block(3, struct.pack("<I", 3) + b"all\0"))[0].data == b"all"


def test_other_blocks_are_passed_over() -> None:
    octets = section() + block(4, b"names") + interface() + block(0xBAD, b"custom") + packet(1, b"a") + block(5, b"")
    assert [item.data for item in read(octets)] == [b"a"]


def test_texts_that_are_not_utf_8() -> None:
    assert (
        read(section() + interface() + packet(1, b"", options=option(1, b"a\xffb")))[0].comment
        == "a\N{REPLACEMENT CHARACTER}b"
    )


def test_a_pipe_gives_what_it_has() -> None:
    class Pipe(io.RawIOBase):
        """Gives three octets at a time, as a pipe may."""

        def __init__(self, octets: bytes) -> None:
            self.rest = octets

        def read(self, size: int = -1) -> bytes:
            out, self.rest = self.rest[: min(size, 3)], self.rest[min(size, 3) :]
            return out

    for octets in (sample(), classic("<", True)):
        pipe: Any = Pipe(octets)
        assert list(read_capture(pipe)) == read(octets)


def test_packets_come_before_the_file_is_read_to_the_end() -> None:
    stream = io.BytesIO(sample() * 100)
    next(read_capture(stream))
    assert stream.tell() < len(sample())


FORMS: list[Callable[[], bytes]] = [sample, lambda: classic(">", False)]


@pytest.mark.parametrize("form", FORMS)
def test_every_truncation_is_an_error_behind_the_whole_packets(form: Callable[[], bytes]) -> None:
    octets = form()
    whole = read(octets)
    ends = []
    for size in range(len(octets)):
        got = []
        try:
            got.extend(read_capture(io.BytesIO(octets[:size])))
            ends.append(size)
        except CaptureError as error:
            assert 0 <= error.offset <= size
        assert got == whole[: len(got)]
    # Only where a block or record ends may the file end.
    assert len(ends) == (len(whole) if form is not sample else 1 + 4 + len(whole) - 1)


@pytest.mark.parametrize(
    ("octets", "text", "offset"),
    [
        (b"", "ends before the file type", 0),
        (b"\x0a\x0d", "ends in the middle of the file type", 2),
        (b"ELF!", "neither pcapng nor pcap", 0),
        (b"\x1f\x8b\x08\x00", "gzip", 0),
        (b"\xd4\xc3\xb2\xa1" + b"\3" + bytes(19), "version 3", 4),
        (classic("<", False)[:24] + struct.pack("<IIII", 0, 0, BLOCK_LIMIT_OCTETS + 1, 0), "above the limit", 24),
        (classic("<", False)[:24] + struct.pack("<IIII", 0, 0, 9, 9) + b"short", "middle of a packet", 45),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0\0\0\0\0", "byte order", 0),
        (block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)), "pcapng version 2", 0),
        (block(0x0A0D0D0A, struct.pack("<IHH", 0x1A2B3C4D, 1, 0)), "too short", 0),
        (section() + struct.pack("<II", 6, 8), "8 octets is impossible", 28),
        (section() + struct.pack("<II", 6, 0), "0 octets is impossible", 28),
        (section() + struct.pack("<III", 6, 13, 0), "13 octets is impossible", 28),
        (section() + struct.pack("<II", 6, 0xFFFF_FFFC), "above the limit", 28),
        (section() + struct.pack("<III", 5, 12, 16), "12 octets at its start and 16", 28),
        (section() + block(1, b"abcd"), "interface block is too short", 28),
        (section() + packet(0, b""), "interface 0", 28),
        (section() + block(3, bytes(4)), "interface 0", 28),
        (section() + interface() + block(6, bytes(16)), "packet block is too short", 48),
        (section() + interface() + block(3, b""), "simple packet block is too short", 48),
        (section() + interface() + block(6, struct.pack("<IIIII", 0, 0, 0, 5, 5) + b"abcd"), "leads out", 48),
        (section() + interface() + block(3, struct.pack("<I", 5) + b"abcd"), "leads out", 48),
        (section() + interface(options=struct.pack("<HH", 2, 9) + b"abcd"), "option 2", 28),
        (section() + interface() + packet(0, b"a", options=struct.pack("<HH", 1, 5) + b"abcd"), "option 1", 48),
    ],
)
def test_each_kind_of_damage_says_what_and_where(octets: bytes, text: str, offset: int) -> None:
    with pytest.raises(CaptureError, match=text) as caught:
        read(octets)
    assert caught.value.offset == offset
    assert f"octet {offset}" in str(caught.value)
    assert isinstance(caught.value, UsageError)


def test_the_number_of_interfaces_is_limited() -> None:
    assert read(section() + interface() * INTERFACE_LIMIT) == []
    with pytest.raises(CaptureError, match="more than"):
        read(section() + interface() * (INTERFACE_LIMIT + 1))


@given(st.binary(max_size=200))
def test_any_octets_behind_any_beginning(octets: bytes) -> None:
    for head in (b"", section(), section() + interface(), classic("<", False)[:24], classic(">", True)[:24]):
        try:
            read(head + octets)
        except CaptureError as error:
            assert error.offset <= len(head + octets)


def test_damaged_captures_do_no_harm() -> None:
    rng = random.Random(3)
    sources = [sample(), classic("<", True), (GOLDEN / "links.pcapng").read_bytes()]
    refused = 0
    for _ in range(3_000):
        octets = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 3)):
            octets[rng.randrange(len(octets))] = rng.choice((0, 1, 4, 0x7F, 0xFF, rng.randrange(256)))
        try:
            read(bytes(octets))
        except CaptureError:
            refused += 1
    assert 300 < refused < 3_000
