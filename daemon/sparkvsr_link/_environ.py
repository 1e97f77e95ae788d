"""The environment that the agent starts in: the user's, less what the host set for itself."""

from __future__ import annotations

from collections.abc import Mapping


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Drop all `PYTHON*`, `QT_*` and `VIRTUAL_ENV`: the agent must find its own packages only.

    Hosts set PYTHONHOME and PYTHONPATH for their embedded Python, and plug-in paths for their Qt.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.upper().startswith(("PYTHON", "QT_")) and name.upper() != "VIRTUAL_ENV"
    }
    kept["PYTHONNOUSERSITE"] = "1"
    return kept
