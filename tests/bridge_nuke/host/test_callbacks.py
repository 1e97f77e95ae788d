"""What Nuke calls SparkVSR for, and what that costs: others are not disturbed by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from artist import FIRST, Artist, write_install
from nuke_emulator import Profile, Session
from previewing import Previewer
from sparkvsr_nuke.core import BridgeError, group_text

Load = Callable[[str], Any]

SHOWN = {
    "status": "Restored.",
    "preview_file": "look.exr",
    "preview_frame": 1004,
    "preview_ready": True,
}
NOTHING = {"status": " ", "preview_file": "", "preview_ready": False}
EVENTS = {
    ("knobChanged", "Group"),
    ("onCreate", "Group"),
    ("onDestroy", "Group"),
    ("updateUI", "Group"),
    ("beforeRender", "Write"),
    ("onScriptLoad", "*"),
    ("onScriptSave", "*"),
    ("onScriptClose", "*"),
}


@pytest.fixture
def node(load: Load) -> Any:
    """A node in a session that the bridge has started in."""
    load("start").in_every_session()
    return load("create").create_node()


def show(load: Load, node: Any) -> None:
    """What it shows while a preview is shown, and what may come out of a script or a clipboard."""
    with load("show").setting():
        for name, value in SHOWN.items():
            node[name].setValue(value)


def shown(node: Any) -> dict[str, Any]:
    return {name: node[name].value() for name in NOTHING}


def registered(session: Session) -> dict[tuple[str, str], int]:
    entries = session.root._registry.entries
    return {event: len(found) for event, found in entries.items() if found}


# What is registered.


@pytest.mark.parametrize(
    ("nuke_profile", "missing"),
    [
        (Profile(), set()),
        (Profile(gui=False), {"updateUI"}),
        (Profile(nc=True), {"onCreate", "onDestroy", "updateUI"}),
        (Profile(indie=True), {"onCreate", "onDestroy", "updateUI"}),
    ],
)
def test_each_callback_is_registered_once_however_often_it_is_asked_for(
    nuke_host: Session, load: Load, missing: set[str]
) -> None:
    for _ in range(2):
        load("start").in_every_session()
    wanted = {event for event in EVENTS if event[0] not in missing}
    assert registered(nuke_host) == dict.fromkeys(wanted, 1)


# What comes into no script and onto no clipboard.


def test_a_loaded_node_shows_no_status_and_no_preview_and_that_is_no_edit(
    nuke: Any, nuke_host: Session, load: Load, node: Any
) -> None:
    show(load, node)
    text = nuke_host.text(node)
    nuke.root().setModified(False)
    steps = [what for what, _ in nuke_host.root._history.steps]
    (pasted,) = nuke_host.paste(text)
    assert shown(pasted) == NOTHING
    assert pasted["uid"].value() == node["uid"].value()
    # Values of the text are steps of the loading; putting them back is none.
    added = [what for what, _ in nuke_host.root._history.steps][len(steps) :]
    assert added.count("Set preview_ready") == 1
    assert added.count("Set preview_file") == 1
    assert not nuke.Undo().disabled()


def test_resetting_a_node_leaves_the_modified_flag(
    nuke: Any, nuke_host: Session, node: Any, load: Load
) -> None:
    show(load, node)
    nuke.root().setModified(False)
    before = nuke_host.state()
    with nuke_host.this(node):
        load("callbacks")._on_create()
    assert shown(node) == NOTHING
    assert nuke_host.state() == before


def test_a_reopened_script_shows_neither_time_after_time(
    nuke: Any, nuke_host: Session, load: Load, node: Any, tmp_path: Path
) -> None:
    uid = node["uid"].value()
    for number in range(3):
        show(load, node)
        file = str(tmp_path / f"comp_{number}.nk")
        nuke.scriptSaveAs(file)
        nuke.scriptOpen(file)
        node = nuke.toNode("SparkVSR1")
        assert shown(node) == NOTHING
        assert node["uid"].value() == uid
        assert not nuke.root().modified()


@pytest.mark.parametrize(
    "nuke_profile", [Profile(gui=False), Profile(nc=True), Profile(indie=True)]
)
def test_no_edition_loads_a_preview(nuke_host: Session, load: Load, node: Any) -> None:
    show(load, node)
    (pasted,) = nuke_host.paste(nuke_host.text(node))
    assert shown(pasted) | {"status": ""} == NOTHING | {"status": ""}


# What they cost.


@pytest.fixture
def asked(nuke: Any, load: Load, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question that a callback asks about a node or the disk."""
    found: list[str] = []
    this_node = nuke.thisNode

    def reached() -> Any:
        found.append("thisNode")
        return this_node()

    def answer(name: str, *_: Any) -> bool:
        found.append(name)
        return True

    monkeypatch.setattr(nuke, "thisNode", reached)
    callbacks = load("callbacks")
    for name in ("is_sparkvsr", "refresh", "choose_version", "slider_moved", "hide_preview"):
        monkeypatch.setattr(callbacks, name, partial(answer, name))
    return found


