"""SetRenderSettings: which keys there are, and that one refused key refuses all."""

from __future__ import annotations

from typing import Any

from .model import Timeline
from .profile import Profile
from .render_state import RenderState

KEYS: dict[str, tuple[type, ...]] = {
    "SelectAllFrames": (bool,),
    "MarkIn": (int,),
    "MarkOut": (int,),
    "TargetDir": (str,),
    "CustomName": (str,),
    "UniqueFilenameStyle": (int,),
    "ExportVideo": (bool,),
    "ExportAudio": (bool,),
    "FormatWidth": (int,),
    "FormatHeight": (int,),
    "FrameRate": (int, float),
    "PixelAspectRatio": (str,),
    "VideoQuality": (int, str),
    "AudioCodec": (str,),
    "AudioBitDepth": (int,),
    "AudioSampleRate": (int,),
    "ColorSpaceTag": (str,),
    "GammaTag": (str,),
    "ExportAlpha": (bool,),
    "EncodingProfile": (str,),
    "MultiPassEncode": (bool,),
    "AlphaMode": (int,),
    "NetworkOptimization": (bool,),
    "ClipStartFrame": (int,),
    "TimelineStartTimecode": (str,),
}
# `ReplaceExistingFilesInPlace` is documented, and refused by those who were asked.
LATER: dict[str, tuple[tuple[int, ...], tuple[type, ...]]] = {
    "ExportSubtitle": ((20, 2), (bool,)),
    "SubtitleFormat": ((20, 2), (str,)),
    "UseFullExtents": ((21, 0, 4), (bool,)),
    "AddFrameHandles": ((21, 0, 4), (int,)),
    "DataBurnIn": ((21, 0, 4), (str,)),
    "UseUniqueFilenames": ((21, 1), (bool,)),
    "AudioFormat": ((21, 1), (str,)),
}


def known(profile: Profile) -> dict[str, tuple[type, ...]]:
    later = {name: kinds for name, (since, kinds) in LATER.items() if profile.version >= since}
    return KEYS | later


def change(profile: Profile, state: RenderState, wanted: dict[str, Any]) -> bool:
    """All or nothing, on top of what is set already."""
    keys = known(profile)
    for name, value in wanted.items():
        kinds = keys.get(name, ())
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            return False
        if name in ("TargetDir", "CustomName") and not value:
            return False
    state.settings.update(wanted)
    return True


def span(state: RenderState, timeline: Timeline) -> tuple[int, int]:
    """First and last frame, absolute, both included; marks before the start are moved there."""
    found = state.settings
    first, last = timeline.start, timeline.end - 1
    if not found.get("SelectAllFrames"):
        first = max(first, found.get("MarkIn", first))
        last = min(last, found.get("MarkOut", last))
    return first, last
