"""English: why a connection moves from one state to another (RFC 9293 figure 5, and what the text adds to it)."""

from __future__ import annotations

from typing import Final

OPENING: Final[dict[str, str]] = {
    "why.move.CLOSED.LISTEN": (
        "The application called listen(): a passive open. Nothing is sent, because nobody to send it to is known; "
        "the only effect is that a SYN to this port will find somebody. Without it the same SYN would draw a RST, "
        "and the other side's connect() would fail as refused (RFC 9293 3.10.1)."
    ),
    "why.move.CLOSED.SYN_SENT": (
        "The application called connect(): an active open. This end chooses its initial sequence number, sends it "
        "in a SYN and starts the retransmission timer. No connection exists so far: all that this end knows is a "
        "number of its own. It needs the peer's number, and the peer's word that its own has arrived; the SYN,ACK "
        "brings both (RFC 9293 3.10.1)."
    ),
    "why.move.CLOSED.SYN_RECEIVED": (
        "A SYN made this connection, and it begins where the handshake stands. In RFC 9293 figure 5 a block is in "
        "LISTEN before; a stack whose listeners stay in LISTEN makes a new block for each SYN, which seen from "
        "outside comes out of nothing. Its SYN,ACK tells this end's number and acknowledges the peer's (RFC 9293 "
        "3.10.7.2)."
    ),
    "why.move.CLOSED.ESTABLISHED": (
        "The connection is complete from its first moment, because all that a handshake settles was known already: "
        "with SYN cookies the listener kept nothing, and rebuilds both numbers from the ACK that answers its cookie "
        "(RFC 4987 3.6). This stack notes even then a passage through SYN_RECEIVED. No segment moves an ordinary "
        "block from CLOSED to here."
    ),
    "why.move.LISTEN.SYN_RECEIVED": (
        "A SYN arrived at a listener. A child connection takes the peer's number as IRS, chooses its own ISS and "
        "answers SYN,ACK; the listener itself stays in LISTEN, although the RFC's model moves the one block that "
        "there is. Only the acknowledgment of our SYN is missing now. Until it comes the application hears nothing, "
        "for the SYN may be old or forged (RFC 9293 3.10.7.2)."
    ),
    "why.move.LISTEN.SYN_SENT": (
        "An application that listened opens actively or sends on the same block, so it sends a SYN itself (RFC 9293 "
        "3.10.1, 3.10.2, and figure 5). It is a legal move of the protocol that the sockets interface does not "
        "offer: a listening socket cannot connect() or send(). Books show the arrow; you will hardly ever meet it "
        "on a wire."
    ),
    "why.move.LISTEN.ESTABLISHED": (
        "A listener's child is complete at once, since an ACK brought back a valid SYN cookie: the handshake took "
        "place without a block, and its numbers are in that ACK (RFC 4987 3.6). This stack writes it as two moves "
        "in one instant, by way of SYN_RECEIVED. Without cookies an ACK at a listener belongs to nothing and is "
        "reset (RFC 9293 3.10.7.2)."
    ),
    "why.move.LISTEN.CLOSED": (
        "The application closed the listener. There is nobody to say FIN to, so nothing is sent for the listener "
        "itself; new SYNs to the port are refused from now on. Children that nobody has accepted have no owner any "
        "more and are reset, so that their peers do not wait in vain. Accepted connections live on, for they are "
        "blocks of their own (RFC 9293 3.10.4)."
    ),
    "why.move.SYN_SENT.ESTABLISHED": (
        "The SYN,ACK came: it acknowledges our SYN, so the peer knows our number, and carries the peer's SYN, so we "
        "know its number. That is all this end needs, and connect() returns. The peer is not there yet: our ACK, "
        "sent at this moment, must first travel half a round trip. Both flags in one segment are what makes a "
        "handshake of three out of four messages (RFC 9293 3.10.7.3)."
    ),
    "why.move.SYN_SENT.SYN_RECEIVED": (
        "We had sent a SYN and a SYN came back, without ACK: the peer has opened actively at the same time. Each "
        "end answers SYN,ACK with its old number, and the four segments make one connection, not two, because "
        "addresses and ports are all that names it. A SYN,ACK would have opened us at once; a bare SYN tells the "
        "peer's number, but not that ours arrived (RFC 9293 3.5, figure 7)."
    ),
    "why.move.SYN_SENT.CLOSED": (
        "The attempt is over: a RST acknowledged our SYN (refused), an ICMP error said that the port or protocol "
        "cannot be reached, no answer came in the time allowed, or the application closed. In the last case nothing "
        "is sent, since the peer is not known to have a connection. A RST with a wrong or without an acknowledgment "
        "does not lead here, or anybody could refuse us (RFC 9293 3.10.7.3, 3.8.3)."
    ),
    "why.move.SYN_RECEIVED.ESTABLISHED": (
        "The acknowledgment of our SYN is here, so the peer lives at that address and has our number: both "
        "directions are open. A pure ACK does it, and so does the first data or even a FIN, because every segment "
        "of the peer acknowledges our SYN. Of a passive open the application hears only now. With two messages it "
        "would have heard before, and of ghosts as well (RFC 9293 3.10.7.4, fifth step)."
    ),
    "why.move.SYN_RECEIVED.FIN_WAIT_1": (
        "The application closed before the handshake was complete; RFC 9293 3.10.4 has the FIN sent from here if "
        "nothing waits to be sent, and the arrow is in figure 5. This stack always keeps the FIN until our SYN is "
        "acknowledged, and then passes through ESTABLISHED in the same instant: the FIN needs a peer that knows our "
        "numbers, and the result is the same."
    ),
    "why.move.SYN_RECEIVED.CLOSE_WAIT": (
        "A FIN came with the segment that completes the handshake. RFC 9293 3.10.7.4 names CLOSE-WAIT for a FIN in "
        "SYN-RECEIVED; but its fifth step has made the state ESTABLISHED before the eighth looks at the FIN, and "
        "this stack shows both moves, at one time. The application accepts a connection that is at end-of-file from "
        "the start, and may still answer."
    ),
    "why.move.SYN_RECEIVED.LISTEN": (
        "The embryonic connection dissolves into its listener: a RST with the expected number came, or another SYN, "
        "or the SYN,ACK was repeated in vain. No application has seen the connection, so none is told; the listener "
        "goes on as if nothing had been. This is how the ghost of an old SYN disappears (RFC 9293 3.5 figure 8, "
        "3.10.7.4). A connection opened actively goes to CLOSED instead."
    ),
    "why.move.SYN_RECEIVED.CLOSED": (
        "The handshake failed for a connection that has an owner already, because both ends opened actively or fast "
        "open handed it out early: a RST came, or nobody acknowledged in time, and the owner is told. Or it was "
        "given up on this side: the application aborted, or the accept queue was full where overflow is answered "
        "with a reset. A mere listener's child returns to LISTEN (RFC 9293 3.10.7.4)."
    ),
}

