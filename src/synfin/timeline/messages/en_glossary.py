"""English: words that everything else is explained with, and the headings of the glossary."""

from __future__ import annotations

from typing import Final

HEADINGS: Final[dict[str, str]] = {
    "glossary.title": "Glossary",
    "glossary.intro": (
        "What the words, states, flags, options, timers, errors and rules of this stack mean: in a few words, then "
        "why, with the place in the RFC, and what Linux does differently where that was measured. The same texts "
        "explain the timelines."
    ),
    "glossary.made": (
        "This page is made from the messages by `python -m tests.timeline.glossary`; a test fails when it is out of "
        "date."
    ),
    "glossary.other": "[中文](glossary.zh-CN.md)",
    "glossary.linux": "Linux",
    "glossary.word": "Words",
    "glossary.state": "States",
    "glossary.move": "Moves between states",
    "glossary.flag": "Flags",
    "glossary.option": "Options",
    "glossary.timer": "Timers",
    "glossary.error": "Errors",
    "glossary.rule": "Rules",
    "glossary.rule.intro": (
        "Every decision of the stack has a name. The same names stand in traces, timelines, counters, captures and "
        "tests."
    ),
    "glossary.rule.sent": "Why a segment or packet was sent",
    "glossary.rule.opening": "Opening",
    "glossary.rule.arriving": "Segments that arrive",
    "glossary.rule.closing": "Closing, giving up, TIME_WAIT and ECN",
    "glossary.rule.lab": "The simulated network",
    "glossary.rule.ip": "Links, neighbours, IP",
    "glossary.rule.icmp": "ICMP, UDP and limits of the host",
    "glossary.rule.wire": "Malformed packets",
    "glossary.rule.rest": "Lessons",
}

