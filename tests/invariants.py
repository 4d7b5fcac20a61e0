"""What must hold in every run of every test, checked over its trace records.

`check_trace(records)` walks over the records of `synfin.trace` in order and raises `AssertionError`, with the history
up to that point, at the first thing that no correct TCP does:

* I1  Every octet, every SYN and every FIN has exactly one sequence number, and nothing else has one.
* I2  The acknowledgment number of a side never decreases, and the right edge of its window never moves left.
* I3  Every segment carries ACK, apart from a SYN in SYN_SENT and a RST that is made from SEG.ACK or by ABORT.
* I4  A RST is never answered by a RST: each reset has a segment of its own that asked for it.
* I5  States move as figure 5 says, and the pair of states of the two ends is one that can be reached.
* I6  An application is told exactly one end of what it can read: EOF, refused, reset or time-out.

Only what a stack *sent* is judged; what it received is context, so a scripted peer may send any nonsense.
The checks are written from RFC 9293 and share no code with the stack.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable
from typing import Final

from synfin.trace import (
    RECEIVE,
    SEND,
    AppRecord,
    Record,
    RuleRecord,
    SegmentRecord,
    StateRecord,
    TimerRecord,
)
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

HISTORY_LINES: Final = 60
MODULO: Final = 1 << 32
FLAGS: Final = (("S", SYN), ("F", FIN), ("R", RST), ("A", ACK), ("P", 0x08), ("U", 0x20), ("E", 0x40), ("C", 0x80))

SYN_MARK: Final = 256  # beside the 256 values of an octet
FIN_MARK: Final = 257

# RFC 9293 figure 5 with the arrows that only the text of 3.10 has (ABORT, RST, time-outs; data on SYN; SYN cookies).
MOVES: Final[dict[str, frozenset[str]]] = {
    "CLOSED": frozenset({"LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED"}),
    "LISTEN": frozenset({"SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "CLOSED"}),
    "SYN_SENT": frozenset({"SYN_RECEIVED", "ESTABLISHED", "CLOSED"}),
    "SYN_RECEIVED": frozenset({"ESTABLISHED", "FIN_WAIT_1", "CLOSE_WAIT", "LISTEN", "CLOSED"}),
    "ESTABLISHED": frozenset({"FIN_WAIT_1", "CLOSE_WAIT", "CLOSED"}),
    "FIN_WAIT_1": frozenset({"FIN_WAIT_2", "CLOSING", "TIME_WAIT", "CLOSED"}),
    "FIN_WAIT_2": frozenset({"TIME_WAIT", "CLOSED"}),
    "CLOSE_WAIT": frozenset({"LAST_ACK", "CLOSED"}),
    "CLOSING": frozenset({"TIME_WAIT", "CLOSED"}),
    "LAST_ACK": frozenset({"CLOSED"}),
    "TIME_WAIT": frozenset({"CLOSED", "SYN_RECEIVED"}),
}
UNSYNCHRONIZED: Final = ("CLOSED", "LISTEN")
ENDS: Final = ("eof", "refused", "reset", "timeout")  # details of "event" records
OWN_RESETS: Final = ("abort", "keep-alive-timeout", "reset-linger", "reset-half-duplex-close")
OWN_ENDS: Final = ("close", "abort")  # calls after which the application has no wish to be told

Key = tuple[str, Endpoint, Endpoint]  # host, local, remote


def check_trace(
    records: Iterable[Record],
    *,
    pairs: Collection[tuple[str, str]] | None = None,
    ignore_hosts: Collection[str] = (),
) -> None:
    """Raise `AssertionError` with the history when one of I1 to I6 is broken.

    `pairs` are the pairs of states that two ends can be in, each in both orders or in one; None leaves the pairs
    unchecked.  `ignore_hosts` are scripted ends (an attacker, say) whose sending is not judged.
    """
    checker = Checker(pairs, ignore_hosts)
    for record in records:
        checker.feed(record)


class Flow:
    """One end of a connection, as the trace has shown it so far.  Numbers are relative to the two initial ones."""

    def __init__(self) -> None:
        self.state = "CLOSED"
        self.known = False  # whether a state record has spoken of it
        self.asked: Counter[tuple[str, int]] = Counter()  # what a reset may answer
        self.ends: list[str] = []
        self.let_go = False
        self.shown = False  # the application knows of it: an embryo may vanish unseen
        self.last_syn: Segment | None = None  # the latest that came in, taken up or not
        self.peer_scale: int | None = None
        self.lives = 0  # blocks made so far
        self.restart_sending(None)
        self.restart_receiving(None)

    def restart_sending(self, isn: int | None) -> None:
        """Our numbers start at wire number `isn`; None: at the first that is sent."""
        self.fresh = isn is None  # a block was made since the last SYN, so a SYN may choose its number
        self.isn = isn
        self.content: dict[int, int] = {}  # number -> octet value or mark
        self.snd_max = 0  # the number after the last that was used
        self.scale: int | None = None  # what our SYN offered

    def restart_receiving(self, syn: Segment | None) -> None:
        """The peer's numbers start at `syn`; None: at the first that comes in."""
        self.peer_isn = None if syn is None else syn.seq
        self.peer_scale = None if syn is None else syn.options.window_scale
        self.rcv_max = 0 if syn is None else syn.length  # the number after the highest that came in
        self.ack: int | None = None  # the highest that we acknowledged
        self.edge: int | None = None  # the right edge that we announced

    def receive(self, segment: Segment) -> None:
        """Note what came in."""
        if segment.flags & RST:
            return  # asks for nothing
        if segment.flags & ACK:
            self.asked["ack", segment.ack] += 1
        else:
            self.asked["len", (segment.seq + segment.length) % MODULO] += 1
        if segment.flags & SYN:
            self.last_syn = segment
            if self.peer_isn is None or not self.known or self.state in UNSYNCHRONIZED:
                if segment.seq != self.peer_isn:
                    self.restart_receiving(segment)
                self.peer_scale = segment.options.window_scale
        if self.peer_isn is None:
            self.peer_isn = segment.seq
        self.rcv_max = max(self.rcv_max, signed(segment.seq - self.peer_isn) + segment.length)

    def move(self, state: str) -> None:
        """Note a change of state; a block that is made anew has new numbers."""
        before, self.state, self.known = self.state, state, True
        if before in (*UNSYNCHRONIZED, "TIME_WAIT") and state not in UNSYNCHRONIZED:
            self.fresh = True
            self.lives += 1
            self.ends, self.let_go, self.shown = [], False, False
            self._take_syn(None if state == "SYN_SENT" else self.last_syn)
        elif before == "SYN_SENT" and state in ("SYN_RECEIVED", "ESTABLISHED"):
            self._take_syn(self.last_syn)

    def _take_syn(self, syn: Segment | None) -> None:
        """The block starts from `syn`; what came in after it (a cookie makes the block late) still counts."""
        same = syn is not None and syn.seq == self.peer_isn
        rcv_max = self.rcv_max
        self.restart_receiving(syn)
        if same:
            self.rcv_max = rcv_max


