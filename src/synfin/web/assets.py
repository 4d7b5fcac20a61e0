"""The static files of the page: a table of names, filled once from the package when the server starts.

A client names a key of this table and nothing else, so no path of a client reaches the file system.
"""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from synfin.web.limits import GZIP_FROM

INDEX: Final = "index.html"
TYPES: Final[dict[str, str]] = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
_PACKED: Final = ("png", "ico", "woff2")  # formats that do not get smaller
_TREE_LIMIT: Final = 512  # files


class Asset(NamedTuple):
    """One file: its octets, the same compressed (empty: it is not worth it), its type, and a tag of its content."""

    body: bytes
    packed: bytes
    kind: str
    tag: str


def read_assets(folder: Traversable | None = None) -> dict[str, Asset]:
    """Every static file of the package (or of a folder) by the path that a client asks for, `/` among them."""
    found: dict[str, Asset] = {}
    _collect(files("synfin.web").joinpath("static") if folder is None else folder, "/", found)
    found["/"] = found[f"/{INDEX}"]
    return found


def _collect(folder: Traversable, prefix: str, found: dict[str, Asset]) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            _collect(entry, f"{prefix}{entry.name}/", found)
        elif len(found) < _TREE_LIMIT:
            suffix = entry.name.rpartition(".")[2].lower()
            if suffix in TYPES:
                found[prefix + entry.name] = _asset(entry.read_bytes(), suffix)


def _asset(body: bytes, suffix: str) -> Asset:
    packed = b""
    if len(body) >= GZIP_FROM and suffix not in _PACKED:
        packed = gzip.compress(body, 9, mtime=0)
    return Asset(body, packed, TYPES[suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')
