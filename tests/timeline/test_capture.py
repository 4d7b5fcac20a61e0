"""A capture as a timeline: the states that are inferred are those that were, wherever a capture can tell."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from synfin.errors import UsageError
from synfin.lab.scenarios import SCENARIOS, run
from synfin.lab.world import World
from synfin.pcap import PcapngWriter, read_capture
from synfin.timeline import from_capture
from synfin.timeline.capture import contents_of, load, timeline_of
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.run import Timeline
from synfin.timeline.world import timeline_of as true_timeline
from synfin.trace import RuleRecord, SegmentRecord, StateRecord
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK
from tests.interop.harness import ROOT, environment, require_namespace

LINK_RAW = 101
Moves = list[tuple[str, str, str]]  # from, to, why
Ends = tuple[Endpoint, Endpoint]
# What no segment shows: a timer, or a machine that goes off
INVISIBLE = (
    "time-wait-over", "retransmission-limit", "user-timeout", "fin-wait-2-timeout", "keep-alive-timeout",
    "host-crashed", "time-wait-reopened",
)  # fmt: skip
# Demos whose captures cannot tell, and why
UNTOLD = {
    "ack-lost-always": "B gives up by a timer, and what comes afterwards looks as if it were for a connection",
    "syn-cookie-ack-lost": "a SYN-ACK with a cookie looks like any other: that B keeps no state does not show",
    "syn-flood-cookies": "the same",
    "syn-flood": "a SYN with a forged source looks like a true one",
    "half-open-reconnect": "the SYN of a restarted machine looks like one of the connection that it has forgotten",
    "reset-checks": "a forged reset looks as if it ended the connection",
}
UNTOLD_NEAR_CLIENT = UNTOLD | {
    "open-states": "a forged segment is seen to arrive, and looks as if the other end had sent it",
    "old-duplicate-syn-closed": "the forged SYN was injected behind the place of the capture",
    "flags": "the same",
    "simultaneous-open": "nothing acknowledges the last SYN-ACK, so whether it has arrived does not show",
    "simultaneous-close-ack-lost": "the ACK that was lost was lost before the place of the capture",
}
UNTOLD_NEAR_SERVER = UNTOLD | {
    "old-duplicate-syn": "the old SYN looks as if it had just been sent",
    "old-duplicate-syn-closed": "the same",
    "old-duplicate-syn-race": "the same",
    "flags": "the same",
    "syn-never-answered": "nothing has come that far",
    "simultaneous-open": "nothing acknowledges the last SYN-ACK",
    "fin-ack-lost": "the ACK that was lost was lost behind the place of the capture",
}


def capture_of(world: World) -> bytes:
    """The capture of a run."""
    stream = io.BytesIO()
    world.write_capture(stream)
    return stream.getvalue()


def one_interface(data: bytes, keep: int) -> bytes:
    """The same as it would have been captured at one end by another program: no comments, one interface."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    writer.add_interface("eth0", LINK_RAW)
    for packet in read_capture(io.BytesIO(data)):
        if packet.interface == keep:
            writer.write(0, packet.now_ns, packet.data, direction=packet.direction)
    return stream.getvalue()


def true_moves(world: World) -> dict[Ends, Moves]:
    """What the stack itself has recorded."""
    found: dict[Ends, Moves] = {}
    for record in world.records:
        if isinstance(record, StateRecord) and record.remote.port:
            found.setdefault((record.local, record.remote), []).append((record.from_state, record.to_state, record.why))
    return found


def inferred_moves(path: Path) -> dict[Ends, Moves]:
    """What is inferred, of all connections of a capture."""
    found: dict[Ends, Moves] = {}
    contents = contents_of(path)
    for chosen in contents.connections:
        for record in timeline_of(chosen, contents).records:
            if isinstance(record, StateRecord) and record.remote.port and record.from_state != record.to_state:
                move = (record.from_state, record.to_state, record.why)
                found.setdefault((record.local, record.remote), []).append(move)
    return found


def fits(true: Moves, inferred: Moves) -> bool:
    """Whether both are the same, but for what no segment shows."""
    if not true:
        return not inferred
    if inferred and true[0][:2] == inferred[0][:2] and fits(true[1:], inferred[1:]):
        return True
    return true[0][2] in INVISIBLE and fits(true[1:], inferred)


