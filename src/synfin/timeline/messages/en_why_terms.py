"""English: what flags, options and timers of TCP are for; one line and one paragraph each."""

from __future__ import annotations

from typing import Final

FLAGS: Final[dict[str, str]] = {
    "why.flag.SYN": (
        "SYN means: this is the number that I start from. It is on the first segment of each end and on "
        "repetitions of it, nowhere else. It consumes one sequence number, so that it can be acknowledged and sent "
        "again like an octet of text. MSS, window scale and SACK can be offered only beside it. Data on a SYN is "
        "legal, but it is delivered after the handshake unless fast open is used (RFC 9293 3.5)."
    ),
    "why.flag.ACK": (
        "ACK means that the acknowledgment field counts: everything below that number has arrived, and it is the "
        "next one expected. After the first SYN every segment carries it, except some resets, for the field is in "
        "the header anyway. An ACK alone consumes no number and is never acknowledged itself. Acknowledgments are "
        "cumulative, so a lost one is made good by the next (RFC 9293 3.4)."
    ),
    "why.flag.FIN": (
        "FIN means: I have nothing more to send. It closes one direction only; the other may go on for hours. It "
        "stands behind the last octet and consumes one number, so the application at the other end sees the end of "
        "the stream only after all data. A FIN is acknowledged, and repeated if it is lost. It nearly always comes "
        "with ACK (RFC 9293 3.6)."
    ),
    "why.flag.RST": (
        "RST means that there is no such connection here, or no more. It is sent for segments that belong to "
        "nothing, by abort(), and by close() when data is lost. It consumes no number, is never acknowledged nor "
        "repeated, and nothing answers it. To be believed it must have exactly the number that the receiver "
        "expects next; inside the window it only draws a challenge (RFC 9293 3.5.2, RFC 5961 3.2)."
    ),
    "why.flag.PSH": (
        "PSH asks the receiver to hand over what it has, instead of waiting for more. The sender sets it where its "
        "buffer runs empty, so it often marks the end of what was written. It is no boundary of messages: TCP is a "
        "stream, and a receiver may read across it. Most receivers deliver at once anyway and ignore it. It "
        "consumes no number (RFC 9293 3.9.1.2)."
    ),
    "why.flag.URG": (
        "URG means that the urgent pointer counts: up to there lies something that the reader should hurry for. "
        "The octets are part of the stream and keep their place. RFC 9293 3.8.5 lets the pointer name the octet "
        "behind the last urgent one. Few programs use it, some middleboxes clear it, and new applications should "
        "not (RFC 6093 is the advice behind that)."
    ),
    "why.flag.ECE": (
        "Beside SYN it says that this end can use explicit congestion notification. Later it is the receiver's "
        "echo: a packet arrived with the mark “congestion experienced”, so the sender should slow down as if it "
        "had been lost. It is repeated in every ACK until a segment with CWR answers, since single ACKs may get "
        "lost. With AccECN it is one bit of a counter (RFC 3168 6.1.3)."
    ),
    "why.flag.CWR": (
        "CWR means that the sender has reduced its congestion window, having heard of congestion by ECE or by a "
        "loss. It is set once, on the first new data after the reduction, and lets the receiver stop its ECE. "
        "Beside SYN it is part of asking for ECN; with AccECN it is one bit of a counter (RFC 3168 6.1.2)."
    ),
    "why.flag.AE": (
        "AE is the ninth flag; the bit was once called NS and given up. Together with CWR and ECE it makes the "
        "three-bit counter ACE of AccECN: how many packets with the mark “congestion experienced” have arrived, "
        "not only whether any has. Beside SYN the three say that this end would like to count like that. Notes "
        "that teach six flags stem from 1981 (RFC 9768 3.1)."
    ),
}

