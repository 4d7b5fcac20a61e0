"""`file`: HTTP/1.1 GET and HEAD of a file or a directory, over connections of the stack.

Responsible for choosing what to send (`tree` opens files, never outside of the served path), for ranges, conditions and
keep-alive order, and for sending it with back-pressure: at most one chunk of a file is in memory for each connection.
Reading requests and writing header lines is the standard library's `http.server`; it works on complete request heads
in memory and never sees a socket.
"""

from __future__ import annotations

import email.utils
import os
import secrets
from collections import deque
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from io import BytesIO
from typing import Any, Final, final

from synfin.services.base import CHUNK, Outbox, Service, Session, discard_input
from synfin.services.ranges import parse_ranges
from synfin.services.tree import OpenFile, Tree
from synfin.tcp import Connection

_HEAD_LIMIT: Final = 65_536  # octets of a request head
_BOUNDARY_OCTETS: Final = 16

# What remains to be sent of a response: octets, or a slice (offset, length) of its file.
_Part = bytes | tuple[int, int]


@final
class FileService(Service):
    """Serves `path`: a directory with everything below it, or one file under `/` and under its own name.

    Raises `OSError` when `path` cannot be opened.
    """

    name = "file"

    def __init__(self, path: str) -> None:
        self._tree = Tree(path)

    def session(self) -> Session:
        """A new conversation."""
        return FileSession(self._tree)


