"""English: why each kind of segment is sent, in a paragraph; `{who}` sends it, `{peer}` is the other end."""

from __future__ import annotations

from typing import Final

OPENING: Final[dict[str, str]] = {
    "why.rule.syn": (
        "The application called connect(). {who} picks an initial number out of a clock and a keyed hash of "
        "addresses and ports, so that nobody can guess it and old segments of these ports do not fit (RFC 9293 "
        "3.4.1). The SYN carries it and takes one number itself, so that {peer} can acknowledge exactly this SYN. "
        "What both ends want to use, such as MSS, window scale and SACK, can be offered only here."
    ),
    "why.rule.syn-ack": (
        '{who} has a SYN from {peer} and says two things in one segment: "I have your number" and "this is '
        'mine". They could be two segments, but nothing would be gained, which is why the handshake has three '
        "messages and not four. Each option that {peer} has offered is answered here or never used. {who} waits in "
        "SYN_RECEIVED until its own SYN is acknowledged too (RFC 9293 3.10.7.2)."
    ),
    "why.rule.syn-cookie": (
        "{who}'s queue of embryonic connections is full, perhaps because of a flood. Instead of an entry it puts "
        "what it must remember, the time and {peer}'s MSS, into its initial number, protected by a keyed hash. If "
        "the third segment comes back with that number plus one, the connection is made out of it. The price: "
        "other options are forgotten, and a lost SYN,ACK is not sent again by {who} (RFC 4987 3.6)."
    ),
    "why.rule.handshake-ack": (
        "{peer}'s SYN,ACK proves to {who} that both directions work, so {who} is ESTABLISHED. {peer} does not know "
        "that yet: it has heard nothing since it told its own number. This third segment says so. It carries no "
        "text here, so it consumes no number, and the first data will have the same sequence number. Without it "
        "{peer} could not tell a living client from an old SYN that the network has delivered late (RFC 9293 3.5)."
    ),
}

TEXT: Final[dict[str, str]] = {
    "why.rule.data": (
        "Octets from the send buffer, each with a number of its own. How many go is decided by three limits: the "
        "segment size that {peer} announced, its window, and the congestion window, which guesses what the network "
        "bears. They stay in the buffer until they are acknowledged. The small rest of a write may have waited for "
        "an ACK before (Nagle, RFC 9293 3.7.4); PSH marks where the buffer ran empty."
    ),
    "why.rule.fin": (
        "{who}'s application is done sending, and with this all that it wrote has gone out. FIN stands behind the "
        "last octet and consumes one number: only so can {peer} acknowledge it and can it be sent again if it gets "
        "lost. It closes one direction. {peer} may go on sending, and {who} goes on acknowledging. ACK is set as "
        "in every segment after the SYN (RFC 9293 3.10.4)."
    ),
    "why.rule.ack-delayed": (
        "Text has arrived and {who} waited for a reason to send anyway: an answer of the application would have "
        "carried the acknowledgment for nothing. None came in time, so the ACK goes alone. Waiting halves the "
        "number of ACKs; RFC 9293 3.8.6.3 demands that it stays below half a second, because {peer} measures round "
        "trips and paces itself by ACKs."
    ),
    "why.rule.ack-every-second": (
        "Two full segments have arrived since the last ACK. {who} could wait longer, but RFC 9293 3.8.6.3 asks for "
        "an ACK at least for every second full segment: {peer}'s congestion window grows with ACKs and new "
        "segments leave as they come in. Rare ACKs would make its sending slow at the start and bursty later, and "
        "a lost one would hurt more."
    ),
    "why.rule.ack-now": (
        "What has arrived asks for an answer without delay: a repeated or unacceptable segment, a probe, or text "
        "while ACKs are not delayed. An ACK with nothing else in it shows {who}'s next number without consuming "
        "it. If ACKs had numbers they would need ACKs themselves, and there would be no end (RFC 9293 3.10.7.4)."
    ),
    "why.rule.ack-of-fin": (
        "A FIN is acknowledged at once and not delayed: the closing side waits for nothing else, and its timer "
        "would soon send the FIN again. The acknowledgment is FIN's number plus one, and it also says that all "
        "text before it has arrived. It does not mean that {who} closes as well; that is another FIN, sent when "
        "its own application is ready (RFC 9293 3.10.7.4)."
    ),
    "why.rule.ack-out-of-order": (
        "A segment has arrived that does not join what {who} has: something before it is missing or late. ACK can "
        "only name the next number that is missing, so the number is the same as before, a duplicate ACK. It goes "
        "at once, because three of them let {peer} repeat the missing segment long before its timer would. With "
        "SACK it also lists what lies behind the gap (RFC 5681 3.2, RFC 2018 4)."
    ),
    "why.rule.ack-gap-filled": (
        "A segment has filled a gap, or part of one. The ACK jumps over all that was kept behind it. {peer} may be "
        "in recovery and counts on this news to leave it, or, if the ACK covers only a part, to send the next "
        "missing piece; therefore it is not delayed, whatever the size of the segment (RFC 5681 3.2)."
    ),
    "why.rule.window-update": (
        "The application has read, so {who} has room again. Without new text from {peer} there would be no segment "
        "to tell this with, and {peer} may have stopped because the window was closed. Small steps are not told, "
        "or {peer} would send tiny segments into tiny windows: the silly window syndrome (RFC 9293 3.8.6.2.2). An "
        "ACK like this can get lost, which is why {peer} also probes."
    ),
}

