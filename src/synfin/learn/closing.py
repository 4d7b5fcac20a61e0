"""Chapters about how connections end: S12 to S22."""

from __future__ import annotations

from typing import Final

from synfin.lab.plan import Change, Plan
from synfin.learn.model import Chapter, Fact, Question
from synfin.learn.opening import MS, NOTES, SECOND, STATES, TALK, WAVE
from synfin.learn.run import NOTHING, Run, seconds


def _counted_from(run: Run) -> str:
    """From which moment the 240 s up to CLOSED were counted at A."""
    closed = run.entered("A", "CLOSED")
    moments = {
        "first-fin": run.entered("A", "TIME_WAIT"),
        "last-fin": run.nth("B", -1, "FIN+ACK").now + 10 * MS,
        "close-call": run.entered("A", "FIN_WAIT_1"),
    }
    return next(name for name, moment in moments.items() if closed - moment == 240 * SECOND)


HASTY: Final = ("A", "teach_no_time_wait", "on")
LINGER: Final = ("A", "linger", "0ms")
EARLIER: Final = (("A", "isn", "99"), ("B", "isn", "299"))

FOUR_WAY: Final = Chapter(
    "four-way",
    ("S12", "S15"),
    (f"{WAVE}: the four messages", f"{WAVE}: why four", f"{NOTES}: why four", f"{NOTES}: why not three",
     f"{TALK}: why four", f"{STATES}: FIN_WAIT_1 straight to TIME_WAIT", f"{STATES}: LAST_ACK",
     f"{STATES}: FIN_WAIT_1 is hard to see"),
    {
        "four": Plan("close"),
        "three": Plan("three-way-close"),
        "fin_lost": Plan("fin-lost"),
        "ack_lost": Plan("fin-ack-lost"),
        "second_lost": Plan("second-fin-lost"),
    },
    ("four", "three", "fin_lost", "ack_lost", "second_lost"),
    (
        Question("four", lambda run: run.nth("B", 2).ack, ("99", "100", "101", "300")),
        Question("three", lambda run: run.path("A")[run.path("A").index("FIN_WAIT_1") + 1],
                 ("FIN_WAIT_2", "CLOSING", "TIME_WAIT", "CLOSED")),
        Question("ack_lost", lambda run: run.nth("A", 4).flags, ("FIN+ACK", "ACK", "RST", NOTHING)),
    ),
    {
        "fin": Fact("four", lambda run: run.nth("A", 3).seq),
        "fin_ack": Fact("four", lambda run: run.nth("B", 2).ack),
        "fin_b": Fact("four", lambda run: run.nth("B", 3).seq),
        "last": Fact("four", lambda run: run.nth("A", 4).ack),
        "flags": Fact("four", lambda run: run.nth("A", 3).flags),
        "path_a": Fact("four", lambda run: " → ".join(run.path("A")[2:])),
        "path_b": Fact("four", lambda run: " → ".join(run.path("B")[2:])),
        "gap": Fact("four", lambda run: seconds(run.nth("B", 3).now - run.nth("B", 2).now)),
        "three": Fact("three", lambda run: len([sent for sent in run.sent if sent.now > 100 * MS])),
        "three_path": Fact("three", lambda run: " → ".join(run.path("A")[2:])),
    },
)  # fmt: skip

HALF_CLOSE: Final = Chapter(
    "half-close",
    ("S13",),
    (f"{WAVE}: the half-closed connection", f"{STATES}: FIN_WAIT_2 is half a connection"),
    {
        "half": Plan("half-close"),
        "late": Plan("close-then-data"),
        "unread": Plan("close-unread"),
        "write": Plan("half-close", changes=(Change(160 * MS, "A", "write", "5"),)),
    },
    ("half", "late", "unread"),
    (
        Question("half", lambda run: run.nth("A", 4).ack, ("300", "301", "324", "325")),
        Question("late", lambda run: run.all("A")[-1].flags, ("ACK", "RST", "FIN+ACK", NOTHING)),
        Question("unread", lambda run: run.all("A")[-1].flags, ("FIN+ACK", "RST+ACK", "ACK", "RST")),
    ),
    {
        "read": Fact("half", lambda run: len(run.received("A"))),
        "seq": Fact("half", lambda run: run.nth("A", 4).seq),
        "state": Fact("half", lambda run: run.state("A", run.nth("A", 4).now)),
        "peer": Fact("half", lambda run: run.state("B", run.nth("B", 3).now)),
        "error": Fact("write", lambda run: run.failed("A")[0]),
        "late": Fact("late", lambda run: run.all("A")[-1].flags),
        "late_b": Fact("late", lambda run: " → ".join(run.path("B")[2:])),
        "unread": Fact("unread", lambda run: run.all("A")[-1].flags),
    },
)

