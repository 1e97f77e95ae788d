"""Formats and codecs that a Resolve offers; calls take the ids, lists have descriptions too."""

from __future__ import annotations

from .profile import Profile

EXR = {"RGB half": "RGBHalf", "RGB half (ZIP)": "RGBHalfZIP", "RGB float": "RGBFloat"}
DPX = {"RGB 10-bits": "RGB10", "RGB 12-bits": "RGB12", "RGB 16-bits": "RGB16"}
WHOLE = {"RGB 8-bits": "RGB8", "RGB 16-bits": "RGB16"}
PRORES = {
    "Apple ProRes 422 HQ": "ProRes422HQ",
    "Apple ProRes 4444": "ProRes4444",
    "Apple ProRes 4444 XQ": "ProRes4444XQ",
}
DNXHR = {"DNxHR HQX 10-bit": "DNxHRHQX_10", "DNxHR 444 12-bit": "DNxHR444_12"}
STILLS = ("EXR", "DPX", "TIFF", "PNG")


def formats(profile: Profile) -> dict[str, str]:
    """Description to extension."""
    found = {"QuickTime": "mov", "MP4": "mp4", "EXR": "exr", "DPX": "dpx", "TIFF": "tif"}
    return found | ({"PNG": "png"} if profile.version >= (21,) else {})


def codecs(profile: Profile, extension: str) -> dict[str, str]:
    """Description to id; nothing for an extension that there is not.

    ProRes is written on macOS, elsewhere only by late versions; H.264 needs Studio on Linux.
    """
    if extension not in formats(profile).values():
        return {}
    prores = PRORES if profile.platform == "darwin" or profile.version >= (20,) else {}
    h264 = {"H.264": "H264"} if profile.studio or profile.platform != "linux" else {}
    offered = {
        "mov": prores | DNXHR | h264,
        "mp4": h264,
        "exr": EXR,
        "dpx": DPX,
        "tif": WHOLE,
        "png": WHOLE,
    }[extension]
    return {text: found for text, found in offered.items() if found not in profile.hidden_codecs}


def is_sequence(extension: str) -> bool:
    return extension in ("exr", "dpx", "tif", "png")