def compare(name: str, path: Path, untold: dict[str, str], keep: int | None = None) -> None:
    """The states of a demo: as they were, and those that are inferred from its capture."""
    world = run(name)
    data = capture_of(world)
    path.write_bytes(data if keep is None else one_interface(data, keep))
    true, inferred = true_moves(world), inferred_moves(path)
    wrong = [
        (ends, true.get(ends, []), inferred.get(ends, []))
        for ends in {**true, **inferred}
        if not fits(true.get(ends, []), inferred.get(ends, []))
    ]
    if name in untold:
        assert wrong, f"{name} can be told now; take it out of the list"
    else:
        assert not wrong


@pytest.mark.parametrize("name", SCENARIOS)
def test_states_of_a_capture_at_both_ends(name: str, tmp_path: Path) -> None:
    compare(name, tmp_path / "run.pcapng", UNTOLD)


@pytest.mark.parametrize("name", SCENARIOS)
def test_states_of_a_capture_near_the_client(name: str, tmp_path: Path) -> None:
    compare(name, tmp_path / "run.pcapng", UNTOLD_NEAR_CLIENT, 0)


@pytest.mark.parametrize("name", SCENARIOS)
def test_states_of_a_capture_near_the_server(name: str, tmp_path: Path) -> None:
    compare(name, tmp_path / "run.pcapng", UNTOLD_NEAR_SERVER, 1)


def saved(name: str, path: Path, keep: int | None = None) -> Path:
    """The capture of a demo in a file."""
    data = capture_of(run(name))
    path.write_bytes(data if keep is None else one_interface(data, keep))
    return path


def flights(timeline: Timeline) -> list[tuple[object, ...]]:
    """All that became of all segments, in the order of the lines."""
    found = [f for row in timeline.rows() if (f := row.flight) is not None and (row.departure or f.departure is None)]
    start = min(flight.sent_at for flight in found)
    return [
        (
            f.sender, f.sent_at - start, f.arrived_at and f.arrived_at - start, f.fate, f.rule, f.fault, f.segment,
            f.foreign, f.twin, f.changed,
        )
        for f in found
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["close", "fin-lost", "ack-lost-data", "simultaneous-open", "time-wait-old-duplicate"])
def test_at_both_ends_every_flight_is_as_it_was(name: str, tmp_path: Path) -> None:
    timeline = from_capture(saved(name, tmp_path / "run.pcapng"))
    assert flights(timeline) == flights(true_timeline(run(name)))


@pytest.mark.parametrize("fault", ["dup(A>B,DATA,5)", "mark(A>B,DATA,5)", "drop(A>B,DATA,5)"])
def test_at_both_ends_copies_marks_and_losses_are_as_they_were(fault: str, tmp_path: Path) -> None:
    world = transfer(fault, ecn="on")
    path = tmp_path / "run.pcapng"
    path.write_bytes(capture_of(world))
    kept = slice(0, 7) if fault.startswith("drop") else slice(0, 5)  # which rule has copied or marked it does not show
    true, found = flights(true_timeline(world)), flights(from_capture(path))
    assert [one[kept] + one[7:] for one in found] == [one[kept] + one[7:] for one in true]


