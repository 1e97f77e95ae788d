"""Examines an installation, for a person or a bug report. Changes nothing, starts no daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparkvsr.errors import SparkVSRError

from ._doctor_daemon import look_at_daemon, look_at_log, look_at_service
from ._doctor_disk import look_at_folders, look_at_room, look_at_weights
from ._doctor_software import look_at_engine, look_at_settings, look_at_versions
from ._finding import Finding
from ._redact import Redactor
from .paths import Paths

Look = Callable[[], Iterator[Finding]]


def examine(paths: Paths, *, read_weights: bool = False) -> Iterator[Finding]:
    """All findings, one after the other, fit to be shown to strangers.

    No picture, no key, no name of user, machine or footage, no folder of the user's is in them.

    Args:
        read_weights: compare every byte of the weights with what was fetched.
    """
    looks: dict[str, Look] = {
        "versions": look_at_versions,
        "settings": lambda: look_at_settings(paths),
        "folders": lambda: look_at_folders(paths),
        "daemon": lambda: look_at_daemon(paths),
        "service": look_at_service,
        "engine": look_at_engine,
        "weights": lambda: look_at_weights(read=read_weights),
        "room": lambda: look_at_room(paths),
        "errors": lambda: look_at_log(paths),
    }
    redactor = Redactor(paths)
    for area, look in looks.items():
        for finding in _whatever_happens(area, look):
            yield Finding(
                finding.area, finding.level, redactor.all(finding.text), redactor.all(finding.hint)
            )


def _whatever_happens(area: str, look: Look) -> Iterator[Finding]:
    """A doctor is called when things are broken: what breaks one look is a finding, too."""
    try:
        yield from look()
    except SparkVSRError as error:
        yield Finding(area, "problem", error.message, error.hint)
    except Exception as error:
        text = f"This could not be looked at: {type(error).__name__}: {error}"
        yield Finding(area, "problem", text, "Put this into your bug report.")
