"""kill -9 of supervisor, worker, client and all, at random moments, and what comes of the jobs."""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import psutil  # type: ignore[import-untyped]

from sparkvsr.errors import SparkVSRError
from sparkvsr_daemon._messages import JobInfo
from sparkvsr_daemon.client import connect

from ._home import Home, is_supervisor, is_worker, wait_until
from ._phases import PHASES, Restoring, Scene, Watcher
from ._report import Outcome, Table
from ._scale import Scale
from ._shots import Shot, make_model, make_shots, wrong_pixels

VICTIMS: Final = ("supervisor", "worker", "client", "all")
_PATIENCE_S: Final = 120.0  # for one job without any kill
_ORPHAN_S: Final = 5.0
_SPARE: Final = 1.1  # some moments find nobody to kill


@dataclass(frozen=True)
class Moment:
    """When to strike.

    Attributes:
        weight: how often it is chosen.
        reached: whether it has come; the number, 0 to 1, says how far into it.
        most_s: up to so many seconds after it.
    """

    weight: float
    reached: Callable[[Scene, float], bool]
    most_s: float


_MOMENTS: Final = (  # more or less in the order in which they come
    Moment(1.0, lambda scene, share: True, 2.0),
    Moment(1.5, lambda scene, share: scene.uploaded > share * scene.shot.frames, 0.05),
    Moment(1.5, lambda scene, share: scene.info is not None, 2.0),
    Moment(2.0, lambda scene, share: "notice started" in scene.restoring.said, 0.3),
    Moment(4.0, lambda scene, share: scene.computed > share, 0.05),
    Moment(1.5, lambda scene, share: scene.is_at("source encode", share), 0.0),
    Moment(1.5, lambda scene, share: scene.is_at("references", share), 0.0),
    Moment(1.5, lambda scene, share: scene.is_at("prediction", share), 0.0),
    Moment(2.0, lambda scene, share: scene.done > share * scene.shot.frames, 0.1),
    Moment(1.0, lambda scene, share: scene.written > 0 and scene.received > share, 0.1),
    Moment(0.5, lambda scene, share: scene.done >= scene.shot.frames, 0.1),
    Moment(0.5, lambda scene, share: scene.received >= 1.0, 0.1),
)


