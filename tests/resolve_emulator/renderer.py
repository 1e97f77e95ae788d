"""What a timeline looks like at a frame: real pixels, real arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from . import inspector, transforms
from .clip_properties import input_space
from .grades import Grade
from .model import Item, Timeline
from .settings import of_timeline
from .stamp import Rendered, stamped

if TYPE_CHECKING:
    from .host import Host

Picture = NDArray[np.float32]
COLOURS = [
    "colorScienceMode",
    "colorSpaceInput",
    "colorSpaceTimeline",
    "colorSpaceOutput",
]


def colours(host: Host, timeline: Timeline) -> dict[str, str]:
    return {name: str(of_timeline(host, timeline, name)) for name in COLOURS}


def size(host: Host, timeline: Timeline) -> tuple[int, int]:
    names = ("timelineResolutionWidth", "timelineResolutionHeight")
    width, height = (int(of_timeline(host, timeline, name)) for name in names)
    return width, height


def composite(host: Host, timeline: Timeline, frame: int) -> tuple[Picture, Rendered]:
    """All tracks, as Edit shows them and a render writes them, before the stamp."""
    width, height = size(host, timeline)
    picture = np.zeros((height, width, 3), np.float32)
    said = Rendered(0, 0, timeline=timeline.serial)
    overlays = 0
    for _, item in timeline.at(frame):
        layer = _item(host, timeline, item, frame, (width, height))
        opacity = np.float32(inspector.answer(item, "Opacity") / 100)
        if layer is None:
            picture = _titled(picture)
        else:
            picture = layer if opacity == 1 else picture * (1 - opacity) + layer * opacity
        if layer is None or opacity < 1:
            overlays += 1
        else:
            overlays, said = 0, _said(timeline, item, frame)
    picture = timeline.grade.apply(picture)
    space = colours(host, timeline)
    facts = {
        "overlays": overlays,
        "timeline_grade": timeline.grade.seen,
        "transform": transforms.number(space),
    }
    said = Rendered(**{**vars(said), **facts})
    return transforms.out_of_timeline(picture, space), said


def alone(host: Host, timeline: Timeline, frame: int) -> tuple[Picture, Rendered] | None:
    """The topmost clip as Color shows it: without titles, other tracks and sizing."""
    clips = [item for _, item in timeline.at(frame) if item.clip]
    if not clips:
        return None
    item = clips[-1]
    picture = _graded(host, timeline, item, frame, size(host, timeline))
    space = colours(host, timeline)
    said = _said(timeline, item, frame)
    facts = {"zoom": 100, "transform": transforms.number(space)}
    return transforms.out_of_timeline(picture, space), Rendered(**{**vars(said), **facts})


def finished(host: Host, picture: Picture, said: Rendered, size: tuple[int, int]) -> Picture:
    """In the size of a file, and stamped."""
    picture = fitted(picture, size)
    return stamped(picture, said) if host.profile.stamp else picture


def _said(timeline: Timeline, item: Item, frame: int) -> Rendered:
    grade, group = item.grade.layers, item.group
    return Rendered(
        source_frame=item.source_frame(frame, timeline.rate) if item.clip else 0,
        item=item.serial,
        clip_grade=grade[0].seen,
        layer_grade=max([layer.seen for layer in grade[1:]], default=0),
        group_pre=group.pre.seen if group else 0,
        group_post=group.post.seen if group else 0,
        timeline=timeline.serial,
        zoom=round(inspector.answer(item, "ZoomX") * 100),
    )


def _item(
    host: Host, timeline: Timeline, item: Item, frame: int, size: tuple[int, int]
) -> Picture | None:
    """One item, sized; None for a title or generator."""
    if item.clip is None:
        return None
    picture = _graded(host, timeline, item, frame, size)
    return inspector.transformed(item, picture)


def _graded(
    host: Host, timeline: Timeline, item: Item, frame: int, size: tuple[int, int]
) -> Picture:
    """The source's pixels through group, clip and group again, in the timeline's space."""
    clip = item.clip
    assert clip is not None
    index = item.source_frame(frame, timeline.rate)
    if clip.offline:
        picture = np.full((size[1], size[0], 3), (1, 0, 0), np.float32)
    elif clip.media is not None:
        picture = clip.media.picture(index)
        if item.fusion_comps:
            picture = picture[..., ::-1]  # a composition that swaps red and blue
        picture = transforms.into_timeline(picture, colours(host, timeline), input_space(clip))
    else:
        assert clip.timeline is not None
        picture, _ = composite(host, clip.timeline, clip.timeline.start + index)
    picture = fitted(picture, size)
    group = item.group
    grades = [group.pre if group else Grade(), *item.grade.layers, group.post if group else Grade()]
    for grade in grades:
        picture = grade.apply(picture)
    return picture


def fitted(picture: Picture, size: tuple[int, int]) -> Picture:
    """In the size of the timeline, whole and undistorted; the same size to the bit."""
    width, height = size
    if picture.shape[:2] == (height, width):
        return picture
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(picture), inner, interpolation=method)
    made = np.zeros((height, width, 3), np.float32)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    made[top : top + inner[1], left : left + inner[0]] = small
    return made


def _titled(picture: Picture) -> Picture:
    """White letters at the foot of the picture."""
    made = picture.copy()
    made[-max(2, made.shape[0] // 8) :, 1::3] = 1.0
    return made
