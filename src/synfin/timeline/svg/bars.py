"""States as bars: a colour and a pattern for each of the eleven.

Responsible for how a state looks wherever one is drawn.  States of one phase share a colour (before the connection is
open, closing first, closing second); the pattern tells them apart.
"""

from __future__ import annotations

from typing import Final

from synfin.timeline.svg.writer import Drawing

# State: colour, pattern drawn over it.
STATES: Final[dict[str, tuple[str, str]]] = {
    "LISTEN": ("faint", "dots"),
    "SYN_SENT": ("sky", "rising"),
    "SYN_RECEIVED": ("sky", "falling"),
    "ESTABLISHED": ("green", ""),
    "FIN_WAIT_1": ("orange", "rising"),
    "FIN_WAIT_2": ("orange", "level"),
    "CLOSING": ("purple", "crossed"),
    "TIME_WAIT": ("yellow", "level"),
    "CLOSE_WAIT": ("blue", "dots"),
    "LAST_ACK": ("blue", "falling"),
}
_PATTERNS: Final[dict[str, str]] = {
    "dots": '<circle cx="3" cy="3" r="1.3" class="{ground}"/>',
    "rising": '<path d="M-1 7l8-8M-1 13l14-14" class="{pen}" stroke-width="1.5"/>',
    "falling": '<path d="M-1-1l8 8M-7-1l14 14" class="{pen}" stroke-width="1.5"/>',
    "level": '<path d="M0 3h6" class="{pen}" stroke-width="1.8"/>',
    "crossed": '<path d="M0 0l6 6m0-6l-6 6" class="{pen}" stroke-width="1.2"/>',
}


def state_fill(drawing: Drawing, state: str) -> str:
    """The `fill` of a state on this drawing: `none` for CLOSED and for what is unknown."""
    found = STATES.get(state)
    if found is None:
        return "none"
    colour, pattern = found
    drawing.colour("fill", colour)
    if not pattern:
        return colour
    classes = {"ground": drawing.colour("fill", "ground"), "pen": drawing.colour("stroke", "ground")}
    over = _PATTERNS[pattern].format(**classes)
    return drawing.define(
        f"state-{state}",
        f'<pattern id="{{id}}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" class="fill-{colour}"/>{over}</pattern>',
    )


def state_bar(drawing: Drawing, state: str, x: float, y: float, width: float, height: float) -> None:
    """A piece of a life line in one state."""
    if state in STATES:
        drawing.rect(x, y, width, height, fill=state_fill(drawing, state), stroke="dim", stroke_width=0.6)
    else:
        middle = x + width / 2
        drawing.line(middle, y, middle, y + height, stroke="dim", stroke_width=1, stroke_dasharray="2 4")


def state_pill(drawing: Drawing, state: str, x: float, y: float, *, anchor: str) -> None:
    """The name of a state in a frame of its colour; `y` is the base line."""
    colour = STATES.get(state, ("dim", ""))[0]
    size = 9.0
    wide = len(state) * size * 0.65 + 8
    left = x if anchor == "start" else x - wide
    drawing.rect(left, y - 9.5, wide, 13, rx=3, fill="panel", stroke="dim" if colour == "faint" else colour)
    drawing.text(left + wide / 2, y, state, size, anchor="middle", mono=True, bold=True)
