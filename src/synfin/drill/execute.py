"""System calls of scripts: from a line to an operation on live sockets, and what it has to give.

Responsible for the meaning of arguments and for comparing what comes out.  An `Operation` is tried until it does not
raise `BlockingIOError`; who waits, and for how long, is the runner's affair, what a socket does `calls`'.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable
from typing import Final

from synfin.drill import arguments as args
from synfin.drill.calls import Message, SocketCalls
from synfin.drill.constants import CONSTANTS, errno_name
from synfin.drill.errors import UnsupportedError
from synfin.drill.execute_files import FILE_CALLS
from synfin.drill.match import Difference
from synfin.drill.model import Array, Expression, Number, Rest, Structure, Syscall, Text
from synfin.drill.operation import Operation
from synfin.drill.polling import Polling
from synfin.drill.printer import print_expression
from synfin.wire.addresses import Endpoint

O_NONBLOCK: Final = CONSTANTS["O_NONBLOCK"]
MSG_DONTWAIT: Final = CONSTANTS["MSG_DONTWAIT"]
_SOCK_DGRAM, _TYPES = CONSTANTS["SOCK_DGRAM"], 0xF
_MSG_FASTOPEN: Final = CONSTANTS["MSG_FASTOPEN"]
_POLLOUT_ERR_HUP: Final = 4 | 8 | 16
_SOL_SOCKET, _SO_ERROR = 1, 4
MAX_OCTETS: Final = 1 << 26  # of one write or read


class Executor:
    """Turns calls into operations on `sockets`; knows which live descriptor a script's number stands for.

    `families` are the domain for `...`, then our address and the address to connect to, with their default ports.
    `connecting`, `accepted` and `closed` are told the script's descriptor and, for `connecting`, the remote port.
    """

    def __init__(
        self, sockets: SocketCalls, domain: int, local: Endpoint, remote: Endpoint, clock: Callable[[], int]
    ) -> None:
        self.sockets = sockets
        self.domain = domain
        self.local = local
        self.remote = remote
        self.live: dict[int, int] = {}
        self.bound_port: dict[int, int] = {}
        self.newest_fd: int | None = None
        self.datagram_fd: int | None = None  # script's descriptor of the UDP socket used last
        self.datagram_peer = remote.port
        self.wrote_text = False
        self._datagrams: dict[int, bool] = {}  # live descriptors of UDP sockets
        self.connecting: Callable[[int, Endpoint], None] = lambda _fd, _address: None
        self.accepted: Callable[[int], None] = lambda _fd: None
        self.closed: Callable[[int], None] = lambda _fd: None
        self.polling = Polling(self.fd_live, sockets, clock)

    def prepare(self, call: Syscall) -> Operation:
        """The operation of a call; raises `UnsupportedError` for calls and arguments that are not known."""
        name = {"recvfrom": "recv", "sendto": "sendto", "accept4": "accept"}.get(call.name, call.name)
        method: Callable[[Syscall], Operation] | None = getattr(self, f"_do_{name}", None)
        with_files = FILE_CALLS.get(name)
        if method is None and with_files is None:
            raise UnsupportedError(f"the system call {call.name}() is not known")
        try:
            return method(call) if method is not None else with_files(self, call)  # type: ignore[misc]
        except IndexError:
            raise UnsupportedError(f"{call.name}() has more arguments than {len(call.arguments)}") from None

    def finish(self, call: Syscall, operation: Operation, value: int, number: int) -> list[Difference]:
        """Compare what a finished call gave (`value`, error `number` or 0) with what the script says."""
        out = list(operation.checks)
        if number or call.errno:
            got, wanted = errno_name(number) if number else "", call.errno
            if {got, wanted} == {"EWOULDBLOCK", "EAGAIN"}:
                got = wanted
            if got != wanted:
                out.insert(0, Difference("result", _result_text(call), result_text(value, number)))
                return out
            return out
        if operation.opens:
            if isinstance(call.result, Number):
                self.live[call.result.value] = value
                self.newest_fd = call.result.value
                if call.name == "socket" and args.number(call.arguments[1]) & _TYPES == _SOCK_DGRAM:
                    self._datagrams[value] = True
                    self.datagram_fd = call.result.value
                if call.name in ("accept", "accept4"):
                    self.accepted(call.result.value)
            return out
        if not isinstance(call.result, Rest) and args.number(call.result) != value:
            out.insert(0, Difference("result", _result_text(call), result_text(value, 0)))
        return out

    # Descriptors

    def fd_live(self, script: int) -> int:
        """The live descriptor that the script's number stands for; EBADF."""
        live = self.live.get(script)
        if live is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return live

    def _fd(self, value: Expression) -> int:
        script = args.number(value, "a descriptor")
        self.newest_fd = script if script in self.live else self.newest_fd
        live = self.live.get(script, -1)
        if live in self._datagrams:
            self.datagram_fd = script
        return live

    def blocking(self, fd: int, flags: int = 0) -> bool:
        """Whether a call on a live descriptor waits."""
        try:
            return not flags & MSG_DONTWAIT and not self.sockets.flags(fd) & O_NONBLOCK
        except OSError:
            return False

    # Opening and closing

    def _do_socket(self, call: Syscall) -> Operation:
        domain = args.number_or(call.arguments[0], self.domain)
        kind, protocol = args.number(call.arguments[1]), args.number(call.arguments[2])
        return Operation(lambda: self.sockets.socket(domain, kind, protocol), opens=True)

    def _do_bind(self, call: Syscall) -> Operation:
        fd, address = self._fd(call.arguments[0]), args.address(call.arguments[1], self.local)
        self.bound_port[args.number(call.arguments[0])] = address.port
        return _plain(lambda: self.sockets.bind(fd, address))

    def _do_listen(self, call: Syscall) -> Operation:
        fd, backlog = self._fd(call.arguments[0]), args.number(call.arguments[1])
        return _plain(lambda: self.sockets.listen(fd, backlog))

    def _do_accept(self, call: Syscall) -> Operation:
        fd = self._fd(call.arguments[0])
        flags = args.number(call.arguments[3]) if len(call.arguments) > 3 else 0
        return Operation(lambda: self.sockets.accept(fd, flags), blocks=self.blocking(fd), opens=True)

    def _do_connect(self, call: Syscall) -> Operation:
        script = args.number(call.arguments[0])
        fd, address = self._fd(call.arguments[0]), args.address(call.arguments[1], self.remote)
        started = False

        def attempt() -> int:
            nonlocal started
            if not started:
                started = True
                self._connects(script, fd, address)
                self.sockets.connect(fd, address)
                return 0
            return self._connected(fd)

        return Operation(attempt, blocks=self.blocking(fd))

    def _connects(self, script: int, fd: int, address: Endpoint) -> None:
        if fd in self._datagrams:
            self.datagram_peer = address.port
        else:
            self.connecting(script, address)

    def _connected(self, fd: int) -> int:
        if not self.sockets.ready(fd) & _POLLOUT_ERR_HUP:
            raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))
        number: int = struct.unpack("@i", self.sockets.get_option(fd, _SOL_SOCKET, _SO_ERROR, 4))[0]
        if number:
            raise OSError(number, os.strerror(number))
        return 0

    def _do_close(self, call: Syscall) -> Operation:
        script, fd = args.number(call.arguments[0]), self._fd(call.arguments[0])

        def attempt() -> None:
            self.fd_live(script)
            self.sockets.close(fd)
            self.live.pop(script, None)
            self._datagrams.pop(fd, None)
            self.closed(script)

        return _plain(attempt)

    def _do_shutdown(self, call: Syscall) -> Operation:
        fd, how = self._fd(call.arguments[0]), args.number(call.arguments[1])
        return _plain(lambda: self.sockets.shutdown(fd, how))

    # Text

    def _writing(self, fd: int, buffers: list[tuple[Expression, int]], flags: int, to: Endpoint | None) -> Operation:
        size = sum(length for _, length in buffers)
        if not 0 <= size <= MAX_OCTETS:
            raise UnsupportedError(f"a write of {size} octets")
        self.wrote_text = self.wrote_text or any(isinstance(buffer, Text) for buffer, _ in buffers)
        data = b"".join([args.octets(buffer, length) for buffer, length in buffers])
        blocking = self.blocking(fd, flags)
        done, started = 0, to is None

        def attempt() -> int:
            nonlocal done, started
            if to is not None and not started:
                started = True
                if fd in self._datagrams or flags & _MSG_FASTOPEN:
                    self._connects(self.newest_fd or 0, fd, to)
            while True:
                done += self.sockets.send(fd, data[done:], flags, to)
                if done >= len(data) or not blocking:
                    return done

        return Operation(attempt, blocks=blocking)

    def _do_write(self, call: Syscall) -> Operation:
        fd, buffer, size = self._fd(call.arguments[0]), call.arguments[1], args.number(call.arguments[2])
        return self._writing(fd, [(buffer, size)], 0, None)

    def _do_send(self, call: Syscall) -> Operation:
        fd, buffer, size = self._fd(call.arguments[0]), call.arguments[1], args.number(call.arguments[2])
        return self._writing(fd, [(buffer, size)], args.number(call.arguments[3]), None)

    def _do_sendto(self, call: Syscall) -> Operation:
        fd, buffer, size = self._fd(call.arguments[0]), call.arguments[1], args.number(call.arguments[2])
        flags, where = args.number(call.arguments[3]), call.arguments[4]
        to = None if isinstance(where, Number) else args.address(where, self.remote)
        return self._writing(fd, [(buffer, size)], flags, to)

    def _do_writev(self, call: Syscall) -> Operation:
        return self._writing(self._fd(call.arguments[0]), args.vector(call.arguments[1]), 0, None)

    def _do_sendmsg(self, call: Syscall) -> Operation:
        message = call.arguments[1]
        vector = args.member(message, "msg_iov", 1)
        if vector is None:
            raise UnsupportedError(f"a message without msg_iov: {print_expression(message)}")
        control = args.member(message, "msg_control", 9)
        if isinstance(control, Array) and control.items:
            raise UnsupportedError(f"control messages to be sent: {print_expression(control)}")
        name = message.get("msg_name") if isinstance(message, Structure) else None
        to = args.address(name, self.remote) if isinstance(name, Structure) else None
        return self._writing(self._fd(call.arguments[0]), args.vector(vector), args.number(call.arguments[2]), to)

    def _reading(
        self, fd: int, buffers: list[tuple[Expression, int]], flags: int, told: Callable[[Message], list[Difference]]
    ) -> Operation:
        size = sum(length for _, length in buffers)
        if not 0 <= size <= MAX_OCTETS:
            raise UnsupportedError(f"a read of {size} octets")
        operation = Operation(lambda: 0, blocks=self.blocking(fd, flags))

        def attempt() -> int:
            message = self.sockets.receive(fd, size, flags, 512)
            wanted = b"".join([args.octets(buffer, length) for buffer, length in buffers])[: len(message.data)]
            if any(isinstance(buffer, Text) for buffer, _ in buffers) and wanted != message.data:
                operation.checks.append(Difference("data", repr(wanted), repr(message.data)))
            operation.checks.extend(told(message))
            return len(message.data)

        operation.attempt = attempt
        return operation

    def _do_read(self, call: Syscall) -> Operation:
        fd, buffer, size = self._fd(call.arguments[0]), call.arguments[1], args.number(call.arguments[2])
        return self._reading(fd, [(buffer, size)], 0, lambda _message: [])

    def _do_readv(self, call: Syscall) -> Operation:
        return self._reading(self._fd(call.arguments[0]), args.vector(call.arguments[1]), 0, lambda _message: [])

    def _do_recv(self, call: Syscall) -> Operation:
        fd, buffer, size = self._fd(call.arguments[0]), call.arguments[1], args.number(call.arguments[2])
        sender = call.arguments[4] if len(call.arguments) > 4 else Rest()

        def told(message: Message) -> list[Difference]:
            if not isinstance(sender, Structure):
                return []
            wanted = args.address(sender, self.remote)
            if wanted == message.address:
                return []
            return [Difference("address", print_expression(sender), str(message.address or "none"))]

        return self._reading(fd, [(buffer, size)], args.number(call.arguments[3]), told)

    def _do_recvmsg(self, call: Syscall) -> Operation:
        message = call.arguments[1]
        vector = args.member(message, "msg_iov", 1)
        if vector is None:
            raise UnsupportedError(f"a message without msg_iov: {print_expression(message)}")
        flags = args.number(call.arguments[2])
        return self._reading(
            self._fd(call.arguments[0]), args.vector(vector), flags, lambda got: _message_differences(message, got)
        )

    # Options

    def _do_setsockopt(self, call: Syscall) -> Operation:
        fd = self._fd(call.arguments[0])
        level, name = args.number(call.arguments[1]), args.number(call.arguments[2])
        value = args.option_value(call.arguments[3])
        size = args.number_or(call.arguments[4], len(value))
        return _plain(lambda: self.sockets.set_option(fd, level, name, value[:size]))

    def _do_getsockopt(self, call: Syscall) -> Operation:
        fd = self._fd(call.arguments[0])
        level, name, expected = args.number(call.arguments[1]), args.number(call.arguments[2]), call.arguments[3]
        size = args.number_or(call.arguments[4], 4)
        operation = Operation(lambda: 0)

        def attempt() -> int:
            got = self.sockets.get_option(fd, level, name, size)
            if not args.is_rest(expected):
                wanted = args.option_value(expected)[:size]
                if isinstance(expected, Text) or (isinstance(expected, Array) and isinstance(expected.items[0], Text)):
                    got = got.rstrip(b"\0")
                if got != wanted:
                    operation.checks.append(
                        Difference("value", print_expression(expected), _value_text(got, level, name))
                    )
            return 0

        operation.attempt = attempt
        return operation

    def _do_fcntl(self, call: Syscall) -> Operation:
        fd, command = self._fd(call.arguments[0]), args.number(call.arguments[1])
        if command == CONSTANTS["F_GETFL"]:
            return Operation(lambda: self.sockets.flags(fd))
        if command == CONSTANTS["F_SETFL"]:
            flags = args.number(call.arguments[2])
            return _plain(lambda: self.sockets.set_flags(fd, flags))
        raise UnsupportedError(f"fcntl() with {print_expression(call.arguments[1])}")

    def _do_ioctl(self, call: Syscall) -> Operation:
        fd, request, expected = self._fd(call.arguments[0]), args.number(call.arguments[1]), call.arguments[2]
        operation = Operation(lambda: 0)

        def attempt() -> int:
            got = self.sockets.ioctl(fd, request)
            if not args.is_rest(expected) and args.number(expected) != got:
                operation.checks.append(Difference("value", print_expression(expected), f"[{got}]"))
            return 0

        operation.attempt = attempt
        return operation

    def _do_poll(self, call: Syscall) -> Operation:
        return self.polling.poll(call)

    def _do_epoll_create(self, call: Syscall) -> Operation:
        return self.polling.create()

    def _do_epoll_create1(self, call: Syscall) -> Operation:
        return self.polling.create()

    def _do_epoll_ctl(self, call: Syscall) -> Operation:
        return self.polling.control(call)

    def _do_epoll_wait(self, call: Syscall) -> Operation:
        return self.polling.wait(call)


