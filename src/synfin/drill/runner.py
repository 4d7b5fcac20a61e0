"""The interpreter: plays the events of a script on a `Stage`, one after the other, and stops at the first mismatch.

Responsible for when things happen, for which packets belong to which connection, and for what counts as a failure.
Comparing packets is `match`'s, carrying out calls `execute`'s.
"""

from __future__ import annotations

import errno
from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Final, NoReturn

from synfin.drill.constants import STATES
from synfin.drill.errors import UnsupportedError
from synfin.drill.execute import Executor, result_text
from synfin.drill.expressions import AssertionFailedError, run_code
from synfin.drill.flows import Flows
from synfin.drill.match import Difference, Rules, remember_stamp
from synfin.drill.match_other import all_differences, line_of
from synfin.drill.model import (
    ABSOLUTE,
    ANY,
    Code,
    Event,
    IcmpPacket,
    Packet,
    Script,
    Shell,
    Syscall,
    TcpPacket,
    UdpPacket,
)
from synfin.drill.operation import Operation
from synfin.drill.options import MAX_PORT, MAX_TOLERANCE_USECS, number_option, percent_option
from synfin.drill.outcome import FAILED, PASSED, UNSUPPORTED, Failure, Outcome, Played
from synfin.drill.packets import Packets
from synfin.drill.printer import print_action, print_seconds
from synfin.drill.settings import read_command
from synfin.drill.stage import Pending, Stage
from synfin.drill.texts import text
from synfin.errors import UsageError
from synfin.timeline.capture.observed import Observed
from synfin.wire.addresses import Endpoint

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000

DEFAULT_TOLERANCE: Final = 4 * MILLISECOND
DEFAULT_PERCENT: Final = 12.5
OVERDUE: Final = 2 * SECOND
DEFAULT_PORT: Final = 8080
MAX_TIME: Final = 100_000 * SECOND  # of a script

