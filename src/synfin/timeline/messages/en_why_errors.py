"""English: what an application is told when something fails, by event of the stack and by errno."""

from __future__ import annotations

from typing import Final

SHORT: Final[dict[str, str]] = {
    "errno.ECONNREFUSED": "connection refused",
    "errno.ECONNRESET": "connection reset by the peer",
    "errno.ETIMEDOUT": "no answer in time",
    "errno.ECONNABORTED": "broken off on this side",
    "errno.EPIPE": "written after the own direction was closed",
    "errno.ENOTCONN": "there is no connection",
    "errno.EISCONN": "connected already",
    "errno.EADDRINUSE": "the port is taken",
    "errno.EADDRNOTAVAIL": "no such address here, or no free port",
    "errno.ENETUNREACH": "no way to that network",
    "errno.EHOSTUNREACH": "no way to that host",
    "errno.ENOPROTOOPT": "the peer has no such protocol, or the socket no such option",
    "errno.EOPNOTSUPP": "not possible for this kind of socket, or a source route failed",
    "errno.EPROTO": "somebody could not read a header of ours",
    "errno.ENOBUFS": "a table or the memory of the host is full",
    "errno.EAGAIN": "not now",
    "errno.EINPROGRESS": "the connection is being opened",
    "errno.EALREADY": "the connection is still being opened",
    "errno.EMSGSIZE": "larger than a packet may be",
    "linux.error.ENETUNREACH": (
        "An ICMP message of this kind ends connect() in SYN_SENT; RFC 9293 3.9.2.2 forbids that."
    ),
    "linux.error.EHOSTUNREACH": (
        "An ICMP message of this kind ends connect() in SYN_SENT; RFC 9293 3.9.2.2 forbids that."
    ),
}

