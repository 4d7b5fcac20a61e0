"""English: chapters about how connections begin."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "learn.three-way.title": "Why three messages",
    "learn.three-way.1": (
        "TCP numbers every octet, and each end chooses where its numbers start. Before anything can be confirmed, both "
        "ends must know the other's starting number, and know that the other knows theirs. That takes a question and "
        "an answer in each direction: four steps, of which the second and the third travel together in one segment. "
        "Hence three."
    ),
    "learn.three-way.2": (
        "Watch the numbers. A's SYN says seq={seq1}. B answers with its own seq={seq2} and ack={ack2}: \"the next "
        "number I expect from you is {ack2}\", one more than the SYN, because a SYN takes a number. A's third message "
        "has seq={seq3} and ack={ack3}."
    ),
    "learn.three-way.3": (
        'The two ends are never established "at the same moment". A is there at {first}, when the SYN,ACK arrives '
        "and connect() returns; B only at {second}, half a round trip later. accept() sends nothing: the stack "
        "completes the handshake by itself after listen()."
    ),
    "learn.three-way.watch.plain": (
        "The handshake, and the first data after it. The third message and the data carry the same sequence number."
    ),
    "learn.three-way.wrong.1": (
        '"To confirm that both can send and receive" is a consequence, not the reason. RFC 9293 3.5 gives the '
        "reason: to keep old duplicate SYNs from making connections. The next chapter shows it."
    ),
    "learn.three-way.wrong.2": (
        "The notes write SYN_SEND and SYN_REVD. The names are SYN_SENT and SYN_RECEIVED (Linux tools: SYN-SENT, "
        'SYN-RECV). And no client "starts in CLOSE": CLOSED only says that there is no connection.'
    ),
    "learn.three-way.ask.1": "A's SYN has seq={seq1}. Which acknowledgment number does B's SYN,ACK carry?",
    "learn.three-way.why.1": (
        "The acknowledgment number is the next one expected. The SYN itself takes number {seq1}, so the next is one "
        "higher."
    ),
    "learn.three-way.ask.2": "In which state is B at the moment when A becomes ESTABLISHED?",
    "learn.three-way.why.2": (
        "The third message is only just leaving A. Until it arrives, B waits for the acknowledgment of its own SYN."
    ),
    "learn.three-way.ask.3": (
        "A's third message had seq={seq3} and no data. Which sequence number does A's next segment, with data, carry?"
    ),
    "learn.three-way.why.3": (
        "An ACK without data takes no number, so the number has not moved. If ACKs took numbers, ACKs would need ACKs."
    ),
    "learn.two-messages.title": "Why two messages are not enough: the ghost connection",
    "learn.two-messages.1": (
        "Networks may keep a packet for a long time and deliver it late, or twice. Suppose an old SYN with seq={old} "
        "turns up at B, from a connection that A has long forgotten. B cannot tell that it is old. It answers, as it "
        "must."
    ),
    "learn.two-messages.2": (
        "With three messages A has the last word. It is in {waiting} with the number {isn}, sees an acknowledgment of "
        "something it has not sent, and resets with seq={rst}, the very number that B expects. B returns to {back}, "
        "and its application has noticed nothing."
    ),
    "learn.two-messages.3": (
        "Now the counterfactual. A teaching switch makes B take the SYN alone for a connection. B's application is "
        'told "{told}" at once, for a connection that nobody wants. If the reset is lost as well, B stays {ghost} '
        "for ever while A is {ghost_a}: a ghost."
    ),
    "learn.two-messages.4": (
        "There is a second reason, of the same weight: with two messages B's own starting number is never "
        "acknowledged. B would not know whether A has it."
    ),
    "learn.two-messages.watch.real": (
        "Figure 8 of RFC 9293: the old SYN comes first, A resets it, the real SYN gets through."
    ),
    "learn.two-messages.watch.ghost": (
        "The counterfactual: two messages are enough for B, and the reset is lost. Look at B's last line."
    ),
    "learn.two-messages.watch.race": (
        "The real SYN comes while B is busy with the old one. B goes back to LISTEN, and A's next SYN, at {raced}, "
        "succeeds."
    ),
    "learn.two-messages.wrong.1": (
        '"Two would only waste resources" is too mild: the server\'s application gets a connection, may send its '
        "greeting or do work, and nobody is there."
    ),
    "learn.two-messages.wrong.2": (
        "After a wrong SYN,ACK, Linux also sends its SYN again within about 10 ms; the RFC only asks for the reset."
    ),
    "learn.two-messages.ask.1": (
        "A is in SYN_SENT with seq={isn} and receives a SYN,ACK that acknowledges {rst}. What does A send?"
    ),
    "learn.two-messages.why.1": (
        "It acknowledges what A never sent, so it cannot belong to this attempt: RST with the sequence number that was "
        "acknowledged. A itself stays in SYN_SENT."
    ),
    "learn.two-messages.ask.2": "In the counterfactual, with the reset lost: in which state is B at the end?",
    "learn.two-messages.why.2": (
        "B has nothing unacknowledged and therefore no timer. Without keep-alive nothing will ever remove the ghost."
    ),
    "learn.two-messages.ask.3": (
        "The real SYN arrives while B, by the old one, is in SYN_RECEIVED. When is A ESTABLISHED?"
    ),
    "learn.two-messages.why.3": (
        "B takes the new SYN as a sign that something is wrong and returns to LISTEN without an answer. A's timer "
        "repeats the SYN after one second, and that one succeeds within a round trip."
    ),
    "learn.numbers.title": "What takes a sequence number",
    "learn.numbers.1": (
        "Octets of data take one number each, and so do SYN and FIN, because they must be acknowledged and put in "
        "order like data. ACK, RST, PSH, the window and the urgent pointer take none."
    ),
    "learn.numbers.2": (
        "A SYN may carry data. RFC 9293 lets B keep the text until the handshake is over and acknowledge it at once "
        "(here ack={syn_ack}), or acknowledge the SYN alone, as Linux does (ack={linux_ack}). What TCP Fast Open adds "
        "is only this: with a valid cookie B's application may read before the handshake ends. In every variant "
        '"{cookie_read}" is delivered exactly once.'
    ),
    "learn.numbers.3": (
        "The third message may carry data as well: seq={third_seq} with {third_len} octets is acknowledged with "
        "{third_ack}. A FIN may ride on data: seq={fin_seq}, {fin_len} octets and the FIN draw ack={fin_ack}."
    ),
    "learn.numbers.watch.syn": "Text on a SYN, to a server without fast open.",
    "learn.numbers.watch.cookie": "Fast open: the first connection asks for a cookie, the second uses it.",
    "learn.numbers.watch.bad": (
        "Fast open with a cookie that the server does not know: the text is sent once more after the handshake."
    ),
    "learn.numbers.watch.third": "Data in the third message.",
    "learn.numbers.watch.fin": "Three octets and the FIN in one segment.",
    "learn.numbers.watch.gap": "The FIN arrives and the data before it do not: the FIN has to wait.",
    "learn.numbers.wrong.1": (
        '"A SYN may not carry data" is wrong for the RFC. Most stacks do not use it, and Linux drops the text '
        "without fast open; that is policy."
    ),
    "learn.numbers.wrong.2": (
        '"The acknowledgment number is the sequence number plus one" holds for SYN and FIN alone. In general it is '
        "the number of the next octet expected."
    ),
    "learn.numbers.ask.1": (
        "A's SYN has seq=100 and carries five octets; B keeps them, as the RFC allows. Which acknowledgment number "
        "comes back?"
    ),
    "learn.numbers.why.1": "One for the SYN and five for the text.",
    "learn.numbers.ask.2": (
        "Three octets and a FIN are in one segment. By how much is the acknowledgment higher than its sequence number?"
    ),
    "learn.numbers.why.2": "Three for the octets and one for the FIN.",
    "learn.numbers.ask.3": "The FIN has arrived, the octets before it have not. In which state is B?",
    "learn.numbers.why.3": (
        "A FIN counts when it is next in order. Until the gap is closed nothing changes; then the data are read, and "
        "the end after them."
    ),
    "learn.open-states.title": "The states of opening, and making SYN_RECEIVED visible",
    "learn.open-states.1": (
        "listen() moves CLOSED to LISTEN and sends nothing: a passive open. connect() moves CLOSED to SYN_SENT and "
        "sends a SYN: an active open. In the RFC one block goes from LISTEN through SYN_RECEIVED; on every real system "
        "the listening socket stays in LISTEN, and each SYN makes a child."
    ),
    "learn.open-states.2": (
        "SYN_RECEIVED normally lasts one round trip, here {short}. To see it, the third message has to be kept back: "
        "in the first run below it is held, and the state lasts {stay}."
    ),
    "learn.open-states.3": (
        "What does not move a state matters too. A pure ACK with the right number leaves A in {stray}, and so does a "
        "RST without an ACK: anybody could send that. A stray ACK to a listener draws a RST with seq={rst}, the number "
        "that the ACK named."
    ),
    "learn.open-states.watch.held": "The third message is held back for half a second.",
    "learn.open-states.watch.moves": (
        "Segments that do not move SYN_SENT, and one that a listener answers with a reset."
    ),
    "learn.open-states.wrong.1": (
        '"SYN_RCVD is hardly ever seen with netstat" is right, with one addition: with SYN cookies it cannot be seen '
        "at all, because there is no entry."
    ),
    "learn.open-states.wrong.2": (
        "close() in SYN_SENT sends nothing at all, no FIN and no RST: there is no connection yet that could be closed."
    ),
    "learn.open-states.ask.1": "The third message is held back. In which state is B at 0.3 s?",
    "learn.open-states.why.1": "B has answered the SYN and waits for the acknowledgment of its own.",
    "learn.open-states.ask.2": (
        "A is in SYN_SENT, no answer has come, and its application calls close(). What does A send?"
    ),
    "learn.open-states.why.2": (
        "The block is deleted and that is all (RFC 9293 3.10.4). If an answer comes later, it meets a RST."
    ),
    "learn.open-states.ask.3": "B, which listened, is in SYN_RECEIVED and receives a RST. Where does it go?",
    "learn.open-states.why.3": (
        "It was a passive open, so the embryo disappears into its listener and the application hears nothing. After an "
        'active open it would be CLOSED, and "connection refused".'
    ),
    "learn.syn-lost.title": "The first message is lost",
    "learn.syn-lost.1": (
        "A waits in SYN_SENT. Its retransmission timer starts at 1 s, because nothing has been measured yet, and "
        "doubles each time. The SYN is the same each time, with the same number {isn}: it is the same attempt."
    ),
    "learn.syn-lost.2": (
        "If no SYN ever arrives, this stack sends at {times} and reports a time-out at {end}: RFC 9293 wants at least "
        "three minutes. B stays in {states}; it has heard nothing and holds nothing."
    ),
    "learn.syn-lost.3": (
        "Linux 6.18 sends at {linux_times} and gives up at {linux_end}. Its first four retries do not back off "
        "(tcp_syn_linear_timeouts)."
    ),
    "learn.syn-lost.watch.one": "One SYN is lost.",
    "learn.syn-lost.watch.never": "No SYN ever arrives.",
    "learn.syn-lost.watch.linux": "The same with the timers of Linux.",
    "learn.syn-lost.wrong.1": (
        '"The client retransmits periodically" hides the back-off, and "exponential back-off" is not what a '
        "capture on a modern Linux shows at first."
    ),
    "learn.syn-lost.wrong.2": (
        "Losing a SYN has an after-effect: the connection then starts with a congestion window of one segment (RFC "
        "5681), and with an RTO of 3 s (RFC 6298 5.7)."
    ),
    "learn.syn-lost.ask.1": "A's first SYN had seq=100. Which sequence number does the repeated one have?",
    "learn.syn-lost.why.1": (
        "A retransmission repeats the same number; with another one, it would be another connection attempt."
    ),
    "learn.syn-lost.ask.2": "Three SYNs are lost. When does the fourth one leave?",
    "learn.syn-lost.why.2": "1 s, then 2 s, then 4 s of waiting add up.",
    "learn.syn-lost.ask.3": "No SYN is ever answered. What does the application hear in the end?",
    "learn.syn-lost.why.3": (
        "Refused would need a RST, and nothing has come at all: ETIMEDOUT. A firewall that drops looks the same."
    ),
    "learn.synack-lost.title": "The second message is lost",
    "learn.synack-lost.1": (
        "Now two timers run. A waits for an answer to its SYN and repeats it at {again}. B is in {waits}, waits for an "
        "acknowledgment of its SYN, and has a timer of its own, which alone would repeat the SYN,ACK at {timer}."
    ),
    "learn.synack-lost.2": (
        "One is enough. A repeated SYN makes B repeat its answer at once, at {answer}, with the same number {isn}. "
        "Every copy of the SYN,ACK is the same, whoever asked for it."
    ),
    "learn.synack-lost.3": (
        "If A vanishes meanwhile, B goes on repeating and gives the embryo up at {end}; what remains is the listener "
        "({end_state})."
    ),
    "learn.synack-lost.watch.one": "The SYN,ACK is lost once.",
    "learn.synack-lost.watch.late": "A copy of the SYN,ACK arrives half a second late, when A is long ESTABLISHED.",
    "learn.synack-lost.wrong.1": (
        '"Both sides retransmit" is right, but usually only one is needed. In this run both happen at the same '
        "instant: B's timer began one delay later, and A's SYN needs one delay to arrive."
    ),
    "learn.synack-lost.wrong.2": (
        "Linux repeats the SYN,ACK at 1, 3, 7, 15 and 31 s and forgets the entry at 63 s (tcp_synack_retries=5)."
    ),
    "learn.synack-lost.ask.1": "B's first SYN,ACK had seq=300. Which number does the next one have?",
    "learn.synack-lost.why.1": "It is a retransmission: the same number.",
    "learn.synack-lost.ask.2": "A copy of the SYN,ACK arrives when A is ESTABLISHED. What does A send?",
    "learn.synack-lost.why.2": (
        "Its number lies below what A expects, so it is old: A tells where it stands with an ACK. A reset would "
        "destroy a good connection because of a duplicate."
    ),
    "learn.synack-lost.ask.3": "The SYN,ACK was lost and nothing else has happened yet. In which state is B?",
    "learn.synack-lost.why.3": (
        "B has a child in SYN_RECEIVED from the moment the SYN came, whatever became of its answer."
    ),
    "learn.ack-lost.title": "The third message is lost: three cases",
    "learn.ack-lost.1": (
        "A is ESTABLISHED, B is in SYN_RECEIVED, and they do not agree. What follows depends on who speaks next."
    ),
    "learn.ack-lost.2": (
        "Case one, nobody has anything to say: B's timer repeats the SYN,ACK at {again}, A acknowledges once more, and "
        "B is ESTABLISHED at {done}. Case two, A sends data: every segment of A acknowledges B's SYN, so the data "
        "complete the handshake, at {data}."
    ),
    "learn.ack-lost.3": (
        "Case three, B wants to speak first: accept() has not returned, so its application has no socket to write to. "
        "B repeats the SYN,ACK, and the greeting leaves at {first}."
    ),
    "learn.ack-lost.4": (
        "If every ACK is lost, B gives up at {given_up}, while A is still {belief}. When A sends, the answer is a RST "
        'and A\'s application hears "{told}". With SYN cookies B keeps no state and never repeats its SYN,ACK '
        "({cookie_count} sent in all): if B was to speak first, A is {cookie_a}, B still {cookie_b}, and both wait for "
        "ever."
    ),
    "learn.ack-lost.watch.quiet": "Case one: nobody sends.",
    "learn.ack-lost.watch.client": "Case two: the client sends.",
    "learn.ack-lost.watch.server": "Case three: the server wants to speak first.",
    "learn.ack-lost.watch.never": "Every ACK is lost; after five minutes A writes.",
    "learn.ack-lost.watch.cookie": "SYN cookies: B has no state that it could repeat anything from.",
    "learn.ack-lost.watch.full": (
        "The accept queue is full: the second client's ACK is ignored, exactly as if it were lost, until somebody "
        "calls accept(); B has it at {accepted}."
    ),
    "learn.ack-lost.wrong.1": (
        '"The server considers the connection normal" is wrong: B is still in SYN_RECEIVED. Only A believes in it.'
    ),
    "learn.ack-lost.wrong.2": (
        '"The server cannot send" is true of the socket interface. As a statement about the protocol it is '
        "imprecise: in SYN_RECEIVED RFC 9293 queues what the application sends, and fast open lets it go."
    ),
    "learn.ack-lost.wrong.3": (
        "Missing in the notes: SYN cookies, the full accept queue (Linux ignores the ACK, or resets with "
        "tcp_abort_on_overflow=1), and TCP_DEFER_ACCEPT, which ignores a bare third ACK on purpose."
    ),
    "learn.ack-lost.ask.1": "The third message is lost, then A sends data. In which state is B when they have arrived?",
    "learn.ack-lost.why.1": "The data segment carries ACK with the right number, which is all that B was waiting for.",
    "learn.ack-lost.ask.2": (
        "The third message is lost and B's application is to speak first. What is B's next segment?"
    ),
    "learn.ack-lost.why.2": (
        "The application does not know of the connection yet. The stack repeats what is unacknowledged: its SYN,ACK."
    ),
    "learn.ack-lost.ask.3": "Every ACK was lost and B has given up; now A sends data. What does B answer?",
    "learn.ack-lost.why.3": (
        "For B there is no such connection. The RST takes its number from A's acknowledgment, so A believes it."
    ),
    "learn.isn.title": "Why the initial number is not constant, and how it is made",
    "learn.isn.1": (
        "Take away the clock: both ends start every connection at the same number. A sends an order and closes; later "
        "it connects again from the same port, and a copy of the old order arrives late. Its number is exactly the one "
        "that B expects. B's application reads the order {twice} times."
    ),
    "learn.isn.2": (
        "Now as RFC 6528 has it: ISN = clock + hash(both addresses, both ports, secret). The clock takes a step each 4 "
        "microseconds. Three connections from A: {first}, {other}, {third}. The first and the third have the same "
        "ports and are {apart} apart: exactly {step} steps. The second has another port, and nothing to do with them."
    ),
    "learn.isn.3": (
        "So the number is unpredictable from outside, since the hash needs the secret, and yet it only grows for one "
        "pair of endpoints. The old order now lies below the window, and is discarded by the rule {rule}."
    ),
    "learn.isn.watch.real": "Three connections; the third one has the ports of the first.",
    "learn.isn.watch.clock": (
        "The old order meets a connection whose numbers have moved on (TIME_WAIT is switched off for this lesson)."
    ),
    "learn.isn.watch.constant": "The same with a constant number at both ends: the old order is taken for new.",
    "learn.isn.wrong.1": (
        '"Random" and "made from the clock" are both half of it. A purely random number would break the reuse of '
        "ports: RFC 6191 lets a new SYN end TIME_WAIT only if its number is higher, or its timestamp newer."
    ),
    "learn.isn.wrong.2": (
        "It has nothing to do with snowflake identifiers, and it does not keep out attackers who can see the packets. "
        "It stops those who have to guess."
    ),
    "learn.isn.wrong.3": (
        "RFC 9293 says that the clock wraps after about 4.55 hours; 2^32 steps of 4 microseconds are 4.77. Linux takes "
        "a step each 64 ns and wraps after 275 s."
    ),
    "learn.isn.ask.1": (
        "Two connections between the same ports begin {apart} apart. By how much do their initial numbers differ?"
    ),
    "learn.isn.why.1": "One step each 4 microseconds makes 250,000 a second; the hash is the same and cancels out.",
    "learn.isn.ask.2": (
        "Both ends use a constant number, and a late copy of the old order arrives. How often has B's application read "
        "it in the end?"
    ),
    "learn.isn.why.2": (
        "The copy has the expected number and an acceptable acknowledgment. Nothing in the segment says that it is old."
    ),
    "learn.isn.ask.3": "With a clock in the numbers the old order lies below the window. What does B answer?",
    "learn.isn.why.3": (
        "Not acceptable: an ACK with what B really expects, and nothing is delivered (RFC 9293 3.10.7.4). No reset, "
        "since it may be an innocent duplicate."
    ),
    "learn.syn-flood.title": "The SYN queue and the flood",
    "learn.syn-flood.1": (
        "Each SYN costs the server memory for an embryonic connection, and a SYN can be sent from a forged address, "
        "which will never answer. Here the queue holds two; three forged SYNs arrive, then an honest client."
    ),
    "learn.syn-flood.2": (
        "Without defence the honest SYN is dropped as the others are ({full} times the queue was full); after {tries} "
        "tries A is still in {stuck}."
    ),
    "learn.syn-flood.3": (
        "A SYN cookie is a sequence number that B can recognise later: a hash of addresses, ports and time, with a few "
        "bits for the segment size. B sends it ({sent} times here) and keeps nothing. The third message brings it "
        'back, and B makes the connection out of it: A is {through}, and "{read}" arrives. Forged addresses never '
        "send a third message."
    ),
    "learn.syn-flood.watch.flood": "The queue is full, the honest client gets no answer.",
    "learn.syn-flood.watch.cookies": "The same with SYN cookies.",
    "learn.syn-flood.wrong.1": (
        '"Half-open" means two things. The notes mean connections whose handshake is not complete. RFC 9293 3.5.1 '
        "means a connection of which one end has lost its state. What waits in the queue is called embryonic."
    ),
    "learn.syn-flood.wrong.2": (
        "There are two queues with two limits: the SYN queue, and the accept queue of complete connections. On Linux "
        "the accept queue holds backlog + 1, and since 4.4 listeners have no SYN list of their own."
    ),
    "learn.syn-flood.wrong.3": (
        "Cookies are no free lunch: window scale and SACK are lost unless timestamps carry them, and a lost third "
        "message cannot be repaired by the server."
    ),
    "learn.syn-flood.ask.1": (
        "The queue is full of forged SYNs and there are no cookies. In which state is the honest client after four "
        "seconds?"
    ),
    "learn.syn-flood.why.1": (
        "Dropped silently, its SYN looks lost: it goes on trying. Refusing it with a RST would be worse, for it would "
        "give up at once."
    ),
    "learn.syn-flood.ask.2": (
        "The same attack, but cookies are switched on. In which state is the client after one second?"
    ),
    "learn.syn-flood.why.2": "A full queue is no obstacle to an answer that needs no entry.",
    "learn.syn-flood.ask.3": (
        "No cookies, but the queue has room for ten. In which state is the client after one second?"
    ),
    "learn.syn-flood.why.3": "Three forged entries leave room, this time. An attacker only has to send eleven.",
    "learn.simultaneous-open.title": "Simultaneous open",
    "learn.simultaneous-open.1": (
        "Both ends connect to each other, from and to fixed ports, and the SYNs cross. Each is in SYN_SENT and "
        "receives a SYN without ACK: {path}. No listener is involved."
    ),
    "learn.simultaneous-open.2": (
        "The answer is a SYN,ACK with the same number as before, {isn}: the SYN is repeated, with an acknowledgment "
        "added. {count} segments carry SYN, and the result is one connection, not two."
    ),
    "learn.simultaneous-open.3": (
        "If one of the SYNs is lost, the other finds its target in SYN_SENT all the same. Here A goes {lost_path}, "
        "while B is answered with a SYN,ACK as in an ordinary handshake."
    ),
    "learn.simultaneous-open.watch.cross": "Figure 7 of RFC 9293: the SYNs cross.",
    "learn.simultaneous-open.watch.lost": "One of them is lost.",
    "learn.simultaneous-open.wrong.1": (
        '"SYN_RCVD is a state of the server" is not quite true: it is the state of whoever has received a SYN and '
        "waits for the acknowledgment of his own."
    ),
    "learn.simultaneous-open.wrong.2": (
        "Linux adds a duplicate ACK after the crossing SYN,ACKs. Through a NAT this works only if the NAT follows RFC "
        "5382."
    ),
    "learn.simultaneous-open.ask.1": "A is in SYN_SENT and receives a SYN without ACK. Where does it go?",
    "learn.simultaneous-open.why.1": "It has B's number now, but its own is not acknowledged.",
    "learn.simultaneous-open.ask.2": "A's SYN had seq=100. Which sequence number does its SYN,ACK carry?",
    "learn.simultaneous-open.why.2": "The SYN in it is the same SYN, so it has the same number.",
    "learn.simultaneous-open.ask.3": "A's SYN is lost, B's arrives. What is B's state after SYN_SENT?",
    "learn.simultaneous-open.why.3": (
        "B hears A's SYN first in A's SYN,ACK, which acknowledges B's as well: straight to ESTABLISHED."
    ),
}
