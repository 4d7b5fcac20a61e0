"""Scripts from Python: `synfin.drill.run`."""

from __future__ import annotations

from pathlib import Path

import pytest

import synfin
from synfin.drill import Outcome, UnsupportedError, parse, run_all
from synfin.errors import UsageError
from synfin.trace import SegmentRecord
from tests.drill.play import OPEN, OPEN_LINES
from tests.interop.harness import require_namespace

BAD = OPEN + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 2\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "handshake.pkt"
    path.write_text(OPEN)
    return path


def test_file(script: Path) -> None:
    """As the sketch has it: `synfin.drill.run("handshake.pkt", on="stack").ok`."""
    outcome = synfin.drill.run(script, on="stack")
    assert isinstance(outcome, Outcome)
    assert outcome.ok
    assert outcome.passed
    assert outcome.failures == []
    assert any(isinstance(record, SegmentRecord) for record in outcome.trace)
    assert "SYN_RECEIVED" in outcome.timeline().text()
    assert "（监听" in outcome.timeline().text("zh")
    assert outcome.timeline().final()["synfin"] == "ESTABLISHED"


def test_failure_is_an_object() -> None:
    outcome = synfin.drill.run(parse(BAD, "bad.pkt"))
    assert not outcome.ok
    (failure,) = outcome.failures
    assert failure.event is not None
    assert failure.event.line == OPEN_LINES + 2
    assert [(one.field, one.expected, one.got) for one in failure.differences] == [("ack", "ack 2", "ack 1")]
    assert failure.rule == "data"
    assert "bad.pkt" in outcome.report()
    assert "规则" in outcome.report("zh") or "rule" in outcome.report("zh")


def test_arguments(script: Path, tmp_path: Path) -> None:
    script.write_text(BAD.replace("ack 2", "ack N win 7").replace("P. 1:11", ". 1:11"))
    assert not synfin.drill.run(script, defines={"N": "1"}).ok
    assert synfin.drill.run(script, defines={"N": "1"}, relax=("psh", "win")).ok
    assert synfin.drill.run(script, version="ipv6", preset="rfc", defines={"N": "1"}, relax=["psh", "win"]).ok
    script.write_text(OPEN + "+0 < P. 1:11(10) ack 1 win 65535\n")
    assert not synfin.drill.run(script, quiet_end="500ms").ok
    assert [outcome.ok for outcome in run_all([tmp_path, script])] == [True, True]
    for wrong in ({"on": "mars"}, {"version": "ipv5"}, {"preset": "bsd"}, {"relax": "all"}, {"quiet_end": "soon"}):
        with pytest.raises(UsageError):
            synfin.drill.run(script, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        synfin.drill.run(tmp_path)
    with pytest.raises(UnsupportedError):
        synfin.drill.run(parse(OPEN), on="kernel")


@pytest.mark.interop
def test_on_the_kernel(script: Path) -> None:
    require_namespace()
    outcome = synfin.drill.run(script, on="kernel")
    assert outcome.ok, outcome.report()
