"""Colour: spaces by name, what files are in, and the way into model space and back."""

from ._defaults import FileFacts, default_keyframe_space, default_space
from ._loading import ADDRESS, BUILTIN, read_config
from ._mend import mend
from ._packing import archive_of, pack, spaces_of
from ._path import PicturePath
from ._spaces import SHORT_NAMES, ColorSpaces, Transform

__all__ = [
    "ADDRESS",
    "BUILTIN",
    "SHORT_NAMES",
    "ColorSpaces",
    "FileFacts",
    "PicturePath",
    "Transform",
    "archive_of",
    "default_keyframe_space",
    "default_space",
    "mend",
    "pack",
    "read_config",
    "spaces_of",
]
