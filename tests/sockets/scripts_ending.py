"""Scripts: shutdown in all orders, half-close, resets, linger, errors that are told once."""

from __future__ import annotations

from synfin.sockets import constants as c
from tests.sockets.stage import Stage

NO_LINGER = b"\1\0\0\0\0\0\0\0"


def close_active_and_passive(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(server, "recv", 1)
    t.do(server, "getpeername")
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(client, "getpeername")
    t.do(server, "getpeername")
    t.do(client, "recv", 1)
    t.do(client, "recv", 1)
    t.do(client, "send", b"x")
    t.do(server, "send", b"x")
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(client, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(server, "ioctl", c.SIOCOUTQ)


def half_close(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"question")
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(client, "send", b"x")
    t.do(server, "recv", 4)
    t.do(server, "recv", 40)
    t.do(server, "recv", 40)
    t.do(server, "send", b"answer")
    t.do(client, "recv", 40)
    t.do(client, "recv", 40)
    t.do(server, "close")
    t.do(client, "recv", 40)
    t.do(client, "close")


def shutdown_twice(t: Stage) -> None:
    client, server = t.pair()
    for how in (c.SHUT_WR, c.SHUT_WR, c.SHUT_RDWR, c.SHUT_RD):
        t.do(client, "shutdown", how)
    for how in (c.SHUT_RD, c.SHUT_RDWR, c.SHUT_WR):
        t.do(server, "shutdown", how)


def shutdown_read(t: Stage) -> None:
    """Text that comes all the same is still read; only waiting is over."""
    client, server = t.pair()
    t.do(server, "shutdown", c.SHUT_RD)
    t.do(server, "recv", 10)
    t.do(client, "send", b"all the same")
    t.do(server, "recv", 4)
    t.do(server, "recv", 40)
    t.do(server, "recv", 40)
    t.do(server, "send", b"writing goes on")
    t.do(client, "recv", 40)


def shutdown_read_then_write(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "shutdown", c.SHUT_RD)
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(server, "recv", 10)
    t.do(client, "recv", 10)
    t.do(client, "send", b"into the void")
    t.do(client, "send", b"again")
    t.do(client, "recv", 10)
    t.do(server, "recv", 10)
    t.do(server, "recv", 10)


def shutdown_both_at_once(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "shutdown", c.SHUT_RDWR)
    t.do(client, "recv", 1)
    t.do(client, "send", b"x")
    t.do(server, "recv", 1)
    t.do(server, "shutdown", c.SHUT_RDWR)
    t.do(client, "shutdown", c.SHUT_RDWR)
    t.do(server, "shutdown", c.SHUT_RDWR)


def simultaneous_shutdown(t: Stage) -> None:
    client, server = t.pair()
    t.quiet(client, "shutdown", c.SHUT_WR)
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(client, "recv", 1)
    t.do(server, "recv", 1)


def shutdown_with_text_unread(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"unread")
    t.do(server, "shutdown", c.SHUT_RDWR)
    t.do(client, "recv", 10)
    t.do(server, "recv", 3)
    t.do(client, "close")
    t.do(server, "recv", 10)
    t.do(server, "recv", 10)


def close_with_text_unread(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"unread")
    t.do(server, "close")
    t.do(client, "send", b"x")
    t.do(client, "send", b"x")
    t.do(client, "recv", 1)


def close_with_text_unread_told_by_recv(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"unread")
    t.do(server, "close")
    t.do(client, "recv", 1)
    t.do(client, "recv", 1)
    t.do(client, "send", b"x")
    t.do(client, "getpeername")
    t.do(client, "getsockname", show=lambda name: name[0])
    t.do(client, "shutdown", c.SHUT_RDWR)


def text_after_close(t: Stage) -> None:
    """The first write draws a RST, which comes to a socket in CLOSE_WAIT: EPIPE, and reading ends well."""
    client, server = t.pair()
    t.do(server, "close")
    t.do(client, "send", b"one")
    t.do(client, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(client, "send", b"two")
    t.do(client, "recv", 1)
    t.do(client, "recv", 1)


def text_after_close_told_by_recv(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "send", b"last")
    t.do(server, "close")
    t.do(client, "send", b"one")
    t.do(client, "recv", 10)
    t.do(client, "recv", 10)
    t.do(client, "send", b"two")
    t.do(client, "send", b"two")


def linger_zero(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "send", b"text")
    t.do(client, "close")
    t.do(server, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(server, "recv", 10)
    t.do(server, "recv", 10)
    t.do(server, "send", b"x")


def linger_zero_told_by_recv(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"text")
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "close")
    t.do(server, "recv", 2)
    t.do(server, "recv", 10)
    t.do(server, "recv", 10)
    t.do(server, "recv", 10)
    t.do(server, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)


def linger_zero_told_by_send(t: Stage) -> None:
    client, server = t.pair(6)
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "close")
    t.do(server, "send", b"x")
    t.do(server, "send", b"x")
    t.do(server, "recv", 1)


def linger_zero_after_shutdown(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "close")
    t.do(server, "recv", 1)
    t.do(server, "send", b"x")
    t.do(server, "send", b"x")


def linger_zero_in_close_wait(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "close")
    t.do(server, "recv", 1)
    t.do(server, "recv", 1)
    t.do(server, "send", b"x")


def linger_with_time(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, b"\1\0\0\0\5\0\0\0")
    t.do(client, "getsockopt", c.SOL_SOCKET, c.SO_LINGER, 8)
    t.do(client, "send", b"text")
    t.do(client, "close")
    t.do(server, "recv", 10)
    t.do(server, "recv", 10)


def reset_while_in_last_ack(t: Stage) -> None:
    """Both have closed their direction; the first to close vanishes by a reset."""
    client, server = t.pair()
    t.do(client, "shutdown", c.SHUT_WR)
    t.fill(server)
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "close")
    t.do(server, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(server, "recv", 1)
    t.do(server, "send", b"x")


def fin_behind_unread_text(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"0123456789")
    t.do(client, "close")
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 5)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 5)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 5)
    t.do(server, "recv", 0)
    t.do(server, "send", b"x")
    t.do(server, "send", b"x")


