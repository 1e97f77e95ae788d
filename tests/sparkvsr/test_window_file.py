"""The file of a restored window: whole or not there, and nothing in it believed that changed."""

from __future__ import annotations

import errno
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from sparkvsr import DiskFullError, JobError
from sparkvsr._window_file import Contents, DamagedWindow, Item, WindowWriter, open_window

FRAMES = Contents("a key", "frames", 5, 2, (4, 6, 3))
LATENTS = Contents("a key", "latents", 3, 1, (4, 6, 3))


def items_of(contents: Contents) -> list[Item]:
    """Wild values: infinities, negative zeros and numbers that are none."""
    rng = np.random.default_rng(contents.count)
    shape = contents.picture if contents.kind == "frames" else (2, 5, 7)
    shapes = [shape] * contents.count + [contents.picture] * contents.anchors
    items = [(rng.normal(0, 9, s).astype(np.float32), float(rng.random())) for s in shapes]
    items[0][0].flat[:4] = [np.inf, -np.inf, -0.0, np.nan]
    return items


def write(path: Path, contents: Contents) -> int:
    with WindowWriter(path, contents) as writer:
        for item in items_of(contents):
            writer.add(*item)
        return writer.finish()


def read(path: Path, contents: Contents) -> list[Item]:
    with open_window(path, contents) as window:
        return [window.item(i) for i in range(contents.count + contents.anchors)]


@pytest.mark.parametrize("contents", [FRAMES, LATENTS, replace(FRAMES, anchors=0)])
def test_what_was_written_is_read_to_the_bit(tmp_path: Path, contents: Contents) -> None:
    path = tmp_path / "0.safetensors"
    nbytes = write(path, contents)
    assert [(p.name, p.stat().st_size) for p in tmp_path.iterdir()] == [(path.name, nbytes)]
    found = read(path, contents)
    for (ours, trust), (want, want_trust) in zip(found, items_of(contents), strict=True):
        assert ours.dtype == np.float32
        assert ours.shape == want.shape
        assert ours.tobytes() == want.tobytes()
        assert trust == want_trust


def test_items_are_read_in_any_order(tmp_path: Path) -> None:
    write(tmp_path / "0", LATENTS)
    with open_window(tmp_path / "0", LATENTS) as window:
        for i in (3, 0, 2, 3, 1):
            assert window.item(i)[0].tobytes() == items_of(LATENTS)[i][0].tobytes()


@pytest.mark.parametrize("contents", [FRAMES, LATENTS])
def test_it_is_a_safetensors_file(tmp_path: Path, contents: Contents) -> None:
    write(tmp_path / "0", contents)
    tensors, items = load_file(tmp_path / "0"), items_of(contents)
    assert tensors.keys() == {contents.kind, "anchors", "trusts", "checks"}
    main, anchors = items[: contents.count], items[contents.count :]
    np.testing.assert_array_equal(tensors[contents.kind], [values for values, _ in main])
    np.testing.assert_array_equal(tensors["anchors"], [values for values, _ in anchors])
    np.testing.assert_array_equal(tensors["trusts"], [trust for _, trust in items])
    assert tensors["checks"].shape == (len(items) + 1,)


def test_one_picture_at_a_time_is_in_memory(tmp_path: Path) -> None:
    contents = Contents("a key", "frames", 30, 2, (200, 400, 3))
    picture = np.ones(contents.picture, np.float32)
    tracemalloc.start()
    try:
        with WindowWriter(tmp_path / "0", contents) as writer:
            for _ in range(32):
                writer.add(picture, 0.5)
            writer.finish()
        assert tracemalloc.get_traced_memory()[1] < 0.5 * picture.nbytes
        with open_window(tmp_path / "0", contents) as window:
            for i in range(32):
                window.item(i)
        assert tracemalloc.get_traced_memory()[1] < 2.5 * picture.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("contents", [FRAMES, LATENTS])
def test_no_byte_can_change_unnoticed(tmp_path: Path, contents: Contents) -> None:
    path = tmp_path / "0"
    write(path, contents)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        with pytest.raises(DamagedWindow):
            read(path, contents)


def test_every_cut_and_every_addition_is_noticed_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "0"
    write(path, FRAMES)
    whole = path.read_bytes()
    for data in [*(whole[:size] for size in range(len(whole))), whole + b"\0"]:
        path.write_bytes(data)
        with pytest.raises(DamagedWindow), open_window(path, FRAMES):
            pytest.fail("it was opened")


