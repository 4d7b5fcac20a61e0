"""Whatever a client sends is answered with a text and a 4xx, never with a 5xx, and within the limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synfin.lab.scenarios import SCENARIOS
from synfin.learn import CHAPTERS
from synfin.web import app as web_app
from synfin.web.app import Server, make_app
from synfin.web.runs import play_run
from tests.web.client import TOKEN, Client

POSTS = ("run", "rows", "explain", "segment", "series", "compare", "export", "capture", "grade")
FIELDS = (
    "plan", "capture", "lang", "row", "rows", "from", "count", "flight", "host", "connection", "a", "b", "format",
    "kind", "name", "scenario", "preset", "seed", "faults", "changes", "settings", "own_faults", "until", "at",
    "action", "value",
)  # fmt: skip
WORDS = (
    *FIELDS, *list(SCENARIOS)[:8], "A", "B", "link", "en", "zh", "rfc", "linux", "close", "write", "set", "crash", "1s",
    "drop(A>B,*,1)", "drop(*,*,all)", "delay(A>B,*,all,1s)", "10ms", "nodelay", "msl", "mss", "isn", "rate", "svg",
    "txt", "test", "pcapng", "html", "1.W10", "state", "move", "TIME_WAIT", "none", "on", "\ud800", "\x00", "0", "-1",
)  # fmt: skip

leaves = (
    st.none()
    | st.booleans()
    | st.sampled_from(WORDS)
    | st.integers(-5, 5)
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
actions = ["close", "abort", "crash", "restart", "write", "read", "open", "set", "cut", "heal", "stop-reading"]
changes = st.fixed_dictionaries(
    {
        "at": st.sampled_from(["0s", "30ms", "1s", 5, -1]),
        "host": st.sampled_from(["A", "B", "link", "C"]),
        "action": st.sampled_from(actions),
    },
    optional={"value": st.sampled_from(["", "10", "64KB", "none", "on", "1s"]), "name": st.sampled_from(WORDS)},
)
faults = st.sampled_from(["drop(A>B,*,1)", "drop(*,*,30%)", "dup(B>A,*,2)", "delay(*,*,all,1s)", "drop(", "reset(A>B)"])
choices = st.tuples(
    st.sampled_from(["A", "B", "link", "C"]),
    st.sampled_from(["nodelay", "msl", "mss", "rate", "isn", "congestion", "x"]),
    st.sampled_from(["on", "1s", "100", "none", "1Mbit", "bbr", ""]),
)
plans = st.fixed_dictionaries(
    {"scenario": st.sampled_from([*SCENARIOS, "x"])},
    optional={
        "preset": st.sampled_from(["rfc", "linux", "x"]),
        "seed": st.integers(-3, 3),
        "faults": st.lists(faults, max_size=2),
        "changes": st.lists(changes, max_size=3),
        "settings": st.lists(choices, max_size=2),
        "until": st.sampled_from(["1s", 10, None]),
    },
)
numbers = st.integers(-2, 40) | leaves
formats = st.sampled_from(["svg", "txt", "json", "pcapng", "mmd", "test", "html"])
requests: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "run": st.fixed_dictionaries({"plan": plans}, optional={"rows": numbers, "lang": leaves}),
    "rows": st.fixed_dictionaries({"plan": plans, "from": numbers, "count": numbers}),
    "explain": st.fixed_dictionaries({"plan": plans, "row": numbers}, optional={"kind": leaves, "name": leaves}),
    "segment": st.fixed_dictionaries({"plan": plans, "flight": numbers}, optional={"capture": leaves}),
    "series": st.fixed_dictionaries(
        {"plan": plans, "host": st.sampled_from(["A", "B"]) | leaves}, optional={"connection": numbers}
    ),
    "compare": st.fixed_dictionaries({"a": plans, "b": plans}, optional={"lang": leaves}),
    "export": st.fixed_dictionaries({"plan": plans, "format": formats | leaves}),
    "capture": values,
    "grade": st.fixed_dictionaries(
        {"chapter": st.sampled_from([*CHAPTERS, "x"]), "question": numbers, "answer": st.sampled_from("abc") | leaves}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end early, so that many can be asked for."""
    monkeypatch.setattr("synfin.web.runs.play_run", lambda plan: play_run(plan, events=400, records=400))


