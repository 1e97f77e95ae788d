"""Models on disk: which are there, which the engine uses, whether they are whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, SettingsError
from ._events import OnWeightsEvent, Transferred
from ._files import EMBEDDING_FILE, check_names, sha256_of, stop_if, unlike
from ._folders import DEFAULT_REPO, MODEL_VARIABLE, folder_of, locked, models_folder, repo_of
from ._manifest import MANIFEST_FILE, FileRecord, Manifest, first_not_whole, read_manifest


@dataclass(frozen=True)
class Model:
    """A model on disk.

    Attributes:
        folder: a diffusers pipeline folder without text encoder and tokenizer.
        bytes: size of its files.
        repo: where it comes from; `None` for a person's own folder.
        revision: its commit; `None` for a person's own folder and for an unfinished pull.
        fetched: when, ISO 8601 in UTC; `None` as for `revision`.
    """

    folder: Path
    bytes: int
    repo: str | None = None
    revision: str | None = None
    fetched: str | None = None

    @property
    def embedding(self) -> Path | None:
        """The empty-prompt embedding; `None` when it is missing."""
        file = self.folder / EMBEDDING_FILE
        return file if file.is_file() else None


@dataclass(frozen=True)
class Problem:
    """A file that is not as it was fetched. `what` goes on after the file's name."""

    file: str
    what: str


def find_model() -> Model | None:
    """The model that the engine uses.

    That is the folder of `SPARKVSR_MODEL` when it is set; else the default repository when it is
    here; else what was fetched last; else `None`.

    Raises:
        SettingsError: `SPARKVSR_MODEL` names no folder, or one without a whole pipeline in it.
    """
    if own := os.environ.get(MODEL_VARIABLE):
        return _own_folder(Path(own).absolute())
    return max(
        list_models(),
        key=lambda model: (model.repo == DEFAULT_REPO, model.fetched or ""),
        default=None,
    )


def list_models() -> list[Model]:
    """The models that were fetched completely, by name."""
    return [
        model_of(folder, manifest)
        for folder in _folders()
        if (manifest := read_manifest(folder)) is not None
    ]


def list_unfinished() -> list[Model]:
    """What interrupted pulls have left; `pull` goes on from it. Never given to an engine."""
    return [
        Model(folder, _size_of(folder), repo_of(folder))
        for folder in _folders()
        if read_manifest(folder) is None
    ]


def verify(
    model: Model,
    *,
    on_event: OnWeightsEvent | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Problem]:
    """Read every file again and name those that differ from what was fetched.

    Raises:
        InputError: the folder has no manifest to compare with.
        CancelledError: `cancelled` became true.
    """
    manifest = read_manifest(model.folder)
    if manifest is None:
        raise InputError(
            f"{model.folder} cannot be verified: it has no {MANIFEST_FILE}.",
            "`sparkvsr model pull` and `import` write one; copy it along with a folder.",
        )
    total, read = sum(record.bytes for record in manifest.files), 0

    def show(record: FileRecord, count: int) -> None:
        nonlocal read
        stop_if(cancelled)
        read += count
        if on_event:
            on_event(Transferred("checking", record.path, read, total))

    problems = []
    for record in manifest.files:
        what = _difference(model.folder, record, show)
        if what:
            problems.append(Problem(record.path, what))
    if model.embedding is None and EMBEDDING_FILE not in {file.file for file in problems}:
        problems.append(Problem(EMBEDDING_FILE, "was never fetched"))
    return problems


def remove(model: Model) -> None:
    """Delete a fetched model, or what an interrupted pull has left of it.

    Raises:
        InputError: the folder was not made by `pull`: a person's own folder is left alone.
        JobError: the model is being fetched.
    """
    if model.repo is None or model.folder != folder_of(model.repo):
        raise InputError(
            f"{model.folder} is a folder of your own; it is left alone.",
            f"Delete it yourself, and unset {MODEL_VARIABLE}.",
        )
    with locked(model.repo):
        # First what makes it count: a half-deleted model must not be taken for one.
        (model.folder / MANIFEST_FILE).unlink(missing_ok=True)
        shutil.rmtree(model.folder)


def model_of(folder: Path, manifest: Manifest) -> Model:
    """The model that a manifest describes."""
    size = sum(record.bytes for record in manifest.files)
    return Model(folder, size, manifest.repo, manifest.revision, manifest.fetched)


def _folders() -> list[Path]:
    root = models_folder()
    if not root.is_dir():
        return []
    return sorted(
        path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def _own_folder(folder: Path) -> Model:
    if not folder.is_dir():
        raise SettingsError(
            f"{MODEL_VARIABLE} names {folder}, and there is no such folder.",
            "Set it to the folder that has model_index.json in it, or unset it.",
        )
    manifest = read_manifest(folder)
    if manifest is not None:
        if missing := first_not_whole(folder, manifest):
            raise SettingsError(
                f"{folder} is not whole: {missing} is missing or cut short.",
                f"Copy the folder again, or unset {MODEL_VARIABLE}.",
            )
        return model_of(folder, manifest)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    try:
        check_names(names, str(folder))
    except InputError as error:
        raise SettingsError(error.message, f"Correct or unset {MODEL_VARIABLE}.") from None
    return Model(folder, _size_of(folder))


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _difference(
    folder: Path, record: FileRecord, show: Callable[[FileRecord, int], None]
) -> str | None:
    file = folder / record.path
    if what := unlike(file, record.bytes):
        return what
    found = sha256_of(file, lambda count: show(record, count))
    if found != record.sha256:
        return f"has SHA-256 {found[:12]}… instead of {record.sha256[:12]}…"
    return None
