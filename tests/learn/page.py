"""The learner's path as Markdown, made from the chapters: `python -m tests.learn.page` writes docs/learn*.md anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from synfin.learn import CHAPTERS, lesson
from synfin.learn.lesson import choice_text, letters
from synfin.timeline import catalog

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGES: Final = {"en": DOCS / "learn.md", "zh": DOCS / "learn.zh-CN.md"}


def page(lang: str) -> str:
    """The whole page in one language."""
    texts = catalog(lang)
    other = {"en": "[中文](learn.zh-CN.md)", "zh": "[English](learn.md)"}[lang]
    lines = [f"# {texts.text('learn.ui.path')}", "", other, "", texts.text("learn.ui.path_about"), ""]
    for number, name in enumerate(CHAPTERS, 1):
        lines.append(f"{number}. [{texts.text(f'learn.{name}.title')}](#{name})")
    for name in CHAPTERS:
        lines.extend(chapter(name, lang))
    return "\n".join(lines) + "\n"


def chapter(name: str, lang: str) -> list[str]:
    """One chapter; the answers are folded away."""
    texts = catalog(lang)
    value = lesson(name, lang, answers=True)
    lines = [
        "",
        f'<a id="{name}"></a>',
        "",
        f"## {value['title']}",
        "",
        f"{' '.join(value['numbers'])} · `synfin learn {name}`",
    ]
    for paragraph in value["paragraphs"]:
        lines.extend(["", paragraph])
    lines.extend(["", f"**{texts.text('learn.ui.watch')}**", ""])
    lines.extend(f"- {run['caption']} {command(name, run)}" for run in value["watch"])
    lines.extend(["", f"**{texts.text('learn.ui.wrong')}**", ""])
    lines.extend(f"- {wrong}" for wrong in value["wrong"])
    lines.extend(["", f"**{texts.text('learn.ui.questions')}**", ""])
    for question in value["questions"]:
        choices = " · ".join(
            f"{letter}) {choice['text']}"
            for letter, choice in zip(letters(len(question["choices"])), question["choices"], strict=True)
        )
        lines.append(f"{question['number']}. {question['ask']} {choices}")
    lines.extend(["", f"<details><summary>{texts.text('learn.ui.answers')}</summary>", ""])
    for question in value["questions"]:
        answer = texts.text("learn.ui.answer", text=f"**{choice_text(texts, question['answer'])}**")
        lines.append(f"{question['number']}. {answer} {question['why']}")
    lines.extend(["", "</details>"])
    return lines


def command(name: str, run: dict[str, Any]) -> str:
    """How to see it in a terminal: with `synfin demo`, where that can say all of it."""
    plan = run["plan"]
    if plan["settings"] or plan["changes"] or plan["until"] is not None or not plan["own_faults"]:
        return f"`synfin learn {name} --watch {run['id']}`"
    preset = "" if plan["preset"] == "rfc" else f" --preset {plan['preset']}"
    faults = "".join(f' --fault "{fault}"' for fault in plan["faults"])
    return f"`synfin demo {plan['scenario']}{preset}{faults}`"


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
