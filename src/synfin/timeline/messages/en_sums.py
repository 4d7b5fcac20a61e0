"""English: the arithmetic of a segment, a sentence for each fact; `{who}` sent it, `{peer}` is the other end."""

from __future__ import annotations

from typing import Final

SEQUENCE: Final[dict[str, str]] = {
    "sum.seq.initial": (
        "seq = {wire} - {isn} = 0: {who} has chosen {isn} as its initial number, and relative numbers count from it."
    ),
    "sum.seq.initial-again": (
        "seq = {wire} - {isn} = 0, as at {time}: a SYN keeps its initial number, however often it goes."
    ),
    "sum.seq.after-syn": "seq = {seq} = {before} + 1: {who}'s SYN had number {before} and consumed one.",
    "sum.seq.after-syn-text": (
        "seq = {seq} = {before} + 1 + {octets}: {who}'s SYN consumed one number, the text on it {octets}."
    ),
    "sum.seq.after-text": "seq = {seq} = {before} + {octets}: {who} has sent text of length {octets} from {before} on.",
    "sum.seq.after-text-fin": (
        "seq = {seq} = {before} + {octets} + 1: {who} has sent text of length {octets} from {before} on, and the "
        "FIN behind it consumed one number."
    ),
    "sum.seq.after-fin": "seq = {seq} = {before} + 1: {who}'s FIN had number {before} and consumed one.",
    "sum.seq.after-mixed": (
        "seq = {seq} = {before} + {length}: SYN, text and FIN of {who}'s segment before consumed {length} numbers."
    ),
    "sum.seq.again": "seq = {seq}, the same number as at {time}: octets that go once more keep their numbers.",
    "sum.seq.again-fin": "seq = {seq}, the same number as at {time}: a FIN that goes once more keeps its number.",
    "sum.seq.inside": (
        "seq = {seq} lies inside of what went at {time}, for {before} < {seq} < {end}: the octets keep their "
        "numbers, only the cut is new."
    ),
    "sum.seq.below": "seq = {seq}, below {who}'s next number, for {seq} < {high}: it was used before.",
    "sum.seq.ahead": "seq = {seq} = {high} + {gap}: what {who} sent in between was not seen here.",
    "sum.seq.next": "seq = {seq}: {who}'s next number; nothing has consumed one since.",
    "sum.seq.first": "seq = {seq}: the first segment of {who} that was seen here; relative numbers count from it.",
    "sum.seq.keep-alive": (
        "seq = {seq} = {high} - 1: one below {who}'s next number, on purpose, for {peer} has had it and must answer."
    ),
    "sum.seq.probe": "seq = {seq}: the first octet that {peer} has not acknowledged yet.",
    "sum.seq.probe-empty": "seq = {seq}: a number that {peer} has acknowledged already, so it must answer.",
    "sum.seq.answer": (
        "On the wire seq is {wire}: the ACK field of the segment that {who} answers, so a number that {peer} expects."
    ),
    "sum.seq.no-number": (
        "On the wire seq is {wire}: the segment that {who} answers had no ACK, so {who} has no number to start from."
    ),
    "sum.seq.foreign": (
        "seq = {seq} is what the maker of this segment wrote; {who}'s own next number at this moment is {high}."
    ),
    "sum.aim.exact": "seq = {seq} = {wants}: exactly the number that {peer} has last asked for.",
    "sum.aim.inside": "{wants} < {seq} < {edge}: inside of the window that {peer} has last told.",
    "sum.aim.below": "{seq} < {wants}: below the number that {peer} has last asked for.",
    "sum.aim.had": (
        "{seq} + {length} = {end}: the segment ends there, and {peer} has last asked for {wants}, so it has had "
        "all of this."
    ),
    "sum.aim.above": "{seq} = {edge} + {over}: beyond the window that {peer} has last told.",
}

ACKNOWLEDGMENT: Final[dict[str, str]] = {
    "sum.ack.none-syn": "No ACK: {who} does not know any number of {peer} yet.",
    "sum.ack.none-rst": "No ACK: the sequence number alone has to make this reset credible.",
    "sum.ack.none": "No ACK: this segment acknowledges nothing.",
    "sum.ack.syn": (
        "ack = {ack} = {before} + 1: {peer}'s SYN had number {before} and consumes one; {who} expects {ack} next."
    ),
    "sum.ack.syn-text": (
        "ack = {ack} = {before} + 1 + {octets}: {peer}'s SYN consumes one number and {who} has taken the text on "
        "it, of length {octets}."
    ),
    "sum.ack.text": (
        "ack = {ack} = {before} + {octets}: {who} has {peer}'s text of length {octets} from {before} on and "
        "expects {ack} next."
    ),
    "sum.ack.text-fin": (
        "ack = {ack} = {before} + {octets} + 1: {who} has {peer}'s text of length {octets} from {before} on and "
        "the FIN behind it, which consumes one number."
    ),
    "sum.ack.fin": "ack = {ack} = {before} + 1: {peer}'s FIN had number {before} and consumes one.",
    "sum.ack.mixed": (
        "ack = {ack} = {before} + {length}: SYN, text and FIN of {peer}'s segment consume {length} numbers."
    ),
    "sum.ack.repeated": (
        "ack = {ack} = {before} + {length}, as in {who}'s segment before: nothing more has come in order since."
    ),
    "sum.ack.waits": (
        "ack = {ack} as before: {who} still waits for number {ack}. {peer} has sent up to {high}, so {high} - "
        "{ack} = {missing} numbers are missing or lie behind the gap."
    ),
    "sum.ack.reset": (
        "ack = {ack} = {before} + {length}: what {peer} has sent up to there is acknowledged, which shows that the "
        "reset is meant for it."
    ),
    "sum.ack.part": (
        "ack = {ack} lies inside of {peer}'s segment, for {before} < {ack} < {end}: {who} has taken {ack} - "
        "{before} = {taken} numbers of it."
    ),
    "sum.ack.beyond": "ack = {ack} = {high} + {over}: more than {peer} has sent.",
    "sum.ack.other": "ack = {ack}: none of the numbers that {peer} uses now; it belongs to another connection.",
    "sum.ack.known": "ack = {ack}: {who} has everything below it and expects it next.",
    "sum.ack.foreign": (
        "ack = {ack} is what the maker of this segment wrote; {peer}'s own next number at this moment is {high}."
    ),
}

