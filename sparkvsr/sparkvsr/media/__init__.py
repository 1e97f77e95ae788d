"""Media in and out: movies through PyAV, picture sequences and pictures through OpenImageIO.

Frames are H W 3, RGB, as they are stored: no colour is managed here and no alpha is multiplied in.
Integers come with their full scale (255 or 65535 stands for 1.0), half and float as they are.
What a frame holds beside R, G and B is read a second time, when the frame is written (`extras`).
"""

from __future__ import annotations

from ._codecs import CodecName
from ._extras import Extras
from ._info import ColourTags, MediaInfo, OutputWriter, SourceReader
from ._open import is_movie, is_picture, open_output, open_source
from ._pattern import compact, parse_pattern, suggest_pattern
from ._picture_in import PICTURE_SUFFIXES, picture_facts, read_picture
from ._picture_out import picture_depth, write_picture
from ._timecode import Timecode

__all__ = [
    "PICTURE_SUFFIXES",
    "CodecName",
    "ColourTags",
    "Extras",
    "MediaInfo",
    "OutputWriter",
    "SourceReader",
    "Timecode",
    "compact",
    "is_movie",
    "is_picture",
    "open_output",
    "open_source",
    "parse_pattern",
    "picture_depth",
    "picture_facts",
    "read_picture",
    "suggest_pattern",
    "write_picture",
]
