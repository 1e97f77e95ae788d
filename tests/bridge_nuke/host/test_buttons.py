"""The buttons besides Restore and Preview, and what all of them do where there is no window."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from artist import Artist
from nuke_emulator import Profile
from previewing import Previewer
from sparkvsr_link import LinkError
from sparkvsr_nuke.core import BridgeError

TERMINAL = pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to show."""
    found: list[str] = []

    def browse(uri: str) -> bool:
        found.append(uri)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    return found


def settle(artist: Artist) -> None:
    threads = {"sparkvsr-unload", "sparkvsr-report"}
    artist.session.queue.pump_until(lambda: not threads & set(artist.threads()))


def test_after_a_restoration_the_report_is_there_and_the_gpu_can_be_freed(
    artist: Artist, opened: list[str]
) -> None:
    artist.restore()
    artist.press("report")
    settle(artist)
    report = artist.version("v001") / "report.html"
    assert opened == [report.as_uri()]
    assert "<html" in report.read_text(encoding="utf-8")
    artist.press("free_gpu")
    assert artist.status == "Freeing the GPU …"
    settle(artist)
    assert artist.status == "1 worker ended."
    assert artist.said == []


def test_free_gpu_starts_no_daemon(artist: Artist) -> None:
    before = artist.state()
    artist.press("free_gpu")
    settle(artist)
    assert artist.status == "No daemon runs: nothing is loaded."
    assert artist.state() == before


@pytest.mark.parametrize(
    "error",
    [
        LinkError("busy", "A job runs.", "Wait until it has ended, or cancel it."),
        LinkError("not_installed", "SparkVSR is not installed.", "Run its installer."),
    ],
)
def test_free_gpu_says_why_it_could_not(
    artist: Artist, monkeypatch: pytest.MonkeyPatch, error: LinkError
) -> None:
    def refuse(method: str, **params: Any) -> None:
        assert method == "unload"
        assert threading.current_thread() is not threading.main_thread()
        raise error

    monkeypatch.setattr(artist.load("agent").AGENT, "call", refuse)
    artist.press("free_gpu")
    settle(artist)
    assert artist.status == f"{error.message} {error.hint}"
    assert artist.said == []


def test_the_report_is_that_of_the_version_that_is_shown(
    artist: Artist, opened: list[str], tmp_path: Path
) -> None:
    for name in ("v001", "v002"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_text("<html>")
    artist.set(result_ready=True, result_file=(tmp_path / "v001/result/r.%04d.exr").as_posix())
    artist.press("report")
    settle(artist)
    assert opened == [(tmp_path / "v001/report.html").as_uri()]
    (tmp_path / "v001/report.html").unlink()
    artist.press("report")
    settle(artist)
    assert len(opened) == 1
    assert artist.said == [
        "SparkVSR1 shows no result that has a report.\n\nPress Restore, or choose a version."
    ]


def test_without_a_result_there_is_no_report(artist: Artist, opened: list[str]) -> None:
    artist.press("report")
    settle(artist)
    assert opened == []
    assert len(artist.said) == 1


def test_without_a_browser_the_status_says_where_the_report_is(
    artist: Artist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda uri: False)
    (tmp_path / "v001").mkdir()
    report = tmp_path / "v001" / "report.html"
    report.write_text("<html>")
    artist.set(result_ready=True, result_file=(tmp_path / "v001/result/r.%04d.exr").as_posix())
    artist.press("report")
    settle(artist)
    assert artist.status == f"No browser was found for the report: open {report}."


def test_cancel_without_a_run_is_one_sentence(artist: Artist) -> None:
    before = artist.state()
    artist.press("cancel")
    assert artist.said == ["There is nothing to cancel: SparkVSR1 makes no result and no preview."]
    assert artist.state() == before


def test_cancel_says_at_once_that_it_was_heard(
    artist: Artist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    previewer = Previewer(tmp_path / "agents")
    monkeypatch.setattr(artist.load("agent").AGENT, "call", previewer.call)
    previewer.open.clear()
    artist.nuke.frame(1003)
    artist.press("preview")
    artist.session.queue.pump_until(lambda: bool(previewer.asked))
    artist.press("cancel")
    assert artist.status == "Cancelling …"
    artist.wait()
    assert artist.status == "Cancelled."
    previewer.open.set()


def test_all_that_is_wrong_is_one_dialog_and_nothing_begins(artist: Artist) -> None:
    artist.node.setInput(1, None)
    artist.set(keyframe_list="900", output="relative")
    before = artist.state()
    for button in ("restore", "preview"):
        artist.press(button)
    assert artist.run() is None
    first, second = artist.said
    assert first == second
    for piece in ("`keyframes`", "900", "relative", "then try again."):
        assert piece in first
    assert artist.state() == before


@TERMINAL
@pytest.mark.parametrize("button", ["restore", "preview", "free_gpu", "report"])
def test_what_needs_the_window_is_an_error_without_one(artist: Artist, button: str) -> None:
    artist.nuke.frame(1003)
    with pytest.raises(BridgeError, match="needs Nuke's window"):
        artist.press(button)
    assert artist.threads() == []
    assert artist.said == []


@TERMINAL
def test_errors_are_raised_where_there_are_no_dialogs(artist: Artist) -> None:
    with pytest.raises(BridgeError, match="nothing to cancel"):
        artist.press("cancel")
    artist.set(keyframe_list="x")
    with pytest.raises(BridgeError):
        artist.press("add_current")
    assert artist.said == []


@TERMINAL
def test_the_list_of_keyframes_is_edited_without_a_window_too(artist: Artist) -> None:
    artist.nuke.frame(1004)
    artist.press("add_current")
    assert artist.node["keyframe_list"].value() == "1002 1004-1005"
