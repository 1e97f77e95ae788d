"""The files of a config of OpenColorIO, given to it by us, so that we know which it asks for."""

from __future__ import annotations

import os
from pathlib import Path

import PyOpenColorIO  # type: ignore[import-untyped]


class ConfigFiles(PyOpenColorIO.PyConfigIOProxy):  # type: ignore[misc]
    """A config and its files; must live as long as the `PyOpenColorIO.Config` that is made of it.

    This base is for a config in a folder.

    Attributes:
        root: the folder that relative paths of the config start from.
        asked: keys of the files that OpenColorIO has found so far. It remembers files of the whole
            process by their paths, and asks again only after `ClearAllCaches`.
    """

    def __init__(self, config: bytes, root: str) -> None:
        """
        Args:
            config: the text of the config.
        """
        PyOpenColorIO.PyConfigIOProxy.__init__(self)
        self.root = root
        self.asked: set[str] = set()
        self._config = config

    def key(self, path: str) -> str:
        """The one name of a file that several paths may lead to."""
        return os.path.normpath(path)

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: there is none, or it cannot be read.
        """
        return Path(path).read_bytes()

    def holds(self, path: str) -> bool:
        """There is such a file."""
        return Path(path).is_file()

    # What follows is called by OpenColorIO, under its own names.

    def getConfigData(self) -> bytes:  # noqa: N802
        """The text of the config."""
        return self._config

    def getLutData(self, path: str) -> bytearray:  # noqa: N802
        """The content of a file; of bytes-like types it takes this one only."""
        return bytearray(self.read(path))

    def getFastLutFileHash(self, path: str) -> str:  # noqa: N802
        """Empty if there is no such file; asked before its content is."""
        if not self.holds(path):
            return ""
        self.asked.add(self.key(path))
        return path
