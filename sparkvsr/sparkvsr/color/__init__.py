"""Colour: spaces by name, and what files are in."""

from ._defaults import FileFacts, default_keyframe_space, default_space
from ._spaces import BUILTIN, SHORT_NAMES, ColorSpaces, Transform

__all__ = [
    "BUILTIN",
    "SHORT_NAMES",
    "ColorSpaces",
    "FileFacts",
    "Transform",
    "default_keyframe_space",
    "default_space",
]
