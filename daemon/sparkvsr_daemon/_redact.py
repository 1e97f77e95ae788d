"""Takes out of a text what tells whose machine it is and what lies on it.

For the log, which holds no user's paths, and for what goes into a bug report. Paths of our own
folders stay, told from the home folder on (`~/.cache/sparkvsr`); so do those of the system. Of
program files their last two parts stay. Any other absolute path becomes `<path>`.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import platformdirs

from .paths import HOME_VARIABLE, Paths

_SYSTEM: Final = ("/usr/", "/lib/", "/lib64/", "/bin/", "/etc/", "/proc/", "/dev/", "/sys/")
_ABSOLUTE: Final = r"/(?=[\w.])|file:/|[A-Za-z]:[\\/]|\\\\(?=\w)"
_END: Final = r"\s'\"`<>|;,:()\[\]{}"
# A blank belongs to an unquoted path if another part of a path follows.
_TAIL: Final = rf"[^{_END}]*(?: [^{_END}/\\]*[/\\][^{_END}]*)*"
_TELL_NOTHING: Final = frozenset({"root", "user", "admin", "sparkvsr", "daemon", "python"})


class Redactor:
    """Knows this user's folders and names, as they are when it is made."""

    def __init__(self, paths: Paths) -> None:
        home = home_folder()
        ours = {
            "runtime": paths.runtime,
            "data": paths.data,
            "log": paths.log,
            "config": paths.config,
            "cache": cache_folder(),
            "environment": Path(sys.prefix),
        }
        shown = {str(folder): _shown(name, folder, home) for name, folder in ours.items()}
        self._ours = dict(sorted(shown.items(), key=lambda item: len(item[0]), reverse=True))
        homes = {str(home), str(home.resolve())} if home else set()
        folders = sorted({*self._ours, *homes, *_with_blanks()}, key=len, reverse=True)
        start = "|".join([*(rf"{re.escape(folder)}(?![\w.-])" for folder in folders), _ABSOLUTE])
        self._absolute = re.compile(start)
        self._path = re.compile(
            rf"(?P<quote>['\"`])(?P<quoted>(?:{start})(?:(?!(?P=quote)).)*)(?P=quote)"
            rf"|(?<![\w.~/\\$}}])(?P<bare>(?:{start}){_TAIL})"
        )
        names = "|".join(re.escape(name) for name in sorted(_names(home), key=len, reverse=True))
        self._name = re.compile(rf"(?<![^\W_])(?:{names or '(?!)'})(?![^\W_])", re.IGNORECASE)

    def paths(self, text: str) -> str:
        """The text without paths of the user's.

        An unquoted path is taken to end where a blank follows its last part, unless a variable of
        the environment tells where it ends.
        """
        return self._path.sub(self._replace, text)

    def all(self, text: str) -> str:
        """The text without paths of the user's, user names, host names."""
        return self._name.sub("<name>", self.paths(text))

    def whole(self, text: str) -> str:
        """A text that is known to be one path, or none; whatever characters it is made of."""
        if self._absolute.match(text):
            return self._name.sub("<name>", self._shortened(text))
        return self.all(text)

    def _replace(self, match: re.Match[str]) -> str:
        quote = match["quote"] or ""
        return quote + self._shortened(match["quoted"] or match["bare"]) + quote

    def _shortened(self, path: str) -> str:
        for folder, shown in self._ours.items():
            if re.match(rf"{re.escape(folder)}([\\/]|$)", path):
                return shown + path.removeprefix(folder)
        if path.startswith(_SYSTEM):
            return path
        if path.endswith(".py"):
            return "…/" + "/".join(re.split(r"[\\/]", path)[-2:])
        return "<path>"


def cache_folder() -> Path:
    """Where engines keep what they computed; it need not exist."""
    moved = os.environ.get(HOME_VARIABLE)
    if moved:
        return Path(moved).absolute() / "cache"
    return platformdirs.user_cache_path("sparkvsr", appauthor=False)


def home_folder() -> Path | None:
    """The home folder; None where this user has none of their own, as in some containers."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return None if home == Path(home.anchor) else home


def _with_blanks() -> Iterator[str]:
    """Paths that this process was told, and whose ends could not be seen in a text."""
    for value in os.environ.values():
        for path in (value, *value.split(os.pathsep)):
            if " " in path.strip() and re.match(_ABSOLUTE, path):
                yield path


def _shown(name: str, folder: Path, home: Path | None) -> str:
    """How one of our own folders is written."""
    moved = os.environ.get(HOME_VARIABLE)
    if moved and folder.is_relative_to(Path(moved).absolute()):
        return f"${HOME_VARIABLE}/{folder.relative_to(Path(moved).absolute()).as_posix()}"
    if home and folder.is_relative_to(home):
        return f"~/{folder.relative_to(home).as_posix()}"
    return str(folder) if str(folder).startswith(_SYSTEM) else f"<{name} folder>"


def _names(home: Path | None) -> set[str]:
    """What this user and this machine are called; names that could be anybody's are left out."""
    host = platform.node()
    variables = ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "USERDOMAIN", "COMPUTERNAME")
    names = {home.name if home else "", host, host.partition(".")[0], *_account()}
    names |= {os.environ.get(variable, "") for variable in variables}
    return {name for name in names if len(name) > 1 and name.lower() not in _TELL_NOTHING}


def _account() -> Iterator[str]:
    """Login name and full name of the account that this process runs as."""
    if sys.platform != "win32":
        import pwd

        try:
            account = pwd.getpwuid(os.getuid())
        except KeyError:  # a container may run as a number without a name
            return
        yield account.pw_name
        yield account.pw_gecos.partition(",")[0]