def test_of_equal_packets_the_latest_have_arrived(tmp_path: Path) -> None:
    """Without the comments of the lab nothing else says which of two equal SYNs was lost."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    for name in ("A", "B"):
        writer.add_interface(name, LINK_RAW)
    for packet in read_capture(io.BytesIO(capture_of(run("syn-lost")))):
        writer.write(packet.interface, packet.now_ns, packet.data, direction=packet.direction)
    path = tmp_path / "run.pcapng"
    path.write_bytes(stream.getvalue())
    first, second = flights(from_capture(path))[:2]
    assert (first[1:4], second[1:4]) == ((0, None, "lost"), (1_000_000_000, 1_010_000_000, "arrived"))


def test_an_ack_is_lost_if_the_other_end_repeats_what_it_acknowledged(tmp_path: Path) -> None:
    timeline = from_capture(saved("ack-lost", tmp_path / "run.pcapng", 0))
    lost = [record for record in timeline.records if isinstance(record, SegmentRecord) and record.kind == "drop"]
    assert [(record.host, record.segment.flags) for record in lost] == [("client", ACK)]


def transfer(fault: str, **settings: Any) -> World:
    """Some text with trouble on its way."""
    world = World(seed=3)
    a, b = world.host("A", **settings), world.host("B", **settings)
    world.link(a, b, delay="10ms", rate="10Mbit")
    world.fault(fault)
    b.listen(80)
    client = a.connect("B", 80)
    world.at("100ms", lambda: a.write(client, bytes(60_000)) and None)
    world.at("1s", lambda: a.shutdown(client))
    world.run(until="5s")
    return world


def rules(timeline: Timeline, host: str) -> list[str]:
    """The rules that were found to have decided at a host."""
    return [record.rule for record in timeline.records if isinstance(record, RuleRecord) and record.host == host]


def drops(timeline: Timeline) -> int:
    """Segments that are taken for lost."""
    return sum(isinstance(record, SegmentRecord) and record.kind == "drop" for record in timeline.records)


def test_losses_repetitions_and_what_is_out_of_order_near_the_sender(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    path.write_bytes(one_interface(capture_of(transfer("drop(A>B,DATA,5)")), 0))
    timeline = from_capture(path)
    assert drops(timeline) == 1
    [facts] = timeline.connections()
    assert facts.parties[0].again == 1
    assert "text-out-of-order" in rules(timeline, "server")
    text = timeline.text()
    assert "✗ lost" in text
    assert "↻ resent" in text


def test_near_the_receiver_a_loss_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    path.write_bytes(one_interface(capture_of(transfer("drop(A>B,DATA,5)")), 1))
    timeline = from_capture(path)
    assert drops(timeline) == 0
    assert "text-out-of-order" in rules(timeline, "server")


def test_duplicates_and_what_was_overtaken(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    path.write_bytes(one_interface(capture_of(transfer("dup(A>B,DATA,5)")), 1))
    assert rules(from_capture(path), "server") == ["text-duplicate"]
    path.write_bytes(one_interface(capture_of(transfer("reorder(A>B,DATA,5,by=3)")), 1))
    assert rules(from_capture(path), "server").count("text-out-of-order") == 3


def test_a_repetition_that_was_not_needed_is_no_loss(tmp_path: Path) -> None:
    """Its D-SACK tells (RFC 2883)."""
    path = tmp_path / "run.pcapng"
    path.write_bytes(one_interface(capture_of(transfer("delay(A>B,DATA,5,500ms)")), 0))
    timeline = from_capture(path)
    [facts] = timeline.connections()
    assert facts.parties[0].again == 1
    assert drops(timeline) == 0


def test_ends_have_the_names_of_their_interfaces_or_of_their_roles(tmp_path: Path) -> None:
    both = from_capture(saved("close", tmp_path / "both.pcapng"))
    assert both.hosts == ("A", "B")
    assert both.labels == ("10.0.0.1:40000", "10.0.0.2:80")
    near = saved("close", tmp_path / "near.pcapng", 0)
    assert from_capture(near).hosts == ("client", "server")
    assert from_capture(near, lang="zh").hosts == ("客户端", "服务器")
    assert from_capture(saved("syn-never-answered", tmp_path / "lonely.pcapng")).hosts == ("A", "B")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_says_that_states_are_inferred(lang: str, tmp_path: Path) -> None:
    timeline = from_capture(saved("close", tmp_path / "near.pcapng", 0), lang=lang)
    first, second = timeline.told(lang)
    assert re.search("inferred|推断", first)
    assert re.search("near client|靠近客户端", second)
    assert timeline.lines(lang)[:2] == [first, second]
    assert first in timeline.mermaid(lang).replace("#59;", ";").replace("<br/>", " ").replace("  ", " ") or lang == "zh"
    assert first.split()[0] in timeline.svg(lang)
    timeline.save(tmp_path / "run.html", lang)
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert first in page
    assert second in page
    remarks = timeline.document()["remarks"]
    assert remarks[0] == {"id": "capture.inferred"}
    assert remarks[1] == {"id": "capture.one_place", "near": timeline.hosts[0], "far": timeline.hosts[1]}


def test_a_machine_with_two_interfaces_is_one_place(tmp_path: Path) -> None:
    """Only one of them sees the connection; the other is not the peer."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    for name in ("eth0", "wlan0"):
        writer.add_interface(name, LINK_RAW)
    for packet in read_capture(io.BytesIO(capture_of(run("close")))):
        if packet.interface == 0:
            writer.write(0, packet.now_ns, packet.data, direction=packet.direction)
    path = tmp_path / "run.pcapng"
    path.write_bytes(stream.getvalue())
    timeline = from_capture(path)
    assert timeline.hosts == ("client", "server")
    assert drops(timeline) == 0
    assert timeline.final() == {"client": "TIME_WAIT", "server": "CLOSED"}


def test_connections_are_chosen_by_number(tmp_path: Path) -> None:
    path = saved("time-wait-ports", tmp_path / "ports.pcapng")
    assert [load(path, number).timeline.labels[0] for number in (1, 2)] == ["10.0.0.1:40000", "10.0.0.1:40001"]
    assert any("Connection 2 of" in remark for remark in from_capture(path, 2).told())
    with pytest.raises(UsageError, match=r"ports\.pcapng: there is no connection 99; there are 1: 10\.0\.0\.1:40000"):
        from_capture(path, 99)


