"""One job as the daemon keeps it, in memory and in its journal."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from sparkvsr.kept import PlanChoice

from ._messages import SHORT_ID, Failed, JobInfo, JobState, Layout, NoticeEvent

ENDED = ("done", "failed", "parked", "cancelled")
"""States in which nothing more happens to a job by itself."""
_WAITING_FRAMES = 66
_FLOAT_BYTES = 4


class StoredFrame(NamedTuple):
    """A restored frame in the store: how far it can be relied on, and its bytes' check sum."""

    trust: float
    crc32: int


class Job(Struct, kw_only=True):
    """One job.

    Attributes:
        order: jobs count up; a job that is queued again by itself keeps its place.
        client: who gave it; clients take turns.
        frames, done: that it gives; of these, how many are in the store.
        layout: of a restored frame.
        notices: of the start that is under way, or was the last.
        choice: what its plan was made with.
        crashes: how often its worker has died since it last got on.
        daemon_crashes: how often the daemon has died while it ran since it last got on.
        waits_for_room: it is paused because the disk was full, until so many bytes are free.
        room_tried: so many bytes were free when it last went on after that.
        windows, windows_restored, windows_repeated: see `JobInfo`.
    """

    id: str
    order: int
    client: str
    preview: bool
    frames: int
    engine: str
    engine_version: str
    layout: Layout
    created: float
    state: JobState = "queued"
    done: int = 0
    notices: list[NoticeEvent] = []
    failure: Failed | None = None
    reason: str = ""
    choice: PlanChoice | None = None
    crashes: int = 0
    daemon_crashes: int = 0
    waits_for_room: int = 0
    room_tried: int = 0
    windows: int = 0
    windows_kept: int = 0
    windows_restored: int = 0
    windows_repeated: int = 0

    @property
    def short(self) -> str:
        """As people see it."""
        return self.id[:SHORT_ID]

    @property
    def active(self) -> bool:
        """It waits or runs: what it needs must stay in the store."""
        return self.state not in ENDED

    @property
    def on_worker(self) -> bool:
        """A worker is busy with it."""
        return self.state in ("running", "pausing", "cancelling")

    def bytes_of(self, frames: int, waiting: int) -> int:
        """Bytes of so many finished frames, and of restored ones that wait to be joined."""
        height, width, channels = self.layout.shape
        waiting = min(waiting, self.frames)
        return frames * self.layout.nbytes + waiting * height * width * channels * _FLOAT_BYTES

    @property
    def bytes_to_come(self) -> int:
        """About as much has to be free on the disk for the job to go on."""
        return self.bytes_of(self.frames - self.done, _WAITING_FRAMES)

    def info(self) -> JobInfo:
        """As clients see it."""
        return JobInfo(
            id=self.id,
            state=self.state,
            frames=self.frames,
            done=self.done,
            engine=self.engine,
            engine_version=self.engine_version,
            layout=self.layout,
            created=self.created,
            reason=self.reason[:200],
            preview=self.preview,
            windows=self.windows,
            windows_kept=self.windows_kept,
            windows_restored=self.windows_restored,
            windows_repeated=self.windows_repeated,
        )
