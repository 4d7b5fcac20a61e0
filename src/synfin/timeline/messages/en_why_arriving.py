"""English: why what arrives on a connection is judged so; `{who}` judges, `{peer}` is the other end."""

from __future__ import annotations

from typing import Final

SEQUENCE: Final[dict[str, str]] = {
    "why.rule.paws": (
        "Both ends put the time of their clock into every segment. This one is older than the last one that {who} "
        "took, so it is a straggler: from before the numbers wrapped, which a fast path does in seconds, or from "
        "an earlier connection of the same ports. Its sequence number may fit by chance; its clock does not. It is "
        "dropped and answered with an ACK (RFC 7323 5.3)."
    ),
    "why.rule.timestamp-missing": (
        "In the handshake both ends agreed to put timestamps into every segment. This one has none, so something "
        "is wrong with its sender, and without the clock it could slip past the protection against old segments. "
        "RFC 7323 3.2 says to drop it; only resets are exempt, because a host that has forgotten the connection "
        "cannot know the clock."
    ),
    "why.rule.seq-outside-window": (
        "{who} expects numbers from RCV.NXT up to the edge of its window. Nothing of this segment lies there: it "
        "came before, it is from another connection, or it is forged. It is not taken, but {who} answers with its "
        "own numbers. If only {who}'s ACK was lost, this repeats it; that is how a lost last ACK is mended (RFC "
        "9293 3.10.7.4, first step)."
    ),
    "why.rule.seq-zero-window": (
        "{who} has no room, so its window is closed, and this segment begins exactly at the closed edge. Its text "
        "is not taken, but ACK, RST and urgent pointer still count, since {peer} may have news even when {who} is "
        "full. {who} answers with its number and window: such a segment is usually {peer}'s probe (RFC 9293 "
        "3.8.6.1)."
    ),
    "why.rule.syn-retransmitted": (
        "The same SYN comes once more, with the number that {who} knows. So {who}'s SYN,ACK was lost or is late, "
        "or the network has doubled the SYN. Nothing is wrong with the connection: {who} repeats its SYN,ACK with "
        "the same initial number. A new number would make two different connections out of one (RFC 9293 3.10.7.4)."
    ),
    "why.rule.syn-in-window": (
        "A SYN inside an open connection: {peer} has been restarted and opens anew from the same port, or somebody "
        "forges it. RFC 793 wanted a reset, so that one forged SYN with a guessed number could end a connection. "
        "Now {who} only sends an ACK. A restarted peer answers that with a reset that has exactly the right "
        "number, and only then the old connection ends (RFC 5961 4.2)."
    ),
    "why.rule.syn-returns-to-listen": (
        "{who} had answered a SYN and now gets another one with a different number, inside the window. The first "
        "one was probably an old duplicate or has been given up. {who} forgets the embryonic connection and goes "
        "back to where it was, LISTEN. The new SYN is dropped too; when it comes again it finds a listener that is "
        "ready for it (RFC 9293 3.10.7.4, fourth step)."
    ),
}

RESETS: Final[dict[str, str]] = {
    "why.rule.rst-outside-window": (
        "A reset is only believed if it comes from somebody who knows where the stream is. This one's number does "
        "not even lie inside of the window, so it is an old duplicate or a blind guess. It is dropped without an "
        "answer, so that guessing brings no traffic and no knowledge (RFC 5961 3.2, RFC 9293 3.10.7.4)."
    ),
    "why.rule.rst-in-window": (
        "The number lies in the window but is not the one that {who} expects next. With large windows an attacker "
        "would need only a few thousand guesses to hit the window, and could cut connections that he cannot see. "
        "So {who} sends a challenge ACK: the real peer, if it has lost the connection, sends a reset with exactly "
        "the right number; a forger does not see the challenge (RFC 5961 3.2)."
    ),
    "why.rule.rst-exact": (
        "The reset has exactly the number that {who} expects next. Only {peer}, or somebody who can read along, "
        "knows it: to guess it takes four thousand million attempts. So it is believed. The connection ends at "
        "once, without FIN and TIME_WAIT; queued data is thrown away, and an application that still holds it gets "
        "an error. Data already acknowledged can still be read (RFC 5961 3.2)."
    ),
    "why.rule.rst-returns-to-listen": (
        "{peer} takes its SYN back, or never sent it: to the SYN,ACK that answers an old duplicate a client "
        "replies with a reset. {who} forgets the embryonic connection. Since it was opened passively no "
        "application knows of it and none is told; the listener goes on as before. This is how the handshake gets "
        "rid of ghosts (RFC 9293 3.10.7.4, second step)."
    ),
    "why.rule.challenge-limited": (
        "{who} answers suspicious segments with ACKs, but only a few per period. Somebody who sends thousands of "
        "them could else make {who} send as many, and two confused ends could answer each other without end. "
        "Silence does no harm: an honest peer sends again. The limit holds for each connection alone, since a "
        "common one can be watched from outside (RFC 5961 7)."
    ),
}

