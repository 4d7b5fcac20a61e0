"""The pair of devices in memory: order, limits, and no waiting."""

from __future__ import annotations

from random import Random

import pytest

from synfin.device.base import plug
from synfin.device.memory import MemoryPair
from synfin.errors import UsageError
from synfin.host import Host
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import parse_ipv4
from tests.device.test_split import packet, segment


def test_what_one_end_writes_the_other_reads_in_order() -> None:
    pair = MemoryPair()
    for data in (b"one", b"two"):
        pair.a.write(Frame(data, note="why"))
    pair.b.write(Frame(b"back"))
    assert pair.b.waiting == 2
    first, second = pair.b.read(None), pair.b.read(None)
    assert first is not None
    assert second is not None
    assert (first.data, first.note, second.data) == (b"one", "why", b"two")
    assert pair.b.read(None) is None  # and does not wait, whatever the deadline is
    back = pair.a.read(0)
    assert back is not None
    assert back.data == b"back"


def test_the_interface_of_the_sender_does_not_reach_the_receiver() -> None:
    pair = MemoryPair()
    pair.a.write(Frame(b"x", interface=7))
    frame = pair.b.read(None)
    assert frame is not None
    assert frame.interface == 0


def test_a_full_queue_drops_and_counts() -> None:
    pair = MemoryPair(queue_limit_frames=2)
    for _ in range(5):
        pair.a.write(Frame(b"x"))
    assert (pair.b.waiting, pair.a.dropped, pair.b.dropped) == (2, 3, 0)


def test_a_closed_end_takes_nothing_and_sends_nothing() -> None:
    pair = MemoryPair()
    pair.a.write(Frame(b"lost"))
    pair.b.close()
    pair.a.write(Frame(b"too late"))
    pair.b.write(Frame(b"from the grave"))
    assert pair.b.read(None) is None
    assert pair.a.read(None) is None
    assert (pair.a.dropped, pair.b.dropped) == (1, 1)


@pytest.mark.parametrize(("offload", "lengths"), [(False, [152, 152, 102]), (True, [302])])
def test_super_segments_are_cut_unless_the_device_takes_them_whole(offload: bool, lengths: list[int]) -> None:
    pair = MemoryPair(offload=offload)
    pair.a.write(Frame(packet(4, segment(b"x" * 250)), mss=100))
    frames = []
    while (frame := pair.b.read(None)) is not None:
        frames.append(frame)
    assert [len(parse_ipv4(frame.data).payload) + 20 for frame in frames] == lengths
    assert [frame.mss for frame in frames] == ([100] if offload else [0, 0, 0])


def test_a_queue_without_room_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="queue_limit_frames"):
        MemoryPair(queue_limit_frames=0)


@pytest.mark.parametrize("layer", [3, 2])
@pytest.mark.parametrize("offload", [False, True])
def test_hosts_plugged_in_leave_cutting_and_checksums_to_it(offload: bool, layer: int) -> None:
    """Both ways of a device carry the same text; with offload in super-segments, without in segments."""
    pair = MemoryPair(offload=offload, layer=layer)
    hosts = [Host(name, rng=Random(name)) for name in "AB"]
    for number, (host, end) in enumerate(zip(hosts, (pair.a, pair.b), strict=True), 1):
        mac = f"02:00:00:00:00:0{number}" if layer == 2 else None
        plug(host, end, "eth0", [f"10.0.0.{number}/24"], mac=mac)
    listener = hosts[1].listen(80, 0)
    connection = hosts[0].connect("10.0.0.2", 80, 0)
    text = Random(1).randbytes(200_000)
    got, sent, largest = b"", 0, 0
    theirs = None
    for now in range(0, 400_000_000, 1_000_000):
        sent += connection.write(text[sent:], now)
        for host, end in zip(hosts, (pair.a, pair.b), strict=True):
            while (frame := end.read(None)) is not None:
                largest = max(largest, len(frame))
                host.receive(frame, now)
            for frame in host.poll(now):
                end.write(frame)
        theirs = theirs or listener.accept()
        got += theirs.read(1 << 20, now) if theirs is not None else b""
    assert got == text
    assert (largest > 10_000) is offload
    assert largest <= 65_535 if offload else largest <= 1_514
    assert hosts[0].counters["TcpInErrs"] == hosts[1].counters["TcpInErrs"] == 0
