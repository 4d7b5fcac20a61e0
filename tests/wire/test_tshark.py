"""What we build, read by tshark: every checksum is good and every field is the one that was meant."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from synfin.pcap import PcapngWriter
from synfin.pcap.model import LINK_ETHERNET
from synfin.wire import icmpv4, icmpv6, tcp, udp
from synfin.wire.addresses import Address, parse_address
from synfin.wire.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, EthernetFrame, build_ethernet
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.tcp_options import TcpOptions
from tests.wire.decode import build_transport, decode, needs_tshark, tshark_fields
from tests.wire.golden.regenerate import dissect
from tests.wire.test_golden import first_values

COUNT = 300
ENDS = {
    4: (parse_address("192.0.2.1"), parse_address("192.0.2.2")),
    6: (parse_address("2001:db8::1"), parse_address("2001:db8::2")),
}
STATUS = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status")


def random_segment(rng: random.Random, payload: bytes) -> tcp.Segment:
    options = TcpOptions(
        mss=rng.choice((None, 536, 1_460, 65_535)),
        window_scale=rng.choice((None, 0, 14)),
        sack_permitted=rng.random() < 0.5,
        ts_val=rng.choice((None, 0, 0xFFFF_FFFF, rng.getrandbits(32))),
        ts_ecr=0,
    )
    if rng.random() < 0.3:
        sack = tuple((rng.getrandbits(32), rng.getrandbits(32)) for _ in range(rng.randint(1, 3)))
        options = TcpOptions(sack=sack, ts_val=rng.getrandbits(32), ts_ecr=rng.getrandbits(32))
    # Ports that no dissector of tshark claims, and no SYN with RST and the like: it has opinions about those.
    flags = rng.choice(
        (tcp.SYN, tcp.SYN | tcp.ACK, tcp.ACK, tcp.ACK | tcp.PSH, tcp.ACK | tcp.FIN, tcp.RST, 0x1FF, 0xE10)
    )
    return tcp.Segment(
        rng.randint(50_000, 60_000), rng.randint(60_001, 65_535), rng.getrandbits(32), rng.getrandbits(32), flags,
        rng.getrandbits(16), rng.getrandbits(16), options, payload,
    )  # fmt: skip


def random_frame(rng: random.Random) -> bytes:
    """A frame with TCP, UDP or ICMP over either family."""
    family = rng.choice((4, 6))
    src, dst = ENDS[family]
    payload = rng.randbytes(rng.choice((0, 1, 2, 7, 100, 383, 385, 1_000, 1_001)))
    kind = rng.randrange(3)
    value: tcp.Segment | udp.UdpDatagram | icmpv4.Icmpv4Message | icmpv6.Icmpv6Message
    if kind == 0:
        value, protocol = random_segment(rng, payload), tcp.PROTOCOL
    elif kind == 1:
        value, protocol = udp.UdpDatagram(rng.randint(50_000, 60_000), rng.randint(60_001, 65_535), payload), 17
    elif family == 4:
        value, protocol = icmpv4.echo_request(rng.getrandbits(16), rng.getrandbits(16), payload), icmpv4.PROTOCOL
    else:
        value, protocol = icmpv6.echo_request(rng.getrandbits(16), rng.getrandbits(16), payload), icmpv6.PROTOCOL
    return wrap(rng, src, dst, protocol, build_transport(value, src, dst))


def wrap(rng: random.Random, src: Address, dst: Address, protocol: int, octets: bytes) -> bytes:
    """The network and link layers around it, with random values in their fields."""
    if len(src) == 4:
        options = rng.choice((b"", b"\x94\x04\0\0", b"\1\1\1\0"))
        packet = Ipv4Packet(
            src, dst, protocol, octets, rng.randint(1, 255), rng.randint(0, 255), rng.getrandbits(16),
            rng.random() < 0.5, options=options,
        )  # fmt: skip
        return build_ethernet(EthernetFrame(b"\2" * 6, b"\6" * 6, ETHERTYPE_IPV4, build_ipv4(packet)))
    six = Ipv6Packet(src, dst, protocol, octets, rng.randint(1, 255), rng.randint(0, 255), rng.getrandbits(20))
    return build_ethernet(EthernetFrame(b"\2" * 6, b"\6" * 6, ETHERTYPE_IPV6, build_ipv6(six)))


@pytest.mark.interop
@needs_tshark
def test_tshark_finds_every_checksum_good_and_every_field_as_meant(tmp_path: Path) -> None:
    rng = random.Random(9)
    frames = [random_frame(rng) for _ in range(COUNT)]
    out = io.BytesIO()
    writer = PcapngWriter(out)
    interface = writer.add_interface("made", LINK_ETHERNET)
    for number, frame in enumerate(frames):
        writer.write(interface, number, frame)
    path = tmp_path / "made.pcapng"
    path.write_bytes(out.getvalue())
    rows = dissect(path)
    assert len(rows) == COUNT
    good = 0
    for number, (frame, row) in enumerate(zip(frames, rows, strict=True), 1):
        fields = tshark_fields(decode(frame))
        assert fields == first_values(row, fields), f"frame {number}: {frame.hex()}"
        good += sum(fields.get(name) == ["1"] for name in STATUS)
    assert good > COUNT


@pytest.mark.interop
@needs_tshark
def test_tshark_is_asked_to_look_at_checksums(tmp_path: Path) -> None:
    """The test above would pass with bad ones if it were not."""
    frame = random_frame(random.Random(1))
    out = io.BytesIO()
    writer = PcapngWriter(out)
    writer.write(writer.add_interface("bad", LINK_ETHERNET), 0, frame[:-1] + bytes((frame[-1] ^ 1,)))
    path = tmp_path / "bad.pcapng"
    path.write_bytes(out.getvalue())
    row = dissect(path)[0]
    assert "0" in [value for name in (*STATUS, "icmpv6.checksum.status") for value in row.get(name, [])]
