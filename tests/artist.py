"""An artist at an emulated Nuke with SparkVSR: a plate, keyframes of another branch, a node."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO

from nuke_emulator import Plate, Session

AGENT = [sys.executable, "-I", "-m", "sparkvsr_daemon.cli", "agent"]
PATIENCE_S = 90.0
FIRST, LAST = 1001, 1006
Load = Callable[[str], Any]


def write_install(home: Path, command: list[str] | None = None) -> None:
    """What the installer leaves behind for hosts."""
    home.mkdir(exist_ok=True)
    install = {"schema": 1, "agent": command or AGENT}
    (home / "install.json").write_text(json.dumps(install), encoding="utf-8")


class Artist:
    """Does with a node what a person does, and sees what a person sees.

    Attributes:
        node: the SparkVSR node; its inputs are `plate` and `keys`.
    """

    def __init__(self, session: Session, load: Load, folder: Path) -> None:
        self.session, self.load, self.folder = session, load, folder
        self.nuke = session.module
        load("start").in_every_session()
        self.plate = session.plate(Plate(branch=1, first=FIRST, last=LAST), "Plate")
        self.keys = session.plate(Plate(branch=2, first=FIRST, last=LAST), "Keys")
        self.node = load("create").create_node()
        self.node.setInput(0, self.plate)
        self.node.setInput(1, self.keys)
        self.set(
            keyframe_list="1002 1005",
            output=(folder / "out").as_posix(),
            upscale="1",
            engine="flow",
            plate_depth="float",
        )
        self.nuke.root().setModified(False)

    def set(self, **knobs: Any) -> None:
        for name, value in knobs.items():
            self.node[name].setValue(value)

    def press(self, button: str) -> None:
        """As the panel does it: by the code in the button."""
        self.node[button].execute()

    def run(self) -> Any:
        """The run of the node; None when there is none."""
        return self.load("run").find_run(self.node)

    def wait(self, seconds: float = PATIENCE_S) -> None:
        """Until the run has ended and has said so."""
        self.session.queue.pump_until(lambda: self.run() is None, seconds)
        self.session.pump()

    def restore(self) -> None:
        self.press("restore")
        self.wait()

    @property
    def status(self) -> str:
        return str(self.node["status"].value())

    @property
    def said(self) -> list[str]:
        """The text of all dialogs so far."""
        return [text for _, text in self.session.messages]

    def picture(self, frame: int, node: Any = None) -> Any:
        """All planes of what a node gives, the SparkVSR node by default."""
        return (node or self.node)._image(frame)

    def state(self) -> dict[str, Any]:
        """What is the artist's own, and what is inside of the node."""
        inside = sorted(node.name() for node in self.node.nodes())
        return {**self.session.state(), "inside": inside}

    def versions(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "out").glob("*/v*"))

    def version(self, name: str) -> Path:
        (path,) = (self.folder / "out").glob(f"*/{name}")
        return path

    def preview(self, frame: int) -> None:
        """Go to a frame and preview it."""
        self.nuke.frame(frame)
        self.press("preview")
        self.wait()

    def save(self) -> str:
        """Save the script; its text."""
        path = self.folder / "shot.nk"
        self.nuke.scriptSaveAs(str(path), 1)
        return path.read_text(encoding="utf-8")

    def previews(self) -> list[str]:
        """Names of the files of previews on disk."""
        return sorted(path.name for path in (self.folder / "out").glob("*/preview/*"))

    def threads(self) -> list[str]:
        """Names of the threads in which SparkVSR works for its nodes."""
        names = [thread.name for thread in threading.enumerate()]
        return [name for name in names if name.startswith("sparkvsr-")]


def read_exr(path: Path) -> Any:
    """Pixels H W C as floats."""
    file = OpenImageIO.ImageInput.open(str(path))
    assert file, OpenImageIO.geterror()
    try:
        return np.asarray(file.read_image("float"))
    finally:
        file.close()
