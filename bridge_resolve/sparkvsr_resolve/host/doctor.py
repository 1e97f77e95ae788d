"""One page about this Resolve for a person who looks for what is wrong. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional, Union

from sparkvsr_link import BridgeError, LinkError, find_install
from sparkvsr_resolve.core import (
    Capabilities,
    ClipSettings,
    ScriptLock,
    choose_root,
    describe,
    is_temporary,
)

from .abilities import Abilities
from .desk import Desk
from .ready import check_ready

NEEDED = {"exr": "RGBHalf", "tif": "RGB16", "dpx": "RGB16"}
"""What pictures may be rendered as, the best first: extension to codec."""

Section = Callable[[], Iterator[str]]


def examine(
    desk: Desk,
    abilities: Abilities,
    folder: Path,
    settings: Optional[ClipSettings] = None,
    install: Callable[[], dict[str, Any]] = find_install,
) -> str:
    """The page. Whatever cannot be found out is a line of it, and never an error.

    Args:
        folder: of the lock and the crash file; this process must not hold the lock.
        settings: of the project, for its work folder.
        install: tells how the agent is started.
    """
    wanted = (settings or ClipSettings()).work_folder
    sections: dict[str, Section] = {
        "Resolve": lambda: _product(desk),
        "Ready": lambda: _readiness(desk, abilities.look(desk), folder),
        "What this version lacks": lambda: _lacking(desk, abilities),
        "Work folder": lambda: _storage(desk, wanted),
        "Pictures": lambda: _formats(desk),
        "SparkVSR": lambda: _agent(install),
        "Left by runs that crashed": lambda: _leftovers(desk, folder),
    }
    lines: list[str] = []
    for title, section in sections.items():
        lines.append(title)
        lines += [f"  {line}" for line in _safely(section)]
    return "\n".join(lines)


def _safely(section: Section) -> Iterator[str]:
    try:
        yield from section()
    except (BridgeError, LinkError) as error:
        yield _sentence(error)


def _sentence(error: Union[BridgeError, LinkError]) -> str:
    return f"{error.message} {error.hint}".strip()


def _product(desk: Desk) -> Iterator[str]:
    name = desk.asked("its name", desk.resolve.GetProductName)
    yield describe(name, desk.asked("its version", desk.resolve.GetVersion))
    page: Optional[str] = desk.resolve.GetCurrentPage()
    yield f"page: {page or 'none (a dialog, the Project Manager or a render)'}"


def _readiness(desk: Desk, capabilities: Capabilities, folder: Path) -> Iterator[str]:
    check_ready(desk, capabilities, folder)
    yield f"yes, on the timeline `{desk.timeline.GetName()}` of `{desk.project.GetName()}`"


def _lacking(desk: Desk, abilities: Abilities) -> Iterator[str]:
    abilities.look(desk)
    for ability in abilities.lacking():
        since = f" (since {ability.since})" if ability.since else ""
        yield f"{ability.owner}.{ability.method}{since}: {ability.instead}"
    if not abilities.complete:
        yield "open a timeline with a clip on it to know the rest"
    elif not abilities.lacking():
        yield "nothing"


def _storage(desk: Desk, wanted: str) -> Iterator[str]:
    storage = desk.asked("its Media Storage", desk.resolve.GetMediaStorage)
    roots = desk.asked("the folders of its Media Storage", storage.GetMountedVolumeList)
    yield f"Media Storage: {', '.join(roots) or 'no folder'}"
    yield f"taken: {choose_root(roots, wanted, '')}"


def _formats(desk: Desk) -> Iterator[str]:
    project = desk.project
    for extension, codec in NEEDED.items():
        found = codec in (project.GetRenderCodecs(extension) or {}).values()
        yield f"{extension} {codec}: {'there' if found else 'not there'}"


def _agent(install: Callable[[], dict[str, Any]]) -> Iterator[str]:
    found = install()
    yield f"installed, version {found.get('version', 'unknown')}: {' '.join(found['agent'])}"


def _leftovers(desk: Desk, folder: Path) -> Iterator[str]:
    found = [*_safely(lambda: _crash(folder)), *_safely(lambda: _temporary(desk))]
    yield from found or ["nothing"]


def _crash(folder: Path) -> Iterator[str]:
    with ScriptLock.take(folder) as lock:
        crash = lock.leftover()
    if crash is not None:
        yield f"a run of {crash.started} ended in the midst of: {crash.phase or 'its work'}"


def _temporary(desk: Desk) -> Iterator[str]:
    project = desk.project
    count = desk.number("how many timelines there are", project.GetTimelineCount)
    timelines: list[Any] = [project.GetTimelineByIndex(index + 1) for index in range(count)]
    presets: list[Any] = [*(project.GetRenderPresetList() or ())]
    named = [("timeline", timeline.GetName()) for timeline in timelines if timeline]
    named += [("render preset", preset) for preset in presets]
    for kind, name in named:
        if isinstance(name, str) and is_temporary(name):
            yield f"{kind} `{name}`"
