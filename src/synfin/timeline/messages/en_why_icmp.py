"""English: why the rules about ICMP, UDP, and the host's limits on TCP are as they are."""

from __future__ import annotations

from typing import Final

ICMP: Final[dict[str, str]] = {
    "why.rule.icmp-unknown-type": (
        "The type of this ICMP message is not defined, or not to {who}. RFC 1122 3.2.2 has it dropped silently: "
        "ICMP is extended by new types, and whoever sends one must reckon with hosts that do not know it. An error "
        "in answer would be an error about ICMP, which nobody may send."
    ),
    "why.rule.icmp-error-about-unknown": (
        "An ICMP error quotes the packet that it complains about. This one quotes a packet that is not {who}'s, or "
        "that no connection or endpoint of {who} has sent; a later fragment has no ports to tell by. It is too "
        "late, misdirected or invented, and nobody here could use it (RFC 1122 3.2.2)."
    ),
    "why.rule.icmp-error-short": (
        "Of the packet that caused the error at least eight octets behind the IP header must be quoted: for TCP "
        "those are the ports and the sequence number. Here there are fewer. Without them it cannot be told which "
        "connection is meant, and whether the sender of the error has seen it at all (RFC 1122 3.2.2, RFC 5927 "
        "4.1)."
    ),
    "why.rule.icmp-error-limited": (
        "{who} would send an ICMP error but has sent so many lately that the limit is reached: by default 100 a "
        "second, 50 at once. Errors are a service, not a duty, and an attacker with forged sources can have any "
        "number of them sent to a victim. The packet is dropped all the same, just without a word (RFC 4443 2.4)."
    ),
    "why.rule.icmp-error-forbidden": (
        "Some packets must not be answered with an ICMP error whatever is wrong with them: errors themselves, or "
        "two hosts would complain about each other's complaints for ever; packets to groups, or hundreds would "
        "answer at once; later fragments; and those whose source is not one host (RFC 1122 3.2.2, RFC 4443 2.4)."
    ),
    "why.rule.icmp-source-quench": (
        "A router once could ask a sender to slow down with this message. It reached the wrong ones, made "
        "congestion worse by additional packets, and let anybody throttle a stranger's connection. Congestion "
        "control by losses and marks needs none of it, so the message was declared obsolete in 2012 and is ignored "
        "(RFC 6633 5)."
    ),
    "why.rule.icmp-redirect-ignored": (
        "A router tells {who} of a shorter way. Nothing in the message proves that a router sent it, and to follow "
        "means to let all traffic to that destination take another's way. {who}'s routes are set by its owner and "
        "stay so, which RFC 1122 3.2.2.2 permits to hosts that do not use redirects."
    ),
    "why.rule.icmp-obsolete": (
        "Timestamp, information and address mask messages come from a time when hosts asked their network for such "
        "things by ICMP; DHCP and NTP do it now. Answers would only tell strangers about {who}, so it does not even "
        "decline. RFC 6918 2 lists the types that are out of use."
    ),
    "why.rule.icmp-echo-ignored": (
        "Somebody pings, and {who} is set not to answer, or the request comes from the unspecified address, which "
        "cannot be answered. RFC 1122 3.2.2.6 wants hosts to answer pings; switching it off hides a host only from "
        "those who do not try a port, and takes away the simplest test of a network."
    ),
    "why.rule.icmp-echo-to-group": (
        "The request was sent to a broadcast or multicast address. If all hosts of a link answered, one small "
        "packet with a forged source would bring hundreds upon its victim, as the “smurf” attacks of 1997 did. RFC "
        "1122 3.2.2.6 allows silence here."
    ),
    "why.rule.icmp-echo-unasked": (
        "An echo reply came, but no request waits with this address, identifier and number: the answer came after "
        "the time for it was over, or twice, or nobody asked. There is no one to hand it to (RFC 792)."
    ),
    "why.rule.icmp-mtu-not-smaller": (
        "The message says that a packet was too big, yet the size it asks for would have let the quoted packet "
        "pass. It contradicts itself, so it is invented or damaged. Believing it brings nothing; believing any "
        "number would let a stranger shrink all segments of a connection (RFC 5927 7.2)."
    ),
    "linux.rule.icmp-mtu-not-smaller": "Over IPv4 such a message is believed all the same.",
    "why.rule.icmp-mtu-below-minimum": (
        "Every IPv6 link carries packets of 1280 octets, so no router can honestly ask for less. Obeying would cut "
        "the data into tiny pieces, most of each packet being header, which is what a forger of such messages "
        "wants. RFC 8201 4 has such messages discarded."
    ),
}

