"""English: why the rules about closing, giving up and TIME_WAIT are as they are."""

from __future__ import annotations

from typing import Final

CLOSING: Final[dict[str, str]] = {
    "why.rule.fin-acked": (
        "The ACK number is beyond {who}'s FIN, so the peer's stack has all data and knows that no more will come. "
        "That the FIN has a number is what makes this certain: were it a mere flag, no acknowledgment could name "
        "it. The peer's application may not have read anything yet; an ACK speaks for the stack alone (RFC 9293 "
        "3.10.7.4, fifth step)."
    ),
    "why.rule.fin-received": (
        "All data before the FIN is here, so the FIN itself counts: RCV.NXT moves past it by one, and {who}'s "
        "application hears end-of-file once it has read the rest. Only {peer}'s direction is closed. {who} may "
        "still send, and {peer}'s stack must take it, unless its application is gone altogether (RFC 9293 3.10.7.4, "
        "eighth step)."
    ),
    "why.rule.fin-received-and-acked": (
        "In FIN_WAIT_1, the segment that closes {peer}'s direction, or one before it, acknowledges {who}'s FIN as "
        "well: nothing is left to be waited for but the death of old segments. Had the ACK number been one lower, "
        "the same FIN would have led to CLOSING. Flags do not tell the difference, since every FIN carries ACK (RFC "
        "9293 3.10.7.4)."
    ),
    "why.rule.close-call": (
        "{who}'s application called shutdown() or close(). The FIN does not overtake anything: it goes behind what "
        "is still queued and may wait for the window with it. After shutdown() this end can still read; after "
        "close() it cannot, and data that arrives then will be answered with a RST. In SYN_SENT the attempt simply "
        "ends and no FIN is sent (RFC 9293 3.10.4, 3.6.1)."
    ),
    "why.rule.abort-call": (
        "{who}'s application wants no orderly end: an abort, SO_LINGER with 0, or a close() that left data unread. "
        "Everything queued is thrown away and the block is deleted; where the peer still has a connection, it is "
        "sent a RST, once. No FIN, no TIME_WAIT. If the RST is lost, the peer finds out when it next sends (RFC "
        "9293 3.10.5)."
    ),
    "why.rule.time-wait-over": (
        "Twice the maximum segment lifetime has passed since the last FIN: long enough for our last ACK to be lost, "
        "for the peer's FIN to come again, and for any old segment to die. Only now may the four-tuple be used "
        "again without care. It is a bound on the network's memory, no promise that the last ACK has arrived: the "
        "peer may have given up unheard (RFC 9293 3.4.2, 3.6.1)."
    ),
    "linux.rule.time-wait-over": "TIME_WAIT lasts 60 s, twice an MSL of 30 s, and no sysctl changes it.",
    "why.rule.fin-wait-2-timeout": (
        "{who}'s application has let go of the socket, and the peer does not close. Nobody could read anything "
        "more, so a host may give up the entry rather than keep it for each forgetful peer. RFC 9293 3.6 names no "
        "such limit, and after shutdown() there is none, because somebody still reads. If {peer} says FIN after "
        "all, it meets no connection and is reset."
    ),
    "linux.rule.fin-wait-2-timeout": (
        "tcp_fin_timeout, 60 s, counts for connections that the application has closed; it does not change "
        "TIME_WAIT, although notes often say so."
    ),
    "why.rule.retransmission-limit": (
        "R2 is reached: {who} has sent again for so long, or so often, that going on is pointless. RFC 9293 3.8.3 "
        "wants at least 100 s for data and three minutes for a SYN, so that a broken route has time to heal. The "
        "connection ends with a time-out error, an embryonic one without a word, and nothing more is sent, not even "
        "a RST: whoever has not answered for minutes would hardly hear that."
    ),
    "linux.rule.retransmission-limit": (
        "Retransmissions are counted instead: 15 of data (about 924 s on a fast path), 8 of a closed socket's FIN; "
        "a SYN fails after 131 to 135 s, a SYN,ACK at 63 s."
    ),
    "why.rule.user-timeout": (
        "The application has said itself how long its data may stay unacknowledged, and that is over; its word "
        "takes the place of R2, be it shorter or longer. Without it, a dead peer is noticed after some minutes at "
        "best, too late for many programs. Nothing is known about the peer: it may have received all of it. The "
        "block is deleted, the application told of a time-out (RFC 9293 3.8.3, 3.10.8)."
    ),
    "linux.rule.user-timeout": (
        "The connection ends at the retransmission after TCP_USER_TIMEOUT, whose time counts from the first "
        "retransmission on; a window that stays closed ends it too, although probes are answered."
    ),
    "why.rule.user-timeout-adopted": (
        "The peer's user timeout option tells for how long it will keep the connection while it hears nothing, "
        "perhaps because it travels. {who} has no wish of its own, so it takes the longest of both values, within "
        "limits: giving up earlier than the peer would spoil what the peer prepares for, and without an upper limit "
        "a stranger could hold memory for weeks (RFC 5482 3.1)."
    ),
    "why.rule.user-timeout-ignored": (
        "The peer tells its user timeout, but the application on {who} has set one, and an application's decision "
        "counts for more than a stranger's wish. The option is advice: nothing is negotiated, each end keeps its "
        "own timer, and the connection is gone when the shorter one runs out (RFC 5482 3.1)."
    ),
    "why.rule.keep-alive-timeout": (
        "No data was under way, so nothing else could have noticed: {who} asked several times whether {peer} is "
        "still there and heard nothing at all. One lost probe proves nothing, hence the count; a RST goes out in "
        "case somebody is there after all. Keep-alive is off unless an application wants it and waits two hours "
        "before the first probe, since a short break in the network should not kill idle connections (RFC 9293 "
        "3.8.4)."
    ),
    "why.rule.icmp-hard-error": (
        "In SYN_SENT nothing has proved yet that {peer} exists, so a port or protocol said to be unreachable ends "
        "the attempt at once, and the application need not wait for minutes. Once the connection is open, the same "
        "message is only noted: the peer has shown that it is there, and ICMP is easily forged. It must quote a "
        "number that is in flight (RFC 9293 3.9.2.2, RFC 5927 5.2)."
    ),
    "why.rule.r1-reached": (
        "Several retransmissions in a row, three by default, were not answered. {who} does not give up, but passes "
        "its suspicion on: IP should look for another route or check its neighbour's address, and the application "
        "hears of a soft error. A second threshold, R2, comes much later and ends the connection. Two steps, "
        "because a bad route can often be mended long before anybody gives up (RFC 9293 3.8.3)."
    ),
}

