"""Many scripts: finding them, and playing them one after the other or in several processes.

Scripts on the kernel get a process each, because each needs a network namespace of its own.  Results come in the order
of the scripts, whoever is ready first.
"""

from __future__ import annotations

import os
import pickle
import select
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from synfin.drill.errors import UnsupportedError
from synfin.drill.outcome import CRASHED, Outcome
from synfin.drill.play import KERNEL, Plan, play_file
from synfin.errors import UsageError

SUFFIX: Final = ".pkt"
BATCH: Final = 16  # scripts that one process plays on the stack

_CHUNK: Final = 1 << 16


def find_scripts(paths: Sequence[str | Path]) -> list[Path]:
    """Files as they are, folders searched for `*.pkt` in a fixed order; raises `UsageError` when there is nothing."""
    found: list[Path] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            inside = sorted(path.rglob("*" + SUFFIX))
            if not inside:
                raise UsageError(f"{path}: there is no {SUFFIX} file in this folder")
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path}: there is no such file or folder")
    return found


def play_all(paths: Sequence[Path], plan: Plan, jobs: int = 1) -> Iterator[Outcome]:
    """Play every script; raises `OSError` as `play_file` does, and `UnsupportedError` without fork(2) on the kernel."""
    if plan.on == KERNEL:
        yield from _forked([[path] for path in paths], plan, max(jobs, 1))
    elif jobs > 1 and len(paths) > 1 and hasattr(os, "fork"):
        size = max(1, min(BATCH, -(-len(paths) // jobs)))
        yield from _forked([list(paths[at : at + size]) for at in range(0, len(paths), size)], plan, jobs)
    else:
        for path in paths:
            yield play_file(path, plan)


def _preload(plan: Plan) -> None:
    """Import once what every process needs: else each would do so itself, which takes longer than most scripts."""
    if plan.on == KERNEL:
        import synfin.drill.kernel
    else:
        import synfin.drill.stack  # noqa: F401


class _Child(NamedTuple):
    """A process that plays the batch number `batch` and writes its outcomes to `pipe`."""

    pid: int
    pipe: int
    batch: int


def _forked(batches: list[list[Path]], plan: Plan, jobs: int) -> Iterator[Outcome]:
    if not hasattr(os, "fork"):
        raise UnsupportedError("scripts on the kernel need Linux")
    _preload(plan)
    running: dict[int, _Child] = {}
    texts: dict[int, bytearray] = {}
    done: dict[int, list[Outcome] | OSError] = {}
    started = given = 0
    try:
        while given < len(batches):
            while started < len(batches) and len(running) < jobs:
                child = _start(batches[started], plan, started)
                running[child.pipe] = child
                texts[child.batch] = bytearray()
                started += 1
            for pipe in select.select(list(running), [], [])[0]:
                child = running[pipe]
                text = os.read(pipe, _CHUNK)
                texts[child.batch] += text
                if not text:
                    del running[pipe]
                    done[child.batch] = _finish(child, bytes(texts.pop(child.batch)), batches[child.batch])
            while given in done:
                result = done.pop(given)
                given += 1
                if isinstance(result, OSError):
                    raise result
                yield from result
    finally:
        for child in running.values():
            os.close(child.pipe)
            os.waitpid(child.pid, 0)  # a child that nobody reads from ends with EPIPE


def _start(paths: list[Path], plan: Plan, index: int) -> _Child:
    read, write = os.pipe()
    with warnings.catch_warnings():
        # Whoever has threads is warned of fork; the child runs only code of this package and ends by itself.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(write)
        return _Child(pid, read, index)
    code = 1
    try:
        os.close(read)
        result: list[Outcome] | OSError
        try:
            result = [play_file(path, plan) for path in paths]
            for outcome in result:
                outcome.records = []  # many, and the ladder is drawn already
        except OSError as error:
            result = OSError(error.errno, error.strerror or str(error), error.filename)
        with os.fdopen(write, "wb") as stream:
            pickle.dump(result, stream)
        code = 0
    finally:
        os._exit(code)


def _finish(child: _Child, text: bytes, paths: list[Path]) -> list[Outcome] | OSError:
    os.close(child.pipe)
    os.waitpid(child.pid, 0)
    if not text:
        return [Outcome(None, str(path), CRASHED, message="the process that played it has died") for path in paths]
    result: list[Outcome] | OSError = pickle.loads(text)
    return result
