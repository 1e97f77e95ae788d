"""What a person is told who waits for a job, or meets a daemon of another version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon
from plate import Plate, check
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.errors import IncompatibleError


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDaemon]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    daemon = FakeDaemon()
    daemon.start()
    yield daemon
    daemon.close()


@pytest.mark.parametrize("what", ["job", "queue"])
def test_who_waits_for_a_paused_queue_or_job_is_told(fake: FakeDaemon, what: str) -> None:
    plate = Plate()
    with fake.connect() as client:
        backend = DaemonBackend(client)
        if what == "job":
            list(plate.restore(backend))
            job = fake.disk.jobs[str(backend.job_id)]
            fake.disk.change(job, state="paused", done=0)
            fake.disk.results.clear()
        fake.disk.paused = True

        def let_it_go_on() -> bool:
            if any("paused" in text for text in plate.texts("note")):
                fake.disk.paused = False
                for waiting in fake.disk.jobs.values():
                    if waiting.state == "paused":
                        fake.disk.change(waiting, state="queued")
            return False

        check(plate, list(plate.restore(backend, let_it_go_on)))
    (note,) = (text for text in plate.texts("note") if "paused" in text)
    assert "sparkvsr resume" in note


@pytest.mark.parametrize("choosy", [True, False])
@pytest.mark.parametrize(
    ("daemon", "older", "update"),
    [((2, 0), "the program is older", "bridge"), ((0, 9), "the daemon is older", "daemon stop")],
)
def test_of_two_versions_the_older_side_is_named(
    fake: FakeDaemon, daemon: tuple[int, int], older: str, update: str, choosy: bool
) -> None:
    fake.version, fake.choosy = daemon, choosy
    with pytest.raises(IncompatibleError, match=older) as caught:
        fake.connect()
    assert update in caught.value.hint
    assert f"{daemon[0]}.{daemon[1]}" in caught.value.message
