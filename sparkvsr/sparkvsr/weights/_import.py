"""Take in a model that was copied by hand: nothing counts before every byte of it is right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..errors import NO_ROOM, DiskFullError, InputError, OutputError
from ._by_hand import HandCopy, WrongFileError
from ._events import OnWeightsEvent, PullDone
from ._files import Hashing, ListedFile, check_safetensors
from ._folders import HOME_VARIABLE, PARTIAL, folder_of, locked
from ._landing import Landing
from ._licence import show_licence_once
from ._list import WeightsList
from ._manifest import (
    MANIFEST_FILE,
    FileRecord,
    Manifest,
    first_not_whole,
    read_manifest,
    write_manifest,
)
from ._models import Model, model_of

# In `.partial`. Files are in it under their paths: two of them may have the same content.
_INCOMING: Final = "import"


def import_model(
    folder: Path,
    list_file: Path | None = None,
    *,
    on_event: OnWeightsEvent | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Model:
    """Copy a model from a folder to where `find_model` looks, and verify every byte on the way.

    What the files must be is said by `list_file`; else by the `manifest.json` of a folder that
    `pull` made; else by a `weights.json` in the folder, or in the folder that it lies in. Files
    that are not needed are left behind, links are followed, and the folder is only read. Where
    a file is missing or differs, the models are left as they were. An interrupted import goes
    on when it is run again: copies that are right are kept.

    Args:
        folder: a copy of a model's folder, or a pipeline folder that was fetched by hand.
        list_file: a weights list; see `weights_list`.
        cancelled: asked at every block; files that were copied are kept.

    Raises:
        InputError: nothing says what the files must be, or some are missing or differ; all of
            these are named.
        DiskFullError: not enough room; said before anything is copied.
        OutputError: the folder of the models cannot be written.
        JobError: another process changes the same model.
        CancelledError: `cancelled` became true.
    """
    tell = on_event or (lambda event: None)
    copy = HandCopy(folder, list_file)
    repo, commit = copy.weights.repo, copy.weights.revision
    target = folder_of(repo)
    if copy.folder.resolve().is_relative_to(target.resolve()):
        raise InputError(
            f"{copy.folder} is where {repo} is kept.", "`sparkvsr model verify` checks it."
        )
    manifest = read_manifest(target)
    if manifest is None or not _is_here(target, manifest, copy.weights):
        copy.check()  # before the lock, which makes folders
        with locked(repo), _plain_errors(target), _no_empty_folders(target):
            if on_event:
                show_licence_once(target.parent, on_event)
            landing = Landing(repo, commit, target, copy.weights.wanted, tell, cancelled)
            files = _copy_missing(landing, copy)
            manifest = Manifest(repo, commit, datetime.now(UTC).isoformat(), files)
            shutil.rmtree(landing.partial, ignore_errors=True)
            write_manifest(target, manifest)
    model = model_of(target, manifest)
    tell(PullDone(repo, commit, str(target), model.bytes, model.embedding is not None))
    return model


def _is_here(folder: Path, manifest: Manifest, weights: WeightsList) -> bool:
    recorded = {(file.path, file.bytes): file.sha256 for file in manifest.files}
    return (
        (manifest.repo, manifest.revision) == (weights.repo, weights.revision)
        and first_not_whole(folder, manifest) is None
        and all(
            (file.path, file.bytes) in recorded
            and file.sha256 in (None, recorded[file.path, file.bytes])
            for file in weights.wanted
        )
    )


def _copy_missing(landing: Landing, copy: HandCopy) -> tuple[FileRecord, ...]:
    """Keep what is right, copy the rest, and only then change the model that is there."""
    incoming = landing.partial / _INCOMING
    sha256 = landing.in_place()
    missing = [file for file in landing.wanted if file.path not in sha256]
    sha256 |= _copied_earlier(landing, incoming, missing)
    to_copy = [file for file in missing if file.path not in sha256]
    landing.expect("copying", to_copy)
    sha256 |= _copy_all(landing, copy, incoming, to_copy)
    (landing.folder / MANIFEST_FILE).unlink(missing_ok=True)
    for file in missing:
        landing.put(file, incoming / file.path)
    return landing.finish(sha256)


def _copied_earlier(
    landing: Landing, incoming: Path, missing: Sequence[ListedFile]
) -> dict[str, str]:
    """What an interrupted import has copied: path to SHA-256. The rest of it is deleted."""
    found = {}
    for file in missing:
        if sha256 := landing.sha256_if_right(file, incoming / file.path):
            with (incoming / file.path).open("rb+") as stream:
                os.fsync(stream.fileno())  # it may have been killed just before that
            found[file.path] = sha256
    for path in incoming.rglob("*"):
        if path.is_file() and path.relative_to(incoming).as_posix() not in found:
            path.unlink()
    return found


def _copy_all(
    landing: Landing, copy: HandCopy, incoming: Path, files: Sequence[ListedFile]
) -> dict[str, str]:
    """Copy files, reading each once: path to SHA-256. If one is wrong, all copies are deleted."""
    sha256, wrong = dict[str, str](), dict[str, str]()
    try:
        for file in files:
            try:
                sha256[file.path] = _copy_one(landing, copy, incoming / file.path, file)
            except WrongFileError as error:
                wrong[file.path] = str(error)
        if wrong:
            raise copy.refusal(wrong)
        for file in files:
            check_safetensors(incoming / file.path, file.path, str(copy.folder))
    except InputError:
        for file in files:
            (incoming / file.path).unlink(missing_ok=True)
        raise
    return sha256


def _copy_one(landing: Landing, copy: HandCopy, part: Path, file: ListedFile) -> str:
    """Copy one file and put it on the disk; gives its SHA-256.

    Raises:
        WrongFileError: it cannot be read, or its content is not the listed one.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    content = Hashing(file)
    try:
        with part.open("wb") as stream:
            for block in copy.blocks(file):
                content.update(block)
                stream.write(block)
                landing.count("copying", file, len(block))
            stream.flush()
            os.fsync(stream.fileno())
        if what := content.difference():
            raise WrongFileError(what)
    except BaseException:
        part.unlink(missing_ok=True)  # what a disk did not take may still be read from memory
        raise
    return content.sha256


@contextmanager
def _no_empty_folders(folder: Path) -> Iterator[None]:
    """An import that was refused leaves no folder that could be taken for an unfinished model."""
    try:
        yield
    except BaseException:
        partial = folder / PARTIAL
        for path in (*sorted(partial.rglob("*"), reverse=True), partial, folder):
            if path.is_dir():
                with suppress(OSError):  # something is in it: then it stays
                    path.rmdir()
        raise


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    """Turn what the system says of the models' disk into one sentence with a hint."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(
                f"The disk of {folder} is full; the model was not fully copied.",
                f"Free some room, or set {HOME_VARIABLE} to a folder on a larger disk. What was "
                "copied is kept: the same command goes on where it stopped.",
            ) from None
        raise OutputError(
            f"{error.filename or folder} cannot be read or written: {error.strerror}.",
            f"Check the disk and the folder's permissions, or set {HOME_VARIABLE} to another one.",
        ) from None
