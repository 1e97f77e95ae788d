"""The table of jobs: turns, what a restart believes, and what is forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkvsr.job import Settings, Shot
from sparkvsr.kept import PlanChoice
from sparkvsr_daemon._admission import Admission
from sparkvsr_daemon._job import Job, StoredFrame
from sparkvsr_daemon._jobs import JobTable
from sparkvsr_daemon._messages import Layout
from sparkvsr_daemon._results import Results
from sparkvsr_daemon._room import Room
from sparkvsr_daemon.errors import ManifestError, UnknownJobError
from sparkvsr_daemon.journal import Journal
from sparkvsr_daemon.manifest import make_manifest
from sparkvsr_daemon.store import Store

FRAME = b"\x01" * (4 * 4 * 3)
CHOICE = PlanChoice(33)


class Daemon:
    """Journal, store and table as one start of the daemon has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "store")
        self.store.prepare()
        self.journal = Journal(folder / "journal.sqlite3")
        self.room = Room(self.store, 10**9, lambda job: self.jobs.forgotten(job))
        self.results = Results(self.journal, self.store, self.room)
        admission = Admission(self.store, self.room, 100, 1000)
        self.jobs = JobTable(self.journal, self.results, admission)
        self.jobs.recover()

    def blob(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        writer = self.store.blob_writer(digest, len(data))
        writer.write(data)
        writer.commit()
        return digest

    def submit(self, client: str, seed: int, *, preview: bool = False) -> Job:
        frame = self.blob(FRAME)
        digest, manifest = make_manifest(
            shot=Shot(width=4, height=4, frames=3),
            settings=Settings(upscale=1, engine="identity", seed=seed),
            engine="identity",
            engine_version="1",
            depth="uint8",
            layout=Layout((4, 4, 3), "|u1"),
            frames=[frame] * 3,
            keyframes=(),
            preview=0 if preview else None,
        )
        self.blob(manifest)
        return self.jobs.submit(digest, client)

    def restored(self, job: Job, frames: int) -> None:
        for position in range(frames):
            self.store.write_result(job.id, position, FRAME)
            self.results.add(job, StoredFrame(1.0, 0))
            self.jobs.got_on(job)

    def again(self) -> Daemon:
        """The next start, after a death."""
        self.journal.close()
        return Daemon(self.folder)


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon(tmp_path)


def take_all(jobs: JobTable) -> list[Job]:
    taken = []
    while (job := jobs.next(preview=True) or jobs.next(preview=False)) is not None:
        jobs.begun(job)
        jobs.enter(job, "running")
        taken.append(job)
    return taken


def test_previews_go_first_and_clients_take_turns(daemon: Daemon) -> None:
    a = [daemon.submit("a", seed) for seed in range(4)]
    b = [daemon.submit("b", seed) for seed in range(10, 12)]
    preview = daemon.submit("a", 20, preview=True)
    fair = [preview, a[0], b[0], a[1], b[1], a[2], a[3]]
    assert daemon.jobs.waiting() == fair
    assert [daemon.jobs.ahead(job) for job in fair] == list(range(7))
    assert take_all(daemon.jobs) == fair


def test_a_client_that_comes_late_does_not_wait_for_all_jobs_of_another(daemon: Daemon) -> None:
    a = [daemon.submit("a", seed) for seed in range(3)]
    daemon.jobs.begun(a[0])
    daemon.jobs.enter(a[0], "running")
    b = daemon.submit("b", 10)
    assert take_all(daemon.jobs) == [b, a[1], a[2]]


def test_the_same_job_twice_is_one(daemon: Daemon) -> None:
    assert daemon.submit("a", 1) is daemon.submit("b", 1)
    assert daemon.jobs.queued == 1


def test_a_job_is_found_by_the_beginning_of_its_id(daemon: Daemon) -> None:
    jobs = {job.id: job for job in (daemon.submit("a", seed) for seed in range(40))}
    some = next(iter(jobs))
    assert daemon.jobs.find(some[:12]) is jobs[some]
    shared = next(c for c in "0123456789abcdef" if sum(id.startswith(c) for id in jobs) > 1)
    with pytest.raises(UnknownJobError, match=f"jobs begin with {shared}"):
        daemon.jobs.find(shared)
    with pytest.raises(UnknownJobError, match="no job zzzz"):
        daemon.jobs.find("zzzz")


def test_queued_jobs_wait_in_the_same_order_after_a_restart(daemon: Daemon) -> None:
    names = [daemon.submit(client, seed).id for seed, client in enumerate("aabb")]
    daemon = daemon.again()
    expected = [names[0], names[2], names[1], names[3]]
    assert [job.id for job in daemon.jobs.waiting()] == expected
    assert daemon.submit("c", 9).order == 5


def crash(daemon: Daemon, name: str) -> Daemon:
    job = daemon.jobs.find(name)
    daemon.jobs.enter(job, "running")
    return daemon.again()


def test_two_deaths_in_a_row_park_a_job_and_progress_between_them_does_not(daemon: Daemon) -> None:
    name = daemon.submit("a", 1).id
    daemon = crash(daemon, name)
    assert daemon.jobs.find(name).state == "queued"
    daemon.restored(daemon.jobs.find(name), 1)
    daemon = crash(daemon, name)
    assert daemon.jobs.find(name).state == "queued"
    daemon = crash(daemon, name)
    parked = daemon.jobs.find(name)
    assert parked.state == "parked"
    assert parked.failure is not None
    assert "sparkvsr retry" in parked.failure.hint
    assert daemon.submit("a", 1).state == "parked"  # giving it again is no retry
    assert daemon.jobs.retry(parked, "a").state == "queued"
    assert parked.failure is None


@pytest.mark.parametrize(
    ("state", "expected"), [("cancelling", "cancelled"), ("pausing", "paused"), ("paused",) * 2]
)
def test_what_was_asked_before_a_death_holds_after_it(
    daemon: Daemon, state: str, expected: str
) -> None:
    job = daemon.submit("a", 1)
    daemon.jobs.enter(job, state)  # type: ignore[arg-type]
    assert daemon.again().jobs.find(job.id).state == expected


Damage = Callable[[Path], None]


@pytest.mark.parametrize(
    ("damage", "believed"),
    [
        (lambda results: None, 3),
        (lambda results: (results / "1.raw").unlink(), 1),
        (lambda results: (results / "2.raw").write_bytes(FRAME[:-1]), 2),
    ],
)
def test_a_restart_believes_the_frames_that_journal_and_store_agree_on(
    daemon: Daemon, damage: Damage, believed: int
) -> None:
    job = daemon.submit("a", 1)
    daemon.restored(job, 3)
    damage(daemon.folder / "store" / "results" / job.id)
    daemon = daemon.again()
    assert daemon.jobs.find(job.id).done == believed
    assert [daemon.store.result_size(job.id, p) is not None for p in range(3)] == [
        position < believed for position in range(3)
    ]


def test_a_restart_believes_the_windows_that_journal_and_store_agree_on(daemon: Daemon) -> None:
    job = daemon.submit("a", 1)
    job.choice = CHOICE
    daemon.journal.save(job)
    for position, size in enumerate((10, 20, 30, 40)):
        path = daemon.store.window_path(job.id, "33-whole", position)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"w" * size)
    for position, size in enumerate((10, 21, 30)):  # 1 is too short, 3 was never journalled
        assert daemon.journal.add_window(job.id, CHOICE, position, size)
    daemon.store.window_path(job.id, "33-whole", 2).unlink()
    daemon = daemon.again()
    assert daemon.journal.windows(job.id, CHOICE) == {0: 10}
    assert daemon.store.windows(job.id, "33-whole") == {0: 10}


def test_results_that_no_job_speaks_of_are_removed(daemon: Daemon) -> None:
    daemon.store.write_result("ab" * 32, 0, FRAME)
    assert daemon.again().store.jobs() == []


def test_a_job_whose_pictures_are_gone_after_a_restart_is_parked_with_the_reason(
    daemon: Daemon,
) -> None:
    job = daemon.submit("a", 1)
    daemon.store.remove_blob(hashlib.sha256(FRAME).hexdigest())
    daemon = daemon.again()
    parked = daemon.jobs.find(job.id)
    assert parked.state == "parked"
    assert "does not hold 1 of the 1 pictures" in parked.reason
    with pytest.raises(ManifestError):
        daemon.jobs.retry(parked, "a")


def test_results_of_a_done_job_go_when_room_is_needed_and_the_job_with_them(
    daemon: Daemon,
) -> None:
    job = daemon.submit("a", 1)
    daemon.restored(job, 3)
    assert daemon.room.clean() == 0  # it is needed
    daemon.jobs.finished(job)
    assert daemon.room.clean() > 0
    with pytest.raises(UnknownJobError):
        daemon.jobs.find(job.id)
    assert daemon.again().jobs.active() == []
