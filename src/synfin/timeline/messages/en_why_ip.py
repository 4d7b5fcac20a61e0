"""English: why the rules about links, neighbours, IP packets and fragments are as they are."""

from __future__ import annotations

from typing import Final

LINK: Final[dict[str, str]] = {
    "why.rule.interface-unknown": (
        "A frame says that it came in on an interface which this host does not have: a mistake of whoever drives "
        "the host, or an interface that was taken away with frames still under way. Without the interface nothing "
        "is known of its addresses or of the way back, so the frame is counted and dropped (RFC 1122 3.1)."
    ),
    "why.rule.link-not-for-us": (
        "On a shared link, and from a switch that has not yet learned where somebody lives, frames for other "
        "stations arrive as well. Their destination is neither {who}'s own link-layer address nor a group. A "
        "network card normally filters them out; here the host looks and drops. Answering such packets would mean "
        "speaking in another's name (RFC 894)."
    ),
    "why.rule.link-own-frame": (
        "The source is {who}'s own link-layer address, so {who} has sent this frame itself and something brought it "
        "back: a loop in the network, or a port that mirrors traffic. Nothing in it can be news. To process it "
        "would be to talk to oneself, and in a loop without end (IEEE 802.1D 7.9)."
    ),
    "why.rule.link-unknown-type": (
        "The type field of the frame names a protocol which {who} does not speak; here only IPv4, IPv6 and ARP are "
        "known. Switches and routers send several of their own to everybody, so this is an everyday event. There is "
        "no way to tell the sender on the link layer, and no need (RFC 1122 2.3.1)."
    ),
    "why.rule.frame-empty": (
        "A frame without a single octet reached IP. Nothing can be read from it, not even which version of IP it "
        "means to be, so there is nobody to answer. The check exists because every octet of a packet must be known "
        "to be there before it is looked at (RFC 1122 3.1)."
    ),
    "why.rule.ip-bad-version": (
        "The first four bits say which IP a packet is, and these say neither 4 nor 6. No other field has a meaning "
        "then, not even the source address, so the packet is dropped silently, as RFC 1122 3.2.1.1 demands. On a "
        "TUN device it usually means that something other than IP was written to it."
    ),
}

NEIGHBORS: Final[dict[str, str]] = {
    "why.rule.arp-bad-sender": (
        "The message claims that its sender's hardware address is a group, or zero. An entry made from it would "
        "have all packets for that neighbour broadcast to everybody, or lost. ARP has no protection against lies, "
        "so at least impossible ones are not believed (RFC 826)."
    ),
    "why.rule.arp-address-conflict": (
        "Another station announces the address that {who} uses itself. If both go on, their neighbours' caches flip "
        "between the two, and connections of either break at random: a misconfiguration which is hard to find "
        "without this message. {who} keeps its address and does not enter the other; RFC 5227 2.4 would also let it "
        "defend itself or give up."
    ),
    "why.rule.arp-not-for-us": (
        "ARP questions are broadcast, so every host on the link hears every question, and only the owner answers. "
        "{who} looks at the sender's part all the same: if it already has an entry for the asker, that is "
        "refreshed. Making entries for everybody who asks about anybody would fill the table with strangers (RFC "
        "826)."
    ),
    "why.rule.nd-address-conflict": (
        "An advertisement speaks for an address of {who}'s own, so another station uses it as well, or somebody "
        "pretends to. Neighbours will send to whichever spoke last. {who} does not enter it and goes on; duplicate "
        "address detection, which would have found this before use, is not done for addresses that were set by hand "
        "(RFC 4861 7.2.5)."
    ),
    "why.rule.nd-not-for-us": (
        "The question asks for an address that {who} does not own. IPv6 asks only those whose address ends in the "
        "same three octets, the solicited-node group, so this is rarer than with ARP, but possible: several "
        "addresses share a group. Only the owner answers (RFC 4861 7.2.3)."
    ),
    "why.rule.nd-unknown-neighbor": (
        "An advertisement came from a neighbour with whom {who} has nothing to do at present. RFC 4861 7.2.5 has no "
        "entry made for it: if its address is ever needed, {who} asks. Otherwise a single station could fill the "
        "cache of all others by announcing one address after the other."
    ),
    "why.rule.nd-router-ignored": (
        "Routers announce prefixes and offer themselves as a way out, and hosts ask for that. Here addresses and "
        "routes are set by whoever makes the host, so such messages change nothing. It also removes a risk, as any "
        "station on a link may claim to be its router (RFC 4861 6.3.4)."
    ),
    "why.rule.nd-redirect-ignored": (
        "A router says that another one is nearer to some destination. To follow is optional, and whoever can send "
        "such a message can draw the traffic to itself. With static routes there is nothing to gain, so {who} "
        "leaves its routes as they were set (RFC 4861 8.3)."
    ),
    "why.rule.neighbor-queue-full": (
        "Packets wait until the link-layer address of the next hop is known, and only so many may. The newest is "
        "kept and the oldest dropped: the latest word of a connection is worth more, and TCP sends again what was "
        "lost. RFC 1122 2.3.2.2 asks to keep at least the latest one; dropping all would make every first packet to "
        "a neighbour a loss."
    ),
    "why.rule.neighbor-table-full": (
        "The table of neighbours is bounded, for otherwise a scan over all addresses of a link, most of which "
        "nobody has, would fill memory with questions. The oldest entry that is not in use, or else the oldest of "
        "all, makes room for the new one; if it is needed again, {who} asks again (RFC 1122 2.3.2.1)."
    ),
    "why.rule.neighbor-unreachable": (
        "{who} has asked for the link-layer address several times, once a second, and nobody answered: the host is "
        "off, or not on this link. The packets that waited are dropped, and whoever sent them learns “host "
        "unreachable”; for TCP that is a soft error, so it retransmits, which asks anew (RFC 4861 7.2.2)."
    ),
}