class Checker:
    """Judges records one by one; see the module's docstring."""

    def __init__(self, pairs: Collection[tuple[str, str]] | None = None, ignore_hosts: Collection[str] = ()) -> None:
        self.pairs = None if pairs is None else {*pairs, *((b, a) for a, b in pairs)}
        self.ignored = frozenset(ignore_hosts)
        self.flows: dict[Key, Flow] = {}
        self.ends_at: dict[tuple[Endpoint, Endpoint], list[Flow]] = {}
        self.disturbed = False  # by what the table of pairs does not have: crashes, segments from nowhere
        self.history: deque[Record] = deque(maxlen=HISTORY_LINES)

    def feed(self, record: Record) -> None:
        """Take the next record."""
        self.history.append(record)
        if isinstance(record, SegmentRecord):
            self.disturbed = self.disturbed or record.rule.startswith("injected-")
            if record.kind == RECEIVE:
                self._flow(record.host, record.dst, record.src).receive(record.segment)
            elif record.kind == SEND and record.host not in self.ignored:
                self._sent(self._flow(record.host, record.src, record.dst), record)
        elif isinstance(record, StateRecord):
            self._moved(record)
        elif isinstance(record, RuleRecord):
            self.disturbed = self.disturbed or record.rule == "host-crashed"
        elif isinstance(record, AppRecord):
            self._told(self._flow(record.host, record.local, record.remote), record)

    def _flow(self, host: str, local: Endpoint, remote: Endpoint) -> Flow:
        key = (host, local, remote)
        flow = self.flows.get(key)
        if flow is None:
            flow = self.flows[key] = Flow()
            self.ends_at.setdefault((local, remote), []).append(flow)
        return flow

    def fail(self, invariant: str, reason: str) -> None:
        """Raise with the history."""
        lines = "\n".join(describe(record) for record in self.history)
        raise AssertionError(f"{invariant}: {reason}\n{lines}  <== here")

    def _sent(self, flow: Flow, record: SegmentRecord) -> None:
        segment = record.segment
        if segment.flags & RST:
            self._reset(flow, record)
            return
        if not segment.flags & ACK:
            self._without_ack(flow, segment)
        if segment.flags & SYN:
            self._syn(flow, segment)
        self._numbers(flow, record)
        if segment.flags & ACK:
            self._acknowledgment(flow, segment)

    def _without_ack(self, flow: Flow, segment: Segment) -> None:
        if not segment.flags & SYN:
            self.fail("I3", "a segment without SYN, RST and ACK")
        if flow.known and flow.state != "SYN_SENT":
            self.fail("I3", f"a SYN without ACK in {flow.state}")
        if segment.ack != 0:
            self.fail("I3", "an acknowledgment number without ACK")

    def _syn(self, flow: Flow, segment: Segment) -> None:
        if flow.isn is not None and segment.seq != flow.isn:
            if flow.known and not flow.fresh and flow.state not in UNSYNCHRONIZED:
                self.fail("I1", f"a second SYN with another number, {flow.isn} before")
            flow.restart_sending(segment.seq)
        flow.fresh = False
        flow.isn = segment.seq
        flow.scale = segment.options.window_scale

    def _numbers(self, flow: Flow, record: SegmentRecord) -> None:
        segment = record.segment
        if flow.isn is None:
            flow.isn = segment.seq
        number = signed(segment.seq - flow.isn)
        if number > flow.snd_max:
            self.fail("I1", f"relative number {number} leaves a gap after {flow.snd_max}")
        if record.rule == "keep-alive-probe":
            return  # may carry one octet of garbage below SND.UNA (RFC 9293 3.8.4)
        marks: list[int] = list(segment.payload)
        if segment.flags & SYN:
            marks.insert(0, SYN_MARK)
        if segment.flags & FIN:
            marks.append(FIN_MARK)
        for mark in marks:
            if flow.content.setdefault(number, mark) != mark:
                self.fail("I1", f"relative number {number} stands for {mark} and for {flow.content[number]} before")
            number += 1
        flow.snd_max = max(flow.snd_max, number)

    def _acknowledgment(self, flow: Flow, segment: Segment) -> None:
        if flow.peer_isn is None:
            self.fail("I1", "an acknowledgment, but nothing came in")
            return
        ack = signed(segment.ack - flow.peer_isn)
        if ack > flow.rcv_max:
            self.fail("I1", f"acknowledges relative number {ack}; only {flow.rcv_max} came in")
        if flow.ack is not None and ack < flow.ack:
            self.fail("I2", f"acknowledgment goes back from {flow.ack} to {ack}")
        flow.ack = ack
        scaled = not segment.flags & SYN and flow.scale is not None and flow.peer_scale is not None
        shift = min(flow.scale or 0, 14) if scaled else 0
        edge = ack + (segment.window << shift)
        # Rounding to the unit of the field may seem to take back less than one unit of it (RFC 7323 2.4).
        if flow.edge is not None and edge <= flow.edge - (1 << shift):
            self.fail("I2", f"right window edge moves left from {flow.edge} to {edge}")
        flow.edge = edge if flow.edge is None else max(edge, flow.edge)

    def _reset(self, flow: Flow, record: SegmentRecord) -> None:
        segment = record.segment
        ours = flow.isn is not None and signed(segment.seq - flow.isn) <= flow.snd_max
        if not segment.flags & ACK:
            if take(flow.asked, ("ack", segment.seq)):
                return
            if not (ours and record.rule in OWN_RESETS):
                self.fail("I4", "a RST that no segment asked for and no ABORT")
        elif segment.seq == 0 and take(flow.asked, ("len", segment.ack)):
            return
        elif not ours or flow.isn is None:
            self.fail("I3", "RST,ACK must be <SEQ=0><ACK=SEG.SEQ+SEG.LEN> or come from the connection itself")
        elif flow.peer_isn is None or signed(segment.ack - flow.peer_isn) > flow.rcv_max:
            self.fail("I1", "RST acknowledges what did not come in")

    def _moved(self, record: StateRecord) -> None:
        flow = self._flow(record.host, record.local, record.remote)
        if record.to_state not in MOVES.get(record.from_state, ()):
            self.fail("I5", f"no move from {record.from_state} to {record.to_state} in figure 5")
        if flow.known and record.from_state != flow.state and flow.state not in UNSYNCHRONIZED:
            self.fail("I5", f"leaves {record.from_state} but was in {flow.state}")
        flow.state = record.from_state
        flow.move(record.to_state)
        if self.pairs is not None:
            self._pair(record, self.pairs)

    def _pair(self, record: StateRecord, pairs: Collection[tuple[str, str]]) -> None:
        """The first lives of both ends on one pair of endpoints, which is what the table is about."""
        flow = self._flow(record.host, record.local, record.remote)
        for other in self.ends_at.get((record.remote, record.local), []):
            if other is flow or not other.known or self.disturbed or max(flow.lives, other.lives) > 1:
                continue
            # An embryo that returns to LISTEN is gone, as CLOSED.
            pair = (flow.state.replace("LISTEN", "CLOSED"), other.state.replace("LISTEN", "CLOSED"))
            if pair not in pairs:
                self.fail("I5", f"the ends are {pair[0]} and {pair[1]}, which is not in the table")

    def _told(self, flow: Flow, record: AppRecord) -> None:
        if record.call == "open" or (record.call == "event" and record.detail == "connected"):
            flow.shown = True
        if record.call in OWN_ENDS:
            flow.let_go = True
        elif record.call == "event" and record.detail in ENDS:
            flow.ends.append(record.detail)
            if len(flow.ends) > 1:
                self.fail("I6", f"the application is told {' and '.join(flow.ends)}")
        elif record.call == "event" and record.detail == "closed" and flow.shown and not (flow.ends or flow.let_go):
            self.fail("I6", "the connection is gone and the application was not told how it ended")


