"""The addresses of the server: what is asked where, and how mistakes are answered (docs/web.md lists them).

Responsible for requests and answers; what is in them comes from the other parts.  Every answer of the API is JSON with
`schema`; a mistake of the client is a 4xx with `error`, and with `field` where one is to blame.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final, final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from synfin.errors import SynfinError
from synfin.learn import chapters, grade, lesson
from synfin.timeline.messages import LANGUAGES, Catalog
from synfin.web.asked import RequestError, number_of, plan_of, text_of, texts_of
from synfin.web.assets import Asset, read_assets
from synfin.web.catalog import catalog_document
from synfin.web.compare import compare
from synfin.web.details import explain_name, explain_row, segment_document, series_document
from synfin.web.document import SCHEMA
from synfin.web.export import export
from synfin.web.guard import App, Guard
from synfin.web.limits import BODY_SECONDS, CAPTURE_OCTETS, GZIP_FROM, GZIP_LEVEL, JSON_OCTETS, UPLOADS
from synfin.web.live import Feed, Studio, Watcher
from synfin.web.runs import BusyError, Desk, Run, Runs
from synfin.web.upload import capture_document, read_capture_run

JSON_TYPE: Final = "application/json"
ROWS: Final = 1 << 31  # no run has so many
CAPTURE_TYPES: Final = ("application/octet-stream", "application/vnd.tcpdump.pcap", "application/x-pcapng")
NAME_LIMIT: Final = 200  # characters of a name that are looked at

Handler = Callable[[Request], Awaitable[Response]]


@final
class Server:
    """What the handlers share: the language asked for by default, kept runs, threads, static files."""

    def __init__(self, lang: str = "en", feed: Feed | None = None) -> None:
        self.lang = lang
        self.studio = None if feed is None else Studio(feed)
        self.runs = Runs()
        self.desk = Desk()
        self.assets = read_assets()
        self._uploads = 0

    # Pages

    async def asset(self, request: Request) -> Response:
        """A static file."""
        found = self.assets.get(request.url.path)
        if found is None:
            raise RequestError("there is nothing at this address", status=404)
        return _asset_answer(found, request)

    # API

    async def catalog(self, request: Request) -> Response:
        """GET /api/catalog?lang="""
        texts = texts_of(request.query_params.get("lang"), self.lang)
        live = self.studio is not None
        return await self._answer(request, lambda: catalog_document(texts, live=live))

    async def run(self, request: Request) -> Response:
        """POST /api/run"""
        asked = await _read_json(request, ("plan", "lang", "rows"))
        texts = texts_of(asked.get("lang"), self.lang)
        plan = plan_of(asked, texts)
        rows = number_of(asked, "rows", ROWS) if "rows" in asked else None
        return await self._answer(request, lambda: self.runs.get(plan).document(texts, rows))

    async def rows(self, request: Request) -> Response:
        """POST /api/rows"""
        asked = await _read_json(request, ("plan", "capture", "lang", "from", "count"))
        texts = texts_of(asked.get("lang"), self.lang)
        subject = self._subject(asked, texts)
        first, count = number_of(asked, "from", ROWS), number_of(asked, "count", ROWS)

        def page() -> dict[str, Any]:
            story = subject().story
            return {"schema": SCHEMA, "total": len(story.rows), "rows": list(story.shape(texts, first, count))}

        return await self._answer(request, page)

    async def explain(self, request: Request) -> Response:
        """POST /api/explain"""
        asked = await _read_json(request, ("plan", "capture", "lang", "row", "kind", "name"))
        texts = texts_of(asked.get("lang"), self.lang)
        if "kind" in asked or "name" in asked:
            kind, name = text_of(asked, "kind"), text_of(asked, "name")
            return await self._answer(request, lambda: explain_name(kind, name, texts))
        subject, row = self._subject(asked, texts), number_of(asked, "row", ROWS)
        return await self._answer(request, lambda: explain_row(subject(), row, texts))

    async def segment(self, request: Request) -> Response:
        """POST /api/segment"""
        asked = await _read_json(request, ("plan", "capture", "lang", "flight"))
        texts = texts_of(asked.get("lang"), self.lang)
        subject, number = self._subject(asked, texts), number_of(asked, "flight", ROWS)
        return await self._answer(request, lambda: segment_document(subject(), number, texts))

    async def series(self, request: Request) -> Response:
        """POST /api/series"""
        asked = await _read_json(request, ("plan", "capture", "lang", "host", "connection"))
        subject, host = self._subject(asked, texts_of(asked.get("lang"), self.lang)), text_of(asked, "host")
        connection = number_of(asked, "connection", ROWS) if asked.get("connection") is not None else None
        return await self._answer(request, lambda: series_document(subject(), host, connection))

    async def compare(self, request: Request) -> Response:
        """POST /api/compare"""
        asked = await _read_json(request, ("a", "b", "lang"))
        texts = texts_of(asked.get("lang"), self.lang)
        before, after = plan_of(asked, texts, "a"), plan_of(asked, texts, "b")
        return await self._answer(
            request, lambda: compare(self.runs.get(before).story, self.runs.get(after).story, texts)
        )

    async def export(self, request: Request) -> Response:
        """POST /api/export"""
        asked = await _read_json(request, ("plan", "capture", "lang", "format"))
        texts = texts_of(asked.get("lang"), self.lang)
        subject, form = self._subject(asked, texts), text_of(asked, "format")
        packs = _takes_gzip(request)

        def work() -> Response:
            made = export(subject(), form, texts.language)
            headers = {"content-disposition": f'attachment; filename="{made.name}"', "cache-control": "no-store"}
            return _packed(made.body, made.kind, headers, packs=packs)

        return await self.desk.do(work)

    async def capture(self, request: Request) -> Response:
        """POST /api/capture?lang=&connection="""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in CAPTURE_TYPES:
            raise RequestError(f"the body must be {CAPTURE_TYPES[0]}", status=415)
        texts = texts_of(request.query_params.get("lang"), self.lang)
        asked = request.query_params.get("connection", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
        if self._uploads >= UPLOADS:
            raise BusyError("other captures are being received; try again in a moment")
        self._uploads += 1
        try:
            body = await read_body(request, CAPTURE_OCTETS)
        finally:
            self._uploads -= 1

        def read() -> dict[str, Any]:
            run = read_capture_run(body, number, texts)
            return capture_document(run, self.runs.put(run), texts)

        return await self._answer(request, read)

    async def chapters(self, request: Request) -> Response:
        """GET /api/chapters?lang="""
        texts = texts_of(request.query_params.get("lang"), self.lang)
        return await self._answer(request, lambda: {"schema": SCHEMA, "chapters": chapters(texts.language)})

    async def chapter(self, request: Request) -> Response:
        """GET /api/chapter?name=&lang="""
        texts = texts_of(request.query_params.get("lang"), self.lang)
        name = request.query_params.get("name", "")
        return await self._answer(request, lambda: lesson(name[:NAME_LIMIT], texts.language))

    async def grade(self, request: Request) -> Response:
        """POST /api/grade"""
        asked = await _read_json(request, ("chapter", "question", "answer", "lang"))
        texts = texts_of(asked.get("lang"), self.lang)
        name, given = text_of(asked, "chapter")[:NAME_LIMIT], text_of(asked, "answer")[:NAME_LIMIT]
        question = number_of(asked, "question", ROWS)
        return await self._answer(
            request, lambda: {"schema": SCHEMA, **asdict(grade(name, question, given, texts.language))}
        )

    async def live(self, socket: WebSocket) -> None:
        """WebSocket /ws/live?lang=: what a running host says."""
        studio = self.studio
        lang = socket.query_params.get("lang", self.lang)
        if studio is None or studio.full or lang not in LANGUAGES:
            await socket.close(1_008)  # before it is accepted: the request is answered with 403
            return
        await socket.accept()
        watcher = studio.join(lang)
        talking = asyncio.create_task(_talk(socket, watcher))
        try:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass  # clients have nothing to say
        except RuntimeError:
            pass  # it was closed while we were told of nothing
        finally:
            talking.cancel()
            studio.leave(watcher)

    def _subject(self, asked: dict[str, Any], texts: Catalog) -> Callable[[], Run]:
        """What finds the run that a request is about, in a thread: that of a plan, or of a capture sent before."""
        if "capture" in asked:
            if "plan" in asked:
                raise RequestError("give a plan or a capture, not both", "capture")
            name = text_of(asked, "capture")
            return lambda: self.runs.capture(name)
        plan = plan_of(asked, texts)
        return lambda: self.runs.get(plan)

    async def _answer(self, request: Request, job: Callable[[], dict[str, Any]]) -> Response:
        """What `job` makes, as JSON; made, written and compressed in a thread."""
        packs = _takes_gzip(request)

        def work() -> Response:
            return _json_answer(job(), packs=packs)

        return await self.desk.do(work)


def make_app(server: Server, *, token: str | None, names: Iterable[str] = ()) -> App:
    """The whole application, guarded; `token` None: without one; `names`: see `Guard`."""
    posts = {
        "run": server.run,
        "rows": server.rows,
        "explain": server.explain,
        "segment": server.segment,
        "series": server.series,
        "compare": server.compare,
        "export": server.export,
        "grade": server.grade,
        "capture": server.capture,
    }
    gets = {"catalog": server.catalog, "chapters": server.chapters, "chapter": server.chapter}
    routes = [
        *(Route(f"/api/{name}", _told(handler)) for name, handler in gets.items()),
        *(Route(f"/api/{name}", _told(handler), methods=["POST"]) for name, handler in posts.items()),
        WebSocketRoute("/ws/live", server.live),
        Route("/{path:path}", _told(server.asset)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error})
    return Guard(app, token, names)


def _told(handler: Handler) -> Handler:
    """The handler, with mistakes of the client told."""

    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestError as error:
            return _error_answer(error.status, str(error), error.field)
        except BusyError as error:
            return _error_answer(429, str(error))
        except SynfinError as error:
            return _error_answer(400, str(error), getattr(error, "field", ""))
        except ClientDisconnect:
            return Response(status_code=400)

    return told


async def _talk(socket: WebSocket, watcher: Watcher) -> None:
    """Send what waits for a watcher until it goes away, or there is no more."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while (message := await watcher.messages.get()) is not None:
            await socket.send_text(message)
        await socket.close(1_011)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error_answer(error.status_code, error.detail)


