"""What connections share that have sent neither text nor FIN: an idle connection shall cost little.

To be read only; `steps_loss.own_board` gives a connection its own before anything is written.
"""

from __future__ import annotations

from typing import Final

from synfin.tcp.recovery.episode import Recovery
from synfin.tcp.recovery.scoreboard import Scoreboard

NOTHING_SENT: Final = Scoreboard(0)
NOTHING_LOST: Final = Recovery(0)
