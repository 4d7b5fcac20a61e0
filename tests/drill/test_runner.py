"""The interpreter on the stack: what it lets pass and, above all, what it does not."""

from __future__ import annotations

import pytest

from tests.drill.play import OPEN, OPEN_LINES, fails, passes, run

WRITE = OPEN + "+0 write(4, ..., 1000) = 1000\n"
TS_OPEN = """
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
+0 < S 0:0(0) win 65535 <mss 1000,sackOK,TS val 500 ecr 0,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 8>
+.1 < . 1:1(0) ack 1 win 512 <nop,nop,TS val 600 ecr 100>
+0 accept(3, ..., ...) = 4
"""


def test_what_matches_passes() -> None:
    passes(WRITE + "+0 > P. 1:1001(1000) ack 1")


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("+0 > . 1:1001(1000) ack 1", ["flags"]),
        ("+0 > PF. 1:1001(1000) ack 1", ["flags"]),
        ("+0 > P. 2:1002(1000) ack 1", ["seq"]),
        ("+0 > P. 1:1002(1001) ack 1", ["seq"]),
        ("+0 > P. 1:1000(999) ack 1", ["seq"]),
        ("+0 > P. 1:1001(1000) ack 2", ["ack"]),
        ("+0 > P. 1:1001(1000) ack 1 win 1", ["win"]),
        ("+0 > P. 1:1001(1000) ack 1 urg 3", ["urg"]),
        ("+0 > P. 1:1001(1000) ack 1 <nop,nop,nop,nop>", ["options"]),
        ("+0 > [ect0] P. 1:1001(1000) ack 1", ["ecn"]),
        ("+0 > [noecn,ttl 63] P. 1:1001(1000) ack 1", ["ttl"]),
        ("+0 > [tos 0x10] P. 1:1001(1000) ack 1", ["tos"]),
        ("+0 > 8081 > 40000 P. 1:1001(1000) ack 1", ["ports"]),
        ("+.1 > P. 1:1001(1000) ack 1", ["time"]),
        ("+.2~+.3 > P. 1:1001(1000) ack 1", ["time"]),
    ],
)
def test_each_field_is_compared(line: str, fields: list[str]) -> None:
    outcome = fails(WRITE + line, *fields)
    assert outcome.failure is not None
    assert outcome.failure.event is not None
    assert outcome.failure.event.line == OPEN_LINES + 2


@pytest.mark.parametrize(
    "line",
    [
        "+0 > [noecn,ttl 64,tos 0x00] 8080 > 40000 P. 1:1001(1000) ack 1 win 65535",
        "+0 > P. 1:1001(1000) ack 1 win ... <...>",
        "* > P. 1:1001(1000) ack 1",
        "+0~+1 > P. 1:1001(1000) ack 1",
        "+.003 > P. 1:1001(1000) ack 1",
    ],
)
def test_what_is_written_loosely_matches(line: str) -> None:
    passes(WRITE + line)


def test_relaxed_fields() -> None:
    passes(WRITE + "+0 > . 1:1001(1000) ack 1 win 7", relax=("psh", "win"))
    passes(
        TS_OPEN.replace(
            "<mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 8>", "<wscale 8,TS val 1 ecr 500,sackOK,mss 1460>"
        ),
        relax=("optorder",),
    )


@pytest.mark.parametrize(
    "options",
    [
        "<mss 1461,sackOK,TS val 100 ecr 500,nop,wscale 8>",
        "<mss 1460,sackOK,TS val 100 ecr 501,nop,wscale 8>",
        "<mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 7>",
        "<mss 1460,TS val 100 ecr 500,sackOK,nop,wscale 8>",
        "<mss 1460,sackOK,TS val 100 ecr 500,wscale 8>",
        "<mss 1460>",
    ],
)
def test_options_are_compared_octet_by_octet(options: str) -> None:
    text = TS_OPEN.replace("<mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 8>", options)
    assert text != TS_OPEN
    fails(text, "options")


