"""Scripts: the read and write family, flags, out-of-band octets, full buffers, ioctl."""

from __future__ import annotations

from synfin.sockets import constants as c
from tests.sockets.stage import Stage


def send_and_receive(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "recv", 10)
    t.do(client, "send", b"hello")
    t.do(client, "send", b" world")
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 3)
    t.do(server, "recvfrom", 4)
    t.do(server, "recvmsg", 100, 0)
    t.do(server, "recv", 1)
    t.do(server, "sendto", b"ignored address", t.at("nobody"))
    t.do(client, "recv", 100)
    t.do(client, "sendmsg", [b"a", b"bc", b""])
    t.do(server, "recv", 100)


def send_and_receive_v6(t: Stage) -> None:
    client, server = t.pair(6)
    t.do(client, "send", b"six")
    t.do(server, "recvmsg", 2, 100)
    t.do(server, "recv", 2)
    t.do(client, "getsockname", show=lambda name: name[0])
    t.do(server, "getpeername", show=lambda name: name[0])


def nothing_sent_and_nothing_wanted(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"")
    t.do(server, "recv", 0)
    t.do(client, "send", b"x")
    t.do(server, "recv", 0)
    t.do(server, "recv", 0, c.MSG_PEEK)
    t.do(server, "recv", 1)
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(client, "send", b"")
    t.do(server, "recv", 0)


def peek(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "recv", 4, c.MSG_PEEK)
    t.do(client, "send", b"abc")
    t.do(client, "send", b"def")
    t.do(server, "recv", 4, c.MSG_PEEK)
    t.do(server, "recv", 40, c.MSG_PEEK | c.MSG_DONTWAIT)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 2)
    t.do(server, "recv", 40, c.MSG_PEEK)
    t.do(client, "close")
    t.do(server, "recv", 40, c.MSG_PEEK)
    t.do(server, "recv", 40)
    t.do(server, "recv", 40, c.MSG_PEEK)


def peek_at_an_error(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.SOL_SOCKET, c.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    t.do(client, "close")
    t.do(server, "recv", 4, c.MSG_PEEK)
    t.do(server, "recv", 4, c.MSG_PEEK)


def truncate_a_stream(t: Stage) -> None:
    """MSG_TRUNC on a stream throws away what it counts."""
    client, server = t.pair()
    t.do(client, "send", b"abcdef")
    t.do(server, "recv", 2, c.MSG_TRUNC, show=len)
    t.do(server, "recv", 2)
    t.do(server, "recv", 9, c.MSG_TRUNC | c.MSG_PEEK, show=len)
    t.do(server, "recv", 9, c.MSG_TRUNC, show=len)
    t.do(server, "recv", 9, c.MSG_TRUNC, show=len)


def flags_that_change_nothing(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"abc", c.MSG_NOSIGNAL | c.MSG_DONTWAIT | c.MSG_EOR)
    t.do(server, "recv", 10, c.MSG_WAITALL)
    t.do(server, "recv", 10, c.MSG_WAITALL)
    t.do(server, "recv", 10, c.MSG_ERRQUEUE)
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(client, "send", b"x", c.MSG_NOSIGNAL)


def more(t: Stage) -> None:
    """MSG_MORE holds text back until a send without it."""
    client, server = t.pair()
    t.do(client, "send", b"abc", c.MSG_MORE)
    t.do(server, "recv", 10)
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(client, "ioctl", c.SIOCOUTQNSD)
    t.do(client, "send", b"def")
    t.do(server, "recv", 10)
    t.do(client, "send", b"g", c.MSG_MORE)
    t.do(client, "close")
    t.do(server, "recv", 10)


def more_comes_by_itself(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"abc", c.MSG_MORE)
    t.do(server, "recv", 10)
    t.wait(400)
    t.do(server, "recv", 10)


def cork(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_CORK, 1)
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_CORK)
    t.do(client, "send", b"abc")
    t.do(server, "recv", 10)
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_CORK, 0)
    t.do(server, "recv", 10)


def cork_and_nodelay(t: Stage) -> None:
    """Switching Nagle off pushes what is corked, once."""
    client, server = t.pair()
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_CORK, 1)
    t.do(client, "send", b"abc")
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_NODELAY, 1)
    t.do(server, "recv", 10)
    t.do(client, "send", b"def")
    t.do(server, "recv", 10)
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_CORK, 0)
    t.do(server, "recv", 10)


