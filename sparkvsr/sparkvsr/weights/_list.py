"""The weights list: what a person has to copy by hand to a machine without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from ..errors import InputError, OutputError
from ..parts import PartFolder
from ._embedding import published_embedding
from ._files import EMBEDDING_FILE, ListedFile, check_names, is_needed
from ._folders import DEFAULT_REPO
from ._hub import list_files

LIST_FILE: Final = "weights.json"  # the name under which `import_model` looks for it
HOW_TO_LIST: Final = f"On a machine with a network, `sparkvsr model files --output {LIST_FILE}`"


class WeightsList(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", tag="weights"
):
    """The files of one commit that are needed, and where each can be fetched.

    Attributes:
        repo: ID on the hub, `OWNER/NAME`.
        revision: the commit.
        files: of the repository; their paths are kept in the copy.
        embedding: the empty-prompt embedding, where it is published, for a repository that has
            none of its own.
    """

    schema: Literal[1]
    repo: str
    revision: str
    files: tuple[ListedFile, ...]
    embedding: ListedFile | None = None

    @property
    def wanted(self) -> tuple[ListedFile, ...]:
        """All files that a whole model has, each once.

        No list is believed about which files are needed, or about which embedding is the right
        one where the repository has none.
        """
        files = {file.path: file for file in self.files if is_needed(file.path)}
        files.setdefault(EMBEDDING_FILE, published_embedding())
        return tuple(files.values())


def weights_list(repo: str = DEFAULT_REPO, revision: str | None = None) -> WeightsList:
    """Ask the hub what `pull` would fetch. Nothing is fetched.

    Args:
        repo: ID on the hub, `OWNER/NAME`.
        revision: branch, tag or commit; the main branch if `None`.

    Raises:
        InputError: no such repository or revision, no access, no pipeline, or only pickles.
        JobError: the hub cannot be reached, or fails.
    """
    commit, listed = list_files(repo, revision)
    check_names([file.path for file in listed], repo)
    needed = tuple(file for file in listed if is_needed(file.path))
    has_own = EMBEDDING_FILE in {file.path for file in needed}
    return WeightsList(1, repo, commit, needed, None if has_own else published_embedding())


def write_list(weights: WeightsList, file: Path) -> None:
    """Write a list to a file, which has its name only when it is whole.

    Raises:
        OutputError: the file exists, or its folder cannot be written.
        DiskFullError: no room left.
    """
    if file.exists():
        raise OutputError(f"{file} exists already.", "Choose another name, or delete it first.")
    part = PartFolder(str(file))
    try:
        text = msgspec.json.format(msgspec.json.encode(weights), indent=2)
        (part.path / file.name).write_bytes(text + b"\n")
        part.publish()
    except OSError as error:
        raise part.failure(file.name, error) from error
    finally:
        part.discard()


def read_list(file: Path) -> WeightsList:
    """Read a list that `write_list` or `sparkvsr model files --json` has written.

    Raises:
        InputError: it cannot be read, or is no weights list that this version understands.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=WeightsList)
    except OSError as error:
        raise InputError(
            f"The weights list {file} cannot be read: {error.strerror}.",
            f"{HOW_TO_LIST} writes one.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{file} is no weights list that this version understands: {error}.",
            f"{HOW_TO_LIST} writes one; both machines need the same version.",
        ) from None
