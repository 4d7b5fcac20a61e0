"""Scripts: datagram sockets."""

from __future__ import annotations

from synfin.sockets import constants as c
from tests.sockets.stage import Handle, Stage


def _two(t: Stage, family: int = 4) -> tuple[Handle, Handle]:
    """A socket bound to port 1 on A and one bound to port 2 on B."""
    first, second = t.udp("A", family), t.udp("B", family)
    t.do(first, "bind", t.at("A", 1, family))
    t.do(second, "bind", t.at("B", 2, family))
    return first, second


def udp_fresh(t: Stage) -> None:
    s = t.udp()
    t.look()
    t.do(s, "getsockname")
    t.do(s, "getpeername")
    t.do(s, "recv", 10)
    t.do(s, "send", b"x")
    t.do(s, "shutdown", c.SHUT_WR)
    t.do(s, "ioctl", c.FIONREAD)
    t.do(s, "ioctl", c.SIOCOUTQ)
    t.do(s, "recv", 10)


def udp_exchange(t: Stage) -> None:
    for family in (4, 6):
        first, second = t.udp("A", family), t.udp("B", family)
        t.do(first, "bind", t.at("A", family, family))
        t.do(second, "bind", t.at("any", 2, family))
        t.do(first, "sendto", b"question", t.at("B", 2, family))
        t.do(second, "ioctl", c.FIONREAD)
        t.do(second, "recvfrom", 100)
        t.do(second, "sendto", b"answer", t.at("A", family, family))
        t.do(first, "recvmsg", 100)
        t.do(second, "getsockname")
        t.do(second, "close")


def udp_truncation(t: Stage) -> None:
    first, second = _two(t)
    for _ in range(4):
        t.do(first, "sendto", b"0123456789", t.at("B", 2))
    t.do(second, "recvmsg", 4)
    t.do(second, "recv", 20, c.MSG_PEEK)
    t.do(second, "recvmsg", 4, 0, c.MSG_PEEK | c.MSG_TRUNC, show=lambda got: got[2])
    t.do(second, "recvfrom", 4)
    t.do(second, "recv", 0)
    t.do(second, "recv", 20)
    t.do(second, "recv", 20)


def udp_empty_datagram(t: Stage) -> None:
    first, second = _two(t)
    t.do(first, "sendto", b"", t.at("B", 2))
    t.do(second, "ioctl", c.FIONREAD)
    t.do(second, "recvfrom", 10)
    t.do(second, "recvfrom", 10)


def udp_connected(t: Stage) -> None:
    first, second = _two(t)
    other = t.udp("B")
    t.do(other, "bind", t.at("B", 3))
    t.do(first, "connect", t.at("B", 2))
    t.do(first, "getpeername")
    t.do(first, "getsockname")
    t.do(first, "send", b"one")
    t.do(second, "recv", 10)
    t.do(other, "sendto", b"stranger", t.at("A"))
    t.do(first, "recv", 20)
    t.do(first, "sendto", b"elsewhere", t.at("B", 3))
    t.do(other, "recv", 20)
    t.do(first, "connect", t.at("B", 3))
    t.do(first, "getpeername")
    t.do(first, "disconnect")
    t.do(first, "getpeername")
    t.do(first, "send", b"x")
    t.do(first, "getsockname")


def udp_connect_chooses_a_name(t: Stage) -> None:
    s = t.udp()
    t.do(s, "connect", t.at("B"))
    t.do(s, "getsockname", show=lambda name: name[0])
    t.do(s, "disconnect")
    t.do(s, "getsockname")


def udp_refused(t: Stage) -> None:
    s = t.udp()
    t.do(s, "connect", t.at("B"))
    t.do(s, "send", b"x")
    t.do(s, "recv", 10)
    t.do(s, "recv", 10)
    t.do(s, "send", b"x")
    t.do(s, "send", b"x")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "send", b"x")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)


def udp_refused_unconnected(t: Stage) -> None:
    s = t.udp()
    t.do(s, "sendto", b"x", t.at("B"))
    t.do(s, "recv", 10)
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)


def udp_errors_come_before_text(t: Stage) -> None:
    first, second = _two(t)
    t.do(first, "connect", t.at("B", 2))
    t.do(second, "sendto", b"text", t.at("A"))
    t.do(second, "close")
    t.do(first, "send", b"x")
    t.do(first, "recv", 10)
    t.do(first, "recv", 10)


def udp_bind(t: Stage) -> None:
    first, second = t.udp(), t.udp()
    t.do(first, "bind", t.at("any"))
    t.do(first, "bind", t.at("any", 2))
    t.do(second, "bind", t.at("any"))
    t.do(second, "bind", t.at("A"))
    t.do(second, "bind", t.at("B"))
    t.do(second, "bind", t.at("A", 2))
    t.do(first, "close")
    six = t.udp("A", 6)
    t.do(six, "bind", t.at("any", 1, 6))
    t.do(six, "getsockname")
    third = t.udp()
    t.do(third, "bind", t.at("any"))


def udp_shutdown(t: Stage) -> None:
    first, second = _two(t)
    t.do(first, "connect", t.at("B", 2))
    t.do(first, "shutdown", c.SHUT_RD)
    t.do(first, "recv", 10)
    t.do(first, "send", b"x")
    t.do(first, "shutdown", c.SHUT_WR)
    t.do(first, "send", b"x")
    t.do(second, "sendto", b"late", t.at("A"))
    t.do(first, "recv", 10)
    t.do(first, "recv", 10)


def udp_mapped(t: Stage) -> None:
    """An AF_INET6 socket talks IPv4."""
    six, four = t.udp("A", 6), t.udp("B", 4)
    t.do(six, "bind", t.at("any", 1, 6))
    t.do(four, "bind", t.at("any", 2))
    t.do(six, "sendto", b"mapped", ("::ffff:10.0.0.2", t.port(2), 0, 0))
    t.do(four, "recvfrom", 10)
    t.do(four, "sendto", b"back", t.at("A"))
    t.do(six, "recvfrom", 10)


def udp_without_a_route(t: Stage) -> None:
    s = t.udp()
    t.do(s, "sendto", b"x", ("192.0.2.1", t.port()))
    t.do(s, "connect", ("192.0.2.1", t.port()))
    t.do(s, "sendto", b"x", ("10.0.0.255", t.port()))
    t.do(s, "sendto", bytes(65_508), t.at("B"))
    t.do(s, "sendto", bytes(70_000), t.at("B"))
    t.do(s, "sendto", b"x", t.at("B", 0))


def udp_not_for_datagrams(t: Stage) -> None:
    s = t.udp()
    t.do(s, "bind", t.at("any"))
    t.do(s, "recv", 1, c.MSG_ERRQUEUE)
    t.do(s, "sendto", b"x", t.at("B"), c.MSG_OOB)
    t.do(s, "recv", 1, c.MSG_OOB)
    t.do(s, "ioctl", c.SIOCOUTQNSD)
