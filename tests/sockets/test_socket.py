"""Our sockets by themselves: what the comparison with the kernel cannot show, or shows in hours only."""

from __future__ import annotations

import errno
import struct

import pytest

from synfin.errors import UsageError
from synfin.sockets import Socket, pack_info, poll
from synfin.sockets import constants as c
from synfin.sockets.errors import failure
from synfin.sockets.ports import Claim, PortTable, overlap
from synfin.sockets.sockaddr import parse, present
from synfin.tcp import State
from synfin.tcp.info import TcpInfo
from synfin.wire.addresses import ANY_V4, ANY_V6, Endpoint, parse_address
from tests.sockets.support import PORT, A, B, Net, fails

EVERY = c.POLLIN | c.POLLOUT | c.POLLPRI | c.POLLRDHUP


def test_the_errors_are_the_subclasses_that_programs_catch() -> None:
    assert isinstance(failure(errno.EAGAIN), BlockingIOError)
    assert isinstance(failure(errno.EINPROGRESS), BlockingIOError)
    assert isinstance(failure(errno.EPIPE), BrokenPipeError)
    assert isinstance(failure(errno.ETIMEDOUT), TimeoutError)
    assert failure(errno.ECONNREFUSED).strerror == "Connection refused"


def test_socket_refuses_what_there_is_not() -> None:
    net = Net()
    with fails(errno.EAFNOSUPPORT):
        net.a.socket(1, c.SOCK_STREAM)
    with fails(errno.ESOCKTNOSUPPORT):
        net.a.socket(c.AF_INET, 3)
    with fails(errno.EPROTONOSUPPORT):
        net.a.socket(c.AF_INET, c.SOCK_STREAM, c.IPPROTO_UDP)
    made = net.a.socket(c.AF_INET6, c.SOCK_DGRAM | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC, c.IPPROTO_UDP)
    assert (made.family, made.type, made.protocol) == (c.AF_INET6, c.SOCK_DGRAM, c.IPPROTO_UDP)


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (c.AF_INET, "10.0.0.1"), (c.AF_INET, ("10.0.0.1",)), (c.AF_INET, ("10.0.0.1", 1, 0, 0)),
        (c.AF_INET, ("10.0.0.1", 65_536)), (c.AF_INET, ("10.0.0.1", "80")), (c.AF_INET, ("localhost", 80)),
        (c.AF_INET6, ("::1", 1, 0, 0, 0)), (c.AF_INET6, (b"::1", 1)),
    ],
)  # fmt: skip
def test_what_is_no_address_is_a_usage_error(family: int, address: object) -> None:
    with pytest.raises(UsageError):
        parse(family, address)


def test_addresses_both_ways() -> None:
    four, six = parse_address("192.0.2.1"), parse_address("2001:db8::1")
    assert parse(c.AF_INET, ("", 5)) == Endpoint(ANY_V4, 5)
    assert parse(c.AF_INET6, ("", 5)) == Endpoint(ANY_V6, 5)
    assert parse(c.AF_INET6, ("fe80::1%eth0", 5, 0, 2)) == Endpoint(parse_address("fe80::1"), 5)
    assert parse(c.AF_INET6, ("::ffff:192.0.2.1", 5)) == Endpoint(four, 5)
    assert present(c.AF_INET, Endpoint(four, 5)) == ("192.0.2.1", 5)
    assert present(c.AF_INET6, Endpoint(four, 5)) == ("::ffff:192.0.2.1", 5, 0, 0)
    assert present(c.AF_INET6, Endpoint(six, 5)) == ("2001:db8::1", 5, 0, 0)
    with fails(errno.EAFNOSUPPORT):
        parse(c.AF_INET, ("2001:db8::1", 5))
    with fails(errno.EINVAL):
        parse(c.AF_INET6, ("192.0.2.1", 5))


