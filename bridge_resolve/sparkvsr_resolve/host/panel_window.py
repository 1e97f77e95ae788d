"""The window of the panel: what is in it, and what its controls say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sparkvsr_link import ENGINES, GRADES, MOST_GUIDANCE, PINS, UPSCALES
from sparkvsr_resolve.core import COLORS, PLAN_HEAD, BridgeError, ClipSettings
from sparkvsr_resolve.core.settings import BASES, DELIVERIES, OUTPUTS, PLACEMENTS

WINDOW = "SparkVsrPanel"
LOOK, RESTORE, PREVIEW, CANCEL = "Look", "Restore", "Preview", "Cancel"
CLEAN_UP, REPORT, PICTURE = "CleanUp", "Report", "Picture"
BUTTONS = {
    RESTORE: "Restore",
    PREVIEW: "Preview this frame",
    CANCEL: "Cancel",
    CLEAN_UP: "Clean up",
    REPORT: "Open report",
}

# Fields of ClipSettings: label and entries. Upscales are numbers.
_CHOICES: dict[str, tuple[str, Sequence[str]]] = {
    "engine": ("Engine", ENGINES),
    "upscale": ("Upscale", tuple(f"{upscale:g}" for upscale in UPSCALES)),
    "grade": ("Grade", GRADES),
    "pin": ("Pin keyframes", PINS),
    "base": ("Base", BASES),
    "deliver": ("Deliver", DELIVERIES),
    "placement": ("Placement", PLACEMENTS),
    "output": ("Output", OUTPUTS),
    "marker_color": ("Markers", COLORS),
}
_TEXTS = {"name_prefix": ("or names that begin with", ""), "work_folder": ("Work folder", "chosen")}
_GUIDANCE, _GUIDANCE_SAID = "guidance", "GuidanceSaid"
_STEPS = 100  # of the slider, for 1 of guidance
_PICTURE_SIZE = [480, 270]
_BAR = 30  # characters

Handler = Callable[[Any], None]


class PanelWindow:
    """Whoever shows its `window` hides it again.

    Args:
        settings: what the controls show.

    Raises:
        BridgeError: Resolve opens none.
    """

    def __init__(self, ui: Any, dispatcher: Any, settings: ClipSettings) -> None:
        self._ui = ui
        self._given = settings
        facts = {"ID": WINDOW, "WindowTitle": "SparkVSR", "Geometry": [120, 120, 980, 640]}
        self.window = dispatcher.AddWindow(facts, ui.VGroup({"Spacing": 6}, _rows(ui)))
        if self.window is None:
            raise BridgeError("Resolve opens no window for SparkVSR.", "Use its menu scripts.")
        self._fill(settings)

    # What it shows.

    def say(self, text: str) -> None:
        """One line about what is being done, or how it ended."""
        self._find("Status").Text = text

    def show_clip(self, text: str) -> None:
        self._find("Clip").Text = text

    def show_warnings(self, lines: Sequence[str]) -> None:
        self._find("Warnings").Text = "\n".join(lines)

    def show_plan(self, rows: Sequence[Sequence[str]]) -> None:
        tree = self._find("Keyframes")
        tree.Clear()
        for row in rows:
            item = tree.NewItem()
            for column, text in enumerate(row):
                item.Text[column] = text
            tree.AddTopLevelItem(item)

    def show_progress(self, done: int, frames: int) -> None:
        """A bar; none for no frames. UIManager has no element for one."""
        text = ""
        if frames:
            filled = _BAR * done // frames
            text = f"{'█' * filled}{'░' * (_BAR - filled)}  {done} of {frames} frames"
        self._find("Progress").Text = text

    def show_picture(self, path: Path) -> None:
        picture = self._find(PICTURE)
        picture.Icon = self._ui.Icon({"File": path.as_posix()})
        picture.Text = ""

    def hide_picture(self) -> None:
        picture = self._find(PICTURE)
        picture.Icon = self._ui.Icon({"File": ""})
        picture.Text = "No preview"

    def enable(self, buttons: Mapping[str, bool]) -> None:
        """Which buttons can be pressed."""
        for name, enabled in buttons.items():
            self._find(name).Enabled = enabled

    def offer_clean_up(self, offered: bool) -> None:
        self._find(CLEAN_UP).Visible = offered

    # What its controls say.

    def settings(self) -> ClipSettings:
        """What a person chose; values between the slider's steps are kept until it is moved."""
        chosen: dict[str, Any] = {name: self._find(name).CurrentText for name in _CHOICES}
        chosen["upscale"] = float(chosen["upscale"])
        chosen.update({name: str(self._find(name).Text).strip() for name in _TEXTS})
        moved = self._find(_GUIDANCE).Value
        given = self._given.guidance
        chosen["guidance"] = given if moved == round(given * _STEPS) else moved / _STEPS
        return ClipSettings(**chosen)

    def listen(self, pressed: Callable[[str], Handler], changed: Handler, closed: Handler) -> None:
        """Say who is told of events.

        Args:
            pressed: gives the handler of a button.
        """

        def moved(event: Any) -> None:
            self._say_guidance()
            changed(event)

        on = self.window.On
        for name in (LOOK, PICTURE, *BUTTONS):
            on[name].Clicked = pressed(name)
        for name in _CHOICES:
            on[name].CurrentIndexChanged = changed
        for name in _TEXTS:
            on[name].TextChanged = changed
        on[_GUIDANCE].ValueChanged = moved
        on[WINDOW].Close = closed

    def _fill(self, settings: ClipSettings) -> None:
        head = self._find("Keyframes").NewItem()
        for column, text in enumerate(PLAN_HEAD):
            head.Text[column] = text
        self._find("Keyframes").SetHeaderItem(head)
        for name, (_, entries) in _CHOICES.items():
            value = getattr(settings, name)
            text = f"{value:g}" if isinstance(value, float) else value
            # One that is not known is shown too: what is wrong is said, not changed.
            known = [*entries, *([] if text in entries else [text])]
            self._find(name).AddItems(known)
            self._find(name).CurrentIndex = known.index(text)
        for name in _TEXTS:
            self._find(name).Text = getattr(settings, name)
        self._find(_GUIDANCE).Value = round(settings.guidance * _STEPS)
        self._say_guidance()

    def _say_guidance(self) -> None:
        self._find(_GUIDANCE_SAID).Text = f"{self.settings().guidance:g}"

    def _find(self, name: str) -> Any:
        return self.window.Find(name)