MARKS: Final[dict[str, str]] = {
    "why.rule.ack-congestion": (
        "A router whose queue was growing set the mark Congestion Experienced in a packet instead of dropping it. "
        "{who} tells the sender with the flag ECE, and repeats it in every ACK, since ACKs may get lost, until a "
        "segment with CWR shows that {peer} has heard it and reduced its window. So the sender learns of "
        "congestion without having to lose anything (RFC 3168 6.1.3)."
    ),
    "why.rule.ack-window-reduced": (
        "The flag CWR says that {peer} has reduced its congestion window, so {who} stops sending ECE. The ACK is "
        "not delayed: after a reduction little may be in flight, in the worst case this one segment, and then "
        "{peer} can send nothing more before the acknowledgment (RFC 3168 6.1.3)."
    ),
    "why.rule.ack-marks-changed": (
        "With DCTCP the sender wants to know which share of its octets was marked, not only whether any were. One "
        "ACK for marked and unmarked segments together could not tell. So whenever the mark changes from one "
        "segment to the next, {who} acknowledges what came before with the old state of ECE, and only then goes on "
        "delaying (RFC 8257 3.2)."
    ),
    "why.rule.ack-marks-count": (
        "AccECN counts marked packets in three bits of the header, which wrap after eight. If too many marks came "
        "between two ACKs, or ACKs were lost, {peer} could not tell 1 from 9. So after a few new marks {who} "
        "acknowledges at once and the count stays readable (RFC 9768 3.2.2.5.1)."
    ),
}

