"""Files and folders: read-only ones, those of others, disks without locks."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from installing import ROOT
from sparkvsr_installer import files
from sparkvsr_installer.files import copy_tree, one_at_a_time, part_of, remove_tree, write_whole
from sparkvsr_installer.hosts import find_hosts
from sparkvsr_installer.machine import Machine
from sparkvsr_installer.steps import StepError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")


def as_nobody(program: str) -> str:
    """What a program prints that is no administrator's, as tests may be."""
    if os.getuid() == 0:
        program = "import os; os.setgid(65534); os.setuid(65534)\n" + program
    program = f"import sys; sys.path[:0] = {[str(ROOT / 'installer'), str(ROOT / 'daemon')]}\n" + (
        "from pathlib import Path\nfrom sparkvsr_installer import files\n" + program
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_read_only_part_of_a_killed_run_is_in_nobodys_way(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    part = part_of(tmp_path / "init.py")
    part.write_bytes(b"half")
    part.chmod(0o444)
    for folder in tmp_path.parents[:3]:
        folder.chmod(folder.stat().st_mode | 0o011)
    as_nobody(f"files.write_whole(Path({str(tmp_path)!r}) / 'init.py', b'whole')")
    assert (tmp_path / "init.py").read_bytes() == b"whole"
    assert not part.exists()


def test_what_is_copied_from_a_read_only_folder_can_be_deleted_again(tmp_path: Path) -> None:
    source, target = tmp_path / "disk", tmp_path / "mine" / "copy"
    (source / "folder" / "__pycache__").mkdir(parents=True)
    for name in ("a.py", "folder/b.py", "folder/__pycache__/b.pyc", ".DS_Store"):
        (source / name).write_text(name)
    (source / "folder").chmod(0o555)
    (source / "a.py").chmod(0o444)
    copy_tree(source, target)
    assert sorted(path.name for path in target.rglob("*") if path.is_file()) == ["a.py", "b.py"]
    assert (target / "folder").stat().st_mode & 0o200
    assert (target / "a.py").stat().st_mode & 0o200
    remove_tree(target)
    assert not any((tmp_path / "mine").iterdir())


def test_a_read_only_tree_is_deleted_all_the_same(tmp_path: Path) -> None:
    for folder in tmp_path.parents[:3]:
        folder.chmod(folder.stat().st_mode | 0o011)
    tmp_path.chmod(0o777)
    place = str(tmp_path / "theirs")
    said = as_nobody(
        f"tree = Path({place!r})\n(tree / 'in').mkdir(parents=True)\n"
        "(tree / 'in' / 'a').write_text('')\n(tree / 'in').chmod(0o555)\n"
        "files.remove_tree(tree)\nprint(list(tree.parent.glob('*')), list(tree.parent.glob('.*')))"
    )
    assert said == "[] []\n"


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="needs two users")
def test_a_users_file_stays_that_users_when_an_administrator_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "init.py"
    file.write_bytes(b"")
    file.chmod(0o600)
    os.chown(file, 65534, 65534)
    write_whole(file, b"more")
    status = file.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (65534, 65534, 0o600)


@pytest.mark.parametrize(
    ("code", "says"),
    [(errno.EWOULDBLOCK, "Another installer is at work"), (errno.ENOLCK, "has no file locks")],
)
def test_a_disk_without_locks_is_not_another_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, says: str
) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StepError, match=says), one_at_a_time(tmp_path / "lock"):
        pass


def test_a_place_that_may_not_be_looked_at_is_no_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exists(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "no", str(path))

    monkeypatch.setattr(Path, "exists", exists)
    assert find_hosts(Machine("linux", tmp_path, {}, tmp_path)) == []
    assert files.same_place(tmp_path, tmp_path / "x" / "..") is False  # neither is guessed
