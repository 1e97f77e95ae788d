"""What `sparkvsr doctor` finds out about Python, the C library, leaked variables and mounts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkvsr_daemon._doctor_machine import (
    judge_c_library,
    judge_python,
    look_at_environment,
    look_at_machine,
)
from sparkvsr_daemon._doctor_mounts import (
    file_system_of,
    kind_among,
    look_at_file_systems,
    parse_mounts,
)
from sparkvsr_daemon._finding import Finding
from sparkvsr_daemon.paths import Paths

MOUNTS = rb"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
40 27 0:40 / /home rw,relatime - autofs systemd-1 rw,fd=50
41 40 0:41 / /home rw,relatime shared:9 - nfs4 server:/export/home rw,vers=4.2
42 27 0:42 / /mnt/two\040words rw,relatime - cifs //server/share rw
43 41 0:43 / /home/local rw,relatime - xfs /dev/vdb rw
44 27 0:44 / /run/user/1000 rw,nosuid - tmpfs tmpfs rw
damaged line
"""


@pytest.mark.parametrize(
    ("version", "bits", "level"),
    [
        ((3, 11, 0), 64, "ok"),
        ((3, 15, 1), 64, "ok"),
        ((3, 10, 9), 64, "fault"),
        ((3, 12, 0), 32, "fault"),
    ],
)
def test_a_python_too_old_or_of_32_bit_is_a_fault(
    version: tuple[int, int, int], bits: int, level: str
) -> None:
    found = judge_python(version, bits=bits)
    assert (found.level, bool(found.hint)) == (level, level != "ok")
    assert ".".join(map(str, version)) in found.text


@pytest.mark.parametrize(
    ("name", "version", "level"),
    [
        ("glibc", "2.28", "ok"),
        ("glibc", "2.40", "ok"),
        ("glibc", "2.17", "fault"),
        ("glibc", "2.9", "fault"),
        ("musl", "", "fault"),
        ("", "", "ok"),
    ],
)
def test_a_c_library_that_no_wheel_is_made_for_is_a_fault(
    name: str, version: str, level: str
) -> None:
    found = judge_c_library(name, version)
    assert (found.level, "Rocky Linux 8" in found.hint) == (level, level != "ok")


def test_this_machine_passes() -> None:
    found = {finding.area: finding for finding in look_at_machine()}
    assert found["python"].level == found["c library"].level == "ok"


def leaked(**variables: str) -> dict[str, Finding]:
    """What is found with only these variables for Python, by the name of the variable."""
    environ = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    found = list(look_at_environment({**environ, **variables}))
    assert {finding.area for finding in found} == {"environment"}
    return {name: one for one in found for name in ("PYTHONHOME", "PYTHONPATH") if name in one.text}


def test_variables_for_python_are_a_warning_and_their_values_stay_here(tmp_path: Path) -> None:
    (clean,) = set(leaked().values())
    assert clean.level == "ok"
    (tmp_path / "Secret Film").mkdir()
    found = leaked(PYTHONPATH=str(tmp_path / "Secret Film"), PYTHONSTARTUP="/nowhere")
    assert found.keys() == {"PYTHONPATH"}
    assert found["PYTHONPATH"].level == "warning"
    assert "imports from there first" in found["PYTHONPATH"].text
    assert found["PYTHONPATH"].hint.startswith("Unless your studio needs it, unset PYTHONPATH")
    assert "Secret" not in found["PYTHONPATH"].text


def test_what_resolve_tells_people_to_set_is_no_warning() -> None:
    modules = "/opt/resolve/Developer/Scripting/Modules"
    assert leaked(PYTHONPATH=f":{modules}/")["PYTHONPATH"].level == "ok"
    assert leaked(PYTHONPATH=f"{modules}:/elsewhere")["PYTHONPATH"].level == "warning"


def test_variables_that_keep_python_from_starting_are_faults_each_by_itself(
    tmp_path: Path,
) -> None:
    (tmp_path / "msgspec.py").write_text("raise ImportError('not the one you want')\n")
    found = leaked(PYTHONHOME=str(tmp_path), PYTHONPATH=str(tmp_path))
    assert found["PYTHONHOME"].level == found["PYTHONPATH"].level == "fault"
    assert "encodings" in found["PYTHONHOME"].text
    assert "ImportError: not the one" in found["PYTHONPATH"].text


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/jane/.cache", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/jane", "ext4"),
        ("/home/local/x", "xfs"),
        ("/mnt/two words/x", "cifs"),
        ("/run/user/1000/sparkvsr", "tmpfs"),
    ],
)
def test_the_innermost_and_last_mount_counts(folder: str, kind: str) -> None:
    assert kind_among(parse_mounts(MOUNTS), Path(folder)) == kind


def test_a_link_into_the_network_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/mnt/two words")
    assert kind_among(parse_mounts(MOUNTS), tmp_path / "link" / "x") == "cifs"


def test_this_machine_tells_its_file_system(tmp_path: Path) -> None:
    assert file_system_of(tmp_path / "not" / "there")
    assert file_system_of(Path("/proc/self")) == "proc"


def looked(runtime: str, data: str, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """With these file systems, in a home folder on NFS."""
    monkeypatch.setenv("HOME", "/home/jane")
    monkeypatch.delenv("SPARKVSR_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", f"{data}/cache")
    paths = Paths(Path(runtime), Path(data), Path(data), Path("/home/jane/.config"))
    mounts = parse_mounts(MOUNTS)
    return list(look_at_file_systems(paths, lambda folder: kind_among(mounts, folder)))


def test_locks_on_the_network_are_a_fault_and_the_rest_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault, warning = looked("/home/jane/run", "/home/jane/data", monkeypatch)
    assert (fault.level, warning.level) == ("fault", "warning")
    assert "runtime folder is on nfs4" in fault.text
    assert warning.text.startswith("On nfs4: data, log, cache.")
    assert all("SPARKVSR_HOME" in finding.hint for finding in (fault, warning))
    (only,) = looked("/run/user/1000", "/home/jane/data", monkeypatch)
    assert only.level == "warning"


def test_a_home_on_the_network_is_fine_once_ours_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (found,) = looked("/run/user/1000", "/home/local/data", monkeypatch)
    assert found.level == "ok"
    assert found.text == "ours are local (tmpfs, xfs); your home folder is on nfs4"


def test_where_nothing_can_be_told_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/home/jane")
    paths = Paths(tmp_path, tmp_path, tmp_path, tmp_path)
    findings: Iterator[Finding] = look_at_file_systems(paths, lambda folder: "")
    assert [(one.level, one.text) for one in findings] == [
        ("ok", "ours are local (cannot be told)")
    ]
