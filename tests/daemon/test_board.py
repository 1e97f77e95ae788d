"""The board: every window is restored once, by whoever, and nobody waits for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import plans
from sparkvsr.planner import Plan
from sparkvsr_daemon._board import LOOKAHEAD, WindowBoard

LEADER = "the leader"


def needs_of(plan: Plan) -> list[list[int]]:
    return [sorted({anchor.window for anchor in window.anchors}) for window in plan.windows]


class Team:
    """A leader that wants windows in shot order, and helpers, each as fast as a draw says."""

    def __init__(self, plan: Plan, board: WindowBoard, kept: set[int]) -> None:
        self.plan, self.board = plan, board
        self.needs = needs_of(plan)
        self.kept = set(kept)
        self.restored: list[int] = []
        self.busy: dict[str, int] = {}
        self.left = list(range(len(plan.order)))

    def lead(self) -> None:
        """The leader asks until it has to wait, or has got all."""
        while self.left and LEADER not in self.busy:
            if self.board.is_kept(self.left[0]):
                self.left.pop(0)
                continue
            todo = self.board.claim(self.left[0], LEADER)
            if todo is None:
                return
            self.begin(LEADER, todo)

    def help(self, name: str) -> None:
        if name not in self.busy and (todo := self.board.help(name)) is not None:
            rank = self.plan.order.index
            assert not self.left or rank(todo) - rank(self.left[0]) <= LOOKAHEAD
            self.begin(name, todo)

    def begin(self, name: str, position: int) -> None:
        assert set(self.needs[position]) <= self.kept
        assert position not in self.kept | set(self.busy.values())
        self.busy[name] = position

    def finish(self, name: str) -> None:
        if name in self.busy:
            position = self.busy.pop(name)
            self.restored.append(position)
            self.kept.add(position)
            self.board.keep(position)

    def die(self, name: str) -> None:
        self.busy.pop(name, None)
        self.board.release(name)


NAMES = (LEADER, "a", "b", "c")


@given(plans(), st.lists(st.sampled_from(NAMES), max_size=60), st.data())
def test_every_window_is_restored_once_whoever_is_how_fast(
    plan: Plan, turns: list[str], data: st.DataObject
) -> None:
    team = Team(plan, WindowBoard(needs_of(plan), plan.order), set())
    for name in turns:
        team.lead()
        team.help("a")
        team.help("b")
        team.help("c")
        if data.draw(st.integers(0, 4)):
            team.finish(name)
        elif name != LEADER:
            team.die(name)
    while team.left:
        team.lead()
        assert team.busy or not team.left, "everybody waits for somebody"
        for name in list(team.busy):
            team.finish(name)
    assert sorted(team.restored) == sorted(set(team.restored))
    assert team.kept >= set(plan.order)


@given(plans(), st.data())
def test_what_was_kept_before_is_not_restored_again(plan: Plan, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, len(plan.order)))
    kept = set(plan.order[:done])
    team = Team(plan, WindowBoard(needs_of(plan), plan.order, kept), kept)
    while team.left:
        team.lead()
        team.finish(LEADER)
    assert kept.isdisjoint(team.restored)
    assert team.board.done == len(plan.order)


def chain() -> WindowBoard:
    """Four windows, each anchored on the one before."""
    return WindowBoard([(), (0,), (1,), (2,)], (0, 1, 2, 3))


def test_a_window_is_claimed_together_with_what_it_depends_on() -> None:
    board = chain()
    assert board.claim(3, LEADER) == 0
    board.keep(0)
    assert board.claim(3, LEADER) == 1


def test_a_helper_gets_nothing_that_somebody_restores_or_that_is_not_ready() -> None:
    board = chain()
    assert board.claim(0, LEADER) == 0
    assert (board.has_work, board.help("a")) == (False, None)
    board.keep(0)
    assert (board.has_work, board.help("a"), board.help("b")) == (True, 1, None)


def test_work_of_one_who_is_gone_is_given_to_another() -> None:
    board = chain()
    board.claim(0, "gone")
    assert board.claim(0, LEADER) is None
    board.release("gone")
    assert board.claim(0, LEADER) == 0


def test_a_damaged_window_is_restored_before_those_that_need_it() -> None:
    board = chain()
    for position in (0, 1):
        board.claim(position, LEADER)
        board.keep(position)
    assert board.claim(2, LEADER) == 2
    board.lose(1)  # while 2 was prepared
    assert board.claim(2, LEADER) == 1
    board.keep(1)
    assert board.claim(2, LEADER) == 2  # the claim was its own


@pytest.mark.parametrize(("kept", "dropped"), [([0], []), ([], [0])])
def test_windows_that_are_done_with_count_as_done(kept: list[int], dropped: list[int]) -> None:
    board = WindowBoard([(), ()], (0, 1), kept, dropped)
    assert board.done == 1
    assert board.help("a") == 1
