"""Two stacks, a link and up to one fault, in every order (scenarios section Z); more faults are a command away."""

from __future__ import annotations

from synfin.tcp import State
from tests.exploration.replay import Replay
from tests.exploration.search import Search, lost_octets
from tests.exploration.stacks import GONE, Stack
from tests.exploration.table import FILE, render
from tests.invariants import check_trace


def test_up_to_one_fault() -> None:
    """The search takes seconds, so all that is asked of it is asked in one place (and by one worker)."""
    search = Search(1)
    search.run()
    no_deadlock_but_the_documented_ones(search)
    everything_comes_to_rest(search)
    no_octet_is_lost(search)
    all_states_are_reached(search)
    the_invariants_hold_on_the_way_to_every_end(search)
    the_page_shows_what_is_reached(search)


def no_deadlock_but_the_documented_ones(search: Search) -> None:
    """S20 and S21 [RFC9293-E29] [RFC9293-E31]: a connection that nobody holds any more ends, FIN_WAIT_2 apart."""
    assert len(search.quiet) > 500
    for packed in search.quiet:
        states = [stack.state.name for stack in search.stacks(packed)]
        assert search.verdict(packed), f"{states} for ever: {search.path(packed)}"


def everything_comes_to_rest(search: Search) -> None:
    """[RFC9293-E20]: no two ends answer each other for ever."""
    assert search.restless() == []


def no_octet_is_lost(search: Search) -> None:
    """[RFC9293-E33]: who is told EOF has everything that came before it."""
    for packed in search.quiet:
        assert not lost_octets(search.stacks(packed)), search.path(packed)


def test_without_faults_a_half_open_connection_is_found_out() -> None:
    """[RFC9293-E12]: no fault, both applications have let go: nothing is left on either side but FIN_WAIT_2 (S21)."""
    search = Search(0)
    search.run()
    for packed in search.quiet:
        stacks = search.stacks(packed)
        if all(stack.phase == "done" for stack in stacks):
            assert all(stack.state in GONE for stack in stacks), search.path(packed)


def all_states_are_reached(search: Search) -> None:
    """The exploration would be worth little otherwise."""
    for index in (0, 1):
        reached = {pair[index] for pair in search.pairs}
        assert reached >= set(State) - {State.LISTEN}
    assert State.LISTEN in {pair[1] for pair in search.pairs}


def the_invariants_hold_on_the_way_to_every_end(search: Search) -> None:
    """I1 to I6, with the table as the pairs of I5."""
    pairs = {(first.name, second.name) for first, second in search.pairs}
    for packed in search.quiet:
        replay = Replay()
        replay.run(search.path(packed))
        check_trace(replay.records, pairs=pairs)
        described = [stack.fingerprint() for stack in replay.ends]
        assert described == [stack.fingerprint() for stack in search.stacks(packed)], "the search took another way"


def the_page_shows_what_is_reached(search: Search) -> None:
    """`python -m tests.exploration --write` makes it anew when the stack has changed."""
    assert FILE.read_text(encoding="utf-8") == render(search)


def test_copies_are_independent() -> None:
    """A step of a copy leaves the original as it was."""
    stack = Stack(0)
    stack.call("connect")
    before = stack.fingerprint()
    copy = stack.copy()
    assert copy.fingerprint() == before
    copy.call("write")
    copy.call("abort")
    assert stack.fingerprint() == before
    assert copy.fingerprint() != before
