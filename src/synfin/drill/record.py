"""`synfin drill record`: a captured connection as a script.

    capture   files, link layers, connections, the end at which a capture was made
    story     its packets in a script's numbers
    infer     the calls that the program at the judged end must have made

Responsible for putting these together, for options and settings that show in the handshake, and for trying the script
on the stack: what a capture leaves open is decided by what plays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from synfin.drill.capture import CLIENT, Captured, RecordError, choose, read_connections
from synfin.drill.infer import LISTENER as LISTENER_FD
from synfin.drill.infer import SAME_INSTANT, Calls, Guess, option
from synfin.drill.model import ABSOLUTE, RELATIVE, Action, Event, Range, Script, TcpPacket, Time
from synfin.drill.outcome import Outcome
from synfin.drill.parser import parse
from synfin.drill.play import MTU_DEFAULT, PRESETS, Plan, play
from synfin.drill.printer import print_script
from synfin.drill.story import Step, Story
from synfin.wire.tcp import CWR, ECE, FIN, PSH, SYN

TOLERANCE_USECS: Final = 20_000
ROUND: Final = 100_000  # ns
MTU_LEAST_V6: Final = 1_280
_GUESSES: Final = (Guess(), Guess(joined=False), Guess(calls_first=True), Guess(joined=False, calls_first=True))
_USUAL_SCALE: Final = 8  # of the preset linux


@dataclass(frozen=True, slots=True)
class Recording:
    """A script made from a capture: its `text`, the connection, the judged `end`, and `notes` about what was left out.

    `outcome` is how it went on the stack, None where that was not tried; `preset` is the one that it was tried with.
    """

    text: str
    connection: Captured
    end: str
    notes: tuple[str, ...]
    outcome: Outcome | None
    preset: str


def record(path: str | Path, number: int | None = None, end: str | None = None, *, check: bool = True) -> Recording:
    """Make a script of connection `number` (from 1; None: the only one) of a capture, judging its `end`.

    `end` None: the one at which the capture was made.  With `check` the script is played on the stack, and where the
    capture leaves something open (which preset, what was written when) that is taken which plays.  Raises
    `RecordError`, `CaptureError`, `OSError`.
    """
    chosen = choose(read_connections(path), number, str(path))
    which = end or chosen.default_end()
    story = Story(chosen, which)
    _refuse(story)
    notes = [f"{story.skipped} damaged packets were left out"] if story.skipped else []
    if story.cut:
        notes.append("the judged end opened another connection between the same ports; the script ends before that")
    head = _head(str(path), chosen, which)
    best: tuple[int, str, Outcome, str] | None = None
    for preset in PRESETS:
        for guess in _GUESSES:
            text = head + print_script(_script(story, guess, preset))
            if not check:
                return Recording(text, chosen, which, tuple(notes), None, preset)
            outcome = play(parse(text, Path(path).stem + ".pkt"), Plan())
            if outcome.ok:
                return Recording(text, chosen, which, tuple(notes), outcome, preset)
            reached = outcome.failure.event.line if outcome.failure is not None and outcome.failure.event else 0
            if best is None or reached > best[0]:
                best = (reached, text, outcome, preset)
    assert best is not None
    return Recording(best[1], chosen, which, tuple(notes), best[2], best[3])


def _head(path: str, chosen: Captured, which: str) -> str:
    judged, other = (chosen.client, chosen.server) if which == CLIENT else (chosen.server, chosen.client)
    return (
        f"// Recorded from {Path(path).name}, connection {chosen.number}: {chosen.client} > {chosen.server}\n"
        f"// Judged is the {which}, {judged}; the script plays {other}\n"
    )


def _refuse(story: Story) -> None:
    """What a script of one connection cannot tell."""
    for step in story.steps:
        if step.has(SYN) and (step.text or (step.segment is not None and step.segment.options.fast_open is not None)):
            raise RecordError("this connection uses TCP Fast Open (RFC 7413), whose cookies a script cannot know")


def _script(story: Story, guess: Guess, preset: str) -> Script:
    calls = Calls(story, guess)
    options = [("tolerance_usecs", str(TOLERANCE_USECS)), *_options(story, preset)]
    if guess.calls_first:
        options.append(("calls_first", ""))
    elif any(step.out and step.text and step.has(FIN) and step.has(PSH) for step in story.steps):
        options.append(("relax", "psh"))  # text that waits for its FIN goes without PSH
    lines: list[tuple[int, Action]] = []
    start = story.steps[0].time
    opening = [*calls.opening(), *_segment_size(story)]
    if calls.before.get(-1):
        opening[1:1] = calls.before[-1]
    lines.extend((start, action) for action in _listen_last(opening))
    for first, last, packet in _lines(story.steps, calls):
        when = _reaction(story.steps, first) if guess.calls_first else story.steps[first].time
        lines.extend((when, action) for action in calls.before.get(first, []))
        lines.append((story.steps[first].time, packet))
        for place in range(first, last + 1):
            lines.extend((story.steps[last].time, action) for action in calls.after.get(place, []))
    return Script(tuple(options), _events(lines, start), init=_settings(story, preset))


def _reaction(steps: list[Step], place: int) -> int:
    """When the calls before a step were made, if what the program did at once it did at the time of the packet."""
    before = steps[max(place - 1, 0)]
    time = steps[place].time
    return before.time if not before.out and time - before.time < SAME_INSTANT else time


def _listen_last(opening: list[Action]) -> list[Action]:
    """Options are set before bind() and connect()."""
    late = [action for action in opening if getattr(action, "name", "") in ("bind", "listen", "connect")]
    return [action for action in opening if action not in late] + late


def _lines(steps: list[Step], calls: Calls) -> list[tuple[int, int, Action]]:
    """(first step, last step, line): segments of one burst share a line."""
    found: list[tuple[int, int, Action]] = []
    for place, step in enumerate(steps):
        if found and _continues(steps, calls, found[-1], place):
            first, _, line = found[-1]
            assert isinstance(line, TcpPacket)
            assert isinstance(step.line, TcpPacket)
            whole = Range(line.sequence.first, step.line.sequence.end, line.sequence.length + step.text)
            found[-1] = (first, place, replace(step.line, sequence=whole))
        else:
            found.append((place, place, step.line))
    return found


def _continues(steps: list[Step], calls: Calls, before: tuple[int, int, Action], place: int) -> bool:
    """Whether a step goes on where a line ends, as the matcher will see it."""
    first, last, line = before
    one, step = steps[last], steps[place]
    if not (isinstance(line, TcpPacket) and isinstance(step.line, TcpPacket)) or line.inbound or step.line.inbound:
        return False
    plain = replace(step.line, sequence=line.sequence, flags=step.line.flags.replace("P", "").replace("F", ""))
    return (
        one.text > 0
        and 0 < step.text <= steps[first].text == one.text
        and step.first == one.first + one.text
        and bool(step.new) == bool(one.new)
        and not one.has(FIN | SYN)
        and one.segment is not None
        and step.segment is not None
        and one.segment.window == step.segment.window
        and plain == replace(line, flags=line.flags.replace("P", ""))
        and step.time - steps[first].time < SAME_INSTANT
        and not calls.before.get(place)
        and not calls.after.get(last)
    )


def _events(lines: list[tuple[int, Action]], start: int) -> tuple[Event, ...]:
    """Times relative to the line before, rounded so that nothing adds up."""
    events: list[Event] = []
    last = 0
    for time, action in lines:
        now = max((time - start) // ROUND * ROUND, last)
        events.append(Event(Time(ABSOLUTE if not events else RELATIVE, now - last), action))
        last = now
    return tuple(events)


# What shows in the handshake


def _options(story: Story, preset: str) -> list[tuple[str, str]]:
    out = [("ip_version", "ipv6" if len(story.own.address) == 16 else "ipv4")]
    if preset != PRESETS[0]:
        out.append(("preset", preset))
    mtu = _mtu(story)
    if mtu is not None:
        out.append(("mtu", str(mtu)))
    return out


def _mtu(story: Story) -> int | None:
    """The MTU by which the stack announces the size that it did; None where it does so anyway."""
    size = len(story.own.address)
    announced = None if story.own_syn is None else story.own_syn.options.mss
    if announced is None:
        return None
    mtu = announced + (60 if size == 16 else 40)
    return None if mtu == MTU_DEFAULT[size] or (size == 16 and mtu < MTU_LEAST_V6) else mtu


def _segment_size(story: Story) -> list[Action]:
    """TCP_MAXSEG, where no MTU of IPv6 is that small."""
    announced = None if story.own_syn is None else story.own_syn.options.mss
    if announced is None or len(story.own.address) == 4 or announced + 60 >= MTU_LEAST_V6:
        return []
    return [option(LISTENER_FD, "IPPROTO_TCP", "TCP_MAXSEG", announced)]


def _settings(story: Story, preset: str) -> str:
    """sysctl for what the judged end offered, or did not take up."""
    own, peer = story.own_syn, story.peer_syn
    if own is None:
        return ""
    offered = own if not story.passive else peer
    found: list[str] = []
    for name, of in (
        ("tcp_timestamps", lambda syn: syn.options.ts_val is not None),
        ("tcp_sack", lambda syn: syn.options.sack_permitted),
        ("tcp_window_scaling", lambda syn: syn.options.window_scale is not None),
    ):
        if not of(own) and (not story.passive or (offered is not None and of(offered))):
            found.append(f"{name}=0")
    if offered is not None and offered.flags & (ECE | CWR) == ECE | CWR:
        found.append(f"tcp_ecn={int(bool(own.flags & ECE))}")
    scale = own.options.window_scale
    if scale is not None and (scale != _USUAL_SCALE or preset != PRESETS[0]):
        largest = 3 << (scale + 14)
        found.append(f"tcp_rmem='4096 {min(2 * _window(story), largest)} {largest}'")
    return "sysctl -q " + " ".join(f"net.ipv4.{setting}" for setting in found) if found else ""


def _window(story: Story) -> int:
    """The largest window that was announced before any text came."""
    window = 0
    for step in story.steps:
        if not step.out and step.text:
            break
        if step.out:
            window = max(window, step.window)
    return max(window, 2_048)
