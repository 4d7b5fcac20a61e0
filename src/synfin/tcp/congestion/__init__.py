"""Congestion control (RFC 9293 3.8.2): the interface, the registry, and the algorithms that synfin brings."""

from __future__ import annotations

from synfin.mypyc import own_caches
from synfin.tcp.congestion.base import CongestionControl, create, initial_window, names, register
from synfin.tcp.congestion.bbr_states import Bbr
from synfin.tcp.congestion.cubic import Cubic
from synfin.tcp.congestion.dctcp import Dctcp
from synfin.tcp.congestion.lossbased import LossBased
from synfin.tcp.congestion.newreno import NewReno
from synfin.tcp.congestion.sample import AckSample

__all__ = [
    "AckSample",
    "Bbr",
    "CongestionControl",
    "Cubic",
    "Dctcp",
    "LossBased",
    "NewReno",
    "create",
    "initial_window",
    "names",
    "register",
]

own_caches(CongestionControl)