def test_timestamps_are_mapped_and_echoed() -> None:
    passes(
        TS_OPEN
        + "+.1 < P. 1:11(10) ack 1 win 512 <nop,nop,TS val 700 ecr 100>\n"
        + "+0 > . 1:1(0) ack 11 <nop,nop,TS val ... ecr 700>\n"
    )
    fails(
        TS_OPEN
        + "+.1 < P. 1:11(10) ack 1 win 512 <nop,nop,TS val 700 ecr 100>\n"
        + "+0 > . 1:1(0) ack 11 <nop,nop,TS val ... ecr 701>\n",
        "options",
    )


@pytest.mark.parametrize(("value", "ok"), [(100, False), (300, True), (304, False)])
def test_timestamps_tick_where_the_script_says_so(value: int, ok: bool) -> None:
    text = (
        "--tcp_ts_tick_usecs=1000\n--tolerance_usecs=1000\n--tolerance_percent=1\n" + TS_OPEN
        + "+.1 write(4, ..., 10) = 10\n"
        + f"+0 > P. 1:11(10) ack 1 <nop,nop,TS val {value} ecr 600>\n"
    )  # fmt: skip
    if ok:
        passes(text)
    else:
        fails(text, "options")


def test_sack_blocks_are_mapped_both_ways() -> None:
    passes(
        OPEN.replace("<mss 1000>", "<mss 1000,sackOK,nop,nop>")
        + "+.1 < . 1001:2001(1000) ack 1 win 65535\n"
        + "+0 > . 1:1(0) ack 1 <nop,nop,sack 1001:2001>\n"
    )
    fails(
        OPEN.replace("<mss 1000>", "<mss 1000,sackOK,nop,nop>")
        + "+.1 < . 1001:2001(1000) ack 1 win 65535\n"
        + "+0 > . 1:1(0) ack 1 <nop,nop,sack 1001:2002>\n",
        "options",
    )


def test_one_line_stands_for_several_segments() -> None:
    write = OPEN + "+0 write(4, ..., 3000) = 3000\n"
    passes(write + "+0 > P. 1:3001(3000) ack 1\n")
    fails(write + "+0 > P. 1:3001(3000) ack 1\n", "flags", "seq", strict_segments=True)
    pieces = "+0 > . 1:1001(1000) ack 1\n+0 > P. 1001:2001(1000) ack 1\n+0 > P. 2001:3001(1000) ack 1\n"
    passes(write + pieces, strict_segments=True)
    passes(write + pieces)


def test_packet_that_does_not_come() -> None:
    outcome = fails(OPEN + "+0 > P. 1:11(10) ack 1")
    assert outcome.message == "the expected packet did not come"


def test_packet_that_comes_early() -> None:
    fails(OPEN + "+0 write(4, ..., 10) = 10\n+.5 > P. 1:11(10) ack 1", "time")


def test_tolerance_is_the_larger_of_both() -> None:
    wait = (
        "--tolerance_usecs={}\n--tolerance_percent={}\n" + OPEN + "+0 write(4, ..., 10) = 10\n+.1 > P. 1:11(10) ack 1"
    )
    fails(wait.format(1_000, 10), "time")
    passes(wait.format(100_000, 10))
    passes(wait.format(1_000, 100))


def test_quiet_end() -> None:
    text = OPEN + "+0 < P. 1:11(10) ack 1 win 65535\n"
    passes(text)
    outcome = fails(text, quiet_end=500_000_000)
    assert outcome.failure is not None
    assert outcome.failure.event is None
    assert outcome.failure.got == "> . 1:1(0) ack 11 win 65525"


def test_repeats_of_what_was_left_unacknowledged_are_no_noise_at_the_end() -> None:
    passes(WRITE + "+0 > P. 1:1001(1000) ack 1\n", quiet_end=500_000_000)


# Calls


