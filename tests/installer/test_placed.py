"""Lines of ours in a file of the user's: for any file, and whatever the user does around them."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sparkvsr_installer.bridges import nuke_lines
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.lines import ForeignFileError
from sparkvsr_installer.placed import Placed

LINES = nuke_lines(Path("/home/zoë x/.local/share/sparkvsr/nuke"))
NEWER = nuke_lines(Path("/elsewhere/nuke"))


def is_utf_16(content: bytes) -> bool:
    return content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


LINE = st.sampled_from(
    [
        "import nuke",
        "x = 'ä'",
        "# >>> Other >>>",
        "",
        "print 'old'",
        "if x:",
        "    pass",
        "\t",
        "\\",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXTS = st.builds(
    lambda lines, ends, final, encoding: (ends.join(lines) + (ends if final else "")).encode(
        encoding
    ),
    st.lists(LINE, max_size=6),
    ENDS,
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16-le"]),
)
FILES = st.one_of(TEXTS, st.binary(max_size=60)).filter(lambda content: not is_utf_16(content))


class Desk:
    """A file of the user's and what is written down about it; every step reads that anew."""

    def __init__(self, folder: Path, content: bytes | None) -> None:
        self.installation = Installation(folder / "ours")
        self.file = folder / "init.py"
        if content is not None:
            self.file.write_bytes(content)

    def put(self, lines: str = LINES) -> bool:
        return Placed.read(self.installation).put_block(self.file, lines)

    def take_out(self) -> str:
        placed = Placed.read(self.installation)
        (path,) = placed.blocks
        return placed.take_out_block(path)

    def holds(self) -> bool:
        return Placed.read(self.installation).holds(self.file)


@given(FILES)
def test_taking_out_gives_the_very_bytes_that_were_there(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), content)
        assert desk.put()
        assert desk.file.read_bytes().startswith(content)
        assert desk.holds()
        assert desk.take_out() == ""
        assert desk.file.read_bytes() == content
        assert list(Path(folder, "ours", "backups").glob("*")) == []


@given(FILES)
def test_putting_twice_is_putting_once(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), content)
        desk.put()
        once = desk.file.read_bytes()
        assert not desk.put()
        assert desk.file.read_bytes() == once


@given(FILES, FILES, FILES)
def test_newer_lines_stand_where_the_older_stood_and_edits_around_them_survive(
    content: bytes, before: bytes, after: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), content)
        desk.put()
        desk.file.write_bytes(before + desk.file.read_bytes() + after)
        try:
            desk.put(NEWER)
        except ForeignFileError as error:  # what the user has added does not go with any lines
            assert "by hand" in str(error)
            assume(False)
        now = desk.file.read_bytes()
        assert now.startswith(before + content)
        assert now.endswith(after)
        assert b"/elsewhere/nuke" in now
        assert b"zo" not in now[len(before + content) : len(now) - len(after)]
        desk.take_out()
        left = desk.file.read_bytes()
        assert left in (
            before + content + after,
            *(  # a line end stays where it parts two lines
                before + content + end + after for end in (b"\n", b"\r\n")
            ),
        )


def test_what_the_user_wrote_below_is_not_glued_to_what_stood_above(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"import a")
    desk.put()
    desk.file.write_bytes(desk.file.read_bytes() + b"import b\n")
    desk.take_out()
    assert desk.file.read_bytes() == b"import a\nimport b\n"


def test_the_lines_end_as_the_files_own_lines_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"import nuke\r\nx = 1")
    desk.put()
    assert desk.file.read_bytes().count(b"\n") == desk.file.read_bytes().count(b"\r\n") == 7


def test_lines_that_windows_ends_were_put_around_still_begin_a_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"x = 1")
    desk.put()
    desk.file.write_bytes(b"y = 2\r\n" + desk.file.read_bytes())
    desk.put(NEWER)
    assert b"x = 1\r\n# >>> SparkVSR" in desk.file.read_bytes()


@pytest.mark.parametrize("edit", [b"nuke.pluginAddPath('/mine')", b"# nothing"])
def test_lines_that_somebody_changed_are_left_alone_and_named(tmp_path: Path, edit: bytes) -> None:
    desk = Desk(tmp_path, b"import a\n")
    desk.put()
    lines = desk.file.read_bytes().splitlines(keepends=True)
    desk.file.write_bytes(b"".join([*lines[:-2], edit, b"\n", lines[-1]]))
    changed = desk.file.read_bytes()
    assert not desk.holds()
    with pytest.raises(ForeignFileError, match=r"init\.py were changed"):
        desk.put()
    note = desk.take_out()
    assert "by hand" in note
    assert "as it was before is in" in note
    assert desk.file.read_bytes() == changed


