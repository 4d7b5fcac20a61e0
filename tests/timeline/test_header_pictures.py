"""Header diagrams in text and as SVG: the goldens were looked at; `python -m tests.timeline.test_header_pictures` makes
them anew."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.lab.scenarios import run
from synfin.pcap.model import LINK_ETHERNET
from synfin.timeline.headers import describe
from synfin.timeline.headers.box import frame_lines
from synfin.timeline.headers.cells import ROW_BITS, ROW_LIMIT, role_of, rows_of
from synfin.timeline.messages import LANGUAGES, Catalog, catalog
from synfin.timeline.svg.headers import HEX_BIT, HEX_LEFT, LEFT, draw_headers, header_svg
from synfin.timeline.svg.shapes import meet
from synfin.timeline.svg.writer import A4_WIDTH
from synfin.timeline.width import width
from synfin.wire import tcp
from tests.timeline.frames import all_frames, made_frames, over4, tcp_segment

GOLDEN = Path(__file__).parent / "golden"
FRAMES = all_frames()
SVG = "{http://www.w3.org/2000/svg}"


def syn() -> bytes:
    """The SYN of the scenario that is about options."""
    return run("options").frames()[0].data


def made(kind: str, lang: str) -> str:
    """What a golden file holds."""
    texts = catalog(lang)
    frame = syn()
    if kind == "svg":
        return header_svg(frame, describe(frame), texts, "SYN")
    return "\n".join(frame_lines(frame, describe(frame), texts)) + "\n"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["txt", "svg"])
def test_golden(kind: str, lang: str) -> None:
    assert made(kind, lang) == (GOLDEN / f"header.{lang}.{kind}").read_text(encoding="utf-8")


def value_lines(frame: bytes, texts: Catalog) -> list[str]:
    """The lines of the boxes without rulers and what is said."""
    return [
        line for line in frame_lines(frame, describe(frame, LINK_ETHERNET), texts) if re.match(r"[ \d]{3}[|+]", line)
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_boxes_are_straight(lang: str) -> None:
    """Every line of a box has its strokes at multiples of two places, and nothing is wider than 81."""
    for frame in FRAMES:
        for line in value_lines(frame, catalog(lang)):
            assert width(line) <= 81
            box = line[3:]
            at = 0
            for character in box[: box.rfind("|") + 1]:
                if character == "|":
                    assert at % 2 == 0, line
                at += width(character)
            border = box.startswith("+")
            assert not border or re.fullmatch(r"(\+[- ]|  )*\+", box), line


def test_all_octets_stand_beside_the_box() -> None:
    frame = over4(6, tcp_segment(b"\x02\x04\x05\xb4"))
    beside = "".join(re.sub(r".*[|] ?", "", line) for line in value_lines(frame, catalog("en")) if line[:3].strip())
    assert bytes.fromhex(beside) == frame


def test_flags_stand_upright_with_their_values_below() -> None:
    frame = over4(6, tcp_segment(flags=tcp.SYN | tcp.ACK))
    lines = value_lines(frame, catalog("en"))
    start = next(place for place, line in enumerate(lines) if "|A|C|E|U|A|P|R|S|F|" in line)
    assert [line[17:36] for line in lines[start : start + 4]] == [
        "|A|C|E|U|A|P|R|S|F|", "|E|W|C|R|C|S|S|Y|I|", "| |R|E|G|K|H|T|N|N|", "|0|0|0|0|1|0|0|1|0|",
    ]  # fmt: skip


def test_a_field_over_several_rows_is_one_box() -> None:
    packet = next(frame for frame in made_frames() if frame[12:14] == b"\x86\xdd")
    text = "\n".join(value_lines(packet, catalog("en")))
    open_line = f"   +{' ' * 63}+"
    lines = [line for line in text.splitlines() if "Source address = 2001:db8::1" in line]
    assert [line[:3] for line in lines] == ["12 "], "in the middle of the rows from 8 to 20"
    assert text.count(open_line) == 6, "three lines each between the four rows of two addresses"


def test_a_wrong_checksum_is_marked_without_colour() -> None:
    frame = over4(6, tcp_segment())
    damaged = frame[:-1] + bytes((frame[-1] ^ 1,))
    assert any(line.startswith(" ! Checksum 0x") for line in frame_lines(damaged, describe(damaged, 1), catalog("en")))
    assert not any(" ! " in line for line in frame_lines(frame, describe(frame, 1), catalog("en")))
    svg = header_svg(damaged, describe(damaged, 1), catalog("en"))
    assert "stroke-dasharray" in svg
    assert "stroke-dasharray" not in header_svg(frame, describe(frame, 1), catalog("en"))


def test_long_data_is_cut_and_it_is_said() -> None:
    frame = over4(6, tcp_segment(text=bytes(1_000)))
    lines = frame_lines(frame, describe(frame, LINK_ETHERNET), catalog("en"))
    assert lines[-1].strip() == "… 984 octets more"
    assert "… 984 octets more" in header_svg(frame, describe(frame, LINK_ETHERNET), catalog("en"))


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.sampled_from(FRAMES), st.binary(max_size=400)), st.sampled_from(LANGUAGES))
def test_any_frame_can_be_drawn(frame: bytes, lang: str) -> None:
    layers = describe(frame, LINK_ETHERNET)
    frame_lines(frame, layers, catalog(lang))
    ET.fromstring(header_svg(frame, layers, catalog(lang)))


def test_cells_fill_their_rows() -> None:
    for frame in FRAMES:
        for layer in describe(frame, LINK_ETHERNET):
            rows, left_out = rows_of(frame, layer)
            assert sum(len(row.octets) for row in rows) + left_out == layer.length
            assert len(rows) <= ROW_LIMIT
            for row in rows:
                at = 0
                for cell in row.cells:
                    assert cell.first == at
                    at += cell.bits
                assert at == 8 * len(row.octets) <= ROW_BITS
            labelled = [cell.field for row in rows for cell in row.cells if cell.label]
            drawn = [field for field in layer.fields if field.offset < 8 * (layer.length - left_out)]
            assert labelled == drawn, "each field has its name and value in exactly one place"


def test_octets_in_hex_have_the_grounds_of_their_fields() -> None:
    """For each rectangle of a field there is one of the same ground, cut at the same bits, in the hex."""
    frame = syn()
    root = ET.fromstring(header_svg(frame, describe(frame), catalog("en")))
    seen = 0
    for group in root.iter(f"{SVG}g"):
        rects = [rect for rect in group if rect.tag == f"{SVG}rect"]
        if len(rects) == 2:
            one, other = (
                (float(rect.get("x", 0)), float(rect.get("width", 0)), rect.get("class"), rect.get("fill-opacity"))
                for rect in rects
            )
            bit = 20.0
            assert ((one[0] - LEFT) / bit, one[1] / bit) == pytest.approx(
                ((other[0] - HEX_LEFT) / HEX_BIT, other[1] / HEX_BIT), abs=0.05
            )
            assert one[2:] == other[2:]
            seen += 1
    assert seen == sum(len(row.cells) for layer in describe(frame) for row in rows_of(frame, layer)[0])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_picture_is_accessible_and_says_all_in_words(lang: str) -> None:
    frame = syn()
    root = ET.fromstring(header_svg(frame, describe(frame), catalog(lang), "one"))
    assert (root.get("role"), root.findtext(f"{SVG}title")) == ("img", "one")
    described = root.findtext(f"{SVG}desc") or ""
    for layer in describe(frame):
        for field in layer.fields:
            assert catalog(lang).text(f"field.{field.name}") in described
            assert field.shown in described
    assert not [element for element in root.iter() if element.tag.endswith("script")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_stay_on_the_page_and_apart(lang: str) -> None:
    for frame in FRAMES[::9]:
        drawing = draw_headers(frame, describe(frame, LINK_ETHERNET), catalog(lang), "A frame")
        labels = sorted(drawing.labels, key=lambda label: min(y for _, y in label[1]))
        for place, (text, corners) in enumerate(labels):
            assert all(0 <= x <= A4_WIDTH and 0 <= y <= drawing.height for x, y in corners), text
            for other, there in labels[place + 1 :]:
                if min(y for _, y in there) > max(y for _, y in corners):
                    break  # all others lie below
                assert not meet(corners, there), (text, other)


def test_roles_tell_fields_apart() -> None:
    roles = {field.name: role_of(field) for frame in FRAMES for layer in describe(frame, 1) for field in layer.fields}
    wanted = {
        "tcp.src_port": "where", "ip.dst": "where", "ethernet.src": "where", "tcp.seq": "number", "tcp.ack": "number",
        "tcp.ack_flag": "flag", "tcp.syn": "flag", "tcp.checksum": "check", "tcp.data_offset": "length",
        "tcp.window": "window", "tcp.mss": "length", "ipv4.reserved": "other", "ipv4.dont_fragment": "flag",
        "opt.kind": "other", "icmp.next_hop_mtu": "length", "nd.target": "where", "fragment.more": "flag",
    }  # fmt: skip
    assert {name: roles[name] for name in wanted} == wanted


if __name__ == "__main__":
    for one_lang in LANGUAGES:
        for one_kind in ("txt", "svg"):
            (GOLDEN / f"header.{one_lang}.{one_kind}").write_text(made(one_kind, one_lang), encoding="utf-8")
