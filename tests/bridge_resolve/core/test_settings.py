"""Settings as values: all problems at once, kept per project, and a job that the library takes."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from sparkvsr import job as library
from sparkvsr.media._pattern import parse_pattern
from sparkvsr_link import ENGINES, GRADES, JOB_SCHEMA, PINS, UPSCALES
from sparkvsr_resolve.core import (
    BridgeError,
    ClipFacts,
    ClipSettings,
    ClipSpan,
    Rate,
    Source,
    Spaces,
    Verdict,
    find_problems,
    job_digest,
    job_object,
    judge_clip,
    load_settings,
    make_version,
    save_settings,
    settings_path,
)
from sparkvsr_resolve.core.settings import BASES, OUTPUTS

PLAIN = Verdict()
SPAN = ClipSpan(86500, 86548, 12, 86400, Rate.parse("23.976"))
GOOD = ClipSettings()


def test_the_defaults_have_no_problem() -> None:
    assert find_problems(GOOD, PLAIN) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "best"}, "engine `best` is not known: use auto, sparkvsr, flow, identity"),
        ({"grade": "yes"}, "grade `yes`"),
        ({"pin": "hard"}, "pin `hard`"),
        ({"marker_color": "Orange"}, "marker color `Orange` is not known: use Blue, Cyan"),
        ({"base": "proxy"}, "base `proxy`"),
        ({"deliver": "both"}, "delivery `both`"),
        ({"placement": "below"}, "placement `below`"),
        ({"output": "h264"}, "output `h264` is not known: use prores4444, dnxhr444, exr"),
        ({"upscale": 2.5}, "upscale 2.5 is not possible: use 1, 1.5, 2, 3, 4"),
        ({"guidance": math.nan}, "guidance nan is not within 0 and 10"),
        ({"guidance": -0.1}, "guidance -0.1"),
        ({"work_folder": "here"}, "work folder here is not absolute"),
        ({"placement": "take"}, "graded twice: deliver ungraded"),
    ],
)
def test_each_problem_is_one_sentence(changes: dict[str, object], words: str) -> None:
    (sentence,) = find_problems(dataclasses.replace(GOOD, **changes), PLAIN)  # type: ignore[arg-type]
    assert re.search(words, sentence) and sentence.endswith(".") and "\n" not in sentence


def test_all_problems_are_listed_at_once() -> None:
    wrong = ClipSettings("x", 7.0, -1.0, "x", "x", "x", "", "x", "x", "x", "x", "x")
    assert len(find_problems(wrong, PLAIN)) == 11


def test_a_take_may_be_delivered_ungraded() -> None:
    settings = ClipSettings(placement="take", deliver="ungraded")
    assert find_problems(settings, PLAIN) == () and settings.painted_only


def test_only_a_plain_clip_can_be_read_from_its_file() -> None:
    facts = ClipFacts("a", Fraction(24), 10, file_path="/a.mov", speed=50.0, fusion_comps=1)
    settings = ClipSettings(base="source")
    assert find_problems(settings, PLAIN) == ()
    (sentence,) = find_problems(settings, judge_clip(facts))
    assert "which is retimed and Fusion composition: set the base to render" in sentence


def test_a_result_too_small_for_dnxhr_is_refused_before_the_work() -> None:
    settings = ClipSettings(output="dnxhr444", upscale=2.0)
    assert find_problems(settings, PLAIN, (128, 60)) == ()
    (sentence,) = find_problems(settings, PLAIN, (127, 60))
    assert "begins at 256×120 pixels, and the result has 254×120" in sentence
    assert len(find_problems(settings, PLAIN, (128, 59))) == 1


def test_the_choices_are_those_of_the_library() -> None:
    assert UPSCALES == library.UPSCALES
    assert get_args(library.Carry) == GRADES
    assert get_args(library.Pinning) == PINS
    assert get_args(library.EngineChoice) == ENGINES
    assert set(OUTPUTS) - {"exr"} <= set(get_args(library.Codec))
    assert JOB_SCHEMA == library.JOB_SCHEMA_VERSION
    assert BASES[0] == GOOD.base


@pytest.mark.parametrize("upscale", UPSCALES)
def test_the_library_takes_the_job_of_a_render(tmp_path: Path, upscale: float) -> None:
    settings = ClipSettings("flow", upscale, 1.25, "on", "blend", output="dnxhr444")
    version = make_version(tmp_path / "sh010_ab")
    pictures = {47: Path("/art/last.exr"), 0: version.key(86500)}
    spaces = Spaces("rec709", "srgb", "acescct")
    source = Source.render(version, SPAN)
    made = msgspec.convert(job_object(settings, source, version, pictures, spaces), library.Job)
    assert (made.first, made.last) == (86500, 86547) == SPAN.render_marks
    assert made.source == version.base.as_posix()
    assert Path(made.output) == tmp_path / "sh010_ab" / "v001" / "result" / "sh010_ab_v001.mov"
    assert made.codec == "dnxhr444" and not made.overwrite
    assert [(key.frame, key.picture) for key in made.keyframes] == [
        (86500, str(version.path / "keys" / "key_00086500.exr")),
        (86547, "/art/last.exr"),
    ]
    assert made.settings == library.Settings(
        upscale=upscale, guidance=1.25, grade="on", pin_keyframes="blend", engine="flow"
    )
    assert (made.source_space, made.keyframe_space, made.output_space) == (
        "rec709",
        "srgb",
        "acescct",
    )


def test_the_library_finds_the_frames_that_resolve_renders(tmp_path: Path) -> None:
    version = make_version(tmp_path / "clip")
    for absolute in (86500, 86501):  # Resolve: its name for them and eight digits
        (version.base_folder / f"base_{absolute:08d}.exr").touch()
    pattern = parse_pattern(Source.render(version, SPAN).path)
    assert pattern is not None and pattern.find() == [86500, 86501]
    result = parse_pattern(version.sequence.as_posix())
    assert result is not None and result.path(86500).name == "clip_v001.00086500.exr"


def test_a_source_file_keeps_its_own_numbers(tmp_path: Path) -> None:
    version = make_version(tmp_path / "clip")
    source = Source("/media/sh010.mov", 12, 48)
    settings = ClipSettings(output="exr", base="source")
    made = msgspec.convert(
        job_object(settings, source, version, {3: Path("/k.exr")}, Spaces()), library.Job
    )
    assert (made.source, made.first, made.last) == ("/media/sh010.mov", 12, 59)
    assert made.keyframes[0].frame == 15
    assert made.output == version.sequence.as_posix() and made.codec is None
    assert (made.source_space, made.keyframe_space, made.output_space) == (None, None, None)


def test_an_ungraded_result_carries_no_grade(tmp_path: Path) -> None:
    version = make_version(tmp_path / "clip")
    settings = ClipSettings(grade="on", deliver="ungraded")
    job = job_object(settings, Source("/a.mov", 0, 4), version, {}, Spaces())
    assert job["settings"]["grade"] == "off"


@pytest.mark.parametrize("index", [-1, 48])
def test_a_keyframe_outside_of_the_shot_is_a_mistake(tmp_path: Path, index: int) -> None:
    version = make_version(tmp_path / "clip")
    with pytest.raises(ValueError, match=f"{index}"):
        job_object(GOOD, Source("/a", 0, 48), version, {index: Path("/k")}, Spaces())


def test_the_digest_depends_on_values_and_not_on_order() -> None:
    assert job_digest({"a": 1, "b": {"c": 2, "d": 3}}) == job_digest(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert job_digest({"a": 1}) != job_digest({"a": 2})
    assert len(job_digest({})) == 64


def test_settings_of_a_project_come_back(tmp_path: Path) -> None:
    path = settings_path(tmp_path, "3f-Ab/../9")
    assert path == tmp_path / "resolve" / "projects" / "3f-Ab_9.json"
    assert load_settings(path) == GOOD
    changed = ClipSettings("flow", 4.0, 1.5, "off", "off", "Red", "fix", "source", "ungraded")
    save_settings(path, changed)
    assert load_settings(path) == changed


def test_settings_of_another_version_are_read_as_far_as_they_are_known(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"schema": 1, "upscale": 3, "sharpness": 11}))
    assert load_settings(path) == ClipSettings(upscale=3.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"upscale": 2.0}',
        '{"schema": 2}',
        '{"schema": 1, "upscale": "2"}',
        '{"schema": 1, "engine": 4}',
        '{"schema": 1, "guidance": true}',
    ],
)
def test_damaged_settings_are_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(BridgeError) as caught:
        load_settings(path)
    assert str(path) in caught.value.message and "Remove that file" in caught.value.hint


def test_settings_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "resolve").touch()
    with pytest.raises(BridgeError, match="Cannot write"):
        save_settings(settings_path(tmp_path, "a"), GOOD)
