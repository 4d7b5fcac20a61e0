"""Options and set-up that the commands on a device share.

Responsible for checking what was asked for, and for putting namespace, device, capture, host and loop together and
taking them apart again.  What runs on the host is left to the commands.
"""

from __future__ import annotations

import errno
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, TextIO, TypeVar

import click

from synfin.cli.main import EXIT_FINDING, EXIT_USAGE, Failure
from synfin.cli.messages import LANGUAGES, language, say
from synfin.config import TcpConfig
from synfin.device.base import Device, plug
from synfin.device.drive import Driver
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.tun import Tun
from synfin.errors import UsageError
from synfin.host import Host, HostConfig
from synfin.trace import Record, Sink, Trace
from synfin.units import format_duration, parse_duration
from synfin.wire.addresses import Address, in_prefix, parse_prefix

if TYPE_CHECKING:
    from synfin.cli.output import RecordOutput
    from synfin.device.capture import Capture
    from synfin.web.live import Feed

DEFAULT_OURS: Final = ("10.77.0.2/24", "fd77::2/64")
DEFAULT_THEIRS: Final = ("10.77.0.1/24", "fd77::1/64")
DEFAULT_MTU: Final = 1_500
SEND_BUFFER_MAX: Final = 4_194_304  # what Linux lets its buffers grow to (tcp_wmem, tcp_rmem)
RECEIVE_BUFFER_MAX: Final = 6_291_456
BUSY_POLL_MAX: Final = 10_000_000  # ns
_MTU_MINIMUM: Final = 576  # what every IPv4 host takes (RFC 1122 3.3.2)
_MTU_MINIMUM_V6: Final = 1_280  # RFC 8200 5
_COMMAND_MISSING: Final = 127  # as shells have it
_COMMAND_NOT_EXECUTABLE: Final = 126
_SIGNALLED: Final = 128

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class DeviceOptions:
    """What the options of a command on a device say, checked."""

    dev: str | None
    ours: tuple[Prefix, ...]
    theirs: tuple[Prefix, ...]
    mtu: int | None
    pcap: str | None
    watch: bool
    json: bool
    offload: bool
    busy_poll: int
    preset: str
    seed: int | None
    lang: str


def device_options(command: _Command) -> _Command:
    """Give a click command the options from which `check_options` makes `DeviceOptions`."""
    for option in reversed(
        (
            click.option("--dev", metavar="NAME", help="Create or take this device in the current network namespace."),
            click.option("--address", metavar="CIDR", multiple=True, help=f"Of synfin [{', '.join(DEFAULT_OURS)}]."),
            click.option("--peer", metavar="CIDR", multiple=True, help=f"Of the kernel [{', '.join(DEFAULT_THEIRS)}]."),
            click.option("--mtu", metavar="N", type=click.IntRange(_MTU_MINIMUM, 65_535), help="MTU of the device."),
            click.option("--offload/--no-offload", default=True, help="Leave cutting and checksums to it [on]."),
            click.option("--busy-poll", metavar="TIME", help="Look for so long before sleeping, such as 50us [0]."),
            click.option("--pcap", metavar="FILE", help="Record all packets as pcapng."),
            click.option("--watch", is_flag=True, help="Print the ladder of each connection live."),
            click.option("--json", is_flag=True, help="Print all events as JSON lines."),
            click.option("--preset", type=click.Choice(["rfc", "linux"]), default="rfc", help="Timers and habits."),
            click.option("--seed", metavar="N", type=int, help="Seed of sequence numbers and ports."),
            click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale]."),
        )
    ):
        command = option(command)
    return command


def check_options(values: dict[str, Any]) -> DeviceOptions:
    """The options of `device_options`, checked; raises `UsageError`."""
    if values["watch"] and values["json"]:
        raise UsageError("--watch and --json cannot be used together")
    ours, theirs = plan_addresses(values["address"], values["peer"], values["mtu"])
    return DeviceOptions(
        dev=values["dev"],
        ours=ours,
        theirs=theirs,
        mtu=values["mtu"],
        pcap=values["pcap"],
        watch=values["watch"],
        json=values["json"],
        offload=values["offload"],
        busy_poll=_busy_poll(values["busy_poll"]),
        preset=values["preset"],
        seed=values["seed"],
        lang=language(values["lang"]),
    )


def _busy_poll(text: str | None) -> int:
    """The time in ns; raises `UsageError` for one that would do nothing but heat."""
    if text is None:
        return 0
    time = parse_duration(text)
    if time > BUSY_POLL_MAX:
        raise UsageError(f"--busy-poll {text} is too long: more than {format_duration(BUSY_POLL_MAX)} never helps")
    return time


