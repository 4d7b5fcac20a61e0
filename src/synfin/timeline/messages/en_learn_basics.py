"""English: chapters about what a connection is, flags, headers, layers; and the talk of the command."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "learn.connection.title": "What a connection is",
    "learn.connection.1": (
        "There is no wire between the two ends. A connection is what each end remembers: four numbers that name it, "
        "sequence numbers, windows, timers. If both agree, there is a connection."
    ),
    "learn.connection.2": (
        "Cut the network for a day: {silent} segments are sent, both ends stay {state}, and when the network is back "
        '"{read}" arrives as if nothing had been.'
    ),
    "learn.connection.3": (
        'If one end loses its memory, the other does not notice until it sends: then it hears "{told}". Only '
        "keep-alive asks without being asked to: after two idle hours, {probes} probes, {found} in all."
    ),
    "learn.connection.watch.day": "A day without a network.",
    "learn.connection.watch.keep": "B vanishes, and only keep-alive finds out.",
    "learn.connection.watch.write": "B crashes and restarts; an hour later A writes.",
    "learn.connection.wrong.1": (
        '"Only a state on both sides" is right. Add: NATs and firewalls on the way keep state of their own, and may '
        "forget after 2 h 4 min (RFC 5382), often much earlier."
    ),
    "learn.connection.wrong.2": (
        '"The two states exchanged in the handshake" need not stay equal: half-open means that they differ.'
    ),
    "learn.connection.ask.1": (
        "The network has been cut for half a day and nobody has sent anything. In which state is A?"
    ),
    "learn.connection.why.1": "A quiet connection needs nothing from the network.",
    "learn.connection.ask.2": (
        "B crashed and stays down; A sends nothing and has no keep-alive. In which state is A nine hours later?"
    ),
    "learn.connection.why.2": "Nothing is unacknowledged, so no timer runs.",
    "learn.connection.ask.3": "B has crashed and restarted; A writes one octet. What does B answer?",
    "learn.connection.why.3": (
        "The new B has no such connection. Had B stayed down, A would have heard nothing and retransmitted."
    ),
    "learn.flags.title": "The flags",
    "learn.flags.1": (
        "SYN: my numbers begin here. ACK: the acknowledgment number counts; set in every segment but the first SYN and "
        "some resets. FIN: no more from me. RST: there is no such connection. PSH: do not hold these data back. URG: "
        "the urgent pointer counts."
    ),
    "learn.flags.2": (
        "Nonsense must not harm. A listener that gets no flags, a bare FIN, or FIN+PSH+URG says nothing ({dropped} "
        "times here). SYN with FIN is a SYN for the RFC ({synfin}), while Linux drops it ({synfin_linux})."
    ),
    "learn.flags.3": (
        "Urgent data are no second channel, only a mark in the stream. {flags} with pointer {pointer} says: the urgent "
        "text ends before offset {pointer} of this segment."
    ),
    "learn.flags.watch.odd": "Combinations that no sane sender uses, to a port where somebody listens.",
    "learn.flags.watch.urgent": "Five urgent octets.",
    "learn.flags.wrong.1": (
        '"Six flags" is outdated: CWR and ECE came with RFC 3168, and AE with RFC 9768. Nine bits are in use.'
    ),
    "learn.flags.wrong.2": (
        "PSH is no record boundary: the receiver may read two pushed segments at once, or half of one. And SYN stands "
        'for "synchronize sequence numbers"; to set up a connection is its use, not its name.'
    ),
    "learn.flags.ask.1": "A bare ACK arrives at a listener that knows of no connection. What does it answer?",
    "learn.flags.why.1": (
        "An acknowledgment can only belong to a connection, and there is none: RST with the number that was "
        "acknowledged."
    ),
    "learn.flags.ask.2": "Five octets are written as urgent and go in one segment. What is the urgent pointer?",
    "learn.flags.why.2": (
        'It points to the octet after the urgent text. RFC 1122 once said "the last octet"; RFC 6093 and RFC 9293 '
        "follow what everybody does."
    ),
    "learn.flags.ask.3": "A writes 4,000 octets at once; they go in three segments. How many of them carry PSH?",
    "learn.flags.why.3": "The one that empties the send buffer. Linux also sets it now and then within long bursts.",
    "learn.headers.title": "The headers of TCP and UDP",
    "learn.headers.1": (
        "TCP: ports, sequence number, acknowledgment number, data offset, flags, window, checksum, urgent pointer: "
        "{bare} octets, and up to 40 of options. There is no length field; the length follows from IP. In the first "
        "run the SYN has {syn} octets of header and data segments {data}: with timestamps each of them gives up 12 "
        "octets, so {size} of 1460 are left for data."
    ),
    "learn.headers.2": (
        "UDP: ports, length, checksum: 8 octets. Over IPv4 the checksum may be left out (0); over IPv6 it may not, "
        "certain tunnels excepted (RFC 6935)."
    ),
    "learn.headers.3": (
        "Both checksums cover a pseudo-header with the addresses, so a packet that went to the wrong host is noticed. "
        "What fails the check is dropped without a word: the sender learns it from silence. In the second run the "
        'segment is sent again after {again}, and "{read}" arrives.'
    ),
    "learn.headers.watch.options": "What both SYNs agree on.",
    "learn.headers.watch.damaged": "One bit is turned on the way.",
    "learn.headers.wrong.1": (
        'The figures show "6 reserved bits" and six flags; since RFC 9768 three bits are reserved and nine are flags.'
    ),
    "learn.headers.wrong.2": (
        "The window is in octets only without window scale (RFC 7323): with it, the field is multiplied by a power of "
        "two, agreed in the SYNs."
    ),
    "learn.headers.ask.1": "How many octets does a TCP header without options have?",
    "learn.headers.why.1": "Five words of four octets: the data offset says 5.",
    "learn.headers.ask.2": "Both ends use timestamps. How many octets does the TCP header of a pure ACK have?",
    "learn.headers.why.2": "The option takes ten octets, and two more for padding: 20 + 12.",
    "learn.headers.ask.3": "A damaged segment reaches B. What does B send about it?",
    "learn.headers.why.3": "The ports may be what is damaged: nobody knows whom to tell.",
    "learn.layers.title": "The layers, from the hub to HTTP",
    "learn.layers.1": (
        'Each layer wraps what the one above gives it and does not look inside. "hello" has {text} octets; with '
        "TCP's and IP's headers the packet has {packet}, and with Ethernet's the frame has {frame} (padding and check "
        "sequence left out). A pure ACK is a packet of {bare} octets without any text."
    ),
    "learn.layers.2": (
        "Physical: repeaters and hubs copy signals. Link: network cards, bridges and switches move frames between "
        "neighbours. Network: IP, and routers, move packets between networks. Transport: TCP and UDP connect "
        "processes. Application: HTTP, SMTP, DNS, FTP."
    ),
    "learn.layers.3": (
        "The lower layers promise nothing. Cut the link while A writes: {lost} packets are lost, nobody below TCP "
        "cares, and TCP repeats until all {read} octets have arrived. That is what the end-to-end argument means."
    ),
    "learn.layers.watch.life": "A whole life: every row is one packet of IP.",
    "learn.layers.watch.cut": "The link is cut for three seconds while A writes.",
    "learn.layers.wrong.1": (
        "The TCP/IP model has four layers in RFC 1122 (link, internet, transport, application); the five of the notes "
        "are the common mixture with OSI."
    ),
    "learn.layers.wrong.2": (
        "ICMP rides on IP but belongs to the network layer. Firewalls and load balancers look at several layers at "
        'once; "router = network layer" is true only of plain routers.'
    ),
    "learn.layers.ask.1": 'A sends "hello" without options. How long is the IPv4 packet, in octets?',
    "learn.layers.why.1": "20 for IP, 20 for TCP, 5 for the text.",
    "learn.layers.ask.2": "A writes 1,200 octets and may put at most 500 into a segment. How many segments carry them?",
    "learn.layers.why.2": "TCP numbers octets, not messages: 500, 500 and the rest.",
    "learn.layers.ask.3": (
        "The link is cut for three seconds while A's data are on their way. What does A's application hear?"
    ),
    "learn.layers.why.3": "Repairing that is TCP's job; the application only sees that it took longer.",
    "learn.choice.nothing": "nothing",
    "learn.choice.another": "another number",
    "learn.choice.yes": "yes",
    "learn.choice.no": "no",
    "learn.choice.first-fin": "from the first FIN of B",
    "learn.choice.last-fin": "from the last FIN of B",
    "learn.choice.close-call": "from A's close()",
    "learn.choice.refused": "refused (ECONNREFUSED)",
    "learn.choice.reset": "reset (ECONNRESET)",
    "learn.choice.timeout": "timed out (ETIMEDOUT)",
    "learn.ui.intro": "Chapters: read, watch, predict. Every answer is computed by playing the stack.",
    "learn.ui.use": "synfin learn CHAPTER",
    "learn.ui.watch": "Watch",
    "learn.ui.wrong": "Where the common notes are wrong",
    "learn.ui.questions": "Predict",
    "learn.ui.question": "Question {number}",
    "learn.ui.prompt": "Your answer ({letters})",
    "learn.ui.right": "Right: {text}.",
    "learn.ui.not_right": "Not quite. The answer is: {text}.",
    "learn.ui.answer": "Answer: {text}.",
    "learn.ui.score": "{right} of {all} right",
    "learn.ui.again": "This is no answer: {error}",
    "learn.ui.how": "Answer with: synfin learn {name} --answers {letters}; or see the answers: --show",
    "learn.ui.count": "{name} has {all} questions; answers given: {given}",
    "learn.ui.path": "The learner's path",
    "learn.ui.path_about": (
        "Every chapter here is also a command: `synfin learn CHAPTER` shows the ladder and asks the questions. States "
        "and numbers in the text, and all answers, are computed by playing the stack, so this page cannot be out of "
        "step with it. Every run can be changed: lose another segment, close at another time, switch a rule off."
    ),
    "learn.ui.answers": "Answers",
    "learn.ui.run": "Run it",
}
