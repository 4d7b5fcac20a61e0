"""One system call that is ready to be tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, final

from synfin.drill.match import Difference

Attempt: TypeAlias = Callable[[], int]


@final
class Operation:
    """`attempt()` gives the call's result or raises `OSError`; it is tried again while it raises `BlockingIOError`.

    `blocks`: it waits where a non-blocking one would raise `BlockingIOError`.  `native`: on a blocking descriptor of
    the kernel `attempt` waits inside.  `opens`: the result is a descriptor.  `deadline`: when waiting ends (ns).
    `checks`: differences found in what the call wrote into its arguments.
    """

    __slots__ = ("attempt", "blocks", "checks", "deadline", "native", "opens")

    def __init__(self, attempt: Attempt, *, blocks: bool = False, opens: bool = False, native: bool = True) -> None:
        self.attempt = attempt
        self.blocks = blocks
        self.opens = opens
        self.native = native
        self.deadline: int | None = None
        self.checks: list[Difference] = []
