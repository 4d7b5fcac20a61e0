"""A capture as a timeline.

observed      one packet: what can be read of it
frames        a file to packets: link layers, what is left out and why
connections   packets to connections; at which end a capture was made
views         a connection to events at both ends: sent, received, lost
tracker       events at one end to states
load          `from_capture`: all of it, as a timeline
"""

from synfin.timeline.capture.connections import Captured, Contents
from synfin.timeline.capture.load import Loaded, contents_of, from_capture, load, timeline_of

__all__ = ["Captured", "Contents", "Loaded", "contents_of", "from_capture", "load", "timeline_of"]
