"""Captures a conversation between two sockets of the kernel, in a namespace of its own; run as a program.

    python -m tests.drill.kernel_capture FILE 4|6

Responsible for the conversation and the file (Ethernet, as the loopback interface gives it).
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from synfin.device.namespace import enter_private_namespace
from synfin.device.rtnetlink import Rtnetlink
from synfin.pcap import PcapngWriter
from synfin.pcap.model import LINK_ETHERNET

ALL_PROTOCOLS = 0x0003
OUTGOING = 4
REQUEST, ANSWER = bytes(10), bytes(3000)


def read_all(connection: socket.socket, size: int) -> None:
    """Read exactly so much."""
    while size:
        size -= len(connection.recv(size))


def converse(family: int) -> None:
    """Request and answer, then the client closes first."""
    with socket.create_server(("", 0), family=family) as listener:
        client = socket.create_connection(
            ("127.0.0.1" if family == socket.AF_INET else "::1", listener.getsockname()[1])
        )
        server, _ = listener.accept()
        with client, server:
            client.sendall(REQUEST)
            read_all(server, len(REQUEST))
            server.sendall(ANSWER)
            read_all(client, len(ANSWER))
            client.shutdown(socket.SHUT_WR)
            assert server.recv(1) == b""
            server.close()
            assert client.recv(1) == b""


def main(path: str, version: str) -> None:
    """Enter the namespace, listen in on the loopback interface, converse, write."""
    enter_private_namespace()
    with Rtnetlink() as netlink:
        loopback = netlink.link("lo")
        assert loopback is not None
        netlink.set_link(loopback.ifindex, up=True, mtu=1500)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ALL_PROTOCOLS)) as tap:
        tap.bind(("lo", 0))
        tap.setblocking(False)
        tap.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS: when the kernel saw it
        converse(socket.AF_INET if version == "4" else socket.AF_INET6)
        with Path(path).open("wb") as stream:
            writer = PcapngWriter(stream)
            writer.add_interface("lo", LINK_ETHERNET)
            first = 0
            while True:
                try:
                    data, ancillary, _, address = tap.recvmsg(1 << 17, 128)
                except BlockingIOError:
                    break
                if address[2] != OUTGOING:
                    continue
                stamp = ancillary[0][2]
                now = int.from_bytes(stamp[:8], "little") * 10**9 + int.from_bytes(stamp[8:16], "little")
                first = first or now
                writer.write(0, now - first, data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
