"""Where SparkVSR is installed, as `install.json` in the user's data folder says."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ._errors import LinkError

_REPAIR = "Run the SparkVSR installer again."


def data_folder(
    environ: Mapping[str, str] = os.environ,
    system: str = sys.platform,
    home: Optional[Path] = None,
) -> Path:
    """The user's SparkVSR data folder: $SPARKVSR_HOME, or the usual place of a system."""
    if environ.get("SPARKVSR_HOME"):
        return Path(environ["SPARKVSR_HOME"])
    home = home or Path.home()
    if system == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif system == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "sparkvsr"


def own_installation() -> Optional[Path]:
    """The folder of the installation that this very file belongs to; None in a checkout or wheel.

    There it lies in `versions/NAME/daemon/sparkvsr_link`, and `install.json` beside `versions`.
    """
    version = Path(__file__).resolve().parents[2]
    return version.parents[1] if (version / "version.json").is_file() else None


def find_install(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Read the `install.json` of this installation, or else that of the user's data folder.

    A bridge that a studio shares is thus served by the studio's installation, and one whose host
    has other environment variables than the shell that installed it is served, too.

    Returns:
        Its object; `agent` in it is the command that starts the agent, a list of strings.

    Raises:
        LinkError: `not_installed`: no such file, or not one that the installer wrote.
    """
    path = (own_installation() or data_folder(environ)) / "install.json"
    try:
        install: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LinkError(
            "not_installed",
            f"SparkVSR is not installed for this user: there is no {path}.",
            "Run the SparkVSR installer, or set SPARKVSR_HOME to the folder that holds its data.",
        ) from None
    except (OSError, ValueError) as error:
        raise LinkError("not_installed", f"Cannot read {path}: {error}.", _REPAIR) from error
    if not (isinstance(install, dict) and _is_command(install.get("agent"))):
        raise LinkError("not_installed", f"{path} does not say how the agent is started.", _REPAIR)
    return install


def _is_command(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(word, str) for word in value)
