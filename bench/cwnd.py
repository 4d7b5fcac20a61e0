"""Windows over time in the lab, one line per congestion control, as numbers and as SVG.

`python -m bench.cwnd [--svg FILE] [--rate 10Mbit] [--delay 50ms] [--queue 125KB] [--loss 0] [--seconds 16] [NAME ...]`:
one flow of each algorithm, alone on the same path, under the same seed; so the same command gives the same picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from synfin.config import MILLISECOND, SECOND
from synfin.lab.world import World
from synfin.services.simple import Discard
from synfin.tcp import Connection, Event
from synfin.timeline.plots import BLUE, GREEN, PURPLE, VERMILION

STEP: Final = 100 * MILLISECOND
CHUNK: Final = bytes(65_536)
COLOURS: Final = (BLUE, VERMILION, GREEN, PURPLE)
DASHES: Final = ("", "7 3", "2 2", "9 3 2 3")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 320, 56, 16, 96, 36
STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #1a1a1a }
.a { stroke: #888; fill: none }
@media (prefers-color-scheme: dark) { text { fill: #e8e8e8 } .bg { fill: #16181c } }
"""


def windows(name: str, options: argparse.Namespace) -> tuple[list[int], float]:
    """cwnd in segments, every tenth of a second from the first on; and the goodput in Mbit/s."""
    world = World(seed=1, record=False)
    settings = {"send_buffer_bytes": 8_000_000, "receive_buffer_bytes": 8_000_000, "congestion": name}
    a, b = world.host("A", **settings), world.host("B", **settings)
    world.link(a, b, delay=options.delay, rate=options.rate, queue=options.queue, loss=options.loss)

    def send(connection: Connection, event: Event, now: int) -> None:
        if event in (Event.CONNECTED, Event.WRITABLE):
            while a.write(connection, CHUNK) == len(CHUNK):
                pass

    b.listen(9, Discard().accept)
    connection = a.connect(b.addresses[0], 9, send)
    seen = []
    for moment in range(STEP, options.seconds * SECOND + 1, STEP):
        world.run(until=moment)
        seen.append(connection.info().snd_cwnd)
    return seen, connection.info().bytes_acked * 8 / options.seconds / 1e6


def draw(lines: dict[str, list[int]], title: str) -> str:
    """The SVG; lines differ in colour and in dashes."""
    most = max(max(values) for values in lines.values())
    count = max(len(values) for values in lines.values())
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}</title><desc>cwnd in segments over seconds: {', '.join(lines)}</desc><style>{STYLE}</style>",
        f'<rect class="bg" width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path class="a" d="M{LEFT} {TOP}V{TOP + down}H{LEFT + across}"/>',
    ]
    for part in range(5):
        y = TOP + down - part * down // 4
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{most * part // 4}</text>')
    seconds = count * STEP // SECOND
    for second in range(0, seconds + 1, max(seconds // 8, 1)):
        x = LEFT + second * across // max(seconds, 1)
        parts.append(f'<text x="{x}" y="{HEIGHT - 14}" text-anchor="middle">{second} s</text>')
    for number, (name, values) in enumerate(lines.items()):
        points = " ".join(
            f"{LEFT + (index + 1) * across / count:.1f},{TOP + down - value * down / most:.1f}"
            for index, value in enumerate(values)
        )
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        style = f'fill="none" stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dashes}"'
        parts.append(f'<polyline points="{points}" {style}/>')
        y = TOP + 20 + 18 * number
        x = WIDTH - RIGHT + 8
        parts.append(f'<line x1="{x}" x2="{x + 24}" y1="{y - 4}" y2="{y - 4}" {style}/>')
        parts.append(f'<text x="{x + 30}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="congestion windows over time, in the lab")
    parser.add_argument("names", nargs="*", default=["newreno", "cubic", "bbr"])
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--rate", default="10Mbit")
    parser.add_argument("--delay", default="50ms")
    parser.add_argument("--queue", default="125KB")
    parser.add_argument("--loss", default=0.0, type=float)
    parser.add_argument("--seconds", default=16, type=int)
    options = parser.parse_args()
    lines = {}
    for name in options.names:
        lines[name], goodput = windows(name, options)
        each_second = " ".join(f"{value:4}" for value in lines[name][9::10])
        print(f"{name:8} {each_second}   {goodput:.2f} Mbit/s")
    if options.svg is not None:
        title = f"{options.rate}, {options.delay} each way, queue {options.queue}, loss {options.loss:.0%}"
        options.svg.write_text(draw(lines, title), encoding="utf-8")


if __name__ == "__main__":
    main()
