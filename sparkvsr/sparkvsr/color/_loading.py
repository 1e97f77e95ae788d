"""Configs of OpenColorIO, and the files that they refer to, wherever both are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import PyOpenColorIO  # type: ignore[import-untyped]

from ..errors import SettingsError
from ._archive import MAX_ARCHIVE, ArchivedFiles
from ._files import ConfigFiles

# Pinned, not "latest": names and meanings must not change with the library.
BUILTIN: Final = "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
ADDRESS: Final = "ocio://"
"""What the names of built-in configs begin with."""

FAILURES: Final = (PyOpenColorIO.Exception, PyOpenColorIO.ExceptionMissingFile)
"""What OpenColorIO raises; neither is the other's base."""

_ZIP_MARK: Final = b"PK"
_HINT: Final = (
    "Check --ocio and the environment variable OCIO; without them the built-in ACES studio config "
    "is used."
)

LOCK: Final = threading.RLock()
"""Held around every call in which OpenColorIO may ask for files. It remembers those of the whole
process, so which of them a config needs can only be seen while no other config is asked for any;
and it holds locks of its own meanwhile, on which another thread would wait without end."""


@dataclass(frozen=True)
class LoadedConfig:
    """A config.

    Attributes:
        name: for people: its path, or the exact address of a built-in one.
        ocio: the `PyOpenColorIO.Config`.
        files: those that it refers to; none of a built-in one.
    """

    name: str
    ocio: Any
    files: ConfigFiles


def load(config: str) -> LoadedConfig:
    """A config of this machine: a file (.ocio, .ocioz), or a built-in one by its address.

    Raises:
        SettingsError: it cannot be read.
    """
    what = f"The OpenColorIO config {config}"
    with _reading(what):
        if config.startswith(ADDRESS):
            ocio = PyOpenColorIO.Config.CreateFromFile(config)
            return LoadedConfig(f"{ADDRESS}{ocio.getName()}", ocio, ConfigFiles(b"", ""))
        data = read_config(Path(config), what)
        if data.startswith(_ZIP_MARK):
            return _loaded(config, ArchivedFiles(data, what))
        return _loaded(config, ConfigFiles(data, str(Path(config).absolute().parent)))


def load_packed(archive: bytes) -> LoadedConfig:
    """A config made by `pack`, maybe elsewhere: it sees no file and no variable of this machine.

    Raises:
        SettingsError: it is no such archive.
    """
    what = "The job's OpenColorIO config"
    with _reading(what):
        loaded = _loaded("the job's config", ArchivedFiles(archive, what))
        loaded.ocio.clearEnvironmentVars()
        loaded.ocio.setEnvironmentMode(PyOpenColorIO.ENV_ENVIRONMENT_LOAD_PREDEFINED)
        loaded.ocio.loadEnvironment()
        return loaded


def read_config(path: Path, what: str) -> bytes:
    """The bytes of a config or of an archive of one; they are checked when it is loaded.

    Args:
        what: the config, for sentences.

    Raises:
        SettingsError: it is above the limit, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > MAX_ARCHIVE:
            raise SettingsError(
                f"{what} has {size >> 20} MiB; {MAX_ARCHIVE >> 20} MiB is the limit.",
                "Leave out what no colour space of the job needs.",
            )
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{what} cannot be read: {error.strerror}.", _HINT) from error


def first_line(error: Exception) -> str:
    """The beginning of what OpenColorIO says, without its full stop."""
    return str(error).strip().partition("\n")[0].rstrip(". ")


def _loaded(name: str, files: ConfigFiles) -> LoadedConfig:
    with LOCK:
        PyOpenColorIO.ClearAllCaches()  # it never looks at a file twice, even if that has changed
        ocio = PyOpenColorIO.Config.CreateFromConfigIOProxy(files)
    ocio.setWorkingDir(files.root)
    return LoadedConfig(name, ocio, files)


@contextmanager
def _reading(what: str) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise SettingsError(f"{what} cannot be read: {first_line(error)}.", _HINT) from error
