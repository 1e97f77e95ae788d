"""What each class of node does to pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from . import reading
from .formats import Format
from .image import RGB, Box, Image, OpError
from .roto import PAINTED

# A space is what a linear value becomes: gain and offset. Simple, so that tests can know it.
SPACES = {
    "linear": (1.0, 0.0),
    "scene_linear": (1.0, 0.0),
    "raw": (1.0, 0.0),
    "sRGB": (0.5, 0.125),
    "ACES - ACEScg": (1.0, 0.0),
    "ACES - ACES2065-1": (0.75, 0.0),
    "Output - Rec.709": (0.25, 0.25),
}
Op = Callable[[Any, float, str], Image]


def render(node: Any, frame: float, view: str) -> Image:
    """The picture at a node's output.

    Raises:
        OpError: the first error on the way up, with the name of the node that has it.
    """
    disabled = node._knobs.get("disable")
    if disabled is not None and disabled._at(0, frame) and node._class not in {"Input", "Output"}:
        return upstream(node, 0, frame, view)
    return OPS.get(node._class, _pass)(node, frame, view)


def upstream(node: Any, index: int, frame: float, view: str) -> Image:
    source = node._inputs[index] if index < len(node._inputs) else None
    if source is None:
        raise OpError(node._full_name(), f"input {index} is not connected")
    return render(source, frame, view)


def _pass(node: Any, frame: float, view: str) -> Image:
    return upstream(node, 0, frame, view)


def _plate(node: Any, frame: float, view: str) -> Image:
    plate = node._plate
    if plate is None:
        raise OpError(node._full_name(), "this emulator needs a Plate in every CheckerBoard2")
    held = int(min(max(frame, plate.first), plate.last))
    if held in plate.errors:
        raise OpError(node._full_name(), plate.errors[held])
    image: Image = plate.image(held)
    if view != "main" and not plate.painter:
        image = image.mapped(lambda name, p: p + 8 * (view == "right") * (name == RGB[1]))
    return reading.proxied(image)


def _constant(node: Any, frame: float, view: str) -> Image:
    form = node._knobs["format"]._value
    color = node._knobs["color"]._get(frame)
    names = ("red", "green", "blue", "alpha")
    shape = form.height(), form.width()
    planes = {f"rgba.{n}": np.full(shape, v, np.float32) for n, v in zip(names, color, strict=True)}
    return reading.proxied(Image(form, (0, 0, form.width(), form.height()), planes))


def _read(node: Any, frame: float, view: str) -> Image:
    return reading.proxied(reading.read(node, int(frame), view))


def _multiply(node: Any, frame: float, view: str) -> Image:
    """Grade's and Multiply's gain, the same for every channel of the colour."""
    gain = node._knobs["value" if node._class == "Multiply" else "multiply"]._at(0, frame)
    add = node._knobs["add"]._at(0, frame) if node._class == "Grade" else 0.0
    return upstream(node, 0, frame, view).mapped(lambda _, plane: plane * gain + add)


def spread(image: Image, box: Box) -> Image:
    """The same picture on another box: beyond its own its outermost pixels go on.

    Foundry's user guide, "Adjusting the Bounding Box". A border that is only there to be black
    goes on as black, then.
    """
    x, y, r, t = box
    left, low, right, top = image.bbox
    columns = np.clip(np.arange(x, r), left, right - 1) - left
    rows = np.clip(np.arange(y, t), low, top - 1) - low
    planes = {name: plane[np.ix_(rows, columns)] for name, plane in image.planes.items()}
    return replace(image, bbox=box, planes=planes)


def _crop(node: Any, frame: float, view: str) -> Image:
    """The box becomes that of the picture, and its lower left with `reformat` the origin.

    `crop` is labelled "black outside": it says what later nodes see beyond the box, which they do
    not ask for here. Whether Nuke adds a black border for it is to be checked by hand.
    """
    image = upstream(node, 0, frame, view)
    x, y, r, t = (round(value) for value in node._knobs["box"]._get(frame))
    x, y, r, t = x, y, max(r, x + 1), max(t, y + 1)
    if node._knobs["intersect"]._at():
        left, low, right, top = image.bbox
        x, y, r, t = max(x, left), max(y, low), min(r, right), min(t, top)
    made = replace(spread(image, (x, y, r, t)), bordered=False)
    if not node._knobs["reformat"]._at():
        return made
    form = Format(r - x, t - y, image.format.pixelAspect())
    return replace(made, format=form, bbox=(0, 0, r - x, t - y))


def _position(node: Any, frame: float, view: str) -> Image:
    """Moved by whole pixels; the format stays where it is."""
    image = upstream(node, 0, frame, view)
    dx, dy = (round(value) for value in node._knobs["translate"]._get(frame))
    x, y, r, t = image.bbox
    return replace(image, bbox=(x + dx, y + dy, r + dx, t + dy))


def _reformat(node: Any, frame: float, view: str) -> Image:
    """Another size; what lies outside of the format goes unless `pbb` preserves it."""
    made = _resized(node, frame, view)
    if node._knobs["pbb"]._at():
        return made
    x, y, r, t = made.bbox
    x, y = min(max(x, 0), made.format.width() - 1), min(max(y, 0), made.format.height() - 1)
    return spread(
        made,
        (x, y, max(x + 1, min(r, made.format.width())), max(y + 1, min(t, made.format.height()))),
    )


def _resized(node: Any, frame: float, view: str) -> Image:
    image = upstream(node, 0, frame, view)
    width, height = image.format.width(), image.format.height()
    match node._knobs["type"]._get():
        case "scale":
            return image.scaled(*node._knobs["scale"]._get(frame))
        case "to box":
            aspect = image.format.pixelAspect()
            if node._knobs["box_fixed"]._at(0, frame):
                aspect = node._knobs["box_pixel_aspect"]._at(0, frame)
            to = Format(
                int(node._knobs["box_width"]._at(0, frame)),
                int(node._knobs["box_height"]._at(0, frame)),
                aspect,
            )
        case _:
            to = node._knobs["format"]._value
    return image.scaled(to.width() / width, to.height() / height, to)


def selected(channel: str, wanted: str) -> bool:
    """Whether a knob of channels with this value means a channel."""
    if wanted in {"all", "none"}:
        return wanted == "all"
    if wanted == "rgb":
        return channel in RGB
    return channel == wanted or channel.startswith(wanted + ".")


def _copy(node: Any, frame: float, view: str) -> Image:
    """Input 0 with channels of input 1 in it."""
    below, above = upstream(node, 0, frame, view), upstream(node, 1, frame, view)
    b, a = below.bbox, above.bbox
    box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    below, above = spread(below, box), spread(above, box)
    planes = dict(below.planes)
    layer = node._knobs["channels"]._get()
    planes |= {name: plane for name, plane in above.planes.items() if selected(name, layer)}
    for index in range(4):
        source, to = (node._knobs[f"{end}{index}"]._get() for end in ("from", "to"))
        if "none" in (source, to):
            continue
        if source not in above.planes:
            planes[to] = np.zeros_like(next(iter(above.planes.values())))
        else:
            planes[to] = above.planes[source]
    return replace(below, planes=planes)


def _shuffle_copy(node: Any, frame: float, view: str) -> Image:
    """Each of red, green, blue, alpha from input 1 (`red`) or input 0 (`red2`)."""
    below, above = upstream(node, 0, frame, view), upstream(node, 1, frame, view)
    above = above.over(below.bbox)
    planes = dict(below.planes)
    for name in ("red", "green", "blue", "alpha"):
        choice = node._knobs[name]._get()
        source = below if choice.endswith("2") else above
        planes[f"rgba.{name}"] = source.planes[f"rgba.{choice.removesuffix('2')}"]
    return replace(below, planes=planes)


def _switch(node: Any, frame: float, view: str) -> Image:
    which = int(node._knobs["which"]._at(0, frame))
    return upstream(node, min(max(which, 0), max(len(node._inputs) - 1, 0)), frame, view)


def _space(node: Any, frame: float, view: str) -> Image:
    names = ("in_colorspace", "out_colorspace")
    if node._class == "Colorspace":
        names = ("colorspace_in", "colorspace_out")
    (gain_in, offset_in), (gain, offset) = (SPACES[node._knobs[name]._get()] for name in names)
    image = upstream(node, 0, frame, view)
    return image.mapped(lambda _, plane: (plane - offset_in) / gain_in * gain + offset)


def _roto(node: Any, frame: float, view: str) -> Image:
    added = PAINTED * node._knobs["curves"]._get()._living(frame)
    image = upstream(node, 0, frame, view)
    return image.mapped(lambda name, plane: plane + added * (name == "rgba.blue"))


def _group(node: Any, frame: float, view: str) -> Image:
    output = next((n for n in node._children if n._class == "Output"), None)
    if output is None:
        raise OpError(node._full_name(), "there is no Output node in this group")
    return render(output, frame, view)


def _input(node: Any, frame: float, view: str) -> Image:
    group = node._parent
    index = group._group_inputs().index(node)
    return upstream(group, index, frame, view)


OPS: dict[str, Op] = {
    "CheckerBoard2": _plate,
    "Constant": _constant,
    "Read": _read,
    "Grade": _multiply,
    "Multiply": _multiply,
    "Crop": _crop,
    "Position": _position,
    "Reformat": _reformat,
    "Copy": _copy,
    "ShuffleCopy": _shuffle_copy,
    "Switch": _switch,
    "Roto": _roto,
    "RotoPaint": _roto,
    "OCIOColorSpace": _space,
    "Colorspace": _space,
    "Group": _group,
    "Input": _input,
}
