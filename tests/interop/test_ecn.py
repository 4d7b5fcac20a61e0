"""ECN and fast open against the kernel: marks on the way take the place of losses; text rides on SYNs both ways."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from synfin.tcp import Event
from tests.interop.child import Kernel, Peer, Stack
from tests.interop.harness import KERNEL, STACK, run

pytestmark = pytest.mark.interop

SIZE = 1_500_000
MARKS = 0.01
TCP_INFO = 11
DELIVERED_CE = 196  # offset in struct tcp_info
TCP_FASTOPEN = 23
MSG_FASTOPEN = 0x2000_0000


def sysctl(name: str, value: int) -> None:
    Path(f"/proc/sys/net/ipv4/{name}").write_text(str(value))


def netstat(name: str) -> int:
    """A counter of the kernel's /proc/net/netstat."""
    lines = Path("/proc/net/netstat").read_text().splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        found = dict(zip(names.split(), values.split(), strict=True))
        if name in found:
            return int(found[name])
    raise KeyError(name)


def text(seed: int) -> bytes:
    return random.Random(seed).randbytes(SIZE)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Marks


def kernel_marked(kernel: Kernel, opener: str, sender: str, seed: int) -> dict[str, Any]:
    sysctl("tcp_ecn", 1)
    if opener == "kernel":
        connection = kernel.connect(4, kernel.hear()["port"])
    else:
        with kernel.listen(4) as server:
            kernel.tell(server.getsockname()[1])
            connection, _ = server.accept()
        connection.settimeout(30)
    with connection:
        got = b""
        if sender == "kernel":
            connection.sendall(text(seed))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
        else:
            parts = []
            while block := connection.recv(1 << 20):
                parts.append(block)
            got = b"".join(parts)
        info = connection.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 256)
        return {
            "sha": digest(got),
            "options": info[5],
            "delivered_ce": struct.unpack_from("I", info, DELIVERED_CE)[0],
            "ce": netstat("InCEPkts"),
            "ect0": netstat("InECT0Pkts"),
        }


def stack_marked(stack: Stack, opener: str, sender: str, seed: int) -> dict[str, Any]:
    if opener == "kernel":
        peer = stack.accept(7000)
    else:
        peer = stack.connect(4, stack.hear())
        peer.wait(Event.CONNECTED)
    got = b""
    if sender == "stack":
        peer.send(text(seed))
        peer.shutdown()
        got = peer.receive_all()
    else:
        got = peer.receive_all()
        peer.shutdown()
    info = peer.connection.info(stack.clock())
    answer = {
        "sha": digest(got),
        "options": info.tcpi_options,
        "delivered_ce": info.delivered_ce,
        "ce": stack.host.counters["IpExtInCEPkts"],
        "told": stack.host.rules.get("ecn-congestion-told", 0),
        "retransmits": info.total_retrans,
    }
    peer.close()
    return answer


@pytest.mark.parametrize("opener", ["kernel", "stack"])
@pytest.mark.parametrize("sender", ["kernel", "stack"])
def test_transfer_over_a_path_that_marks(opener: str, sender: str) -> None:
    """[RFC3168-04] [RFC3168-05] [RFC3168-06]: every octet arrives, both ends react to marks, nothing is lost."""
    result = run("marked", opener=opener, sender=sender, seed=7, relay_marks=MARKS, tcp={"ecn": "on"})
    receiver, other = (result.stack, result.kernel) if sender == "kernel" else (result.kernel, result.stack)
    assert receiver["sha"] == digest(text(7))
    assert result.kernel["options"] & 8
    assert result.stack["options"] & 8
    assert receiver["ce"] > 0
    assert other["delivered_ce"] > 0
    if sender == "stack":
        assert result.stack["told"] > 0
        assert result.kernel["ect0"] > 0


# Fast open


def kernel_fast_client(kernel: Kernel) -> list[int]:
    sysctl("tcp_fastopen", 3)
    port = kernel.hear()["port"]
    counts = []
    for number in range(3):
        with socket.socket() as client:  # blocking: without a cookie sendto() waits for the handshake
            client.sendto(b"early %d" % number, MSG_FASTOPEN, (STACK[4], port))
            assert client.recv(100) == b"EARLY %d" % number
        counts.append(netstat("TCPFastOpenActive"))
    return counts


def stack_fast_client(stack: Stack) -> dict[str, int]:
    peers: list[Peer] = []

    def take(listener: Any, connection: Any, now: int) -> None:
        peers.append(Peer(stack, listener.accept()))

    stack.host.listen(7000, stack.clock(), handler=take, config=stack.host.tcp.but(fast_open=True))
    stack.tell({"port": 7000})
    for number in range(3):
        stack.until(lambda number=number: len(peers) > number, "a connection to accept")  # type: ignore[misc]
        peer = peers[number]
        peer.send(peer.receive(7).upper())
        peer.close()
    return {name: stack.host.counters[f"TcpExtTCPFastOpen{name}"] for name in ("Passive", "CookieReqd", "PassiveFail")}


def test_kernel_client_uses_our_cookie() -> None:
    """[RFC7413-08]: the first connection asks, the others bring text on their SYNs, which both sides count."""
    result = run("fast_client")
    assert result.kernel == [0, 1, 2]
    assert result.stack == {"Passive": 2, "CookieReqd": 1, "PassiveFail": 0}


def kernel_fast_server(kernel: Kernel) -> dict[str, Any]:
    sysctl("tcp_fastopen", 3)
    with socket.socket() as server:
        server.settimeout(20)
        server.bind((KERNEL[4], 0))
        server.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
        server.listen(16)
        kernel.tell(server.getsockname()[1])
        heard = []
        for _ in range(3):
            connection, _ = server.accept()
            with connection:
                connection.settimeout(20)
                heard.append(connection.recv(100).decode())
                connection.sendall(b"answer")
    return {"heard": heard, "passive": netstat("TCPFastOpenPassive"), "asked": netstat("TCPFastOpenCookieReqd")}


def stack_fast_server(stack: Stack) -> dict[str, Any]:
    port = stack.hear()
    config = stack.host.tcp.but(fast_open=True)
    on_syn = []
    for number in range(3):
        connection = stack.host.connect(KERNEL[4], port, stack.clock(), config=config, data=b"early %d" % number)
        peer = Peer(stack, connection)
        assert peer.receive(6) == b"answer"
        on_syn.append(connection.tcb.syn_text)
        peer.close()
    return {"on_syn": on_syn, "active": stack.host.counters["TcpExtTCPFastOpenActive"]}


def test_kernel_server_takes_our_text() -> None:
    """[RFC7413-05] [RFC7413-07]."""
    result = run("fast_server")
    assert result.kernel == {"heard": ["early 0", "early 1", "early 2"], "passive": 2, "asked": 1}
    assert result.stack == {"on_syn": [0, 7, 7], "active": 2}
