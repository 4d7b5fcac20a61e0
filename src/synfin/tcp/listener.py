"""LISTEN (RFC 9293 3.10.7.2): the SYN queue of embryonic connections, the accept queue, SYN cookies, fast open.

The listening block stays in LISTEN; each SYN makes a child in SYN_RECEIVED, which the RFC's single block becomes.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import final

from synfin.config import TcpConfig
from synfin.tcp import calls, negotiate
from synfin.tcp.connection import DEFAULT_LINK_MSS, Connection
from synfin.tcp.cookies import CookieJar
from synfin.tcp.endings import finish
from synfin.tcp.events import Event
from synfin.tcp.fastopen import COOKIE_OCTETS, OLD, REFUSED, FastOpenKeys
from synfin.tcp.isn import IsnGenerator, IsnSource
from synfin.tcp.output import synchronize
from synfin.tcp.resets import reset_for
from synfin.tcp.rules import RULES
from synfin.tcp.sendbuf import SendBuffer
from synfin.tcp.state import CLOSED, LISTEN, SYN_RECEIVED
from synfin.tcp.tcb import Gate, default_mss
from synfin.tcp.teaching import establish_on_syn
from synfin.trace import Trace
from synfin.wire.addresses import Address, Endpoint, EndpointLike, as_endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions


@final
class ListenerCounters:
    """How often each limit was met; names say which."""

    __slots__ = ("accept_overflows", "cookies_failed", "cookies_received", "cookies_sent", "syn_overflows")

    def __init__(self) -> None:
        self.accept_overflows = 0
        self.syn_overflows = 0
        self.cookies_sent = 0
        self.cookies_received = 0
        self.cookies_failed = 0


class _ListenerGate(Gate):
    """Asked by a child when its third ACK comes."""

    __slots__ = ("listener",)

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def admits(self, with_text: bool) -> str:
        """The rule that stops the third ACK (S08), or an empty string."""
        listener = self.listener
        if listener.config.defer_accept and not with_text:
            return "defer-accept"
        if listener.accept_queue_full():
            listener.counters.accept_overflows += 1
            return "reset-accept-overflow" if listener.config.abort_on_overflow else "accept-queue-full"
        return ""


@final
class Listener:
    """A passive OPEN.  `local` may have the unspecified address; `backlog` bounds the accept queue.

    A host hands in SYNs and routes later segments to the children itself (`on_segment`, `on_child`); without a host,
    `receive` and `poll` do both.
    """

    __slots__ = (
        "_children",
        "_local_end",
        "accept_queue",
        "backlog",
        "config",
        "count",
        "counters",
        "data",
        "fast_opens",
        "gate",
        "handler",
        "isn",
        "jar",
        "keys",
        "link_mss",
        "local",
        "replies",
        "state",
        "syn_queue",
        "trace",
    )

    def __init__(
        self,
        config: TcpConfig,
        *,
        rng: Random,
        local: EndpointLike,
        isn: IsnSource | None = None,
        trace: Trace | None = None,
        link_mss: int = DEFAULT_LINK_MSS,
        backlog: int | None = None,
        keys: FastOpenKeys | None = None,
    ) -> None:
        self.config = config
        self.local = as_endpoint(local)
        self.isn: IsnSource = isn if isn is not None else IsnGenerator(rng, config.isn_tick_ns)
        self.jar = CookieJar(rng)
        self.keys: FastOpenKeys = keys if keys is not None else FastOpenKeys(rng)
        self.trace = trace
        self.count: Callable[[str], None] | None = None  # hears of rules where no trace does
        self.link_mss = link_mss
        self.backlog: int = backlog if backlog is not None else config.backlog
        self.state = LISTEN
        self.gate = _ListenerGate(self)
        self.counters = ListenerCounters()
        self.syn_queue: dict[Endpoint, Connection] = {}  # embryonic children, at most config.syn_backlog
        self.fast_opens: list[Connection] = []  # that had text before their handshake ended, at most fast_open_queue
        self.accept_queue: list[Connection] = []  # complete, not accepted; at most backlog + accept_queue_extra
        self.replies: list[tuple[Endpoint, Segment]] = []
        self.handler: Callable[[Listener, Connection, int], None] | None = None
        self.data: object = None
        self._local_end = self.local
        self._children: dict[Endpoint, Connection] = {}  # used without a host only

    def __repr__(self) -> str:
        return f"<Listener {self.local} {self.state.name} syn={len(self.syn_queue)} accept={len(self.accept_queue)}>"

    def local_end(self, address: Address) -> Endpoint:
        """Our end of connections to `address`; children share it."""
        end = self._local_end
        if end.address != address:
            end = Endpoint(address, self.local.port)
            self._local_end = end
        return end

    def accept_queue_full(self) -> bool:
        """Whether no further connection can complete."""
        return len(self.accept_queue) >= self.backlog + self.config.accept_queue_extra

    def accept(self) -> Connection | None:
        """The oldest complete connection, or None."""
        return self.accept_queue.pop(0) if self.accept_queue else None

    def close(self, now: int) -> None:
        """CLOSE in LISTEN: children that were not accepted are reset."""
        if self.state is CLOSED:
            return
        self.state = CLOSED
        for child in [*self.syn_queue.values(), *self.accept_queue]:
            child.abort(now)
        self.syn_queue.clear()
        self.accept_queue.clear()

    # Without a host

    def receive(self, segment: Segment, remote: EndpointLike, now: int) -> Connection | None:
        """Route a segment from `remote` to its child, or process it in LISTEN; returns the child it belongs to."""
        peer = as_endpoint(remote)
        child = self._children.get(peer)
        if child is not None and child.state not in (CLOSED, LISTEN):
            child.receive(segment, now)
            self.on_child(child, now)
            return child
        if child is not None:
            del self._children[peer]
        child = self.on_segment(segment, self.local, peer, now)
        if child is not None:
            self._children[peer] = child
            self.on_child(child, now)
        return child

    def poll(self, now: int) -> list[tuple[Endpoint, Segment]]:
        """What to send, each with its destination."""
        out = self.replies
        self.replies = []
        for peer, child in list(self._children.items()):
            out.extend([(peer, segment) for segment in child.poll(now)])
            self.on_child(child, now)
            if child.state is CLOSED or child.state is LISTEN:
                del self._children[peer]
        return out

    def next_deadline(self) -> int | None:
        """When `poll` must be called at the latest, in ns, or None."""
        deadlines = [child.next_deadline() for child in self._children.values()]
        known = [deadline for deadline in deadlines if deadline is not None]
        return min(known) if known else None

    # With a host

    def on_segment(self, segment: Segment, local: Endpoint, remote: Endpoint, now: int) -> Connection | None:
        """LISTEN processing of a segment that no connection claimed; a new child is returned [RFC9293-E14].

        Replies that belong to no child go to `replies`.
        """
        flags = segment.flags
        if self.state is CLOSED:
            return None
        if flags & RST:
            self._note(now, local, remote, "listen-rst-ignored")
        elif flags & ACK:
            mss = self._check_cookie(segment, local, remote, now)
            if mss:
                return self._open_by_cookie(segment, mss, local, remote, now)
            self._note(now, local, remote, "listen-ack-reset")
            answer = reset_for(segment, "reset-listen")
            if answer is not None:
                self.replies.append((remote, answer))
        elif flags & SYN:
            if flags & FIN and self.config.drop_syn_fin:
                self._note(now, local, remote, "listen-syn-fin-dropped")
            else:
                return self._on_syn(segment, local, remote, now)
        else:
            self._note(now, local, remote, "listen-dropped")
        return None

    def on_child(self, child: Connection, now: int) -> None:
        """Look at a child after it received or timed out: it may have completed or disappeared."""
        remote = child.remote
        if self.syn_queue.get(remote) is not child:
            return
        state = child.tcb.state
        if state is SYN_RECEIVED and not child.tcb.fast_opened:
            return
        del self.syn_queue[remote]
        if state is CLOSED or state is LISTEN:
            return
        self._complete(child, now)

    def _complete(self, child: Connection, now: int) -> None:
        self.accept_queue.append(child)
        if self.handler is not None:
            self.handler(self, child, now)

    def _on_syn(self, segment: Segment, local: Endpoint, remote: Endpoint, now: int) -> Connection | None:
        if self.accept_queue_full():
            self.counters.accept_overflows += 1
            self._note(now, local, remote, "accept-queue-full")
            return None
        if len(self.syn_queue) >= self.config.syn_backlog:
            self.counters.syn_overflows += 1
            self._note(now, local, remote, "syn-queue-full")
            if self.config.syn_cookies:
                self._send_cookie(segment, local, remote, now)
            return None
        return self._make_child(segment, local, remote, now)

    def _new_child(self, segment: Segment, local: Endpoint, remote: Endpoint, now: int) -> Connection:
        child = Connection(
            self.config, local=local, remote=remote, isn=self.isn, trace=self.trace, link_mss=self.link_mss
        )
        tcb = child.tcb
        tcb.count = self.count
        tcb.passive = True
        tcb.gate = self.gate
        calls.start(tcb, self.isn, now)
        tcb.segments_in = 1
        tcb.refresh_idle = now
        return child

    def _make_child(self, segment: Segment, local: Endpoint, remote: Endpoint, now: int) -> Connection:
        """SYN_RECEIVED with a SYN-ACK to come; text on the SYN waits for the end of the handshake [RFC9293-E19]."""
        child = self._new_child(segment, local, remote, now)
        tcb = child.tcb
        tcb.irs = segment.seq
        tcb.rcv_nxt = segment.seq + 1
        tcb.rcv_up = tcb.rcv_nxt
        tcb.state = LISTEN
        negotiate.learn(tcb, segment)
        tcb.send_window.start(segment.window, segment.seq, 0)
        tcb.enter(SYN_RECEIVED, "syn-accepted")
        self._fast_open(child, segment)
        if segment.payload:
            asked = self.config.fast_open and segment.options.fast_open is not None
            if tcb.fast_opened or (self.config.accept_syn_data and not asked):  # [RFC7413-09]
                room = min(tcb.receive_window.capacity, self.config.syn_window or 0xFFFF)
                text = segment.payload[:room]
                tcb.receive_buffer.append(text)
                tcb.rcv_nxt += len(text)
            else:
                tcb.note("syn-data-ignored")
        if tcb.fast_opened and len(tcb.receive_buffer):
            tcb.tell(Event.READABLE)
        self.syn_queue[remote] = child
        if self.config.teach_establish_on_syn:
            tcb.replies = []
            synchronize(tcb, tcb.replies)
            establish_on_syn(tcb)
        else:
            tcb.syn_now = True
        return child

    def _fast_open(self, child: Connection, segment: Segment) -> None:
        """RFC 7413 4.2.2: a valid cookie lets text through before the handshake ends; a request is answered."""
        offered = segment.options.fast_open
        config = self.config
        if not config.fast_open or not config.fast_open_server:
            return
        trusted = config.fast_open_accept_cookieless and len(segment.payload) > 0
        if offered is None and not trusted:
            return
        tcb = child.tcb
        if self._fast_opens_full():  # [RFC7413-13]
            tcb.note("fast-open-queue-full")
            return
        client, server, now = tcb.remote.address, tcb.local.address, tcb.now
        verdict = self.keys.check(offered, client, server, now) if offered else REFUSED
        if verdict != REFUSED or trusted:
            tcb.fast_opened = True
            tcb.gate = None
            self.fast_opens.append(child)
            tcb.note("fast-open-accepted")
            if verdict == OLD:
                tcb.note("fast-open-old-key")
                tcb.handshake_cookie = self.keys.cookie(client, server, now)
            return
        if not offered:
            tcb.note("fast-open-cookie-asked")
        if offered and (len(offered) == COOKIE_OCTETS or segment.payload):
            tcb.note("fast-open-bad-cookie")
        tcb.handshake_cookie = self.keys.cookie(client, server, now)

    def _fast_opens_full(self) -> bool:
        """Whether too many connections have spoken whose clients may not exist; those that are through leave room."""
        limit = self.config.fast_open_queue
        if len(self.fast_opens) < limit:
            return False
        self.fast_opens = [child for child in self.fast_opens if child.tcb.state is SYN_RECEIVED]
        return len(self.fast_opens) >= limit

    def _send_cookie(self, segment: Segment, local: Endpoint, remote: Endpoint, now: int) -> None:
        """A SYN-ACK without state: only the MSS survives, in the number itself (RFC 4987 3.6)."""
        mss = segment.options.mss or default_mss(local)
        iss = self.jar.syn_cookie(local, remote, segment.seq, mss, now)
        self.counters.cookies_sent += 1
        self._note(now, local, remote, "syn-cookie-sent")
        answer = Segment(
            local.port,
            remote.port,
            iss,
            (segment.seq + 1) & 0xFFFF_FFFF,
            SYN | ACK,
            self._first_window(),
            options=TcpOptions(mss=self._our_mss()),
            why="syn-cookie",
        )
        self.replies.append((remote, answer))

    def _check_cookie(self, segment: Segment, local: Endpoint, remote: Endpoint, now: int) -> int:
        """The MSS behind the cookie that `segment` acknowledges, or 0 when it acknowledges none of ours."""
        if not self.config.syn_cookies or self.counters.cookies_sent == 0 or segment.flags & SYN:
            return 0
        iss = (segment.ack - 1) & 0xFFFF_FFFF
        irs = (segment.seq - 1) & 0xFFFF_FFFF
        mss = self.jar.check_syn_cookie(local, remote, irs, iss, now)
        if mss == 0:
            self.counters.cookies_failed += 1
            self._note(now, local, remote, "syn-cookie-wrong")
        return mss

    def _open_by_cookie(
        self, segment: Segment, mss: int, local: Endpoint, remote: Endpoint, now: int
    ) -> Connection | None:
        """A complete connection out of nothing; ignored like a lost ACK while the accept queue is full (S08)."""
        if self.accept_queue_full():
            self.counters.accept_overflows += 1
            self._note(now, local, remote, "accept-queue-full")
            return None
        self.counters.cookies_received += 1
        iss = (segment.ack - 1) & 0xFFFF_FFFF
        irs = (segment.seq - 1) & 0xFFFF_FFFF
        child = self._new_child(segment, local, remote, now)
        tcb = child.tcb
        tcb.iss = iss
        tcb.snd_una = iss
        tcb.snd_nxt = iss + 1
        tcb.send_buffer = SendBuffer(iss + 1, tcb.send_buffer.limit)
        tcb.irs = irs
        tcb.rcv_nxt = irs + 1
        tcb.rcv_up = tcb.rcv_nxt
        tcb.last_ack_sent = tcb.rcv_nxt
        tcb.peer_mss = mss
        tcb.gate = None
        tcb.timestamps = False
        negotiate.set_segment_size(tcb)
        tcb.receive_window.open(tcb.rcv_nxt, self._first_window())
        tcb.state = LISTEN
        tcb.enter(SYN_RECEIVED, "syn-cookie-accepted")
        self.syn_queue[remote] = child
        child.receive(segment, now)
        if child.state is SYN_RECEIVED:
            finish(tcb, "listen-dropped")
        return child

    def _first_window(self) -> int:
        limit = self.config.syn_window if self.config.syn_window is not None else 0xFFFF
        return min(limit, self.config.receive_buffer_bytes, 0xFFFF)

    def _our_mss(self) -> int:
        return self.config.mss if self.config.mss is not None else self.link_mss

    def _note(self, now: int, local: Endpoint, remote: Endpoint, rule: str) -> None:
        if self.trace is not None:
            self.trace.rule(now, local, remote, rule, RULES[rule])
        elif self.count is not None:
            self.count(rule)
