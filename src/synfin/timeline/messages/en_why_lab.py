"""English: what the simulated network did to a frame, or to a host, and what follows from it."""

from __future__ import annotations

from typing import Final

LAB: Final[dict[str, str]] = {
    "why.rule.fault-drop": (
        "The frame left its sender, took its time on the cable and never arrived, as a real one does when a queue "
        "overflows or a radio link fails. Nobody tells either end: the sender finds out by the missing "
        "acknowledgment, the receiver, if at all, by a gap. Everything that follows in this run follows from that "
        "silence. Faults are described in docs/faults.md."
    ),
    "why.rule.fault-dup": (
        "Two copies arrive where one was sent, as happens when a link layer repeats a frame whose own "
        "acknowledgment it has missed. TCP must not deliver the octets twice, nor count an old SYN as a new wish; "
        "sequence numbers make both copies recognizable as the same. Watch how the second one is answered: with an "
        "ACK, never with trouble (RFC 9293 3.4)."
    ),
    "why.rule.fault-delay": (
        "The frame is not lost but late, and later frames overtake it. To the sender lateness and loss look the "
        "same until the acknowledgment comes, so it may send again needlessly; and a copy that arrives late enough "
        "is an old duplicate. TIME_WAIT, starting numbers that follow the clock, and three-way handshakes exist for "
        "such segments (RFC 9293 3.4.1, 3.5)."
    ),
    "why.rule.fault-reorder": (
        "This frame waits until others have passed it. IP promises no order, as packets may take different paths. "
        "The receiver sees a gap and repeats its ACK; if more than two overtake, a sender that counts to three "
        "takes the reordering for loss and sends again for nothing. Methods that go by time are more patient (RFC "
        "5681 3.2, RFC 8985 3)."
    ),
    "why.rule.fault-corrupt": (
        "One bit behind the IP header is turned. The receiver's checksum will not match, so it drops the segment "
        "without a word: the addresses and ports may be wrong as well, and nobody can say who should be told. For "
        "TCP, damage is therefore the same as loss, and is repaired in the same way (RFC 9293 3.1)."
    ),
    "why.rule.fault-hold": (
        "The frame is kept back, neither lost nor delivered, until the run lets go of it. It makes visible what "
        "normally passes in an instant, such as SYN_RECEIVED while the third segment of a handshake is missing. "
        "Timers go on: held back for long, the segment will have been sent again before it arrives, and is an old "
        "duplicate then."
    ),
    "why.rule.fault-mark": (
        "A router's queue is growing, and as the packet says that its ends understand ECN, the router sets CE "
        "instead of dropping it. The data arrives undamaged, and the news with it; a round trip later the sender "
        "slows down without having lost anything. A packet that does not say so could only be dropped (RFC 3168 5)."
    ),
    "why.rule.link-loss": (
        "The link was made with a probability of loss, and chance, drawn from the run's seed, hit this frame. The "
        "same seed gives the same losses again, so that a run can be repeated and a change of settings be compared "
        "under equal luck. Which frames are hit has nothing to do with what they carry."
    ),
    "why.rule.link-queue-full": (
        "The sender hands over faster than the cable's rate lets frames go, so they wait in a queue, and this one "
        "found it full. It is how most losses on the Internet come about: not noise, but too much at once. "
        "Congestion control reads a loss as this very message and sends less (RFC 5681 1)."
    ),
    "why.rule.link-mtu-exceeded": (
        "The frame is larger than this cable carries, and a cable, unlike a router, has nobody to say so: no ICMP "
        "message comes back. The sender sees silence, sends the same size again, and silence again; small segments "
        "pass. Networks that filter ICMP look like this, which is known as a path MTU black hole (RFC 2923 2.1)."
    ),
    "why.rule.link-down": (
        "The cable is cut, so nothing passes. Neither end learns of it from the network: an idle connection notices "
        "nothing at all and goes on where it was once the cable is mended, even a day later. Only who sends finds "
        "out, by time-outs. A connection is a state at both ends, not a wire between them (RFC 9293 3.8.3)."
    ),
    "why.rule.host-down": (
        "The frame arrived where no host is running: it crashed and has not been restarted. A dead host sends no "
        "RST and no FIN, so its peer cannot tell it from a slow one and retransmits until it gives up. A host that "
        "is up again, but without its memory, would answer with a RST at once (RFC 9293 3.5.1)."
    ),
    "why.rule.injected-old-duplicate": (
        "A segment sent long ago, in this connection or an earlier one, comes out of the network only now. {who} "
        "knows nothing of it. IP lets a packet wander for a while, so that TCP has to live with such visitors: the "
        "three-way handshake keeps old SYNs from opening ghosts, windows and timestamps keep out old data, "
        "TIME_WAIT lets them die (RFC 9293 3.5, figure 8)."
    ),
    "why.rule.injected-spoofed": (
        "Somebody else wrote this segment and put {who}'s address on it. IP does not check senders, so what "
        "protects a connection is what a forger cannot see: the starting numbers and the ports. Hence random "
        "starting numbers, resets that must hit one number exactly, challenge ACKs, and SYN cookies against floods "
        "(RFC 4987 2, RFC 5961 1)."
    ),
    "why.rule.injected-by-hand": (
        "The scenario itself put this segment on the wire, to show what an odd one brings about; no stack would "
        "have sent it just now. {who} does not know that it seems to come from there: its own variables are as "
        "before, and an answer to it may surprise it. The receiver's part, in contrast, is the real one."
    ),
    "why.rule.host-crashed": (
        "{who} loses power, so to speak: connections, queues and listeners vanish, and nothing is sent, neither FIN "
        "nor RST. Its peers stay ESTABLISHED and do not suspect anything; RFC 9293 3.5.1 calls such a connection "
        "half-open, which is not what study notes mean by that word. They find out when they send, or by "
        "keep-alive."
    ),
    "why.rule.host-restarted": (
        "{who} runs again with the same addresses and an empty memory. Segments of connections from before meet no "
        "block and draw a RST, from which the peer learns that its half is worthless. A new SYN of {who}'s on the "
        "old ports draws an ACK with the old numbers first, which {who} resets, and then it can connect (RFC 9293 "
        "3.5.1, figures 9 and 10)."
    ),
}

MESSAGES: Final[dict[str, str]] = {**LAB}