WORDS: Final[dict[str, str]] = {
    "word.octet": "octet",
    "why.word.octet": (
        "Eight bits; RFCs say octet where others say byte. TCP numbers octets, not segments: the sequence number of "
        "a segment is that of its first octet, and SYN and FIN count as one each (RFC 9293 3.4)."
    ),
    "word.segment": "segment, packet, frame, datagram",
    "why.word.segment": (
        "The same octets at different layers: TCP sends segments, IP carries each in a packet (a datagram), the "
        "link carries that in a frame. UDP sends datagrams. What a program writes has no layer here: TCP is a "
        "stream and cuts it where it likes (RFC 9293 3.1)."
    ),
    "word.sequence-number": "sequence number",
    "why.word.sequence-number": (
        "Each octet has a number of 32 bits, counted from the ISN and wrapping to 0. By it the receiver orders what "
        "arrives and finds what is missing or came twice. Timelines show it relative to the ISN, because the number "
        "on the wire begins anywhere (RFC 9293 3.4)."
    ),
    "word.acknowledgment-number": "acknowledgment number",
    "why.word.acknowledgment-number": (
        "The next number that is expected: everything below it has arrived. Not “the last one received”, as notes "
        "sometimes have it. It is cumulative, so it stands still at a gap however much arrives behind, and a lost "
        "ACK is made good by the next (RFC 9293 3.4)."
    ),
    "word.isn": "initial sequence number, ISN",
    "why.word.isn": (
        "The number of a SYN. Random or from a clock, notes ask; it is both: a clock plus a keyed hash of addresses "
        "and ports. Nobody outside can guess it, and for the same addresses and ports it grows, so that old "
        "segments do not fit into a new connection (RFC 9293 3.4.1, RFC 6528)."
    ),
    "word.connection": "connection",
    "why.word.connection": (
        "Two ends that remember each other's numbers, and nothing in between: cut the cable for a day and both go "
        "on afterwards as if nothing had been. The two memories may differ for a while, and most of what is strange "
        "about TCP is how they come to agree again (RFC 9293 3.3.1, 3.5.1)."
    ),
    "word.four-tuple": "four-tuple",
    "why.word.four-tuple": (
        "Local address and port, remote address and port: together they name a connection, and nothing else does. A "
        "server can have any number of connections on one port, as long as the other ends differ; and a client runs "
        "out of ports towards one server only (RFC 9293 3.3.1)."
    ),
    "word.tcb": "transmission control block, TCB",
    "why.word.tcb": (
        "All that one end knows of a connection: state, numbers, windows, timers, buffers. A connection is nothing "
        "but two such blocks that agree; between them there is no wire and no circuit, only what routers with a "
        "memory of their own, such as NATs, keep (RFC 9293 3.3.1)."
    ),
    "word.active-open": "active open",
    "why.word.active-open": (
        "To ask for a connection: connect() sends a SYN. Usually the client does it; if both ends do, one "
        "connection comes of it, a simultaneous open (RFC 9293 3.5, 3.10.1)."
    ),
    "word.passive-open": "passive open",
    "why.word.passive-open": (
        "To be ready for connections: listen() sends nothing and waits. The stack completes handshakes by itself "
        "from then on; accept() only fetches what is complete, and sends nothing either (RFC 9293 3.5, 3.10.1)."
    ),
    "word.three-way-handshake": "three-way handshake",
    "why.word.three-way-handshake": (
        "SYN, SYN,ACK, ACK: each end tells its initial number and hears that it has arrived. Two segments would "
        "leave the listener's number unconfirmed and make a connection of every old SYN that turns up; four would "
        "do, but the middle two fit into one (RFC 9293 3.5)."
    ),
    "word.embryonic": "embryonic connection",
    "why.word.embryonic": (
        "One whose handshake is not complete: a child in SYN_RECEIVED that no application has seen. Study notes, "
        "and Linux in “half-open queue”, say half-open for it; the RFC uses that word for something else."
    ),
    "word.half-open": "half-open",
    "why.word.half-open": (
        "In the RFC: one end has lost its state, by a crash for instance, and the other does not know. It is found "
        "out when that one sends, by a RST, or by keep-alive (RFC 9293 3.5.1). Not to be confused with embryonic "
        "connections, nor with a half-close."
    ),
    "word.half-close": "half-close",
    "why.word.half-close": (
        "One direction is closed, by shutdown(SHUT_WR) and a FIN, the other goes on. A full close() is not a "
        "half-close: it also refuses to read, and data that still comes draws a RST (RFC 9293 3.6.1)."
    ),
    "word.four-way-close": "four-way close",
    "why.word.four-way-close": (
        "FIN, ACK, FIN, ACK: each direction is closed and acknowledged by itself. Four is the usual number, not a "
        "rule: if the second end closes at once, its ACK and FIN share a segment and three will do (RFC 9293 3.6)."
    ),
    "word.simultaneous": "simultaneous open, simultaneous close",
    "why.word.simultaneous": (
        "Both ends do the same at the same time and their segments cross. Two SYNs make one connection, by way of "
        "SYN_RECEIVED at both ends; two FINs lead through CLOSING to TIME_WAIT at both ends. Rare, legal, and a "
        "good test of a stack (RFC 9293 3.5, 3.6)."
    ),
    "word.syn-queue": "SYN queue",
    "why.word.syn-queue": (
        "Where embryonic connections wait for the ACK of their SYN. A flood of forged SYNs aims at it. When it is "
        "full, SYNs are dropped, or answered with SYN cookies (RFC 4987 2.2, 3.6)."
    ),
    "word.accept-queue": "accept queue, backlog",
    "why.word.accept-queue": (
        "Where complete connections wait for accept(). The number given to listen(), the backlog, bounds it. When "
        "it is full, the last ACK of a handshake is ignored, which from outside looks like its loss. RFC 9293 does "
        "not know this queue: it belongs to the sockets interface."
    ),
    "word.syn-flood": "SYN flood",
    "why.word.syn-flood": (
        "SYNs with forged senders, which never answer the SYN,ACK: each one costs the listener an entry until it "
        "times out. Honest clients find the queue full. Limits keep the host alive, SYN cookies let the clients in "
        "(RFC 4987 2.2, 3.6)."
    ),
    "word.syn-cookie": "SYN cookie",
    "why.word.syn-cookie": (
        "An initial number that holds, keyed, what a listener would have to remember, so that it needs no memory "
        "for a SYN. The ACK brings it back. Most options are lost in that, and nothing can be sent again, since "
        "nothing is known (RFC 4987 3.6)."
    ),
    "word.fast-open": "TCP Fast Open, TFO",
    "why.word.fast-open": (
        "A cookie from an earlier connection proves that the client can be reached at its address, so the server "
        "hands the data on its SYN to the application at once. Data on a SYN is legal without it as well; it only "
        "waits then (RFC 7413 4)."
    ),
    "word.old-duplicate": "old duplicate",
    "why.word.old-duplicate": (
        "A segment that turns up after its time: delayed, repeated, from this connection or one before it with the "
        "same four-tuple. Much of TCP exists because of it: the handshake, ISNs that grow, TIME_WAIT, timestamps "
        "(RFC 9293 3.4.1)."
    ),
    "word.msl": "maximum segment lifetime, MSL",
    "why.word.msl": (
        "How long a segment may live in the network at most. It is a convention, two minutes in the RFC, half a "
        "minute on Linux, and not measured. TIME_WAIT lasts twice as long (RFC 9293 3.4.2)."
    ),
    "word.incarnation": "incarnation",
    "why.word.incarnation": (
        "One of several connections that use the same four-tuple one after the other. Only numbers and time keep "
        "their segments apart (RFC 9293 3.4.1)."
    ),
    "word.orphan": "orphan",
    "why.word.orphan": (
        "A connection whose application has closed it and gone, while the stack still has to send, or to wait for "
        "the peer's FIN. Nobody can be told anything about it, so it may be given up sooner (RFC 9293 3.6.1)."
    ),
    "word.rtt": "round-trip time, RTT",
    "why.word.rtt": (
        "From sending an octet to its acknowledgment. TCP keeps a smoothed value (SRTT) and a deviation (RTTVAR). "
        "What was sent twice is not measured, as nobody knows which copy was acknowledged, unless timestamps tell "
        "(RFC 6298 2, 3)."
    ),
    "word.rto": "retransmission time-out, RTO",
    "why.word.rto": (
        "How long to wait for an acknowledgment: SRTT plus four times RTTVAR, one second at least by the RFC, and "
        "one second before anything was measured. It doubles with each time-out, which is called back-off (RFC 6298 "
        "2, 5)."
    ),
    "word.sliding-window": "sliding window",
    "why.word.sliding-window": (
        "What may be sent without waiting: it begins at the oldest unacknowledged octet and moves on as "
        "acknowledgments come. Its size is the smaller of what the receiver offers and of the congestion window "
        "(RFC 9293 3.4, RFC 5681 2)."
    ),
    "word.receive-window": "receive window",
    "why.word.receive-window": (
        "The room that the receiver has left; each segment tells it. It protects the receiver (flow control). Its "
        "right edge should never move back; at zero the sender probes (RFC 9293 3.8.6)."
    ),
    "word.silly-window": "silly window syndrome",
    "why.word.silly-window": (
        "The receiver offers a few octets as soon as it has room for them, the sender sends a few octets as soon as "
        "it may, and soon all segments are tiny. Both sides have to wait for something worthwhile (RFC 9293 "
        "3.8.6.2)."
    ),
    "word.congestion-window": "congestion window, cwnd",
    "why.word.congestion-window": (
        "What the sender believes the network can hold. Nobody tells it: it grows while acknowledgments come and "
        "shrinks on losses or marks. It protects the network (congestion control) and is never on the wire (RFC "
        "5681 2)."
    ),
    "word.ssthresh": "slow-start threshold, ssthresh",
    "why.word.ssthresh": (
        "Where slow start ends: after a loss about half of what was in flight, or what the algorithm makes of it. "
        "Below it the window doubles each round trip, above it grows by about a segment (RFC 5681 3.1)."
    ),
    "word.slow-start": "slow start, congestion avoidance",
    "why.word.slow-start": (
        "Slow start doubles the window in each round trip; it is slow only compared with sending everything at "
        "once. Congestion avoidance adds about a segment per round trip, or as CUBIC and others compute it (RFC "
        "5681 3.1)."
    ),
    "word.flight": "data in flight",
    "why.word.flight": (
        "Octets sent and not acknowledged: SND.NXT less SND.UNA. With SACK one knows better what has left the "
        "network already, which RFC 6675 4 calls the pipe (RFC 5681 2)."
    ),
    "word.duplicate-ack": "duplicate ACK",
    "why.word.duplicate-ack": (
        "An ACK with the same number and window as before and no data, while data is in flight. It says that "
        "something arrived out of order: one may be reordering, three are taken for a loss where there is no SACK "
        "(RFC 5681 2, 3.2)."
    ),
    "word.fast-retransmit": "fast retransmit and fast recovery",
    "why.word.fast-retransmit": (
        "A loss is repaired as soon as duplicates or SACK show it, without waiting for the timer, and sending goes "
        "on at about half the rate, as acknowledgments still come (RFC 5681 3.2, RFC 6675 5)."
    ),
    "word.sack": "selective acknowledgment, SACK",
    "why.word.sack": (
        "An option that lists what has arrived behind a gap, so that only the holes are sent again. It is advice, "
        "not a promise. A block about what came twice is called D-SACK (RFC 2018 3, RFC 2883 4)."
    ),
    "word.delayed-ack": "delayed ACK",
    "why.word.delayed-ack": (
        "The receiver waits a little with its acknowledgment, below half a second, for data to carry it or a second "
        "segment to share it. It halves the number of ACKs (RFC 9293 3.8.6.3)."
    ),
    "word.nagle": "Nagle's algorithm",
    "why.word.nagle": (
        "A small segment waits as long as something is unacknowledged, so that many small writes become few "
        "segments. With delayed ACKs at the other end it can cost a pause in each exchange; TCP_NODELAY switches it "
        "off (RFC 9293 3.7.4)."
    ),
    "word.keep-alive": "keep-alive",
    "why.word.keep-alive": (
        "Probes on a connection without traffic, off by default, the first after two hours. It finds dead peers and "
        "keeps NATs awake. HTTP's keep-alive is something else: using a connection for several requests (RFC 9293 "
        "3.8.4)."
    ),
    "word.paws": "PAWS",
    "why.word.paws": (
        "Protection against wrapped sequence numbers: a segment whose timestamp is older than the last one is "
        "dropped, although its number fits, since on fast paths numbers come round within the life of a segment "
        "(RFC 7323 5)."
    ),
    "word.challenge-ack": "challenge ACK",
    "why.word.challenge-ack": (
        "The answer to a RST or SYN that might be forged: an ACK with the true numbers. A peer that really has lost "
        "the connection replies with a RST that fits; a forger does not see it (RFC 5961 3, 4)."
    ),
    "word.ecn": "explicit congestion notification, ECN",
    "why.word.ecn": (
        "Routers mark packets instead of dropping them, the receiver reports the marks, the sender slows down. Both "
        "ends must have agreed on it in their SYNs (RFC 3168 5, 6)."
    ),
    "word.mss": "maximum segment size, MSS",
    "why.word.mss": (
        "The most text that an end takes in one segment, told in its SYN, separately for each direction. It is not "
        "negotiated, and does not count headers or options: MTU less 40 octets over IPv4, less 60 over IPv6 (RFC "
        "9293 3.7.1, RFC 6691)."
    ),
    "word.path-mtu": "MTU, path MTU",
    "why.word.path-mtu": (
        "The largest packet that a link takes, and the smallest such value on the way. Senders find it out because "
        "routers refuse larger packets by ICMP; where ICMP is filtered, large segments vanish without a word (RFC "
        "1191 3, RFC 8201 4)."
    ),
    "word.r1-r2": "R1, R2",
    "why.word.r1-r2": (
        "Two thresholds of retransmission. At R1 the stack suspects the route and tells IP and the application; at "
        "R2 it gives the connection up, after 100 seconds at least, three minutes for a SYN (RFC 9293 3.8.3)."
    ),
    "word.spurious": "spurious retransmission",
    "why.word.spurious": (
        "One that was not needed: the original was late or overtaken, not lost. It cannot be avoided, but detected "
        "afterwards, by timestamps, D-SACK or F-RTO, and then the reduction of the window is undone (RFC 3522 3.2, "
        "RFC 5682 2.1)."
    ),
}

MESSAGES: Final[dict[str, str]] = {**HEADINGS, **WORDS}
