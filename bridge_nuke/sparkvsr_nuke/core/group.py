"""The SparkVSR node: a Group, so that a script opens on machines that do not have SparkVSR.

What the host package relies on, by name: the knobs; `PlateExport` and `KeysExport`, which temporary
Writes are connected to; the four nodes of colour, which hidden knobs switch on; `ReadResult` and
`ReadPreview`, which follow hidden knobs, too. No Write stays inside: `nuke -x` would render it.
"""

from __future__ import annotations

from sparkvsr_link import ENGINES, GRADES, MOST_GUIDANCE, PINS, UPSCALES

from .frames import RANGE_MODES
from .interior import interior
from .script import Expression, KnobKind, UserKnob, group_script
from .settings import DEPTHS

GROUP_SCHEMA = 1
"""Of knobs and interior, saved in the node; a newer package rebuilds older nodes."""

NO_VERSION = "none"
"""What the pulldown of versions shows before the first result."""

BUTTONS = {
    "add_current": "Add current frame",
    "from_paint": "From roto/paint keys",
    "clear": "Clear",
    "restore": "Restore",
    "preview": "Preview this frame",
    "cancel": "Cancel",
    "free_gpu": "Free GPU",
    "report": "Open report",
}
"""Name to label; a pressed button calls `sparkvsr_nuke.press(node, name)`."""

_TOOLTIPS = {
    "from_paint": "Frames at which Roto and RotoPaint above the keyframes input have something.",
    "restore": "Export what is new, restore the range in a new version, and show it.",
    "preview": "Show the current frame as it would be restored; moving guidance follows then.",
    "free_gpu": "End the idle workers of SparkVSR, so that Nuke has the GPU's memory.",
    "report": "The report of the version that is shown, in a browser.",
}
_MISSING = "SparkVSR is not installed on this machine: run its installer, then start Nuke again."
_COLOUR = "0x4f6f8fff"


def group_text(name: str = "SparkVSR1") -> str:
    """The text of a new node, for `nuke.nodePaste` or a `.nk` file."""
    return group_script(name, knobs(), interior(), _COLOUR, label="[value badge]")


def button_code(button: str) -> str:
    """One line of Python that runs a button, or shows one line where the package is missing."""
    return (
        "import importlib.util; "
        f"__import__('sparkvsr_nuke').press(nuke.thisNode(), '{button}') "
        "if importlib.util.find_spec('sparkvsr_nuke') "
        f"else nuke.message('{_MISSING}')"
    )


