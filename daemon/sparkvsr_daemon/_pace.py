"""How fast jobs get on, as it looks from outside: from what successive answers say."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from . import _messages as m

_MEMORY_S: Final = 30.0


class Pace:
    """Frames a second of every running job over the last half minute.

    Frames leave a daemon in bursts, a window at a time, so a shorter memory would flicker.
    """

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def see(self, jobs: Sequence[m.JobInfo], now: float) -> None:
        """Take in an answer; `now` in seconds, of any clock that only goes forward."""
        running = {job.id: job.done for job in jobs if job.state == "running"}
        self._seen = {job: self._seen.get(job, deque()) for job in running}
        for job, done in running.items():
            seen = self._seen[job]
            if seen and done < seen[-1][1]:
                seen.clear()  # frames were lost, and are made anew
            seen.append((now, done))
            while seen[0][0] < now - _MEMORY_S:
                seen.popleft()

    def fps(self, job: m.JobInfo) -> float | None:
        """Frames a second; None while nothing can be said."""
        seen = self._seen.get(job.id)
        if not seen or seen[-1][1] == seen[0][1]:
            return None
        (begin, first), (end, last) = seen[0], seen[-1]
        return (last - first) / (end - begin)

    def seconds_left(self, job: m.JobInfo) -> float | None:
        """Until its last frame at this pace; None while nothing can be said."""
        fps = self.fps(job)
        return (job.frames - job.done) / fps if fps else None


def clock(seconds: float) -> str:
    """1:02:03, or 2:03 below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
