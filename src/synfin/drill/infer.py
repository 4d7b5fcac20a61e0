"""Which calls the program at the judged end must have made, told from its packets.

Responsible for the order and the times of calls.  Writes come as late as they can: a run of new text up to a PSH was
one write, made when its first segment left, since a segment without PSH says that more was waiting.  Reads come as the
window shows them.  What a capture cannot show is left to `Guess`, of which `record` tries more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, final

from synfin.drill.model import (
    Action,
    Array,
    Either,
    Expression,
    Number,
    Rest,
    Structure,
    Symbol,
    Syscall,
)
from synfin.drill.model import Member as Field
from synfin.drill.story import Step, Story
from synfin.wire.tcp import ACK, FIN, PSH, RST, SYN, URG

LISTENER: Final = 3
ACCEPTED: Final = 4
SAME_INSTANT: Final = 1_000_000  # ns: segments of one burst
MOST_AT_ONCE: Final = 60_000  # octets of one write: what fits any send buffer
_SECOND: Final = 1_000_000_000
_ANY: Final = Rest()


@dataclass(frozen=True, slots=True)
class Guess:
    """What a capture does not show.

    `joined`: text that waited for a closed window was written with the text before.  `calls_first`: what the program
    does at the very time of a packet comes before the answer to that packet, and with it (`--calls_first`).
    """

    joined: bool = True
    calls_first: bool = False


class Write(NamedTuple):
    """One write: at step `at`, `size` octets; `more`: what follows goes with it (MSG_MORE); `urgent`: MSG_OOB."""

    at: int
    size: int
    more: bool
    urgent: bool


def call(name: str, *arguments: Expression, result: int = 0, errno: str = "") -> Syscall:
    """A system call of a script."""
    return Syscall(name, arguments, Number(result), errno)


def option(fd: int, level: str, name: str, value: int) -> Syscall:
    """setsockopt() with a number."""
    return call("setsockopt", Number(fd), Symbol(level), Symbol(name), Array((Number(value),)), Number(4))


def writes(steps: list[Step], guess: Guess) -> list[Write]:
    """The writes of the judged end, in order."""
    found: list[Write] = []
    at, size, last = -1, 0, -1
    for place, step in enumerate(steps):
        if not step.new:
            continue
        if at < 0:
            at = _when(steps, place, last, guess, found)
        size += step.new
        ends = step.has(FIN)
        if ends or step.has(URG | PSH):
            found.append(Write(at, size, ends and not guess.calls_first, step.has(URG)))
            at, size = -1, 0
        last = place
    if at >= 0:
        found.append(Write(at, size, True, False))  # the capture ends before the write does
    return _merged(steps, found)


def _when(steps: list[Step], place: int, last: int, guess: Guess, found: list[Write]) -> int:
    """Where the text was written whose first segment is step `place`: earlier if it had to wait for the window."""
    closed = [at for at in range(last + 1, place + 1) if is_probe(steps, at)]
    if not closed:
        return place
    if guess.joined and found:
        return found[-1].at
    shut = [at for at in range(closed[0]) if not steps[at].out and not steps[at].window and steps[at].has(ACK)]
    return shut[-1] + 1 if shut else place


def is_probe(steps: list[Step], place: int) -> bool:
    """Whether a step of the judged end asks whether a closed window has opened."""
    step = steps[place]
    if not step.out or step.segment is None or step.text > 1 or step.has(SYN | FIN | RST):
        return False
    before = [one for one in steps[:place] if not one.out and one.has(ACK)]
    if not before or before[-1].ack is None or before[-1].has(SYN):
        return False
    shut = before[-1].ack + before[-1].window <= step.own_end
    return shut and (step.text == 1 or step.first == step.own_end - 1)


def _merged(steps: list[Step], found: list[Write]) -> list[Write]:
    """Writes at one place are one; so are bursts that left together in full segments."""
    out: list[Write] = []
    for write in found:
        before = out[-1] if out else None
        if before is not None and not before.urgent and not write.urgent and _joins(steps, before, write):
            out[-1] = Write(before.at, before.size + write.size, write.more, False)
        else:
            out.append(write)
    return out


def _joins(steps: list[Step], before: Write, write: Write) -> bool:
    if write.at == before.at:
        return True
    between = steps[before.at : write.at + 1]
    if before.size + write.size > MOST_AT_ONCE or any(not step.out for step in between):
        return False
    sizes = [step.text for step in between[:-1] if step.new]
    full = len(frozenset(sizes)) == 1 and between[-1].text <= sizes[0]
    return full and between[-1].time - between[0].time < SAME_INSTANT


@final
class Calls:
    """The calls of a story, by the step that they come before (`before`) or after (`after`)."""

    def __init__(self, story: Story, guess: Guess) -> None:
        self.story = story
        self.steps = story.steps
        self.before: dict[int, list[Action]] = {}
        self.after: dict[int, list[Action]] = {}
        self.fd = ACCEPTED if story.passive else LISTENER
        self._read = 0
        self._closed = -1  # the step before which the socket was closed
        self._accepted = -1
        self._given_up = -1  # the step with the reset of a connection whose probes nobody has answered
        self._open()
        if self._accepted >= 0 or not story.passive:
            self._options()
            self._write(writes(self.steps, guess))
            self._close()
            self._reads()

    def _add(self, where: dict[int, list[Action]], place: int, *calls: Action) -> None:
        where.setdefault(place, []).extend(calls)

    # Opening

    def opening(self) -> list[Action]:
        """The calls before the first packet."""
        if self.story.own_syn is None:
            return []  # nobody listens
        fd = Number(LISTENER)
        calls: list[Action] = [call("socket", _ANY, Symbol("SOCK_STREAM"), Symbol("IPPROTO_TCP"), result=LISTENER)]
        if not self.story.passive:
            calls.append(call("fcntl", fd, Symbol("F_SETFL"), Either((Symbol("O_RDWR"), Symbol("O_NONBLOCK")))))
            calls.append(call("connect", fd, _ANY, _ANY, result=-1, errno="EINPROGRESS"))
            return calls
        calls.append(option(LISTENER, "SOL_SOCKET", "SO_REUSEADDR", 1))
        calls.append(call("bind", fd, _ANY, _ANY))
        calls.append(call("listen", fd, Number(1)))
        return calls

    def _open(self) -> None:
        """accept() once the handshake is over; what connect() has come to."""
        for place, step in enumerate(self.steps):
            if step.out or step.segment is None:
                continue
            if self.story.passive and self.story.own_syn is not None:
                answer = next((one for one in self.steps[place + 1 :] if one.out), None)
                refused = answer is not None and answer.has(RST) and not answer.has(ACK)
                if step.has(ACK) and not step.has(SYN | RST) and step.ack and not refused:
                    self._accepted = place
                    self._add(self.after, place, call("accept", Number(LISTENER), _ANY, _ANY, result=ACCEPTED))
                    return
            elif step.has(SYN | RST) and step.ack:
                error: Expression = Symbol("ECONNREFUSED") if step.has(RST) else Number(0)
                names = (Number(self.fd), Symbol("SOL_SOCKET"), Symbol("SO_ERROR"))
                asked = call("getsockopt", *names, Array((error,)), Array((Number(4),)))
                answered = place + 1 < len(self.steps) and self.steps[place + 1].out
                self._add(self.after, place + 1 if answered and not step.has(RST) else place, asked)
                self._accepted = place
                return

    # Options that show

    def _options(self) -> None:
        small = any(
            step.new and step.text < self.story.full_size() and step.own_end > step.acked and not step.has(FIN)
            for place, step in enumerate(self.steps)
            if not is_probe(self.steps, place)
        )
        calls: list[Action] = [option(self.fd, "IPPROTO_TCP", "TCP_NODELAY", 1)] if small else []
        calls.extend(self._keep_alive())
        if calls:
            if self.story.passive:
                self._add(self.after, self._accepted, *calls)
            else:
                self._add(self.before, -1, *calls)

    def _keep_alive(self) -> list[Action]:
        """Probes of an idle connection: one below what was sent, though all of it is acknowledged."""
        probes = [
            place
            for place, step in enumerate(self.steps)
            if step.out and step.text <= 1 and not step.new and not step.has(SYN | FIN | RST)
            and step.first == step.own_end - 1 == step.acked - 1 and not is_probe(self.steps, place)
        ]  # fmt: skip
        if not probes or probes[0] == 0:
            return []
        idle = round((self.steps[probes[0]].time - self.steps[probes[0] - 1].time) / _SECOND)
        calls: list[Action] = [option(self.fd, "SOL_SOCKET", "SO_KEEPALIVE", 1)]
        calls.append(option(self.fd, "IPPROTO_TCP", "TCP_KEEPIDLE", max(idle, 1)))
        pairs = [(one, two) for one, two in pairwise(probes) if two == one + 1]
        if pairs:
            period = round((self.steps[pairs[0][1]].time - self.steps[pairs[0][0]].time) / _SECOND)
            calls.append(option(self.fd, "IPPROTO_TCP", "TCP_KEEPINTVL", max(period, 1)))
        after = probes[-1] + 1
        if after < len(self.steps) and self.steps[after].out and self.steps[after].has(RST):
            self._given_up = after  # nobody has answered: the reset is not the program's
            row = 1
            while len(probes) > row and probes[-row - 1] == probes[-row] - 1:
                row += 1
            calls.append(option(self.fd, "IPPROTO_TCP", "TCP_KEEPCNT", row))
        return calls

    # Text

    def _write(self, found: list[Write]) -> None:
        for write in found:
            left = write.size
            while left > 0:
                size = min(left, MOST_AT_ONCE)
                left -= size
                flags = [
                    Symbol(name) for name, on in (("MSG_OOB", write.urgent), ("MSG_MORE", write.more or left)) if on
                ]
                arguments = (Number(self.fd), _ANY, Number(size))
                made = call("write", *arguments, result=size)
                if flags:
                    made = call("send", *arguments, flags[0] if len(flags) == 1 else Either(tuple(flags)), result=size)
                self._add(self.before, write.at, made)
            if write.more and any(step.has(FIN) for step in self.steps[write.at :] if step.out):
                self._closed = write.at

    # Closing

    def _close(self) -> None:
        """FIN: close(), or shutdown() where more was received afterwards; RST: an abort, unless it was an answer."""
        fins = [place for place, step in enumerate(self.steps) if step.out and step.has(FIN)]
        if not fins:
            self._abort()
            return
        place = self._closed if self._closed >= 0 else fins[0]
        if self._goes_on_reading(place):
            self._closed = -1
            self._add(self.before, place, call("shutdown", Number(self.fd), Symbol("SHUT_WR")))
            return
        self._closed = place
        self._add(self.before, place, call("close", Number(self.fd)))

    def _goes_on_reading(self, place: int) -> bool:
        """Whether text that came after step `place` was taken: acknowledged, and not answered by a reset."""
        later = self.steps[place:]
        came = [step for step in later if not step.out and step.text]
        refused = any(step.out and step.has(RST) for step in later)
        return bool(came) and not refused

    def _abort(self) -> None:
        for place, step in enumerate(self.steps):
            if not (step.out and step.has(RST)) or not step.has(ACK) or place < self._accepted:
                continue
            if place == self._given_up:
                return
            linger = Structure((Field("onoff", Number(1)), Field("linger", Number(0))))
            fd = Number(self.fd)
            self._add(
                self.before, place,
                call("setsockopt", fd, Symbol("SOL_SOCKET"), Symbol("SO_LINGER"), linger, Number(8)),
                call("close", fd),
            )  # fmt: skip
            self._closed = place
            return

    # Reading

    def _reads(self) -> None:
        """read() where the window shows it, then for the end of the stream."""
        arrived = _arrivals(self.steps)
        edges = [step for step in self.steps if step.out and step.has(ACK) and not step.has(RST)]
        if not edges:
            return
        start = self._first_edge()
        fin_read = False
        for place, step in enumerate(self.steps):
            if 0 <= self._closed <= place:
                break
            if step.out:
                if step.has(ACK) and not step.has(SYN | RST):
                    self._take(self.before, place, self._shown(step, start, arrived[place]))
                continue
            if place < self._accepted:
                continue
            later = next((one for one in self.steps[place + 1 :] if one.out and one.has(ACK)), None)
            if later is not None and not later.has(RST):
                self._take(self.after, place, self._shown(later, start, arrived[place]))
            if step.has(FIN) and not fin_read and step.first + step.text - 1 <= arrived[place]:
                fin_read = True
                self._take(self.after, place, arrived[place])
                self._add(self.after, place, call("read", Number(self.fd), _ANY, Number(1)))
        if self._closed >= 0 and not self._aborted():
            self._take_first(self._closed, arrived[max(self._closed - 1, 0)])

    def _aborted(self) -> bool:
        return self.steps[self._closed].has(RST)

    def _first_edge(self) -> int:
        """The right edge of the window before any text had come."""
        edge = 0
        for step in self.steps:
            if not step.out and step.text:
                break
            if step.out and step.ack is not None:
                edge = max(edge, step.ack + step.window)
        return edge

    def _shown(self, step: Step, start: int, arrived: int) -> int:
        """Octets read before `step` was sent, as its window has moved on."""
        moved = (step.ack or 0) + step.window - start
        if arrived - moved < 1 << self.story.shifts[True]:
            return arrived  # the rest is only what the field cannot say
        return min(max(moved, 0), arrived)

    def _take(self, where: dict[int, list[Action]], place: int, total: int) -> None:
        if total > self._read:
            size = total - self._read
            self._read = total
            self._add(where, place, call("read", Number(self.fd), _ANY, Number(size), result=size))

    def _take_first(self, place: int, total: int) -> None:
        """A read in front of the other calls of a step."""
        size = total - self._read
        if size > 0:
            self._read = total
            made = call("read", Number(self.fd), _ANY, Number(size), result=size)
            calls = self.before.setdefault(place, [])
            calls.insert(next((at for at, one in enumerate(calls) if _is_close(one)), len(calls)), made)


def _is_close(action: Action) -> bool:
    return isinstance(action, Syscall) and action.name == "close"


def _arrivals(steps: list[Step]) -> list[int]:
    """Octets of text that have come without a gap, after each step."""
    out: list[int] = []
    held: list[tuple[int, int]] = []
    end = 1
    for step in steps:
        if not step.out and step.text and not step.has(RST):
            held.append((step.first, step.first + step.text))
            held.sort()
            for left, right in held:
                if left <= end < right:
                    end = right
        out.append(end - 1)
    return out
