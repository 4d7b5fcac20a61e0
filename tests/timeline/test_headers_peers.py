"""The fields that we find are those that scapy and tshark find: same place, same width, same value."""

from __future__ import annotations

import subprocess
import warnings
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from synfin.pcap import PcapngWriter
from synfin.pcap.model import LINK_ETHERNET
from synfin.timeline.headers import describe
from synfin.timeline.headers.fields import Field
from tests.timeline.frames import all_frames
from tests.wire.decode import needs_tshark
from tests.wire.golden.regenerate import TSHARK_SETTINGS

# Ours to tshark's; several where that depends on the protocol around it.
TSHARK: dict[str, str] = {
    "ethernet.dst": "eth.dst",
    "ethernet.src": "eth.src",
    "ethernet.type": "eth.type vlan.etype",
    "vlan.priority": "vlan.priority",
    "vlan.drop_eligible": "vlan.dei",
    "vlan.id": "vlan.id",
    "arp.hardware": "arp.hw.type",
    "arp.protocol": "arp.proto.type",
    "arp.hardware_length": "arp.hw.size",
    "arp.protocol_length": "arp.proto.size",
    "arp.operation": "arp.opcode",
    "arp.sender_link": "arp.src.hw_mac",
    "arp.sender_ip": "arp.src.proto_ipv4",
    "arp.target_link": "arp.dst.hw_mac",
    "arp.target_ip": "arp.dst.proto_ipv4",
    "ip.version": "ip.version ipv6.version",
    "ip.dscp": "ip.dsfield.dscp ipv6.tclass.dscp",
    "ip.ecn": "ip.dsfield.ecn ipv6.tclass.ecn",
    "ip.ttl": "ip.ttl",
    "ip.src": "ip.src ipv6.src",
    "ip.dst": "ip.dst ipv6.dst",
    "ipv4.total_length": "ip.len",
    "ipv4.identification": "ip.id",
    "ipv4.reserved": "ip.flags.rb",
    "ipv4.dont_fragment": "ip.flags.df",
    "ipv4.more_fragments": "ip.flags.mf",
    "ipv4.protocol": "ip.proto",
    "ipv4.checksum": "ip.checksum",
    "ipv6.flow_label": "ipv6.flow",
    "ipv6.payload_length": "ipv6.plen",
    "ipv6.next_header": "ipv6.nxt",
    "ipv6.hop_limit": "ipv6.hlim",
    "ext.next_header": "ipv6.hopopts.nxt ipv6.dstopts.nxt ipv6.routing.nxt ipv6.fraghdr.nxt ah.next_header",
    "routing.type": "ipv6.routing.type",
    "routing.segments_left": "ipv6.routing.segleft",
    "fragment.offset": "ipv6.fraghdr.offset",
    "fragment.more": "ipv6.fraghdr.more",
    "fragment.identification": "ipv6.fraghdr.ident",
    "auth.spi": "ah.spi esp.spi",
    "auth.sequence": "ah.sequence esp.sequence",
    "auth.icv": "ah.icv",
    "tcp.src_port": "tcp.srcport",
    "tcp.dst_port": "tcp.dstport",
    "tcp.seq": "tcp.seq_raw tcp.seq",
    "tcp.ack": "tcp.ack_raw tcp.ack",
    "tcp.reserved": "tcp.flags.res",
    "tcp.ae": "tcp.flags.ae tcp.flags.ns",
    "tcp.cwr": "tcp.flags.cwr",
    "tcp.ece": "tcp.flags.ece tcp.flags.ecn",
    "tcp.urg": "tcp.flags.urg",
    "tcp.ack_flag": "tcp.flags.ack",
    "tcp.psh": "tcp.flags.push",
    "tcp.rst": "tcp.flags.reset",
    "tcp.syn": "tcp.flags.syn",
    "tcp.fin": "tcp.flags.fin",
    "tcp.window": "tcp.window_size_value",
    "tcp.checksum": "tcp.checksum",
    "tcp.urgent": "tcp.urgent_pointer",
    "tcp.mss": "tcp.options.mss_val",
    "tcp.window_scale": "tcp.options.wscale.shift",
    "tcp.sack_left": "tcp.options.sack_le",
    "tcp.sack_right": "tcp.options.sack_re",
    "tcp.ts_val": "tcp.options.timestamp.tsval",
    "tcp.ts_ecr": "tcp.options.timestamp.tsecr",
    "tcp.user_timeout_unit": "tcp.options.user_to_granularity",
    "tcp.user_timeout": "tcp.options.user_to_val",
    "tcp.cookie": "tcp.options.tfo.cookie",
    "tcp.digest": "tcp.options.md5.digest",
    "tcp.ao_key": "tcp.options.ao.keyid",
    "tcp.ao_next_key": "tcp.options.ao.rnextkeyid",
    "tcp.ao_mac": "tcp.options.ao.mac",
    "udp.src_port": "udp.srcport",
    "udp.dst_port": "udp.dstport",
    "udp.length": "udp.length",
    "udp.checksum": "udp.checksum",
    "icmp.type": "icmp.type icmpv6.type",
    "icmp.code": "icmp.code icmpv6.code",
    "icmp.checksum": "icmp.checksum icmpv6.checksum",
    "icmp.identifier": "icmp.ident icmpv6.echo.identifier",
    "icmp.sequence": "icmp.seq icmpv6.echo.sequence_number",
    "icmp.next_hop_mtu": "icmp.mtu",
    "icmp.mtu": "icmpv6.mtu icmpv6.opt.mtu",
    "icmp.gateway": "icmp.redir_gw",
    "icmp.originate": "icmp.originate_timestamp",
    "icmp.receive": "icmp.receive_timestamp",
    "icmp.transmit": "icmp.transmit_timestamp",
    "nd.hop_limit": "icmpv6.nd.ra.cur_hop_limit",
    "nd.managed": "icmpv6.nd.ra.flag.m",
    "nd.other": "icmpv6.nd.ra.flag.o",
    "nd.router_lifetime": "icmpv6.nd.ra.router_lifetime",
    "nd.reachable": "icmpv6.nd.ra.reachable_time",
    "nd.retransmit": "icmpv6.nd.ra.retrans_timer",
    "nd.router": "icmpv6.nd.na.flag.r",
    "nd.solicited": "icmpv6.nd.na.flag.s",
    "nd.override": "icmpv6.nd.na.flag.o",
    "nd.target": "icmpv6.nd.ns.target_address icmpv6.nd.na.target_address icmpv6.rd.na.target_address "
    "icmpv6.nd.rd.target_address",
    "nd.destination": "icmpv6.rd.na.destination_address icmpv6.nd.rd.destination_address",
    "nd.link_address": "icmpv6.opt.linkaddr",
    "nd.prefix_length": "icmpv6.opt.prefix.length",
    "nd.on_link": "icmpv6.opt.prefix.flag.l",
    "nd.autonomous": "icmpv6.opt.prefix.flag.a",
    "nd.valid_lifetime": "icmpv6.opt.prefix.valid_lifetime",
    "nd.preferred_lifetime": "icmpv6.opt.prefix.preferred_lifetime",
    "nd.prefix": "icmpv6.opt.prefix",
    "opt.kind": "tcp.option_kind ip.opt.type ipv6.opt.type icmpv6.opt.type",
    "opt.length": "tcp.option_len ip.opt.len ipv6.opt.length icmpv6.opt.length",
}
FRAMES = all_frames()


