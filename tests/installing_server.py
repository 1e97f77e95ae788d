"""Runs verbs of the installer, each in a process of its own that this one forks; see `installing`.

A fork saves what Python needs to start and to import: that is what makes it possible to kill the
installer at every single step.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "installer"), str(ROOT / "daemon"), str(ROOT / "bridge_resolve")]
sys.dont_write_bytecode = True

import _bootstrap  # noqa: E402
from sparkvsr_installer import install, making, uninstall  # noqa: E402
from sparkvsr_installer.environment import Contents, Environment  # noqa: E402
from sparkvsr_installer.gpu import Torch  # noqa: E402
from sparkvsr_installer.installation import Installation  # noqa: E402
from sparkvsr_installer.machine import Machine  # noqa: E402
from sparkvsr_installer.version import Record  # noqa: E402

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod")
STARTS = ("subprocess.Popen",)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    """Answer requests, one JSON object a line, until stdin is closed."""
    if len(sys.argv) > 1:  # one request, in this terminal
        os._exit(_run(json.loads(sys.argv[1])))
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_run(request))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps(status), flush=True)


def _run(request: dict[str, Any]) -> int:
    if "stdout" in request:
        _redirect(request)
    try:
        os.environ.clear()
        os.environ.update(request["environ"])
        os.chdir(request["source"])
        _bootstrap.ROOT = Path(request["source"])
        for name in request["stubs"]:
            STUBS[name]()
        machine = Machine(
            request["system"], Path(request["home"]), request["environ"], Path(request["root"])
        )
        if request["user"]:
            os.setgid(request["user"])
            os.setuid(request["user"])
        if request["kill_at"]:
            _kill_at(request["kill_at"])
        return _bootstrap.bootstrap(request["arguments"], machine)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 99
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _redirect(request: dict[str, Any]) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout = open(1, "w", encoding=request["encoding"], closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", encoding=request["encoding"], errors="backslashreplace", closefd=False
    )


def _kill_at(number: int) -> None:
    """End this process without a word before its `number`th change of the file system."""
    seen = 0

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event == "open":
            path, _, flags = arguments
            if not flags & WRITING or path == os.devnull or isinstance(path, int):
                return
        elif event not in CHANGES and event not in STARTS:
            return
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def _link_to_this_python() -> None:
    Environment.runs = lambda self: self.python.exists()  # type: ignore[method-assign]

    def ensure(self: Environment, contents: Contents) -> None:
        print("ensures", contents.name, *contents.installs, flush=True)
        if self.python.exists():
            return
        self.programs.mkdir(parents=True, exist_ok=True)
        # A link would not find the packages of the environment that the tests run in.
        half = self.python.with_name("half")
        half.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        half.chmod(0o755)
        half.replace(self.python)

    Environment.ensure = ensure  # type: ignore[method-assign]


def _no_agent() -> None:
    def start(record: Record, *, private: bool) -> None:
        assert Path(record.python).exists()

    for module in (install, making):
        vars(module)["start_agent_once"] = start


def _no_telling() -> None:
    def tell(installation: Installation, record: Record, *arguments: str) -> list[str]:
        sys.audit("subprocess.Popen", record.python, arguments, None, None)
        print("tells", record.version, *arguments, flush=True)
        return []

    install.tell = uninstall.tell = tell  # type: ignore[attr-defined]


def _torch_for_the_cpu() -> None:
    vars(install)["look_at_torch"] = lambda python: Torch("2.13.0", None, False)


def _no_waiting_for_the_disk() -> None:
    vars(os)["fsync"] = lambda _: None  # a killed process loses nothing that it has written


STUBS: dict[str, Callable[[], None]] = {
    "environment": _link_to_this_python,
    "agent": _no_agent,
    "telling": _no_telling,
    "torch": _torch_for_the_cpu,
    "disk": _no_waiting_for_the_disk,
}

if __name__ == "__main__":
    main()