def test_moving_naming_and_showing_a_node_cost_nothing(
    nuke: Any, node: Any, asked: list[str]
) -> None:
    for number in range(100):
        node.setXYpos(number, number)
        node["label"].setValue(str(number))
    node["selected"].setValue(False)
    node.setName("Hero")
    node.hideControlPanel()
    node.showControlPanel()
    group = nuke.nodes.Group()
    asked.clear()
    group.setXYpos(1, 1)
    for knob in ("keyframe_list_of_others", "status"):
        group.addKnob(nuke.String_Knob(knob))
        group[knob].setValue("theirs")
    assert asked == []


def test_what_sparkvsr_sets_itself_is_not_answered(node: Any, asked: list[str], load: Load) -> None:
    with load("show").setting():
        node["guidance"].setValue(2)
        node["version"].setValue("none")
    assert asked == []
    node["guidance"].setValue(1)
    assert asked == ["thisNode", "is_sparkvsr", "slider_moved", "refresh"]


# Whatever fails in them.


def fire(session: Session, node: Any, event: str) -> None:
    registry, root = session.root._registry, session.root
    if event == "knobChanged":
        registry.run(event, node, node._knobs["guidance"])
    elif event == "beforeRender":
        registry.run(event, session.module.nodes.Write())
    else:
        registry.run(event, root if event.startswith("onScript") else node)


@pytest.mark.parametrize("event", sorted(event for event, _ in EVENTS))
@pytest.mark.parametrize("error", [ValueError, BridgeError, OSError, RuntimeError])
def test_none_of_them_raises_into_nuke_and_those_of_others_run(
    nuke: Any,
    nuke_host: Session,
    node: Any,
    load: Load,
    monkeypatch: pytest.MonkeyPatch,
    event: str,
    error: type[Exception],
) -> None:
    ran: list[str] = []
    add = getattr(nuke, f"add{event[0].upper()}{event[1:]}")
    add(lambda: ran.append(event))

    def fail(*args: Any) -> None:
        raise error("something broke")

    callbacks = load("callbacks")
    failing = [name for name in vars(callbacks) if callable(getattr(callbacks, name))]
    for name in set(failing) & USED:
        monkeypatch.setattr(callbacks, name, fail)
    monkeypatch.setattr(callbacks.runs, "all_runs", fail)
    monkeypatch.setattr(callbacks.runs, "find_run", fail)
    with monkeypatch.context() as patch:
        patch.setattr(callbacks, "is_sparkvsr", lambda node: node.Class() == "Group")
        patch.setattr(callbacks, "sparkvsr_nodes", lambda: [node])
        fire(nuke_host, node, event)
    assert ran == [event]
    (printed,) = nuke_host.printed
    assert "something broke" in printed
    assert nuke_host.messages == []


