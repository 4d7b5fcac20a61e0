"""System calls of scripts on files and pipes: open, pipe, splice, sendfile.

Responsible for what their arguments mean, and for what a script may open: `/dev/zero`, `/dev/null`, and temporary files
that exist for one run only.  Never a path of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from synfin.drill import arguments as args
from synfin.drill.constants import CONSTANTS
from synfin.drill.errors import UnsupportedError
from synfin.drill.model import Array, Expression, Rest, Syscall, Text
from synfin.drill.operation import Operation
from synfin.drill.printer import print_expression

if TYPE_CHECKING:
    from synfin.drill.execute import Executor

DEVICES: Final = ("/dev/zero", "/dev/null")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_NONBLOCK: Final = CONSTANTS["SPLICE_F_NONBLOCK"]


def _open(executor: Executor, call: Syscall) -> Operation:
    """`open("file", O_RDWR|O_CREAT, 0600) = 5`."""
    name, flags = call.arguments[0], args.number(call.arguments[1])
    if not isinstance(name, Text):
        raise UnsupportedError(f"open() of {print_expression(name)}")
    if name.value not in DEVICES and _NAME.fullmatch(name.value) is None:
        raise UnsupportedError(
            f"open() of {name.value}: a script may open {', '.join(DEVICES)}, and temporary files by plain names"
        )
    return Operation(lambda: executor.sockets.open_file(name.value, flags), opens=True)


def _pipe(executor: Executor, call: Syscall) -> Operation:
    """`pipe([5, 6]) = 0`."""
    ends = call.arguments[0]
    if not isinstance(ends, Array) or len(ends.items) != 2:
        raise UnsupportedError(f"pipe() needs [reading, writing], not {print_expression(ends)}")
    reading, writing = (args.number(end, "a descriptor") for end in ends.items)

    def attempt() -> int:
        executor.live[reading], executor.live[writing] = executor.sockets.pipe()
        return 0

    return Operation(attempt)


def _no_offset(value: Expression) -> None:
    """splice() of sockets and pipes has no offsets."""
    if not isinstance(value, Rest) and args.number(value, "NULL") != 0:
        raise UnsupportedError(f"splice() with the offset {print_expression(value)}; sockets and pipes have none")


def _splice(executor: Executor, call: Syscall) -> Operation:
    """`splice(4, NULL, 6, NULL, 1000, 0) = 1000`."""
    source, target = args.number(call.arguments[0]), args.number(call.arguments[2])
    _no_offset(call.arguments[1])
    _no_offset(call.arguments[3])
    size, flags = args.number(call.arguments[4]), args.number(call.arguments[5])
    waits = [executor.blocking(executor.live.get(script, -1)) for script in (source, target)]

    def attempt() -> int:
        return executor.sockets.splice(executor.fd_live(source), executor.fd_live(target), size, flags)

    return Operation(attempt, blocks=all(waits) and not flags & _NONBLOCK)


def _sendfile(executor: Executor, call: Syscall) -> Operation:
    """`sendfile(4, 5, [0], 1000) = 1000`; NULL stands for the file's own position."""
    target, source = args.number(call.arguments[0]), args.number(call.arguments[1])
    where, size = call.arguments[2], args.number(call.arguments[3])
    start = args.number(where, "an offset") if isinstance(where, Array) else None
    blocking = executor.blocking(executor.live.get(target, -1))
    done = 0

    def attempt() -> int:
        nonlocal done
        while True:
            offset = None if start is None else start + done
            sent = executor.sockets.sendfile(executor.fd_live(target), executor.fd_live(source), offset, size - done)
            done += sent
            if done >= size or not sent or not blocking:
                return done

    return Operation(attempt, blocks=blocking)


FILE_CALLS: Final[dict[str, Callable[[Executor, Syscall], Operation]]] = {
    "open": _open,
    "pipe": _pipe,
    "splice": _splice,
    "sendfile": _sendfile,
}
