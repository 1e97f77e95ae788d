"""Engines: what turns a window of source frames and its references into restored frames."""

from __future__ import annotations

from ._base import Engine, EngineFrame, LatentEngine, Picture, Reference, Window
from ._registry import ENGINES, ResolvedEngine, device_count, make_engine, resolve_engine

__all__ = [
    "ENGINES",
    "Engine",
    "EngineFrame",
    "LatentEngine",
    "Picture",
    "Reference",
    "ResolvedEngine",
    "Window",
    "device_count",
    "make_engine",
    "resolve_engine",
]
