"""What a version folder remembers of a restoration that is under way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import (
    ClipSettings,
    Colour,
    Run,
    VersionFolder,
    make_version,
    read_run,
    remove_run,
    run_path,
    write_run,
)

RUN = Run(
    ClipSettings(engine="flow", placement="take", deliver="ungraded"),
    Colour("ACEScct", "ACEScct", "", "ACES", "A guess."),
    "12 frames",
    "/film/v001.mov",
)


@pytest.fixture
def version(tmp_path: Path) -> VersionFolder:
    return make_version(tmp_path / "clip")


def test_it_comes_back_whole(version: VersionFolder) -> None:
    assert read_run(version) is None
    write_run(version, RUN)
    assert read_run(version) == RUN


def test_it_can_be_forgotten_twice(version: VersionFolder) -> None:
    write_run(version, RUN)
    remove_run(version)
    remove_run(version)
    assert read_run(version) is None


def test_a_folder_that_is_gone_remembers_nothing(tmp_path: Path) -> None:
    assert read_run(VersionFolder(tmp_path / "gone" / "v001", 1)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"clip": 3},
        {"earlier": None},
        {"colour": {"name": "ACEScct"}},
        {"colour": []},
        {"settings": {"upscale": "2"}},
        {"settings": 7},
    ],
    ids=str,
)
def test_what_is_damaged_is_told_with_its_path(
    version: VersionFolder, change: dict[str, Any]
) -> None:
    write_run(version, RUN)
    content = json.loads(run_path(version).read_text())
    run_path(version).write_text(json.dumps({**content, **change}))
    with pytest.raises(BridgeError) as error:
        read_run(version)
    assert str(run_path(version)) in error.value.message


def test_a_key_that_is_missing_is_told(version: VersionFolder) -> None:
    run_path(version).write_text('{"schema": 1}')
    with pytest.raises(BridgeError, match="cannot be used"):
        read_run(version)


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="Cannot write"):
        write_run(VersionFolder(tmp_path / "gone", 1), RUN)