OPTIONS: Final[dict[str, str]] = {
    "option.eol": "end of the option list",
    "option.nop": "padding between options",
    "option.mss": "largest text in one segment",
    "option.wscale": "shift of the window field",
    "option.sackOK": "selective acknowledgments are welcome",
    "option.sack": "what has arrived behind a gap",
    "option.TS": "clock of the sender, and an echo",
    "option.md5": "signature of a segment",
    "option.uto": "user time-out of the sender",
    "option.ao": "authentication of a segment",
    "option.mptcp": "several paths for one stream",
    "option.tfo": "cookie for data on the SYN",
    "option.accecn0": "octets by mark, first order",
    "option.accecn1": "octets by mark, second order",
    "option.exp253": "an experiment",
    "option.exp254": "an experiment",
    "why.option.eol": (
        "Kind 0, one octet without a length. It ends the list when the options do not fill the last word of the "
        "header; what follows is padding and is not read. It is needed only there, since the data offset counts "
        "words of four octets. Most stacks put NOPs in front instead and never send it (RFC 9293 3.1)."
    ),
    "why.option.nop": (
        "Kind 1, one octet without a length. It means nothing and moves the next option to where its numbers lie "
        "on a word boundary: two of them stand before timestamps, so that both clocks can be read as whole words. "
        "A receiver must accept options that are not aligned like that, and must not count on it (RFC 9293 3.1)."
    ),
    "why.option.mss": (
        "Kind 2, on SYN segments only: the largest text that this end will take in one segment. It is not "
        "negotiated: each direction has its own, and the smaller of the peer's value and what the path allows is "
        "used. Usually it is the MTU less 40 octets for IPv4, less 60 for IPv6; without the option 536 and 1220 "
        "are assumed. Other options come off it (RFC 9293 3.7.1)."
    ),
    "why.option.wscale": (
        "Kind 3, on SYN segments only: the window field of this end is to be shifted left by so many bits, 14 at "
        "most. The field has 16 bits, so without it a window ends at 65,535 octets, too few for a long fast path. "
        "It is used only if both SYNs carry it, and the window in a SYN itself is never shifted (RFC 7323 2)."
    ),
    "why.option.sackOK": (
        "Kind 4, on SYN segments only: this end understands selective acknowledgments. If both say so, later ACKs "
        "may list what arrived behind a gap. Without it a sender learns of one lost segment per round trip, so "
        "several losses in one window cost several round trips or a time-out. It has no value, only its presence "
        "counts (RFC 2018 2)."
    ),
    "why.option.sack": (
        "Kind 5: blocks of octets that have arrived behind the acknowledged number, the most recent first, each "
        "with its first number and the one behind its last. Four fit into a header, three beside timestamps. It is "
        "advice: the receiver may still drop such octets. A first block below the ACK, or inside of the second, "
        "reports what came twice: D-SACK (RFC 2018 3, RFC 2883 4)."
    ),
    "why.option.TS": (
        "Kind 8: the sender's clock, and the last clock value received from the other end. The echo gives a "
        "round-trip time with each ACK, even after retransmissions, and shows afterwards whether a retransmission "
        "was needed. An old clock betrays an old segment whose number fits only because numbers have wrapped: "
        "PAWS. If both SYNs carry it, every segment must (RFC 7323 3)."
    ),
    "why.option.md5": (
        "Kind 19: an MD5 digest over the segment and a shared secret, made to protect routers' BGP sessions from "
        "forged resets. It is obsolete: MD5 is weak, and keys cannot be changed while a connection lives; TCP-AO "
        "replaces it (RFC 5925). This stack does not implement it and passes over it, as over any unknown option "
        "(RFC 9293 3.1)."
    ),
    "why.option.uto": (
        "Kind 28: how long this end will let its data go unacknowledged before it gives up, in seconds or minutes. "
        "The other end may adapt its own patience, so that both survive a long interruption, or agree to give up "
        "soon. It binds nobody, and each end keeps limits of its own, since a stranger could otherwise make it "
        "hold memory for weeks (RFC 5482 3)."
    ),
    "why.option.ao": (
        "Kind 29, the TCP Authentication Option: a code over the segment, its addresses and a key that may be "
        "changed while the connection lives. It keeps forged segments, resets among them, out of sessions that "
        "last for months, such as those of BGP. This stack knows its number and does not use it (RFC 5925)."
    ),
    "why.option.mptcp": (
        "Kind 30, Multipath TCP: several ordinary connections, for instance over Wi-Fi and a mobile network, carry "
        "one stream. Its subtypes announce keys, join another path, map numbers of the path to those of the "
        "stream. An end that does not know it ignores it, as this stack does, and then it is plain TCP (RFC 8684)."
    ),
    "why.option.tfo": (
        "Kind 34, TCP Fast Open. Empty on a SYN it asks for a cookie; with a cookie it asks the server to take the "
        "data on this SYN before the handshake ends; on a SYN,ACK it brings a cookie. The cookie proves only that "
        "the client once received something at its address. The gain is a round trip for clients that come back "
        "(RFC 7413 4.1.1)."
    ),
    "why.option.accecn0": (
        "Kind 172, Accurate ECN: counters of octets that arrived as ECT(0), CE and ECT(1), in this order, 24 bits "
        "each; counters at the end may be left out. The three flag bits count packets and wrap soon, so this tells "
        "how much was really marked, and whether something on the path rewrites marks (RFC 9768 3.2.3)."
    ),
    "why.option.accecn1": (
        "Kind 174, Accurate ECN: the same counters as kind 172, but in the order ECT(1), CE, ECT(0). There are two "
        "kinds so that the counter that has changed, which depends on the marks this path uses, can stand in front "
        "and the rest be left out: options share 40 octets with timestamps and SACK (RFC 9768 3.2.3)."
    ),
    "why.option.exp253": (
        "Kind 253 is reserved for experiments, and two octets of its value say which one (RFC 6994 3). Fast open "
        "used 254 like that before it had a number. Nobody may count on the peer knowing it, and shipped software "
        "should not send it. This stack passes over it by its length, as any unknown option (RFC 9293 3.1)."
    ),
    "why.option.exp254": (
        "Kind 254 is the second of two numbers for experiments (RFC 6994 3). Early fast open used it, so it can "
        "still be seen in old captures. Like every option it has a length, so that one who does not know it can "
        "skip it: that is what makes TCP extensible at all (RFC 9293 3.1)."
    ),
}

