"""A clip on an emulated timeline and its result, as the agent writes one, for tests of bringing it
back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.making import source_picture
from resolve_emulator.model import Item, PoolItem
from resolve_emulator.profile import harsh
from resolve_emulator.rates import rate_of
from resolve_emulator.renderer import composite
from resolve_emulator.stamp import Rendered, read_stamp, stamped
from sparkvsr.media import CodecName, MediaInfo, Timecode, open_output
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.append import Appender
from sparkvsr_resolve.host.bring_back import Delivery, Returned, bring_back
from sparkvsr_resolve.host.connect import connect
from sparkvsr_resolve.host.importing import Result

FRAMES, AT, FIRST = 12, 10, 5
"""Of the clip: length, place on the timeline, and first frame of its media."""
SIZE = (128, 96)
MARK = 99
"""Item number in the pictures of results; the emulator gives it to no item in these tests."""

PROFILES = [
    Profile(version=version)
    for version in ((18, 6, 0), (19, 1, 0), (20, 3, 1), (20, 3, 2), (21, 0, 4), (21, 1, 0))
]
ALL = [*PROFILES, harsh(), harsh((18, 6, 0)), harsh((20, 3, 1))]
IDS = [".".join(map(str, profile.version)) for profile in PROFILES] + [
    "harsh",
    "harsh18",
    "harsh20",
]


def make_result(
    folder: Path,
    name: str = "sh010_v001",
    frames: int = FRAMES,
    rate: str = "24",
    start: int = 86400 + AT,
    kind: str = "prores4444",
    size: tuple[int, int] = SIZE,
    mark: int = MARK,
) -> Result:
    """Pictures that say their frame of the shot and `mark`.

    Args:
        start: absolute frame of the first one: its timecode, and its number in a sequence.
        kind: codec of a movie, or `exr`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fps, drop = rate_of(rate)
    movie = kind != "exr"
    path = folder / (f"{name}.mov" if movie else f"{name}.%08d.exr")
    result = Result(path.as_posix(), frames, fps, start)
    if Path(result.first_file).exists():
        return result
    like = MediaInfo(
        name="result",
        kind="sequence",
        width=size[0],
        height=size[1],
        frames=frames,
        first_frame=start,
        rate=fps,
        pixel_aspect=Fraction(1),
        dtype=np.dtype(np.uint16 if movie else np.float16),
        bits=16,
        is_float=not movie,
        timecode=Timecode(start, round(fps), drop),
    )
    codec: Any = kind if movie else None
    chosen: CodecName | None = codec
    with open_output(
        str(path), like=like, width=size[0], height=size[1], first_frame=start, codec=chosen
    ) as output:
        for frame in range(frames):
            picture = stamped(1 - source_picture(frame, size), Rendered(frame, mark))
            whole = np.rint(picture * 65535).astype(np.uint16)
            output.write(whole if movie else picture.astype(np.float16))
        output.commit()
    return result


