"""English texts of plots and header diagrams."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {}