@pytest.mark.parametrize(
    ("line", "field", "got"),
    [
        ("+0 read(4, ..., 10) = 10", "result", "-1 EAGAIN"),
        ("+0 write(4, ..., 10) = 9", "result", "10"),
        ("+0 write(9, ..., 10) = 10", "result", "-1 EBADF"),
        ("+0 write(4, ..., 10) = -1 EPIPE", "result", "10"),
        ("+0 getsockopt(4, IPPROTO_TCP, TCP_NODELAY, [1], [4]) = 0", "value", "[0]"),
        ("+0 fcntl(4, F_GETFL) = 0x2", "result", "2050"),
        ("+0 ioctl(4, SIOCINQ, [1]) = 0", "value", "[0]"),
        ("+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1", "revents", "POLLOUT"),
    ],
)
def test_results_of_calls_are_compared(line: str, field: str, got: str) -> None:
    outcome = fails(OPEN + "+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n" + line, field)
    assert outcome.failure is not None
    assert outcome.failure.differences[0].got.startswith(got)


def test_blocking_call() -> None:
    text = OPEN + "+0...{} read(4, ..., 100) = 10\n+.1 < P. 1:11(10) ack 1 win 65535\n+.2 close(4) = 0\n"
    passes(text.format(".1"))
    fails(text.format(".05"))
    fails(text.format(".25"), "time")


def test_blocking_call_that_is_late_is_found_at_the_end() -> None:
    outcome = fails(OPEN + "+0...1 read(4, ..., 100) = 10\n")
    assert "still waits" in outcome.message


def test_call_that_may_not_block() -> None:
    outcome = fails(OPEN + "+0 read(4, ..., 100) = 10\n")
    assert "read() blocks" in outcome.message


def test_only_one_call_may_be_blocked() -> None:
    outcome = fails(OPEN + "+0...1 read(4, ..., 100) = 10\n+0...1 accept(3, ..., ...) = 5\n")
    assert "one at a time" in outcome.message


def test_blocking_write_waits_for_room() -> None:
    passes(
        OPEN.replace("win 65535", "win 2000")
        + "+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [4608], 4) = 0\n"
        + "+0....1 write(4, ..., 6000) = 6000\n"
        + "+.1 < . 1:1(0) ack 2001 win 65535\n"
    )


def test_text_is_compared() -> None:
    passes(OPEN + '+0 < P. 1:4(3) ack 1 win 65535\n+0 read(4, "\\x00\\x00\\x00", 10) = 3\n')
    fails(OPEN + '+0 < P. 1:4(3) ack 1 win 65535\n+0 read(4, "abc", 10) = 3\n', "data")


def test_epoll() -> None:
    text = (
        OPEN + "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0\n"
        "+0...0.1 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 500) = 1\n"
        "+.1 < P. 1:11(10) ack 1 win 65535\n+0 read(4, ..., 10) = 10\n"
        "+0 epoll_wait(5, {...}, 1, 0) = 0\n+0....2 epoll_wait(5, {...}, 1, 200) = 0\n+.3 close(5) = 0\n"
    )
    passes(text)
    fails(text.replace("{events=EPOLLIN, fd=4}, 1, 500", "{events=EPOLLOUT, fd=4}, 1, 500"), "event")


# Settings and code


def test_settings_change_the_stack() -> None:
    text = "`sysctl -q net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0; sysctl -w net.ipv4.tcp_nonsense=1`\n" + TS_OPEN
    outcome = fails(text, "options")
    assert outcome.notes == ["setting not known here: net.ipv4.tcp_nonsense=1"]
    passes(
        text.replace("<mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 8>", "<mss 1460,nop,wscale 8>").replace(
            "<nop,nop,TS val 600 ecr 100>", ""
        )
    )


def test_other_commands_are_reported_and_never_run() -> None:
    outcome = passes("`touch /nonexistent/x && sysctl net.ipv4.tcp_sack=1`\n" + OPEN)
    assert outcome.notes == ["command not carried out: touch /nonexistent/x"]


def test_assertions_see_tcp_info() -> None:
    passes(OPEN + "+0 %{ assert tcpi_snd_cwnd == 10 and tcpi_state == TCP_ESTABLISHED, tcpi_snd_cwnd }%")
    outcome = fails(OPEN + "+0 %{ assert tcpi_snd_cwnd > 10 }%")
    assert outcome.message == "assertion failed: tcpi_snd_cwnd > 10 does not hold (tcpi_snd_cwnd = 10)"


