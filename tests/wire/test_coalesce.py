"""Coalescing in software: what may be put together, and that nobody could tell afterwards."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from synfin.host import Host
from synfin.wire.addresses import as_address
from synfin.wire.coalesce import TEXT_MAX, coalesce
from synfin.wire.ethernet import ETHERTYPE_IPV4, EthernetFrame, build_ethernet
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4, parse_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6, parse_ipv6
from synfin.wire.segmentation import complete, split
from synfin.wire.tcp import ACK, FIN, PSH, SYN, URG, Segment, build_segment, parse_segment
from synfin.wire.tcp_options import TcpOptions
from tests.host.support import A4, B4, make_host, segment_in

STAMPS = TcpOptions(ts_val=7, ts_ecr=9)
ENDS = {4: (B4, A4), 6: (as_address("fd00::2"), as_address("fd00::1"))}


def packet(seq: int, text: bytes, version: int = 4, ip: dict[str, Any] | None = None, **more: Any) -> bytes:
    """A segment from B to A; `ip` are fields of the packet, `more` of the segment."""
    src, dst = ENDS[version]
    fields: dict[str, Any] = {"flags": ACK, "ack": 5, "window": 1_000, "options": STAMPS, **more}
    octets = build_segment(Segment(5000, 80, seq, payload=text, **fields), src, dst)
    if version == 4:
        return build_ipv4(Ipv4Packet(src, dst, 6, octets, **{"dont_fragment": True, **(ip or {})}))
    return build_ipv6(Ipv6Packet(src, dst, 6, octets, **(ip or {})))


def read(frame: Frame) -> Segment:
    data = complete(frame).data
    if data[0] >> 4 == 4:
        whole = parse_ipv4(data)
        return parse_segment(whole.payload, whole.src, whole.dst)
    six = parse_ipv6(data)
    return parse_segment(six.payload, six.src, six.dst)


def texts(frames: list[Frame]) -> list[int]:
    return [len(read(frame).payload) for frame in frames]


@pytest.mark.parametrize("version", [4, 6])
def test_segments_in_a_row_become_one_and_come_apart_again(version: int) -> None:
    text = Random(1).randbytes(3_500)
    pieces = [packet(100 + at, text[at : at + 1_000], version) for at in (0, 1_000, 2_000)]
    pieces.append(packet(3_100, text[3_000:], version, flags=ACK | PSH))
    [whole] = coalesce([Frame(piece, interface=3) for piece in pieces])
    segment = read(whole)
    assert (whole.mss, whole.interface, whole.checked) == (1_000, 3, True)
    assert (segment.seq, segment.payload, segment.flags, segment.options) == (100, text, ACK | PSH, STAMPS)
    again = [frame.data for frame in split(whole)]
    if version == 4:  # the identification counts up
        again = [build_ipv4(_without_identification(each)) for each in again]
    assert again == pieces


def _without_identification(data: bytes) -> Ipv4Packet:
    found = parse_ipv4(data)
    found.identification = 0
    return found


def test_sequence_numbers_wrap() -> None:
    frames = [Frame(packet(0xFFFF_FE00, b"x" * 512)), Frame(packet(0, b"y" * 512))]
    assert texts(coalesce(frames)) == [1_024]


@pytest.mark.parametrize(
    "other",
    [
        packet(1_102, b"y" * 1_000),  # a gap
        packet(1_100, b"y" * 1_001),  # longer than those before
        packet(1_100, b"y" * 1_000, flags=ACK | FIN),
        packet(1_100, b"y" * 1_000, flags=ACK | URG, urgent=3),
        packet(1_100, b"y" * 1_000, flags=ACK | SYN),
        packet(1_100, b"y" * 1_000, flags=ACK | 0x40),  # ECE
        packet(1_100, b"y" * 1_000, flags=ACK | 0x100),  # AE
        packet(1_100, b"y" * 1_000, ack=6),
        packet(1_100, b"y" * 1_000, window=999),
        packet(1_100, b"y" * 1_000, options=TcpOptions(ts_val=8, ts_ecr=9)),
        packet(1_100, b"y" * 1_000, options=TcpOptions()),
        packet(1_100, b"y" * 1_000, ip={"tos": 3}),  # CE
        packet(1_100, b"y" * 1_000, ip={"ttl": 63}),
        packet(1_100, b"y" * 1_000, ip={"dont_fragment": False}),
        packet(1_100, b"y" * 1_000, ip={"more_fragments": True}),
        packet(1_100, b"y" * 1_000, ip={"options": b"\1\1\1\1"}),
        packet(1_100, b"y" * 255),
        packet(1_100, b"y" * 1_000, version=6),
        packet(1_100, b"y" * 1_000)[:-1] + b"z",  # a bad checksum
        packet(1_100, b"y" * 1_000)[:-1],
        b"",
        b"\x45" * 39,
    ],
)  # fmt: skip
def test_whatever_a_receiver_could_tell_apart_stays_apart(other: bytes) -> None:
    frames = [Frame(packet(100, b"x" * 1_000)), Frame(other), Frame(packet(2_100, b"z" * 1_000))]
    assert [frame.data for frame in coalesce(frames)] == [frame.data for frame in frames]


def test_another_port_in_between_ends_a_run_and_order_is_kept() -> None:
    src, dst = ENDS[4]
    foreign = build_segment(Segment(5001, 80, 9, 5, ACK, 1_000, options=STAMPS, payload=b"f" * 1_000), src, dst)
    frames = [
        Frame(packet(100, b"x" * 1_000)),
        Frame(packet(1_100, b"x" * 1_000)),
        Frame(build_ipv4(Ipv4Packet(src, dst, 6, foreign, dont_fragment=True))),
        Frame(packet(2_100, b"x" * 1_000)),
    ]
    assert [(read(frame).src_port, len(read(frame).payload)) for frame in coalesce(frames)] == [
        (5000, 2_000), (5001, 1_000), (5000, 1_000),
    ]  # fmt: skip


def test_a_push_and_a_short_one_end_a_run() -> None:
    pushed = [packet(0, b"x" * 1_000, flags=ACK | PSH), packet(1_000, b"x" * 1_000), packet(2_000, b"x" * 1_000)]
    assert texts(coalesce([Frame(each) for each in pushed])) == [1_000, 2_000]
    short = [packet(0, b"x" * 1_000), packet(1_000, b"x" * 900), packet(1_900, b"x" * 900)]
    assert texts(coalesce([Frame(each) for each in short])) == [1_900, 900]


def test_a_run_has_a_limit() -> None:
    """Law 9: what is put together fits into an IP packet."""
    count = TEXT_MAX // 1_000
    frames = [Frame(packet(number * 1_000, b"x" * 1_000)) for number in range(count + 2)]
    assert texts(coalesce(frames)) == [TEXT_MAX, 2_000]


def test_ethernet_padding_is_no_text() -> None:
    def framed(data: bytes) -> Frame:
        return Frame(build_ethernet(EthernetFrame(b"\2" * 6, b"\4" * 6, ETHERTYPE_IPV4, data)))

    frames = [framed(packet(0, b"x" * 512)), framed(packet(512, b"y" * 512) + bytes(9))]
    [whole] = coalesce(frames, layer=2)
    inner = parse_ipv4(complete(whole).data[14:])
    assert parse_segment(inner.payload, inner.src, inner.dst).payload == b"x" * 512 + b"y" * 512


def test_what_a_device_has_put_together_is_left_alone() -> None:
    frames = [Frame(packet(0, b"x" * 1_000), mss=500), Frame(packet(1_000, b"x" * 1_000), sum_from=20, sum_at=16)]
    assert coalesce(frames) == frames


@pytest.mark.parametrize("seed", range(8))
def test_random_frames_keep_their_order_and_octets(seed: int) -> None:
    """Any mixture: cut apart again, it is what came."""
    rng = Random(seed)
    frames: list[Frame] = []
    seq = 0
    for _ in range(200):
        size = rng.choice([0, 200, 700, 1_000, 1_000, 1_000])
        frames.append(Frame(packet(seq, rng.randbytes(size), flags=ACK | (PSH if rng.random() < 0.1 else 0))))
        seq += size + (rng.random() < 0.05)
    done = coalesce(frames)
    assert len(done) < len(frames)
    apart = [piece.data for whole in done for piece in (split(whole) if whole.mss else [whole])]
    assert [_plain(each) for each in apart] == [_plain(frame.data) for frame in frames]


def _plain(data: bytes) -> bytes:
    return build_ipv4(_without_identification(data))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("seed", range(4))
def test_a_host_ends_up_the_same_with_and_without(seed: int, version: int) -> None:
    """The same batches, put together or not: the same text, acknowledgments, windows and counts of segments."""
    outcomes = [_exchange(seed, version, together) for together in (False, True)]
    assert outcomes[0] == outcomes[1]


def _exchange(seed: int, version: int, together: bool) -> tuple[Any, ...]:
    """Bulk from B with losses and reordering, in batches of up to 64; what A has of it afterwards."""
    rng = Random(seed)
    host: Host = make_host("A")
    listener = host.listen(80, 0)

    def give(batch: list[bytes], now: int) -> list[Segment]:
        frames = [Frame(each) for each in batch]
        for frame in coalesce(frames) if together else frames:
            host.receive(frame, now)
        return [_answer(frame.data) for frame in host.poll(now)]

    def _answer(data: bytes) -> Segment:
        return segment_in(data)

    offer = TcpOptions(mss=1_000, ts_val=1, sack_permitted=True, window_scale=7)
    [synack] = give([packet(99, b"", version, flags=SYN, ack=0, options=offer)], 0)
    ack = synack.seq + 1
    give([packet(100, b"", version, ack=ack)], 1)
    connection = listener.accept()
    assert connection is not None
    text = rng.randbytes(150_000)
    got = b""
    acked = at = 0
    now = 1_000_000
    while len(got) < len(text):
        now += 1_000_000
        batch = []
        position = acked
        while position < min(len(text), acked + 60_000):
            piece = text[position : position + 1_000]
            batch.append(
                packet(100 + position, piece, version, ack=ack, options=TcpOptions(ts_val=now // 10**6, ts_ecr=1))
            )
            position += len(piece)
        kept = [each for each in batch if rng.random() > 0.05]
        if rng.random() < 0.3:
            kept.sort(key=lambda each: rng.random())
        for answer in give(kept, now):
            acked = max(acked, (answer.ack - 100) & 0xFFFF_FFFF)
        got += connection.read(1 << 20, now)
        at += 1
    info = connection.info(now)
    assert got == text
    return at, acked, info.tcpi_segs_in, connection.tcb.receive_window.edge