ADDRESSES: Final[dict[str, str]] = {
    "why.rule.ip-not-for-us": (
        "The destination is none of {who}'s addresses, nor a group it belongs to. Routers pass such packets on; a "
        "host must not, or a wrongly configured one would become a secret router, with loops and open doors as a "
        "result. It drops the packet silently, since an error message would reveal it, and the sender meant someone "
        "else (RFC 1122 3.2.1.3)."
    ),
    "why.rule.ip6-not-for-us": (
        "The IPv6 destination is none of {who}'s addresses and no group that it has joined. {who} is a node, not a "
        "router, and forwards nothing. On a link such packets arrive when a switch does not know where to send a "
        "frame. There is nothing to answer: the sender does not speak to {who} (RFC 8200 3)."
    ),
    "why.rule.ip-bad-source": (
        "A source address must be that of one host: here it is a broadcast, a multicast group, a loopback address "
        "from outside, or nothing at all. An answer would go to everybody or to oneself; with forged sources of "
        "this kind one packet could cause thousands. So it is dropped before anything looks inside (RFC 1122 "
        "3.2.1.3, RFC 9293 3.9.2.3)."
    ),
    "why.rule.ip6-bad-source": (
        "The source is a multicast group, the loopback address from outside, or unspecified where that is not "
        "allowed; only neighbour discovery may speak from the unspecified address. Nobody can be answered there, so "
        "the packet is dropped in silence (RFC 4291 2.5.2, 2.7)."
    ),
    "why.rule.ip-source-is-ours": (
        "The packet came from the wire and names {who} itself as its sender. {who}'s own packets to itself never "
        "leave it, so this one is forged, or looped back. Old systems answered such a SYN to themselves and locked "
        "up, which was known as the land attack. It is dropped (RFC 1122 3.2.1.3)."
    ),
    "why.rule.ip-unicast-in-link-broadcast": (
        "To one host at the IP layer, to everybody at the link layer: this does not fit together. If hosts took "
        "such packets, a single frame would be answered by each of them, or a host that mistakes itself for a "
        "router would multiply it. RFC 1122 3.3.6 has the packet dropped silently."
    ),
    "why.rule.ip-source-route": (
        "The option dictates through which hosts the packet goes, and it is not at its end: {who} would have to "
        "send it on. {who} is not a router. The option has also served to reach networks from behind and to have "
        "answers take a way of the attacker's choice, so such packets are dropped everywhere (RFC 7126 4.3)."
    ),
    "why.rule.ip-unknown-protocol": (
        "The packet arrived whole, but its protocol number means nothing to {who}. The sender is told by ICMP, "
        "“protocol unreachable”, unless the packet was for a group; so it can stop rather than retry for ever (RFC "
        "1122 3.2.2.1)."
    ),
    "why.rule.ip6-unknown-next-header": (
        "Walking along the chain of headers, {who} met a number that it knows neither as an extension nor as a "
        "protocol. It cannot skip what it does not understand, as it cannot know its length. The sender gets "
        "“parameter problem” with a pointer to the very octet (RFC 8200 4)."
    ),
    "why.rule.ip6-header-bad": (
        "Extension headers are there, but not as they can be: for instance a fragment header inside a packet that "
        "was put together from fragments. No honest sender builds that; it is a way to hide from firewalls what a "
        "packet is. It is dropped (RFC 8200 4)."
    ),
    "why.rule.ip6-option-unknown": (
        "IPv6 options say in their own number what is to be done by those who do not know them: skip, drop, or drop "
        "and tell. This one must not be skipped. Thereby new options can be invented for which being ignored would "
        "be dangerous, without any change to old hosts (RFC 8200 4.2)."
    ),
    "why.rule.ip6-routing-header": (
        "The routing header wants the packet to visit further nodes. {who} is a host and does not forward. Type 0, "
        "the IPv6 form of source routing, could send a packet back and forth between two nodes many times, an "
        "amplifier; it is forbidden (RFC 5095). {who} drops the packet and tells the sender (RFC 8200 4.4)."
    ),
    "why.rule.ip6-no-next-header": (
        "The chain of headers ends with the value 59: nothing follows, by intention. There may be octets behind it, "
        "which are to be ignored. The packet was correct and is done with; it is only counted, and nobody is told, "
        "since nothing went wrong (RFC 8200 4.7)."
    ),
}

