"""Chapters about how connections begin: S01 to S11 and S25."""

from __future__ import annotations

from typing import Final

from synfin.lab.plan import Change, Plan
from synfin.learn.model import Chapter, Fact, Question
from synfin.learn.run import NOTHING, Run, seconds

MS: Final = 1_000_000
SECOND: Final = 1_000 * MS
WAVE: Final = "handshake-and-wave"
NOTES: Final = "handshake-notes"
TALK: Final = "interview-dialogue"
STATES: Final = "states-in-detail"
GHOST: Final = ("B", "teach_establish_on_syn", "on")
CONSTANT: Final = (("A", "teach_constant_isn", "100"), ("B", "teach_constant_isn", "300"))


def _times(run: Run, host: str, flags: str) -> str:
    """When the segments with these flags left: `0, 1, 3, 7 s`."""
    return f"{', '.join(seconds(sent.now).split()[0] for sent in run.all(host, flags))} s"


THREE_WAY: Final = Chapter(
    "three-way",
    ("S01",),
    (f"{NOTES}: the three messages", f"{WAVE}: why three", f"{NOTES}: why three", f"{STATES}: the three messages",
     f"{TALK}: the three messages"),
    {"plain": Plan("handshake")},
    ("plain",),
    (
        Question("plain", lambda run: run.nth("B", 1).ack, ("100", "101", "300", "301")),
        Question("plain", lambda run: run.state("B", run.entered("A", "ESTABLISHED")),
                 ("LISTEN", "SYN_RECEIVED", "ESTABLISHED")),
        Question("plain", lambda run: run.nth("A", 3).seq, ("100", "101", "102", "301")),
    ),
    {
        "seq1": Fact("plain", lambda run: run.nth("A", 1).seq),
        "seq2": Fact("plain", lambda run: run.nth("B", 1).seq),
        "ack2": Fact("plain", lambda run: run.nth("B", 1).ack),
        "seq3": Fact("plain", lambda run: run.nth("A", 2).seq),
        "ack3": Fact("plain", lambda run: run.nth("A", 2).ack),
        "first": Fact("plain", lambda run: seconds(run.entered("A", "ESTABLISHED"))),
        "second": Fact("plain", lambda run: seconds(run.entered("B", "ESTABLISHED"))),
    },
)  # fmt: skip

TWO_MESSAGES: Final = Chapter(
    "two-messages",
    ("S05",),
    (f"{WAVE}: why not two", f"{NOTES}: why not two", f"{TALK}: are two enough"),
    {
        "real": Plan("old-duplicate-syn"),
        "ghost": Plan("old-duplicate-syn-closed", settings=(GHOST,), faults=("drop(A>B,RST)",)),
        "race": Plan("old-duplicate-syn-race"),
        "told": Plan("old-duplicate-syn", settings=(GHOST,)),
    },
    ("real", "ghost", "race"),
    (
        Question("real", lambda run: run.nth("A", 2).flags, ("ACK", "RST", "SYN", "FIN+ACK")),
        Question("ghost", lambda run: run.state("B"), ("LISTEN", "SYN_RECEIVED", "ESTABLISHED", "CLOSED")),
        Question(
            "race", lambda run: seconds(run.entered("A", "ESTABLISHED")), ("0.02 s", "0.04 s", "1.02 s", "3.02 s")
        ),
    ),
    {
        "old": Fact("real", lambda run: run.nth("A", 2).seq - 1),
        "isn": Fact("real", lambda run: run.nth("A", 1).seq),
        "back": Fact("real", lambda run: run.path("B")[1]),
        "waiting": Fact("real", lambda run: run.state("A", run.nth("A", 2).now)),
        "ghost": Fact("ghost", lambda run: run.state("B")),
        "ghost_a": Fact("ghost", lambda run: run.state("A")),
        "rst": Fact("real", lambda run: run.nth("A", 2).seq),
        "told": Fact("told", lambda run: run.told("B")[0]),
        "raced": Fact("race", lambda run: seconds(run.nth("A", 2, "SYN").now)),
    },
)

