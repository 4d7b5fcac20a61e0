"""Scripts: fresh sockets, bind, listen, accept, connect."""

from __future__ import annotations

from synfin.sockets import constants as c
from tests.sockets.stage import Stage


def fresh_socket(t: Stage) -> None:
    s = t.tcp()
    t.look()
    t.do(s, "getsockname")
    t.do(s, "getpeername")
    t.do(s, "recv", 10)
    t.do(s, "send", b"x")
    t.do(s, "accept")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "ioctl", c.SIOCINQ)
    t.do(s, "ioctl", c.SIOCOUTQ)
    t.do(s, "ioctl", c.SIOCATMARK)
    for how in (c.SHUT_RD, c.SHUT_WR, c.SHUT_RDWR, 3, -1):
        t.do(s, "shutdown", how)
    t.do(s, "recv", 10)
    t.do(s, "send", b"x")
    t.do(s, "close")


def fresh_socket_v6(t: Stage) -> None:
    s = t.tcp("A", 6)
    t.look()
    t.do(s, "getsockname")
    t.do(s, "getpeername")
    t.do(s, "recv", 0)
    t.do(s, "send", b"")
    t.do(s, "recv", 1, c.MSG_OOB)


def bind_twice(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "bind", t.at("A"))
    t.do(s, "getsockname")
    t.do(s, "bind", t.at("A"))
    t.do(s, "bind", t.at("A", 2))
    t.do(s, "getpeername")


def bind_port_zero(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "bind", t.at("any", 0))
    t.do(s, "getsockname")
    u = t.tcp()
    t.do(u, "bind", t.at("A", 0))
    t.do(u, "getsockname")
    t.do(u, "listen", 1)
    t.do(u, "getsockname")


def bind_foreign_address(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "bind", t.at("B"))
    t.do(s, "bind", t.at("nobody"))
    t.do(s, "getsockname")
    t.do(s, "bind", t.at("self"))
    t.do(s, "getsockname")


def bind_in_use(t: Stage) -> None:
    first, second, third = t.tcp(), t.tcp(), t.tcp()
    t.do(first, "bind", t.at("any"))
    t.do(second, "bind", t.at("any"))
    t.do(second, "bind", t.at("A"))
    t.do(second, "bind", t.at("any", 2))
    t.do(third, "bind", t.at("A"))
    t.do(first, "close")
    t.do(third, "bind", t.at("A"))


def bind_different_addresses(t: Stage) -> None:
    first, second, third = t.tcp(), t.tcp(), t.tcp()
    t.do(first, "bind", t.at("A"))
    t.do(second, "bind", t.at("self"))
    t.do(third, "bind", t.at("any"))
    t.do(first, "listen", 1)
    t.do(second, "listen", 1)


def bind_reuse_address(t: Stage) -> None:
    first, second, third = t.tcp(), t.tcp(), t.tcp()
    for s in (first, second):
        t.do(s, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, 1)
        t.do(s, "bind", t.at("any"))
    t.do(third, "bind", t.at("any"))
    t.do(first, "listen", 1)
    t.do(second, "listen", 1)
    t.do(third, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, 1)
    t.do(third, "bind", t.at("any"))
    t.do(first, "close")
    t.do(second, "listen", 1)


def bind_reuse_address_set_late(t: Stage) -> None:
    """What counts is what is set when the second one binds."""
    first, second = t.tcp(), t.tcp()
    t.do(first, "bind", t.at("any"))
    t.do(second, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, 1)
    t.do(second, "bind", t.at("any"))
    t.do(first, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, 1)
    t.do(second, "bind", t.at("any"))


def bind_beside_an_accepted_connection(t: Stage) -> None:
    client, server = t.pair()
    s = t.tcp("B")
    t.do(s, "bind", t.at("any"))
    t.do(s, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, 1)
    t.do(s, "bind", t.at("any"))
    t.do(client, "close")
    t.do(server, "close")
    t.do(s, "bind", t.at("any"))


