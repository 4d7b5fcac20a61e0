"""Every form of the language that public scripts use is understood, or refused by a sentence that names it."""

from __future__ import annotations

import pytest

from synfin.drill.model import IcmpPacket, Syscall, TcpPacket, UdpPacket
from synfin.drill.parser import parse
from synfin.drill.printer import print_script
from tests.drill.play import OPEN, passes, run

TIMES = ["1.5", "+.1", "+0.25", "*", "1~2", "+.1~+.2"]
FLAGS = ["S", "F.", "R", "P.", "U.", "SEW", "SEWA", ".", "-", "FRPUEWA.", ".5", "P.0", "SA.3"]
IP = ["ect0", "ect1", "ect01", "ce", "noecn", "tos 0x1c", "ttl 5", "flowlabel 0xabcde", "ect0, ttl 5"]
NUMBERS = ["0:0(0)", "1:1001(1000)", "0:0(0)!", "4294967295:4294967296(1)"]
REST = ["", " ack 1", " ack 1 win 5", " ack 1 win ...", " ack 1 win 5 urg 3", " win 5", " urg 3"]
OPTIONS = [
    "...", "nop", "eol", "mss 1460", "wscale 7", "sackOK", "sack 1:2", "sack 1:2 3:4 5:6", "TS val 1 ecr 2",
    "TS val ... ecr ...", "FO", "FO 0102030405060708", "FOEXP", "FOEXP 01020304",
    "md5 00112233445566778899aabbccddeeff",
    "ECN", "ECN e0b 1", "ECN e0b 1 ceb 2 e1b 3", "ECN e1b 3", "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7",
]  # fmt: skip
ICMP = [
    "icmp unreachable host_unreachable", "icmp unreachable frag_needed mtu 1200 [1:2(1)]", "icmp 3 4 mtu 9 [1:2(1)]",
    "icmp time_exceeded", "icmp parameter_problem", "icmp source_quench", "icmp packet_too_big mtu 1280 [1:2(1)]",
    "icmp unreachable port_unreachable [udp (10)]", "icmp echo_request",
]  # fmt: skip


@pytest.mark.parametrize("sign", ["<", ">"])
def test_packets(sign: str) -> None:
    packets = [f"{flags} 0:0(0)" for flags in FLAGS]
    packets += [f". {numbers}{rest}" for numbers in NUMBERS for rest in REST]
    packets += [f". 1:1(0) ack 1 <{option}>" for option in OPTIONS]
    packets += [f"[{ip}] . 1:1(0) ack 1" for ip in IP]
    packets += [f"({ip}) 5 > 6 . 1:1(0) ack 1" for ip in IP]
    packets += [*ICMP, "udp (10)", "udp 5 > 6 (10)", "[ect0] udp (0)"]
    for time in TIMES:
        script = parse("\n".join(f"{time} {sign} {packet}" for packet in packets))
        assert all(isinstance(event.action, TcpPacket | IcmpPacket | UdpPacket) for event in script.events)
        assert len(script.events) == len(packets)
        assert parse(print_script(script)) == script


@pytest.mark.parametrize(
    "arguments",
    [
        "...", "3", "0xff", "SOCK_STREAM", '"text"', "O_RDWR|O_NONBLOCK", "[1]", "[1, 2]", "{onoff=1, linger=0}", "-1",
        '{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("192.0.2.1")}', "{...}",
        "{msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}", "[{fd=3, events=POLLIN, revents=POLLIN}]",
        "{events=EPOLLIN|EPOLLET, fd=4}", "{events=EPOLLIN, ptr=7}", "{events=EPOLLIN, u64=7}", "[{...}, {...}]",
    ],
)  # fmt: skip
def test_arguments(arguments: str) -> None:
    script = parse(f"0 f({arguments}, 1) = 0\n+0...0.5 f() = -1 EAGAIN (Resource temporarily unavailable)\n0 f() = 0x2")
    assert all(isinstance(event.action, Syscall) for event in script.events)
    assert parse(print_script(script)) == script


OPTIONS_OF_SCRIPTS = [
    "ip_version=ipv4", "local_ip=192.168.0.1", "remote_ip=192.0.2.1", "mss=1460", "mtu=1500", "tolerance_usecs=5000",
    "tolerance_percent=20", "strict_segments", "define=A=1", "bind_port=8080", "connect_port=8080",
    "tcp_ts_tick_usecs=1000", "tcp_ts_ecr_scaled", "send_omit_free", "non_fatal=packet", "init_scripts=x",
]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS_OF_SCRIPTS)
def test_options_of_scripts_are_known(option: str) -> None:
    assert passes(f"--{option}\n{OPEN}").notes == []


def test_option_that_is_not_known_is_reported() -> None:
    assert passes(f"--no_such=1\n{OPEN}").notes == ["option --no_such is not known"]


