"""A strict, stateful stand-in for what `scriptapp("Resolve")` gives.

It holds a project, passes real pixels, renders real files, and answers as Resolve was seen to: with
None and False instead of errors, later than asked, on another page than before. What the published
stubs do not have does not exist here either, but for a short table (`test_stubs.py`).
"""

from .profile import Profile, harsh
from .session import Session
from .stamp import Rendered, decode, decode_movie, read_stamp

__all__ = ["Profile", "Rendered", "Session", "decode", "decode_movie", "harsh", "read_stamp"]