def pairs_of(page: str) -> set[tuple[str, str]]:
    """The pairs that the table of docs/state-pairs.md shows as reached."""
    names: list[str] = []
    pairs = set()
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| A \\ B |"):
            names = cells[1:]
        elif names and cells[0] in names and len(cells) == len(names) + 1:
            pairs |= {(cells[0], name) for name, cell in zip(names, cells[1:], strict=True) if cell != "-"}
    return pairs


def take(asked: Counter[tuple[str, int]], what: tuple[str, int]) -> bool:
    """Use up one received segment that a reset may answer."""
    if asked[what] <= 0:
        return False
    asked[what] -= 1
    return True


def signed(difference: int) -> int:
    """A difference of wire numbers as the nearest signed number."""
    difference %= MODULO
    return difference if difference < MODULO // 2 else difference - MODULO


def describe(record: Record) -> str:
    """One line of history."""
    head = f"{record.now / 1_000_000:12.3f} {record.host:>6}"
    if isinstance(record, SegmentRecord):
        segment = record.segment
        flags = "".join(letter for letter, bit in FLAGS if segment.flags & bit) or "-"
        numbers = f"seq={segment.seq} ack={segment.ack} len={len(segment.payload)} win={segment.window}"
        return f"{head} {record.kind:>4} {record.src} > {record.dst} {flags} {numbers} ({record.rule})"
    if isinstance(record, StateRecord):
        return f"{head} state {record.local} {record.from_state} => {record.to_state} ({record.why})"
    if isinstance(record, RuleRecord):
        return f"{head} rule {record.rule} {record.detail}"
    if isinstance(record, TimerRecord):
        return f"{head} timer {record.timer} {record.action} {record.deadline}"
    if isinstance(record, AppRecord):
        return f"{head} app {record.call} {record.detail}"
    return f"{head} {type(record).__name__}"