NUMBERS: Final = Chapter(
    "numbers",
    ("S02", "S03", "S14"),
    (f"{WAVE}: a SYN takes a number and may not carry data", f"{WAVE}: an ACK without data takes no number",
     f"{STATES}: a FIN takes a number"),
    {
        "syn": Plan("syn-data"),
        "linux": Plan("syn-data", preset="linux"),
        "cookie": Plan("fast-open"),
        "bad": Plan("fast-open-bad-cookie"),
        "third": Plan("ack-with-data"),
        "fin": Plan("fin-number"),
        "gap": Plan("fin-before-data"),
    },
    ("syn", "cookie", "bad", "third", "fin", "gap"),
    (
        Question("syn", lambda run: run.nth("B", 1).ack, ("100", "101", "106")),
        Question("fin", lambda run: run.nth("B", 2).ack - run.nth("A", 3).seq, ("0", "1", "3", "4")),
        Question("gap", lambda run: run.state("B", 90 * MS), ("ESTABLISHED", "CLOSE_WAIT", "LAST_ACK")),
    ),
    {
        "syn_ack": Fact("syn", lambda run: run.nth("B", 1).ack),
        "linux_ack": Fact("linux", lambda run: run.nth("B", 1).ack),
        "cookie_read": Fact("cookie", lambda run: run.received("B")),
        "third_seq": Fact("third", lambda run: run.nth("A", 2).seq),
        "third_len": Fact("third", lambda run: run.nth("A", 2).length),
        "third_ack": Fact("third", lambda run: run.nth("B", 2).ack),
        "fin_seq": Fact("fin", lambda run: run.nth("A", 3).seq),
        "fin_len": Fact("fin", lambda run: run.nth("A", 3).length),
        "fin_ack": Fact("fin", lambda run: run.nth("B", 2).ack),
    },
)  # fmt: skip

OPEN_STATES: Final = Chapter(
    "open-states",
    ("S04", "S09"),
    (f"{WAVE}: active and passive open", f"{STATES}: SYN_RCVD is hard to see", f"{STATES}: LISTEN, SYN_SENT, CLOSED",
     f"{NOTES}: the diagram of states"),
    {
        "plain": Plan("handshake"),
        "held": Plan("syn-received"),
        "moves": Plan("open-states"),
        "close": Plan("syn-never-answered", changes=(Change(500 * MS, "A", "close"),)),
        "reset": Plan("syn-received", changes=(Change(100 * MS, "A", "abort"),)),
    },
    ("held", "moves"),
    (
        Question("held", lambda run: run.state("B", 300 * MS), ("LISTEN", "SYN_RECEIVED", "ESTABLISHED")),
        Question("close", lambda run: run.after(500 * MS, "A"), ("FIN+ACK", "RST", "RST+ACK", NOTHING)),
        Question("reset", lambda run: run.path("B")[1], ("LISTEN", "CLOSED", "ESTABLISHED")),
    ),
    {
        "stay": Fact("held", lambda run: seconds(run.stay("B", "SYN_RECEIVED"))),
        "short": Fact("plain", lambda run: seconds(run.stay("B", "SYN_RECEIVED"))),
        "stray": Fact("moves", lambda run: run.state("A", 100 * MS)),
        "rst": Fact("moves", lambda run: run.all("B", "RST")[0].seq),
    },
)  # fmt: skip

SYN_LOST: Final = Chapter(
    "syn-lost",
    ("S06",),
    (f"{TALK}: the first packet is lost",),
    {
        "one": Plan("syn-lost"),
        "never": Plan("syn-never-answered"),
        "linux": Plan("syn-never-answered", preset="linux"),
        "three": Plan("syn-lost", own_faults=False, faults=("drop(A>B,SYN,1..3)",)),
    },
    ("one", "never", "linux"),
    (
        Question("one", lambda run: run.nth("A", 2, "SYN").seq, ("100", "101", "64100", "another")),
        Question("three", lambda run: seconds(run.nth("A", 4, "SYN").now), ("3 s", "4 s", "7 s", "8 s")),
        Question("never", lambda run: run.end("A"), ("refused", "reset", "timeout")),
    ),
    {
        "times": Fact("never", lambda run: _times(run, "A", "SYN")),
        "end": Fact("never", lambda run: seconds(run.entered("A", "CLOSED"))),
        "linux_times": Fact("linux", lambda run: _times(run, "A", "SYN")),
        "linux_end": Fact("linux", lambda run: seconds(run.entered("A", "CLOSED"))),
        "states": Fact("never", lambda run: run.state("B")),
        "isn": Fact("one", lambda run: run.nth("A", 2, "SYN").seq),
    },
)

