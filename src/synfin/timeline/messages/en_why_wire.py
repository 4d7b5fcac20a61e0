"""English: why packets that are malformed are dropped, one reason for each way of being so."""

from __future__ import annotations

from typing import Final

LINK: Final[dict[str, str]] = {
    "why.rule.ethernet-truncated": (
        "The frame has fewer octets than an Ethernet header, which takes 14: two addresses and a type. What it "
        "carries cannot even be guessed. Real cards never deliver such frames, since the shortest on a wire has 64 "
        "octets; programs that write to a TAP device do (IEEE 802.3 3.2)."
    ),
    "why.rule.ethernet-length-field": (
        "Where Ethernet II has the type of its content, this frame has a number below 1536, which IEEE 802.3 reads "
        "as a length. IP over Ethernet uses types (RFC 894); frames with lengths come from older protocols and from "
        "the spanning trees of switches, and concern nobody here."
    ),
    "why.rule.arp-truncated": (
        "An ARP message for Ethernet and IPv4 has 28 octets: two pairs of addresses behind eight octets of header. "
        "This one ends earlier. Reading on would take octets from elsewhere for an address and put a wrong "
        "neighbour into the table, so it is dropped (RFC 826)."
    ),
    "why.rule.arp-unsupported": (
        "ARP can join many kinds of links and protocols, and says in its header which. Here the hardware is not "
        "Ethernet, or the protocol not IPv4, or the lengths of addresses do not fit. RFC 826 itself makes these the "
        "first questions to be asked, and has all else ignored."
    ),
}

IPV4: Final[dict[str, str]] = {
    "why.rule.ipv4-truncated": (
        "Fewer octets arrived than the IPv4 header needs, 20 at least, or as many as its length field says. Each "
        "field is read only when it is known to be there; a parser that trusts the packet instead reads memory that "
        "does not belong to it. Dropped without an answer, for the source address may be missing too (RFC 791 3.1)."
    ),
    "why.rule.ipv4-bad-version": (
        "The frame's type said IPv4, the first four bits of the packet say something else. Either the type or the "
        "packet is wrong, so no field can be relied on (RFC 791 3.1). RFC 1122 3.2.1.1 has such datagrams dropped "
        "silently."
    ),
    "why.rule.ipv4-bad-header-length": (
        "The header length counts words of 4 octets and must be 5 at least, because the fixed part has 20 octets. "
        "With a smaller one the addresses would lie outside the header. There is no harmless reading of that, so "
        "the packet is dropped (RFC 791 3.1)."
    ),
    "why.rule.ipv4-bad-total-length": (
        "The total length is smaller than the header, or larger than what has arrived: the packet was cut on the "
        "way, or its sender lies. Octets behind the end, in contrast, are padding of the link and simply ignored. "
        "TCP has no length field of its own and depends on this one (RFC 791 3.1)."
    ),
    "why.rule.ipv4-bad-checksum": (
        "The 16-bit sum over the header does not come out: some bit was turned on the way, perhaps in the "
        "destination, so the packet may be here by mistake. Nobody is told, since the source may be the damaged "
        "part. The checksum covers the header only; TCP and UDP have their own (RFC 1122 3.2.1.2)."
    ),
    "why.rule.ipv4-option-bad-length": (
        "An option says a length below 2, or one that reaches beyond the header. Options can only be walked over by "
        "their lengths, so neither this one nor any behind it can be found; a length of 0 would even keep a "
        "careless parser at the same place for ever (RFC 791 3.1)."
    ),
}