USED = {
    *("refresh", "refresh_where_moved", "remove_unsubmitted", "forget_preview"),
    *("forget_previews", "hide_preview", "hide_previews", "slider_moved", "adopt_newest"),
    *("reopen", "choose_version", "set_status"),
}


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_on_a_farm_a_render_is_refused_by_raising(
    nuke: Any, nuke_host: Session, node: Any, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(write: Any) -> None:
        raise RuntimeError("SparkVSR1 has no result.")

    monkeypatch.setattr(load("callbacks"), "refuse_stale", refuse)
    with pytest.raises(RuntimeError, match="no result"):
        fire(nuke_host, node, "beforeRender")


# The end.


@pytest.fixture
def previewer(
    artist: Artist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Previewer]:
    stub = Previewer(tmp_path / "agents")
    monkeypatch.setattr(artist.load("agent").AGENT, "call", stub.call)
    yield stub
    stub.open.set()


@pytest.mark.parametrize("end", ["close", "quit"])
@pytest.mark.parametrize("during", ["export", "preview"])
def test_closing_leaves_the_run_and_nothing_on_disk(
    artist: Artist, previewer: Previewer, end: str, during: str
) -> None:
    previewer.open.clear()
    artist.nuke.frame(1003)
    artist.press("preview")
    rendered = artist.session.rendered
    if during == "export":
        artist.session.queue.pump_until(lambda: len(rendered) == 2)
    else:
        artist.session.queue.pump_until(lambda: bool(previewer.asked))
    artist.session.quit() if end == "quit" else artist.nuke.scriptClose()
    artist.session.queue.pump_until(lambda: "sparkvsr-SparkVSR1" not in artist.threads())
    assert artist.said == []
    left = [path.name for path in (artist.folder / "out").glob("*/*")]
    assert left == ["sparkvsr_node.json"]


def test_a_script_that_is_closed_and_opened_again_works_at_once(
    artist: Artist, previewer: Previewer
) -> None:
    artist.save()
    previewer.open.clear()
    artist.nuke.frame(1003)
    artist.press("preview")
    artist.session.queue.pump_until(lambda: bool(previewer.asked))
    artist.nuke.scriptClose()
    artist.plate = artist.session.plate(artist.plate._plate, "Plate")
    (artist.node,) = artist.session.paste(group_text())
    artist.node.setInput(0, artist.plate)
    artist.node.setInput(1, artist.plate)
    artist.set(keyframe_list="1002", output=(artist.folder / "out").as_posix())
    artist.session.queue.pump_until(lambda: artist.run() is None)
    previewer.open.set()
    artist.preview(FIRST)
    assert artist.status == f"Done: Preview of frame {FIRST} at guidance 1."


NUKE = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from nuke_emulator import Session
from importlib import import_module
from artist import Artist
session = Session().open()
artist = Artist(session, lambda name: import_module("sparkvsr_nuke.host." + name), Path({folder!r}))
artist.nuke.frame(1003)
artist.press({button!r})
asked = Path({folder!r}, "asked")
session.queue.pump_until(asked.exists)
artist.press("free_gpu")
print(sorted(path.name for path in Path({folder!r}).glob("out/*/*")), flush=True)
"""
SILENT = """
import json, sys, pathlib
for line in sys.stdin:
    call = json.loads(line)
    if call["method"] in ("hello", "status"):
        result = {"agent_protocol": 1, "version": "0", "daemon": None}
        print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}), flush=True)
    else:
        pathlib.Path(sys.argv[1]).write_text("")
"""


@pytest.mark.parametrize("button", ["preview", "restore"])
def test_nukes_exit_waits_for_nothing_and_leaves_no_exports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    """A process of its own: its agent never answers, and its main thread just ends."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    asked = str(tmp_path / "asked")
    write_install(tmp_path / "home", [sys.executable, "-c", SILENT, asked])
    code = NUKE.format(path=sys.path, folder=str(tmp_path), button=button)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "'v001'" in ended.stdout
    left = sorted(path.name for path in (tmp_path / "out").glob("*/*"))
    # What was submitted may be running: its inputs stay.
    kept = ["v001"] if button == "restore" else []
    assert left == ["sparkvsr_node.json", *kept]