async def _read_json(request: Request, known: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object in the body, with no other names than the known ones."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON_TYPE:
        raise RequestError(f"the body must be {JSON_TYPE}", status=415)
    body = await read_body(request, JSON_OCTETS)
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # nested too deep; numbers too long; no UTF-8
        raise RequestError(f"the body is no JSON: {str(error)[:200]}") from None
    if not isinstance(value, dict):
        raise RequestError("the body must be a JSON object")
    for name in value:
        if name not in known:
            raise RequestError(f"there is no {name[:50]!r} here; there are {', '.join(known)}", name[:50])
    return value


async def read_body(request: Request, limit: int) -> bytes:
    """The body, of at most `limit` octets; more are not read."""
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and (len(told) > 18 or int(told) > limit):
        raise RequestError(f"the body is longer than {limit} octets", status=413)
    parts: list[bytes] = []
    count = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                count += len(part)
                if count > limit:
                    raise RequestError(f"the body is longer than {limit} octets", status=413)
                parts.append(part)
    except TimeoutError:
        raise RequestError(f"the body did not arrive within {BODY_SECONDS:.0f} s", status=408) from None
    return b"".join(parts)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _takes_gzip(request: Request) -> bool:
    accepted = request.headers.get("accept-encoding", "")
    return any(part.partition(";")[0].strip().lower() == "gzip" for part in accepted.split(","))


def _json_answer(value: dict[str, Any], *, packs: bool) -> Response:
    # A lone surrogate of a request must not make an answer impossible.
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return _packed(body, JSON_TYPE, {"cache-control": "no-store"}, packs=packs)


def _packed(body: bytes, kind: str, headers: dict[str, str], *, packs: bool) -> Response:
    headers["vary"] = "accept-encoding"
    if packs and len(body) >= GZIP_FROM:
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=kind)


def _error_answer(status: int, text: str, field: str = "") -> Response:
    value: dict[str, Any] = {"schema": SCHEMA, "error": text}
    if field:
        value["field"] = field
    answer = _json_answer(value, packs=False)
    answer.status_code = status
    return answer


def _asset_answer(found: Asset, request: Request) -> Response:
    headers = {"etag": found.tag, "cache-control": "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    body = found.body
    if found.packed and _takes_gzip(request):
        body = found.packed
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=found.kind)
