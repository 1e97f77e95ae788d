"""A folder that was copied by hand: what its files must be, where each lies, what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..errors import InputError
from ._embedding import EMBEDDING_VARIABLE, published_embedding
from ._files import EMBEDDING_FILE, ListedFile, blocks_of, check_names, refuse_pickles, unlike
from ._folders import folder_of
from ._list import HOW_TO_LIST, LIST_FILE, WeightsList, read_list
from ._manifest import MANIFEST_FILE, read_manifest


class WrongFileError(Exception):
    """A file of the folder is not what it must be; the message goes on after its name."""


class HandCopy:
    """A person's folder, which is only ever read, and the list that it is compared with.

    Only what the list names is opened. A link is followed wherever it leads, as those of a hub
    cache have to be: what is found there counts only if it has the listed digest.

    Args:
        folder: a copy of a model's folder, or a pipeline folder that was fetched by hand.
        list_file: a weights list; if `None`, the folder's manifest, or a list in it or beside it.

    Raises:
        InputError: there is no such folder, its weights are pickles, or nothing says what the
            files must be.
    """

    def __init__(self, folder: Path, list_file: Path | None) -> None:
        self.folder = folder.absolute()
        try:
            if not self.folder.is_dir():
                raise InputError(
                    f"There is no folder {self.folder}.",
                    "Give the folder that has model_index.json in it.",
                )
            # Nothing is looked for deeper down: the layout has no more levels.
            names = [path.relative_to(self.folder) for path in self.folder.glob("*/*")]
            refuse_pickles([name.as_posix() for name in names], str(self.folder))
            self.weights, self._said_by = self._what_it_must_be(list_file)
        except OSError as error:
            raise InputError(
                f"{error.filename or self.folder} cannot be read: {error.strerror}.",
                "Allow yourself to read it, or copy it again.",
            ) from None
        check_names([file.path for file in self.weights.files], str(self._said_by))
        try:
            folder_of(self.weights.repo)
        except InputError as error:
            raise InputError(f"In {self._said_by}: {error.message}", error.hint) from None

    def _what_it_must_be(self, list_file: Path | None) -> tuple[WeightsList, Path]:
        if list_file:
            return read_list(list_file), list_file
        if (self.folder / MANIFEST_FILE).exists():
            return self._from_manifest(), self.folder / MANIFEST_FILE
        for place in (self.folder, self.folder.resolve().parent):
            if (place / LIST_FILE).exists():
                return read_list(place / LIST_FILE), place / LIST_FILE
        raise InputError(
            f"{self.folder} cannot be verified: it has no {MANIFEST_FILE}, and there is no "
            f"{LIST_FILE} in it or beside it.",
            f"{HOW_TO_LIST} writes one: put it into the folder, or name it with --list.",
        )

    def _from_manifest(self) -> WeightsList:
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise InputError(
                f"{self.folder / MANIFEST_FILE} is no manifest that this version understands.",
                "Copy the folder again, or name a weights list with --list.",
            )
        files = tuple(ListedFile(file.path, file.bytes, file.sha256) for file in manifest.files)
        return WeightsList(1, manifest.repo, manifest.revision, files)

    def check(self) -> None:
        """See whether every file is there, in its size. None is read.

        Raises:
            InputError: some are not; all of these are named.
        """
        found = {
            file.path: unlike(self._source(file.path), file.bytes) for file in self.weights.wanted
        }
        if wrong := {path: what for path, what in found.items() if what}:
            raise self.refusal(wrong)

    def blocks(self, file: ListedFile) -> Iterator[bytes]:
        """The content of a file, block by block.

        Raises:
            WrongFileError: the system cannot read it.
        """
        try:
            yield from blocks_of(self._source(file.path))
        except OSError as error:
            raise WrongFileError(f"cannot be read: {error.strerror}") from None

    def refusal(self, wrong: dict[str, str]) -> InputError:
        """The error that names all files that are wrong: path to what goes on after it."""
        named = "; ".join(f"{path} {what}" for path, what in wrong.items())
        hints = ["Copy these files there again, then run the same command."]
        if self._said_by.name != MANIFEST_FILE:
            hints.append(f"{self._said_by} says where each can be fetched.")
        if "is a link that leads nowhere" in wrong.values():
            hints.append("`cp -rL` copies what links lead to.")
        if EMBEDDING_FILE in wrong:
            hints.append(f"The embedding may also be called {_published_name()}.")
        return InputError(
            f"Nothing was imported from {self.folder}: {len(wrong)} of its "
            f"{len(self.weights.wanted)} files are missing or differ. {named}.",
            " ".join(hints),
        )

    def _source(self, path: str) -> Path:
        places: Sequence[Path] = [self.folder / path]
        if path == EMBEDDING_FILE:
            elsewhere = Path(os.environ.get(EMBEDDING_VARIABLE) or path)
            places = [*places, self.folder / _published_name(), elsewhere.absolute()]
        return next((place for place in places if os.access(place, os.F_OK)), places[0])


def _published_name() -> str:
    return PurePosixPath(urlsplit(published_embedding().url).path).name
