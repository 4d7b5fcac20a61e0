"""LISTEN: children, SYN queue, accept queue, backlog, overflow, defer_accept (RFC 9293 3.5, 3.10.7.2; S08 to S10)."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
from synfin.tcp import Event, State
from tests.harness import Context, Established, Listening, Peer, SynReceived, octets

WRAP_AROUND = True


def peers(t: Context, count: int) -> list[Peer]:
    """So many scripted clients, each with its own port."""
    return [t.add_peer(port=50_000 + number) for number in range(count)]


def connect(t: Context, peer: Peer) -> None:
    """A whole handshake from `peer`; nothing is accepted."""
    with t.talking_as(peer):
        t.inject("S seq=0")
        t.expect("SA seq=0 ack=1")
        t.inject("A seq=1 ack=1")


def test_each_client_gets_a_child_of_its_own() -> None:
    """S04: the listener stays in LISTEN; connections are accepted in the order in which they completed."""
    t = Listening()
    clients = peers(t, 3)
    for peer in (clients[1], clients[0], clients[2]):
        connect(t, peer)
    accepted = [t.accept() for _ in range(4)]
    ports = [None if connection is None else connection.remote.port for connection in accepted]
    assert ports == [50_001, 50_000, 50_002, None]
    assert t.listener is not None
    assert t.listener.state is State.LISTEN
    for number, peer in enumerate(clients):
        with t.talking_as(peer):
            t.inject("PA", data=b"%d" % number)
            assert t.app.read() == b"%d" % number


def test_listening_disturbs_no_connection() -> None:
    """[MUST-41]: new SYNs, wrong segments and CLOSE of the listener leave accepted connections alone."""
    t = Established(passive=True)
    before = len(t.sent)
    stranger = t.add_peer(port=50_000)
    with t.talking_as(stranger):
        t.inject("S seq=0")
        t.inject("R seq=1")
        t.inject("A seq=5 ack=5")
    assert t.listener is not None
    t.listener.close(t.now)
    t.poll()
    assert [sent for sent in t.sent[before:] if sent.segment.dst_port == t.peer.endpoint.port] == []
    assert t.state is State.ESTABLISHED
    t.inject("PA len=5")
    assert t.app.read() == octets(1, 5)


def test_text_before_accept_waits() -> None:
    """The application is late; the peer's window closes when the buffer is full [MAY-8]."""
    t = Listening(receive_buffer_bytes=1000)
    connect(t, t.peer)
    t.inject("PA len=600")
    t.inject("FPA len=400")
    t.advance(ms=500)
    assert t.drain()[-1].win == 0
    t.accept()
    assert t.app.read() == octets(1, 1000)


def test_reset_before_accept_is_seen_by_the_application() -> None:
    """[MUST-12]: the connection completed, so accept() gives it, with its error."""
    t = Listening()
    connect(t, t.peer)
    t.inject("R")
    connection = t.accept()
    assert connection is not None
    assert connection.state is State.CLOSED
    assert isinstance(connection.error, ConnectionResetError)


# Third ACK lost (S08)


def test_syn_ack_is_repeated_and_then_given_up() -> None:
    """S08 (i), all ACKs lost: the entry is deleted and later text meets LISTEN: <SEQ=SEG.ACK><RST>."""
    t = SynReceived(config=TcpConfig.linux())
    times = []
    while t.state is State.SYN_RECEIVED:
        deadline = t.next_deadline()
        assert deadline is not None
        t.advance(to_ms=deadline / 1_000_000)
        times += [round(sent.ms / 1000) for sent in t.drain()]
    assert times == [1, 3, 7, 15, 31]
    assert 60_000 <= t.ms <= 66_000
    t.inject("PA seq=1 ack=1 len=5")
    t.expect("R seq=1")
    assert t.accept() is None


def test_lost_third_ack_is_repaired_by_the_repeated_syn_ack() -> None:
    """S08 (i)."""
    t = SynReceived()
    t.advance(ms=1_000)
    t.expect("SA seq=0 ack=1")
    t.inject("A seq=1 ack=1").expect_nothing()
    assert t.accept() is not None
    assert t.connection.state is State.ESTABLISHED
    t.advance(ms=300_000).expect_nothing()


