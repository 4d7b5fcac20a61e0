"""Scripts: options, their defaults as far as both worlds have the same, limits, inheritance, errors."""

from __future__ import annotations

from synfin.sockets import constants as c
from tests.sockets.stage import Handle, Stage


def _try(t: Stage, s: Handle, level: int, option: int, values: tuple[int | bytes, ...], size: int = 0) -> None:
    """Set each value and read what has come of it."""
    for value in values:
        t.quiet(s, "setsockopt", level, option, value)
        t.quiet(s, "getsockopt", level, option, *([size] if size else []))


def option_kinds(t: Stage) -> None:
    for s in (t.tcp(), t.tcp("A", 6), t.udp()):
        for option in (c.SO_TYPE, c.SO_DOMAIN, c.SO_PROTOCOL, c.SO_ACCEPTCONN, c.SO_ERROR):
            t.quiet(s, "getsockopt", c.SOL_SOCKET, option)
            t.quiet(s, "setsockopt", c.SOL_SOCKET, option, 1)


def option_switches(t: Stage) -> None:
    s = t.tcp()
    for option in (c.SO_REUSEADDR, c.SO_KEEPALIVE, c.SO_OOBINLINE, c.SO_BROADCAST):
        t.quiet(s, "getsockopt", c.SOL_SOCKET, option)
        _try(t, s, c.SOL_SOCKET, option, (7, 0, b"\1\0"))
    for option in (c.TCP_NODELAY, c.TCP_CORK, c.TCP_INQ):
        t.quiet(s, "getsockopt", c.IPPROTO_TCP, option)
        _try(t, s, c.IPPROTO_TCP, option, (1, 0))


def option_unknown(t: Stage) -> None:
    s = t.tcp()
    for level, option in ((1, 0x7777), (6, 0x7777), (0, 0x7777), (0x7777, 1), (c.IPPROTO_IPV6, c.IPV6_V6ONLY)):
        t.quiet(s, "getsockopt", level, option)
        t.quiet(s, "setsockopt", level, option, 1)
    u = t.udp()
    t.quiet(u, "setsockopt", c.IPPROTO_TCP, c.TCP_NODELAY, 1)


def option_sizes(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "getsockopt", c.SOL_SOCKET, c.SO_TYPE, 4)
    t.quiet(s, "getsockopt", c.SOL_SOCKET, c.SO_TYPE, 8)
    t.quiet(s, "getsockopt", c.SOL_SOCKET, c.SO_LINGER, 8)
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_NODELAY, 4)
    t.quiet(s, "setsockopt", c.IPPROTO_TCP, c.TCP_NODELAY, b"\1")
    t.quiet(s, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, b"\1\0\0\0")


def option_linger(t: Stage) -> None:
    s = t.tcp()
    pairs = (b"\1\0\0\0\x0a\0\0\0", b"\0\0\0\0\x14\0\0\0", b"\1\0\0\0\0\0\0\0", b"\2\0\0\0\7\0\0\0", bytes(8))
    _try(t, s, c.SOL_SOCKET, c.SO_LINGER, pairs, size=8)


def option_buffers(t: Stage) -> None:
    """What is set is doubled, and has a least and a largest value."""
    s = t.tcp()
    for option in (c.SO_SNDBUF, c.SO_RCVBUF):
        _try(t, s, c.SOL_SOCKET, option, (100_000, 5_000, 1, 0, 1 << 30, -1))


def option_buffers_udp(t: Stage) -> None:
    s = t.udp()
    for option in (c.SO_SNDBUF, c.SO_RCVBUF):
        _try(t, s, c.SOL_SOCKET, option, (100_000, 1))


def option_timeouts(t: Stage) -> None:
    s = t.tcp()
    values = (
        b"\1" + bytes(7) + b"\x20\xa1\7" + bytes(5),
        bytes(16),
        bytes(8) + b"\x40\x42\x0f" + bytes(5),
        bytes(4),
    )
    for option in (c.SO_RCVTIMEO, c.SO_SNDTIMEO):
        t.quiet(s, "getsockopt", c.SOL_SOCKET, option, 16)
        for value in values:
            t.quiet(s, "setsockopt", c.SOL_SOCKET, option, value)