def dissected(path: Path) -> list[dict[str, list[tuple[int, int, int]]]]:
    """For each frame tshark's fields: (first bit, bits, raw value) by name."""
    command = ["tshark", "-r", str(path), "-T", "pdml"]
    for setting in TSHARK_SETTINGS:
        command += ["-o", setting]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    frames = []
    for packet in ET.fromstring(done.stdout).iter("packet"):
        found: dict[str, list[tuple[int, int, int]]] = {}
        for field in packet.iter("field"):
            value = field.get("value")
            if value and field.get("size") not in (None, "0"):
                found.setdefault(field.get("name", ""), []).append(_place(field, value))
        frames.append(found)
    return frames


def _place(field: ET.Element, value: str) -> tuple[int, int, int]:
    """`.... ..10 = ECN` of two octets is two bits, six behind its first octet."""
    first, bits = int(field.get("pos", "0")) * 8, int(field.get("size", "0")) * 8
    head = field.get("showname", "").partition(" = ")[0].replace(" ", "")
    if len(head) == 12 and set(head) <= set(".01") and bits == 8:  # of the flags of TCP all twelve bits are shown
        first, bits = (first + 4 if field.get("name") in ("tcp.flags.res", "tcp.flags.ae") else first - 4), 12
    if len(head) == bits and set(head) <= set(".01"):
        inner = [place for place, mark in enumerate(head) if mark != "."]
        return first + inner[0], len(inner), int(head.replace(".", ""), 2)
    try:
        return first, bits, int(value, 16)
    except ValueError:
        return first, bits, -1


def raw_of(frame: bytes, first: int, bits: int) -> int:
    """The bits of a frame as a number."""
    return int.from_bytes(frame, "big") >> (len(frame) * 8 - first - bits) & (1 << bits) - 1


@pytest.mark.interop
@needs_tshark
def test_tshark_finds_the_same_fields_at_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "frames.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        interface = writer.add_interface("made", LINK_ETHERNET)
        for number, frame in enumerate(FRAMES):
            writer.write(interface, number, frame)
    agreed: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for frame, theirs in zip(FRAMES, dissected(path), strict=True):
        for layer in describe(frame, LINK_ETHERNET):
            for field in layer.fields:
                first = layer.offset * 8 + field.offset
                ours = (first, field.bits, raw_of(frame, first, field.bits))
                names = TSHARK.get(field.name, "").split()
                if any(ours in theirs.get(name, []) for name in names):
                    agreed[field.name] += 1
                elif names:
                    unknown[field.name] += 1
                    places = [place for name in names for place in theirs.get(name, []) if place[0] == first]
                    assert [place for place in places if place[1] == field.bits] == [], (field, frame.hex())
    assert [name for name in TSHARK if not agreed[name]] == []
    assert sum(unknown.values()) < sum(agreed.values()) / 20, unknown


