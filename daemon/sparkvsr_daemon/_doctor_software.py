"""What this installation is made of: versions and settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import zmq
from msgspec.structs import asdict

from sparkvsr import __version__

from ._finding import Finding
from ._settings import DaemonSettings, load_settings
from .paths import Paths
from .protocol import VERSION

_LIBRARIES: Final = ("torch", "diffusers", "safetensors", "huggingface_hub")
_PICTURES: Final = ("numpy", "opencv-python-headless", "OpenImageIO", "opencolorio", "OpenEXR")
_MESSAGES: Final = ("msgspec", "msgpack")
REINSTALL: Final = "Run the installer again: python3 installer"
_PREFIX: Final = "SPARKVSR_"


def look_at_versions() -> Iterator[Finding]:
    """This package, and every library that pixels or messages go through."""
    protocol = ".".join(map(str, VERSION))
    yield Finding("sparkvsr", "ok", f"{__version__}, protocol {protocol}")
    for area, names in (("model", _LIBRARIES), ("pictures", _PICTURES), ("messages", _MESSAGES)):
        yield _versions(area, names)
    yield _movies()
    yield _sockets()


def look_at_settings(paths: Paths) -> Iterator[Finding]:
    """Names of this project's variables, whose values may be anything; settings of the daemon.

    Raises:
        SettingsError: `daemon.toml` is not sound.
    """
    names = sorted(name for name in os.environ if name.startswith(_PREFIX))
    yield Finding("variables", "ok", ", ".join(names) or "none are set")
    defaults, settings = asdict(DaemonSettings()), asdict(load_settings(paths))
    changed = [f"{key} = {value}" for key, value in settings.items() if value != defaults[key]]
    yield Finding("settings", "ok", ", ".join(changed) or "defaults")


def _versions(area: str, names: tuple[str, ...]) -> Finding:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(area, "fault", f"{', '.join(missing)} cannot be found.", REINSTALL)
    return Finding(area, "ok", ", ".join(found))


def _movies() -> Finding:
    try:
        import av
    except ImportError as error:
        return Finding("movies", "fault", f"PyAV cannot be used: {error}", REINSTALL)
    return Finding("movies", "ok", f"av {av.__version__} with FFmpeg {av.ffmpeg_version_info}")


def _sockets() -> Finding:
    versions = f"pyzmq {zmq.pyzmq_version()} with libzmq {zmq.zmq_version()}"
    if not zmq.has("curve"):
        text = f"{versions} was built without encryption (CURVE), so no daemon can serve."
        return Finding("sockets", "fault", text, REINSTALL)
    return Finding("sockets", "ok", versions)
