"""English: one line for each scenario, and notes: what the RFC says, what Linux does, where study notes are imprecise.

`note.S06.1` belongs to every scenario of that number, `note.NAME.1` to one scenario.
"""

from __future__ import annotations

from typing import Final

LINES: Final[dict[str, str]] = {
    "scenario.whole-life": "a whole life: handshake, data both ways, four-way close, TIME_WAIT, CLOSED",
    "scenario.handshake": "the three-way handshake with its numbers",
    "scenario.syn-data": "a SYN that carries data, to a server without fast open",
    "scenario.fast-open": "TCP Fast Open: the first connection gets a cookie, the second one uses it",
    "scenario.fast-open-bad-cookie": "TCP Fast Open with a cookie that the server does not know",
    "scenario.ack-with-data": "the third segment carries data",
    "scenario.open-states": "what moves SYN_SENT and LISTEN, and what does not",
    "scenario.old-duplicate-syn": "why not two messages: an old duplicate SYN comes before the real one",
    "scenario.old-duplicate-syn-closed": "an old duplicate SYN, and the client has no connection at all",
    "scenario.old-duplicate-syn-race": "an old duplicate SYN, and the real SYN comes before the reset",
    "scenario.syn-lost": "the first SYN is lost",
    "scenario.syn-never-answered": "no SYN ever arrives: how often and how long connect() tries",
    "scenario.synack-lost": "the SYN,ACK is lost",
    "scenario.ack-lost": "the third segment is lost and nobody has anything to send",
    "scenario.ack-lost-data": "the third segment is lost, then the client sends data",
    "scenario.ack-lost-server-first": "the third segment is lost and the server has something to say",
    "scenario.ack-lost-always": "no ACK ever arrives: B gives up, A still believes in the connection",
    "scenario.syn-cookie-ack-lost": "SYN cookies, and the third segment is lost: both wait for ever",
    "scenario.accept-queue-full": "the accept queue is full: the third segment is ignored as if it were lost",
    "scenario.syn-received": "SYN_RECEIVED made visible: the third segment is held back for half a second",
    "scenario.syn-flood": "a SYN flood fills the queue; an honest client gets no answer",
    "scenario.syn-flood-cookies": "the same SYN flood against SYN cookies; the honest client gets in",
    "scenario.simultaneous-open": "both sides connect to each other at the same time",
    "scenario.close": "the four-way close",
    "scenario.fin-lost": "the first FIN is lost",
    "scenario.fin-ack-lost": "the ACK of the first FIN is lost",
    "scenario.second-fin-lost": "the second FIN is lost",
    "scenario.half-close": "half-close: A is done, B still sends",
    "scenario.close-then-data": "A closes for good, and data arrive after that",
    "scenario.close-unread": "A closes without having read what arrived",
    "scenario.fin-number": "data and FIN in one segment: the FIN takes a number too",
    "scenario.fin-before-data": "the FIN arrives before the data that come before it",
    "scenario.three-way-close": "B closes at once: ACK and FIN share a segment, three segments do",
    "scenario.simultaneous-close": "both sides close at the same time: CLOSING",
    "scenario.simultaneous-close-ack-lost": "both close at the same time, and one ACK is lost",
    "scenario.last-ack-lost": "the last ACK is lost: what TIME_WAIT is for",
    "scenario.time-wait-old-duplicate": "old duplicates reach a connection in TIME_WAIT",
    "scenario.time-wait-reset": "an old reset reaches a connection in TIME_WAIT",
    "scenario.time-wait-reuse": "a new SYN re-opens a connection out of TIME_WAIT",
    "scenario.time-wait-missing": "TIME_WAIT is cut short: old data are taken for new",
    "scenario.time-wait-ports": "all ports are in TIME_WAIT: connect() fails",
    "scenario.linger-reset": "SO_LINGER 0: reset instead of FIN, no TIME_WAIT",
    "scenario.close-wait": "B's application never closes: CLOSE_WAIT for ever",
    "scenario.fin-wait-2": "A waits in FIN_WAIT_2 for ninety seconds (try --preset linux as well)",
    "scenario.refused": "nobody listens: connection refused",
    "scenario.half-open": "A crashes and forgets; B sends",
    "scenario.half-open-reconnect": "A crashes, forgets, and connects again from the same port",
    "scenario.reset-checks": "resets and a SYN from an attacker who guesses numbers",
    "scenario.abort": "the application aborts",
    "scenario.flags": "flag combinations that no sane sender uses",
    "scenario.urgent": "urgent data",
    "scenario.bad-checksum": "one bit is turned on the way",
    "scenario.options": "what the options in both SYNs agree on",
    "scenario.isn": "initial sequence numbers: three connections, two of them with the same ports",
    "scenario.just-state": "a day without a network, and the connection is still there",
    "scenario.keep-alive": "the peer vanishes; only keep-alive finds out",
}

