"""A run as a file: pictures, texts, the capture, a test.

Responsible for names, types and for what cannot be had; what is in a file comes from the part that owns the format.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Final, NamedTuple

from synfin.lab.plan import test_source
from synfin.lab.scenarios import SCENARIOS
from synfin.timeline.caption import Caption
from synfin.timeline.document import dump
from synfin.timeline.messages import catalog
from synfin.timeline.notes import notes_of
from synfin.web.asked import RequestError
from synfin.web.runs import Run


class File(NamedTuple):
    """A file: its name, its type, its octets."""

    name: str
    kind: str
    body: bytes


def export(run: Run, form: str, lang: str) -> File:
    """The run in a format of `FORMATS`; raises `RequestError` for another one, and where there is no such file."""
    maker = FORMATS.get(form)
    if maker is None:
        raise RequestError(f"there is no format {form[:50]!r}; there are {', '.join(FORMATS)}", "format")
    kind, make = maker
    name = run.name.replace("-", "_") if form == "test" else run.name
    return File(f"test_{name}.py" if form == "test" else f"{name}.{form}", kind, make(run, lang))


def _svg(run: Run, lang: str) -> bytes:
    return run.timeline.svg(lang, caption=Caption(*run.caption(catalog(lang)))).encode()


def _html(run: Run, lang: str) -> bytes:
    texts = catalog(lang)
    notes = tuple(notes_of(SCENARIOS[run.plan.scenario], texts)) if run.plan is not None else ()
    return run.timeline.html(lang, caption=Caption(*run.caption(texts)), notes=notes).encode()


def _txt(run: Run, lang: str) -> bytes:
    title, details = run.caption(catalog(lang))
    return "\n".join([title, *details, "", run.timeline.text(lang)]).encode()


def _mmd(run: Run, lang: str) -> bytes:
    return run.timeline.mermaid(lang).encode()


def _json(run: Run, lang: str) -> bytes:
    return dump(run.timeline.document(**run.about)).encode()


def _pcapng(run: Run, lang: str) -> bytes:
    if run.world is None:
        raise RequestError("this run came from a capture: it is there already", "format")
    stream = BytesIO()
    run.world.write_capture(stream)
    return stream.getvalue()


def _test(run: Run, lang: str) -> bytes:
    if run.plan is None:
        raise RequestError("a capture has no plan, so there is no test of it", "format")
    if run.endless or run.truncated:
        raise RequestError("a run without end makes no test; give it an end (until)", "format")
    return test_source(run.plan).encode()


FORMATS: Final[dict[str, tuple[str, Callable[[Run, str], bytes]]]] = {
    "svg": ("image/svg+xml", _svg),
    "html": ("text/html; charset=utf-8", _html),
    "txt": ("text/plain; charset=utf-8", _txt),
    "json": ("application/json", _json),
    "pcapng": ("application/vnd.tcpdump.pcap", _pcapng),
    "mmd": ("text/plain; charset=utf-8", _mmd),
    "test": ("text/x-python; charset=utf-8", _test),
}
