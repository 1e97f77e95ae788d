"""Progress: a window at most ten times a second, lines without one, and an end in every case."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artist import Artist
from nuke_emulator import Profile, Session
from previewing import GONE, Previewer
from sparkvsr_nuke.core import Phase

Load = Callable[[str], Any]


class Clock:
    """In place of the clock."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(load: Load, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(load("progress"), "time", made)
    return made


@pytest.fixture
def node(load: Load) -> Any:
    return load("create").create_node()


def tell(progress: Any, text: str, done: int, total: int) -> None:
    progress.show(f"{text}: {done} of {total} frames", 100 * done // total)


def test_a_window_is_moved_ten_times_a_second_and_at_each_end(
    nuke_host: Session, load: Load, node: Any, clock: Clock
) -> None:
    progress = load("progress").WindowProgress(node)
    for text in ("Exporting plate", "Restoring"):
        for done in range(1001):
            tell(progress, text, done, 1000)
            clock.now += 0.001
    watch = nuke_host.progress_watch
    assert watch.titles == ["SparkVSR: SparkVSR1"]
    for text in ("Exporting plate", "Restoring"):
        told = [message for message in watch.messages if message.startswith(text)]
        assert len(told) == 11
        assert told[0].endswith(" 0 of 1000 frames")
        assert told[-1].endswith(" 1000 of 1000 frames")
    assert watch.values == [*range(0, 101, 10)] * 2
    assert node["status"].value() == "Restoring: 1000 of 1000 frames"


def test_the_same_is_said_once(nuke_host: Session, load: Load, node: Any, clock: Clock) -> None:
    progress = load("progress").WindowProgress(node)
    for _ in range(50):
        clock.now += 1
        tell(progress, "Restoring", 6, 6)
    assert nuke_host.progress_watch.messages == ["Restoring: 6 of 6 frames"]


def test_the_window_goes_with_its_end_and_later_news_do_not_bring_it_back(
    nuke_host: Session, load: Load, node: Any
) -> None:
    progress = load("progress").WindowProgress(node)
    assert len(nuke_host.progress_watch.live) == 1
    progress.close()
    assert len(nuke_host.progress_watch.live) == 0
    tell(progress, "Restoring", 1, 6)
    assert progress.cancelled() is False
    assert nuke_host.progress_watch.messages == []


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_a_terminal_gets_a_line_every_two_seconds_and_at_each_end(
    load: Load, nuke_host: Session, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = load("progress").PrintedProgress()
    progress.show("", 0)
    progress.show("Starting SparkVSR …", 0)
    for done in range(1, 8):
        tell(progress, "Exporting plate", done, 7)
        clock.now += 0.75
    progress.show("Submitting …", 0)
    progress.close()
    assert progress.cancelled() is False
    assert capsys.readouterr().out == (
        "SparkVSR: Starting SparkVSR …\n"
        "SparkVSR: Exporting plate: 1 of 7 frames\n"
        "SparkVSR: Exporting plate: 4 of 7 frames\n"
        "SparkVSR: Exporting plate: 7 of 7 frames\n"
        "SparkVSR: Submitting …\n"
    )


def test_a_run_has_one_window_that_never_goes_back_within_a_phase(
    artist: Artist, nuke_host: Session
) -> None:
    said: list[str] = []
    set_status = artist.load("status").set_status

    def listen(node: Any, text: str) -> None:
        said.append(text)
        set_status(node, text)

    artist.load("progress").set_status = listen
    before = artist.state()
    artist.restore()
    watch = nuke_host.progress_watch
    assert watch.titles == ["SparkVSR: SparkVSR1"]
    assert len(watch.live) == 0
    phases = [message.partition(":")[0] for message in watch.messages]
    order = list(dict.fromkeys(phases))
    wanted = ["Starting SparkVSR …", "Checking", "Exporting plate", "Exporting keyframes"]
    assert order == [*wanted, "Submitting …", "Restoring", "Reading back …"]
    for phase in order:
        values = [v for p, v in zip(phases, watch.values, strict=True) if p == phase]
        assert values == sorted(values)
        assert values[0] < 100
        assert (values[-1] == 100) is ("…" not in phase)
    for phase in order:
        assert [text.partition(":")[0] for text in said].count(phase) >= 1
    assert artist.state()["undo"] == before["undo"]


def done(artist: Artist, previewer: Previewer) -> None:
    previewer.open.set()


def failed(artist: Artist, previewer: Previewer) -> None:
    previewer.errors = [GONE]
    previewer.open.set()


def broken(artist: Artist, previewer: Previewer) -> None:
    previewer.errors = [ZeroDivisionError("by zero")]
    previewer.open.set()


def cancelled_by_the_button(artist: Artist, previewer: Previewer) -> None:
    artist.press("cancel")


def cancelled_in_the_window(artist: Artist, previewer: Previewer) -> None:
    artist.session.progress_watch.cancel_at_poll = artist.session.progress_watch.polls


def deleted(artist: Artist, previewer: Previewer) -> None:
    artist.nuke.delete(artist.node)
    previewer.open.set()


def closed(artist: Artist, previewer: Previewer) -> None:
    artist.nuke.scriptClose()


def quit_nuke(artist: Artist, previewer: Previewer) -> None:
    artist.session.quit()


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (done, 0),
        (failed, 1),
        (broken, 1),
        (cancelled_by_the_button, 0),
        (cancelled_in_the_window, 0),
        (deleted, 0),
        (closed, 0),
        (quit_nuke, 0),
    ],
)
def test_the_window_is_gone_however_a_run_ends(
    artist: Artist,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    end: Callable[[Artist, Previewer], None],
    said: int,
) -> None:
    previewer = Previewer(tmp_path / "agents")
    monkeypatch.setattr(artist.load("agent").AGENT, "call", previewer.call)
    previewer.open.clear()
    artist.nuke.frame(1003)
    gc.disable()  # its object goes by itself, not because somebody looks for rubbish
    try:
        artist.press("preview")
        artist.session.queue.pump_until(lambda: bool(previewer.asked))
        assert len(artist.session.progress_watch.live) == 1
        end(artist, previewer)
        artist.session.queue.pump_until(lambda: not {"sparkvsr-SparkVSR1"} & set(artist.threads()))
        assert len(artist.session.progress_watch.live) == 0
    finally:
        gc.enable()
        previewer.open.set()
    assert len(artist.said) == said
    assert artist.session.progress_watch.titles == ["SparkVSR: SparkVSR1"]


def test_a_window_that_cannot_be_made_leaves_no_run(
    artist: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(title: str) -> None:
        raise RuntimeError("no window today")

    monkeypatch.setattr(artist.nuke, "ProgressTask", refuse)
    with pytest.raises(RuntimeError, match="today"):
        artist.press("restore")
    assert artist.run() is None and artist.threads() == []


def test_no_phase_is_told_without_a_word(load: Load) -> None:
    state = load("run").RunState()
    for phase in (Phase.CONNECTING, Phase.CHECKING):
        state.advance(phase)
        assert state.status().endswith(" …")
