"""Who may ask, and what every answer says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from synfin.web.app import Server, make_app
from synfin.web.guard import POLICY, Guard, Message, Receive, Scope, Send, host_name, make_token
from tests.web.client import TOKEN, Client

RUN = {"plan": {"scenario": "close"}}


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


@pytest.fixture(scope="module")
def stranger() -> Client:
    return Client(None)


def test_tokens_are_random_and_long() -> None:
    tokens = {make_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32


@pytest.mark.parametrize("path", ["/api/catalog", "/api/nothing", "/ws/live"])
def test_without_the_token_there_is_no_api(stranger: Client, path: str) -> None:
    assert stranger.get(path).status_code == 401
    assert stranger.get(path, headers={"x-synfin-token": TOKEN[:-1]}).status_code == 401
    assert stranger.get(path, params={"token": ""}).status_code == 401
    assert stranger.get(path, params={"token": "ü"}).status_code == 401


def test_the_token_comes_in_the_header_or_in_the_query(stranger: Client) -> None:
    assert stranger.get("/api/catalog", headers={"x-synfin-token": TOKEN}).status_code == 200
    assert stranger.get("/api/catalog", params={"token": TOKEN}).status_code == 200
    assert stranger.get(f"/api/catalog?token={TOKEN}&token=other").status_code == 401
    assert stranger.get("/api/catalog?" + "a=1&" * 100 + f"token={TOKEN}").status_code == 401


def test_posts_need_the_token_too(stranger: Client) -> None:
    assert stranger.post("/api/run", RUN).status_code == 401
    assert stranger.post("/api/run", RUN, params={"token": TOKEN}).status_code == 200


def test_the_page_itself_is_open(stranger: Client) -> None:
    assert stranger.get("/").status_code == 200


def test_without_a_token_on_demand() -> None:
    everybody = Client(None, app=make_app(Server(), token=None))
    assert everybody.get("/api/catalog").status_code == 200
    assert everybody.get("/api/catalog", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8421", "127.0.0.1", "[::1]:8421", "192.0.2.7:80", "LOCALHOST"])
def test_names_that_cannot_be_forged(client: Client, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8421", "localhost.evil.example", "", "[::1", "127.0.0.1.nip.io", "a:b", "x y"],
)
def test_names_that_point_here_by_a_trick(client: Client, host: str) -> None:
    for path in ("/", "/api/catalog"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert "error" in answer.json()


def test_a_name_that_was_asked_for_is_known() -> None:
    named = Client(app=make_app(Server(), token=TOKEN, names=["Lab.example"]))
    assert named.get("/", headers={"host": "lab.example:8421"}).status_code == 200
    assert named.get("/", headers={"host": "other.example"}).status_code == 421


@pytest.mark.parametrize(
    ("header", "name"),
    [("a", "a"), ("a:1", "a"), ("[::1]", "::1"), ("[::1]:2", "::1"), ("[::1]x", None), (":1", None), ("a:1:2", None)],
)
def test_host_headers(header: str, name: str | None) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8421", 200),
        ("http://127.0.0.1:9", 403),
        ("http://localhost:8421", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://[", 403),
        ("", 403),
    ],
)
def test_pages_of_others_cannot_post(client: Client, origin: str, status: int) -> None:
    assert client.post("/api/run", RUN, headers={"origin": origin}).status_code == status


def test_what_browsers_say_about_the_asking_page(client: Client) -> None:
    assert client.post("/api/run", RUN, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    for site in ("cross-site", "same-site"):
        assert client.post("/api/run", RUN, headers={"sec-fetch-site": site}).status_code == 403


def test_forms_cannot_post(client: Client) -> None:
    answer = client.ask("POST", "/api/run", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/", "/api/catalog", "/nothing", "/api/nothing"])
def test_every_answer_has_the_headers(client: Client, path: str) -> None:
    for headers in ({}, {"host": "evil.example"}, {"x-synfin-token": "wrong"}):
        answer = client.get(path, headers=headers)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_policy_allows_nothing_from_elsewhere() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "connect-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py", "/..%2fapp.py", "/%2e%2e/app.py", "/static/../app.py", "//etc/passwd", "/etc/passwd", "/app.py",
        "/__init__.py", "/index.html/", "/%00", "/\\app.py", "/%ff",
    ],
)  # fmt: skip
def test_no_path_reaches_the_file_system(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_static_files_have_types_and_tags(client: Client) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/index.html").content == answer.content
    again = client.get("/", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_other_methods_are_refused(client: Client) -> None:
    assert client.get("/api/run").status_code in (404, 405)
    assert client.ask("DELETE", "/api/catalog").status_code == 405
    assert client.ask("OPTIONS", "/api/run").status_code == 405


@pytest.mark.parametrize(
    ("headers", "query", "passes"),
    [
        ({"host": "127.0.0.1:1"}, f"token={TOKEN}", True),
        ({"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"}, f"token={TOKEN}", True),
        ({"host": "127.0.0.1:1", "x-synfin-token": TOKEN}, "", True),
        ({"host": "evil.example"}, f"token={TOKEN}", False),
        ({"host": "127.0.0.1:1", "origin": "http://evil.example"}, f"token={TOKEN}", False),
        ({"host": "127.0.0.1:1", "sec-fetch-site": "cross-site"}, f"token={TOKEN}", False),
        ({"host": "127.0.0.1:1"}, "token=x", False),
        ({"host": "127.0.0.1:1"}, "", False),
        ({}, f"token={TOKEN}", False),
    ],
)
def test_websockets_are_judged_before_anything_else(headers: dict[str, str], query: str, passes: bool) -> None:
    reached: list[str] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(dict(message))

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": "/ws/live", "headers": raw, "query_string": query.encode()}
    asyncio.run(Guard(app, TOKEN)(scope, receive, send))
    assert reached == (["/ws/live"] if passes else [])
    assert [(message["type"], message["code"]) for message in sent] == ([] if passes else [("websocket.close", 1_008)])
