"""Small mistakes in the stack, and the drill scripts that must notice them.

Each one is a text of a source file that occurs there exactly once, and what it is replaced by.
"""

from __future__ import annotations

from typing import Final

from tests.mutants.connections import CONNECTIONS
from tests.mutants.mutant import Mutant
from tests.mutants.segments import SEGMENTS

MUTANTS: Final[tuple[Mutant, ...]] = (*SEGMENTS, *CONNECTIONS)
