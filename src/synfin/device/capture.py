"""A device that records what another device carries, as a pcapng file that Wireshark and tshark open.

Responsible for one interface per side (which side sent a frame can be seen and filtered by interface name), for times,
and for comments: the rule that made the stack send a frame, and the rules that decided about a frame that came in.
The file format is left to `synfin.pcap`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, final

from synfin.device.base import IP_LAYER, Device, complete, split
from synfin.pcap import PcapngWriter
from synfin.trace import AppRecord, Record, RuleRecord, Sink, StateRecord
from synfin.wire.frame import Frame

LINK_ETHERNET: Final = 1  # LINKTYPE_ETHERNET
LINK_RAW: Final = 101  # LINKTYPE_RAW: IPv4 or IPv6 without anything before
_SNAP_LENGTH: Final = 262_144


@final
class Capture(Device):
    """Wraps `device`; frames go through unchanged, except that super-segments are cut first where the device would.

    With offloads, the file has what the stack hands over: super-segments as one packet, whose comment says so, and
    checksums as they will be when the device has completed them.

    `clock` gives the ns of each frame and `epoch` the ns between 1970 and its zero (0 keeps virtual time as it is).
    `ours` and `theirs` name the two interfaces of the file.  A received frame is written once the next one is looked
    for, so that the rules which `observe` was told of meanwhile become its comment; `flush` writes it at once.
    """

    def __init__(
        self,
        device: Device,
        writer: PcapngWriter,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        epoch: int = 0,
        ours: str = "synfin",
        theirs: str = "peer",
    ) -> None:
        super().__init__(device.mtu, device.layer, device.offload)
        self.one_by_one = True
        self.device = device
        self.writer = writer
        self._clock = clock
        self._epoch = epoch
        link_type = LINK_RAW if device.layer == IP_LAYER else LINK_ETHERNET
        self._ours = writer.add_interface(ours, link_type, _SNAP_LENGTH)
        self._theirs = writer.add_interface(theirs, link_type, _SNAP_LENGTH)
        self._held: Frame | None = None
        self._held_at = 0
        self._judging = False
        self._rules: list[str] = []

    def observe(self, record: Record) -> None:
        """A trace sink: keeps the names of rules for the comment of the frame that is being processed.

        State moves count with the rule that made them.  What an application does about the frame does not.
        """
        if self._held is None or not self._judging:
            return
        if isinstance(record, AppRecord):
            self._judging = record.call == "event"
        elif isinstance(record, RuleRecord):
            self._add(record.rule)
        elif isinstance(record, StateRecord):
            self._add(record.why)

    def _add(self, rule: str) -> None:
        if rule not in self._rules:
            self._rules.append(rule)

    def tee(self, sink: Sink | None) -> Sink:
        """A sink that observes and hands each record on to `sink`."""
        if sink is None:
            return self.observe

        def both(record: Record) -> None:
            self.observe(record)
            sink(record)

        return both

    def fileno(self) -> int:
        """The descriptor of the wrapped device."""
        return self.device.fileno()

    def read(self, until: int | None) -> Frame | None:
        """A frame of the wrapped device."""
        self.flush()
        frame = self.device.read(until)
        if frame is not None:
            self._held = frame
            self._held_at = self._clock()
            self._judging = True
        return frame

    def write(self, frame: Frame) -> None:
        """Record the frame as it goes on the wire and hand it on."""
        self.flush()
        pieces = [frame] if self.offload else split(frame, self.layer)
        for piece in pieces:
            now = self._epoch + self._clock()
            data = complete(piece).data
            self.writer.write(self._ours, now, data, comment=_comment(piece, piece.note), direction="out")
            self.device.write(piece)

    def flush(self) -> None:
        """Write the frame that was read last."""
        if self._held is not None:
            comment = _comment(self._held, ", ".join(self._rules))
            data = complete(self._held).data
            self.writer.write(self._theirs, self._epoch + self._held_at, data, comment=comment, direction="in")
            self._held = None
            self._rules.clear()

    def close(self) -> None:
        """Write what is held and close the wrapped device; the writer's stream belongs to whoever opened it."""
        self.flush()
        self.device.close()


def _comment(frame: Frame, text: str) -> str:
    """`text`, and whether the packet stands for several on a wire."""
    if frame.mss == 0:
        return text
    offload = f"segmentation left to the device: at most {frame.mss} octets of text each"
    return f"{text}, {offload}" if text else offload
