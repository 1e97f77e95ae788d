"""Keeps the engine that was loaded last: the next job most often wants the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...cancel import Cancelled, never
from ._cache import open_stage_cache
from ._engine import DiffusionEngine


class EngineLoader:
    """Gives the engine of a checkpoint; it stays loaded until another one is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[Path, str], DiffusionEngine] = {}

    def __call__(self, folder: Path, version: str, cancelled: Cancelled = never) -> DiffusionEngine:
        """See `DiffusionEngine`.

        Raises:
            EngineError: the checkpoint is damaged or another model's.
            CancelledError: `cancelled()` answered True; nothing is loaded then.
        """
        key = (folder, version)
        if key not in self._loaded:
            self.cache_clear()  # two of them may not fit into memory
            self._loaded[key] = DiffusionEngine(folder, version, open_stage_cache(), cancelled)
        return self._loaded[key]

    def cache_clear(self) -> None:
        """Forget the engine; its memory is free once nobody runs it any more."""
        self._loaded.clear()


load_engine: Final = EngineLoader()
