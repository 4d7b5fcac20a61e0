"""The pictures of the documentation, kept in docs/pictures: drawn by the renderers from runs of the lab.

`python -m tests.timeline.pictures` (or `make pictures`) draws them anew; a test tells when that is due.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from synfin.lab.scenarios import SCENARIOS, run
from synfin.lab.world import World
from synfin.timeline.messages import LANGUAGES, catalog
from synfin.timeline.notes import caption_of
from synfin.timeline.svg.states import draw_states
from synfin.timeline.world import timeline_of

STORED: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
LADDERS: Final = ("handshake", "ack-lost-data", "fin-lost", "simultaneous-close", "whole-life")
STATES: Final = (("whole-life", "A"), ("whole-life", "B"), ("simultaneous-close", "A"))
SEED: Final = 1


def ladder(name: str, lang: str) -> str:
    """The ladder of a scenario, as `synfin demo NAME --svg FILE` draws it."""
    scenario, texts = SCENARIOS[name], catalog(lang)
    world = run(name, seed=SEED)
    caption = caption_of(scenario, texts, preset=world.preset, seed=world.seed, faults=scenario.faults)
    return timeline_of(world).svg(lang, caption=caption)


def transfer() -> World:
    """A transfer of 46,000 octets in which one segment is lost."""
    world = World(seed=SEED)
    a, b = world.host("A"), world.host("B")
    world.link(a, b, delay="20ms", rate="10Mbit")
    world.fault("drop(A>B,DATA,27)")
    b.listen(80, receive_buffer_bytes=1_000_000)
    client = a.connect("B", 80, send_buffer_bytes=1_000_000)
    world.at("100ms", lambda: a.write(client, bytes(46_000)) and None)
    world.run(until="390ms")
    return world


def pictures() -> dict[str, str]:
    """File name and text of each picture."""
    found: dict[str, str] = {}
    for lang in LANGUAGES:
        for name in LADDERS:
            found[f"{name}.{lang}.svg"] = ladder(name, lang)
        for name, host in STATES:
            found[f"{name}-states-{host}.{lang}.svg"] = draw_states(timeline_of(run(name, seed=SEED)), host, lang).svg()
        found[f"transfer.{lang}.svg"] = timeline_of(transfer()).svg(lang)
    return found


def main() -> None:
    """Draw them all."""
    STORED.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (STORED / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
