"""Examines an installation, for a person or a bug report. Changes nothing, starts no daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparkvsr.errors import SparkVSRError
from sparkvsr_installer.installation import Installation, own_folder
from sparkvsr_installer.machine import Machine

from ._doctor_daemon import look_at_daemon, look_at_log, look_at_service
from ._doctor_disk import look_at_folders, look_at_room, look_at_weights
from ._doctor_gpu import look_at_engine
from ._doctor_hosts import look_at_hosts
from ._doctor_machine import look_at_machine
from ._doctor_mounts import look_at_file_systems
from ._doctor_resolve import look_at_resolve
from ._doctor_software import look_at_settings, look_at_versions
from ._finding import Finding
from ._redact import Redactor, home_folder
from .paths import Paths

Look = Callable[[], Iterator[Finding]]


def examine(
    paths: Paths,
    *,
    read_weights: bool = False,
    on_look: Callable[[str], None] = lambda area: None,
) -> Iterator[Finding]:
    """All findings, one after the other, fit to be shown to strangers.

    No picture, no key, no name of user, machine or footage, no folder of the user's is in them.

    Args:
        read_weights: compare every byte of the weights with what was fetched.
        on_look: told what is looked at next.
    """
    looks: dict[str, Look] = {
        "versions": look_at_versions,
        "machine": look_at_machine,
        "settings": lambda: look_at_settings(paths),
        "folders": lambda: look_at_folders(paths),
        "file systems": lambda: look_at_file_systems(paths),
        "daemon": lambda: look_at_daemon(paths),
        "service": look_at_service,
        "hosts": _look_at_all_hosts,
        "engine": look_at_engine,
        "weights": lambda: look_at_weights(read=read_weights),
        "room": lambda: look_at_room(paths),
        "errors": lambda: look_at_log(paths),
    }
    redactor = Redactor(paths)
    for area, look in looks.items():
        on_look(area)
        for finding in _whatever_happens(area, look):
            yield Finding(
                finding.area, finding.level, redactor.all(finding.text), redactor.all(finding.hint)
            )


def own_installation() -> Installation | None:
    """The installation that this belongs to, or the one where this user's hosts look.

    None: neither, as this user has no home folder.
    """
    folder, home = own_folder(), home_folder()
    if folder is None and home is not None:
        folder = Machine(home=home).data_folder
    return Installation(folder) if folder else None


def _look_at_all_hosts() -> Iterator[Finding]:
    home, installation = home_folder(), own_installation()
    if home is None or installation is None:
        yield Finding("hosts", "ok", "not looked for: this user has no home folder")
        return
    machine = Machine(home=home)
    yield from look_at_hosts(machine, installation)
    yield from look_at_resolve(machine)


def _whatever_happens(area: str, look: Look) -> Iterator[Finding]:
    """A doctor is called when things are broken: what breaks one look is a finding, too."""
    try:
        yield from look()
    except SparkVSRError as error:
        yield Finding(area, "fault", error.message, error.hint)
    except Exception as error:
        text = f"This could not be looked at: {type(error).__name__}: {error}"
        yield Finding(area, "fault", text, "Put this into your bug report.")
