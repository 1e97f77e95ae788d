"""The store's size: what is needed stays, what was used longest ago goes first."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_daemon._room import Item, Room
from sparkvsr_daemon.errors import StoreFullError
from sparkvsr_daemon.store import Store

JOB = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.prepare()
    return made


def keep(store: Store, room: Room, data: bytes) -> Item:
    digest = hashlib.sha256(data).hexdigest()
    writer = store.blob_writer(digest, len(data))
    writer.write(data)
    writer.commit()
    room.put(Item("blob", digest), len(data))
    return Item("blob", digest)


def room_of(store: Store, cap: int = 1000) -> Room:
    return Room(store, cap, lambda job: None)


def test_what_was_used_longest_ago_goes_first(store: Store) -> None:
    room = room_of(store)
    a, b, c = (keep(store, room, letter * 300) for letter in (b"a", b"b", b"c"))
    room.touch(a)
    assert room.make(200) == 300
    assert [store.blob_size(item.name) for item in (a, b, c)] == [300, None, 300]


def test_what_is_needed_stays_though_the_cap_is_passed(store: Store) -> None:
    room = room_of(store)
    held, free = keep(store, room, b"a" * 600), keep(store, room, b"b" * 300)
    room.hold("a job", [held])
    assert room.make(900) == 300
    assert (store.blob_size(held.name), store.blob_size(free.name)) == (600, None)
    room.release("a job")
    assert room.make(900) == 600


def test_a_picture_that_two_need_goes_when_both_are_done(store: Store) -> None:
    room = room_of(store)
    item = keep(store, room, b"a" * 600)
    room.hold("one", [item])
    room.hold("one", [item])
    room.hold("two", [item])
    room.release("one")
    assert (room.clean(), room.needed) == (0, 600)
    room.release("two")
    assert (room.needed, room.clean()) == (0, 600)


def test_work_that_cannot_be_held_is_refused_with_the_figures(store: Store) -> None:
    room = room_of(store, cap=10**9)
    room.hold("a job", [], {Item("job", JOB): 600_000_000})
    room.check(400_000_000, "Job 1234")
    with pytest.raises(StoreFullError, match=r"Job 1234 needs 0\.40 GB .* may hold 1\.00 GB; 0\.6"):
        room.check(400_000_001, "Job 1234")


def test_what_was_promised_and_has_come_counts_once(store: Store) -> None:
    room = room_of(store)
    item = Item("job", JOB)
    room.hold("a job", [], {item: 500})
    room.grow(item, 200)
    assert room.needed == 500
    room.grow(item, 400)
    assert room.needed == 600
    room.release("a job")
    assert room.needed == 0


def test_results_of_a_job_go_with_all_that_is_known_of_it(store: Store) -> None:
    forgotten: list[str] = []
    store.write_result(JOB, 0, b"x" * 100)
    room = Room(store, 1000, forgotten.append)
    assert room.clean() == 100
    assert (forgotten, store.jobs()) == ([JOB], [])


def test_the_default_cap_is_a_fifth_of_what_could_be_used_and_at_most_50_gb(store: Store) -> None:
    cap = Room(store, None, lambda job: None).cap
    assert cap == min(50 * 10**9, cap)
    assert cap == pytest.approx(min(50e9, 0.2 * store.free), rel=0.01)


def test_a_store_that_is_found_is_measured(store: Store) -> None:
    room = room_of(store)
    item = keep(store, room, b"a" * 300)
    store.write_result(JOB, 0, b"x" * 100)
    report = room_of(store).report("1")
    assert (report.used, report.blobs, report.blob_bytes) == (400, 1, 300)
    assert (report.jobs, report.job_bytes, report.needed) == (1, 100, 0)
    assert store.blob_size(item.name) == 300


owners = st.sampled_from(["a", "b", "c"])
items = st.sampled_from([Item("job", name * 64) for name in "0123"])


@given(st.lists(st.tuples(st.sampled_from(["hold", "release", "grow", "make"]), owners, items)))
def test_needed_is_always_what_a_count_from_scratch_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, Item]]
) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "empty")
    store.prepare()
    sizes: dict[Item, int] = {}
    holds: dict[str, set[Item]] = {}

    def forget(name: str) -> None:
        assert not any(item.name == name for held in holds.values() for item in held)
        del sizes[Item("job", name)]

    room = Room(store, 1000, forget)
    for verb, owner, item in steps:
        if verb == "hold":
            room.hold(owner, [item])
            holds.setdefault(owner, set()).add(item)
        elif verb == "release":
            room.release(owner)
            holds.pop(owner, None)
        elif verb == "grow":
            room.grow(item, 70)
            sizes[item] = sizes.get(item, 0) + 70
        else:
            room.make(500)
        held = set().union(*holds.values())
        assert room.needed == sum(sizes.get(item, 0) for item in held)
