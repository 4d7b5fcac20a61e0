"""Damages golden frames in many ways and checks what the parsers make of them; used by the suite and by bench/.

The same seed gives the same frames.  For every frame one of two things holds: a `WireError` with a listed rule, or a
value that is built again to the octets it was read from.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Final

from synfin.errors import WireError
from synfin.wire.rules import RULES
from tests.wire.decode import CAPTURES, decode, golden_frames

INTERESTING: Final = (0, 1, 2, 4, 5, 7, 8, 20, 40, 60, 0x3F, 0x45, 0x60, 0x7F, 0x80, 0xFE, 0xFF)
ACCEPTED: Final = "accepted"


def corpus() -> list[bytes]:
    """The golden frames, long ones cut: what matters is in the headers."""
    frames = [frame for name in CAPTURES for frame in golden_frames(name)]
    return [frame for frame in frames if len(frame) <= 400]


def mutations(frames: list[bytes], seed: int, count: int) -> Iterator[bytes]:
    """`count` damaged frames."""
    rng = random.Random(seed)
    for _ in range(count):
        octets = bytearray(frames[int(rng.random() * len(frames))])
        for _ in range(1 + int(rng.random() * 3)):
            _mutate(octets, frames, rng)
        yield bytes(octets)


def _mutate(octets: bytearray, frames: list[bytes], rng: random.Random) -> None:
    size = len(octets)
    if size == 0:
        octets += rng.randbytes(20)
        return
    # Half of the damage goes to the first 80 octets, where the headers are.
    at = int(rng.random() * (size if rng.random() < 0.5 else min(size, 80)))
    kind = int(rng.random() * 10)
    if kind < 3:
        octets[at] ^= 1 << int(rng.random() * 8)
    elif kind < 6:
        octets[at] = INTERESTING[int(rng.random() * len(INTERESTING))]
    elif kind == 6:
        del octets[at:]
    elif kind == 7:
        octets[at:at] = rng.randbytes(1 + int(rng.random() * 8))
    elif kind == 8:
        other = frames[int(rng.random() * len(frames))]
        octets[at:] = other[int(rng.random() * len(other)) :]
    else:
        del octets[at : at + 1 + int(rng.random() * 8)]


def check(frame: bytes, verify: bool) -> str:
    """Read one frame and judge; gives the rule that refused it, or `ACCEPTED`.

    Without `verify` bad checksums are let through, so that the damage reaches what is behind them.
    """
    try:
        decoded = decode(frame, verify)
    except WireError as error:
        if error.rule not in RULES:
            raise AssertionError(f"{error.rule} is not listed; frame {frame.hex()}") from error
        return error.rule
    built = decoded.build()
    if verify:
        assert frame.startswith(built) or equal_but_for_zero(frame, built), f"{frame.hex()} came back as {built.hex()}"
    else:
        assert decode(built).build() == built, f"{built.hex()} from {frame.hex()} is not stable"
    return ACCEPTED


def equal_but_for_zero(frame: bytes, built: bytes) -> bool:
    """Whether only checksums differ, and only in how zero is written: FFFF and 0000 are the same sum (RFC 1624 3)."""
    differing = [at for at in range(len(built)) if frame[at : at + 1] != built[at : at + 1]]
    return 0 < len(differing) <= 4 and all(frame[at] == 0xFF and built[at] == 0 for at in differing)


def run(seed: int, count: int) -> Counter[str]:
    """Check `count` mutations, every other one without verifying checksums; how often each rule decided."""
    verdicts: Counter[str] = Counter()
    verify = False
    for frame in mutations(corpus(), seed, count):
        verify = not verify
        verdicts[check(frame, verify)] += 1
    return verdicts
