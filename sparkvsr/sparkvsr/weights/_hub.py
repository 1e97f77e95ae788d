"""What is asked of the hub: the files of a repository, and their bytes.

huggingface_hub lists, signs in, follows redirects, retries and resumes a transfer; but its own
download functions give every process a partial file of its own and delete it afterwards. Ours
is kept, under the digest of its content, so that a killed pull goes on in mid-file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from httpx2 import HTTPError
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from .. import __version__
from ..errors import DiskFullError, InputError, JobError
from ._files import ListedFile

_TIMEOUT_S = 30.0
# Replaces the library's own user agent, which tells versions of what else is installed here.
_AGENT = {"user-agent": f"sparkvsr/{__version__}"}


def list_files(repo: str, revision: str | None) -> tuple[str, list[ListedFile]]:
    """The commit that a revision stands for now, and its files.

    Raises:
        InputError: no such repository or revision, or no access to it.
        JobError: the hub cannot be reached, or fails.
    """
    with plain_errors(repo):
        info = HfApi(headers=_AGENT).model_info(
            repo, revision=revision, files_metadata=True, timeout=_TIMEOUT_S
        )
    if info.sha is None or info.siblings is None:
        raise JobError(f"The hub lists no files for {repo}.", "Try again later.")
    return info.sha, [
        ListedFile(
            path=file.rfilename,
            bytes=file.size or 0,
            sha256=file.lfs.sha256 if file.lfs else None,
            git_sha1=None if file.lfs else file.blob_id or "",
            url=hf_hub_url(repo, file.rfilename, revision=info.sha),
        )
        for file in info.siblings
    ]


def fetch_from_repo(
    repo: str, file: ListedFile, part: Path, on_bytes: Callable[[int], None]
) -> None:
    """Bring `part` to the full size of a file, going on where it ends; see `fetch`."""
    with plain_errors(repo):
        fetch(file.url, part, file.bytes, on_bytes, build_hf_headers(headers=_AGENT))


def fetch(
    url: str,
    part: Path,
    size: int,
    on_bytes: Callable[[int], None],
    headers: dict[str, str] = _AGENT,
) -> None:
    """Bring `part` to `size` bytes, going on where it ends, and put them on the disk.

    Args:
        on_bytes: told of bytes that are there already, then of those that arrive; below 0 when
            the server makes us start again.

    Raises:
        what httpx2 and huggingface_hub raise; use within `plain_errors`.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as stream:
        if stream.tell() == size:  # killed between the last byte and the check
            on_bytes(size)
            return
        if stream.tell() > size:  # a server once sent too much; nothing can go on from there
            stream.truncate(0)
        http_get(
            url,
            stream,
            resume_size=part.stat().st_size,
            headers=dict(headers),
            expected_size=size,
            tqdm_class=partial(_Arriving, on_bytes),  # type: ignore[arg-type]
        )
        stream.flush()
        os.fsync(stream.fileno())


class _Arriving:
    """Takes the place of the progress bar that huggingface_hub would draw."""

    def __init__(self, on_bytes: Callable[[int], None], initial: int, **options: Any) -> None:
        self.update = on_bytes
        on_bytes(initial)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


@contextmanager
def plain_errors(what: str) -> Iterator[None]:
    """Turn what network libraries raise into one sentence with a hint.

    Args:
        what: the repository or address asked for.
    """
    again = "What has arrived is kept: the same command goes on where it stopped."
    try:
        yield
    except GatedRepoError:
        raise InputError(
            f"{what} is gated: its authors decide who may fetch it.",
            "Ask for access on its page, then sign in with `hf auth login` or set HF_TOKEN.",
        ) from None
    except RepositoryNotFoundError:
        raise InputError(
            f"The hub has no repository {what}, or does not show it to you.",
            "Check the name; for a private one sign in with `hf auth login` or set HF_TOKEN.",
        ) from None
    except RevisionNotFoundError:
        raise InputError(
            f"{what} has no such revision.", "Give a branch, a tag or a full commit hash."
        ) from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise InputError(
                f"The hub refuses access to {what} (HTTP {status}).",
                "Sign in with `hf auth login` or set HF_TOKEN to a token that may read it.",
            ) from None
        raise JobError(f"Asked for {what}, the server answered HTTP {status}.", again) from None
    except OfflineModeIsEnabled:
        raise JobError(
            f"{what} cannot be fetched: HF_HUB_OFFLINE forbids all network access.",
            "Unset it; or copy a model's folder here, and take it in with `sparkvsr model import` "
            "or set SPARKVSR_MODEL to it.",
        ) from None
    except HTTPError as error:
        raise JobError(
            f"The connection failed while fetching {what}: {type(error).__name__}.",
            f"Check the network. {again}",
        ) from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(
                f"The disk is full; {what} has not fully arrived.",
                f"Free some room. {again}",
            ) from None
        # Without a reason of the system's it is huggingface_hub's own check of the size.
        reason = error.strerror or "the server sent too much or too little"
        raise JobError(f"{what} could not be fetched: {reason}.", again) from None
