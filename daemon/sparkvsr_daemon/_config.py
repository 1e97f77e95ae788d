"""How the OpenColorIO config of a job travels: as an archive in a blob, never as a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sparkvsr.errors import JobError
from sparkvsr.job import Color

from ._upload import digest_of
from .store import Store

if TYPE_CHECKING:
    from ._shipment import Shipment


def upload_config(color: Color, shipment: Shipment) -> Color:
    """Send the config, if it is a file, and give the colours as a manifest may hold them.

    Raises:
        SettingsError: the config has changed since the job was made.
        CancelledError, DiskFullError: as `Shipment.offer` does.
    """
    if not color.config_digest:
        return color
    from sparkvsr.color import archive_of  # not before it is needed: it loads OpenCV

    shipment.offer({color.config_digest: archive_of(color)})
    return msgspec.structs.replace(color, config="")


def stored_config(color: Color, store: Store) -> Color:
    """The colours of a manifest, with the config where it lies on this machine.

    Raises:
        JobError: the blob is gone or damaged.
        SettingsError: it is too large for a config.
    """
    if not color.config_digest:
        return color
    from sparkvsr.color import read_config

    path, what = store.blob_path(color.config_digest), "The job's OpenColorIO config"
    if not path.is_file() or digest_of(read_config(path, what)) != color.config_digest:
        raise JobError(f"{what} is damaged or gone.", "Run the job again.")
    return msgspec.structs.replace(color, config=str(path))
