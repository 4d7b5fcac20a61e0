"""English: why the rules about ECN, and about ICMP messages that concern a connection, are as they are."""

from __future__ import annotations

from typing import Final

ECN: Final[dict[str, str]] = {
    "why.rule.ecn-agreed": (
        "Without ECN a router has one way to tell of congestion: drop a packet. Both SYNs carried the flags that "
        "ask for ECN, so from now on data is marked as capable of it; a router whose queue grows can set CE instead "
        "of dropping, and {who} learns of it a round trip later without having to send anything again. Old peers "
        "ignore the flags, hence the question (RFC 3168 6.1.1)."
    ),
    "why.rule.ecn-refused": (
        "{who} or the peer does not want ECN, or the flags came back in a combination which means that something "
        "echoes or clears them. Both go on as TCP always did, with losses as the only signal. Marking packets "
        "without the other end's consent would be worse than nothing: the marks would be set and never reported "
        "(RFC 3168 6.1.1)."
    ),
    "why.rule.ecn-fallback": (
        "The SYN got no answer. Some old firewalls drop SYNs with ECN flags, so the next one goes without. If it "
        "was mere loss, ECN is given up for this connection only; if it was the flags, the connection would never "
        "have opened otherwise. Afterwards {who} may not mark its own data, since the SYN that counted did not ask "
        "(RFC 3168 6.1.1.1)."
    ),
    "why.rule.ce-received": (
        "A router on the way had a growing queue and set both ECN bits, CE, rather than drop the packet. {who} "
        "cannot slow the sender down by itself, it is the receiver; so it reports the mark: classic ECN in ECE, "
        "again and again until the sender says CWR, lest the report be lost with one ACK. The data is as good as "
        "any (RFC 3168 6.1.3)."
    ),
    "why.rule.ecn-congestion-told": (
        "ECE came back: a packet of {who} was marked. The congestion window shrinks as after a loss, though nothing "
        "needs to be sent again, and the next new data carries CWR. Further reports about the same window say "
        "nothing new, because they were under way before {who} could react; obeying each of them would bring "
        "sending almost to a stop (RFC 3168 6.1.2)."
    ),
    "why.rule.accecn-agreed": (
        "Classic ECN tells once per round trip that there was some mark; a controller that reacts in proportion "
        "needs to know how many. With AccECN three flags become a counter of marked packets, and an option adds "
        "octets. The SYN,ACK and the first ACK also say in which condition the packets of the handshake arrived, so "
        "a path that alters marks is found out early (RFC 9768 3.1.1)."
    ),
    "why.rule.accecn-mixed-syn": (
        "The repeated SYN asks for another kind of ECN than the first one, which no correct peer does; and {who} "
        "has already answered with flags that mean one kind. If both ends understood different things by the same "
        "three flags, marks would be miscounted for the whole connection. A reset and a new attempt is cheaper (RFC "
        "9768 3.1.5)."
    ),
    "why.rule.accecn-path-mangles": (
        "Packets of the handshake leave as Not-ECT and arrive as something else, so {who} knows that a device on "
        "the path rewrites the ECN field. Marks from such a path would be noise. {who} no longer marks what it "
        "sends as ECN-capable; for what it receives it goes on counting, as the fault may lie in one direction only "
        "(RFC 9768 3.2.2.3)."
    ),
    "why.rule.accecn-ace-zero": (
        "The first feedback has a counter of 0, but counters start at 5 just so that 0 cannot occur there: a device "
        "on the path clears the three flags. Congestion reports would never get through, and {who} would send into "
        "a full queue. It therefore stops marking its data as ECN-capable, so that routers drop instead, which "
        "cannot be hidden (RFC 9768 3.2.2.4)."
    ),
    "why.rule.accecn-option-zero": (
        "The option's counters of octets start at 1, so a 0 in the first one shows that something on the path "
        "overwrites options. {who} believes none of them any more and uses the counter in the flags alone, which is "
        "coarser but not altered (RFC 9768 3.2.3.2.4)."
    ),
}

ICMP: Final[dict[str, str]] = {
    "why.rule.icmp-soft-error": (
        "Some router says that the peer cannot be reached at the moment. Routes change within seconds, and anyone "
        "can send such a message, so {who} must not end the connection for it: it goes on retransmitting and notes "
        "the hint. If a time-out comes in the end, the application knows why (RFC 9293 3.9.2.2, RFC 5927 5.2)."
    ),
    "linux.rule.icmp-soft-error": (
        "In SYN_SENT an unreachable host or network, or an expired time to live, ends the attempt at once."
    ),
    "why.rule.icmp-bad-sequence": (
        "An ICMP error quotes the beginning of the packet that it complains about. The sequence number in there is "
        "not between SND.UNA and SND.NXT, so {who} has nothing of that kind under way: the message is very late, or "
        "forged by somebody who does not see the traffic and had to guess. With this check a forger has to hit what "
        "is under way, among four thousand million numbers (RFC 5927 4.1)."
    ),
    "why.rule.icmp-smaller-mtu": (
        "A router could not forward a packet of {who}'s and was not allowed to fragment it; it told the size its "
        "next link takes. From now on segments are that small, and what is unacknowledged goes again at once, for "
        "it was dropped for its size, not for congestion. Without heeding this a connection opens, moves small "
        "data, and hangs on the first full segment (RFC 1191 3, 6.4)."
    ),
    "linux.rule.icmp-smaller-mtu": (
        "Sizes are believed down to 552 octets only, and over IPv4 even one that the quoted packet would have passed."
    ),
}

MESSAGES: Final[dict[str, str]] = {**ECN, **ICMP}
