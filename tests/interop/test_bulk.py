"""Bulk transfer with the kernel: every octet arrives once and in order, as client and as server, with and without loss.

The size is `harness.megabytes()`: SYNFIN_INTEROP_MB, else 100 MB.
"""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from synfin.config import LINUX
from synfin.tcp import Event
from tests.interop.child import Kernel, Peer, Stack
from tests.interop.harness import megabytes, run

pytestmark = [pytest.mark.interop, pytest.mark.slow]

FAMILIES = [4, 6]
BLOCK = 65_536


def text(size: int) -> Iterator[bytes]:
    """`size` octets that repeat nowhere near their own length, in blocks."""
    rng = random.Random(size)
    base = rng.randbytes(1_000_003)  # a prime length: block borders never fall on the same octets
    position = 0
    while position < size:
        start = position % len(base)
        block = base[start : start + min(BLOCK, size - position)]
        yield block
        position += len(block)


def digest(blocks: Iterator[bytes]) -> dict[str, Any]:
    total, size = hashlib.sha256(), 0
    for block in blocks:
        total.update(block)
        size += len(block)
    return {"sha256": total.hexdigest(), "size": size}


def socket_blocks(connection: socket.socket) -> Iterator[bytes]:
    while block := connection.recv(1 << 20):
        yield block


def peer_blocks(peer: Peer) -> Iterator[bytes]:
    while block := peer.receive(BLOCK):
        yield block


def opened_kernel(kernel: Kernel, family: int, role: str) -> socket.socket:
    """The kernel's end of the connection; `role` is the stack's."""
    if role == "server":
        return kernel.connect(family, kernel.hear()["port"])
    with kernel.listen(family) as server:
        kernel.tell(server.getsockname()[1])
        connection, _ = server.accept()
    connection.settimeout(30)
    return connection


def opened_stack(stack: Stack, family: int, role: str) -> Peer:
    if role == "server":
        return stack.accept(7000)
    peer = stack.connect(family, stack.hear())
    peer.wait(Event.CONNECTED)
    return peer


def kernel_bulk(kernel: Kernel, family: int, role: str, way: str, size: int, seed: int = 1) -> dict[str, Any]:
    with opened_kernel(kernel, family, role) as connection:
        if way == "to-kernel":
            return digest(socket_blocks(connection))
        for block in text(size):
            connection.sendall(block)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""  # the stack closes when it has read everything
    return {}


def stack_bulk(stack: Stack, family: int, role: str, way: str, size: int, seed: int = 1) -> dict[str, Any]:
    peer = opened_stack(stack, family, role)
    if way == "to-stack":
        answer = digest(peer_blocks(peer))
    else:
        for block in text(size):
            peer.send(block)
        answer = {}
    peer.close()
    answer["retransmissions"] = peer.connection.info(stack.clock()).tcpi_total_retrans
    answer["fired"] = stack.fired
    stack.until(lambda: stack.kernel_ended, "the end of the transfer")
    return answer


def check(result: Any, way: str, size: int) -> None:
    told = result.stack if way == "to-stack" else result.kernel
    expected = digest(text(size))
    assert told["size"] == expected["size"]
    assert told["sha256"] == expected["sha256"]


@pytest.mark.parametrize("way", ["to-stack", "to-kernel"])
@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("family", FAMILIES)
def test_everything_arrives_once_and_in_order(
    family: int, role: str, way: str, record_property: pytest.RecordProperty
) -> None:
    # The whole size once for each family and role in each direction; the others take a tenth of it.
    size = megabytes() * 1_000_000 // (1 if (family, role) in ((4, "server"), (6, "client")) else 10)
    record_property("octets", size)
    result = run("bulk", family=family, role=role, way=way, size=size)
    check(result, way, size)


@pytest.mark.parametrize("way", ["to-stack", "to-kernel"])
@pytest.mark.parametrize(("family", "mtu"), [(4, 1_280), (6, 1_280), (4, 9_000), (6, 9_000), (4, 65_535), (6, 65_535)])
def test_every_mtu_carries_it(family: int, mtu: int, way: str) -> None:
    """RFC 6691, RFC 9293 3.7.1: both ends announce and respect what the link takes."""
    tcp = {"tail_loss_probe": False}  # a kernel that is busy delays its ACKs for longer than a probe waits
    result = run("bulk", family=family, role="server", way=way, size=3_000_000, mtu=mtu, tcp=tcp)
    check(result, way, 3_000_000)
    if way == "to-kernel":
        assert result.stack["retransmissions"] == 0


@pytest.mark.parametrize("tcp", [{}, dict(LINUX)], ids=["rfc", "linux"])
def test_both_presets_carry_it(tcp: dict[str, Any]) -> None:
    for way in ("to-stack", "to-kernel"):
        check(run("bulk", family=4, role="client", way=way, size=3_000_000, tcp=tcp), way, 3_000_000)


@pytest.mark.parametrize("way", ["to-stack", "to-kernel"])
@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize(("family", "loss", "size"), [(4, 0.01, 2_000_000), (6, 0.01, 2_000_000), (4, 0.05, 500_000)])
def test_a_relay_that_loses_packets_loses_no_text(family: int, loss: float, size: int, role: str, way: str) -> None:
    """A relay between two TUN devices drops packets in both directions; a kernel forwards beyond it."""
    # Where 5 % are lost a window of a few segments moves per round trip or RTO: the size keeps this short.
    tcp = {"rto_min_ms": 200, "rto_variance_min_ms": 200}
    result = run("bulk", family=family, role=role, way=way, size=size, relay_loss=loss, tcp=tcp)
    check(result, way, size)
    if way == "to-kernel":
        assert result.stack["retransmissions"] > 0  # something was lost indeed
