"""Pictures of a run as SVG, and as one HTML page that needs nothing else.

theme      colours for light, dark and print; the style sheet
measure    how wide a text will be
writer     `Drawing`: elements in, SVG out
"""

from synfin.timeline.svg.measure import text_width, wrap_text
from synfin.timeline.svg.writer import Drawing

__all__ = ["Drawing", "text_width", "wrap_text"]
