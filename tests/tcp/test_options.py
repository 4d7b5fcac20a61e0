"""Options of live connections (RFC 9293 3.1, 3.2): accepted anywhere, unknown ones ignored, built well."""

from __future__ import annotations

import pytest

from synfin.tcp import State
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment, build_segment, parse_segment
from synfin.wire.tcp_options import TcpOptions
from tests.harness import Context, Established, Listening

WRAP_AROUND = True

UNKNOWN = ((250, b"\x01\x02\x03\x04"),)


def on_the_wire(t: Context, segment: Segment) -> bytes:
    """The octets of a segment of ours."""
    return build_segment(segment, t.local.address, t.peer.endpoint.address)


def option_octets(data: bytes) -> bytes:
    """The option area of a segment's octets."""
    return data[20 : (data[12] >> 4) * 4]


def reparsed(t: Context, segment: Segment, options: bytes) -> Segment:
    """`segment` as it comes from the wire with exactly these option octets."""
    source: Endpoint = t.peer.endpoint
    segment.options = TcpOptions(raw=options)
    data = build_segment(segment, source.address, t.local.address)
    return parse_segment(data, source.address, t.local.address)


def a_whole_life() -> Context:
    """Handshake, text, out-of-order text (SACK), FIN, with all options in use."""
    t = Established(mss=1000, ts=77, sackok=True, ws=7)
    t.app.write(b"x" * 2500)
    t.inject("A seq=2001 len=100").inject("A seq=3001 len=100").inject("A seq=4001 len=100").inject("A seq=5001 len=9")
    t.advance(ms=5000)
    t.app.shutdown()
    t.app.abort()
    return t


@pytest.mark.parametrize(
    "options",
    [
        "020403e8fa06010203040402000000",  # MSS, unknown, SACK-permitted, end
        "fa060102030401040201020403e80000",
        "0402fa0601020304020403e800000000",
        "01010101020403e80402fa0601020304",
    ],
)
def test_unknown_options_are_ignored_in_every_order(options: str) -> None:
    """[MUST-4] [MUST-6] [MUST-64]: MSS and SACK-permitted around it are honoured."""
    t = Listening()
    octets = bytes.fromhex(options)
    t.inject_segment(reparsed(t, t.segment("S bare"), octets + bytes(-len(octets) % 4)))
    answer = t.expect("SA ack=1")
    assert answer.options.sack_permitted
    t.inject("A bare")
    t.accept()
    t.app.write(b"x" * 5000)
    assert max(s.len for s in t.drain()) == 1000


@pytest.mark.parametrize("flags", ["PA len=10", "FA", "A", "R", "FPA len=10"])
def test_options_are_accepted_in_any_segment(flags: str) -> None:
    """[MUST-5] [MUST-6]: text, FIN, RST and pure ACKs, with an option nobody knows."""
    t = Established(mss=1000)
    segment = t.segment(flags)
    segment.options = TcpOptions(others=UNKNOWN)
    t.inject_segment(segment)
    expected = {"R": State.CLOSED, "F": State.CLOSE_WAIT}.get(flags[0], State.ESTABLISHED)
    assert t.connection.state is expected
    if "len" in flags:
        assert len(t.app.read()) == 10


def test_timestamps_at_odd_offsets_are_understood() -> None:
    """[MUST-64]: no padding before them."""
    t = Established(mss=1000, ts=5)
    segment = t.segment("PA data=abc")
    octets = bytes.fromhex("01080a000000630000000000")
    t.inject_segment(reparsed(t, segment, octets))
    assert t.app.read() == b"abc"


def test_every_option_that_we_send_has_a_length_and_padding_is_zero() -> None:
    """[MUST-68] [MUST-69] [MUST-4]: kinds 0 and 1 are single octets, all others tell their length."""
    t = a_whole_life()
    kinds = set()
    for sent in t.sent:
        octets = option_octets(on_the_wire(t, sent.segment))
        assert len(octets) <= 40
        at = 0
        while at < len(octets):
            kind = octets[at]
            kinds.add(kind)
            if kind == 0:
                assert not any(octets[at:])
                break
            if kind == 1:
                at += 1
                continue
            assert octets[at + 1] >= 2
            at += octets[at + 1]
        else:
            assert at == len(octets)
    assert {2, 3, 4, 5, 8} <= kinds


def test_what_we_send_can_be_read_back() -> None:
    """[MUST-2] [MUST-3] [RFC9293-E03]: checksum and every field survive the way over the wire."""
    t = a_whole_life()
    for sent in t.sent:
        again = parse_segment(on_the_wire(t, sent.segment), t.local.address, t.peer.endpoint.address)
        ours = sent.segment
        assert (again.seq, again.ack, again.flags, again.window) == (ours.seq, ours.ack, ours.flags, ours.window)
        assert again.payload == ours.payload
        assert again.options.ts_val == ours.options.ts_val
        assert again.options.sack == ours.options.sack


def test_reserved_header_bits_are_ignored_and_sent_as_zero() -> None:
    """[RFC9293-E02]: a segment with all of them set is processed like any other."""
    t = Established(mss=1000)
    segment = t.segment("PA data=abc")
    segment.flags |= 0xE00
    t.inject_segment(segment)
    assert t.app.read() == b"abc"
    t.app.write(b"x" * 10)
    assert all(not s.segment.flags & 0xE00 for s in t.sent)


def test_sack_permitted_is_offered_on_syns_only() -> None:
    """[RFC2018-01]: never later."""
    t = a_whole_life()
    assert [s.flags for s in t.sent if s.options.sack_permitted] == ["S"]


def test_window_scale_is_offered_on_syns_only() -> None:
    """[RFC7323-01]: never later."""
    t = a_whole_life()
    assert [s.flags for s in t.sent if s.options.window_scale is not None] == ["S"]
