"""Explanations: of segments, of steps, of terms."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline import catalog
from synfin.timeline.explain import KINDS, explain_fate, explain_flight, explain_step, explain_term, first_source, terms
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.model import ARRIVAL, TIMER, Model, Step
from synfin.timeline.words import rule_source
from synfin.timeline.world import timeline_of
from synfin.wire.tcp import ACK, SYN
from tests.timeline.tape import Tape


def steps_of(name: str, preset: str = "rfc") -> list[Step]:
    """The steps of a demo."""
    timeline = timeline_of(run(name, preset=preset))
    model = Model(timeline.hosts, owned=timeline.owned)
    return [step for record in timeline.records for step in model.feed(record)] + model.flush()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_everything_in_every_demo_is_explained(name: str, lang: str) -> None:
    texts = catalog(lang)
    for step in steps_of(name):
        if step.flight is not None:
            found = explain_flight(step.flight, texts)
            assert found.short
            assert found.rfc or step.flight.foreign
            assert len(found.arithmetic) >= 3
            assert (explain_fate(step.flight, texts) is None) == (step.flight.fault == "")
        for found in explain_step(step, texts):
            assert found.short
            assert found.title
        said = len(explain_step(step, texts))
        assert said >= len(step.moves) + (1 if step.rules and not step.moves else 0)


def test_a_segment_is_explained_by_its_rule_and_its_numbers() -> None:
    step = next(step for step in steps_of("handshake") if step.flight is not None and step.flight.rule == "syn-ack")
    assert step.flight is not None
    found = explain_flight(step.flight, catalog("en"))
    assert (found.title, found.rfc) == ("SYN,ACK", rule_source("syn-ack"))
    assert found.short == "B agrees, tells its own starting number and acknowledges A's"
    assert found.arithmetic[1] == "ack = 1 = 0 + 1: A's SYN had number 0 and consumes one; B expects 1 next."


def test_a_step_tells_timer_moves_and_rules_in_this_order() -> None:
    texts = catalog("en")
    arrival = next(step for step in steps_of("refused") if step.kind == ARRIVAL and step.host == "A")
    found = explain_step(arrival, texts)
    assert [one.title for one in found][:1] == ["SYN_SENT → CLOSED"]
    assert found[0].short == "A's SYN was answered with a reset: connection refused"
    expired = next(step for step in steps_of("syn-never-answered") if step.kind == TIMER and step.moves)
    titles = [one.title for one in explain_step(expired, texts)]
    assert titles[:2] == ["retransmit", "SYN_SENT → CLOSED"]


def test_a_segment_without_a_reason_is_explained_by_its_flags() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100), "")
    tape.flight(20, 30, "B", tape.segment("B", ACK, 300, 101), "")
    model = Model(("A", "B"))
    steps = [step for record in tape.records for step in model.feed(record)] + model.flush()
    shorts = [explain_flight(step.flight, catalog("en")).short for step in steps if step.flight is not None]
    assert sorted(set(shorts)) == ["acknowledgment", "synchronize numbers"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_term_can_be_asked_for(kind: str, lang: str) -> None:
    texts = catalog(lang)
    for name in terms(kind, texts):
        found = explain_term(kind, name, texts)
        assert found.long
        assert "{" not in found.long + found.short + (found.linux or "")
        assert found.title


def test_what_does_not_exist_is_told() -> None:
    with pytest.raises(UsageError, match="kind 'flavour'"):
        explain_term("flavour", "SYN", catalog("en"))
    with pytest.raises(UsageError, match="no state named 'OPEN'"):
        explain_term("state", "OPEN", catalog("en"))


def test_the_first_source_is_found() -> None:
    assert first_source(("no place", "so says RFC 9293 3.10.7.4, and RFC 5961 3.2")) == "RFC 9293 3.10.7.4"
    assert first_source(("（RFC 7323 5）",)) == "RFC 7323 5"
    assert first_source(("nothing",)) == ""
    assert first_source(("RFC 9293 says so", "in RFC 9293 3.6.1")) == "RFC 9293 3.6.1"
    assert first_source(("RFC 5925 has it",)) == "RFC 5925"
    assert explain_term("state", "FIN_WAIT_2", catalog("en")).rfc == "RFC 9293 3.3.2"
