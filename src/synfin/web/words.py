"""The words of rows that `timeline.words` has not.

A ladder says each thing once, in whole lines; here every event stands for itself, because the page shows them one at a
time and lays them out itself.
"""

from __future__ import annotations

from synfin.timeline.messages import Catalog
from synfin.timeline.model import Flight
from synfin.timeline.words import option_words
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


def options_text(segment: Segment) -> list[str]:
    """The TCP options of a segment, each as one word, those that nobody knows as well."""
    return [*option_words(segment), *(f"kind{kind}={value.hex()}" for kind, value in segment.options.others)]