def option_keep_alive(t: Stage) -> None:
    s = t.tcp()
    for option in (c.TCP_KEEPIDLE, c.TCP_KEEPINTVL, c.TCP_KEEPCNT):
        t.quiet(s, "getsockopt", c.IPPROTO_TCP, option)
        _try(t, s, c.IPPROTO_TCP, option, (60, 0, -1, 127, 128, 32_767, 32_768))


def option_segment_size(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_MAXSEG)
    _try(t, s, c.IPPROTO_TCP, c.TCP_MAXSEG, (1000, 88, 87, 32_767, 32_768, 0))


def segment_size_in_force(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp()
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_MAXSEG, 700)
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 1)
    t.do(client, "connect", t.at("B"))
    server = t.do(listener, "accept")
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_MAXSEG)
    t.do(server, "getsockopt", c.IPPROTO_TCP, c.TCP_MAXSEG)


def option_retries_and_timeouts(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_SYNCNT)
    _try(t, s, c.IPPROTO_TCP, c.TCP_SYNCNT, (3, 0, 127, 128))
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_USER_TIMEOUT)
    _try(t, s, c.IPPROTO_TCP, c.TCP_USER_TIMEOUT, (5_000, -1, 0))
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_LINGER2)
    _try(t, s, c.IPPROTO_TCP, c.TCP_LINGER2, (30, 121, 0))


def option_defer_accept(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_DEFER_ACCEPT)
    _try(t, s, c.IPPROTO_TCP, c.TCP_DEFER_ACCEPT, (1, 2, 3, 5, 10, 100, 0, -1))


def defer_accept(t: Stage) -> None:
    """The connection comes with its first text."""
    listener, client = t.tcp("B"), t.tcp()
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "setsockopt", c.IPPROTO_TCP, c.TCP_DEFER_ACCEPT, 5)
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B"))
    t.do(listener, "accept")
    t.do(client, "send", b"here I am")
    server = t.do(listener, "accept")
    t.do(server, "recv", 20)


def option_fast_open(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN)
    _try(t, s, c.IPPROTO_TCP, c.TCP_FASTOPEN, (3, -1))
    _try(t, s, c.IPPROTO_TCP, c.TCP_FASTOPEN_CONNECT, (1, 2, 0))
    client, _ = t.pair()
    t.quiet(client, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN, 1)
    t.quiet(client, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN_CONNECT, 1)


def option_low_water(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_NOTSENT_LOWAT)
    _try(t, s, c.IPPROTO_TCP, c.TCP_NOTSENT_LOWAT, (16_384, 1))
    _try(t, s, c.SOL_SOCKET, c.SO_RCVLOWAT, (100, 0))
    t.quiet(s, "setsockopt", c.SOL_SOCKET, c.SO_RCVBUF, 30_000)
    _try(t, s, c.SOL_SOCKET, c.SO_RCVLOWAT, (-1,))


def option_congestion(t: Stage) -> None:
    s = t.tcp()
    t.quiet(s, "setsockopt", c.IPPROTO_TCP, c.TCP_CONGESTION, b"reno")
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_CONGESTION, 16)
    t.quiet(s, "setsockopt", c.IPPROTO_TCP, c.TCP_CONGESTION, b"nonsense")
    t.quiet(s, "getsockopt", c.IPPROTO_TCP, c.TCP_CONGESTION, 3)


def option_ip(t: Stage) -> None:
    for s in (t.tcp(), t.udp()):
        t.quiet(s, "getsockopt", c.IPPROTO_IP, c.IP_TOS)
        _try(t, s, c.IPPROTO_IP, c.IP_TOS, (0x10, 0xFF, 0x1_08, b"\x20"))
        t.quiet(s, "getsockopt", c.IPPROTO_IP, c.IP_TTL)
        _try(t, s, c.IPPROTO_IP, c.IP_TTL, (32, 0, 255, 256, -1, b"\x07"))


