"""An import that ends anywhere goes on: what is right is kept, and nothing half counts."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hand_copy import content_of, write_files
from hub_server import REPO, SHARD, Hub, weights
from sparkvsr import CancelledError, InputError
from sparkvsr.weights import (
    Transferred,
    WeightsEvent,
    find_model,
    import_model,
    list_unfinished,
    pull,
    remove,
    verify,
    weights_list,
    write_list,
)

Events = list[WeightsEvent]
INCOMING = Path("Somebody--Tiny", ".partial", "import")


def stop_in_shard(events: Events) -> bool:
    return any(isinstance(event, Transferred) and event.file == SHARD for event in events)


def copied(events: Events) -> set[str]:
    return {e.file for e in events if isinstance(e, Transferred) and e.stage == "copying"}


def test_a_cancelled_import_keeps_what_is_copied_and_goes_on(
    folder: Path, models: Path, events: Events
) -> None:
    with pytest.raises(CancelledError):
        import_model(folder, on_event=events.append, cancelled=lambda: stop_in_shard(events))
    assert find_model() is None
    assert [left.repo for left in list_unfinished()] == [REPO]
    first = copied(events)
    events.clear()
    model = import_model(folder, on_event=events.append)
    assert verify(model) == []
    # The file that was being written when it stopped was not whole yet, or not yet counted.
    assert len(first & copied(events)) <= 1
    counts = [e.bytes for e in events if isinstance(e, Transferred) and e.stage == "copying"]
    assert counts[0] > 0
    assert counts[-1] == model.bytes
    assert not (models / INCOMING).exists()


def test_a_cancelled_import_can_be_removed(folder: Path, models: Path, events: Events) -> None:
    with pytest.raises(CancelledError):
        import_model(folder, on_event=events.append, cancelled=lambda: stop_in_shard(events))
    (left,) = list_unfinished()
    remove(left)
    assert content_of(models) == {}


def test_a_copy_that_is_rubbish_is_not_believed(
    folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (folder / SHARD).stat().st_size
    rubbish = {SHARD: bytes(size), "README.md": b"#", "LICENSE": b"", "left/over": b"x"}
    write_files(models / INCOMING, rubbish)
    real = shutil.disk_usage

    def usage(path: Path) -> object:
        assert not any(file.is_file() for file in (models / INCOMING).rglob("*"))
        return real(path)  # rubbish takes no room from what is to come

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert verify(import_model(folder)) == []
    assert not (models / INCOMING).exists()


def test_a_pull_that_was_interrupted_is_completed_by_an_import(hub: Hub, folder: Path) -> None:
    with pytest.raises(CancelledError):
        pull(REPO, cancelled=lambda: SHARD in hub.fetched())
    hub.requests.clear()
    assert verify(import_model(folder)) == []
    assert hub.requests == []


def test_an_import_that_was_interrupted_is_completed_by_a_pull(
    hub: Hub, folder: Path, events: Events
) -> None:
    with pytest.raises(CancelledError):
        import_model(folder, on_event=events.append, cancelled=lambda: stop_in_shard(events))
    assert verify(pull(REPO)) == []
    assert list_unfinished() == []


HANGING = """
import sys, time
from pathlib import Path
from sparkvsr.weights import import_model

def hang(event):
    if getattr(event, "file", "") == sys.argv[2]:
        print("hangs", flush=True)
        time.sleep(600)

import_model(Path(sys.argv[1]), on_event=hang)
"""


def test_a_process_killed_in_the_midst_of_a_file_loses_that_file_alone(
    hub: Hub, folder: Path, models: Path, events: Events
) -> None:
    block = 8 << 20
    content = weights(2 * block, 5)
    hub.repos[REPO][SHARD] = content
    (folder / SHARD).write_bytes(content)
    write_list(weights_list(REPO), folder / "weights.json")
    hanging = [sys.executable, "-c", HANGING, str(folder), SHARD]
    with subprocess.Popen(hanging, stdout=subprocess.PIPE, text=True) as importing:
        assert importing.stdout
        assert importing.stdout.readline() == "hangs\n"
        importing.kill()
    assert importing.returncode == -signal.SIGKILL
    assert (models / INCOMING / SHARD).stat().st_size == block
    assert find_model() is None
    model = import_model(folder, on_event=events.append)
    assert verify(model) == []
    kept = {e.file for e in events if isinstance(e, Transferred) and e.stage == "checking"}
    assert "model_index.json" in kept
    assert SHARD in copied(events)
    assert not kept & copied(events)
    assert not (models / INCOMING).exists()


@pytest.fixture
def newer(hub: Hub, folder: Path, tmp_path: Path) -> Path:
    """Another commit of what is here already, in a folder of its own."""
    import_model(folder)
    files = hub.repos[REPO]
    files[SHARD] = weights(300_000, 99)
    files["README.md"] = b"# Newer\n"
    del files["LICENSE"]
    write_files(tmp_path / "newer", files)
    write_list(weights_list(REPO), tmp_path / "newer" / "weights.json")
    return tmp_path / "newer"


def test_the_model_that_is_here_stays_one_until_all_of_the_other_is_copied(
    newer: Path, events: Events
) -> None:
    old = find_model()
    assert old is not None
    with pytest.raises(CancelledError):
        import_model(newer, on_event=events.append, cancelled=lambda: stop_in_shard(events))
    assert find_model() == old
    assert verify(old) == []
    (newer / SHARD).write_bytes(weights(300_000, 98))
    with pytest.raises(InputError, match=f"{SHARD} has SHA-256"):
        import_model(newer)
    assert find_model() == old
    assert verify(old) == []


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_it_never_counts_while_its_files_change_places(
    newer: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    real, done = Path.replace, 0

    def replace(path: Path, target: Path) -> Path:
        nonlocal done
        done += 1
        if done > moves:
            raise KeyboardInterrupt  # as if killed between two of the system's calls
        return real(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            import_model(newer)
    assert find_model() is None
    model = import_model(newer)
    assert verify(model) == []
    assert (model.folder / "README.md").read_bytes() == b"# Newer\n"
    assert not (model.folder / "LICENSE").exists()
