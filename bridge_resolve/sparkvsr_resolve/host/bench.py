"""What a session of the bridge keeps from one action to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from sparkvsr_link import AgentSession, BridgeError, data_folder
from sparkvsr_resolve.core import (
    Capabilities,
    ClipSettings,
    EndFrame,
    Plan,
    load_settings,
    save_settings,
    settings_path,
)

from .abilities import Abilities
from .append import Appender
from .clip import Clip
from .desk import Desk
from .locate import find_clips
from .marks import read_plan
from .ready import check_ready


def _own_folder() -> Path:
    return data_folder() / "resolve"


@dataclass
class Bench:
    """Made once when the bridge starts.

    Attributes:
        folder: of the lock and the crash file.
    """

    desk: Desk
    agent: AgentSession
    abilities: Abilities = field(default_factory=Abilities)
    folder: Path = field(default_factory=_own_folder)
    _convention: EndFrame = EndFrame.EXCLUSIVE

    @property
    def able(self) -> Capabilities:
        return self.abilities.look(self.desk)

    def appender(self) -> Appender:
        """One that knows what the session's earlier ones learned; give it back to `learn`."""
        return Appender(self.desk, self.able, self._convention)

    def learn(self, appender: Appender) -> None:
        self._convention = appender.convention

    def settings(self) -> ClipSettings:
        """Those of the open project.

        Raises:
            BridgeError: no project is open, or they cannot be read.
        """
        return load_settings(self._settings_path())

    def keep(self, settings: ClipSettings) -> None:
        """Keep settings for the open project.

        Raises:
            BridgeError: no project is open, or they cannot be written.
        """
        save_settings(self._settings_path(), settings)

    def _settings_path(self) -> Path:
        desk = self.desk
        uid = desk.asked("the unique id of the project", desk.project.GetUniqueId)
        return settings_path(data_folder(), uid)


@dataclass(frozen=True)
class Looked:
    """The clip at hand, and what was found of its keyframes."""

    clip: Clip
    plan: Plan

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(finding.message for finding in self.clip.verdict.findings)


def look(bench: Bench, settings: Optional[ClipSettings] = None) -> Looked:
    """Find the clip at hand and its keyframes; changes nothing.

    Raises:
        BridgeError: Resolve is not ready, there is no clip or more than one, or it cannot be
            restored.
    """
    check_ready(bench.desk, bench.able, bench.folder)
    chosen = settings or bench.settings()
    clips = find_clips(bench.desk, bench.able)
    if len(clips) > 1:
        raise BridgeError(
            f"{len(clips)} clips are selected.", "Select the one that is to be restored."
        )
    clip = clips[0]
    clip.verdict.check()
    plan = read_plan(bench.desk, bench.able, clip, chosen.marker_filter, chosen.painted_only)
    return Looked(clip, plan)
