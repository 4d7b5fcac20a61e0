"""All scripts by name; each is a function that plays calls on a `Stage`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.sockets import scripts_ending, scripts_moving, scripts_opening, scripts_options, scripts_ready, scripts_udp
from tests.sockets.stage import Stage

SCRIPTS: Final[dict[str, Callable[[Stage], None]]] = {
    name: function
    for module in (scripts_opening, scripts_ending, scripts_moving, scripts_options, scripts_ready, scripts_udp)
    for name, function in vars(module).items()
    if callable(function) and not name.startswith("_") and getattr(function, "__module__", "") == module.__name__
}


def first_port(name: str) -> int:
    """The port before the first of a script: each has ten of its own, so that none meets what another has left."""
    return 10_000 + 10 * list(SCRIPTS).index(name)