def _plain(action: Callable[[], None]) -> Operation:
    """An operation whose result is 0."""

    def attempt() -> int:
        action()
        return 0

    return Operation(attempt)


def _result_text(call: Syscall) -> str:
    note = f" {call.errno}" if call.errno else ""
    return f"{print_expression(call.result)}{note}"


def result_text(value: int, number: int) -> str:
    """What a call gave as a script writes it: the value, or -1 with the error `number` and its text."""
    return f"-1 {errno_name(number)} ({os.strerror(number)})" if number else str(value)


def _value_text(got: bytes, level: int, name: int) -> str:
    if len(got) == 4:
        number: int = struct.unpack("@i", got)[0]
        if (level, name) == (_SOL_SOCKET, _SO_ERROR) and number:
            return f"[{errno_name(number)}]"
        return f"[{number}]"
    if len(got) == 8:
        onoff, linger = struct.unpack("@ii", got)
        return f"{{onoff={onoff}, linger={linger}}}"
    return repr(got)


def _message_differences(expected: Expression, got: Message) -> list[Difference]:
    """`msg_flags` and `msg_control` of a received message, where the script writes them."""
    out: list[Difference] = []
    flags = args.member(expected, "msg_flags", 9)
    if flags is not None and not isinstance(flags, Rest) and args.number(flags) != got.flags:
        out.append(Difference("msg_flags", print_expression(flags), f"{got.flags:#x}"))
    control = args.member(expected, "msg_control", 9)
    if isinstance(control, Array):
        wanted = [_control(item) for item in control.items]
        found = [(level, kind, data) for level, kind, data in got.control]
        if len(wanted) != len(found) or any(
            want[:2] != have[:2] or want[2] not in (None, have[2]) for want, have in zip(wanted, found, strict=True)
        ):
            text = ", ".join(f"{level}/{kind}={data.hex()}" for level, kind, data in found)
            out.append(Difference("msg_control", print_expression(control), text or "none"))
    return out


def _control(item: Expression) -> tuple[int, int, bytes | None]:
    level, kind = args.member(item, "cmsg_level", 0), args.member(item, "cmsg_type", 1)
    data = args.member(item, "cmsg_data", 2)
    if level is None or kind is None:
        raise UnsupportedError(f"{print_expression(item)} is not a control message")
    return (
        args.number(level),
        args.number(kind),
        None if data is None or args.is_rest(data) else args.option_value(data),
    )