def plan_addresses(
    address: Sequence[str], peer: Sequence[str], mtu: int | None = None
) -> tuple[tuple[Prefix, ...], tuple[Prefix, ...]]:
    """Addresses of synfin and of the kernel, at most one each per family, in the same order of families.

    Without any option both families get their defaults (IPv6 only where `mtu` allows it); with one, only the families
    named are used, and a side that is not named gets the first free address of the network.  Raises `UsageError`.
    """
    small = mtu is not None and mtu < _MTU_MINIMUM_V6
    if not address and not peer:
        count = 1 if small else 2
        address, peer = DEFAULT_OURS[:count], DEFAULT_THEIRS[:count]
    ours = _by_family("--address", address)
    theirs = _by_family("--peer", peer)
    if small and 16 in {*ours, *theirs}:
        raise UsageError(f"--mtu {mtu} is too small for IPv6, which needs {_MTU_MINIMUM_V6}")
    for size in sorted({*ours, *theirs}):
        if size not in ours:
            ours[size] = _neighbor(theirs[size])
        elif size not in theirs:
            theirs[size] = _neighbor(ours[size])
        mine, other = ours[size], theirs[size]
        if mine.address == other.address:
            raise UsageError(f"--address and --peer are both {mine}; the two sides need different addresses")
        if mine.length != other.length or not in_prefix(mine.address, other.address, other.length):
            raise UsageError(f"--address {mine} and --peer {other} are not in the same network")
    return tuple(ours[size] for size in sorted(ours)), tuple(theirs[size] for size in sorted(theirs))


def _by_family(option: str, texts: Sequence[str]) -> dict[int, Prefix]:
    found: dict[int, Prefix] = {}
    for text in texts:
        try:
            prefix = Prefix(*parse_prefix(text))
        except UsageError as error:
            raise UsageError(f"{option}: {error}") from None
        if len(prefix.address) in found:
            raise UsageError(f"{option} {text}: one address per family is enough")
        found[len(prefix.address)] = prefix
    return found


def _neighbor(prefix: Prefix) -> Prefix:
    """The first other address of the same network."""
    bits = len(prefix.address) * 8
    network = int.from_bytes(prefix.address, "big") >> (bits - prefix.length) << (bits - prefix.length)
    for candidate in (network + 1, network + 2):
        address = Address(candidate.to_bytes(len(prefix.address), "big"))
        if address != prefix.address and in_prefix(address, prefix.address, prefix.length):
            return Prefix(address, prefix.length)
    raise UsageError(f"{prefix}: there is no room for the other side in this network; give both --address and --peer")


def open_queues(
    options: DeviceOptions, *, private: bool, count: int, clock: Callable[[], int] = time.monotonic_ns
) -> list[Tun]:
    """The device that the options ask for, configured, with `count` queues, one object for each.

    `private` enters a private namespace first.  Raises `Failure`.
    """
    opened: list[Tun] = []
    try:
        if private:
            enter_private_namespace()
        name = options.dev or "synfin%d"
        for _ in range(count):
            opened.append(Tun(name, offload=options.offload, multi_queue=count > 1, clock=clock))
            name = opened[0].name
        mtu = options.mtu if options.mtu is not None or options.dev is not None else DEFAULT_MTU
        foreign = [prefix.address for prefix in options.ours]
        configure(name, options.theirs, mtu=mtu, quiet=private, foreign=foreign)
        for tun in opened:
            tun.mtu = tun.interface_mtu()
    except OSError as error:
        for tun in opened:
            tun.close()
        code = EXIT_USAGE if error.errno in (errno.EADDRINUSE, errno.EBUSY, errno.EINVAL) else EXIT_FINDING
        raise Failure(error.strerror or str(error), code) from None
    return opened