def test_without_the_beginning_both_are_taken_to_be_connected(tmp_path: Path) -> None:
    path = tmp_path / "late.pcapng"
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    writer.add_interface("eth0", LINK_RAW)
    for packet in read_capture(io.BytesIO(capture_of(run("whole-life")))):
        if packet.interface == 0 and packet.now_ns > 30_000_000:
            writer.write(0, packet.now_ns, packet.data, direction=packet.direction)
    path.write_bytes(stream.getvalue())
    timeline = from_capture(path)
    assert any("beginning is missing" in remark for remark in timeline.told())
    first = next(row for row in timeline.rows() if row.flight is not None)
    assert [step.state for step in first.steps()] == ["ESTABLISHED", "ESTABLISHED"]
    assert timeline.final() == {"client": "TIME_WAIT", "server": "CLOSED"}


# The kernel's own traffic


@pytest.mark.interop
@pytest.mark.parametrize("version", ["4", "6"])
def test_a_conversation_of_the_kernel(version: str, tmp_path: Path) -> None:
    path = tmp_path / "kernel.pcapng"
    require_namespace()
    subprocess.run(
        [sys.executable, "-m", "tests.drill.kernel_capture", str(path), version],
        cwd=ROOT, env=environment(), check=True, timeout=60,
    )  # fmt: skip
    timeline = from_capture(path)
    assert timeline.final() == {"client": "TIME_WAIT", "server": "CLOSED"}
    moves = [(r.host, r.to_state) for r in timeline.records if isinstance(r, StateRecord) and r.remote.port]
    client = [state for host, state in moves if host == "client" and state != "FIN_WAIT_2"]  # FIN and ACK may be one
    assert client == ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "TIME_WAIT"]
    assert [state for host, state in moves if host == "server"] == [
        "SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED",
    ]  # fmt: skip
    [facts] = timeline.connections()
    assert [party.octets for party in facts.parties] == [10, 3_000]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_a_file_that_another_program_has_written(tmp_path: Path) -> None:
    """tshark writes classic pcap, without directions, names and comments."""
    near, other = saved("fin-lost", tmp_path / "near.pcapng", 0), tmp_path / "other.pcap"
    subprocess.run(
        ["tshark", "-r", str(near), "-F", "pcap", "-w", str(other)], check=True, capture_output=True, timeout=60
    )
    assert inferred_moves(other) == inferred_moves(near)
    assert (
        from_capture(other).told()[1]
        == "Captured near client: all times are those there; server has received what it acknowledged."
    )


def test_times_are_as_exact_as_there_is_room_for(tmp_path: Path) -> None:
    assert "0.000 SYN_SENT" in from_capture(saved("close", tmp_path / "close.pcapng", 0)).text()
    path = tmp_path / "run.pcapng"
    path.write_bytes(one_interface(capture_of(transfer("drop(A>B,DATA,5)")), 0))
    assert " 0.000000 SYN_SENT" in from_capture(path).text()


@pytest.mark.parametrize("page", ["captures.md", "captures.zh-CN.md"])
def test_the_example_of_the_docs_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    saved("close", tmp_path / "trace.pcapng")
    exec(compile(code[1], page, "exec"), {"__name__": "example"})
    assert "A A fin" in capsys.readouterr().out
    assert "推断" in (tmp_path / "trace.html").read_text(encoding="utf-8")


def test_link_layers(tmp_path: Path) -> None:
    """The same packets behind Ethernet with and without VLAN, Linux cooked, and loopback headers."""
    expected = from_capture(saved("close", tmp_path / "raw.pcapng", 0)).text()
    headers = {
        1: bytes(12) + b"\x08\x00",
        113: bytes(14) + b"\x08\x00",
        276: b"\x08\x00" + bytes(18),
        0: struct.pack("<I", 2),
    }
    for link, header in [*headers.items(), (1, bytes(12) + b"\x81\x00\x00\x07\x08\x00")]:
        stream = io.BytesIO()
        writer = PcapngWriter(stream, comment="")
        writer.add_interface("eth0", link)
        for packet in read_capture(io.BytesIO(capture_of(run("close")))):
            if packet.interface == 0:
                padding = bytes(6) if link == 1 else b""
                writer.write(0, packet.now_ns, header + packet.data + padding, direction=packet.direction)
        path = tmp_path / "other.pcapng"
        path.write_bytes(stream.getvalue())
        assert from_capture(path).text() == expected