KNOWN_OPTIONS: Final = (
    "ip_version", "local_ip", "remote_ip", "gateway_ip", "netmask_ip", "mss", "mtu", "speed", "tolerance_usecs",
    "tolerance_percent", "strict_segments", "define", "bind_port", "connect_port", "tcp_ts_tick_usecs",
    "tcp_ts_ecr_scaled", "send_omit_free", "non_fatal", "init_scripts", "verbose", "code_command", "code_format",
    "code_sockopt", "quiet_end", "preset", "relax", "calls_first",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How to play: `relax` overlooks some fields; `quiet_end` (ns, 0: off) how long nothing may be sent at the end."""

    relax: Collection[str] = ()
    quiet_end: int = 0
    seed: int = 0
    strict_segments: bool = False


class _StopError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure


@dataclass(slots=True)
class _Call:
    event: Event
    call: Syscall
    operation: Operation
    pending: Pending
    due: int
    tolerance: int


class Runner:
    """Plays one script on one stage; both are used up by it."""

    def __init__(self, script: Script, stage: Stage, options: Options | None = None) -> None:
        self.script = script
        self.stage = stage
        self.options = options if options is not None else Options()
        self.flows = Flows(Random(self.options.seed))
        addresses = stage.addresses
        bind = number_option(script, "bind_port", DEFAULT_PORT, 1, MAX_PORT)
        connect = number_option(script, "connect_port", DEFAULT_PORT, 1, MAX_PORT)
        local = Endpoint(addresses.in_calls(addresses.local), bind)
        remote = Endpoint(addresses.in_calls(addresses.remote), connect)
        self.bind_port = bind
        self.executor = Executor(stage.sockets, addresses.domain, local, remote, stage.now)
        self.executor.connecting = self.flows.connecting
        self.executor.accepted = self.flows.accepted
        self.executor.closed = self.flows.closed
        usecs = number_option(script, "tolerance_usecs", DEFAULT_TOLERANCE // MICROSECOND, 0, MAX_TOLERANCE_USECS)
        self._tolerance = usecs * MICROSECOND
        self._percent = percent_option(script, "tolerance_percent", DEFAULT_PERCENT)
        self._tick = number_option(script, "tcp_ts_tick_usecs", 0, 0, MAX_TOLERANCE_USECS) * MICROSECOND
        self._strict = self.options.strict_segments or script.option("strict_segments") is not None
        self._last = 0  # script time of the event before
        self._lag = 0  # how late that event was carried out: in real time that is not the stack's fault
        self._blocked: _Call | None = None
        self._played: list[Played] = []
        self.packets = Packets(script, stage, self.flows, self.executor, self._idle)
        self._forgiven = (script.option("non_fatal") or "").replace(" ", ",").split(",")

    def run(self) -> Outcome:
        """Play the script; everything that it meets is in the outcome."""
        status, failure, message = PASSED, None, ""
        try:
            for name, _ in self.script.options:
                if name not in KNOWN_OPTIONS:
                    self.stage.notes.append(f"option --{name} is not known")
            if self.script.init:
                self._shell(self.script.init)
            self.stage.restart_clock()
            for event in self.script.events:
                self._played.append(Played(event, len(self.stage.records)))
                self._forgiving(event)
            self._end()
            if self.script.cleanup:
                self._shell(self.script.cleanup)
        except _StopError as stop:
            status, failure = FAILED, stop.failure
            message = failure.what
        except (UnsupportedError, UsageError) as error:
            status, message = UNSUPPORTED, str(error)
        elapsed = self.stage.now()
        self.stage.finish()
        outcome = Outcome(self.script, self.script.path, status, failure, message, elapsed=elapsed)
        outcome.notes, outcome.records = self.stage.notes, self.stage.records
        outcome.played = self._played
        return outcome

    def _forgiving(self, event: Event) -> None:
        """Play an event; what `--non_fatal=packet,syscall` allows to go wrong becomes a note."""
        kind = "syscall" if isinstance(event.action, Syscall) else "packet"
        try:
            self._play(event)
        except _StopError as stop:
            if kind not in self._forgiven or stop.failure.event is not event:
                raise
            failure = stop.failure
            self.stage.notes.append(
                f"line {event.line}: {failure.what}: expected {failure.expected}, got {failure.got}"
            )
            self._last = self.stage.now()

    # Time

    def _play(self, event: Event) -> None:
        action = event.action
        base = 0 if event.time.kind == ABSOLUTE else self._last
        starts = self.stage.now() if event.time.kind == ANY else base + event.time.start
        ends = starts if event.time.end is None else base + event.time.end
        if max(starts, ends) > MAX_TIME:
            raise UnsupportedError(f"line {event.line}: a script of more than {MAX_TIME // SECOND} s")
        try:
            if isinstance(action, TcpPacket | UdpPacket | IcmpPacket) and not action.inbound:
                self._expect(event, action, starts, ends)
                return
            self._advance(starts, event)
            if event.time.kind == ANY:
                starts = self.stage.now()
            self._played[-1].at = len(self.stage.records)
            self._lag = max(self.stage.now() - starts, 0) if event.time.kind != ANY else 0
            self._act(event, base, starts)
        except UnsupportedError as error:
            raise UnsupportedError(f"line {event.line}: {error}") from None
        self._last = starts

    def _act(self, event: Event, base: int, starts: int) -> None:
        action = event.action
        if isinstance(action, TcpPacket | IcmpPacket | UdpPacket):
            self.packets.inject(action, self.bind_port)
        elif isinstance(action, Syscall):
            self._call(event, action, base, starts)
        elif isinstance(action, Shell):
            self._shell(action.command)
        elif isinstance(action, Code):
            self._code(event, action)
        self._poll_blocked()

    def _advance(self, until: int, event: Event | None) -> None:
        """Let time pass up to `until`."""
        while self._idle(until, event):
            pass

    def _tolerance_for(self, time: int) -> int:
        return max(self._tolerance, int(abs(time - self._last) * self._percent / 100)) + self._lag

    def _fail(self, event: Event | None, key: str, params: dict[str, str] | None = None, **more: object) -> NoReturn:
        """End the run with a failure, whose text has the id `key` in `texts`."""
        more.setdefault("time", self.stage.now())
        params = params or {}
        failure = Failure(text("en", key, **params), event, key=key, params=params, **more)  # type: ignore[arg-type]
        raise _StopError(failure)

    # Calls

    def _call(self, event: Event, call: Syscall, base: int, starts: int) -> None:
        if call.end is not None and self._blocked is not None:
            self._fail(event, "fail-two-calls", expected=print_action(call))
        operation = self.executor.prepare(call)
        pending = self.stage.start(operation, call.end is not None)
        due = starts if call.end is None else base + call.end
        blocked = _Call(event, call, operation, pending, due, self._tolerance_for(due))
        if pending.poll():
            self._returned(blocked)
        elif call.end is None:
            self._fail(
                event,
                "fail-blocks",
                {"name": call.name},
                expected=print_action(call),
                got="the call does not return",
            )
        else:
            self._blocked = blocked

    def _poll_blocked(self) -> None:
        blocked = self._blocked
        if blocked is not None and blocked.pending.poll():
            self._blocked = None
            self._returned(blocked)

    def _check_late(self, event: Event | None) -> None:
        blocked = self._blocked
        if blocked is not None and self.stage.now() > blocked.due + blocked.tolerance:
            self._fail(
                blocked.event,
                "fail-waits",
                {"name": blocked.call.name, "time": print_seconds(blocked.due)},
                expected=print_action(blocked.call),
                got="the call does not return",
            )

    def _returned(self, blocked: _Call) -> None:
        """Compare the result and the time of a call that has returned."""
        call, pending = blocked.call, blocked.pending
        played = next(played for played in reversed(self._played) if played.event is blocked.event)
        played.got, played.time = result_text(pending.value, pending.errno), pending.time
        if pending.errno == errno.ENOPROTOOPT and not call.errno:
            self.stage.refuse(f"line {blocked.event.line}: {print_action(call)}")
        found = self.executor.finish(call, blocked.operation, pending.value, pending.errno)
        if found:
            got = ", ".join(difference.got for difference in found)
            self._fail(
                blocked.event, "fail-result", {"name": call.name}, expected=print_action(call), got=got,
                differences=found,
            )  # fmt: skip
        off = pending.time - blocked.due
        if call.end is not None and abs(off) > blocked.tolerance:
            wanted, got = print_seconds(blocked.due), print_seconds(max(pending.time, 0))
            self._fail(
                blocked.event,
                "fail-return",
                {"name": call.name},
                expected=f"return at {wanted} s (+-{print_seconds(blocked.tolerance)})",
                got=f"return at {got} s",
                differences=[Difference("time", wanted, got)],
            )

    def _shell(self, command: str) -> None:
        settings, others = read_command(command)
        self.stage.notes.extend(f"command not carried out: {other}" for other in others)
        unknown = self.stage.apply(settings)
        self.stage.notes.extend(f"setting not known here: {name}" for name in unknown)

    def _code(self, event: Event, code: Code) -> None:
        fd = self.executor.newest_fd
        live_fd = self.executor.live.get(fd) if fd is not None else None
        names: dict[str, object] = dict(STATES)
        if live_fd is not None:
            try:
                names.update({f"tcpi_{name}": value for name, value in self.stage.sockets.info(live_fd).items()})
            except OSError as error:
                self.stage.notes.append(f"line {event.line}: no tcp_info: {error.strerror}")
        try:
            run_code(code.text, names)
        except AssertionFailedError as error:
            self._fail(event, "fail-assert", {"what": str(error)}, expected=code.text, got=str(error))

    # Packets

    def _idle(self, until: int, event: Event | None) -> bool:
        """Let time pass, to `until` at most, while the next packet has not come; False: it is over."""
        self._poll_blocked()
        self._check_late(event)
        if self.stage.now() >= until:
            return False
        limit = until
        if self._blocked is not None:
            limit = min(limit, max(self._blocked.due + self._blocked.tolerance + 1, self.stage.now() + 1))
        self.stage.wait(limit)
        return True

    def _expect(self, event: Event, packet: Packet, starts: int, ends: int) -> None:
        anytime = event.time.kind == ANY
        overdue = max(ends, self.stage.now()) + OVERDUE if anytime else ends + self._tolerance_for(ends) + OVERDUE
        found = self.packets.next(overdue, event)
        if found is None:
            self._fail(
                event,
                "fail-no-packet",
                expected=print_action(packet),
                got=f"no packet until {print_seconds(max(self.stage.now(), 0))} s",
            )
        observed, flow = found
        if flow is not None and observed.segment is not None and isinstance(packet, TcpPacket):
            self.flows.learn(flow, packet, observed)
            if not self._strict:
                observed = self.packets.collect(packet, observed, event)
            remember_stamp(packet, observed, flow)
        rules = Rules(self.options.relax, self._tick, not self.executor.wrote_text, self._tolerance_for(starts))
        wrong = all_differences(packet, observed, flow, rules)
        if not anytime:
            wrong.extend(self._timing(event, observed.time, starts, ends))
        got = print_action(line_of(observed, flow, packet))
        self._saw(got, observed.time, observed.rule, observed)
        if wrong:
            self._fail(
                event,
                "fail-packet" if wrong[0].field != "time" else "fail-time",
                expected=print_action(packet),
                got=got,
                differences=wrong,
                rule=observed.rule,
                time=observed.time,
            )
        if flow is not None and observed.segment is not None:
            self.flows.note_observed(flow, observed)
        self._last = starts if event.time.end is None and not anytime else observed.time

    def _saw(self, got: str, time: int, rule: str = "", observed: Observed | None = None) -> None:
        """Note what the event that is being played has met."""
        played = self._played[-1]
        played.got, played.time, played.rule = got, time, rule
        if observed is not None and observed.segment is not None:
            segment = observed.segment
            played.sent = (segment.src_port, segment.dst_port, segment.seq, len(segment.payload))

    def _timing(self, event: Event, time: int, starts: int, ends: int) -> list[Difference]:
        early, late = self._tolerance_for(starts), self._tolerance_for(ends)
        if event.time.end is not None:
            early, late = self._tolerance, self._tolerance + self._lag
        if starts - early <= time <= ends + late:
            return []
        wanted = print_seconds(starts) if starts == ends else f"{print_seconds(starts)}~{print_seconds(ends)}"
        around = f" (+-{print_seconds(late)})"
        return [Difference("time", f"at {wanted} s{around}", f"at {print_seconds(max(time, 0))} s")]

    def _end(self) -> None:
        """After the last event: the blocked call must return, and nothing more may be sent while `quiet_end` lasts."""
        if self._blocked is not None:
            self._advance(self._blocked.due + self._blocked.tolerance, None)
            self._check_blocked_at_end()
        if not self.options.quiet_end:
            return
        until = self.stage.now() + self.options.quiet_end
        while (found := self.packets.next(until, None)) is not None:
            observed, flow = found
            if flow is None or not self.flows.is_repeat(flow, observed):
                got = print_action(line_of(observed, flow))
                self._fail(
                    None, "fail-unexpected", expected="no packet", got=got, rule=observed.rule, time=observed.time
                )

    def _check_blocked_at_end(self) -> None:
        blocked = self._blocked
        if blocked is not None:
            self._fail(
                blocked.event,
                "fail-waits",
                {"name": blocked.call.name, "time": print_seconds(blocked.due)},
                expected=print_action(blocked.call),
                got="the call does not return",
            )
