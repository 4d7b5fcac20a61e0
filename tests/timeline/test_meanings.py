"""States, moves and errors have their long texts, and what both languages claim is the same."""

from __future__ import annotations

import re
from errno import errorcode

import pytest

from synfin.host.rules import rfc_of
from synfin.lab.rules import RULES as LAB_RULES
from synfin.tcp.icmp import KINDS
from synfin.tcp.state import MOVES, State
from synfin.timeline.messages import LANGUAGES, catalog
from synfin.timeline.messages.en_why_errors import ALSO

SOURCE = re.compile(r"RFC \d+")
SECTION = re.compile(r"\b\d+(?:\.\d+)+\b")


def ids(prefix: str) -> list[str]:
    """Every id that starts so."""
    return [message for message in catalog("en").ids() if message.startswith(prefix)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_state_and_every_legal_move_has_a_reason(lang: str) -> None:
    texts = catalog(lang)
    wanted = {f"why.state.{state.name}" for state in State}
    wanted |= {f"why.move.{before.name}.{after.name}" for before, others in MOVES.items() for after in others}
    assert [message for message in sorted(wanted) if not texts.has(message)] == []
    assert set(ids("why.state.") + ids("why.move.")) == wanted


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_that_icmp_can_bring_is_explained(lang: str) -> None:
    texts = catalog(lang)
    names = {errorcode[number] for number, _, _ in KINDS.values() if number}
    names |= {"ETIMEDOUT", "ECONNRESET", "ECONNABORTED", "EPIPE", "ENOTCONN", "EISCONN"}
    wanted = {f"{prefix}.{name}" for name in names for prefix in ("errno", "why.error")}
    wanted |= {f"why.error.{event}" for event in ("refused", "reset", "timeout", "soft-error")}
    assert [message for message in sorted(wanted) if not texts.has(message)] == []


def test_an_error_reads_the_same_by_both_of_its_names() -> None:
    for name, other in ALSO.items():
        for lang in LANGUAGES:
            assert catalog(lang).raw(f"why.error.{name}") == catalog(lang).raw(f"why.error.{other}")


def test_every_errno_has_a_short_and_a_long_text() -> None:
    short = {message.removeprefix("errno.") for message in ids("errno.")}
    long = {message.removeprefix("why.error.") for message in ids("why.error.")}
    assert {name for name in long if name.isupper()} == short


@pytest.mark.parametrize("message", ids("why.") + ids("linux."))
def test_both_languages_name_the_same_sources(message: str) -> None:
    """A fact that only one language has is a fact that nobody has checked in the other."""
    english, chinese = (catalog(lang).raw(message) for lang in LANGUAGES)
    assert set(SOURCE.findall(english)) == set(SOURCE.findall(chinese))
    assert set(SECTION.findall(english)) == set(SECTION.findall(chinese))


@pytest.mark.parametrize("message", [*ids("why.state."), *ids("why.move.")])
def test_states_and_moves_say_where_it_stands(message: str) -> None:
    assert SOURCE.search(catalog("en").raw(message))


def test_what_linux_does_belongs_to_something() -> None:
    for message in ids("linux."):
        _, kind, name = message.split(".", 2)
        if kind == "rule":
            assert rfc_of(name) or name in LAB_RULES, message
        else:
            assert catalog("en").has(f"why.{kind}.{name}"), message
