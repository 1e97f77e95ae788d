"""Folders of nodes and versions: whose they are, and that none is ever written twice."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from pathlib import Path

import pytest

from sparkvsr_nuke.core import (
    BridgeError,
    FrameRange,
    Owner,
    ResultRecord,
    Stamp,
    Submission,
    Window,
    claim,
    find_node_folder,
    frame_file,
    job_digest,
    list_versions,
    make_version,
    new_uid,
    owns,
    read_owner,
    read_record,
    read_submission,
    write_record,
    write_submission,
)

UID = "0123456789abcdef0123456789abcdef"
NODE = Owner(UID, "SparkVSR1", "/shots/comp_v002.nk")
STAMP = Stamp(
    "monday", {1001: (2**63 + 1,)}, {1001: (5,)}, FrameRange(1001, 1020), {"Guidance": 1.5}
)
RECORD = ResultRecord(
    1001, 1020, 1920, 1080, STAMP, job_digest({"a": 1}), Window(-16, 0, 1936, 1080)
)


def test_a_version_has_its_three_folders_and_names_that_nuke_reads(tmp_path: Path) -> None:
    version = make_version(tmp_path / "SparkVSR1_01234567")
    assert version.name == "v001"
    assert sorted(path.name for path in version.path.iterdir()) == ["keys", "plate", "result"]
    assert frame_file(version.result, 1001) == version.path / "result" / "result.1001.exr"
    assert frame_file(version.keys, 7).name == "key.0007.exr"
    assert frame_file(version.plate, 123456).name == "plate.123456.exr"


def test_the_next_version_is_above_all_that_is_there_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "v003").mkdir()
    (tmp_path / "v007").write_text("somebody's file")
    for not_a_version in ("v9", "v012x", "version020", "notes"):
        (tmp_path / not_a_version).mkdir()
    assert make_version(tmp_path).name == "v008"
    (tmp_path / "v1234").mkdir()
    assert make_version(tmp_path).name == "v1235"
    assert [version.number for version in list_versions(tmp_path)] == [3, 8, 1234, 1235]


def test_runs_that_begin_at_once_get_versions_of_their_own(tmp_path: Path) -> None:
    made: list[int] = []
    threads = [
        threading.Thread(target=lambda: made.append(make_version(tmp_path).number))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == list(range(1, 9))


def test_a_version_is_complete_when_its_record_is_there(tmp_path: Path) -> None:
    first, second = make_version(tmp_path), make_version(tmp_path)
    write_record(second.path, RECORD)
    assert [version.record for version in list_versions(tmp_path)] == [None, RECORD]
    assert first.record is None
    assert not [path for path in second.path.iterdir() if path.name.endswith(".part")]


def test_a_node_that_is_opened_again_finds_the_job_that_may_still_run(tmp_path: Path) -> None:
    finished, running, never = (make_version(tmp_path) for _ in range(3))
    submission = Submission(
        {"source": "a", "keyframes": [{"frame": 1}]}, STAMP, Window(0, 0, 64, 48)
    )
    for version in (finished, running):
        write_submission(version.path, submission)
    write_record(finished.path, RECORD)
    unfinished = [version for version in list_versions(tmp_path) if version.record is None]
    assert unfinished == [running, never]
    assert (running.submission, never.submission) == (submission, None)


@pytest.mark.parametrize("text", ["null", '{"schema": 1, "job": 3, "stamp": {}}', "\x00"])
def test_a_damaged_submission_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(BridgeError, match=r"Cannot use .*job\.json: "):
        read_submission(tmp_path)


def test_no_folder_means_no_versions(tmp_path: Path) -> None:
    assert list_versions(tmp_path / "none") == ()
    assert find_node_folder(tmp_path / "none", UID) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "result.json: "),
        ("[]", "no JSON object"),
        ("{}", "it has no 'schema'"),
        ('{"schema": 2}', "it has schema 2, and 1 is read here"),
        ('{"schema": 1, "first": 1}', "it has no 'last'"),
        ('{"schema": 1, "first": "1", "last": 1, "width": 1, "height": 1}', "no whole numbers"),
    ],
)
def test_a_damaged_record_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(BridgeError, match=words) as failure:
        read_record(tmp_path)
    assert str(tmp_path) in failure.value.message


def test_a_record_of_which_any_part_is_missing_is_refused(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    path = tmp_path / "result.json"
    whole = json.loads(path.read_text())
    for name in whole:
        path.write_text(json.dumps({key: whole[key] for key in whole if key != name}))
        with pytest.raises(BridgeError, match=f"it has no '{name}'"):
            read_record(tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_record(tmp_path, RECORD)

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BridgeError, match="No space left on device"):
        write_record(tmp_path, dataclasses.replace(RECORD, first=1))
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]
    assert read_record(tmp_path) == RECORD


def test_the_digest_of_a_job_is_that_of_its_content() -> None:
    assert job_digest({"a": 1, "b": [2]}) == job_digest({"b": [2], "a": 1})
    assert job_digest({"a": 1}) != job_digest({"a": 2})


def test_a_node_keeps_its_folder(tmp_path: Path) -> None:
    output = tmp_path / "not" / "there" / "yet"
    first = claim(output, NODE, [])
    assert (first.uid, first.folder.name) == (UID, "SparkVSR1_01234567")
    assert read_owner(first.folder) == NODE
    assert claim(output, NODE, []) == first


@pytest.mark.parametrize(
    "change",
    [
        {"node": "Restored"},
        {"script": "/shots/comp_v003.nk"},
        {"script": "/shots/comp_V12.nk", "node": "SparkVSR7"},
    ],
    ids=["renamed", "next version of the script", "both"],
)
def test_a_node_that_moved_on_keeps_its_folder_and_its_versions(
    tmp_path: Path, change: dict[str, str]
) -> None:
    first = claim(tmp_path, NODE, [])
    make_version(first.folder)
    now = dataclasses.replace(NODE, **change)
    assert claim(tmp_path, now, []) == first
    assert read_owner(first.folder) == now


@pytest.mark.parametrize("uid", ["", "*", UID[:8]])
def test_a_node_without_a_uid_gets_one(tmp_path: Path, uid: str) -> None:
    first = claim(tmp_path, NODE, [])
    new = claim(tmp_path, dataclasses.replace(NODE, uid=uid), [])
    assert len(new.uid) == 32 and new.folder != first.folder
    assert claim(tmp_path, dataclasses.replace(NODE, uid=new.uid), []) == new


def test_a_pasted_node_gets_a_uid_and_a_folder_of_its_own(tmp_path: Path) -> None:
    first = claim(tmp_path, NODE, [])
    pasted = claim(
        tmp_path, dataclasses.replace(NODE, node="SparkVSR2"), ["SparkVSR1", "SparkVSR2"]
    )
    assert pasted.uid != UID and pasted.folder != first.folder
    assert pasted.folder.name == f"SparkVSR2_{pasted.uid[:8]}"
    assert read_owner(first.folder) == NODE
    assert claim(tmp_path, NODE, ["SparkVSR1", "SparkVSR2"]) == first


def test_a_node_that_was_copied_into_another_script_gets_a_folder_of_its_own(
    tmp_path: Path,
) -> None:
    first = claim(tmp_path, NODE, [])
    copied = claim(tmp_path, dataclasses.replace(NODE, script="/shots/other_v002.nk"), [])
    assert copied.uid != UID and copied.folder != first.folder


def test_a_script_that_is_saved_for_the_first_time_keeps_its_folder(tmp_path: Path) -> None:
    first = claim(tmp_path, dataclasses.replace(NODE, script=""), [])
    assert claim(tmp_path, NODE, []) == first
    assert read_owner(first.folder) == NODE


def test_uids_that_begin_alike_do_not_share_a_folder() -> None:
    assert not owns(NODE, dataclasses.replace(NODE, uid=UID[:8] + "0" * 24), [])


def test_uids_are_unique() -> None:
    assert len({new_uid()[:8] for _ in range(100)}) == 100


def test_names_of_nodes_inside_groups_become_names_of_folders(tmp_path: Path) -> None:
    node = dataclasses.replace(NODE, node="Group1.Späte Größe/1")
    assert claim(tmp_path, node, []).folder.name == "Group1.Sp_te_Gr_e_1_01234567"


def test_a_folder_that_does_not_say_whose_it_is_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "SparkVSR1_01234567").mkdir()
    with pytest.raises(BridgeError, match="does not say which node it belongs to"):
        claim(tmp_path, NODE, [])
    assert not any((tmp_path / "SparkVSR1_01234567").iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for use in (lambda path: claim(path, NODE, []), make_version):
        with pytest.raises(BridgeError, match="Not a directory") as failure:
            use(tmp_path / "file" / "output")
        assert "output folder that you may write to" in failure.value.hint


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_without_permission_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(BridgeError, match="Permission denied"):
            claim(tmp_path, NODE, [])
    finally:
        tmp_path.chmod(0o755)
