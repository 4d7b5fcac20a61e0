"""Rows, segments and files of a run, and two runs side by side."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from synfin.lab.plan import from_json
from synfin.lab.scenarios import SCENARIOS
from synfin.learn import CHAPTERS, lesson
from synfin.pcap import read_capture
from synfin.web.asked import RequestError
from synfin.web.export import FORMATS
from synfin.web.export import export as make_file
from synfin.web.runs import play_run
from tests.interop.harness import environment
from tests.web.client import Client

CLOSE = {"scenario": "close"}


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def explain(client: Client, plan: dict[str, Any], row: int, lang: str = "en") -> list[dict[str, Any]]:
    answer = client.post("/api/explain", {"plan": plan, "row": row, "lang": lang})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def row_of(document: dict[str, Any], *flags: str) -> dict[str, Any]:
    """The first row with a segment of these flags."""
    return next(row for row in document["rows"] if row["flight"] and row["flight"]["flags"] == list(flags))


def test_a_segment_is_explained_with_its_numbers_and_what_it_did(client: Client) -> None:
    row = row_of(client.run("close"), "SYN", "ACK")
    segment, *steps = explain(client, CLOSE, row["i"])
    assert segment["title"] == "SYN,ACK"
    assert segment["rfc"].startswith("RFC 9293")
    assert any("SYN" in line and "1" in line for line in segment["arithmetic"])
    assert "SYN_SENT → ESTABLISHED" in [item["title"] for item in steps]
    assert {"title", "short", "long", "arithmetic", "rfc", "linux"} == segment.keys()


def test_a_lost_segment_says_what_the_network_did(client: Client) -> None:
    plan = {"scenario": "syn-lost"}
    row = row_of(client.run("syn-lost"), "SYN")
    titles = [item["title"] for item in explain(client, plan, row["i"])]
    assert titles == ["SYN", "fault-drop"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["whole-life", "flags", "time-wait-missing", "half-open", "keep-alive"])
def test_every_row_can_be_explained(client: Client, name: str, lang: str) -> None:
    for row in client.run(name)["rows"]:
        for item in explain(client, {"scenario": name}, row["i"], lang):
            assert item["title"]
            assert item["short"] or item["long"]


def test_terms_are_explained_too(client: Client) -> None:
    (item,) = client.post("/api/explain", {"kind": "state", "name": "TIME_WAIT"}).json()["items"]
    assert item["title"] == "TIME_WAIT"
    assert item["long"]
    client.refused("/api/explain", {"kind": "state", "name": "NOWHERE"})
    client.refused("/api/explain", {"kind": "state"})


def test_the_octets_of_a_segment_field_by_field(client: Client) -> None:
    document = client.run("close")
    flight = row_of(document, "SYN")["flight"]
    answer = client.post("/api/segment", {"plan": CLOSE, "flight": flight["n"]}).json()
    octets = bytes.fromhex(answer["hex"])
    names = [layer["name"] for layer in answer["layers"]]
    assert names[:2] == ["ipv4", "tcp"]
    fields = {field["name"]: field for field in answer["layers"][1]["fields"]}
    assert fields["tcp.seq"]["value"] == flight["seq"]
    assert sum(field["bits"] for field in answer["layers"][0]["fields"]) == 160
    written = client.post("/api/export", {"plan": CLOSE, "format": "pcapng"}).content
    assert octets in [packet.data for packet in read_capture(BytesIO(written))]


def test_injected_and_lost_segments_have_octets_too(client: Client) -> None:
    for name in ("flags", "bad-checksum", "syn-flood"):
        for number in range(1, client.run(name)["counts"]["segments"] + 1):
            answer = client.post("/api/segment", {"plan": {"scenario": name}, "flight": number})
            assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("explain", {"plan": CLOSE, "row": 10_000}, "row"),
        ("explain", {"plan": CLOSE, "row": -1}, "row"),
        ("explain", {"plan": CLOSE}, "row"),
        ("segment", {"plan": CLOSE, "flight": 0}, "flight"),
        ("segment", {"plan": CLOSE, "flight": 10_000}, "flight"),
        ("segment", {"plan": CLOSE, "flight": 1.5}, "flight"),
        ("export", {"plan": CLOSE, "format": "exe"}, "format"),
        ("export", {"plan": CLOSE, "format": "../../etc/passwd"}, "format"),
        ("export", {"plan": CLOSE}, "format"),
        ("export", {"plan": CLOSE, "capture": "x", "format": "txt"}, "capture"),
        ("compare", {"a": CLOSE}, "b"),
        ("compare", {"a": CLOSE, "b": {"scenario": "x"}}, "b.scenario"),
    ],
)
def test_mistakes_name_the_field(client: Client, path: str, body: dict[str, Any], field: str) -> None:
    status, told = client.refused(f"/api/{path}", body)
    assert (status, told["field"]) == (400, field)


def test_captures_that_are_not_kept_are_told(client: Client) -> None:
    status, told = client.refused("/api/segment", {"capture": "x", "flight": 1})
    assert (status, told["field"]) == (404, "capture")


def test_series_of_a_host_and_of_a_connection(client: Client) -> None:
    change = {"at": "500ms", "host": "A", "action": "write", "value": "5000"}
    plan = {"scenario": "handshake", "changes": [change]}
    busiest = client.post("/api/series", {"plan": plan, "host": "A"}).json()
    assert busiest["schema"] == 1
    assert busiest["sent_bytes"] == 5_005  # with hello
    assert busiest["probed"]
    assert client.post("/api/series", {"plan": plan, "host": "A", "connection": 0}).json() == busiest
    other = client.post("/api/series", {"plan": plan, "host": "B", "connection": 0}).json()
    assert other["local"] == busiest["remote"]
    for wrong, field in (({"host": "C"}, "host"), ({"host": "A", "connection": 7}, "connection"), ({}, "host")):
        _, told = client.refused("/api/series", {"plan": plan, **wrong})
        assert told["field"] == field


# Chapters


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_chapters_are_those_of_the_terminal(client: Client, lang: str) -> None:
    listed = client.get("/api/chapters", params={"lang": lang}).json()["chapters"]
    assert [entry["name"] for entry in listed] == list(CHAPTERS)
    assert client.get("/api/catalog", params={"lang": lang}).json()["chapters"] == listed
    name = listed[0]["name"]
    assert client.get("/api/chapter", params={"name": name, "lang": lang}).json() == lesson(name, lang)
    for plan in lesson(name, lang)["watch"]:
        assert client.post("/api/run", {"plan": plan["share"]}).json()["plan"] == plan["plan"]


def test_answers_are_judged_by_playing(client: Client) -> None:
    name = next(iter(CHAPTERS))
    chapter = CHAPTERS[name]
    body = {"chapter": name, "question": 1, "lang": "en"}
    right = chapter.answer(1)
    told = client.post("/api/grade", {**body, "answer": right}).json()
    assert (told["right"], told["answer"], bool(told["why"])) == (True, right, True)
    wrong = next(choice for choice in chapter.questions[0].choices if choice != right)
    assert client.post("/api/grade", {**body, "answer": wrong}).json()["right"] is False
    for more in ({"answer": "?"}, {"answer": right, "question": 9}, {"answer": right, "chapter": "x"}, {}):
        client.refused("/api/grade", {**body, **more})
    assert client.get("/api/chapter", params={"name": "x"}).status_code == 400


# Files


def export(client: Client, form: str, plan: dict[str, Any], lang: str = "en") -> bytes:
    answer = client.post("/api/export", {"plan": plan, "format": form, "lang": lang})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return answer.content


def test_pictures_and_texts(client: Client) -> None:
    plan = {"scenario": "syn-lost", "seed": 3}
    picture = export(client, "svg", plan, "zh").decode()
    ET.fromstring(picture)
    assert "syn-lost" in picture
    text = export(client, "txt", plan).decode()
    assert text.startswith("syn-lost (S06): the first SYN is lost\npreset rfc, seed 3\nfault: drop(A>B,SYN,1)\n")
    assert "✗ lost" in text
    assert export(client, "mmd", plan).startswith(b"sequenceDiagram")
    document = json.loads(export(client, "json", plan))
    assert (document["schema"], document["scenario"], document["seed"]) == (1, "syn-lost", 3)
    assert document["faults"] == ["drop(A>B,SYN,1)"]
    assert document["events"]


def test_the_ready_test_passes_and_notices_a_change(client: Client, tmp_path: Path) -> None:
    change = {"at": "500ms", "host": "A", "action": "write", "value": "10"}
    source = export(client, "test", {"scenario": "handshake", "changes": [change]})
    path = tmp_path / "test_handshake.py"
    path.write_bytes(source)

    def passes() -> bool:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
        done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, check=False)
        return done.returncode == 0

    assert passes()
    assert b"len=10 " in source
    path.write_bytes(source.replace(b"len=10 ", b"len=1000 "))  # another size: what was compiled is not used again
    assert not passes()


@pytest.mark.parametrize("limits", [{"events": 20}, {"records": 20}])
def test_a_run_that_was_cut_short_is_no_test(limits: dict[str, int]) -> None:
    run = play_run(from_json(CLOSE), **limits)
    assert (run.endless, run.truncated) == ("events" in limits, "records" in limits)
    with pytest.raises(RequestError, match="end") as refused:
        make_file(run, "test", "en")
    assert refused.value.field == "format"
    assert b"SYN" in make_file(run, "txt", "en").body


@pytest.mark.parametrize("form", FORMATS)
def test_names_of_files_are_plain(client: Client, form: str) -> None:
    for name in ("close", "syn-lost"):
        answer = client.post("/api/export", {"plan": {"scenario": name}, "format": form})
        stem = f"test_{name.replace('-', '_')}.py" if form == "test" else f"{name}.{form}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{stem}"'


# Two runs


def compare(client: Client, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/api/compare", {"a": a, "b": b})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_is_the_same_as_itself(client: Client, name: str) -> None:
    found = compare(client, {"scenario": name}, {"scenario": name})
    assert found["gone"] == []
    rows = client.run(name)["rows"]
    assert found["rows"] == [{"mark": "same", "was": row["i"], "shift": 0} for row in rows]


def test_another_seed_changes_numbers_on_the_wire_only(client: Client) -> None:
    found = compare(client, {"scenario": "isn"}, {"scenario": "isn", "seed": 9})
    assert {mark["mark"] for mark in found["rows"]} == {"same"}


def test_a_lost_fin_changes_its_row_and_adds_one(client: Client) -> None:
    lost = {**CLOSE, "faults": ["drop(A>B,FIN,1)"]}
    found = compare(client, CLOSE, lost)
    after = client.run(**lost)["rows"]
    fins = [
        (mark["mark"], row["flight"]["fate"])
        for mark, row in zip(found["rows"], after, strict=True)
        if row["flight"] and row["flight"]["flags"] == ["FIN", "ACK"] and row["flight"]["from"] == "A"
    ]
    assert fins == [("changed", "lost"), ("new", "arrived")]
    assert [mark["mark"] for mark in found["rows"][:5]] == ["same"] * 5  # the handshake
    later = [mark for mark in found["rows"] if mark["mark"] == "same" and mark["shift"]]
    assert {mark["shift"] for mark in later} == {240_000_000}  # all else waits for the probe
    assert found["gone"] == []


def test_the_way_back_has_the_row_gone(client: Client) -> None:
    lost = {**CLOSE, "faults": ["drop(A>B,FIN,1)"]}
    found = compare(client, lost, CLOSE)
    before = client.run(**lost)["rows"]
    assert all(row == before[row["i"]] for row in found["gone"])
    assert [row["flight"]["rule"] for row in found["gone"] if row["flight"]] == ["retransmit-tail-probe"]
    assert "new" not in {mark["mark"] for mark in found["rows"]}


def test_a_copy_is_not_taken_for_a_repetition(client: Client) -> None:
    doubled, lost = {"scenario": "handshake", "faults": ["dup(A>B,SYN,1)"]}, {"scenario": "syn-lost"}
    found = compare(client, doubled, lost)
    repeated = [
        mark["mark"]
        for mark, row in zip(found["rows"], client.run(**lost)["rows"], strict=True)
        if row["flight"] and row["flight"]["again"]
    ]
    assert repeated == ["new"]
    assert [row["flight"]["flags"] for row in found["gone"] if row["right"] and row["right"]["copy"]] == [["SYN"]]


def test_every_row_is_met_once(client: Client) -> None:
    a, b = {"scenario": "whole-life", "faults": ["drop(*,*,20%)"]}, {"scenario": "close-wait", "preset": "linux"}
    for first, second in ((a, b), (b, a)):
        found = compare(client, first, second)
        met = [mark["was"] for mark in found["rows"] if mark["was"] is not None] + [row["i"] for row in found["gone"]]
        assert sorted(met) == list(range(client.run(**first)["counts"]["rows"]))
        assert len(found["rows"]) == client.run(**second)["counts"]["rows"]