AGAIN: Final[dict[str, str]] = {
    "why.rule.retransmit-timeout": (
        "No acknowledgment came within the retransmission time-out, which {who} works out from measured round "
        "trips and their variance, by the RFC one second at least. Segment or ACK may be lost; from here they look "
        "alike, so the oldest unacknowledged one goes again with the same number. The time-out doubles each time "
        "and, once data flow, the congestion window falls to one segment: silence may mean a collapsing network "
        "(RFC 6298 5.4, RFC 5681 3.1)."
    ),
    "why.rule.retransmit-fast": (
        "{who} has evidence that a segment was lost: three duplicate ACKs, or SACK blocks that say as much. "
        "Something leaves the network with each of these, so the path works, and waiting for the timer would only "
        "waste time. The first missing segment goes at once, and the window is reduced once. Fewer than three "
        "could be mere reordering (RFC 5681 3.2; with SACK RFC 6675 5 and RFC 8985 6.2)."
    ),
    "why.rule.retransmit-partial-ack": (
        "During fast recovery an ACK has arrived that covers the repeated segment, but not all that was in flight "
        "when the loss was found. So another segment of that flight is missing, and it is the one that the ACK "
        "asks for. Without SACK this is the only way to hear of it before the timer: one hole is repaired for each "
        "round trip (RFC 6582 3.2)."
    ),
    "why.rule.retransmit-sack": (
        "SACK blocks tell {who} exactly which octets have arrived behind the gap. With three segments' worth "
        "reported above it, a hole counts as lost, and {who} fills it as the window for what is in flight allows. "
        "Several holes are repaired in one round trip, and nothing that has arrived is sent twice (RFC 6675 5)."
    ),
    "why.rule.retransmit-unsure": (
        "{who} is in recovery, the window allows one more segment, but nothing known to be lost and no new text is "
        "left. So it repeats the lowest segment below a SACK block that has neither arrived nor been declared "
        "lost. This may be needless, but keeps ACKs coming and repairs a hole that has too little above it to be "
        "counted (RFC 6675 4, rule 3)."
    ),
    "why.rule.retransmit-rescue": (
        "The very end of the window may be lost, and then there is nothing above it that SACK could report. So "
        "once per recovery, when nothing else may go, {who} repeats the last segment. If it was lost, a time-out "
        "is spared; if not, one segment was sent in vain (RFC 6675 4, rule 4)."
    ),
    "why.rule.retransmit-rack": (
        "RACK looks at times instead of counting: something that {who} sent later has been delivered, and this "
        "segment has been waiting for a round trip and a little more since it was sent. That little more, the "
        "reordering window, is there for packets that overtake each other. It finds lost retransmissions as well, "
        "which counting cannot (RFC 8985 6.2)."
    ),
    "why.rule.retransmit-tail-probe": (
        "The last segments of a burst have nothing behind them, so their loss brings no duplicate ACK and only the "
        "timer would notice. After about two round trips of silence {who} sends the last segment once more. The "
        "answer, ACK or SACK, shows what is missing, and fast recovery can begin without a time-out and without "
        "the window falling to one segment (RFC 8985 7.3)."
    ),
    "why.rule.tail-loss-probe": (
        "For about two round trips no acknowledgment has come, though text is in flight. Before the retransmission "
        "timer expires {who} sends one segment more, and since new text is there, it sends that instead of "
        "repeating something. Its ACK or SACK shows whether earlier segments were lost. Only one probe is in "
        "flight at a time (RFC 8985 7.3)."
    ),
    "why.rule.retransmit-slow-start": (
        "After a time-out all that was in flight may be lost, and the window has fallen to one segment. {who} goes "
        "through it from below and repeats what is neither acknowledged nor reported by SACK. Each ACK lets more "
        "go than the one before, as at the beginning of a connection, until half of the former flight is reached "
        "(RFC 5681 3.1)."
    ),
    "why.rule.retransmit-window-open": (
        "{peer}'s window was closed when this went as a probe, so it was not taken, though it was counted as sent. "
        "Now the window is open. {who} does not wait for a time-out, since this is no sign of congestion, and "
        "sends from the first number that is not acknowledged (RFC 9293 3.8.6.1)."
    ),
    "why.rule.retransmit-smaller-mtu": (
        "A router could not forward the packet: it was larger than the next link carries, and may not be cut on "
        "the way. Its ICMP message named the size that fits. {who} lowers its segment size for this path and sends "
        "the same octets in smaller segments. It is no sign of congestion, so the window stays. A firewall that "
        "drops these messages makes a connection hang (RFC 1191 6.4)."
    ),
    "why.rule.limited-transmit": (
        "The first and the second duplicate ACK are no proof of loss, but they show that segments leave the "
        "network. So {who} may send one new segment for each, though the congestion window is full. With a small "
        "window there might otherwise be too few segments behind a loss to cause three duplicate ACKs, and only a "
        "time-out would help (RFC 3042 2)."
    ),
}

PROBES: Final[dict[str, str]] = {
    "why.rule.zero-window-probe": (
        "{peer} has closed its window, and {who} has something to send. The segment that opens it again carries no "
        "text and is not repeated if it gets lost; both would then wait for ever. So {who} asks from time to time, "
        "by the RFC with one octet beyond the window: {peer} must answer with its window, whether it takes the "
        "octet or not. The pauses grow (RFC 9293 3.8.6.1)."
    ),
    "why.rule.keep-alive-probe": (
        "Nothing has come from {peer} for long, and an application that asked for keep-alive wants to know whether "
        "it is still there. TCP itself would never ask: a silent connection is a healthy one. The probe repeats a "
        "number below the next one, so that a living peer has to answer with its own; one that was restarted "
        "answers with a reset. A single lost probe proves nothing (RFC 9293 3.8.4)."
    ),
    "why.rule.challenge-ack": (
        "A segment came that is not acceptable, or looks like an attempt to end or confuse the connection: a reset "
        "or SYN with a number that merely lies in the window, an ACK for what was never sent. {who} answers with "
        "its true numbers. An honest peer that really lost its connection replies with a reset that has exactly "
        "the right number; a forger does not see the answer. How often is limited (RFC 5961 7)."
    ),
}