def _rows(ui: Any) -> list[Any]:
    names = list(_CHOICES)
    guidance = [
        ui.Label({"Text": "Guidance", "Weight": 0}),
        ui.Slider({"ID": _GUIDANCE, "Minimum": 0, "Maximum": round(MOST_GUIDANCE * _STEPS)}),
        ui.Label({"ID": _GUIDANCE_SAID, "Weight": 0, "MinimumSize": [40, 0]}),
    ]
    return [
        ui.HGroup(
            {"Weight": 0},
            [
                ui.Label({"ID": "Clip", "Text": "No clip", "Weight": 1}),
                ui.Button({"ID": LOOK, "Text": "Look again", "Weight": 0}),
            ],
        ),
        ui.Label({"ID": "Warnings", "WordWrap": True, "Weight": 0}),
        ui.HGroup(
            {"Weight": 1},
            [
                ui.Tree({"ID": "Keyframes", "ColumnCount": len(PLAN_HEAD)}),
                _picture(ui),
            ],
        ),
        ui.HGroup({"Weight": 0}, [*_choices(ui, names[:4]), *guidance]),
        ui.HGroup({"Weight": 0}, _choices(ui, names[4:8])),
        ui.HGroup({"Weight": 0}, [*_choices(ui, names[8:]), *_texts(ui)]),
        ui.HGroup({"Weight": 0}, [ui.Button({"ID": n, "Text": t}) for n, t in BUTTONS.items()]),
        ui.Label({"ID": "Progress", "Weight": 0}),
        ui.Label({"ID": "Status", "WordWrap": True, "Weight": 0}),
    ]


def _picture(ui: Any) -> Any:
    """A button, since that is what shows a picture; pressed, it opens the picture."""
    return ui.Button(
        {
            "ID": PICTURE,
            "Text": "No preview",
            "Flat": True,
            "IconSize": _PICTURE_SIZE,
            "MinimumSize": _PICTURE_SIZE,
            "Weight": 0,
        }
    )


def _choices(ui: Any, names: Sequence[str]) -> list[Any]:
    elements = []
    for name in names:
        elements += [
            ui.Label({"Text": _CHOICES[name][0], "Weight": 0}),
            ui.ComboBox({"ID": name, "Weight": 1}),
        ]
    return elements


def _texts(ui: Any) -> list[Any]:
    elements = []
    for name, (label, hint) in _TEXTS.items():
        elements += [
            ui.Label({"Text": label, "Weight": 0}),
            ui.LineEdit({"ID": name, "PlaceholderText": hint, "Weight": 1}),
        ]
    return elements