# Ours to scapy's: layer class, field.
SCAPY: dict[str, dict[str, str]] = {
    "Ether": {"ethernet.dst": "dst", "ethernet.src": "src", "ethernet.type": "type"},
    "Dot1Q": {"vlan.priority": "prio", "vlan.id": "vlan", "ethernet.type": "type"},
    "ARP": {
        "arp.hardware": "hwtype", "arp.protocol": "ptype", "arp.hardware_length": "hwlen",
        "arp.protocol_length": "plen", "arp.operation": "op", "arp.sender_link": "hwsrc", "arp.sender_ip": "psrc",
        "arp.target_link": "hwdst", "arp.target_ip": "pdst",
    },
    "IP": {
        "ip.version": "version", "ipv4.header_length": "ihl", "ipv4.total_length": "len", "ipv4.identification": "id",
        "ipv4.fragment_offset": "frag", "ip.ttl": "ttl", "ipv4.protocol": "proto", "ipv4.checksum": "chksum",
        "ip.src": "src", "ip.dst": "dst",
    },
    "IPv6": {
        "ip.version": "version", "ipv6.flow_label": "fl", "ipv6.payload_length": "plen", "ipv6.next_header": "nh",
        "ipv6.hop_limit": "hlim", "ip.src": "src", "ip.dst": "dst",
    },
    "IPv6ExtHdrFragment": {"fragment.offset": "offset", "fragment.more": "m", "fragment.identification": "id"},
    "TCP": {
        "tcp.src_port": "sport", "tcp.dst_port": "dport", "tcp.seq": "seq", "tcp.ack": "ack",
        "tcp.data_offset": "dataofs", "tcp.reserved": "reserved", "tcp.window": "window", "tcp.checksum": "chksum",
        "tcp.urgent": "urgptr",
    },
    "UDP": {"udp.src_port": "sport", "udp.dst_port": "dport", "udp.length": "len", "udp.checksum": "chksum"},
    "ICMP": {"icmp.type": "type", "icmp.code": "code", "icmp.checksum": "chksum", "icmp.next_hop_mtu": "nexthopmtu"},
    "ICMPv6ND_NS": {"nd.target": "tgt"},
    "ICMPv6ND_NA": {"nd.router": "R", "nd.solicited": "S", "nd.override": "O", "nd.target": "tgt"},
}  # fmt: skip
NAMES = {
    "Ether": "ethernet", "Dot1Q": "vlan", "ARP": "arp", "IP": "ipv4", "IPv6": "ipv6", "IPv6ExtHdrFragment": "fragment",
    "TCP": "tcp", "UDP": "udp", "ICMP": "icmpv4", "ICMPv6ND_NS": "icmpv6", "ICMPv6ND_NA": "icmpv6",
}  # fmt: skip
OPTIONS = {"MSS": ["tcp.mss"], "WScale": ["tcp.window_scale"], "Timestamp": ["tcp.ts_val", "tcp.ts_ecr"]}


def scapy_layers() -> Any:
    """Scapy, whose import warns about things that are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("scapy.all")


def test_scapy_finds_the_same_values() -> None:
    scapy = scapy_layers()
    agreed: Counter[tuple[str, str]] = Counter()
    for frame in FRAMES:
        ours = {layer.name: layer for layer in reversed(describe(frame, LINK_ETHERNET)) if not layer.quoted}
        layer = scapy.Ether(frame)
        while layer:
            kind = type(layer).__name__
            if kind in SCAPY and NAMES[kind] in ours:
                for name, theirs in SCAPY[kind].items():
                    field = ours[NAMES[kind]].field(name)
                    if field is not None:
                        found = layer.getfieldval(theirs)
                        assert str(field.value) == str(found), (kind, name, frame.hex())
                        agreed[kind, name] += 1
                if kind == "TCP":
                    _same_options(layer, ours["tcp"].fields, agreed)
            layer = layer.payload
    wanted = {(kind, name) for kind, names in SCAPY.items() for name in names}
    assert wanted - set(agreed) == set()
    assert all(agreed["option", name] for name in OPTIONS)


def _same_options(layer: Any, fields: tuple[Field, ...], agreed: Counter[tuple[str, str]]) -> None:
    for name, names in OPTIONS.items():
        values = [value for kind, value in layer.options if kind == name]
        if values and not isinstance(values[0], bytes):  # octets: scapy could not read a length that is wrong
            told = [field.value for wanted in names for field in fields if field.name == wanted]
            theirs = values[0] if isinstance(values[0], tuple) else (values[0],)
            assert told == list(theirs)
            agreed["option", name] += 1
