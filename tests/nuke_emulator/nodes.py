"""What a node is inside: knobs, inputs, names, hashes. What host code may call is in `node_api`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from . import callbacks, classes, exr, ops, reading
from .host import Guarded, host
from .image import Image, OpError, Plate
from .knobs import Knob
from .undo import history


class NodeBase(Guarded):
    """A node of any class. Made by `graph.create`, never by host code."""

    def __init__(self, node_class: str, parent: Any) -> None:
        self._class, self._parent = node_class, parent
        self._dead = False
        self._inputs: list[Any] = []
        self._knobs: dict[str, Knob] = {}
        self._plate: Plate | None = None
        self._shown = False
        self._cache = reading.Cache()
        host().created += 1
        self._number = host().created
        for knob in classes.knobs_of(node_class):
            self._adopt(knob)

    def _guard(self, name: str) -> None:
        host().check_main(f"{self._knobs['name']._value}.{name}")
        if self._dead:
            raise ValueError("A PythonObject is not attached to a node")
        host().touch(self)

    # What the emulator itself uses.

    def _adopt(self, knob: Knob) -> None:
        knob._node, self._knobs[knob._name] = self, knob
        self._take_default(knob, self._class)

    def _add_user_knob(self, knob: Knob) -> None:
        knob._user, knob._node = True, self
        self._knobs[knob._name] = knob

        def revert() -> None:
            self._knobs.pop(knob._name)

        self._record(f"Add {knob._name}", revert)

    def _take_default(self, knob: Knob, scope: str) -> None:
        default = host().knob_defaults.get(f"{scope}.{knob._name}")
        if default is not None and knob._name != "name":
            knob._value = knob._coerce(_typed(knob, default))

    def _adopt_exr(self) -> None:
        """The knobs of the file type appear once it is chosen, with its own defaults."""
        if self._class != "Write" or "datatype" in self._knobs:
            return
        if self._knobs["file_type"]._get() == "exr":
            for knob in classes.exr_knobs():
                self._adopt(knob)
                self._take_default(knob, "Write.exr")

    def _changed(self, knob: Knob) -> None:
        ending = str(knob._value).rpartition(".")[2].lower() if knob._name == "file" else ""
        if self._class == "Write" and ending in classes.FILE_TYPES:
            kind: Any = self._knobs["file_type"]
            kind._value = kind._coerce(ending)
        self._adopt_exr()
        callbacks.registry().run("knobChanged", self, knob)

    def _record(self, what: str, revert: Any) -> None:
        history().record(what, revert)

    def _select(self, selected: bool) -> None:
        if bool(self._knobs["selected"]._get()) != selected:
            self._knobs["selected"]._put(selected)

    def _root_node(self) -> Any:
        return host().root

    def _name(self) -> str:
        return str(self._knobs["name"]._value)

    def _full_name(self) -> str:
        path = [] if self._parent in (None, host().root) else [self._parent._full_name()]
        return ".".join([*path, self._name()])

    def _free_name(self, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ValueError(f"{name!r} is not a name of a node")
        taken = {node._name() for node in self._parent._children if node is not self}
        stem, number = re.fullmatch(r"(.*?)(\d*)", name).groups()  # type: ignore[union-attr]
        count = int(number or 0)
        while f"{stem}{number}" in taken:
            count += 1
            number = str(count)
        return f"{stem}{number}"

    def _max_inputs(self) -> int:
        return classes.MAX_INPUTS.get(self._class, 1)

    def _connect(self, index: int, source: Any) -> None:
        before = self._inputs[index] if index < len(self._inputs) else None
        self._inputs += [None] * (index + 1 - len(self._inputs))
        self._inputs[index] = source
        while self._inputs and self._inputs[-1] is None:
            self._inputs.pop()
        self._record("Connect", lambda: self._connect(index, before))
        self._pseudo("inputChange")

    def _pseudo(self, name: str) -> None:
        knob = Knob(name)
        knob._node = self
        callbacks.registry().run("knobChanged", self, knob)

    def _pressed(self, button: str) -> None:
        if button == "reload":
            self._cache.reload()
            self._detect_format()
        else:
            self._cache.update_localization()

    def _detect_format(self) -> None:
        first = self._knobs["first"]
        path = self._knobs["file"]._path(int(first._get()), host().views[0])
        try:
            self._knobs["format"]._value = exr.read(Path(path)).format
        except (OSError, RuntimeError):
            return

    def _reaches(self, other: Any) -> bool:
        return any(n is other or n._reaches(other) for n in self._inputs if n is not None)

    def _image(self, frame: float | None = None, view: str | None = None) -> Image:
        return ops.render(self, host().root._frame if frame is None else frame, view or "main")

    def _looked_at(self, frame: float | None = None) -> Image:
        """What format, box and channels are told from: an error leaves the root's format."""
        try:
            return self._image(frame, host().views[0])
        except OpError:
            form = host().root._knobs["format"]._value
            return Image(form, (0, 0, form.width(), form.height()), {})

    def _error(self) -> str:
        try:
            self._image(view=host().views[0])
        except (OpError, RuntimeError) as error:
            return str(error)
        return ""

    def _range(self) -> tuple[int, int]:
        if self._plate:
            return self._plate.first, self._plate.last
        knobs: Any = self._knobs
        if self._class == "Read":
            return knobs["first"]._get_int(), knobs["last"]._get_int()
        if self._class == "Input":
            return self._parent._input_range(self)  # type: ignore[no-any-return]
        for source in self._inputs:
            if source is not None:
                return source._range()  # type: ignore[no-any-return]
        root: Any = host().root._knobs
        return root["first_frame"]._get_int(), root["last_frame"]._get_int()

    def _hash(self) -> int:
        """Of everything that can change pixels at the current frame, up to the sources."""
        values = [
            (name, knob._text_now())
            for name, knob in sorted(self._knobs.items())
            if name not in classes.NOT_HASHED | set(classes.NODE_EVENTS)
        ]
        moving = host().root._frame if self._plate or self._class == "Read" else 0
        above = self._inputs
        if self._class == "Input":
            index = self._parent._group_inputs().index(self)
            above = self._parent._inputs[index : index + 1]
        sources = [source._hash() if source else 0 for source in above]
        plate = repr(self._plate)
        seen = self._cache.reloads
        return hash((self._class, str(values), moving, tuple(sources), plate, seen))


def _typed(knob: Any, text: str) -> Any:
    """A default is text; the knob says what it means."""
    return knob._item_parse(text) if hasattr(knob, "_item_parse") else text
