"""Which of our folders are on a file system of the network, where locks are not reliable."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]

from ._finding import Finding
from ._redact import cache_folder, home_folder
from .paths import HOME_VARIABLE, Paths

NETWORK: Final = frozenset(
    {
        *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afpfs", "webdav", "9p"),
        *("afs", "beegfs", "ceph", "coda", "cvfs", "gfs", "gfs2", "glusterfs", "gpfs", "lustre"),
        *("ocfs2", "panfs", "pvfs2"),
        *("fuse.beegfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.cvmfs", "fuse.davfs", "fuse.mfs"),
        *("fuse.glusterfs", "fuse.juicefs", "fuse.nfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
        *("fuse.smbnetfs", "network-drive"),
    }
)
"""As the system names them; `network-drive` is what `file_system_of` says of Windows."""
_REMOTE: Final = 4  # DRIVE_REMOTE of GetDriveTypeW

Mounts = list[tuple[Path, str]]
"""Where something is mounted, and what; later ones cover earlier ones."""


def look_at_file_systems(
    paths: Paths, kind_of: Callable[[Path], str] | None = None
) -> Iterator[Finding]:
    """Whether lock, store and log are on local disks.

    A home folder on the network is fine once `SPARKVSR_HOME` has moved ours away from it.

    Args:
        kind_of: the file system that a folder is on; None asks the system.
    """
    kind_of = kind_of or file_system_of
    runtime = kind_of(paths.runtime)
    hint = f"Set {HOME_VARIABLE} to a folder of yours on a local disk, everywhere the same."
    if runtime in NETWORK:
        text = f"The runtime folder is on {runtime}: two daemons could run, as its locks may fail."
        yield Finding("file systems", "fault", text, hint)
    kinds = {
        "data": kind_of(paths.data),
        "log": kind_of(paths.log),
        "cache": kind_of(cache_folder()),
    }
    remote = {name: kind for name, kind in kinds.items() if kind in NETWORK}
    if remote:
        names = ", ".join(remote)
        text = (
            f"On {' and '.join(sorted(set(remote.values())))}: {names}. Journal and store are slow "
            "there, and other machines of this user would share them."
        )
        yield Finding("file systems", "warning", text, hint)
    home = home_folder()
    at_home = kind_of(home) if home else ""
    if not remote and runtime not in NETWORK:
        found = ", ".join(sorted({runtime, *kinds.values()} - {""})) or "cannot be told"
        also = f"; your home folder is on {at_home}" if at_home in NETWORK else ""
        yield Finding("file systems", "ok", f"ours are local ({found}){also}")


def file_system_of(folder: Path) -> str:
    """The file system that a folder is on, or would be; empty where this cannot be told."""
    if sys.platform == "win32":
        return _windows_kind(folder)
    if sys.platform == "linux":
        mounts = parse_mounts(Path("/proc/self/mountinfo").read_bytes())
    else:
        listed = psutil.disk_partitions(all=True)
        mounts = [(Path(one.mountpoint), one.fstype) for one in listed]
    return kind_among(mounts, folder)


def parse_mounts(mountinfo: bytes) -> Mounts:
    """`/proc/self/mountinfo` (man: proc): `36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 - ext3 …`."""
    found = []
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(b" - ")
        fields = before.split(b" ")
        if dash and len(fields) > 4:
            place = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), fields[4])
            found.append((Path(os.fsdecode(place)), os.fsdecode(after.split(b" ")[0])))
    return found


def kind_among(mounts: Mounts, folder: Path) -> str:
    """What the innermost mount that holds a folder is of."""
    folder = folder.resolve()
    depth, found = -1, ""
    for place, kind in mounts:
        if folder.is_relative_to(place) and len(place.parts) >= depth:
            depth, found = len(place.parts), kind
    return found


def _windows_kind(folder: Path) -> str:
    """Not tried on Windows."""
    if sys.platform != "win32":
        return ""
    import ctypes

    drive = folder.absolute().drive
    remote = (
        drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == _REMOTE
    )
    return "network-drive" if remote else "local"
