"""The folder of one model while its files arrive, fetched or copied."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.filesize import decimal

from ..errors import DiskFullError
from ._events import OnWeightsEvent, PullStarted, Stage, Transferred
from ._files import EMBEDDING_FILE, Hashing, ListedFile, blocks_of, is_needed, stop_if, unlike
from ._folders import HOME_VARIABLE, PARTIAL
from ._manifest import FileRecord


class Landing:
    """Brings the files of one commit to their places, and tells how far it is.

    Under its own name stands only what has the listed digest; until then it is in `partial`.

    Args:
        repo: whose files they are.
        commit: of the repository.
        folder: of the model; made here.
        wanted: all files of the commit that are needed.
        cancelled: asked at every block.
    """

    def __init__(
        self,
        repo: str,
        commit: str,
        folder: Path,
        wanted: Sequence[ListedFile],
        tell: OnWeightsEvent,
        cancelled: Callable[[], bool],
    ) -> None:
        self.repo = repo
        self.folder = folder
        self.partial = folder / PARTIAL
        self.wanted = wanted
        self._tell = tell
        self._cancelled = cancelled
        self._total = sum(file.bytes for file in wanted)
        self._bytes = Counter[Stage]()
        folder.mkdir(parents=True, exist_ok=True)
        tell(PullStarted(repo, commit, str(folder), len(wanted), self._total))

    def in_place(self) -> dict[str, str]:
        """The files that are right already, which are read for that: path to SHA-256."""
        return {
            file.path: found
            for file in self.wanted
            if (found := self.sha256_if_right(file, self.folder / file.path))
        }

    def sha256_if_right(self, file: ListedFile, local: Path) -> str | None:
        """SHA-256 of a local file that has size and digest of the listed one, else `None`."""
        if unlike(local, file.bytes):
            return None
        content = Hashing(file)
        for block in blocks_of(local):
            content.update(block)
            self.count("checking", file, len(block))
        if content.difference() is None:
            return content.sha256
        self._bytes["checking"] -= file.bytes  # it is checked again when it has arrived
        return None

    def expect(self, stage: Stage, missing: Sequence[ListedFile], *, arrived: int = 0) -> None:
        """Say what is still to come, before anything of it is written.

        Args:
            arrived: bytes of it that are on the disk already.

        Raises:
            DiskFullError: there is no room for it.
        """
        size = sum(file.bytes for file in missing)
        free = shutil.disk_usage(self.folder).free
        if size - arrived > free:
            raise DiskFullError(
                f"{self.repo} needs {decimal(size - arrived)} more, and {self.folder} has "
                f"{decimal(free)} free.",
                f"Free some room, or set {HOME_VARIABLE} to a folder on a larger disk.",
            )
        self._bytes[stage] = self._total - size

    def count(self, stage: Stage, file: ListedFile, count: int) -> None:
        """Tell of more bytes of a file.

        Raises:
            CancelledError: somebody asked for it.
        """
        stop_if(self._cancelled)
        self._bytes[stage] += count
        self._tell(Transferred(stage, file.path, self._bytes[stage], self._total))

    def put(self, file: ListedFile, part: Path) -> None:
        """Give a file that was found right its own name."""
        place = self.folder / file.path
        place.parent.mkdir(exist_ok=True)
        part.replace(place)

    def finish(self, sha256: Mapping[str, str]) -> tuple[FileRecord, ...]:
        """Drop what an older commit has left; gives what the manifest has to say of the files."""
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            if is_needed(name) and name not in sha256 and name != EMBEDDING_FILE:
                path.unlink()
        return tuple(FileRecord(file.path, file.bytes, sha256[file.path]) for file in self.wanted)