def cork_and_a_full_segment(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_CORK, 1)
    t.do(client, "send", bytes(1448 + 100))
    t.do(server, "recv", 5000, show=len)
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(server, "recv", 5000, show=len)
    t.do(server, "recv", 5000, show=len)


def full_buffers(t: Stage) -> None:
    client, server = t.pair()
    t.fill(client)
    t.do(client, "send", b"x")
    t.do(client, "send", b"")
    t.empty(server)
    t.do(client, "send", b"x")
    t.do(server, "recv", 10)


def full_buffers_and_a_reset(t: Stage) -> None:
    client, server = t.pair()
    t.fill(client)
    t.do(server, "close")
    t.do(client, "send", b"x")
    t.do(client, "send", b"x")
    t.do(client, "recv", 1)


def full_buffers_and_a_half_close(t: Stage) -> None:
    client, server = t.pair()
    sent = t.fill(client)
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(client, "send", b"x")
    t.do(client, "recv", 1)
    got = t.empty(server)
    t.lines.append(f"all of it: {sent == got}")
    t.do(server, "recv", 1)
    t.do(server, "close")
    t.do(client, "recv", 1)


def queue_sizes(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", bytes(1000))
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(client, "ioctl", c.SIOCOUTQNSD)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 400)
    t.do(server, "ioctl", c.FIONREAD)
    t.do(client, "shutdown", c.SHUT_WR)
    t.wait(60)  # the ACK of a FIN may be delayed
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "ioctl", 0x1234)


def tcp_inq(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "setsockopt", c.IPPROTO_TCP, c.TCP_INQ, 1)
    t.do(server, "getsockopt", c.IPPROTO_TCP, c.TCP_INQ)
    t.do(client, "send", b"0123456789")
    t.do(server, "recvmsg", 4, 64)
    t.do(server, "recvmsg", 4, 64)
    t.do(server, "recvmsg", 4, 64)
    t.do(client, "shutdown", c.SHUT_WR)
    t.do(server, "recvmsg", 4, 64)


def out_of_band(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(client, "send", b"abc")
    t.do(client, "send", b"de!", c.MSG_OOB)
    t.do(server, "ioctl", c.SIOCATMARK)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 1, c.MSG_OOB | c.MSG_PEEK)
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(server, "recv", 2)
    t.do(server, "recv", 100)
    t.do(server, "ioctl", c.SIOCATMARK)
    t.do(client, "send", b"fgh")
    t.do(server, "ioctl", c.SIOCATMARK)
    t.do(server, "recv", 100)
    t.do(server, "ioctl", c.SIOCATMARK)


def out_of_band_skipped(t: Stage) -> None:
    """Who reads on without taking it loses it."""
    client, server = t.pair()
    t.do(client, "send", b"a!", c.MSG_OOB)
    t.do(client, "send", b"bc")
    t.do(server, "recv", 100, c.MSG_PEEK)
    t.do(server, "recv", 100)
    t.do(server, "recv", 100, c.MSG_PEEK)
    t.do(server, "recv", 100)
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(server, "recv", 100)


def out_of_band_alone(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"!", c.MSG_OOB)
    t.do(server, "recv", 100)
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(client, "send", b"x")
    t.do(server, "recv", 100)


def out_of_band_inline(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "setsockopt", c.SOL_SOCKET, c.SO_OOBINLINE, 1)
    t.do(client, "send", b"ab!", c.MSG_OOB)
    t.do(client, "send", b"cd")
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(server, "recv", 100)
    t.do(server, "ioctl", c.SIOCATMARK)
    t.do(server, "recv", 100)
    t.do(server, "recv", 100)


def out_of_band_twice(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"a1", c.MSG_OOB)
    t.do(client, "send", b"b2", c.MSG_OOB)
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(server, "recv", 100)
    t.do(server, "recv", 100)


def out_of_band_and_the_end(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "send", b"ab!", c.MSG_OOB)
    t.do(client, "close")
    t.do(server, "recv", 1, c.MSG_OOB)
    t.do(server, "recv", 100)
    t.do(server, "recv", 100)
    t.do(server, "recv", 1, c.MSG_OOB)


