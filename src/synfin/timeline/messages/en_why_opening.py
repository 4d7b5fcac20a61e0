"""English: why what arrives while a connection is opened is judged so; `{who}` judges, `{peer}` is the other end."""

from __future__ import annotations

from typing import Final

LISTENING: Final[dict[str, str]] = {
    "why.rule.active-open": (
        "The application has called connect() and names the peer itself: this is the active side, usually the "
        "client. The stack makes a block, takes a free local port, chooses the initial number and sends the SYN at "
        "once. The call comes back when the handshake is complete or has failed. Nothing has been asked of {peer} "
        "before, so the state is SYN_SENT and not more (RFC 9293 3.10.1)."
    ),
    "why.rule.passive-open": (
        "The application has called listen(): it does not say who may come, it waits. No packet leaves, and no "
        "peer is known, so one listener serves any number of clients. From now on the stack completes handshakes "
        "by itself, whether or not the application ever calls accept(); that call only takes out of a queue what "
        "is already there (RFC 9293 3.10.1)."
    ),
    "why.rule.syn-accepted": (
        "A SYN has come to a port with a listener. {who} makes a block of its own for this client, in "
        "SYN_RECEIVED, notes the client's number and window and chooses its own number. The RFC's model turns the "
        "listening block itself into the connection; real stacks keep it in LISTEN and make a child for each SYN, "
        "or a second client could not come (RFC 9293 3.10.7.2)."
    ),
    "why.rule.listen-rst-ignored": (
        "A reset can only end a connection, and a listener has none. It stays in LISTEN and sends nothing: an "
        "answer to a reset could draw another one, without end. Such resets are quite normal, for instance when a "
        "client has given up on a SYN,ACK that came too late, and the embryonic connection here is gone already "
        "(RFC 9293 3.10.7.2)."
    ),
    "why.rule.listen-ack-reset": (
        "In LISTEN nothing has been sent, so no acknowledgment can be right. Either {peer} remembers a connection "
        "that {who} has forgotten, or an embryonic one was given up before its last ACK came, or the numbers are "
        "forged. {who} answers with a reset that takes its number from the ACK, so that {peer} does not stay "
        "half-open (RFC 9293 3.10.7.2)."
    ),
    "why.rule.listen-dropped": (
        "The segment has neither RST nor ACK nor SYN. No proper sender makes such a segment, since everything "
        "after the SYN carries ACK; it comes from a port scan or a broken program. The RFC says to drop it and "
        "return. Staying silent tells a scanner less than an answer would, and costs nothing (RFC 9293 3.10.7.2)."
    ),
    "why.rule.listen-syn-fin-dropped": (
        "SYN opens and FIN closes; no sane application does both in one segment. By RFC 9293 3.10.7.2 it is a SYN "
        "like any other, and the FIN would be looked at later. Such segments come from scanners that want to slip "
        "past filters which look for a bare SYN, so this stack can be told to drop them."
    ),
    "why.rule.syn-queue-full": (
        "Each SYN that is answered costs memory until its third segment comes, and a forged one costs it until the "
        "time-out: that is what a SYN flood exploits. So the number of embryonic connections has a limit. It is "
        "reached now; this SYN is not remembered. An honest client sends its SYN again and may find room then, "
        "unless cookies let it in at once (RFC 4987 2.2)."
    ),
    "why.rule.accept-queue-full": (
        "Connections that are complete wait in a queue until the application calls accept(). It is full, because "
        "the application is slower than its clients. {who} ignores the segment as if it were lost: a SYN, or the "
        "third segment of a handshake. {peer} or {who} will repeat something, and by then there may be room. From "
        "{peer}'s side it looks like a slow network. RFC 9293 has no such queue; RFC 4987 2.2 tells of the backlog."
    ),
    "why.rule.syn-cookie-sent": (
        "There is no room for one more embryonic connection, but {who} may answer with SYN cookies. The SYN,ACK "
        "that goes out now looks like any other; only its number is not from the generator, but made of time, MSS "
        "and a keyed hash of this client's addresses, ports and number. Nothing is stored, so a flood of forged "
        "SYNs costs no memory (RFC 4987 3.6)."
    ),
    "why.rule.syn-cookie-accepted": (
        "An ACK came to a listener, and the number it acknowledges, less one, is a cookie that {who} has made for "
        "exactly this client within the last two minutes. A forger who cannot see {who}'s answers would have to "
        "guess 24 bits of hash. So the handshake has taken place, and the connection is made now, from what the "
        "cookie holds: the MSS, and no other option (RFC 4987 3.6)."
    ),
    "why.rule.syn-cookie-wrong": (
        "{who} has sent cookies lately, so an ACK that belongs to no connection might bring one back. The number "
        "was checked against the hash for this client in the current and the previous period of 64 seconds, and "
        "fits neither: too old, or never a cookie. It is treated as any stray ACK to a listener, with a reset (RFC "
        "4987 3.6)."
    ),
    "why.rule.defer-accept": (
        "The server has asked to be woken only when there is something to read. So the bare third segment does not "
        "complete the handshake: {who} drops it and stays in SYN_RECEIVED, while {peer} is ESTABLISHED. With the "
        "first data, which carries the same ACK, the connection is opened and accepted. Clients that connect and "
        "say nothing never reach the application (RFC 9293 3.10.7.4 would open at once)."
    ),
}

