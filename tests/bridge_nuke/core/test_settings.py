"""The knobs as values: all problems at once, and a job that the library takes."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from sparkvsr import job as library
from sparkvsr_link import ENGINES, GRADES, JOB_SCHEMA, PINS, UPSCALES
from sparkvsr_nuke.core import (
    BridgeError,
    FrameRange,
    NodeSettings,
    compare,
    find_problems,
    job_object,
    make_stamp,
    make_version,
)

RANGE = FrameRange(1001, 1020)
GOOD = NodeSettings(keyframes="1001 1010-1020x5", output="/shots/sh010/sparkvsr")


def problems(**changes: object) -> tuple[str, ...]:
    settings = dataclasses.replace(GOOD, **changes)  # type: ignore[arg-type]
    return find_problems(settings, RANGE, ["main"])


def test_good_settings_have_no_problem() -> None:
    assert problems() == ()
    for output in ("C:/shots/sparkvsr", "//server/shots/sparkvsr"):
        assert problems(output=output) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keyframes": ""}, "There are no keyframes"),
        ({"keyframes": "1001 x"}, "`x` is no frame"),
        ({"keyframes": "1001 900 1021-1023"}, "Keyframes 900 1021-1023 are outside of the range"),
        ({"keyframes": "900"}, "Keyframe 900 is outside of the range 1001–1020."),
        ({"range": "shot"}, "range `shot` is not known: use input, global, custom"),
        ({"grade": "yes"}, "grade `yes` is not known"),
        ({"pin": "hard"}, "pin `hard` is not known"),
        ({"engine": "best"}, "engine `best` is not known"),
        ({"view": "left"}, "view `left` is not known: use main"),
        ({"plate_depth": "8"}, "plate depth `8` is not known: use half, float"),
        ({"exchange_space": "sRGB"}, "exchange space is sRGB, but the working space .* is empty"),
        ({"upscale": 2.5}, "upscale 2.5 is not possible: use 1, 1.5, 2, 3, 4"),
        ({"guidance": math.nan}, "guidance nan is not within 0 and 10"),
        ({"guidance": 10.1}, "guidance 10.1 is not within"),
        ({"version": -1}, "version -1 is below 0"),
        ({"output": ""}, "no output folder: save the script"),
        ({"output": "sparkvsr"}, "sparkvsr is not absolute"),
        ({"output": "C:\\shots"}, "holds a backslash"),
        ({"output": "/shots/[a]%$"}, r"holds \$ % \[ \]"),
        ({"output": "/shots/a\nb"}, "control character"),
    ],
)
def test_each_problem_is_one_sentence(changes: dict[str, object], words: str) -> None:
    (sentence,) = problems(**changes)
    assert re.search(words, sentence)
    assert sentence.endswith(".") and "\n" not in sentence


def test_all_problems_are_listed_at_once() -> None:
    found = problems(keyframes="", engine="best", guidance=-1.0, upscale=7.0, output="")
    assert len(found) == 5


def test_a_range_below_zero_is_refused_because_files_cannot_be_numbered_so() -> None:
    settings = dataclasses.replace(GOOD, keyframes="-3")
    (sentence,) = find_problems(settings, FrameRange(-8, 5), ["main"])
    assert "begins below 0" in sentence and "TimeOffset" in sentence


def test_the_choices_are_those_of_the_library() -> None:
    assert UPSCALES == library.UPSCALES
    assert get_args(library.Carry) == GRADES
    assert get_args(library.Pinning) == PINS
    assert get_args(library.EngineChoice) == ENGINES
    assert JOB_SCHEMA == library.JOB_SCHEMA_VERSION


@pytest.mark.parametrize("upscale", UPSCALES)
def test_the_library_takes_the_job_and_reads_what_the_knobs_said(
    tmp_path: Path, upscale: float
) -> None:
    settings = dataclasses.replace(
        GOOD,
        upscale=upscale,
        guidance=1.25,
        grade="off",
        pin="blend",
        engine="flow",
        working_space="ACEScg",
    )
    version = make_version(tmp_path)
    job = msgspec.convert(job_object(settings, RANGE, version), library.Job)
    assert (job.first, job.last) == (1001, 1020)
    assert job.source == f"{tmp_path.as_posix()}/v001/plate/plate.%04d.exr"
    assert job.output == f"{tmp_path.as_posix()}/v001/result/result.%04d.exr"
    assert [(key.frame, Path(key.picture)) for key in job.keyframes] == [
        (frame, version.path / "keys" / f"key.{frame}.exr") for frame in (1001, 1010, 1015, 1020)
    ]
    assert job.settings == library.Settings(
        upscale=upscale, guidance=1.25, grade="off", pin_keyframes="blend", engine="flow"
    )
    assert (job.source_space, job.keyframe_space, job.output_space) == ("ACEScg",) * 3


def test_the_job_names_the_space_in_which_pictures_are_exchanged(tmp_path: Path) -> None:
    settings = dataclasses.replace(GOOD, working_space="ACEScg", exchange_space="sRGB")
    job = msgspec.convert(job_object(settings, RANGE, make_version(tmp_path)), library.Job)
    assert (job.source_space, job.keyframe_space, job.output_space) == ("sRGB",) * 3


def test_without_a_working_space_the_files_speak_for_themselves(tmp_path: Path) -> None:
    job = job_object(GOOD, RANGE, make_version(tmp_path))
    assert not [name for name in job if name.endswith("_space")]


def test_a_job_of_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="`x` is no frame"):
        job_object(dataclasses.replace(GOOD, keyframes="x"), RANGE, make_version(tmp_path))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"upscale": 4.0}, "Upscale was 2 and is now 4."),
        ({"guidance": 1.2}, "Guidance was 1 and is now 1.2."),
        ({"grade": "on"}, "Grade was auto and is now on."),
        ({"pin": "off"}, "Pin was exact and is now off."),
        ({"engine": "flow"}, "Engine was auto and is now flow."),
        ({"working_space": "ACEScg"}, "Working space was not set and is now ACEScg."),
        ({"view": "left"}, "View was main and is now left."),
        ({"overscan": False}, "Overscan was on and is now off."),
        ({"plate_depth": "float"}, "Plate depth was half and is now float."),
        ({"exchange_space": "sRGB"}, "Exchange space was not set and is now sRGB."),
    ],
)
def test_every_knob_that_changes_pixels_makes_a_result_stale(
    change: dict[str, object], sentence: str
) -> None:
    other = dataclasses.replace(GOOD, **change)  # type: ignore[arg-type]
    verdict = compare(
        make_stamp(GOOD, RANGE, "session", {1001: (1,)}, {}),
        make_stamp(other, RANGE, "session", {1001: (1,)}, {}),
    )
    assert verdict.reasons == (sentence,)


def test_showing_another_version_or_moving_the_folder_makes_nothing_stale() -> None:
    other = dataclasses.replace(GOOD, version=3, output="/elsewhere")
    stamps = [
        make_stamp(settings, RANGE, "session", {1001: (1,)}, {}) for settings in (GOOD, other)
    ]
    assert compare(*stamps).reasons == ()
