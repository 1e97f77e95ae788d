"""Work folders lie in Media Storage, versions are never used twice, names suit everybody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    BridgeError,
    choose_root,
    clip_folder,
    is_inside,
    list_versions,
    make_version,
    remove_version,
    safe_name,
)

UID = "3F9A1c-22b7-4e"


@pytest.fixture
def roots(tmp_path: Path) -> list[str]:
    names = ["one", "two", "two/deep"]
    for name in names:
        (tmp_path / name).mkdir()
    return [str(tmp_path / name) for name in names]


def refuse_writing(monkeypatch: pytest.MonkeyPatch, *folders: str) -> None:
    """As a folder of somebody else does; a test that runs as root could write to that."""
    import tempfile

    real = tempfile.TemporaryFile

    def refusing(*, dir: Path, prefix: str) -> object:
        if str(dir) in folders:
            raise PermissionError(13, "Permission denied")
        return real(dir=dir, prefix=prefix)

    monkeypatch.setattr(tempfile, "TemporaryFile", refusing)


@pytest.mark.parametrize(
    ("path", "root", "inside"),
    [
        ("/mnt/a", "/mnt/a", True),
        ("/mnt/a/b/c", "/mnt/a/", True),
        ("/mnt/ab", "/mnt/a", False),
        ("/mnt/a/../b", "/mnt/a", False),
        ("/MNT/a", "/mnt", False),
        ("mnt/a", "/mnt", False),
        ("C:\\Media\\x", "c:/media", True),
        ("D:\\Media", "C:\\Media", False),
        ("\\\\nas\\share\\x", "\\\\nas\\share", True),
        ("C:\\Media", "/", False),
        ("/anything", "/", True),
    ],
)
def test_inside_is_told_from_the_text_of_the_path(path: str, root: str, inside: bool) -> None:
    assert is_inside(path, root) is inside


def test_the_root_of_the_clip_goes_first_and_the_deepest_one(roots: list[str]) -> None:
    assert choose_root(roots, "", f"{roots[1]}/a/clip.mov") == Path(roots[1])
    assert choose_root(roots, "", f"{roots[2]}/clip.mov") == Path(roots[2])
    assert choose_root(roots, "", "/elsewhere/clip.mov") == Path(roots[0])
    assert choose_root(roots, "", "") == Path(roots[0])


def test_then_one_on_the_same_disk(roots: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    def with_disks(path: Path, **options: bool) -> os.stat_result:
        found = list(real(path, **options))
        found[2] = 7 if "two" in str(path) or "media" in str(path) else 8
        return os.stat_result(found)

    (Path(roots[0]).parent / "media").mkdir()
    monkeypatch.setattr(Path, "stat", with_disks)
    assert choose_root(roots, "", f"{Path(roots[0]).parent}/media/clip.mov") == Path(roots[1])


def test_a_root_that_cannot_be_written_is_passed_over(
    roots: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_writing(monkeypatch, roots[1])
    gone = f"{roots[0]}/gone"
    assert choose_root([gone, *roots], "", f"{roots[1]}/clip.mov") == Path(roots[0])


def test_our_folder_may_be_writable_where_its_root_is_not(
    roots: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_writing(monkeypatch, *roots)
    (Path(roots[1]) / "SparkVSR").mkdir()
    assert choose_root(roots, "", "") == Path(roots[1])


def test_nothing_is_left_in_a_root_that_was_tried(roots: list[str]) -> None:
    choose_root(roots, "", "")
    assert [path.name for path in Path(roots[0]).iterdir()] == []


@pytest.mark.parametrize("empty", [True, False])
def test_without_a_root_the_preference_is_named(
    roots: list[str], monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    refuse_writing(monkeypatch, *roots)
    with pytest.raises(BridgeError) as caught:
        choose_root([] if empty else roots, "", "")
    assert "Preferences > System > Media Storage" in caught.value.hint
    assert ("it is empty" if empty else roots[2]) in caught.value.message


def test_the_users_folder_is_taken_and_made(roots: list[str]) -> None:
    wanted = f"{roots[0]}/my/pictures"
    assert choose_root(roots, wanted, f"{roots[1]}/clip.mov") == Path(wanted)
    assert Path(wanted).is_dir()


def test_the_users_folder_must_be_in_media_storage(roots: list[str], tmp_path: Path) -> None:
    wanted = tmp_path / "mine"
    with pytest.raises(BridgeError) as caught:
        choose_root(roots, str(wanted), "")
    assert str(wanted) in caught.value.message and not wanted.exists()
    assert "Preferences > System > Media Storage" in caught.value.hint
    assert roots[0] in caught.value.hint


def test_the_users_folder_must_be_one_that_can_be_written(roots: list[str]) -> None:
    Path(f"{roots[0]}/file").touch()
    with pytest.raises(BridgeError, match="file/pictures cannot be written"):
        choose_root(roots, f"{roots[0]}/file/pictures", "")


def test_the_folder_of_a_clip_has_its_name_and_part_of_its_id(tmp_path: Path) -> None:
    folder = clip_folder(tmp_path, "Spot: 30/s", "sh.010 [v2]", UID)
    assert folder == tmp_path / "SparkVSR" / "Spot_30_s" / "sh_010_v2_3f9a1c22"
    assert not folder.parent.exists()


def test_a_clip_that_was_renamed_keeps_its_folder_and_another_one_does_not(tmp_path: Path) -> None:
    folder = clip_folder(tmp_path, "spot", "sh010", UID)
    make_version(folder)
    assert clip_folder(tmp_path, "spot", "hero", UID) == folder
    assert clip_folder(tmp_path, "spot", "sh010", "77" + UID) != folder
    with pytest.raises(ValueError, match="no unique id"):
        clip_folder(tmp_path, "spot", "sh010", "--")


def test_versions_count_on_and_files_of_that_name_count(tmp_path: Path) -> None:
    folder = tmp_path / "SparkVSR" / "spot" / "sh010_3f9a1c22"
    first = make_version(folder)
    assert (first.number, first.path.name) == (1, "v001")
    assert {path.name for path in first.path.iterdir()} == {"base", "keys", "result"}
    (folder / "v007").touch()
    (folder / "v0").mkdir()
    assert make_version(folder).number == 8
    assert [version.number for version in list_versions(folder)] == [1, 8]
    assert list_versions(tmp_path / "none") == ()


def test_two_results_never_have_one_name(tmp_path: Path) -> None:
    versions = [make_version(tmp_path / name) for name in ("a_1", "a_1", "b_2")]
    names = {version.movie.name for version in versions}
    assert names == {"a_1_v001.mov", "a_1_v002.mov", "b_2_v001.mov"}
    assert versions[0].sequence.name % 86400 == "a_1_v001.00086400.exr"


def test_a_version_that_is_made_meanwhile_is_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, faster = Path.mkdir, [True]

    def mkdir(path: Path, *args: object, **options: bool) -> None:
        if path.name == "v001" and faster:
            faster.clear()
            real(path)  # another process
        real(path, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert make_version(tmp_path / "clip").number == 2


def test_what_was_rendered_goes_and_a_result_stays(tmp_path: Path) -> None:
    version = make_version(tmp_path / "clip")
    (version.base_folder / "base_00000001.exr").touch()
    remove_version(version)
    assert not version.path.exists()
    kept = make_version(tmp_path / "clip")
    kept.movie.touch()
    remove_version(kept)
    assert kept.movie.exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BridgeError, match="cannot be used") as caught:
        make_version(tmp_path / "file" / "clip")
    assert "Media Storage" in caught.value.hint
    with pytest.raises(BridgeError, match="cannot be used"):
        list_versions(tmp_path / "file")


@given(st.text(max_size=80) | st.text("a_ ", min_size=30, max_size=80))
def test_names_are_short_plain_and_never_empty(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name) <= 41 and name.isascii()
    assert not set(name) & set(':/\\%#[]{}.*?"<>| ')
    assert safe_name(name) == name


@pytest.mark.parametrize(("text", "name"), [("", "unnamed"), ("漢字", "unnamed"), ("CON", "CON_")])
def test_names_that_would_be_trouble(text: str, name: str) -> None:
    assert safe_name(text) == name
