"""Offloads of a real device: super-segments and partial checksums both ways, with and without, on TUN and on TAP."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.device.test_tun import in_namespace
from tests.interop.harness import require_namespace, run, synfin_command
from tests.interop.test_bulk import check, kernel_bulk, stack_bulk

pytestmark = pytest.mark.interop

__all__ = ["kernel_bulk", "stack_bulk"]  # found by name

WITH_HOST = """
import random, select
from synfin.config import TcpConfig
from synfin.device.base import plug
from synfin.device.drive import Driver
from synfin.host import Host
from synfin.services.simple import Discard, Source

CLIENT = '''
import socket, sys
address = sys.argv[1]
SIZE = 6_000_000
with socket.create_connection((address, 9), timeout=30) as end:
    end.sendall(bytes(SIZE))
    end.shutdown(socket.SHUT_WR)
    assert end.recv(1) == b""
pattern = bytes(range(256)) * (SIZE // 256)
got = bytearray()
with socket.create_connection((address, 19), timeout=30) as end:
    while len(got) < len(pattern):
        got += end.recv(1 << 20)
assert got[: len(pattern)] == pattern
'''

def serve(layer, offload, address):
    tun = Tun("dev%d", layer=layer, offload=offload)
    configure(tun.name, prefixes("10.77.0.1/24", "fd77::1/64"), quiet=True)
    largest = {"in": 0, "out": 0, "mss": set()}
    read, write = tun.read, tun.write
    def watched_read(until):
        frame = read(until)
        if frame is not None:
            largest["in"] = max(largest["in"], len(frame))
            if frame.mss:
                largest["mss"].add(frame.mss)
        return frame
    def watched_write(frame):
        largest["out"] = max(largest["out"], len(frame))
        write(frame)
    tun.read, tun.write = watched_read, watched_write
    host = Host("me", rng=random.Random(1))
    plug(host, tun, tun.name, ["10.77.0.2/24", "fd77::2/64"], mac="02:00:00:00:00:02" if layer == 2 else None)
    with Driver(host, tun) as driver:
        for port, service in ((9, Discard()), (19, Source())):
            host.listen(port, driver.clock(), handler=service.accept)
        client = subprocess.Popen([sys.executable, "-c", CLIENT, address])
        fd = os.pidfd_open(client.pid)
        driver.watch(fd, select.POLLIN, lambda events, now: driver.stop())
        driver.run(until=driver.clock() + 60_000_000_000)
        counts = {"coalesced": driver.coalesced, "bad": host.counters["TcpInErrs"], "malformed": tun.malformed}
        return {**largest, "mss": sorted(largest["mss"]), **counts, "code": client.wait(), "offload": tun.offload}
"""


@pytest.mark.parametrize("address", ["10.77.0.2", "fd77::2"])
@pytest.mark.parametrize("layer", [3, 2])
def test_super_segments_go_both_ways(layer: int, address: str) -> None:
    seen = in_namespace(WITH_HOST + f"print(json.dumps(serve({layer}, True, {address!r})))")
    text = 1_428 if ":" in address else 1_448
    assert (seen["code"], seen["offload"], seen["bad"], seen["malformed"]) == (0, True, 0, 0)
    assert seen["in"] > 20_000
    assert seen["out"] > 20_000
    assert seen["mss"] == [text]
    assert seen["coalesced"] == 0


@pytest.mark.parametrize("address", ["10.77.0.2", "fd77::2"])
@pytest.mark.parametrize("layer", [3, 2])
def test_without_offload_all_is_done_here(layer: int, address: str) -> None:
    """Cut on its way out, put together on its way in; frames on the device are never larger than its MTU."""
    seen = in_namespace(WITH_HOST + f"print(json.dumps(serve({layer}, False, {address!r})))")
    assert (seen["code"], seen["offload"], seen["bad"]) == (0, False, 0)
    assert seen["in"] <= 1_514
    assert seen["mss"] == []
    assert seen["coalesced"] > 100


@pytest.mark.parametrize("way", ["to-stack", "to-kernel"])
@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("family", [4, 6])
def test_bulk_without_offload(family: int, role: str, way: str) -> None:
    """Other tests with the kernel have offloads; these have none."""
    check(run("bulk", family=family, role=role, way=way, size=5_000_000, offload=False), way, 5_000_000)


@pytest.mark.parametrize("address", ["10.77.0", "fd77::"])
def test_udp_datagrams_of_one_send_are_told_apart(address: str) -> None:
    """The kernel hands over what UDP_SEGMENT has sent as one packet (USO), and checksums that are not complete."""
    ours, theirs = (address + "2", address + "1") if ":" in address else (address + ".2", address + ".1")
    sizes, text, bad, kind = in_namespace(
        WITH_HOST
        + f"""
tun = Tun()
configure(tun.name, prefixes("10.77.0.1/24", "fd77::1/64"), quiet=True)
host = Host("me", rng=random.Random(1))
plug(host, tun, tun.name, ["10.77.0.2/24", "fd77::2/64"])
endpoint = host.udp(5000)
sender = socket.socket(socket.AF_INET6 if ":" in {ours!r} else socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(({theirs!r}, 4000))
sender.setsockopt(socket.IPPROTO_UDP, 103, 500)  # UDP_SEGMENT
text = bytes(range(250)) * 9
sender.sendto(text, ({ours!r}, 5000))
frame = tun.read(time.monotonic_ns() + 20_000_000_000)
largest = len(frame)
while frame is not None:
    host.receive(frame, 0)
    frame = tun.read(time.monotonic_ns() + 100_000_000)
got = []
while (message := endpoint.recvfrom()) is not None:
    got.append(message.payload)
print(json.dumps([
    [len(each) for each in got], b"".join(got) == text,
    host.counters["UdpInErrors"] + host.counters["Udp6InErrors"],
    "whole" if largest > 2_000 else "cut by the kernel",
]))
"""
    )
    assert (sizes, text, bad) == ([500, 500, 500, 500, 250], True, 0)
    assert kind in ("whole", "cut by the kernel")  # Linux has USO on TUN from 6.2 on


@pytest.mark.parametrize("option", ["--offload", "--no-offload"])
@pytest.mark.parametrize("host", ["10.77.0.2", "[fd77::2]"])
def test_curl_gets_a_file_and_the_capture_is_sound(option: str, host: str, tmp_path: Path) -> None:
    require_namespace()
    for tool in ("curl", "tshark"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    body = bytes(range(256)) * 8_000
    (tmp_path / "file").write_bytes(body)
    capture = tmp_path / "run.pcapng"
    done = synfin_command(
        "tun", option, "--serve", f"file:80={tmp_path}", "--pcap", str(capture), "--",
        "curl", "-sSf", "-o", str(tmp_path / "copy"), f"http://{host}/file",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "copy").read_bytes() == body
    rows = tshark(capture)
    assert {row[1] for row in rows} == {"1"}  # every checksum is good
    largest = max(int(row[0]) for row in rows)
    assert largest > 20_000 if option == "--offload" else largest <= 1_448


def tshark(capture: Path) -> list[list[str]]:
    """Length of text and checksum status of every TCP packet, where tshark finds no packet malformed."""
    command: list[Any] = ["tshark", "-r", capture, "-o", "tcp.check_checksum:TRUE", "-Y", "tcp", "-T", "fields"]
    for field in ("tcp.len", "tcp.checksum.status", "_ws.malformed"):
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert not [row for row in rows if len(row) > 2 and row[2]]
    return rows