SYNACK_LOST: Final = Chapter(
    "synack-lost",
    ("S07",),
    (f"{TALK}: the second packet is lost",),
    {
        "one": Plan("synack-lost"),
        "slow": Plan("synack-lost", own_faults=False, faults=("drop(B>A,SYN+ACK,1)", "drop(A>B,SYN,2)")),
        "late": Plan("handshake", faults=("dup(B>A,SYN+ACK,1,500ms)",)),
        "gone": Plan(
            "synack-lost", own_faults=False, faults=("drop(B>A,SYN+ACK)",), changes=(Change(1_500 * MS, "A", "crash"),)
        ),
    },
    ("one", "late"),
    (
        Question("one", lambda run: run.nth("B", 2).seq, ("300", "301", "64300", "another")),
        Question("late", lambda run: run.after(500 * MS, "A"), ("RST", "ACK", "SYN", NOTHING)),
        Question("one", lambda run: run.state("B", 500 * MS), ("LISTEN", "SYN_RECEIVED", "ESTABLISHED")),
    ),
    {
        "again": Fact("one", lambda run: seconds(run.nth("A", 2, "SYN").now)),
        "answer": Fact("one", lambda run: seconds(run.nth("B", 2).now)),
        "isn": Fact("one", lambda run: run.nth("B", 2).seq),
        "timer": Fact("slow", lambda run: seconds(run.nth("B", 2).now)),
        "waits": Fact("one", lambda run: run.state("B", 500 * MS)),
        "end": Fact("gone", lambda run: seconds(run.moves("B")[-1].now)),
        "end_state": Fact("gone", lambda run: run.state("B")),
    },
)

ACK_LOST: Final = Chapter(
    "ack-lost",
    ("S08",),
    (f"{TALK}: the third packet is lost, nobody sends", f"{TALK}: the third packet is lost, the client sends",
     f"{TALK}: the third packet is lost, the server wants to send"),
    {
        "quiet": Plan("ack-lost"),
        "client": Plan("ack-lost-data"),
        "server": Plan("ack-lost-server-first"),
        "never": Plan("ack-lost-always"),
        "cookie": Plan("syn-cookie-ack-lost"),
        "full": Plan("accept-queue-full"),
    },
    ("quiet", "client", "server", "never", "cookie", "full"),
    (
        Question("client", lambda run: run.state("B", run.nth("A", 3).now + 10 * MS),
                 ("SYN_RECEIVED", "ESTABLISHED", "LISTEN")),
        Question("server", lambda run: run.nth("B", 2).flags, ("PSH+ACK", "SYN+ACK", "RST", NOTHING)),
        Question("never", lambda run: run.all("B")[-1].flags, ("ACK", "SYN+ACK", "RST", "FIN+ACK")),
    ),
    {
        "again": Fact("quiet", lambda run: seconds(run.nth("B", 2).now)),
        "done": Fact("quiet", lambda run: seconds(run.entered("B", "ESTABLISHED"))),
        "data": Fact("client", lambda run: seconds(run.entered("B", "ESTABLISHED"))),
        "first": Fact("server", lambda run: seconds(run.nth("B", 1, "PSH+ACK").now)),
        "given_up": Fact("never", lambda run: seconds(run.moves("B")[-1].now)),
        "belief": Fact("never", lambda run: run.state("A", run.moves("B")[-1].now)),
        "told": Fact("never", lambda run: run.end("A")),
        "cookie_a": Fact("cookie", lambda run: run.state("A")),
        "cookie_b": Fact("cookie", lambda run: run.state("B")),
        "cookie_count": Fact("cookie", lambda run: len(run.all("B"))),
        "accepted": Fact("full", lambda run: seconds(run.moves("B")[-1].now)),
    },
)  # fmt: skip