SIMULTANEOUS_CLOSE: Final = Chapter(
    "simultaneous-close",
    ("S16",),
    (f"{STATES}: CLOSING",),
    {
        "cross": Plan("simultaneous-close"),
        "lost": Plan("simultaneous-close-ack-lost"),
        "later": Plan("simultaneous-close", changes=(Change(150 * MS, "A", "close"),)),
    },
    ("cross", "lost"),
    (
        Question("cross", lambda run: run.path("B")[run.path("B").index("FIN_WAIT_1") + 1],
                 ("FIN_WAIT_2", "CLOSING", "TIME_WAIT", "CLOSE_WAIT")),
        Question("lost", lambda run: run.after(240 * MS, "A"), ("FIN+ACK", "ACK", "RST", NOTHING)),
        Question("later", lambda run: "yes" if "CLOSING" in run.path("A") else "no", ("yes", "no")),
    ),
    {
        "path": Fact("cross", lambda run: " → ".join(run.path("A")[2:])),
        "fin_ack": Fact("cross", lambda run: run.nth("A", 3).ack),
        "covers": Fact("cross", lambda run: run.nth("A", 4).ack),
        "wait": Fact("cross", lambda run: seconds(run.stay("B", "TIME_WAIT"))),
        "later": Fact("later", lambda run: " → ".join(run.path("A")[2:])),
    },
)  # fmt: skip

TIME_WAIT: Final = Chapter(
    "time-wait",
    ("S17", "S18"),
    (f"{WAVE}: what 2MSL is for", f"{NOTES}: what TIME_WAIT is for", f"{TALK}: what TIME_WAIT is for",
     f"{STATES}: TIME_WAIT"),
    {
        "lost": Plan("last-ack-lost"),
        "lost_linux": Plan("last-ack-lost", preset="linux"),
        "stranger": Plan("last-ack-lost", settings=(HASTY,)),
        "guarded": Plan("old-data"),
        "clock": Plan("old-data", settings=(HASTY,)),
        "old": Plan("old-data", settings=(
            HASTY, ("A", "teach_constant_isn", "100"), ("B", "teach_constant_isn", "300"))),
        "again": Plan("time-wait-reuse"),
        "duplicate": Plan("time-wait-old-duplicate"),
        "reset": Plan("time-wait-reset"),
    },
    ("lost", "stranger", "guarded", "old", "again", "duplicate"),
    (
        Question("lost", _counted_from, ("first-fin", "last-fin", "close-call")),
        Question("stranger", lambda run: run.all("A")[-1].flags, ("ACK", "FIN+ACK", "RST", NOTHING)),
        Question("guarded", lambda run: run.failed("A")[0], ("EADDRNOTAVAIL", "ECONNREFUSED", "ETIMEDOUT")),
    ),
    {
        "wait": Fact("guarded", lambda run: seconds(run.stay("A", "TIME_WAIT"))),
        "whole": Fact("lost", lambda run: seconds(run.entered("A", "CLOSED") - run.entered("A", "TIME_WAIT"))),
        "linux": Fact("lost_linux", lambda run: seconds(run.entered("A", "CLOSED") - run.entered("A", "TIME_WAIT"))),
        "fins": Fact("lost", lambda run: len(run.all("B", "FIN+ACK"))),
        "again": Fact("stranger", lambda run: run.all("A")[-1].flags),
        "error": Fact("guarded", lambda run: run.failed("A")[0]),
        "stopped": Fact("clock", lambda run: run.received("B").count("old order")),
        "twice": Fact("old", lambda run: run.received("B").count("old order")),
        "reopened": Fact("again", lambda run: seconds(run.nth("B", -1, "SYN+ACK").now)),
        "ignored": Fact("reset", lambda run: run.rules("A")[-1]),
    },
)  # fmt: skip

