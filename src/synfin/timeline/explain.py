"""Explanations of what a timeline shows: a segment, a step at a host, a term; short, long, and with its arithmetic.

Responsible for putting together what the catalog has under `rule.`, `why.` and `linux.` with the sums of the very
segment.  The words themselves are in `messages`, the arithmetic in `sums`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from synfin.errors import UsageError
from synfin.timeline.messages import Catalog
from synfin.timeline.model import ARRIVAL, TIMER, TOLD, Flight, Step
from synfin.timeline.sums import Sum, covered, place, sums
from synfin.timeline.words import rule_source
from synfin.trace import StateRecord
from synfin.wire.tcp import FIN, RST, SYN, flag_names

KINDS: Final = ("rule", "state", "move", "flag", "option", "timer", "error")
_STATES: Final = "RFC 9293 3.3.2"  # the eleven states and figure 5
# Which flag says most about a segment whose reason is not known (a capture): the first of these that is set
_TELLING: Final = ((RST, "RST"), (SYN, "SYN"), (FIN, "FIN"))
# Rules that judge where a segment lies in the window, and rules that judge what it acknowledges
_PLACED: Final = (
    "seq-outside-window", "seq-zero-window", "rst-outside-window", "rst-in-window", "rst-exact", "syn-in-window",
    "syn-retransmitted", "text-duplicate", "text-duplicate-held", "text-out-of-order", "fin-out-of-order",
    "time-wait-fin-again", "time-wait-old-segment", "time-wait-rst", "time-wait-rst-ignored",
)  # fmt: skip
_COVERED: Final = (
    "ack-bad-in-syn-received", "ack-beyond-snd-nxt", "ack-too-old", "ack-duplicate", "ack-establishes", "fin-acked",
    "fin-received-and-acked", "listen-ack-reset", "syn-sent-bad-ack", "syn-sent-established",
)  # fmt: skip
_HAN: Final = re.compile(r"[一-鿿]")
SOURCE: Final = re.compile(r"RFC [0-9]+(?: [0-9]+(?:\.[0-9]+)*)?")  # an RFC, and a section of it


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something is so.

    `title`: its name (flags, a move, a rule); `short`: one line; `long`: a paragraph; `arithmetic`: sentences about
    the numbers of this very segment, none where no numbers decide; `rfc`: RFC and section, empty where there is none;
    `linux`: what Linux does differently, None where nothing is known to differ.
    """

    short: str
    long: str
    arithmetic: tuple[str, ...] = ()
    rfc: str = ""
    linux: str | None = None
    title: str = ""


def explain_flight(flight: Flight, texts: Catalog) -> Explanation:
    """Why a segment was sent, and where each of its numbers comes from."""
    flags = ",".join(flag_names(flight.segment.flags)) or "-"
    arithmetic = tuple(one.text(texts) for one in sums(flight))
    if flight.rule and texts.has(f"rule.{flight.rule}"):
        found = _rule(flight.rule, flight.sender, _peer(flight, texts), texts)
    else:
        name = next((name for bit, name in _TELLING if flight.segment.flags & bit), "ACK")
        found = _term("flag", name, texts, name, texts.text(f"flag.{name}"))
    return Explanation(found.short, found.long, arithmetic, found.rfc, found.linux, flags)


def explain_fate(flight: Flight, texts: Catalog) -> Explanation | None:
    """What the network did to a segment, or None where it did nothing."""
    if not flight.fault or not texts.has(f"rule.{flight.fault}"):
        return None
    return _rule(flight.fault, flight.sender, _peer(flight, texts), texts)


def explain_all(flight: Flight, texts: Catalog) -> list[Explanation]:
    """All there is to say about a segment: why it was sent, the FIN that text has taken along, what became of it."""
    found = [explain_flight(flight, texts)]
    if flight.rule == "data" and flight.segment.flags & FIN:
        found.append(_rule("fin", flight.sender, _peer(flight, texts), texts))
    fate = explain_fate(flight, texts)
    return found if fate is None else [*found, fate]


def _peer(flight: Flight, texts: Catalog) -> str:
    """The host that a segment is for."""
    return flight.origin.peer if flight.origin is not None else texts.text("ui.peer")


def explain_step(step: Step, texts: Catalog, peer: str = "") -> list[Explanation]:
    """Everything that happened in a step besides the segment itself: timer or event, moves, rules, in this order.

    `peer` is the name of the other host; without one the segment's other end, or a general word, is used.
    """
    if not peer and step.flight is not None and step.flight.origin is not None:
        peer = step.flight.sender if step.flight.sender != step.host else step.flight.origin.peer
    peer = peer or texts.text("ui.peer")
    found: list[Explanation] = []
    if step.kind == TIMER and texts.has(f"timer.{step.call}"):
        found.append(_term("timer", step.call, texts, step.call, texts.text(f"timer.{step.call}")))
    elif step.kind == TOLD and texts.has(f"why.error.{step.call}"):
        found.append(explain_term("error", step.call, texts))
    told: dict[str, bool] = {}
    for move in step.moves:
        found.append(_move(move, peer, texts))
        if move.why not in told and texts.has(f"why.rule.{move.why}"):
            found.append(_judged(move.why, step, peer, texts))
        told[move.why] = True
    for rule in step.rules:
        if rule.rule not in told and texts.has(f"rule.{rule.rule}"):
            found.append(_judged(rule.rule, step, peer, texts))
        told[rule.rule] = True
    return found