RESETS: Final[dict[str, str]] = {
    "why.rule.abort": (
        "{who}'s application broke the connection off. What is queued is thrown away, and a reset tells {peer} "
        "that there is nothing left to talk to. Nobody acknowledges it and it is not repeated: if it gets lost, "
        "{peer} learns when it sends next. There is no TIME_WAIT at {who}, so old segments are not guarded against "
        "either (RFC 9293 3.10.5)."
    ),
    "why.rule.reset-closed": (
        "A segment came for ports on which {who} has no connection: nobody listens there, or {who} was restarted "
        "and forgot. The reset is formed so that {peer} believes it: if the segment had an ACK, that number is the "
        "reset's own; if not, the reset acknowledges what came. Silence would leave {peer} retransmitting for "
        "minutes (RFC 9293 3.10.7.1)."
    ),
    "why.rule.reset-listen": (
        "An ACK came to a port where {who} only listens. It belongs to no connection, for instance because the "
        "embryonic one was given up meanwhile or is one that only {peer} remembers. The reset takes the number "
        "that was acknowledged, the only one {peer} is sure to accept, so that it gives up its half-open "
        "connection (RFC 9293 3.10.7.2)."
    ),
    "why.rule.reset-half-duplex-close": (
        "{who}'s application has called close() and reads no more, yet text was unread or has come after that. A "
        "FIN would claim that all was well. The reset says that data was lost, so that {peer}'s application gets "
        "an error instead of believing in success. Who only wants to stop sending uses shutdown() and reads on "
        "(RFC 9293 3.6.1)."
    ),
    "why.rule.reset-linger": (
        "With SO_LINGER on and a time of 0, close() means ABORT: unsent and unacknowledged data is discarded and "
        "{peer} gets a reset instead of FIN. Some servers do this to avoid TIME_WAIT. The price is real: {peer} "
        "sees an error, perhaps loses data that had not been read, and old duplicates of this connection can "
        "disturb the next one between the same ports (RFC 9293 3.10.5)."
    ),
    "why.rule.reset-syn-received": (
        "{who} has answered a SYN and waits for the acknowledgment of exactly its own initial number. What came "
        "does not fit: mostly it acknowledges something else, because it stems from another connection between "
        "these ports or from somebody who guesses. The reset takes its number from the ACK that came, and the "
        "embryonic connection itself goes on waiting for the right one (RFC 9293 3.10.7.4)."
    ),
    "why.rule.reset-syn-sent": (
        "What came acknowledges a number that {who} has not sent. Most likely {peer} answers an old SYN that the "
        "network has delivered late. This is why two messages are not enough: with the reset {who} takes back a "
        "connection that {peer} was about to believe in, while {who}'s own SYN goes on waiting for its answer (RFC "
        "9293 3.10.7.3)."
    ),
    "why.rule.reset-accept-overflow": (
        "The handshake would be complete now, but the queue of connections that wait for accept() is full, and "
        "{who} is told to say so instead of staying silent. {peer}, which is ESTABLISHED already, gets a reset and "
        "can try elsewhere. Without the setting the ACK would be ignored and {peer} would get in as soon as there "
        "is room; the RFC has no rule for this (RFC 9293 3.10.7.2)."
    ),
}

