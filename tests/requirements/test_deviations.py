"""The table of Linux's differences in docs/deviations.md says what the preset does."""

from __future__ import annotations

from synfin.config import LINUX, TcpConfig
from tests.requirements import table


def rows() -> dict[str, tuple[str, str]]:
    """Setting to (RFC default, Linux value) as the page has them."""
    found = {}
    for line in table.DEVIATIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            name, ours, linux, reason = (cell.strip() for cell in line.strip("|").split("|"))
            assert len(reason) > 20
            found[name.strip("`")] = (ours.replace("_", ""), linux.replace("_", ""))
    return found


def test_page_and_preset_agree() -> None:
    defaults = TcpConfig()
    assert rows() == {name: (str(getattr(defaults, name)), str(value)) for name, value in LINUX.items()}
