"""Where a job stands, as far as can be told from outside: what its client said, jobs, files."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

from sparkvsr.errors import SparkVSRError
from sparkvsr_daemon._messages import JobInfo
from sparkvsr_daemon.client import Client, connect

from ._home import SPARKVSR, Home
from ._shots import Shot

PHASES: Final = (
    "start of client and daemon",
    "upload",
    "start of the engine",
    "source encode",
    "references",
    "prediction",
    "decode and blend",
    "send",
    "write",
    "between jobs",
)
_STAGES: Final = 12  # about as many as a job of ours keeps


class Restoring:
    """`sparkvsr restore job.json --json` as a process, and the last thing it said of each kind."""

    def __init__(self, home: Home, shot: Shot) -> None:
        self.process = home.start(
            *SPARKVSR,
            "restore",
            str(shot.file),
            "--json",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.said: dict[str, dict[str, Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def status(self) -> int | None:
        """Its exit status, once all that it said has been read."""
        status = self.process.poll()
        if status is not None:
            self._reader.join()
        return status

    @property
    def received(self) -> int:
        """Frames that it has been given."""
        return int(self.said.get("progress", {}).get("frames", 0))

    @property
    def error(self) -> str:
        """What it says went wrong."""
        found = self.said.get("error", {})
        return f"{found.get('code', '')}: {found.get('message', '')}" if found else ""

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - a pipe
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):  # cut off by a kill
                event = json.loads(line)
                kind = event["event"]
                self.said[f"notice {event['kind']}" if kind == "notice" else kind] = event


class Watcher:
    """Asks the daemon about its jobs; starts none, and bears that none runs."""

    def __init__(self) -> None:
        self._client: Client | None = None

    def jobs(self) -> dict[str, JobInfo]:
        """What the daemon says of each job by its id; nothing when nobody answers."""
        try:
            if self._client is None:
                self._client = connect(start=False)
            return {job.id: job for job in self._client.jobs()}
        except SparkVSRError:
            self.close()
            return {}

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()
            self._client = None


class Scene:
    """One job being restored in a home, and what can be seen of it.

    Attributes:
        info: of the job, as the daemon last said; None before it has accepted it.
    """

    def __init__(self, home: Home, shot: Shot, job: str, watcher: Watcher) -> None:
        self.shot = shot
        self.job = job
        self.info: JobInfo | None = None
        self._home = home
        self._watcher = watcher
        self._stored_before = self._stored()
        self._stages_before = len(self._stages())
        self.restoring = Restoring(home, shot)

    def again(self) -> None:
        """Start the client anew."""
        self.restoring = Restoring(self._home, self.shot)

    def look(self) -> None:
        """Ask the daemon where the job stands."""
        self.info = self._watcher.jobs().get(self.job, self.info)

    @property
    def uploaded(self) -> int:
        """Files that this job has brought into the daemon's store."""
        return self._stored() - self._stored_before

    @property
    def computed(self) -> float:
        """Share of the work that is done: by the model's stages, else by the frames."""
        stages = len(self._stages()) - self._stages_before
        return max(stages / _STAGES, self.done / self.shot.frames)

    @property
    def done(self) -> int:
        """Restored frames that are in the store."""
        return 0 if self.info is None else self.info.done

    @property
    def received(self) -> float:
        """Share of the frames that the client has been given."""
        return self.restoring.received / self.shot.frames

    @property
    def written(self) -> int:
        """Bytes of the output that grows."""
        name = f".{self.shot.output.name}.part-*/*"
        return sum(_size(part) for part in self.shot.file.parent.rglob(name))

    def is_at(self, phase: str, share: float) -> bool:
        """Whether a phase of the model has come; other engines: so much of the work is done."""
        if self.shot.engine != "sparkvsr":
            return self.computed > share
        return self.phase() == phase

    def phase(self) -> str:
        """One of `PHASES`."""
        said = self.restoring.said
        if self.restoring.status is not None:
            return PHASES[-1]
        if self.received >= 1.0:
            return "write"
        if self.done >= self.shot.frames:
            return "send"
        if self.done or "notice started" in said:
            return self._phase_of_engine()
        if self.info is not None:
            return "start of the engine"
        return "upload" if "started" in said else PHASES[0]

    def _phase_of_engine(self) -> str:
        """Of the model by what was kept last: latents have five axes, those of references three."""
        if self.shot.engine != "sparkvsr":
            return "decode and blend" if self.done else "prediction"
        axes = [_axes(file) for file in self._stages()[self._stages_before :]]
        if not axes:
            return "source encode"
        if axes[-1] == 3:
            return "prediction"
        return "references" if axes.count(5) % 2 else "decode and blend"

    def _stored(self) -> int:
        return sum(path.is_file() for path in (self._home.home / "data" / "store").rglob("*"))

    def _stages(self) -> list[Path]:
        files = (self._home.home / "cache" / "stages").glob("*/*.safetensors")
        return sorted(files, key=_age)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # moved into place just now
        return 0


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _axes(file: Path) -> int:
    """Axes of the one tensor of a safetensors file."""
    try:
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(size))
    except (OSError, ValueError):
        return 0
    return max(len(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
