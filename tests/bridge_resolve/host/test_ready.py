"""What must hold before any work begins: each has its own sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.model import Item
from sparkvsr_resolve.core import BridgeError, Capabilities, ScriptLock
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.ready import check_ready


@pytest.mark.parametrize(
    "resolve_profile", [Profile(version=(18, 6, 0)), Profile(version=(21, 1, 1))]
)
def test_all_is_well(
    session: Session, desk: Desk, plate: Item, capabilities: Capabilities, tmp_path: Path
) -> None:
    before = session.state()
    for _ in range(2):  # the lock was given back
        check_ready(desk, capabilities, tmp_path / "lock")
    assert session.state() == before


def untitled(session: Session) -> None:
    session.project.name = "Untitled Project 2"


def no_timeline(session: Session) -> None:
    session.project.current = None


def temporary_timeline(session: Session) -> None:
    session.current.name = "_sparkvsr_base_12345678"


def dialog(session: Session) -> None:
    session.modal(True)


def rendering(session: Session) -> None:
    project = session.resolve.GetProjectManager().GetCurrentProject()
    project.SetCurrentRenderFormatAndCodec("exr", "RGBHalf")
    assert project.SetRenderSettings({"TargetDir": str(session.media), "CustomName": "user"})
    assert project.StartRendering([project.AddRenderJob()], False)


def wedged(session: Session) -> None:
    session.wedge()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (untitled, "`Untitled Project 2` was never saved"),
        (no_timeline, "No timeline is open"),
        (temporary_timeline, "`_sparkvsr_base_12345678` is a timeline that SparkVSR made"),
        (dialog, "shows a dialog or the Project Manager"),
        (rendering, "Resolve is rendering"),
        (wedged, "Resolve does not tell its name"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_thing_that_is_in_the_way_has_its_own_sentence(
    session: Session,
    desk: Desk,
    plate: Item,
    capabilities: Capabilities,
    tmp_path: Path,
    spoil: Callable[[Session], None],
    says: str,
) -> None:
    spoil(session)
    before = session.state()
    with pytest.raises(BridgeError, match=says) as caught:
        check_ready(desk, capabilities, tmp_path)
    assert caught.value.hint
    assert session.state() == before


def test_another_script_at_work_is_named(
    desk: Desk, plate: Item, capabilities: Capabilities, tmp_path: Path
) -> None:
    with ScriptLock.take(tmp_path), pytest.raises(BridgeError, match="works in Resolve already"):
        check_ready(desk, capabilities, tmp_path)


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_what_resolve_says_of_its_edition_goes_before_its_name(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    capabilities = Abilities().look(desk)
    session.fail("Resolve.GetProductName", 1, "DaVinci Resolve")
    check_ready(desk, capabilities, tmp_path)
    session.fail("Resolve.IsStudio", 1, False)
    with pytest.raises(BridgeError, match="needs DaVinci Resolve Studio"):
        check_ready(desk, capabilities, tmp_path)
    session.fail("Resolve.IsStudio", 1, None)
    check_ready(desk, capabilities, tmp_path)


def test_before_21_1_the_name_tells_the_edition(
    session: Session, desk: Desk, plate: Item, capabilities: Capabilities, tmp_path: Path
) -> None:
    session.fail("Resolve.GetProductName", 1, "DaVinci Resolve")
    with pytest.raises(BridgeError, match="This is DaVinci Resolve, and SparkVSR needs"):
        check_ready(desk, capabilities, tmp_path)