NOTES: Final[dict[str, str]] = {
    "note.S01.1": (
        "connect() returns when the SYN,ACK arrives; B is ESTABLISHED half a round trip later, so the two ends "
        "are never established at the same moment.  accept() sends nothing: after listen() the stack completes "
        "the handshake."
    ),
    "note.S01.2": (
        "Notes write SYN_SEND and SYN_REVD; the RFC's names are SYN-SENT and SYN-RECEIVED, and Linux tools print "
        "SYN-RECV."
    ),
    "note.S02.1": (
        "Notes say that a SYN must not carry data.  RFC 9293 3.5 allows it: the receiver keeps the data and "
        "delivers it once the handshake is complete.  Most stacks do not use it; Linux without TFO acknowledges "
        "the SYN only."
    ),
    "note.S02.2": (
        "TFO (RFC 7413) adds one thing: with a valid cookie the data is delivered before the handshake ends."
    ),
    "note.S03.1": (
        "An ACK without data takes no sequence number, so the next segment has the same one.  If ACKs took "
        "numbers, ACKs would need ACKs."
    ),
    "note.S04.1": (
        "The RFC's single block turns from LISTEN into SYN-RECEIVED; that is the model.  In Linux, and here, the "
        "listener stays in LISTEN for ever and each connection is a child of its own."
    ),
    "note.S05.1": (
        "Old duplicate SYNs are the RFC's principal reason for three messages.  With two, B's application would "
        "get a ghost; and B's own number would never be acknowledged."
    ),
    "note.S05.2": "After a wrong SYN,ACK Linux also sends its own SYN again, within about 10 ms.",
    "note.S06.1": (
        "RFC: the SYN is sent again after 1 s, then 2, 4, 8 ... and for at least 3 minutes.  Linux 6.18 sends at "
        "0, 1, 2, 3, 4, 5, 7 s: four retries come without back-off (tcp_syn_linear_timeouts), and it gives up "
        "after 131 to 135 s.  So “exponential back-off” is not what a capture of a new kernel shows at first."
    ),
    "note.S06.2": (
        "After a lost SYN the initial window is one segment (RFC 5681 3.1), and the RTO for the first data is 3 "
        "s (RFC 6298 5.7)."
    ),
    "note.S07.1": (
        "Notes say that both sides send again.  Both timers run, but one retransmission is enough: a repeated "
        "SYN makes B repeat its answer at once.  Here both come in the same instant, because B's timer started "
        "one delay later and the repeated SYN needs just that delay."
    ),
    "note.S07.2": "Linux repeats the SYN,ACK after 1, 3, 7, 15 and 31 s and forgets the connection at 63 s.",
    "note.S08.1": (
        "Every segment of A acknowledges B's SYN, so its first data, or its FIN, completes the handshake as well "
        "as the lost ACK would have."
    ),
    "note.ack-lost-server-first.1": (
        "Notes say that B cannot send yet.  True for sockets: accept() has not returned.  As a statement about "
        "the protocol it is imprecise: RFC 9293 3.10.2 queues data in SYN-RECEIVED."
    ),
    "note.ack-lost-always.1": (
        "Between B's giving up and A's data, A believes in a connection that B does not have: that is half-open "
        "(RFC 9293 3.5.1).  Linux gives up after 63 s."
    ),
    "note.syn-cookie-ack-lost.1": (
        "With SYN cookies B keeps no state, so it never repeats its SYN,ACK.  If B is to speak first, both wait "
        "for ever (RFC 4987 3.6); if A spoke first, its data would complete the handshake."
    ),
    "note.accept-queue-full.1": (
        "From outside this looks exactly like a lost third segment.  Linux does the same, and sends a reset "
        "instead with tcp_abort_on_overflow=1."
    ),
    "note.S09.1": (
        "`ss` shows this as SYN-RECV with a timer of about one second.  With SYN cookies there is nothing to see."
    ),
    "note.S10.1": (
        "Two things are called half-open.  Notes mean connections whose handshake is not complete; RFC 9293 "
        "3.5.1 means a connection of which one end has lost its state.  What waits in the queue here are "
        "embryonic connections."
    ),
    "note.S10.2": (
        "Linux's accept queue holds backlog + 1, and since 4.4 there is no separate list of SYNs for each listener."
    ),
    "note.S11.1": (
        "One connection comes of it, with four segments; each SYN,ACK repeats the number of its SYN.  Linux adds "
        "a duplicate ACK.  Through a NAT it works only if the NAT follows RFC 5382."
    ),
    "note.S12.1": (
        "“Four” is the usual count, no rule.  FIN segments carry an ACK as well, and when B closes at once its "
        "ACK and its FIN share a segment: a Linux server that closes at end-of-file makes it three (see "
        "three-way-close)."
    ),
    "note.S12.2": "Either side may close first; that the client does it is only the notes' example.",
    "note.S13.1": (
        "shutdown(SHUT_WR) says FIN and goes on reading.  close() also gives up reading: data that come later, "
        "or that were never read, turn it into a reset (RFC 9293 3.6.1)."
    ),
    "note.S14.1": (
        "The ACK is the number of the FIN plus the text plus one.  A FIN that is ahead of a gap waits: the state "
        "changes only when everything before it is there."
    ),
    "note.S15.1": (
        "FIN_WAIT_1 goes straight to TIME_WAIT because the segment acknowledges A's FIN, not because two flags "
        "are set: the same FIN with an older ACK number would lead to CLOSING."
    ),
    "note.S16.1": (
        "Neither FIN acknowledges the other one, so both ends pass through CLOSING, and both end in TIME_WAIT."
    ),
    "note.S17.1": (
        "2MSL is a chance, no guarantee: B may run out of retries.  If A is gone when B's FIN comes again, the "
        "FIN draws a reset, and nothing is lost: B's application has closed."
    ),
    "note.S17.2": "RFC: MSL is 2 minutes, TIME_WAIT 4.  Linux: 60 s altogether, and no sysctl changes it.",
    "note.S18.1": (
        "The RFC restarts 2MSL for a repeated FIN only; Linux does it for any segment that carries an ACK, unless "
        "it is a reset.  A reset at exactly the expected number ends TIME_WAIT on Linux unless tcp_rfc1337=1."
    ),
    "note.S18.2": (
        "A new SYN with a larger number, or a newer timestamp, re-opens at once (RFC 6191); a smaller one is "
        "dropped, by Linux with an ACK."
    ),
    "note.time-wait-missing.1": (
        "A takes the place of its own former self, and B takes octets of the old connection for new ones (RFC "
        "1337, H1).  Afterwards both ends correct each other without end (H2) until the limit on such answers "
        "stops them.  Timestamps (PAWS) would have dropped the old segment."
    ),
    "note.S19.1": (
        "TIME_WAIT takes ports only from the side that both connects out and closes first: by default 28,232 on "
        "Linux for each pair of addresses and remote port.  A server with 100,000 of them on port 80 lacks "
        "nothing, and an entry is small."
    ),
    "note.S19.2": (
        "tcp_fin_timeout does not change TIME_WAIT; tcp_tw_recycle is gone since 4.12; tcp_tw_reuse works for "
        "outgoing connections with timestamps only; tcp_max_tw_buckets is a safety limit.  What helps: keep "
        "connections open (HTTP keep-alive, pools) and let the peer close first.  SO_KEEPALIVE has nothing to do "
        "with it."
    ),
    "note.linger-reset.1": "There is no TIME_WAIT, but data not yet sent are lost and B sees an error.",
    "note.S20.1": (
        "No timer ends CLOSE_WAIT and no sysctl does: the application must call close().  Keep-alive helps only "
        "when the peer is dead."
    ),
    "note.S21.1": (
        "The RFC has no time-out for FIN-WAIT-2.  Linux has one only for a connection that its application has "
        "closed (tcp_fin_timeout, 60 s); after shutdown() it waits for ever.  After it, B's FIN draws a reset."
    ),
    "note.S22.1": (
        "A reset is believed only with exactly the expected number; elsewhere in the window it draws a challenge "
        "ACK, outside of it nothing (RFC 5961).  A SYN in an open connection draws a challenge ACK as well: the "
        "reset of RFC 793 is obsolete."
    ),
    "note.S22.2": (
        "A reset is neither acknowledged nor repeated; if it is lost, the other end stays half-open until it sends."
    ),
    "note.S23.1": (
        "Notes list six flags.  Eight are assigned since RFC 3168 (CWR, ECE), and AE makes nine (RFC 9768).  PSH "
        "marks no record.  The urgent pointer names the octet after the last urgent one, on Linux as well; RFC 1122 "
        "once said that it names the last one itself, and texts that follow it are out of date."
    ),
    "note.flags.1": "SYN with FIN: the RFC takes it as a SYN, Linux drops it at a listener.",
    "note.S24.1": (
        "TCP's header has 20 to 60 octets and no length field: the length follows from IP.  The checksum covers "
        "the addresses too.  UDP's header has 8 octets; its checksum may be left out on IPv4 only."
    ),
    "note.S25.1": (
        "Random or by the clock?  Both: clock plus a keyed hash of both addresses and ports (RFC 6528).  Compare "
        "the first and the third SYN: same ports, two seconds, 500,000 further.  Linux ticks every 64 ns, so it "
        "wraps in 275 s."
    ),
    "note.S25.2": "Purely random numbers would break re-opening out of TIME_WAIT, which needs numbers that grow.",
    "note.S26.1": (
        "A connection is a state at both ends and nothing in between, except where a NAT or a firewall keeps a "
        "state of its own, which it may forget after 2 h 4 min without traffic (RFC 5382)."
    ),
}

MESSAGES: Final[dict[str, str]] = {**LINES, **NOTES}
