"""What GetClipProperty says of a clip, and what can be set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .media import timecode
from .rates import text_of
from .transforms import SPACES, managed

if TYPE_CHECKING:
    from .host import Host
    from .model import PoolItem

LEVELS = ("Auto", "Video", "Full")
CHOICES = {"Data Level": LEVELS, "Alpha mode": ("None", "Premultiplied", "Straight")}
FREE = ("IDT", "PAR", "Start TC", "Input LUT", "Clip Name")


def answer(host: Host, clip: PoolItem, name: str) -> Any:
    """One property, or all for the empty name; '' for a name that there is not."""
    found = _facts(host, clip) | clip.changed
    if name in ("", "Frames") and clip.lag:
        clip.lag -= 1
        found["Frames"] = "0"
    return found.get(name, "") if name else found


def _facts(host: Host, clip: PoolItem) -> dict[str, Any]:
    rate: Any = text_of(clip.rate)
    if host.profile.fps_number:
        rate = float(rate)
    facts = {
        "Clip Name": clip.name,
        "Type": clip.kind,
        "FPS": rate,
        "Frames": str(clip.frames),
        "Start": str(clip.first),
        "End": str(clip.first + clip.frames - 1),
        "File Path": "",
        "File Name": "",
        "Online Status": "Offline" if clip.offline else "Online",
        "Data Level": "Auto",
        "Alpha mode": "None",
        "Field Dominance": "Auto",
        "PAR": "Square",
        "IDT": "",
        "Input LUT": "",
        "Super Scale": "",
        "Usage": str(len(host.project.uses(clip))),
        "Input Color Space": host.project.settings["colorSpaceInput"],
    }
    media = clip.media
    if media is None:
        return facts
    return facts | {
        "File Path": media.path,
        "File Name": Path(media.path).name,
        "Resolution": f"{media.width}x{media.height}",
        "Video Codec": media.codec,
        "Start TC": timecode(media, clip.first),
        "End TC": timecode(media, clip.first + clip.frames),
        "Duration": timecode(media, clip.frames - media.start),
        "Bit Depth": "16",
        "Drop frame": "0",
    }


def change(host: Host, clip: PoolItem, name: str, value: Any) -> bool:
    if name == "Input Color Space":
        if not managed(host.project.settings) or value not in SPACES:
            return False
    elif name == "FPS":
        if not isinstance(value, str | int | float):
            return False
    elif name in CHOICES:
        if value not in CHOICES[name]:
            return False
    elif name not in FREE or not isinstance(value, str):
        return False
    clip.changed[name] = value
    return True


def input_space(clip: PoolItem) -> str:
    """The clip's own Input Color Space; nothing where it follows the project."""
    return str(clip.changed.get("Input Color Space", ""))
