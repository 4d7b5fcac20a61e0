"""Comparing single segments: what is always checked, and which segments one line may stand for."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.drill.live import tcp_packet
from synfin.drill.match import Rules, continues, differences
from synfin.drill.model import TcpPacket
from synfin.drill.numbers import Flow
from synfin.drill.parser import parse
from synfin.drill.settings import Setting, changes_for, fast_open_keys, read_command
from synfin.timeline.capture.observed import Observed
from synfin.wire.addresses import parse_address
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.tcp import ACK, AE, CWR, ECE, FIN, PSH, SYN, Segment, build_segment
from synfin.wire.tcp_options import TcpOptions

LOCAL, REMOTE = parse_address("192.168.0.1"), parse_address("192.0.2.1")


def flow(local_base: int = 0, remote_base: int = 0) -> Flow:
    made = Flow(8080, 40_000, remote_base)
    made.learn(local_base, 0)
    return made


def observed(spoil: int = 0, tos: int = 0, **fields: Any) -> Observed:
    """A live segment; `spoil` is added to the last octet of its checksum."""
    values: dict[str, Any] = {"seq": 1, "ack": 1, "flags": ACK, "window": 1000, **fields}
    octets = bytearray(build_segment(Segment(8080, 40_000, **values), LOCAL, REMOTE))
    octets[17] = (octets[17] + spoil) & 0xFF
    return Observed(0, build_ipv4(Ipv4Packet(LOCAL, REMOTE, 6, bytes(octets), tos=tos)))


def line(text: str) -> TcpPacket:
    packet = parse(f"0 > {text}").events[0].action
    assert isinstance(packet, TcpPacket)
    return packet


def fields(text: str, seen: Observed, of: Flow | None = None, **rules: Any) -> list[str]:
    return [found.field for found in differences(line(text), seen, of or flow(), Rules(**rules))]


def test_checksum_is_always_checked() -> None:
    assert fields(". 1:1(0) ack 1", observed()) == []
    assert fields(". 1:1(0) ack 1", observed(spoil=1)) == ["checksum"]


def test_payload_is_zeros_unless_the_application_wrote_text() -> None:
    seen = observed(payload=b"\0\0x")
    assert fields(". 1:4(3) ack 1", observed(payload=bytes(3))) == []
    assert fields(". 1:4(3) ack 1", seen) == ["payload"]
    assert fields(". 1:4(3) ack 1", seen, zeros=False) == []


def test_echo_of_timestamps_is_checked_also_where_options_are_not_written() -> None:
    seen = observed(options=TcpOptions(ts_val=9, ts_ecr=700))
    sent = flow()
    sent.injected_stamps.add(700)
    assert fields(". 1:1(0) ack 1 <...>", seen, sent) == []
    sent.injected_stamps = {701}
    assert fields(". 1:1(0) ack 1 <...>", seen, sent) == ["echo"]
    assert fields(". 1:1(0) ack 1 <...>", seen) == ["echo"]
    assert fields(". 1:1(0) ack 1 <...>", observed(options=TcpOptions(ts_val=9, ts_ecr=0))) == []


def test_numbers_are_those_of_the_script_also_beyond_one_turn() -> None:
    mapped = flow(local_base=0xFFFF_FFF0, remote_base=0xFFFF_FFFF)
    assert fields(". 32:32(0) ack 2", observed(seq=0x10, ack=1), mapped) == []
    assert fields(". 4294967328:4294967328(0) ack 2", observed(seq=0x10, ack=1), mapped) == []
    assert fields(". 31:31(0) ack 1", observed(seq=0x10, ack=1), mapped) == ["seq", "ack"]


@pytest.mark.parametrize(
    ("word", "tos", "ok"),
    [("ect0", 2, True), ("ect0", 1, False), ("ect01", 1, True), ("ect01", 2, True), ("ect01", 3, False),
     ("ce", 3, True), ("noecn", 0, True), ("noecn", 2, False)],
)  # fmt: skip
def test_ecn_of_the_ip_header(word: str, tos: int, ok: bool) -> None:
    assert (fields(f"[{word}] . 1:1(0) ack 1", observed(tos=tos)) == []) is ok


def test_segments_that_go_on() -> None:
    wanted = line("P. 1:2501(2500) ack 1")
    first = observed(payload=bytes(1000))

    def goes_on(whole: Observed = first, **changes: Any) -> bool:
        values: dict[str, Any] = {"seq": 1001, "payload": bytes(1000), **changes}
        return continues(whole, observed(**values), wanted)

    assert goes_on()
    assert goes_on(flags=ACK | PSH | FIN)
    assert goes_on(observed(payload=bytes(1000), flags=ACK | PSH))
    assert not goes_on(observed(payload=bytes(1000), flags=ACK | FIN))
    assert not goes_on(seq=1002)
    assert not goes_on(ack=2)
    assert not goes_on(window=1001)
    assert not goes_on(tos=2)
    assert not goes_on(options=TcpOptions(ts_val=1))
    assert not goes_on(payload=bytes(1001))
    assert not goes_on(payload=b"")
    two = first.joined(observed(seq=1001, payload=bytes(1000)))
    assert continues(two, observed(seq=2001, payload=bytes(500)), wanted)
    assert not continues(two, observed(seq=2001, payload=bytes(501)), wanted)
    short = first.joined(observed(seq=1001, payload=bytes(900)))
    assert not continues(short, observed(seq=1901, payload=bytes(500)), wanted)


def test_joined_segments_have_the_push_of_the_last() -> None:
    whole = observed(payload=bytes(10), flags=ACK | PSH).joined(observed(seq=11, payload=bytes(5)))
    assert fields(". 1:16(15) ack 1", whole) == []
    whole = observed(payload=bytes(10)).joined(observed(seq=11, payload=bytes(5), flags=ACK | PSH, spoil=1))
    assert fields("P. 1:16(15) ack 1", whole) == ["checksum"]


def test_echo_that_the_script_has_not_seen_is_as_far_off_as_it_says() -> None:
    mapped = flow()
    assert mapped.inbound_echo(5) == 5
    mapped.note_stamp(100, 7_000)
    mapped.note_stamp(110, 7_020)
    assert [mapped.inbound_echo(number) for number in (100, 110, 111, 90)] == [7_000, 7_020, 7_021, 7_000]


# Settings


def test_commands_are_taken_apart() -> None:
    command = "sysctl -q net.ipv4.tcp_sack=0 net/ipv4/tcp_rmem='4096 5000 6000'\n/sbin/sysctl -w a.b=1 && ls -l # x"
    assert read_command(command) == (
        [Setting("net.ipv4.tcp_sack", "0"), Setting("net.ipv4.tcp_rmem", "4096 5000 6000"), Setting("a.b", "1")],
        ["ls -l # x"],
    )


def fast_open(
    always: bool = False,
    client: bool = False,
    server: bool = False,
    send_cookieless: bool = False,
    accept_cookieless: bool = False,
) -> dict[str, object]:
    return {
        "fast_open": always,
        "fast_open_client": client,
        "fast_open_server": server,
        "fast_open_send_cookieless": send_cookieless,
        "fast_open_accept_cookieless": accept_cookieless,
    }


@pytest.mark.parametrize(
    ("name", "value", "changes"),
    [
        ("net.ipv4.tcp_rmem", "4096 131072 6291456", {"receive_buffer_bytes": 65_536, "window_scale": 7}),
        ("net.ipv4.tcp_rmem", "4096 131072 65535", {"receive_buffer_bytes": 65_536, "window_scale": 0}),
        ("net.ipv4.tcp_wmem", "4096 16384 4194304", {"send_buffer_bytes": 16_384}),
        ("net.ipv4.tcp_fastopen", "0x3", fast_open(client=True, server=True)),
        ("net.ipv4.tcp_fastopen", "0", fast_open()),
        ("net.ipv4.tcp_fastopen", "5", fast_open(client=True, send_cookieless=True)),
        ("net.ipv4.tcp_fastopen", "0x602", fast_open(always=True, server=True, accept_cookieless=True)),
        ("net.ipv4.tcp_congestion_control", "reno", {"congestion": "newreno"}),
        ("net.ipv4.tcp_notsent_lowat", "-1", None),
        ("net.ipv4.tcp_fin_timeout", "5", {"fin_wait_2_timeout_ms": 5_000}),
        ("net.ipv4.tcp_sack", "many", None),
        ("net.ipv4.tcp_ecn", "0", {"ecn": "off"}),
        ("net.ipv4.tcp_ecn", "1", {"ecn": "on"}),
        ("net.ipv4.tcp_ecn", "2", {"ecn": "accept"}),
        ("net.ipv4.tcp_ecn", "3", {"ecn": "accecn"}),
        ("net.ipv4.tcp_ecn", "4", {"ecn": "on_accept_accecn"}),
        ("net.ipv4.tcp_ecn", "5", {"ecn": "accept_accecn"}),
        ("net.ipv4.tcp_ecn", "6", None),
        ("net.ipv4.tcp_ecn", "-1", None),
        ("net.ipv4.tcp_ecn_fallback", "0", {"ecn_fallback": False}),
    ],
)
def test_settings_are_mapped(name: str, value: str, changes: dict[str, object] | None) -> None:
    assert changes_for(Setting(name, value)) == changes


# What is injected


def test_injected_packet_has_the_fields_of_its_line() -> None:
    packet = parse("0 < [ce,tos 0x20,ttl 7] SEWA.5 10:13(3) ack 20 win 9 urg 2 <mss 5,sack 30:31>").events[0].action
    assert isinstance(packet, TcpPacket)
    of = flow(local_base=1_000, remote_base=2_000)
    sent = Observed(0, tcp_packet(packet, of, REMOTE, LOCAL))
    assert (sent.src, sent.dst, sent.tos, sent.ttl, sent.broken) == (REMOTE, LOCAL, 0x23, 7, "")
    segment = sent.segment
    assert segment is not None
    assert (segment.src_port, segment.dst_port) == (40_000, 8080)
    assert (segment.seq, segment.ack, segment.window, segment.urgent) == (2_010, 1_020, 9, 2)
    assert segment.flags == SYN | ACK | ECE | CWR | AE
    assert segment.payload == bytes(3)
    assert sent.options == bytes.fromhex("02040005050a00000406000004070000")


def test_injected_defaults() -> None:
    packet = parse("0 < - 10:10(0)!").events[0].action
    assert isinstance(packet, TcpPacket)
    sent = Observed(0, tcp_packet(packet, flow(remote_base=2_000), REMOTE, LOCAL))
    assert (sent.tos, sent.ttl) == (0, 255)
    segment = sent.segment
    assert segment is not None
    assert (segment.seq, segment.ack, segment.flags, segment.window, sent.options) == (10, 0, 0, 0, b"")


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ("01020304-05060708-090a0b0c-0d0e0f10", "0403020108070605" + "0c0b0a09100f0e0d"),
        ("1-2-3-4,5-6-7-8", "".join(f"{word:02x}000000" for word in range(1, 9))),
        ("1-2-3", None),
        ("1-2-3-4,5-6-7", None),
        ("1-2-3-4,5-6-7-8,9-a-b-c", None),
        ("x-2-3-4", None),
        ("100000000-2-3-4", None),
    ],
)
def test_fast_open_keys_are_read(value: str, keys: str | None) -> None:
    found = fast_open_keys(Setting("net.ipv4.tcp_fastopen_key", value))
    assert (found.hex() if found is not None else None) == keys
    assert fast_open_keys(Setting("net.ipv4.tcp_fastopen", value)) is None
