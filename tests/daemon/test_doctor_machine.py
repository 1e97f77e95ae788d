"""What `sparkvsr doctor` finds out about folders, disks, weights and libraries."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkvsr.errors import SettingsError
from sparkvsr_daemon import _doctor_software
from sparkvsr_daemon._doctor_disk import look_at_folders, look_at_room, look_at_weights
from sparkvsr_daemon._doctor_software import look_at_settings, look_at_versions
from sparkvsr_daemon._finding import Finding
from sparkvsr_daemon.paths import find_paths

Daemon = Any


def by_area(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.area: finding for finding in findings}


def test_folders_that_are_missing_are_fine_and_open_ones_a_warning(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = find_paths()
    found = by_area(look_at_folders(paths))
    assert all("not made yet" in finding.text for finding in found.values())
    paths.create()
    paths.data.chmod(0o755)
    found = by_area(look_at_folders(paths))
    assert (found["log folder"].level, found["data folder"].level) == ("ok", "warning")
    assert "0755" in found["data folder"].text
    assert "session" not in found
    with monkeypatch.context() as changed:
        changed.delenv("SPARKVSR_HOME")
        changed.delenv("XDG_RUNTIME_DIR", raising=False)
        found = by_area(look_at_folders(paths))
    assert found["session"].level == "warning"
    assert "a second one may be started" in found["session"].text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_a_fault(daemon: Daemon) -> None:
    find_paths().create()
    os.chown(find_paths().data, 12345, 12345)
    assert by_area(look_at_folders(find_paths()))["data folder"].level == "fault"


@pytest.mark.parametrize(
    ("gigabytes", "level"), [(20, "ok"), (5, "warning"), (0.5, "fault"), (0, "fault")]
)
def test_little_room_is_a_warning_and_too_little_a_fault(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, gigabytes: float, level: str
) -> None:
    usage = shutil._ntuple_diskusage(10**12, 0, int(gigabytes * 1e9))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    for finding in look_at_room(find_paths()):
        assert finding.level == level
        assert bool(finding.hint) == (level != "ok")


def test_the_size_of_the_store_is_told(daemon: Daemon) -> None:
    assert by_area(look_at_room(find_paths()))["store"].text.startswith("none yet; ")
    list(daemon.make_job(4).run(daemon.backend()))
    store = find_paths().store
    files = [path for path in store.rglob("*") if path.is_file()]
    text = by_area(look_at_room(find_paths()))["store"].text
    assert f"kB in {len(files)} files; " in text


def fetched_model(data: Path) -> Path:
    """A model as `pull` leaves one."""
    folder = data / "models" / "Somebody--Tiny"
    folder.mkdir(parents=True)
    files = {"vae.safetensors": b"weights", "empty_prompt_embedding.safetensors": b"embedding"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = {
        "repo": "Somebody/Tiny",
        "revision": "c" * 40,
        "fetched": "2026-03-01T12:00:00Z",
        "files": [
            {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
        "schema": 1,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_weights_are_told_and_read_again_when_asked(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARKVSR_MODEL", raising=False)
    assert by_area(look_at_weights(read=False))["weights"].text.startswith("None")
    folder = fetched_model(find_paths().data)
    found = by_area(look_at_weights(read=False))["weights"]
    assert found.level == "ok"
    assert found.text.startswith("Somebody/Tiny, commit cccccccccccc, 16 bytes, fetched and verif")
    assert by_area(look_at_weights(read=True))["weights"].text.endswith("and again now")
    (folder / "vae.safetensors").write_bytes(b"damaged")
    assert by_area(look_at_weights(read=False))["weights"].level == "ok"
    found = by_area(look_at_weights(read=True))["weights"]
    assert found.level == "fault"
    assert "vae.safetensors has SHA-256" in found.text
    (folder / "empty_prompt_embedding.safetensors").unlink()
    found = by_area(look_at_weights(read=False))["weights"]
    assert (found.level, found.hint) == ("fault", "Run `sparkvsr model pull`.")


# Software.


def test_settings_are_told_where_they_differ_and_judged(daemon: Daemon) -> None:
    assert by_area(look_at_settings(find_paths()))["settings"].text == "defaults"
    find_paths().create()
    find_paths().settings_file.write_text("store_gb = 100\nworkers = 2\n")
    found = by_area(look_at_settings(find_paths()))["settings"]
    assert found.text == "store_gb = 100.0, workers = 2"
    find_paths().settings_file.write_text("store_gb = -1\n")
    with pytest.raises(SettingsError, match="store_gb = -1 is not usable"):
        list(look_at_settings(find_paths()))


def test_a_library_that_is_missing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {finding.level for finding in look_at_versions()} == {"ok"}
    monkeypatch.setattr(_doctor_software, "_LIBRARIES", ("torch", "no-such-library"))
    found = by_area(look_at_versions())["model"]
    assert (found.level, found.text) == ("fault", "no-such-library cannot be found.")