WHY: Final[dict[str, str]] = {
    "why.error.refused": (
        "connect() failed because the peer's stack answered the SYN with a RST that acknowledges it: somebody is "
        "there, and no program listens on that port. An ICMP message that the port or the protocol cannot be "
        "reached says the same. It comes after one round trip, unlike silence, which takes minutes to become a "
        "time-out: refused means closed, silent means filtered or gone. The RST must acknowledge our SYN, or anyone "
        "could forge it (RFC 9293 3.10.7.3)."
    ),
    "why.error.reset": (
        "The connection existed, and a RST with exactly the expected number ended it: the peer aborted it, closed "
        "with our data unread, was sent data after its close(), or has been restarted and knows no such connection. "
        "What was acknowledged before can still be read; queued and unacknowledged data is lost. The peer is not "
        "asked whether it really meant it, which is why a RST elsewhere in the window is challenged first (RFC 9293 "
        "3.10.7.4, RFC 5961 3.2)."
    ),
    "why.error.timeout": (
        "The peer was silent for too long: a SYN, data, a FIN or keep-alive probes went unanswered until the limit "
        "on retransmissions, or a user time-out, was reached. The stack cannot tell whether the peer died, the "
        "network was cut, or a firewall swallowed everything; nor whether the last data arrived. The wait is long "
        "on purpose, 100 s at least for data and 3 minutes for a SYN, so that a broken path has time to heal (RFC "
        "9293 3.8.3)."
    ),
    "why.error.soft-error": (
        "Something is wrong, yet the connection lives on: ICMP reported an unreachable host or network, an expired "
        "time to live or the like, or data was sent again several times in vain. Routes change and such messages "
        "can be forged, so RFC 9293 3.9.2.2 forbids ending an open connection because of them. The application "
        "hears of it and may give up by itself; if a time-out follows, this is a hint at its cause."
    ),
    "why.error.ECONNABORTED": (
        "The connection was broken off on this side: the application called for an abort, and every later call on "
        "the connection fails with this. The peer was sent a RST and sees “reset”. What was queued, and what had "
        "come but was not read, is thrown away, which is the point of an abort: close() would deliver the former "
        "first. It leaves no TIME_WAIT behind either (RFC 9293 3.10.5)."
    ),
    "why.error.EPIPE": (
        "Data was written after this end had said FIN by shutdown() or close(). The FIN took the number behind the "
        "last octet, so no number is left for more (RFC 9293 3.10.2: “connection closing”); reading still works "
        "after shutdown(). A socket says the same to a program that writes on after it was told of a reset: that is "
        "the “broken pipe” of servers whose client has gone. A peer's FIN alone never causes it, for a half-closed "
        "connection may be written to."
    ),
    "why.error.ENOTCONN": (
        "The call needs a connection, and there is none: it was never opened, has not finished opening, or was "
        "closed by the application itself. RFC 9293 3.10 has “connection does not exist” for SEND, RECEIVE and "
        "CLOSE in state CLOSED. Of a connection that failed the cause is told instead: reset, timed out or refused. "
        "So this error speaks about the program, not about the network."
    ),
    "why.error.EISCONN": (
        "The call would open a connection that is open already. A connection is named by its four-tuple, so the "
        "same block cannot be opened towards a second peer, nor can a used one be opened anew: its numbers belong "
        "to the old connection. RFC 9293 3.10.1 says “connection already exists”. A new attempt needs a new socket."
    ),
    "why.error.EADDRINUSE": (
        "Another listener or endpoint has this port, or a connection that still waits in TIME_WAIT holds it, and a "
        "second one would leave it open which of them an arriving SYN is meant for. A restarted server meets this "
        "while connections of its predecessor are in TIME_WAIT; SO_REUSEADDR lets it bind all the same, without "
        "disturbing them. It does not let two programs listen on one port."
    ),
    "why.error.EADDRNOTAVAIL": (
        "The address is not one of this host, or no local port is left towards this peer: every port of the "
        "ephemeral range already has a connection, perhaps in TIME_WAIT, to the same remote address and port. Only "
        "an end that connects out, and closes first, can run out in this way; another remote address or port has "
        "its own supply (RFC 6056)."
    ),
    "why.error.ENETUNREACH": (
        "No route leads to the address, so nothing was sent at all; or the address is a broadcast or multicast one, "
        "to which TCP cannot connect (RFC 9293 3.9.2.3). On an open connection the same name, learned from ICMP, is "
        "a soft error only: a route may come back, and the data waiting is sent again meanwhile (RFC 9293 3.9.2.2)."
    ),
    "why.error.EHOSTUNREACH": (
        "A router, or our own link when nobody answers ARP or neighbour discovery, says that this host cannot be "
        "reached; an expired time to live and an administrative ban are told by the same name. For TCP it is a soft "
        "error in every state: RFC 9293 3.9.2.2 forbids aborting a connection for it, because the trouble may pass "
        "in a second and the message may be forged."
    ),
    "why.error.ENOPROTOOPT": (
        "An ICMP message told that the peer's host does not know the protocol TCP at all, which for a connection "
        "being opened is as final as a refusal: no retry will change it. An open connection has proved the "
        "opposite, so there the message is taken for an error or a forgery (RFC 5927 5.2). At a socket the name "
        "also means an option that does not exist."
    ),
    "why.error.EOPNOTSUPP": (
        "The call makes no sense for this kind of socket, such as listening on a datagram socket. As a soft error "
        "it comes from ICMP: a source route failed on the way. This stack never sends source-routed packets, so "
        "such a message is odd, and the connection goes on in any case (RFC 9293 3.9.2.2, RFC 5927 5.2)."
    ),
    "why.error.EPROTO": (
        "ICMP reported a parameter problem: a router or the peer found something in the header of one of our "
        "packets that it could not use. That one packet was lost; whether the others pass cannot be known, so the "
        "connection goes on and this is a soft error (RFC 9293 3.9.2.2). If the cause persists, retransmission ends "
        "in a time-out."
    ),
    "why.error.ENOBUFS": (
        "A limit of this host is reached: its table of connections or listeners is full, or all connections "
        "together hold as much data as they may. Nothing was sent. The limit exists so that nobody, friend or "
        "attacker, can take all memory by opening connections; existing ones go on, and the call may succeed once "
        "some of them end (RFC 9293 3.10.1, “insufficient resources”)."
    ),
    "why.error.EAGAIN": (
        "No failure: the call would have to wait and was told not to. For reading, nothing has arrived; for "
        "writing, the send buffer is full because the peer or the network takes data more slowly than it is "
        "written, which is flow control at work; for accept(), no handshake is complete. Wait until the socket is "
        "readable or writable, and ask again."
    ),
    "why.error.EINPROGRESS": (
        "No failure: connect() was called without waiting, the SYN is on its way, and the outcome comes in a round "
        "trip or in minutes. The socket becomes writable when it is known; SO_ERROR then says whether it is a "
        "connection, a refusal or a time-out. The RFC's OPEN returns at once in the same way and reports later (RFC "
        "9293 3.9.1)."
    ),
    "why.error.EALREADY": (
        "No failure: connect() was called again while the first attempt still waits for its SYN,ACK. A second SYN "
        "at the application's wish would help nobody, the retransmission timer sends one in time. Ask the socket "
        "whether it has become writable instead; then SO_ERROR tells how the attempt ended."
    ),
    "why.error.EMSGSIZE": (
        "A datagram is larger than IP can carry (65,535 octets with its headers), or than a packet that must not be "
        "fragmented may be. It is known before anything is sent, so nothing was. TCP has no such error: it is a "
        "stream of octets and cuts them into segments of whatever size the path takes (RFC 768, RFC 791 3.1, RFC "
        "9293 3.7)."
    ),
}

# Errors that have a second name: those that end a connection are events too, and one errno is called by either name.
ALSO: Final[dict[str, str]] = {
    "ECONNREFUSED": "refused",
    "ECONNRESET": "reset",
    "ETIMEDOUT": "timeout",
    "ENOTSUP": "EOPNOTSUPP",
}
MESSAGES: Final[dict[str, str]] = {
    **SHORT,
    **WHY,
    "errno.ENOTSUP": SHORT["errno.EOPNOTSUPP"],
    **{f"why.error.{name}": WHY[f"why.error.{other}"] for name, other in ALSO.items()},
}