@final
class FileSession(Session):
    """Requests of one connection, answered one after the other [RFC 9112 9.3]."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._outbox = Outbox()
        self._parts: deque[_Part] = deque()
        self._file: OpenFile | None = None
        self._input = b""
        self._last = False  # no request is answered after this one
        self._shut = False

    def pump(self, connection: Connection, now: int) -> None:
        """Send what is due; when a response is complete take the next request."""
        while not self._shut:
            if not self._send(connection, now):
                return
            self._release()
            if self._last:
                self._shut = True
                connection.shutdown(now)
            elif not self._next_request(connection, now):
                return
        # The peer may still be talking; closing now would reset what it has not read yet [RFC 9112 9.6].
        if discard_input(connection, now):
            self.close(connection, now)

    def finish(self) -> None:
        """Close the file."""
        self._parts.clear()
        self._release()

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _send(self, connection: Connection, now: int) -> bool:
        """Move the response into the send buffer; True when all of it is there."""
        while self._outbox.flush(connection, now):
            if not self._parts:
                return True
            part = self._parts.popleft()
            if isinstance(part, bytes):
                self._outbox.put(part)
                continue
            offset, length = part
            data = self._file.read(offset, min(length, CHUNK)) if self._file is not None else b""
            if not data:
                # The file has become shorter than its Content-Length: only a reset tells the peer so.
                connection.abort(now)
                self.leave(connection)
                return False
            if len(data) < length:
                self._parts.appendleft((offset + len(data), length - len(data)))
            self._outbox.put(data)
        return False

    def _next_request(self, connection: Connection, now: int) -> bool:
        """Read one request head and prepare its response; False when none is complete yet."""
        while True:
            self._input = self._input.lstrip(b"\r\n")  # [RFC 9112 2.2]
            end = _head_end(self._input)
            if end > 0 or len(self._input) > _HEAD_LIMIT:
                break
            data = connection.read(CHUNK, now)
            if not data:
                if connection.at_eof:
                    self.close(connection, now)
                return False
            self._input += data
        head = self._input[:end] if end > 0 else self._input
        self._input = self._input[end:] if end > 0 else b""
        request = _Request(head, self._tree, complete=end > 0)
        self._parts.append(request.wfile.getvalue())
        self._parts.extend(request.parts)
        self._file = request.file
        self._last = request.close_connection
        return True


def _head_end(data: bytes) -> int:
    """Where the request head that `data` starts with ends, past its empty line; 0 when it is not complete."""
    ends = [at + len(mark) for mark in (b"\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
    return min(ends, default=0)


@final
class _Request(SimpleHTTPRequestHandler):
    """One request; afterwards `wfile` holds the head of the response, `parts` and `file` what follows it."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # errors before the version is known get a status line too
    rfile: BytesIO
    wfile: BytesIO

    def __init__(self, head: bytes, tree: Tree, *, complete: bool) -> None:
        # The base class's __init__ would read from a socket; all it sets up is set here.
        self.rfile = BytesIO(head)
        self.wfile = BytesIO()
        self.client_address = ("", 0)
        self.directory = tree.root
        self.tree = tree
        self.parts: list[_Part] = []
        self.file: OpenFile | None = None
        self.close_connection = True
        self._connection_said = False
        if complete:
            self.handle_one_request()
        else:
            self.requestline, self.request_version, self.command = "", "HTTP/1.1", "GET"
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def version_string(self) -> str:
        """The Server field."""
        return "synfin"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """No log: the trace of the connection tells more."""

    def send_header(self, keyword: str, value: str) -> None:
        """Note whether the response says what becomes of the connection."""
        self._connection_said = self._connection_said or keyword.lower() == "connection"
        super().send_header(keyword, value)

    def end_headers(self) -> None:
        """Say whether the connection ends where the client could think otherwise (RFC 9112 9.3)."""
        fields = getattr(self, "headers", None)
        if fields is not None and ("Content-Length" in fields or "Transfer-Encoding" in fields):
            self.close_connection = True  # a GET's text means nothing, and where it ends is not looked for
        if not self._connection_said:
            if self.close_connection:
                self.send_header("Connection", "close")
            elif self.request_version == "HTTP/1.0":
                self.send_header("Connection", "keep-alive")
        super().end_headers()

    def do_GET(self) -> None:
        """RFC 9110 9.3.1."""
        self._respond(with_body=True)

    def do_HEAD(self) -> None:
        """RFC 9110 9.3.2."""
        self._respond(with_body=False)

    def _respond(self, *, with_body: bool) -> None:
        hosts = len(self.headers.get_all("Host", []))
        if hosts > 1 or (hosts == 0 and self.request_version != "HTTP/1.0"):
            self.send_error(HTTPStatus.BAD_REQUEST, "one Host field is needed")  # RFC 9112 3.2
            return
        try:
            path = self.tree.resolve(self.translate_path(self.path), self.path)
            if os.path.isdir(path):
                if not self.path.partition("?")[0].endswith("/"):
                    self._redirect()
                    return
                index = os.path.join(path, "index.html")
                if not os.path.isfile(index):
                    self._list(path, with_body=with_body)
                    return
                path = self.tree.resolve(index, self.path)
            elif self.path.partition("?")[0].endswith("/") and not self.tree.single:
                raise FileNotFoundError(self.path)
            file = self.tree.open(path)
        except (OSError, ValueError):
            # One answer for what is missing, forbidden and outside of the tree, so that nothing is learnt from it.
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._send_file(file, self.guess_type(path), with_body=with_body)
        if not self.parts:
            file.close()
        else:
            self.file = file

    def _redirect(self) -> None:
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        path, mark, query = self.path.partition("?")
        self.send_header("Location", path + "/" + mark + query)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _list(self, path: str, *, with_body: bool) -> None:
        listing = self.list_directory(path)
        if listing is not None and with_body:
            self.parts.append(listing.read())

    def _send_file(self, file: OpenFile, kind: str, *, with_body: bool) -> None:
        """The whole file, the ranges asked for (RFC 9110 14.2), or that neither is needed or possible."""
        modified = self.date_time_string(int(file.modified))
        if self._unchanged(file):
            self._start(HTTPStatus.NOT_MODIFIED, file, modified)
            self.end_headers()
            return
        ranges = None
        wanted = self.headers.get("Range")
        if wanted is not None and with_body and self.headers.get("If-Range", modified) in (modified, file.etag):
            ranges = parse_ranges(wanted, file.size)
        if ranges is None:
            self._start(HTTPStatus.OK, file, modified)
            self._finish(kind, [(0, file.size)] if with_body and file.size else [], file.size)
        elif not ranges:
            self._start(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, file, modified)
            self.send_header("Content-Range", f"bytes */{file.size}")
            self._finish(kind, [], 0)
        elif len(ranges) == 1:
            first, length = ranges[0]
            self._start(HTTPStatus.PARTIAL_CONTENT, file, modified)
            self.send_header("Content-Range", f"bytes {first}-{first + length - 1}/{file.size}")
            self._finish(kind, [(first, length)], length)
        else:
            self._start(HTTPStatus.PARTIAL_CONTENT, file, modified)
            self._multipart(file, kind, ranges)

    def _unchanged(self, file: OpenFile) -> bool:
        """RFC 9110 13.2.2: the entity tag decides when the client sent one, else the date."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return tags.strip() == "*" or file.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            return int(file.modified) <= email.utils.parsedate_to_datetime(since).timestamp()
        except (TypeError, ValueError, OverflowError):
            return False

    def _start(self, status: HTTPStatus, file: OpenFile, modified: str) -> None:
        self.send_response(status)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", file.etag)
        self.send_header("Last-Modified", modified)

    def _finish(self, kind: str, parts: list[_Part], length: int) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.parts.extend(parts)

    def _multipart(self, file: OpenFile, kind: str, ranges: list[tuple[int, int]]) -> None:
        """RFC 9110 14.6."""
        boundary = secrets.token_hex(_BOUNDARY_OCTETS)
        parts: list[_Part] = []
        length = 0
        for first, size in ranges:
            head = (
                f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n"
                f"Content-Range: bytes {first}-{first + size - 1}/{file.size}\r\n\r\n"
            ).encode("latin-1")
            parts += [head, (first, size)]
            length += len(head) + size
        tail = f"\r\n--{boundary}--\r\n".encode()
        self._finish(f"multipart/byteranges; boundary={boundary}", [*parts, tail], length + len(tail))
