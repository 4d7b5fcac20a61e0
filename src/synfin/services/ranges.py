"""The Range header field of HTTP (RFC 9110 14.1.2, 14.2)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

_LIMIT: Final = 32  # ranges in one request; more are answered with the whole file, as RFC 9110 14.2 allows
_SPEC: Final = re.compile(r"(\d{0,19})-(\d{0,19})", re.ASCII)


def parse_ranges(text: str, size: int) -> list[tuple[int, int]] | None:
    """The ranges of a Range field over a file of `size` octets, as (first, length).

    None: the field is to be ignored (another unit, malformed, too many, or overlapping ranges).  Empty: no range can be
    satisfied, which is status 416.
    """
    unit, equals, specs = text.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    found: list[tuple[int, int]] = []
    pieces = [spec.strip(" \t") for spec in specs.split(",")]
    pieces = [spec for spec in pieces if spec]
    if not pieces or len(pieces) > _LIMIT:
        return None
    for spec in pieces:
        match = _SPEC.fullmatch(spec)
        if match is None or spec == "-":
            return None
        first_text, last_text = match.groups()
        if first_text and last_text and int(last_text) < int(first_text):
            return None
        if first_text:
            first = int(first_text)
            last = min(int(last_text), size - 1) if last_text else size - 1
        else:
            first, last = max(0, size - int(last_text)), size - 1
        if first <= last and first < size:
            found.append((first, last - first + 1))
    ordered = sorted(found)
    for (first, length), (following, _) in pairwise(ordered):
        if following < first + length:
            return None
    return found