ISN: Final = Chapter(
    "isn",
    ("S25",),
    (f"{TALK}: why is the number random", f"{TALK}: how is the number made"),
    {
        "real": Plan("isn"),
        "clock": Plan("old-data", settings=(("A", "teach_no_time_wait", "on"),)),
        "constant": Plan("old-data", settings=(("A", "teach_no_time_wait", "on"), *CONSTANT)),
    },
    ("real", "clock", "constant"),
    (
        Question("real", lambda run: (run.nth("A", 3, "SYN").seq - run.nth("A", 1, "SYN").seq) % (1 << 32),
                 ("0", "64000", "500000", "another")),
        Question("constant", lambda run: run.received("B").count("old order"), ("0", "1", "2")),
        Question("clock", lambda run: run.after(2_050 * MS, "B"), ("ACK", "RST", "RST+ACK", NOTHING)),
    ),
    {
        "first": Fact("real", lambda run: run.nth("A", 1, "SYN").seq),
        "other": Fact("real", lambda run: run.nth("A", 2, "SYN").seq),
        "third": Fact("real", lambda run: run.nth("A", 3, "SYN").seq),
        "step": Fact("real", lambda run: (run.nth("A", 3, "SYN").seq - run.nth("A", 1, "SYN").seq) % (1 << 32)),
        "apart": Fact("real", lambda run: seconds(run.nth("A", 3, "SYN").now - run.nth("A", 1, "SYN").now)),
        "twice": Fact("constant", lambda run: run.received("B").count("old order")),
        "rule": Fact("clock", lambda run: run.rules("B")[-1]),
    },
)  # fmt: skip

SYN_FLOOD: Final = Chapter(
    "syn-flood",
    ("S10",),
    (f"{STATES}: the half-open queue",),
    {
        "flood": Plan("syn-flood"),
        "cookies": Plan("syn-flood-cookies"),
        "switch": Plan("syn-flood", settings=(("B", "syn_cookies", "on"),)),
        "room": Plan("syn-flood", settings=(("B", "syn_backlog", "10"),)),
    },
    ("flood", "cookies"),
    (
        Question("flood", lambda run: run.state("A"), ("SYN_SENT", "ESTABLISHED", "CLOSED")),
        Question("switch", lambda run: run.state("A", SECOND), ("SYN_SENT", "ESTABLISHED", "CLOSED")),
        Question("room", lambda run: run.state("A", SECOND), ("SYN_SENT", "ESTABLISHED", "CLOSED")),
    ),
    {
        "stuck": Fact("flood", lambda run: run.state("A")),
        "tries": Fact("flood", lambda run: len(run.all("A", "SYN"))),
        "full": Fact("flood", lambda run: run.rules("B").count("syn-queue-full")),
        "through": Fact("cookies", lambda run: run.state("A")),
        "read": Fact("cookies", lambda run: run.received("B")),
        "sent": Fact("cookies", lambda run: run.rules("B").count("syn-cookie-sent")),
    },
)

SIMULTANEOUS_OPEN: Final = Chapter(
    "simultaneous-open",
    ("S11",),
    (f"{STATES}: SYN_RCVD without LISTEN",),
    {
        "cross": Plan("simultaneous-open"),
        "lost": Plan("simultaneous-open", faults=("drop(A>B,SYN,1)",)),
    },
    ("cross", "lost"),
    (
        Question("cross", lambda run: run.path("A")[1], ("SYN_RECEIVED", "ESTABLISHED", "LISTEN")),
        Question("cross", lambda run: run.nth("A", 2).seq, ("100", "101", "301")),
        Question("lost", lambda run: run.path("B")[1], ("SYN_RECEIVED", "ESTABLISHED", "CLOSED")),
    ),
    {
        "path": Fact("cross", lambda run: " → ".join(run.path("A"))),
        "count": Fact("cross", lambda run: len([sent for sent in run.sent if "SYN" in sent.flags])),
        "isn": Fact("cross", lambda run: run.nth("A", 2).seq),
        "lost_path": Fact("lost", lambda run: " → ".join(run.path("A"))),
    },
)

CHAPTERS: Final = (
    THREE_WAY,
    TWO_MESSAGES,
    NUMBERS,
    OPEN_STATES,
    SYN_LOST,
    SYNACK_LOST,
    ACK_LOST,
    ISN,
    SYN_FLOOD,
    SIMULTANEOUS_OPEN,
)
