"""`sparkvsr doctor --bundle`: a zip for a bug report in which nothing tells whose machine it is."""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zmq

from sparkvsr.errors import DiskFullError, OutputError
from sparkvsr_daemon._doctor_bundle import FOLDER, BundleFile, collect
from sparkvsr_daemon._doctor_log import for_strangers
from sparkvsr_daemon._finding import Finding
from sparkvsr_daemon._redact import Redactor
from sparkvsr_daemon.connection import Connection, write_connection
from sparkvsr_daemon.paths import find_paths
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.version import Record

MEMBERS = {
    *("README.txt", "findings.txt", "findings.json", "log.txt", "daemon.toml"),
    *("distributions.txt", "install.json"),
}
SECRETS = ("Jane", "Doe", "jdoe", "Zebra", "hf_token", "plate", "quagga", "studio-nas")
PREFIX = "2026-03-01T12:30:05.123+01:00"
LOG = f"""\
{PREFIX} INFO - sparkvsr_daemon: daemon b00710ad serves
{PREFIX} INFO 0123456789ab sparkvsr_daemon: queued, 24 frames for sparkvsr
{PREFIX} INFO 0123456789ab sparkvsr_daemon: cancelled Zebra Film shot plate_0010.exr of Jane
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: failed: engine_failed
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: | Traceback (most recent call last):
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: |   File "…/sparkvsr_daemon/worker.py", line 7, in run
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: |     read("Zebra")
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: |   File "/mnt/Zebra Film/tool.py", line 8, in <module>
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: | sparkvsr.errors.EngineError: Zebra.mov: died
{PREFIX} ERROR 0123456789ab sparkvsr_daemon: | and Zebra, too
{PREFIX} INFO 0123456789ab sparkvsr_daemon.worker: [mov @ 0x55d0] moov of Zebra.mov not found
{PREFIX} INFO 0123456789ab sparkvsr_daemon.worker: CUDA error: out of memory on quagga
hf_token without a form
"""


