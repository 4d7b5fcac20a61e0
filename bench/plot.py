"""The figures of a run as a picture: bars for each measurement, one below the other, as SVG.

Text stays text, nothing is told by colour alone, and light and dark backgrounds both work (docs of the project: ux).
"""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape

# Measurement, figure, heading, digits, whether more is better.
PANELS: Final = (
    ("receive", "Gbit/s", "bulk into the stack, Gbit/s", 2),
    ("send", "Gbit/s", "bulk out of the stack, Gbit/s", 2),
    ("connects", "1/s", "whole connections a second, one after another", 0),
    ("connects-64", "1/s", "whole connections a second, 64 at a time", 0),
    ("ping-pong", "p50 us", "one octet there and back, median, µs (less is better)", 0),
    ("idle-10000", "bytes", "octets per idle connection (less is better)", 0),
)
_OURS: Final = "#0072B2"  # Okabe and Ito
_OTHERS: Final = "#E69F00"
_WIDTH: Final = 860
_LABEL: Final = 250  # where bars begin
_VALUE: Final = 90  # room for the figure behind the longest bar
_LINE: Final = 20
_BAR: Final = 13

_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #1a1a1a }
.h { font-weight: 600; font-size: 14px }
.v { font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) { text { fill: #e8e8e8 } .bg { fill: #16181c } }
"""


def rows(document: dict[str, Any], name: str, unit: str) -> list[tuple[str, float]]:
    """Setup and figure of those that have one, in the order of the run."""
    found = []
    for setup, measures in document["median"].items():
        value = measures.get(name, {}).get(unit)
        if value is not None:
            found.append((setup, float(value)))
    return found


def draw(document: dict[str, Any]) -> str:
    """The SVG."""
    parts: list[str] = []
    top = 16
    for name, unit, heading, digits in PANELS:
        values = rows(document, name, unit)
        if not values:
            continue
        top += 18
        parts.append(f'<text class="h" x="12" y="{top}">{escape(heading)}</text>')
        top += 8
        most = max(value for _, value in values) or 1.0
        for setup, value in values:
            length = value / most * (_WIDTH - _LABEL - _VALUE)
            colour = _OURS if setup.startswith("synfin") else _OTHERS
            base = top + _BAR - 2
            shown = f"{value:,.{digits}f}"
            parts.append(f'<text x="{_LABEL - 8}" y="{base}" text-anchor="end">{escape(setup)}</text>')
            parts.append(f'<rect x="{_LABEL}" y="{top}" width="{max(length, 1):.1f}" height="{_BAR}" fill="{colour}"/>')
            parts.append(f'<text class="v" x="{_LABEL + max(length, 1) + 6:.1f}" y="{base}">{shown}</text>')
            top += _LINE
        top += 10
    title = "synfin beside other TCP stacks"
    described = "; ".join(
        f"{heading}: " + ", ".join(f"{setup} {value:,.{digits}f}" for setup, value in rows(document, name, unit))
        for name, unit, heading, digits in PANELS
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'aria-labelledby="t d"><title id="t">{escape(title)}</title><desc id="d">{escape(described)}</desc>'
        f'<style>{_STYLE}</style><rect class="bg" width="{_WIDTH}" height="{top}" fill="#ffffff"/>'
        + "".join(parts)
        + "</svg>\n"
    )
