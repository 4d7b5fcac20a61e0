"""Texts by id, in every language: `catalog("zh").text("rule.syn", who="A", peer="B")`.

Responsible for looking texts up and filling them in.  Texts are whole sentences with named parameters and are never
glued together; a test fails when a language lacks an id that another one has.
"""

from __future__ import annotations

from typing import Final, final

from synfin.errors import UsageError
from synfin.timeline.messages import (
    en,
    en_capture,
    en_drawing,
    en_fields,
    en_fold,
    en_glossary,
    en_learn_basics,
    en_learn_closing,
    en_learn_opening,
    en_page,
    en_plan,
    en_plots,
    en_rules,
    en_scenarios,
    en_settings,
    en_sums,
    en_values,
    en_why_arriving,
    en_why_closing,
    en_why_errors,
    en_why_icmp,
    en_why_ip,
    en_why_lab,
    en_why_loss,
    en_why_moves,
    en_why_opening,
    en_why_sent,
    en_why_signals,
    en_why_states,
    en_why_terms,
    en_why_wire,
    zh,
    zh_capture,
    zh_drawing,
    zh_fields,
    zh_fold,
    zh_glossary,
    zh_learn_basics,
    zh_learn_closing,
    zh_learn_opening,
    zh_page,
    zh_plan,
    zh_plots,
    zh_rules,
    zh_scenarios,
    zh_settings,
    zh_sums,
    zh_values,
    zh_why_arriving,
    zh_why_closing,
    zh_why_errors,
    zh_why_icmp,
    zh_why_ip,
    zh_why_lab,
    zh_why_loss,
    zh_why_moves,
    zh_why_opening,
    zh_why_sent,
    zh_why_signals,
    zh_why_states,
    zh_why_terms,
    zh_why_wire,
)

LANGUAGES: Final = ("en", "zh")

_PARTS: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "en": (
        en.MESSAGES,
        en_drawing.MESSAGES,
        en_rules.MESSAGES,
        en_plan.MESSAGES,
        en_learn_opening.MESSAGES,
        en_learn_closing.MESSAGES,
        en_learn_basics.MESSAGES,
        en_scenarios.MESSAGES,
        en_settings.MESSAGES,
        en_sums.MESSAGES,
        en_capture.MESSAGES,
        en_fields.MESSAGES,
        en_values.MESSAGES,
        en_fold.MESSAGES,
        en_plots.MESSAGES,
        en_why_sent.MESSAGES,
        en_why_opening.MESSAGES,
        en_why_arriving.MESSAGES,
        en_why_terms.MESSAGES,
        en_page.MESSAGES,
        en_why_states.MESSAGES,
        en_why_moves.MESSAGES,
        en_why_errors.MESSAGES,
        en_why_loss.MESSAGES,
        en_why_closing.MESSAGES,
        en_why_signals.MESSAGES,
        en_why_lab.MESSAGES,
        en_why_ip.MESSAGES,
        en_why_icmp.MESSAGES,
        en_why_wire.MESSAGES,
        en_glossary.MESSAGES,
    ),
    "zh": (
        zh.MESSAGES,
        zh_drawing.MESSAGES,
        zh_rules.MESSAGES,
        zh_plan.MESSAGES,
        zh_learn_opening.MESSAGES,
        zh_learn_closing.MESSAGES,
        zh_learn_basics.MESSAGES,
        zh_scenarios.MESSAGES,
        zh_settings.MESSAGES,
        zh_sums.MESSAGES,
        zh_capture.MESSAGES,
        zh_fields.MESSAGES,
        zh_values.MESSAGES,
        zh_fold.MESSAGES,
        zh_plots.MESSAGES,
        zh_why_sent.MESSAGES,
        zh_why_opening.MESSAGES,
        zh_why_arriving.MESSAGES,
        zh_why_terms.MESSAGES,
        zh_page.MESSAGES,
        zh_why_states.MESSAGES,
        zh_why_moves.MESSAGES,
        zh_why_errors.MESSAGES,
        zh_why_loss.MESSAGES,
        zh_why_closing.MESSAGES,
        zh_why_signals.MESSAGES,
        zh_why_lab.MESSAGES,
        zh_why_ip.MESSAGES,
        zh_why_icmp.MESSAGES,
        zh_why_wire.MESSAGES,
        zh_glossary.MESSAGES,
    ),
}
_TABLES: Final[dict[str, dict[str, str]]] = {
    language: {message: text for part in parts for message, text in part.items()} for language, parts in _PARTS.items()
}


@final
class Catalog:
    """The messages of one language."""

    def __init__(self, language: str) -> None:
        if language not in _TABLES:
            raise UsageError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
        self.language = language
        self._texts = _TABLES[language]

    def ids(self) -> list[str]:
        """Every id, in the order of the tables."""
        return list(self._texts)

    def has(self, message: str) -> bool:
        """Whether there is a text for the id."""
        return message in self._texts

    def raw(self, message: str) -> str:
        """The text with its parameters not filled in; `KeyError` without one."""
        return self._texts[message]

    def text(self, message: str, **params: object) -> str:
        """The text for an id, filled in; raises `KeyError` for an id or a parameter that is missing."""
        return self._texts[message].format(**params)

    def gloss(self, name: str, meaning: str) -> str:
        """A name that stays English, with its meaning: `TIME_WAIT（时间等待）`."""
        return f"{name}（{meaning}）" if self.language == "zh" else f"{name} ({meaning})"


def catalog(language: str) -> Catalog:
    """The messages of `en` or `zh`; raises `UsageError` for another language."""
    return Catalog(language)