def out_of_band_before_connecting(t: Stage) -> None:
    s = t.tcp()
    t.do(s, "send", b"!", c.MSG_OOB)
    t.do(s, "connect", t.at("nobody"))
    t.do(s, "send", b"!", c.MSG_OOB)
    t.do(s, "recv", 1, c.MSG_OOB)


def low_water_mark(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "setsockopt", c.SOL_SOCKET, c.SO_RCVLOWAT, 4)
    t.do(server, "getsockopt", c.SOL_SOCKET, c.SO_RCVLOWAT)
    t.do(client, "send", b"abc")
    t.do(client, "send", b"d")
    t.do(server, "recv", 2)
    t.do(server, "recv", 10)
    t.do(client, "send", b"e")
    t.do(client, "close")
    t.do(server, "recv", 10)


def unsent_low_water_mark(t: Stage) -> None:
    client, server = t.pair()
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_NOTSENT_LOWAT, 20_000)
    t.do(client, "getsockopt", c.IPPROTO_TCP, c.TCP_NOTSENT_LOWAT)
    t.fill(client)
    t.do(client, "ioctl", c.SIOCOUTQNSD, show=lambda count: count >= 20_000)
    t.empty(server)
    t.wait(60)
    t.do(client, "send", b"x")


def quick_acknowledgment(t: Stage) -> None:
    client, server = t.pair()
    t.do(server, "getsockopt", c.IPPROTO_TCP, c.TCP_QUICKACK)
    t.do(client, "send", b"a")
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(server, "setsockopt", c.IPPROTO_TCP, c.TCP_QUICKACK, 0)
    t.do(server, "getsockopt", c.IPPROTO_TCP, c.TCP_QUICKACK)
    t.do(client, "send", b"b")
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(server, "recv", 10)
    t.do(client, "ioctl", c.SIOCOUTQ)
    t.do(server, "setsockopt", c.IPPROTO_TCP, c.TCP_QUICKACK, 1)
    t.do(client, "ioctl", c.SIOCOUTQ)


def nagle(t: Stage) -> None:
    """The second small write waits for the ACK of the first, which is delayed, unless Nagle is off."""
    client, server = t.pair()
    t.do(server, "setsockopt", c.IPPROTO_TCP, c.TCP_QUICKACK, 0)
    t.do(client, "send", b"a")
    t.do(client, "send", b"b")
    t.do(server, "ioctl", c.SIOCINQ)
    t.do(client, "setsockopt", c.IPPROTO_TCP, c.TCP_NODELAY, 1)
    t.do(server, "recv", 10)


def fast_open_with_a_cookie(t: Stage) -> None:
    """The first connection asks for the cookie, the second uses it."""
    listener = t.tcp("B")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN, 5)
    t.do(listener, "getsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN)
    t.do(listener, "listen", 5)
    for _ in range(2):
        client = t.tcp()
        t.do(client, "sendto", b"early", t.at("B"), c.MSG_FASTOPEN)
        t.do(client, "sendto", b"early", t.at("B"), c.MSG_FASTOPEN)
        server = t.do(listener, "accept")
        t.do(server, "recv", 10)
        t.do(client, "send", b"late")
        t.do(server, "recv", 10)
        t.do(server, "close")
        t.do(client, "close")


def fast_open_connect(t: Stage) -> None:
    listener = t.tcp("B")
    t.do(listener, "bind", t.at("any"))
    t.do(listener, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN, 5)
    t.do(listener, "listen", 5)
    first = t.tcp()
    t.do(first, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN_CONNECT, 1)
    t.do(first, "connect", t.at("B"))
    t.do(first, "connect", t.at("B"))
    t.do(first, "close")
    t.do(listener, "accept")
    second = t.tcp()
    t.do(second, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN_CONNECT, 1)
    t.do(second, "getsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN_CONNECT)
    t.do(second, "connect", t.at("B"))
    t.do(second, "connect", t.at("B"))
    t.do(second, "recv", 10)
    t.do(second, "send", b"early")
    server = t.do(listener, "accept")
    t.do(server, "recv", 10)
    t.do(second, "setsockopt", c.IPPROTO_TCP, c.TCP_FASTOPEN_CONNECT, 0)
