"""Engines by name. `auto` is resolved here and nowhere else."""

from __future__ import annotations

from ..errors import EngineError
from ._base import Engine, EngineFrame, Picture, Reference, Window

__all__ = [
    "Engine",
    "EngineFrame",
    "Picture",
    "Reference",
    "Window",
    "engine_names",
    "get_engine",
    "resolve_engine_name",
]


def engine_names() -> tuple[str, ...]:
    """The engines of this version, best first."""
    return ("flow", "identity")


def resolve_engine_name(name: str) -> str:
    """Turn `auto` into the best engine that can run here; other names stay as they are.

    Raises:
        EngineError: no engine has this name.
    """
    if name == "auto":
        return "flow"
    if name not in engine_names():
        raise EngineError(
            f"There is no engine called {name}.", f"Use auto, {' or '.join(engine_names())}."
        )
    return name


def get_engine(name: str) -> type[Engine]:
    """The engine class of a name; only the one asked for is imported.

    Raises:
        EngineError: no engine has this name.
    """
    if resolve_engine_name(name) == "identity":
        from .identity import IdentityEngine

        return IdentityEngine
    from .flow import FlowEngine

    return FlowEngine