class Stack:
    """A host on its device with its loop, and everything that has to be undone at the end; a context manager.

    `private` enters a private namespace first.  `stream` is where `--watch` and `--json` write.  With `tun`, everything
    about the device has been done already, and it belongs to the stack from now on.  `feed` hears of everything too.
    """

    def __init__(
        self,
        options: DeviceOptions,
        *,
        private: bool,
        stream: TextIO,
        tun: Tun | None = None,
        feed: Feed | None = None,
    ) -> None:
        self.options = options
        self._given = tun
        self._feed = feed
        self._stream = stream
        self._exits = ExitStack()
        start = time.monotonic_ns()
        self.clock: Callable[[], int] = lambda: time.monotonic_ns() - start
        try:
            self._set_up(private)
        except BaseException:
            self._exits.close()
            raise

    def _set_up(self, private: bool) -> None:
        options = self.options
        pcap = None
        if options.pcap is not None:
            # Before the namespace: inside it, root may have fewer rights over files.
            try:
                pcap = Path(options.pcap).open("wb")  # noqa: SIM115 - closed with the rest
                self._exits.callback(pcap.close)
            except OSError as error:
                raise Failure(f"{options.pcap}: {error.strerror}", EXIT_USAGE) from None
        tun = self._given
        if tun is None:
            tun = open_queues(options, private=private, count=1, clock=self.clock)[0]
        self._exits.callback(tun.close)
        self.name = tun.name
        output = self._output()
        sink: Sink | None = output.take if output is not None else None
        device: Device = tun
        if pcap is not None:
            capture = self._capture(tun, pcap)
            sink = capture.tee(sink)
            device = capture
        tcp = TcpConfig.linux() if options.preset == "linux" else TcpConfig()
        tcp = tcp.but(send_buffer_max_bytes=SEND_BUFFER_MAX, receive_buffer_max_bytes=RECEIVE_BUFFER_MAX)
        rng = random.Random(options.seed) if options.seed is not None else random.SystemRandom()
        self.host = Host("synfin", rng=rng, config=HostConfig(), tcp=tcp, trace=self._trace(sink))
        plug(self.host, device, tun.name, [str(prefix) for prefix in options.ours])
        self.driver = self._exits.enter_context(Driver(self.host, device, self.clock, busy_poll=options.busy_poll))
        self.driver.before_waiting = self._before_waiting(output)

    def _trace(self, sink: Sink | None) -> Trace | None:
        """The trace of the host: none where nobody reads it; one that sleeps where only a page may come to watch."""
        feed = self._feed
        if feed is None:
            return Trace("synfin", sink) if sink is not None else None
        if sink is None:
            from synfin.web.live import LiveTrace

            return LiveTrace("synfin", feed)
        first, second = sink, feed.take

        def both(record: Record) -> None:
            first(record)
            second(record)

        return Trace("synfin", both)

    def _before_waiting(self, output: RecordOutput | None) -> Callable[[], None] | None:
        """What is done each time the loop has nothing left to do."""
        feed = self._feed
        if feed is None:
            return output.settle if output is not None else None
        watched = feed

        def settle() -> None:
            if output is not None:
                output.settle()
            watched.look(self.host, self.clock())

        return settle

    def _output(self) -> RecordOutput | None:
        """What shows the trace, if anything was asked for."""
        options = self.options
        if not options.watch and not options.json:
            return None
        from synfin.cli.output import make_output

        output = make_output(
            self._stream, as_json=options.json, lang=options.lang, preset=options.preset, seed=options.seed
        )
        self._exits.callback(output.finish)
        return output

    def _capture(self, tun: Tun, stream: IO[bytes]) -> Capture:
        """The device with everything recorded."""
        from synfin.device.capture import Capture
        from synfin.pcap import PcapngWriter

        epoch = time.time_ns() - self.clock()
        capture = Capture(tun, PcapngWriter(stream), clock=self.clock, epoch=epoch, theirs="kernel")
        self._exits.callback(capture.close)
        return capture

    def __enter__(self) -> Stack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._exits.close()

    def say(self, message: str, **parameters: object) -> None:
        """One line of talk on stderr."""
        sys.stderr.write(say(self.options.lang, message, **parameters) + "\n")
        sys.stderr.flush()

    def announce(self) -> None:
        """Say who has which address."""
        ours = ", ".join(map(str, self.options.ours))
        self.say("link", dev=self.name, ours=ours, theirs=", ".join(map(str, self.options.theirs)))

    def finish(self, limit: int) -> None:
        """Close what is open, and say so when that did not go properly within `limit` ns."""
        if not self.driver.finish(limit):
            self.say("aborted")


class Interrupts:
    """While entered, SIGINT, SIGTERM and SIGHUP stop the loop; `caught` is the last of them or 0.

    With `for_child`, SIGINT is left to `child`, which gets the terminal's signals itself, and the others are passed on
    to it as soon as it has been set.
    """

    def __init__(self, driver: Driver, *, for_child: bool = False) -> None:
        self.caught = 0
        self.child: subprocess.Popen[bytes] | None = None
        self._driver = driver
        self._for_child = for_child
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._for_child and number == signal.SIGINT:
            return
        self.caught = number
        if self.child is not None:
            self.child.send_signal(number)
        else:
            self._driver.stop()

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells have it; 130 for Ctrl-C."""
        return _SIGNALLED + self.caught


def start_command(
    command: Sequence[str], lang: str, *, stdin: int | None = None, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Start COMMAND; raises `Failure` with the exit codes that shells use when that is not possible."""
    try:
        return subprocess.Popen(list(command), stdin=stdin, stdout=stdout)
    except FileNotFoundError:
        raise Failure(say(lang, "no-command", command=command[0]), _COMMAND_MISSING) from None
    except OSError as error:
        text = say(lang, "command-not-executable", command=command[0], reason=error.strerror)
        raise Failure(text, _COMMAND_NOT_EXECUTABLE) from None


def watch_child(driver: Driver, child: subprocess.Popen[bytes], ended: Callable[[], None]) -> Callable[[], None]:
    """Call `ended` in the loop when `child` ends; returns what stops watching."""
    descriptor = os.pidfd_open(child.pid)

    def ready(_events: int, _now: int) -> None:
        forget()
        ended()

    def forget() -> None:
        nonlocal descriptor
        if descriptor >= 0:
            driver.unwatch(descriptor)
            os.close(descriptor)
            descriptor = -1

    driver.watch(descriptor, select.POLLIN, ready)
    return forget


def code_of(child: subprocess.Popen[bytes]) -> int:
    """The exit code to pass on: the child's own, or 128 plus the signal that ended it."""
    code = child.wait()
    return code if code >= 0 else _SIGNALLED - code
