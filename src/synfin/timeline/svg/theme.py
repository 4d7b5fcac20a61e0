"""Colours by name, for light, dark and print, and the style sheet that goes with them.

Accents are those of Okabe and Ito, which people with any kind of colour vision tell apart; colour never says anything
alone.  Each rule gives the plain colour first and the custom property second: a viewer that knows no custom properties
shows the light picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# Name: on light ground and on paper, on dark ground.
COLOURS: Final[dict[str, tuple[str, str]]] = {
    "ground": ("#ffffff", "#16181c"),
    "panel": ("#f5f6f8", "#21242a"),
    "faint": ("#d5d9df", "#3a3f48"),
    "dim": ("#5b6470", "#a3acb8"),
    "ink": ("#1a1c20", "#e9ebee"),
    "orange": ("#e69f00", "#e69f00"),
    "sky": ("#56b4e9", "#56b4e9"),
    "green": ("#009e73", "#1fb98c"),
    "yellow": ("#f0e442", "#d8cc3a"),
    "blue": ("#0072b2", "#3d9be0"),
    "vermilion": ("#d55e00", "#f07a24"),
    "purple": ("#cc79a7", "#d98bb6"),
}
SANS: Final = "system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
MONO: Final = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
SCOPE: Final = "synfin"  # class of every drawing: rules reach nothing else on a page


def properties(scope: str = f".{SCOPE}") -> str:
    """The custom properties of all colours, on a selector."""
    light = ";".join(f"--{name}:{pair[0]}" for name, pair in COLOURS.items())
    dark = ";".join(f"--{name}:{pair[1]}" for name, pair in COLOURS.items())
    return (
        f"{scope}{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{{scope}{{{dark}}}}}\n"
        f"@media print{{{scope}{{{light};print-color-adjust:exact}}}}\n"
    )


def rules(used: Iterable[str]) -> str:
    """Rules for the classes that drawings use: `fill-NAME`, `stroke-NAME` with a colour's name, `mono`, `bold`."""
    found = [f".{SCOPE}{{font-family:{SANS};max-width:100%;height:auto}}", f".{SCOPE} text{{white-space:pre}}"]
    for name in sorted(used):
        if name == "mono":
            found.append(f".{SCOPE} .mono{{font-family:{MONO}}}")
        elif name == "bold":
            found.append(f".{SCOPE} .bold{{font-weight:600}}")
        else:
            kind, colour = name.split("-", 1)
            found.append(f".{SCOPE} .{name}{{{kind}:{COLOURS[colour][0]};{kind}:var(--{colour})}}")
    return "\n".join(found) + "\n"
