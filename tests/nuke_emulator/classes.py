"""The classes of nodes: their inputs and knobs. A class or knob that is not here does not exist."""

from __future__ import annotations

from collections.abc import Callable

from .choices import Format_Knob
from .exr import COMPRESSIONS, INTERLEAVE, METADATA
from .files import File_Knob
from .formats import default_format
from .knobs import INVISIBLE, Knob
from .making import button, channel, choice, flag, number, real, text, with_value
from .numbers import (
    AColor_Knob,
    BBox_Knob,
    Disable_Knob,
    XY_Knob,
)
from .ops import SPACES
from .reading import LOCALIZATION, ON_ERROR, OUTSIDE
from .roto import CurveKnob
from .texts import Multiline_Eval_String_Knob, PythonKnob

FILE_TYPES = ("  ", "dpx", "exr", "jpeg", "mov", "png", "tiff")
# What does not change pixels: left out of the hashes of a node.
NOT_HASHED = frozenset(
    {
        "name",
        "selected",
        "xpos",
        "ypos",
        "label",
        "tile_color",
        "note_font",
        "postage_stamp",
        "hide_input",
        "help",
        "icon",
    }
)
MAX_INPUTS = {
    "Read": 0,
    "CheckerBoard2": 0,
    "Constant": 0,
    "Input": 0,
    "Copy": 2,
    "ShuffleCopy": 2,
    "Switch": 100,
    "Viewer": 10,
    "Root": 0,
    "BackdropNode": 0,
}
RENDER_EVENTS = ("beforeRender", "beforeFrameRender", "afterFrameRender", "afterRender")
NODE_EVENTS = ("knobChanged", "onCreate", "onUserCreate", "onDestroy", "updateUI", "autolabel")


def common() -> list[Knob]:
    events = [PythonKnob(name) for name in NODE_EVENTS]
    for knob in events:
        knob._flags |= INVISIBLE
    return [
        text("name"),
        Multiline_Eval_String_Knob("label"),
        number("xpos"),
        number("ypos"),
        flag("selected"),
        flag("hide_input"),
        flag("postage_stamp"),
        number("tile_color"),
        text("note_font"),
        text("help"),
        text("icon"),
        *events,
    ]


def _root() -> list[Knob]:
    return [
        number("frame", 1),
        number("first_frame", 1),
        number("last_frame", 100),
        real("fps", 24),
        Format_Knob("format"),
        flag("proxy"),
        real("proxy_scale", 0.5),
        flag("lock_range"),
        File_Knob("project_directory"),
        choice("colorManagement", ["Nuke", "OCIO"]),
        choice("OCIO_config", ["nuke-default", "aces_1.2", "custom"]),
        File_Knob("customOCIOConfigPath"),
        choice("workingSpaceLUT", [*SPACES], "scene_linear"),
        choice("floatLut", [*SPACES], "linear"),
        *(PythonKnob(f"onScript{when}") for when in ("Load", "Save", "Close")),
    ]


def _read() -> list[Knob]:
    return [
        File_Knob("file"),
        File_Knob("proxy"),
        Format_Knob("format"),
        *(number(name, 1) for name in ("first", "last", "origfirst", "origlast")),
        flag("origset"),
        choice("before", OUTSIDE),
        choice("after", OUTSIDE),
        choice("frame_mode", ["expression", "start at", "offset"]),
        text("frame"),
        choice("on_error", ON_ERROR),
        button("reload"),
        choice("localizationPolicy", LOCALIZATION, "from auto-localize path"),
        button("updateLocalization"),
        choice("colorspace", ["default", *SPACES]),
        flag("raw"),
        flag("premultiplied"),
        flag("auto_alpha"),
    ]


