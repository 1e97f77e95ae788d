"""Whatever goes wrong while a result comes back: it is there whole, or nothing is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_returning import FRAMES, Shot
from resolve_returning import results as results
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings
from sparkvsr_resolve.host.bring_back import Returned
from sparkvsr_resolve.host.interpret import Interpretation

Bring = Callable[[Shot], Returned]
WAYS: dict[str, tuple[Profile, Bring]] = {
    "track": (
        Profile(version=(21, 1, 0)),
        lambda shot: shot.bring(
            interpretation=Interpretation(("sRGB",), level="Full"), note={"job": "1"}
        ),
    ),
    "replace": (
        Profile(version=(20, 3, 1)),
        lambda shot: shot.bring(settings=ClipSettings(placement="replace", deliver="ungraded")),
    ),
    "take": (
        Profile(version=(18, 6, 0)),
        lambda shot: shot.bring(settings=ClipSettings(placement="take", deliver="ungraded")),
    ),
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, results: Path) -> Callable[[Profile], Any]:
    """Shots, each in a session of its own, over one folder of media."""
    folder = tmp_path_factory.mktemp("resolve")

    @contextmanager
    def shot(profile: Profile) -> Iterator[Shot]:
        with Session(profile, folder) as session:
            made = Shot(session, results, tracks=2, colorScienceMode="davinciYRGBColorManagedv2")
            session.title(0, 40, 2)
            session.pages.current = "deliver"
            made.timeline.marks["video"] = {"in": 2, "out": 9}
            made.before = session.state()
            yield made

    return shot


def calls(shot: Shot, bring: Bring) -> Counter[str]:
    """How often each method is called when all goes well."""
    start = len(shot.session.log)
    bring(shot)
    return Counter(entry.name for entry in shot.session.log[start:])


def is_said(shot: Shot) -> bool:
    """Whether a person was told that something is left."""
    return any("could not take back" in line for line in shot.said)


def find_wrong(shot: Shot, bring: Bring) -> tuple[bool, list[str]]:
    """Bring it; whether it came, and what is not as it should be and was not said either."""
    try:
        returned = bring(shot)
    except BridgeError as error:
        facts = {
            "a sentence": error.message.endswith("."),
            "a hint": bool(error.hint),
            "all as before": shot.is_as_before() or is_said(shot),
            "said for a reason": not (shot.is_as_before() and is_said(shot)),
        }
        return False, [what for what, holds in facts.items() if not holds]
    except Exception as error:  # nothing else may come out
        return False, [repr(error)]
    (item,) = shot.on_track(returned.place.track)
    clip, said = item.clip, is_said(shot)
    facts = {
        "the item": item.uid == returned.item,
        "its place": (item.start, item.duration) == (shot.item.start, FRAMES),
        "its clip": clip is not None and clip.uid == returned.clip,
        "the page": shot.session.pages.current == "deliver",
        "the marks": shot.timeline.marks == {"video": {"in": 2, "out": 9}} or said,
        "the playhead": shot.timeline.playhead == shot.timeline.start + 3 or said,
        "the bin": shot.session.project.folder.name == "Master" or said,
        "nothing twice": len(shot.session.project.clips()) == 3,
        "no track too many": len(shot.names) <= 3,
    }
    return True, [what for what, holds in facts.items() if not holds]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_call_that_fails_anywhere_leaves_all_or_nothing(
    fresh: Callable[[Profile], Any], way: str, times: int
) -> None:
    profile, bring = WAYS[way]
    with fresh(profile) as shot:
        expected = calls(shot, bring)
    came, said, wrong = Counter[bool](), 0, list[str]()
    for name, count in expected.items():
        for nth in range(1, count + 1):
            with fresh(profile) as shot:
                shot.fail(name, nth, None, times)
                whole, problems = find_wrong(shot, bring)
            came[whole] += 1
            said += is_said(shot)
            wrong += [f"{name}, call {nth}: {problem}" for problem in problems]
    assert not wrong
    assert came[True] > 50 and came[False] > (3 if times == 1 else 50)
    assert said <= (0 if times == 1 else 9)  # such as a track that was misread thrice


@pytest.mark.parametrize("way", WAYS)
def test_a_dialog_that_opens_anywhere_and_is_closed_changes_nothing(
    fresh: Callable[[Profile], Any], way: str
) -> None:
    profile, bring = WAYS[way]
    with fresh(profile) as shot:
        expected = calls(shot, bring)
    wrong = list[str]()
    for name, count in expected.items():
        with fresh(profile) as shot:
            session = shot.session

            def opened(session: Session = session) -> None:
                session.modal(True)
                session.at(8.0, lambda: session.modal(False))

            session.fail(name, count, opened)
            _, problems = find_wrong(shot, bring)
            wrong += [f"{name}: {problem}" for problem in problems]
    assert not wrong


def test_a_dialog_that_stays_open_is_said_with_what_it_left(
    fresh: Callable[[Profile], Any],
) -> None:
    profile, bring = WAYS["track"]
    with fresh(profile) as shot:
        session = shot.session
        session.fail("MediaPool.AppendToTimeline", 1, lambda: session.modal(True))
        start = session.now()
        with pytest.raises(BridgeError, match="shows a dialog") as caught:
            bring(shot)
        assert "Close the dialog" in caught.value.hint
        said = " ".join(shot.said)
        clip = Path(shot.result.path).name
        for what in ("the video track", f"the clip {clip}", "the bin `Edit`"):
            assert what in said
        assert session.now() - start < 150  # and not a wait for every step
        assert session.project.current is shot.timeline


@pytest.mark.parametrize("name", ["MediaPool.AppendToTimeline", "MediaPool.ImportMedia"])
def test_an_interruption_takes_all_back(fresh: Callable[[Profile], Any], name: str) -> None:
    profile, bring = WAYS["track"]
    with fresh(profile) as shot:
        shot.session.fail(name, 1, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            bring(shot)
        assert shot.is_as_before() and shot.said == []


@pytest.mark.parametrize("way", WAYS)
def test_a_resolve_that_quits_anywhere_is_said(fresh: Callable[[Profile], Any], way: str) -> None:
    profile, bring = WAYS[way]
    with fresh(profile) as shot:
        expected = calls(shot, bring)
    for name in expected:
        with fresh(profile) as shot:
            session = shot.session
            session.fail(name, 1, session.quit)
            try:
                bring(shot)
            except BridgeError as error:
                assert error.hint, name
            else:  # all was done but for what is put back at the end
                assert "could not take back" in shot.said[0], name


def test_another_timeline_opened_while_placing_is_noticed(fresh: Callable[[Profile], Any]) -> None:
    profile, bring = WAYS["track"]
    with fresh(profile) as shot:
        session = shot.session
        other = session.timeline("Another")
        session.project.current = shot.timeline
        before = session.state()

        def switched() -> None:
            session.project.current = other

        session.fail("Timeline.SetTrackName", 1, switched)
        with pytest.raises(BridgeError, match="Another timeline was opened"):
            bring(shot)
        assert session.state() == before and shot.said == []


def test_a_clip_that_is_moved_while_placing_is_noticed(fresh: Callable[[Profile], Any]) -> None:
    profile, bring = WAYS["track"]
    with fresh(profile) as shot:

        def moved() -> None:
            shot.item.start += 50

        shot.session.fail("MediaPool.AppendToTimeline", 1, moved)
        with pytest.raises(BridgeError, match="was moved while the result was placed"):
            bring(shot)
        assert shot.names == ["Video 1", "Video 2"] and len(shot.session.project.clips()) == 2


def test_a_title_above_that_is_moved_while_placing_is_noticed(
    fresh: Callable[[Profile], Any],
) -> None:
    profile, bring = WAYS["track"]
    with fresh(profile) as shot:
        (title,) = shot.on_track(2)

        def moved() -> None:
            title.start += 1

        shot.session.fail("MediaPool.AppendToTimeline", 1, moved)
        with pytest.raises(BridgeError, match="Other clips above it changed"):
            bring(shot)
        assert len(shot.session.project.clips()) == 2


def test_an_item_that_comes_in_the_way_is_left_and_nothing_is_placed(
    fresh: Callable[[Profile], Any],
) -> None:
    profile, bring = WAYS["track"]
    with fresh(profile) as shot:

        def in_the_way() -> None:
            shot.session.title(12, 4, 2, "In the way")

        shot.session.fail("MediaPool.AppendToTimeline", 1, in_the_way)
        with pytest.raises(BridgeError, match="it has 2 frames and not 12"):
            bring(shot)
        assert [item.name for item in shot.on_track(2)] == ["In the way"]
        assert len(shot.session.project.clips()) == 2


@pytest.mark.parametrize("failure", [None, [], False, [None]])
def test_an_append_that_never_works_is_said(failure: Any, tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        shot.fail("MediaPool.AppendToTimeline", 1, failure, times=9)
        with pytest.raises(
            BridgeError, match="did not place the result on video track 2"
        ) as caught:
            shot.bring()
        assert "by hand" in caught.value.hint and shot.is_as_before()
