"""Fetching a model from a real server: what is fetched, what is believed, what goes on."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from pathlib import Path

import pytest

from hub_server import NOT_FETCHED, REPO, SHARD, Hub, weights
from sparkvsr import CancelledError, JobError, Notified
from sparkvsr.weights import (
    PullDone,
    PullStarted,
    Transferred,
    WeightsEvent,
    find_model,
    list_models,
    list_unfinished,
    pull,
    verify,
)
from sparkvsr.weights._manifest import read_manifest

Events = list[WeightsEvent]


def needed(hub: Hub) -> dict[str, bytes]:
    return {path: data for path, data in hub.repos[REPO].items() if path not in NOT_FETCHED}


def on_disk(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def test_only_what_is_needed_is_fetched_and_recorded(
    hub: Hub, models: Path, events: Events
) -> None:
    model = pull(REPO, on_event=events.append)
    assert model.folder == models / "Somebody--Tiny"
    assert on_disk(model.folder) == needed(hub)
    assert sorted(hub.fetched()) == sorted(needed(hub))
    manifest = read_manifest(model.folder)
    assert manifest is not None
    assert manifest.revision == hub.commit(REPO) == model.revision
    assert {record.path: (record.bytes, record.sha256) for record in manifest.files} == {
        path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in needed(hub).items()
    }
    assert model.bytes == sum(map(len, needed(hub).values()))
    assert list_models() == [model]
    assert find_model() == model
    assert verify(model) == []


def test_events_tell_every_byte_once(hub: Hub, events: Events) -> None:
    model = pull(REPO, on_event=events.append)
    assert [type(event) for event in events[:2]] == [Notified, PullStarted]
    assert events[-1] == PullDone(
        REPO, hub.commit(REPO), str(model.folder), model.bytes, embedding=True
    )
    for stage in ("fetching", "checking"):
        counts = [e.bytes for e in events if isinstance(e, Transferred) and e.stage == stage]
        assert counts == sorted(counts)
        assert counts[-1] == model.bytes


def test_a_model_that_is_here_is_not_fetched_again(hub: Hub, events: Events) -> None:
    first = pull(REPO)
    hub.requests.clear()
    assert pull(REPO, on_event=events.append) == first
    assert hub.fetched() == []
    assert [type(event) for event in events] == [PullDone]


def test_a_broken_transfer_goes_on_in_mid_file(hub: Hub, events: Events) -> None:
    hub.cut[SHARD] = [200_000]
    model = pull(REPO, on_event=events.append)
    first, rest = hub.ranges_of(SHARD)
    assert first is None
    assert rest is not None
    assert 100_000 < int(rest.removeprefix("bytes=").rstrip("-")) <= 200_000
    assert on_disk(model.folder) == needed(hub)
    fetched = [e for e in events if isinstance(e, Transferred) and e.stage == "fetching"]
    assert fetched[-1].bytes == model.bytes


def test_a_failed_pull_counts_for_nothing_and_the_next_one_goes_on(hub: Hub) -> None:
    hub.cut[SHARD] = [200_000]
    hub.status[SHARD] = [(200, ""), (503, "")]  # and then the server is down
    with pytest.raises(JobError, match="HTTP 503"):
        pull(REPO)
    assert list_models() == []
    assert find_model() is None
    (left,) = list_unfinished()
    assert left.repo == REPO
    already = set(hub.fetched()) - {SHARD}
    hub.requests.clear()
    model = pull(REPO)
    assert not already & set(hub.fetched())
    (rest,) = hub.ranges_of(SHARD)
    assert rest is not None
    assert int(rest.removeprefix("bytes=").rstrip("-")) > 100_000
    assert on_disk(model.folder) == needed(hub)
    assert list_unfinished() == []


def test_a_server_that_ignores_ranges_makes_it_start_that_file_again(
    hub: Hub, events: Events
) -> None:
    hub.cut[SHARD] = [200_000]
    hub.ranges = False
    model = pull(REPO, on_event=events.append)
    assert on_disk(model.folder) == needed(hub)
    fetched = [e for e in events if isinstance(e, Transferred) and e.stage == "fetching"]
    assert fetched[-1].bytes == model.bytes


@pytest.mark.parametrize("file", [SHARD, "transformer/config.json"])
def test_a_file_that_arrives_damaged_is_not_believed(hub: Hub, file: str) -> None:
    hub.spoilt.add(file)
    with pytest.raises(JobError, match=f"{file} of {REPO} arrived damaged"):
        pull(REPO)
    assert find_model() is None
    assert on_disk(pull(REPO).folder) == needed(hub)
    assert hub.ranges_of(file) == [None, None]


@pytest.mark.parametrize("longer", [-100_000, 0, 1])
def test_a_part_that_is_rubbish_is_not_believed(hub: Hub, models: Path, longer: int) -> None:
    content = hub.repos[REPO][SHARD]
    part = models / "Somebody--Tiny" / ".partial" / hashlib.sha256(content).hexdigest()
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(len(content) + longer))
    # One that is too long shows by that already, and the file is fetched from its start.
    with nullcontext() if longer > 0 else pytest.raises(JobError, match="damaged"):
        pull(REPO)
    assert not part.exists()
    assert on_disk(pull(REPO).folder) == needed(hub)


def test_a_cancelled_pull_goes_on_later(hub: Hub, events: Events) -> None:
    def stop() -> bool:
        return any(
            isinstance(event, Transferred) and event.file == SHARD and event.bytes > 150_000
            for event in events
        )

    with pytest.raises(CancelledError):
        pull(REPO, on_event=events.append, cancelled=stop)
    assert find_model() is None
    pull(REPO)
    first, rest = hub.ranges_of(SHARD)
    assert first is None
    assert rest is not None


def test_a_missing_file_alone_is_fetched_again(hub: Hub) -> None:
    model = pull(REPO)
    (model.folder / SHARD).unlink()
    hub.requests.clear()
    assert on_disk(pull(REPO).folder) == needed(hub)
    assert hub.fetched() == [SHARD]


def test_a_new_revision_fetches_what_changed_and_drops_what_is_gone(hub: Hub) -> None:
    old = pull(REPO)
    old_commit = hub.commit(REPO)
    files = hub.repos[REPO]
    files[SHARD] = weights(300_000, 99)
    del files["LICENSE"]
    hub.requests.clear()
    with pytest.raises(CancelledError):
        pull(REPO, cancelled=lambda: SHARD in hub.fetched())
    assert find_model() is None
    new = pull(REPO)
    assert set(hub.fetched()) == {SHARD}
    assert new.revision == hub.commit(REPO) != old_commit
    assert new.folder == old.folder
    assert on_disk(new.folder) == needed(hub)


def test_the_licence_notice_is_shown_once_and_only_when_somebody_sees_it(
    hub: Hub, models: Path
) -> None:
    def notices(pulled: str) -> list[str]:
        seen: list[WeightsEvent] = []
        pull(pulled, on_event=seen.append)
        return [event.kind for event in seen if isinstance(event, Notified)]

    hub.repos["Somebody/Other"] = hub.repos["Somebody/Third"] = hub.repos[REPO]
    pull(REPO)
    assert not (models / "notices.json").exists()
    assert notices("Somebody/Other") == ["licence"]
    assert "CogVideoX" in (models / "notices.json").read_text()
    assert notices("Somebody/Third") == []


def test_a_second_pull_at_the_same_time_is_told_so(hub: Hub) -> None:
    def again(event: WeightsEvent) -> None:
        if isinstance(event, PullStarted):
            with pytest.raises(JobError, match=f"Another process is .* or removing {REPO}"):
                pull(REPO)

    pull(REPO, on_event=again)
    assert find_model() is not None


def test_the_token_goes_to_the_hub_alone_and_nothing_is_told_of_this_machine(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(REPO)
    asked = {request.url.startswith("/cdn/"): request.token for request in hub.requests}
    assert asked == {False: "Bearer hf_secret", True: None}
    assert {request.agent for request in hub.requests} == {"sparkvsr/0.1.0"}
