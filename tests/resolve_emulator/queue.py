"""The render queue at work: one job at a time, one frame at each event of the clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import renderer
from .rates import timecode_of
from .render_formats import is_sequence
from .render_state import RenderJob
from .writing import Movie, Output, Pictures

if TYPE_CHECKING:
    from .host import Host

STATES = {
    "en": ("Ready", "Rendering", "Complete", "Cancelled", "Failed"),
    "it": ("Pronto", "Rendering in corso", "Concluso", "Annullato", "Fallito"),
    "es": ("Listo", "Renderizando", "Finalizado", "Cancelado", "Error"),
    "xx": ("Qorl", "Qorling", "Vantu", "Brelo", "Zimf"),
}
NAMES = ("ready", "rendering", "complete", "cancelled", "failed")


class Queue:
    """All jobs of the project.

    Attributes:
        running: the job that renders; None while nothing does.
        fail_at: a frame of the next job, from 0, and what is said of it.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.jobs: list[RenderJob] = []
        self.running: RenderJob | None = None
        self.fail_at: tuple[int, str] | None = None
        self._waiting: list[RenderJob] = []
        self._output: Output | None = None
        self._stalled = False

    def find(self, uid: str) -> RenderJob | None:
        return next((job for job in self.jobs if job.uid == uid), None)

    def status(self, job: RenderJob) -> dict[str, Any]:
        word = STATES[self._host.profile.language][NAMES.index(job.state)]
        found: dict[str, Any] = {"JobStatus": word, "CompletionPercentage": job.percent}
        if job.state == "complete":
            found["TimeTakenToRenderInMs"] = round(job.seconds * 1000)
        if job.state == "rendering":
            left = (job.last - job.first + 1 - job.done) * self._host.profile.frame_seconds
            found["EstimatedTimeRemainingInMs"] = round((left + job.seconds) * 1000)
        if job.error:
            found["Error"] = job.error
        return found

    def start(self, jobs: list[RenderJob]) -> bool:
        if self.running or not jobs:
            return False
        self._waiting = list(jobs)
        self._begin()
        return True

    def stop(self) -> None:
        """The job at hand is cancelled, those after it stay ready; a livelock does not hear it."""
        if self.running and not self._host.profile.livelock:
            self._waiting = []
            self._end("cancelled")

    def _begin(self) -> None:
        job = self.running = self._waiting.pop(0)
        job.state, job.percent, job.error, job.done, job.seconds = "rendering", 0, "", 0, 0.0
        self._stalled = False
        self._later()

    def _later(self) -> None:
        job = self.running
        self._host.clock.after(self._host.profile.frame_seconds, lambda: self._frame(job))

    def _frame(self, job: RenderJob | None) -> None:
        """Write the next frame of a job, unless it has ended since."""
        if job is None or self.running is not job:
            return
        job.seconds += self._host.profile.frame_seconds
        if self._host.profile.livelock:
            self._later()
            return
        stall = self._host.profile.render_stall
        if stall and stall[0] == job.done and not self._stalled:
            self._stalled = True
            self._host.clock.after(stall[1], lambda: self._frame(job))
            return
        try:
            self._write(job)
        except OSError as error:
            job.error = str(error)
            self._end("failed")
            return
        job.done += 1
        job.percent = min(99, 100 * job.done // (job.last - job.first + 1))
        if job.first + job.done > job.last:
            self._end("complete")
        else:
            self._later()

    def _write(self, job: RenderJob) -> None:
        frame = job.first + job.done
        if self.fail_at and self.fail_at[0] == job.done:
            text, self.fail_at = self.fail_at[1], None
            raise OSError(text)
        self._host.seek(job.timeline, frame)
        if self._output is None:
            self._output = _open(job)
        if job.video:
            picture, said = renderer.composite(self._host, job.timeline, frame)
            self._output.write(frame, renderer.finished(self._host, picture, said, job.size))

    def _end(self, state: str) -> None:
        job, self.running = self.running, None
        assert job is not None
        job.state = state
        if self._output is not None:
            self._output.close(whole=state == "complete")
            self._output = None
        if state == "complete":
            job.percent = 100
        if self._waiting:
            self._begin()
            return
        self._host.unseated = True
        self._host.clock.after(self._host.profile.playhead_jump, lambda: self._jump(job.first))

    def _jump(self, frame: int) -> None:
        """Shortly after a render the playhead of whatever is open then moves once more."""
        current = self._host.project.current
        if current is not None:
            self._host.seek(current, min(max(frame, current.start), current.end))


def _open(job: RenderJob) -> Output:
    """Raises OSError when the folder is not there."""
    folder, name = Path(job.entry["TargetDir"]), job.entry["CustomName"]
    if not folder.is_dir():
        raise FileNotFoundError(f"The folder {folder} does not exist")
    if is_sequence(job.format):
        return Pictures(folder, name, job.format, job.codec)
    timecode = timecode_of(job.first, job.timeline.rate, job.timeline.drop)
    return Movie(folder / f"{name}.{job.format}", job.codec, job.timeline.rate, timecode)
