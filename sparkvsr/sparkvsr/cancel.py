"""Asking whether somebody wants the work to end.

A job ends within a second of being cancelled because everything that takes long asks between its
steps: the layers of a model, the tensors of a checkpoint, the frames of a window, the steps of a
frame. Nobody is interrupted in the middle of one, so whatever is kept is whole.
"""

from __future__ import annotations

from .backend import Cancelled
from .errors import CancelledError

__all__ = ["Cancelled", "never", "stop_if"]


def never() -> bool:
    """For work that nobody can cancel."""
    return False


def stop_if(cancelled: Cancelled) -> None:
    """Ask.

    Raises:
        CancelledError: the answer was yes.
    """
    if cancelled():
        raise CancelledError("The job was cancelled.")
