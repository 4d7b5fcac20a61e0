"""What stands over a picture: a title, and lines of detail under it."""

from __future__ import annotations

from typing import NamedTuple


class Caption(NamedTuple):
    """A title (empty: the names of the hosts) and lines of detail."""

    title: str = ""
    details: tuple[str, ...] = ()
