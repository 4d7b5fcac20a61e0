"""The transmission control block (RFC 9293 3.3.1): all variables of one connection, and the door for its state.

It holds and traces; it decides nothing.  `arrives*`, `calls` and `timeouts` change it, `output` reads its intents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from synfin.config import MILLISECOND, TcpConfig
from synfin.tcp import timers as timer_numbers
from synfin.tcp.ack_policy import AckPolicy
from synfin.tcp.autotune import ReceiveTuning
from synfin.tcp.chrono import Chronometer
from synfin.tcp.congestion.base import CongestionControl, check, create
from synfin.tcp.congestion.sample import AckSample
from synfin.tcp.ecn import Ecn
from synfin.tcp.events import Event
from synfin.tcp.keepalive import KeepAlive
from synfin.tcp.memory import FULL, PRESSURE, MemoryPool
from synfin.tcp.pacing import Pacer
from synfin.tcp.reassembly import Reassembly
from synfin.tcp.recovery.base import kind
from synfin.tcp.recovery.idle import NOTHING_LOST, NOTHING_SENT
from synfin.tcp.recvbuf import ReceiveBuffer
from synfin.tcp.resets import ChallengeLimit
from synfin.tcp.rtt import RttEstimator
from synfin.tcp.rules import RULES
from synfin.tcp.sendbuf import SendBuffer
from synfin.tcp.state import CLOSED, MOVES, SYN_RECEIVED, SYN_SENT, UNSYNCHRONIZED, State
from synfin.tcp.timers import NEVER, Timeouts, Timers
from synfin.tcp.timewait import TimeWait
from synfin.tcp.uto import UserTimeout, start_user_timeout
from synfin.tcp.window import ReceiveWindow, SendWindow
from synfin.trace import Trace
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment

NO_NUMBER: Final = -1
CANCELLED: Final = -2  # an RTT measurement that a retransmission has spoilt (Karn)
MSS_FLOOR: Final = 48  # smallest segment we send, whatever the peer asks for [RFC6691-05]


class Gate:
    """What a listener lets a child ask before the handshake completes; the default lets everything pass."""

    def admits(self, with_text: bool) -> str:
        """The rule that stops the third ACK, or an empty string."""
        return ""


@final
class Tcb:
    """One connection's variables; names are those of RFC 9293 3.3.1.  All sequence numbers are absolute."""

    __slots__ = (
        "_congestion",
        "ack_now",
        "ack_policy",
        "advertised_mss",
        "arm_now",
        "board",
        "bytes_text_sent",
        "challenge",
        "chrono",
        "config",
        "count",
        "dsack_end",
        "dsack_start",
        "ecn",
        "error",
        "events",
        "fast_opened",
        "fin_queued",
        "fin_seq",
        "gate",
        "handshake_cookie",
        "irs",
        "iss",
        "keep_alive",
        "last_ack_received",
        "last_ack_sent",
        "last_ack_sent_at",
        "last_data_received",
        "last_data_sent",
        "limit_challenges",
        "link_mss",
        "local",
        "loss_probe",
        "memory",
        "more",
        "mss",
        "now",
        "open_cookie",
        "opened_at",
        "orphan",
        "out_of_order",
        "override",
        "pacer",
        "passive",
        "path_mss",
        "peer_fin",
        "peer_mss",
        "peer_sack",
        "probe_end",
        "probe_now",
        "probes_unanswered",
        "progress_at",
        "push_limit",
        "rcv_nxt",
        "rcv_up",
        "rcv_wscale_ok",
        "read_shut",
        "reassembly",
        "receive_buffer",
        "receive_window",
        "recovery",
        "refresh_idle",
        "remote",
        "replies",
        "resend_now",
        "resend_why",
        "resent_at",
        "reset_why",
        "retransmits",
        "retransmits_total",
        "rtt",
        "rtt_seq",
        "rtt_started",
        "sample",
        "segments_in",
        "segments_out",
        "send_buffer",
        "send_window",
        "small_end",
        "snd_nxt",
        "snd_una",
        "snd_up",
        "soft_error",
        "state",
        "syn_lost",
        "syn_mss",
        "syn_now",
        "syn_text",
        "syn_text_refused",
        "text_segments_in",
        "text_segments_out",
        "time_wait",
        "timeouts",
        "timers",
        "timestamps",
        "told_end",
        "trace",
        "ts_offset",
        "ts_recent",
        "ts_recent_at",
        "tuning",
        "uto",
        "wants_room",
    )  # fmt: skip

    def __init__(
        self, config: TcpConfig, local: Endpoint, remote: Endpoint, trace: Trace | None, link_mss: int
    ) -> None:
        self.config = config
        self.local = local
        self.remote = remote
        self.trace = trace
        self.count: Callable[[str], None] | None = None  # hears of rules where no trace does
        self.now = 0
        self.state: State = CLOSED
        self.passive = False  # SYN_RECEIVED came from a passive OPEN [MUST-11]
        self.gate: Gate | None = None
        self.opened_at = 0

        self.iss = 0
        self.snd_una = 0
        self.snd_nxt = 0
        self.snd_up = 0
        self.irs = 0
        self.rcv_nxt = 0
        self.rcv_up = 0
        self.memory: MemoryPool | None = None  # the account that all connections of a host share
        self.tuning: ReceiveTuning | None = None
        self.send_window = SendWindow()
        self.receive_window = ReceiveWindow(config.receive_buffer_bytes)
        self.send_buffer = SendBuffer(0, config.send_buffer_bytes)
        self.receive_buffer = ReceiveBuffer()
        self.reassembly: Reassembly | None = None
        self.fin_queued = False  # the application has closed its direction
        self.fin_seq = NO_NUMBER  # number of our FIN once it was sent
        self.peer_fin = NO_NUMBER  # number of the peer's FIN once seen, perhaps beyond a gap
        self.time_wait: TimeWait | None = None
        self.orphan = False  # the application has let go of the connection
        self.read_shut = False  # it still holds the connection, but reads no more

        # Segment sizes (RFC 6691): octets of text without options
        self.link_mss = link_mss if config.mss_limit is None else min(link_mss, config.mss_limit)
        self.advertised_mss = config.mss if config.mss is not None else self.link_mss
        self.peer_mss = default_mss(local)
        self.path_mss = self.link_mss
        self.mss = min(self.peer_mss, self.link_mss)  # effective send MSS, options already taken off
        self.push_limit = 0  # 0: one MSS; else the largest super-segment that the device takes

        # Negotiated
        self.timestamps = False
        self.peer_sack = False
        self.rcv_wscale_ok = False
        self.ts_offset = 0
        self.ts_recent = 0
        self.ts_recent_at = 0
        self.last_ack_sent = 0
        self.uto: UserTimeout | None = start_user_timeout(config)
        self.ecn: Ecn | None = None  # None: ECN is not in use, or not asked for
        self.handshake_cookie: bytes | None = None  # fast open: what our SYN-ACK gives, or what the peer's gave
        self.fast_opened = False  # a valid cookie: text flows before the handshake ends (RFC 7413)
        self.syn_mss = 0  # fast open: the segment size that the server announced last time
        self.syn_text = 0  # octets of text on our SYN
        self.syn_text_refused = False  # they were not acknowledged
        self.open_cookie: bytes | None = None  # fast open: what our SYN carries; b"" asks for one

        # Advisers
        self.rtt = RttEstimator(config)
        check(config.congestion)  # an unknown name is the caller's mistake: here, not with the first text
        self._congestion: CongestionControl | None = None
        self.sample: AckSample | None = None  # one for all connections of a host
        self.pacer: Pacer | None = None  # from when on something is paced
        kind(config.recovery)  # likewise
        self.board = NOTHING_SENT  # its own from the first text or FIN on, as is the recovery
        self.recovery = NOTHING_LOST
        self.ack_policy = AckPolicy(config, self.advertised_mss)
        self.timers = Timers()
        self.keep_alive: KeepAlive | None = None
        self.limit_challenges: ChallengeLimit | None = None  # made with the first challenge ACK

        # Measuring and giving up
        self.rtt_seq = NO_NUMBER  # the octet whose acknowledgment ends the running measurement
        self.rtt_started = 0
        self.retransmits = 0  # in a row, without progress
        self.progress_at = 0  # when the oldest unacknowledged octet was sent first
        self.syn_lost = False
        self.resent_at = 0  # when the last retransmission for a time-out was sent
        self.probes_unanswered = 0
        self.probe_end = NO_NUMBER  # end of the octet that a zero-window probe has sent ahead

        # Intents for output
        self.syn_now = False
        self.ack_now = ""  # the rule that asks for an acknowledgment
        self.challenge = False
        self.dsack_start = NO_NUMBER  # what came twice, for the next ACK to tell (RFC 2883)
        self.dsack_end = NO_NUMBER
        self.resend_now = ""  # the rule that asks for the segment at SND.UNA
        self.resend_why = "retransmit-slow-start"
        self.arm_now = 0  # what has left wants a timer: see `output`
        self.loss_probe = False  # the loss-probe timer has fired
        self.probe_now = ""
        self.reset_why = ""

        self.override = False  # the silly-window override timer has fired
        self.small_end = NO_NUMBER  # end of the last segment of new text that was not full
        self.more = False  # the last write promised that more follows at once
        self.replies: list[Segment] | None = None  # resets that answer a segment, not the connection

        # Towards the application
        self.events: list[Event] | None = None  # a list only while there are some: most connections idle
        self.error: OSError | None = None
        self.soft_error: OSError | None = None
        self.wants_room = False  # a write came short: tell WRITABLE
        self.told_end = False  # EOF, REFUSED, RESET or TIMEOUT was told

        # For info()
        self.chrono: Chronometer | None = None  # from the first text on
        self.segments_in = 0
        self.segments_out = 0
        self.text_segments_in = 0
        self.text_segments_out = 0
        self.retransmits_total = 0
        self.bytes_text_sent = 0
        self.out_of_order = 0
        self.timeouts: Timeouts | None = None  # from the first time-out on
        self.last_data_sent = 0
        self.last_data_received = 0
        self.last_ack_received = 0
        self.last_ack_sent_at = 0
        self.refresh_idle = 0  # when anything was received last, for keep-alive

    def enter(self, state: State, why: str) -> None:
        """Move to `state` because of the rule `why`; a move that figure 5 does not know is a bug and raises."""
        before = self.state
        if state not in MOVES[before]:
            raise AssertionError(f"no move from {before.name} to {state.name} ({why})")
        self.state = state
        if self.trace is not None:
            self.trace.state(self.now, self.local, self.remote, before.name, state.name, why, RULES[why])
        if state is CLOSED:
            self.timers.clear()
            self.tell(Event.CLOSED)

    def note(self, rule: str, detail: str = "") -> None:
        """Trace, or else count, that `rule` decided about the segment at hand."""
        if self.trace is not None:
            self.trace.rule(self.now, self.local, self.remote, rule, RULES[rule], detail)
        elif self.count is not None:
            self.count(rule)

    def call(self, name: str, detail: str = "") -> None:
        """Trace a call of the application."""
        if self.trace is not None:
            self.trace.app(self.now, self.local, self.remote, name, detail)

    def tell(self, event: Event) -> None:
        """Queue an event for the application, unless the same one is waiting to be taken."""
        if event in (Event.EOF, Event.REFUSED, Event.RESET, Event.TIMEOUT):
            if self.told_end:
                return
            self.told_end = True
        if self.events is None:
            self.events = [event]
        elif event not in self.events:
            self.events.append(event)
        else:
            return
        if self.trace is not None and event is not Event.WRITABLE and event is not Event.READABLE:
            self.trace.app(self.now, self.local, self.remote, "event", event.value)

    def reply(self, segment: Segment) -> None:
        """Have output send a segment that is not the connection's own: a reset that answers what came."""
        if self.replies is None:
            self.replies = [segment]
        else:
            self.replies.append(segment)

    def challenge_allowed(self) -> bool:
        """Count one challenge ACK; False when the limit of RFC 5961 7 is reached."""
        if self.limit_challenges is None:
            self.limit_challenges = ChallengeLimit()
        return self.limit_challenges.allows(self.now, self.config)

    def next_event(self) -> Event | None:
        """Take the oldest event that the application has not heard of."""
        events = self.events
        if events is None:
            return None
        event = events.pop(0)
        if not events:
            self.events = None
        return event

    def set_timer(self, timer: int, deadline: int) -> None:
        """Set or move a timer."""
        if self.trace is not None and self.timers.deadlines[timer] != deadline:
            name = timer_numbers.NAMES[timer]
            self.trace.timer(self.now, self.local, self.remote, name, "set", deadline)
        self.timers.set(timer, deadline)

    def stop_timer(self, timer: int) -> None:
        """Stop a timer; nothing happens if it is not running."""
        if self.timers.deadlines[timer] == NEVER:
            return
        self.timers.set(timer, NEVER)
        if self.trace is not None:
            name = timer_numbers.NAMES[timer]
            self.trace.timer(self.now, self.local, self.remote, name, "stop", 0)

    @property
    def congestion(self) -> CongestionControl:
        """The congestion control; made when it is asked for, which an idle connection never does."""
        found = self._congestion
        if found is None:
            config = self.config
            found = create(config.congestion, self.mss, config.initial_cwnd_segments, config)
            found.seed = self.iss
            self._congestion = found
            if self.state not in UNSYNCHRONIZED:
                self.establish_congestion()
        return found

    @congestion.setter
    def congestion(self, chosen: CongestionControl) -> None:
        """Let another algorithm take over."""
        self._congestion = chosen

    def has_congestion(self) -> bool:
        """Whether there is a congestion control yet."""
        return self._congestion is not None

    def establish_congestion(self) -> None:
        """The handshake is over: its facts, to the congestion control if there is one."""
        if self._congestion is not None:
            segments = self.config.cwnd_after_syn_loss_segments
            self._congestion.on_established(self.mss, self.rtt.srtt, self.syn_lost, segments)

    def embryonic(self) -> bool:
        """A listener's child that no application has seen: it may return to LISTEN [MUST-11] (RFC 7413: not this)."""
        return self.passive and self.state is SYN_RECEIVED and not self.fast_opened

    def user_timeout(self) -> int:
        """The user time-out in force, in ms; 0: none.  Ours comes first, then what follows from the option.

        That holds in synchronized states only [RFC5482-10], and never against our own [RFC5482-01] [RFC5482-02].
        """
        ours = self.config.user_timeout_ms
        uto = self.uto
        if ours is not None or uto is None or self.state is SYN_RECEIVED or self.state is SYN_SENT:
            return ours or 0
        config = self.config
        return uto.adopted(config.user_timeout_least_ms, config.user_timeout_most_ms, self.rtt.rto() // MILLISECOND)

    def flight(self) -> int:
        """Octets (SYN and FIN count) sent and not acknowledged."""
        return self.snd_nxt - self.snd_una

    def effective_cwnd(self) -> int:
        """What may be in the network now: by congestion control, by recovery's rate reduction, or with its extra."""
        recovery = self.recovery
        if recovery.prr is not None:
            return recovery.prr.window
        return self.congestion.cwnd + recovery.inflation + recovery.limited

    def timestamp(self, now: int) -> int:
        """TSval: a 1 ms clock plus the pair's offset, absolute [RFC7323-14] [RFC7323-16]."""
        return now // 1_000_000 + self.ts_offset

    def room(self) -> int:
        """How many octets a write would take now; a connection that holds nothing may always take a segment."""
        buffer = self.send_buffer
        most = self.config.send_buffer_max_bytes
        memory = self.memory
        if most is not None and 2 * self.congestion.cwnd > buffer.limit and buffer.limit < most:
            if memory is None or memory.level < PRESSURE:
                buffer.limit = min(2 * self.congestion.cwnd, most)
        free = buffer.free
        if memory is not None and memory.level == FULL:
            return 0 if len(buffer) else min(free, self.mss)
        return free

    def has_room(self) -> bool:
        """Half of the send buffer is free and little enough waits to be sent: an application may well write."""
        buffer = self.send_buffer
        room = self.room()
        if 2 * room < buffer.limit and (room == 0 or len(buffer)):
            return False
        low = self.config.notsent_lowat_bytes
        return low is None or 2 * (buffer.end - max(self.snd_nxt, buffer.start)) < low

    def text_end(self) -> int:
        """Number after the last octet that the application has queued."""
        return self.send_buffer.end

    def drop_buffers(self) -> None:
        """Flush all queues."""
        self.send_buffer = SendBuffer(self.snd_nxt, self.send_buffer.limit)
        if self.board is not NOTHING_SENT:
            self.board.clear()
        self.reassembly = None


def default_mss(local: Endpoint) -> int:
    """Send MSS when the peer names none [MUST-15a] [MUST-15b]."""
    return 536 if len(local.address) == 4 else 1220
