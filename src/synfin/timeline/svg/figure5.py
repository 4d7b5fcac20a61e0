"""RFC 9293 3.3.2, figure 5, as a table: where the eleven states stand, and the way of each move between them.

Responsible for places and ways only, in the units of one canvas; what a connection did on it is drawn by `states`.  The
same table, as plain values, is `figure()`, for whoever draws it elsewhere.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

WIDTH: Final = 440.0
HEIGHT: Final = 648.0
BOX: Final = (96.0, 26.0)  # width and height of a state

Point = tuple[float, float]

# Middles of the boxes.  CLOSED stands twice, as in the RFC: where a connection begins, and where it ends.
STATE_POSITIONS: Final[dict[str, Point]] = {
    "CLOSED": (200, 30),
    "LISTEN": (200, 120),
    "SYN_RECEIVED": (70, 215),
    "SYN_SENT": (345, 215),
    "ESTABLISHED": (200, 310),
    "FIN_WAIT_1": (70, 400),
    "CLOSE_WAIT": (345, 400),
    "FIN_WAIT_2": (70, 490),
    "CLOSING": (200, 490),
    "LAST_ACK": (345, 490),
    "TIME_WAIT": (200, 585),
}
END: Final[Point] = (345, 585)  # of the lower CLOSED


class Move(NamedTuple):
    """One arrow: `event` causes it, `action` is what the RFC does then (both ids of texts, or empty).

    `way` are the corners of its line; `label` is the place of its text and `anchor` which end of the text is there.
    `drawn` tells whether figure 5 has it; the text of the RFC has more, mostly to CLOSED, by resets and time-outs.
    """

    origin: str
    target: str
    event: str
    action: str
    way: tuple[Point, ...]
    label: Point = (0, 0)
    anchor: str = "start"
    drawn: bool = True


MOVES: Final[tuple[Move, ...]] = (
    Move("CLOSED", "LISTEN", "passive-open", "", ((185, 43), (185, 107)), (180, 79), "end"),
    Move("LISTEN", "CLOSED", "close", "", ((215, 107), (215, 43)), (220, 92), "start"),
    Move("CLOSED", "SYN_SENT", "active-open", "snd-syn", ((248, 24), (372, 24), (372, 202)), (274, 19), "line"),
    Move("SYN_SENT", "CLOSED", "close", "", ((330, 202), (330, 38), (248, 38)), (324, 52), "end"),
    Move("LISTEN", "SYN_RECEIVED", "rcv-syn", "snd-syn-ack", ((160, 133), (100, 202)), (122, 156), "end"),
    Move("LISTEN", "SYN_SENT", "send", "snd-syn", ((242, 133), (318, 202)), (276, 150), "start"),
    Move("SYN_RECEIVED", "LISTEN", "rcv-rst", "", ((45, 202), (45, 120), (152, 120)), (60, 115), "start"),
    Move("SYN_SENT", "SYN_RECEIVED", "rcv-syn", "snd-syn-ack", ((297, 215), (118, 215)), (208, 210), "line-middle"),
    Move("SYN_RECEIVED", "ESTABLISHED", "rcv-ack-of-syn", "", ((105, 228), (170, 297)), (128, 276), "end"),
    Move("SYN_SENT", "ESTABLISHED", "rcv-syn-ack", "snd-ack", ((315, 228), (235, 297)), (291, 266), "start"),
    Move("SYN_RECEIVED", "FIN_WAIT_1", "close", "snd-fin", ((45, 228), (45, 387)), (51, 318), "start"),
    Move("ESTABLISHED", "FIN_WAIT_1", "close", "snd-fin", ((165, 323), (105, 387)), (126, 348), "end"),
    Move("ESTABLISHED", "CLOSE_WAIT", "rcv-fin", "snd-ack", ((240, 323), (318, 387)), (291, 345), "start"),
    Move("FIN_WAIT_1", "FIN_WAIT_2", "rcv-ack-of-fin", "", ((45, 413), (45, 477)), (51, 450), "start"),
    Move("FIN_WAIT_1", "CLOSING", "rcv-fin", "snd-ack", ((116, 409), (195, 477)), (166, 436), "start"),
    Move("CLOSE_WAIT", "LAST_ACK", "close", "snd-fin", ((345, 413), (345, 477)), (351, 442), "start"),
    Move("FIN_WAIT_2", "TIME_WAIT", "rcv-fin", "snd-ack", ((60, 503), (60, 585), (152, 585)), (66, 568), "start"),
    Move("CLOSING", "TIME_WAIT", "rcv-ack-of-fin", "", ((210, 503), (210, 572)), (216, 545), "start"),
    Move("LAST_ACK", "CLOSED", "rcv-ack-of-fin", "", ((345, 503), (345, 572)), (351, 545), "start"),
    Move("TIME_WAIT", "CLOSED", "timeout", "", ((248, 585), (297, 585)), (272, 613), "middle"),
    # Not in the figure
    Move("FIN_WAIT_1", "TIME_WAIT", "", "", ((104, 413), (165, 572)), drawn=False),
    Move("SYN_RECEIVED", "CLOSE_WAIT", "", "", ((118, 222), (160, 245), (300, 387)), drawn=False),
    Move("LISTEN", "ESTABLISHED", "", "", ((200, 133), (200, 297)), drawn=False),
    Move("CLOSED", "SYN_RECEIVED", "", "", ((152, 30), (22, 30), (22, 196), (30, 202)), drawn=False),
    Move("CLOSED", "ESTABLISHED", "", "", ((248, 34), (262, 46), (262, 284), (240, 297)), drawn=False),
    Move("TIME_WAIT", "SYN_RECEIVED", "", "", ((190, 598), (190, 632), (10, 632), (10, 215), (22, 215)), drawn=False),
    Move(
        "SYN_RECEIVED", "CLOSED", "", "", ((22, 220), (16, 226), (16, 626), (340, 626), (340, 598)), drawn=False
    ),
    Move("ESTABLISHED", "CLOSED", "", "", ((248, 312), (428, 312), (428, 585), (393, 585)), drawn=False),
    Move("FIN_WAIT_1", "CLOSED", "", "", ((22, 400), (16, 406), (16, 626), (340, 626), (340, 598)), drawn=False),
    Move("FIN_WAIT_2", "CLOSED", "", "", ((22, 490), (16, 496), (16, 626), (340, 626), (340, 598)), drawn=False),
    Move("CLOSE_WAIT", "CLOSED", "", "", ((393, 400), (428, 406), (428, 585), (393, 585)), drawn=False),
    Move("CLOSING", "CLOSED", "", "", ((248, 490), (280, 496), (280, 562), (306, 572)), drawn=False),
)  # fmt: skip


def figure() -> dict[str, Any]:
    """The figure as JSON-ready values, with the ids of its texts (`figure.EVENT`)."""
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "box": list(BOX),
        "states": {name: list(place) for name, place in STATE_POSITIONS.items()},
        "end": list(END),
        "moves": [
            {
                "from": move.origin,
                "to": move.target,
                "event": f"figure.{move.event}" if move.event else "",
                "action": f"figure.{move.action}" if move.action else "",
                "way": [list(point) for point in move.way],
                "label": list(move.label),
                "anchor": move.anchor,
                "drawn": move.drawn,
            }
            for move in MOVES
        ],
    }
