"""Proportional rate reduction (RFC 9937, which replaces RFC 6937): how much each ACK in recovery may release."""

from __future__ import annotations

from typing import final


@final
class Prr:
    """One episode's counts; `window` is what may be in the network now.

    `start` is what was in the network before the ACK that begins the episode: without what had been SACKed, with what
    that ACK delivers [RFC9937-02].
    """

    __slots__ = ("delivered", "out", "start", "window")

    def __init__(self, start: int) -> None:
        self.start = start if start > 0 else 1  # RecoverFS, constant in the episode [RFC9937-01] [RFC6937-01]
        self.delivered = 0
        self.out = 0
        self.window = 0

    def on_ack(self, delivered: int, pipe: int, ssthresh: int, mss: int, safe: bool) -> None:
        """`delivered` octets have arrived by this ACK; `safe`: SND.UNA moved and no further loss showed [RFC9937-06].

        RFC 9937 6.2: [RFC9937-03] [RFC9937-04] [RFC9937-05] [RFC9937-07]; RFC 6937 3: [RFC6937-02] [RFC6937-03].
        """
        if delivered <= 0 and self.window:
            self.window = pipe  # nothing left the network, nothing enters it
            return
        self.delivered += delivered
        if pipe > ssthresh:
            count = -(-self.delivered * ssthresh // self.start) - self.out
        else:  # conservative, but for a safe ACK [RFC6937-05]
            count = max(self.delivered - self.out, delivered)
            if safe:
                count += mss
            count = min(ssthresh - pipe, count)
        if count < 0:
            count = 0
        if self.out == 0 and count < mss:  # less than a segment is as good as nothing
            count = mss
        self.window = pipe + count
