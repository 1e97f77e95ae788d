"""What the module answers about nodes and the script without changing the graph."""

# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from .host import api, host


@api
def filename(node: Any, i: int = 0) -> str | None:
    knob = node._knobs.get("file")
    return knob.getEvaluatedValue() if knob is not None else None


@api
def knobDefault(classknob: str, value: str | None = None) -> str | None:
    if value is None:
        return host().knob_defaults.get(classknob)
    host().knob_defaults[classknob] = value
    return None


@api
def channels(node: Any = None) -> list[str]:
    return list((node or host().group)._looked_at().planes)


@api
def layers(node: Any = None) -> list[str]:
    return sorted({name.partition(".")[0] for name in channels(node)})


@api
def sample(node: Any, channel: str, x: float, y: float, dx: float = 1, dy: float = 1) -> float:
    """The pixel that holds a position, at the current frame; 0 outside of the box."""
    image = node._image()
    left, low, right, top = image.bbox
    inside = left <= x < right and low <= y < top and channel in image.planes
    return float(image.planes[channel][int(y - low), int(x - left)]) if inside else 0.0


@api
def getColorspaceList(colorspaceKnob: Any) -> list[str]:
    return list(colorspaceKnob._items)


@api
def show(n: Any, forceFloat: bool = False) -> None:
    n.showControlPanel()


@api
def views() -> list[str]:
    return list(host().views)


@api
def thisView() -> str:
    return host().views[0]


@api
def addView(s: str) -> None:
    host().views.append(s)
