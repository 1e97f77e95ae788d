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
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


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


def find_wrong(shot: Shot, bring: Bring) -> tuple[bool, list[str]]:
    """Bring it; whether it came, and what is not as it should be.

    When it came, a bin or playhead that could not be put back must at least be said.
    """
    try:
        returned = bring(shot)
    except BridgeError as error:
        facts = {
            "a sentence": error.message.endswith("."),
            "a hint": bool(error.hint),
            "nothing left": shot.said == [],
            "all as before": shot.is_as_before(),
        }
        return False, [what for what, holds in facts.items() if not holds]
    except Exception as error:  # nothing else may come out
        return False, [repr(error)]
    (item,) = shot.on_track(returned.place.track)
    clip, said = item.clip, "".join(shot.said)
    facts = {
        "the item": item.uid == returned.item,
        "its place": (item.start, item.duration) == (shot.item.start, FRAMES),
        "its clip": clip is not None and clip.uid == returned.clip,
        "the page": shot.session.pages.current == "deliver",
        "the marks": shot.timeline.marks == {"video": {"in": 2, "out": 9}},
        "the playhead": shot.timeline.playhead == shot.timeline.start + 3
        or "could not take back the playhead" in said,
        "the bin": shot.session.project.folder.name == "Master"
        or "could not take back the open bin" in said,
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
    came, wrong = Counter[bool](), list[str]()
    for name, count in expected.items():
        for nth in range(1, count + 1):
            with fresh(profile) as shot:
                for _ in range(times):
                    shot.session.fail(name, nth, None)
                whole, problems = find_wrong(shot, bring)
            came[whole] += 1
            wrong += [f"{name}, call {nth}: {problem}" for problem in problems]
    assert not wrong
    assert came[True] > 70 and (came[False] > 30 or times == 1)
