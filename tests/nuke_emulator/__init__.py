"""A strict, stateful stand-in for the application behind `import nuke`.

It holds a script, passes pixels, renders and reads real EXR files, and keeps the rules of threads
and callbacks that code inside of Nuke has to live with. What the published stubs do not have does
not exist here either. Tests get it through the fixtures of `nuke_emulator.fixture`.
"""

from .host import Profile, StrictError
from .image import Plate, decode
from .session import Session

__all__ = ["Plate", "Profile", "Session", "StrictError", "decode"]
