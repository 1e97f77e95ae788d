"""A hub on loopback and an empty home, for this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from hand_copy import write_files
from hub_server import REPO, Hub, serve
from sparkvsr.weights import WeightsEvent, weights_list, write_list


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub that this process asks; huggingface_hub reads the variables once, at import."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    for name in ("SPARKVSR_MODEL", "SPARKVSR_EMBEDDING", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    # Small blocks, so that small files can break off in the middle.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with serve() as hub:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            huggingface_hub.constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        yield hub


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "home" / "data" / "models"


@pytest.fixture
def events() -> list[WeightsEvent]:
    return []


@pytest.fixture
def folder(hub: Hub, tmp_path: Path) -> Path:
    """A whole repository that was fetched by hand, with a weights list beside it."""
    folder = tmp_path / "von Hand geholt – été" / "Tiny"
    write_files(folder, hub.repos[REPO])
    write_list(weights_list(REPO), folder.parent / "weights.json")
    hub.requests.clear()
    return folder