FAST_OPEN: Final[dict[str, str]] = {
    "why.rule.fast-open-accepted": (
        "The SYN carries a cookie that {who} gave this client earlier, which proves that the client can receive at "
        "its address. So the text on the SYN goes to the application now and not after the handshake: a round trip "
        "is saved. A SYN that the network delivers twice may deliver its text twice, so this suits only requests "
        "that can be repeated (RFC 7413 4.2.2)."
    ),
    "why.rule.fast-open-bad-cookie": (
        "The cookie is not the one for this address: the key was changed more than once, or somebody made it up. "
        "Nothing is lost but the gain: {who} acknowledges the SYN alone, goes on with an ordinary handshake and "
        "puts a good cookie into the SYN,ACK. {peer} sends the text again as soon as the connection is open (RFC "
        "7413 4.2.2)."
    ),
    "why.rule.fast-open-cookie-asked": (
        "{peer} would like to use fast open next time and sends an empty option with its SYN. {who} makes a cookie "
        "from {peer}'s address and a secret key, and returns it in the SYN,ACK. It remembers nothing; when the "
        "cookie comes back it is computed anew and compared. This first connection opens in the ordinary way (RFC "
        "7413 4.1.2)."
    ),
    "why.rule.fast-open-old-key": (
        "Keys are replaced from time to time, so that a cookie which was stolen does not stay good for ever. This "
        "one was made with the key before the current one. {who} still takes it, so that clients do not all lose a "
        "round trip at the moment of the change, and gives a fresh one along with the SYN,ACK (RFC 7413 4.1.2)."
    ),
    "why.rule.fast-open-queue-full": (
        "Connections that have spoken before their handshake ended are counted, since each of them may stem from a "
        "stolen cookie and a forged address, and costs the application work. The limit for this listener is "
        "reached, so {who} does not look at the cookie and lets this client finish its handshake first. It is "
        "slower by a round trip and safe (RFC 7413 4.2)."
    ),
    "why.rule.fast-open-text-acked": (
        "The SYN,ACK acknowledges more than the SYN: {peer} has taken the text that rode on it and may be "
        "answering already. {who} drops it from its send buffer and goes on behind it. For a short request the "
        "whole exchange has taken one round trip instead of two (RFC 7413 4.2.2)."
    ),
    "why.rule.fast-open-text-refused": (
        "The SYN,ACK acknowledges the SYN and not the text on it: the cookie was not accepted, or {peer} does not "
        "take part. The text has its numbers already, and keeps them; it goes again in the first segments of the "
        "open connection, as if it had been written just now. Nothing is lost and nothing comes twice (RFC 7413 "
        "4.2.2)."
    ),
    "why.rule.fast-open-blocked": (
        "The last attempt with fast open towards this server failed; most often the SYN got no answer until it was "
        "repeated without data and option, as it happens where firewalls drop such SYNs. {who} remembers that for "
        "a while and opens in the ordinary way, instead of losing the time of a retransmission each time. Later it "
        "tries again (RFC 7413 4.1.3.1)."
    ),
    "why.rule.syn-data-ignored": (
        "There is text on the SYN, and {who} acknowledges the SYN alone. The text is therefore unacknowledged and "
        "comes again once the connection is open: nothing is lost but time. RFC 9293 3.10.7.2 lets a receiver "
        "queue it until the handshake ends, so data on a SYN is legal, whatever the notes say; most stacks simply "
        "do not use it."
    ),
}

