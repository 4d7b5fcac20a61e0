"""Microseconds that each stage of a segment's way costs: `python -m bench.budget [--json]`.

Bulk runs between two hosts in memory and is recorded; each stage is then timed by itself on what was recorded, in CPU
time of this process, the best of several rounds.  Two kinds: segments of one MSS with everything done in software, and
super-segments as a device with offload takes and gives them.  The system calls are those of a TUN device in a private
namespace: a packet that the kernel drops, a packet that it sends.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import synfin
from synfin.config import TcpConfig
from synfin.device.base import IP_LAYER, PUSH_LIMIT, split
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.tun import Tun
from synfin.host import Host
from synfin.tcp import Connection
from synfin.wire.addresses import parse_address, parse_prefix
from synfin.wire.frame import Frame
from synfin.wire.tcp import PROTOCOL, Segment, build_header, read_segment

STAGES: Final[dict[str, str]] = {
    "read": "read(2) of the device, virtio header",
    "parse": "octets to a `Segment`, checksum verified",
    "demux": "IP header, the connection found, counted",
    "steps": "SEGMENT ARRIVES, the text into the receive buffer",
    "output": "from the send buffer to a `Segment`",
    "build": "TCP header and checksum",
    "emit": "the host's round: who has to send, IP header, counted",
    "split": "a super-segment cut into packets",
    "write": "write(2) of the device, virtio header",
}
INWARD: Final = ("read", "parse", "demux", "steps")
OUTWARD: Final = ("output", "build", "emit", "split", "write")

_CLIENT: Final = parse_address("10.0.0.1")
_SERVER: Final = parse_address("10.0.0.2")
_PORT: Final = 80
_ROUNDS: Final = 5
_PACKETS: Final = 400  # of one round on a device: fewer than its queue holds
_IP_HEADER: Final = 20
_STEP: Final = 100_000  # ns of virtual time between two batches
_BUFFER: Final = 1 << 20
_OCTETS: Final = 8_000_000  # moved in each round


def clock() -> float:
    """CPU time of this process in microseconds."""
    return time.process_time_ns() / 1e3


class Bulk:
    """A sender and a receiver, frame by frame, with the time of each side's calls."""

    def __init__(self, large: bool) -> None:
        self.large = large
        self.now = 0
        config = TcpConfig(send_buffer_bytes=_BUFFER, receive_buffer_bytes=_BUFFER, nodelay=True)
        self.sender, self.receiver = (Host(name, rng=Random(1), tcp=config) for name in ("sender", "receiver"))
        limit = PUSH_LIMIT if large else 0
        self.sender.add_interface("a", ["10.0.0.1/24"], push_limit=limit, checksum_offload=large)
        self.receiver.add_interface("b", ["10.0.0.2/24"], push_limit=limit, checksum_offload=large)
        listener = self.receiver.listen(_PORT, 0)
        self.out = self.sender.connect("10.0.0.2", _PORT, 0)
        for _ in range(3):
            self._pass(self.sender, self.receiver)
            self._pass(self.receiver, self.sender)
        taken = listener.accept()
        assert taken is not None
        self.into = taken
        self.frames: list[Frame] = []
        self.spent = {"receive": 0.0, "poll": 0.0}
        self.count = 0

    def _pass(self, source: Host, target: Host) -> None:
        for frame in source.poll(self.now):
            target.receive(self.wired(frame), self.now)

    def wired(self, frame: Frame) -> Frame:
        """The frame as the other side's device gives it."""
        return Frame(frame.data, mss=frame.mss, checked=self.large)

    def run(self, octets: int, keep: bool = False) -> None:
        """Move `octets`; `keep` the frames that carry them."""
        block = bytes(_BUFFER)
        moved = 0
        while moved < octets:
            self.now += _STEP
            self.out.write(block, self.now)
            start = clock()
            frames = self.sender.poll(self.now)
            self.spent["poll"] += clock() - start
            arriving = [self.wired(frame) for frame in frames]
            if keep:
                self.frames.extend(self.wired(frame) for frame in frames)
            start = clock()
            for frame in arriving:
                self.receiver.receive(frame, self.now)
            self.spent["receive"] += clock() - start
            self.count += len(frames)
            moved += len(self.into.read(_BUFFER, self.now))
            self._pass(self.receiver, self.sender)


class Ends:
    """The same between two connections without hosts."""

    def __init__(self, large: bool) -> None:
        self.now = 0
        config = TcpConfig(send_buffer_bytes=_BUFFER, receive_buffer_bytes=_BUFFER, nodelay=True)
        here, there = (_text(_CLIENT), 40_000), (_text(_SERVER), _PORT)
        self.out = Connection(config, rng=Random(1), local=here, remote=there)
        self.into = Connection(config, rng=Random(2), local=there, remote=here)
        for connection in (self.out, self.into):
            connection.tcb.push_limit = PUSH_LIMIT if large else 0
            connection.open(0)  # at the same time: no listener is needed
        for _ in range(4):
            self._pass(self.out, self.into)
            self._pass(self.into, self.out)
        self.segments: list[Segment] = []
        self.spent = {"steps": 0.0, "output": 0.0}
        self.count = 0

    def _pass(self, source: Connection, target: Connection) -> None:
        for segment in source.poll(self.now):
            target.receive(segment, self.now)

    def run(self, octets: int, keep: bool = False) -> None:
        """Move `octets`; `keep` the segments that carry them."""
        block = bytes(_BUFFER)
        moved = 0
        while moved < octets:
            self.now += _STEP
            self.out.write(block, self.now)
            start = clock()
            segments = self.out.poll(self.now)
            middle = clock()
            for segment in segments:
                self.into.receive(segment, self.now)
            self.spent["steps"] += clock() - middle
            self.spent["output"] += middle - start
            self.count += len(segments)
            if keep:
                self.segments.extend(segments)
            moved += len(self.into.read(_BUFFER, self.now))
            self._pass(self.into, self.out)


