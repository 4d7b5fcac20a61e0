"""English: why the rules about loss repair, the window and the order of text are as they are."""

from __future__ import annotations

from typing import Final

REPAIR: Final[dict[str, str]] = {
    "why.rule.recovery-failed": (
        "Fast recovery needs acknowledgments to pace it. The retransmission timer expired, so none came: the "
        "retransmission itself was lost, or most of a window with it. All estimates of what is in the network are "
        "void then. The window falls to one segment and grows again by slow start; what SACK has told is kept, so "
        "that only the holes are sent again (RFC 6675 5.1)."
    ),
    "why.rule.recovery-by-duplicates-failed": (
        "The timer expired in the middle of a recovery that had only duplicate ACKs to go by. One hole per round "
        "trip is all that NewReno can repair, and here even that stood still. Slow start begins with one segment, "
        "and the highest number sent is remembered: the retransmissions will cause duplicate ACKs of their own, "
        "which must not start another fast retransmit (RFC 6582 3.2)."
    ),
    "why.rule.retransmission-lost": (
        "Something that was sent after a retransmission has arrived, and the retransmission has not: it was lost "
        "too. Counting duplicates could never tell, since the first loss has used them up; only times of sending "
        "can, and without them a time-out would have to. It is a second sign of congestion, so the window is "
        "reduced once more (RFC 8985 6.2, RFC 5681 4.3)."
    ),
    "linux.rule.retransmission-lost": "It is sent again too, but the window is reduced only once.",
    "why.rule.loss-probe-repaired": (
        "The last segment was lost, and with nothing behind it no duplicate ACK could tell. The probe sent it "
        "again, and the ACK that came covers it without reporting a second copy: so the first one never arrived. "
        "The loss is repaired already, but it was congestion all the same. Unless the window is reduced now, probes "
        "would hide losses from congestion control (RFC 8985 7.4)."
    ),
}

UNDO: Final[dict[str, str]] = {
    "why.rule.undo-dsack": (
        "Each octet that was sent again has come back in a D-SACK: the receiver had it already, so nothing was "
        "lost. Reordering, or late acknowledgments, looked like loss. Halving the window was a mistake, and it is "
        "taken back; otherwise every reordered burst would cost half the speed. Reordering is allowed for from now "
        "on (RFC 3708 2)."
    ),
    "why.rule.undo-timestamps": (
        "The ACK that covers the hole echoes a timestamp older than the retransmission. So it was caused by the "
        "original segment, which was only late or overtaken. Without timestamps the two copies look alike. The "
        "reduced window and threshold are restored, and new data goes on where it stopped (RFC 3522 3.2, RFC 4015 "
        "3.2)."
    ),
    "why.rule.undo-timeout": (
        "The timer expired, a segment was sent again, and then came an ACK with a timestamp from before that: the "
        "original was under way all the time, and the round trip had just become longer than the time-out. Going on "
        "with slow start would send a whole window twice. The window is restored, the time-out no longer backed off "
        "(RFC 3522 3.2)."
    ),
    "why.rule.undo-frto": (
        "After a time-out one segment was sent again, then new data rather than more old. The two ACKs that "
        "followed moved on, the second over data that was never resent: the originals must have arrived, and the "
        "time-out was spurious, as when a radio link pauses. It needs neither timestamps nor D-SACK. Had an ACK "
        "been a duplicate instead, ordinary recovery would have followed (RFC 5682 2.1)."
    ),
}