@pytest.fixture
def jane(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Somebody with secrets everywhere that `doctor` looks at."""
    home = tmp_path / "x" / "Jane Doe"
    (home / "run").mkdir(parents=True, mode=0o700)
    (home / "run" / "sparkvsr").mkdir(mode=0o700)
    footage = home / "Zebra Film"
    footage.mkdir()
    data, config = home / ".local/share/sparkvsr", home / ".config/sparkvsr"
    logs, resolve = home / ".local/state/sparkvsr/log", home / ".local/share/DaVinciResolve/configs"
    for folder in (data, config, logs, resolve, home / ".nuke"):
        folder.mkdir(parents=True, mode=0o700)
    (logs / "daemon.log").write_text(LOG)
    (config / "daemon.toml").write_text("# the Zebra show on studio-nas\nstore_gb = 12.5\n")
    (resolve / "config.dat").write_text(
        f"System.Scripting.Mode = 2\nSite.1.FS.1.Root = {footage}\nUser.Name = Jane\n"
        "Site.1.FS.2.Root = /Volumes/Zebra Disk\nSystem.Db.Host = studio-nas\n"
    )
    (home / ".nuke" / "init.py").write_text("nuke.pluginAddPath('/mnt/studio-nas/Zebra')\n")
    before = Record.of(Path("/mnt/Zebra tools/v1 (old)"), home / "Zebra Film/bin/python", "0.0.9")
    installation = Installation(data)
    installation.use(before)
    (footage / "python").touch()
    installation.use(Record.of(footage, footage / "python", "0.1.0"))
    installation.placed_file.write_text(json.dumps({"files": [{"path": str(footage)}]}))
    (data / "tickets").mkdir()
    (data / "tickets" / "Zebra.json").write_text("{}")
    public, secret = (key.decode() for key in zmq.curve_keypair())
    connection = Connection(
        boot="b" * 32,
        pid=1,
        endpoint="tcp://127.0.0.1:1",
        server_public=public,
        client_public=public,
        client_secret=secret,
    )
    write_connection(home / "run" / "sparkvsr" / "connection.json", connection)
    yield {
        "HOME": str(home),
        "USER": "jdoe42",
        "LOGNAME": "jdoe42",
        "HOSTNAME": "studio-nas",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{footage}:/mnt/Zebra Disk/lib quagga",
        "XDG_RUNTIME_DIR": str(home / "run"),
        "SPARKVSR_MODEL": "/mnt/studio-nas/Zebra quagga",
        "HF_TOKEN": "hf_token",
        "TEST_KEYS": f"{public} {secret}",
    }


def doctor(
    environment: dict[str, str], folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "sparkvsr_daemon.cli", "doctor", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def read(bundle: Path) -> dict[str, str]:
    with zipfile.ZipFile(bundle) as opened:
        assert opened.testzip() is None
        return {
            name.removeprefix(f"{FOLDER}/"): opened.read(name).decode()
            for name in opened.namelist()
        }


def test_no_member_tells_whose_machine_it_is(jane: dict[str, str], tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    run = doctor(jane, here, "--bundle")
    assert run.returncode == 3, run.stderr
    (bundle,) = here.iterdir()
    assert re.fullmatch(r"sparkvsr-doctor-\d{8}-\d{6}\.zip", bundle.name)
    members = read(bundle)
    assert members.keys() == MEMBERS
    host = platform.node()
    secrets = [*SECRETS, *jane["TEST_KEYS"].split(), str(tmp_path), tmp_path.name]
    for name, text in {**members, "stdout": run.stdout, "stderr": run.stderr}.items():
        for secret in secrets:
            assert secret.lower() not in text.lower(), (name, secret)
        assert not host or not re.search(rf"\b{re.escape(host)}\b", text, re.IGNORECASE), name
    # What is left is still of use.
    assert "fault    weights" in members["findings.txt"]
    findings = json.loads(members["findings.json"])
    assert {"scripting", "media storage", "environment"} <= {one["area"] for one in findings}
    assert tomllib.loads(members["daemon.toml"])["store_gb"] == 12.5
    assert f"msgspec {msgspec.__version__}\n" in members["distributions.txt"]
    installed = json.loads(members["install.json"])
    assert (installed["version"], installed["previous"]["version"]) == ("0.1.0", "0.0.9")
    assert installed["root"] == installed["python"] == "<path>"
    # The person is told what they are about to send.
    assert f"Wrote {bundle.name}" in run.stdout
    assert all(
        f"  {name} " in run.stdout and f"  {name} " in members["README.txt"] for name in MEMBERS
    )
    assert "Look through them before you send them" in run.stdout


def test_of_the_log_what_happened_stays(daemon: object) -> None:
    lines = list(for_strangers(LOG.splitlines(), Redactor(find_paths())))
    assert lines[-1] == "…"
    assert all(line.startswith(f"{PREFIX} ") for line in lines[:-1])
    texts = [line.partition(": ")[2] for line in lines[:-1]]
    assert texts == [
        "daemon b00710ad serves",
        "queued, 24 frames for sparkvsr",
        "cancelled … of …",
        "failed: engine_failed",
        "| Traceback (most recent call last):",
        '|   File "…/sparkvsr_daemon/worker.py", line 7, in run',
        "| …",
        '|   File "tool.py", line 8, in <module>',
        "| sparkvsr.errors.EngineError: …",
        "| and … too",
        "… 0x55d0] … of … not …",
        "CUDA error: out of memory on …",
    ]


def test_a_bundle_of_nothing_is_made_too(daemon: object) -> None:
    found = collect(find_paths(), None, [])
    assert found.keys() == MEMBERS
    assert found["log.txt"] == "There is no log.\n"
    assert found["install.json"] == "There is no install.json: no host uses SparkVSR.\n"


def test_what_cannot_be_read_is_said_without_its_words(daemon: object) -> None:
    paths = find_paths()
    paths.create()
    paths.settings_file.write_text("zebra = 1\n")
    Installation(paths.config).record_file.write_text("zebra")
    found = collect(paths, Installation(paths.config), [Finding("a", "ok", "b")])
    assert found["daemon.toml"] == "This could not be read: SettingsError. See findings.txt.\n"
    assert found["install.json"] == "install.json is damaged.\n"


def test_with_json_the_last_events_tell_the_bundle_and_the_sum(
    jane: dict[str, str], tmp_path: Path
) -> None:
    run = doctor(jane, tmp_path, "--json", "--bundle", "report.zip")
    *_, bundle, done = (json.loads(line) for line in run.stdout.splitlines())
    assert bundle["event"] == "bundle"
    assert bundle["file"] == "report.zip"
    assert set(bundle["files"]) == MEMBERS == read(tmp_path / "report.zip").keys()
    assert done["event"] == "done"
    assert done["faults"] > 0


# Its file.


def test_an_existing_file_is_refused_before_anything_is_looked_at(
    jane: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "report.zip").write_text("mine")
    run = doctor(jane, tmp_path, "--bundle", "report.zip")
    assert (run.returncode, run.stdout) == (2, "")
    assert "report.zip exists already, and is left as it is." in run.stderr
    assert (tmp_path / "report.zip").read_text() == "mine"


def test_a_file_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "report.zip"
    with BundleFile(str(path)) as bundle:
        path.write_text("mine")
        with pytest.raises(OutputError, match="exists already"):
            bundle.write({"a": "b"})
    assert [file.name for file in tmp_path.iterdir()] == ["report.zip"]
    assert path.read_text() == "mine"


@pytest.mark.parametrize("appears", [False, True])
def test_where_there_are_no_hard_links_it_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, appears: bool
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "report.zip"
    with BundleFile(str(path)) as bundle:
        if appears:
            path.write_text("mine")
            with pytest.raises(OutputError, match="exists already"):
                bundle.write({"a": "b"})
        else:
            bundle.write({"a": "b"})
            assert read(path) == {"a": "b"}
    assert [file.name for file in tmp_path.iterdir()] == ["report.zip"]


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with (
        BundleFile(str(tmp_path / "report.zip")) as bundle,
        pytest.raises(DiskFullError, match=r"There is no room for .*report\.zip") as raised,
    ):
        bundle.write({"a": "b"})
    assert "--bundle FILE" in raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written: No such file"):
        BundleFile(str(tmp_path / "none" / "report.zip")).__enter__()


def test_a_run_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), BundleFile(str(tmp_path / "report.zip")):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