def bind_beside_time_wait(t: Stage) -> None:
    """With SO_REUSEADDR on both, or not at all."""
    for reuse in (0, 1):
        number = reuse + 1
        listener, client = t.tcp("B"), t.tcp("A")
        t.do(listener, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, reuse)
        t.do(listener, "bind", t.at("any", number))
        t.do(listener, "listen", 1)
        t.do(client, "connect", t.at("B", number))
        server = t.do(listener, "accept")
        t.do(listener, "close")
        t.do(server, "close")
        t.do(client, "close")
        again = t.tcp("B")
        t.do(again, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, reuse)
        t.do(again, "bind", t.at("any", number))


def bind_dual_stack(t: Stage) -> None:
    six, four, only = t.tcp("A", 6), t.tcp("A", 4), t.tcp("A", 6)
    t.do(six, "bind", t.at("any", 1, 6))
    t.do(four, "bind", t.at("any"))
    t.do(only, "setsockopt", c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1)
    t.do(only, "bind", t.at("any", 2, 6))
    t.do(four, "bind", t.at("any", 2))
    t.do(only, "setsockopt", c.IPPROTO_IPV6, c.IPV6_V6ONLY, 0)


def listen_states(t: Stage) -> None:
    s = t.tcp("B")
    t.do(s, "listen", 3)
    t.do(s, "getsockname", show=lambda name: name[0])
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ACCEPTCONN)
    t.do(s, "listen", 5)
    t.do(s, "accept")
    t.do(s, "recv", 1)
    t.do(s, "send", b"x")
    t.do(s, "connect", t.at("A"))
    t.do(s, "getpeername")
    t.do(s, "ioctl", c.SIOCINQ)
    t.do(s, "ioctl", c.SIOCOUTQ)
    t.do(s, "ioctl", c.SIOCATMARK)
    t.do(s, "recv", 1, c.MSG_OOB)
    t.do(s, "recv", 1, c.MSG_ERRQUEUE)


def listen_on_connected(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "listen", 1)
    t.do(server, "accept")
    t.do(client, "bind", t.at("A", 3))
    t.do(client, "getsockopt", c.SOL_SOCKET, c.SO_ACCEPTCONN)


def listen_again_after_shutdown(t: Stage) -> None:
    s = t.tcp("B")
    t.do(s, "bind", t.at("any"))
    t.do(s, "listen", 2)
    t.do(s, "shutdown", c.SHUT_WR)
    t.do(s, "accept")
    t.do(s, "shutdown", c.SHUT_RD)
    t.do(s, "accept")
    t.do(s, "getsockname")
    t.do(s, "listen", 2)
    client = t.tcp()
    t.do(client, "connect", t.at("B"))
    t.do(s, "accept")