def send(client: Client, path: str, body: bytes, kind: str = "application/json") -> None:
    answer = client.ask("POST", f"/api/{path}", content=body, headers={"content-type": kind})
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert answer.status_code >= 400
        told = answer.json()
        assert (told["schema"], bool(told["error"])) == (1, True)


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_json(client: Client, path: str, data: st.DataObject) -> None:
    send(client, path, json.dumps(data.draw(requests[path] | values)).encode())


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_octets(client: Client, path: str, body: bytes) -> None:
    send(client, path, body)


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans, cut=st.integers(0, 300), octet=st.integers(0, 255))
def test_a_request_with_an_octet_changed(
    client: Client, path: str, plan: dict[str, Any], cut: int, octet: int
) -> None:  # fmt: skip
    body = bytearray(json.dumps({"plan": plan, "row": 1, "flight": 1, "format": "txt", "a": plan, "b": plan}).encode())
    body[cut % len(body)] = octet
    send(client, path, bytes(body))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40))
def test_any_query(client: Client, query: str) -> None:
    for path in ("/api/catalog", "/"):
        answer = client.get(path, params={"lang": query})
        assert answer.status_code < 500
    catalog = client.get("/api/catalog", params={query: query})
    assert catalog.status_code < 500


def asgi(app: Any, scope: dict[str, Any], events: list[dict[str, Any]]) -> tuple[int, int]:
    """Status of a request in plain ASGI, and how many events of the body were taken."""
    taken = 0
    statuses = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return events[min(taken, len(events)) - 1]

    async def send_to_us(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(app(scope, receive, send_to_us))
    return statuses[0], taken


def scope_of(path: str, headers: dict[str, str]) -> dict[str, Any]:
    found = {"host": "127.0.0.1:1", "x-synfin-token": TOKEN, "content-type": "application/json", **headers}
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 9),
        "server": ("x", 1),
        "headers": [(name.encode(), value.encode()) for name, value in found.items()],
    }  # fmt: skip


def part(size: int, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": b" " * size, "more_body": more}


@pytest.mark.parametrize("length", ["65537", "99999999999999999999999999999"])
def test_a_body_that_is_announced_as_too_long_is_not_read(length: str) -> None:
    app = make_app(Server(), token=TOKEN)
    assert asgi(app, scope_of("/api/run", {"content-length": length}), [part(1)]) == (413, 0)


def test_a_body_that_does_not_end_is_read_up_to_the_limit() -> None:
    app = make_app(Server(), token=TOKEN)
    assert asgi(app, scope_of("/api/run", {}), [part(1_000)]) == (413, 66)


def test_a_stranger_s_body_is_not_read() -> None:
    app = make_app(Server(), token=TOKEN)
    assert asgi(app, scope_of("/api/run", {"x-synfin-token": "x"}), [part(1_000)]) == (401, 0)
    assert asgi(app, scope_of("/api/run", {"host": "evil.example"}), [part(1_000)]) == (421, 0)
    assert asgi(app, scope_of("/api/run", {"origin": "http://evil.example"}), [part(1_000)]) == (403, 0)


def test_a_body_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_app, "BODY_SECONDS", 0.01)
    app = make_app(Server(), token=TOKEN)
    status: list[int] = []

    async def talk() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send_to_us(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        await app(scope_of("/api/run", {}), receive, send_to_us)  # type: ignore[arg-type]

    asyncio.run(talk())
    assert status == [408]


def test_a_client_that_goes_away_is_no_error() -> None:
    app = make_app(Server(), token=TOKEN)
    status, _ = asgi(app, scope_of("/api/run", {}), [part(5), {"type": "http.disconnect"}])
    assert status == 400


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"plan": {"scenario": "close", "faults": ["drop(*,*,all)"] * 65}},
        lambda: {"plan": {"scenario": "close", "changes": [{"at": 0, "host": "A", "action": "close"}] * 257}},
        lambda: {"plan": {"scenario": "close", "until": "8d"}},
        lambda: {"plan": {"scenario": "close", "settings": [["A", "receive_buffer", "2GB"]]}},
        lambda: {"plan": {"scenario": "close", "changes": [{"at": "9d", "host": "A", "action": "close"}]}},
    ],
)
def test_plans_beyond_the_limits_are_refused(client: Client, make: Callable[[], dict[str, Any]]) -> None:
    client.refused("/api/run", make())
