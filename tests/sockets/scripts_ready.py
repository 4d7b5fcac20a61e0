"""Scripts: epoll, level- and edge-triggered, one-shot; readiness around the life of a connection."""

from __future__ import annotations

from synfin.sockets import constants as c
from tests.sockets.stage import Stage

BOTH = c.EPOLLIN | c.EPOLLOUT | c.EPOLLRDHUP


def epoll_level(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, c.EPOLLIN)
    t.do(e, "wait")
    t.do(client, "send", b"ab")
    t.do(e, "wait")
    t.do(e, "wait")
    t.do(server, "recv", 1)
    t.do(e, "wait")
    t.do(server, "recv", 1)
    t.do(e, "wait")
    t.do(client, "close")
    t.do(e, "wait")


def epoll_edge(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, c.EPOLLIN | c.EPOLLET)
    t.do(client, "send", b"ab")
    t.do(e, "wait")
    t.do(e, "wait")
    t.do(server, "recv", 1)
    t.do(e, "wait")
    t.do(client, "send", b"c")
    t.do(e, "wait")
    t.do(e, "wait")
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(e, "wait")
    t.do(e, "wait")


def epoll_one_shot(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, c.EPOLLIN | c.EPOLLONESHOT)
    t.do(client, "send", b"a")
    t.do(e, "wait")
    t.do(client, "send", b"b")
    t.do(e, "wait")
    t.do(e, "modify", server, c.EPOLLIN | c.EPOLLONESHOT)
    t.do(e, "wait")
    t.do(e, "wait")
    t.do(e, "modify", server, c.EPOLLOUT)
    t.do(e, "wait")
    t.do(e, "wait")


def epoll_edge_writing(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", client, c.EPOLLOUT | c.EPOLLET)
    t.do(e, "wait")
    t.do(e, "wait")
    t.fill(client)
    t.do(e, "wait")
    t.empty(server)
    t.do(e, "wait")
    t.do(e, "wait")


def epoll_level_writing(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", client, BOTH)
    t.do(e, "wait")
    t.fill(client)
    t.do(e, "wait")
    t.empty(server)
    t.do(e, "wait")
    t.do(server, "send", b"x")
    t.do(e, "wait")


def epoll_connecting(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp()
    e = t.epoll()
    t.do(e, "add", client, BOTH | c.EPOLLET)
    t.do(e, "wait")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 5)
    t.do(e, "add", listener, c.EPOLLIN)
    t.do(client, "connect", t.at("B"))
    t.do(e, "wait")
    t.do(e, "wait")
    t.do(listener, "accept")
    t.do(e, "wait")


def epoll_refused(t: Stage) -> None:
    s = t.tcp()
    e = t.epoll()
    t.do(e, "add", s, c.EPOLLOUT)
    t.do(e, "wait")
    t.do(s, "connect", t.at("B"))
    t.do(e, "wait")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(e, "wait")


def epoll_reset(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, 0)
    t.do(e, "wait")
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    t.do(client, "close")
    t.do(e, "wait")
    t.do(server, "recv", 1)
    t.do(e, "wait")


def epoll_control_errors(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "modify", server, c.EPOLLIN)
    t.do(e, "delete", server)
    t.do(e, "add", server, c.EPOLLIN)
    t.do(e, "add", server, c.EPOLLIN)
    t.do(e, "delete", server)
    t.do(client, "send", b"x")
    t.do(e, "wait")


def epoll_closing_leaves(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, c.EPOLLOUT)
    t.do(e, "add", client, c.EPOLLOUT)
    t.do(e, "wait")
    t.do(server, "close")
    t.do(e, "wait")


def epoll_several_at_a_time(t: Stage) -> None:
    """Those that wait take turns."""
    pairs = [t.pair(number=number) for number in (1, 2)]
    e = t.epoll()
    for client, server in pairs:
        t.quiet(e, "add", server, c.EPOLLIN)
        t.do(client, "send", b"x")
    t.do(e, "wait", 1)
    t.do(e, "wait", 1)
    t.do(e, "wait", 1)
    t.do(e, "wait", 5)


def epoll_half_close(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, c.EPOLLRDHUP | c.EPOLLET)
    t.do(e, "wait")
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(e, "wait")
    t.do(e, "wait")
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(e, "wait")
    t.do(e, "wait")


def epoll_own_shutdown(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", client, c.EPOLLIN | c.EPOLLET)
    t.do(client, "shutdown", c.SHUT_RD)
    t.do(e, "wait")
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(e, "wait")
    t.do(server, "close")
    t.do(e, "wait")


def epoll_urgent(t: Stage) -> None:
    client, server = t.pair()
    e = t.epoll()
    t.do(e, "add", server, c.EPOLLPRI)
    t.do(client, "send", b"x")
    t.do(e, "wait")
    t.do(client, "send", b"!", c.MSG_OOB)
    t.do(e, "wait")
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(e, "wait")


def epoll_listener_edge(t: Stage) -> None:
    listener = t.tcp("B")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 5)
    e = t.epoll()
    t.do(e, "add", listener, c.EPOLLIN | c.EPOLLET)
    for _ in range(2):
        t.do(t.tcp(), "connect", t.at("B"))
        t.do(e, "wait")
    t.do(e, "wait")
    t.do(listener, "accept")
    t.do(e, "wait")