TIMERS: Final[dict[str, str]] = {
    "why.timer.retransmit": (
        "It runs while anything sent is unacknowledged, with RACK after a loss probe has had its turn, and starts "
        "anew with each ACK that acknowledges something new. Its time follows the measured round trips: the "
        "smoothed average plus four times the deviation, by the RFC one second at least. When it fires, the oldest "
        "segment goes again, the time doubles, and the congestion window falls to one segment. It is the last "
        "resort (RFC 6298 5)."
    ),
    "why.timer.persist": (
        "It runs instead of the retransmission timer while the peer's window is closed and something waits to be "
        "sent. The segment that opens the window carries no text and is not repeated; if it is lost both ends "
        "would wait for ever. When the timer fires, a probe asks for the window, and the pause doubles, up to a "
        "minute. Answers keep the connection alive however long the window stays closed (RFC 9293 3.8.6.1)."
    ),
    "why.timer.delayed-ack": (
        "It starts with data that needs no ACK at once, and fires if nothing came meanwhile that could carry the "
        "acknowledgment: no data of our own and no second full segment. It has to be below half a second; here it "
        "is 40 ms by default. Together with Nagle at the other end it can slow down programs that write in small "
        "pieces and wait (RFC 9293 3.8.6.3)."
    ),
    "why.timer.keep-alive": (
        "Off unless the application asks. It fires when nothing has come from the peer for two hours, and then "
        "every 75 seconds: each time a probe goes out. After nine probes without an answer the connection ends "
        "with a time-out. It finds peers that vanished without a word. By default it is off because a short break "
        "of the network would otherwise end idle connections (RFC 9293 3.8.4)."
    ),
    "why.timer.user-timeout": (
        "It limits how long the application is willing to wait while data stays unacknowledged. It starts with the "
        "oldest such data, and acknowledgments move it on. When it fires the connection is given up with an error, "
        "whatever the retransmission timer still planned. Without one the limit of retransmissions holds, some 100 "
        "seconds at least (RFC 9293 3.9.1, RFC 5482 3)."
    ),
    "why.timer.sws-override": (
        "A sender avoids tiny segments: it waits until a full one fits, or half of the largest window, or "
        "everything that is queued. If neither happens and nothing is in flight, it would wait for ever, since no "
        "ACK can come. This timer then lets a small segment go; the RFC suggests 0.1 to 1 second (RFC 9293 "
        "3.8.6.2.1)."
    ),
    "why.timer.fin-wait-2": (
        "In FIN_WAIT_2 the own FIN is acknowledged and the peer's has not come. If the application still reads, "
        "there may be a reason to wait, so no timer runs. If it has called close(), nobody will ever read what "
        "comes, and this timer ends the wait. RFC 9293 3.6 has none, so by default it is off here; with Linux's "
        "habit it takes 60 seconds."
    ),
    "why.timer.time-wait": (
        "It runs in TIME_WAIT for twice the maximum segment lifetime, with the RFC's two minutes for one four "
        "minutes in all, and starts anew when the peer repeats its FIN. That is long enough for the last ACK to "
        "get lost and for the FIN to come again, and for old segments to die out before the ports are used anew "
        "(RFC 9293 3.6.1)."
    ),
    "why.timer.pace": (
        "With pacing the segments of a window do not leave in one burst but spread over a round trip: each waits "
        "for its turn, and this timer gives the sign. Bursts fill queues and cause losses that a steady flow "
        "avoids. BBR depends on it, since it controls a rate and not a window; RFC 7661 recommends it for windows "
        "that were kept unused."
    ),
    "why.timer.reordering": (
        "Something sent later has arrived and something earlier has not; perhaps it was merely overtaken. RACK "
        "waits a little, a fraction of a round trip, and when this timer fires what has not arrived by then counts "
        "as lost and goes again. Without it a loss at the end of a window, where no further ACK comes, would wait "
        "for the time-out (RFC 8985 6.2)."
    ),
    "why.timer.loss-probe": (
        "It runs while data is in flight and nothing looks lost, for about two round trips from the last sending "
        "or ACK on, a little longer when the peer may be delaying the ACK of a single segment. When it fires, one "
        "segment goes, new text or the last one again, just to draw an ACK. That often turns a loss at the end, "
        "which only a time-out could repair, into a fast recovery (RFC 8985 7.2)."
    ),
}

