"""The arithmetic of one segment in sentences: where its numbers come from, what they add up to.

Responsible for choosing the sentence and its numbers; facts come from `origins`, words from `messages` (ids `sum.*`).
Each sentence is a whole one.  Numbers are relative to the initial ones, as everywhere in a timeline, unless a sentence
says that they are those on the wire.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from synfin.timeline import origins
from synfin.timeline.messages import Catalog
from synfin.timeline.model import Flight
from synfin.timeline.origins import Asked, Origin, Piece
from synfin.wire.tcp import FIN, RST, SYN, URG

_WRAP: Final = 1 << 32
_SECOND: Final = 1_000_000_000
_TCP_HEADER: Final = 20
_IP_HEADERS: Final = {4: 20, 16: 40}  # by octets of an address
# Kinds of sequence numbers whose segment is the next in line, so that the following one starts where it ends
_IN_LINE: Final = (origins.AFTER, origins.NEXT, origins.FIRST)


class Sum(NamedTuple):
    """One sentence: the id of its text and what is filled in; `time` (ns) is shown in seconds."""

    message: str
    params: dict[str, int | str]
    time: int | None = None

    def text(self, texts: Catalog) -> str:
        """The sentence in a language."""
        params: dict[str, int | str] = dict(self.params)
        if self.time is not None:
            params["time"] = texts.text("ui.s", value=f"{self.time / _SECOND:.3f}")
        return texts.text(self.message, **params)


def sums(flight: Flight) -> list[Sum]:
    """Every sentence about the numbers of a segment: sequence number, ACK, wire, length, window, options."""
    origin = flight.origin
    if origin is None:
        return []
    found = [_sequence(flight, origin)]
    if origin.seq_kind == origins.FOREIGN:
        if origin.asked is not None:
            found.append(_aim(flight, origin, origin.asked))
    found.append(_acknowledgment(flight, origin))
    found.extend(_wire(flight, origin))
    found.append(_length(flight, origin))
    found.extend(_window(flight, origin))
    found.extend(_options(flight, origin))
    return found


def _who(flight: Flight, origin: Origin) -> dict[str, int | str]:
    return {"who": flight.sender, "peer": origin.peer}


def _shape(piece: Piece) -> str:
    """What a piece consists of, as the end of a message id."""
    if piece.syn and piece.fin:
        return "mixed"
    if piece.syn:
        return "syn-text" if piece.octets else "syn"
    if piece.fin:
        return "text-fin" if piece.octets else "fin"
    return "text"


def _sequence(flight: Flight, origin: Origin) -> Sum:
    """Why the sequence number is what it is."""
    kind, before = origin.seq_kind, origin.before
    seq = flight.numbers.seq
    params = {**_who(flight, origin), "seq": seq, "wire": flight.segment.seq, "high": origin.high}
    if origin.isn is not None:
        params["isn"] = origin.isn
    if kind == origins.AHEAD:
        params["gap"] = seq - origin.high
    if before is None:
        return Sum(f"sum.seq.{kind}", params)
    params |= {"before": before.seq, "octets": before.octets, "length": before.end - before.seq, "end": before.end}
    if kind == origins.AFTER:
        return Sum(f"sum.seq.after-{_shape(before)}", params)
    if kind == origins.AGAIN and not flight.segment.payload:
        return Sum("sum.seq.again-fin", params, before.sent_at)
    return Sum(f"sum.seq.{kind}", params, before.sent_at)


def place(flight: Flight, asked: Asked) -> list[Sum]:
    """Where a segment lies in the window of the host that it has reached; `asked`: what that host has last told."""
    return [] if flight.origin is None else [_aim(flight, flight.origin, asked)]


def covered(flight: Flight) -> list[Sum]:
    """What a segment acknowledges."""
    return [] if flight.origin is None else [_acknowledgment(flight, flight.origin)]


def _aim(flight: Flight, origin: Origin, asked: Asked) -> Sum:
    """Where a segment lies in the window of the host it goes to."""
    wants, edge = asked
    seq, length = flight.numbers.seq, flight.segment.length
    params = {**_who(flight, origin), "seq": seq, "wants": wants, "edge": edge, "length": length, "end": seq + length}
    if seq == wants:
        return Sum("sum.aim.exact", params)
    if seq < wants:
        real = origin.seq_kind != origins.FOREIGN and seq >= 0  # else it never was part of this stream
        return Sum("sum.aim.had" if real and 0 < length <= wants - seq else "sum.aim.below", params)
    if seq < edge:
        return Sum("sum.aim.inside", params)
    return Sum("sum.aim.above", {**params, "over": seq - edge})


def _acknowledgment(flight: Flight, origin: Origin) -> Sum:
    """Why the acknowledgment number is what it is."""
    flags, ack, acked = flight.segment.flags, flight.numbers.ack, origin.acked
    params = _who(flight, origin)
    if ack is None:
        kind = "none-rst" if flags & RST else "none"
        if flags & SYN and not flags & RST and origin.seq_kind != origins.FOREIGN:
            kind = "none-syn"
        return Sum(f"sum.ack.{kind}", params)
    params |= {"ack": ack, "high": origin.peer_high}
    if acked is not None:
        params |= {"before": acked.seq, "octets": acked.octets, "length": acked.end - acked.seq, "end": acked.end}
    if origin.seq_kind == origins.FOREIGN:
        return Sum("sum.ack.foreign", params)
    if origin.ack_kind == origins.BEYOND:
        return Sum("sum.ack.beyond", params | {"over": ack - origin.peer_high})
    if acked is None or origin.ack_kind == origins.OTHER:
        return Sum(f"sum.ack.{origin.ack_kind}", params)
    if origin.ack_kind == origins.PART:
        return Sum("sum.ack.part", params | {"taken": ack - acked.seq})
    if flags & RST:
        return Sum("sum.ack.reset", params)
    if flight.rule == "ack-out-of-order" and origin.peer_high > ack:
        return Sum("sum.ack.waits", params | {"missing": origin.peer_high - ack})
    return Sum("sum.ack.repeated" if origin.repeated else f"sum.ack.{_shape(acked)}", params)


def _on_wire(relative: int, isn: int) -> str:
    """`isn + relative = number on the wire`, with the wrap of 32 bits where it happens."""
    total = isn + relative
    steps = f"{isn} - {-relative}" if relative < 0 else f"{isn} + {relative}"
    if total >= _WRAP:
        steps += f" - {_WRAP}"
    elif total < 0:
        steps += f" + {_WRAP}"
    return f"{steps} = {total % _WRAP}"


def _wire(flight: Flight, origin: Origin) -> list[Sum]:
    """The numbers as they are in the header."""
    if origin.seq_kind in (origins.ANSWER, origins.NO_NUMBER) or origin.isn is None:
        return []
    params = {**_who(flight, origin), "sum": _on_wire(flight.numbers.seq, origin.isn)}
    if flight.numbers.ack is None:
        return [] if origin.seq_kind in (origins.INITIAL, origins.INITIAL_AGAIN) else [Sum("sum.wire.seq", params)]
    if origin.peer_isn is None:
        return [Sum("sum.wire.seq", params)]
    return [Sum("sum.wire.both", params | {"ack_sum": _on_wire(flight.numbers.ack, origin.peer_isn)})]


def _length(flight: Flight, origin: Origin) -> Sum:
    """How many numbers the segment consumes (SEG.LEN, RFC 9293 3.4)."""
    segment, seq = flight.segment, flight.numbers.seq
    params = _who(flight, origin)
    if segment.flags & RST:
        return Sum("sum.len.rst", params)
    params |= {"seq": seq}
    if segment.length == 0:
        return Sum("sum.len.none" if origin.seq_kind in _IN_LINE else "sum.len.nothing", params)
    piece = Piece(seq, len(segment.payload), 1 if segment.flags & SYN else 0, 1 if segment.flags & FIN else 0, 0)
    params |= {"octets": piece.octets, "length": segment.length, "end": piece.end, "last": piece.end - 1}
    return Sum(f"sum.len.{_shape(piece)}", params)


def _window(flight: Flight, origin: Origin) -> list[Sum]:
    """What the receiver of the segment may send."""
    segment, ack, window = flight.segment, flight.numbers.ack, flight.numbers.window
    if segment.flags & RST or origin.seq_kind == origins.FOREIGN:
        return []
    if origin.ack_kind in (origins.BEYOND, origins.OTHER):
        return []  # the edge would be one of another connection's numbers
    params = {**_who(flight, origin), "window": window, "field": segment.window}
    if ack is None:
        return [Sum("sum.win.first", params)] if segment.flags & SYN else []
    params |= {"ack": ack, "edge": ack + window}
    if segment.flags & SYN:
        return [Sum("sum.win.syn", params)]
    if window == 0:
        return [Sum("sum.win.closed", params)]
    if origin.scale:
        return [Sum("sum.win.scaled", params | {"scale": origin.scale})]
    return [Sum("sum.win.plain", params)]


def _options(flight: Flight, origin: Origin) -> list[Sum]:
    """What the options add up to."""
    segment, ack = flight.segment, flight.numbers.ack
    options = segment.options
    who = _who(flight, origin)
    found: list[Sum] = []
    if origin.seq_kind == origins.FOREIGN:
        return _urgent(flight, origin)  # what a forger offers or echoes binds nobody
    if options.mss is not None and segment.flags & SYN:
        header = _IP_HEADERS.get(len(flight.src.address), 0)
        total = options.mss + _TCP_HEADER + header
        message = "sum.option.mss6" if header == 40 else "sum.option.mss"
        found.append(Sum(message, who | {"mss": options.mss, "total": total}))
    if options.window_scale is not None and segment.flags & SYN:
        shift = min(options.window_scale, 14)
        found.append(Sum("sum.option.scale", who | {"shift": shift, "unit": 1 << shift}))
    if ack is not None:
        found.extend(_blocks(flight, origin, ack))
    if options.ts_val is not None:
        params = who | {"val": options.ts_val, "ecr": options.ts_ecr}
        if origin.echo is not None:
            found.append(Sum("sum.option.ts", params, origin.echo))
        else:
            alone = ack is None and options.ts_ecr == 0
            found.append(Sum("sum.option.ts-alone" if alone else "sum.option.ts-unseen", params))
    return found + _urgent(flight, origin)


def _urgent(flight: Flight, origin: Origin) -> list[Sum]:
    """Where the urgent pointer points."""
    segment, seq = flight.segment, flight.numbers.seq
    if not segment.flags & URG:
        return []
    params = {**_who(flight, origin), "seq": seq, "pointer": segment.urgent, "end": seq + segment.urgent}
    return [Sum("sum.option.urgent", params)]


def _blocks(flight: Flight, origin: Origin, ack: int) -> list[Sum]:
    """SACK blocks; the first tells of a repetition if it lies below the ACK or inside of the second (RFC 2883)."""
    near = [tuple(ack + _signed(edge - flight.segment.ack) for edge in block) for block in flight.segment.options.sack]
    found: list[Sum] = []
    for number, (left, right) in enumerate(near):
        params = {**_who(flight, origin), "left": left, "right": right, "count": right - left, "ack": ack}
        inside = number == 0 and len(near) > 1 and near[1][0] <= left and right <= near[1][1]
        if right <= left:
            found.append(Sum("sum.sack.wrong", params))
        elif number == 0 and (right <= ack or inside):
            found.append(Sum("sum.sack.twice", params))
        elif left > ack:
            found.append(Sum("sum.sack.holds", params))
    return found


def _signed(distance: int) -> int:
    """A distance between wire numbers, the shorter way round."""
    return (distance + (_WRAP >> 1)) % _WRAP - (_WRAP >> 1)


__all__ = ["Sum", "covered", "place", "sums"]
