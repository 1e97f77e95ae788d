"""Where weights live: one folder for each repository, under the user's data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock, Timeout
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from ..errors import InputError, JobError, OutputError

DEFAULT_REPO: Final = "JiongzeYu/SparkVSR"
HOME_VARIABLE: Final = "SPARKVSR_HOME"  # the daemon's paths obey the same variable
MODEL_VARIABLE: Final = "SPARKVSR_MODEL"
PARTIAL: Final = ".partial"  # inside a model's folder: files that have not fully arrived


def models_folder() -> Path:
    """The folder of all models; it need not exist. `SPARKVSR_HOME` moves it."""
    home = os.environ.get(HOME_VARIABLE)
    data = (
        Path(home).absolute() / "data"
        if home
        else platformdirs.user_data_path("sparkvsr", appauthor=False)
    )
    return data / "models"


def folder_of(repo: str) -> Path:
    """The folder of one repository; the hub allows no `--` in names, so no two share a folder.

    Raises:
        InputError: `repo` is no repository ID.
    """
    try:
        validate_repo_id(repo)
    except HFValidationError:
        raise InputError(
            f"{repo} is not the ID of a repository.", "Write it as OWNER/NAME."
        ) from None
    return models_folder() / repo.replace("/", "--")


def repo_of(folder: Path) -> str:
    """The repository of a folder; the inverse of `folder_of`."""
    return folder.name.replace("--", "/")


@contextmanager
def locked(repo: str) -> Iterator[None]:
    """Held while a model's folder is changed; the system releases it when its process dies.

    Raises:
        JobError: another process holds it.
        OutputError: the folder of the models cannot be written.
    """
    folder = folder_of(repo)
    held = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        held.acquire(timeout=0)
    except Timeout:
        raise JobError(
            f"Another process is fetching, importing or removing {repo}.",
            "Wait until it has ended.",
        ) from None
    except OSError as error:
        raise OutputError(
            f"{folder.parent} cannot be written: {error.strerror}.",
            f"Set {HOME_VARIABLE} to a folder of your own.",
        ) from None
    try:
        yield
    finally:
        held.release()
