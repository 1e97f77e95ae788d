"""A restoration that is cancelled, in every phase and in every way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from artist import Artist
from daemons import Daemon
from sparkvsr_nuke.core import Phase
from sparkvsr_nuke.core.state import ENDS

When = Callable[[Phase, Callable[[], object]], None]
Way = Callable[[Artist], object]

PHASES = [
    Phase.CONNECTING,
    Phase.CHECKING,
    Phase.EXPORTING_PLATE,
    Phase.EXPORTING_KEYS,
    Phase.SUBMITTING,
    Phase.RUNNING,
    Phase.READING_BACK,
]


def by_the_button(artist: Artist) -> None:
    artist.press("cancel")


def in_the_window(artist: Artist) -> None:
    artist.session.progress_watch.cancel_at_poll = 0


def in_mid_frame(artist: Artist) -> None:
    artist.session.cancel_at = len(artist.session.rendered)


def repaint(artist: Artist, gain: float) -> None:
    """Other pixels on both inputs, so that all has to be exported."""
    for index, name in enumerate(("Light", "Dark")):
        grade = artist.nuke.toNode(name)
        if grade is None:
            grade = artist.nuke.nodes.Grade(name=name, inputs=[artist.node.input(index)])
            artist.node.setInput(index, grade)
        grade["multiply"].setValue(gain)
    artist.nuke.root().setModified(False)


def shown(artist: Artist) -> Any:
    names = "result_file", "result_ready", "version", "uid"
    return [artist.node[name].value() for name in names], artist.picture(1003).planes["rgba.green"]


@pytest.mark.parametrize(
    ("way", "phases"),
    [
        (by_the_button, PHASES),
        (in_the_window, PHASES),
        (in_mid_frame, [Phase.EXPORTING_PLATE, Phase.EXPORTING_KEYS]),
    ],
    ids=["button", "window", "mid_frame"],
)
def test_a_cancel_in_any_phase_leaves_everything_as_it_was(
    artist: Artist, daemon: Daemon, when: When, way: Way, phases: list[Phase]
) -> None:
    artist.restore()
    artist.nuke.root().setProxy(True)
    artist.nuke.frame(1004)
    artist.plate.setSelected(True)
    client = daemon.connect()
    for gain, phase in enumerate(phases, 2):
        repaint(artist, gain)
        state, (knobs, picture) = artist.state(), shown(artist)
        if phase is Phase.RUNNING:
            client.pause()
        seen: list[Phase] = []

        def cancel(phase: Phase = phase, seen: list[Phase] = seen) -> None:
            seen.append(phase)
            way(artist)

        when(phase, cancel)
        artist.restore()
        artist.session.progress_watch.cancel_at_poll = None
        client.resume()
        assert seen == [phase], phase
        assert artist.status == "Cancelled.", phase
        assert artist.state() == state, phase
        assert shown(artist)[0] == knobs
        np.testing.assert_array_equal(shown(artist)[1], picture)
        assert {job.state for job in client.jobs()} <= {"done", "cancelled"}, phase
        for file in ("job.json", "result.json"):
            have = [name for name in artist.versions() if (artist.version(name) / file).exists()]
            assert have == ["v001"], (phase, file)
    repaint(artist, 99)
    artist.restore()
    assert artist.said == []
    assert artist.status.startswith("Done: v0")
    key = artist.picture(1002, artist.node.input(1))
    np.testing.assert_array_equal(
        artist.picture(1002).planes["rgba.green"], key.planes["rgba.green"]
    )


def test_every_phase_of_a_restoration_was_cancelled() -> None:
    assert set(Phase) - ENDS == {*PHASES, Phase.IDLE, Phase.PREVIEWING}
