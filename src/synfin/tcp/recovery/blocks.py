"""The SACK option of an acknowledgment, judged: which blocks are news that can be true, and which one is a D-SACK.

Nothing here raises or remembers; a block that cannot be true is counted and left out.
"""

from __future__ import annotations

from typing import Final, final

from synfin.tcp.seq import unwrap

NO_NUMBER: Final = -1
BLOCKS_MAX: Final = 4  # what fits into 40 octets of options


@final
class SackReport:
    """`blocks` lie above SND.UNA and below SND.NXT; `dsack_*` is what arrived twice, or NO_NUMBER."""

    __slots__ = ("bad", "blocks", "dsack_end", "dsack_start")

    def __init__(self) -> None:
        self.blocks: list[tuple[int, int]] = []
        self.dsack_start = NO_NUMBER
        self.dsack_end = NO_NUMBER
        self.bad = 0  # blocks that cannot be true


def judge(wire: tuple[tuple[int, int], ...], ack: int, snd_una: int, snd_nxt: int, floor: int) -> SackReport:
    """Read the blocks of a segment that acknowledges `ack` (absolute; perhaps below SND.UNA) [RFC2018-10].

    The first block is a D-SACK if it lies below the ACK of the same segment [RFC2883-05] or inside the second block
    [RFC2883-03]; one that tells of octets before `floor`, or never sent, is not believed.
    """
    report = SackReport()
    for index in range(min(len(wire), BLOCKS_MAX)):
        left = unwrap(wire[index][0], snd_una)
        right = unwrap(wire[index][1], snd_una)
        if left >= right or right > snd_nxt or left < floor:
            report.bad += 1
            continue
        if index == 0:
            if right <= ack:
                report.dsack_start = left
                report.dsack_end = right
                continue
            if len(wire) > 1:
                outer_left = unwrap(wire[1][0], snd_una)
                outer_right = unwrap(wire[1][1], snd_una)
                if outer_left <= left and right <= outer_right and ack < outer_left and outer_right <= snd_nxt:
                    report.dsack_start = left
                    report.dsack_end = right
                    continue
        if left <= ack:  # what the ACK itself would have covered
            report.bad += 1
        elif right > snd_una:
            report.blocks.append((left if left > snd_una else snd_una, right))
    return report