def test_which_addresses_overlap() -> None:
    one, other, six = parse_address("192.0.2.1"), parse_address("192.0.2.2"), parse_address("2001:db8::1")
    assert overlap(one, one)
    assert overlap(one, ANY_V4)
    assert overlap(None, six)
    assert not overlap(one, other)
    assert not overlap(ANY_V4, ANY_V6)
    assert not overlap(six, ANY_V4)


def test_dead_claims_do_not_pile_up() -> None:
    """Law 9: as many as twice the living ones, and some."""
    table = PortTable()
    kept = Claim(ANY_V4, False)
    table.claim(1, kept)
    for port in range(5_000):
        claim = Claim(ANY_V4, False)
        table.claim(2 + port % 1_000, claim)
        claim.held = False
    assert len(table) <= 300
    assert table.conflict(1, ANY_V4, True)
    assert not table.conflict(2, ANY_V4, False)


def test_connect_times_out() -> None:
    """[MUST-23]: nobody answers; the error is told once, and the socket can try again."""
    net = Net()
    net.world.partition(*net.nodes)
    client = net.a.tcp()
    with fails(errno.EINPROGRESS):
        client.connect((B, PORT))
    net.run(100_000)
    assert client.poll(EVERY) == 0
    with fails(errno.EALREADY):
        client.connect((B, PORT))
    net.run(60_000)
    assert client.poll(EVERY) == c.POLLIN | c.POLLOUT | c.POLLERR | c.POLLHUP | c.POLLRDHUP
    with fails(errno.ETIMEDOUT):
        client.connect((B, PORT))
    with fails(errno.EINPROGRESS):
        client.connect((B, PORT))


