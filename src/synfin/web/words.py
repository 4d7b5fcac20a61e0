"""The sentences of rows: what a call, a timer or a rule is called in one language.

Responsible for looking texts up and filling them in for single events.  A ladder says each thing once; here every event
stands for itself, because the page shows them one at a time.
"""

from __future__ import annotations

import re
from typing import Final

from synfin.timeline.messages import Catalog
from synfin.timeline.model import CALL, ECN_WORDS, TIMER, TOLD, Flight, Step
from synfin.wire.tcp import Segment, flag_names

_ENGLISH_OCTETS: Final = re.compile(r"([0-9]+) octets")
_ENGLISH_PORT: Final = re.compile(r"port ([0-9]+)")


def step_text(step: Step, texts: Catalog) -> str:
    """What the application or a timer did; empty for other steps."""
    if step.kind == CALL:
        key = f"app.{step.call}"
        detail = _ENGLISH_OCTETS.sub(lambda m: texts.text("ui.octets", count=m[1]), step.detail)
        detail = _ENGLISH_PORT.sub(lambda m: texts.text("ui.port", number=m[1]), detail)
        return texts.text(key if texts.has(key) else "app.other", call=step.call, detail=detail).strip()
    if step.kind == TOLD:
        key = f"told.{step.call}"
        return texts.text(key if texts.has(key) else "told.other", call=step.call)
    if step.kind == TIMER:
        key = f"timer.{step.call}"
        return texts.text(key if texts.has(key) else "timer.other", call=step.call)
    return ""


def rule_text(rule: str, who: str, peer: str, texts: Catalog) -> str:
    """The sentence about a rule; empty where there is none."""
    key = f"rule.{rule}"
    return texts.text(key, who=who, peer=peer) if rule and texts.has(key) else ""


def flight_label(flight: Flight) -> str:
    """What stands on an arrow: flags, relative numbers, length and window in octets."""
    segment, numbers = flight.segment, flight.numbers
    label = ",".join(flag_names(segment.flags)) or "-"
    if segment.ecn:
        label += f" {ECN_WORDS[segment.ecn]}"
    label += f" seq={numbers.seq}"
    if numbers.ack is not None:
        label += f" ack={numbers.ack}"
    if segment.payload:
        label += f" len={len(segment.payload)}"
    return f"{label} win={numbers.window}"


def option_words(segment: Segment) -> list[str]:
    """The TCP options of a segment, each as one word, in the order in which they are usually written."""
    options = segment.options
    words: list[str] = []
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
    words.extend(f"kind{kind}={value.hex()}" for kind, value in options.others)
    return words
