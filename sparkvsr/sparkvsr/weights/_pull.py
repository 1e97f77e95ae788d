"""Fetch a model: only what is needed, going on where an earlier pull ended, manifest last."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from huggingface_hub.utils.sha import git_hash
from rich.filesize import decimal
from safetensors import SafetensorError, safe_open

from ..errors import DiskFullError, InputError, JobError
from ._embedding import add_embedding
from ._events import OnWeightsEvent, PullDone, PullStarted, Transferred
from ._files import EMBEDDING_FILE, check_names, is_needed, sha256_of, stop_if
from ._folders import DEFAULT_REPO, HOME_VARIABLE, PARTIAL, folder_of, locked
from ._hub import RemoteFile, fetch_from_repo, list_files
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
            files = _Pull(repo, commit, folder, wanted, tell, cancelled).run()
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


class _Pull:
    """Brings the files of one commit into a folder."""

    def __init__(
        self,
        repo: str,
        commit: str,
        folder: Path,
        wanted: list[RemoteFile],
        tell: OnWeightsEvent,
        cancelled: Callable[[], bool],
    ) -> None:
        self._repo = repo
        self._commit = commit
        self._folder = folder
        self._wanted = wanted
        self._tell = tell
        self._cancelled = cancelled
        self._total = sum(file.size for file in wanted)
        self._bytes = {"fetching": 0, "checking": 0}

    def run(self) -> tuple[FileRecord, ...]:
        """Keep what is right, fetch the rest, drop what an older commit has left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tell(
            PullStarted(self._repo, self._commit, str(self._folder), len(self._wanted), self._total)
        )
        sha256 = {
            file.path: found
            for file in self._wanted
            if (found := self._sha256_if_right(file, self._place(file)))
        }
        missing = [file for file in self._wanted if file.path not in sha256]
        self._check_room(missing)
        (self._folder / MANIFEST_FILE).unlink(missing_ok=True)
        self._bytes["fetching"] = self._total - sum(file.size for file in missing)
        for file in missing:
            sha256[file.path] = self._fetch(file)
        self._drop_others()
        return tuple(FileRecord(file.path, file.size, sha256[file.path]) for file in self._wanted)

    def _place(self, file: RemoteFile) -> Path:
        return self._folder / file.path

    def _part(self, file: RemoteFile) -> Path:
        # Under the digest of its content: a part is right for any commit that has this file.
        return self._folder / PARTIAL / file.digest

    def _check_room(self, missing: list[RemoteFile]) -> None:
        parts = [self._part(file) for file in missing]
        arrived = sum(part.stat().st_size for part in parts if part.is_file())
        needed = sum(file.size for file in missing) - arrived
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise DiskFullError(
                f"{self._repo} needs {decimal(needed)} more, and {self._folder} has "
                f"{decimal(free)} free.",
                f"Free some room, or set {HOME_VARIABLE} to a folder on a larger disk.",
            )

    def _fetch(self, file: RemoteFile) -> str:
        """Fetch one file and put it in its place; gives its SHA-256."""
        part = self._part(file)
        fetch_from_repo(
            self._repo, self._commit, file, part, lambda n: self._count("fetching", file, n)
        )
        sha256 = self._sha256_if_right(file, part)
        if sha256 is None:
            part.unlink()
            raise JobError(
                f"{file.path} of {self._repo} arrived damaged.",
                "Run the same command again; only this file is fetched anew.",
            )
        if file.path.endswith(".safetensors"):
            self._check_safetensors(file, part)
        self._place(file).parent.mkdir(exist_ok=True)
        part.replace(self._place(file))
        return sha256

    def _sha256_if_right(self, file: RemoteFile, local: Path) -> str | None:
        """SHA-256 of a local file with the size and digest that the hub lists, else `None`."""
        if not local.is_file() or local.stat().st_size != file.size:
            return None
        sha256 = sha256_of(local, lambda count: self._count("checking", file, count))
        digest = sha256 if file.sha256 else git_hash(local.read_bytes())
        if digest == file.digest:
            return sha256
        self._bytes["checking"] -= file.size  # it is checked again when it has been fetched
        return None

    def _check_safetensors(self, file: RemoteFile, part: Path) -> None:
        try:
            with safe_open(part, framework="np"):
                pass
        except SafetensorError:
            part.unlink()
            raise InputError(
                f"{file.path} of {self._repo} is not a safetensors file, whatever its name says.",
                "Use another repository or revision.",
            ) from None

    def _drop_others(self) -> None:
        wanted = {file.path for file in self._wanted}
        for path in self._folder.rglob("*"):
            name = path.relative_to(self._folder).as_posix()
            if is_needed(name) and name not in wanted and name != EMBEDDING_FILE:
                path.unlink()

    def _count(self, stage: Literal["fetching", "checking"], file: RemoteFile, count: int) -> None:
        stop_if(self._cancelled)
        self._bytes[stage] += count
        self._tell(Transferred(stage, file.path, self._bytes[stage], self._total))
