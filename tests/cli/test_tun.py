"""`synfin tun` as a user meets it: exit codes, messages, captures, and a proper end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import synfin
from synfin.cli.common import DEFAULT_OURS, DEFAULT_THEIRS, plan_addresses
from synfin.cli.main import run
from synfin.cli.messages import LANGUAGES, MESSAGES, language, say
from synfin.errors import UsageError
from synfin.pcap import read_capture
from tests.interop.harness import environment, require_namespace, synfin_command


def texts(address: list[str], peer: list[str], mtu: int | None = None) -> tuple[list[str], list[str]]:
    ours, theirs = plan_addresses(address, peer, mtu)
    return [str(prefix) for prefix in ours], [str(prefix) for prefix in theirs]


@pytest.mark.parametrize(
    ("address", "peer", "ours", "theirs"),
    [
        ([], [], list(DEFAULT_OURS), list(DEFAULT_THEIRS)),
        (["10.1.0.9/24"], ["10.1.0.1/24"], ["10.1.0.9/24"], ["10.1.0.1/24"]),
        (["10.1.0.9/24"], [], ["10.1.0.9/24"], ["10.1.0.1/24"]),
        ([], ["10.1.0.1/24"], ["10.1.0.2/24"], ["10.1.0.1/24"]),
        (["fd01::2/64", "10.1.0.9/24"], [], ["10.1.0.9/24", "fd01::2/64"], ["10.1.0.1/24", "fd01::1/64"]),
    ],
)
def test_sides_that_are_not_named_get_an_address(
    address: list[str], peer: list[str], ours: list[str], theirs: list[str]
) -> None:
    assert texts(address, peer) == (ours, theirs)


@pytest.mark.parametrize(
    ("text", "why"), [("11ms", "too long"), ("50", "a unit is missing"), ("soon", "no duration|not a")]
)
def test_busy_polling_takes_a_short_time(text: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tun", "--busy-poll", text]) == 2
    assert re.search(why, capsys.readouterr().err)


def test_a_small_mtu_leaves_ipv6_out() -> None:
    assert texts([], [], 1_000) == (["10.77.0.2/24"], ["10.77.0.1/24"])


@pytest.mark.parametrize(
    ("address", "peer", "mtu", "why"),
    [
        (["10.1.0/24"], [], None, "--address"),
        ([], ["10.1.0.1/99"], None, "--peer"),
        (["10.1.0.1/24"], ["10.1.0.1/24"], None, "different addresses"),
        (["10.1.0.1/24"], ["10.2.0.1/24"], None, "not in the same network"),
        (["10.1.0.1/24"], ["10.1.0.2/16"], None, "not in the same network"),
        (["10.1.0.1/24", "10.1.0.2/24"], [], None, "one address per family"),
        (["10.1.0.1/32"], [], None, "no room"),
        (["fd01::2/64"], [], 1_000, "too small for IPv6"),
    ],
)
def test_addresses_that_cannot_be(address: list[str], peer: list[str], mtu: int | None, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        plan_addresses(address, peer, mtu)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["tun", "--serve", "telnet:23"], 2, "no service 'telnet'"),
        (["tun", "--serve", "echo:7", "--serve", "discard:7"], 2, "port 7 is taken"),
        (["tun", "--serve", "file:80=/does/not/exist"], 3, "/does/not/exist"),
        (["tun", "--address", "10.0.0.300/24"], 2, "--address"),
        (["tun", "--mtu", "10"], 2, "--mtu"),
        (["tun", "--watch", "--json"], 2, "cannot be used together"),
        (["tun", "--pcap", "/does/not/exist/x.pcapng"], 2, "/does/not/exist/x.pcapng"),
        (["tun", "--nonsense"], 2, "--nonsense"),
        (["nonsense"], 2, "nonsense"),
        (["connect", "10.77.0.1", "99999"], 2, "99999"),
        (["connect", "10.77.0.1"], 2, "PORT"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert len(captured.err.splitlines()) == 1


def test_help_and_version_load_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys; from synfin.cli.main import run; run(['--help']); print('synfin.cli.tun' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert "tun " in done.stdout
    assert "connect " in done.stdout
    assert done.stdout.splitlines()[-1] == "False"
    assert run(["--version"]) == 0
    kind = "compiled" if synfin.compiled() else "pure"
    version = sys.version.split()[0]
    assert capsys.readouterr().out == f"synfin, version {synfin.__version__} ({kind}, Python {version})\n"


def test_every_message_is_there_in_every_language() -> None:
    for name, sentences in MESSAGES.items():
        assert set(sentences) == set(LANGUAGES), name
        fields = [{part.split("}")[0] for part in sentences[lang].split("{")[1:]} for lang in LANGUAGES]
        assert all(found == fields[0] for found in fields), name


def test_the_locale_chooses_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert language() == "zh"
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert language() == "en"
    assert language("zh") == "zh"
    assert say("zh", "serving", service="echo", port=7) == "端口 7 提供 echo 服务"


@pytest.mark.interop
@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)])
def test_the_exit_code_of_the_command_is_passed_on(script: str, code: int) -> None:
    require_namespace()
    assert synfin_command("tun", "--", "sh", "-c", script).returncode == code


@pytest.mark.interop
def test_a_command_that_does_not_exist() -> None:
    require_namespace()
    done = synfin_command("tun", "--", "/does/not/exist")
    assert done.returncode == 127
    assert b"/does/not/exist" in done.stderr.splitlines()[-1]


@pytest.mark.interop
def test_the_namespace_is_private_and_holds_the_default_addresses() -> None:
    require_namespace()
    script = "readlink /proc/self/ns/net; ip -br address show synfin0; ip -br link | wc -l"
    done = synfin_command("tun", "--mtu", "1400", "--", "sh", "-c", script)
    namespace, address, count = done.stdout.decode().splitlines()
    assert namespace != os.readlink("/proc/self/ns/net")
    assert "10.77.0.1/24" in address
    assert "fd77::1/64" in address
    assert int(count) == 2  # lo and the device


@pytest.mark.interop
def test_services_answer_and_everything_is_captured(tmp_path: Path) -> None:
    require_namespace()
    path = tmp_path / "run.pcapng"
    script = (
        "import socket\n"
        "for host in '10.77.0.2', 'fd77::2':\n"
        "    with socket.create_connection((host, 7), timeout=20) as echo:\n"
        "        echo.sendall(b'hello'); echo.shutdown(1)\n"
        "        print(echo.makefile().read())\n"
        "    with socket.create_connection((host, 13), timeout=20) as daytime:\n"
        "        print(len(daytime.makefile().read()) > 10)\n"
        "    with socket.create_connection((host, 19), timeout=20) as source:\n"
        "        data = source.makefile('rb').read(1000)\n"
        "        print(data == bytes(i % 256 for i in range(1000)))\n"
    )
    serve = [word for spec in ("echo:7", "daytime:13", "source:19") for word in ("--serve", spec)]
    done = synfin_command("tun", *serve, "--pcap", str(path), "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().split() == ["hello", "True", "True"] * 2
    with path.open("rb") as stream:
        reader = read_capture(stream)
        packets = list(reader)
        names = [interface.name for interface in reader.interfaces]
    assert names == ["synfin", "kernel"]
    assert {packet.data[0] >> 4 for packet in packets} == {4, 6}
    assert {packet.interface for packet in packets} == {0, 1}
    assert any(packet.comment for packet in packets if packet.interface == 0)


def interrupted_server(tmp_path: Path, number: int) -> tuple[int, bytes, bytes]:
    """Serve without a command in a namespace of its own, connect, interrupt: code, stderr, what came after."""
    outer = (
        "import os, signal, socket, subprocess, sys\n"
        "from synfin.device.namespace import enter_private_namespace\n"
        "enter_private_namespace()\n"
        "server = subprocess.Popen([sys.executable, '-m', 'synfin', 'tun', '--dev', 'tun7', '--serve', 'echo:7'],\n"
        "    stderr=subprocess.PIPE, text=True)\n"
        "lines = []\n"
        "while not lines or 'Ctrl-C' not in lines[-1]: lines.append(server.stderr.readline())\n"
        "link = socket.create_connection(('10.77.0.2', 7), timeout=20)\n"
        "link.sendall(b'abc'); assert link.recv(3) == b'abc'\n"
        f"server.send_signal({number})\n"
        "rest = link.makefile('rb').read(); link.close()\n"
        "print(server.wait(), len(rest))\n"
        "sys.stderr.write(''.join(lines) + server.stderr.read())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", outer], env=environment(), cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    code, rest = done.stdout.split()
    return int(code), done.stderr, rest


@pytest.mark.interop
@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_closes_connections_properly(tmp_path: Path, number: int, expected: int) -> None:
    require_namespace()
    code, talk, rest = interrupted_server(tmp_path, int(number))
    assert code == expected
    assert b"closing connections (1)" in talk
    assert rest == b"0"  # a FIN, not a reset


@pytest.mark.interop
def test_addresses_and_names_that_are_taken() -> None:
    require_namespace()
    script = (
        f"{sys.executable} -m synfin tun --dev synfin0; echo $?; "
        f"{sys.executable} -m synfin tun --dev other0 --address 10.77.0.1/24 --peer 10.77.0.9/24; echo $?; "
        f"{sys.executable} -m synfin tun --dev lo; echo $?"
    )
    done = synfin_command("tun", "--", "sh", "-c", script)
    talk = done.stderr.decode().splitlines()[1:]
    assert done.stdout.split() == [b"2", b"2", b"2"]
    assert "synfin0 is held by another program" in talk[0]
    assert "10.77.0.1 is in use by interface synfin0" in talk[1]
    assert "lo exists and is no tun device" in talk[2]
    assert len(talk) == 3


@pytest.mark.interop
def test_json_lines_tell_the_life_of_a_connection() -> None:
    require_namespace()
    talk = "import socket; s = socket.create_connection(('10.77.0.2', 13), timeout=20); print(s.recv(100)); s.close()"
    done = synfin_command("tun", "--json", "--seed", "5", "--serve", "daytime:13", "--", sys.executable, "-c", talk)
    assert done.returncode == 0, done.stderr
    start, *events = [json.loads(line) for line in done.stdout.splitlines()]  # nothing else is on stdout
    assert start == {"schema": 1, "t_ns": 0, "kind": "start", "hosts": ["synfin"], "preset": "rfc", "seed": 5}
    times = [event["t_ns"] for event in events]
    assert times == sorted(times)
    moves = [event["to"] for event in events if event["kind"] == "state"]
    assert moves[:3] == ["SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1"]
    first = next(event for event in events if event["kind"] == "recv")
    assert (first["flags"], first["rel_seq"], first["dst"]) == (["SYN"], 0, "10.77.0.2:13")
    numbers = [event["rel_seq"] for event in events if event["kind"] == "recv"]
    assert numbers == sorted(numbers)
    assert b"b'" in done.stderr  # the command's own output


@pytest.mark.interop
@pytest.mark.parametrize(("lang", "word"), [("en", "waits for connections"), ("zh", "监听")])
def test_the_ladder_is_drawn_live(lang: str, word: str) -> None:
    require_namespace()
    talk = "import socket; s = socket.create_connection(('10.77.0.2', 7), timeout=20); s.send(b'x'); print(s.recv(9))"
    done = synfin_command("tun", "--watch", "--lang", lang, "--serve", "echo:7", "--", sys.executable, "-c", talk)
    ladder = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert word in ladder
    assert "\x1b" not in ladder  # a pipe gets no colours
    places = [
        ladder.index(text) for text in ("SYN_RECEIVED", "SYN,ACK seq=0 ack=1", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK")
    ]
    assert places == sorted(places)
    # What the command printed while the connection was open stands between: the ladder did not wait for the end.
    assert ladder.index("b'x'") < ladder.rindex("CLOSED") or "CLOSED" not in ladder


@pytest.mark.interop
def test_a_reader_that_goes_away_is_a_quiet_end() -> None:
    require_namespace()
    script = (
        f'{sys.executable} -m synfin tun --watch --serve echo:7 -- {sys.executable} -c "'
        "import socket; [socket.create_connection(('10.77.0.2', 7), timeout=20).close() for _ in range(50)]"
        '" 2>err | head -n 1; cat err'
    )
    done = subprocess.run(
        ["sh", "-c", f"cd $(mktemp -d); {script}"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Traceback" not in done.stdout
    assert "BrokenPipe" not in done.stdout


@pytest.mark.interop
def test_a_device_that_root_has_prepared_is_taken() -> None:
    require_namespace()
    talk = "import socket; print(socket.create_connection(('10.9.0.2', 13), timeout=20).recv(9))"
    script = (
        "ip tuntap add dev mine mode tun; ip address add 10.9.0.1/24 dev mine; ip link set mine up mtu 1300; "
        f"{sys.executable} -m synfin tun --dev mine --address 10.9.0.2/24 --serve daytime:13 -- "
        f'{sys.executable} -c "{talk}"; '
        "ip -br link show mine"
    )
    done = synfin_command("tun", "--", "sh", "-ec", script)
    assert done.returncode == 0, done.stderr
    assert b"10.9.0.2/24" in done.stderr
    assert done.stdout.splitlines()[-1].startswith(b"mine ")  # persistent: still there afterwards


@pytest.mark.interop
@pytest.mark.parametrize(("script", "code"), [("kill -INT $PPID; exit 5", 5), ("kill -TERM $PPID; exec sleep 20", 143)])
def test_signals_while_a_command_runs(script: str, code: int) -> None:
    """Ctrl-C is the command's affair; what ends synfin ends the command."""
    require_namespace()
    assert synfin_command("tun", "--", "sh", "-c", script).returncode == code


@pytest.mark.interop
def test_a_device_that_disappears_is_one_line() -> None:
    require_namespace()
    done = synfin_command("tun", "--", "sh", "-c", "ip link delete synfin0; exec sleep 20")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert done.stderr.splitlines()[-1].startswith(b"synfin: ")
