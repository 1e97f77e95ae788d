"""What is taken out of the log, and out of what goes into a bug report."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_daemon._redact import Redactor
from sparkvsr_daemon.paths import Paths

ELSEWHERE = Redactor(Paths(*(Path("/srv", name) for name in ("run", "data", "log", "config"))))


@pytest.fixture
def redactor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Redactor:
    """Of somebody whose home folder has a blank in its name, and everything of ours in it."""
    home = tmp_path / "x" / "Jane Doe"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "jdoe42")
    monkeypatch.delenv("SPARKVSR_HOME", raising=False)
    data = home / ".local" / "share" / "sparkvsr"
    return Redactor(Paths(runtime=tmp_path / "run", data=data, log=data / "log", config=data))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot open '{home}/Secret Film/plate 1.exr'", "cannot open '<path>'"),
        ('File "{home}/tools/thing.py", line 3, in f', 'File "…/tools/thing.py", line 3, in f'),
        ("{home}/Secret Film/plate.exr: bad magic", "<path>: bad magic"),
        ("at {home}/plate.exr and /mnt/Secret/b.exr", "at <path> and <path>"),
        ("read /mnt/Secret Film/part two/plate.exr", "read <path>"),
        ("file:///mnt/Secret/a.exr, D:\\Secret\\a.exr", "<path>, <path>"),
        ("\\\\nas\\Secret\\a.exr: gone", "<path>: gone"),
        ("OCIO=/mnt/Secret/config.ocio", "OCIO=<path>"),
        ("in {home}/.local/share/sparkvsr/store/ab", "in ~/.local/share/sparkvsr/store/ab"),
        ("log {home}/.local/share/sparkvsr/log.", "log ~/.local/share/sparkvsr/log."),
        ("{home}/.local/share/sparkvsr-of-film/a", "<path>"),
        ("{home}: full", "<path>: full"),
        ("/usr/lib/libc.so at tcp://127.0.0.1:99, 1/2 done, and/or", None),
        ("job 0123456789ab: 24 frames at 23.976/1.0, 5 kB/s, N/A, a / b", None),
    ],
)  # fmt: skip
def test_paths_of_the_users_are_taken_out(
    redactor: Redactor, tmp_path: Path, text: str, shown: str | None
) -> None:
    told = text.format(home=tmp_path / "x" / "Jane Doe")
    assert redactor.paths(told) == (told if shown is None else shown)


def test_a_variable_tells_where_a_path_with_blanks_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_LIST", "/mnt/Secret Film:/mnt/Secret Film/part two:relative one")
    redactor = Redactor(Paths(*(Path("/srv", name) for name in ("run", "data", "log", "config"))))
    text = "in /mnt/Secret Film/part two, and in /mnt/Secret Film there is no relative one"
    assert redactor.paths(text) == "in <path>, and in <path> there is no relative one"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{home}/.local/share/sparkvsr/1 of Jane Doe/a", "~/.local/share/sparkvsr/1 of <name>/a"),
        ("/mnt/Secret 'Film', (2)", "<path>"),
        ("-I", "-I"),
        ("1.0 of jdoe42", "1.0 of <name>"),
    ],
)  # fmt: skip
def test_what_is_known_to_be_a_path_needs_no_quotes(
    redactor: Redactor, tmp_path: Path, text: str, shown: str
) -> None:
    assert redactor.whole(text.format(home=tmp_path / "x" / "Jane Doe")) == shown


@given(
    st.lists(st.text("ab cü.'&%", min_size=1).filter(lambda t: t.strip(" .") == t), min_size=1),
    st.sampled_from('"`'),
)
def test_a_quoted_path_is_taken_out_whatever_it_is_called(parts: list[str], quote: str) -> None:
    path = "/mnt/" + "/".join(parts)
    assert (
        ELSEWHERE.paths(f"cannot read {quote}{path}{quote}.")
        == f"cannot read {quote}<path>{quote}."
    )


def test_names_are_taken_out_for_strangers_but_parts_of_words_stay(redactor: Redactor) -> None:
    text = "JDoe42's and Jane Doe's, not jdoe42x or root"
    assert redactor.all(text) == "<name>'s and <name>'s, not jdoe42x or root"
    assert redactor.paths(text) == text
