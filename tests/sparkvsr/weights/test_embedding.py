"""The empty-prompt embedding: where it comes from, and a model without it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hub_server import REPO, Hub, weights
from sparkvsr import Notified
from sparkvsr.weights import EMBEDDING_FILE, Problem, WeightsEvent, _embedding, pull, verify

Events = list[WeightsEvent]
CONTENT = weights(50_000, 7)


@pytest.fixture
def source(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of the embedding; the model's repository has none of its own."""
    del hub.repos[REPO][EMBEDDING_FILE]
    hub.repos["Parent/Project"] = {"embedding.safetensors": CONTENT}
    monkeypatch.setattr(_embedding, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(_embedding, "SIZE", len(CONTENT))
    address = hub.url("embedding.safetensors", "Parent/Project")
    monkeypatch.setattr(_embedding, "PUBLISHED", address)
    return address


def warnings(events: Events) -> list[str]:
    return [e.text for e in events if isinstance(e, Notified) and e.kind == "warning"]


def test_a_repository_that_has_it_is_enough(hub: Hub) -> None:
    model = pull(REPO)
    assert model.embedding is not None
    assert model.embedding.read_bytes() == hub.repos[REPO][EMBEDDING_FILE]


def test_it_is_fetched_from_where_it_is_published(source: str, events: Events) -> None:
    model = pull(REPO, on_event=events.append)
    assert model.embedding == model.folder / EMBEDDING_FILE
    assert model.embedding.read_bytes() == CONTENT
    assert verify(model) == []
    assert warnings(events) == []


def test_the_token_is_not_shown_to_whoever_publishes_it(
    source: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("SPARKVSR_EMBEDDING", source.replace("localhost", "127.0.0.1"))
    pull(REPO)
    (asked,) = [request for request in hub.requests if request.file == "embedding.safetensors"]
    assert asked.token is None


def test_it_may_be_a_file(source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(CONTENT)
    monkeypatch.setenv("SPARKVSR_EMBEDDING", str(tmp_path / "mine.safetensors"))
    model = pull(REPO)
    assert model.embedding is not None
    assert model.embedding.read_bytes() == CONTENT


def test_a_model_without_it_is_kept_and_the_next_pull_fetches_it_alone(
    source: str, hub: Hub, monkeypatch: pytest.MonkeyPatch, events: Events, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPARKVSR_EMBEDDING", str(tmp_path / "nothing"))
    model = pull(REPO, on_event=events.append)
    assert model.embedding is None
    assert verify(model) == [Problem(EMBEDDING_FILE, "was never fetched")]
    (warning,) = warnings(events)
    assert "there is no such file" in warning
    assert "T5 text encoder" in warning
    monkeypatch.delenv("SPARKVSR_EMBEDDING")
    hub.requests.clear()
    again = pull(REPO)
    assert again.embedding is not None
    assert verify(again) == []
    assert hub.fetched() == ["embedding.safetensors"]


def test_a_new_revision_keeps_it(source: str, hub: Hub, events: Events) -> None:
    pull(REPO)
    hub.repos[REPO]["README.md"] = b"# Changed\n"
    hub.requests.clear()
    model = pull(REPO, on_event=events.append)
    assert hub.fetched() == ["README.md"]
    assert verify(model) == []
    assert warnings(events) == []


def test_another_file_is_not_taken_for_it(source: str, hub: Hub, events: Events) -> None:
    hub.repos["Parent/Project"]["embedding.safetensors"] = weights(50_000, 8)
    model = pull(REPO, on_event=events.append)
    assert model.embedding is None
    (warning,) = warnings(events)
    assert "SHA-256" in warning


def test_a_server_that_fails_is_named_in_the_warning(
    source: str, hub: Hub, monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    address = f"{hub.endpoint}/nothing"
    monkeypatch.setenv("SPARKVSR_EMBEDDING", address)
    assert pull(REPO, on_event=events.append).embedding is None
    (warning,) = warnings(events)
    assert f"Asked for {address}, the server answered HTTP 404." in warning
