"""Makes the golden captures anew: two kernels' network stacks talk over a veth pair in namespaces of their own.

    python -m tests.wire.golden.regenerate

Needs `unshare`, `nsenter`, `ip`, `ping` and `tshark`; no privilege beyond user namespaces.  Each capture gets a JSON
file with what tshark reads in it, so that the tests can compare without tshark.  Addresses, ports and sequence numbers
differ from run to run; nothing in the tests depends on their values.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import io
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from synfin.pcap import PcapngWriter
from synfin.pcap.model import LINK_ETHERNET
from synfin.wire.ethernet import EthernetFrame, build_ethernet, parse_ethernet
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4, parse_ipv4
from synfin.wire.tcp import ACK, PSH, Segment, build_segment, parse_segment
from synfin.wire.tcp_options import TcpOptions

HERE = Path(__file__).parent
INSIDE = "SYNFIN_GOLDEN_INSIDE"
A4, B4, BEYOND4, NOWHERE4 = "10.9.0.1", "10.9.0.2", "10.9.1.9", "10.9.2.9"
A6, B6, BEYOND6, NOWHERE6 = "fd09::1", "fd09::2", "fd09:1::9", "fd09:2::9"
PLAIN, MD5, MULTIPATH, UDP, CLOSED = 7001, 7002, 7003, 7007, 7009
KEY = b"golden"
TCP_MD5SIG, IPPROTO_MPTCP, SO_NO_CHECK, ETH_P_ALL = 14, 262, 11, 3
# Stateful analysis off: each frame is read for itself, as the parsers under test do.
TSHARK_SETTINGS = (
    "ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.defragment:FALSE",
    "ipv6.defragment:FALSE", "tcp.relative_sequence_numbers:FALSE", "tcp.desegment_tcp_streams:FALSE",
    "tcp.analyze_sequence_numbers:FALSE",
)  # fmt: skip
FIELD_NAMES = (
    "eth.dst eth.src eth.type arp.opcode arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4 "
    "ip.src ip.dst ip.proto ip.ttl ip.dsfield ip.id ip.flags.df ip.flags.mf ip.frag_offset ip.len ip.hdr_len "
    "ip.checksum ip.checksum.status ipv6.src ipv6.dst ipv6.nxt ipv6.hlim ipv6.tclass ipv6.flow ipv6.plen "
    "ipv6.fraghdr.nxt ipv6.fraghdr.offset ipv6.fraghdr.more ipv6.fraghdr.ident ipv6.dstopts.nxt ipv6.hopopts.nxt "
    "ipv6.routing.nxt icmp.type icmp.code icmp.ident icmp.seq icmp.mtu icmp.checksum.status icmpv6.type icmpv6.code "
    "icmpv6.echo.identifier icmpv6.echo.sequence_number icmpv6.nd.ns.target_address icmpv6.nd.na.target_address "
    "icmpv6.nd.na.flag.s icmpv6.nd.na.flag.o icmpv6.nd.na.flag.r icmpv6.opt.linkaddr icmpv6.mtu icmpv6.pointer "
    "icmpv6.checksum.status udp.srcport udp.dstport udp.length udp.checksum udp.checksum.status tcp.srcport "
    "tcp.dstport tcp.seq_raw tcp.ack_raw tcp.hdr_len tcp.flags tcp.window_size_value tcp.urgent_pointer tcp.checksum "
    "tcp.checksum.status tcp.len tcp.option_kind tcp.options.mss_val tcp.options.wscale.shift tcp.options.sack_le "
    "tcp.options.sack_re tcp.options.timestamp.tsval tcp.options.timestamp.tsecr"
)
FIELDS = FIELD_NAMES.split()


def dissect(path: Path) -> list[dict[str, list[str]]]:
    """What tshark reads in a capture: for each frame the fields that it has, each with all its values in order."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"]
    for setting in TSHARK_SETTINGS:
        command += ["-o", setting]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    frames = []
    for line in done.stdout.splitlines():
        values = line.split("\t")
        frames.append({name: value.split("|") for name, value in zip(FIELDS, values, strict=True) if value})
    return frames


def run(*command: str, check: bool = True) -> None:
    """Run one command quietly."""
    done = subprocess.run(command, check=False, timeout=30, capture_output=True, text=True)
    if check and done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")


