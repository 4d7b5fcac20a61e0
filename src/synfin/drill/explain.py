"""`synfin drill explain`: a script that was played, as a ladder with its own lines between the steps they stand for.

Responsible for what stands beside what: a call or an injected packet before what it brings about, an expected packet
before the segment that it matched.  Steps, states and rules are drawn by `timeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from synfin.drill.model import (
    ABSOLUTE,
    ANY,
    Code,
    Event,
    IcmpPacket,
    Number,
    Script,
    Shell,
    Syscall,
    TcpPacket,
    UdpPacket,
)
from synfin.drill.outcome import PLAYER, Outcome, Played
from synfin.drill.printer import print_expression, print_seconds
from synfin.drill.settings import read_command
from synfin.drill.texts import call_text, text
from synfin.timeline import Ladder, catalog
from synfin.timeline.ladder import DEFAULT_WIDTH
from synfin.timeline.layout import Layout
from synfin.timeline.model import Model, Step
from synfin.timeline.style import Style
from synfin.timeline.width import wrap
from synfin.trace import SEND, Record, SegmentRecord

_MODULO: Final = 1 << 32
_VALUE_AT: Final[dict[str, int]] = {"shutdown": 1, "setsockopt": 2, "getsockopt": 2, "ioctl": 1}  # what is named


def explained(
    outcome: Outcome, lang: str = "en", *, style: Style | None = None, cells: int = DEFAULT_WIDTH
) -> list[str]:
    """The lines of an explanation, at most `cells` wide; `outcome` is that of a run on the stack in this process."""
    script = outcome.script
    if script is None:
        return [outcome.message]
    drawing = _Drawing(outcome, lang, style or Style(), cells)
    shown = 0
    fed = 0
    for played, cut in zip(outcome.played, _cuts(outcome.played, outcome.records), strict=True):
        drawing.draw(outcome.records[fed:cut])
        fed = max(fed, cut)
        drawing.script(script, shown, played.event)
        shown = max(shown, played.event.last_line)
        drawing.say(sentences(played.event, outcome.host, lang))
    drawing.draw(outcome.records[fed:])
    drawing.script(script, shown, None)
    return drawing.lines


class _Drawing:
    """Lines so far, and the ladder that goes on between them."""

    def __init__(self, outcome: Outcome, lang: str, style: Style, cells: int) -> None:
        hosts = (outcome.host, PLAYER)
        self.style = style
        self.ladder = Ladder(hosts, catalog(lang), style, cells=cells)
        self.cells = self.ladder.cells
        self.lines: list[str] = self.ladder.head()
        self._model = Model(hosts, one_sided=True)
        self._layout = Layout(hosts)
        last = outcome.script.events[-1].last_line if outcome.script is not None else 0
        self._digits = len(str(max(last, len(outcome.script.lines) if outcome.script is not None else 0)))

    def draw(self, records: Sequence[Record]) -> None:
        """The steps of these records, all of them."""
        for record in records:
            self._place(self._model.feed(record))
        self._place(self._model.flush())

    def _place(self, group: list[Step]) -> None:
        for row in self._layout.place(group) if group else []:
            self.lines.extend(self.ladder.draw(row))

    def script(self, script: Script, shown: int, event: Event | None) -> None:
        """The lines of the script that have not been shown yet, up to that of `event`."""
        last = event.last_line if event is not None else len(script.lines)
        for number in range(shown + 1, min(last, len(script.lines)) + 1):
            line = script.lines[number - 1].rstrip()
            if not line:
                continue
            own = event is not None and event.line <= number
            mark = "|" if self.style.ascii else "│"
            room = self.cells - self._digits - 3
            for place, part in enumerate(wrap(line.expandtabs(), room) or [""]):
                gutter = f"{number if place == 0 else '':>{self._digits}} {mark} "
                self.lines.append(self.style.paint("bold" if own else "dim", f"{gutter}{part}".rstrip()))

    def say(self, sentences: list[str]) -> None:
        """What the line does."""
        lead = " " * (self._digits + 3)
        for sentence in sentences:
            for place, part in enumerate(wrap(sentence, self.cells - len(lead) - 2)):
                sign = self.style.note if place == 0 else " "
                self.lines.append(self.style.paint("call", f"{lead}{sign} {part}".rstrip()))


def _cuts(played: Sequence[Played], records: Sequence[Record]) -> list[int]:
    """Before which record each event stands: an expected segment before its sending, all else where it was played."""
    cuts: list[int] = []
    sent = [place for place, record in enumerate(records) if isinstance(record, SegmentRecord) and record.kind == SEND]
    next_sent = 0
    for one in played:
        cut = one.at
        if one.sent is not None:
            found = next((at for at in range(next_sent, len(sent)) if _is(records[sent[at]], one.sent)), None)
            if found is not None:
                cut, next_sent = sent[found], found + 1
        cuts.append(max(cut, cuts[-1] if cuts else 0))
    return cuts


def _is(record: Record, sent: tuple[int, int, int, int]) -> bool:
    if not isinstance(record, SegmentRecord):
        return False
    segment = record.segment
    offset = (sent[2] - segment.seq) % _MODULO
    inside = offset == 0 or (offset < len(segment.payload) and sent[3] > 0)
    return (segment.src_port, segment.dst_port) == sent[:2] and inside


def sentences(event: Event, who: str, lang: str = "en") -> list[str]:
    """What a line of a script says, in words."""
    action = event.action
    if isinstance(action, TcpPacket | IcmpPacket | UdpPacket):
        if not action.inbound:
            return [_expected(event, who, lang)]
        kind = "in" if isinstance(action, TcpPacket) else "in-udp" if isinstance(action, UdpPacket) else "in-icmp"
        return [text(lang, kind, who=who)]
    if isinstance(action, Syscall):
        return _call(event, action, lang)
    if isinstance(action, Code):
        return [text(lang, "code")]
    return _command(action, lang)


def _expected(event: Event, who: str, lang: str) -> str:
    time = event.time
    if time.kind == ANY:
        return text(lang, "out-any", who=who)
    start = print_seconds(time.start)
    if time.end is not None:
        kind = "out-at-range" if time.kind == ABSOLUTE else "out-range"
        return text(lang, kind, who=who, time=start, end=print_seconds(time.end))
    if time.kind == ABSOLUTE:
        return text(lang, "out-at", who=who, time=start)
    return text(lang, "out-later" if time.start else "out-now", who=who, time=start)


def _call(event: Event, call: Syscall, lang: str) -> list[str]:
    arguments = [print_expression(argument) for argument in call.arguments]
    place = _VALUE_AT.get(call.name)
    named = arguments[place] if place is not None and place < len(arguments) else call.name
    if call.name == "setsockopt" and len(arguments) > 3:
        named = f"{named} = {arguments[3]}"
    out = [
        text(
            lang,
            call_text(call.name),
            fd=arguments[0] if arguments else "?",
            size=arguments[2] if len(arguments) > 2 else "?",
            new=print_expression(call.result),
            value=named,
        )
    ]
    if call.end is not None:
        kind = "blocks-at" if event.time.kind == ABSOLUTE else "blocks"
        out.append(text(lang, kind, time=print_seconds(call.end)))
    if call.errno and isinstance(call.result, Number):
        out.append(text(lang, "fails", value=call.errno))
    return out


def _command(action: Shell, lang: str) -> list[str]:
    settings, others = read_command(action.command)
    out = [text(lang, "ignored")] if others else []
    if settings:
        out.insert(0, text(lang, "settings", value=", ".join(f"{name}={value}" for name, value in settings)))
    return out