LINUX: Final[dict[str, str]] = {
    "linux.flag.PSH": (
        "It is also set within bursts, because a paced sender hands segments down in twos and marks each piece."
    ),
    "linux.option.md5": "It knows the option, and drops a signed SYN for a socket without a key.",
    "linux.option.wscale": "The shift does not follow the buffer of the moment but the largest one allowed.",
    "linux.option.TS": "A segment without the timestamp that was agreed on is taken.",
    "linux.timer.retransmit": "200 ms at least and up to 120 s; the variance term counts 200 ms at least.",
    "linux.timer.persist": "The pause grows to two minutes.",
    "linux.timer.delayed-ack": "A new connection acknowledges its first segments at once; delaying begins later.",
    "linux.timer.sws-override": (
        "It is the probe timer: what fits goes when it fires, after the time-out of a quiet path."
    ),
    "linux.timer.user-timeout": "It also ends a connection whose window stays closed although its probes are answered.",
    "linux.timer.fin-wait-2": (
        "60 s (tcp_fin_timeout), once the application has called close(); never after a mere shutdown()."
    ),
    "linux.timer.time-wait": (
        "60 s in all, and no sysctl changes it. Any segment with ACK starts it anew, not only a repeated FIN."
    ),
}

MESSAGES: Final[dict[str, str]] = {**FLAGS, **OPTIONS, **TIMERS, **LINUX}
