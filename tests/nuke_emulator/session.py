"""One emulated session, from its start to its end, with its module in `sys.modules`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from . import callbacks, environment, graph, progress, rendering, script
from . import documents as documents  # importing it fills the module
from . import host as hosts
from . import queries as queries  # so does this
from .host import API, Host, Profile
from .image import Plate
from .threads import MainQueue

# One module for every session: code under test that was imported once keeps holding it.
_NUKE = ModuleType("nuke")
_NUKESCRIPTS = ModuleType("nukescripts")  # empty: there are no published stubs to hold it to


_MOST_UPDATES = 10  # rounds until updateUI callbacks must leave the script alone


def _fill(module: ModuleType, names: dict[str, Any]) -> None:
    vars(module).clear()
    vars(module).update(names)


class Session(Host):
    """What a test holds as `nuke_host`."""

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile)
        self.queue = MainQueue()
        self.progress_watch = progress.ProgressWatch()
        self._outer: dict[str, Any] = {}
        self._modules: dict[str, ModuleType | None] = {}
        self.join_seconds = 5.0  # how long threads of a test get to end
        self._threads = set(threading.enumerate())

    def open(self) -> Session:
        hosts.opened(self)
        graph.make_root()
        self.module, self._outer = _NUKE, dict(vars(_NUKE))
        _fill(_NUKE, {"__name__": "nuke", **API, **environment.constants(self)})
        for name, module in (("nuke", _NUKE), ("nukescripts", _NUKESCRIPTS)):
            self._modules[name] = sys.modules.get(name)
            sys.modules[name] = module
        return self

    def plate(self, plate: Plate | None = None, name: str = "Plate1", **values: Any) -> Any:
        """A node whose every pixel tells its frame and branch; see `Plate`."""
        node = graph.create("CheckerBoard2", name)
        node._plate = plate or Plate(**values)
        self.root._modified = False
        return node

    def pump(self) -> int:
        return int(self.queue.pump())

    def update_ui(self) -> int:
        """What Nuke does after changes of the script, at low priority; gives how often.

        It calls `updateUI` for every node, and changes that are made there are changes like any:
        it does so again, for ever where they never end (Foundry's guide, "Callbacks"). No node in
        the middle of a callback, a render or a modal dialog gets here.
        """
        for count in range(1, _MOST_UPDATES + 1):
            before = self.root._history.changes
            for node in [node for node in self.all_nodes(self.root) if not node._dead]:
                callbacks.registry().run("updateUI", node)
            if self.root._history.changes == before:
                return count
        raise self.violate("updateUI callbacks change the script again and again")

    def all_nodes(self, group: Any) -> list[Any]:
        found = []
        for node in group._children:
            found += [node, *(self.all_nodes(node) if hasattr(node, "_children") else [])]
        return found

    def menu_item(self, path: str) -> None:
        """Choose the entry `Nuke/SparkVSR/Restore`."""
        menu, _, rest = path.partition("/")
        found = self.menus[menu].findItem(rest)
        assert found is not None, f"there is no entry {path}"
        environment.invoke(found)

    def start(self, *folders: Path) -> None:
        environment.start(*folders)

    def execute_script(self, frames: Iterable[int], continue_on_error: bool = False) -> None:
        rendering.execute_script(frames, continue_on_error)

    def paste(self, text: str) -> list[Any]:
        return script.load(text)

    def text(self, node: Any) -> str:
        """The .nk text of a node and what is in it."""
        return script.text_of([node])

    def state(self) -> dict[str, Any]:
        """What a user would miss: tests compare it before and after."""
        root: Any = self.root
        return {
            "modified": root._modified,
            "undo": len(root._history.steps),
            "undo_disabled": root._history.disabled,
            "frame": root._frame,
            "proxy": root._proxy(),
            "selected": [n._full_name() for n in root._children if n._knobs["selected"]._get()],
            "nodes": self.all_names(root),
            "current_group": [group._full_name() for group in self.groups],
            "views": list(self.views),
            "progress": len(self.progress_watch.live),
            "panels": [n._full_name() for n in root._children if n._shown],
        }

    def all_names(self, group: Any) -> list[str]:
        return [
            name
            for node in group._children
            for name in (node._full_name(), *self.all_names_of(node))
        ]

    def all_names_of(self, node: Any) -> list[str]:
        return self.all_names(node) if hasattr(node, "_children") else []

    def quit(self) -> None:
        """The application ends: callbacks of closing run, waiting threads are let go."""
        if not self.closed:
            self.closed = True
            callbacks.registry().run("onScriptClose", self.root)
            self.queue.release()

    def close(self) -> list[str]:
        """End the session; everything that it did and must not have done."""
        self.closed = True
        self.queue.release()
        wrong = list(self.violations)
        for thread in set(threading.enumerate()) - self._threads:
            thread.join(self.join_seconds)
            if thread.is_alive():
                wrong.append(f"the thread {thread.name} outlives the session")
        if len(self.groups) != 1:
            wrong.append(f"{self.groups[-1]._full_name()}.begin() without its end()")
        if self.root._history.disabled:
            wrong.append("undo was left disabled")
        if self.progress_watch.live:
            wrong.append(f"{len(self.progress_watch.live)} progress dialogs are still there")
        for name, module in self._modules.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        _fill(_NUKE, self._outer)
        hosts.closed(self)
        return wrong