UDP: Final[dict[str, str]] = {
    "why.rule.udp-no-port": (
        "A datagram came for a port that nobody has opened, or only for another peer. UDP has no reset; the IP "
        "layer speaks for it, by “port unreachable”, so that the sender stops waiting. This answer is what a "
        "traceroute looks for, too. TCP would send a RST instead (RFC 1122 4.1.3.1)."
    ),
    "why.rule.udp-queue-full": (
        "Datagrams come faster than the application fetches them, and the queue of the endpoint is full. UDP has no "
        "window and no acknowledgment, so nobody slows the sender down and nobody sends again: what finds no room "
        "is lost, and only a counter knows. Whoever needs more must do it above UDP, or use TCP (RFC 768)."
    ),
}

TCP: Final[dict[str, str]] = {
    "why.rule.tcp-to-group": (
        "A connection joins two hosts; a segment to a broadcast or multicast address asks for one with a whole "
        "group. If each of them answered a SYN, or a RST came from all, a single forged packet would make many. RFC "
        "9293 3.9.2.3 has such segments discarded in silence."
    ),
    "why.rule.tcp-reset-limited": (
        "Segments without a connection ask for a RST each, but {who} has sent as many as it allows itself within a "
        "second. A port scan, or a flood with forged sources, would otherwise turn {who} into a source of traffic "
        "against others. Single strays, for which resets are meant, still get theirs (RFC 9293 3.10.7.1)."
    ),
    "why.rule.tcp-passed-on": (
        "Several workers share one address, each with its own connections, and the system may hand a segment to the "
        "wrong one. {who} does not know the connection; another may, and a RST from here would kill it. So the "
        "segment is passed on, and only who is last to be asked may say that there is no such connection (RFC 9293 "
        "3.10.7.1)."
    ),
    "why.rule.tcp-connections-full": (
        "The table of connections has a limit, and it is reached. The SYN is dropped without an answer: a client "
        "then tries again and may find room, whereas a RST would make it give up at once. Without a limit the host "
        "would end for want of memory, together with all connections that it has (RFC 9293 3.10.1)."
    ),
    "why.rule.tcp-memory-pressure": (
        "Together the connections of {who} hold half of the text that the host allows. Nothing is refused yet; only "
        "the growth of buffers stops, because a buffer that is twice as large for one connection is less for all "
        "others. Windows that were promised stay promised, since a receiver must not shrink its window (RFC 9293 "
        "3.8.6)."
    ),
    "why.rule.tcp-memory-pruned": (
        "{who} holds seven eighths of what it may, so it throws away text beyond gaps. It was reported by SACK, but "
        "SACK is advice only: the sender must keep what is not acknowledged by number, just for this case, and will "
        "send it again. Acknowledged text, in contrast, is never thrown away (RFC 2018 8)."
    ),
    "why.rule.tcp-memory-full": (
        "There is no memory for what came, so {who} treats the segment as if it had carried nothing: the text is "
        "not acknowledged, and the peer sends it again later. A connection that holds nothing may still take one "
        "segment, lest all of them wait for each other. Breaking connections would cost more than waiting (RFC 9293 "
        "3.8.6)."
    ),
    "why.rule.tcp-memory-refused": (
        "A SYN came while the memory for text is used up. A new connection could not move a single octet without "
        "taking room from those that are there, so it is not begun; the SYN is dropped and the client tries again. "
        "Being late is the mildest form of overload (RFC 9293 3.10.1)."
    ),
    "why.rule.receive-buffer-grown": (
        "In one round trip {who}'s application has read more than ever before. The window has to cover what is "
        "under way in a round trip, or the sender pauses with the network half empty; so the buffer becomes twice "
        "what was read, as a sender in slow start doubles its speed. Who does not read gets no larger buffer (RFC "
        "9293 3.8.6)."
    ),
    "why.rule.buffer-growth-stopped": (
        "The application of {who} reads fast enough to deserve a larger receive buffer, but all connections "
        "together hold too much already. So the window stays as it is, and this connection is slower than its path "
        "would allow. Speed of one is traded for the safety of all (RFC 9293 3.8.6)."
    ),
}

MESSAGES: Final[dict[str, str]] = {**ICMP, **UDP, **TCP}
