"""Captures for `record`: which connection, and what cannot be used.

Reading them is `synfin.timeline.capture`'s affair; a script is stricter than a picture, so here more is an error.
"""

from __future__ import annotations

from pathlib import Path

from synfin.errors import UsageError
from synfin.timeline.capture.connections import CLIENT, CONNECTION_LIMIT, ENDS, SERVER, Captured, read_contents
from synfin.timeline.capture.frames import PACKET_LIMIT, Seen


class RecordError(UsageError):
    """A capture cannot be made a script; the text says why, and what there is instead."""


def read_connections(path: str | Path) -> list[Captured]:
    """All TCP connections of a capture file.  Raises `RecordError`, `CaptureError` and `OSError`."""
    contents = read_contents(path)
    left = contents.left
    if left.error is not None:
        raise left.error
    if left.links:
        link = next(iter(left.links))
        raise RecordError(f"link type {link} is not understood; there are Ethernet, raw IP, loopback and Linux cooked")
    if contents.surplus:
        raise RecordError(f"more than {CONNECTION_LIMIT} connections in one capture")
    if left.beyond:
        raise RecordError(f"more than {PACKET_LIMIT} packets, or too many octets, in one capture")
    return contents.connections


def choose(found: list[Captured], number: int | None, path: str) -> Captured:
    """The connection with that number, or the only one; raises `RecordError`, which lists those there are."""
    if not found:
        raise RecordError(f"{path}: there is no TCP connection in this capture")
    listed = "; ".join(str(one) for one in found[:20]) + ("; ..." if len(found) > 20 else "")
    if number is None:
        if len(found) > 1:
            raise RecordError(f"{path}: which connection? Give --connection N: {listed}")
        number = 1
    if not 1 <= number <= len(found):
        raise RecordError(f"{path}: there is no connection {number}; there are {listed}")
    chosen = found[number - 1]
    if not chosen.whole:
        raise RecordError(
            f"{path}: connection {number} starts in the middle, its SYN is missing; capture it from the beginning"
        )
    return chosen


__all__ = ["CLIENT", "ENDS", "SERVER", "Captured", "RecordError", "Seen", "choose", "read_connections"]
