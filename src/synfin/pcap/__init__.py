"""Capture files: pcapng written and read, classic pcap read; streaming, with bounded memory.

    model      what a capture holds: packets, interfaces, link types, the one error
    writer     `PcapngWriter`: the same calls give the same octets
    reader     `read_capture`: both formats, told apart by their first octets

What the packets mean is left to `wire`.
"""

from synfin.pcap.model import CapturedPacket, CaptureError, CaptureInterface
from synfin.pcap.reader import CaptureReader, read_capture
from synfin.pcap.writer import PcapngWriter

__all__ = ["CaptureError", "CaptureInterface", "CaptureReader", "CapturedPacket", "PcapngWriter", "read_capture"]
