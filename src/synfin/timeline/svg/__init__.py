"""Pictures of a run as SVG, and as one HTML page that needs nothing else.

theme      colours for light, dark and print; the style sheet
measure    how wide a text will be
shapes     turned texts, icons, arrow heads
writer     `Drawing`: elements in, SVG out
flights    which arrows a ladder has, and what is written on them
arrange    where everything of a ladder stands
arrows     the arrows, drawn, with their labels where there is room
bars       states as bars: colours and patterns
ladder     the ladder of a run
figure5    RFC 9293's state diagram as a table
states     that diagram, with the way that one end took
page       all of it as one HTML page
"""

from synfin.timeline.svg.measure import text_width, wrap_text
from synfin.timeline.svg.writer import Drawing

__all__ = ["Drawing", "text_width", "wrap_text"]