def option_ipv6(t: Stage) -> None:
    for s in (t.tcp("A", 6), t.udp("A", 6)):
        t.quiet(s, "getsockopt", c.IPPROTO_IPV6, c.IPV6_TCLASS)
        _try(t, s, c.IPPROTO_IPV6, c.IPV6_TCLASS, (0x10, 0xFF, 0x100, -1, -2))
        t.quiet(s, "getsockopt", c.IPPROTO_IPV6, c.IPV6_UNICAST_HOPS)
        _try(t, s, c.IPPROTO_IPV6, c.IPV6_UNICAST_HOPS, (32, 0, 255, 256, -1, -2))
        t.quiet(s, "getsockopt", c.IPPROTO_IPV6, c.IPV6_V6ONLY)
        _try(t, s, c.IPPROTO_IPV6, c.IPV6_V6ONLY, (1, 0))
        t.quiet(s, "bind", t.at("any", 1, 6))
        t.quiet(s, "setsockopt", c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1)


def options_are_inherited(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp()
    t.do(listener, "bind", t.at("any"))
    settings = (
        (c.SOL_SOCKET, c.SO_KEEPALIVE, 1), (c.SOL_SOCKET, c.SO_REUSEADDR, 1), (c.SOL_SOCKET, c.SO_OOBINLINE, 1),
        (c.SOL_SOCKET, c.SO_RCVBUF, 50_000), (c.IPPROTO_TCP, c.TCP_NODELAY, 1), (c.IPPROTO_TCP, c.TCP_KEEPIDLE, 77),
        (c.IPPROTO_TCP, c.TCP_USER_TIMEOUT, 4_000), (c.IPPROTO_IP, c.IP_TTL, 33), (c.IPPROTO_TCP, c.TCP_INQ, 1),
        (c.SOL_SOCKET, c.SO_RCVLOWAT, 3),
    )  # fmt: skip
    for level, option, value in settings:
        t.quiet(listener, "setsockopt", level, option, value)
    t.quiet(listener, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, b"\1\0\0\0\3\0\0\0")
    t.do(listener, "listen", 1)
    t.do(client, "connect", t.at("B"))
    server = t.do(listener, "accept")
    for level, option, _ in settings:
        t.quiet(server, "getsockopt", level, option)
    t.quiet(server, "getsockopt", c.SOL_SOCKET, c.SO_LINGER, 8)
    t.quiet(server, "getsockopt", c.SOL_SOCKET, c.SO_ACCEPTCONN)
    t.do(server, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, bytes(8))
    t.quiet(listener, "getsockopt", c.SOL_SOCKET, c.SO_LINGER, 8)


def tcp_info_of_a_connection(t: Stage) -> None:
    """The fields that both worlds must agree about, by their place in the structure."""
    client, server = t.pair()
    t.do(client, "send", bytes(100))
    t.do(server, "recv", 100, show=len)
    t.quiet(client, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 6)  # states, retransmits, probes, backoff, options
    t.quiet(client, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 400, show=_fields)
    t.quiet(server, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 400, show=_fields)
    t.quiet(server, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 10, show=len)


def _fields(info: bytes) -> dict[str, int]:
    """Some u32 of struct tcp_info by offset."""
    places = {
        "snd_mss": 16, "unacked": 24, "sacked": 28, "lost": 32, "retrans": 36, "pmtu": 60, "advmss": 84,
        "total_retrans": 100, "notsent_bytes": 144, "data_segs_in": 152, "data_segs_out": 156,
        "bytes_sent": 200, "bytes_retrans": 208, "rcv_ooopack": 224,
    }  # fmt: skip
    return {name: int.from_bytes(info[place : place + 4], "little") for name, place in places.items()}


def tcp_info_of_a_listener(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp()
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 7)
    t.do(client, "connect", t.at("B"))
    t.quiet(
        listener, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 32,
        show=lambda info: (info[0], int.from_bytes(info[24:28], "little"), int.from_bytes(info[28:32], "little")),
    )  # fmt: skip


def user_timeout(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "setsockopt", c.IPPROTO_TCP, c.TCP_USER_TIMEOUT, 300)
    t.do(s, "connect", t.at("nobody"))
    t.wait(2_500)
    t.look()
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "recv", 1)
