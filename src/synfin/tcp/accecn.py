"""More accurate ECN feedback (RFC 9768): how many packets and octets came with which mark, and how it is told.

`AccurateEcn` counts for one connection, both what came and what the peer says has come.  It is told the facts and does
not see the block; when the mode is entered is `ecn_setup`'s business.
"""

from __future__ import annotations

from typing import Final, final

from synfin.wire.tcp_options import ACCECN_0, ACCECN_1

CEP_START: Final = 5  # [RFC9768-07]
BYTES_START: Final = 1  # of ECT(0) and ECT(1): a zero can then only come from the path
DIVACE: Final = 8  # the ACE field counts modulo this
FIELD_MODULO: Final = 1 << 24
FIELD_OCTETS: Final = 3
FIELDS: Final = 3
MARKS_WITH_TEXT: Final = 2  # acknowledge at once after so many marks [RFC9768-09]
MARKS_WITHOUT_TEXT: Final = 3
REPEATS: Final = 2  # segments that carry an option after its counters have changed
BEACONS: Final = 3  # options in a round trip at least, as long as anything is sent
SAFETY_FACTOR: Final = 2

# ACE of a SYN-ACK and of the ACK that answers one, by the ECN field of what they answer (RFC 9768 tables 2 and 3).
HANDSHAKE: Final = (0b010, 0b011, 0b100, 0b110)
UNCHANGED: Final = (0b101,)  # reserved: "as if it came through unchanged" (RFC 9768 3.1.3)
BROKEN: Final = 0b111


def field_of(ace: int) -> int:
    """The ECN field that `ace` of a handshake stands for; 0, what we send, for those without a meaning."""
    return HANDSHAKE.index(ace) if ace in HANDSHAKE else 0


