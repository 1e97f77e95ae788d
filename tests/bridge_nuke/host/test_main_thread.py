"""Work reaches Nuke's main thread, and what becomes of it comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nuke_emulator import Profile, Session
from workers import from_worker

Load = Callable[[str], Any]


def test_a_worker_gets_what_the_main_thread_gave(nuke: Any, nuke_host: Session, load: Load) -> None:
    module = load("main_thread")
    made = from_worker(
        nuke_host, lambda: module.on_main_thread(lambda: nuke.nodes.Dot(name="here").name())
    )
    assert made == "here"
    assert nuke.toNode("here") is not None


def test_none_is_a_result_like_any_other(nuke_host: Session, load: Load) -> None:
    module = load("main_thread")
    assert from_worker(nuke_host, lambda: module.on_main_thread(lambda: None)) is None


@pytest.mark.parametrize(
    "error", [ValueError("wrong"), KeyboardInterrupt(), RuntimeError("Cancelled 1")]
)
def test_an_exception_crosses_though_nuke_swallows_it(
    nuke_host: Session, load: Load, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    module = load("main_thread")
    assert from_worker(nuke_host, lambda: module.on_main_thread(fail)) is error


def test_on_the_main_thread_it_is_done_at_once(nuke: Any, load: Load) -> None:
    assert load("main_thread").on_main_thread(nuke.frame) == nuke.frame()


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_in_a_terminal_session_it_is_done_at_once(nuke: Any, load: Load) -> None:
    assert load("main_thread").on_main_thread(nuke.frame) == nuke.frame()
