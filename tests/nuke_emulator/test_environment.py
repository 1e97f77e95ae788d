"""Behaviours of editions, dialogs, menus and progress."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session, StrictError

TERMINAL = Profile(gui=False)


def test_the_session_is_what_import_finds_and_is_gone_afterwards() -> None:
    session = Session().open()
    import nuke

    assert nuke is sys.modules["nuke"] is session.module
    assert nuke.GUI
    inner = Session(TERMINAL).open()
    assert not nuke.GUI and inner.module is nuke
    assert inner.close() == []
    assert nuke.GUI
    assert session.close() == []
    assert "nuke" not in sys.modules and "nukescripts" not in sys.modules


@pytest.mark.parametrize("nuke_profile", [Profile((16, 0, 1), gui=False)])
def test_versions_and_modes_can_be_asked(nuke: Any) -> None:
    assert (nuke.NUKE_VERSION_MAJOR, nuke.NUKE_VERSION_STRING) == (16, "16.0v1")
    assert not nuke.GUI and not nuke.env["gui"] and not nuke.env["nc"]
    assert nuke.env.get("nothing") is None
    assert "-t" in nuke.rawArgs


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True), Profile(indie=True)])
def test_unpaid_editions_let_python_touch_ten_nodes(nuke: Any) -> None:
    nodes = [nuke.nodes.Dot() for _ in range(11)]
    for node in nodes[:10]:
        for _ in range(3):
            node.name()
    with pytest.raises(RuntimeError, match="10 nodes"):
        nodes[10].name()


def test_dialogs_are_recorded_and_answered_by_the_test(nuke: Any, nuke_host: Session) -> None:
    nuke_host.answers += [None, True]
    nuke.message("done")
    assert nuke.ask("again?") is True
    assert nuke_host.messages == [("message", "done"), ("ask", "again?")]


def test_a_dialog_in_a_terminal_session_fails_the_test() -> None:
    session = Session(TERMINAL).open()
    with pytest.raises(StrictError):
        session.module.message("nobody sees this")
    assert len(session.close()) == 1


def test_menus_run_what_was_added(nuke: Any, nuke_host: Session) -> None:
    nuke.chosen = []
    menu = nuke.menu("Nuke").addMenu("SparkVSR")
    menu.addCommand("Restore", lambda: nuke.chosen.append("call"))
    nuke.menu("Nodes").addCommand("Time/SparkVSR", "nuke.chosen.append('code')")
    nuke_host.menu_item("Nuke/SparkVSR/Restore")
    nuke_host.menu_item("Nodes/Time/SparkVSR")
    assert nuke.chosen == ["call", "code"]


@pytest.mark.parametrize(
    ("nuke_profile", "ran"), [(Profile(), ["init", "menu"]), (TERMINAL, ["init"])]
)
def test_menu_py_runs_only_where_there_is_a_window(
    nuke: Any,
    nuke_host: Session,
    tmp_path: Path,
    ran: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    nuke.ran = []
    for name in ("init", "menu"):
        (tmp_path / f"{name}.py").write_text(
            f"assert __file__.endswith('{name}.py')\nnuke.ran.append({name!r})\n"
        )
    nuke_host.start(tmp_path)
    assert nuke.ran == ran
    assert sys.path[-1] == nuke.pluginPath()[0] == str(tmp_path)


def test_a_progress_task_takes_a_title_and_nothing_else(nuke: Any, nuke_host: Session) -> None:
    with pytest.raises(TypeError):
        nuke.ProgressTask("title", 100)
    task = nuke.ProgressTask("SparkVSR")
    task.setMessage("frame 1001")
    task.setProgress(10)
    with pytest.raises(TypeError):
        task.setProgress(0.5)
    watch = nuke_host.progress_watch
    assert (watch.titles, watch.messages, watch.values) == (["SparkVSR"], ["frame 1001"], [10])
    assert len(watch.live) == 1
    del task
    assert len(watch.live) == 0


def test_a_progress_task_that_is_kept_is_found() -> None:
    session = Session().open()
    task = session.module.ProgressTask("kept")
    assert session.close() == ["1 progress dialogs are still there"]
    del task


def test_cancel_is_pressed_at_a_chosen_poll_and_stays(nuke: Any, nuke_host: Session) -> None:
    nuke_host.progress_watch.cancel_at_poll = 2
    task = nuke.ProgressTask("SparkVSR")
    assert [task.isCancelled() for _ in range(4)] == [False, False, True, True]
    nuke_host.progress_watch.cancel_at_poll = None
    assert task.isCancelled()


@pytest.mark.parametrize("nuke_profile", [TERMINAL])
def test_a_terminal_session_has_no_progress_dialog(nuke: Any) -> None:
    with pytest.raises(RuntimeError):
        nuke.ProgressTask("SparkVSR")


def test_what_is_not_part_of_every_nuke_is_not_here(nuke: Any) -> None:
    for name in ("executeDeferred", "numpy", "zmq"):
        assert not hasattr(nuke, name)
    assert [name for name in vars(sys.modules["nukescripts"]) if name[0] != "_"] == []
