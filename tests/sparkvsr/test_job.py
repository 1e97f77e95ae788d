"""Jobs: what is accepted, and the sentences for what is not."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from sparkvsr import Job, Settings, SettingsError, load_job
from sparkvsr.job import job_schema


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"upscale": 0}, "upscale 0"),
        ({"upscale": 5}, "upscale 5"),
        ({"guidance": -0.1}, "guidance -0.1"),
        ({"guidance": float("nan")}, "guidance nan"),
        ({"window": 32}, "window 32"),
        ({"window": 1}, "window 1"),
        ({"overlap": 8}, "overlap 8"),
        ({"window": 17, "overlap": 17}, "overlap 17"),
        ({"tile": 100}, "tile 100"),
    ],
)
def test_a_setting_out_of_range_is_named(settings: dict[str, float], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        Settings(**settings)  # type: ignore[arg-type]
    assert caught.value.hint


def write(path: Path, **job: object) -> Path:
    path.write_text(json.dumps({"source": "a.mov", "output": "b.mov", **job}))
    return path


def test_a_job_file_is_read_relative_to_itself(tmp_path: Path) -> None:
    path = write(
        tmp_path / "job.json",
        keyframes=[{"frame": 1001, "picture": "keys/1001.png"}],
        settings={"upscale": 2, "guidance": 0.5},
        output="/elsewhere/b.mov",
    )
    job = load_job(path)
    assert job.source == str(tmp_path / "a.mov")
    assert job.output == "/elsewhere/b.mov"
    assert job.keyframes[0].picture == str(tmp_path / "keys/1001.png")
    assert job.settings == Settings(upscale=2, guidance=0.5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"colour": "red"}, "unknown field `colour`"),
        ({"settings": {"upscail": 2}}, "unknown field `upscail`"),
        ({"settings": {"upscale": "two"}}, "upscale"),
        ({"settings": {"upscale": 0}}, "upscale 0"),
        ({"keyframes": [{"frame": 1}]}, "picture"),
        ({"schema": 99}, "schema 99"),
        ({"rate": 24}, r"\$\.rate"),
        ({"timecode": 3600}, r"\$\.timecode"),
    ],
)
def test_a_wrong_key_or_value_is_named(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        load_job(write(tmp_path / "job.json", **change))


def test_a_job_file_that_is_missing_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Cannot read .*none\.json"):
        load_job(tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(SettingsError, match=r"broken\.json is not valid"):
        load_job(broken)


def test_a_job_survives_json() -> None:
    job = Job(
        source="a",
        output="b",
        cuts=(3,),
        rate="24000/1001",
        timecode="01:00:00:00",
        settings=Settings(engine="flow", tile=256),
    )
    assert msgspec.json.decode(msgspec.json.encode(job), type=Job) == job


def test_the_documented_schema_is_the_one_in_force() -> None:
    documented = Path(__file__).parents[2] / "docs" / "job.schema.json"
    assert json.loads(documented.read_text()) == json.loads(json.dumps(job_schema()))
