"""The same interpreter on the machine's own TCP, in namespaces of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.drill.jobs import play_all
from synfin.drill.parser import load
from synfin.drill.play import Plan
from synfin.drill.report import failure_lines
from tests.drill.play import OPEN
from tests.drill.samples import BOTH, IPV4_ONLY, KERNEL
from tests.interop.harness import require_namespace

pytestmark = pytest.mark.interop

TRIES = 10
JOBS = 8
QUIET_END = 100_000_000  # ns; real ones, so shorter than on the stack


@pytest.fixture(autouse=True)
def machine() -> None:
    require_namespace()


@pytest.mark.parametrize(
    ("version", "scripts"),
    [
        ("ipv4", BOTH),
        ("ipv6", [path for path in BOTH if path.stem not in IPV4_ONLY]),
        ("ipv4-mapped-ipv6", KERNEL),
    ],
)
def test_every_script_for_both_passes_on_the_kernel(version: str, scripts: list[Path]) -> None:
    """Time is real here: what a busy machine has made late may be played again, with less and less beside it.

    An older kernel may lack a setting that a script needs (tcp_rto_max_ms); such a script judges nothing there.
    """
    chosen = [path for path in scripts if load(path).option("ip_version") in (None, version)]
    plan = Plan(on="kernel", version=version, quiet_end=QUIET_END)
    outcomes = list(play_all(chosen, plan, JOBS))
    assert [outcome.path for outcome in outcomes] == [str(path) for path in chosen]
    for count in range(1, TRIES + 1):
        again = [Path(outcome.path) for outcome in outcomes if not outcome.ok]
        if not again:
            break
        outcomes = list(play_all(again, plan, JOBS >> count))
    outcomes = [outcome for outcome in outcomes if not any("setting not known" in note for note in outcome.notes)]
    failed = [line for outcome in outcomes if not outcome.ok for line in [outcome.path, *failure_lines(outcome)]]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("version", ["ipv4", "ipv6", "ipv4-mapped-ipv6"])
def test_what_the_kernel_does_not_do_fails(tmp_path: Path, version: str) -> None:
    good = tmp_path / "good.pkt"
    bad = tmp_path / "bad.pkt"
    write = "--tolerance_usecs=200000\n" + OPEN + "+0 write(4, ..., 1000) = 1000\n"
    info = "+0 %{ assert tcpi_state == TCP_ESTABLISHED and tcpi_snd_mss == 1000 and tcpi_rcv_wnd > 0 }%\n"
    good.write_text(
        write.replace("\n0 socket", "\n`sysctl -q net.ipv4.tcp_ecn=0`\n0 socket")
        + "+0 > P. 1:1001(1000) ack 1\n"
        + info
    )
    bad.write_text(write + "+0 > P. 1:1001(1000) ack 2\n")
    first, second = play_all([good, bad], Plan(on="kernel", version=version), jobs=2)
    assert first.ok, failure_lines(first)
    assert not first.notes
    assert second.failure is not None
    assert [difference.field for difference in second.failure.differences] == ["ack"]
    assert any("SYN,ACK" in line for line in second.ladder)


def test_call_that_blocks_without_being_said_to(tmp_path: Path) -> None:
    path = tmp_path / "blocks.pkt"
    path.write_text(OPEN + "+0 read(4, ..., 10) = 10\n")
    (outcome,) = play_all([path], Plan(on="kernel"))
    assert "read() blocks" in outcome.message
