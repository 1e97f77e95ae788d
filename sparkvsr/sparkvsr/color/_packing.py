"""Packs a config of OpenColorIO with what a job needs of its files, to be used anywhere.

In the archive every file is named after its content, and variables of the environment have been
replaced by their values: it means the same on any machine, and a changed LUT is another archive.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, Final

import PyOpenColorIO  # type: ignore[import-untyped]

from ..errors import SettingsError
from ..job import Color
from ._archive import CONFIG_NAME, write_archive
from ._loading import BUILTIN, LOCK, LoadedConfig, read_config
from ._path import PicturePath
from ._spaces import ColorSpaces

_ALL_SPACES: Final = (PyOpenColorIO.SEARCH_REFERENCE_SPACE_ALL, PyOpenColorIO.COLORSPACE_ALL)
_ALL_NAMED: Final = PyOpenColorIO.NAMEDTRANSFORM_ALL
_SPACE_WAYS: Final = (
    PyOpenColorIO.COLORSPACE_DIR_TO_REFERENCE,
    PyOpenColorIO.COLORSPACE_DIR_FROM_REFERENCE,
)
_VIEW_WAYS: Final = (
    PyOpenColorIO.VIEWTRANSFORM_DIR_TO_REFERENCE,
    PyOpenColorIO.VIEWTRANSFORM_DIR_FROM_REFERENCE,
)
_NAMED_WAYS: Final = (PyOpenColorIO.TRANSFORM_DIR_FORWARD, PyOpenColorIO.TRANSFORM_DIR_INVERSE)


def pack(color: Color) -> bytes:
    """The config at `color.config` with the files that the spaces of `color` need, as an archive.

    Equal configs with equal files give equal bytes, wherever they lie.

    Raises:
        SettingsError: the config or a file that is needed is missing, cannot be read, is too large,
            or cannot be packed.
    """
    with LOCK:
        spaces = ColorSpaces(color.config)
        PicturePath(spaces, color.source, keyframes=color.keyframes, output=color.output)
        return _Packer(spaces.loaded, frozenset(spaces.loaded.files.asked)).archive()


def archive_of(color: Color) -> bytes:
    """The archive that `color.config_digest` names, from what is at `color.config`.

    That is the archive itself, or the config that it was made of.

    Raises:
        SettingsError: it cannot be read, or has changed.
    """
    data = read_config(Path(color.config), f"The OpenColorIO config {color.config}")
    if not _is_named(data, color):
        data = pack(color)
    if not _is_named(data, color):
        raise SettingsError(
            f"The OpenColorIO config {color.config}, or a file that it refers to, has changed "
            "since the job was made.",
            "Run the job again.",
        )
    return data


def spaces_of(color: Color) -> ColorSpaces:
    """The spaces of a job, the same in every process; raises as `archive_of` does."""
    if color.config_digest:
        return ColorSpaces(archive_of(color))
    return ColorSpaces(color.config or BUILTIN)


def _is_named(data: bytes, color: Color) -> bool:
    return hashlib.sha256(data).hexdigest() == color.config_digest


class _Packer:
    """Makes the archive of one config."""

    def __init__(self, loaded: LoadedConfig, needed: frozenset[str]) -> None:
        """
        Args:
            needed: keys of the files to take along.
        """
        self._name, self._files = loaded.name, loaded.files
        self._config = copy.deepcopy(loaded.ocio)
        self._context = loaded.ocio.getCurrentContext()
        self._needed = needed
        self._names: dict[str, str] = {}  # in the archive, by key
        self._contents: dict[str, bytes] = {}  # by name in the archive

    def archive(self) -> bytes:
        """The config and its files, pointing to each other, without a path or a variable."""
        config = self._config
        _edit(config, self._repoint)
        for path in sorted(self._needed - self._names.keys()):
            raise SettingsError(
                f"{path} is referred to by another file of the OpenColorIO config {self._name}, "
                "not by the config itself.",
                "Put the contents of both into one file.",
            )
        config.setSearchPath("")
        config.clearEnvironmentVars()
        config.setEnvironmentMode(PyOpenColorIO.ENV_ENVIRONMENT_LOAD_PREDEFINED)
        try:
            text = str(config.serialize())
        except UnicodeDecodeError as error:
            raise SettingsError(
                f"The OpenColorIO config {self._name} holds text that is not UTF-8.",
                "Save it as UTF-8.",
            ) from error
        return write_archive(self._contents | {CONFIG_NAME: text.encode()})

    def _repoint(self, transform: Any) -> None:
        if isinstance(transform, PyOpenColorIO.GroupTransform):
            for child in transform:
                self._repoint(child)
        elif isinstance(transform, PyOpenColorIO.ColorSpaceTransform):
            transform.setSrc(self._context.resolveStringVar(transform.getSrc()))
            transform.setDst(self._context.resolveStringVar(transform.getDst()))
        elif isinstance(transform, PyOpenColorIO.FileTransform):
            path = self._located(transform.getSrc())
            if self._files.key(path) in self._needed:
                transform.setSrc(self._packed(path))
                transform.setCCCId(self._context.resolveStringVar(transform.getCCCId()))

    def _located(self, source: str) -> str:
        """Where OpenColorIO finds a file; empty if nowhere, which matters to other jobs only."""
        try:
            return str(self._context.resolveFileLocation(source))
        except PyOpenColorIO.ExceptionMissingFile:
            return ""

    def _packed(self, path: str) -> str:
        """The name of a file in the archive."""
        key = self._files.key(path)
        if key not in self._names:
            try:
                data = self._files.read(path)
            except OSError as error:
                raise SettingsError(
                    f"{path}, a file of the OpenColorIO config {self._name}, cannot be read: "
                    f"{error.strerror}.",
                    "Check the file, then run the job again.",
                ) from error
            name = f"luts/{hashlib.sha256(data).hexdigest()}{PurePath(path).suffix}"
            self._names[key] = name
            self._contents[name] = data
        return self._names[key]


def _edit(config: Any, edit: Callable[[Any], None]) -> None:
    """Let `edit` change every transform of a config."""
    kinds = (
        (config.getColorSpaces(*_ALL_SPACES), config.addColorSpace, _SPACE_WAYS),
        (config.getViewTransforms(), config.addViewTransform, _VIEW_WAYS),
        (config.getNamedTransforms(_ALL_NAMED), config.addNamedTransform, _NAMED_WAYS),
    )
    for items, add, ways in kinds:
        for item in tuple(items):
            for way in ways:
                transform = item.getTransform(way)
                if transform is not None:
                    edit(transform)
                    item.setTransform(transform, way)
            add(item)
    for look in tuple(config.getLooks()):
        transform, inverse = look.getTransform(), look.getInverseTransform()
        if transform is not None:
            edit(transform)
            look.setTransform(transform)
        if inverse is not None:
            edit(inverse)
            look.setInverseTransform(inverse)
        config.addLook(look)
