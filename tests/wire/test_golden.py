"""Frames made by Linux: read as tshark reads them, and built again to the same octets."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from synfin.wire.ipv4 import Ipv4Packet
from synfin.wire.tcp import ACK, CWR, ECE, FIN, RST, SYN, URG, Segment
from synfin.wire.tcp_options import MD5, MPTCP, TcpOptions, encode_options, options_length
from tests.wire.decode import CAPTURES, GOLDEN, decode, golden_frames, needs_tshark, tshark_fields
from tests.wire.golden.regenerate import dissect

# Fields of which one layer has several.
LISTS = ("tcp.option_kind", "tcp.options.sack_le", "tcp.options.sack_re")


def expected(name: str) -> list[dict[str, list[str]]]:
    rows: list[dict[str, list[str]]] = json.loads((GOLDEN / f"{name}.json").read_text())
    return rows


def first_values(row: dict[str, list[str]], keys: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of tshark's values those of the outermost layer: an ICMP error repeats fields for the packet it quotes."""
    return {key: row.get(key, []) if key in LISTS else row.get(key, [])[:1] for key in keys}


@pytest.mark.parametrize("name", CAPTURES)
def test_every_field_is_what_tshark_reads(name: str) -> None:
    rows = expected(name)
    frames = golden_frames(name)
    assert len(rows) == len(frames)
    for number, (row, frame) in enumerate(zip(rows, frames, strict=True), 1):
        fields = tshark_fields(decode(frame))
        assert fields == first_values(row, fields), f"frame {number}"


@pytest.mark.parametrize("name", CAPTURES)
def test_building_what_was_read_gives_the_same_octets(name: str) -> None:
    for number, frame in enumerate(golden_frames(name), 1):
        assert decode(frame).build() == frame, f"frame {number}"


def all_segments() -> list[Segment]:
    decoded = [decode(frame) for name in CAPTURES for frame in golden_frames(name)]
    return [layers.transport for layers in decoded if isinstance(layers.transport, Segment)]


def test_options_are_laid_out_as_linux_lays_them_out() -> None:
    layouts = set()
    for segment in all_segments():
        options = segment.options
        if options.others:
            continue  # Linux puts MD5 first and pads MPTCP by its own rules
        built = TcpOptions(
            options.mss,
            options.window_scale,
            options.sack_permitted,
            options.sack,
            options.ts_val,
            options.ts_ecr,
            options.user_timeout,
            options.fast_open,
        )
        assert encode_options(built) == options.raw
        assert options_length(built) == len(options.raw)
        layouts.add(len(options.raw))
    assert layouts >= {0, 4, 8, 12, 20, 24, 32, 40}  # nothing was compared if the captures hold nothing


def test_the_captures_hold_what_the_other_tests_rely_on() -> None:
    segments = all_segments()
    flags = Counter(segment.flags for segment in segments)
    for wanted in (SYN, SYN | ACK, ACK, FIN | ACK, RST | ACK, SYN | ECE | CWR):
        assert flags[wanted], f"no segment with flags {wanted:#x}"
    assert any(segment.flags & URG and segment.urgent for segment in segments)
    assert any(len(segment.options.sack) == 3 for segment in segments)
    assert any(segment.options.fast_open == b"" for segment in segments)
    assert any(segment.options.fast_open for segment in segments)
    assert {MD5, MPTCP} <= {kind for segment in segments for kind, _ in segment.options.others}
    packets = [decode(frame).ip for frame in golden_frames("pings")]
    assert any(isinstance(packet, Ipv4Packet) and len(packet.options) == 40 for packet in packets)


@pytest.mark.interop
@needs_tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_tshark_reads_the_captures_as_it_did(name: str) -> None:
    assert dissect(GOLDEN / f"{name}.pcapng") == expected(name)
