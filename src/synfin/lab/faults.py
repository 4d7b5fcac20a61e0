"""The fault language: `drop(B>A,SYN+ACK,1)` and its like, from text to a `Fault` and back (docs/faults.md).

Responsible for reading and printing expressions, for pointing at the character that is wrong, and for deciding whether
a frame is meant.  What is then done to the frame is the cable's work.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from random import Random
from typing import Final, final

from synfin.errors import UsageError
from synfin.units import DURATIONS, format_duration, parse_share, parse_size
from synfin.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment

KINDS: Final = ("drop", "dup", "delay", "reorder", "corrupt", "hold", "mark")
ALL: Final = "all"
LAST: Final = "last"
REORDER_LIMIT_NS: Final = 1_000_000_000  # a reordered frame that nothing overtakes goes on after this time

_FLAG_BITS: Final[dict[str, int]] = {
    "SYN": SYN,
    "ACK": ACK,
    "FIN": FIN,
    "RST": RST,
    "PSH": PSH,
    "URG": URG,
    "ECE": ECE,
    "CWR": CWR,
}
_TEXT: Final = "DATA"
_WITH_LAST: Final = ("*", "ACK", "FIN")  # flags for which the wire itself tells which one is the last

_NAME: Final = re.compile(r"[^\W\d_][\w.\-]*|\d[\w.\-]*[^\W\d_][\w.\-]*")
_WORD: Final = re.compile(r"[A-Za-z]+")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SPACE: Final = re.compile(r"[ \t]*")

# What was expected, by id: `timeline/messages` has the same ids, with `fault.` before them, in every language.
EXPECTED: Final[dict[str, str]] = {
    "kind": "one of drop, dup, delay, reorder, corrupt, hold, mark",
    "open": "an opening parenthesis",
    "direction": "a direction such as A>B, or * for both ways",
    "arrow": "> between the two hosts",
    "host": "the name of a host, or *",
    "known_host": "the name of a host in this world: {names}",
    "flags": "SYN, SYN+ACK, ACK, FIN, DATA, RST, PSH, URG, * or last (joined by +), or a share such as 5%",
    "flag": "a flag after +: SYN, ACK, FIN, RST, PSH, URG, ECE, CWR or DATA",
    "which": "a number such as 1, a range such as 1..3, last, all, a share such as 5%, or a time such as 300ms",
    "count": "a number from 1 up",
    "range_end": "the end of the range, not below its start",
    "last": "a number or all: which one is the last can be told only for ACK, FIN and *",
    "share": "a share between 0% and 100%",
    "unit": "a unit of time (ns, us, ms, s, min, h, d) or %",
    "once": "something that was not said before in this expression",
    "delay_time": "a time such as 300ms: delay needs one",
    "no_time": "no time here: {kind} takes none",
    "no_by": "no by= here: only reorder takes it",
    "by": "= and a number after by",
    "queue": "= and a size such as 30KB after queue",
    "no_queue": "no queue= here: only mark takes it",
    "close": "a comma or a closing parenthesis",
    "end": "nothing after the closing parenthesis",
}


class FaultError(UsageError):
    """A fault expression cannot be read.

    `expression` as given, `position` of the wrong character (counted from 0; at its end, its length), `expected` the id
    of what should stand there (a key of `EXPECTED`) and `params` what to fill in.
    """

    def __init__(self, expression: str, position: int, expected: str, **params: str) -> None:
        self.expression = expression
        self.position = position
        self.expected = expected
        self.params = params
        super().__init__(f"{self.pointer()}\nexpected {EXPECTED[expected].format(**params)}")

    def pointer(self) -> str:
        """Two lines: the expression, and a caret under the character that is wrong."""
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.expression)
        lead = ""
        for character in shown[: self.position]:
            if unicodedata.combining(character):
                continue
            # An ideographic space is as wide as the wide character above it.
            lead += "\N{IDEOGRAPHIC SPACE}" if unicodedata.east_asian_width(character) in "WF" else " "
        return f"  {shown}\n  {lead}^"


@final
class Fault:
    """One fault: what is done (`kind`), to which frames, and how often.

    `source` and `target` are host names or `*`; `flags` the flag names in the order written; `last`: only the segment
    that ends its sender's part; `first`..`final`: which of the matching frames, counted from 1 (`final` None: all from
    `first`); `share`: with this probability; `time_ns`: of delay, dup (how much later the copy comes) and reorder (how
    long it waits at most); `by`: how many frames overtake a reordered one; `queue_bytes`: only frames behind at
    least so many octets that wait for the cable (None: any).

    `matched` counts the frames that matched so far, `hits` those that met the fault.
    """

    __slots__ = (
        "bits", "by", "final", "first", "flags", "hits", "kind", "last", "matched", "queue_bytes", "share", "source",
        "target",
        "text", "time_ns",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        source: str = "*",
        target: str = "*",
        flags: tuple[str, ...] = ("*",),
        last: bool = False,
        first: int = 1,
        final: int | None = None,
        share: float = 1.0,
        time_ns: int | None = None,
        by: int | None = None,
        queue_bytes: int | None = None,
    ) -> None:
        self.kind = kind
        self.source = source
        self.target = target
        self.last = last
        self.first = first
        self.final = final
        self.share = share
        self.time_ns = time_ns
        self.by = by
        self.queue_bytes = queue_bytes
        self.matched = 0
        self.hits = 0
        self.bits = 0
        self.text = False
        self.choose(flags)

    def choose(self, flags: tuple[str, ...]) -> None:
        """Mean the frames with all of `flags`."""
        self.flags = flags
        self.text = _TEXT in flags
        self.bits = 0
        for name in flags:
            self.bits |= _FLAG_BITS.get(name, 0)

    def key(self) -> tuple[object, ...]:
        """All that the expression says, for comparing."""
        return (
            self.kind, self.source, self.target, self.flags, self.last, self.first, self.final, self.share,
            self.time_ns, self.by, self.queue_bytes,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __repr__(self) -> str:
        return f"parse_fault({str(self)!r})"

    def __str__(self) -> str:
        """The expression; reading it gives an equal fault."""
        parts = ["*" if self.source == self.target == "*" else f"{self.source}>{self.target}"]
        parts.append("+".join(self.flags) if not (self.last and self.flags == ("*",)) else LAST)
        if self.last and self.flags != ("*",):
            parts.append(LAST)
        elif (self.first, self.final) == (1, None):
            if self.share == 1.0 and self.time_ns is None and self.by is None and self.queue_bytes is None:
                parts.append(ALL)
        elif self.final is None:
            parts.append(f"{self.first}..")
        else:
            parts.append(str(self.first) if self.first == self.final else f"{self.first}..{self.final}")
        if self.share != 1.0:
            parts.append(_percent(self.share))
        if self.by is not None:
            parts.append(f"by={self.by}")
        if self.queue_bytes is not None:
            parts.append(f"queue={self.queue_bytes}B")
        if self.time_ns is not None:
            parts.append(format_duration(self.time_ns))
        return f"{self.kind}({','.join(parts)})"

    def matches(
        self,
        source: str,
        target: str,
        segment: Segment | None,
        covers_fin: bool,
        fin_sent: bool,
        ecn: int = 0,
        waiting: int = 0,
    ) -> bool:
        """Whether the frame from `source` to `target` is of the kind meant; does not count it.

        `segment` is None for what is not TCP; `covers_fin`: it acknowledges the FIN of its receiver; `fin_sent`: it, or
        one before it, carried the FIN of its sender.  After a segment with both its sender owes nothing more.
        `ecn` is the ECN field of its packet: only what is ECN-capable can be marked; `waiting` octets are before it.
        """
        if self.kind == "mark" and ecn in (0, 3):
            return False
        if self.queue_bytes is not None and waiting < self.queue_bytes:
            return False
        if self.source not in ("*", source) or self.target not in ("*", target):
            return False
        if self.last and self.flags != ("FIN",) and not (covers_fin and (fin_sent or self.flags == ("ACK",))):
            return False
        if self.flags == ("*",):
            return True
        return segment is not None and self._flags_match(segment)

    def _flags_match(self, segment: Segment) -> bool:
        flags = segment.flags
        if self.text and not segment.payload:
            return False
        if len(self.flags) == 1:
            if self.bits == ACK:
                return flags & (SYN | FIN | RST | ACK) == ACK and not segment.payload
            if self.bits == SYN:
                return flags & (SYN | ACK) == SYN
        return flags & self.bits == self.bits

    def strikes(self, rng: Random) -> bool:
        """Count one matching frame, and say whether the fault hits it."""
        self.matched += 1
        if self.matched < self.first or (self.final is not None and self.matched > self.final):
            return False
        if self.share < 1.0 and rng.random() >= self.share:
            return False
        self.hits += 1
        return True


def _percent(share: float) -> str:
    """A decimal percentage that reads back as the same float."""
    text = f"{Decimal(repr(share)).scaleb(2):f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def parse_fault(expression: str) -> Fault:
    """One expression to a `Fault`; raises `FaultError` that points at the wrong character, and nothing else."""
    return _Reader(expression).fault()


class _Reader:
    """A cursor over one expression; each method reads one part and leaves the cursor behind it."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.at = 0
        self.said: dict[str, int] = {}  # what was said, and where

    def fail(self, expected: str, at: int | None = None, **params: str) -> FaultError:
        return FaultError(self.expression, self.at if at is None else at, expected, **params)

    def skip(self) -> None:
        match = _SPACE.match(self.expression, self.at)
        if match is not None:
            self.at = match.end()

    def take(self, text: str) -> bool:
        self.skip()
        if not self.expression.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> str:
        self.skip()
        found = pattern.match(self.expression, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def say(self, what: str, at: int) -> None:
        if what in self.said:
            raise self.fail("once", at)
        self.said[what] = at

    def fault(self) -> Fault:
        self.skip()
        start = self.at
        kind = self.match(_WORD)
        if kind not in KINDS:
            raise self.fail("kind", start)
        fault = Fault(kind)
        if not self.take("("):
            raise self.fail("open")
        self.direction(fault)
        if self.take(","):
            self.flags(fault)
        while self.take(","):
            self.parameter(fault)
        if not self.take(")"):
            raise self.fail("close")
        self.skip()
        if self.at != len(self.expression):
            raise self.fail("end")
        self.check(fault)
        return fault

    def check(self, fault: Fault) -> None:
        if fault.kind == "delay" and fault.time_ns is None:
            raise self.fail("delay_time", self.expression.rindex(")"))
        if fault.time_ns is not None and fault.kind in ("drop", "corrupt", "hold", "mark"):
            raise self.fail("no_time", self.said["time"], kind=fault.kind)
        if fault.by is not None and fault.kind != "reorder":
            raise self.fail("no_by", self.said["by"])
        if fault.queue_bytes is not None and fault.kind != "mark":
            raise self.fail("no_queue", self.said["queue"])

    def direction(self, fault: Fault) -> None:
        if self.take("*"):
            fault.source = "*"
        else:
            fault.source = self.match(_NAME)
            if not fault.source:
                raise self.fail("direction")
        if self.take(">"):
            fault.target = "*" if self.take("*") else self.match(_NAME)
            if not fault.target:
                raise self.fail("host")
        elif fault.source != "*":
            raise self.fail("arrow")

    def flags(self, fault: Fault) -> None:
        self.skip()
        start = self.at
        if self.take("*"):
            return
        names = [self.match(_WORD)]
        if names[0] == LAST:
            fault.last = True
            self.say("last", start)
            return
        if not names[0]:
            self.skip()
            if _NUMBER.match(self.expression, self.at) is None:
                raise self.fail("flags")
            self.parameter(fault)  # the flags were left out
            return
        if names[0] not in _FLAG_BITS and names[0] != _TEXT:
            self.at = start
            if names[0] in (ALL, "by", "queue"):
                self.parameter(fault)
                return
            raise self.fail("flags")
        while self.take("+"):
            self.skip()
            start = self.at
            name = self.match(_WORD)
            if name not in _FLAG_BITS and name != _TEXT:
                raise self.fail("flag", start)
            if name in names:
                raise self.fail("once", start)
            names.append(name)
        fault.choose(tuple(names))

    def parameter(self, fault: Fault) -> None:
        self.skip()
        start = self.at
        word = self.match(_WORD)
        if word == ALL:
            self.say("which", start)
        elif word == LAST:
            self.say("which", start)
            self.say("last", start)
            if "+".join(fault.flags) not in _WITH_LAST:
                raise self.fail("last", start)
            fault.last, fault.first, fault.final = True, 1, 1
        elif word == "by":
            self.say("by", start)
            if not self.take("="):
                raise self.fail("by")
            fault.by = self.count()
        elif word == "queue":
            self.say("queue", start)
            if not self.take("="):
                raise self.fail("queue")
            fault.queue_bytes = self.size()
        elif word:
            raise self.fail("which", start)
        else:
            self.quantity(fault, start)

    def count(self) -> int:
        self.skip()
        start = self.at
        text = self.match(_NUMBER)
        if not text.isdigit() or len(text) > 9 or int(text) < 1:
            raise self.fail("count", start)
        return int(text)

    def size(self) -> int:
        self.skip()
        start = self.at
        text = self.match(_NUMBER)
        unit = self.match(_WORD)
        try:
            return parse_size(text + unit)
        except UsageError:
            raise self.fail("queue", start) from None

    def quantity(self, fault: Fault, start: int) -> None:
        text = self.match(_NUMBER)
        if not text:
            raise self.fail("which", start)
        after = self.at
        if self.take("%"):
            self.say("share", start)
            try:
                fault.share = parse_share(f"{text}%")
            except UsageError:
                raise self.fail("share", start) from None
            return
        unit = self.match(_WORD)
        if unit:
            self.time(fault, text, unit, start, after)
            return
        self.at = start
        self.say("which", start)
        fault.first = fault.final = self.count()
        if self.take(".."):
            self.skip()
            end = self.at
            if not _NUMBER.match(self.expression, self.at):
                fault.final = None
            else:
                fault.final = self.count()
                if fault.final < fault.first:
                    raise self.fail("range_end", end)

    def time(self, fault: Fault, text: str, unit: str, start: int, after: int) -> None:
        factor = DURATIONS.get(unit)
        if factor is None:
            raise self.fail("unit", after)
        self.say("time", start)
        whole, _, part = text.partition(".")
        if len(whole) > 18 or len(part) > 18:
            raise self.fail("unit", start)
        scaled = int(whole + part) * factor
        if scaled % 10 ** len(part):
            raise self.fail("unit", start)
        fault.time_ns = scaled // 10 ** len(part)