OTHERS: Final[dict[str, str]] = {
    "why.who": "this end",
    "why.peer": "the other end",
    "sum.wire.seq": "On the wire seq is {sum}: the initial number of {who} is added.",
    "sum.wire.both": "On the wire seq is {sum} and ack is {ack_sum}: the initial numbers of both ends are added.",
    "sum.len.rst": "A reset consumes no number: it is neither acknowledged nor sent again.",
    "sum.len.none": "Without text, SYN or FIN the segment consumes no number: {who} goes on at {seq} + 0 = {seq}.",
    "sum.len.nothing": "Without text, SYN or FIN the segment consumes no number.",
    "sum.len.text": "Its text has numbers {seq} to {last}; the ACK for all of it is {seq} + {octets} = {end}.",
    "sum.len.syn": "SYN consumes number {seq}; the ACK for it is {seq} + 1 = {end}.",
    "sum.len.fin": "FIN consumes number {seq}; the ACK for it is {seq} + 1 = {end}.",
    "sum.len.syn-text": (
        "SYN consumes number {seq}, the text on it {octets} more; the ACK for all is {seq} + 1 + {octets} = {end}."
    ),
    "sum.len.text-fin": (
        "The text and, behind it, the FIN consume numbers {seq} to {last}; the ACK for all is {seq} + {octets} + 1 "
        "= {end}."
    ),
    "sum.len.mixed": "SYN, text and FIN consume numbers {seq} to {last}: {seq} + {length} = {end}.",
    "sum.win.first": "win = {window}: so many octets {peer} may send at first; the field of a SYN is never scaled.",
    "sum.win.syn": "win = {window}, never scaled in a SYN: {peer} may send numbers below {ack} + {window} = {edge}.",
    "sum.win.plain": "win = {window}, not scaled: {peer} may send numbers below {ack} + {window} = {edge}.",
    "sum.win.scaled": (
        "win = {window} = {field} << {scale}: the field counts in units of 2 to the power of {scale}. {peer} may "
        "send numbers below {ack} + {window} = {edge}."
    ),
    "sum.win.closed": "win = {window}: the window is closed, {peer} may send nothing from {ack} + 0 = {edge} on.",
    "sum.option.mss": (
        "mss {mss}: with headers of 20 octets each for TCP and IPv4, packets to {who} have at most {mss} + 20 + 20 "
        "= {total} octets."
    ),
    "sum.option.mss6": (
        "mss {mss}: with headers of 20 octets for TCP and 40 for IPv6, packets to {who} have at most {mss} + 20 + "
        "40 = {total} octets."
    ),
    "sum.option.scale": (
        "window scale {shift}: after the SYN {who}'s window counts in units of 1 << {shift} = {unit} octets, if "
        "both ends have offered the option."
    ),
    "sum.sack.holds": (
        "SACK {left} to {right}: {who} holds {right} - {left} = {count} numbers behind a gap; {ack} is still missing."
    ),
    "sum.sack.wrong": "SACK {left} to {right}: a block ends behind its beginning, so this one says nothing.",
    "sum.sack.twice": "D-SACK {left} to {right}: {right} - {left} = {count} numbers have reached {who} once more.",
    "sum.option.ts": "TSval {val} is {who}'s clock; TSecr {ecr} repeats the TSval that {peer} sent at {time}.",
    "sum.option.ts-alone": "TSval {val} is {who}'s clock; TSecr is {ecr}, for there is nothing to repeat yet.",
    "sum.option.ts-unseen": "TSval {val} is {who}'s clock; TSecr {ecr} is to repeat one of {peer}, not seen here.",
    "sum.option.urgent": (
        "Urgent pointer {pointer}: by RFC 9293 3.8.5 {seq} + {pointer} = {end} is the number behind the last "
        "urgent octet."
    ),
}

MESSAGES: Final[dict[str, str]] = {**SEQUENCE, **ACKNOWLEDGMENT, **OTHERS}
