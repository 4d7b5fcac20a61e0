"""English messages: what has to be said about a capture before it is drawn."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "capture.client": "client",
    "capture.server": "server",
    "capture.inferred": "From a capture: states are inferred from the segments; timers and calls do not show.",
    "capture.one_place": "Captured near {near}: all times are those there; {far} has received what it acknowledged.",
    "capture.middle": "The connection's beginning is missing: it is taken to be open; window scales are not known.",
    "capture.unsummed": "Most checksums of {who} are wrong: they were left to the network card, so that is no damage.",
    "capture.one_of": "Connection {number} of {count} in this capture.",
    "capture.left_cut": "Frames left out because the capture cut them short: {count}.",
    "capture.left_no_ip": "Frames left out because they are no IP packets: {count}.",
    "capture.left_no_tcp": "Packets left out because they are not TCP, or fragments: {count}.",
    "capture.left_broken": "Packets left out because their headers make no sense: {count}.",
    "capture.left_links": "Frames left out because their link type is not understood: {count}.",
    "capture.left_beyond": "Packets left out because the file has too many: {count}.",
    "capture.left_surplus": "Packets left out because the file has too many connections: {count}.",
    "capture.left_damaged": "Segments of this connection with a wrong checksum: {count}.",
    "capture.ends_early": "The file is damaged from octet {octet} on; what stands before was read.",
    "capture.list_head": "No.",
    "capture.list_ends": "ENDS",
    "capture.list_packets": "PACKETS",
    "capture.list_how": "HOW IT WENT",
    "capture.final": "As far as it shows, at the end: {states}",
    "capture.summary": (
        "{who}: {segments} segments, {octets} octets, sent again: {again}; "
        "{peer}: {segments_back} segments, {octets_back} octets, sent again: {again_back}"
    ),
    "capture.list_quiet": "no SYN",
    "capture.list_middle": "starts in the middle",
}
