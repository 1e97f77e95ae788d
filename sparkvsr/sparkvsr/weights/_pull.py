"""Fetch a model: only what is needed, going on where an earlier pull ended, manifest last."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ..errors import InputError, JobError
from ._embedding import add_embedding
from ._events import OnWeightsEvent, PullDone
from ._files import EMBEDDING_FILE, ListedFile, check_names, check_safetensors, is_needed
from ._folders import DEFAULT_REPO, PARTIAL, folder_of, locked
from ._hub import fetch_from_repo, list_files
from ._landing import Landing
from ._licence import show_licence_once
from ._manifest import (
    MANIFEST_FILE,
    FileRecord,
    Manifest,
    first_not_whole,
    read_manifest,
    write_manifest,
)
from ._models import Model, model_of


def pull(
    repo: str = DEFAULT_REPO,
    revision: str | None = None,
    *,
    on_event: OnWeightsEvent | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Model:
    """Fetch a model from the hub, or complete one that is partly here.

    A file is under its own name only when its content has the digest that the hub lists, and
    the model counts as present only when its manifest has been written, after everything else.
    When it is whole at the same commit already, nothing is fetched. Without `on_event` the
    licence notice is not shown, and so is shown by the next pull.

    Args:
        repo: ID on the hub, `OWNER/NAME`.
        revision: branch, tag or commit; the main branch if `None`.
        cancelled: asked at every block; what has arrived is kept.

    Raises:
        InputError: no such repository or revision, no access, no pipeline, or only pickles.
        DiskFullError: not enough room; said before anything is fetched.
        JobError: the network failed, a file arrived damaged, or another process pulls it.
        CancelledError: `cancelled` became true.
    """
    tell = on_event or (lambda event: None)
    folder = folder_of(repo)
    with locked(repo):
        commit, listed = list_files(repo, revision)
        check_names([file.path for file in listed], repo)
        wanted = [file for file in listed if is_needed(file.path)]
        manifest = read_manifest(folder)
        if manifest is None or manifest.revision != commit or first_not_whole(folder, manifest):
            if on_event:
                show_licence_once(folder.parent, on_event)
            files = _fetch_missing(Landing(repo, commit, folder, wanted, tell, cancelled))
            manifest = Manifest(repo, commit, datetime.now(UTC).isoformat(), files)
        if EMBEDDING_FILE not in {record.path for record in manifest.files}:
            embedding = add_embedding(folder, tell)
            if embedding:
                files = (*manifest.files, embedding)
                manifest = Manifest(repo, commit, manifest.fetched, files)
        shutil.rmtree(folder / PARTIAL, ignore_errors=True)
        write_manifest(folder, manifest)
    model = model_of(folder, manifest)
    tell(PullDone(repo, commit, str(folder), model.bytes, model.embedding is not None))
    return model


def _fetch_missing(landing: Landing) -> tuple[FileRecord, ...]:
    """Keep what is right, fetch the rest, drop what an older commit has left."""
    sha256 = landing.in_place()
    missing = [file for file in landing.wanted if file.path not in sha256]
    parts = [_part(landing, file) for file in missing]
    arrived = sum(part.stat().st_size for part in parts if part.is_file())
    landing.expect("fetching", missing, arrived=arrived)
    (landing.folder / MANIFEST_FILE).unlink(missing_ok=True)
    for file in missing:
        sha256[file.path] = _fetch(landing, file)
    return landing.finish(sha256)


def _part(landing: Landing, file: ListedFile) -> Path:
    # Under the digest of its content: a part is right for any commit that has this file.
    return landing.partial / file.digest


def _fetch(landing: Landing, file: ListedFile) -> str:
    """Fetch one file and put it in its place; gives its SHA-256."""
    part, repo = _part(landing, file), landing.repo
    fetch_from_repo(repo, file, part, lambda count: landing.count("fetching", file, count))
    sha256 = landing.sha256_if_right(file, part)
    if sha256 is None:
        part.unlink()
        raise JobError(
            f"{file.path} of {repo} arrived damaged.",
            "Run the same command again; only this file is fetched anew.",
        )
    try:
        check_safetensors(part, file.path, repo)
    except InputError:
        part.unlink()
        raise
    landing.put(file, part)
    return sha256