def test_lines_without_their_last_one_count_as_changed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"import a\n")
    desk.put()
    lines = desk.file.read_bytes().splitlines(keepends=True)
    desk.file.write_bytes(b"".join(lines[:-1]))
    assert "by hand" in desk.take_out()


def test_lines_that_somebody_deleted_are_neither_missed_nor_put_back_by_taking_out(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, b"import a\n")
    desk.put()
    desk.file.write_bytes(b"import a\n")
    assert desk.take_out() == ""
    assert desk.file.read_bytes() == b"import a\n"


def test_a_file_that_we_made_is_deleted_unless_something_was_added(tmp_path: Path) -> None:
    for added, left in ((b"", False), (b"x = 1\n", True)):
        desk = Desk(tmp_path, None)
        desk.put()
        desk.file.write_bytes(desk.file.read_bytes() + added)
        desk.take_out()
        assert desk.file.exists() == left
    assert desk.file.read_bytes() == b"x = 1\n"


def test_lines_of_a_data_folder_that_was_deleted_are_known_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"import a\n")
    desk.put()
    desk.installation.placed_file.unlink()
    assert not desk.put()
    assert desk.take_out() == ""
    assert desk.file.read_bytes() == b"import a\n"


def test_a_file_that_lines_would_make_unreadable_is_left_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"x = 1\n")
    with pytest.raises(ForeignFileError, match="Add these by hand:\n# >>> x"):
        desk.put("# >>> x\n(\n# <<< x\n")
    assert desk.file.read_bytes() == b"x = 1\n"
    desk.file.write_bytes(b"print 'Python 2'\n")  # this could not be read before, either
    assert desk.put()


def test_a_file_that_is_too_much_for_python_is_added_to_like_any_other(tmp_path: Path) -> None:
    content = b"x = " + b"-" * 100_000 + b"1\n"
    desk = Desk(tmp_path, content)
    assert desk.put()
    desk.take_out()
    assert desk.file.read_bytes() == content


def test_a_file_is_read_as_it_is_encoded(tmp_path: Path) -> None:
    content = "# -*- coding: latin-1 -*-\nname = 'Zoë'\n".encode("latin-1")
    desk = Desk(tmp_path, content)
    desk.put()
    compile(desk.file.read_bytes(), "init.py", "exec")
    desk.take_out()
    assert desk.file.read_bytes() == content


def test_a_damaged_list_of_what_was_placed_is_named_with_what_to_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"")
    desk.installation.folder.mkdir()
    desk.installation.placed_file.write_text('{"files": [{}]}')
    with pytest.raises(ForeignFileError, match=r"placed\.json is damaged.*backup"):
        desk.put()


def test_the_mode_of_the_users_file_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, b"x = 1\n")
    desk.file.chmod(0o640)
    desk.put()
    assert desk.file.stat().st_mode & 0o777 == 0o640


def test_a_path_in_no_encoding_is_written_down_and_found_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, None)
    desk.file = Path(f"{tmp_path}/\udcff/init.py")
    assert desk.put()
    assert desk.holds()
    desk.take_out()
    assert not desk.file.exists()


def test_a_file_in_utf_16_is_left_alone(tmp_path: Path) -> None:
    content = "import nuke\n".encode("utf-16")
    desk = Desk(tmp_path, content)
    with pytest.raises(ForeignFileError, match="UTF-16"):
        desk.put()
    assert desk.file.read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.rstrip(b"\n"),
        lambda content: content.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
    ],
    ids=["CRLF", "no last end", "both"],
)
def test_lines_that_only_got_other_ends_are_still_ours(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    before = b"import os\nimport nuke\n"
    desk = Desk(tmp_path, before)
    desk.put()
    desk.file.write_bytes(change(desk.file.read_bytes()))
    desk.put()  # is no fault
    assert desk.file.read_bytes().count(b"# >>> SparkVSR") == 1
    desk.take_out()
    assert desk.file.read_bytes().split() == before.split()