class Shot:
    """A session with a trimmed clip on video track 1, its result, and the bridge's desk.

    Args:
        rate, start: of the timeline.
        tracks: how many video tracks there are.
        folder: of the result.
    """

    def __init__(
        self,
        session: Session,
        folder: Path,
        rate: str = "24",
        start: str | None = None,
        tracks: int = 1,
        kind: str = "prores4444",
        size: tuple[int, int] = SIZE,
        **colours: str,
    ) -> None:
        self.session = session
        session.volumes.append(str(folder))
        session.project.settings["timelineFrameRate"] = rate
        width, height = map(str, size)
        self.timeline = session.timeline(
            "Edit",
            rate,
            start,
            tracks,
            timelineResolutionWidth=width,
            timelineResolutionHeight=height,
            **colours,
        )
        session.project.settings.update(colours)
        plate = session.media / f"plate_{rate.split()[0]}_{width}.mkv"
        if not plate.exists():
            session.movie(plate.name, frames=24, rate=rate.split()[0], size=size)
        self.plate = session.import_clip(plate)
        self.item = session.place(self.plate, AT, FIRST, FRAMES)
        session.park(3)
        self.result = self.make(folder, kind=kind)
        self.folder = folder
        self.said: list[str] = []
        self.cancelled = False
        self.settings = ClipSettings()
        self.desk = connect(session.resolve, session, self.said.append, lambda: self.cancelled)
        self.able = Abilities().look(self.desk)
        self.appender = Appender(self.desk, self.able)
        self.before = session.state()

    def make(self, folder: Path, name: str = "sh010_v001", **facts: Any) -> Result:
        """A result of the clip as it is, at the timeline's rate and size."""
        rate = self.timeline.settings["timelineFrameRate"]
        name = f"{name}_{rate.replace(' ', '')}_{self.item.start}_{self.timeline.size[0]}"
        facts = {"rate": rate, "start": self.item.start, "size": self.timeline.size, **facts}
        return make_result(folder, name, **facts)

    def find_item(self) -> Any:
        """The clip, by its id: what the bridge is given."""
        for track in (1, 2, 3, 4):
            for item in self.desk.timeline.GetItemListInTrack("video", track) or ():
                if item.GetUniqueId() == self.item.uid:
                    return item
        raise BridgeError("The clip was deleted.", "Undo that.")

    def delivery(self, **facts: Any) -> Delivery:
        return replace(Delivery(self.timeline.uid, self.result, self.settings), **facts)

    def bring(self, find_item: Callable[[], Any] | None = None, **facts: Any) -> Returned:
        facts.setdefault("settings", self.settings)
        return bring_back(
            self.desk, self.able, self.appender, self.delivery(**facts), find_item or self.find_item
        )

    def fail(self, name: str, nth: int, how: Any, times: int) -> None:
        """Let the n-th call of a method from now on go wrong, and those after it."""
        for call in range(nth, nth + times):
            self.session.fail(name, call, how)

    # What a person sees then.

    @property
    def names(self) -> list[str]:
        """Of the video tracks."""
        return [track.name for track in self.timeline.tracks["video"]]

    def on_track(self, index: int) -> list[Item]:
        return self.timeline.tracks["video"][index - 1].items

    def pool(self) -> dict[str, list[str]]:
        """Path of each bin to the names of its clips."""

        def walk(folder: Any, path: str) -> Iterator[tuple[str, list[str]]]:
            yield path, [clip.name for clip in folder.clips]
            for inner in folder.bins:
                yield from walk(inner, f"{path}/{inner.name}")

        return dict(walk(self.session.project.root, ""))

    def imported(self, result: Result | None = None) -> PoolItem:
        name = Path((result or self.result).path).name.partition("%")[0]
        (found,) = [c for c in self.session.project.clips() if c.name.startswith(name)]
        return found

    def seen(self, frame: int) -> Rendered:
        """What the pixels of the timeline say at an absolute frame."""
        return read_stamp(composite(self.session, self.timeline, frame)[0])

    def titled(self, frame: int) -> bool:
        """Whether the emulator's title is on the picture."""
        picture, _ = composite(self.session, self.timeline, frame)
        return bool((picture[-2:, 1::3] == 1.0).all())

    def is_as_before(self) -> bool:
        return bool(self.session.state() == self.before)


def without_ours(state: dict[str, Any], returned: Any, track: int | None) -> dict[str, Any]:
    """A state less what was brought back: the bin, the placed item, the track."""
    state = copy.deepcopy(state)
    (top,) = [uid for uid, found in state["bins"]["bins"].items() if found["name"] == "SparkVSR"]
    del state["bins"]["bins"][top]
    tracks = state["timelines"][state["timeline"]]["tracks"]["video"]
    if track is not None:
        (item,) = tracks[track - 1]["items"]
        assert item["uid"] == returned.item and tracks[track - 1]["name"] == "SparkVSR"
        del tracks[track - 1]
    state["selected"] = [uid for uid in state["selected"] if uid != returned.clip]
    return state


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for results; each is written once."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def shot(resolve_profile: Profile, tmp_path: Path, results: Path) -> Iterator[Shot]:
    with Session(resolve_profile, tmp_path / "resolve") as session:
        yield Shot(session, results)