# Connections


def test_second_connection_after_the_first() -> None:
    passes(
        OPEN
        + "+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.1 < F. 1:1(0) ack 2 win 65535\n+0 > . 2:2(0) ack 2\n"
        + "+0 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <...>\n+0 < . 1:1(0) ack 1 win 65535\n"
        + "+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 5) = 5\n+0 > P. 1:6(5) ack 1\n"
    )


def test_two_connections_by_their_ports() -> None:
    shake = "+0 < {0} > 8080 S 0:0(0) win 65535 <mss 1000>\n+0 > 8080 > {0} S. 0:0(0) ack 1 <...>\n"
    shake += "+0 < {0} > 8080 . 1:1(0) ack 1 win 65535\n+0 accept(3, ..., ...) = {1}\n"
    start = "".join(OPEN.splitlines(keepends=True)[:4])
    text = start + shake.format(50_001, 4) + shake.format(50_002, 5)
    text += "+0 write(4, ..., 5) = 5\n+0 > 8080 > 50001 P. 1:6(5) ack 1\n"
    text += "+0 write(5, ..., 6) = 6\n+0 > 8080 > 5000{} P. 1:7(6) ack 1\n"
    passes(text.format(2))
    fails(text.format(1), "ports")


def test_ipv6_and_mapped() -> None:
    for version in ("ipv6", "ipv4-mapped-ipv6"):
        passes(WRITE + "+0 > P. 1:1001(1000) ack 1", version=version)
        fails(WRITE + "+0 > P. 1:1001(1000) ack 2", "ack", version=version)


def test_preset_of_the_rfcs() -> None:
    text = OPEN + "+0 < P. 1:1001(1000) ack 1 win 65535\n+{} > . 1:1(0) ack 1001\n"
    passes(text.format("0"))
    passes(text.format(".04"), preset="rfc")
    fails(text.format("0"), "time", preset="rfc")


# Determinism, and what is not there


def test_same_seed_same_packets() -> None:
    def trace(seed: int) -> list[str]:
        outcome = passes(WRITE + "+0 > P. 1:1001(1000) ack 1", seed=seed, ladder=True)
        return outcome.ladder

    assert trace(1) == trace(1)
    assert trace(1) != trace(2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("+0 mmap(4, ..., 5, ..., 10, 0) = 10", "the system call mmap() is not known"),
        ("+0 splice(4, [1], 5, NULL, 10, 0) = 10", "splice() with the offset [1]"),
        ("+0 pipe(5) = 0", "pipe() needs [reading, writing]"),
        ('+0 open("/etc/passwd", O_RDONLY) = 5', "a script may open /dev/zero, /dev/null"),
        ('+0 open("../x", O_RDONLY) = 5', "a script may open /dev/zero, /dev/null"),
        ("+0 setsockopt(4, IPPROTO_TCP, TCP_REPAIR, [1], 4) = 0", "synfin's sockets do not have this option"),
        ("+0 getsockopt(4, IPPROTO_TCP, TCP_REPAIR, [1], [4]) = 0", "synfin's sockets do not have this option"),
        ("+0 sendmsg(4, {msg_iov(1)=[{..., 1}], msg_control=[{cmsg_level=SOL_IP}]}, 0) = 1", "control messages to be"),
        ("+0 setsockopt(4, SOL_SOCKET, SO_WHATEVER, [1], 4) = 0", "the name SO_WHATEVER is not known"),
        ("+0 < icmp unreachable nonsense [1:2(1)]", "ICMP code 'nonsense' is not known"),
        ("+0 %{ import os }%", "the statement 'import os'"),
        ("+0 %{ assert open('x') }%", "the expression \"open('x')\""),
        ("+0 %{ assert ().__class__ }%", "the expression '().__class__'"),
        ("+0 %{ assert 9 ** 9 ** 9 }%", "a power or shift"),
        ("+0 %{ assert nothing == 1 }%", "the name 'nothing'"),
        ("+0 write(4, ..., 10000000000) = 1", "a write of"),
    ],
)
def test_what_is_not_supported_says_so(line: str, reason: str) -> None:
    outcome = run(OPEN + line)
    assert outcome.status == "unsupported"
    assert reason in outcome.message
    assert f"line {OPEN_LINES + 1}: " in outcome.message


