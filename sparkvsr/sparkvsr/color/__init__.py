"""Colour: spaces by name, what files are in, and the way into model space and back."""

from ._defaults import FileFacts, default_keyframe_space, default_space
from ._mend import mend
from ._path import PicturePath
from ._spaces import BUILTIN, SHORT_NAMES, ColorSpaces, Transform

__all__ = [
    "BUILTIN",
    "SHORT_NAMES",
    "ColorSpaces",
    "FileFacts",
    "PicturePath",
    "Transform",
    "default_keyframe_space",
    "default_space",
    "mend",
]