def test_close_with_embryonic_connections() -> None:
    """CLOSE in LISTEN (3.10.4): embryonic and unaccepted connections are reset, SYNs are no longer taken."""
    t = SynReceived()
    done = t.add_peer(port=50_000)
    connect(t, done)
    assert t.listener is not None
    t.listener.close(t.now)
    t.poll()
    for peer in (t.peer, done):
        with t.talking_as(peer):
            sent = t.drain()
            assert len(sent) == 1
            assert "R" in sent[0].flags
            assert sent[0].seq == 1
    assert t.next_deadline() is None
    with t.talking_as(t.add_peer(port=50_001)):
        t.inject("S seq=0")
        assert [sent for sent in t.drain() if "S" in sent.flags] == []


# Queues (S10)


@pytest.mark.parametrize(("config", "held"), [(TcpConfig(backlog=2), 2), (TcpConfig.linux(backlog=2), 3)])
def test_full_accept_queue_drops_syns(config: TcpConfig, held: int) -> None:
    """S10: silently, and counted as such; Linux holds one more."""
    t = Listening(config=config)
    clients = peers(t, held + 1)
    for peer in clients[:held]:
        connect(t, peer)
    with t.talking_as(clients[held]):
        t.inject("S seq=0").expect_nothing()
        t.expect_rule("accept-queue-full")
        assert t.listener is not None
        assert t.listener.counters.accept_overflows == 1
        assert t.listener.counters.syn_overflows == 0
        t.accept()
        clients[held].snd_nxt = 0
        t.inject("S seq=0").expect("SA seq=0 ack=1")


def test_full_accept_queue_ignores_the_third_ack() -> None:
    """S08: looks exactly like its loss; text is ignored until somebody accepts."""
    t = Listening(backlog=1)
    first, second = peers(t, 2)
    for peer in (first, second):
        with t.talking_as(peer):
            t.inject("S seq=0").expect("SA")
    with t.talking_as(first):
        t.inject("A seq=1 ack=1")
    with t.talking_as(second):
        t.inject("A seq=1 ack=1").expect_nothing()
        assert t.state is State.SYN_RECEIVED
        t.inject("PA seq=1 ack=1 len=5").expect_nothing()
        t.advance(ms=1_000)
        t.expect("SA seq=0 ack=1")
        assert t.accept() is not None
        second.snd_nxt = 1
        t.inject("PA seq=1 ack=1 len=5")
        assert t.accept() is second.connection
        assert t.app.read() == octets(1, 5)


def test_abort_on_overflow() -> None:
    """S08: RST instead of silence, when so configured."""
    t = Listening(backlog=1, abort_on_overflow=True)
    first, second = peers(t, 2)
    for peer in (first, second):
        with t.talking_as(peer):
            t.inject("S seq=0").expect("SA")
    with t.talking_as(first):
        t.inject("A seq=1 ack=1")
    with t.talking_as(second):
        t.inject("A seq=1 ack=1")
        sent = t.drain()
        assert len(sent) == 1
        assert sent[0].flags == "R"  # it answers a segment with ACK (RFC 9293 3.5.2)
        assert sent[0].seq == 1
        assert t.state is State.CLOSED


def test_full_syn_queue_drops_syns() -> None:
    """S10: counted as SYN queue overflow; without cookies a flood keeps everybody out [RFC4987-01] [RFC4987-02]."""
    t = Listening(syn_backlog=10)
    for peer in peers(t, 50):
        with t.talking_as(peer):
            t.inject("S seq=0")
    assert len(t.sent) == 10
    assert t.listener is not None
    assert len(t.listener.syn_queue) == 10
    assert t.listener.counters.syn_overflows == 40
    assert t.listener.counters.accept_overflows == 0
    t.expect_rule("syn-queue-full")
    t.inject("S seq=0").expect_nothing()
    with t.talking_as(t.peers[next(iter(t.listener.syn_queue))]):
        t.inject("R seq=1")
    t.peer.snd_nxt = 0
    t.inject("S seq=0").expect("SA")