ANSWERS: Final[dict[str, str]] = {
    "why.rule.syn-sent-bad-ack": (
        "In SYN_SENT only one answer is right: an ACK for exactly the SYN that was sent. This one acknowledges "
        "something else, for instance an old SYN that turned up at {peer}. Believing it would join two ends with "
        "different ideas of where the numbers start. So {who} answers with a reset and goes on waiting (RFC 9293 "
        "3.10.7.3)."
    ),
    "why.rule.syn-sent-rst-ignored": (
        "A reset that acknowledges nothing, or not our SYN, could have been sent by anybody who guesses addresses "
        "and ports. Only one that acknowledges the SYN shows that its sender has seen it. {who} ignores this one "
        "and goes on waiting for an answer (RFC 9293 3.10.7.3, RFC 5961 3.2)."
    ),
    "why.rule.syn-sent-refused": (
        "The reset acknowledges {who}'s SYN, so it comes from somebody who has seen it: {peer}'s stack, or a "
        "firewall that speaks for it. Nobody listens on that port. connect() fails at once with “connection refused”"
        ", and no more SYN is sent. Silence would have looked different: minutes of retransmissions and then a "
        "time-out (RFC 9293 3.10.7.3)."
    ),
    "why.rule.syn-sent-no-syn": (
        "The ACK is right, but there is no SYN with it, so {peer} has not told its own number, and without it "
        "nothing that it sends could be put in order. The segment is dropped, and {who} stays in SYN_SENT. "
        "{peer}'s SYN, with or without ACK, may still come; if nothing does, {who}'s own goes again (RFC 9293 "
        "3.10.7.3)."
    ),
    "why.rule.syn-sent-established": (
        "{who} now knows three things: {peer} is there, it has {who}'s number, and this is {peer}'s. So both "
        "directions work and {who} is ESTABLISHED; connect() returns and data may go out at once. {peer} is in "
        "SYN_RECEIVED until the next segment reaches it, so the two ends are never ESTABLISHED at the same moment "
        "(RFC 9293 3.10.7.3)."
    ),
    "why.rule.simultaneous-open": (
        "Both applications have called connect() towards each other's port, and the SYNs have crossed. Nobody "
        "listens, yet the RFC makes one connection of it and not two: each end goes from SYN_SENT to SYN_RECEIVED "
        "and repeats its SYN with an ACK for the other's, with the same initial number. When these arrive both are "
        "ESTABLISHED (RFC 9293 3.5, figure 7)."
    ),
    "why.rule.closed-dropped": (
        "A reset came for a connection that {who} does not have. There is nothing it could end, and a reset is "
        "never answered: two ends that know nothing of each other could otherwise send resets to and fro for ever. "
        "So it vanishes here without a trace on the wire (RFC 9293 3.10.7.1)."
    ),
    "why.rule.closed-reset": (
        "There is no block for these addresses and ports, so whatever this segment is about, {who} cannot take "
        "part. It says so with a reset. That turns a peer's long wait into a quick error: connection refused for a "
        "SYN, connection reset for somebody whose other end has been restarted. Firewalls that stay silent here "
        "cost the other side minutes (RFC 9293 3.10.7.1)."
    ),
    "why.rule.ack-establishes": (
        "{peer} has acknowledged {who}'s SYN, which only somebody can do who has received it. So {peer} really is "
        "at its address, and the SYN was no old duplicate, for whoever did not ask would have answered with a "
        "reset. {who} moves from SYN_RECEIVED to ESTABLISHED, in an ordinary handshake half a round trip after "
        "{peer}. If this segment carries data or FIN they are taken along (RFC 9293 3.10.7.4)."
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.rule.syn-accepted": (
        "SYN with FIN is dropped without an answer, and text on a SYN is not taken unless fast open is on."
    ),
    "linux.rule.listen-syn-fin-dropped": "Dropping it is what Linux always does; by the RFC it is a SYN.",
    "linux.rule.syn-queue-full": (
        "There is no separate list per listener since 4.4; embryonic connections end at the backlog, and with "
        "tcp_syncookies=1 a small backlog answers with cookies very early."
    ),
    "linux.rule.accept-queue-full": (
        "The queue holds one connection more than the backlog says. With tcp_abort_on_overflow=1 the third segment "
        "draws a reset."
    ),
    "linux.rule.defer-accept": "This is the socket option TCP_DEFER_ACCEPT; the RFC knows nothing like it.",
    "linux.rule.syn-data-ignored": (
        "Without fast open it always acknowledges the SYN alone; text and FIN on a SYN,ACK are dropped in any case."
    ),
    "linux.rule.syn-sent-bad-ack": (
        "It also sends its SYN again within about 10 ms, once, instead of waiting for the timer."
    ),
    "linux.rule.syn-sent-rst-ignored": "It ignores such a reset too, and sends its SYN again about 10 ms later.",
    "linux.rule.simultaneous-open": "It sends one more ACK than needed, and answers a repeated SYN with a bare ACK.",
    "linux.rule.active-open": (
        "Without an answer connect() fails after 131 to 135 s, sooner than the RFC's three minutes."
    ),
}

MESSAGES: Final[dict[str, str]] = {**LISTENING, **FAST_OPEN, **ANSWERS, **LINUX}
