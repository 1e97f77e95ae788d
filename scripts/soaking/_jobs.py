"""Jobs that run one after the other beside something else, compared with an undisturbed one."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Self

import msgspec

from sparkvsr.job import Job

from ._home import Home
from ._phases import Restoring
from ._report import Outcome
from ._shots import Shot, make_shots, wrong_pixels


class JobLoop:
    """Runs one shot undisturbed when it is entered, and again and again between `begin` and `end`.

    Attributes:
        seconds: that each run took; the first is the undisturbed one.
    """

    def __init__(self, home: Home) -> None:
        self.seconds: list[float] = []
        self.wrong_pixels = 0
        self.failures: list[str] = []
        self._home = home
        self._restoring: Restoring | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        (self._shot,) = make_shots(self._home.folder / "shots", 1)
        self._expected = self._restored(0)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._thread.is_alive() and self._restoring is not None:
            self._restoring.process.kill()
            self._thread.join()

    def begin(self) -> None:
        """Start with the jobs."""
        self._thread.start()

    def end(self) -> None:
        """Let the last job come to its end."""
        self._stop.set()
        self._thread.join()

    def judge(self, outcome: Outcome) -> None:
        """Say what became of the jobs."""
        runs = len(self.seconds) - 1
        outcome.expect("jobs finished meanwhile", runs, "≥ 1", runs >= 1 and not self.failures)
        outcome.expect("wrong pixels in them", self.wrong_pixels, "0", self.wrong_pixels == 0)
        outcome.notes += self.failures

    def _run(self) -> None:
        number = 1
        while not self._stop.is_set():
            output = self._restored(number)
            if output is not None and self._expected is not None:
                self.wrong_pixels += wrong_pixels(output, self._expected)
            number += 1

    def _restored(self, number: int) -> Path | None:
        """Restore the shot as a job of its own: the seed is another, and without effect here."""
        shot = self._numbered(number)
        begin = time.monotonic()
        restoring = self._restoring = Restoring(self._home, shot)
        if restoring.process.wait() == 0 and restoring.status == 0:
            self.seconds.append(time.monotonic() - begin)
            return shot.output
        self.failures.append(f"run {number}: {restoring.error}")
        return None

    def _numbered(self, number: int) -> Shot:
        shot = self._shot
        job = msgspec.json.decode(shot.file.read_bytes(), type=Job)
        output = shot.output.parent / f"{number}" / shot.output.name
        job = msgspec.structs.replace(
            job,
            output=str(output),
            settings=msgspec.structs.replace(job.settings, seed=number),
        )
        file = shot.file.with_name(f"run-{number}.json")
        file.write_bytes(msgspec.json.encode(job))
        return Shot(f"run {number}", file, output, shot.frames, shot.engine)
