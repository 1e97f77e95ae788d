"""Engines by name. `auto` is resolved here and nowhere else."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor, wait
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from ..cancel import Cancelled, never, stop_if
from ..errors import EngineError
from ._base import Engine

if TYPE_CHECKING:
    from ..weights import Model

ENGINES: Final = ("sparkvsr", "flow", "identity")
"""Best first."""
PULL: Final = "sparkvsr model pull"
PATIENCE_S: Final = 0.1
"""Between two questions while packages are imported."""


class ResolvedEngine(NamedTuple):
    """Which engine will run.

    Attributes:
        version: of the engine, and of its weights if it has any: part of a job's identity.
        why: a sentence for the person when `auto` chose, else empty.
    """

    name: str
    version: str
    why: str = ""


def resolve_engine(name: str, cancelled: Cancelled = never) -> ResolvedEngine:
    """Find out which engine a name stands for; loads no model.

    Raises:
        EngineError: there is no such engine, or its weights are not installed.
        CancelledError: `cancelled()` answered True.
    """
    if name == "auto":
        return _best(cancelled)
    if name == "sparkvsr":
        return ResolvedEngine(name, _model_version(_installed_model()))
    return ResolvedEngine(name, _light(name).version)


def make_engine(name: str, cancelled: Cancelled = never) -> Engine:
    """The engine of a name (not `auto`), ready to run; a loaded model is kept for the next job.

    Args:
        cancelled: asked while weights are loaded; a model that is loaded in part is let go.

    Raises:
        EngineError: there is no such engine, or its weights are missing or damaged.
        CancelledError: `cancelled()` answered True.
    """
    if name != "sparkvsr":
        return _light(name)
    model = _installed_model()
    _import_diffusion(cancelled)
    from .diffusion import load_engine

    return load_engine(model.folder, _model_version(model), cancelled)


def _import_diffusion(cancelled: Cancelled) -> None:
    """Import what needs torch and diffusers: seconds, in which there is nobody to ask.

    So that is left to a thread; if the job is cancelled, the import ends by itself, for the next.
    """
    pool = ThreadPoolExecutor(1, "import")
    imported = pool.submit(import_module, f"{__package__}.diffusion")
    pool.shutdown(wait=False)
    while wait([imported], PATIENCE_S).not_done:
        stop_if(cancelled)
    imported.result()


def device_count(name: str) -> int:
    """On how many devices an engine (not `auto`) could run at once, in a process each."""
    if name != "sparkvsr":
        return 1
    from .diffusion import device_count as count

    return count()


def _best(cancelled: Cancelled) -> ResolvedEngine:
    if _find_model() is None:
        why = f"Auto took the flow engine: no SparkVSR weights are installed ({PULL})."
        return resolve_engine("flow")._replace(why=why)
    _import_diffusion(cancelled)
    from .diffusion import best_device

    if best_device().type == "cpu":
        why = "Auto took the flow engine: there is no GPU here for the SparkVSR model."
        return resolve_engine("flow")._replace(why=why)
    return resolve_engine("sparkvsr")._replace(why="Auto took the SparkVSR model.")


def _light(name: str) -> Engine:
    """An engine without weights; only the one asked for is imported."""
    if name == "flow":
        from .flow import FlowEngine

        return FlowEngine()
    if name == "identity":
        from .identity import IdentityEngine

        return IdentityEngine()
    raise EngineError(f"There is no engine called {name}.", f"Use auto, {', '.join(ENGINES)}.")


def _installed_model() -> Model:
    model = _find_model()
    if model is None:
        raise EngineError(
            "The weights of the SparkVSR model are not installed.",
            f"Fetch them with: {PULL}. Or use --engine flow, which needs none.",
        )
    return model


def _find_model() -> Model | None:
    from ..weights import find_model  # the hub's client behind it takes a while to import

    return find_model()


def _model_version(model: Model) -> str:
    """Another one for every change of the checkpoint, told by size and time of its files."""
    digest = hashlib.sha256()
    for file in sorted(model.folder.rglob("*")):
        if file.suffix in (".json", ".safetensors"):
            status = file.stat()
            digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return f"2-{digest.hexdigest()[:12]}"