IPV6: Final[dict[str, str]] = {
    "why.rule.ipv6-truncated": (
        "An IPv6 header always has 40 octets, and fewer arrived. Unlike IPv4's, its length never varies; what is "
        "optional follows in headers of its own. Here not even both addresses are complete, so there is nothing to "
        "go by and nobody to tell (RFC 8200 3)."
    ),
    "why.rule.ipv6-bad-version": (
        "The frame's type said IPv6, the first four bits of the packet do not say 6. One of both is wrong; reading "
        "on would take parts of some other protocol for addresses. IPv6 has no header checksum that could tell of "
        "damage, so simple contradictions count all the more (RFC 8200 3)."
    ),
    "why.rule.ipv6-bad-payload-length": (
        "The header announces more octets than have arrived. The packet was cut, or its sender lies; either way its "
        "end is missing, and the checksum of what it carries could not come out right. Surplus octets would be "
        "padding of the link and do no harm (RFC 8200 3)."
    ),
    "why.rule.ipv6-extension-truncated": (
        "An extension header is longer than the rest of the packet. The next one, and with it TCP or UDP, would "
        "begin behind the end. Chains of headers are walked step by step, and each step is checked before it is "
        "made (RFC 8200 4)."
    ),
    "why.rule.ipv6-too-many-extensions": (
        "IPv6 sets no limit on the number of extension headers, and a packet of 64 KB could hold thousands. Reading "
        "them costs the receiver much and the sender nothing. RFC 8504 5.3 lets hosts set limits; {who} stops after "
        "16, while sensible packets have two or three."
    ),
    "why.rule.ipv6-incomplete-chain": (
        "In a first fragment the chain of headers breaks off before TCP or UDP begins; the rest would come in the "
        "second one. Firewalls look at first fragments, so this is a way to get past them. All headers must be in "
        "the first fragment, and the sender is told (RFC 8200 4.5, RFC 7112 5)."
    ),
    "why.rule.ipv6-option-bad-length": (
        "In a header of options one of them reaches beyond the header's end. Where the next one begins is unknown "
        "then, and what it says of itself, whether it may be skipped or not, cannot be believed any more. The "
        "packet is dropped (RFC 8200 4.2)."
    ),
    "why.rule.ipv6-too-many-options": (
        "One header holds more options than {who} reads, 64 with padding counted, for padding takes as much time as "
        "anything else. Like many extension headers, many options are a way to make others work; RFC 8504 5.3 "
        "allows limits and asks only that they can be met by honest packets."
    ),
}

ICMP: Final[dict[str, str]] = {
    "why.rule.icmpv4-truncated": (
        "Every ICMP message that {who} understands has a header of 8 octets, and this one has fewer. Its type might "
        "be readable, but not what it is about. As ICMP messages must never be answered with errors, it is dropped "
        "silently (RFC 792)."
    ),
    "why.rule.icmpv4-bad-checksum": (
        "The sum over the ICMP message does not come out, so it was damaged on the way. An ICMP error can end an "
        "attempt to connect or make segments smaller; a single wrong bit in it might hit another connection, or "
        "name another size (RFC 792)."
    ),
    "why.rule.icmpv6-truncated": (
        "An ICMPv6 message begins with type, code and checksum and a word whose meaning depends on them; not all of "
        "that is here. Neighbour discovery, errors and pings need it, so nothing can be done with the rest (RFC "
        "4443 2.1)."
    ),
    "why.rule.icmpv6-bad-checksum": (
        "The sum over the message and the addresses does not come out. Unlike ICMP for IPv4 it includes a "
        "pseudo-header, since IPv6 has no header checksum of its own: thus a packet that went astray because an "
        "address was damaged is found out here (RFC 4443 2.3)."
    ),
}

NEIGHBORS: Final[dict[str, str]] = {
    "why.rule.nd-bad-hop-limit": (
        "Every router lowers the hop limit, so a message that still has 255 cannot have passed any: its sender is "
        "on this link. This one has less. Otherwise anybody on the Internet could send forged advertisements into a "
        "network. It is a check of one octet which costs nothing and cannot be cheated (RFC 4861 7.1)."
    ),
    "why.rule.nd-bad-code": (
        "Messages of neighbour discovery have the code 0 and no other. What another code would mean is not defined, "
        "and the meaning of the rest with it, so the message is discarded, as RFC 4861 7.1 has it in the list of "
        "checks for each of the five kinds."
    ),
    "why.rule.nd-truncated": (
        "The message is shorter than its kind requires: a solicitation or advertisement needs 24 octets, because it "
        "names an address. Without the complete address nobody knows whom it is about, and octets that are not "
        "there must not be read as zeros, which would name a host that does not exist (RFC 4861 7.1)."
    ),
    "why.rule.nd-option-bad-length": (
        "Options of neighbour discovery count their length in units of 8 octets. A length of 0, or one beyond the "
        "end, was found. With 0 a parser would stand still for ever, therefore RFC 4861 4.6 has the whole packet "
        "discarded rather than the option alone."
    ),
    "why.rule.nd-bad-target": (
        "A solicitation or advertisement is about the address of one station, and this one names a group. No "
        "link-layer address belongs to a group in this way; an entry for it would draw the group's traffic to a "
        "single station (RFC 4861 7.1)."
    ),
    "why.rule.nd-bad-source": (
        "Who may say what is fixed: routers speak from their link-local address, and who asks from the unspecified "
        "address must ask the proper group and cannot give a link-layer address of its own. The message breaks one "
        "of these rules, so it may come from somebody who pretends (RFC 4861 7.1.1, 6.1)."
    ),
    "why.rule.nd-solicited-multicast": (
        "The advertisement claims to answer a question of ours, but went to everybody. An answer goes to who asked; "
        "the flag matters because it proves reachability in both directions. An announcement to all proves nothing "
        "of the kind and must not pretend to (RFC 4861 7.1.2)."
    ),
}

