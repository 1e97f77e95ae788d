"""Stills: what the viewer shows, as files; and the gallery's."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import renderer
from .model import Timeline
from .pages import WITHOUT_PLAYHEAD
from .writing import write_picture

if TYPE_CHECKING:
    from .host import Host

CODECS = {
    ".tif": "RGB16",
    ".png": "RGB8",
    ".jpg": "RGB8",
    ".dpx": "RGB10",
    ".bmp": "RGB8",
    ".ppm": "RGB8",
}
GALLERY = (".dpx", ".tif", ".jpg", ".png", ".ppm", ".bmp")


@dataclass(eq=False)
class Still:
    uid: str
    picture: NDArray[np.float32]
    label: str = ""


@dataclass(eq=False)
class Album:
    uid: str
    name: str
    stills: list[Still] = field(default_factory=list)


def shown(host: Host, timeline: Timeline) -> NDArray[np.float32] | None:
    """The viewer's picture: on Color the clip alone, elsewhere everything."""
    frame = host.still_frame(timeline)
    if host.pages.current == "color":
        found = renderer.alone(host, timeline, frame)
        if found is None:
            return None
    else:
        found = renderer.composite(host, timeline, frame)
    return renderer.finished(host, *found, renderer.size(host, timeline))


def export(host: Host, path: str) -> bool:
    """Write the current frame; the kind of file is that of its name."""
    file, timeline = Path(path), host.project.current
    if timeline is None or host.pages.current in WITHOUT_PLAYHEAD:
        return False
    if file.suffix not in CODECS or not file.is_absolute() or not file.parent.is_dir():
        return False
    picture = shown(host, timeline)
    if picture is None:
        return False
    if host.stills_left["missing"]:
        host.stills_left["missing"] -= 1
        return True
    if host.stills_left["black"]:
        host.stills_left["black"] -= 1
        picture = np.zeros_like(picture)
    made = picture
    if host.profile.still_polls:
        delay = host.profile.still_polls
        host.clock.after(delay, lambda: write_picture(file, made, CODECS[file.suffix]))
    else:
        write_picture(file, made, CODECS[file.suffix])
    return True


def grab(host: Host, timeline: Timeline) -> Still | None:
    """Into the first album; only on the Color page."""
    if host.pages.current != "color" or host.project.current is not timeline:
        return None
    picture = shown(host, timeline)
    if picture is None:
        return None
    album = albums(host)[0]
    still = Still(host.uid("still"), picture, f"1.{len(album.stills) + 1}.1")
    album.stills.append(still)
    return still


def albums(host: Host) -> list[Album]:
    if not host.project.albums:
        host.project.albums.append(Album(host.uid("album"), "Stills 1"))
    found: list[Album] = host.project.albums
    return found


def export_album(host: Host, stills: list[Still], folder: str, prefix: str, extension: str) -> bool:
    """`<prefix>_<label>.<ext>` and a .drx beside each; needs the Gallery on the Color page."""
    suffix = f".{extension}"
    visible = host.profile.gallery_panel and not host.profile.headless
    if not visible or host.pages.current != "color" or suffix not in GALLERY:
        return False
    if not stills or not Path(folder).is_dir():
        return False
    for index, still in enumerate(stills, 1):
        name = f"{prefix}_1.{index}.1" if prefix else still.label
        write_picture(Path(folder) / f"{name}{suffix}", still.picture, CODECS[suffix])
        (Path(folder) / f"{name}.drx").write_text(f"<Gallery><Label>{name}</Label></Gallery>")
    return True


def thumbnail(host: Host, timeline: Timeline) -> dict[str, Any] | None:
    """A small picture of the current clip; Color page only."""
    if host.pages.current != "color" or host.project.current is not timeline:
        return None
    picture = shown(host, timeline)
    if picture is None:
        return None
    small = np.asarray(np.rint(np.clip(picture[::2, ::2], 0, 1) * 255), np.uint8)
    return {
        "width": small.shape[1],
        "height": small.shape[0],
        "format": "RGB 8 bit",
        "noOfComponents": 3,
        "depth": 8,
        "data": base64.b64encode(small.tobytes()).decode(),
    }
