"""English: words on drawings and on the page of a run."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "drawing.title": "{left} and {right}",
    "drawing.numbers": (
        "seq and ack: relative number (number on the wire); win in octets. Time flows down, not to scale."
    ),
    "drawing.arrived": "arrived",
    "drawing.again": "sent again",
    "drawing.lost": "lost",
    "drawing.damaged": "damaged on the way",
    "drawing.late": "late or held back",
    "drawing.copy": "copy made by the network",
    "drawing.foreign": "injected by somebody else",
    "drawing.call": "the application calls",
    "drawing.told": "the application is told",
    "drawing.timer": "a timer fires",
    "drawing.wire": "wire: {numbers}",
    "drawing.limit": "the picture ends here: it shows {count} steps at most",
    "drawing.first": "first sent at {time} s",
    "figure.title": "The states of {host}",
    "figure.path": "The connection took this way: {path}",
    "figure.still": "No connection here changed its state.",
    "figure.passive-open": "passive OPEN",
    "figure.active-open": "active OPEN",
    "figure.close": "CLOSE",
    "figure.send": "SEND",
    "figure.rcv-syn": "rcv SYN",
    "figure.rcv-syn-ack": "rcv SYN,ACK",
    "figure.rcv-ack-of-syn": "rcv ACK of SYN",
    "figure.rcv-rst": "rcv RST",
    "figure.rcv-fin": "rcv FIN",
    "figure.rcv-ack-of-fin": "rcv ACK of FIN",
    "figure.timeout": "2MSL is over",
    "figure.snd-syn": "snd SYN",
    "figure.snd-syn-ack": "snd SYN,ACK",
    "figure.snd-ack": "snd ACK",
    "figure.snd-fin": "snd FIN",
    "page.states": "The way through the states",
    "page.segments": "Segments",
    "page.why": "Why",
    "page.limit": "the table ends here: it has {count} rows at most",
    "page.number": "No.",
    "page.time": "Sent, s",
    "page.way": "From → to",
    "page.segment": "Segment",
    "page.arrived": "Arrived, s",
}
