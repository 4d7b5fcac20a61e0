"""How tests write segments: flags and the fields that matter, in relative numbers.

`"PA seq=1 len=5"`: flags `S A F R P U E C N` (N is AE), `-` for none; fields `seq ack win len data urg mss ws sackok ts
sack fo`, `ip` for the ECN field of the packet (`not-ect ect1 ect0 ce`), and `why` and `at` (ms) for what was sent.
`seq=@300` is a wire number.  `tests/harness.py` uses this.
"""

from __future__ import annotations

from typing import Final

from synfin.config import MILLISECOND
from synfin.wire.tcp import ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment

LETTERS: Final = {"F": FIN, "S": SYN, "R": RST, "P": PSH, "A": ACK, "U": URG, "E": ECE, "C": CWR, "N": AE}
MODULO: Final = 1 << 32
ECN_FIELDS: Final = ("not-ect", "ect1", "ect0", "ce")


def relative(wire: int, base: int) -> int:
    """`wire` counted from `base`, as a signed number (one below the initial number is -1)."""
    ahead = (wire - base) % MODULO
    return ahead if ahead < MODULO // 2 else ahead - MODULO


def octets(seq: int, length: int) -> bytes:
    """The text that `len=` puts into a segment at relative number `seq`: each octet follows from its number."""
    return bytes((seq + i) % 251 for i in range(length))


def flag_text(flags: int) -> str:
    """The letters of `flags`, `-` when there is none."""
    return "".join(letter for letter, bit in LETTERS.items() if flags & bit) or "-"


def flag_bits(text: str) -> int:
    """The reverse of `flag_text`; the order of the letters does not matter."""
    bits = 0
    for letter in text.replace("-", ""):
        bits |= LETTERS[letter]
    return bits


class Sent:
    """One segment that came out, with numbers relative to both initial numbers; `at` is in ns."""

    def __init__(self, at: int, segment: Segment, iss: int, isn: int) -> None:
        self.at = at
        self.segment = segment
        self.flags = flag_text(segment.flags)
        self.seq = relative(segment.seq, iss)
        self.ack = relative(segment.ack, isn) if segment.flags & ACK else segment.ack
        self.win = segment.window
        self.data = segment.payload
        self.len = len(segment.payload)
        self.urg = segment.urgent
        self.why = segment.why
        self.options = segment.options
        self.ip = ECN_FIELDS[segment.ecn]
        self.sack = tuple((relative(left, isn), relative(right, isn)) for left, right in segment.options.sack)

    @property
    def ms(self) -> float:
        """When it was sent, in milliseconds of virtual time."""
        return self.at / MILLISECOND

    def __repr__(self) -> str:
        text = f"{self.flags} seq={self.seq} ack={self.ack} win={self.win} len={self.len}"
        options = self.options
        if self.urg:
            text += f" urg={self.urg}"
        if options.mss is not None:
            text += f" mss={options.mss}"
        if options.window_scale is not None:
            text += f" ws={options.window_scale}"
        if options.sack_permitted:
            text += " sackok"
        if options.ts_val is not None:
            text += f" ts={options.ts_val},{options.ts_ecr}"
        if self.sack:
            text += " sack=" + ",".join(f"{left}:{right}" for left, right in self.sack)
        if options.fast_open is not None:
            text += f" fo={options.fast_open.hex()}"
        if self.segment.ecn:
            text += f" ip={self.ip}"
        return f"{text} ({self.why})" if self.why else text


def differences(text: str, sent: Sent) -> list[str]:
    """What of `sent` is not as `text` says; flags are exact, fields that are not named are not compared."""
    words = text.split()
    wrong = []
    if flag_bits(words[0]) != sent.segment.flags:
        wrong.append(f"flags {sent.flags}")
    for name, wanted in fields_of(words[1:]).items():
        got = _difference(name, wanted, sent)
        if got is not None:
            wrong.append(got)
    return wrong


def _difference(name: str, wanted: str, sent: Sent) -> str | None:
    """None when the field is as wanted, else its text."""
    segment, options = sent.segment, sent.options
    got: object
    if name in ("seq", "ack") and wanted.startswith("@"):
        got = f"@{segment.seq if name == 'seq' else segment.ack}"
    elif name == "data":
        got = sent.data.decode("latin-1")
    elif name == "sackok":
        got = "" if options.sack_permitted else "absent"
    elif name == "ts":
        got = "absent" if options.ts_val is None else f"{options.ts_val},{options.ts_ecr}"
    elif name == "sack":
        got = ",".join(f"{left}:{right}" for left, right in sent.sack)
    elif name == "fo":
        got = "absent" if options.fast_open is None else options.fast_open.hex()
    elif name == "mss":
        got = options.mss
    elif name == "ws":
        got = options.window_scale
    elif name == "at":
        got = f"{sent.ms:g}"
    else:
        got = getattr(sent, name)
    return None if str(got) == wanted else f"{name}={got}"


def split(segment: Segment) -> list[Segment]:
    """Cut a segment with `mss` set into the segments that appear on the wire."""
    size = segment.mss
    if size == 0 or len(segment.payload) <= size:
        return [segment]
    pieces = []
    for start in range(0, len(segment.payload), size):
        text = segment.payload[start : start + size]
        flags = segment.flags
        if start + size < len(segment.payload):
            flags &= ~(PSH | FIN)
        if start:
            flags &= ~CWR
        urgent = max(segment.urgent - start, 0)
        if not urgent:
            flags &= ~URG
        pieces.append(
            Segment(
                segment.src_port, segment.dst_port, (segment.seq + start) % MODULO, segment.ack, flags,
                segment.window, urgent, segment.options, text, 0, segment.why, segment.ecn,
            )
        )  # fmt: skip
    return pieces


def fields_of(words: list[str]) -> dict[str, str]:
    """`name=value` words as a dict; a bare name has the value \"\"."""
    fields = {}
    for word in words:
        name, _, value = word.partition("=")
        fields[name] = value
    return fields


def number_of(text: str, base: int) -> int:
    """A relative number, or `@` and a wire number, to a wire number."""
    return int(text[1:]) % MODULO if text.startswith("@") else (int(text) + base) % MODULO
