"""What a run looks like: one model of a trace, several renderings, in English and Chinese.

    numbers    relative numbers, windows in octets, what was sent before
    model      steps at each host, segments between them, states after each
    layout     which steps share a line
    words      what is said about steps and segments, each thing in full only once
    origins    where the numbers of a segment come from; `sums` says it in sentences
    explain    a segment, a step or a term at length; `reasons` keeps from saying it twice
    ladder     the text ladder, whole or line by line as things happen
    document   JSON, schema 1
    fold       runs of uneventful segments in one line
    mermaid    a sequence diagram for wikis
    series     numbers over time of one direction, for plots (with decimate and sender)
    plots      the series drawn with matplotlib
    headers    the octets of a frame, field by field
    svg        ladder, states and page as pictures and HTML
    capture    a pcapng or pcap file instead of a trace: states inferred
    messages   every text, by id, in every language
    world      `World` of the lab with pictures and files

Nothing here decides about a connection; it only reads trace records.
"""

from synfin.timeline.capture import from_capture
from synfin.timeline.ladder import Ladder, LiveLadder
from synfin.timeline.messages import LANGUAGES, Catalog, catalog
from synfin.timeline.run import Timeline

__all__ = ["LANGUAGES", "Catalog", "Ladder", "LiveLadder", "Timeline", "catalog", "from_capture"]