def connect_and_accept(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp("A")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B"))
    t.do(client, "getsockname", show=lambda name: name[0])
    t.do(client, "getpeername")
    t.do(client, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(client, "connect", t.at("B"))
    t.do(client, "connect", t.at("B"))
    server = t.do(listener, "accept", show=None)
    t.do(listener, "accept")
    t.do(server, "getsockname")
    t.do(server, "getpeername")
    t.do(server, "connect", t.at("A"))
    t.do(client, "send", b"hello")
    t.do(server, "recv", 10)


def connect_v6(t: Stage) -> None:
    listener, client = t.tcp("B", 6), t.tcp("A", 6)
    t.do(listener, "bind", t.at("any", 1, 6))
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B", 1, 6))
    server = t.do(listener, "accept")
    t.do(server, "getsockname")
    t.do(client, "getpeername")
    t.do(server, "send", b"six")
    t.do(client, "recv", 10)


def connect_v4_to_dual_stack(t: Stage) -> None:
    listener, client = t.tcp("B", 6), t.tcp("A", 4)
    t.do(listener, "bind", t.at("any", 1, 6))
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B"))
    server = t.do(listener, "accept")
    t.do(server, "getsockname")
    t.do(server, "getpeername")
    t.do(server, "send", b"mapped")
    t.do(client, "recv", 10)
    mapped = t.tcp("A", 6)
    t.do(mapped, "connect", ("::ffff:10.0.0.2", t.port(), 0, 0))
    t.do(mapped, "getpeername")
    t.do(mapped, "getsockname", show=lambda name: name[0])
    only = t.tcp("A", 6)
    t.do(only, "setsockopt", c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1)
    t.do(only, "connect", ("::ffff:10.0.0.2", t.port(), 0, 0))


def connect_v4_to_v6_only(t: Stage) -> None:
    listener, client = t.tcp("B", 6), t.tcp("A", 4)
    t.do(listener, "setsockopt", c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1)
    t.do(listener, "bind", t.at("any", 1, 6))
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B"))
    t.do(client, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)


def connect_refused(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "connect", t.at("B"))
    t.do(s, "getpeername")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "recv", 10)
    t.do(s, "send", b"x")
    t.do(s, "connect", t.at("B"))
    t.do(s, "connect", t.at("B"))
    t.do(s, "connect", t.at("B"))
    t.do(s, "connect", t.at("B"))


def connect_refused_told_by_recv(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "connect", t.at("B"))
    t.do(s, "recv", 10)
    t.do(s, "recv", 10)
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(s, "shutdown", c.SHUT_RDWR)
    t.do(s, "connect", t.at("B"))
    t.do(s, "listen", 1)
    t.do(s, "disconnect")
    t.do(s, "connect", t.at("B"))


def connect_refused_told_by_send(t: Stage) -> None:
    s = t.tcp("A", 6)
    t.do(s, "connect", t.at("B", 1, 6))
    t.do(s, "send", b"x")
    t.do(s, "send", b"x")
    t.do(s, "recv", 1)


def connect_refused_then_accepted(t: Stage) -> None:
    """The same socket tries again once somebody listens."""
    s, listener = t.tcp(), t.tcp("B")
    t.do(s, "connect", t.at("B"))
    t.do(s, "connect", t.at("B"))
    t.do(s, "getsockname", show=lambda name: name[0])
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 1)
    t.do(s, "connect", t.at("B"))
    t.do(s, "connect", t.at("B"))
    t.do(listener, "accept")


def connect_pending(t: Stage) -> None:
    """Nobody answers."""
    s = t.tcp()
    t.do(s, "connect", t.at("nobody"))
    t.do(s, "connect", t.at("nobody"))
    t.do(s, "connect", t.at("B"))
    t.do(s, "getsockname", show=lambda name: name[0])
    t.do(s, "getpeername")
    t.do(s, "recv", 10)
    t.do(s, "send", b"x")
    t.do(s, "listen", 1)
    t.do(s, "bind", t.at("A"))
    t.do(s, "ioctl", c.SIOCINQ)
    t.do(s, "ioctl", c.SIOCOUTQ)
    t.do(s, "ioctl", c.SIOCOUTQNSD)
    t.do(s, "accept")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)


def connect_pending_then_shutdown(t: Stage) -> None:
    for how in (c.SHUT_RD, c.SHUT_WR, c.SHUT_RDWR):
        s = t.tcp()
        t.do(s, "connect", t.at("nobody"))
        t.do(s, "shutdown", how)
        t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
        t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
        t.do(s, "recv", 1)
        t.do(s, "send", b"x")
        t.do(s, "connect", t.at("nobody"))


def connect_pending_then_disconnect(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "connect", t.at("nobody"))
    t.do(s, "disconnect")
    t.do(s, "getsockname")
    t.do(s, "recv", 1)
    t.do(s, "recv", 1)
    t.do(s, "disconnect")


def connect_pending_then_close(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "connect", t.at("nobody"))
    t.do(s, "close")


def connect_without_a_route(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "connect", ("192.0.2.1", t.port()))
    t.do(s, "getsockname")
    t.do(s, "connect", ("224.0.0.1", t.port()))
    t.do(s, "connect", ("255.255.255.255", t.port()))
    six = t.tcp("A", 6)
    t.do(six, "connect", ("2001:db8::1", t.port(), 0, 0))
    t.do(six, "getsockname")