def error_by_so_error_then_calls(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(client, "close")
    t.do(server, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(server, "getsockopt", c.SOL_SOCKET, c.SO_ERROR)
    t.do(server, "recv", 1)
    t.do(server, "connect", t.at("A", 3))
    t.do(server, "disconnect")
    t.do(server, "recv", 1)
    t.do(server, "getsockname")


def connect_again_after_reset(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, NO_LINGER)
    t.do(server, "close")
    t.do(client, "connect", t.at("B", 3))
    t.do(client, "disconnect")
    t.do(client, "connect", t.at("B", 3))
    t.do(client, "connect", t.at("B", 3))


def time_wait_is_nobodys(t: Stage) -> None:
    """The one that closed first still holds its socket."""
    client, server = t.pair()
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(server, "close")
    t.do(client, "recv", 1)
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(client, "getpeername")
    t.do(client, "shutdown", c.SHUT_RDWR)
    t.do(client, "listen", 1)
    t.do(client, "connect", t.at("B"))
    t.do(client, "disconnect")
    t.do(client, "getsockname")
    t.do(client, "listen", 1)


def states_in_tcp_info(t: Stage) -> None:
    fresh, listener = t.tcp(), t.tcp("B")
    t.do(fresh, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(listener, "listen", 1)
    t.do(listener, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(fresh, "connect", t.at("nobody"))
    t.do(fresh, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    client, server = t.pair()
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(client, "shutdown", c.SHUT_WR)
    t.wait(60)  # the ACK of a FIN may be delayed
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(server, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(server, "shutdown", c.SHUT_WR)
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
    t.do(server, "getsockopt", c.IPPROTO_TCP, c.TCP_INFO, 1)
