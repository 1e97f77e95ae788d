"""The report as one HTML page: no script, nothing fetched, readable on a screen and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from ..job import Shot
from ._chart import trust_chart, xt_figure
from ._pictures import Image, png_uri
from ._trust import LOW_TRUST


@dataclass(frozen=True)
class Column:
    """One frame of the contact sheet; the keyframe is the nearest of its scene, if there is one."""

    index: int
    source: Image
    keyframe_index: int | None
    keyframe: Image | None
    result: Image
    is_lowest: bool


@dataclass(frozen=True)
class Page:
    """Everything the page shows. Indices are 0-based; the page writes the host's numbers."""

    title: str
    shot: Shot
    keyframes: Sequence[int]
    trust: Sequence[float]
    verdict: Sequence[str]
    columns: Sequence[Column]
    source_slice: Image
    result_slice: Image
    facts: Mapping[str, str]
    notes: Sequence[str]


# The policy forbids the browser to fetch anything, whatever a name or a note may contain.
_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header>
<h1>$title</h1>
<p class="sub">$subtitle</p>
<ul class="verdict$tone">$verdict</ul>
</header>
<section>
<h2>Contact sheet</h2>
<table class="sheet">$sheet</table>
</section>
<section>
<h2>One row of pixels over time</h2>
<p>The middle row of every frame, one below the other. Flicker shows as stripes across, a jump as a
step, steady detail as a clean line downwards.$marks</p>
<div class="heads"><span>Source</span><span>Frame</span><span>Result</span></div>
$slices
</section>
<section>
<h2>Trust over time</h2>
<p>How far the keyframes could be followed to each frame, as the engine judged it: 1 is certain, a
frame below $low needs a look.$bands</p>
$chart
</section>
<section>
<h2>Notes</h2>
$notes
</section>
<section>
<h2>Facts</h2>
<table class="facts">$facts</table>
</section>
</body>
</html>
""")

_STYLE = """
:root { color-scheme: dark; --bg: #1e1e1e; --line: #3a3a3a; --dim: #9a9a9a; --text: #d6d6d6;
  --strong: #f2f2f2; --band: #2f2d2a; --low: #d0b896; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 40px 20px 64px; background: var(--bg);
  color: var(--text); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Ubuntu,
  "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 24px; font-weight: 600; color: var(--strong);
  overflow-wrap: anywhere; }
h2 { margin: 44px 0 10px; font-size: 15px; font-weight: 600; color: var(--strong); }
p { margin: 0 0 14px; max-width: 76ch; color: var(--dim); }
.sub { margin: 4px 0 18px; }
ul { margin: 0; padding: 0; list-style: none; }
.verdict { padding: 12px 16px; border-left: 3px solid var(--dim); background: #262626;
  color: var(--strong); }
.verdict.warn { border-color: var(--low); color: var(--low); }
table { width: 100%; border-collapse: collapse; }
th { font-weight: 400; text-align: left; color: var(--dim); }
.sheet { table-layout: fixed; }
.sheet th, .sheet td { padding: 0 0 10px 8px; vertical-align: top; }
.sheet thead th { padding-bottom: 6px; color: var(--text); line-height: 1.35; }
.sheet thead small { display: block; }
.sheet tbody th, .sheet thead th:first-child { width: 72px; padding-left: 0; }
.sheet img { display: block; width: 100%; max-width: 320px; height: auto; }
small { font-size: 12px; color: var(--dim); }
small.warn { color: var(--low); }
.empty { max-width: 320px; padding: 10px; border: 1px dashed var(--line); font-size: 12px;
  color: var(--dim); }
.heads { display: grid; grid-template-columns: 1fr 76px 1fr; margin-bottom: 6px;
  color: var(--text); }
.heads span:nth-child(2) { text-align: center; color: var(--dim); }
.notes li { padding: 6px 0; border-top: 1px solid var(--line); }
.facts th, .facts td { padding: 6px 0; border-top: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
.facts th { width: 160px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 12px; fill: var(--dim); }
line { stroke: var(--line); stroke-width: 1; }
.axis { stroke: var(--dim); }
.threshold { stroke: var(--dim); stroke-dasharray: 5 4; }
.cut { stroke: var(--text); stroke-dasharray: 1 3; }
.keyframe { stroke: #555; }
.mark { fill: var(--text); }
.low { fill: var(--band); }
.trust { fill: none; stroke: var(--strong); stroke-width: 1.75; stroke-linejoin: round;
  stroke-linecap: round; }
@media print {
  :root { color-scheme: light; --bg: #fff; --line: #ccc; --dim: #555; --text: #222;
    --strong: #000; --band: #e9e4dc; --low: #6b4e1c; }
  body { padding: 0; }
  .verdict { background: none; }
  section { break-inside: avoid; }
  .low, img, image { print-color-adjust: exact; }
}
"""


def page(content: Page) -> str:
    """The whole page; every text in it is escaped."""
    shot = content.shot
    last = shot.frame_number(shot.frames - 1)
    has_low = min(content.trust) < LOW_TRUST
    return _PAGE.substitute(
        title=escape(content.title),
        style=_STYLE,
        subtitle=f"{shot.frames} frames, {shot.first_frame}–{last}"
        if shot.frames > 1
        else f"Frame {shot.first_frame}",
        tone=" warn" if has_low or not content.keyframes else "",
        verdict=_items(content.verdict),
        sheet=_sheet(content),
        marks=" Triangles point at keyframes." if content.keyframes else "",
        slices=xt_figure(content.source_slice, content.result_slice, shot, content.keyframes),
        low=f"{LOW_TRUST:g}",
        bands=" Such stretches are shaded." if has_low else "",
        chart=trust_chart(content.trust, shot, content.keyframes),
        notes=f'<ul class="notes">{_items(content.notes)}</ul>'
        if content.notes
        else "<p>Nothing to note.</p>",
        facts="".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in content.facts.items()
        ),
    )


def _items(sentences: Sequence[str]) -> str:
    return "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)


def _sheet(content: Page) -> str:
    number = content.shot.frame_number
    heads = "".join(_head(content, column) for column in content.columns)
    sources = "".join(
        _cell(column.source, f"Source, frame {number(column.index)}") for column in content.columns
    )
    keyframes = "".join(_keyframe_cell(content, column) for column in content.columns)
    results = "".join(
        _cell(column.result, f"Result, frame {number(column.index)}") for column in content.columns
    )
    return (
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>"
        f"<tr><th>Source</th>{sources}</tr><tr><th>Nearest keyframe</th>{keyframes}</tr>"
        f"<tr><th>Result</th>{results}</tr></tbody>"
    )


def _head(content: Page, column: Column) -> str:
    trust = f"trust {content.trust[column.index]:.2f}"
    kind = ' class="warn"' if content.trust[column.index] < LOW_TRUST else ""
    return (
        f"<th>{content.shot.frame_number(column.index)}"
        f"<small{kind}>{'lowest ' if column.is_lowest else ''}{trust}</small></th>"
    )


def _keyframe_cell(content: Page, column: Column) -> str:
    if column.keyframe is None or column.keyframe_index is None:
        return '<td><div class="empty">no keyframe in this scene</div></td>'
    number = content.shot.frame_number(column.keyframe_index)
    caption = "this frame" if column.keyframe_index == column.index else f"frame {number}"
    return _cell(column.keyframe, f"Keyframe {number}", caption)


def _cell(image: Image, label: str, caption: str = "") -> str:
    below = f"<small>{caption}</small>" if caption else ""
    return f'<td><img alt="{label}" src="{png_uri(image)}">{below}</td>'
