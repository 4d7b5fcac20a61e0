"""A run as one HTML page that needs nothing else: ladder, states, segments, notes, explanations.

Responsible for the page's structure and style.  It has no script and loads nothing; a Content-Security-Policy says so,
with the digest of the one style sheet.  Light, dark and A4 paper are the style sheet's affair.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

from synfin.timeline.caption import Caption
from synfin.timeline.explain import Explanation, explain_fate, explain_flight, explain_step, explain_term
from synfin.timeline.fold import Fold
from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.model import DAMAGED, HELD, LATE, LOST, Flight
from synfin.timeline.svg.ladder import draw_ladder
from synfin.timeline.svg.states import draw_states
from synfin.timeline.svg.theme import MONO, SANS, properties, rules
from synfin.timeline.svg.writer import Drawing
from synfin.timeline.words import Words
from synfin.wire.tcp import flag_names

if TYPE_CHECKING:
    from synfin.timeline.run import Timeline

SEGMENT_LIMIT: Final = 2_000  # rows of the table of segments
FIRST_SHEET: Final = 930.0  # heights of the pieces of the ladder, so that each fits a page of A4
SHEET: Final = 1_080.0
_FLAGS: Final = ("SYN", "ACK", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "AE")
_FATES: Final[dict[str, str]] = {LOST: "ui.lost", DAMAGED: "ui.damaged", HELD: "ui.held", LATE: "ui.late"}

_STYLE: Final = f"""
body{{margin:0 auto;padding:1.2rem;max-width:860px;background:var(--ground);color:var(--ink);font:15px/1.5 {SANS}}}
h1{{font-size:1.5rem;line-height:1.25;margin:.2rem 0}}
h2{{font-size:1.15rem;margin:2rem 0 .6rem;padding-top:.4rem;border-top:1px solid var(--faint)}}
h3{{font-size:1rem;margin:1.1rem 0 .1rem}}
p{{margin:.3rem 0}}
.dim{{color:var(--dim)}}
.cell,code{{font-family:{MONO};font-size:.86em}}
figure{{margin:.6rem 0}}
figure svg{{display:block}}
.states{{display:flex;flex-wrap:wrap;align-items:flex-start;gap:1rem}}
.states svg{{flex:1 1 320px;min-width:0}}
.wide{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%;font-size:.84rem}}
th,td{{text-align:left;vertical-align:top;padding:.22rem .5rem;border-bottom:1px solid var(--faint)}}
th{{font-weight:600;white-space:nowrap}}
td.n{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
td.s{{white-space:nowrap}}
summary{{cursor:pointer}}
details ul{{margin:.2rem 0;padding-left:1.1rem}}
a{{color:var(--blue)}}
.linux{{border-left:3px solid var(--orange);padding-left:.6rem}}
@media screen and (max-width:700px){{figure{{overflow-x:auto}}figure svg{{min-width:700px}}}}
@page{{size:A4;margin:12mm 10mm}}
@media print{{
body{{padding:0;max-width:none;font-size:10pt}}
figure svg,tr,.term{{break-inside:avoid}}
h2,h3{{break-after:avoid}}
a{{color:inherit;text-decoration:none}}
}}
"""


def draw_page(
    timeline: Timeline, lang: str = "en", *, caption: Caption | None = None, notes: tuple[str, ...] = ()
) -> str:
    """The page of a run; `notes` are paragraphs about it."""
    texts = catalog(lang)
    told = caption if caption is not None else Caption()
    left, right = timeline.hosts
    title = told.title or texts.text("drawing.title", left=left, right=right)
    ladder = draw_ladder(timeline, lang, caption=Caption(title), headed=False)
    states = [draw_states(timeline, host, lang, prefix=f"s{place}") for place, host in enumerate(timeline.hosts)]
    style = _stylesheet([ladder, *states])
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    sheets = "\n".join(ladder.inline(top, bottom) for top, bottom in ladder.sheets(FIRST_SHEET, SHEET))
    figures = "\n".join(drawing.inline() for drawing in states)
    final = texts.text("ui.comma").join(f"{host} {state}" for host, state in timeline.final().items())
    details = [*told.details, *timeline.told(lang), texts.text("ui.final", states=final)]
    body = [
        f"<h1>{_safe(title)}</h1>",
        *(f'<p class="dim">{_safe(detail)}</p>' for detail in details),
        f'<figure>\n{sheets}\n<figcaption class="dim">{_safe(texts.text("drawing.numbers"))}</figcaption></figure>',
        f'<h2>{_safe(texts.text("page.states"))}</h2>\n<div class="states">\n{figures}\n</div>',
        *_segments(timeline, texts),
        *_notes(notes, texts),
        *_explanations(timeline, texts),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if lang == "zh" else lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_safe(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _stylesheet(drawings: list[Drawing]) -> str:
    used = {name for drawing in drawings for name in drawing.used}
    return f"\n{properties(':root')}{rules(used)}{_STYLE}"


def _safe(text: str) -> str:
    return escape("".join(c if c >= " " or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text))


# Segments


def _segments(timeline: Timeline, texts: Catalog) -> list[str]:
    """The table of all segments that are not told together."""
    words = Words(timeline.hosts, texts)
    heads = ("number", "time", "way", "segment", "arrived", "why")
    parts = [f"<h2>{_safe(texts.text('page.segments'))}</h2>", '<div class="wide"><table>', "<thead><tr>"]
    parts.extend(f'<th scope="col">{_safe(texts.text(f"page.{head}"))}</th>' for head in heads)
    parts.append("</tr></thead><tbody>")
    count = 0
    seen: dict[Flight, bool] = {}
    for line in timeline.folded():
        if isinstance(line, Fold):
            parts.append(_across(len(heads), f"… {words.fold(line)} …"))
            continue
        flight = line.flight
        if flight is None or flight in seen:
            continue
        if count >= SEGMENT_LIMIT:
            parts.append(_across(len(heads), texts.text("page.limit", count=f"{SEGMENT_LIMIT:,}")))
            break
        seen[flight] = True
        count += 1
        parts.append(_segment(count, flight, timeline.hosts, texts, words))
    parts.append("</tbody></table></div>")
    return parts


def _across(columns: int, text: str) -> str:
    """A row that is no segment."""
    return f'<tr><td></td><td colspan="{columns - 1}" class="dim">{_safe(text)}</td></tr>'


def _segment(count: int, flight: Flight, hosts: tuple[str, str], texts: Catalog, words: Words) -> str:
    """One row: what was sent, what became of it, why."""
    segment, numbers = flight.segment, flight.numbers
    peer = hosts[1] if flight.sender == hosts[0] else hosts[0]
    told = [f"<b>{_safe(words.ports(flight) + words.flags(flight))}</b> seq={numbers.seq}({segment.seq})"]
    if numbers.ack is not None:
        told.append(f"ack={numbers.ack}({segment.ack})")
    if segment.payload:
        told.append(f"len={len(segment.payload)}")
    told.append(f"win={numbers.window}")
    options = words.options(flight)
    if options:
        told.append(f'<br><span class="dim">{_safe(options)}</span>')
    marks = [texts.text(_FATES[flight.fate])] if flight.fate in _FATES else []
    if flight.foreign:
        marks = [texts.text("ui.foreign")]
    if flight.numbers.again and not flight.foreign:
        marks.append(texts.text("ui.again"))
    if flight.twin:
        marks.append(texts.text("ui.twin"))
    arrived = f"{flight.arrived_at / 1e9:.3f}" if flight.arrived_at is not None else ""
    why = explain_flight(flight, texts)
    source = f' <span class="dim">[{_safe(why.rfc)}]</span>' if why.rfc else ""
    reason = f"{_safe(why.short)}{source}"
    if why.arithmetic:
        sums = "".join(f"<li>{_safe(line)}</li>" for line in why.arithmetic)
        reason = f"<details><summary>{reason}</summary><ul>{sums}</ul></details>"
    return (
        f'<tr><td class="n">{count}</td><td class="n">{flight.sent_at / 1e9:.3f}</td>'
        f'<td class="s">{_safe(flight.sender)} → {_safe(peer)}</td><td class="cell">{" ".join(told)}</td>'
        f'<td class="n">{arrived} {_safe(", ".join(marks))}</td><td>{reason}</td></tr>'
    )


# Words


def _notes(notes: tuple[str, ...], texts: Catalog) -> list[str]:
    if not notes:
        return []
    items = "".join(f"<li>{_safe(note)}</li>" for note in notes)
    return [f"<h2>{_safe(texts.text('ui.note'))}</h2>", f"<ul>{items}</ul>"]


def _explanations(timeline: Timeline, texts: Catalog) -> list[str]:
    """Everything that happened in this run, explained once: reasons, moves, rules, flags."""
    found: dict[str, Explanation] = {}
    flags: dict[str, bool] = {}
    for line in timeline.folded():
        if isinstance(line, Fold):
            continue
        flight = line.flight
        if flight is not None:
            flags.update(dict.fromkeys(flag_names(flight.segment.flags), True))
            if line.departure is not None or flight.departure is None:
                why = explain_flight(flight, texts)
                if flight.rule:
                    found.setdefault(flight.rule, why)
                fate = explain_fate(flight, texts)
                if fate is not None:
                    found.setdefault(flight.fault, fate)
        for step in line.steps():
            for one in explain_step(step, texts):
                found.setdefault(one.title, one)
    named = [(key, one) for key, one in found.items() if one.long]
    told = [name for name in _FLAGS if name in flags and texts.has(f"why.flag.{name}")]
    named.extend((name, explain_term("flag", name, texts)) for name in told)
    if not named:
        return []
    parts = [f"<h2>{_safe(texts.text('page.why'))}</h2>"]
    for key, one in named:
        source = f' <span class="dim">[{_safe(one.rfc)}]</span>' if one.rfc else ""
        parts.append(f'<div class="term"><h3><code>{_safe(key)}</code>{source}</h3>')
        parts.append(f"<p>{_safe(one.long)}</p>")
        if one.linux:
            parts.append(f'<p class="linux">Linux{_safe(texts.text("ui.colon"))}{_safe(one.linux)}</p>')
        parts.append("</div>")
    return parts
