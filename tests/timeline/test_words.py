"""What is said about the options of a segment."""

from __future__ import annotations

from synfin.lab.plan import Plan, play
from synfin.timeline.messages import catalog
from synfin.timeline.words import option_words
from synfin.timeline.world import timeline_of
from synfin.web.words import options_text
from synfin.wire.tcp import ACK, SYN, Segment
from synfin.wire.tcp_options import TcpOptions

OPTIONS = TcpOptions(
    mss=1_000, window_scale=7, sack_permitted=True, ts_val=5, ts_ecr=6, sack=((10, 20),), user_timeout=0x8003,
    others=((253, b"\x01"),),
)  # fmt: skip


def segment(flags: int) -> Segment:
    return Segment(1, 2, 3, 4, flags, 100, options=OPTIONS)


def test_each_option_is_one_word() -> None:
    agreed = ["mss=1000", "ws=7", "sackok", "ts=5,6"]
    assert option_words(segment(SYN)) == [*agreed, "uto=3min", "sack=10-20"]
    assert option_words(segment(ACK), negotiated=False) == ["uto=3min", "sack=10-20"]
    assert options_text(segment(ACK)) == [*agreed, "uto=3min", "sack=10-20", "kind253=01"]


def test_a_ladder_has_timestamps_on_the_handshake_alone() -> None:
    settings = (("A", "timestamps", "on"), ("B", "timestamps", "on"))
    world = play(Plan("handshake", settings=settings), probe=False).world
    told = [line for line in timeline_of(world).lines() if "ts=" in line]
    assert len(told) == 2
    label = catalog("en").text("ui.options", options="")
    assert all(line.strip().startswith(label.strip()) for line in told)