MANY_TIME_WAITS: Final = Chapter(
    "many-time-waits",
    ("S19",),
    (f"{NOTES}: too many TIME_WAIT", f"{TALK}: too many TIME_WAIT, what is the harm",
     f"{TALK}: too many TIME_WAIT, what helps"),
    {
        "ports": Plan("time-wait-ports"),
        "linger": Plan("linger-reset"),
        "short": Plan("time-wait-ports", settings=(("A", "msl", "50ms"),)),
        "timeout": Plan("time-wait-ports", settings=(("A", "fin_wait_2_timeout", "1ms"),)),
        "linger_ports": Plan("time-wait-ports", settings=(LINGER,)),
    },
    ("ports", "linger"),
    (
        Question("ports", lambda run: run.failed("A")[0], ("ECONNREFUSED", "EADDRNOTAVAIL", "ETIMEDOUT", "EADDRINUSE")),
        Question("timeout", lambda run: len(run.failed("A")), ("0", "1", "5")),
        Question("linger_ports", lambda run: run.all("A")[-1].flags, ("FIN+ACK", "ACK", "RST+ACK")),
    ),
    {
        "worked": Fact("ports", lambda run: len(run.all("A", "SYN"))),
        "error": Fact("ports", lambda run: run.failed("A")[0]),
        "short": Fact("short", lambda run: len(run.failed("A"))),
        "timeout": Fact("timeout", lambda run: len(run.failed("A"))),
        "lingered": Fact("linger_ports", lambda run: len(run.failed("A"))),
        "reset": Fact("linger", lambda run: run.all("A")[-1].flags),
    },
)  # fmt: skip

CLOSE_WAIT: Final = Chapter(
    "close-wait",
    ("S20", "S21"),
    (f"{STATES}: CLOSE_WAIT", f"{STATES}: FIN_WAIT_2", f"{TALK}: who is in which state"),
    {
        "stuck": Plan("close-wait", until=24 * 3_600 * SECOND),
        "closed": Plan("close-wait", changes=(Change(10 * SECOND, "B", "close"),)),
        "waits": Plan("fin-wait-2"),
        "linux": Plan("fin-wait-2", preset="linux"),
        "keep": Plan(
            "close-wait", settings=(("B", "keep_alive", "on"), ("B", "keep_alive_idle", "10s")), until=100 * SECOND
        ),
    },
    ("stuck", "closed", "waits", "linux"),
    (
        Question("stuck", lambda run: run.state("B"), ("CLOSED", "LAST_ACK", "CLOSE_WAIT")),
        Question("linux", lambda run: run.all("A")[-1].flags, ("ACK", "RST", "FIN+ACK", NOTHING)),
        Question("keep", lambda run: run.state("B"), ("CLOSED", "LAST_ACK", "CLOSE_WAIT")),
    ),
    {
        "b": Fact("stuck", lambda run: run.state("B")),
        "a": Fact("stuck", lambda run: run.state("A")),
        "freed": Fact("closed", lambda run: " → ".join(run.path("B")[3:])),
        "rfc": Fact("waits", lambda run: seconds(run.stay("A", "FIN_WAIT_2"))),
        "linux": Fact("linux", lambda run: seconds(run.stay("A", "FIN_WAIT_2"))),
        "rst": Fact("linux", lambda run: run.all("A")[-1].flags),
    },
)  # fmt: skip

RESETS: Final = Chapter(
    "resets",
    ("S22",),
    (f"{TALK}: RST",),
    {
        "refused": Plan("refused"),
        "half": Plan("half-open"),
        "again": Plan("half-open-reconnect"),
        "checks": Plan("reset-checks"),
        "abort": Plan("abort"),
        "lost": Plan("abort", faults=("drop(A>B,RST+ACK)",)),
    },
    ("refused", "half", "again", "checks", "abort"),
    (
        Question("refused", lambda run: run.nth("B", 1).ack, ("0", "100", "101")),
        Question("checks", lambda run: run.after(200 * MS, "B"), ("RST", "ACK", "SYN+ACK", NOTHING)),
        Question("lost", lambda run: run.state("B"), ("CLOSED", "ESTABLISHED", "CLOSE_WAIT")),
    ),
    {
        "refused": Fact("refused", lambda run: run.end("A")),
        "flags": Fact("refused", lambda run: run.nth("B", 1).flags),
        "seq": Fact("refused", lambda run: run.nth("B", 1).seq),
        "ack": Fact("refused", lambda run: run.nth("B", 1).ack),
        "found": Fact("half", lambda run: run.end("B")),
        "rst": Fact("half", lambda run: run.all("A")[-1].flags),
        "rules": Fact("checks", lambda run: ", ".join(run.rules("B"))),
        "lost": Fact("lost", lambda run: run.state("B")),
    },
)  # fmt: skip

CHAPTERS: Final = (
    FOUR_WAY,
    HALF_CLOSE,
    SIMULTANEOUS_CLOSE,
    TIME_WAIT,
    MANY_TIME_WAITS,
    CLOSE_WAIT,
    RESETS,
)
