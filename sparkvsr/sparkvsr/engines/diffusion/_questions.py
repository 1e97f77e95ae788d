"""Asks between the layers of the models whether the window that runs was cancelled.

Hooks stand in front of the layers for good, and ask for whichever window runs: hooks that come and
go would cost more, and have PyTorch compile anew. What is compiled is one step for them: inside of
it there is no Python to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from ...cancel import Cancelled, never, stop_if


class Questions:
    """For the models of one engine, run by one thread."""

    def __init__(self) -> None:
        self._cancelled: Cancelled = never

    def watch(self, model: nn.Module, compiled: Collection[nn.Module] = ()) -> None:
        """From now on ask in front of every layer: every module that is made of no others.

        Args:
            compiled: modules whose `forward` is compiled; their layers are left alone.
        """
        inside = {part for module in compiled for part in module.modules()}
        for module in model.modules():
            is_layer = module not in inside and next(module.children(), None) is None
            if is_layer or module in compiled:
                module.register_forward_pre_hook(self._ask)

    @contextmanager
    def of(self, cancelled: Cancelled) -> Iterator[None]:
        """Inside, this is what is asked; layers then raise `CancelledError`. Can be nested."""
        outer, self._cancelled = self._cancelled, cancelled
        try:
            yield
        finally:
            self._cancelled = outer

    def _ask(self, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        stop_if(self._cancelled)
