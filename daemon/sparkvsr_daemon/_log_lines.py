"""Reads the daemon's log back: all of its files as one text, and on from where it was left."""

from __future__ import annotations

import re
from contextlib import ExitStack, suppress
from os import fstat
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from ._log import CONTINUED, FILES, NO_JOB
from ._messages import SHORT_ID

_LINE: Final = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\S+) (?P<level>[A-Z]+) "
    rf"(?P<job>[0-9a-f]{{{SHORT_ID}}}|{NO_JOB}) (?P<logger>[\w.]+): (?P<text>.*)"
)


class LogLine(NamedTuple):
    """One line of the log, taken apart. `time` is ISO 8601; `job` is empty when it is about none.

    Attributes:
        continued: it goes on with the record of the line before.
    """

    time: str
    level: str
    job: str
    logger: str
    text: str
    continued: bool

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """The parts of a line; None for one that the daemon did not write in this form."""
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        time, level, job, logger, text = match.groups()
        more = text.startswith(CONTINUED)
        return cls(time, level, job.replace(NO_JOB, ""), logger, text.removeprefix(CONTINUED), more)


class LogTail:
    """The lines of a rotating log, in the order in which they were written.

    A file is known by its inode, as its name changes with every rotation. Files are open only
    while they are read: on Windows an open one could not be rotated.
    """

    def __init__(self, path: Path) -> None:
        self._newest_first = [path, *(Path(f"{path}.{n}") for n in range(1, FILES))]
        self._inode = 0
        self._offset = 0

    def lines(self) -> list[str]:
        """Whole lines that were written since the last call; the first time all there are."""
        found: list[str] = []
        for inode, data in self._unread():
            end = data.rfind(b"\n") + 1
            found += data[:end].decode("utf-8", "replace").split("\n")[:-1]
            self._offset = end + (self._offset if inode == self._inode else 0)
            self._inode = inode
        return found

    def _unread(self) -> list[tuple[int, bytes]]:
        """Inode and new bytes of each file, oldest first, from the one that was read last.

        They are opened from the newest on, so that none is missed when they are rotated meanwhile:
        a file that moves on is met again under its next name, and known by its inode.
        """
        with ExitStack() as opened:
            files: dict[int, BinaryIO] = {}
            for path in self._newest_first:
                with suppress(FileNotFoundError):
                    file = opened.enter_context(path.open("rb"))
                    files.setdefault(fstat(file.fileno()).st_ino, file)
            inodes = list(reversed(files))
            if self._inode in files:
                inodes = inodes[inodes.index(self._inode) :]
                files[self._inode].seek(self._offset)
            return [(inode, files[inode].read()) for inode in inodes]
