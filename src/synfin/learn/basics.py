"""Chapters about what a connection is, flags, headers and layers: S23, S24, S26."""

from __future__ import annotations

from typing import Final

from synfin.lab.plan import Change, Plan
from synfin.learn.model import Chapter, Fact, Question
from synfin.learn.opening import MS, SECOND, STATES, TALK, WAVE
from synfin.learn.run import NOTHING, Run, seconds
from synfin.wire.addresses import Address
from synfin.wire.tcp import build_segment

HOUR: Final = 3_600 * SECOND


def _packet(run: Run, host: str, number: int) -> int:
    """Octets of the IPv4 packet of a host's n-th segment."""
    sent = run.nth(host, number)
    return 20 + len(build_segment(sent.segment, Address(b"\x0a\0\0\1"), Address(b"\x0a\0\0\2")))


def _header(run: Run, host: str, number: int) -> int:
    """Octets of the TCP header of a host's n-th segment."""
    return _packet(run, host, number) - 20 - run.nth(host, number).length


def _answered(run: Run) -> str:
    """What B sends between the segment that was damaged and the one that repeats it."""
    first, again = run.nth("A", 3).now, run.nth("A", 4).now
    return next((sent.flags for sent in run.all("B") if first < sent.now < again), NOTHING)


CONNECTION: Final = Chapter(
    "connection",
    ("S26",),
    (f"{TALK}: what is a connection",),
    {
        "day": Plan("just-state"),
        "keep": Plan("keep-alive"),
        "crash": Plan("handshake", changes=(Change(SECOND, "B", "crash"),), until=10 * HOUR),
        "write": Plan("handshake", changes=(
            Change(SECOND, "B", "crash"), Change(2 * SECOND, "B", "restart"), Change(HOUR, "A", "write", "1"))),
    },
    ("day", "keep", "write"),
    (
        Question("day", lambda run: run.state("A", 12 * HOUR), ("ESTABLISHED", "CLOSED", "FIN_WAIT_1")),
        Question("crash", lambda run: run.state("A"), ("ESTABLISHED", "CLOSED", "FIN_WAIT_1")),
        Question("write", lambda run: run.all("B")[-1].flags, ("ACK", "RST", "SYN+ACK", NOTHING)),
    ),
    {
        "silent": Fact("day", lambda run: len([s for s in run.sent if 60 * SECOND < s.now < 24 * HOUR])),
        "state": Fact("day", lambda run: run.state("A", 12 * HOUR)),
        "read": Fact("day", lambda run: run.received("B")),
        "found": Fact("keep", lambda run: seconds(run.entered("A", "CLOSED"))),
        "probes": Fact("keep", lambda run: len([sent for sent in run.sent if sent.rule == "keep-alive-probe"])),
        "told": Fact("write", lambda run: run.end("A")),
    },
)  # fmt: skip

FLAGS: Final = Chapter(
    "flags",
    ("S23",),
    (f"{STATES}: the six flags", f"{TALK}: SYN, ACK, FIN, RST"),
    {
        "odd": Plan("flags"),
        "odd_linux": Plan("flags", preset="linux"),
        "urgent": Plan("urgent"),
        "push": Plan("handshake", changes=(Change(SECOND, "A", "write", "4000"),)),
    },
    ("odd", "urgent"),
    (
        Question("odd", lambda run: run.after(449 * MS, "B"), ("RST", "RST+ACK", "SYN+ACK", NOTHING)),
        Question("urgent", lambda run: run.nth("A", 3).segment.urgent, ("1", "4", "5", "6")),
        Question("push", lambda run: len(run.all("A", "PSH+ACK")) - 1, ("1", "2", "3")),
    ),
    {
        "flags": Fact("urgent", lambda run: run.nth("A", 3).flags),
        "pointer": Fact("urgent", lambda run: run.nth("A", 3).segment.urgent),
        "dropped": Fact("odd", lambda run: run.rules("B").count("listen-dropped")),
        "synfin": Fact("odd", lambda run: run.path("B")[0]),
        "synfin_linux": Fact("odd_linux", lambda run: next(rule for rule in run.rules("B") if "syn-fin" in rule)),
    },
)  # fmt: skip

HEADERS: Final = Chapter(
    "headers",
    ("S24",),
    (f"{WAVE}: the TCP header", f"{WAVE}: the UDP header", f"{TALK}: the TCP header"),
    {
        "plain": Plan("handshake"),
        "options": Plan("options"),
        "damaged": Plan("bad-checksum"),
    },
    ("options", "damaged"),
    (
        Question("plain", lambda run: _header(run, "A", 3), ("20", "24", "32", "40")),
        Question("options", lambda run: _header(run, "A", 2), ("20", "32", "40", "60")),
        Question("damaged", _answered, ("RST", "ACK", "FIN+ACK", NOTHING)),
    ),
    {
        "syn": Fact("options", lambda run: _header(run, "A", 1)),
        "data": Fact("options", lambda run: _header(run, "A", 3)),
        "bare": Fact("plain", lambda run: _header(run, "A", 3)),
        "size": Fact("options", lambda run: run.nth("A", 3).length),
        "again": Fact("damaged", lambda run: seconds(run.nth("A", 4).now - run.nth("A", 3).now)),
        "read": Fact("damaged", lambda run: run.received("B")),
    },
)

LAYERS: Final = Chapter(
    "layers",
    ("S24", "S26"),
    (f"{WAVE}: the layers",),
    {
        "life": Plan("whole-life"),
        "cut": Plan("handshake", changes=(Change(SECOND, "link", "cut"), Change(2 * SECOND, "A", "write", "9"),
                                          Change(4 * SECOND, "link", "heal"))),
        "small": Plan("handshake", settings=(("A", "mss", "500"),), changes=(Change(SECOND, "A", "write", "1200"),)),
    },
    ("life", "cut"),
    (
        Question("life", lambda run: _packet(run, "A", 3), ("5", "25", "45", "59")),
        Question("small", lambda run: len([sent for sent in run.all("A") if sent.now >= SECOND and sent.length]),
                 ("1", "2", "3", "4")),
        Question("cut", lambda run: run.end("A"), (NOTHING, "reset", "timeout")),
    ),
    {
        "packet": Fact("life", lambda run: _packet(run, "A", 3)),
        "frame": Fact("life", lambda run: _packet(run, "A", 3) + 14),
        "text": Fact("life", lambda run: run.nth("A", 3).length),
        "bare": Fact("life", lambda run: _packet(run, "A", 2)),
        "lost": Fact("cut", lambda run: len([sent for sent in run.sent if sent.lost])),
        "read": Fact("cut", lambda run: len(run.received("B")) - 5),
    },
)  # fmt: skip

CHAPTERS: Final = (CONNECTION, FLAGS, HEADERS, LAYERS)