WINDOW: Final[dict[str, str]] = {
    "why.rule.window-opened": (
        "An acknowledgment brought a window in which something fits, so probing ends and {who} sends. Window "
        "updates are bare ACKs, which nobody acknowledges: had this one been lost, the next probe would have drawn "
        "the same news. The clock of the time-out starts afresh, since the silence was the receiver's wish and not "
        "the network's fault (RFC 9293 3.8.6.1)."
    ),
    "why.rule.window-zero": (
        "{peer}'s application does not read, its buffer is full, and its ACK says so. {who} stops, and instead of "
        "the retransmission timer the persist timer runs. It is needed because the update that reopens the window "
        "may be lost: then {who} would wait for {peer} and {peer} for {who}, for ever. This is flow control; "
        "congestion control knows nothing of it (RFC 9293 3.8.6.1)."
    ),
    "why.rule.urgent-advanced": (
        "The URG flag points to an octet further on than before, and the application on {who} is told that "
        "something urgent lies ahead, once for each advance. The data itself stays where it is in the stream; it is "
        "not out of band, and the pointer names the octet after the last urgent one. Routers and stacks have "
        "treated it so differently that RFC 6093 advises new programs against it (RFC 9293 3.8.5, 3.10.7.4)."
    ),
    "linux.rule.urgent-advanced": "Urgent text behind the peer's FIN is told of too.",
}

ORDER: Final[dict[str, str]] = {
    "why.rule.text-duplicate": (
        "All of this text lies below RCV.NXT: it was delivered before. Either our ACK was lost or late, or the "
        "network doubled a packet. The application does not see it a second time, which is what sequence numbers "
        "are for. The next ACK names the range in its first SACK block, below the acknowledged number; so the "
        "sender learns that its retransmission was not needed (RFC 2883 4)."
    ),
    "why.rule.text-duplicate-held": (
        "This text lies beyond a gap and is in the queue already. The cumulative ACK cannot say so, as it stands "
        "still at the gap; a first SACK block inside the second one can. The sender learns that this copy was "
        "superfluous, and which hole is really open (RFC 2883 4)."
    ),
    "why.rule.text-out-of-order": (
        "The number is inside the window but beyond what comes next, so a segment is missing or late. Throwing this "
        "text away would be allowed and wasteful: it would have to be sent again. {who} keeps it, delivers nothing "
        "yet, and repeats its ACK at once, with a SACK block where agreed; such duplicates are what lets the sender "
        "find the loss without a time-out (RFC 9293 3.10.7.4, RFC 5681 4.2)."
    ),
    "why.rule.text-after-fin": (
        "A FIN is the end of {peer}'s numbers; text behind it cannot exist, unless a stack is broken or somebody "
        "forges. It is neither delivered nor acknowledged: the application has been told end-of-file, and nothing "
        "may follow that. RFC 9293 3.10.7.4 (seventh step): this should not occur; ignore the text."
    ),
    "linux.rule.text-after-fin": (
        "Text that reaches from the FIN to numbers behind it counts as text that nobody will read, and resets the "
        "connection."
    ),
    "why.rule.text-after-close": (
        "{who}'s application called close(), not shutdown(): it will never read again. Acknowledging the text would "
        "be a lie, for {peer} would think it was received; dropping it in silence would have {peer} retransmit for "
        "minutes. So {who} answers with a RST and forgets the connection, and {peer}'s application learns that data "
        "was lost (RFC 9293 3.6.1)."
    ),
    "why.rule.reassembly-full": (
        "Each piece beyond a gap costs memory, and a sender of tiny pieces could ask for a lot. At the limit {who} "
        "takes no more of them; those it has stay. The text was not acknowledged, so the peer still holds it and "
        "sends it again once the gap is closed. The limit is this stack's; RFC 9293 3.10.7.4 only says that text "
        "out of order should be kept."
    ),
    "why.rule.fin-out-of-order": (
        "The FIN is here, data before it is not. Taking it now would tell the application end-of-file with a hole "
        "before it. So the state stays as it is, {who} remembers the number of the FIN, and repeats its ACK. When "
        "the gap closes, the data is delivered first and the FIN counts then; a FIN has its place in the sequence "
        "like any octet (RFC 9293 3.10.7.4, eighth step)."
    ),
    "linux.rule.fin-out-of-order": "Such a FIN is forgotten if text with numbers behind it arrives meanwhile.",
}

MESSAGES: Final[dict[str, str]] = {**REPAIR, **UNDO, **WINDOW, **ORDER}
