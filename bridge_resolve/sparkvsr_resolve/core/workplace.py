"""Where pictures of a clip are kept:
`<root>/SparkVSR/<project>/<clip>_<uid8>/v001/{base,keys,result}`.

Resolve renders to, and reads from, folders within its Media Storage only, and decides that by the
text of the path. No version is ever used twice: Resolve shows what it remembers of a known name.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from sparkvsr_link import BridgeError, list_entries, list_numbered, make_numbered

TOP = "SparkVSR"
BASE_NAME, KEY_NAME = "base_", "key_"
"""Resolve's name for files of a render; it adds the absolute frame in eight digits and `.exr`."""

_STORAGE = "Preferences > System > Media Storage"
_HINT = f"Choose another work folder, one that you may write to, within {_STORAGE}."
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
_NOT_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
_LONGEST_NAME = 40


@dataclass(frozen=True)
class VersionFolder:
    """One run on a clip.

    Attributes:
        path: its folder, `…/v003`.
        number: 3.
    """

    path: Path
    number: int

    @property
    def base_folder(self) -> Path:
        """Where Resolve renders the ungraded clip to, as BASE_NAME."""
        return self.path / "base"

    @property
    def keys_folder(self) -> Path:
        """Where Resolve renders keyframes to, as KEY_NAME."""
        return self.path / "keys"

    @property
    def base(self) -> Path:
        """The rendered clip, a sequence numbered by absolute frames."""
        return self.base_folder / f"{BASE_NAME}%08d.exr"

    def key(self, absolute: int) -> Path:
        """The rendered keyframe of an absolute frame."""
        return self.keys_folder / f"{KEY_NAME}{absolute:08d}.exr"

    @property
    def movie(self) -> Path:
        """The result as a movie. Its name has clip and version, and is used by no other one."""
        return self.path / "result" / f"{self.path.parent.name}_{self.path.name}.mov"

    @property
    def sequence(self) -> Path:
        """The result as pictures, numbered as what was restored."""
        return self.movie.with_suffix(".%08d.exr")


def is_inside(path: str, root: str) -> bool:
    """Whether Resolve takes a path as one within a root of its Media Storage."""
    inner, outer = _pure(path), _pure(root)
    return type(inner) is type(outer) and ".." not in inner.parts and _holds(outer, inner)


def choose_root(roots: Sequence[str], wanted: str, media: str) -> Path:
    """The folder under which everything goes.

    It is the one that the user wants, which is made if it does not exist; else the first root that
    can be written: one that holds the clip's media, then one on the same disk, then any.

    Args:
        roots: of the Media Storage, as Resolve names them.
        wanted: the work folder of the settings; empty for none.
        media: file of the clip; empty when it has none.

    Raises:
        BridgeError: the wanted folder is not within a root or cannot be written, or no root can.
    """
    if wanted:
        if not any(is_inside(wanted, root) for root in roots):
            raise BridgeError(
                f"The work folder {wanted} is not in Resolve's Media Storage, so Resolve does not "
                "render to it.",
                f"Add it in {_STORAGE} and restart Resolve, or choose a folder within "
                f"{' or '.join(roots) or 'one that is listed there'}.",
            )
        if not _can_write(Path(wanted), make=True):
            raise BridgeError(
                f"The work folder {wanted} cannot be written.",
                "Choose one that you may write to, on a disk that is mounted and has room.",
            )
        return Path(wanted)
    for root in sorted(roots, key=lambda root: _distance(root, media)):
        if _can_write(Path(root)):
            return Path(root)
    raise BridgeError(
        "Resolve's Media Storage has no folder that can be written"
        + (f": {', '.join(roots)}." if roots else "; it is empty."),
        f"Add a folder in {_STORAGE}, and restart Resolve.",
    )


def clip_folder(root: Path, project: str, clip: str, uid: str) -> Path:
    """The folder of a clip, whether it exists or not.

    Args:
        root: what `choose_root` gave.
        clip: its name; a clip that was renamed keeps its folder.
        uid: its unique id, of which the first eight letters and digits count.

    Raises:
        BridgeError: what is in the root cannot be read.
        ValueError: there is nothing in the unique id.
    """
    parent = root / TOP / safe_name(project)
    uid8 = re.sub("[^0-9a-z]", "", uid.lower())[:8]
    if not uid8:
        raise ValueError(f"`{uid}` is no unique id")
    known = (
        path
        for path in list_entries(parent, _HINT)
        if path.name.endswith(f"_{uid8}") and path.is_dir()
    )
    return next(known, parent / f"{safe_name(clip)}_{uid8}")


def list_versions(folder: Path) -> tuple[VersionFolder, ...]:
    """The versions of a clip, oldest first.

    Raises:
        BridgeError: its folder cannot be read.
    """
    found = list_numbered(folder, _HINT)
    return tuple(VersionFolder(path, number) for number, path in found if path.is_dir())


def make_version(folder: Path) -> VersionFolder:
    """Make the next version: one above every number in use.

    Raises:
        BridgeError: it cannot be made there.
    """
    number, path = make_numbered(folder, ("base", "keys", "result"), _HINT)
    return VersionFolder(path, number)


def remove_version(version: VersionFolder) -> None:
    """Remove what was rendered for a version, and itself, unless it holds a result."""
    if not any(version.movie.parent.glob("*")):
        shutil.rmtree(version.path, ignore_errors=True)


def safe_name(text: str) -> str:
    """A name that Resolve and every file system take, of at most 40 letters; never empty."""
    name = _NOT_IN_NAMES.sub("_", text).strip("_")[:_LONGEST_NAME].rstrip("_") or "unnamed"
    return f"{name}_" if _NOT_ON_WINDOWS.fullmatch(name) else name


def _pure(path: str) -> PurePath:
    windows = PureWindowsPath(path)
    return windows if windows.drive else PurePosixPath(path)


def _holds(outer: PurePath, inner: PurePath) -> bool:
    return outer == inner or outer in inner.parents


def _distance(root: str, media: str) -> tuple[int, int]:
    """How far a root is from the media: it holds it (deeper ones first), same disk, elsewhere."""
    if media and is_inside(media, root):
        return 0, -len(_pure(root).parts)
    return (1 if media and _same_disk(Path(root), Path(media).parent) else 2), 0


def _same_disk(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False


def _can_write(folder: Path, make: bool = False) -> bool:
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        ours = folder / TOP  # may be ours to write where its parent is not
        tempfile.TemporaryFile(dir=ours if ours.is_dir() else folder, prefix="_sparkvsr_").close()
    except OSError:
        return False
    return True
