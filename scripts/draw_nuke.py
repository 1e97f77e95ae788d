"""Draws docs/images/nuke_*: the node from its own text, and pictures from a run in the emulator.

.venv/bin/python scripts/draw_nuke.py [node|flow]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bridge_nuke"), str(ROOT / "daemon")]

from sparkvsr_nuke.core.group import knobs  # noqa: E402
from sparkvsr_nuke.core.interior import interior  # noqa: E402
from sparkvsr_nuke.core.script import KnobKind, UserKnob  # noqa: E402

IMAGES = ROOT / "docs" / "images"
ROW, LABEL, PANEL = 26, 110, 620
BOX, ACROSS, DOWN = (112, 34), 128, 64
STYLE = (
    "text{font:12px sans-serif;fill:#ddd}.right{text-anchor:end}.mid{text-anchor:middle}"
    "rect{fill:#3a3a3a;stroke:#555}.back{fill:#2b2b2b;stroke:none}.knob{fill:#202020}"
    ".dim{font-size:10px;fill:#999}.colour{fill:#5a4a6f}.file{fill:#6f5a3a}.path{stroke:#999;fill:none}"
)
KINDS = {"Read": "file", "OCIOColorSpace": "colour"}


def text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str = "") -> str:
    size = f'width="{width:g}" height="{height:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {size} rx="4" class="{kind}"/>'


def rows() -> Iterator[list[UserKnob]]:
    """The visible knobs, line by line."""
    line: list[UserKnob] = []
    for knob in knobs()[1:]:  # the first is the tab that all of them are on
        if knob.hidden:
            continue
        follows = knob.new_line is False or (knob.kind is KnobKind.BUTTON and not knob.new_line)
        if line and not follows:
            yield line
            line = []
        line.append(knob)
    yield line


def panel(top: float) -> Iterator[str]:
    """The knobs, as Nuke lays them out: a schematic, no picture of Nuke."""
    for number, line in enumerate(rows()):
        y, x = top + number * ROW, float(LABEL + 20)
        for knob in line:
            label = knob.name if knob.label is None else knob.label
            width: float
            if knob.kind is KnobKind.BUTTON:
                width = 18 + 7 * len(label)
                yield box(x, y, width, 20)
                yield text(x + width / 2, y + 14, label, "mid")
                x += width + 6
            elif knob.kind is KnobKind.TAB:
                yield text(20, y + 14, f"Tab {label}")
                yield f'<path d="M110 {y + 10} H{PANEL - 20}" class="path"/>'
            elif knob.name == "divider":
                yield f'<path d="M20 {y + 10} H{PANEL - 20}" class="path"/>'
            elif knob.kind is KnobKind.BOOL:
                yield box(x, y + 3, 14, 14, "knob")
                yield text(x + 3, y + 15, "×" if knob.value else "")
                yield text(x + 20, y + 14, label)
                x += 34 + 7 * len(label)
            else:
                if x == LABEL + 20:
                    yield text(LABEL + 10, y + 14, label, "right")
                else:
                    yield text(x + 4, y + 14, label)
                    x += 12 + 7 * len(label)
                value = "" if knob.value is None else str(knob.value)
                short = knob.kind in (KnobKind.ENUMERATION, KnobKind.INT, KnobKind.DOUBLE)
                width = 90 if short else PANEL - 20 - x
                yield box(x, y, width, 20, "knob")
                yield text(x + 6, y + 14, value + (" ▾" if knob.choices else ""))
                x += width + 8


# Columns and rows of the drawing.
PLACES = {
    "keyframes": (0, 0),
    "KeysColour": (0, 1),
    "KeysExport": (0, 2),
    "plate": (1, 0),
    "PlateColour": (1, 1),
    "PlateExport": (1, 2),
    "PlateSize": (2.1, 3),
    "ReadResult": (3, 0),
    "ResultColour": (3, 1),
    "ReadPreview": (4, 0),
    "PreviewColour": (4, 1),
    "Picture": (3.5, 2),
    "InPlace": (3.5, 3),
    "Recombine": (2.75, 4),
    "Restored": (2.75, 5),
    "Shown": (1.9, 6),
    "Output1": (1.9, 7),
}


def places() -> dict[str, tuple[float, float]]:
    """Upper left corners of the nodes' boxes."""
    return {n: (PANEL + 40 + x * ACROSS, 40 + y * DOWN) for n, (x, y) in PLACES.items()}


