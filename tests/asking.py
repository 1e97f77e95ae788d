"""Questions whether to go on, as tests ask them: they count, and answer yes when it is time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sparkvsr import CancelledError


class Question:
    """Answers yes from the `stop`-th time on, never without.

    Attributes:
        asked: how often.
    """

    def __init__(self, stop: int | None = None) -> None:
        self._stop = stop
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self._stop is not None and self.asked >= self._stop


class StepCounter:
    """A question that answers no, and knows how much was done between two times it was asked.

    Attributes:
        steps: in all.
        most: between two questions.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.most = 0
        self._since = 0

    def __call__(self) -> bool:
        self._since = 0
        return False

    def count(self, *_: Any, **__: Any) -> None:
        """One step was done; fits as a hook of a module."""
        self.steps += 1
        self._since += 1
        self.most = max(self.most, self._since)

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, each of whose calls is a step."""

        def counted(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            self.count()
            return result

        return counted


@contextmanager
def cancelled_at(stop: int) -> Iterator[Question]:
    """Whatever asks inside must be stopped by the `stop`-th question, and ask no more."""
    question = Question(stop)
    with pytest.raises(CancelledError):
        yield question
    assert question.asked == stop