def explain_term(kind: str, name: str, texts: Catalog) -> Explanation:
    """A term by its kind (one of `KINDS`) and name: a rule, a state, `FROM.TO` for a move, a flag, an option, a timer,
    an error.  Raises `UsageError` for a kind or a name that there is not."""
    if kind not in KINDS:
        raise UsageError(f"there is no kind {kind!r} of explanations; there are {', '.join(KINDS)}")
    if not texts.has(f"why.{kind}.{name}"):
        raise UsageError(f"there is no {kind} named {name!r} that could be explained")
    who, peer = texts.text("why.who"), texts.text("why.peer")
    if kind == "rule":
        found = _rule(name, who, peer, texts)
        long = _as_words(found.long, who, peer)
        linux = None if found.linux is None else _as_words(found.linux, who, peer)
        return replace(found, short=_as_words(found.short, who, peer), long=long, linux=linux)
    short = ""
    for prefix in (kind, "told", "errno") if kind == "error" else (kind,):
        if texts.has(f"{prefix}.{name}"):
            short = texts.text(f"{prefix}.{name}")
            break
    title = name.replace(".", " → ") if kind == "move" else name
    return _term(kind, name, texts, title, short)


def terms(kind: str, texts: Catalog) -> list[str]:
    """The names that `explain_term` knows of a kind, in the order of the tables."""
    start = f"why.{kind}."
    return [message.removeprefix(start) for message in texts.ids() if message.startswith(start)]


def terms_by_name(texts: Catalog) -> dict[str, list[tuple[str, str]]]:
    """Kind and name of everything that can be explained, by its name in small letters with `-` between words."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS:
        for name in terms(kind, texts):
            found.setdefault(_plain(name), []).append((kind, name))
    return found


def find_terms(name: str, texts: Catalog) -> list[tuple[str, str]]:
    """Kind and name of everything that bears `name`, however it is written: `TIME-WAIT`, `syn_sent.established`."""
    return terms_by_name(texts).get(_plain(name.replace("→", ".").replace("->", ".")), [])


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(" ", "")


def _move(move: StateRecord, peer: str, texts: Catalog) -> Explanation:
    """A state move; its short text is that of the rule which decided it."""
    name = f"{move.from_state}.{move.to_state}"
    title = f"{move.from_state} → {move.to_state}"
    key = f"rule.{move.why}"
    short = texts.text(key, who=move.host, peer=peer) if texts.has(key) else ""
    return _term("move", name, texts, title, short, move.rfc)


def _term(kind: str, name: str, texts: Catalog, title: str, short: str, rfc: str = "") -> Explanation:
    """What the catalog has about a term that takes no parameters."""
    long = texts.text(f"why.{kind}.{name}") if texts.has(f"why.{kind}.{name}") else ""
    linux = texts.text(f"linux.{kind}.{name}") if texts.has(f"linux.{kind}.{name}") else None
    if not rfc:
        rfc = _STATES if kind == "state" else first_source((long, short))
    return Explanation(short, long, (), rfc, linux, title)


def _judged(rule: str, step: Step, peer: str, texts: Catalog) -> Explanation:
    """A rule that decided about the segment of a step, with the numbers that it went by."""
    told = _rule(rule, step.host, peer, texts)
    found: list[Sum] = []
    if step.flight is not None and step.kind == ARRIVAL:
        if rule in _PLACED and step.asked is not None:
            found = place(step.flight, step.asked)
        elif rule in _COVERED:
            found = covered(step.flight)
    return replace(told, arithmetic=tuple(one.text(texts) for one in found)) if found else told


def _rule(rule: str, who: str, peer: str, texts: Catalog) -> Explanation:
    """A named rule as it was applied by `who`."""
    short = texts.text(f"rule.{rule}", who=who, peer=peer)
    long = texts.text(f"why.rule.{rule}", who=who, peer=peer) if texts.has(f"why.rule.{rule}") else ""
    linux = None
    if texts.has(f"linux.rule.{rule}"):
        linux = texts.text(f"linux.rule.{rule}", who=who, peer=peer)
    return Explanation(short, long, (), rule_source(rule), linux, rule)


def _as_words(text: str, *words: str) -> str:
    """A text in which `words` stand for a host's name: a capital begins a sentence, no space stands in Chinese."""
    for word in words:
        text = re.sub(rf"(^|[.?!] ){re.escape(word)}\b", rf"\g<1>{word[:1].upper()}{word[1:]}", text)
        if _HAN.match(word):
            text = re.sub(rf"{word} (?={_HAN.pattern})", word, text)
            text = re.sub(rf"(?<={_HAN.pattern}) {word}", word, text)
    return text


def first_source(passages: Iterable[str]) -> str:
    """The first RFC that is named with its section in some texts, else the first RFC, or nothing."""
    found = [match[0] for passage in passages for match in SOURCE.finditer(passage)]
    return next((source for source in found if source.count(" ") > 1), found[0] if found else "")


__all__ = [
    "KINDS",
    "SOURCE",
    "Explanation",
    "explain_all",
    "explain_fate",
    "explain_flight",
    "explain_step",
    "explain_term",
    "find_terms",
    "first_source",
    "terms",
    "terms_by_name",
]