OTHERS: Final[dict[str, str]] = {
    "why.rule.arp-request": (
        "{who} has a packet for an IPv4 address on its own link and needs the hardware address to put it into a "
        "frame. It asks everybody on the link by broadcast; only the owner answers. The packet waits meanwhile, "
        "and the answer is remembered for a while, so that one question serves many packets. Nothing here proves "
        "who answers: ARP believes what it hears (RFC 826)."
    ),
    "why.rule.arp-reply": (
        "Somebody has asked for {who}'s IPv4 address. The reply names {who}'s hardware address and goes to the "
        "asker alone, whose own addresses stood in the question, so that {who} need not ask back before it sends. "
        "Until the reply arrives the asker keeps its packet; without one it gives up, and the host counts as "
        "unreachable (RFC 826)."
    ),
    "why.rule.neighbor-solicitation": (
        "IPv6 has no ARP; its questions are ICMPv6 messages. To resolve an address {who} asks a multicast group "
        "made of its last 24 bits, so that hardly anybody else is disturbed. When it only wants to know whether a "
        "neighbour that it used recently is still there, it asks that one directly. The hop limit must be 255: "
        "such messages cannot come from beyond the link (RFC 4861 7.2.2)."
    ),
    "why.rule.neighbor-advertisement": (
        "The answer to a neighbour solicitation: this address is mine, and this is my hardware address. The "
        "Solicited flag tells the asker that the way works in both directions, which renews its entry. With the "
        "hop limit of 255 nobody beyond a router can pretend to be a neighbour (RFC 4861 7.2.4)."
    ),
    "why.rule.echo-request": (
        "A ping: {who} asks {peer} to send the same octets back. Identifier and sequence number tell which answer "
        "belongs to which question, and the time between them is the round trip. It tests routes and {peer}'s IP "
        "layer and says nothing about TCP: a host may answer pings and refuse connections, or the other way round "
        "(RFC 792)."
    ),
    "why.rule.echo-reply": (
        "{who} has got an echo request and returns it: same identifier, number and data, addresses exchanged. "
        "Every host has to be able to do this (RFC 1122 3.2.2.6), in the stack and without any program. Requests "
        "to a broadcast or multicast address go unanswered, because one forged packet could then make a whole "
        "network answer a victim."
    ),
    "why.rule.icmp-error": (
        "{who} could not do anything with a packet and tells its sender why: no such port, no such protocol, too "
        "big, too late. The message quotes the beginning of the packet, so that the sender can find out which "
        "connection it was. To keep errors from multiplying, none is sent about an ICMP error, a broadcast or a "
        "later fragment, and their rate is limited (RFC 1122 3.2.2)."
    ),
    "why.rule.udp-datagram": (
        "One message in one datagram: ports, length, checksum, text. There is no handshake and no number, so "
        "nothing is put in order, repeated or slowed down; whatever of that an application needs it does itself. "
        "If nobody listens, an ICMP message may come back. For a question with a short answer this spares the "
        "round trip that opening a TCP connection costs (RFC 768)."
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.rule.syn": (
        "The window field of a SYN is 65535 at most, however large the buffer is, and the clock in the initial "
        "number ticks every 64 ns, so that it comes round in 275 s instead of 4.77 hours."
    ),
    "linux.rule.syn-ack": (
        "Text on the SYN is not acknowledged unless fast open is on. After a simultaneous open one more ACK than "
        "needed is sent."
    ),
    "linux.rule.data": (
        "PSH also marks segments within a burst, and Nagle holds a small segment back only while another small one "
        "is unacknowledged (Minshall), so the end of a large write goes at once."
    ),
    "linux.rule.fin": (
        "A FIN whose socket is closed goes again after 0.2, 0.6, 1.5, 3.1 s and so on up to 53 s, and is given up "
        "at 108 s."
    ),
    "linux.rule.ack-delayed": (
        "A new connection acknowledges its first segments at once and starts delaying only later."
    ),
    "linux.rule.ack-every-second": "The ACK waits for its delay when unread text has made the window smaller.",
    "linux.rule.retransmit-timeout": (
        "The time-out may be as short as 200 ms and backs off up to 120 s. The first four repetitions of a SYN "
        "come one second apart (tcp_syn_linear_timeouts), and connect() fails after 131 to 135 s; the RFC wants "
        "three minutes."
    ),
    "linux.rule.retransmit-fast": (
        "What recovery sends again is paced, and the congestion window counts segments, not octets."
    ),
    "linux.rule.retransmit-rack": (
        "What recovery sends again is paced. A retransmission that is lost does not reduce the window a second time."
    ),
    "linux.rule.retransmit-smaller-mtu": "Over IPv4 an ICMP message is believed down to 552 octets only (min_pmtu).",
    "linux.rule.zero-window-probe": (
        "The probe is empty and has the number below the first unacknowledged one; pauses grow up to two minutes."
    ),
    "linux.rule.challenge-ack": "One challenge ACK per connection and half a second.",
    "linux.rule.abort": (
        "The block is deleted at once, as it is here; RFC 9293 3.5.2 would have the sender of a reset wait in "
        "TIME_WAIT."
    ),
    "linux.rule.reset-syn-received": "A SYN inside the window also draws a reset with ACK here.",
    "linux.rule.reset-syn-sent": "It also sends its SYN again within about 10 ms, once.",
    "linux.rule.reset-accept-overflow": (
        "The setting is tcp_abort_on_overflow, 0 by default; the queue holds one connection more than the backlog says."
    ),
}

MESSAGES: Final[dict[str, str]] = {**OPENING, **TEXT, **MARKS, **AGAIN, **PROBES, **RESETS, **OTHERS, **LINUX}