SOCKET_OPTIONS = [
    ("SOL_SOCKET", "SO_REUSEADDR", "[1]"), ("IPPROTO_TCP", "TCP_FASTOPEN_CONNECT", "[1]"),
    ("SOL_SOCKET", "SO_SNDBUF", "[9000]"), ("SOL_SOCKET", "SO_RCVBUF", "[9000]"), ("SOL_TCP", "TCP_NODELAY", "[1]"),
    ("SOL_TCP", "TCP_CORK", "[1]"), ("SOL_TCP", "TCP_NOTSENT_LOWAT", "[9]"), ("SOL_TCP", "TCP_SYNCNT", "[3]"),
    ("SOL_TCP", "TCP_INQ", "[1]"), ("IPPROTO_IP", "IP_TOS", "[16]"), ("SOL_TCP", "TCP_USER_TIMEOUT", "[500]"),
    ("SOL_TCP", "TCP_MAXSEG", "[900]"), ("SOL_SOCKET", "SO_LINGER", "{onoff=1, linger=0}"),
    ("SOL_SOCKET", "SO_KEEPALIVE", "[1]"), ("SOL_TCP", "TCP_KEEPIDLE", "[9]"), ("SOL_TCP", "TCP_KEEPINTVL", "[9]"),
    ("SOL_TCP", "TCP_KEEPCNT", "[9]"), ("SOL_TCP", "TCP_DEFER_ACCEPT", "[1]"), ("SOL_TCP", "TCP_QUICKACK", "[0]"),
    ("SOL_TCP", "TCP_CONGESTION", '"reno"'), ("SOL_SOCKET", "SO_RCVTIMEO", "{tv_sec=1, tv_usec=0}"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "name", "value"), SOCKET_OPTIONS)
def test_options_of_sockets_are_known(level: str, name: str, value: str) -> None:
    text = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    passes(text + f"+0 setsockopt(3, {level}, {name}, {value}, ...) = 0\n")


def test_flags_of_calls_are_known() -> None:
    passes(
        OPEN
        + "+0 send(4, ..., 10, MSG_DONTWAIT|MSG_NOSIGNAL|MSG_EOR) = 10\n+0 > P. 1:11(10) ack 1\n"
        + "+.1 < P. 1:11(10) ack 11 win 65535\n+0 > . 11:11(0) ack 11\n"
        + "+0 recv(4, ..., 10, MSG_PEEK) = 10\n+0 recv(4, ..., 5, MSG_TRUNC) = 5\n"
        + "+0 setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0\n+0 send(4, ..., 10, MSG_MORE) = 10\n"
        + "+0 setsockopt(4, SOL_TCP, TCP_CORK, [0], 4) = 0\n+0~+.3 > P. 11:21(10) ack 11\n"
        + "+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0\n"
    )
    passes("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 sendto(3, ..., 9, MSG_FASTOPEN|MSG_DONTWAIT, ..., ...) = -1 EINPROGRESS (x)\n+0 > S 0:0(0) <...>\n")  # fmt: skip  # noqa: E501


# Those without counterpart say so, whoever adds one takes it off.
UNKNOWN = {
    "tcp_early_retrans", "tcp_mtu_probing", "tcp_base_mss", "tcp_min_tso_segs", "tcp_pacing_ss_ratio",
    "tcp_fastopen_key",
}  # fmt: skip
SETTINGS = {
    "tcp_timestamps": "0", "tcp_sack": "1", "tcp_fastopen": "0x3", "tcp_rmem": "4096 131072 6291456",
    "tcp_wmem": "4096 16384 4194304", "tcp_slow_start_after_idle": "0", "tcp_congestion_control": "reno",
    "tcp_syncookies": "1", "tcp_notsent_lowat": "16384", "tcp_rto_max_ms": "120000", "tcp_syn_retries": "3",
    "tcp_synack_retries": "3", "tcp_early_retrans": "3", "tcp_mtu_probing": "1", "tcp_base_mss": "1024",
    "tcp_min_tso_segs": "2", "tcp_pacing_ss_ratio": "200", "tcp_fastopen_key": "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4",
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_mapped_or_reported(name: str) -> None:
    notes = passes(f"`sysctl -q net.ipv4.{name}='{SETTINGS[name]}'`\n{OPEN}").notes
    assert notes in ([], [f"setting not known here: net.ipv4.{name}={SETTINGS[name]}"])
    assert not notes or name in UNKNOWN


def test_conditions_and_replaced_words() -> None:
    text = "#ifdef QUICK\n#define WAIT .1\n#else\n#define WAIT .2\n#endif\n0 `x`\n+WAIT `y`\n"
    assert parse(text).events[1].time.start == 200_000_000
    assert parse(text, defines={"QUICK": ""}).events[1].time.start == 100_000_000


def test_absolute_numbers_are_the_live_ones() -> None:
    """`0:0(0)!`: what a host that knows no connection sends has no mapping."""
    passes("0 < . 5:5(0)! ack 9 win 5\n+0 > R 9:9(0)!\n")


def test_what_goes_wrong_may_be_forgiven() -> None:
    text = OPEN + "+0 write(4, ..., 10) = 11\n+0 > P. 1:11(10) ack 2\n+.1 < . 1:1(0) ack 11 win 65535\n"
    assert run(text).status == "failed"
    assert run("--non_fatal=packet\n" + text).status == "failed"
    outcome = passes("--non_fatal=packet,syscall\n" + text)
    assert [note.split(":")[1] for note in outcome.notes] == [
        " write() gave something else", " the packet is not the expected one",
    ]  # fmt: skip
