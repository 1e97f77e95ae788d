"""What a person may set about the daemon: `daemon.toml`, read at its start (docs/daemon.md)."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta, Struct

from sparkvsr.errors import SettingsError

from .paths import Paths

_WEEK: Final = 7 * 24 * 60
_EXABYTE: Final = 10**9

_Minutes = Annotated[
    float, Meta(ge=0, le=_WEEK, description=f"minutes, from 0 (never) to {_WEEK} (a week)")
]
_Gigabytes = Annotated[
    Annotated[float, Meta(gt=0, le=_EXABYTE)] | None,
    Meta(description=f"a number above 0, up to {_EXABYTE}, in GB"),
]


class DaemonSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One GB is 10⁹ bytes.

    Attributes:
        worker_idle_minutes: without work for so long, the workers end and free the GPU; 0: never.
        daemon_idle_minutes: without clients and work for so long, the daemon ends; 0: never.
        store_gb: how large the store may grow; None: 50 GB, or 20 % of the free space and what the
            store has taken of it, whichever is less.
        workers: how many processes compute at once; None: one for each GPU, or one.
        max_queued_jobs: how many jobs may wait.
        max_frames: of one job.
        client_gb: how much of the store one client may need at once; None: all of it.
        cancel_grace_s: seconds after which a worker that does not stop is killed.
    """

    worker_idle_minutes: _Minutes = 10.0
    daemon_idle_minutes: _Minutes = 30.0
    store_gb: _Gigabytes = None
    workers: Annotated[
        Annotated[int, Meta(ge=1, le=64)] | None, Meta(description="a whole number from 1 to 64")
    ] = None
    max_queued_jobs: Annotated[
        int, Meta(ge=1, le=100_000, description="a whole number from 1 to 100000")
    ] = 256
    max_frames: Annotated[
        int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")
    ] = 100_000
    client_gb: _Gigabytes = None
    cancel_grace_s: Annotated[float, Meta(ge=0, le=600, description="seconds, from 0 to 600")] = 5.0


def load_settings(paths: Paths) -> DaemonSettings:
    """The settings in `paths.settings_file`; all defaults when there is no such file.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or a key or value is wrong; names them,
            and says what is allowed.
    """
    file = paths.settings_file
    try:
        given = msgspec.toml.decode(file.read_bytes())
    except FileNotFoundError:
        return DaemonSettings()
    except OSError as error:
        raise SettingsError(
            f"The settings {file} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings {file} are no TOML: {error}.",
            "Write one setting a line, such as: store_gb = 100",
        ) from error
    for key, value in given.items():
        _check(str(file), key, value)
    return msgspec.convert(given, DaemonSettings)


def _check(file: str, key: str, value: Any) -> None:
    hints = get_type_hints(DaemonSettings, include_extras=True)
    if key not in hints:
        raise SettingsError(
            f"{file}: there is no setting called {key}.", f"There are {', '.join(hints)}."
        )
    try:
        msgspec.convert({key: value}, DaemonSettings)
    except msgspec.ValidationError:
        allowed = hints[key].__metadata__[0].description
        raise SettingsError(
            f"{file}: {key} = {value} is not usable.", f"Write {key} = …: {allowed}."
        ) from None
