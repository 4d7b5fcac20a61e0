"""The glossary of the documents, docs/glossary.md and docs/glossary.zh-CN.md, made from the catalog of messages.

Everything that has a name is in it, with its line, its paragraph, its source and what Linux does; nothing is written
here that the catalog does not have.  Run it with `make glossary` or `python -m tests.timeline.glossary`; a test makes
both pages again and compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from synfin.timeline import catalog
from synfin.timeline.explain import Explanation, explain_term, terms
from synfin.timeline.messages import Catalog, en_rules
from synfin.timeline.messages.en_why_errors import ALSO
from synfin.timeline.words import NO_BREAK

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = {"en": ROOT / "docs" / "glossary.md", "zh": ROOT / "docs" / "glossary.zh-CN.md"}
KINDS: Final = ("state", "move", "flag", "option", "timer", "error")
# Rules in the order and under the headings of their table of short texts
GROUPS: Final[dict[str, dict[str, str]]] = {
    "sent": en_rules.SENT,
    "opening": en_rules.OPENING,
    "arriving": en_rules.ARRIVING,
    "closing": en_rules.CLOSING,
    "lab": en_rules.LAB,
    "ip": en_rules.IP,
    "icmp": en_rules.ICMP,
    "wire": en_rules.WIRE,
}


def glossary(texts: Catalog) -> str:
    """The whole page in Markdown."""
    lines = [f"# {texts.text('glossary.title')}", "", texts.text("glossary.other"), ""]
    lines += [texts.text("glossary.intro"), "", texts.text("glossary.made"), ""]
    sections = ["word", *KINDS, "rule"]
    lines += [f"- [{texts.text(f'glossary.{kind}')}](#{anchor(texts.text(f'glossary.{kind}'))})" for kind in sections]
    lines += ["", f"## {texts.text('glossary.word')}", ""]
    for name in terms("word", texts):
        lines += [f"### {texts.text(f'word.{name}')}", "", texts.text(f"why.word.{name}"), ""]
    for kind in KINDS:
        lines += [f"## {texts.text(f'glossary.{kind}')}", ""]
        for name in terms(kind, texts):
            if kind != "error" or name not in ALSO:
                lines += entry(title(kind, name), explain_term(kind, name, texts), texts)
    lines += [f"## {texts.text('glossary.rule')}", "", texts.text("glossary.rule.intro"), ""]
    for group, names in grouped(texts).items():
        lines += [f"### {texts.text(f'glossary.rule.{group}')}", ""]
        for name in names:
            lines += entry(f"`{name}`", explain_term("rule", name, texts), texts, level=4)
    return "\n".join(lines).rstrip() + "\n"


def title(kind: str, name: str) -> str:
    """The heading of a term; an error that is an event as well has both of its names."""
    if kind == "move":
        return name.replace(".", " → ")
    if kind == "error":
        others = [errno for errno, other in ALSO.items() if other == name]
        return ", ".join([name, *others])
    return f"`{name}`" if kind in ("option", "timer") else name


def entry(heading: str, found: Explanation, texts: Catalog, level: int = 3) -> list[str]:
    """One term: heading, its line with the source, its paragraph, what Linux does."""
    lines = [f"{'#' * level} {heading}", ""]
    told = " · ".join(part for part in (sentence(found.short), found.rfc.replace(NO_BREAK, " ")) if part)
    if told:
        lines += [f"*{told}*", ""]
    lines += [found.long, ""]
    if found.linux:
        lines += [f"> **{texts.text('glossary.linux')}**{texts.text('ui.colon')}{found.linux}", ""]
    return lines


def sentence(short: str) -> str:
    """A line as it may begin a paragraph."""
    return short[:1].upper() + short[1:]


def grouped(texts: Catalog) -> dict[str, list[str]]:
    """Names of rules by heading; those that stand in no table of theirs come last."""
    found: dict[str, list[str]] = {}
    placed: set[str] = set()
    for group, table in GROUPS.items():
        found[group] = [message.removeprefix("rule.") for message in table]
        placed.update(found[group])
    rest = [name for name in terms("rule", texts) if name not in placed]
    return {**found, "rest": rest} if rest else found


def anchor(heading: str) -> str:
    """Where a heading can be linked to, as the usual renderers of Markdown have it."""
    return heading.lower().replace(" ", "-")


def main() -> None:
    """Write both pages."""
    for language, page in PAGES.items():
        page.write_text(glossary(catalog(language)), encoding="utf-8")


if __name__ == "__main__":
    main()
