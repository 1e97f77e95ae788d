"""Which Resolve is emulated: version, edition, system, language, and its moods as toggles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Profile:
    """A toggle's default is what was measured most often; `harsh()` turns on what is worst.

    None means: as this version does. Seconds are virtual.

    Attributes:
        language: of job states: en, it, es, or xx for words that nobody can know.
        external: the script runs in a process of its own, not from the menu.
        headless: started without a window.
        start_tries: so often `scriptapp` gives None, while Resolve starts.
        latency, render_latency: seconds that each call takes; while a render runs.
        real_pause: real seconds that pass in each sleep and tick, for tests in which other
            processes must get on meanwhile.
        patience: real seconds after which a call that nobody lets go fails the test.
        anonymous_appended: what an append returns has an empty id and name until it is found again.
        page_delay: seconds from OpenPage to GetCurrentPage's new answer.
        open_page_false, open_page_stuck: so many calls of OpenPage give False; True, unmoved.
        seek_sticks: the first SetCurrentTimecode after a timeline was made, Deliver was left or a
            render ended says True and moves nothing.
        seek_lag: so many readings of the timecode still give the old one.
        item_needs_seek: GetCurrentVideoItem is None until a script has set the playhead.
        source_end: of GetSourceEndFrame; None is exclusive at equal rates, else inclusive.
        marker_keys: type of the keys of GetMarkers.
        stale_tracks: GetTrackCount keeps its answer after AddTrack until the page changes.
        deliver_moves_marks: entering Deliver clears the marks.
        still_polls: seconds until the file of a still appears after the call.
        still_previous: a still shows the frame of before when the playhead moved less than this
            many seconds ago.
        still_black, still_missing: so many stills are black; say True and write nothing.
        gallery_panel: the Gallery is visible on the Color page.
        deliver_settle: seconds in Deliver before AddRenderJob takes a job.
        frame_seconds: time to render a frame.
        render_stall: (frame, seconds): a render stands still before that frame.
        livelock: a render stays at 0 % and cannot be stopped.
        playhead_jump: seconds after a render at which the playhead moves once more.
        duplicate_is_current: DuplicateTimeline makes the copy the current timeline.
        graph_settle: seconds after OpenPage("color") in which GetNodeGraph is None.
        import_dict: ImportMedia takes numbered sequences as dicts.
        import_in_storage: ImportMedia refuses files outside of Media Storage.
        individual_frames: folders of frames are imported as single pictures.
        fps_number: GetClipProperty("FPS") is a number.
        frames_lag: so many readings of `Frames` give 0 after an import.
        end_inclusive: endFrame of AppendToTimeline is part of the clip.
        append_needs_selection: AppendToTimeline fails when no pool clip is selected.
        append_failure: what a failed append gives.
        add_take_fails: AddTake says False.
        hidden_codecs, refused_codecs: ids that are not listed; are listed and refused.
        stamp: rendered pictures carry the block that `decode` reads.
    """

    version: Version = (20, 3, 2)
    studio: bool = True
    platform: Literal["linux", "darwin", "win32"] = "linux"
    language: Literal["en", "it", "es", "xx"] = "en"
    external: bool = False
    headless: bool = False
    start_tries: int = 0
    latency: float = 0.002
    render_latency: float = 0.002
    real_pause: float = 0.0
    patience: float = 10.0
    anonymous_appended: bool = False
    page_delay: float = 0.0
    open_page_false: int = 0
    open_page_stuck: int = 0
    seek_sticks: bool = False
    seek_lag: int = 0
    item_needs_seek: bool | None = None
    source_end: Literal["exclusive", "inclusive"] | None = None
    marker_keys: type[int] | type[float] = float
    stale_tracks: bool | None = None
    deliver_moves_marks: bool = True
    still_polls: float = 0.0
    still_previous: float = 0.0
    still_black: int = 0
    still_missing: int = 0
    gallery_panel: bool = True
    deliver_settle: float = 0.0
    frame_seconds: float = 0.04
    render_stall: tuple[int, float] | None = None
    livelock: bool = False
    playhead_jump: float = 0.5
    duplicate_is_current: bool = True
    graph_settle: float | None = None
    import_dict: bool | None = None
    import_in_storage: bool = False
    individual_frames: bool = False
    fps_number: bool | None = None
    frames_lag: int = 0
    end_inclusive: bool | None = None
    append_needs_selection: bool | None = None
    append_failure: Literal["none", "empty", "false", "holding_none"] = "none"
    add_take_fails: bool = False
    hidden_codecs: frozenset[str] = frozenset()
    refused_codecs: frozenset[str] = frozenset()
    stamp: bool = True

    def __post_init__(self) -> None:
        by_version = {
            "item_needs_seek": self.version >= (21, 1, 0),
            "stale_tracks": self.version >= (21, 1, 0),
            "graph_settle": 1.0 if self.version >= (21, 1, 0) else 0.0,
            "import_dict": self.version < (21, 1, 0),
            "fps_number": self.version >= (20, 0, 0),
            "end_inclusive": self.version < (19, 1, 0),
            "append_needs_selection": self.version <= (20, 3, 1),
        }
        for name, value in by_version.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

    @property
    def numbers(self) -> bool:
        """Rates of settings are numbers, no longer text."""
        return self.version >= (21, 1, 0)

    @property
    def scripting(self) -> bool:
        """This edition lets this script reach Resolve at all."""
        return self.studio or (not self.external and self.version < (21, 1, 0))


def harsh(version: Version = (21, 1, 1), **toggles: object) -> Profile:
    """Everything that was ever seen to go wrong by itself, at once; nothing of it is an error."""
    worst: dict[str, object] = {
        "anonymous_appended": True,
        "page_delay": 0.8,
        "open_page_false": 1,
        "seek_sticks": True,
        "seek_lag": 2,
        "item_needs_seek": True,
        "marker_keys": float,
        "stale_tracks": True,
        "still_polls": 0.4,
        "still_previous": 1.0,
        "deliver_settle": 1.5,
        "render_stall": (1, 5.0),
        "render_latency": 0.5,
        "duplicate_is_current": False,
        "graph_settle": 1.5,
        "import_in_storage": True,
        "frames_lag": 3,
        "language": "xx",
    }
    return Profile(version=version, **{**worst, **toggles})  # type: ignore[arg-type]