# What is injected is what the script says


def test_injected_header_fields() -> None:
    seen: list[str] = []
    for text in ("[ect0,tos 0x20,ttl 7] P. 1:2(1) ack 1 win 9", "PU. 1:2(1) ack 1 win 9 urg 1"):
        outcome = passes(OPEN + f"+0 < {text}\n", ladder=True)
        seen.append("\n".join(outcome.ladder))
    assert "win=9" in seen[0]
    assert "URG" in seen[1]


def test_urgent_text_comes_in() -> None:
    text = OPEN + "+0 < P{}. 1:6(5) ack 1 win 65535 urg 5\n+0 poll([{{fd=4, events=POLLPRI, revents={}}}], 1, 0) = {}\n"
    passes(text.format("U", "POLLPRI", 1))
    passes(text.format("", "0", 0))


def test_settings_reach_a_listener_that_waits_already() -> None:
    late = TS_OPEN.replace("+0 < S 0:0(0)", "+0 `sysctl -q net.ipv4.tcp_sack=0`\n+0 < S 0:0(0)", 1)
    assert late != TS_OPEN
    fails(late, "options")
    passes(late.replace("<mss 1460,sackOK,TS", "<mss 1460,nop,nop,TS"))


def test_second_connection_while_the_socket_was_closed() -> None:
    """The descriptor is closed and the FIN not answered: a SYN is another connection all the same."""
    passes(
        OPEN
        + "+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.01 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <...>\n"
    )


def test_edge_triggered_and_one_shot() -> None:
    text = (
        OPEN + "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {{events=EPOLLIN|{}, fd=4}}) = 0\n"
        "+0 < P. 1:11(10) ack 1 win 65535\n+0 epoll_wait(5, {{events=EPOLLIN, fd=4}}, 1, 0) = 1\n"
        "+0 epoll_wait(5, {{...}}, 1, 0) = {}\n"
        "+0 read(4, ..., 10) = 10\n+0 < P. 11:21(10) ack 1 win 65535\n+0 epoll_wait(5, {{...}}, 1, 0) = {}\n"
    )
    passes(text.format("EPOLLRDHUP", 1, 1))
    passes(text.format("EPOLLONESHOT", 0, 0))
    passes(
        text.format("EPOLLET", 0, 1).replace(
            "read(4, ..., 10) = 10", "read(4, ..., 10) = 10\n+0 epoll_wait(5, {...}, 1, 0) = 0"
        )
    )


def test_packet_is_overdue_two_seconds_after_its_time() -> None:
    """A retransmission by the first RTO of 1 s is compared with the line that wants it at once, not missed."""
    fails(OPEN.split("+.1 <")[0] + "+0 > S. 0:0(0) ack 1 <...>\n", "time")


def test_next_incarnation_out_of_time_wait() -> None:
    """With the ports written, a SYN is for the same four-tuple; our new number is learned, the script's go on."""
    reopened = (
        OPEN
        + "+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.1 < F. 1:1(0) ack 2 win 65535\n+0 > . 2:2(0) ack 2\n"
        + "+0 < 40000 > 8080 S 100:100(0) win 65535 <mss 1000>\n+0 > 8080 > 40000 S. 0:0(0) ack {} <...>\n"
    )
    passes(reopened.format(101))
    fails(reopened.format(1), "ack")


def test_live_numbers_of_an_expected_packet() -> None:
    """A RST for a segment without ACK has the number 0, whatever our own numbers are [RFC9293-E13]."""
    text = (
        OPEN
        + "+0 < R 1:1(0)\n+0 close(4) = 0\n+0 close(3) = 0\n+0 < 40000 > 8080 F 1:1(0) win 65535\n+0 > R. {} ack 2\n"
    )
    passes(text.format("0:0(0)!"))
    fails(text.format("0:0(0)"), "seq")
    fails(text.format("1:1(0)!"), "seq")
