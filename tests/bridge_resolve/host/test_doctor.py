"""The page of the doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.model import Item
from sparkvsr_link import LinkError
from sparkvsr_resolve.core import ClipSettings, ScriptLock, Snapshot
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.doctor import examine


def installed() -> dict[str, Any]:
    return {"agent": ["/opt/sparkvsr/bin/python", "-m", "agent"], "version": "0.1.0"}


def not_installed() -> dict[str, Any]:
    raise LinkError("not_installed", "SparkVSR is not installed for this user.", "Install it.")


def page(desk: Desk, folder: Path, **given: Any) -> dict[str, list[str]]:
    """The lines under each title."""
    found: dict[str, list[str]] = {}
    title = ""
    text = examine(desk, Abilities(), folder, **{"install": installed, **given})
    for line in text.splitlines():
        if line.startswith("  "):
            found[title].append(line.strip())
        else:
            title = line
            found[title] = []
    return found


def test_the_page_of_a_resolve_in_which_all_is_well(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    before = session.state()
    found = page(desk, tmp_path)
    assert found["Resolve"] == ["DaVinci Resolve Studio 20.3.2", "page: edit"]
    assert found["Ready"] == ["yes, on the timeline `Edit` of `Film`"]
    assert found["Work folder"] == [f"Media Storage: {session.media}", f"taken: {session.media}"]
    assert found["Pictures"] == ["exr RGBHalf: there", "tif RGB16: there", "dpx RGB16: there"]
    assert found["SparkVSR"] == ["installed, version 0.1.0: /opt/sparkvsr/bin/python -m agent"]
    assert found["Left by runs that crashed"] == ["nothing"]
    assert session.state() == before


@pytest.mark.parametrize("resolve_profile", [Profile(version=(18, 6, 0))])
def test_it_says_what_a_version_lacks_and_what_is_done_instead(
    desk: Desk, plate: Item, tmp_path: Path
) -> None:
    lacking = page(desk, tmp_path)["What this version lacks"]
    assert "Timeline.GetSelectedClips (since 21.0.4): the clip at the playhead" in lacking
    assert any(
        line.startswith("TimelineItem.GetSourceStartTime (since 19.0.2)") for line in lacking
    )


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_it_knows_when_nothing_is_lacking_and_when_it_cannot_know(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    assert page(desk, tmp_path)["What this version lacks"] == ["nothing"]
    session.project.current = None
    found = page(desk, tmp_path)
    assert found["What this version lacks"] == [
        "open a timeline with a clip on it to know the rest"
    ]
    assert found["Ready"] == ["No timeline is open in Resolve. Open the clip's timeline."]


@pytest.mark.parametrize(
    "resolve_profile", [Profile(hidden_codecs=frozenset({"RGBHalf"}), version=(20, 3, 2))]
)
def test_it_names_what_is_missing(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    session.volumes.clear()
    found = page(desk, tmp_path, install=not_installed)
    assert found["Pictures"][0] == "exr RGBHalf: not there"
    assert found["Work folder"][0] == "Media Storage: no folder"
    assert "no folder that can be written; it is empty. Add a folder" in found["Work folder"][1]
    assert found["SparkVSR"] == ["SparkVSR is not installed for this user. Install it."]


def test_it_says_that_the_wanted_work_folder_is_not_in_media_storage(
    desk: Desk, plate: Item, tmp_path: Path
) -> None:
    settings = ClipSettings(work_folder="/elsewhere")
    (_, taken) = page(desk, tmp_path, settings=settings)["Work folder"]
    assert taken.startswith("The work folder /elsewhere is not in Resolve's Media Storage")


def test_it_lists_what_crashed_runs_left_and_nothing_of_the_users(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    mine = session.current
    session.timeline("_sparkvsr_base_1f3a5c7e")
    session.project.current = mine
    session.render.presets["_sparkvsr_restore_ab"] = session.render.snapshot()
    session.render.presets["My preset"] = session.render.snapshot()
    with ScriptLock.take(tmp_path) as lock:
        lock.write(Snapshot("p", "t", "edit", phase="rendering the base", started="at noon"))
    before = session.state()
    assert page(desk, tmp_path)["Left by runs that crashed"] == [
        "a run of at noon ended in the midst of: rendering the base",
        "timeline `_sparkvsr_base_1f3a5c7e`",
        "render preset `_sparkvsr_restore_ab`",
    ]
    assert session.state() == before


def test_a_script_at_work_and_a_damaged_crash_file_are_lines(
    desk: Desk, plate: Item, tmp_path: Path
) -> None:
    with ScriptLock.take(tmp_path) as lock:
        found = page(desk, tmp_path)
        assert found["Ready"][0].startswith("SparkVSR works in Resolve already")
        lock.crash_file.write_text("{", encoding="utf-8")
    (line,) = page(desk, tmp_path)["Left by runs that crashed"]
    assert str(lock.crash_file) in line


def test_it_examines_a_resolve_that_shows_a_dialog_or_answers_nothing(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    session.modal(True)
    found = page(desk, tmp_path)
    assert found["Resolve"][1] == "page: none (a dialog, the Project Manager or a render)"
    assert found["Ready"][0].startswith("Resolve shows a dialog")
    session.wedge()
    found = page(desk, tmp_path)
    assert found["Resolve"] == ["Resolve does not tell its name. Look at Resolve, then try again."]
    assert found["SparkVSR"] == ["installed, version 0.1.0: /opt/sparkvsr/bin/python -m agent"]
