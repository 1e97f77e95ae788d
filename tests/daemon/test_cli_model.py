"""`sparkvsr model` as a person or a program meets it: real processes against a hub on loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_server import NOT_FETCHED, REPO, SHARD, Hub, pipeline, serve
from model_commands import FOLDER, command, environment, events, model, shown_at_a_terminal
from sparkvsr.weights import models_folder
from sparkvsr_daemon.paths import find_paths

BLOCK = 10 << 20  # what huggingface_hub writes at once; less than that is lost with a process


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve() as hub:
        yield hub


def test_a_model_is_fetched_listed_verified_and_removed(hub: Hub, tmp_path: Path) -> None:
    assert "No models are here" in model(hub, tmp_path, "list").stdout
    run = model(hub, tmp_path, "pull", REPO)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert "licence: These weights derive from zai-org/CogVideoX1.5-5B-I2V" in run.stdout
    assert f"{REPO} is here" in run.stdout
    listed = model(hub, tmp_path, "list")
    assert REPO in listed.stdout
    assert "used" in listed.stdout
    assert "as it was fetched" in model(hub, tmp_path, "verify").stdout
    assert model(hub, tmp_path, "verify", REPO).returncode == 0
    removed = model(hub, tmp_path, "remove", REPO)
    assert removed.returncode == 0
    assert f"{REPO} is deleted" in removed.stdout
    assert not (tmp_path / FOLDER).exists()


def test_json_gives_one_event_a_line_and_nothing_else(hub: Hub, tmp_path: Path) -> None:
    run = model(hub, tmp_path, "pull", REPO, "--json")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    kinds = [event["event"] for event in events(run)]
    assert kinds[:2] == ["notice", "started"]
    assert set(kinds[2:-1]) == {"progress"}
    assert events(run)[-1]["revision"] == hub.commit(REPO)
    (listed,) = events(model(hub, tmp_path, "list", "--json"))
    assert (listed["repo"], listed["complete"], listed["used"]) == (REPO, True, True)
    assert events(model(hub, tmp_path, "verify", "--json"))[-1]["event"] == "done"
    assert events(model(hub, tmp_path, "remove", REPO, "--json"))[-1]["event"] == "done"
    assert model(hub, tmp_path, "list", "--json").stdout == ""


def test_verify_names_what_differs_and_fails(hub: Hub, tmp_path: Path) -> None:
    assert model(hub, tmp_path, "pull", REPO).returncode == 0
    (tmp_path / FOLDER / SHARD).write_bytes(b"damaged")
    run = model(hub, tmp_path, "verify")
    assert run.returncode == 3
    assert f"{SHARD} has 7 bytes instead of" in run.stdout
    problem, error = events(model(hub, tmp_path, "verify", "--json"))[-2:]
    assert (problem["event"], problem["file"]) == ("problem", SHARD)
    assert error["event"] == "error"


def test_a_bar_is_drawn_on_a_terminal(hub: Hub, tmp_path: Path) -> None:
    shown = shown_at_a_terminal(hub, tmp_path, "pull", REPO)
    assert b"fetching" in shown
    assert b"\x1b[" in shown
    assert b"is here" in shown


@pytest.mark.parametrize("home", ["somewhere", ""])
def test_weights_live_beside_what_the_daemon_keeps(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", home and str(tmp_path / home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # without it platformdirs warns
    assert models_folder() == find_paths().data / "models"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["pull", "Nobody/Nothing"], 2, "no repository Nobody/Nothing"),
        (["pull", REPO, "--revision", "v9"], 2, "no such revision"),
        (["pull", "a b"], 2, "a b is not the ID of a repository"),
        (["verify"], 2, "No model is here"),
        (["verify", REPO], 2, f"No model {REPO} is here"),
        (["remove", REPO], 2, f"No model {REPO} is here"),
        (["fetch"], 2, "fetch"),
    ],
)
def test_bad_input_is_exit_code_2_and_a_sentence(
    hub: Hub, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    run = model(hub, tmp_path, *arguments)
    assert run.returncode == code
    assert says in run.stderr
    assert "Traceback" not in run.stderr
    (event,) = events(model(hub, tmp_path, *arguments, "--json"))
    assert event["event"] == "error"
    assert says in event["message"]


def test_a_network_that_fails_is_exit_code_3(hub: Hub, tmp_path: Path) -> None:
    hub.port = 9
    run = model(hub, tmp_path, "pull", REPO)
    assert run.returncode == 3
    assert "connection failed" in run.stderr
    assert "Check the network" in run.stderr


def pull_until_it_hangs(hub: Hub, folder: Path) -> subprocess.Popen[str]:
    """A pull whose first shard stands still in its third block, with two blocks on the disk."""
    hub.repos[REPO] = pipeline(shard=2 * BLOCK + 100_000)
    hub.hold[SHARD] = 2 * BLOCK + 50_000
    pulling = subprocess.Popen(
        command("pull", REPO, "--json"),
        env=environment(hub, folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    partial = folder / FOLDER / ".partial"
    while not any(part.stat().st_size == 2 * BLOCK for part in partial.glob("*")):
        assert time.monotonic() < deadline, "the shard never arrived"
        assert pulling.poll() is None, "the pull has ended"
        time.sleep(0.02)
    return pulling


def test_a_killed_pull_goes_on_in_mid_file(hub: Hub, tmp_path: Path) -> None:
    with pull_until_it_hangs(hub, tmp_path) as pulling:
        pulling.kill()
    (left,) = events(model(hub, tmp_path, "list", "--json"))
    assert (left["repo"], left["complete"]) == (REPO, False)
    assert "unfinished" in model(hub, tmp_path, "list").stdout
    assert model(hub, tmp_path, "verify").returncode == 2
    run = model(hub, tmp_path, "pull", REPO)
    assert run.returncode == 0, run.stderr
    assert hub.ranges_of(SHARD) == [None, f"bytes={2 * BLOCK}-"]
    for file, content in hub.repos[REPO].items():
        here = tmp_path / FOLDER / file
        assert here.exists() == (file not in NOT_FETCHED)
        assert not here.exists() or here.read_bytes() == content
    assert not (tmp_path / FOLDER / ".partial").exists()


def test_ctrl_c_is_exit_code_4_and_keeps_what_has_arrived(hub: Hub, tmp_path: Path) -> None:
    with pull_until_it_hangs(hub, tmp_path) as pulling:
        pulling.send_signal(signal.SIGINT)
        assert pulling.stdout
        last = pulling.stdout.read().splitlines()[-1]
        assert pulling.wait(30) == 4
    assert json.loads(last)["code"] == "cancelled"
    (left,) = events(model(hub, tmp_path, "list", "--json"))
    assert left["bytes"] >= 2 * BLOCK
    assert model(hub, tmp_path, "remove", REPO).returncode == 0
    assert not (tmp_path / FOLDER).exists()
