"""图表与首部图的中文文字。"""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {}
