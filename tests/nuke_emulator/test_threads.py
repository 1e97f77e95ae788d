"""Behaviours of threads: what only the main thread may do, and how others ask for it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nuke_emulator import Profile, Session, StrictError
from nuke_emulator.threads import NOT_HERE
from workers import from_worker, worker


def test_graph_calls_outside_of_the_main_thread_fail_even_when_they_are_caught() -> None:
    session = Session().open()
    nuke = session.module
    node = nuke.nodes.Dot()
    knob = node["label"]
    for call in (node.name, knob.value, lambda: node["label"], lambda: nuke.toNode("Dot1"),
                 lambda: nuke.nodes.Dot(), lambda: nuke.execute(node, 1, 1)):  # fmt: skip
        assert isinstance(from_worker(session, call), StrictError)
    assert len(session.close()) == 6


def test_a_posted_call_waits_until_the_main_thread_is_from_worker(nuke_host: Session) -> None:
    nuke, done = nuke_host.module, list[int]()
    thread, _ = worker(lambda: nuke.executeInMainThread(done.append, (1,)))
    thread.join(5)
    assert done == []
    assert nuke_host.pump() == 1
    assert done == [1]


def test_a_call_with_result_comes_back_to_its_thread(nuke_host: Session) -> None:
    nuke = nuke_host.module
    call = lambda: nuke.executeInMainThreadWithResult(nuke.frame, ())  # noqa: E731
    assert from_worker(nuke_host, call) == 1


def test_arguments_that_are_no_tuple_become_one_argument(nuke_host: Session) -> None:
    nuke = nuke_host.module
    call = lambda: nuke.executeInMainThreadWithResult(len, [1, 2, 3])  # noqa: E731
    assert from_worker(nuke_host, call) == 3


def test_an_exception_of_a_posted_call_is_printed_and_none_comes_back(nuke_host: Session) -> None:
    nuke = nuke_host.module
    call = lambda: nuke.executeInMainThreadWithResult(nuke.delete, None)  # noqa: E731
    assert from_worker(nuke_host, call) is None
    assert "Traceback" in nuke_host.printed[-1]


def test_posting_from_the_main_thread_is_refused(nuke: Any) -> None:
    for post in (nuke.executeInMainThread, nuke.executeInMainThreadWithResult):
        with pytest.raises(RuntimeError, match=NOT_HERE):
            post(print)


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_posting_in_a_terminal_session_is_refused(nuke: Any, nuke_host: Session) -> None:
    result = from_worker(nuke_host, lambda: nuke.executeInMainThread(print))
    assert isinstance(result, RuntimeError)
    assert str(result) == NOT_HERE


def test_an_open_dialog_keeps_posted_calls_waiting(nuke_host: Session) -> None:
    nuke, done = nuke_host.module, list[int]()
    worker(lambda: nuke.executeInMainThread(done.append, (1,)))[0].join(5)
    with nuke_host.queue.modal():
        assert nuke_host.pump() == 0
        with pytest.raises(TimeoutError):
            nuke_host.queue.pump_until(lambda: bool(done), seconds=0.05)
    assert nuke_host.pump() == 1


def test_quitting_lets_waiting_threads_go_and_runs_nothing(nuke_host: Session) -> None:
    nuke, done = nuke_host.module, list[int]()
    thread, results = worker(lambda: nuke.executeInMainThreadWithResult(done.append, (1,)))
    while nuke_host.queue.calls.empty():
        threading.Event().wait(0.001)
    nuke_host.quit()
    thread.join(5)
    assert results == [None]
    assert done == []
    assert not thread.is_alive()


def test_a_thread_that_outlives_the_session_is_found() -> None:
    session, stop = Session().open(), threading.Event()
    thread = threading.Thread(target=stop.wait, name="left", daemon=True)
    thread.start()
    session.join_seconds = 0.05
    wrong = session.close()
    stop.set()
    thread.join()
    assert wrong == ["the thread left outlives the session"]
