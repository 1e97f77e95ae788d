"""What the page about the node shows is the node as it is."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from sparkvsr_nuke.core.interior import interior

ROOT = Path(__file__).resolve().parents[2]


def test_the_drawing_of_the_node_is_that_of_its_text() -> None:
    sys.path.append(str(ROOT / "scripts"))
    try:
        drawing = import_module("draw_nuke")
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    assert set(drawing.PLACES) == {node.name for node in interior()}
    drawn = (ROOT / "docs" / "images" / "nuke_node.svg").read_text(encoding="utf-8")
    assert drawn == drawing.node_svg(), "draw it again: scripts/draw_nuke.py node"
