"""`daemon.toml`: what it may hold, and how a person is told what is wrong in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.errors import SettingsError
from sparkvsr_daemon._messages import JobState
from sparkvsr_daemon._settings import DaemonSettings, load_settings
from sparkvsr_daemon.paths import Paths, find_paths

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    return find_paths()


def written(paths: Paths, text: str | bytes) -> Paths:
    data = text if isinstance(text, bytes) else text.encode()
    paths.settings_file.write_bytes(data)
    return paths


def test_the_file_is_in_the_home_or_else_in_the_users_config_folder(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paths.settings_file == tmp_path / "daemon.toml"
    monkeypatch.delenv("SPARKVSR_HOME")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)  # nor is a person warned of that
    folder = platformdirs.user_config_path("sparkvsr", appauthor=False)
    assert find_paths().settings_file == folder / "daemon.toml"


def test_without_a_file_or_a_key_the_defaults_hold(paths: Paths) -> None:
    assert load_settings(paths) == DaemonSettings()
    assert not paths.settings_file.exists()
    settings = load_settings(written(paths, "store_gb = 100\n"))
    assert settings == DaemonSettings(store_gb=100.0)
    assert (settings.worker_idle_minutes, settings.daemon_idle_minutes) == (10, 30)
    assert (settings.max_queued_jobs, settings.max_frames) == (256, 100_000)
    assert (settings.workers, settings.client_gb, settings.cancel_grace_s) == (None, None, 5)


def test_every_setting_can_be_given(paths: Paths) -> None:
    given: dict[str, Any] = {
        "worker_idle_minutes": 0,
        "daemon_idle_minutes": 0.5,
        "store_gb": 0.01,
        "workers": 2,
        "max_queued_jobs": 3,
        "max_frames": 4,
        "client_gb": 5.5,
        "cancel_grace_s": 0,
    }
    assert given.keys() == set(DaemonSettings.__struct_fields__)
    text = "# mine\n" + "".join(f"{key} = {value}\n" for key, value in given.items())
    assert load_settings(written(paths, text)) == DaemonSettings(**given)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("worker_idle_minutes = -1", "0 (never) to 10080"),
        ("worker_idle_minutes = nan", "0 (never) to 10080"),
        ("daemon_idle_minutes = 10081", "0 (never) to 10080"),
        ('daemon_idle_minutes = "never"', "0 (never) to 10080"),
        ("store_gb = 0", "above 0"),
        ("store_gb = inf", "above 0"),
        ("store_gb = true", "above 0"),
        ("workers = 0", "whole number from 1 to 64"),
        ("workers = 1.5", "whole number from 1 to 64"),
        ("workers = [1, 2]", "whole number from 1 to 64"),
        ("max_queued_jobs = 100001", "whole number from 1 to 100000"),
        ("max_frames = 0", "whole number from 1 to 1000000"),
        ("client_gb = -3", "above 0"),
        ("cancel_grace_s = 601", "from 0 to 600"),
        ("cancel_grace_s = 1979-05-27", "from 0 to 600"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_what_is_allowed(
    paths: Paths, line: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(paths, f"# mine\n{line}\n"))
    assert str(paths.settings_file) in caught.value.message
    assert line.partition(" ")[0] in caught.value.message
    assert allowed in caught.value.hint


def test_a_wrong_key_is_named_with_those_that_there_are(paths: Paths) -> None:
    with pytest.raises(SettingsError, match=r"daemon\.toml: .* called store_size") as caught:
        load_settings(written(paths, "store_size = 1\n"))
    for key in DaemonSettings.__struct_fields__:
        assert key in caught.value.hint


@pytest.mark.parametrize("text", ["store_gb =", "store_gb = 1\nstore_gb = 2", b"\xff", "[[["])
def test_what_is_no_toml_is_said_to_be_none(paths: Paths, text: str | bytes) -> None:
    with pytest.raises(SettingsError, match="are no TOML") as caught:
        load_settings(written(paths, text))
    assert str(paths.settings_file) in caught.value.message


def test_a_file_that_cannot_be_read_is_an_error(paths: Paths) -> None:
    paths.settings_file.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(paths)


@given(data=st.binary(max_size=80))
def test_no_file_brings_anything_but_settings_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("home")
    paths = Paths(runtime=folder, data=folder, log=folder, config=folder)
    try:
        load_settings(written(paths, data))
    except SettingsError as error:
        assert error.hint


def documented(heading: str) -> dict[str, str]:
    """First and second cell of the last table below a heading of docs/daemon.md."""
    section = (ROOT / "docs" / "daemon.md").read_text("utf-8").split(f"## {heading}\n")[1]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section.split("\n## ")[0], re.MULTILINE)
    return {key: text.strip() for key, text in rows}


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    defaults = msgspec.structs.asdict(DaemonSettings())
    rows = documented("Settings")
    assert rows.keys() == defaults.keys()
    for key, default in defaults.items():
        assert default is None or float(rows[key]) == default


def test_the_documentation_explains_every_state_of_a_job() -> None:
    assert documented("Jobs and their states").keys() == set(get_args(JobState))