def _text(address: bytes) -> str:
    return ".".join(str(octet) for octet in address)


def each(work: Callable[[], None], count: int) -> float:
    """Microseconds of `work()` for each of the `count` things that it does: the best of several rounds."""
    times = []
    for _ in range(_ROUNDS):
        start = clock()
        work()
        times.append((clock() - start) / count)
    return min(times)


def protocol(large: bool) -> dict[str, float]:
    """What happens between the two system calls."""
    totals: list[dict[str, float]] = []
    bulk, ends = Bulk(large), Ends(large)
    bulk.run(_OCTETS, keep=True)
    ends.run(_OCTETS, keep=True)
    for _ in range(_ROUNDS):
        rest = Bulk(large), Ends(large)
        found: dict[str, float] = {}
        for side in rest:
            side.run(_OCTETS // 4)  # until windows are open
            side.spent = dict.fromkeys(side.spent, 0.0)
            side.count = 0
            side.run(_OCTETS)
            found.update({name: spent / side.count for name, spent in side.spent.items()})
        totals.append(found)
    best = {name: min(found[name] for found in totals) for name in totals[0]}
    frames = [frame.data for frame in bulk.frames]
    segments = [segment for segment in ends.segments if segment.payload]
    figures = {
        "parse": each(lambda: _parse(frames, large), len(frames)),
        "build": each(lambda: _build(segments, large), len(segments)),
        "steps": best["steps"],
        "output": best["output"],
    }
    figures["demux"] = max(0.0, best["receive"] - figures["parse"] - figures["steps"])
    figures["emit"] = max(0.0, best["poll"] - figures["build"] - figures["output"])
    figures["octets"] = sum(len(segment.payload) for segment in segments) / len(segments)
    return figures


def _parse(frames: Sequence[bytes], large: bool) -> None:
    for data in frames:
        length = len(data) - _IP_HEADER
        pseudo = -1 if large else int.from_bytes(data[12:_IP_HEADER], "big") + PROTOCOL + length
        read_segment(data, _IP_HEADER, len(data), pseudo)


def _build(segments: Sequence[Segment], large: bool) -> None:
    for segment in segments:
        build_header(segment, _CLIENT, _SERVER, large)


def splitting() -> float:
    """A super-segment cut in software, for each packet that comes out."""
    bulk = Bulk(True)
    bulk.run(_OCTETS)
    bulk.now += _STEP
    bulk.out.write(bytes(_BUFFER), bulk.now)
    frames = [frame for frame in bulk.sender.poll(bulk.now) if frame.mss]
    pieces = sum(len(split(frame, IP_LAYER)) for frame in frames)
    return each(lambda: _split(frames), pieces)


def _split(frames: Sequence[Frame]) -> None:
    for frame in frames:
        split(frame, IP_LAYER)


def system_calls() -> dict[str, dict[str, float]]:
    """One packet of 1500 octets, and one of 64 KiB, out of the device and into it."""
    figures = {}
    for kind, mtu in (("plain", 1_500), ("super", 65_500)):
        tun = Tun(offload=kind == "super")
        with tun:
            configure(tun.name, [Prefix(*parse_prefix("10.9.0.1/24"))], mtu=mtu, quiet=True)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.connect(("10.9.0.2", 9))
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 26)
                figures[kind] = _calls(tun, end, bytes(mtu - 28))
    return figures


def _calls(tun: Tun, end: socket.socket, text: bytes) -> dict[str, float]:
    reads, writes = [], []
    packets = _PACKETS if len(text) < 2_000 else 40
    for _ in range(_ROUNDS):
        while tun.read(0) is not None:
            pass
        for _ in range(packets):
            end.send(text)
        start = clock()
        frames = [tun.read(0) for _ in range(packets)]
        reads.append((clock() - start) / packets)
        # Sent back as they are, they are for nobody: the kernel does what it does with any packet, and drops them.
        start = clock()
        for frame in frames:
            if frame is not None:
                tun.write(frame)
        writes.append((clock() - start) / packets)
        if None in frames:
            raise OSError("the device lost a packet")
    return {"read": min(reads), "write": min(writes)}


def measure() -> dict[str, dict[str, float]]:
    """All stages, for plain segments and for super-segments; without system calls where a device cannot be had."""
    figures = {"plain": protocol(False), "super": protocol(True)}
    figures["plain"]["split"] = splitting()
    try:
        enter_private_namespace()
        for kind, calls in system_calls().items():
            figures[kind].update(calls)
    except OSError as error:
        print(f"no system calls: {error}", file=sys.stderr)
    return figures


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.budget", description="Microseconds of each stage.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args()
    figures = measure()
    kind = "compiled" if synfin.compiled() else "interpreted"
    if options.json:
        print(json.dumps({"kind": kind} | figures))
        return
    print(f"synfin {kind}, microseconds of CPU time")
    print(f"{'':8}{'one MSS':>10}{'super':>10}")
    for stage, text in STAGES.items():
        cells = [figures[name].get(stage) for name in ("plain", "super")]
        print(f"{stage:8}" + "".join(" " * 10 if value is None else f"{value:10.2f}" for value in cells) + f"  {text}")
    print(f"{'octets':8}" + "".join(f"{figures[name]['octets']:10.0f}" for name in ("plain", "super")))


if __name__ == "__main__":
    main()
