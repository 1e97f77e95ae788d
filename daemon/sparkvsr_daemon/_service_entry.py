"""What an operating system is told so that the daemon starts when this user logs in.

One text for each system, made from what it is to run and from nothing else. A person's folders may
have blanks, quotes, `%`, `$` and `&` in their names: each text quotes them by the rules of the one
who reads it.
"""

from __future__ import annotations

import os
import plistlib
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final
from xml.sax.saxutils import escape

from sparkvsr.errors import SettingsError

from .paths import FOLDER_VARIABLES

MARKER: Final = "Written by `sparkvsr daemon service install`"
LABEL: Final = "sparkvsr.daemon"
_PREFIX: Final = "SPARKVSR_"
_UNWRITABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STOP_S: Final = 20


@dataclass(frozen=True)
class Launch:
    """What a service entry runs.

    Attributes:
        python: the interpreter of this environment.
        environment: this project's variables, as they are when the entry is written.
    """

    python: str
    environment: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, text in {"The path of Python": self.python, **self.environment}.items():
            if _UNWRITABLE.search(text):
                raise SettingsError(
                    f"{name} has a character in it that no service entry can hold: {text!r}.",
                    "Give the folder another name.",
                )

    @property
    def command(self) -> tuple[str, ...]:
        """As in `sparkvsr daemon run`."""
        return (self.python, "-I", "-m", "sparkvsr_daemon")


def this_launch(environ: Mapping[str, str] = os.environ) -> Launch:
    """The daemon of this environment, with this project's variables.

    Raises:
        SettingsError: a path cannot be written into any service entry.
    """
    ours = {name: text for name, text in sorted(environ.items()) if name.startswith(_PREFIX)}
    # Relative paths are meant from here; a service runs elsewhere.
    folders = {
        name: str(Path(ours[name]).absolute()) for name in FOLDER_VARIABLES if ours.get(name)
    }
    return Launch(sys.executable, ours | folders)


def systemd_unit(launch: Launch) -> bytes:
    """A unit file of systemd (man: systemd.service, systemd.syntax), 239 or later.

    systemd refuses to execute a file with a quote or a backslash in its path, and knows no way to
    write a `$` there; as an argument of a shell any path will do.
    """
    command = " ".join(_for_systemd(word).replace("$", "$$") for word in launch.command)
    variables = "".join(
        f"Environment={_for_systemd(f'{name}={text}')}\n"
        for name, text in launch.environment.items()
    )
    return f"""\
# {MARKER}; `… remove` takes it away.

[Unit]
Description=SparkVSR daemon
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" {command}
{variables}\
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec={_STOP_S}

[Install]
WantedBy=default.target
""".encode()


def launch_agent(launch: Launch, stderr: PurePath) -> bytes:
    """A property list of launchd (man: launchd.plist).

    Args:
        stderr: where what Python says goes if it cannot even start the daemon.
    """
    content = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(launch.command),
            "EnvironmentVariables": dict(launch.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ExitTimeOut": _STOP_S,
            "ProcessType": "Interactive",  # an artist waits: others have disk and CPU throttled
            "StandardErrorPath": str(stderr),
        }
    )
    start = b'<plist version="1.0">\n'
    return content.replace(start, start + f"<!-- {MARKER} -->\n".encode(), 1)


def scheduled_task(launch: Launch, user: str) -> bytes:
    """A task for Windows' Task Scheduler (schema: microsoft.com/windows/2004/02/mit/task, 1.2).

    The scheduler can set no variables, so they travel as arguments. It expands `%NAME%` in what it
    runs and knows no way to write that literally.

    Args:
        user: `DOMAIN\\name`, at whose log-in the task is run, with the least rights.

    Raises:
        SettingsError: a path has two percent signs.
    """
    module = "sparkvsr_daemon._service_main"
    variables = [f"{name}={text}" for name, text in launch.environment.items()]
    words = ["-I", "-m", module, *variables] if variables else list(launch.command[1:])
    for word in (launch.python, *words):
        if word.count("%") > 1:
            raise SettingsError(
                f"Windows would take what stands between the percent signs of {word} for the name "
                "of a variable.",
                "Give the folder another name.",
            )
    return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>SparkVSR daemon. {MARKER}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <UserId>{escape(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{escape(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <Hidden>true</Hidden>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(launch.python)}</Command>
      <Arguments>{escape(subprocess.list2cmdline(words))}</Arguments>
    </Exec>
  </Actions>
</Task>
""".encode("utf-16")


def _for_systemd(word: str) -> str:
    """One word for a unit file: in quotes, with what is special inside of them escaped."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