FRAGMENTS: Final[dict[str, str]] = {
    "why.rule.ip-fragment-empty": (
        "A fragment carries no octet of the datagram. It fills no hole, but costs an entry and starts a timer, "
        "which is just what somebody would send who wanted to use up memory. No sender makes such fragments when "
        "cutting a packet (RFC 815 5)."
    ),
    "why.rule.ip-fragment-length": (
        "Offsets of fragments count in units of 8 octets, so each fragment but the last must be a multiple of 8 "
        "long, or the next one could not begin where this one ends. This one is not. IPv6 tells the sender by "
        "“parameter problem”; the datagram could never be put together (RFC 791 3.2, RFC 8200 4.5)."
    ),
    "why.rule.ip-fragment-too-long": (
        "Its offset plus its length ends beyond 65,535 octets, the most that an IP packet can have. The 13 bits of "
        "offset allow that, and programs which added without looking wrote beyond their buffers: the “ping of "
        "death” of 1996. It is dropped before anything is stored (RFC 791 3.2, RFC 8200 4.5)."
    ),
    "why.rule.ip-fragment-beyond-end": (
        "The last fragment has said where the datagram ends, and this one lies beyond that, or a second “last” one "
        "names another end. One of them is wrong, and it cannot be known which; what is held already stays, and the "
        "newcomer is dropped (RFC 815 5)."
    ),
    "why.rule.ip-fragment-overlap": (
        "Two fragments claim the same octets. When cutting a packet nobody needs overlaps; they serve to show a "
        "firewall one content and the host another. With IPv6 the whole datagram is dropped, silently, with all "
        "that still comes of it (RFC 5722 4, RFC 8200 4.5). Only an exact copy of a fragment is a harmless "
        "duplicate."
    ),
    "why.rule.ip-fragment-of-dropped": (
        "Another fragment of this datagram overlapped, so the whole of it was given up. {who} remembers that until "
        "the time for reassembly is over; otherwise the remaining fragments would begin a new, incomplete entry, "
        "and a clever order of sending would get around the check (RFC 5722 4)."
    ),
    "why.rule.ip-fragment-too-many": (
        "The datagram comes in more pieces than {who} keeps for one. Thousands of tiny fragments are work for the "
        "receiver and none for the sender. The rest is dropped, and the datagram will be given up when its time is "
        "over; who needs such a packet sends it in another way (RFC 815 5)."
    ),
    "why.rule.ip-fragment-table-full": (
        "Every incomplete datagram waits for its missing pieces and holds memory meanwhile. The table is bounded, "
        "and the oldest gives way, as its missing pieces are the least likely to come still. Anyone can send first "
        "fragments without ever sending the rest; without a limit that alone would stop a host (RFC 815 5)."
    ),
    "why.rule.ip-fragment-timeout": (
        "A piece is still missing after the time for reassembly, 60 seconds, so what has arrived is thrown away: "
        "losing one fragment loses the datagram. The sender is told by ICMP if the first fragment is here, because "
        "that one shows what the packet was. That is why TCP avoids fragments by choosing its segment size (RFC "
        "1122 3.3.2)."
    ),
    "why.rule.ip-fragment-ecn-mixed": (
        "Some fragments say that their sender speaks ECN, others that it does not; but all were cut from one "
        "packet, with one ECN field. A router that marks makes CE out of a capable one and nothing else, so these "
        "pieces do not belong together or somebody has tampered. The datagram is dropped (RFC 3168 5.3)."
    ),
    "why.rule.ip6-fragment-no-header": (
        "The first fragment must hold all headers down to that of TCP or UDP, because a firewall sees only this one "
        "and must be able to judge it. Here the header is cut. It is dropped, and the sender is told by “parameter "
        "problem” (RFC 8200 4.5, RFC 7112 5)."
    ),
}

OUT: Final[dict[str, str]] = {
    "why.rule.ip-no-route": (
        "No entry of the routing table covers this destination, not even a default route, so {who} does not know on "
        "which link to send. Nothing leaves. Whoever wanted to send learns “network unreachable”; TCP takes that "
        "for a soft error and tries again, as a route may be added at any time (RFC 1122 3.3.1)."
    ),
    "why.rule.ip-too-big": (
        "The packet is larger than the link's MTU and must not be fragmented; TCP forbids that, so as to find out "
        "the size that the whole path takes. {who} tells its own TCP just as a router would by ICMP, and the data "
        "goes again in smaller segments. Fragmenting instead would make each loss cost a whole datagram (RFC 1122 "
        "3.3.3)."
    ),
    "why.rule.loopback-full": (
        "Packets to {who}'s own addresses do not touch a link; they wait in a queue until the host turns to them. "
        "Two programs on one host that answer each other faster than anybody works could fill it without end. So it "
        "has a limit, and TCP treats the drop like any other loss (RFC 1122 3.2.1.3)."
    ),
}

MESSAGES: Final[dict[str, str]] = {**LINK, **NEIGHBORS, **ADDRESSES, **FRAGMENTS, **OUT}