def test_fewer_syns_give_up_earlier() -> None:
    """TCP_SYNCNT."""
    net = Net()
    net.world.partition(*net.nodes)
    times = []
    for count in (1, 3):
        client = net.a.tcp()
        client.setsockopt(c.IPPROTO_TCP, c.TCP_SYNCNT, count)
        start = net.world.now
        with fails(errno.EINPROGRESS):
            client.connect((B, PORT))
        net.until(lambda client=client: client.poll(c.POLLERR), ms=200_000)
        times.append((net.world.now - start) // 1_000_000_000)
        assert client.take_error() == errno.ETIMEDOUT
    assert times[0] < times[1] < 60


def test_an_established_connection_times_out() -> None:
    """[SHLD-11]: what was sent is never acknowledged; reading tells once, then the end, and writing fails."""
    net = Net()
    client, _ = net.pair()
    net.world.partition(*net.nodes)
    client.send(b"anybody?")
    net.run(300_000)
    assert client.take_error() == 0  # R1 was reached long ago, but that is not told on this way
    net.run(1_200_000)
    with fails(errno.ETIMEDOUT):
        client.recv(1)
    assert client.recv(1) == b""
    with fails(errno.EPIPE):
        client.send(b"x")


def test_keep_alive_finds_the_peer_gone() -> None:
    """[MUST-26]: SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT."""
    net = Net()
    client, _ = net.pair()
    for option, value in ((c.TCP_KEEPIDLE, 10), (c.TCP_KEEPINTVL, 5), (c.TCP_KEEPCNT, 2)):
        client.setsockopt(c.IPPROTO_TCP, option, value)
    client.setsockopt(c.SOL_SOCKET, c.SO_KEEPALIVE, 1)
    net.run(60_000)
    assert client.poll(EVERY) == c.POLLOUT
    net.world.partition(*net.nodes)
    net.run(60_000)
    assert client.take_error() == errno.ETIMEDOUT


def test_a_soft_error_is_told_by_so_error_and_ends_nothing() -> None:
    """[SHLD-25]: what ICMP has said; and it is what a time-out then reports."""
    net = Net()
    client, _ = net.pair()
    net.world.partition(*net.nodes)
    client.send(b"x")
    net.run(1)
    connection = client.connection
    assert connection is not None
    connection.icmp_error("host-unreachable", connection.tcb.snd_una & 0xFFFF_FFFF, net.world.now)
    net.run(1)
    assert client.poll(c.POLLERR) == 0
    assert client.take_error() == errno.EHOSTUNREACH
    assert client.take_error() == 0
    net.run(20_000)
    connection.icmp_error("host-unreachable", connection.tcb.snd_una & 0xFFFF_FFFF, net.world.now)
    net.run(1_500_000)
    with fails(errno.EHOSTUNREACH):
        client.recv(1)


def test_close_with_linger_waits_until_all_is_acknowledged() -> None:
    """[SHLD-3]: close() itself returns at once; `lingering` is what a blocking close waits for."""
    net = Net(delay="100ms")
    client, server = net.pair()
    client.setsockopt(c.SOL_SOCKET, c.SO_LINGER, struct.pack("<ii", 1, 5))
    client.send(b"x" * 1000)
    client.close()
    assert client.config.linger_ms == 5_000
    assert client.lingering
    net.run(150)
    assert client.lingering
    net.run(200)
    assert not client.lingering
    assert server.recv(2000) == b"x" * 1000


def test_watchers_hear_what_it_is_about() -> None:
    net = Net()
    client, server = net.pair()
    told: list[int] = []

    def watcher(socket: Socket, bits: int) -> None:
        assert socket is server
        told.append(bits)

    server.watch(watcher)
    client.send(b"a")
    net.run()
    client.send(b"b")
    net.run()
    assert [bits & c.POLLIN for bits in told] == [c.POLLIN, c.POLLIN]
    client.shutdown(c.SHUT_WR)
    net.run()
    assert told[2:] == [0]
    server.close()
    assert told[3:] == [c.POLLNVAL]
    server.unwatch(watcher)
    server.unwatch(watcher)


def test_a_watcher_may_call_the_socket() -> None:
    """It reads as it is told, and leaves by itself."""
    net = Net()
    client, server = net.pair()
    got: list[bytes] = []

    def reader(socket: Socket, bits: int) -> None:
        while socket.poll(c.POLLIN):
            text = socket.recv(3)
            if not text:
                socket.unwatch(reader)
                socket.close()
                return
            got.append(text)

    server.watch(reader)
    client.send(b"abcdefg")
    client.shutdown(c.SHUT_WR)
    net.run(200)
    assert b"".join(got) == b"abcdefg"
    assert server.closed
    assert client.poll(c.POLLRDHUP) == c.POLLRDHUP | c.POLLHUP


def test_room_is_told_after_a_short_write() -> None:
    net = Net()
    client, server = net.pair()
    told: list[int] = []
    client.watch(lambda socket, bits: told.append(bits))
    with fails(errno.EAGAIN):
        while True:
            client.send(bytes(100_000))
            net.run(100)
    assert client.poll(c.POLLOUT) == 0
    told.clear()
    while server.poll(c.POLLIN):
        server.recv(1 << 20)
        net.run(20)
    assert any(bits & c.POLLOUT for bits in told)
    assert client.poll(c.POLLOUT) == c.POLLOUT


def test_room_is_told_after_a_write_that_fits_exactly() -> None:
    """No write came short, and nobody has polled: an edge-triggered program waits all the same."""
    net = Net()
    client, server = net.pair()
    told: list[int] = []
    client.watch(lambda socket, bits: told.append(bits))
    size = client.config.send_buffer_bytes
    assert client.send(bytes(size)) == size
    got = 0
    while got < size:
        net.run(20)
        got += len(server.recv(1 << 20)) if server.poll(c.POLLIN) else 0
    net.run(200)
    assert any(bits & c.POLLOUT for bits in told)


def test_the_segment_size_of_a_live_connection_stays() -> None:
    """TCP_MAXSEG after the handshake is kept, and does nothing, as on Linux."""
    net = Net()
    client, server = net.pair()
    before = client.connection.tcb.mss
    client.setsockopt(c.IPPROTO_TCP, c.TCP_MAXSEG, 100)
    assert client.connection.tcb.mss == before
    client.send(bytes(1_000))
    net.run(100)
    assert len(server.recv(1 << 20)) == 1_000
    assert client.connection.info().data_segs_out == 1


def test_a_fin_that_waits_is_counted() -> None:
    """SIOCOUTQ: the FIN is one more octet, as soon as shutdown() was called."""
    net = Net()
    client, _ = net.pair()
    net.world.partition(*net.nodes)
    client.send(bytes(100_000))
    net.run(5)
    before = [client.ioctl(request) for request in (c.SIOCOUTQ, c.SIOCOUTQNSD)]
    assert before[0] == 100_000 > before[1] > 0
    client.shutdown(c.SHUT_WR)
    assert [client.ioctl(request) for request in (c.SIOCOUTQ, c.SIOCOUTQNSD)] == [100_001, before[1] + 1]


def test_a_low_water_mark_set_late_is_told_as_well() -> None:
    """TCP_NOTSENT_LOWAT makes a socket unwritable; from then on it is told when it is writable again."""
    net = Net()
    client, server = net.pair()
    client.send(bytes(100_000))
    assert client.poll(c.POLLOUT) == c.POLLOUT
    client.setsockopt(c.IPPROTO_TCP, c.TCP_NOTSENT_LOWAT, 5_000)
    assert client.poll(c.POLLOUT) == 0
    told: list[int] = []
    client.watch(lambda socket, bits: told.append(bits))
    net.run(100)
    while server.poll(c.POLLIN):
        server.recv(1 << 20)
        net.run(20)
    assert any(bits & c.POLLOUT for bits in told)
    assert client.poll(c.POLLOUT) == c.POLLOUT


def test_undoing_a_connection_leaves_its_time_wait() -> None:
    """[MUST-13]: TIME_WAIT belongs to the host, not to the socket."""
    net = Net()
    client, server = net.pair()
    client.shutdown(c.SHUT_WR)
    net.run()
    server.close()
    net.run()
    client.connect(None)
    net.run()
    assert len(net.nodes[0].host.time_wait) == 1


def test_polling_a_list() -> None:
    net = Net()
    client, server = net.pair()
    client.send(b"x")
    net.run()
    assert poll([(client, c.POLLIN), (server, c.POLLIN), (client, c.POLLOUT)]) == [
        (server, c.POLLIN),
        (client, c.POLLOUT),
    ]
    server.close()
    assert poll([(server, 0)]) == [(server, c.POLLNVAL)]


def test_time_wait_frees_the_port_in_the_end() -> None:
    """[MUST-13]: after 2MSL a port may be bound without SO_REUSEADDR."""
    net = Net()
    client, server = net.pair()
    server.close()
    net.run()
    client.close()
    net.run()
    late = net.b.tcp()
    with fails(errno.EADDRINUSE):
        late.bind(("", PORT))
    net.run(61_000)
    late.bind(("", PORT))


def test_connections_take_ports_that_nobody_has_bound() -> None:
    """[RFC6056-06]: with a range of four ports, three of them bound."""
    from synfin.host import HostConfig
    from synfin.lab.world import World
    from synfin.sockets import Sockets

    world = World(seed=1)
    node = world.host("A", config=HostConfig(ephemeral_port_first=5_000, ephemeral_port_last=5_003))
    other = world.host("B")
    world.link(node, other, addresses=([f"{A}/24"], [f"{B}/24"]))
    sockets = Sockets(node.host, lambda: world.now, node.wake)
    bound = []
    for port in (5_000, 5_001, 5_003):
        bound.append(sockets.tcp())
        bound[-1].bind(("", port))
    client = sockets.tcp()
    with fails(errno.EINPROGRESS):
        client.connect((B, 80))
    assert client.getsockname() == (A, 5_002)
    with fails(errno.EADDRNOTAVAIL):
        sockets.tcp().bind(("", 0))
    bound[0].close()
    last = sockets.tcp()
    last.bind(("", 0))
    assert last.getsockname()[1] == 5_000


def test_port_zero_cannot_be_connected_to() -> None:
    net = Net()
    with fails(errno.EADDRNOTAVAIL):
        net.a.tcp().connect((B, 0))


def test_options_reach_the_wire() -> None:
    """IP_TTL, IP_TOS, TCP_MAXSEG and SO_RCVBUF as the SYN shows them."""
    net = Net()
    client = net.a.tcp()
    client.setsockopt(c.IPPROTO_IP, c.IP_TTL, 9)
    client.setsockopt(c.IPPROTO_IP, c.IP_TOS, 0x10)
    client.setsockopt(c.IPPROTO_TCP, c.TCP_MAXSEG, 600)
    client.setsockopt(c.SOL_SOCKET, c.SO_RCVBUF, 70_000)
    frames: list[bytes] = []
    net.cable.tap = lambda now, host, kind, data, rule: frames.append(data)
    with fails(errno.EINPROGRESS):
        client.connect((B, PORT))
    net.run(1)
    packet = frames[0]
    assert packet[1] == 0x10
    assert packet[8] == 9
    assert packet[40:44] == bytes([2, 4, 600 >> 8, 600 & 255])
    connection = client.connection
    assert connection is not None
    assert connection.tcb.receive_window.capacity == 70_000
    assert client.config.window_scale == 1


def test_a_buffer_that_was_asked_for_does_not_grow() -> None:
    """SO_RCVBUF and SO_SNDBUF: the size is fixed, and what is told is the size of now."""
    net = Net()
    client, _ = net.pair()
    client.configure(send_buffer_max_bytes=1_000_000, receive_buffer_max_bytes=2_000_000)
    assert client.connection is not None
    tcb = client.connection.tcb
    tcb.send_buffer.limit, tcb.receive_window.capacity = 300_000, 400_000  # as they have grown
    assert client.getsockopt(c.SOL_SOCKET, c.SO_SNDBUF) == 600_000
    assert client.getsockopt(c.SOL_SOCKET, c.SO_RCVBUF) == 800_000
    client.setsockopt(c.IPPROTO_TCP, c.TCP_NODELAY, 1)
    assert client.getsockopt(c.SOL_SOCKET, c.SO_SNDBUF) == 600_000
    for option in (c.SO_SNDBUF, c.SO_RCVBUF):
        client.setsockopt(c.SOL_SOCKET, option, 50_000)
        assert client.getsockopt(c.SOL_SOCKET, option) == 100_000
    assert tcb.config.send_buffer_max_bytes is tcb.config.receive_buffer_max_bytes is None
    assert tcb.room() == 50_000


def test_the_accept_queue_hands_out_in_order() -> None:
    net = Net()
    listener = net.listener()
    clients = [net.a.tcp() for _ in range(3)]
    for client in clients:
        with fails(errno.EINPROGRESS):
            client.connect((B, PORT))
        net.run()
    assert [listener.accept()[1] for _ in clients] == [client.getsockname() for client in clients]


def test_tcp_info_has_the_layout_of_linux() -> None:
    """Each field where C has it: the 64-bit ones are aligned without padding."""
    info = pack_info(TcpInfo(state=1, snd_wscale=7, rcv_wscale=8, rto=0x102_0304, total_rto_time=5, bytes_acked=2**40))
    assert len(info) == 248
    assert info[0] == 1
    assert info[6] == 0x87
    assert info[8:12] == b"\4\3\2\1"
    assert struct.unpack_from("<Q", info, 120) == (2**40,)
    assert struct.unpack_from("<I", info, 244) == (5,)
    huge = pack_info(TcpInfo(retransmits=1_000, snd_wnd=1 << 40))
    assert huge[2] == 255
    assert struct.unpack_from("<I", huge, 228) == (0xFFFF_FFFF,)


def test_send_takes_octets_only() -> None:
    net = Net()
    client, server = net.pair()
    assert client.send(memoryview(b"view")) == 4  # type: ignore[arg-type]
    assert client.send(bytearray(b"array")) == 5
    with pytest.raises(UsageError):
        client.send("text")  # type: ignore[arg-type]
    with fails(errno.EINVAL):
        client.sendmsg([b"x"], [(1, 1, b"")])
    net.run()
    assert server.recv(20) == b"viewarray"


def test_states_seen_by_the_owner() -> None:
    net = Net()
    client, server = net.pair()
    assert client.tcp_state is State.ESTABLISHED
    client.shutdown(c.SHUT_WR)
    net.run()
    assert (client.tcp_state, server.tcp_state) == (State.FIN_WAIT_2, State.CLOSE_WAIT)
    server.close()
    net.run()
    assert client.tcp_state is State.CLOSED
    assert client.connection is not None
    assert client.connection.state is State.TIME_WAIT


def test_the_congestion_control_of_a_live_connection_can_be_changed() -> None:
    """TCP_CONGESTION: by Linux's names; the window is taken over; what listens hands its own on."""
    net = Net()
    server = net.b.socket(c.AF_INET, c.SOCK_STREAM)
    server.bind((B, PORT))
    server.listen(5)
    server.setsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, b"bbr")
    client = net.a.socket(c.AF_INET, c.SOCK_STREAM)
    assert client.getsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, 16).rstrip(b"\0") == b"cubic"
    with fails(errno.EINPROGRESS):
        client.connect((B, PORT))
    net.run()
    accepted, _ = server.accept()
    assert accepted.getsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, 16) == b"bbr".ljust(16, b"\0")
    client.send(b"x" * 100_000)
    net.run(10)
    window = client.connection.info().snd_cwnd
    assert window > 10
    for name, ours in ((b"reno\0", "newreno"), (b"dctcp", "dctcp"), (b"bbr", "bbr"), (b"cubic", "cubic")):
        client.setsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, name)
        assert client.connection.tcb.congestion.name == ours
        assert client.connection.info().snd_cwnd == window
    with fails(errno.ENOENT):
        client.setsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, b"nonsense")


