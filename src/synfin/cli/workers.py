"""`synfin tun --workers N`: several processes, one device, the same services.

Responsible for starting the workers on the queues of one device, for ending them together, and for what they have
counted.  What a worker does with packets of others is `device.workers`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any, Final, NoReturn, TextIO

from synfin.cli.common import DeviceOptions, Interrupts, Stack, code_of, open_queues, start_command
from synfin.cli.main import EXIT_FINDING, EXIT_OK, Failure
from synfin.cli.messages import say
from synfin.device.drive import CLOSING_LIMIT
from synfin.device.tun import Tun
from synfin.device.workers import Ring
from synfin.errors import UsageError

_PATIENCE: Final = 2.0  # seconds beyond the time for closing, after which a worker is killed
_SIGNALLED: Final = 128
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Offer = Callable[[Stack, bool], None]  # the second: say so


class Worker:
    """A process that was started, and the pipe on which it says that it is ready, and at the end what it counted."""

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self.pipe = pipe
        self.descriptor = os.pidfd_open(pid)
        self.ended = False

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if not self.ended:
            os.kill(self.pid, number)

    def reap(self) -> dict[str, int] | None:
        """Wait for the process and return what it counted; None when it did not end as it should."""
        _, status = os.waitpid(self.pid, 0)
        self.ended = True
        with os.fdopen(self.pipe, "rb") as stream:
            told = stream.read().strip()
        os.close(self.descriptor)
        if os.waitstatus_to_exitcode(status) != 0 or not told:
            return None
        counted: dict[str, int] = json.loads(told)
        return counted


def run_workers(options: DeviceOptions, count: int, offer: Offer, command: Sequence[str], stream: TextIO) -> int:
    """Run `count` workers, each with what `offer` puts on its host, until `command` or an interrupt ends them.

    Returns the exit code: the command's, 128 plus the signal, or 1 when a worker failed.  Raises `UsageError` for
    options that need one process, and `Failure`.
    """
    if options.watch or options.json or options.pcap is not None:
        raise UsageError("--watch, --json and --pcap show one process; they cannot be used with --workers")
    private = bool(command) and options.dev is None
    queues = open_queues(options, private=private, count=count)
    ring = Ring(count)
    workers = [_start(options, index, queues, ring, offer, stream) for index in range(count)]
    for queue in queues:
        queue.close()
    ring.close()
    try:
        return _supervise(options, workers, command)
    finally:
        for worker in workers:
            if not worker.ended:
                worker.signal(signal.SIGKILL)
                worker.reap()


def _start(options: DeviceOptions, index: int, queues: list[Tun], ring: Ring, offer: Offer, stream: TextIO) -> Worker:
    """Fork worker `index`, and wait until it serves."""
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        _work(options, index, queues, ring, offer, stream, write)
    os.close(write)
    worker = Worker(pid, read)
    if os.read(read, 1) != b"\n":
        worker.reap()
        raise Failure(say(options.lang, "worker-failed", number=index + 1), EXIT_FINDING)
    return worker


def _work(
    options: DeviceOptions, index: int, queues: list[Tun], ring: Ring, offer: Offer, stream: TextIO, pipe: int
) -> NoReturn:
    """The life of a worker; never returns."""
    code = EXIT_FINDING
    try:
        # Interrupts of the terminal reach the whole group: the first process decides what they mean.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for other, queue in enumerate(queues):
            if other != index:
                queue.close()
        if options.seed is not None:
            options = replace(options, seed=options.seed + index)
        with Stack(options, private=False, stream=stream, tun=queues[index]) as stack:
            member = ring.member(index)
            member.join(stack.driver)
            offer(stack, index == 0)
            with Interrupts(stack.driver, for_child=True):
                os.write(pipe, b"\n")
                stack.driver.run()
                stack.finish(CLOSING_LIMIT)
            counters = stack.host.counters
            counted = {
                "connections": counters["TcpPassiveOpens"],
                "segments": counters["TcpInSegs"],
                "passed_on": member.passed_on,
                "lost": member.lost,
            }
            member.close()
        os.write(pipe, json.dumps(counted).encode())
        code = EXIT_OK
    finally:
        sys.stderr.flush()
        os._exit(code)


def _supervise(options: DeviceOptions, workers: list[Worker], command: Sequence[str]) -> int:
    """Wait for the command, a signal, or the end of a worker; then end all and say what they did."""
    caught: list[int] = []
    wake_read, wake_write = os.pipe()

    def take(number: int, frame: FrameType | None) -> None:
        if child is None or number != signal.SIGINT:  # a command gets the terminal's interrupts itself
            caught.append(number)
            os.write(wake_write, b"\0")

    child: subprocess.Popen[bytes] | None = None
    before: dict[signal.Signals, Any] = {each: signal.getsignal(each) for each in _SIGNALS}
    poll = select.poll()
    poll.register(wake_read, select.POLLIN)
    for worker in workers:
        poll.register(worker.descriptor, select.POLLIN)
    code = EXIT_OK
    try:
        if command:
            child = start_command(command, options.lang)
            poll.register(os.pidfd_open(child.pid), select.POLLIN)
        for each in _SIGNALS:
            signal.signal(each, take)
        if child is None:
            sys.stderr.write(say(options.lang, "until-interrupted") + "\n")
        poll.poll()
        if child is not None:
            if child.poll() is None:
                child.send_signal(caught[-1] if caught else signal.SIGTERM)
            code = code_of(child)
        elif caught:
            code = _SIGNALLED + caught[-1]
        return code if _end(options, workers, caught) else EXIT_FINDING
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        os.close(wake_read)
        os.close(wake_write)


def _end(options: DeviceOptions, workers: list[Worker], caught: list[int]) -> bool:
    """Ask all workers to close their connections and end; a further signal makes them reset what is left."""
    for worker in workers:
        worker.signal(signal.SIGTERM)
    seen = len(caught)
    left = CLOSING_LIMIT / 1e9 + _PATIENCE
    proper = True
    for number, worker in enumerate(workers, 1):
        begin = time.monotonic()
        while not select.select([worker.descriptor], [], [], min(left, 0.1))[0] and left > 0:
            if len(caught) > seen:
                seen = len(caught)
                for other in workers:
                    other.signal(signal.SIGTERM)
            left -= time.monotonic() - begin
            begin = time.monotonic()
        if left <= 0:
            worker.signal(signal.SIGKILL)
        counted = worker.reap()
        if counted is None:
            proper = False
            sys.stderr.write(say(options.lang, "worker-failed", number=number) + "\n")
        else:
            sys.stderr.write(say(options.lang, "worker-counts", number=number, **counted) + "\n")
    sys.stderr.flush()
    return proper