class Killer:
    """Restores the shots of a home while it kills what works on them.

    Attributes:
        kills: how many hit which phase and victim.
        orphans: workers that outlived their supervisor for longer than they may.
        lost: shots that never came to an end, by name, and why.
        parked: how often a job had to be let go on by hand.
    """

    def __init__(self, home: Home, random: Random) -> None:
        self.kills: Counter[tuple[str, str]] = Counter()
        self.orphans = 0
        self.lost: dict[str, str] = {}
        self.parked = 0
        self._home = home
        self._random = random
        self._watcher = Watcher()

    def restore(self, shot: Shot, job: str, kills: int, deadline: float) -> None:
        """Restore one shot; this many kills fall on the way, or fewer when time is up."""
        scene = Scene(self._home, shot, job, self._watcher)
        for place, share in self._draw(kills):
            if time.monotonic() > deadline:
                break
            self._await(scene, _MOMENTS[place], share)
            self._strike(scene)
        if not wait_until(lambda: self._is_finished(scene), _PATIENCE_S):
            self.lost[shot.name] = f"{scene.info}, {scene.restoring.error}"
            scene.restoring.process.kill()

    def jobs(self) -> list[JobInfo]:
        """All jobs, from a daemon that may have to be started for it."""
        self._watcher.close()
        with connect() as client:
            return list(client.jobs())

    def close(self) -> None:
        """Hang up."""
        self._watcher.close()

    def _draw(self, kills: int) -> list[tuple[int, float]]:
        """Moments and how far into them, in the order in which they come."""
        weights = [moment.weight for moment in _MOMENTS]
        places = self._random.choices(range(len(_MOMENTS)), weights, k=kills)
        return sorted((place, self._random.random()) for place in places)

    def _await(self, scene: Scene, moment: Moment, share: float) -> None:
        """Wait for a moment of the job; a job that ends before it comes is given again."""
        for _ in range(2):  # the second time all is there, and the frames only have to be sent
            wait_until(
                lambda: self._is_finished(scene) or moment.reached(scene, share), _PATIENCE_S
            )
            if scene.restoring.status is None:
                time.sleep(self._random.random() * moment.most_s)
                return
            scene.again()

    def _is_finished(self, scene: Scene) -> bool:
        """Whether the job came to its end. A client that ended before is started again."""
        scene.look()
        status = scene.restoring.status
        if status is None or status == 0:
            return status == 0
        if scene.info is not None and scene.info.state == "parked":
            self._let_go_on(scene.job)
        scene.again()
        return False

    def _let_go_on(self, job: str) -> None:
        with contextlib.suppress(SparkVSRError), connect() as client:
            client.retry(job)
            self.parked += 1

    def _strike(self, scene: Scene) -> None:
        """Stop the world, see where the job stands, kill, and let the others go on."""
        everybody = self._home.processes()
        for process in everybody:
            _signal(process, signal.SIGSTOP)
        phase = scene.phase()
        workers = [process for process in everybody if is_worker(process)]
        candidates = {
            "supervisor": [process for process in everybody if is_supervisor(process)],
            "worker": workers,
            "client": [p for p in everybody if p.pid == scene.restoring.process.pid],
            "all": everybody,
        }
        victim = self._random.choice([name for name in VICTIMS if candidates[name]] or ["all"])
        for process in candidates[victim]:
            _signal(process, signal.SIGKILL)
        for process in everybody:
            _signal(process, signal.SIGCONT)
        self.kills[phase, victim] += bool(candidates[victim])
        if victim in ("supervisor", "all"):
            _, alive = psutil.wait_procs(workers, timeout=_ORPHAN_S)
            self.orphans += len(alive)
        if victim == "client":
            time.sleep(self._random.random())  # the job goes on without it


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module."""
    with TemporaryDirectory(prefix="sparkvsr-soak-") as folder:
        model = str(make_model(Path(folder)))
        with Home(SPARKVSR_MODEL=model) as quiet:
            expected = make_shots(quiet.folder / "shots", scale.jobs)
            begin = time.monotonic()
            names = [_undisturbed(quiet, shot) for shot in expected]
            outcome.tell("undisturbed", f"{scale.jobs} jobs in {time.monotonic() - begin:.0f} s")
            with Home(SPARKVSR_MODEL=model) as home:
                _kill_in(home, expected, names, scale, random, outcome)


def _undisturbed(home: Home, shot: Shot) -> str:
    """Restore a shot; the id of its job."""
    restoring = Restoring(home, shot)
    if restoring.process.wait() != 0 or restoring.status != 0:
        raise RuntimeError(f"{shot.name} fails undisturbed: {restoring.error}")
    return str(restoring.said["notice started"]["data"]["job"])


def _kill_in(
    home: Home,
    expected: Sequence[Shot],
    names: Sequence[str],
    scale: Scale,
    random: Random,
    outcome: Outcome,
) -> None:
    shots = make_shots(home.folder / "shots", scale.jobs)
    killer = Killer(home, random)
    deadline = time.monotonic() + scale.kill_s
    for number, (shot, job) in enumerate(zip(shots, names, strict=True)):
        still = _SPARE * scale.kills - killer.kills.total()
        killer.restore(shot, job, ceil(still / (scale.jobs - number)), deadline)
    wrong = sum(
        wrong_pixels(found.output, right.output)
        for found, right in zip(shots, expected, strict=True)
        if found.name not in killer.lost
    )
    jobs = [job for job in killer.jobs() if job.id in names]
    killer.close()
    home.stop()
    orphans = killer.orphans + len(home.processes())
    leftovers = home.leftovers()
    kills = killer.kills.total()
    outcome.expect("kills", kills, f"≥ {scale.kills}", kills >= scale.kills)
    outcome.expect("jobs that were lost", len(killer.lost), "0", not killer.lost)
    outcome.expect("wrong pixels", wrong, "0", wrong == 0)
    _expect_no_window_twice(jobs, outcome)
    outcome.expect("processes left over", orphans, "0", orphans == 0)
    outcome.expect("half files left over", len(leftovers), "0", not leftovers)
    outcome.tell("jobs parked after crashes, and let go on", killer.parked)
    outcome.notes += [f"{name}: {why}" for name, why in killer.lost.items()] + leftovers[:10]
    rows = [
        (phase, *(str(killer.kills[phase, victim]) for victim in VICTIMS)) for phase in (*PHASES,)
    ]
    outcome.tables.append(Table("Which phase was hit", ("phase", *VICTIMS), rows))


def _expect_no_window_twice(jobs: Sequence[JobInfo], outcome: Outcome) -> None:
    if not any(job.windows for job in jobs):
        outcome.expect("windows restored twice though kept", "not told", "0", None)
        return
    repeated = sum(job.windows_repeated for job in jobs)
    restored, planned = (
        sum(getattr(job, n) for job in jobs) for n in ("windows_restored", "windows")
    )
    outcome.expect("windows restored twice though kept", repeated, "0", repeated == 0)
    outcome.tell("windows restored, of windows planned", f"{restored} of {planned}")


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)
