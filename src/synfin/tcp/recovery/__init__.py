"""Loss recovery (RFC 9293 3.8.1): what is in flight, what of it is lost, and what to do about it.

`sent` and `scoreboard` keep records, `blocks` reads SACK options; `base` is the interface of loss detections, of which
`newreno`, `sack` and `rack` are three; `episode` is the state between loss and repair, `prr` paces it.
"""

from __future__ import annotations

from synfin.mypyc import own_caches
from synfin.tcp.recovery.base import LossDetection, kind, names, register
from synfin.tcp.recovery.facts import LossFacts
from synfin.tcp.recovery.newreno import NewReno
from synfin.tcp.recovery.rack import Rack
from synfin.tcp.recovery.sack import SackLoss
from synfin.tcp.recovery.scoreboard import Scoreboard
from synfin.tcp.recovery.sent import Sent

__all__ = [
    "LossDetection",
    "LossFacts",
    "NewReno",
    "Rack",
    "SackLoss",
    "Scoreboard",
    "Sent",
    "kind",
    "names",
    "register",
]

own_caches(LossDetection)
