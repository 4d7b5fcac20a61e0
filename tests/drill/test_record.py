"""Captures become scripts, and the scripts pass where the capture came from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synfin.cli.main import run
from synfin.drill.capture import ENDS, RecordError, read_connections
from synfin.drill.jobs import play_all
from synfin.drill.parser import load, parse
from synfin.drill.play import Plan, play
from synfin.drill.printer import print_script
from synfin.drill.record import Recording, record
from synfin.drill.report import failure_lines
from synfin.lab.scenarios import DEFAULT, SCENARIOS, build
from synfin.pcap import PcapngWriter, read_capture
from synfin.pcap.model import LINK_ETHERNET, LINK_IPV6, LINK_LINUX_SLL, LINK_NULL, LINK_RAW
from tests.drill.play import OPEN
from tests.drill.samples import KERNEL
from tests.interop.harness import ROOT, environment, require_namespace

# Demos of which every connection can be told as a script of its own, whoever is judged.
TOLD = (
    "handshake", "whole-life", "ack-with-data", "syn-lost", "synack-lost", "ack-lost-data", "simultaneous-open",
    "close", "fin-lost", "half-close", "close-then-data", "close-unread", "fin-number", "three-way-close",
    "simultaneous-close", "time-wait-reuse", "linger-reset", "refused", "abort", "urgent", "bad-checksum", "keep-alive",
)  # fmt: skip


def capture_of(name: str, preset: str, folder: Path) -> Path:
    """A capture of a demo."""
    stage = build(name, seed=1, preset=preset, faults=())
    stage.world.run(until=SCENARIOS[name].until)
    path = folder / f"{name}.pcapng"
    with path.open("wb") as stream:
        stage.world.write_capture(stream)
    return path


def told(recording: Recording) -> str:
    """Why a recording does not play."""
    assert recording.outcome is not None
    return "\n".join([recording.text, *failure_lines(recording.outcome)])


@pytest.mark.parametrize("preset", ["rfc", "linux"])
@pytest.mark.parametrize("name", TOLD)
def test_lab_run_becomes_a_script_that_passes(name: str, preset: str, tmp_path: Path) -> None:
    path = capture_of(name, preset, tmp_path)
    for connection in read_connections(path):
        for end in ENDS:
            recording = record(path, connection.number, end)
            assert recording.outcome is not None
            assert recording.outcome.ok, told(recording)
            assert print_script(parse(print_script(parse(recording.text)))) == print_script(parse(recording.text))


def test_most_connections_of_all_demos_become_scripts_that_pass(tmp_path: Path) -> None:
    """What is left are ends that crash, forged segments, and programs that act within the stack's own call."""
    passed = failed = 0
    for name in SCENARIOS:
        path = capture_of(name, "rfc", tmp_path)
        for connection in read_connections(path):
            for end in ENDS if connection.whole else ():
                try:
                    recording = record(path, connection.number, end)
                except RecordError:
                    continue
                assert recording.outcome is not None
                passed += recording.outcome.ok
                failed += not recording.outcome.ok
    assert passed > 100
    assert failed * 10 < passed


def test_recorded_script_notices_what_is_different(tmp_path: Path) -> None:
    """It judges: another number in one line, and it fails."""
    text = record(capture_of(DEFAULT, "rfc", tmp_path), end="server").text
    lines = text.splitlines()
    answers = [place for place, line in enumerate(lines) if " > " in line.split("<")[0] and not line.startswith("//")]
    assert len(answers) > 3
    for place in answers:
        wrong = [*lines[:place], lines[place].replace("ack ", "ack 9"), *lines[place + 1 :]]
        assert not play(parse("\n".join(wrong)), Plan()).ok, lines[place]


@pytest.mark.parametrize("path", KERNEL, ids=lambda path: path.stem)
def test_script_capture_script(path: Path, tmp_path: Path) -> None:
    """A script is played, captured, and recorded: what comes of it passes as well."""
    outcome = play(load(path), Plan(pcap=str(tmp_path)))
    assert outcome.ok, "\n".join(failure_lines(outcome))
    recording = record(tmp_path / f"{path.stem}.stack.pcapng")
    assert recording.outcome is not None
    assert recording.outcome.ok, told(recording)


LINKS = {
    "ethernet": (LINK_ETHERNET, bytes(12) + b"\x08\x00"),
    "vlan": (LINK_ETHERNET, bytes(12) + b"\x81\x00\x00\x05\x08\x00"),
    "cooked": (LINK_LINUX_SLL, bytes(14) + b"\x08\x00"),
    "null": (LINK_NULL, b"\x02\0\0\0"),
    "raw": (LINK_RAW, b""),
}


@pytest.mark.parametrize("name", LINKS)
def test_link_types(name: str, tmp_path: Path) -> None:
    """Without marks of direction the near end is the one that answers sooner."""
    kind, header = LINKS[name]
    source = capture_of("handshake", "rfc", tmp_path)
    path = tmp_path / "other.pcapng"
    with source.open("rb") as stream, path.open("wb") as out:
        writer = PcapngWriter(out)
        writer.add_interface("eth0", kind)
        for packet in read_capture(stream):
            if packet.interface == 1:
                writer.write(0, packet.now_ns, header + packet.data + (bytes(6) if kind == LINK_ETHERNET else b""))
    recording = record(path)
    assert recording.end == "server"
    assert recording.outcome is not None
    assert recording.outcome.ok, told(recording)


