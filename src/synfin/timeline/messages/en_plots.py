"""English texts of plots and header diagrams."""

from __future__ import annotations

from typing import Final

PLOTS: Final[dict[str, str]] = {
    "plot.sequence": "Sequence numbers over time",
    "plot.window": "Congestion window",
    "plot.rtt": "Round-trip time and retransmission timeout",
    "plot.throughput": "Throughput, in bins of {bin}",
    "plot.flight": "Bytes in flight",
    "plot.zoom": "Around the first loss",
    "plot.zoom_resent": "Around the first retransmission",
    "plot.flow": "{host}: {local} → {remote}",
    "plot.counts": "{sent} sent, {acknowledged} acknowledged, {resent} segments sent again, {lost} seen lost",
    "plot.time": "time (s)",
    "plot.axis_sequence": "sequence number (SYN = 0)",
    "plot.axis_bytes": "octets",
    "plot.axis_rtt": "milliseconds",
    "plot.axis_rate": "bit/s",
    "plot.new": "data sent",
    "plot.retransmitted": "sent again",
    "plot.lost": "lost on the way",
    "plot.duplicate": "doubled by the network",
    "plot.acks": "acknowledged",
    "plot.right_edge": "edge of the peer's window",
    "plot.sack": "SACK block",
    "plot.cwnd": "cwnd",
    "plot.ssthresh": "ssthresh",
    "plot.in_flight": "in flight",
    "plot.peer_window": "peer's window",
    "plot.samples": "RTT samples",
    "plot.srtt": "SRTT",
    "plot.rto": "RTO",
    "plot.sent_rate": "sent",
    "plot.acknowledged_rate": "acknowledged",
    "plot.unprobed": "cwnd and ssthresh are not in this recording: it has segments only",
    "plot.no_font": "no font with Chinese characters was found, so the labels are in English",
    "plot.kind": "there is no plot named {name}; there are {names}",
    "plot.suffix": "cannot save a plot as {name}; use .png, .svg or .pdf",
    "plot.missing": 'plots need matplotlib: pip install "synfin[plot]"',
}

BOX: Final[dict[str, str]] = {
    "box.title": "{layer}: {octets} octets from octet {offset} on",
    "box.segment": "Segment {number}: {flags}, {src} → {dst}, {time} s",
    "box.more": "… {count} octets more",
    "box.none": "there is no segment {number}; this run has {count}",
    "box.field": "{label} {value}",
    "box.said": "{label}: {text}",
    "box.hex": "in hex",
    "box.aside": "{field} ({text})",
    "box.role.where": "ports and addresses",
    "box.role.number": "numbers and times",
    "box.role.length": "lengths and offsets",
    "box.role.window": "window",
    "box.role.flag": "flag that is set",
    "box.role.check": "checksums",
}

MESSAGES: Final[dict[str, str]] = {**PLOTS, **BOX}