CLOSING: Final[dict[str, str]] = {
    "why.move.ESTABLISHED.FIN_WAIT_1": (
        "The application said that it has no more to send: shutdown() or close(). A FIN goes behind what is still "
        "queued and takes a number of its own, so that it can be acknowledged and sent again like data. The other "
        "direction is not touched: the peer may go on sending. Whoever makes this move first will usually end in "
        "TIME_WAIT, client or server (RFC 9293 3.10.4)."
    ),
    "why.move.ESTABLISHED.CLOSE_WAIT": (
        "The peer's FIN came, and everything before it is here: its direction is closed. The stack acknowledges at "
        "once, without asking the application, and tells it end-of-file. That is why closing takes four segments "
        "where the application goes on, and three where it closes in the same moment. A FIN ahead of a gap does not "
        "make this move until the gap is filled (RFC 9293 3.10.7.4, eighth step)."
    ),
    "why.move.ESTABLISHED.CLOSED": (
        "The connection broke without any FIN: a RST with exactly the expected number, an abort by the application, "
        "a close() that left data unread, retransmissions or keep-alive probes without an answer, or a crash of the "
        "host. Data under way is lost, and the application is told by an error rather than by end-of-file (RFC "
        "9293 3.10.5). The sender of a RST should wait in TIME_WAIT by RFC 9293 3.5.2; here, as on Linux, nobody does."
    ),
    "why.move.FIN_WAIT_1.FIN_WAIT_2": (
        "Our FIN is acknowledged, so the peer's stack has it and has told, or will tell, its application. The "
        "peer's own FIN was not in this segment: its application has not closed yet, and may still send. This end "
        "has nothing left to retransmit, so no retransmission timer runs, and it waits for the other application's "
        "decision (RFC 9293 3.10.7.4, fifth step)."
    ),
    "why.move.FIN_WAIT_1.CLOSING": (
        "The peer's FIN came before an acknowledgment of ours: both applications closed at the same time, and the "
        "FINs crossed. Whether this is CLOSING or TIME_WAIT is decided by the ACK number alone, one octet less or "
        "more. We acknowledge the peer's FIN and go on waiting for the acknowledgment of ours, which TIME_WAIT "
        "needs first (RFC 9293 3.6, figure 13)."
    ),
    "why.move.FIN_WAIT_1.TIME_WAIT": (
        "One segment acknowledged our FIN and brought the peer's: the peer closed as soon as it heard end-of-file, "
        "and put both into a single FIN,ACK. So FIN_WAIT_2 is skipped and the “four-way” close took three segments. "
        "It is the ACK number that decides, not the flags: every FIN carries ACK, and one that does not cover our "
        "FIN leads to CLOSING (RFC 9293 3.10.7.4)."
    ),
    "why.move.FIN_WAIT_1.CLOSED": (
        "The end came before our FIN was acknowledged: a RST arrived (perhaps for data that the peer no longer "
        "wanted), the FIN was repeated until patience ran out, the application aborted, or data came for a socket "
        "that was closed already, which is answered with RST. Whether the peer got everything is not known then "
        "(RFC 9293 3.10.7.4, 3.8.3, 3.6.1)."
    ),
    "why.move.FIN_WAIT_2.TIME_WAIT": (
        "The peer's FIN came: both directions are closed and both FINs are acknowledged, once our ACK arrives. This "
        "very ACK is why the state cannot be CLOSED yet: nobody acknowledges it, so if it is lost the peer repeats "
        "its FIN, and somebody must be here to answer. Hence the wait of 2MSL, on this side only (RFC 9293 3.6.1, "
        "3.10.7.4)."
    ),
    "why.move.FIN_WAIT_2.CLOSED": (
        "No FIN came from the peer, but the end did: a RST, data for a socket that nobody holds any more and which "
        "is therefore answered with RST, an abort, or a limit for abandoned connections as Linux has one. The RFC "
        "has no such limit. If the peer's FIN comes afterwards, it meets no connection and draws a RST (RFC 9293 "
        "3.6.1, 3.10.7.4)."
    ),
    "why.move.CLOSE_WAIT.LAST_ACK": (
        "Our application closed as well, so our FIN goes out behind what it had still written. The peer's direction "
        "was closed long ago; only the acknowledgment of this FIN is missing, hence the name. How long it took to "
        "get here is the application's affair: the stack can do nothing to leave CLOSE_WAIT by itself (RFC 9293 "
        "3.10.4)."
    ),
    "why.move.CLOSE_WAIT.CLOSED": (
        "The connection ended before our application closed it in good order: a RST came, usually because the peer "
        "had closed completely and our data reached nobody; or our data was never acknowledged; or the application "
        "aborted or closed with data unread. If it still writes, it now gets an error, for nothing it sends can "
        "arrive (RFC 9293 3.10.7.4, 3.6.1)."
    ),
    "why.move.CLOSING.TIME_WAIT": (
        "The acknowledgment that was missing covers our FIN; the peer's FIN has been here since before. Both "
        "directions are closed, and our ACK of the peer's FIN may still be lost, so this end waits 2MSL like any "
        "other. As the peer goes the same way, a simultaneous close leaves TIME_WAIT at both ends (RFC 9293 3.6, "
        "figure 13)."
    ),
    "why.move.CLOSING.CLOSED": (
        "The acknowledgment of our FIN never came: a RST did, or the FIN was repeated as often as allowed. All of "
        "the peer's data had arrived before its FIN; whether ours has is not certain. No application is left to be "
        "told of an error, unless it only shut down its direction; its end-of-file was told before (RFC 9293 "
        "3.10.7.4)."
    ),
    "why.move.LAST_ACK.CLOSED": (
        "Our FIN is acknowledged: both directions are closed, and the peer, which closed first, keeps TIME_WAIT. "
        "This end may forget everything at once, since nothing of its own is left to repeat. Without that ACK it "
        "repeats the FIN, and a RST or the retransmission limit leads here too; no data is at stake then, the peer "
        "had ended its own before (RFC 9293 3.10.7.4)."
    ),
    "why.move.TIME_WAIT.CLOSED": (
        "2MSL have passed since the last FIN was seen, so whatever the old connection left in the network should be "
        "gone, and the four-tuple is free. It happens earlier if a RST is believed, which RFC 1337 warns of, if the "
        "table of such entries is full, or if a newer SYN reopens the connection; old segments might then fall into "
        "a new connection (RFC 9293 3.6.1)."
    ),
    "why.move.TIME_WAIT.SYN_RECEIVED": (
        "A new SYN came for the same addresses and ports while the old connection still waited, and its number, or "
        "its timestamp, is beyond the old one's, so it cannot be an old duplicate. A stack may then open a new "
        "incarnation without waiting for 2MSL; its own new number is chosen above all old ones. This stack notes it "
        "as TIME_WAIT to CLOSED and a new child (RFC 9293 3.6.1, RFC 6191 2)."
    ),
}

MESSAGES: Final[dict[str, str]] = {**OPENING, **CLOSING}
