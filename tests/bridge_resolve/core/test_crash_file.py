"""One script drives Resolve; what it must put back outlives it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    PREFIX,
    BridgeError,
    ScriptLock,
    Snapshot,
    is_temporary,
    temporary_name,
)

FULL = Snapshot(
    project="p-1",
    timeline="t-1",
    page="color",
    playhead="01:00:00:00",
    marks={"video": {"in": 3, "out": 9}, "audio": {}},
    pool_folder="f-1",
    render_format="mov",
    render_codec="ProRes4444",
    render_mode=1,
    preset="_sparkvsr_preset_1",
    temp_timeline="_sparkvsr_base_1",
    work_folder="/media/SparkVSR/spot/sh010_3f9a1c22/v001",
    phase="rendering keyframes",
)

# Takes the lock, writes a snapshot, says so, and waits to be killed.
SCRIPT = """
import pathlib, sys
from sparkvsr_resolve.core import ScriptLock, Snapshot
lock = ScriptLock.take(pathlib.Path(sys.argv[1]))
lock.write(Snapshot("p", "t", "edit", phase="rendering base"))
print("ready", flush=True)
sys.stdin.read()
"""


def other_script(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def test_the_lock_of_a_living_script_is_respected_and_that_of_a_dead_one_is_not(
    tmp_path: Path,
) -> None:
    with other_script(tmp_path) as script:
        try:
            with pytest.raises(BridgeError) as caught:
                ScriptLock.take(tmp_path)
            assert f"process {script.pid}, since " in caught.value.message
            assert "end that script" in caught.value.hint
        finally:
            script.send_signal(signal.SIGKILL)
            script.wait()
    with ScriptLock.take(tmp_path) as lock:
        left = lock.leftover()
    assert left is not None
    assert (left.pid, left.page, left.phase) == (script.pid, "edit", "rendering base")


def test_a_lock_that_is_released_is_free_also_within_one_process(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "resolve"
    with ScriptLock.take(folder) as lock:
        with pytest.raises(BridgeError, match=f"process {os.getpid()}"):
            ScriptLock.take(folder)
        assert lock.leftover() is None
    lock.release()
    ScriptLock.take(folder).release()


def test_who_had_the_lock_before_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("process 123456789, since 00:00:00, and more")
    with ScriptLock.take(tmp_path), pytest.raises(BridgeError) as caught:
        ScriptLock.take(tmp_path)
    assert re.search(r"process \d+, since \d\d:\d\d:\d\d\.$", caught.value.message)
    assert "123456789" not in caught.value.message


def test_the_lock_is_freed_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), ScriptLock.take(tmp_path):
        raise KeyError
    ScriptLock.take(tmp_path).release()


def test_a_snapshot_comes_back_as_it_was_and_goes_when_all_is_restored(tmp_path: Path) -> None:
    with ScriptLock.take(tmp_path) as lock:
        lock.write(FULL)
        assert lock.leftover() == FULL
        later = dataclasses.replace(FULL, phase="deleting the timeline")
        lock.write(later)
        assert lock.leftover() == later
        lock.clear()
        assert lock.leftover() is None
        lock.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_snapshot_says_who_and_when() -> None:
    made = Snapshot("p", "t", "edit")
    assert made.pid == os.getpid() and len(made.started) == len("2026-01-01 00:00:00")


texts = st.text(max_size=20)
marks = st.dictionaries(texts, st.dictionaries(texts, st.integers(-9, 10**9), max_size=2))


@given(
    snapshot=st.builds(
        Snapshot,
        **{name: texts for name in ("project", "timeline", "page", "playhead", "preset", "phase")},
        marks=marks,
        render_mode=st.none() | st.integers(0, 1),
    )
)
def test_every_snapshot_comes_back(
    tmp_path_factory: pytest.TempPathFactory, snapshot: Snapshot
) -> None:
    with ScriptLock.take(tmp_path_factory.getbasetemp() / "crash") as lock:
        lock.write(snapshot)
        assert lock.leftover() == snapshot


@pytest.mark.parametrize(
    "change",
    [
        {"page": 3},
        {"pid": "12"},
        {"pid": None},
        {"render_mode": "1"},
        {"marks": []},
        {"marks": {"video": 3}},
        {"marks": {"video": {"in": "3"}}},
        {"unknown": ""},
        {"schema": 2},
    ],
)
def test_a_damaged_snapshot_is_never_put_into_resolve(
    tmp_path: Path, change: dict[str, object]
) -> None:
    with ScriptLock.take(tmp_path) as lock:
        lock.write(FULL)
        content = json.loads(lock.crash_file.read_text())
        lock.crash_file.write_text(json.dumps({**content, **change}))
        with pytest.raises(BridgeError) as caught:
            lock.leftover()
        assert str(lock.crash_file) in caught.value.message and PREFIX in caught.value.hint
        del content["page"]
        lock.crash_file.write_text(json.dumps(content))
        with pytest.raises(BridgeError, match="page"):
            lock.leftover()
        lock.crash_file.write_text("{")
        with pytest.raises(BridgeError):
            lock.leftover()


def test_a_folder_that_cannot_be_used_is_an_error_before_anything_is_changed(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BridgeError, match="cannot use its folder"):
        ScriptLock.take(tmp_path / "file")
    with ScriptLock.take(tmp_path / "ours") as lock:
        lock.crash_file.mkdir()
        (lock.crash_file / "x").touch()
        with pytest.raises(BridgeError, match="cannot use its folder"):
            lock.write(FULL)
        with pytest.raises(BridgeError, match="cannot use its folder"):
            lock.clear()


def test_temporary_names_are_new_and_known() -> None:
    names = {temporary_name("base") for _ in range(100)}
    assert len(names) == 100 and all(map(is_temporary, names))
    assert all(name.startswith("_sparkvsr_base_") for name in names)
    assert not is_temporary("SparkVSR") and not is_temporary("my_sparkvsr_base")