def write_packets(path: Path, packets: list[bytes], kind: int = LINK_RAW) -> Path:
    """A capture with these packets, a second apart."""
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        writer.add_interface("x", kind)
        for place, packet in enumerate(packets):
            writer.write(0, place * 10**9, packet)
    return path


def packets_of(path: Path) -> list[bytes]:
    with path.open("rb") as stream:
        return [packet.data for packet in read_capture(stream)]


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = capture_of("handshake", "rfc", tmp_path)
    middle = write_packets(tmp_path / "middle.pcapng", packets_of(whole)[4:])
    empty = write_packets(tmp_path / "empty.pcapng", [])
    strange = write_packets(tmp_path / "strange.pcapng", packets_of(whole), 147)
    text = tmp_path / "text.pcapng"
    text.write_text("no capture")
    for arguments, wanted in (
        ([str(whole), "--connection", "2"], "there is no connection 2; there are 1: 10.0.0.1:40000 > 10.0.0.2:80"),
        ([str(middle)], "starts in the middle"),
        ([str(empty)], "there is no TCP connection"),
        ([str(strange)], "link type 147 is not understood"),
        ([str(text)], "neither pcapng nor pcap"),
        ([str(tmp_path / "nothing")], "No such file"),
    ):
        assert run(["drill", "record", *arguments]) == 3, arguments
        assert wanted in capsys.readouterr().err
    assert run(["drill", "record", str(whole), "--end", "nobody"]) == 2


def test_two_connections_must_be_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = capture_of("time-wait-ports", "rfc", tmp_path)
    assert run(["drill", "record", str(path)]) == 3
    assert "which connection? Give --connection N: 1: " in capsys.readouterr().err
    assert run(["drill", "record", str(path), "--list"]) == 0
    assert capsys.readouterr().out.startswith("1: 10.0.0.1:")


def test_command_writes_the_script_and_says_how_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = capture_of(DEFAULT, "rfc", tmp_path)
    target = tmp_path / "life.pkt"
    assert run(["drill", "record", str(capture), "--connection", "1", "-o", str(target), "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "judged: the server" in err
    assert "the script passes on the stack (preset rfc)" in err
    assert run(["drill", str(target)]) == 0
    capsys.readouterr()
    assert run(["drill", "record", str(capture), "--lang", "zh"]) == 0
    out, err = capsys.readouterr()
    assert out == target.read_text(encoding="utf-8")
    assert "脚本在本协议栈上通过" in err


def test_what_does_not_pass_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stack that answers otherwise than ours: the script says what it did, and the command that ours does not."""
    script = tmp_path / "x.pkt"
    script.write_text(OPEN + "+0 < P. 1:11(10) ack 1 win 65535\n+0 > . 1:1(0) ack 11\n+.1 < F. 11:11(0) ack 1 win 9\n")
    assert run(["drill", str(script), "--pcap", str(tmp_path)]) == 0
    packets = packets_of(tmp_path / "x.stack.pcapng")
    odd = write_packets(tmp_path / "odd.pcapng", [*packets[:3], packets[2], packets[4], *packets[3:4]])
    capsys.readouterr()
    assert run(["drill", "record", str(odd), "--end", "server", "--lang", "en"]) == 1
    out, err = capsys.readouterr()
    assert "the script does not pass on the stack" in err
    assert parse(out).events
    assert run(["drill", "record", str(odd), "--no-check"]) == 0


@pytest.mark.interop
@pytest.mark.parametrize("version", ["4", "6"])
def test_conversation_of_the_kernel_becomes_scripts_that_pass_on_it(version: str, tmp_path: Path) -> None:
    require_namespace()
    path = tmp_path / "kernel.pcapng"
    subprocess.run(
        [sys.executable, "-m", "tests.drill.kernel_capture", str(path), version],
        cwd=ROOT, env=environment(), check=True, timeout=60,
    )  # fmt: skip
    scripts = []
    for end in ENDS:
        recording = record(path, end=end)
        assert recording.outcome is not None
        assert recording.outcome.ok, told(recording)
        scripts.append(tmp_path / f"{end}.pkt")
        scripts[-1].write_text(recording.text, encoding="utf-8")
    outcomes = list(play_all(scripts, Plan(on="kernel"), jobs=2))
    failed = [line for outcome in outcomes if not outcome.ok for line in failure_lines(outcome)]
    assert not failed, "\n".join(failed)


def test_ipv6_without_link_header(tmp_path: Path) -> None:
    outcome = play(parse(OPEN, "six.pkt"), Plan(version="ipv6", pcap=str(tmp_path)))
    assert outcome.ok
    path = write_packets(tmp_path / "six.pcapng", packets_of(tmp_path / "six.stack.pcapng"), LINK_IPV6)
    recording = record(path, end="server", check=False)
    assert "--ip_version=ipv6\n" in recording.text
    assert "--mtu" not in recording.text
