"""`sparkvsr model files` and `import`: from a machine with a network to one without, by hand."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from hand_copy import content_of, look_of, write_files
from hub_server import NOT_FETCHED, REPO, SHARD, Hub, pipeline, serve
from model_commands import FOLDER, command, environment, events, model, shown_at_a_terminal

LARGE = 64 << 20


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve() as hub:
        yield hub


@pytest.fixture
def folder(hub: Hub, tmp_path: Path) -> Path:
    """A whole repository that was fetched by hand, with a weights list beside it."""
    folder = tmp_path / "USB Stück" / "Tiny"
    write_files(folder, hub.repos[REPO])
    run = model(hub, tmp_path, "files", REPO, "--output", str(folder.parent / "weights.json"))
    assert run.returncode == 0, run.stderr
    return folder


def without_network(hub: Hub) -> Hub:
    """The same, for a machine from which nothing answers."""
    return Hub(port=9, repos=hub.repos)


def test_what_the_list_names_is_fetched_by_hand_and_becomes_the_model(
    hub: Hub, tmp_path: Path
) -> None:
    run = model(hub, tmp_path, "files", REPO, "--json")
    assert (run.returncode, run.stderr) == (0, "")
    (listed,) = events(run)
    assert (listed["event"], listed["schema"], listed["repo"]) == ("weights", 1, REPO)
    assert hub.fetched() == []
    folder = tmp_path / "by hand"
    for file in listed["files"]:
        with urlopen(file["url"]) as answer:  # noqa: S310 - our own server
            write_files(folder, {file["path"]: answer.read()})
    (folder / "weights.json").write_text(run.stdout)
    offline = without_network(hub)
    run = model(offline, tmp_path, "import", str(folder))
    assert (run.returncode, run.stderr) == (0, "")
    assert "licence: These weights derive from" in run.stdout
    assert f"{REPO} is here" in run.stdout
    assert "used" in model(offline, tmp_path, "list").stdout
    assert "as it was fetched" in model(offline, tmp_path, "verify").stdout


def test_files_prints_a_table_with_the_total(hub: Hub, tmp_path: Path) -> None:
    del hub.repos[REPO]["empty_prompt_embedding.safetensors"]
    run = model(hub, tmp_path, "files", REPO, "--output", str(tmp_path / "weights.json"))
    assert (run.returncode, run.stderr) == (0, "")
    (row,) = [line.split() for line in run.stdout.splitlines() if SHARD in line]
    digests = {
        file["path"]: file.get("sha256", file.get("git_sha1"))
        for file in json.loads((tmp_path / "weights.json").read_text())["files"]
    }
    assert row[-1] == digests[SHARD][:12]
    assert digests.keys() == hub.repos[REPO].keys() - NOT_FETCHED
    assert f"{hub.commit(REPO)[:12]}, 2.6 MB in all" in run.stdout
    assert "empty_prompt_embedding.safetensors is published at https://" in run.stdout
    again = model(hub, tmp_path, "files", REPO, "--output", str(tmp_path / "weights.json"))
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_json_gives_one_event_a_line_and_nothing_else(
    hub: Hub, folder: Path, tmp_path: Path
) -> None:
    run = model(hub, tmp_path, "import", str(folder), "--json")
    assert (run.returncode, run.stderr) == (0, "")
    kinds = [event["event"] for event in events(run)]
    assert kinds[:2] == ["notice", "started"]
    assert {event["stage"] for event in events(run)[2:-1]} == {"copying"}
    assert events(run)[-1]["embedding"] is True
    (done,) = events(model(hub, tmp_path, "import", str(folder), "--json"))
    assert done["event"] == "done"


def test_a_bar_is_drawn_on_a_terminal(hub: Hub, folder: Path, tmp_path: Path) -> None:
    shown = shown_at_a_terminal(hub, tmp_path, "import", str(folder))
    assert b"copying" in shown
    assert b"is here" in shown


def test_bad_input_is_exit_code_2_and_a_sentence(hub: Hub, folder: Path, tmp_path: Path) -> None:
    (folder / "README.md").unlink()
    elsewhere = str(tmp_path / "nothing")
    for arguments, says in (
        ([str(folder)], "README.md is missing"),
        ([elsewhere], "There is no folder"),
        ([str(folder), "--list", elsewhere], "cannot be read: No such file"),
        ([], "required: FOLDER"),
    ):
        run = model(hub, tmp_path, "import", *arguments)
        assert run.returncode == 2
        assert says in run.stderr
        assert "Traceback" not in run.stderr
        (event,) = events(model(hub, tmp_path, "import", *arguments, "--json"))
        assert event["event"] == "error"
        assert says in event["message"]
    assert content_of(tmp_path / "home") == {}


def import_until_it_copies(hub: Hub, folder: Path, home: Path) -> subprocess.Popen[str]:
    """An import that has written the first of sixteen blocks of large files."""
    files = {path: data for path, data in pipeline(shard=LARGE).items() if path not in NOT_FETCHED}
    hub.repos[REPO] = files
    write_files(folder, files)
    listed = model(hub, home, "files", REPO, "--output", str(folder / "weights.json"))
    assert listed.returncode == 0, listed.stderr
    importing = subprocess.Popen(
        command("import", str(folder), "--json"),
        env=environment(hub, home),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert importing.stdout
    for line in importing.stdout:
        if json.loads(line).get("file") == SHARD:
            return importing
    raise AssertionError("the import has ended")


def test_a_killed_import_goes_on(hub: Hub, folder: Path, tmp_path: Path) -> None:
    with import_until_it_copies(hub, folder, tmp_path) as importing:
        importing.kill()
    (left,) = events(model(hub, tmp_path, "list", "--json"))
    assert (left["repo"], left["complete"]) == (REPO, False)
    assert model(hub, tmp_path, "verify").returncode == 2
    look = look_of(folder)
    run = model(hub, tmp_path, "import", str(folder), "--json")
    assert run.returncode == 0, run.stdout
    told = [event for event in events(run) if event["event"] == "progress"]
    kept = {event["file"] for event in told if event["stage"] == "checking"}
    copied = {event["file"] for event in told if event["stage"] == "copying"}
    assert "model_index.json" in kept
    assert SHARD in copied
    assert not kept & copied
    for file, content in hub.repos[REPO].items():
        assert (tmp_path / FOLDER / file).read_bytes() == content
    assert not (tmp_path / FOLDER / ".partial").exists()
    assert model(hub, tmp_path, "verify").returncode == 0
    assert look_of(folder) == look


def test_ctrl_c_is_exit_code_4_and_keeps_what_was_copied(
    hub: Hub, folder: Path, tmp_path: Path
) -> None:
    with import_until_it_copies(hub, folder, tmp_path) as importing:
        importing.send_signal(signal.SIGINT)
        assert importing.stdout
        last = importing.stdout.read().splitlines()[-1]
        assert importing.wait(30) == 4
    assert json.loads(last)["code"] == "cancelled"
    (left,) = events(model(hub, tmp_path, "list", "--json"))
    assert (left["repo"], left["complete"]) == (REPO, False)
    assert model(hub, tmp_path, "import", str(folder)).returncode == 0