def test_syn_queue_empties_by_time() -> None:
    """[RFC4987-09]: so many SYN+ACKs as configured."""
    t = Listening(syn_backlog=3, synack_retries=1, synack_r2_ms=None)
    for peer in peers(t, 3):
        with t.talking_as(peer):
            t.inject("S seq=0")
    t.inject("S seq=0").expect_nothing()
    t.advance(ms=3_100)
    t.peer.snd_nxt = 0
    t.inject("S seq=0").expect("SA")


# TCP_DEFER_ACCEPT


def test_defer_accept_ignores_the_bare_third_ack() -> None:
    """S08: on purpose; text completes the handshake."""
    t = SynReceived(defer_accept=True)
    t.inject("A seq=1 ack=1").expect_nothing()
    t.expect_rule("defer-accept")
    assert t.state is State.SYN_RECEIVED
    assert t.accept() is None
    t.inject("PA seq=1 ack=1 len=5")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)


def test_defer_accept_lets_a_fin_through() -> None:
    t = SynReceived(defer_accept=True)
    t.inject("FA seq=1 ack=1")
    assert t.accept() is not None
    assert t.connection.at_eof


# SYN and FIN, addresses, events


def test_syn_with_fin() -> None:
    """S04: the RFC takes it as SYN, Linux drops it silently [RFC9293-E14]."""
    t = Listening()
    t.inject("SF seq=0")
    assert t.expect("SA seq=0").ack in (1, 2)
    linux = Listening(config=TcpConfig.linux())
    linux.inject("SF seq=0").expect_nothing()
    linux.expect_rule("listen-syn-fin-dropped")


@pytest.mark.parametrize("text", ["S seq=0", "SP seq=0", "SU seq=0 urg=5", "SE seq=0", "SC seq=0", "SN seq=0"])
def test_other_flags_on_a_syn_do_not_matter(text: str) -> None:
    """[RFC9293-E14] [RFC9293-E02]."""
    t = Listening()
    t.inject(text)
    sent = t.expect("SA seq=0 ack=1")
    assert sent.flags == "SA"


def test_unknown_options_on_a_syn_do_not_matter() -> None:
    """[MUST-6]."""
    t = Listening(ws=3, sackok=True)
    segment = t.segment("S seq=0")
    segment.options.others = ((250, b"abcd"), (19, b"x" * 16))
    t.inject_segment(segment)
    options = t.expect("SA seq=0 ack=1").options
    assert options.window_scale is not None
    assert options.sack_permitted
    assert options.others == ()


def test_handler_is_called_once_for_each_connection() -> None:
    t = Listening()
    seen: list[tuple[int, State]] = []
    assert t.listener is not None
    t.listener.handler = lambda listener, connection, now: seen.append((connection.remote.port, connection.state))
    connect(t, t.peer)
    t.inject("PA len=5")
    assert seen == [(40_000, State.ESTABLISHED)]


def test_small_reads_draw_no_window_update() -> None:
    """[MUST-39]: without window scaling, too, the ACK of a few octets that were read at once stays delayed."""
    t = Established(passive=True)
    t.inject("PA len=5")
    t.app.read()
    t.expect_nothing()
    t.advance(ms=40)
    t.expect("A ack=6")


def test_same_client_may_come_again() -> None:
    """A four-tuple whose connection is CLOSED is free."""
    t = Listening(iss=[100, 200_000])
    t.handshake()
    t.inject("R")
    assert t.state is State.CLOSED
    assert t.events.count(Event.RESET) == 1
    t.peer.connection = None
    t.peer.isn += 1_000_000
    t.peer.snd_nxt = t.peer.rcv_nxt = 0
    t.inject("S seq=0")
    t.expect("SA seq=@200000 ack=1")


@pytest.mark.parametrize("family", [4, 6])
def test_both_families_listen_alike(family: int) -> None:
    t = Listening(family=family)
    t.handshake("PA len=3")
    assert t.app.read() == octets(1, 3)


def test_default_mss_of_a_client_that_names_none() -> None:
    """[MUST-15a] [MUST-15b]."""
    for family, size in ((4, 536), (6, 1220)):
        t = Established(passive=True, mss=None, family=family, nodelay=True)
        t.app.write(b"x" * 3000)
        assert t.outbox[0].len == size
