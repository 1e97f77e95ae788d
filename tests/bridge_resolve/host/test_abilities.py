"""Capabilities are told from what the objects list, each looked at once."""

from __future__ import annotations

from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.model import Item
from sparkvsr_resolve.core import ABILITIES
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.watched import Watched

NEVER_EARLY = {"edition", "selection", "item_type", "speed", "properties", "nested_timeline"}


@pytest.mark.parametrize(
    ("resolve_profile", "lacking"),
    [
        (
            Profile(version=(18, 6, 0)),
            {"timeline_marks", "timeline_graph", "insert_track", "item_graph"}
            | {"source_times", "source_frames", "color_group"},
        ),
        (Profile(version=(19, 0, 0)), {"timeline_marks", "source_times", "source_frames"}),
        (Profile(version=(20, 3, 0)), set()),
    ],
)
def test_what_a_version_lacks_is_told_from_its_objects(
    desk: Desk, plate: Item, lacking: set[str]
) -> None:
    abilities = Abilities()
    found = abilities.look(desk)
    assert abilities.complete
    assert {ability.name for ability in abilities.lacking()} == lacking | NEVER_EARLY
    assert found.names == {a.name for a in ABILITIES} - lacking - NEVER_EARLY


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_the_newest_version_lacks_nothing(desk: Desk, plate: Item) -> None:
    abilities = Abilities()
    abilities.look(desk)
    assert not abilities.lacking()


def test_an_object_is_looked_at_as_soon_as_there_is_one_and_then_never_again(
    session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    listing = Watched.__dir__

    def noted(watched: Watched) -> list[str]:
        seen.append(type(watched._inner).__name__)
        return listing(watched)

    monkeypatch.setattr(Watched, "__dir__", noted)
    abilities = Abilities()
    assert not abilities.look(desk).can("item_graph")
    assert seen == ["Resolve", "Project", "MediaPool"]
    assert {ability.owner for ability in abilities.lacking()} == {"Resolve"}
    assert not abilities.complete

    session.timeline()
    session.title(0, 5, 1)
    session.place(session.import_clip(session.sequence(frames=2)), at=5)
    assert abilities.look(desk).can("item_graph")
    assert abilities.complete
    abilities.look(desk)
    assert sorted(seen) == sorted(
        ["Resolve", "Project", "MediaPool", "Timeline", "TimelineItem", "MediaPoolItem"]
    )
    calls: list[Any] = list(session.log)
    assert abilities.look(desk).can("item_graph")
    assert session.log == calls
