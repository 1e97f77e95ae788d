"""Settings of projects and timelines: names, text or numbers, and who may change what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .rates import RATES
from .transforms import SPACES

if TYPE_CHECKING:
    from .host import Host
    from .model import Timeline

MODES = ("davinciYRGB", "davinciYRGBColorManaged", "davinciYRGBColorManagedv2", "acescc", "acescct")
CUSTOM = "useCustomSettings"


def answer(host: Host, found: dict[str, str], name: str) -> Any:
    """One setting, or all for the empty name; '' for a name that there is not."""
    if not name:
        return {key: answer(host, found, key) for key in found}
    value = found.get(name, "")
    if name == "timelineFrameRate" and host.profile.numbers:
        number = float(value.split()[0])
        return int(number) if number.is_integer() else number
    return value


def of_timeline(host: Host, timeline: Timeline, name: str) -> Any:
    """A timeline that has no settings of its own answers with the project's."""
    own = timeline.settings
    if name == CUSTOM or own[CUSTOM] == "1" or name == "timelineFrameRate":
        return answer(host, own, name)
    inherited = answer(host, host.project.settings, name)
    return inherited if name else {**inherited, CUSTOM: own[CUSTOM]}


def change(host: Host, found: dict[str, str], name: str, value: Any) -> bool:
    text = str(value)
    if name not in found or not _possible(name, text):
        return False
    if name == "timelineFrameRate" and host.project.timelines:
        return False  # fixed as soon as there is something to edit
    found[name] = text
    return True


def change_timeline(host: Host, timeline: Timeline, name: str, value: Any) -> bool:
    """All but the switch itself fail until the timeline has settings of its own."""
    own = timeline.settings
    if name == CUSTOM:
        if str(value) not in ("0", "1"):
            return False
        if own[CUSTOM] == "0" and str(value) == "1":
            rate = own["timelineFrameRate"]
            own.update(host.project.settings, timelineFrameRate=rate)
        own[CUSTOM] = str(value)
        return True
    return own[CUSTOM] == "1" and change(host, own, name, value)


def _possible(name: str, text: str) -> bool:
    if name == "timelineFrameRate":
        return text.partition(" ")[0] in RATES
    if name == "colorScienceMode":
        return text in MODES
    if name.endswith(("Width", "Height")):
        return text.isdecimal() and int(text) > 0
    if name.startswith("colorSpace") and not name.endswith("Mapping"):
        return text in SPACES
    return True
