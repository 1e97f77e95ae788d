"""A config of OpenColorIO and its files in one archive (a zip that OpenColorIO knows as .ocioz).

Written with the same bytes whenever its content is the same. Read without trust in who made it, and
not by OpenColorIO itself, for two reasons: it opens whatever absolute path a config or one of its
files names, archived or not; and it remembers a file by its name in the archive, so that of two
archives with a `luts/show.cube` the second would get the first one's colours.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from ..errors import SettingsError
from ._files import ConfigFiles

MAX_ARCHIVE: Final = 256 << 20
MAX_UNPACKED: Final = 2 << 30
MAX_ENTRIES: Final = 10_000
CONFIG_NAME: Final = "config.ocio"

_ENTRY_MARK: Final = b"PK\x01\x02"  # begins each entry of a zip's directory
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 1
_UNREADABLE: Final = b"\0"  # no reader of OpenColorIO takes this for a LUT
_DAMAGE: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    zlib.error,
)


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """An archive of files by name; equal files give equal bytes, on any machine and at any time.

    They are stored as they are: what a compressor makes of them depends on its version.

    Raises:
        SettingsError: it would be above the limit.
    """
    size = sum(map(len, files.values()))
    if size > MAX_ARCHIVE:
        raise SettingsError(
            f"The files that the OpenColorIO config needs have {size >> 20} MiB; "
            f"{MAX_ARCHIVE >> 20} MiB can be sent.",
            "Use smaller LUTs, or another colour space.",
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)  # of 1980-01-01
            entry.create_system = 3  # as on Unix, wherever it is written
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


class ArchivedFiles(ConfigFiles):
    """Gives OpenColorIO the files of an archive, and none besides.

    Its `root` is no folder, and another one for every content.
    """

    def __init__(self, data: bytes, what: str) -> None:
        """
        Args:
            what: the config, for sentences.

        Raises:
            SettingsError: it is damaged or above a limit, or holds no config, a link, or a name
                that leads out of it.
        """
        root = hashlib.sha256(data).hexdigest()
        try:
            self._zip = _opened(data)
            self._entries = {
                self.key(posixpath.join(root, entry.filename)): entry
                for entry in self._zip.infolist()
                if not entry.filename.endswith("/")  # `is_dir` fails on an empty name
            }
            super().__init__(self.read(posixpath.join(root, CONFIG_NAME)), root)
        except _DAMAGE as error:
            raise SettingsError(
                f"{what} cannot be read: {error}.", "Check that it is a whole .ocioz archive."
            ) from error

    def key(self, path: str) -> str:
        """OpenColorIO looks into archives without regard to case and kind of slash."""
        return posixpath.normpath(path.replace("\\", "/")).lower()

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: there is none.
            zipfile.BadZipFile, zlib.error: it is damaged.
        """
        entry = self._entries.get(self.key(path))
        if entry is None:
            raise FileNotFoundError(f"it holds no {posixpath.basename(path)}")
        with self._zip.open(entry) as file:
            return file.read(entry.file_size)  # given a size, it unpacks no more than that

    def holds(self, path: str) -> bool:
        """There is such a file; claimed of absolute paths, or OpenColorIO would go and see."""
        is_absolute = path[:1] in ("/", "\\") or path[1:2] == ":"
        return self.key(path) in self._entries or is_absolute

    def getLutData(self, path: str) -> bytearray:  # noqa: N802
        """The content of a file; something of an absolute path, or OpenColorIO would read it."""
        if self.key(path) not in self._entries:
            return bytearray(_UNREADABLE)
        return super().getLutData(path)


def _opened(data: bytes) -> zipfile.ZipFile:
    if len(data) > MAX_ARCHIVE:
        raise ValueError(f"it has {len(data)} bytes; {MAX_ARCHIVE} is the limit")
    if data.count(_ENTRY_MARK) > MAX_ENTRIES:  # asked before an object is made of each
        raise ValueError(f"it has more than {MAX_ENTRIES} entries")
    archive = zipfile.ZipFile(io.BytesIO(data))
    for entry in archive.infolist():
        _check(entry)
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        raise ValueError(f"it has {unpacked} bytes unpacked; {MAX_UNPACKED} is the limit")
    return archive


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise ValueError(f"its entry {name!r} leads out of it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ValueError(f"its entry {name!r} is a link")
    if entry.compress_type not in _METHODS or entry.flag_bits & _ENCRYPTED:
        raise ValueError(f"its entry {name!r} is encrypted or compressed in an uncommon way")
