"""What a clip is, from what Resolve says of it in whatever form."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.model import Item
from sparkvsr_resolve.core import ClipFacts, Kind, Level, Verdict
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.locate import find_clips

VERSIONS = [Profile(version=version) for version in ((19, 0, 2), (20, 3, 0), (21, 1, 1))]
every_version = pytest.mark.parametrize("resolve_profile", VERSIONS)


def look(desk: Desk) -> tuple[ClipFacts, Verdict]:
    (clip,) = find_clips(desk, Abilities().look(desk))
    return clip.facts, clip.verdict


@every_version
def test_a_plain_clip_is_plain(desk: Desk, plate: Item, session: Session) -> None:
    facts, verdict = look(desk)
    assert verdict.kinds == (Kind.PLAIN,)
    assert (facts.frames, facts.media_frames) == (12, 24)
    assert facts.media_fps == facts.timeline_fps == Fraction(24000, 1001)
    assert facts.file_path == str(session.media / "plate" / "plate.[1001-1024].exr")
    assert facts.source_seconds == pytest.approx(12 * 1001 / 24000)


@pytest.mark.parametrize("resolve_profile", [Profile(version=(18, 6, 0))])
def test_a_version_that_cannot_tell_the_speed_warns_and_uses_no_clip_markers(
    desk: Desk, plate: Item
) -> None:
    facts, verdict = look(desk)
    assert (facts.speed, facts.source_seconds) == (None, None)
    assert (verdict.kinds, verdict.clip_markers) == ((Kind.RETIMED,), False)


@every_version
@pytest.mark.parametrize("speed", [Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(0)])
def test_a_retimed_clip_is_told(session: Session, desk: Desk, plate: Item, speed: Fraction) -> None:
    plate.speed = speed
    _, verdict = look(desk)
    assert verdict.kinds == (Kind.RETIMED,)
    assert verdict.level is Level.WARNING
    if session.profile.version >= (21, 1) or speed:
        assert f"{float(speed) * 100:.4g} %" in verdict.findings[0].message


@every_version
def test_an_item_without_source_times_has_an_unknown_speed_where_resolve_cannot_say(
    session: Session, desk: Desk, plate: Item
) -> None:
    plate.timeless = True
    _, verdict = look(desk)
    tells = session.profile.version >= (21, 1)
    assert verdict.kinds == ((Kind.PLAIN,) if tells else (Kind.RETIMED,))


@every_version
@pytest.mark.parametrize("rate", ["24", "25", "59.94"])
def test_media_of_another_rate_is_told_and_is_not_retimed(
    session: Session, desk: Desk, rate: str
) -> None:
    clip = session.import_clip(session.sequence(frames=24, rate=rate))
    session.timeline(rate="23.976")
    session.place(clip)
    session.park(1)
    facts, verdict = look(desk)
    assert verdict.kinds == (Kind.MIXED_RATE,)
    assert facts.media_fps == clip.rate


@every_version
def test_every_other_kind_has_its_verdict(session: Session, desk: Desk, plate: Item) -> None:
    clip = plate.clip
    assert clip is not None
    plate.fusion_comps = 1
    assert look(desk)[1].kinds == (Kind.FUSION,)
    plate.fusion_comps = 0

    for fields in ("Upper Field", "Lower Field First"):
        clip.changed["Field Dominance"] = fields
        verdict = look(desk)[1]
        assert (verdict.kinds, verdict.level) == ((Kind.INTERLACED,), Level.REFUSED)
    del clip.changed["Field Dominance"]

    part = session.subclip(clip, 3, 10)
    session.place(part, at=30)
    session.park(31)
    assert look(desk)[1].kinds == (Kind.SUBCLIP,)

    still = session.import_clip(session.sequence("one", frames=1))
    session.place(still, at=50, frames=6)
    session.park(51)
    assert Kind.STILL in look(desk)[1].kinds

    session.park(12)
    session.compound([plate])
    facts, verdict = look(desk)
    assert verdict.kinds == (Kind.COMPOUND,)
    assert facts.file_path == ""
    (compound,) = [item for item in session.current.all_items() if item.name.startswith("Comp")]
    assert compound.clip is not None
    compound.clip.kind = "Multicam"
    assert look(desk)[1].kinds == (Kind.MULTICAM,)


@every_version
@pytest.mark.parametrize(
    ("properties", "is_online"),
    [
        ({}, True),
        ({"Online Status": "Offline"}, False),
        ({"Online Status": "Non in linea"}, True),
        ({"Online Status": ""}, True),
        ({"Online Status": None}, True),
        ({"Online Status": "", "File Path": "/gone/plate.mov"}, False),
        ({"Online Status": "", "File Path": "[OFFLINE] /gone/plate.mov"}, False),
        ({"Online Status": "", "File Path": ""}, True),
    ],
)
def test_offline_media_is_told_in_any_language(
    desk: Desk, plate: Item, properties: dict[str, Any], is_online: bool
) -> None:
    assert plate.clip is not None
    plate.clip.changed.update(properties)
    facts, verdict = look(desk)
    assert facts.online is is_online
    assert (verdict.kinds == (Kind.OFFLINE,)) is not is_online


def test_a_folder_called_offline_is_a_folder(desk: Desk, plate: Item, tmp_path: Path) -> None:
    assert plate.clip is not None
    path = tmp_path / "offline" / "plate.mov"
    path.parent.mkdir()
    path.touch()
    plate.clip.changed.update({"Online Status": "", "File Path": str(path)})
    facts, _ = look(desk)
    assert (facts.online, facts.file_path) == (True, str(path))


@pytest.mark.parametrize(
    ("written", "path"),
    [("[OFFLINE] /a/b.mov", "/a/b.mov"), (r"OFFLINE: Z:\a\b.mov", r"Z:\a\b.mov")],
)
def test_the_path_of_offline_media_is_named_without_what_resolve_puts_before_it(
    desk: Desk, plate: Item, written: str, path: str
) -> None:
    assert plate.clip is not None
    plate.clip.changed.update({"Online Status": "Offline", "File Path": written})
    facts, verdict = look(desk)
    assert facts.file_path == path
    assert f"offline: {path} is not there" in verdict.findings[0].message


@pytest.mark.parametrize(
    ("name", "value", "fact", "expected"),
    [
        ("FPS", 23.976, "media_fps", Fraction(24000, 1001)),
        ("FPS", "23.976", "media_fps", Fraction(24000, 1001)),
        ("FPS", "", "media_fps", None),
        ("FPS", None, "media_fps", None),
        ("Frames", 24, "media_frames", 24),
        ("Frames", 24.0, "media_frames", 24),
        ("Frames", "24", "media_frames", 24),
        ("Frames", "0", "media_frames", None),
        ("Frames", "", "media_frames", None),
        ("Frames", None, "media_frames", None),
        ("Frames", "nan", "media_frames", None),
        ("Type", None, "media_type", ""),
        ("Field Dominance", None, "fields", ""),
    ],
)
def test_properties_may_be_text_numbers_or_missing(
    desk: Desk, plate: Item, name: str, value: Any, fact: str, expected: Any
) -> None:
    assert plate.clip is not None
    plate.clip.changed[name] = value
    assert getattr(look(desk)[0], fact) == expected


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
@pytest.mark.parametrize("answer", [None, False, {}, {"Percentage": None}, {"Percentage": ""}])
def test_a_speed_that_resolve_does_not_say_is_measured(
    session: Session, desk: Desk, plate: Item, answer: Any
) -> None:
    plate.speed = Fraction(2)
    session.fail("TimelineItem.GetSpeed", 1, answer)
    facts, verdict = look(desk)
    assert facts.speed is None
    assert "retimed to 200 %" in verdict.findings[0].message
