"""What is said about a run, in whole sentences: why a segment was sent, what a step made of a connection.

Responsible for choosing texts and for saying each thing in full only once; every renderer that explains uses it.
Lines, columns and symbols are the renderers' affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple, final

from synfin.timeline.fold import Fold
from synfin.timeline.messages import Catalog
from synfin.timeline.model import CALL, ECN_WORDS, TIMER, TOLD, Flight, Step
from synfin.trace import StateRecord
from synfin.units import DURATIONS
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import FIN, SYN, Segment, flag_names

NO_BREAK: Final = "\N{NO-BREAK SPACE}"  # inside of a source, so that no line ends there
_ENGLISH_OCTETS: Final = re.compile(r"([0-9]+) octets")
_ENGLISH_PORT: Final = re.compile(r"port ([0-9]+)")
# Rules of a receiver that say no more than the segment's own reason or the state move does
_PLAIN_RULES: Final = ("syn-accepted", "ack-establishes")
# State moves that the call itself explains
_CALLED: Final = ("active-open", "passive-open", "close-call", "abort-call")


class Sentence(NamedTuple):
    """Why: the text (empty if it was told before), and the rule and the section that it comes from."""

    text: str
    source: str

    def __str__(self) -> str:
        source = f"[{self.source}]".replace(" ", NO_BREAK)
        return f"{self.text} {source}" if self.text else source


class Reaction(NamedTuple):
    """What a step did to a connection: a state move, or None, and why."""

    move: StateRecord | None
    sentence: Sentence


@final
class Words:
    """The words for one run; keeps what it has explained already.  `arrow` stands between two states."""

    def __init__(self, hosts: tuple[str, str], texts: Catalog, *, arrow: str = "→") -> None:
        self.hosts = hosts
        self.texts = texts
        self._arrow = arrow
        self._explained: dict[str, bool] = {}
        self._glossed: dict[str, bool] = {}
        self._ports: dict[tuple[Endpoint, Endpoint], bool] = {}

    def forget(self) -> None:
        """Start again: nothing has been explained."""
        self._explained.clear()
        self._glossed.clear()
        self._ports.clear()

    def span(self, ns: int) -> str:
        """A length of time as people say it."""
        for unit in ("d", "h", "min"):
            if ns >= (2 if unit == "min" else 1.5) * DURATIONS[unit]:
                return self.texts.text(f"ui.{unit}", value=f"{ns / DURATIONS[unit]:.1f}".removesuffix(".0"))
        return self.texts.text("ui.s", value=f"{ns / DURATIONS['s']:.3f}")

    def event(self, step: Step) -> str:
        """A call, something that the application is told, or a timer that had an effect; else nothing."""
        texts = self.texts
        if step.kind == CALL:
            key = f"app.{step.call}"
            detail = _ENGLISH_OCTETS.sub(lambda m: texts.text("ui.octets", count=m[1]), step.detail)
            detail = _ENGLISH_PORT.sub(lambda m: texts.text("ui.port", number=m[1]), detail)
            return texts.text(key if texts.has(key) else "app.other", call=step.call, detail=detail).strip()
        if step.kind == TOLD:
            key = f"told.{step.call}"
            return texts.text(key if texts.has(key) else "told.other", call=step.call)
        if step.kind == TIMER and (step.moves or step.rules):
            key = f"timer.{step.call}"
            return texts.text(key if texts.has(key) else "timer.other", call=step.call)
        return ""

    def fold(self, fold: Fold) -> str:
        """What a run of uneventful segments carried."""
        acks = self._count("acks", sum(fold.acks.values()))
        time = self.span(fold.ended - fold.began)
        senders = [host for host in self.hosts if host in fold.data]
        counts = [
            (self._count("segments", fold.data[host]), self._count("octets", fold.octets[host])) for host in senders
        ]
        if not counts:
            told = self.texts.text("fold.acks", acks=acks, time=time)
        elif len(counts) == 1:
            [(segments, octets)] = counts
            told = self.texts.text("fold.one", who=senders[0], segments=segments, octets=octets, acks=acks, time=time)
        else:
            (segments, octets), (back, octets_back) = counts
            told = self.texts.text(
                "fold.both", who=senders[0], peer=senders[1], segments=segments, octets=octets, back=back,
                octets_back=octets_back, acks=acks, time=time,
            )  # fmt: skip
        if len(fold.connections) > 1:
            return self.texts.text("fold.connections", count=len(fold.connections), what=told)
        return told

    def _count(self, what: str, number: int) -> str:
        """A number of things; languages tell one, and none, from many."""
        key = f"fold.{what}.{number}"
        return self.texts.text(key if self.texts.has(key) else f"fold.{what}.n", count=f"{number:,}")

    # Segments

    def flags(self, flight: Flight) -> str:
        """The flags on the wire, and the ECN field where it says something."""
        names = ",".join(flag_names(flight.segment.flags)) or "-"
        return f"{names} {ECN_WORDS[flight.segment.ecn]}" if flight.segment.ecn else names

    def ports(self, flight: Flight) -> str:
        """The ports, once there is more than one connection."""
        ends = (flight.src, flight.dst)
        if flight.sender != self.hosts[0]:
            ends = (flight.dst, flight.src)
        self._ports[ends] = True
        return f"{flight.src.port}>{flight.dst.port} " if len(self._ports) > 1 else ""

    def options(self, flight: Flight) -> str:
        """The options of a SYN, and SACK blocks: what a connection is agreed on, and what is missing."""
        words = option_words(flight.segment, negotiated=bool(flight.segment.flags & SYN))
        return self.texts.text("ui.options", options=" ".join(words)) if words else ""

    def glosses(self, flight: Flight) -> str:
        """Flags that appear for the first time, with their meaning."""
        names = [name for name in flag_names(flight.segment.flags) if f"flag.{name}" not in self._glossed]
        return "  ".join(self.gloss("flag", name) for name in names if self.texts.has(f"flag.{name}"))

    def why(self, flight: Flight) -> list[Sentence]:
        """Why it was sent, and what the network did to it."""
        told: list[Sentence] = []
        if flight.rule:
            told.append(self.sentence(flight.rule, rule_source(flight.rule), flight.sender))
        if flight.rule == "data" and flight.segment.flags & FIN:
            told.append(self.sentence("fin", rule_source("fin"), flight.sender))
        if flight.fault:
            told.append(self.sentence(flight.fault, rule_source(flight.fault), flight.sender))
        return told

    # Steps

    def reaction(self, step: Step) -> list[Reaction]:
        """What a step made of the connection, and the rules that did it."""
        found: list[Reaction] = []
        told: list[str] = []
        for move in step.moves:
            told.append(move.why)
            if step.kind == CALL and move.why in _CALLED:
                self._explained[f"{move.why}/{step.host}"] = True
            found.append(Reaction(move, self.sentence(move.why, move.rfc, step.host)))
        for rule in step.rules:
            if rule.rule in told or rule.rule in _PLAIN_RULES or (step.moves and rule.rule == "rst-exact"):
                continue
            told.append(rule.rule)
            found.append(Reaction(None, self.sentence(rule.rule, rule.rfc, step.host)))
        return found

    def sentence(self, rule: str, rfc: str, who: str) -> Sentence:
        """One rule explained: in full the first time, by its name afterwards; always with its source."""
        peer = self.hosts[1] if who == self.hosts[0] else self.hosts[0]
        source = f"{rule}, {rfc}" if rfc else rule
        key = f"rule.{rule}"
        if self.texts.has(key) and f"{rule}/{who}" not in self._explained:
            self._explained[f"{rule}/{who}"] = True
            return Sentence(self.texts.text(key, who=who, peer=peer), source)
        return Sentence("", source)

    def move(self, move: StateRecord) -> str:
        """`B: LISTEN → SYN_RECEIVED`, each state with its meaning when it appears for the first time."""
        moves = f"{self.gloss('state', move.from_state)} {self._arrow} {self.gloss('state', move.to_state)}"
        return self.texts.text("ui.states_now", who=move.host, moves=moves)

    def gloss(self, kind: str, name: str) -> str:
        """A name, with its meaning when it appears for the first time."""
        key = f"{kind}.{name}"
        if key in self._glossed or not self.texts.has(key):
            return name
        self._glossed[key] = True
        return self.texts.gloss(name, self.texts.text(key))


def option_words(segment: Segment, *, negotiated: bool = True) -> list[str]:
    """The TCP options of a segment, each as one word; `negotiated`: with those that a connection is agreed on by."""
    options = segment.options
    words: list[str] = []
    if negotiated:
        if options.mss is not None:
            words.append(f"mss={options.mss}")
        if options.window_scale is not None:
            words.append(f"ws={options.window_scale}")
        if options.sack_permitted:
            words.append("sackok")
        if options.ts_val is not None:
            words.append(f"ts={options.ts_val},{options.ts_ecr}")
    if options.fast_open is not None:
        words.append(f"tfo={options.fast_open.hex() or '?'}")
    if options.user_timeout is not None:
        unit = "min" if options.user_timeout & 0x8000 else "s"
        words.append(f"uto={options.user_timeout & 0x7FFF}{unit}")
    words.extend(f"sack={left}-{right}" for left, right in options.sack)
    return words


def rule_source(rule: str) -> str:
    """The RFC and section of a rule of any part, or nothing."""
    for rules in _all_rules():
        found = rules.get(rule)
        if found:
            return found
    return ""


def _all_rules() -> Iterable[dict[str, str]]:
    from synfin.host.rules import RULES as HOST
    from synfin.lab.rules import RULES as LAB
    from synfin.tcp.rules import RULES as TCP
    from synfin.wire.rules import RULES as WIRE

    return TCP, HOST, LAB, WIRE