def connect_from_a_bound_port(t: Stage) -> None:
    listener, s, other = t.tcp("B"), t.tcp(), t.tcp()
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 4)
    for client in (s, other):
        t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_REUSEADDR, 1)
        t.do(client, "bind", t.at("any", 2))
    t.do(s, "connect", t.at("B"))
    t.do(s, "getsockname")
    t.do(other, "connect", t.at("B"))
    t.do(listener, "accept")
    t.do(s, "disconnect")
    t.do(s, "getsockname")
    t.do(s, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)


def connect_from_a_bound_address(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "bind", t.at("A", 2))
    t.do(s, "connect", t.at("B"))
    t.do(s, "connect", t.at("B"))
    t.do(s, "getsockname")
    s = t.tcp()
    t.do(s, "bind", t.at("self", 3))
    t.do(s, "getsockname")


def connect_to_oneself(t: Stage) -> None:
    listener, s = t.tcp("A"), t.tcp("A")
    t.do(listener, "bind", t.at("self"))
    t.do(listener, "listen", 4)
    t.do(s, "connect", t.at("any"))
    t.do(s, "getpeername")
    t.do(s, "getsockname", show=lambda name: name[0])
    server = t.do(listener, "accept", show=None)
    t.do(s, "send", b"me")
    t.do(server, "recv", 10)


def disconnect_an_established_connection(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"x")
    t.do(client, "disconnect")
    t.do(client, "getpeername")
    t.do(client, "getsockname")
    t.do(client, "recv", 1)
    t.do(client, "recv", 1)
    t.do(server, "recv", 5)
    t.do(server, "recv", 5)
    t.do(server, "recv", 5)


def backlog_full(t: Stage) -> None:
    """A backlog of 1 holds two; the third connects as far as it can see, and no more."""
    listener = t.tcp("B")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 1)
    clients = [t.tcp() for _ in range(3)]
    for client in clients:
        t.do(client, "connect", t.at("B"))
    t.do(listener, "accept")
    t.do(listener, "accept")
    t.do(listener, "accept")


def backlog_zero(t: Stage) -> None:
    listener = t.tcp("B")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 0)
    first, second = t.tcp(), t.tcp()
    t.do(first, "connect", t.at("B"))
    t.do(second, "connect", t.at("B"))
    t.do(listener, "accept")
    t.do(listener, "accept")


def accept_a_connection_that_was_reset(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp()
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B"))
    t.do(client, "send", b"last words")
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    t.do(client, "close")
    server = t.do(listener, "accept")
    t.do(server, "getpeername")
    t.do(server, "recv", 20)
    t.do(server, "recv", 20)
    t.do(server, "recv", 20)


def accept_a_connection_that_was_closed(t: Stage) -> None:
    listener, client = t.tcp("B"), t.tcp()
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 4)
    t.do(client, "connect", t.at("B"))
    t.do(client, "send", b"bye")
    t.do(client, "close")
    server = t.do(listener, "accept")
    t.do(server, "recv", 20)
    t.do(server, "recv", 20)
    t.do(server, "close")


def close_a_listener_with_connections(t: Stage) -> None:
    listener, first, second = t.tcp("B"), t.tcp(), t.tcp()
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "listen", 4)
    t.do(first, "connect", t.at("B"))
    t.do(second, "connect", t.at("B"))
    server = t.do(listener, "accept")
    t.do(listener, "close")
    t.do(second, "recv", 1)
    t.do(second, "recv", 1)
    t.do(first, "send", b"still here")
    t.do(server, "recv", 20)


def calls_on_a_closed_socket(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "close")
    t.do(s, "recv", 1)
    t.do(s, "send", b"x")
    t.do(s, "getsockname")
    t.do(s, "listen", 1)
    t.do(s, "close")