@final
class AccurateEcn:
    """Counters of one connection.  `came_*`: what we report; `told_*`: what the peer reports of us, unwrapped.

    `cep` counts packets with CE, `ceb`, `e0b` and `e1b` octets of text in packets with CE, ECT(0) and ECT(1).
    """

    __slots__ = (
        "_field",
        "_first",
        "_repeats",
        "came_ceb",
        "came_cep",
        "came_e0b",
        "came_e1b",
        "handshake",
        "marks",
        "option_at",
        "options_wanted",
        "reads_options",
        "sends_options",
        "syn_ace",
        "told_ceb",
        "told_cep",
        "told_e0b",
        "told_e1b",
    )

    def __init__(self) -> None:
        self.came_cep = CEP_START
        self.came_ceb = 0
        self.came_e0b = BYTES_START
        self.came_e1b = BYTES_START
        self.told_cep = CEP_START
        self.told_ceb = 0
        self.told_e0b = BYTES_START
        self.told_e1b = BYTES_START
        self.syn_ace = HANDSHAKE[0]  # passive: what our SYN-ACK says of the SYN
        self.handshake = 0  # active: what our first ACK says of the SYN-ACK, 0 once it was sent
        self.marks = 0  # CE since we have acknowledged last
        self.sends_options = True
        self.reads_options = True  # until a zero shows that something on the path rewrites them
        self.options_wanted = REPEATS  # options still to be sent
        self.option_at = 0
        self._field = -1  # the mark of the text before
        self._first = True  # no feedback has come yet

    # What came

    def on_packet(self, field: int, octets: int, packets: int = 1) -> str:
        """An acceptable packet without SYN came: the rule that asks for an acknowledgment at once, or nothing.

        `octets` of text; `packets` were put together for it on the way.
        """
        if field == 3:
            self.came_cep += packets
            self.came_ceb += octets
            self.marks += packets
        elif field == 2:
            self.came_e0b += octets
        elif field == 1:
            self.came_e1b += octets
        if octets == 0:
            return "ack-marks-count" if self.marks >= MARKS_WITHOUT_TEXT else ""
        if field == 0:
            return ""
        before = self._field
        self._field = field
        self.options_wanted = REPEATS
        if before not in (field, -1) or (before == -1 and field == 3):
            return "ack-marks-changed"  # [RFC9768-09]
        return "ack-marks-count" if self.marks >= MARKS_WITH_TEXT else ""

    def ace(self) -> int:
        """The three flags of a segment without SYN (RFC 9768 3.2.2) [RFC9768-07] [RFC9768-08]."""
        return self.handshake or self.came_cep % DIVACE

    def on_sent(self) -> None:
        """A segment that acknowledges has left."""
        self.marks = 0
        self.handshake = 0

    def option(self, room: int, now: int, rtt: int) -> tuple[int, bytes] | None:
        """The AccECN option for a segment with `room` octets left for it, where one is due (RFC 9768 3.2.3.3).

        The order puts the counters first that can have changed; those that do not fit are left off [RFC9768-11].
        """
        fields = min((room - 2) // FIELD_OCTETS, FIELDS)
        if not self.sends_options or fields < 1:
            return None
        if self.options_wanted:
            self.options_wanted -= 1
        elif now - self.option_at < rtt // BEACONS:
            return None
        self.option_at = now
        if self.came_e1b != BYTES_START:
            kind, counters = ACCECN_1, (self.came_e1b, self.came_ceb, self.came_e0b)
        else:
            kind, counters = ACCECN_0, (self.came_e0b, self.came_ceb, self.came_e1b)
        value = b""
        for counter in counters[:fields]:
            value += (counter % FIELD_MODULO).to_bytes(FIELD_OCTETS, "big")
        return kind, value

    # What the peer says

    def on_handshake(self, ace: int) -> None:
        """ACE of the ACK that ends our passive opening (RFC 9768 table 4)."""
        if ace == HANDSHAKE[3]:
            self.told_cep = CEP_START + 1

    def is_zeroed(self, ace: int) -> bool:
        """Whether the first feedback is a zero, which no peer would start with: the path clears the flags.

        RFC 9768 3.2.2.4 [RFC9768-13]; to be asked about each segment, it is true once at most.
        """
        first = self._first
        self._first = False
        return first and ace == 0

    def on_feedback(self, ace: int, option: tuple[int, bytes] | None, acked: int, mss: int) -> tuple[int, int]:
        """How many packets, and octets, of ours are newly reported as marked.

        `acked`: octets that the same segment newly acknowledges, of packets of at most `mss` octets.
        """
        octets = self._take_option(option) if option is not None and self.reads_options else -1
        packets = -(-acked // mss)
        marked = (ace - self.told_cep) % DIVACE
        if packets > DIVACE - 1:
            marked = self._safer(marked, packets, octets, mss)
        self.told_cep += marked
        if octets < 0:
            octets = marked * mss
        return marked, octets if octets < acked else acked

    def _safer(self, marked: int, packets: int, octets: int, mss: int) -> int:
        """RFC 9768 3.2.2.5.2 and A.2 [RFC9768-10]: the field may have come round unseen; take the worst that is likely.

        `octets` with marks according to an option, -1 without one.
        """
        safer = packets - (packets - marked) % DIVACE
        if safer <= marked:
            return marked
        if octets == 0:
            return marked
        if octets > 0 and octets <= marked * mss and octets * SAFETY_FACTOR < safer * mss:
            return marked
        return safer

    def _take_option(self, option: tuple[int, bytes]) -> int:
        """Read as many whole counters as are there [RFC9768-12]; gives the newly marked octets, -1: not told."""
        kind, value = option
        count = min(len(value) // FIELD_OCTETS, FIELDS)
        counters = [int.from_bytes(value[at * 3 : at * 3 + 3], "big") for at in range(count)]
        if not counters:
            return -1
        zeroed = counters[0] == 0 or (count == FIELDS and counters[2] == 0)
        fresh = self.told_ceb == 0 and self.told_e0b == BYTES_START and self.told_e1b == BYTES_START
        if zeroed and fresh:  # RFC 9768 3.2.3.2.4
            self.reads_options = False
            return -1
        before = self.told_ceb
        if kind == ACCECN_0:
            self.told_e0b = _forward(self.told_e0b, counters[0])
        else:
            self.told_e1b = _forward(self.told_e1b, counters[0])
        if count > 1:
            self.told_ceb = _forward(before, counters[1])
        if count > 2:
            if kind == ACCECN_0:
                self.told_e1b = _forward(self.told_e1b, counters[2])
            else:
                self.told_e0b = _forward(self.told_e0b, counters[2])
        return self.told_ceb - before if count > 1 else -1


def _forward(known: int, counter: int) -> int:
    """`known` moved to the 24-bit `counter`; one that seems to go back is from an older segment and changes nothing."""
    ahead = (counter - known) % FIELD_MODULO
    return known + ahead if ahead < FIELD_MODULO // 2 else known
