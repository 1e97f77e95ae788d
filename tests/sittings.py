"""Sessions of Nuke, one after the other, with scripts that are saved and opened in between."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from artist import Artist, Load
from nuke_emulator import Plate, Profile, Session, exr
from nuke_emulator.image import RGB
from sparkvsr_nuke.core import (
    ResultRecord,
    VersionFolder,
    Window,
    claim,
    frame_file,
    make_stamp,
    make_version,
    parse_frames,
    write_record,
)

GUI = Profile()
_PIPES = {"sparkvsr-stdin", "sparkvsr-stdout", "sparkvsr-stderr"}


def put_on_disk(artist: Artist) -> None:
    """Feed the node from files, by a Grade each, so that another session can open the script."""
    for index, (source, grade) in enumerate(((artist.plate, "Balance"), (artist.keys, "Paint"))):
        plate: Plate = source._plate
        folder = artist.folder / source.name()
        folder.mkdir()
        for frame in range(plate.first, plate.last + 1):
            image = {"main": plate.image(frame)}
            exr.write(folder / f"a.{frame}.exr", image, False, "none", {}, exr.INTERLEAVE[0])
        read = artist.nuke.nodes.Read(name=f"Read{source.name()}", raw=True)
        read["file"].setValue((folder / "a.%04d.exr").as_posix())
        for ends in ("", "orig"):
            read[f"{ends}first"].setValue(plate.first)
            read[f"{ends}last"].setValue(plate.last)
        graded = artist.nuke.nodes.Grade(name=grade, inputs=[read])
        artist.node.setInput(index, graded)
        artist.nuke.delete(source)
    artist.plate, artist.keys = (artist.node.input(index) for index in (0, 1))
    artist.nuke.root()["first_frame"].setValue(artist.plate.firstFrame())
    artist.nuke.root()["last_frame"].setValue(artist.plate.lastFrame())
    artist.nuke.frame(artist.plate.firstFrame())


def publish(artist: Artist, value: float = 9.0) -> VersionFolder:
    """Give the node a new version as if it had been restored: every pixel has one value."""
    node, host = artist.node, artist.load("node")
    settings, owner = host.read_settings(node), host.read_owner(node)
    frames, now = host.read_range(node, settings), artist.nuke.frame()
    hashes: dict[str, dict[int, tuple[int, ...]]] = {"PlateColour": {}, "KeysColour": {}}
    for frame in range(frames.first, frames.last + 1):
        artist.nuke.frame(frame)
        for name, found in hashes.items():
            found[frame] = tuple(node.node(name).opHashes())
    artist.nuke.frame(now)
    keys = {frame: hashes["KeysColour"][frame] for frame in parse_frames(settings.keyframes)}
    stamp = make_stamp(settings, frames, host.SESSION, hashes["PlateColour"], keys)
    version = make_version(claim(Path(settings.output), owner, {owner.node}).folder)
    plate: Plate = Plate(painter=lambda _, x, y: {n: np.full_like(x, value) for n in RGB})
    for frame in range(frames.first, frames.last + 1):
        path = frame_file(version.result, frame)
        exr.write(path, {"main": plate.image(frame)}, False, "none", {}, exr.INTERLEAVE[0])
    box = Window(0, 0, *plate.size)
    stamp = replace(stamp, trees=host.read_trees(node))
    (first, last), (width, height) = frames, plate.size
    write_record(version.path, ResultRecord(first, last, width, height, stamp, "", box))
    assert artist.load("show").show_version(node, version)
    artist.load("freshness").refresh(node)
    return version


def save(artist: Artist, name: str = "comp_v001.nk") -> Path:
    path = artist.folder / name
    artist.nuke.scriptSaveAs(path.as_posix(), 1)
    return path


class Sittings:
    """Starts Nuke anew, with modules of its own, on a script that was saved."""

    def __init__(self, load: Load, folder: Path) -> None:
        self._load, self._folder = load, folder
        self._open: list[Session] = []

    def open(self, script: Path, profile: Profile = GUI, node: str = "SparkVSR1") -> Artist:
        """What happens on opening is not waited for."""
        for name in [name for name in sys.modules if name.startswith("sparkvsr_nuke.host")]:
            del sys.modules[name]
        session = Session(profile).open()
        self._open.append(session)
        self._load("start").in_every_session()
        session.module.scriptOpen(script.as_posix())
        artist = Artist.__new__(Artist)
        artist.session, artist.load, artist.folder = session, self._load, self._folder
        artist.nuke, artist.node = session.module, session.module.toNode(node)
        artist.plate, artist.keys = (artist.node.input(index) for index in (0, 1))
        return artist

    def end(self) -> None:
        """Quit the session that was opened last; it must have broken no rule."""
        session = self._open.pop()
        leave(session, self._load)
        wrong = session.close()
        assert not wrong, wrong

    def end_all(self) -> None:
        while self._open:
            self.end()


def leave(session: Session, load: Load, detach: bool = False) -> Any:
    """Quit Nuke; with `detach` its agent goes on. Gives the agent's process."""
    session.quit()
    for thread in threading.enumerate():
        if thread.name.startswith("sparkvsr-") and thread.name not in _PIPES:
            thread.join(20)
    agent = load("agent").AGENT
    link = agent.process
    if link is None:
        return None
    if detach:
        link.detach()
    else:
        link.close()
    return link._process


def settle(artist: Artist) -> None:
    """Until all that was begun on opening a script has come to its end."""

    def busy() -> bool:
        begun = ("sparkvsr-reopen", "sparkvsr-record", "sparkvsr-SparkVSR")
        return any(thread.name.startswith(begun) for thread in threading.enumerate())

    artist.session.queue.pump_until(lambda: not busy() and artist.run() is None, 60)
    artist.session.pump()
