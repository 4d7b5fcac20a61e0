"""A capture that a client sends, as a run.

Responsible for its limits and for choosing the connection; reading, states and remarks are `timeline.capture`'s.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from synfin.errors import UsageError
from synfin.timeline.capture import Contents, timeline_of
from synfin.timeline.capture.connections import sort_into
from synfin.timeline.capture.frames import Left, packets
from synfin.timeline.messages import Catalog
from synfin.web.asked import RequestError
from synfin.web.limits import CAPTURE_LISTED, CAPTURE_PACKETS, CAPTURE_TEXT
from synfin.web.runs import Run

NAME: Final = "capture"


def read_capture_run(body: bytes, number: int, texts: Catalog, *, limit: int = CAPTURE_PACKETS) -> Run:
    """Connection `number`, from 1, of a pcapng or pcap file; at most `limit` of its packets are looked at.

    Raises `RequestError` for what is no capture, and where there is no such connection.
    """
    contents = Contents([], [], Left())
    try:
        sort_into(contents, packets(BytesIO(body), contents.left, contents.interfaces, limit=limit))
    except UsageError as error:
        raise RequestError(str(error)) from None
    connections = contents.connections
    if not connections:
        raise RequestError(f"there is no TCP connection in this capture ({contents.left.frames} frames)")
    if not 1 <= number <= len(connections):
        raise RequestError(f"there is no connection {number}; there are 1 to {len(connections)}", "connection")
    timeline = timeline_of(connections[number - 1], contents, lang=texts.language)
    run = Run(NAME, timeline, {}, truncated=contents.left.beyond > 0)
    run.listed = {
        "connection": number,
        "count": len(connections),
        "list": [str(one)[:CAPTURE_TEXT] for one in connections[:CAPTURE_LISTED]],
    }
    return run


def capture_document(run: Run, name: str, texts: Catalog) -> dict[str, Any]:
    """The run document of a capture that is kept under a name."""
    return {**run.document(texts), "capture": name, "captured": run.listed}
