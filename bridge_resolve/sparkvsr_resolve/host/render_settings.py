"""The user's render settings: kept in a preset while ours are set, and put back from it.

Nothing tells what the settings are; a preset is the only whole copy of them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Snapshot

from .desk import Desk

if TYPE_CHECKING:
    from fusionscript import RenderMode

SINGLE_CLIP = 1
"""Render mode; in the other one a range becomes all of the clips that it touches."""


def keep(desk: Desk, preset: str) -> int:
    """Save the user's settings as a preset. Shows the Deliver page.

    Returns:
        The user's render mode.

    Raises:
        BridgeError: it cannot be saved, so nothing may be set.
    """
    desk.change(
        "save the render settings as a preset",
        lambda: desk.project.SaveAsNewRenderPreset(preset),
        lambda: preset in preset_names(desk),
    )
    return desk.asked("the render mode", desk.project.GetCurrentRenderMode)


def restore(desk: Desk, snapshot: Snapshot) -> None:
    """Load the preset of a snapshot and delete it; nothing when there is none.

    Raises:
        BridgeError: it cannot be loaded, and is then kept, or not be deleted.
    """
    if snapshot.preset not in preset_names(desk):
        return
    wanted = (snapshot.render_format.lower(), snapshot.render_codec.lower())
    if _format(desk) == wanted:
        _set_another_format(desk, wanted)  # so that its change proves that the preset was loaded
    loaded = []
    desk.change(
        f"load the render preset {snapshot.preset}",
        lambda: loaded.append(desk.project.LoadRenderPreset(snapshot.preset)),
        lambda: bool(loaded[-1]) and _format(desk) == wanted,
    )
    if snapshot.render_mode is not None:
        set_mode(desk, snapshot.render_mode)
    delete_preset(desk, snapshot.preset)


def delete_preset(desk: Desk, name: str) -> None:
    """Delete a render preset.

    Raises:
        BridgeError: Resolve does not.
    """
    desk.change(
        f"delete the render preset {name}",
        lambda: desk.project.DeleteRenderPreset(name),
        lambda: name not in preset_names(desk),
    )


def set_mode(desk: Desk, mode: int) -> None:
    """Set the render mode; reading it shows the Deliver page, too.

    Raises:
        BridgeError: Resolve does not.
    """
    if desk.project.GetCurrentRenderMode() != mode:
        desk.change(
            "set the render mode",
            lambda: desk.project.SetCurrentRenderMode(cast("RenderMode", mode)),
            lambda: desk.project.GetCurrentRenderMode() == mode,
        )


def set_format(desk: Desk, extension: str, codec: str) -> None:
    """Set format and codec, by their ids.

    Raises:
        BridgeError: Resolve does not.
    """
    desk.change(
        f"take the render format {extension} {codec}",
        lambda: desk.project.SetCurrentRenderFormatAndCodec(extension, codec),
        lambda: _format(desk) == (extension.lower(), codec.lower()),
    )


def preset_names(desk: Desk) -> list[str]:
    """The names of all render presets; some versions give them as texts, some in dictionaries.

    Raises:
        BridgeError: Resolve does not tell.
    """
    found: list[Any] = list(desk.asked("its render presets", desk.project.GetRenderPresetList))
    return [
        str(entry.get("PresetName") or entry.get("Name") or "")
        if isinstance(entry, dict)
        else str(entry)
        for entry in found
    ]


def _set_another_format(desk: Desk, current: tuple[str, str]) -> None:
    with suppress(BridgeError):  # then what Resolve says must do
        set_format(desk, *(("exr", "RGBHalf") if current[0] == "tif" else ("tif", "RGB16")))


def _format(desk: Desk) -> tuple[str, str]:
    found = desk.project.GetCurrentRenderFormatAndCodec() or {}
    return str(found.get("format")).lower(), str(found.get("codec")).lower()
