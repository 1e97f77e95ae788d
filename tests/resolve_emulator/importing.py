"""Files that become clips of the media pool."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .media import STILL_FRAMES, Media, find_media, still
from .model import PoolItem
from .rates import rate_of

if TYPE_CHECKING:
    from .host import Host

KINDS = {"movie": "Video", "sequence": "Video", "still": "Still"}


def imported(host: Host, items: list[Any]) -> list[PoolItem] | None:
    """As ImportMedia does it: into the current bin, and only what is not in the pool yet."""
    if items and all(isinstance(item, dict) for item in items):
        if not host.profile.import_dict:
            return None
        found = [_numbered(host, item) for item in items]
    elif items and all(isinstance(item, str) for item in items):
        if host.profile.import_in_storage and not all(host.storable(item) for item in items):
            return []
        found = [media for item in items for media in _of_path(host, item)]
    else:
        return None
    return _taken(host, found)


def from_storage(host: Host, items: list[Any]) -> list[PoolItem]:
    """As AddItemListToMediaPool does it; folders of frames become sequences."""
    found: list[Media | None] = []
    for item in items:
        if isinstance(item, dict):
            path, first, last = (item.get(key) for key in ("media", "startFrame", "endFrame"))
            whole = find_media(str(path), _rate(host))
            if whole is not None and isinstance(first, int) and isinstance(last, int):
                whole = _part(whole, first, last)
            found.append(whole)
        elif isinstance(item, str):
            found += _of_path(host, item)
    return _taken(host, found)


def replace(host: Host, clip: PoolItem, path: str) -> bool:
    """Another file for a clip; what was set on it is lost."""
    found = _of_path(host, path)
    if len(found) != 1 or found[0] is None or clip.media is None:
        return False
    clip.media, clip.name, clip.offline = found[0], Path(found[0].path).name, False
    clip.changed.clear()
    clip.metadata.clear()
    return True


def add(host: Host, media: Media, name: str = "") -> PoolItem:
    """A clip in the current bin."""
    frames = STILL_FRAMES if media.kind == "still" else media.frames
    clip = PoolItem(
        uid=host.uid("clip"),
        name=name or Path(media.path).name,
        kind="Video + Audio" if media.audio else KINDS[media.kind],
        media=media,
        first=0,
        frames=frames,
        lag=host.profile.frames_lag,
        bin=host.project.folder,
    )
    host.project.folder.clips.append(clip)
    return clip


def _taken(host: Host, found: list[Media | None]) -> list[PoolItem]:
    known = {clip.media.path for clip in host.project.clips() if clip.media}
    made = []
    for media in found:
        if media is not None and media.path not in known:
            known.add(media.path)
            made.append(add(host, media))
    return made


def _rate(host: Host) -> Fraction:
    return rate_of(host.project.settings["timelineFrameRate"])[0]


def _of_path(host: Host, path: str) -> list[Media | None]:
    """A file, or what a folder holds; nothing for what is not there or not absolute."""
    file = Path(path)
    if not file.is_absolute() or not file.exists():
        return []
    if file.is_dir():
        files = sorted(found for found in file.iterdir() if found.is_file())
        medias = [_one(host, str(found)) for found in files]
        return list({media.path: media for media in medias if media}.values())
    return [_one(host, path)]


def _one(host: Host, path: str) -> Media | None:
    found = find_media(path, _rate(host))
    if found and found.kind == "sequence" and host.profile.individual_frames:
        return still(path, _rate(host))
    return found


def _numbered(host: Host, item: dict[str, Any]) -> Media | None:
    """`{"FilePath": "f_%08d.exr", "StartIndex": a, "EndIndex": b}`."""
    path, first, last = (item.get(key) for key in ("FilePath", "StartIndex", "EndIndex"))
    if not isinstance(path, str) or not isinstance(first, int) or not isinstance(last, int):
        return None
    try:
        whole = find_media(path % first, _rate(host))
    except TypeError:  # no number in it
        return None
    return _part(whole, first, last) if whole else None


def _part(whole: Media, first: int, last: int) -> Media | None:
    """The part of a sequence between two numbers of files."""
    end = whole.number + whole.frames - 1
    if whole.kind != "sequence" or not whole.number <= first <= last <= end:
        return None
    digits = len(whole.path.rpartition("-")[2].partition("]")[0])
    stem, suffix = whole.path.partition("[")[0], whole.path.rpartition("]")[2]
    return Media(
        path=f"{stem}[{first:0{digits}}-{last:0{digits}}]{suffix}",
        pattern=whole.pattern,
        kind=whole.kind,
        frames=last - first + 1,
        number=first,
        rate=whole.rate,
        width=whole.width,
        height=whole.height,
        start=whole.start + first - whole.number,
        codec=whole.codec,
    )
