"""Time with the kernel: closed windows and their probes, keep-alive, and silence.

Timers are set short here; what is waited for is always something that was seen or sent, never that time has passed.
"""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path
from typing import Any

import pytest

from synfin.tcp import Event
from synfin.trace import SegmentRecord
from synfin.wire.tcp import ACK, SYN
from tests.interop.child import Kernel, Stack
from tests.interop.harness import run

pytestmark = pytest.mark.interop

FAMILIES = [4, 6]
QUICK = {"rto_min_ms": 200, "rto_variance_min_ms": 10}
SIZE = 600_000  # more than the small buffers below hold


def block(size: int = SIZE) -> bytes:
    return bytes(i * i % 251 for i in range(1_000)) * (size // 1_000)


def kernel_they_do_not_read(kernel: Kernel, family: int) -> str:
    # A reader that sleeps: the small buffer fills up, the kernel's window closes.
    with kernel.listen(family) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
        kernel.tell(server.getsockname()[1])
        connection, _ = server.accept()
    with connection, connection.makefile("rb") as stream:
        assert kernel.hear() == "read now"
        return hashlib.sha256(stream.read()).hexdigest()


def stack_they_do_not_read(stack: Stack, family: int) -> dict[str, Any]:
    peer = stack.connect(family, stack.hear(), send_buffer_bytes=SIZE)
    peer.wait(Event.CONNECTED)
    peer.send(block())
    peer.shutdown()
    stack.until(lambda: stack.fired.count("persist") >= 2, "two probes of a closed window")
    stack.tell("read now")
    stack.until(lambda: stack.kernel_ended, "the end of the transfer")
    return {"sha256": hashlib.sha256(block()).hexdigest(), "state": peer.connection.state.name}


@pytest.mark.parametrize("family", FAMILIES)
def test_we_probe_the_window_of_a_reader_that_sleeps(family: int) -> None:
    """[MUST-36] [SHLD-29]."""
    result = run("they_do_not_read", family=family, tcp=QUICK)
    assert result.kernel == result.stack["sha256"]


def kernel_we_do_not_read(kernel: Kernel, family: int) -> None:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection:
        connection.sendall(block())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def stack_we_do_not_read(stack: Stack, family: int) -> dict[str, Any]:
    peer = stack.accept(7000, receive_buffer_bytes=20_000)
    stack.until(lambda: peer.connection.readable >= 20_000 - 1_460, "a full receive buffer")
    stack.keep_received = True
    # The kernel's probes of our closed window carry no new text.
    stack.until(lambda: len([r for r in stack.received if not r.segment.payload]) >= 2, "two probes by the kernel")
    data = peer.receive_all()
    peer.close()
    return {"same": data == block(), "size": len(data)}


@pytest.mark.parametrize("family", FAMILIES)
def test_we_answer_the_probes_of_our_closed_window(family: int) -> None:
    """[MUST-35] [MUST-37]: probes are answered, the connection lives, and the window opens again."""
    result = run("we_do_not_read", family=family)
    assert result.stack == {"same": True, "size": SIZE}


def kernel_we_keep_alive(kernel: Kernel, family: int) -> str:
    # The kernel answers what is not acceptable at most every 500 ms, and a keep-alive probe is just that.
    Path("/proc/sys/net/ipv4/tcp_invalid_ratelimit").write_text("0")
    with kernel.listen(family) as server:
        kernel.tell(server.getsockname()[1])
        connection, _ = server.accept()
    with connection:
        assert kernel.hear() == "still here?"
        connection.sendall(b"still here")
        return connection.recv(10).decode()


def stack_we_keep_alive(stack: Stack, family: int) -> str:
    settings = {"keep_alive": True, "keep_alive_idle_ms": 100, "keep_alive_interval_ms": 100, "keep_alive_probes": 2}
    peer = stack.connect(family, stack.hear(), **settings)
    peer.wait(Event.CONNECTED)
    # More probes than would be borne without answers: the kernel answers them.
    stack.until(lambda: stack.fired.count("keep-alive") >= 5, "five keep-alive probes")
    stack.tell("still here?")
    text = peer.receive(10)
    peer.send(b"good")
    peer.close()
    return text.decode()


@pytest.mark.parametrize("family", FAMILIES)
def test_our_keep_alive_probes_are_answered(family: int) -> None:
    """[MUST-24] [MUST-26]."""
    result = run("we_keep_alive", family=family)
    assert (result.kernel, result.stack) == ("good", "still here")


def kernel_they_keep_alive(kernel: Kernel, family: int) -> str:
    with kernel.listen(family) as server:
        kernel.tell(server.getsockname()[1])
        connection, _ = server.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        kernel.tell("armed")
        return connection.recv(10).decode()


def stack_they_keep_alive(stack: Stack, family: int) -> int:
    peer = stack.connect(family, stack.hear())
    assert stack.hear() == "armed"
    stack.keep_received = True

    def probes() -> int:
        expected = peer.connection.tcb.rcv_nxt
        return len([r for r in stack.received if r.segment.seq == (expected - 1) & 0xFFFF_FFFF])

    stack.until(lambda: probes() >= 2, "two keep-alive probes of the kernel")
    peer.send(b"alive")
    peer.close()
    return probes()


def test_the_kernels_keep_alive_probes_are_answered() -> None:
    result = run("they_keep_alive", family=4)
    assert result.kernel == "alive"
    assert result.stack >= 2


def kernel_peer_vanishes(kernel: Kernel) -> None:
    with kernel.listen(4) as server:
        kernel.tell(server.getsockname()[1])
        connection, _ = server.accept()
    connection.settimeout(30)
    with connection:
        # Repair mode closes a socket without a word to the peer, as a crash does.
        assert kernel.hear() == "vanish"
        connection.setsockopt(socket.IPPROTO_TCP, 19, 1)
    kernel.tell("gone")
    kernel.hear()


def stack_peer_vanishes(stack: Stack) -> dict[str, Any]:
    settings = {"keep_alive": True, "keep_alive_idle_ms": 200, "keep_alive_interval_ms": 100, "keep_alive_probes": 2}
    peer = stack.connect(4, stack.hear(), **settings)
    peer.wait(Event.CONNECTED)
    stack.tell("vanish")
    assert stack.hear() == "gone"
    peer.wait(Event.CLOSED)
    stack.tell("done")
    return {"events": [e.name for e in peer.events], "error": type(peer.connection.error).__name__}


def test_a_vanished_peer_is_found_by_keep_alive() -> None:
    """RFC 9293 3.5.1: the kernel no longer knows the connection and resets it when the probe comes."""
    result = run("peer_vanishes")
    assert result.stack["events"][-2:] == ["RESET", "CLOSED"]
    assert result.stack["error"] == "ConnectionResetError"


def kernel_nobody_answers(kernel: Kernel) -> None:
    kernel.hear()


def stack_nobody_answers(stack: Stack) -> dict[str, Any]:
    # 10.77.0.77 is on the link but nobody has it, and the kernel of a TUN device does not forward.
    now = stack.clock()
    settings = stack.host.tcp.but(rto_initial_ms=100, rto_min_ms=100, syn_r2_ms=500)
    connection = stack.host.connect("10.77.0.77", 80, now, config=settings)
    told: list[Event] = []
    connection.handler = lambda connection, event, now: told.append(event)
    stack.until(lambda: Event.CLOSED in told, "the end of the attempt")
    syns = [r for r in stack.records if isinstance(r, SegmentRecord) and r.segment.flags & (SYN | ACK) == SYN]
    stack.tell("done")
    return {"events": [e.name for e in told], "syns": len(syns), "error": type(connection.error).__name__}


def test_an_attempt_that_nobody_answers_times_out() -> None:
    """[MUST-23] R2 for a SYN, here set to half a second."""
    result = run("nobody_answers")
    assert result.stack["events"] == ["SOFT_ERROR", "TIMEOUT", "CLOSED"]  # R1, then R2
    assert result.stack["error"] == "TimeoutError"
    assert result.stack["syns"] >= 3
