"""Previews follow the guidance slider: one at a time, the newest wins, and nobody waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from artist import Artist
from previewing import GONE, Previewer
from sparkvsr_link import LinkError


@pytest.fixture
def previewer(artist: Artist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Previewer:
    """In place of an agent, while a preview of frame 1003 is shown."""
    stub = Previewer(tmp_path / "agents")
    monkeypatch.setattr(artist.load("agent").AGENT, "call", stub.call)
    artist.preview(1003)
    assert stub.asked.pop() == (1003, 1.0)
    return stub


def move(artist: Artist, guidance: float) -> None:
    artist.node["guidance"].setValue(guidance)


def settle(artist: Artist) -> None:
    """Until nothing is under way."""
    artist.session.queue.pump_until(lambda: not artist.threads())


def begin(artist: Artist, previewer: Previewer, guidance: float) -> None:
    """Move the slider; the preview is asked for and does not return."""
    previewer.open.clear()
    move(artist, guidance)
    artist.session.queue.pump_until(lambda: previewer.asked == [(1003, guidance)])


def shown(artist: Artist) -> float:
    return float(artist.picture(1003).planes["rgba.red"][0, 0])


def test_of_fifty_moves_during_a_preview_only_the_last_is_asked_for(
    artist: Artist, previewer: Previewer
) -> None:
    begin(artist, previewer, 0.5)
    before = artist.session.state()["undo"]
    for count in range(1, 51):
        move(artist, 1 + count / 64)  # none of them waits: nobody pumps the main thread here
    assert previewer.asked == [(1003, 0.5)]
    previewer.open.set()
    settle(artist)
    last = 1 + 50 / 64
    assert previewer.asked == [(1003, 0.5), (1003, last)]
    assert previewer.most_at_a_time == 1
    assert shown(artist) == last
    assert artist.status == "Preview of frame 1003 at guidance 1.78125."
    assert artist.session.state()["undo"] - before == 50, "one for each move of the artist"


def test_every_move_is_asked_for_when_they_come_slower_than_previews(
    artist: Artist, previewer: Previewer
) -> None:
    for guidance in (0.5, 0.75, 0.5):
        move(artist, guidance)
        settle(artist)
        assert shown(artist) == guidance
    assert previewer.asked == [(1003, 0.5), (1003, 0.75), (1003, 0.5)]


def test_the_frame_is_the_one_that_is_looked_at(artist: Artist, previewer: Previewer) -> None:
    artist.nuke.frame(1005)
    move(artist, 0.5)
    settle(artist)
    assert previewer.asked == [(1005, 0.5)]
    assert artist.node["preview_frame"].value() == 1005


def test_other_settings_count_as_they_are_now(artist: Artist, previewer: Previewer) -> None:
    artist.set(grade="off", pin="blend")
    move(artist, 0.5)
    settle(artist)
    settings = previewer.jobs[-1]["settings"]
    assert settings["grade"] == "off" and settings["pin_keyframes"] == "blend"


def test_it_follows_the_newest_preview(artist: Artist, previewer: Previewer) -> None:
    artist.set(keyframe_list="1004")
    artist.preview(1003)
    move(artist, 0.5)
    settle(artist)
    assert [key["frame"] for key in previewer.jobs[-1]["keyframes"]] == [1004]


def test_nothing_is_asked_while_no_preview_is_shown(artist: Artist, previewer: Previewer) -> None:
    artist.save()  # hides it
    move(artist, 0.5)
    settle(artist)
    assert previewer.asked == []


def test_nothing_is_asked_while_the_frame_is_outside_of_the_range(
    artist: Artist, previewer: Previewer
) -> None:
    artist.nuke.frame(1100)
    move(artist, 0.5)
    settle(artist)
    assert previewer.asked == []


def test_nothing_is_asked_or_said_while_the_node_is_run(
    artist: Artist, previewer: Previewer
) -> None:
    begin(artist, previewer, 0.5)
    move(artist, 0.75)  # this one waits
    artist.press("preview")
    artist.session.queue.pump_until(lambda: len(previewer.asked) == 2)
    move(artist, 2.0)
    previewer.open.set()
    settle(artist)
    assert previewer.asked == [(1003, 0.5), (1003, 0.75)], "the second one is the run's"
    assert shown(artist) == 0.75
    assert artist.status == "Done: Preview of frame 1003 at guidance 0.75."
    move(artist, 2.0)
    move(artist, 1.5)
    settle(artist)
    assert shown(artist) == 1.5


@pytest.mark.parametrize("how", ["saved", "result"])
def test_a_preview_that_returns_when_none_is_shown_any_more_is_not_shown(
    artist: Artist, previewer: Previewer, how: str
) -> None:
    begin(artist, previewer, 0.5)
    move(artist, 0.75)
    if how == "saved":
        artist.save()
    else:  # as `show_version` does it
        artist.node["preview_ready"].setValue(False)
    status = artist.status
    previewer.open.set()
    settle(artist)
    assert previewer.asked == [(1003, 0.5)]
    assert artist.node["preview_ready"].value() is False
    assert artist.status == status


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GONE, "Preview failed: The SparkVSR agent ended with status 1. Try again."),
        (LinkError("bad_source", "No room."), "Preview failed: No room."),
        (ZeroDivisionError("by zero"), "Preview failed: ZeroDivisionError: by zero"),
    ],
)
def test_an_error_is_a_status_and_the_next_move_works(
    artist: Artist, previewer: Previewer, error: Exception, said: str
) -> None:
    previewer.errors = [error]
    move(artist, 0.5)
    settle(artist)
    assert artist.status == said
    assert artist.said == []
    assert shown(artist) == 1.0
    move(artist, 0.75)
    settle(artist)
    assert shown(artist) == 0.75


def test_what_waits_is_asked_for_after_an_error_too(artist: Artist, previewer: Previewer) -> None:
    begin(artist, previewer, 0.5)
    previewer.errors = [GONE]
    move(artist, 0.75)
    previewer.open.set()
    settle(artist)
    assert shown(artist) == 0.75


def test_the_artist_undoes_moves_and_nothing_else(artist: Artist, previewer: Previewer) -> None:
    before = artist.session.state()
    move(artist, 0.5)
    settle(artist)
    artist.nuke.undo()
    assert artist.node["guidance"].value() == 1.0
    assert artist.session.state() == {**before, "modified": True}
