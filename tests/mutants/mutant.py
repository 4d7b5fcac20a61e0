"""A small mistake in the stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: `old` in `file` (below src/synfin) becomes `new`; `breaks` says what that is.

    `scripts` are below tests/drill/scripts; at least one of them must fail.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    scripts: tuple[str, ...]
