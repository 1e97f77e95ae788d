"""The nodes inside of the SparkVSR node.

Pictures are exchanged as windows: boxes in the plate's pixels (see `window`) whose lower left
corner becomes that of the file. On the way back `InPlace` moves them to where they were, at the
scale of the result.
"""

from __future__ import annotations

from .script import Expression, Node

_SHOWN = "parent.shown_window"
# Multiplied before it is divided: then whole numbers stay whole.
_ACROSS = f"*Picture.width/({_SHOWN}.r-{_SHOWN}.x)"
_UP = f"*Picture.height/({_SHOWN}.t-{_SHOWN}.y)"
# The window that is shown, at the scale of its picture.
_WINDOW = (
    f"{_SHOWN}.x{_ACROSS}",
    f"{_SHOWN}.y{_UP}",
    f"{_SHOWN}.r{_ACROSS}",
    f"{_SHOWN}.t{_UP}",
)
_SAME_SIZE = f"Picture.width=={_SHOWN}.r-{_SHOWN}.x&&Picture.height=={_SHOWN}.t-{_SHOWN}.y"
_PREVIEW_SHOWN = "(parent.preview_ready&&frame==parent.preview_frame)"
_RESULT_SHOWN = "(parent.result_ready&&frame>=parent.result_first&&frame<=parent.result_last)"


def interior() -> tuple[Node, ...]:
    """The nodes inside, each after those that it is connected to."""
    return (
        Node("Input", "keyframes", knobs=(("number", 1),)),
        Node("Input", "plate"),
        _colour_node("KeysColour", "keyframes", "export_converted"),
        _colour_node("PlateColour", "plate", "export_converted"),
        # A keyframe that is larger than the plate is cut at the same place, at its own scale.
        _cut("KeysExport", "KeysColour", "*KeysColour.width/plate.width"),
        _cut("PlateExport", "PlateColour"),
        _read("ReadResult", "result_file", "result_first", "result_last"),
        _read("ReadPreview", "preview_file", "preview_frame", "preview_frame"),
        _colour_node("ResultColour", "ReadResult", "result_converted"),
        _colour_node("PreviewColour", "ReadPreview", "preview_converted"),
        Node(
            "Switch",
            "Picture",
            ("ResultColour", "PreviewColour"),
            (("which", Expression(_PREVIEW_SHOWN)),),
        ),
        # Whole pixels, no filter; the box keeps its size.
        Node(
            "Position",
            "InPlace",
            ("Picture",),
            (("translate", Expression(*_WINDOW[:2])),),
        ),
        Node(
            "Reformat",
            "PlateSize",
            ("plate",),
            (
                ("type", "to box"),
                ("box_width", Expression("plate.width" + _ACROSS)),
                ("box_height", Expression("plate.height" + _UP)),
                ("box_fixed", True),
                ("box_pixel_aspect", Expression("plate.pixel_aspect")),
                ("resize", "distort"),
                ("pbb", True),
                ("disable", Expression(_SAME_SIZE)),
            ),
        ),
        # B is the plate: its format, alpha, other layers, metadata and timecode pass; rgb is the
        # result's.
        Node(
            "Copy",
            "Recombine",
            ("PlateSize", "InPlace"),
            (("from0", "-rgba.alpha"), ("to0", "-rgba.alpha"), ("channels", "rgb")),
        ),
        # Nothing is left around the window: a seam between restored pixels and others would show.
        Node(
            "Crop",
            "Restored",
            ("Recombine",),
            (
                ("box", Expression(*_WINDOW)),
                ("reformat", False),
                ("crop", True),
            ),
        ),
        Node(
            "Switch",
            "Shown",
            ("plate", "Restored"),
            (("which", Expression(f"parent.show_result&&({_RESULT_SHOWN}||{_PREVIEW_SHOWN})")),),
        ),
        Node("Output", "Output1", ("Shown",)),
    )


def _colour_node(name: str, source: str, switch: str) -> Node:
    """Off unless a hidden knob says so: pictures are exchanged raw, in the working space."""
    return Node("OCIOColorSpace", name, (source,), (("disable", Expression(f"!parent.{switch}")),))


def _cut(name: str, source: str, scale: str = "") -> Node:
    """The window as a picture of its own: data window = display window in its files."""
    box = Expression(*(f"parent.export_window.{side}{scale}" for side in "xyrt"))
    return Node("Crop", name, (source,), (("box", box), ("reformat", True), ("crop", True)))


def _read(name: str, file: str, first: str, last: str) -> Node:
    """A Read that follows hidden knobs, leaves values alone and fails where a frame is missing."""
    ends = {"first": first, "origfirst": first, "last": last, "origlast": last}
    return Node(
        "Read",
        name,
        knobs=(
            ("file", f"[value parent.{file}]"),
            ("localizationPolicy", "off"),
            *((knob, Expression(f"parent.{end}")) for knob, end in ends.items()),
            ("origset", True),
            ("on_error", "error"),
            ("raw", True),
        ),
    )
