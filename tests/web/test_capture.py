"""A capture in the page: read, drawn, asked about; and parsed as what it is, hostile input."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synfin.timeline.messages import catalog
from synfin.web.asked import RequestError
from synfin.web.limits import CAPTURE_OCTETS, UPLOADS
from synfin.web.upload import read_capture_run
from tests.web.client import Client

OCTETS = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def capture_of(client: Client, scenario: str, **plan: Any) -> bytes:
    """What went over the wire in a run, as pcapng."""
    answer = client.post("/api/export", {"plan": {"scenario": scenario, **plan}, "format": "pcapng"})
    assert answer.status_code == 200
    return answer.content


def send(client: Client, body: bytes, **query: str) -> httpx.Response:
    return client.ask("POST", "/api/capture", content=body, headers=OCTETS, params=query)


def opened(client: Client, body: bytes, **query: str) -> dict[str, Any]:
    answer = send(client, body, **query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture(scope="module")
def close(client: Client) -> bytes:
    return capture_of(client, "close")


def test_a_capture_becomes_a_run(client: Client, close: bytes) -> None:
    document = opened(client, close)
    assert (document["plan"], document["share"], document["truncated"]) == (None, None, False)
    assert [host["name"] for host in document["hosts"]] == ["A", "B"]
    assert document["final"]["B"] == "CLOSED"
    assert document["notes"]  # states are inferred, it says
    assert document["captured"]["count"] == 1
    own = client.run("close")
    flags = [[row["flight"]["flags"] for row in run["rows"] if row["flight"]] for run in (own, document)]
    assert flags[0] == flags[1]


def test_everything_can_be_asked_about_a_capture(client: Client, close: bytes) -> None:
    document = opened(client, close, lang="zh")
    assert document["lang"] == "zh"
    subject = {"capture": document["capture"]}
    row = next(row for row in document["rows"] if row["flight"])
    items = client.post("/api/explain", {**subject, "row": row["i"]}).json()["items"]
    assert items[0]["title"] == "SYN"
    segment = client.post("/api/segment", {**subject, "flight": row["flight"]["n"]}).json()
    own = client.post("/api/segment", {"plan": {"scenario": "close"}, "flight": 1}).json()
    assert segment["hex"][40:] == own["hex"][40:]  # from the TCP header on
    assert client.post("/api/series", {**subject, "host": "A"}).json()["sent_bytes"] == 0
    assert client.post("/api/rows", {**subject, "from": 0, "count": 1}).json()["rows"][0]["i"] == 0
    for form in ("svg", "html", "txt", "json", "mmd"):
        answer = client.post("/api/export", {**subject, "format": form})
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="capture.{form}"'
    for form in ("pcapng", "test"):
        client.refused("/api/export", {**subject, "format": form})


def test_one_connection_of_several_is_chosen(client: Client) -> None:
    body = capture_of(client, "isn")
    first, third = opened(client, body), opened(client, body, connection="3")
    assert first["captured"]["count"] == third["captured"]["count"] == 3
    assert (first["captured"]["connection"], third["captured"]["connection"]) == (1, 3)
    assert len(first["captured"]["list"]) == 3
    assert first["rows"] != third["rows"]
    for wrong in ("0", "4", "x", "-1", "9" * 50, "²"):
        assert send(client, body, connection=wrong).status_code == 400


@pytest.mark.parametrize("body", [b"", b"x", b"\x0a\x0d\x0d\x0a" * 100, b"\xd4\xc3\xb2\xa1" + bytes(20)])
def test_what_is_no_capture_is_told(client: Client, body: bytes) -> None:
    answer = send(client, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_capture_has_to_be_declared_as_one(client: Client, close: bytes) -> None:
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""):
        answer = client.ask("POST", "/api/capture", content=close, headers={"content-type": kind})
        assert answer.status_code == 415


def test_too_long_a_capture_is_refused(client: Client) -> None:
    assert send(client, bytes(CAPTURE_OCTETS + 1)).status_code == 413


def test_only_so_many_are_received_at_a_time(client: Client, close: bytes) -> None:
    client.server._uploads = UPLOADS
    assert send(client, close).status_code == 429
    client.server._uploads = 0
    assert send(client, close).status_code == 200
    assert send(client, bytes(CAPTURE_OCTETS + 1)).status_code == 413
    assert client.server._uploads == 0


def test_so_many_packets_are_looked_at(close: bytes) -> None:
    texts = catalog("en")
    whole, cut = read_capture_run(close, 1, texts), read_capture_run(close, 1, texts, limit=5)
    assert (whole.truncated, cut.truncated) == (False, True)
    assert len(cut.story.rows) < len(whole.story.rows)
    with pytest.raises(RequestError, match="no TCP connection"):
        read_capture_run(close, 1, texts, limit=0)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=8), end=st.integers(0, 6_000))
def test_a_damaged_capture_is_read_or_refused(
    client: Client, close: bytes, changes: list[tuple[int, int]], end: int
) -> None:
    body = bytearray(close)
    for place, octet in changes:
        body[place % len(body)] = octet
    answer = send(client, bytes(body[:end]))
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        document = answer.json()
        for row in document["rows"][:6]:
            asked = {"capture": document["capture"], "row": row["i"]}
            assert client.post("/api/explain", asked).status_code == 200
            if row["flight"]:
                asked = {"capture": document["capture"], "flight": row["flight"]["n"]}
                assert client.post("/api/segment", asked).status_code in (200, 400)
        for form in ("svg", "txt", "mmd", "json", "html"):
            assert client.post("/api/export", {"capture": document["capture"], "format": form}).status_code == 200