def test_what_an_algorithm_tells_of_itself() -> None:
    """TCP_CC_INFO: of BBR rate, round-trip time and gains, of DCTCP its alpha; nothing of the others."""
    net = Net()
    server = net.b.socket(c.AF_INET, c.SOCK_STREAM)
    server.bind((B, PORT))
    server.listen(5)
    client = net.a.socket(c.AF_INET, c.SOCK_STREAM)
    client.setsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, b"bbr")
    assert client.getsockopt(c.IPPROTO_TCP, c.TCP_CC_INFO, 20) == b""
    with fails(errno.EINPROGRESS):
        client.connect((B, PORT))
    net.run()
    client.send(b"x" * 50_000)
    net.run()
    low, high, trip, pacing, window = struct.unpack("<5I", client.getsockopt(c.IPPROTO_TCP, c.TCP_CC_INFO, 20))
    assert low > 1_000_000
    assert high == 0
    assert 2_000 <= trip < 2_100
    assert (pacing, window) == (277 * 256 // 100, 512)
    client.setsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, b"dctcp")
    assert struct.unpack("<HHI", client.getsockopt(c.IPPROTO_TCP, c.TCP_CC_INFO, 8)) == (1, 0, 1_024)
    client.setsockopt(c.IPPROTO_TCP, c.TCP_CONGESTION, b"cubic")
    assert client.getsockopt(c.IPPROTO_TCP, c.TCP_CC_INFO, 20) == b""


def test_the_largest_pacing_rate_is_an_int_or_a_long() -> None:
    """SO_MAX_PACING_RATE: all ones is no limit."""
    net = Net()
    s = net.a.socket(c.AF_INET, c.SOCK_STREAM)
    assert s.getsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE) == -1
    assert s.getsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE, 8) == b"\xff" * 8
    s.setsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE, 125_000)
    assert s.getsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE) == 125_000
    assert s.config.max_pacing_rate == 125_000
    s.setsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE, struct.pack("<Q", 1 << 40))
    assert s.getsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE, 8) == struct.pack("<Q", 1 << 40)
    s.setsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE, -1)
    assert s.config.max_pacing_rate is None
    with fails(errno.EINVAL):
        s.setsockopt(c.SOL_SOCKET, c.SO_MAX_PACING_RATE, b"\1")
