"""Calls, datagrams and ICMP messages of scripts: each script here passes on the stack and on the kernel alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.drill.jobs import play_all
from synfin.drill.play import Plan
from synfin.drill.report import failure_lines
from tests.drill.play import OPEN, fails, passes
from tests.interop.harness import require_namespace

WIDE = "--tolerance_usecs=100000\n"
DATA = "+0 < P. 1:11(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 11\n"

SCRIPTS = {
    "pipe": OPEN
    + "+0 pipe([5, 6]) = 0\n+0 fcntl(5, F_SETFL, O_RDONLY|O_NONBLOCK) = 0\n"
    + "+0 read(5, ..., 10) = -1 EAGAIN (Resource temporarily unavailable)\n"
    + '+0 write(6, "abc", 3) = 3\n+0 read(5, "abc", 10) = 3\n+0 poll([{fd=5, events=POLLIN, revents=0}], 1, 0) = 0\n'
    + "+0 write(5, ..., 1) = -1 EBADF (Bad file descriptor)\n+0 read(6, ..., 1) = -1 EBADF (Bad file descriptor)\n"
    + "+0 close(6) = 0\n+0 poll([{fd=5, events=POLLIN, revents=POLLHUP}], 1, 0) = 1\n+0 read(5, ..., 10) = 0\n",
    "pipe-nobody-reads": OPEN
    + "+0 pipe([5, 6]) = 0\n+0 close(5) = 0\n+0 write(6, ..., 3) = -1 EPIPE (Broken pipe)\n",
    "splice-in": OPEN
    + DATA
    + "+0 pipe([5, 6]) = 0\n+0 splice(4, NULL, 6, NULL, 4, 0) = 4\n+0 splice(4, NULL, 6, NULL, 100, 0) = 6\n"
    + "+0 read(5, ..., 100) = 10\n+0 < F. 11:11(0) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 12\n"
    + "+0 splice(4, NULL, 6, NULL, 100, 0) = 0\n",
    "splice-in-blocks": OPEN
    + "+0 pipe([5, 6]) = 0\n+0....1 splice(4, NULL, 6, NULL, 100, 0) = 10\n+.1 < P. 1:11(10) ack 1 win 65535\n"
    + "+0~+.5 > . 1:1(0) ack 11\n",
    "splice-out": OPEN
    + "+0 pipe([5, 6]) = 0\n+0 write(6, ..., 2000) = 2000\n+0 splice(5, NULL, 4, NULL, 2000, 0) = 2000\n"
    + "+0 > P. 1:2001(2000) ack 1\n+.1 < . 1:1(0) ack 2001 win 65535\n"
    + "+0 splice(5, NULL, 4, NULL, 1, SPLICE_F_NONBLOCK) = -1 EAGAIN (Resource temporarily unavailable)\n"
    + "+0 close(6) = 0\n+0 splice(5, NULL, 4, NULL, 1, 0) = 0\n",
    "splice-needs-a-pipe": OPEN
    + '+0 open("/dev/zero", O_RDONLY) = 5\n+0 splice(5, NULL, 4, NULL, 1, 0) = -1 EINVAL (Invalid argument)\n',
    "sendfile": OPEN
    + '+0 open("text", O_RDWR|O_CREAT, 0600) = 5\n+0 write(5, ..., 3000) = 3000\n'
    + "+0 sendfile(4, 5, [0], 2000) = 2000\n+0 > P. 1:2001(2000) ack 1\n+.1 < . 1:1(0) ack 2001 win 65535\n"
    + "+0 sendfile(4, 5, [2000], 1000) = 1000\n+0 > P. 2001:3001(1000) ack 1\n+0 < . 1:1(0) ack 3001 win 65535\n"
    + "+0 sendfile(4, 5, NULL, 10) = 0\n+0 close(5) = 0\n",
    "open": OPEN
    + '+0 open("nothing", O_RDONLY) = -1 ENOENT (No such file or directory)\n'
    + '+0 open("/dev/zero", O_RDONLY) = 5\n+0 read(5, "\\x00\\x00", 2) = 2\n+0 close(5) = 0\n'
    + '+0 open("/dev/null", O_RDWR) = 5\n+0 read(5, ..., 2) = 0\n+0 write(5, ..., 7) = 7\n'
    + '+0 open("a", O_WRONLY|O_CREAT, 0600) = 6\n+0 write(6, "xyz", 3) = 3\n'
    + "+0 read(6, ..., 3) = -1 EBADF (Bad file descriptor)\n"
    + '+0 open("a", O_RDONLY|O_CREAT|O_EXCL, 0600) = -1 EEXIST (File exists)\n'
    + '+0 open("a", O_RDONLY) = 7\n+0 read(7, "xyz", 9) = 3\n+0 read(7, ..., 9) = 0\n',
    "epoll-edge": OPEN
    + "+0 epoll_create1(0) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0\n"
    + DATA
    + "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1\n+0 epoll_wait(5, {...}, 1, 0) = 0\n"
    # New text behind unread text is told again.
    + "+0 < P. 11:21(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 21\n"
    + "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1\n+0 epoll_wait(5, {...}, 1, 0) = 0\n"
    + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = -1 EEXIST (File exists)\n"
    + "+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = 0\n"
    + "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = -1 ENOENT (No such file or directory)\n"
    + "+0 epoll_wait(5, {...}, 0, 0) = -1 EINVAL (Invalid argument)\n",
    "epoll-once": OPEN
    + "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLONESHOT, u64=7}) = 0\n"
    + DATA
    + "+0 epoll_wait(5, {events=EPOLLIN, u64=7}, 1, 0) = 1\n+0 epoll_wait(5, {...}, 1, 0) = 0\n"
    + "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLOUT|EPOLLONESHOT, fd=4}) = 0\n"
    + "+0 epoll_wait(5, {events=EPOLLIN|EPOLLOUT, fd=4}, 1, 0) = 1\n+0 epoll_wait(5, {...}, 1, 0) = 0\n"
    + "+0 close(5) = 0\n",
    "epoll-of-two": OPEN
    + "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, fd=4}) = 0\n"
    + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN, fd=3}) = 0\n"
    + "+0 < 50001 > 8080 S 0:0(0) win 65535 <mss 1000>\n+0 > 8080 > 50001 S. 0:0(0) ack 1 <...>\n"
    + "+0 < 50001 > 8080 . 1:1(0) ack 1 win 65535\n"
    + "+0 epoll_wait(5, [{events=EPOLLOUT, fd=4}, {events=EPOLLIN, fd=3}], 2, 0) = 2\n",
    "peek-and-truncate": OPEN
    + DATA
    + "+0 recv(4, ..., 4, MSG_PEEK) = 4\n+0 recv(4, ..., 100, MSG_PEEK) = 10\n"
    + "+0 recv(4, ..., 4, MSG_TRUNC) = 4\n+0 read(4, ..., 100) = 6\n",
    "inq": OPEN
    + "+0 setsockopt(4, SOL_TCP, TCP_INQ, [1], 4) = 0\n"
    + DATA
    + "+0 ioctl(4, SIOCINQ, [10]) = 0\n"
    + "+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 4}], msg_flags=0,\n"
    + "     msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=6}]}, 0) = 4\n"
    + "+0 ioctl(4, SIOCINQ, [6]) = 0\n",
    "outq": OPEN
    + "+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n+0 write(4, ..., 1500) = 1500\n"
    + "+0 > P. 1:1501(1500) ack 1\n+0 ioctl(4, SIOCOUTQ, [1500]) = 0\n"
    + "+.1 < . 1:1(0) ack 1001 win 65535\n+0 ioctl(4, SIOCOUTQ, [500]) = 0\n+0 ioctl(4, SIOCOUTQNSD, [0]) = 0\n"
    + "+.1 < . 1:1(0) ack 1501 win 65535\n+0 ioctl(4, SIOCOUTQ, [0]) = 0\n",
    "end-of-record": OPEN + "+0 send(4, ..., 500, MSG_EOR) = 500\n+0 > P. 1:501(500) ack 1\n",
    "more": OPEN
    + "+0 send(4, ..., 500, MSG_MORE) = 500\n+.01 send(4, ..., 100, MSG_NOSIGNAL|MSG_DONTWAIT) = 100\n"
    + "+0 > P. 1:601(600) ack 1\n",
    "datagrams": "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 bind(3, ..., ...) = 0\n+.1 < udp 5000 > 8080 (100)\n"
     "+0 recvfrom(3, ..., 500, MSG_PEEK, ..., ...) = 100\n+0 read(3, ..., 50) = 50\n"
     "+0 recv(3, ..., 50, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)\n"
     "+0 write(3, ..., 10) = -1 EDESTADDRREQ (Destination address required)\n"
     "+0 sendto(3, ..., 30, 0, ..., ...) = 30\n+0 > udp 8080 > 8080 (30)\n"
     "+0 connect(3, ..., ...) = 0\n+0 write(3, ..., 10) = 10\n+0 > udp (10)\n"
     "+0....1 read(3, ..., 500) = 7\n+.1 < udp (7)\n",
    "datagram-for-nobody": "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 bind(3, ..., ...) = 0\n"
     "+.1 < udp 5000 > 9999 (100)\n+0 > icmp unreachable port_unreachable [udp (100)]\n",
    "datagram-refused": "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 connect(3, ..., ...) = 0\n"
     "+0 send(3, ..., 10, 0) = 10\n+0 > udp (10)\n+.1 < icmp unreachable port_unreachable [udp (10)]\n"
     "+0 read(3, ..., 10) = -1 ECONNREFUSED (Connection refused)\n",
    "echo": "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+.1 < icmp echo_request\n+0 > icmp echo_reply\n",
}  # fmt: skip


@pytest.mark.parametrize("version", ["ipv4", "ipv6", "ipv4-mapped-ipv6"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_calls_on_the_stack(name: str, version: str) -> None:
    passes(SCRIPTS[name], version=version)


@pytest.mark.interop
@pytest.mark.parametrize("version", ["ipv4", "ipv6"])
def test_the_same_calls_on_the_kernel(tmp_path: Path, version: str) -> None:
    require_namespace()
    paths = [tmp_path / f"{name}.pkt" for name in SCRIPTS]
    for path in paths:
        path.write_text(WIDE + SCRIPTS[path.stem], encoding="utf-8")
    outcomes = list(play_all(paths, Plan(on="kernel", version=version), jobs=4))
    failed = [line for outcome in outcomes if not outcome.ok for line in [outcome.path, *failure_lines(outcome)]]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("datagrams", "> udp (10)", "> udp (11)", "length"),
        ("datagrams", "> udp 8080 > 8080", "> udp 8080 > 8081", "ports"),
        ("datagrams", "> udp (10)", "> . 1:1(0) ack 1", "protocol"),
        ("datagram-for-nobody", "port_unreachable [udp (100)]", "port_unreachable [udp (99)]", "quoted"),
        ("datagram-for-nobody", "port_unreachable", "host_unreachable", "icmp"),
        ("sendfile", "1:2001(2000)", "1:2002(2001)", "seq"),
        ("inq", "cmsg_data=6", "cmsg_data=5", "msg_control"),
        ("epoll-once", "{events=EPOLLIN, u64=7}", "{events=EPOLLIN, u64=8}", "event"),
        ("outq", "[500]", "[501]", "value"),
    ],
)
def test_what_is_not_so_fails(name: str, old: str, new: str, field: str) -> None:
    assert old in SCRIPTS[name]
    fails(SCRIPTS[name].replace(old, new, 1), field)


def test_where_no_line_speaks_of_datagrams_they_are_nobodys_business() -> None:
    text = "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 sendto(3, ..., 30, 0, ..., ...) = 30\n"
    passes(text, quiet_end=500_000_000)
    fails(text + "+0 < udp (1)\n", quiet_end=500_000_000)


def test_icmp_that_quotes_tcp_is_described_in_the_scripts_numbers() -> None:
    """[MUST-54]-style quotes: what the stack quotes of ours is mapped back."""
    from synfin.drill.icmp import described_icmp
    from synfin.drill.live import ip_packet
    from synfin.drill.model import IpInfo, Range
    from synfin.drill.numbers import Flow
    from synfin.timeline.capture.observed import Observed
    from synfin.wire.addresses import parse_address
    from synfin.wire.icmpv4 import PROTOCOL, build_icmpv4, unreachable
    from synfin.wire.tcp import ACK, Segment, build_segment

    ours, theirs = parse_address("192.0.2.1"), parse_address("192.168.0.1")
    flow = Flow(8080, 40_000, 5_000)
    segment = build_segment(Segment(40_000, 8080, 5_001, 7, ACK, payload=bytes(30)), ours, theirs)
    quoted = ip_packet(segment, 6, IpInfo(), ours, theirs)
    message = ip_packet(build_icmpv4(unreachable(2, quoted)), PROTOCOL, IpInfo(), theirs, ours)
    found = described_icmp(Observed(0, message), flow)
    assert (found.type, found.code, found.quoted) == ("unreachable", "protocol_unreachable", Range(1, 31, 30))
