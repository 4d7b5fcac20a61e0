"""The words of rows that `timeline.words` has not.

A ladder says each thing once, in whole lines; here every event stands for itself, because the page shows them one at a
time and lays them out itself.
"""

from __future__ import annotations

from synfin.timeline.messages import Catalog
from synfin.timeline.model import Flight
from synfin.wire.tcp import Segment


def rule_text(rule: str, who: str, peer: str, texts: Catalog) -> str:
    """The sentence about a rule; empty where there is none."""
    key = f"rule.{rule}"
    return texts.text(key, who=who, peer=peer) if rule and texts.has(key) else ""


def numbers_text(flight: Flight) -> str:
    """What stands on an arrow beside the flags: relative numbers, length and window in octets."""
    numbers = flight.numbers
    label = f"seq={numbers.seq}"
    if numbers.ack is not None:
        label += f" ack={numbers.ack}"
    if flight.segment.payload:
        label += f" len={len(flight.segment.payload)}"
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
