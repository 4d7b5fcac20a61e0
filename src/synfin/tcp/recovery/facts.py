"""`LossFacts`: what a loss detection is told about the acknowledgment at hand, beside the scoreboard."""

from __future__ import annotations

from typing import final


@final
class LossFacts:
    """Plain numbers, filled anew for each acknowledgment; times in ns, sizes in octets."""

    __slots__ = ("acked", "duplicates", "min_rtt", "mss", "news", "now", "recovering", "snd_nxt", "snd_una", "srtt")

    def __init__(self) -> None:
        self.now = 0
        self.mss = 0
        self.srtt = 0  # 0: no sample yet
        self.min_rtt = 0  # the smallest of the connection
        self.snd_una = 0
        self.snd_nxt = 0
        self.acked = 0  # newly acknowledged cumulatively
        self.news = 0  # newly SACKed
        self.duplicates = 0  # acknowledgments in a row that acknowledged nothing, this one included
        self.recovering = False  # in fast recovery, or sending again after a time-out
