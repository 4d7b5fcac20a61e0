"""Closing against the kernel: in either order, both at once, by halves, and by force."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from synfin.tcp import Event
from tests.interop.child import Kernel, Stack
from tests.interop.harness import run

pytestmark = pytest.mark.interop

FAMILIES = [4, 6]
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def kernel_half_close(kernel: Kernel, family: int, first: str) -> str:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection, connection.makefile("rb") as stream:
        if first == "kernel":
            connection.sendall(b"question")
            connection.shutdown(socket.SHUT_WR)
            return stream.read().decode()
        question = stream.read()  # to the FIN of the stack
        connection.sendall(question + b" answered" * 1_000)
        return question.decode()


def stack_half_close(stack: Stack, family: int, first: str) -> dict[str, Any]:
    peer = stack.accept(7000)
    if first == "kernel":
        text = peer.receive_all()
        state = peer.connection.state.name
        peer.send(text + b" answered" * 1_000)  # the other direction is still open
        peer.shutdown()
        peer.wait(Event.CLOSED)
    else:
        peer.send(b"question")
        peer.shutdown()
        peer.wait_state("FIN_WAIT_2")
        state = "FIN_WAIT_2"
        text = peer.receive_all()
        peer.wait_state("TIME_WAIT")
    return {"text": text.decode(), "state": state, "moves": stack.states}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_closes_its_half_and_still_reads(family: int) -> None:
    result = run("half_close", family=family, first="kernel")
    assert result.stack["text"] == "question"
    assert result.stack["state"] == "CLOSE_WAIT"
    assert result.kernel == "question" + " answered" * 1_000
    assert result.stack["moves"][-3:] == [
        ["ESTABLISHED", "CLOSE_WAIT"], ["CLOSE_WAIT", "LAST_ACK"], ["LAST_ACK", "CLOSED"],
    ]  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_we_close_our_half_and_still_read(family: int) -> None:
    result = run("half_close", family=family, first="stack")
    assert result.kernel == "question"
    assert result.stack["text"] == "question" + " answered" * 1_000
    assert result.stack["moves"][-3:] == [
        ["ESTABLISHED", "FIN_WAIT_1"], ["FIN_WAIT_1", "FIN_WAIT_2"], ["FIN_WAIT_2", "TIME_WAIT"],
    ]  # fmt: skip


def kernel_simultaneous_close(kernel: Kernel, family: int) -> str:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection:
        assert kernel.hear() == "close"
        connection.shutdown(socket.SHUT_WR)
        kernel.tell("closed")
        return connection.recv(10).decode()


def stack_simultaneous_close(stack: Stack, family: int) -> list[tuple[str, str]]:
    peer = stack.accept(7000)
    peer.wait_state("ESTABLISHED")
    stack.tell("close")
    # The kernel's FIN now lies in the device, unread, while ours goes out: the two cross.
    assert stack.hear_without_driving() == "closed"
    peer.shutdown()
    stack.driver.flush()
    peer.wait_state("TIME_WAIT")
    return stack.states


@pytest.mark.parametrize("family", FAMILIES)
def test_both_close_at_the_same_moment(family: int) -> None:
    result = run("simultaneous_close", family=family)
    assert result.kernel == ""
    assert result.stack[-3:] == [["ESTABLISHED", "FIN_WAIT_1"], ["FIN_WAIT_1", "CLOSING"], ["CLOSING", "TIME_WAIT"]]


def kernel_reset_by_kernel(kernel: Kernel, family: int) -> None:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection:
        assert kernel.hear() == "reset"
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def stack_reset_by_kernel(stack: Stack, family: int) -> dict[str, Any]:
    peer = stack.accept(7000)
    stack.tell("reset")
    peer.wait(Event.CLOSED)
    events = [event.name for event in peer.events if event in (Event.RESET, Event.EOF, Event.CLOSED)]
    return {"events": events, "error": type(peer.connection.error).__name__, "moves": stack.states}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reset_from_the_kernel_ends_the_connection(family: int) -> None:
    result = run("reset_by_kernel", family=family)
    assert result.stack["events"] == ["RESET", "CLOSED"]
    assert result.stack["error"] == "ConnectionResetError"
    assert result.stack["moves"][-1] == ["ESTABLISHED", "CLOSED"]


def kernel_reset_by_us(kernel: Kernel, family: int, how: str) -> str:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection:
        connection.sendall(b"unread")
        kernel.tell("sent")
        try:
            return connection.recv(10).decode()
        except OSError as error:
            return type(error).__name__


def stack_reset_by_us(stack: Stack, family: int, how: str) -> None:
    peer = stack.accept(7000)
    stack.until(lambda: peer.connection.readable == 6, "text that nobody reads")
    assert stack.hear() == "sent"
    if how == "abort":
        peer.connection.abort(stack.clock())
    else:
        peer.close()  # with unread text: RFC 9293 3.6.1 has it reset


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("how", ["abort", "close"])
def test_our_reset_reaches_the_kernel(family: int, how: str) -> None:
    assert run("reset_by_us", family=family, how=how).kernel == "ConnectionResetError"


def kernel_close_first(kernel: Kernel, first: str) -> None:
    port = kernel.hear()["port"]
    with kernel.connect(4, port) as connection:
        if first == "stack":
            assert connection.recv(10) == b""
            kernel.hear()  # an ACK of the FIN on its own, before ours
    if first == "kernel":
        kernel.hear()


def stack_close_first(stack: Stack, first: str) -> list[tuple[str, str]]:
    peer = stack.accept(7000)
    if first == "stack":
        peer.close()
        peer.wait_state("FIN_WAIT_2")
        stack.tell("close too")
        peer.wait_state("TIME_WAIT")
    else:
        peer.wait(Event.EOF)
        peer.close()
        peer.wait(Event.CLOSED)
        stack.tell("done")
    return stack.states


@pytest.mark.parametrize(
    ("first", "moves"),
    [
        ("stack", ["FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT"]),
        ("kernel", ["CLOSE_WAIT", "LAST_ACK", "CLOSED"]),
    ],
)
def test_whoever_closes_first_waits(first: str, moves: list[str]) -> None:
    result = run("close_first", first=first)
    assert [state for _, state in result.stack][-3:] == moves
