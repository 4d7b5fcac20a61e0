"""The records of what is in flight, against a slow model that keeps one entry for each octet (RFC 2018, RFC 6675)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.config import MILLISECOND
from synfin.tcp.recovery import Scoreboard
from synfin.tcp.recovery.blocks import NO_NUMBER, judge
from synfin.tcp.recovery.scoreboard import NO_ECHO
from tests.properties.settings import repeatable

START = 1_000


class Octet:
    """What is known of one octet."""

    def __init__(self) -> None:
        self.sacked = self.lost = self.resent = False


class Model:
    """The scoreboard as RFC 6675 describes it, octet by octet."""

    def __init__(self) -> None:
        self.una = self.nxt = START
        self.octets: dict[int, Octet] = {}
        self.delivered = 0

    def send(self, count: int) -> None:
        """New octets."""
        for _ in range(count):
            self.octets[self.nxt] = Octet()
            self.nxt += 1

    def acknowledge(self, ack: int) -> None:
        """Everything below `ack` has arrived."""
        for number in range(self.una, ack):
            self.delivered += not self.octets.pop(number).sacked
        self.una = ack

    def sack(self, left: int, right: int) -> None:
        """So has this."""
        for number in range(left, right):
            octet = self.octets[number]
            self.delivered += not octet.sacked
            octet.sacked, octet.lost, octet.resent = True, False, False

    def count(self, what: str) -> int:
        """How many octets are `what`."""
        return sum(getattr(octet, what) for octet in self.octets.values())

    def pipe(self) -> int:
        """SetPipe of RFC 6675 4, in its words."""
        pipe = 0
        for octet in self.octets.values():
            if not octet.sacked:
                pipe += not octet.lost
                pipe += octet.resent
        return pipe

    def runs(self) -> list[tuple[int, int]]:
        """SACKed runs, lowest first."""
        found: list[tuple[int, int]] = []
        for number in sorted(self.octets):
            if not self.octets[number].sacked:
                continue
            if found and found[-1][1] == number:
                found[-1] = (found[-1][0], number + 1)
            else:
                found.append((number, number + 1))
        return found

    def is_lost(self, number: int, mss: int) -> bool:
        """IsLost of RFC 6675 4."""
        above = [(left, right) for left, right in self.runs() if left > number]
        return len(above) >= 3 or sum(right - left for left, right in above) > 2 * mss


def check(board: Scoreboard, model: Model) -> None:
    """Both say the same, and the records cover the window without gap or overlap, in both orders."""
    position = model.una
    queued = []
    for record in board.all():
        assert record.start == position
        assert record.end > record.start
        for number in range(record.start, record.end):
            octet = model.octets[number]
            assert (octet.sacked, octet.lost, octet.resent) == (record.sacked, record.lost, record.resent)
        if not record.sacked and not (record.lost and not record.resent):
            queued.append(record)
        assert record.queued == (record in queued)
        position = record.end
    assert position == model.nxt
    for name in ("sacked", "lost", "resent"):
        assert getattr(board, name) == model.count(name)
    assert board.to_resend == sum(octet.lost and not octet.resent for octet in model.octets.values())
    assert board.pipe() == model.pipe()
    assert board.delivered == model.delivered
    assert board.una == model.una or not len(board)
    assert board.calm() == (board.sacked == board.lost == board.resent == 0)
    chain = []
    record = board.order.oldest
    while record is not None:
        assert not chain or chain[-1].sent_at <= record.sent_at
        chain.append(record)
        record = record.newer
    assert len(chain) == len(queued)
    assert all(record in queued for record in chain)


def step(rng: random.Random, board: Scoreboard, model: Model, now: int) -> None:
    """One thing that may happen."""
    action = rng.choice(["send", "send", "ack", "sack", "sack", "lose", "resend", "resend", "edge", "forget"])
    if action == "send":
        count = rng.choice([1, 3, 10, 25])
        board.sent(model.nxt, model.nxt + count, now)
        model.send(count)
    elif action == "ack" and model.una < model.nxt:
        ack = rng.randint(model.una, min(model.una + 30, model.nxt))
        board.begin(NO_ECHO, 0)
        board.acknowledge(ack, now)
        model.acknowledge(ack)
    elif action == "sack" and model.nxt - model.una > 2:
        left = rng.randint(model.una + 1, model.nxt - 1)
        right = rng.randint(left + 1, min(left + 40, model.nxt))
        board.begin(NO_ECHO, 0)
        news = board.sack(left, right, now)
        before = model.delivered
        model.sack(left, right)
        assert news == model.delivered - before
    elif action == "lose" and len(board):
        record = rng.choice(board.all())
        if not record.sacked:
            for number in range(record.start, record.end):
                model.octets[number].lost, model.octets[number].resent = True, False
        board.mark_lost(record)
    elif action == "resend":
        lost = [number for number, octet in sorted(model.octets.items()) if octet.lost and not octet.resent]
        record = board.next_lost()
        assert (record.start if record else None) == (lost[0] if lost else None)
        if record is not None:
            board.gather(record, 30)
            if record.end - record.start > 15 and rng.random() < 0.5:
                board.split(board.find(record.start), record.start + 15, True)
            board.resend(record, now)
            for number in range(record.start, record.end):
                model.octets[number].resent = True
    elif action == "edge":
        edge = board.lost_edge(3, 20)
        for number, octet in model.octets.items():
            if not octet.sacked:
                assert model.is_lost(number, 10) == (number < edge)
    elif action == "forget" and rng.random() < 0.2:
        board.forget_losses()
        for octet in model.octets.values():
            octet.lost = False


@given(seed=st.integers(0, 1 << 32))
@repeatable(150)
def test_it_agrees_with_the_model(seed: int) -> None:
    """[RFC6675-02] [RFC6675-03] [RFC6675-04] [RFC6675-13] [RFC2018-07]: random histories, compared at each step."""
    rng = random.Random(seed)
    board, model = Scoreboard(1_000), Model()
    for number in range(80):
        step(rng, board, model, (number // 3) * MILLISECOND)
        check(board, model)


@given(seed=st.integers(0, 1 << 32))
@repeatable(40)
def test_the_limit_holds_and_nothing_is_counted_twice(seed: int) -> None:
    """Law 9: a peer that SACKs every second octet makes no more records than the limit allows."""
    rng = random.Random(seed)
    board = Scoreboard(8)
    nxt = START
    for _ in range(20):
        board.sent(nxt, nxt + 20, 0)
        nxt += 20
    for _ in range(100):
        left = rng.randint(START + 1, nxt - 1)
        board.sack(left, left + 1, 0)
        assert len(board) <= 8
        assert board.sacked == sum(record.end - record.start for record in board.all() if record.sacked)
    assert board.overflows > 0
    board.acknowledge(nxt, 0)
    assert len(board) == 0
    assert board.delivered == nxt - START
    assert board.calm()


def test_without_loss_nothing_is_left_behind() -> None:
    """O(1): a long transfer keeps only what is in flight."""
    board = Scoreboard(100)
    for number in range(10_000):
        board.sent(number * 10, number * 10 + 10, number)
        if number >= 20:
            board.acknowledge((number - 20) * 10 + 5, number)  # in the middle of a record
    assert len(board) == 21
    assert len(board._records) < 200
    assert board.delivered == (10_000 - 21) * 10 + 5


def test_neighbours_that_are_sacked_become_one_record() -> None:
    """A block that grows costs one step for each ACK, however long it is."""
    board = Scoreboard(1_000)
    for number in range(100):
        board.sent(START + number * 10, START + number * 10 + 10, 0)
    for number in range(1, 100):
        assert board.sack(START + 10, START + number * 10 + 10, 0) == 10
    assert len(board) == 2


def test_what_was_reported_can_be_taken_back() -> None:
    """[RFC2018-08]: a peer that reneges."""
    board = Scoreboard(100)
    for number in range(5):
        board.sent(number * 10, number * 10 + 10, 0)
    board.sack(10, 30, 0)
    board.forget_sacks()
    board.mark_all_lost()
    assert (board.sacked, board.lost, board.to_resend, board.pipe()) == (0, 50, 50, 0)


def test_the_delivery_facts() -> None:
    """[RFC8985-04] [RFC8985-05]: the latest sent that arrived; reordering by what was never sent again."""
    board = Scoreboard(100)
    for number in range(4):
        board.sent(number * 10, number * 10 + 10, number * MILLISECOND)
    board.begin(NO_ECHO, 0)
    board.sack(20, 30, 10 * MILLISECOND)
    assert (board.recent_sent_at, board.recent_end, board.recent_rtt) == (2 * MILLISECOND, 30, 8 * MILLISECOND)
    assert (board.fack, board.reordered, board.rtt) == (30, False, 8 * MILLISECOND)
    board.acknowledge(10, 11 * MILLISECOND)
    assert board.reordered
    assert board.recent_end == 30


@pytest.mark.parametrize(
    ("echo", "min_rtt", "counts"),
    [(NO_ECHO, 0, True), (19, 0, False), (20, 0, True), (NO_ECHO, 5 * MILLISECOND, False)],
)
def test_ambiguous_retransmissions_do_not_count(echo: int, min_rtt: int, counts: bool) -> None:
    """[RFC8985-04]: an echo from before it, or a round trip faster than any, means that the original arrived."""
    board = Scoreboard(100)
    board.sent(0, 10, 0)
    board.sent(10, 20, 0)
    first = board.first()
    assert first is not None
    board.mark_lost(first)
    board.resend(first, 20 * MILLISECOND)
    board.begin(echo, min_rtt)
    board.acknowledge(10, 21 * MILLISECOND)
    assert (board.recent_end == 10) is counts
    assert not board.reordered


# SACK options


def report(wire: list[tuple[int, int]], ack: int = 100, una: int = 100, nxt: int = 1_000) -> tuple[object, ...]:
    """What `judge` says, as a tuple."""
    found = judge(tuple(wire), ack, una, nxt, 10)
    return found.blocks, (found.dsack_start, found.dsack_end), found.bad


NONE = (NO_NUMBER, NO_NUMBER)


def test_blocks_are_checked() -> None:
    """[RFC2018-10]: reversed, empty, never sent, or what the ACK would have covered."""
    assert report([(200, 300)]) == ([(200, 300)], NONE, 0)
    assert report([(300, 200), (200, 200), (200, 1_001), (5, 300)]) == ([], NONE, 4)
    assert report([(50, 300)]) == ([], NONE, 1)
    assert report([(100, 300)]) == ([], NONE, 1)


def test_an_older_acknowledgment_is_judged_by_its_own_number() -> None:
    """[RFC2883-05]: the first block is compared with the ACK in the same segment, not with SND.UNA."""
    assert report([(200, 300)], ack=100, una=250) == ([(250, 300)], NONE, 0)
    assert report([(200, 300)], ack=100, una=400) == ([], NONE, 0)
    assert report([(200, 300)], ack=300, una=400) == ([], (200, 300), 0)


def test_d_sacks_are_told_from_blocks() -> None:
    """[RFC2883-03] [RFC2883-06]: below the ACK, or within the second block; only the first block can be one."""
    assert report([(50, 100)]) == ([], (50, 100), 0)
    assert report([(300, 350), (200, 400)]) == ([(200, 400)], (300, 350), 0)
    assert report([(200, 400), (50, 100)])[1] == NONE
    assert report([(5, 100)]) == ([], NONE, 1)
    assert report([(150, 190), (200, 400)]) == ([(150, 190), (200, 400)], NONE, 0)


def test_numbers_wrap() -> None:
    """[RFC9293-E04]: wire numbers become those near SND.UNA."""
    una = (1 << 32) - 50
    found = judge((((1 << 32) - 20, 30),), una, una, una + 500, una - 100)
    assert found.blocks == [((1 << 32) - 20, (1 << 32) + 30)]
