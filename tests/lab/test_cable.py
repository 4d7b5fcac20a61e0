"""Cables: when frames arrive, what is lost, and what the trace says about it."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError, WireError
from synfin.lab.cable import Packet, ecn_of, with_ecn
from synfin.trace import SegmentRecord
from synfin.wire.addresses import Address, parse_address
from synfin.wire.checksum import pseudo_header_sum
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import parse_ipv4
from synfin.wire.tcp import ACK, FIN, PSH, RST, SYN, Segment, parse_segment
from tests.lab.wires import ADDRESSES, Bench, packet

MS = 1_000_000


def texts(bench: Bench) -> list[bytes]:
    """The text of what came out."""
    found = []
    for _, _, data in bench.out:
        found.append(parsed(data).payload)
    return found


def parsed(data: bytes) -> Segment:
    """The segment in a packet."""
    found = Packet(data, "")
    found.read()
    assert found.segment is not None
    return found.segment


def test_a_frame_arrives_after_the_delay_at_the_other_end() -> None:
    bench = Bench(delay=20 * MS).send("A", packet("A", SYN)).run()
    assert bench.out == [(20 * MS, "B", packet("A", SYN))]
    assert bench.kinds() == ["send", "recv"]


def test_sent_and_received_share_one_segment() -> None:
    """What pairs departures with arrivals in a ladder."""
    bench = Bench(delay=1).send("A", packet("A", ACK, text=b"x"), packet("A", ACK, text=b"x")).run()
    sent = [r.segment for r in bench.records if isinstance(r, SegmentRecord) and r.kind == "send"]
    received = [r.segment for r in bench.records if isinstance(r, SegmentRecord) and r.kind == "recv"]
    assert sent[0] is received[0]
    assert sent[1] is received[1]
    assert sent[0] is not sent[1]
    assert sent[0].why == "data"


def test_the_rate_spaces_frames_and_both_ways_are_apart() -> None:
    data = packet("A", ACK, text=bytes(960))  # 1,000 octets on the wire: 8 ms at 1 Mbit/s
    bench = Bench(delay=MS, rate=1_000_000).send("A", data, data).send("B", packet("B", ACK, text=bytes(960))).run()
    assert [(time, host) for time, host, _ in bench.out] == [(9 * MS, "B"), (9 * MS, "A"), (17 * MS, "B")]


def test_the_queue_limit_counts_what_waits() -> None:
    data = packet("A", ACK, text=bytes(960))
    bench = Bench(rate=1_000_000, queue_limit_bytes=2_500).send("A", data, data, data, data).run()
    assert len(bench.out) == 2  # 1,000 on the wire and 1,000 behind it; a third would make 3,000
    assert bench.rules("drop") == ["link-queue-full"] * 2


def test_frames_above_the_mtu_are_dropped() -> None:
    bench = Bench(mtu=576).send("A", packet("A", ACK, text=bytes(537)), packet("A", ACK, text=bytes(536))).run()
    assert [len(data) for _, _, data in bench.out] == [576]
    assert bench.rules("drop") == ["link-mtu-exceeded"]


@pytest.mark.parametrize("family", [4, 6])
def test_super_segments_are_cut_on_the_wire(family: int) -> None:
    data = packet("A", ACK | PSH | FIN, seq=100, text=b"a" * 1000 + b"b" * 1000 + b"c", family=family)
    bench = Bench(delay=1).send("A", data, mss=1000).run()
    pieces = [parsed(data) for _, _, data in bench.out]
    assert [(p.seq, p.flags, p.payload[:1]) for p in pieces] == [
        (100, ACK, b"a"),
        (1100, ACK, b"b"),
        (2100, ACK | PSH | FIN, b"c"),
    ]
    assert bench.kinds() == ["send"] * 3 + ["recv"] * 3


def test_loss_is_random_and_repeatable() -> None:
    def survivors(seed: int) -> list[int]:
        bench = Bench(seed=seed, delay=1, loss=0.3)
        for number in range(100):
            bench.send("A", packet("A", ACK, seq=number))
        bench.run()
        return [parse_ipv4(data).payload[7] for _, _, data in bench.out]

    assert survivors(5) == survivors(5)
    assert survivors(5) != survivors(6)
    assert 40 < len(survivors(5)) < 95


def test_a_cut_cable_loses_what_is_sent_and_what_is_under_way() -> None:
    bench = Bench(delay=10).send("A", packet("A", SYN))
    bench.scheduler.at(5, lambda: setattr(bench.cable, "up", False))
    bench.scheduler.at(20, lambda: bench.send("A", packet("A", SYN)))
    bench.run()
    assert bench.out == []
    assert bench.rules("drop") == ["link-down", "link-down"]


def test_a_host_that_is_off_receives_nothing() -> None:
    bench = Bench(delay=10)
    bench.cable.attach("B", None)
    bench.send("A", packet("A", SYN)).run()
    assert bench.rules("drop") == ["host-down"]
    assert bench.kinds() == ["send", "drop"]


def test_only_hosts_on_the_cable_can_use_it() -> None:
    bench = Bench()
    with pytest.raises(UsageError, match="not on the cable"):
        bench.send("C", packet("A", SYN))
    with pytest.raises(UsageError, match="not on this cable"):
        bench.cable.attach("C", None)


# Faults


def test_drop() -> None:
    bench = Bench("drop(A>B,DATA,2)", delay=1)
    bench.send("A", packet("A", ACK, text=b"1"), packet("A", ACK, text=b"2"), packet("A", ACK, text=b"3")).run()
    assert texts(bench) == [b"1", b"3"]
    assert bench.rules("drop") == ["fault-drop"]


def test_dup_brings_the_copy_at_once_or_later() -> None:
    bench = Bench("dup(A>B,DATA,1)", "dup(A>B,DATA,2,5ms)", delay=MS)
    bench.send("A", packet("A", ACK, text=b"1"), packet("A", ACK, text=b"2")).run()
    assert list(zip(bench.times, texts(bench), strict=True)) == [
        (MS, b"1"), (MS, b"1"), (MS, b"2"), (6 * MS, b"2")
    ]  # fmt: skip
    assert bench.rules("dup") == ["fault-dup"] * 2


def test_delay_lets_others_overtake() -> None:
    bench = Bench("delay(A>B,DATA,1,5ms)", delay=MS)
    bench.send("A", packet("A", ACK, text=b"1"), packet("A", ACK, text=b"2")).run()
    assert list(zip(bench.times, texts(bench), strict=True)) == [(MS, b"2"), (6 * MS, b"1")]
    assert bench.rules("delay") == ["fault-delay"]


def test_reorder_by_count() -> None:
    bench = Bench("reorder(A>B,DATA,1,by=2)", delay=MS)
    bench.send("A", *(packet("A", ACK, text=text) for text in (b"1", b"2", b"3", b"4"))).run()
    assert texts(bench) == [b"2", b"3", b"1", b"4"]


def test_reorder_gives_up_waiting() -> None:
    bench = Bench("reorder(A>B,DATA,1,50ms)", delay=MS).send("A", packet("A", ACK, text=b"1")).run()
    assert bench.times == [51 * MS]
    bench = Bench("reorder(A>B,DATA,1)", delay=MS).send("A", packet("A", ACK, text=b"1")).run()
    assert bench.times == [1_001 * MS]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("seed", range(20))
def test_corrupt_turns_a_bit_that_the_checksum_notices(seed: int, family: int) -> None:
    data = packet("A", ACK, text=b"hello", family=family)
    bench = Bench("corrupt(A>B,DATA,1)", seed=seed, delay=MS).send("A", data, data).run()
    damaged, whole = (out for _, _, out in bench.out)
    assert whole == data
    assert sum((a ^ b).bit_count() for a, b in zip(damaged, data, strict=True)) == 1
    here, there = (parse_address(text) for text in ADDRESSES[family])
    with pytest.raises(WireError):
        parse_segment(damaged[20 if family == 4 else 40 :], here, there)
    assert bench.kinds() == ["send", "corrupt", "send", "recv"]


@pytest.mark.parametrize("family", [4, 6])
def test_mark_sets_congestion_experienced(family: int) -> None:
    """[RFC3168-11]: only where the sender allows it, and nothing else of the packet changes."""
    bench = Bench("mark(A>B,DATA,2..3)", delay=MS)
    sent = [packet("A", ACK, seq=number, text=b"hello", family=family, ecn=ecn) for number, ecn in
            enumerate((2, 0, 1, 3, 2, 2))]  # fmt: skip
    bench.send("A", *sent).run()
    out = [data for _, _, data in bench.out]
    assert [ecn_of(data) for data in out] == [2, 0, 3, 3, 3, 2]  # Not-ECT and CE are not meant, and not counted
    assert [with_ecn(data, ecn_of(before)) for data, before in zip(out, sent, strict=True)] == sent
    assert [parsed(data).ecn for data in out] == [2, 0, 3, 3, 3, 2]
    if family == 4:
        assert all(parse_ipv4(data) for data in out)  # the header's checksum is right
    assert bench.rules("mark") == ["fault-mark"] * 2


def test_mark_from_a_threshold_on() -> None:
    """What waits for the cable, the frame that is being sent included, decides."""
    data = packet("A", ACK, text=bytes(960), ecn=2)
    bench = Bench("mark(*,queue=2KB)", rate=1_000_000).send("A", data, data, data, data).run()
    assert [ecn_of(out) for _, _, out in bench.out] == [2, 2, 3, 3]
    idle = Bench("mark(*,queue=2KB)", delay=1).send("A", data, data, data, data).run()
    assert [ecn_of(out) for _, _, out in idle.out] == [2, 2, 2, 2]


def test_hold_keeps_until_released() -> None:
    bench = Bench("hold(A>B,DATA,1)", "hold(A>B,DATA,2)", delay=MS)
    bench.send("A", *(packet("A", ACK, text=text) for text in (b"1", b"2", b"3")))
    bench.run(until=100 * MS)
    assert texts(bench) == [b"3"]
    assert bench.cable.release(bench.faults[1]) == 1
    bench.run(until=200 * MS)
    assert bench.cable.release() == 1
    assert bench.cable.release() == 0
    bench.run()
    assert list(zip(bench.times, texts(bench), strict=True)) == [(MS, b"3"), (101 * MS, b"2"), (201 * MS, b"1")]


def test_the_first_fault_that_hits_acts_and_all_of_them_count() -> None:
    bench = Bench("drop(A>B,DATA,2)", "dup(A>B,DATA,2)", delay=1)
    bench.send("A", packet("A", ACK, text=b"1"), packet("A", ACK, text=b"2"), packet("A", ACK, text=b"3")).run()
    assert texts(bench) == [b"1", b"3"]
    assert [fault.matched for fault in bench.faults] == [3, 3]


def test_last_ack_is_the_one_that_covers_the_fin() -> None:
    bench = Bench("drop(A>B,ACK,last)", delay=1)
    bench.send("A", packet("A", ACK, seq=10, ack=300))
    bench.send("B", packet("B", FIN | ACK, seq=300, ack=10))
    bench.send("A", packet("A", ACK, seq=10, ack=300), packet("A", ACK, seq=10, ack=301)).run()
    assert bench.rules("drop") == ["fault-drop"]
    dropped = next(r for r in bench.records if isinstance(r, SegmentRecord) and r.kind == "drop")
    assert dropped.segment.ack == 301


def test_a_number_without_the_ack_flag_covers_nothing() -> None:
    bench = Bench("drop(A>B,last,1..9)", delay=1)
    bench.send("B", packet("B", FIN | ACK, seq=300, ack=10))
    bench.send("A", packet("A", FIN, seq=10, ack=301), packet("A", RST, seq=11, ack=301)).run()
    assert bench.rules("drop") == []


def test_last_of_all_waits_for_both_fins() -> None:
    bench = Bench("drop(*,last,1..9)", delay=1)
    bench.send("B", packet("B", FIN | ACK, seq=300, ack=10))
    bench.send("A", packet("A", ACK, seq=10, ack=301))  # A has not said FIN yet
    bench.send("A", packet("A", FIN | ACK, seq=10, ack=301))  # A owes nothing more after this
    bench.send("B", packet("B", ACK, seq=301, ack=11)).run()
    dropped = [r.segment.flags for r in bench.records if isinstance(r, SegmentRecord) and r.kind == "drop"]
    assert dropped == [FIN | ACK, ACK]


def test_faults_meet_other_protocols_by_star_only() -> None:
    echo = bytes.fromhex("4500001c000000004001000000000000") + bytes(12)
    bench = Bench("drop(*,ACK)", "drop(*,*,1)", delay=1).send("A", echo, echo).run()
    assert [data for _, _, data in bench.out] == [echo]


def test_injected_segments_come_out_at_once_and_meet_no_fault() -> None:
    bench = Bench("drop(*,*)", delay=10)
    bench.cable.inject("A", packet("A", SYN), "injected-old-duplicate")
    assert bench.out == [(0, "B", packet("A", SYN))]
    assert bench.kinds() == ["dup", "recv"]
    assert bench.rules("dup") == ["injected-old-duplicate"]


@pytest.mark.parametrize("family", [4, 6])
def test_checksums_are_completed_as_soon_as_somebody_looks(family: int) -> None:
    """What a host leaves to its card is done by the cable; unwatched, the frame says that nobody need verify it."""
    whole = packet("A", ACK | PSH, text=b"abcdef", family=family)
    start = 20 if family == 4 else 40
    source, target = (whole[12:16], whole[16:20]) if family == 4 else (whole[8:24], whole[24:40])
    pseudo = pseudo_header_sum(Address(source), Address(target), 6, len(whole) - start) % 0xFFFF
    partial = whole[: start + 16] + pseudo.to_bytes(2, "big") + whole[start + 18 :]
    taken: list[Packet] = []
    for watched in (False, True):
        bench = Bench()
        if not watched:
            bench.cable.sink = None
        bench.cable.attach("B", taken.append)
        bench.cable.send("A", Frame(partial, sum_from=start, sum_at=16))
        bench.run()
    unwatched, complete = taken
    assert (unwatched.data, unwatched.checked, unwatched.sum_from) == (partial, True, start)
    assert (complete.data, complete.checked, complete.sum_from) == (whole, False, 0)