def knobs() -> tuple[UserKnob, ...]:
    """All knobs, in the order of the panel."""
    return (
        UserKnob(KnobKind.TAB, "sparkvsr", "SparkVSR"),
        UserKnob(
            KnobKind.STRING,
            "keyframe_list",
            "keyframes",
            "Frames that the keyframes input has fixed, such as 1001 1010-1020x5.",
        ),
        _button("add_current", new_line=True),
        _button("from_paint"),
        _button("clear"),
        _choice(
            "range",
            "range",
            RANGE_MODES,
            "Which frames are restored: of the plate, of the script, or from first to last.",
        ),
        UserKnob(KnobKind.INT, "custom_first", "first", value=1),
        UserKnob(KnobKind.INT, "custom_last", "last", value=1, new_line=False),
        _choice(
            "upscale",
            "upscale",
            tuple(f"{upscale:g}" for upscale in UPSCALES),
            "How much larger the result is.",
            chosen="2",
        ),
        UserKnob(
            KnobKind.DOUBLE,
            "guidance",
            tooltip="0 ignores keyframes, 1 follows them, above exaggerates. A preview follows it.",
            span=(0, MOST_GUIDANCE),
            value=1,
        ),
        _choice(
            "grade",
            "grade",
            GRADES,
            "Carry the colours of keyframes to all frames; auto does so where they differ.",
        ),
        _choice(
            "pin",
            "pin",
            PINS,
            "Keyframes themselves in the result: as they are, blended with it, or not.",
        ),
        _choice("engine", "engine", ENGINES, "auto takes the best one that can run here."),
        UserKnob(
            KnobKind.FILE,
            "output",
            "output folder",
            "Each node has a folder of its own in it; no version is ever overwritten.",
        ),
        _choice("version", "version", (NO_VERSION,), "Which result is shown."),
        UserKnob(
            KnobKind.BOOL,
            "show_result",
            "show result",
            "Off: the node gives its plate.",
            value=True,
            new_line=False,
        ),
        UserKnob(KnobKind.TEXT, "divider", ""),
        *(
            _button(button, new_line=button == "restore")
            for button in ("restore", "preview", "cancel", "free_gpu", "report")
        ),
        UserKnob(KnobKind.TEXT, "status", "status", text=" ", new_line=True),
        UserKnob(KnobKind.TAB, "advanced", "Advanced"),
        UserKnob(
            KnobKind.STRING,
            "working_space",
            "working space",
            "Colour space of both inputs, by its OpenColorIO name; empty for scene-linear.",
        ),
        UserKnob(
            KnobKind.STRING,
            "exchange_space",
            "exchange space",
            "Colour space in which pictures are handed over and come back, by its OpenColorIO name;"
            " empty leaves them in the working space.",
        ),
        _choice(
            "plate_depth", "plate depth", DEPTHS, "Of the exported plate; keyframes are float."
        ),
        UserKnob(
            KnobKind.BOOL,
            "overscan",
            "overscan",
            "Restore what lies outside of the format, too. Off: nothing is left outside of it.",
            value=True,
        ),
        UserKnob(KnobKind.STRING, "view", tooltip="The view that is restored.", value="main"),
        UserKnob(
            KnobKind.BOOL,
            "farm_check",
            "farm check",
            "Renders without a window fail where the result is missing or stale.",
            value=True,
        ),
        *_hidden_knobs(),
    )


def _hidden_knobs() -> tuple[UserKnob, ...]:
    kinds = {
        "uid": KnobKind.STRING,
        "badge": KnobKind.STRING,
        "result_file": KnobKind.FILE,
        "result_first": KnobKind.INT,
        "result_last": KnobKind.INT,
        "result_ready": KnobKind.BOOL,
        "preview_file": KnobKind.FILE,
        "preview_frame": KnobKind.INT,
        "preview_ready": KnobKind.BOOL,
        "export_converted": KnobKind.BOOL,
        "result_converted": KnobKind.BOOL,
        "preview_converted": KnobKind.BOOL,
    }
    schema = UserKnob(KnobKind.INT, "sparkvsr_schema", value=GROUP_SCHEMA, hidden=True)
    plain = (UserKnob(kind, name, hidden=True) for name, kind in kinds.items())
    # Not empty, because sizes are divided by theirs.
    windows = (
        UserKnob(KnobKind.BOX, f"{name}_window", value=Expression("0", "0", "1", "1"), hidden=True)
        for name in ("export", "result", "preview")
    )
    shown = Expression(
        *(
            f"(preview_ready&&frame==preview_frame)?preview_window.{side}:result_window.{side}"
            for side in "xyrt"
        )
    )
    return (
        schema,
        *plain,
        *windows,
        UserKnob(KnobKind.BOX, "shown_window", value=shown, hidden=True),
    )


def _button(name: str, *, new_line: bool = False) -> UserKnob:
    code, tooltip = button_code(name), _TOOLTIPS.get(name, "")
    return UserKnob(KnobKind.BUTTON, name, BUTTONS[name], tooltip, code, new_line=new_line)


def _choice(
    name: str, label: str, choices: tuple[str, ...], tooltip: str, chosen: str = ""
) -> UserKnob:
    return UserKnob(
        KnobKind.ENUMERATION, name, label, tooltip, choices=choices, value=chosen or choices[0]
    )