TIME_WAIT: Final[dict[str, str]] = {
    "why.rule.time-wait-fin-again": (
        "{who} has seen this FIN and acknowledged it; that it comes again means that the ACK was lost. TIME_WAIT "
        "exists for this moment: {who} repeats the ACK, or the peer would retransmit in vain, or be told by a RST "
        "that a good connection failed. The 2MSL start anew, as this ACK may be lost too (RFC 9293 3.10.7.4, "
        "3.6.1)."
    ),
    "why.rule.time-wait-old-segment": (
        "A segment of the old connection turns up late, or the peer is confused. Its data was delivered long ago or "
        "belongs to nobody, so it is thrown away; the ACK shows the sender where the numbers stand. Only the FIN "
        "restarts 2MSL by the RFC: a stray segment should not keep the entry alive for ever (RFC 9293 3.10.7.4)."
    ),
    "linux.rule.time-wait-old-segment": "Any segment with ACK starts the time anew.",
    "why.rule.time-wait-acceptable": (
        "The segment fits and says nothing new: typically an ACK of the peer's, coming late. An answer would only "
        "be another ACK, and two ends that answer ACKs with ACKs never stop. So {who} stays silent and its time "
        "goes on running (RFC 9293 3.10.7.4)."
    ),
    "linux.rule.time-wait-acceptable": (
        "It restarts the timer, and an empty segment that is inside the window but not exactly at the expected "
        "number is answered."
    ),
    "why.rule.time-wait-rst-ignored": (
        "RFC 1337 names it TIME-WAIT assassination: an old duplicate draws an ACK from {who}, the other end, which "
        "is CLOSED by now, answers that with a RST, and the RST would delete this entry, long before 2MSL are over. "
        "Then old segments could enter a new connection. Ignoring resets here costs nothing, as the connection is "
        "over anyway (RFC 1337 3)."
    ),
    "linux.rule.time-wait-rst-ignored": "So only with tcp_rfc1337=1; by default such a RST ends TIME_WAIT.",
    "why.rule.time-wait-rst": (
        "The RST has exactly the expected number, and by RFC 9293 3.10.7.4 that ends TIME_WAIT as it ends any "
        "state. RFC 1337 shows the danger: the RST may be an answer to an ACK which an old duplicate had drawn from "
        "{who}, so that the protection against old duplicates is removed by one of them. Whether to obey is a "
        "setting; Linux obeys by default."
    ),
    "why.rule.time-wait-reopened": (
        "Its number, or its timestamp, is beyond everything in the old connection, so this SYN cannot be an old "
        "duplicate, and waiting any longer would protect nobody. The new incarnation begins at once, and {who}'s "
        "own initial number is taken above its old ones. It works because initial numbers for one four-tuple grow "
        "with the clock; with purely random ones it would be a gamble (RFC 6191 2)."
    ),
    "linux.rule.time-wait-reopened": (
        "The same, except that a SYN at exactly the expected number counts as old; the new number starts 65,537 "
        "above the old ones."
    ),
    "why.rule.time-wait-old-syn": (
        "The number of this SYN is not beyond the old connection's, nor is its timestamp newer: it might be the "
        "very SYN that opened the old connection, late by minutes. To open a connection on it would revive a ghost. "
        "So it is dropped; a real client tries again a second later, with a number that the clock has moved on (RFC "
        "6191 2)."
    ),
    "linux.rule.time-wait-old-syn": "It is answered with an ACK; RFC 6191 asks for silence.",
    "why.rule.time-wait-paws": (
        "The timestamp is older than the last one {who} has seen, so the segment left the peer before others that "
        "arrived long ago. PAWS catches what a sequence number cannot: on a fast path the numbers may have come "
        "round once within the lifetime of a segment. The segment is discarded, and the ACK repeated for a peer "
        "that is merely slow (RFC 7323 5.3)."
    ),
    "why.rule.time-wait-table-full": (
        "Entries are small, but not free, and their number is bounded. {who} deletes this connection at once "
        "instead of waiting 2MSL, thereby giving up both protections: should its last ACK be lost, the peer's FIN "
        "will draw a RST, and old segments may meet a new connection. The limit guards memory; it is not a means of "
        "getting rid of TIME_WAIT (RFC 9293 3.6.1)."
    ),
    "linux.rule.time-wait-table-full": (
        "The limit is tcp_max_tw_buckets. With it at 1, an entry was seen to be destroyed at once and the peer's "
        "repeated FIN to draw a RST."
    ),
}

MESSAGES: Final[dict[str, str]] = {**CLOSING, **TIME_WAIT}
