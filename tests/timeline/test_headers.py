"""Every bit of a frame is in one field, values are the bits, and checksums are told right or wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.lab.scenarios import run
from synfin.pcap.model import LINK_ETHERNET, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_NULL, LINK_RAW
from synfin.timeline.headers import LAYER_LIMIT, Field, Layer, describe
from synfin.timeline.headers.document import layers_document, saying, title
from synfin.timeline.headers.frames import frame_of, segment_bytes, sent_segment, sent_segments
from synfin.timeline.messages import LANGUAGES, catalog
from synfin.wire import tcp
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp_options import TcpOptions
from synfin.wire.udp import UdpDatagram, build_udp
from tests.timeline.frames import A4, A6, B4, all_frames, made_frames, over4, over6, tcp_segment, untiled

FRAMES = all_frames()
LINKS = (LINK_ETHERNET, LINK_RAW, LINK_NULL, LINK_LINUX_SLL, LINK_LINUX_SLL2, 228, 229, 9_999)


def the(layers: list[Layer], layer: str, field: str) -> Field:
    """A field by the names of its layer and itself."""
    found = next(one for one in layers if one.name == layer).field(field)
    assert found is not None, (layer, field)
    return found


def test_every_bit_of_every_frame_is_in_exactly_one_field() -> None:
    for frame in FRAMES:
        assert untiled(frame, describe(frame, LINK_ETHERNET)) == "", frame.hex()


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(LINKS))
def test_any_octets_are_tiled_and_nothing_raises(octets: bytes, link: int) -> None:
    assert untiled(octets, describe(octets, link)) == ""


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(FRAMES), st.data())
def test_damaged_and_truncated_frames_are_tiled_too(frame: bytes, data: st.DataObject) -> None:
    octets = bytearray(frame[: data.draw(st.integers(0, len(frame)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if octets:
            octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(octets)
    layers = describe(damaged, LINK_ETHERNET)
    assert untiled(damaged, layers) == ""
    for lang in LANGUAGES:
        layers_document(damaged, layers, catalog(lang))  # every name and every value has its text


def test_every_layer_field_and_value_has_texts_in_both_languages() -> None:
    for lang in LANGUAGES:
        texts = catalog(lang)
        for frame in FRAMES:
            for layer in layers_document(frame, describe(frame, LINK_ETHERNET), texts)["layers"]:
                assert layer["title"]
                assert all(field["label"] and field["about"] for field in layer["fields"])


def test_every_field_that_has_a_text_is_read_somewhere() -> None:
    """A text for a field that no reader gives would be dead."""
    rare = {"truncated", "null.family", "ethernet.length", "opt.unreadable", "icmp.router_count", "icmp.entry_size",
            "icmp.lifetime", "icmp.gateway", "icmp.rest", "opt.jumbo", "routing.data"}  # fmt: skip
    seen = {field.name for frame in FRAMES for layer in describe(frame, LINK_ETHERNET) for field in layer.fields}
    named = {
        message.removeprefix("field.")
        for message in catalog("en").ids()
        if message.startswith("field.") and not message.endswith(".about")
    }
    assert {name for name in named - seen - rare if not name.startswith("sll.")} == set()
    assert seen <= named


def test_a_turned_bit_makes_the_checksum_wrong_and_says_what_it_should_be() -> None:
    frame = over4(6, tcp_segment())
    good = the(describe(frame, LINK_ETHERNET), "tcp", "tcp.checksum")
    assert (good.valid, good.say) == (True, "value.checksum_good")
    damaged = frame[:-1] + bytes((frame[-1] ^ 1,))
    bad = the(describe(damaged, LINK_ETHERNET), "tcp", "tcp.checksum")
    assert (bad.valid, bad.value) == (False, good.value)
    repaired = bytearray(damaged)
    expected = int(str(dict(bad.params)["expected"]), 16)
    repaired[14 + 20 + 16 : 14 + 20 + 18] = expected.to_bytes(2, "big")
    assert the(describe(bytes(repaired), LINK_ETHERNET), "tcp", "tcp.checksum").valid is True
    header = bytearray(frame)
    header[14 + 8] ^= 1  # the TTL
    assert the(describe(bytes(header), LINK_ETHERNET), "ipv4", "ipv4.checksum").valid is False


def test_a_checksum_over_what_is_not_all_there_is_not_judged() -> None:
    cut = over4(6, tcp_segment())[:-2]
    assert the(describe(cut, LINK_ETHERNET), "tcp", "tcp.checksum").valid is None
    datagram = build_udp(UdpDatagram(1, 2, b"the first part of it"), A4, B4)
    assert the(describe(over4(17, datagram), LINK_ETHERNET), "udp", "udp.checksum").valid is True
    for fragment in (over4(17, datagram, more_fragments=True), over4(17, datagram[:16])):
        assert the(describe(fragment, LINK_ETHERNET), "udp", "udp.checksum").valid is None
    on_its_way = bytes.fromhex("11020001 00000000") + bytes(16)
    datagram = build_udp(UdpDatagram(1, 2, b"text"), A6, A6)
    routed = over6(43, on_its_way + datagram)
    assert the(describe(routed, LINK_ETHERNET), "udp", "udp.checksum").valid is None


def test_a_udp_checksum_that_comes_out_as_zero_is_sent_as_ones() -> None:
    """[RFC768-03]"""
    payload = next(
        value.to_bytes(2, "big")
        for value in range(0x1_0000)
        if build_udp(UdpDatagram(1, 2, value.to_bytes(2, "big")), A4, B4)[6:8] == b"\xff\xff"
    )
    datagram = build_udp(UdpDatagram(1, 2, payload), A4, B4)
    assert the(describe(over4(17, datagram), LINK_ETHERNET), "udp", "udp.checksum").valid is True
    wrong = the(describe(over4(17, datagram[:6] + b"\x12\x34" + payload), LINK_ETHERNET), "udp", "udp.checksum")
    assert (wrong.valid, dict(wrong.params)["expected"]) == (False, "0xffff")


def test_udp_without_a_checksum_is_allowed_over_ipv4_only() -> None:
    header = bytes.fromhex("0001 0002 0008 0000")
    assert the(describe(over4(17, header), LINK_ETHERNET), "udp", "udp.checksum").valid is None
    assert the(describe(over6(17, header), LINK_ETHERNET), "udp", "udp.checksum").valid is False


def test_options_are_told_by_name_whatever_their_order() -> None:
    options = bytes.fromhex("01 030307 020405b4 0402")
    layers = describe(over4(6, tcp_segment(options, tcp.SYN)), LINK_ETHERNET)
    header = next(layer for layer in layers if layer.name == "tcp")
    groups = [field.group for field in header.fields if field.name == "opt.kind"]
    assert groups == ["nop", "window_scale", "mss", "sack_permitted", "end"]
    assert the(layers, "tcp", "tcp.mss").value == 1_460
    assert dict(the(layers, "tcp", "tcp.window_scale").params) == {"factor": 128}
    assert the(layers, "tcp", "tcp.window").say == "value.window_syn"


@pytest.mark.parametrize("length", [0, 1, 200])
def test_an_option_that_cannot_be_walked_over_ends_the_list(length: int) -> None:
    """[MUST-7]"""
    layers = describe(over4(6, tcp_segment(bytes((254, length, 2, 4)))), LINK_ETHERNET)
    bad = the(layers, "tcp", "opt.length")
    assert (bad.valid, dict(bad.params)) == (False, {"count": length, "there": 4})
    assert the(layers, "tcp", "opt.unreadable").bits == 16
    assert layers[-1].name == "payload"


def test_flags_stand_one_by_one() -> None:
    layers = describe(over4(6, tcp_segment(flags=tcp.SYN | tcp.ECE | tcp.AE | 0x800)), LINK_ETHERNET)
    header = next(layer for layer in layers if layer.name == "tcp")
    flags = [(field.name, field.value) for field in header.fields if 100 <= field.offset < 112]
    assert flags == [
        ("tcp.reserved", 4), ("tcp.ae", 1), ("tcp.cwr", 0), ("tcp.ece", 1), ("tcp.urg", 0), ("tcp.ack_flag", 0),
        ("tcp.psh", 0), ("tcp.rst", 0), ("tcp.syn", 1), ("tcp.fin", 0),
    ]  # fmt: skip


def test_what_an_error_quotes_is_read_and_called_quoted() -> None:
    for frame in made_frames():
        layers = describe(frame, LINK_ETHERNET)
        if any(layer.name.startswith("icmp") for layer in layers) and layers[-1].quoted:
            names = [layer.name for layer in layers if layer.quoted]
            assert names[1:] in (["udp", "payload"], ["udp"])
            assert the(layers, "udp", "udp.checksum").valid is True
            assert title(layers[-1], catalog("en")).endswith(", quoted")
            break
    else:
        pytest.fail("no frame quotes another")


def test_what_lies_deeper_than_the_limit_is_payload() -> None:
    packet = b"".join(bytes.fromhex("45000000 00004000 4004 0000") + A4 + B4 for _ in range(LAYER_LIMIT + 5))
    layers = describe(packet, LINK_RAW)
    assert [layer.name for layer in layers] == ["ipv4"] * LAYER_LIMIT + ["payload"]


def test_padding_of_the_link_is_not_payload() -> None:
    layers = describe(over4(6, tcp_segment(text=b"")) + bytes(6), LINK_ETHERNET)
    assert [(layer.name, layer.length) for layer in layers] == [
        ("ethernet", 14), ("ipv4", 20), ("tcp", 20), ("padding", 6),
    ]  # fmt: skip
    assert the(layers, "tcp", "tcp.checksum").valid is True


def test_the_length_of_an_802_3_frame_tells_its_padding() -> None:
    layers = describe(bytes(12) + b"\x00\x03abc" + bytes(43), LINK_ETHERNET)
    assert [(layer.name, layer.length) for layer in layers] == [("ethernet", 14), ("payload", 3), ("padding", 43)]
    assert the(layers, "ethernet", "ethernet.length").value == 3


def test_a_flag_that_is_not_set_says_nothing() -> None:
    layers = describe(over4(6, tcp_segment(flags=tcp.ACK)), LINK_ETHERNET)
    texts = catalog("en")
    assert saying(the(layers, "tcp", "tcp.syn"), texts) == ""
    assert saying(the(layers, "tcp", "tcp.ack_flag"), texts) == "acknowledgment"


def test_frames_of_a_run_are_found_and_are_what_was_sent() -> None:
    world = run("close")
    sent = sent_segments(world.records)
    frames = [frame for frame in world.frames() if frame.kind == "send"]
    assert [frame_of(world, record) for record in sent] == [frame.data for frame in frames]
    assert sent_segment(world.records, 1).segment.flags == tcp.SYN
    with pytest.raises(UsageError, match="has"):
        sent_segment(world.records, len(sent) + 1)
    with pytest.raises(UsageError, match="0"):
        sent_segment(world.records, 0)


def test_a_segment_without_its_frame_is_built_as_the_stack_builds_it() -> None:
    world = run("close")
    for record in sent_segments(world.records):
        assert segment_bytes(record.segment, record.src, record.dst) == frame_of(world, record)


def test_a_built_segment_keeps_its_options_as_they_were_laid_out() -> None:
    raw = bytes.fromhex("0402 01 01 020405b4")
    for one, other in (("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")):
        segment = tcp.Segment(1, 2, 3, 4, tcp.SYN, 5, options=TcpOptions(raw=raw), ecn=2)
        packet = segment_bytes(segment, Endpoint(parse_address(one), 1), Endpoint(parse_address(other), 2))
        assert raw in packet
        layers = describe(packet)
        assert the(layers, layers[0].name, "ip.ecn").value == 2
        assert the(layers, "tcp", "tcp.checksum").valid is True