def _write() -> list[Knob]:
    return [
        File_Knob("file"),
        File_Knob("proxy"),
        choice("file_type", FILE_TYPES),
        channel("channels", "rgb"),
        choice("colorspace", ["default", *SPACES]),
        flag("raw"),
        flag("premultiplied"),
        flag("create_directories"),
        flag("use_limit"),
        number("first", 1),
        number("last", 1),
        choice("frame_mode", ["expression", "start at", "offset"]),
        text("frame"),
        number("render_order", 1),
        text("views"),
        flag("reading"),
        flag("checkHashOnRead"),
        *(PythonKnob(name) for name in RENDER_EVENTS),
    ]


def exr_knobs() -> list[Knob]:
    """What a Write has once its file type is exr."""
    return [
        choice("datatype", ["16 bit half", "32 bit float"]),
        choice("compression", [*COMPRESSIONS], 1),
        real("dw_compression_level", 45),
        flag("autocrop"),
        choice("metadata", METADATA, 1),
        flag("noprefix"),
        choice("interleave", INTERLEAVE),
        flag("truncateChannelNames"),
        flag("write_full_layer_names"),
        flag("write_ACES_compliant_EXR"),
        flag("write_hash", True),
    ]


def _crop() -> list[Knob]:
    form = default_format()
    return [
        with_value(BBox_Knob("box"), [0, 0, form.width(), form.height()]),
        real("softness"),
        flag("reformat"),
        flag("intersect"),
        flag("crop", True),
    ]


def _reformat() -> list[Knob]:
    return [
        choice("type", ["to format", "to box", "scale"]),
        Format_Knob("format"),
        number("box_width", 200),
        number("box_height", 200),
        flag("box_fixed"),
        real("box_pixel_aspect", 1),
        flag("pbb"),
        with_value(XY_Knob("scale"), 1),
        choice("resize", ["none", "width", "height", "fit", "fill", "distort"], "width"),
        choice("filter", ["impulse", "Cubic", "Keys", "Lanczos4"], "Cubic"),
    ]


def _copy() -> list[Knob]:
    return [
        *(channel(f"from{i}", "none") for i in range(1, 4)),
        *(channel(f"to{i}", "none") for i in range(1, 4)),
        channel("from0", "rgba.alpha"),
        channel("to0", "rgba.alpha"),
        channel("channels", "none"),
    ]


def _shuffle_copy() -> list[Knob]:
    names = ("red", "green", "blue", "alpha")
    both = [*names, *(f"{name}2" for name in names)]
    return [choice(n, both, n if n == "alpha" else f"{n}2") for n in names]


def _spaces(*names: str) -> Callable[[], list[Knob]]:
    return lambda: [choice(name, [*SPACES]) for name in names]


KNOBS: dict[str, Callable[[], list[Knob]]] = {
    "Root": _root,
    "Group": list,
    "Input": lambda: [number("number")],
    "Output": list,
    "Dot": list,
    "NoOp": list,
    "Viewer": list,
    "BackdropNode": list,
    "CheckerBoard2": list,
    "Constant": lambda: [AColor_Knob("color"), Format_Knob("format"), channel("channels", "rgb")],
    "Read": _read,
    "Write": _write,
    "Grade": lambda: [real("multiply", 1), real("add")],
    "Multiply": lambda: [real("value", 1), channel("channels", "rgb")],
    "Crop": _crop,
    "Position": lambda: [XY_Knob("translate")],
    "Reformat": _reformat,
    "Copy": _copy,
    "ShuffleCopy": _shuffle_copy,
    "Switch": lambda: [real("which")],
    "Roto": lambda: [CurveKnob("curves")],
    "RotoPaint": lambda: [CurveKnob("curves")],
    "OCIOColorSpace": _spaces("in_colorspace", "out_colorspace"),
    "Colorspace": _spaces("colorspace_in", "colorspace_out"),
}


def knobs_of(node_class: str) -> list[Knob]:
    """The knobs of a new node of a class."""
    made = [*common(), *KNOBS[node_class]()]
    if node_class not in {"Root", "Input", "Output", "Viewer", "BackdropNode"}:
        made.append(Disable_Knob("disable"))
    return made