def graph() -> Iterator[str]:
    at = places()
    width, height = BOX
    for node in interior():
        x, y = at[node.name]
        for source in node.inputs:
            from_x, from_y = at[source]
            middle = (from_y + height + y) / 2
            yield (
                f'<path class="path" d="M{from_x + width / 2:g} {from_y + height:g} '
                f"C{from_x + width / 2:g} {middle:g} {x + width / 2:g} {middle:g} "
                f'{x + width / 2:g} {y:g}"/>'
            )
    for node in interior():
        x, y = at[node.name]
        yield box(x, y, width, height, KINDS.get(node.kind, ""))
        yield text(x + width / 2, y + 15, node.name, "mid")
        yield text(x + width / 2, y + 28, node.kind, "mid dim")


def node_svg() -> str:
    """The picture of panel and interior."""
    at = places().values()
    width = max(x for x, _ in at) + BOX[0] + 30
    height = max(max(y for _, y in at) + 54, 60 + ROW * len(list(rows())))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}">',
        f"<style>{STYLE}</style>",
        box(0, 0, width, height, "back"),
        text(20, 24, "SparkVSR: panel (schematic)"),
        *panel(40),
        text(PANEL + 50, 24, "SparkVSR: inside (schematic)"),
        *graph(),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def emulated_nuke(folder: Path) -> Iterator[Any]:
    """A session with SparkVSR set up, and a home of its own."""
    from artist import write_install
    from daemons import Daemon
    from nuke_emulator import Session

    os.environ["SPARKVSR_HOME"] = str(folder / "home")
    write_install(folder / "home")
    session = Session().open()
    try:
        yield session
        session.quit()
    finally:
        from sparkvsr_nuke.host.agent import AGENT

        if AGENT.process is not None:
            AGENT.process.close()
        Daemon(folder / "home").close()
        session.close()


def draw_flow() -> None:
    """A regraded and cleaned keyframe at either end of real footage, and what comes back."""
    import numpy as np
    from PIL import Image

    from footage import read_frames, real_clip
    from nuke_emulator import Plate

    frames = [frame[::2, ::2] for frame in read_frames(real_clip("bikes.mp4"))[:17]]
    height, width = frames[0].shape[:2]

    def painter(regraded: bool) -> Any:
        def paint(frame: int, x: Any, y: Any) -> dict[str, Any]:
            picture = (frames[frame - 1001].astype(np.float32) / 255) ** 2.2
            if regraded:
                picture = picture * np.array([1.5, 1.0, 0.6], np.float32)
            planes = np.moveaxis(picture[::-1], -1, 0)
            named = {f"rgba.{n}": p for n, p in zip(("red", "green", "blue"), planes, strict=True)}
            return {**named, "rgba.alpha": np.ones_like(x)}

        return paint

    with tempfile.TemporaryDirectory() as name, emulated_nuke(Path(name)) as session:
        from artist import Artist

        def load(module: str) -> Any:
            return __import__(f"sparkvsr_nuke.host.{module}", fromlist=["_"])

        artist = Artist(session, load, Path(name))
        for node, regraded in ((artist.plate, False), (artist.keys, True)):
            node._plate = Plate(
                first=1001, last=1017, size=(width, height), painter=painter(regraded)
            )
        artist.set(keyframe_list="1001 1017", plate_depth="half")
        artist.restore()
        print(artist.status)
        rows = [
            [_shown(artist.picture(frame, node)) for frame in (1001, 1009, 1017)]
            for node in (artist.plate, artist.node)
        ]
    gap = np.full((height, 4, 3), 30, np.uint8)
    sheet = np.vstack([np.hstack([row[0], gap, row[1], gap, row[2]]) for row in rows])
    Image.fromarray(sheet).save(IMAGES / "nuke_flow.png", optimize=True)


def _shown(image: Any) -> Any:
    import numpy as np

    planes = [image.planes[f"rgba.{name}"][::-1] for name in ("red", "green", "blue")]
    values = np.clip(np.stack(planes, -1), 0, 1) ** (1 / 2.2)
    return (values * 255 + 0.5).astype(np.uint8)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["node", "flow"]
    if "node" in wanted:
        (IMAGES / "nuke_node.svg").write_text(node_svg(), encoding="utf-8")
    if "flow" in wanted:
        draw_flow()