def sysctl(name: str, value: str) -> None:
    """Set a value of this network namespace; kernels without it leave their golden capture without that option."""
    try:
        Path("/proc/sys", *name.split(".")).write_text(value)
    except OSError as error:
        print(f"not here: {name}={value}: {error}", file=sys.stderr)


def whole_frames(interface: str) -> None:
    """Have the kernel compute checksums and cut segments itself: no offload on a veth end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for command in (0x17, 0x1F, 0x24, 0x2C):  # ETHTOOL_STXCSUM, _STSO, _SGSO, _SGRO
            value = (ctypes.c_uint32 * 2)(command, 0)
            fcntl.ioctl(sock, 0x8946, struct.pack("16sP16x", interface.encode(), ctypes.addressof(value)))


class Recorder:
    """Everything that crosses one interface, in order, cut into named captures."""

    def __init__(self, interface: str) -> None:
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((interface, 0))
        self.frames: list[tuple[int, bytes, bool]] = []
        self.start = time.monotonic_ns()
        threading.Thread(target=self._loop, daemon=True).start()

    def _loop(self) -> None:
        while True:
            try:
                data, address = self.sock.recvfrom(65_536)
            except OSError:  # says once that the interface is down
                continue
            outgoing = address[2] == socket.PACKET_OUTGOING
            self.frames.append((time.monotonic_ns() - self.start, data, outgoing))

    def save(self, name: str) -> None:
        """Write what came since the last call."""
        time.sleep(0.3)
        frames, self.frames = self.frames, []
        out = io.BytesIO()
        writer = PcapngWriter(out)
        interface = writer.add_interface("veth", LINK_ETHERNET)
        first = frames[0][0] if frames else 0
        for now, data, outgoing in frames:
            writer.write(interface, now - first, data, direction="out" if outgoing else "in")
        path = HERE / f"{name}.pcapng"
        path.write_bytes(out.getvalue())
        rows = [json.dumps(row) for row in dissect(path)]
        path.with_suffix(".json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
        print(f"{name}: {len(frames)} frames, {len(out.getvalue())} octets", file=sys.stderr)


def peer() -> None:
    """The other end: echoes over TCP and UDP until its standard input ends."""
    sysctl("net.ipv4.tcp_fastopen", "3")
    for family in (socket.AF_INET, socket.AF_INET6):
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        datagrams.bind(("", UDP))
        threading.Thread(target=echo_datagrams, args=(datagrams,), daemon=True).start()
        for port in (PLAIN, MD5, MULTIPATH):
            listener = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP if port == MULTIPATH else 0)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if port == MD5 and family == socket.AF_INET:
                listener.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, md5_key(A4))
            listener.bind(("", port))
            if port == PLAIN:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
            listener.listen()
            threading.Thread(target=echo_streams, args=(listener,), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def echo_datagrams(sock: socket.socket) -> None:
    """Send everything back."""
    while True:
        data, address = sock.recvfrom(65_536)
        sock.sendto(data, address)


def echo_streams(listener: socket.socket) -> None:
    """Send everything back, one connection after the other."""
    while True:
        stream, _ = listener.accept()
        if stream.proto != IPPROTO_MPTCP:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        with stream:
            try:
                while data := stream.recv(65_536):
                    stream.sendall(data)
            except OSError as error:
                print(f"peer: {error}", file=sys.stderr)


def md5_key(address: str) -> bytes:
    """struct tcp_md5sig for an IPv4 address."""
    return struct.pack("=HH4s120xBBHI80s", socket.AF_INET, 0, socket.inet_aton(address), 0, 0, len(KEY), 0, KEY)


def connect(family: int, host: str, port: int, protocol: int = 0) -> socket.socket:
    """A connection to the peer."""
    sock = socket.socket(family, socket.SOCK_STREAM, protocol)
    sock.settimeout(5)
    if port == MD5:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, md5_key(host))
    sock.connect((host, port))
    return sock


def converse(sock: socket.socket, data: bytes) -> None:
    """Send `data`, take it back, half-close, wait for the end."""
    sock.sendall(data)
    got = b""
    while len(got) < len(data):
        got += sock.recv(65_536)
    sock.shutdown(socket.SHUT_WR)
    sock.recv(1)
    sock.close()
    time.sleep(0.1)


def record_links(recorder: Recorder) -> None:
    """Duplicate address detection, MLD (hop-by-hop options), ARP, neighbour discovery, router solicitation."""
    time.sleep(4)
    run("ping", "-c", "1", B4)
    run("ping", "-c", "1", B6)
    recorder.save("links")


def record_pings(recorder: Recorder) -> None:
    """Echo of even, odd and no data, IPv4 options, fragments."""
    for extra in (["-s", "56"], ["-s", "57"], ["-s", "0"], ["-R"], ["-T", "tsandaddr"], ["-Q", "0xb8"]):
        run("ping", "-c", "1", *extra, B4, check=False)
    for size in ("56", "57", "0"):
        run("ping", "-c", "1", "-s", size, B6)
    recorder.save("pings")
    run("ping", "-c", "1", "-s", "3001", B4)
    run("ping", "-c", "1", "-s", "3001", B6)
    recorder.save("fragments")


def record_errors(recorder: Recorder) -> None:
    """One ICMP error of each kind that a router and a host give."""
    for family, host in ((socket.AF_INET, B4), (socket.AF_INET6, B6)):
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"to a closed port", (host, CLOSED))
            sock.sendto(bytes(1_200), (host, CLOSED))
        time.sleep(1.1)  # the kernel limits its errors
    for host in (BEYOND4, BEYOND6):
        run("ping", "-c", "1", "-W", "1", "-t", "1", host, check=False)
        run("ping", "-c", "1", "-W", "1", "-M", "do", "-s", "1400", host, check=False)
    for host in (NOWHERE4, NOWHERE6):
        run("ping", "-c", "1", "-W", "1", host, check=False)
    for family, host, protocol in ((socket.AF_INET, B4, 253), (socket.AF_INET6, B6, 253)):
        with socket.socket(family, socket.SOCK_RAW, protocol) as sock:
            sock.sendto(b"an upper layer that nobody knows", (host, 0))
        time.sleep(1.1)
    recorder.save("errors")


def record_udp(recorder: Recorder) -> None:
    """Even and odd lengths, no checksum, extension headers."""
    for family, host in ((socket.AF_INET, B4), (socket.AF_INET6, B6)):
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            for data in (b"even", b"odd", b"", bytes(range(256)) * 5):
                sock.sendto(data, (host, UDP))
                sock.recv(65_536)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        sock.sendto(b"without checksum", (B4, UDP))
    for option, kind in ((socket.IPV6_DSTOPTS, 0x1E), (socket.IPV6_HOPOPTS, 0x3E)):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            value = bytes((0, 1, kind, 4)) + b"text" + bytes((1, 4, 0, 0, 0, 0, 0, 0))
            sock.setsockopt(socket.IPPROTO_IPV6, option, value)
            sock.sendto(b"behind an extension header", (B6, UDP))
    recorder.save("udp")


def record_tcp(recorder: Recorder) -> None:
    """Connections with everything that Linux negotiates, and with parts of it switched off."""
    for family, host in ((socket.AF_INET, B4), (socket.AF_INET6, B6)):
        converse(connect(family, host, PLAIN), bytes(range(256)) * 12 + b"odd")
        with connect(family, host, PLAIN) as sock:
            sock.send(b"urgent", socket.MSG_OOB)
            sock.recv(100)
        with contextlib.suppress(ConnectionRefusedError):
            connect(family, host, CLOSED)
    with connect(socket.AF_INET, B4, PLAIN) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.send(b"aborted")
    recorder.save("tcp")
    for off in ("tcp_timestamps", "tcp_sack", "tcp_window_scaling"):
        sysctl(f"net.ipv4.{off}", "0")
        converse(connect(socket.AF_INET, B4, PLAIN), b"less and less")
    for on in ("tcp_timestamps", "tcp_sack", "tcp_window_scaling"):
        sysctl(f"net.ipv4.{on}", "1")
    sysctl("net.ipv4.tcp_sack", "0")
    converse(connect(socket.AF_INET, B4, PLAIN), b"timestamps only")
    sysctl("net.ipv4.tcp_sack", "1")
    with connect(socket.AF_INET, B4, PLAIN) as sock:
        make_holes(recorder)
        converse(sock, bytes(4_000))
    recorder.save("tcp-options")


def make_holes(recorder: Recorder) -> None:
    """Put segments out of order into the newest connection, so that the peer answers with SACK blocks."""
    time.sleep(0.2)
    ours = [data for _, data, outgoing in recorder.frames if outgoing and data[12:14] == b"\x08\x00"]
    frame = parse_ethernet(ours[-1])
    packet = parse_ipv4(frame.payload)
    last = parse_segment(packet.payload, packet.src, packet.dst)
    options = TcpOptions(ts_val=last.options.ts_val, ts_ecr=last.options.ts_ecr)
    for ahead in (1_000, 2_000, 3_000):
        seq = (last.seq + ahead) & 0xFFFF_FFFF
        segment = Segment(
            last.src_port, last.dst_port, seq, last.ack, ACK | PSH, last.window, options=options, payload=bytes(500)
        )
        octets = build_segment(segment, packet.src, packet.dst)
        out = build_ipv4(Ipv4Packet(packet.src, packet.dst, 6, octets, identification=ahead, dont_fragment=True))
        recorder.sock.send(build_ethernet(EthernetFrame(frame.dst, frame.src, frame.ethertype, out)))
        time.sleep(0.05)


def record_rare(recorder: Recorder) -> None:
    """ECN, fast open, MD5 signatures, MPTCP: whatever this kernel can do."""
    sysctl("net.ipv4.tcp_ecn", "1")
    converse(connect(socket.AF_INET, B4, PLAIN), b"ECN")
    sysctl("net.ipv4.tcp_ecn", "2")
    sysctl("net.ipv4.tcp_fastopen", "1")
    for text in (b"asks for a cookie", b"uses the cookie"):
        with socket.socket() as sock:
            sock.sendto(text, socket.MSG_FASTOPEN, (B4, PLAIN))
            sock.recv(100)
    converse(connect(socket.AF_INET, B4, MD5), b"signed")
    converse(connect(socket.AF_INET, B4, MULTIPATH, IPPROTO_MPTCP), b"several paths")
    recorder.save("tcp-rare")


def inside() -> None:
    """In the first namespace: make the second one, the wire between them, and the traffic."""
    holder = subprocess.Popen(["unshare", "-n", "sleep", "300"])
    other = ["nsenter", "-t", str(holder.pid), "-n"]
    try:
        time.sleep(0.3)
        run("ip", "link", "add", "left0", "type", "veth", "peer", "name", "right0", "netns", str(holder.pid))
        whole_frames("left0")
        recorder = Recorder("left0")
        run(*other, sys.executable, "-m", "tests.wire.golden.regenerate", "--no-offload", "right0")
        for command in (
            f"ip address add {B4}/24 dev right0", f"ip -6 address add {B6}/64 dev right0", "ip link set lo up",
            "ip link set right0 up", "ip link add name beyond0 type bridge", "ip link set beyond0 mtu 1280 up",
            "ip address add 10.9.1.1/24 dev beyond0", "ip -6 address add fd09:1::1/64 dev beyond0",
        ):  # fmt: skip
            run(*other, *command.split())
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            run(*other, "sh", "-c", f"echo 1 > /proc/sys/net/{name}")
        for command in (
            f"ip address add {A4}/24 dev left0", f"ip -6 address add {A6}/64 dev left0", "ip link set lo up",
            "ip link set left0 up",
        ):  # fmt: skip
            run(*command.split())
        run("ip", "route", "add", "default", "via", B4)
        run("ip", "-6", "route", "add", "default", "via", B6)
        server = subprocess.Popen(
            [*other, sys.executable, "-m", "tests.wire.golden.regenerate", "--peer"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            ready, _, _ = select.select([server.stdout], [], [], 20)
            assert ready, "the peer did not start"
            for record in (record_links, record_pings, record_errors, record_udp, record_tcp, record_rare):
                record(recorder)
        finally:
            server.stdin.close()
            server.wait(5)
    finally:
        holder.kill()


def main(arguments: list[str]) -> None:
    """Go into a user and network namespace and start again there."""
    if arguments[:1] == ["--peer"]:
        peer()
    elif arguments[:1] == ["--no-offload"]:
        whole_frames(arguments[1])
    elif os.environ.get(INSIDE):
        inside()
    else:
        missing = [tool for tool in ("unshare", "nsenter", "ip", "ping", "tshark") if shutil.which(tool) is None]
        if missing:
            sys.exit(f"regenerate: {', '.join(missing)} not found")
        command = ["unshare", "-Urn", sys.executable, "-m", "tests.wire.golden.regenerate"]
        sys.exit(subprocess.run(command, env={**os.environ, INSIDE: "1"}, timeout=240, check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