ACKNOWLEDGMENT: Final[dict[str, str]] = {
    "why.rule.ack-missing": (
        "After the SYN every segment carries ACK; it costs nothing, for the field is always there. One without "
        "ACK, and without RST or SYN that were looked at before, cannot come from a proper TCP. It is dropped "
        "without an answer, so that somebody who probes with odd flags learns nothing (RFC 9293 3.10.7.4, fifth "
        "step)."
    ),
    "why.rule.ack-bad-in-syn-received": (
        "{who} has sent its SYN and waits for an acknowledgment of just that. This ACK names something else, so "
        "its sender has not seen {who}'s SYN: an old segment, or a forger who guesses. The handshake exists for "
        "this test. {who} answers with a reset and goes on waiting for the right one (RFC 9293 3.10.7.4, fifth "
        "step)."
    ),
    "why.rule.ack-beyond-snd-nxt": (
        "The ACK speaks of numbers that {who} has not used yet. Nobody can have received them, so {peer} confuses "
        "this connection with another one, or somebody inserts segments and hopes that the data is taken. The "
        "segment is dropped, data included, and answered with an ACK that tells the true numbers (RFC 9293 "
        "3.10.7.4, RFC 5961 5.2)."
    ),
    "why.rule.ack-too-old": (
        "Old ACKs are normal, but not this old: the number lies more than the largest window that {peer} ever "
        "offered below what is acknowledged already. No honest segment can be under way that long. It is the mark "
        "of an attacker who tries numbers to insert data, for half of all numbers used to count as acceptable old "
        "ACKs. {who} drops the segment and sends an ACK (RFC 5961 5.2)."
    ),
    "why.rule.ack-duplicate": (
        "The ACK repeats the number before, without text, FIN or a new window, while data is in flight. It says "
        "that something has reached {peer} which did not fit: a segment was lost, or overtaken. One or two of them "
        "may be mere reordering; three count as a loss. Each also says that one segment has left the network (RFC "
        "5681 2)."
    ),
    "why.rule.sack-block-ignored": (
        "A SACK block should name numbers that {who} has sent and that are not acknowledged. This one does not: it "
        "is reversed, reaches beyond what was ever sent, or lies far in the past. {who} leaves it out and uses the "
        "rest of the segment; to believe it would mean to take octets for delivered that are not (RFC 2018 3)."
    ),
    "why.rule.sack-reneged": (
        "{peer} had reported octets by SACK and has thrown them away again, which it may do when its memory is "
        "short: SACK is advice, only ACK is a promise. {who} notices because the time-out strikes at octets that "
        "were reported. It forgets all SACK information and sends everything again from the acknowledged number "
        "on; so nothing may leave the send buffer before (RFC 2018 8)."
    ),
}

LOSS: Final[dict[str, str]] = {
    "why.rule.dsack-received": (
        "The first SACK block tells of octets that {peer} has received twice: a retransmission was not needed, "
        "because the original was only late, or an ACK was lost. Nothing has to be sent. But {who} learns from it "
        "to wait longer before calling something lost, and if all retransmissions of a recovery turn out to be "
        "needless it takes the reduction of its window back (RFC 2883 5)."
    ),
    "why.rule.reordering-seen": (
        "Something sent earlier was delivered after something sent later, without having been sent again: this "
        "network lets packets overtake each other. From now on RACK at {who} gives a segment a quarter of a round "
        "trip more before it is called lost. Without that patience each overtaking would look like a loss, cost "
        "half of the window and cause a needless retransmission (RFC 8985 6.2)."
    ),
    "why.rule.recovery-by-sack": (
        "What SACK reports leaves no doubt: a segment was lost, most likely because a queue was full. {who} enters "
        "fast recovery: it reduces its window once, however many segments of this flight are missing, repeats the "
        "missing ones and sends new ones as others are delivered. It ends when all that was in flight at this "
        "moment is acknowledged (RFC 6675 5)."
    ),
    "why.rule.recovery-by-duplicates": (
        "Without SACK {who} can only count: the third duplicate ACK says that three segments have arrived behind a "
        "missing one. {who} enters fast recovery: it repeats the first missing segment, reduces its window once, "
        "and lets each further duplicate release a new segment, since each shows that one has left the network. It "
        "ends when all that was in flight is acknowledged (RFC 6582 3.2)."
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.rule.timestamp-missing": "Such a segment is taken.",
    "linux.rule.seq-outside-window": (
        "The number right behind the window counts as inside. A segment that reaches beyond the window is not "
        "trimmed but, since 6.17, dropped or taken as a whole."
    ),
    "linux.rule.seq-zero-window": "A FIN needs no room: it is taken although the window is closed.",
    "linux.rule.syn-retransmitted": "After a simultaneous open it answers with a bare ACK instead.",
    "linux.rule.syn-returns-to-listen": "It also sends a reset with ACK.",
    "linux.rule.rst-exact": "A reset with the number of {peer}'s FIN, one below the expected one, counts as well.",
    "linux.rule.rst-outside-window": (
        "A reset with the number of {peer}'s FIN counts, and an old one whose text reaches into the window is "
        "challenged."
    ),
    "linux.rule.challenge-limited": "The limit is one challenge ACK per connection and half a second.",
    "linux.rule.ack-missing": (
        "It drops such a segment before it looks at the sequence number, but answers it in TIME_WAIT."
    ),
    "linux.rule.ack-too-old": (
        "An ACK from before the connection's first number is answered as too old, even where the largest window "
        "would reach that far."
    ),
    "linux.rule.recovery-by-sack": (
        "What is sent again is paced, and a retransmission that is lost does not reduce the window a second time."
    ),
}

MESSAGES: Final[dict[str, str]] = {**SEQUENCE, **RESETS, **ACKNOWLEDGMENT, **LOSS, **LINUX}
