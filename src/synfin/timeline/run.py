"""A whole run as a timeline: text for people, JSON for programs.

Responsible for putting records, model, ladder and document together; printing and files belong to the callers, but for
`save`, which is theirs in one call.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, final

from synfin.errors import UsageError
from synfin.timeline.caption import Caption
from synfin.timeline.connections import ConnectionFacts
from synfin.timeline.document import document
from synfin.timeline.fold import Folder, Line
from synfin.timeline.ladder import DEFAULT_WIDTH, LiveLadder
from synfin.timeline.layout import Layout, Row
from synfin.timeline.messages import catalog
from synfin.timeline.model import Model
from synfin.timeline.style import Style
from synfin.timeline.width import wrap
from synfin.trace import Record
from synfin.wire.addresses import Address


class Remark(NamedTuple):
    """Something to know about a run before looking at it: the id of a message, and its parameters."""

    message: str
    params: dict[str, object]


@final
class Timeline:
    """Records of two hosts, ready to be drawn; `labels` stand beside their names, `owned` are their addresses.

    `one_sided=True`: only the first host was watched.  `remarks` are what a reader has to know first;
    `digits` are the decimals of times in the text ladder.
    """

    def __init__(
        self,
        records: list[Record],
        hosts: tuple[str, str],
        *,
        labels: tuple[str, str] = ("", ""),
        owned: dict[str, list[Address]] | None = None,
        one_sided: bool = False,
        remarks: tuple[Remark, ...] = (),
        digits: int = 3,
    ) -> None:
        self.digits = digits
        self.remarks = remarks
        self.owned = owned
        self.one_sided = one_sided
        self.records = records
        self.hosts = hosts
        self.labels = labels

    def told(self, lang: str = "en") -> list[str]:
        """The remarks as sentences."""
        texts = catalog(lang)
        return [texts.text(remark.message, **remark.params) for remark in self.remarks]

    def lines(
        self,
        lang: str = "en",
        *,
        ascii_only: bool = False,
        colour: bool = False,
        cells: int = DEFAULT_WIDTH,
        fold: bool = True,
        why: bool = False,
    ) -> list[str]:
        """The text ladder; with `fold` long runs of uneventful segments are one line, `why` explains at length."""
        style = Style(ascii_only=ascii_only, colour=colour)
        ladder = LiveLadder(
            self.hosts, catalog(lang), style=style, cells=cells, one_sided=self.one_sided, labels=self.labels,
            owned=self.owned, fold=fold, why=why, digits=self.digits,
        )  # fmt: skip
        lines = [style.paint("dim", line) for remark in self.told(lang) for line in wrap(remark, cells)]
        if lines:
            lines.append("")
        for record in self.records:
            lines.extend(ladder.feed(record))
        lines.extend(ladder.finish())
        return lines

    def text(self, lang: str = "en", *, ascii_only: bool = False, cells: int = DEFAULT_WIDTH, fold: bool = True) -> str:
        """The text ladder as one string."""
        return "\n".join(self.lines(lang, ascii_only=ascii_only, cells=cells, fold=fold)) + "\n"

    def __str__(self) -> str:
        return self.text()

    def final(self) -> dict[str, str]:
        """The state of each host at the end."""
        model = Model(self.hosts, one_sided=self.one_sided)
        for record in self.records:
            model.feed(record)
        return {host: model.final(host) for host in self.hosts}

    def connections(self) -> list[ConnectionFacts]:
        """Every connection: its ends, who opened and who closed it, what went each way."""
        model = Model(self.hosts, one_sided=self.one_sided, owned=self.owned)
        for record in self.records:
            model.feed(record)
        return list(model.connections)

    def rows(self) -> Iterator[Row]:
        """What stands on a line together, in order: for every renderer that draws line by line."""
        model = Model(self.hosts, one_sided=self.one_sided, owned=self.owned)
        layout = Layout(self.hosts)
        for record in self.records:
            yield from layout.place(model.feed(record))
        yield from layout.place(model.flush())

    def folded(self) -> Iterator[Line]:
        """As `rows`, with long runs of uneventful segments as one `Fold` each."""
        folder = Folder()
        for row in self.rows():
            yield from folder.feed([row])
        yield from folder.flush()

    def mermaid(self, lang: str = "en", *, fold: bool = True) -> str:
        """The run as a Mermaid sequence diagram."""
        from synfin.timeline.mermaid import Mermaid

        diagram = Mermaid(self.hosts, catalog(lang), labels=self.labels)
        lines = diagram.head()
        lines.extend(diagram.remark(remark) for remark in self.told(lang))
        for row in self.folded() if fold else self.rows():
            lines.extend(diagram.draw(row))
        lines.extend(diagram.foot(self.final()))
        return "\n".join(lines) + "\n"

    def document(self, **about: Any) -> dict[str, Any]:
        """The run as JSON-ready values, schema 1; `about` adds `scenario`, `seed` and `preset`."""
        if self.remarks:
            about["remarks"] = [{"id": remark.message, **remark.params} for remark in self.remarks]
        return document(self.records, list(self.hosts), **about)

    def svg(self, lang: str = "en", *, caption: Caption | None = None) -> str:
        """The ladder as an SVG document; `caption` stands over it."""
        from synfin.timeline.svg.ladder import draw_ladder

        return draw_ladder(self, lang, caption=caption).svg()

    def html(self, lang: str = "en", *, caption: Caption | None = None, notes: tuple[str, ...] = ()) -> str:
        """The run as one HTML page that needs nothing else; `notes` are paragraphs about it."""
        from synfin.timeline.svg.page import draw_page

        return draw_page(self, lang, caption=caption, notes=notes)

    def save(
        self, path: str | Path, lang: str = "en", *, caption: Caption | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        """Write the run in the way that the file's name asks for; raises `UsageError` for another kind of file.

        `.txt` is the text ladder, `.json` the document, `.mmd` a Mermaid diagram, `.svg` the ladder as a picture, and
        `.html` a page with everything; `caption` stands over the last two, `notes` are on the page.
        """
        target = Path(path)
        if target.suffix == ".txt":
            target.write_text(self.text(lang), encoding="utf-8")
        elif target.suffix == ".json":
            from synfin.timeline.document import dump

            target.write_text(dump(self.document()), encoding="utf-8")
        elif target.suffix == ".mmd":
            target.write_text(self.mermaid(lang), encoding="utf-8")
        elif target.suffix == ".svg":
            target.write_text(self.svg(lang, caption=caption), encoding="utf-8")
        elif target.suffix == ".html":
            target.write_text(self.html(lang, caption=caption, notes=notes), encoding="utf-8")
        else:
            kind = target.suffix or "a file without suffix"
            raise UsageError(f"cannot save a timeline as {kind}; use .txt, .json, .mmd, .svg or .html")