def test_only_the_damaged_frame_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "0"
    size = write(path, FRAMES)
    data = bytearray(path.read_bytes())
    data[size - 4 * 8 - 8 * 7 - 2 * 288 - 1] ^= 1  # the last of frame 4
    path.write_bytes(data)
    with open_window(path, FRAMES) as window:
        for i in (0, 3, 5, 6):
            window.item(i)
        with pytest.raises(DamagedWindow):
            window.item(4)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "another"},
        {"kind": "latents"},
        {"count": 4},
        {"anchors": 0},
        {"anchors": 3, "count": 4},
        {"picture": (6, 4, 3)},
    ],
)
def test_the_file_of_another_window_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    write(tmp_path / "0", FRAMES)
    with pytest.raises(DamagedWindow):
        read(tmp_path / "0", replace(FRAMES, **change))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(DamagedWindow):
            read(path, FRAMES)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, framed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes((len(data).to_bytes(8, "little") if framed else b"") + data)
    with pytest.raises(DamagedWindow):
        read(path, LATENTS)


@pytest.mark.parametrize(
    "head",
    [
        b"[" * 4000,
        b'{"latents":' + b"[" * 4000,
        b'{"latents":{"shape":[3,1000000000,1000000000,1000000000]}}',
        b'{"latents":{"shape":[3,-1,5,7]}}',
        b'{"latents":{"shape":[3,2,5]}}',
        b'{"latents":{"shape":"3257"}}',
        b'{"frames":{"shape":[3,2,5,7]}}',
        b'{"latents":"\xff"}',
    ],
)
def test_a_hostile_header_costs_nothing(tmp_path: Path, head: bytes) -> None:
    for size in (len(head), 2**63):
        (tmp_path / "0").write_bytes(size.to_bytes(8, "little") + head + bytes(9999))
        tracemalloc.start()
        try:
            with pytest.raises(DamagedWindow):
                read(tmp_path / "0", LATENTS)
            assert tracemalloc.get_traced_memory()[1] < 1e6
        finally:
            tracemalloc.stop()


def test_an_unfinished_file_goes_away_whatever_ends_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), WindowWriter(tmp_path / "0", FRAMES) as writer:
        writer.add(*items_of(FRAMES)[0])
        assert [p.suffix for p in tmp_path.iterdir()] == [".part"]
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_an_older_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "0"
    path.write_bytes(b"old")
    with WindowWriter(path, FRAMES) as writer:
        for item in items_of(FRAMES):
            writer.add(*item)
            assert path.read_bytes() == b"old"
        writer.finish()
    assert len(read(path, FRAMES)) == 7


def test_what_a_killed_process_left_of_this_window_goes_away(tmp_path: Path) -> None:
    left, other = tmp_path / "1.safetensors.0123.part", tmp_path / "11.safetensors.0123.part"
    for part in (left, other):
        part.write_bytes(b"half")
    write(tmp_path / "1.safetensors", FRAMES)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.safetensors", other.name]


@pytest.mark.parametrize("change", ["shape", "type", "anchor", "few", "many"])
def test_items_that_do_not_belong_are_refused(tmp_path: Path, change: str) -> None:
    items: list[tuple[Any, float]] = list(items_of(FRAMES))
    if change == "shape":
        items[0] = (np.zeros((4, 6, 4), np.float32), 1.0)
    elif change == "type":
        items[2] = (np.zeros((4, 6, 3)), 1.0)
    elif change == "anchor":
        items[5] = (np.zeros((2, 5, 7), np.float32), 1.0)
    elif change == "few":
        del items[-1]
    else:
        items.append(items[-1])
    with pytest.raises(ValueError), WindowWriter(tmp_path / "0", FRAMES) as writer:
        for item in items:
            writer.add(*item)
        writer.finish()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk at hand")
def test_a_full_disk_is_told_and_the_part_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Path.open

    def open_full(path: Path, mode: str = "r", buffering: int = -1) -> Any:
        if not path.name.endswith(".part"):
            return usual(path, mode, buffering)
        path.touch()
        return usual(Path("/dev/full"), "wb", buffering)

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(DiskFullError, match=str(tmp_path)):
        write(tmp_path / "0", FRAMES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.ENOSPC, DiskFullError),
        (errno.EDQUOT, DiskFullError),
        (errno.EIO, JobError),
    ],
)
def test_a_disk_that_fails_while_it_is_synced_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, says: type[JobError]
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(says) as told:
        write(tmp_path / "0", FRAMES)
    assert type(told.value) is says
    assert told.value.hint
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="No such file"):
        write(tmp_path / "gone" / "0", FRAMES)
