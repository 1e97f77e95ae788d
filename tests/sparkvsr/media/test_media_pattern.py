from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.media._pattern import compact, parse_pattern, suggest_pattern

numbers = st.integers(0, 10**9)
# Anything a file name may hold but a token of its own.
plain = st.text(st.characters(exclude_characters="/\\#%\0", exclude_categories=["Cs"]), max_size=20)
tokens = st.one_of(
    st.integers(1, 9).map(lambda width: (f"%0{width}d", width)),
    st.integers(1, 9).map(lambda width: ("#" * width, width)),
    st.just(("%d", 1)),
)


@given(plain, tokens, numbers)
def test_formatting_puts_the_padded_number_where_the_token_was(
    prefix: str, token: tuple[str, int], number: int
) -> None:
    text, width = token
    pattern = parse_pattern(f"shots/{prefix}{text}_v1.exr")
    assert pattern is not None
    assert pattern.folder == Path("shots")
    assert pattern.format(number) == f"{prefix}{str(number).zfill(width)}_v1.exr"


@given(plain.filter(lambda text: len(text.encode()) < 100), tokens, st.sets(numbers, max_size=5))
def test_what_was_formatted_is_found_again(
    prefix: str, token: tuple[str, int], expected: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        pattern = parse_pattern(f"{folder}/{prefix}{token[0]}.exr")
        assert pattern is not None
        for number in expected:
            pattern.path(number).touch()
        assert pattern.find() == sorted(expected)


@given(st.lists(numbers, unique=True).map(sorted))
def test_compact_lists_name_every_number_once(given_numbers: list[int]) -> None:
    named: list[int] = []
    for run in filter(None, compact(given_numbers).split(", ")):
        first, _, last = run.partition("-")
        named += range(int(first), int(last or first) + 1)
    assert named == given_numbers


def test_compact_writes_runs_with_a_dash() -> None:
    assert compact([1003, 1007, 1008, 1009]) == "1003, 1007-1009"


@pytest.mark.parametrize("name", ["plate.exr", "plate.0101.exr", "100%.png", "a%5.png", "#1/x.exr"])
def test_names_without_a_frame_token_are_no_pattern(name: str) -> None:
    assert parse_pattern(name) is None


def test_other_percent_signs_stay_as_they_are() -> None:
    pattern = parse_pattern("100%_s%c.%04d.exr")
    assert pattern is not None
    assert pattern.format(7) == "100%_s%c.0007.exr"


def test_of_several_tokens_the_last_one_counts() -> None:
    pattern = parse_pattern("take#2.%d.####.exr")
    assert pattern is not None
    assert pattern.format(7) == "take#2.%d.0007.exr"


def test_negative_numbers_are_refused() -> None:
    pattern = parse_pattern("plate.####.exr")
    assert pattern is not None
    with pytest.raises(ValueError, match="-1 is negative"):
        pattern.format(-1)


def test_only_files_with_the_right_padding_are_found(tmp_path: Path) -> None:
    for name in ("p.0002.exr", "p.0010.exr", "p.12345.exr", "p.3.exr", "p.00004.exr", "p.-001.exr"):
        (tmp_path / name).touch()
    padded, bare = parse_pattern(f"{tmp_path}/p.####.exr"), parse_pattern(f"{tmp_path}/p.%d.exr")
    assert padded is not None
    assert bare is not None
    assert padded.find() == [2, 10, 12345]
    assert bare.find() == [3, 12345]


def test_a_missing_folder_holds_no_frames(tmp_path: Path) -> None:
    pattern = parse_pattern(f"{tmp_path}/none/p.####.exr")
    assert pattern is not None
    assert pattern.find() == []


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("a/plate_v2.0101.exr", "plate_v2.####.exr"),
        ("still.png", "still.####.png"),
        ("p7_x.png", "p#_x.png"),
    ],
)
def test_a_numbered_picture_suggests_its_pattern(name: str, suggestion: str) -> None:
    assert suggest_pattern(name) == suggestion
