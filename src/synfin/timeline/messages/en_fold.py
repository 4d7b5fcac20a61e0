"""English messages: what a run of uneventful segments carried, told in one line."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "fold.one": "{who}: {segments}, {octets}; {acks}; {time}",
    "fold.both": "{who}: {segments}, {octets}; {peer}: {back}, {octets_back}; {acks}; {time}",
    "fold.acks": "{acks}; {time}",
    "fold.connections": "{count} connections: {what}",
    "fold.segments.1": "1 data segment",
    "fold.segments.n": "{count} data segments",
    "fold.octets.1": "1 octet",
    "fold.octets.n": "{count} octets",
    "fold.acks.0": "no separate ACK",
    "fold.acks.1": "1 ACK",
    "fold.acks.n": "{count} ACKs",
}
