"""What a result's pixels are taken for, and what its metadata tell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.renderer import composite
from resolve_returning import Shot
from resolve_returning import results as results
from sparkvsr_resolve.host.interpret import METADATA_KEY, Interpretation, space_spellings

MANAGED = "davinciYRGBColorManagedv2"


def test_space_level_and_job_are_set_and_read_back(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results, colorScienceMode=MANAGED)
        wanted = Interpretation(space_spellings("DaVinci WG / Intermediate"), level="Full")
        returned = shot.bring(interpretation=wanted, note={"version": 1, "clip": "Grün"})
        clip = shot.imported()
        assert clip.changed == {
            "Input Color Space": "DaVinci WG/Intermediate",
            "Data Level": "Full",
        }
        assert json.loads(clip.third_party[METADATA_KEY]) == {"version": 1, "clip": "Grün"}
        assert returned.warnings == ()
        assert shot.plate.changed == {}


def test_the_space_reaches_the_pixels(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results, colorScienceMode=MANAGED, colorSpaceTimeline="Linear")
        shot.bring()
        usual, _ = composite(session, shot.timeline, shot.item.start)
        session.remove(shot.on_track(2)[0])
        shot.bring(interpretation=Interpretation(("Linear",)))
        other, _ = composite(session, shot.timeline, shot.item.start)
        assert np.abs(usual - other).max() > 0.05


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        (Interpretation(("sRGB",)), "Input Color Space could not be set to sRGB"),
        (Interpretation(level="Half"), "Data Level could not be set to Half"),
    ],
)
def test_what_cannot_be_set_is_said_and_the_result_is_there(
    wanted: Interpretation, word: str, tmp_path: Path, results: Path
) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:  # colours are not managed
        shot = Shot(session, results)
        (warning,) = shot.bring(interpretation=wanted).warnings
        assert word in warning and shot.on_track(2)


def test_a_true_that_lies_is_not_believed(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        session.fail("MediaPoolItem.SetThirdPartyMetadata", 1, True)
        session.fail("MediaPoolItem.SetClipProperty", 1, True)
        returned = shot.bring(interpretation=Interpretation(level="Full"), note={"a": 1})
        assert [warning.split()[0] for warning in returned.warnings] == ["The", "What"]


def test_an_aces_transform_is_set(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        assert shot.bring(interpretation=Interpretation(idts=("sRGB - Display",))).warnings == ()
        assert shot.imported().changed == {"IDT": "sRGB - Display"}


def test_what_is_set_already_is_not_written(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        wanted = Interpretation(("rec709 gamma2.4",))
        assert shot.bring(interpretation=wanted).warnings == ()
        assert session.calls("SetClipProperty") == []


def test_spellings_of_a_space() -> None:
    assert space_spellings("Rec.709", "Gamma 2.4") == (
        "Rec.709 Gamma 2.4",
        "Rec.709/Gamma 2.4",
        "Rec.709 (Gamma 2.4)",
        "Rec.709 / Gamma 2.4",
    )
    assert space_spellings("sRGB") == ("sRGB",)
    assert space_spellings("A/B") == ("A/B", "A / B")
