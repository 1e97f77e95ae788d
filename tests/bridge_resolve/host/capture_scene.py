"""A user's session with a clip to be captured, and everything around it that must not be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Session, decode
from resolve_emulator.model import Item
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import (
    TIMELINE,
    Capabilities,
    ClipSettings,
    MarkerFilter,
    Plan,
    ScriptLock,
    Verdict,
    VersionFolder,
    build_plan,
    clip_folder,
    make_version,
    read_markers,
)
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.capture import Captured, CaptureOptions, capture
from sparkvsr_resolve.host.clip import Clip, look_at
from sparkvsr_resolve.host.connect import connect
from sparkvsr_resolve.host.desk import Desk

AT, FIRST, FRAMES = 10, 4, 6
"""The clip lies from the timeline's frame 10 on and shows frames 4 to 9 of its media."""
HOUR = 86400
CLIP_GRADE, LAYER_GRADE, PRE_GRADE, POST_GRADE, TIMELINE_GRADE = 7, 8, 3, 4, 9
MARKED = (11, 14)
"""Frames of the timeline with keyframes: 1 and 4 of the shot."""


@dataclass
class Scene:
    """The user, and what they ask SparkVSR for.

    Attributes:
        verdict: in place of what is found out about the clip.
    """

    session: Session
    folder: Path
    item: Item
    cancelled: Callable[[], bool] = lambda: False
    verdict: Verdict | None = None
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = ScriptLock.take(self.folder / "home")
        self.desk = self.new_desk()
        self.before = self.session.state()

    def new_desk(self) -> Desk:
        return connect(
            self.session.resolve, self.session, self.said.append, lambda: self.cancelled()
        )

    @property
    def abilities(self) -> Capabilities:
        return Abilities().look(self.desk)

    @property
    def clip(self) -> Clip:
        timeline = self.desk.timeline
        found = timeline.GetItemListInTrack("video", 2)
        item = next(one for one in found if one.GetUniqueId() == self.item.uid)
        clip = look_at(self.desk, self.abilities, timeline, item, 2)
        return replace(clip, verdict=self.verdict or clip.verdict)

    def plan(self, clip: Clip, **options: Any) -> Plan:
        markers: Any = self.desk.timeline.GetMarkers()
        return build_plan(clip.span, read_markers(markers, TIMELINE), MarkerFilter(), **options)

    def version(self, clip: Clip) -> VersionFolder:
        return make_version(clip_folder(self.session.media, "Film", clip.name, clip.item))

    def prepare(self, source_size: bool = False, **settings: Any) -> Callable[[], Captured]:
        """A capture that is ready to run."""
        clip = self.clip
        chosen = ClipSettings(**settings)
        plan = self.plan(clip, painted_only=chosen.painted_only)
        self.made = self.version(clip)
        options = CaptureOptions(self.lock, self.abilities, chosen, source_size)
        return lambda: capture(self.desk, clip, plan, self.made, options)

    def capture(self, **settings: Any) -> Captured:
        return self.prepare(**settings)()

    def is_as_before(self) -> bool:
        """The user's state, and nothing left for a clean-up."""
        self.session.sleep(2)
        return self.differences() == {} and self.lock.leftover() is None

    def differences(self) -> dict[str, Any]:
        after = self.session.state()
        return {
            key: (before, after[key]) for key, before in self.before.items() if before != after[key]
        }


@pytest.fixture
def scene(session: Session, tmp_path: Path) -> Iterator[Scene]:
    found = make_scene(session, tmp_path)
    yield found
    found.lock.release()


def make_scene(
    session: Session, folder: Path, rate: str = "23.976", frames: int = FRAMES, **settings: str
) -> Scene:
    """Titles above, clips beside, below and above, grades of every kind, sizing, marks, a queue."""
    clip = session.import_clip(session.sequence(frames=24, rate=rate.split()[0]))
    timeline = session.timeline("Reel 1", rate=rate, tracks=3, **settings)
    session.place(clip, at=0, first=0, frames=24, track=1)
    session.place(clip, at=0, first=14, frames=AT, track=2)
    item = session.place(clip, at=AT, first=FIRST, frames=frames, track=2)
    session.place(clip, at=AT + frames, first=0, frames=4, track=2)
    session.title(at=8, frames=10, track=3)
    item.properties.update(ZoomX=1.5, ZoomY=1.5, Pan=6.0, Opacity=80.0)
    session.grade(item, CLIP_GRADE)
    session.grade(item, LAYER_GRADE, gain=(1.0, 1.1, 1.0), layer=2)
    session.project.settings["nodeStackLayers"] = "2"
    timeline.settings["nodeStackLayers"] = "2"
    session.group([item], pre=PRE_GRADE, post=POST_GRADE)
    session.grade_timeline(TIMELINE_GRADE)
    for frame in MARKED:
        session.mark(timeline, frame)
    session.park(12)
    timeline.marks = {"video": {"in": 2, "out": 20}, "audio": {"in": 2, "out": 20}}
    session.render.settings.update(TargetDir=str(session.media), CustomName="dailies")
    session.render.mode = 0
    session.bin("Rushes")
    return Scene(session, folder, item)


def base_file(found: Captured, index: int) -> Path:
    return Path(found.source.path % (found.source.first + index))


def check_pictures(found: Captured) -> None:
    """Each shows its frame; keyframes have clip and group grade, the base none; no more is seen."""
    assert (found.source.first, found.source.frames) == (HOUR + AT, FRAMES)
    assert sorted(found.pictures) == [frame - AT for frame in MARKED]
    for index, picture in found.pictures.items():
        said = decode(picture)
        assert said.source_frame == FIRST + index
        assert (said.clip_grade, said.layer_grade) == (CLIP_GRADE, LAYER_GRADE)
        assert (said.group_pre, said.group_post) == (PRE_GRADE, POST_GRADE)
        assert (said.timeline_grade, said.zoom, said.overlays) == (0, 100, 0)
    for index in range(FRAMES):
        said = decode(base_file(found, index))
        assert said.source_frame == FIRST + index
        assert (said.clip_grade, said.layer_grade, said.group_grade) == (0, 0, 0)
        assert (said.timeline_grade, said.zoom, said.overlays) == (0, 100, 0)


def outcome(run: Callable[[], object]) -> str:
    """Empty when it worked, else what a person was told; anything but a BridgeError is raised."""
    try:
        run()
    except BridgeError as error:
        assert error.message and error.hint
        return error.message
    return ""
