"""English: what each state means, who gets there, for how long, and what one sees of it."""

from __future__ import annotations

from typing import Final

STATES: Final[dict[str, str]] = {
    "why.state.CLOSED": (
        "CLOSED stands for “there is no block”: RFC 9293 3.3.2 calls it fictional. Every connection begins here and "
        "comes back here, by an orderly end, a reset, or giving up. Nothing is remembered and no timer runs, so ss "
        "has nothing to list. Whatever still arrives for these addresses and ports draws a RST that says so; only a "
        "RST draws nothing, or two confused ends could answer each other for ever."
    ),
    "why.state.LISTEN": (
        "A program has called listen(). No packet was sent and no peer is known; the state lasts until the listener "
        "is closed. In the RFC's model the block itself moves on with the first SYN; in real stacks, and here, the "
        "listener stays and each SYN makes a child. ss -l shows how many complete connections wait for accept() as "
        "Recv-Q, and their limit as Send-Q. What piles up is those, and the embryonic ones before them (RFC 9293 "
        "3.10.7.2)."
    ),
    "why.state.SYN_SENT": (
        "connect() was called and a SYN is on its way; neither starting number is agreed on yet. Normally this "
        "lasts one round trip. Without an answer the SYN goes again, later each time, for three minutes at least "
        "(RFC 9293 3.8.3); a RST that acknowledges it ends the attempt at once. ss shows SYN-SENT with a timer. "
        "Many of them mean that something drops SYNs in silence, often a firewall. Notes call it SYN_SEND."
    ),
    "why.state.SYN_RECEIVED": (
        "A SYN came and was answered with SYN,ACK; only the acknowledgment of our own SYN is missing. It lasts a "
        "round trip, or until the SYN,ACK has been repeated in vain. ss says SYN-RECV, notes SYN_RCVD. Many of "
        "them: last ACKs get lost, the accept queue is full, or somebody floods with forged SYNs; with SYN cookies "
        "nothing is to be seen. Notes call these half-open; in RFC 9293 3.5.1 that word means something else, hence "
        "“embryonic” here."
    ),
    "why.state.ESTABLISHED": (
        "Both starting numbers are known and acknowledged as far as this end can tell, so data flows both ways. The "
        "two ends get here half a round trip apart, never in the same moment. The state lasts as long as both like: "
        "without data nothing is sent, and a connection may outlive a day without a network. It follows that "
        "ESTABLISHED (ESTAB in ss) does not prove that the peer still exists; only sending, or keep-alive, finds "
        "out (RFC 9293 3.3.2, 3.8.4)."
    ),
    "why.state.FIN_WAIT_1": (
        "This end has closed its direction first, and its FIN, which may still wait behind queued data, is not "
        "acknowledged. Usually it is gone after one round trip, so ss seldom shows it. When it stays, the peer is "
        "silent or its window is closed, and the FIN cannot get through; a silent peer is given up in the end. Both "
        "ends may be here at once. RFC 9293 3.3.2 says: waiting for a FIN, or for the acknowledgment of ours."
    ),
    "why.state.FIN_WAIT_2": (
        "Our FIN is acknowledged, so our direction is closed for good, while the peer may still send: this is the "
        "half-closed connection. It waits for the peer's FIN, that is, for the peer's application. RFC 9293 sets no "
        "limit, and after shutdown() none is wanted. In ss it piles up where the other side forgets to close, and "
        "there the same connections show as CLOSE-WAIT. “It always times out”, as some notes say, is not the RFC's "
        "rule."
    ),
    "why.state.CLOSE_WAIT": (
        "The peer's FIN has come and is acknowledged; our own application was told end-of-file and has not closed "
        "yet. It may go on writing, and its data will be read if the peer only called shutdown(). No timer ends "
        "this state and no kernel setting does: it lasts until close() is called. A growing number in ss therefore "
        "means a program that leaks connections (RFC 9293 3.3.2, 3.6)."
    ),
    "why.state.CLOSING": (
        "Both ends have said FIN, the FINs crossed on the wire, and the peer's arrived before an acknowledgment of "
        "ours. Only that acknowledgment is missing, so the state lasts about a round trip and is rarely caught in "
        "ss. If it stays, the peer is gone, and the FIN is sent again until the stack gives up. Then comes "
        "TIME_WAIT, at both ends (RFC 9293 3.6, figure 13)."
    ),
    "why.state.LAST_ACK": (
        "The peer closed first, then our application did, and our FIN waits for its acknowledgment, the last "
        "segment of the connection. It takes a round trip; if the FIN or its ACK is lost, the FIN goes again until "
        "it is acknowledged or given up. There is no TIME_WAIT afterwards: that is the burden of the end which "
        "closed first. Many in ss: the peers have vanished from the network (RFC 9293 3.3.2)."
    ),
    "why.state.TIME_WAIT": (
        "Both ends have said FIN and ours is acknowledged, but this end stays for twice the maximum segment "
        "lifetime: to repeat the last ACK if the peer's FIN comes again, and to let old segments die before the "
        "same addresses and ports are used anew. RFC 9293 takes MSL as 2 minutes, hence 4 in all (3.4.2, 3.6.1). It "
        "meets the end that closed first, not “the client”. In ss it is often the longest list, costs little, and "
        "takes ports only from who connects out."
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.state.LISTEN": (
        "The accept queue holds one connection more than the backlog says. With it full, new SYNs are dropped "
        "silently; with tcp_syncookies=1 cookies begin when the SYN queue is as long as the backlog."
    ),
    "linux.state.SYN_SENT": (
        "The SYN goes at 0, 1, 2, 3, 4, 5 and 7 s (6.18), the first four retries without back-off; connect() gives "
        "up after 131 to 135 s, short of the RFC's three minutes."
    ),
    "linux.state.SYN_RECEIVED": (
        "Shown as SYN-RECV. The SYN,ACK is repeated after 1, 3, 7, 15 and 31 s, and the entry is gone at 63 s. The "
        "listener itself stays in LISTEN."
    ),
    "linux.state.FIN_WAIT_1": (
        "Once the socket is closed, the FIN is repeated after 0.2, 0.6, 1.5, 3.1, 6.5, 13, 26 and 53 s, and the "
        "connection is given up at 108 s."
    ),
    "linux.state.FIN_WAIT_2": (
        "With the socket closed it ends after tcp_fin_timeout, 60 s; a FIN that comes later draws a reset. After a "
        "mere shutdown() it waits without limit, as the RFC has it. Of a closed one only a record is left, which a "
        "RST or SYN anywhere beyond the expected number ends."
    ),
    "linux.state.CLOSE_WAIT": (
        "As in the RFC: no timer and no sysctl ends it. A RST with the number of the FIN, one below the expected "
        "one, is believed here as well."
    ),
    "linux.state.CLOSING": (
        "A RST with the number of the peer's FIN, one below the expected one, ends it too; RFC 5961 would ignore "
        "that RST."
    ),
    "linux.state.LAST_ACK": (
        "A RST with the number of the peer's FIN, one below the expected one, ends it too, because some stacks send "
        "such resets."
    ),
    "linux.state.TIME_WAIT": (
        "60 s altogether, and no sysctl changes that; tcp_fin_timeout is about FIN_WAIT_2. Any segment with ACK "
        "starts the time anew, not only a repeated FIN, and a RST at exactly the expected number ends it unless "
        "tcp_rfc1337=1."
    ),
}

MESSAGES: Final[dict[str, str]] = {**STATES, **LINUX}