QUOTE: Final[dict[str, str]] = {
    "why.rule.quote-truncated": (
        "An ICMP error carries the beginning of the packet that caused it, and not even the IP header of that is "
        "complete. So it cannot be told whose packet it was. Nothing can be done, and an ICMP error is never "
        "answered (RFC 1122 3.2.2)."
    ),
    "why.rule.quote-bad-version": (
        "What the ICMP error quotes begins with neither 4 nor 6, so it is no IP packet and none that {who} could "
        "have sent. The message was invented, or damaged by a device that rewrites addresses in it. It is ignored "
        "(RFC 1122 3.2.2)."
    ),
    "why.rule.quote-bad-header": (
        "The quoted packet has a header length, or a chain of headers, that cannot be. {who} does not send such "
        "packets, so the message cannot be about one of its own. To search it for ports all the same would be to "
        "let a forger choose the connection (RFC 1122 3.2.2)."
    ),
}

TRANSPORT: Final[dict[str, str]] = {
    "why.rule.udp-truncated": (
        "A UDP header has 8 octets: two ports, length and checksum. Fewer have arrived, so it is not known for "
        "which port, and “port unreachable” could not be said either. The datagram is dropped and counted (RFC "
        "768)."
    ),
    "why.rule.udp-bad-length": (
        "UDP's own length field is below 8, which its header alone takes, or above what IP delivered. It is there "
        "although IP tells a length as well, so both must agree or the rest be padding. Where they cannot, nobody "
        "knows which octets were meant (RFC 768)."
    ),
    "why.rule.udp-zero-checksum": (
        "A checksum of 0 means that the sender did not compute one. IPv4 allows that; IPv6 has no header checksum, "
        "so nothing at all would protect the addresses, and a damaged packet could reach the wrong program. Only "
        "tunnels, by agreement, are exempt (RFC 8200 8.1, RFC 6936)."
    ),
    "why.rule.udp-bad-checksum": (
        "The sum over the datagram and both addresses does not come out, so some octet is not what was sent. UDP "
        "has no retransmission: what is dropped here is gone, and the application will notice or not. To deliver it "
        "would be worse, since the application could not know (RFC 1122 4.1.3.4)."
    ),
    "why.rule.tcp-truncated": (
        "Fewer than 20 octets arrived, which is the least that a TCP header takes. Ports might be readable, numbers "
        "and flags are not. No RST is sent, because a RST needs the very numbers that are missing; to the sender "
        "the segment is lost (RFC 9293 3.1)."
    ),
    "why.rule.tcp-bad-offset": (
        "The data offset tells in words of 4 octets where the text begins. It must be 5 at least, as the fixed "
        "header has 20 octets, and must not point behind the segment. As TCP has no length field, this one is all "
        "that separates options from text; with a wrong one, one would be taken for the other (RFC 9293 3.1)."
    ),
    "why.rule.tcp-bad-checksum": (
        "The sum over segment and addresses does not come out, so any field may be wrong, the ports included: a RST "
        "might hit an innocent connection. The segment is dropped and nobody told; no acknowledgment comes, and the "
        "sender repeats it. Damage and loss are the same to TCP (RFC 9293 3.1)."
    ),
    "why.rule.tcp-option-bad-length": (
        "An option claims a length below 2, or one that reaches behind the header. How far it goes is unknown, and "
        "so is where the next one begins. The whole segment is dropped, since half-read options could mean, say, "
        "timestamps at one end and none at the other (RFC 9293 3.1)."
    ),
    "linux.rule.tcp-option-bad-length": (
        "The options before the broken one are taken, the rest of them forgotten, and the segment is processed."
    ),
}

MESSAGES: Final[dict[str, str]] = {**LINK, **IPV4, **IPV6, **ICMP, **NEIGHBORS, **QUOTE, **TRANSPORT}
