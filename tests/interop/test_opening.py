"""Opening against the kernel: handshakes both ways, what the options agree on, refusals, many at once."""

from __future__ import annotations

import socket
import struct
import subprocess
from typing import Any

import pytest

from synfin.services.simple import Echo
from synfin.tcp import Connection, Event
from tests.interop.child import Kernel, Stack
from tests.interop.harness import KERNEL, STACK, run

pytestmark = pytest.mark.interop

FAMILIES = [4, 6]
CONNECTIONS = 200


def ss_options(port: int) -> list[str]:
    """What `ss -ti` says about the connection with that port."""
    done = subprocess.run(
        ["ss", "-Htino", f"sport = :{port} or dport = :{port}"], capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.split()


def kernel_accepted(kernel: Kernel, family: int) -> dict[str, Any]:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection:
        connection.sendall(b"hello")
        answer = connection.recv(100)
        words = ss_options(port)
        source = connection.getsockname()[1]
        kernel.tell("seen")
    return {"answer": answer.decode(), "ss": words, "port": source}


def stack_accepted(stack: Stack, family: int) -> dict[str, Any]:
    peer = stack.accept(7000)
    text = peer.receive(5)
    info = peer.connection.info(stack.clock())
    peer.send(text.upper())
    assert stack.hear() == "seen"
    remote = peer.connection.remote
    peer.close()
    return {
        "port": remote.port,
        "options": info.tcpi_options,
        "moves": stack.states,
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_connects_to_us(family: int) -> None:
    result = run("accepted", family=family)
    assert result.kernel["answer"] == "HELLO"
    assert result.kernel["port"] == result.stack["port"]
    assert ["SYN_RECEIVED", "ESTABLISHED"] in result.stack["moves"]
    # Timestamps, SACK and window scale are agreed on, as the kernel sees it (ss) and as we do (TCP_INFO bits).
    assert {"ts", "sack"} <= set(result.kernel["ss"])
    assert any(word.startswith("wscale:") for word in result.kernel["ss"])
    assert result.stack["options"] & 7 == 7


def kernel_without_options(kernel: Kernel, family: int, tcp_options: dict[str, bool]) -> list[str]:
    port = kernel.hear()["port"]
    with kernel.connect(family, port) as connection:
        words = ss_options(port)
        connection.sendall(b"bye")
        assert connection.recv(10) == b"bye"
    return words


def stack_without_options(stack: Stack, family: int, tcp_options: dict[str, bool]) -> int:
    peer = stack.accept(7000, **tcp_options)
    peer.send(peer.receive(3))
    options: int = peer.connection.info(stack.clock()).tcpi_options
    peer.close()
    return options


@pytest.mark.parametrize(
    ("setting", "word", "bit"), [("timestamps", "ts", 1), ("sack", "sack", 2), ("window_scaling", "wscale", 4)]
)
def test_an_option_we_do_not_want_is_not_agreed_on(setting: str, word: str, bit: int) -> None:
    result = run("without_options", family=4, tcp_options={setting: False})
    seen = {text.partition(":")[0] for text in result.kernel}
    assert {"ts", "sack", "wscale"} - seen == {word}
    assert result.stack & 7 == 7 - bit


def kernel_connected(kernel: Kernel, family: int) -> dict[str, Any]:
    with kernel.listen(family) as server:
        kernel.tell(server.getsockname()[1])
        connection, remote = server.accept()
        with connection:
            connection.sendall(connection.recv(100).upper())
            words = ss_options(server.getsockname()[1])
            kernel.tell("seen")
            assert connection.recv(100) == b""
    return {"from": remote[0], "ss": words}


def stack_connected(stack: Stack, family: int) -> dict[str, Any]:
    peer = stack.connect(family, stack.hear())
    peer.wait(Event.CONNECTED)
    peer.send(b"hello")
    answer = peer.receive(5)
    assert stack.hear() == "seen"
    options = peer.connection.info(stack.clock()).tcpi_options
    peer.close()
    return {"answer": answer.decode(), "moves": stack.states, "options": options}


@pytest.mark.parametrize("family", FAMILIES)
def test_we_connect_to_the_kernel(family: int) -> None:
    result = run("connected", family=family)
    assert result.stack["answer"] == "HELLO"
    assert result.kernel["from"] == STACK[family]
    assert result.stack["moves"][:2] == [["CLOSED", "SYN_SENT"], ["SYN_SENT", "ESTABLISHED"]]
    assert {"ts", "sack"} <= set(result.kernel["ss"])
    assert result.stack["options"] & 7 == 7


def kernel_refused_by_us(kernel: Kernel, family: int) -> str:
    kernel.hear()
    try:
        kernel.connect(family, 7999).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def stack_refused_by_us(stack: Stack, family: int) -> None:
    stack.tell("go")


@pytest.mark.parametrize("family", FAMILIES)
def test_our_closed_port_refuses_the_kernel(family: int) -> None:
    assert run("refused_by_us", family=family).kernel == "ConnectionRefusedError"


def kernel_refused_by_kernel(kernel: Kernel, family: int) -> None:
    # Bound but not listening: nobody else can take the port meanwhile.
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6) as holder:
        holder.bind((KERNEL[family], 0))
        kernel.tell(holder.getsockname()[1])
        kernel.hear()


def stack_refused_by_kernel(stack: Stack, family: int) -> dict[str, Any]:
    peer = stack.connect(family, stack.hear())
    peer.wait(Event.CLOSED)
    stack.tell("done")
    return {
        "events": [event.name for event in peer.events],
        "error": type(peer.connection.error).__name__,
        "moves": stack.states,
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernels_closed_port_refuses_us(family: int) -> None:
    result = run("refused_by_kernel", family=family)
    assert result.stack["events"] == ["REFUSED", "CLOSED"]
    assert result.stack["error"] == "ConnectionRefusedError"
    assert result.stack["moves"] == [["CLOSED", "SYN_SENT"], ["SYN_SENT", "CLOSED"]]


def conversation(number: int) -> bytes:
    """What connection `number` says: nobody else says the same."""
    return struct.pack("!I", number) * 250


def kernel_many_in(kernel: Kernel, family: int) -> int:
    kernel.hear()
    connections = [kernel.connect(family, 7) for _ in range(CONNECTIONS)]
    for number, connection in enumerate(connections):
        connection.sendall(conversation(number))
    good = 0
    for number, connection in enumerate(connections):
        connection.shutdown(socket.SHUT_WR)
        with connection, connection.makefile("rb") as stream:
            good += stream.read() == conversation(number)
    return good


def stack_many_in(stack: Stack, family: int) -> int:
    stack.serve(Echo(), 7)
    stack.tell("go")
    stack.until(lambda: stack.kernel_ended, "the end of all conversations")
    return stack.states.count(("SYN_RECEIVED", "ESTABLISHED"))


@pytest.mark.parametrize("family", FAMILIES)
def test_200_connections_from_the_kernel_at_once(family: int) -> None:
    result = run("many_in", family=family)
    assert (result.kernel, result.stack) == (CONNECTIONS, CONNECTIONS)


def kernel_many_out(kernel: Kernel, family: int) -> int:
    with kernel.listen(family) as server:
        kernel.tell(server.getsockname()[1])
        connections = [server.accept()[0] for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.settimeout(30)
        with connection, connection.makefile("rb") as stream:
            connection.sendall(stream.read())
    return len(connections)


def stack_many_out(stack: Stack, family: int) -> int:
    port = stack.hear()
    peers = [stack.connect(family, port) for _ in range(CONNECTIONS)]
    for number, peer in enumerate(peers):
        peer.wait(Event.CONNECTED)
        peer.send(conversation(number))
        peer.shutdown()
    good = 0
    for number, peer in enumerate(peers):
        good += peer.receive_all() == conversation(number)
        peer.close()
    return good


@pytest.mark.parametrize("family", FAMILIES)
def test_200_connections_to_the_kernel_at_once(family: int) -> None:
    result = run("many_out", family=family)
    assert (result.kernel, result.stack) == (CONNECTIONS, CONNECTIONS)


def kernel_backlog(kernel: Kernel) -> int:
    port = kernel.hear()["port"]
    connections = [kernel.connect(4, port) for _ in range(3)]
    kernel.tell("connected")
    for connection in connections:
        assert connection.recv(10) == b"x"
        connection.close()
    return len(connections)


def stack_backlog(stack: Stack) -> int:
    listener = stack.host.listen(7000, stack.clock(), backlog=3)
    stack.tell({"port": 7000})
    assert stack.hear() == "connected"
    taken: list[Connection] = []
    while (connection := listener.accept()) is not None:
        taken.append(connection)
        connection.write(b"x", stack.clock())
    return len(taken)


def test_connections_wait_in_the_backlog_until_they_are_accepted() -> None:
    result = run("backlog")
    assert (result.kernel, result.stack) == (3, 3)
