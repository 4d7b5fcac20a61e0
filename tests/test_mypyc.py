"""Classes answer `isinstance` alike, compiled or not."""

from __future__ import annotations

from abc import ABC

import pytest

from synfin.device.base import Device
from synfin.device.memory import MemoryPair
from synfin.device.tun import Tun
from synfin.mypyc import own_caches
from synfin.tcp.congestion import Bbr, CongestionControl, Cubic, LossBased, NewReno, create
from synfin.tcp.recovery import LossDetection, Rack, SackLoss


@pytest.mark.parametrize("name", ["cubic", "newreno", "bbr"])
def test_one_negative_answer_does_not_stand_for_others(name: str) -> None:
    """Asked in an order in which a shared cache would answer wrong."""
    algorithm = create(name, 1_000, 10)
    right = {"cubic": (Cubic, LossBased), "newreno": (NewReno, LossBased), "bbr": (Bbr,)}[name]
    for kind in (NewReno, Cubic, Bbr, LossBased, CongestionControl):
        assert isinstance(algorithm, kind) is (kind in (*right, CongestionControl))
        assert isinstance(algorithm, CongestionControl)


def test_detections_and_devices() -> None:
    assert not issubclass(Rack, SackLoss)
    assert issubclass(Rack, LossDetection)
    device = MemoryPair().a
    assert not isinstance(device, Tun)
    assert isinstance(device, Device)


def test_interpreted_classes_keep_their_caches() -> None:
    class Root(ABC):  # noqa: B024
        pass

    class Below(Root):
        pass

    before = Root.__dict__["_abc_impl"], Below.__dict__["_abc_impl"]
    own_caches(Root)
    assert (Root.__dict__["_abc_impl"], Below.__dict__["_abc_impl"]) == before
