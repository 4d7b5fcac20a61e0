"""`synfin connect`: standard input to a TCP peer, the peer to standard output, by our own stack.

Responsible for moving octets both ways with back-pressure, and for half-closing when standard input ends.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import stat
import subprocess
import sys
from typing import Any, Final, final

import click

from synfin.cli.common import (
    DeviceOptions,
    Interrupts,
    Stack,
    check_options,
    device_options,
    start_command,
    watch_child,
)
from synfin.cli.main import EXIT_BAD_FILE, EXIT_FINDING, EXIT_OK, EXIT_USAGE, Failure
from synfin.cli.messages import say
from synfin.device.drive import CLOSING_LIMIT
from synfin.tcp import Connection, Event
from synfin.wire.addresses import Address, format_address, parse_address

_CHUNK: Final = 65_536
_AGAIN_AFTER: Final = 100_000_000  # ns between attempts while COMMAND is starting
_AGAIN_LIMIT: Final = 10_000_000_000
_FAILED: Final = (Event.REFUSED, Event.RESET, Event.TIMEOUT)


@click.command()
@click.argument("host")
@click.argument("port", type=click.IntRange(1, 65_535))
@device_options
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
def connect(host: str, port: int, command: tuple[str, ...], **values: Any) -> int:
    """Connect to a TCP port: standard input to the peer, the peer to standard output.

    With -- COMMAND and no --dev, a private network namespace is made and COMMAND, usually a server, is started in it;
    refused connections are then tried again until it listens, and it is ended afterwards.

    \b
    echo hello | synfin connect 10.77.0.1 7 --dev synfin0
    synfin connect 10.77.0.1 8000 -- python3 -m http.server 8000
    """
    options = check_options(values)
    address = _resolve(host, port, options)
    with Stack(options, private=bool(command) and options.dev is None, stream=sys.stderr) as stack:
        child: subprocess.Popen[bytes] | None = None
        if command:
            child = start_command(command, options.lang, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())
        try:
            return _converse(stack, _Pump(stack, address, port), child)
        finally:
            if child is not None and child.poll() is None:
                child.terminate()
                child.wait()


def _resolve(host: str, port: int, options: DeviceOptions) -> Address:
    """The first address of `host` in a family that synfin has here."""
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise Failure(say(options.lang, "unknown-host", host=host, reason=error.strerror), EXIT_USAGE) from None
    sizes = {len(prefix.address) for prefix in options.ours}
    addresses = [parse_address(str(text).partition("%")[0]) for text in found]
    for address in addresses:
        if len(address) in sizes:
            return address
    family = "IPv4" if len(addresses[0]) == 4 else "IPv6"
    raise Failure(say(options.lang, "no-route", host=host, family=family), EXIT_USAGE)


def _converse(stack: Stack, pump: _Pump, child: subprocess.Popen[bytes] | None) -> int:
    with Interrupts(stack.driver) as interrupts:
        forget = None
        if child is not None:
            pump.again_until = stack.clock() + _AGAIN_LIMIT
            forget = watch_child(stack.driver, child, pump.no_more_attempts)
        try:
            pump.open(stack.clock())
            stack.driver.run(done=pump.done)
            stack.finish(CLOSING_LIMIT)
        finally:
            if forget is not None:
                forget()
        if interrupts.caught:
            return interrupts.exit_code
    if pump.failed:
        raise Failure(say(stack.options.lang, "peer-failed", peer=pump.peer, reason=pump.failed), EXIT_FINDING)
    return EXIT_OK


@final
class _Pump:
    """Moves octets between one connection and the standard streams.

    What the peer does not take is not read from standard input, and what standard output does not take is not read from
    the connection, so that at most one chunk is held here in each direction.
    """

    def __init__(self, stack: Stack, address: Address, port: int) -> None:
        text = format_address(address)
        self.peer = f"[{text}]:{port}" if len(address) == 16 else f"{text}:{port}"
        self.failed = ""
        self.again_until = 0  # until then a refusal means that the server is still starting
        self._stack = stack
        self._address = address
        self._port = port
        self._connection: Connection | None = None
        self._closed = False
        self._in = sys.stdin.fileno()
        self._out = sys.stdout.fileno()
        self._in_open = True
        self._out_open = True
        self._to_peer = b""
        self._to_out = b""
        # A pipe that poll(2) calls writable takes PIPE_BUF octets without blocking, a file takes everything.
        regular = stat.S_ISREG(os.fstat(self._out).st_mode)
        self._out_chunk = _CHUNK if regular else select.PIPE_BUF
        self._interactive = os.isatty(self._in)

    def open(self, now: int) -> None:
        """Start an attempt to connect."""
        self._connection = self._stack.host.connect(self._address, self._port, now, handler=self._told)

    def done(self) -> bool:
        """Whether the conversation is over and everything was written out."""
        return self._closed and not self._to_out

    def no_more_attempts(self) -> None:
        """The server's process has ended: a refusal is final."""
        self.again_until = 0

    def _told(self, connection: Connection, event: Event, now: int) -> None:
        if event is Event.REFUSED and now < self.again_until:
            connection.handler = None
            self._stack.driver.call_at(now + _AGAIN_AFTER, self.open)
            return
        if event in _FAILED:
            reasons = {Event.REFUSED: "refused", Event.RESET: "reset", Event.TIMEOUT: "timeout"}
            self.failed = say(self._stack.options.lang, reasons[event])
            self._end()
            return
        if event is Event.CLOSED:
            self._end()
            return
        if event is Event.CONNECTED:
            self._watch_input()
        self._move(now)

    def _move(self, now: int) -> None:
        """All that the connection allows now."""
        connection = self._connection
        if connection is None or self._closed or connection.error is not None:
            return
        if self._to_peer:
            taken = connection.write(self._to_peer, now)
            self._to_peer = self._to_peer[taken:]
            if not self._to_peer:
                self._watch_input()
        if not self._to_out:
            self._to_out = connection.read(_CHUNK, now)
            if self._to_out:
                self._stack.driver.watch(self._out, select.POLLOUT, self._output_ready)
            elif connection.at_eof:
                self._peer_ended(connection, now)

    def _peer_ended(self, connection: Connection, now: int) -> None:
        """The peer may still read, so a file or pipe is sent to its end; nobody waits for a person."""
        if not self._in_open or self._interactive:
            connection.close(now)
            self._end()

    def _end(self) -> None:
        self._closed = True
        self._stack.driver.unwatch(self._in)

    def _watch_input(self) -> None:
        self._stack.driver.watch(self._in, select.POLLIN, self._input_ready)

    def _input_ready(self, events: int, now: int) -> None:
        connection = self._connection
        if connection is None or connection.error is not None:
            return
        try:
            data = os.read(self._in, _CHUNK)
        except OSError as error:
            raise Failure(f"standard input: {error.strerror}", EXIT_BAD_FILE) from None
        if not data:
            self._in_open = False
            self._stack.driver.unwatch(self._in)
            connection.shutdown(now)
            self._move(now)
            return
        taken = connection.write(data, now)
        self._to_peer = data[taken:]
        if self._to_peer:
            self._stack.driver.unwatch(self._in)

    def _output_ready(self, events: int, now: int) -> None:
        try:
            written = os.write(self._out, self._to_out[: self._out_chunk]) if self._out_open else len(self._to_out)
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise Failure(f"standard output: {error.strerror}") from None
            # Whoever read our output has gone: there is nothing left to do for anyone.
            self._out_open = False
            self._to_out = b""
            self._stack.driver.unwatch(self._out)
            if self._connection is not None and not self._closed:
                self._connection.close(now)
            self._end()
            return
        self._to_out = self._to_out[written:]
        if not self._to_out:
            self._stack.driver.unwatch(self._out)
            self._move(now)
