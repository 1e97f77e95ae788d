"""Editions and versions, dialogs, menus, start-up files."""

# ruff: noqa: N802
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from .host import Host, api, api_class, host

PYTHON_OF = {13: (3, 7), 14: (3, 9), 15: (3, 10), 16: (3, 11)}


@api_class
class GlobalsEnvironment:
    """`nuke.env`."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._values)

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def keys(self) -> list[str]:
        return list(self._values)

    def items(self) -> list[tuple[str, Any]]:
        return list(self._values.items())


def constants(session: Host) -> dict[str, Any]:
    """The names of the module that depend on the session's kind."""
    profile = session.profile
    major, minor, release = profile.version
    executable = f"/usr/local/Nuke{major}.{minor}v{release}/Nuke{major}.{minor}"
    env = {
        "gui": profile.gui,
        "interactive": profile.gui,
        "nc": profile.nc,
        "indie": profile.indie,
        "nukex": False,
        "studio": False,
        "hiero": False,
        "assist": False,
        "NukeVersionMajor": major,
        "NukeVersionMinor": minor,
        "NukeVersionRelease": release,
        "NukeVersionString": f"{major}.{minor}v{release}",
        "ExecutablePath": executable,
        "LINUX": sys.platform == "linux",
        "WIN32": sys.platform == "win32",
        "MACOS": sys.platform == "darwin",
    }
    return {
        "GUI": profile.gui,
        "INTERACTIVE": profile.gui,
        "env": GlobalsEnvironment(env),
        "NUKE_VERSION_MAJOR": major,
        "NUKE_VERSION_MINOR": minor,
        "NUKE_VERSION_RELEASE": release,
        "NUKE_VERSION_STRING": env["NukeVersionString"],
        "EXE_PATH": executable,
        "rawArgs": [executable] if profile.gui else [executable, "-t"],
    }


def _dialog(kind: str, prompt: str) -> Any:
    """Record a dialog; a test has answered it beforehand in `Host.answers`."""
    if not host().profile.gui:
        raise host().violate(f"nuke.{kind} was called in a terminal session: {prompt}")
    host().messages.append((kind, prompt))
    return host().answers.pop(0) if host().answers else None


@api
def message(prompt: str) -> None:
    _dialog("message", prompt)


@api
def alert(prompt: str) -> None:
    _dialog("alert", prompt)


@api
def ask(prompt: str) -> bool:
    return bool(_dialog("ask", prompt))


@api
def getFilename(message: str, *args: Any, **kwargs: Any) -> str | None:
    return _dialog("getFilename", message)  # type: ignore[no-any-return]


@api
def getInput(prompt: str, default: str = "") -> str | None:
    return _dialog("getInput", prompt)  # type: ignore[no-any-return]


def _say(kind: str) -> None:
    def say(message: str) -> None:
        host().messages.append((kind, message))

    say.__name__ = kind
    api(say)


for _kind in ("warning", "error", "debug", "critical"):
    _say(_kind)


@api
def tprint(*args: Any, **kwargs: Any) -> None:
    host().printed.append(" ".join(str(arg) for arg in args))


@api_class
class Menu:
    """A menu that remembers its commands; `invoke` on an item runs it."""

    def __init__(self, name: str, command: Any = None) -> None:
        self._name, self._command = name, command
        self._items: list[Menu] = []

    def name(self) -> str:
        return self._name

    def items(self) -> list[Menu]:
        return list(self._items)

    def _place(self, path: str) -> tuple[Menu, str]:
        menu, parts = self, path.split("/")
        for part in parts[:-1]:
            menu = menu.addMenu(part)
        return menu, parts[-1]

    def addMenu(self, name: str, *args: Any, **kwargs: Any) -> Menu:
        menu, last = self._place(name)
        found = menu.findItem(last)
        if found is None:
            found = Menu(last)
            menu._items.append(found)
        return found

    def addCommand(self, name: str, command: Any = "", *args: Any, **kwargs: Any) -> Menu:
        menu, last = self._place(name)
        menu._items = [item for item in menu._items if item._name != last]
        menu._items.append(Menu(last, command))
        return menu._items[-1]

    def addSeparator(self, *args: Any, **kwargs: Any) -> Menu:
        self._items.append(Menu("-"))
        return self._items[-1]

    def findItem(self, name: str) -> Menu | None:
        menu: Menu | None = self
        for part in name.split("/"):
            items: list[Menu] = menu._items if menu else []
            menu = next((item for item in items if item._name == part), None)
        return menu

    def menu(self, name: str) -> Menu | None:
        return self.findItem(name)

    def removeItem(self, name: str) -> None:
        self._items = [item for item in self._items if item._name != name]


def invoke(item: Menu) -> None:
    """The user chooses an entry."""
    command = item._command
    if callable(command):
        command()
    else:
        host().run_code(command, host().group)


@api
def menu(name: str) -> Menu:
    return host().menus.setdefault(name, Menu(name))  # type: ignore[no-any-return]


@api
def toolbar(name: str, create: bool = True) -> Menu:
    return menu(name)


@api
def pluginAddPath(args: str, addToSysPath: bool = True) -> None:
    """While init.py files run, that of a folder which one of them adds is run at once.

    Whoever calls this in a test gives it a sys.path that may be changed.
    """
    if args in host().plugin_path:
        host().plugin_path.remove(args)
    host().plugin_path.insert(0, args)
    if addToSysPath:
        sys.path.append(args)
    starting = host().starting
    if starting is not None:
        starting.append(Path(args))
        _run(Path(args) / "init.py")


@api
def pluginPath() -> list[str]:
    return list(host().plugin_path)


@api
def waitForThreadsToFinish() -> str:
    return ""


def start(*folders: Path) -> None:
    """Nuke starts with plug-in folders: every init.py runs, then every menu.py if it has a window.

    Later folders are more local: NUKE_PATH from its end on, `~/.nuke` last.
    """
    started: list[Path] = []
    host().starting = started
    for folder in folders:
        pluginAddPath(str(folder))
    host().starting = None
    if host().profile.gui:
        for folder in started:
            _run(folder / "menu.py")


def _run(file: Path) -> None:
    """Run a start-up file, if it is there; it knows its `__file__`, as public ones rely on."""
    if file.is_file():
        names = {"nuke": host().module, "__name__": "__main__", "__file__": str(file)}
        with host().this(host().root):
            exec(compile(file.read_bytes(), str(file), "exec"), names)  # noqa: S102
