"""Installing, removing and looking at service entries, with the systems' tools or emulations."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service_tools import REFUSE, STATE, install_tools, read_task
from sparkvsr.errors import InputError, JobError, OutputError, UnreachableError
from sparkvsr_daemon._service_entry import Launch, this_launch
from sparkvsr_daemon._service_install import Installed, install, remove, service_state
from sparkvsr_daemon._service_managers import Manager, find_manager
from sparkvsr_daemon.cli import main
from sparkvsr_daemon.client import connect
from sparkvsr_daemon.paths import find_paths

Daemon = Any
SYSTEMS = ("linux", "darwin", "win32")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The three systems' tools, emulated, in a home folder of their own."""
    install_tools(tmp_path / "bin")
    (tmp_path / "Jane Doe").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "Jane Doe"))
    monkeypatch.setenv(STATE, str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    yield tmp_path


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manager_of(system: str) -> Manager:
    return find_manager(this_launch(), system)


@pytest.mark.parametrize("system", SYSTEMS)
def test_install_starts_a_daemon_and_remove_undoes_everything(
    system: str, tools: Path, daemon: Daemon
) -> None:
    manager = manager_of(system)
    before = files_of(tools / "Jane Doe")
    assert service_state(manager).entry == "none"
    done = install(manager)
    with connect(start=False) as client:
        assert done == Installed(client.status().pid, was_running=False)
    state = service_state(manager)
    assert (state.entry, state.loaded) == ("ours", True)
    assert remove(manager)
    daemon.wait_until(lambda: not find_paths().connection_file.exists())
    assert service_state(manager).entry == "none"
    assert files_of(tools / "Jane Doe") == before
    assert not remove(manager)


def test_refresh_brings_an_outdated_entry_up_to_date_and_makes_none(
    tools: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refresh() -> str:
        assert main(["daemon", "service", "refresh"]) == 0
        return capsys.readouterr().out

    before = files_of(tools / "Jane Doe")
    assert refresh() == ""
    assert files_of(tools / "Jane Doe") == before
    install(find_manager(this_launch()))
    assert refresh() == ""  # it is as it should be
    monkeypatch.setenv("SPARKVSR_WEIGHTS", "int8")
    assert "starts this version at every log-in" in refresh()
    assert service_state(find_manager(this_launch())).entry == "ours"
    assert remove(find_manager(this_launch()))


@pytest.mark.parametrize("system", SYSTEMS)
def test_installing_again_brings_an_outdated_entry_up_to_date(
    system: str, tools: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(manager_of(system))
    monkeypatch.setenv("SPARKVSR_WEIGHTS", "int8")
    manager = manager_of(system)
    assert service_state(manager).entry == "outdated"
    install(manager)
    assert service_state(manager).entry == "ours"
    assert remove(manager)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_daemon_that_runs_already_goes_on(system: str, tools: Path, daemon: Daemon) -> None:
    pid = daemon.connect().status().pid
    manager = manager_of(system)
    assert install(manager) == Installed(pid, was_running=True)
    assert remove(manager)
    with connect(start=False) as client:
        assert client.status().pid == pid


FOREIGN = {
    "linux": b"[Service]\nExecStart=/bin/true\n",
    "darwin": plistlib.dumps({"Label": "mine"}),
    "win32": '<?xml version="1.0"?><Task>mine</Task>'.encode("utf-16"),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_not_ours_is_only_replaced_when_asked(
    system: str, tools: Path, daemon: Daemon
) -> None:
    manager = manager_of(system)
    manager.put(FOREIGN[system])
    kept = manager.existing()
    for attempt in (install, remove):
        with pytest.raises(OutputError, match="not written by SparkVSR"):
            attempt(manager)
        assert manager.existing() == kept
    assert service_state(manager).entry == "foreign"
    assert install(manager, force=True).pid
    assert service_state(manager).entry == "ours"
    assert remove(manager)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("system", SYSTEMS)
def test_an_install_that_is_refused_leaves_all_as_it_was(
    system: str, force: bool, tools: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = manager_of(system)
    if force:
        manager.put(FOREIGN[system])
    before = files_of(tools / "Jane Doe"), manager.existing()
    monkeypatch.setenv(REFUSE, "1")
    with pytest.raises(JobError, match="failed: "):
        install(manager, force=force)
    monkeypatch.delenv(REFUSE)
    assert (files_of(tools / "Jane Doe"), manager.existing()) == before
    assert daemon.processes() == set()


def test_an_entry_that_cannot_be_written_is_an_error_with_its_place(
    tools: Path, daemon: Daemon
) -> None:
    config = tools / "Jane Doe" / ".config"
    config.symlink_to("nowhere")
    with pytest.raises(InputError, match=r"sparkvsr\.service cannot be written: File exists"):
        install(manager_of("linux"))
    config.unlink()
    config.touch()
    with pytest.raises(InputError, match=r"sparkvsr\.service cannot be read: Not a directory"):
        install(manager_of("linux"))
    assert files_of(tools / "Jane Doe") == {str(config): b""}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_daemon_that_never_answers_is_an_error_and_its_entry_goes(
    system: str, tools: Path, daemon: Daemon
) -> None:
    manager = find_manager(Launch("/nowhere/python", {}), system)
    with pytest.raises(UnreachableError, match="no daemon answered"):
        install(manager, patience_s=0.5)
    assert service_state(manager).entry == "none"


def test_an_entry_that_cannot_be_unloaded_is_deleted_and_that_is_said(
    tools: Path, daemon: Daemon
) -> None:
    manager = manager_of("linux")
    install(manager)
    (tools / "bin" / "systemctl").unlink()
    (tools / "bin" / "systemctl").symlink_to(shutil.which("false") or "")
    with pytest.raises(JobError, match="is deleted, but the daemon") as caught:
        remove(manager)
    assert "daemon stop" in caught.value.hint
    assert service_state(manager).entry == "none"
    assert not remove(manager)


def test_without_the_systems_tool_nothing_is_written(
    tools: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tools / "nowhere"))
    for system, tool in zip(SYSTEMS, ("systemctl", "launchctl", "schtasks"), strict=True):
        with pytest.raises(InputError, match=f"There is no {tool} here") as caught:
            install(manager_of(system))
        assert "commands start it when none runs" in caught.value.hint
    assert files_of(tools / "Jane Doe") == {}
    with pytest.raises(InputError, match="plan9"):
        find_manager(this_launch(), "plan9")


def test_on_windows_the_python_without_a_console_is_taken(tmp_path: Path) -> None:
    (tmp_path / "pythonw.exe").touch()
    entry = find_manager(Launch(str(tmp_path / "python.exe"), {}), "win32").entry()
    assert read_task(entry)[1][0] == str(tmp_path / "pythonw.exe")


@pytest.fixture
def service(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """`sparkvsr daemon service …`: its exit code, and what it says."""

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["daemon", "service", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.mark.skipif(sys.platform != "linux", reason="the emulated systemctl is for Linux")
def test_the_command_line_says_what_it_did(
    tools: Path, daemon: Daemon, service: Callable[..., tuple[int, str]]
) -> None:
    unit = tools / "Jane Doe" / ".config" / "systemd" / "user" / "sparkvsr.service"
    assert service("status") == (0, "No service is installed.\n")
    code, said = service("install")
    assert code == 0
    assert f"starts the daemon at every log-in: {unit}\nThe daemon runs, process" in said
    assert "goes on" in service("install")[1]
    assert "The service is installed.\n" in service("status")[1]
    unit.write_text("mine")
    code, said = service("install")
    assert code == 2
    assert "--force" in said
    assert "did not write" in service("status")[1]
    assert service("install", "--force")[0] == 0
    assert f"{unit} is deleted" in service("remove")[1]
    assert service("remove") == (0, "No service is installed.\n")


def systemd_runs() -> bool:
    """Whether systemd runs for this user here."""
    if not shutil.which("systemctl"):
        return False
    asked = ["systemctl", "--user", "show", "--property=Version"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(systemd_runs(), reason="systemd runs for this user")
@pytest.mark.skipif(not shutil.which("systemctl"), reason="no systemctl here")
def test_without_a_systemd_of_the_users_nothing_is_written(
    daemon: Daemon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    service: Callable[..., tuple[int, str]],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    code, said = service("install")
    assert code == 2
    assert "systemd does not run for this user here" in said
    assert "commands start it when none runs" in said
    assert not (tmp_path / "config").exists()
    assert service("remove")[0] == 0


@pytest.mark.skipif(not systemd_runs(), reason="systemd does not run for this user here")
def test_systemd_really_runs_the_daemon_whatever_folders_are_called(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = Path(manager_of("linux").place)
    if unit.exists():
        pytest.skip("a service is installed here")
    environment = tmp_path / 'Jane "J" Doe\'s 100% $HOME & %h\\é;#'
    venv.create(environment, symlinks=True)
    version = "python{}.{}".format(*sys.version_info[:2])
    packages = environment / "lib" / version / "site-packages"
    (packages / "ours.pth").write_text("\n".join(path for path in sys.path if path))
    home = tmp_path / "another 100% $HOME 'home' %h \"é\""
    monkeypatch.setenv("SPARKVSR_HOME", str(home))
    python = str(environment / "bin" / "python")
    manager = find_manager(Launch(python, {"SPARKVSR_HOME": str(home)}))
    try:
        done = install(manager)
        assert Path(f"/proc/{done.pid}/cmdline").read_bytes().startswith(python.encode() + b"\0")
        asked = ["systemctl", "--user", "show", "-P", "MainPID", unit.name]
        main = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert int(main) == done.pid
        assert len(list(daemon.make_job(3).run(daemon.backend()))) == 3
        os.kill(done.pid, 9)
        daemon.wait_until(lambda: service_pid(unit.name) not in (0, done.pid))  # Restart=
    finally:
        remove(manager)
    assert service_pid(unit.name) == 0
    assert not unit.exists()
    assert not (unit.parent / "default.target.wants" / unit.name).is_symlink()


def service_pid(unit: str) -> int:
    asked = ["systemctl", "--user", "show", "-P", "MainPID", unit]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
