"""Elements of UIManager windows: which there are, and what each has."""

from __future__ import annotations

from typing import Any

COMMON = {"ID", "Weight", "Enabled", "Visible", "ToolTip", "StyleSheet", "MinimumSize"} | {
    "MaximumSize",
    "FixedSize",
    "Font",
    "Events",
    "Geometry",
}
# kind: its attributes, and the events that it sends
KINDS: dict[str, tuple[str, str]] = {
    "VGroup": ("Spacing Margin", ""),
    "HGroup": ("Spacing Margin", ""),
    "VGap": ("", ""),
    "HGap": ("", ""),
    "Stack": ("CurrentIndex", ""),
    "Label": ("Text Alignment WordWrap FrameStyle Indent OpenExternalLinks", ""),
    "Button": ("Text Icon IconSize Checkable Checked Flat Default", "Clicked Pressed Released"),
    "CheckBox": ("Text Checkable Checked Tristate", "Clicked Toggled"),
    "ComboBox": ("CurrentIndex CurrentText Editable Count", "CurrentIndexChanged Activated"),
    "LineEdit": ("Text PlaceholderText ReadOnly MaxLength", "TextChanged EditingFinished"),
    "TextEdit": ("Text PlainText HTML ReadOnly PlaceholderText", "TextChanged"),
    "SpinBox": ("Value Minimum Maximum SingleStep Prefix Suffix", "ValueChanged"),
    "DoubleSpinBox": ("Value Minimum Maximum SingleStep Decimals Suffix", "ValueChanged"),
    "Slider": ("Value Minimum Maximum Orientation", "ValueChanged"),
    "Tree": ("ColumnCount HeaderHidden SelectionMode SortingEnabled", "ItemClicked ItemChanged"),
    "Timer": ("Interval SingleShot IsActive", "Timeout"),
    "Icon": ("File", ""),
    "Window": ("WindowTitle WindowFlags Margin Spacing", "Close"),
}
STARTS: dict[str, Any] = {"Text": "", "Enabled": True, "Visible": True, "Checked": False} | {
    "CurrentIndex": 0,
    "CurrentText": "",
    "Value": 0,
    "Interval": 1000,
    "SingleShot": False,
    "IsActive": False,
    "PlainText": "",
}


class Element:
    """One element; attributes that its kind does not have are None, and cannot be set."""

    def __init__(self, kind: str, *given: Any) -> None:
        facts: dict[str, Any] = {}
        children: list[Element] = []
        for one in given:
            if isinstance(one, dict):
                facts.update(one)
            else:
                children += one if isinstance(one, list | tuple) else [one]
        self.__dict__.update(_kind=kind, _children=children, _facts={}, _items=[])
        for name, value in facts.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._facts.get(name, STARTS.get(name) if name in self._names() else None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._names():
            raise AttributeError(f"a {self._kind} has no {name}")
        self._facts[name] = value

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def _names(self) -> set[str]:
        return COMMON | set(KINDS[self._kind][0].split())

    def _events(self) -> set[str]:
        return set(KINDS[self._kind][1].split())

    def _all(self) -> list[Element]:
        return [self, *(inner for child in self._children for inner in child._all())]


class ComboBox(Element):
    def AddItem(self, text: str) -> None:  # noqa: N802
        self._items.append(str(text))
        self._facts["CurrentText"] = self._items[self.CurrentIndex]

    def AddItems(self, texts: list[str]) -> None:  # noqa: N802
        for text in texts:
            self.AddItem(text)

    def Clear(self) -> None:  # noqa: N802
        self._items.clear()
        self._facts.update(CurrentIndex=0, CurrentText="")

    def Count(self) -> int:  # noqa: N802
        return len(self._items)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "CurrentIndex" and self._items:
            self._facts["CurrentText"] = self._items[value]
        if name == "CurrentText" and value in self._items:
            self._facts["CurrentIndex"] = self._items.index(value)


class TreeItem:
    """A row: `item.Text[column]`."""

    def __init__(self) -> None:
        self.Text: dict[int, str] = {}
        self.Icon: dict[int, Any] = {}
        self.CheckState: dict[int, str] = {}
        self.Selected = False


class Tree(Element):
    def NewItem(self) -> TreeItem:  # noqa: N802
        return TreeItem()

    def AddTopLevelItem(self, item: TreeItem) -> None:  # noqa: N802
        self._items.append(item)

    def TopLevelItem(self, index: int) -> TreeItem | None:  # noqa: N802
        return self._items[index] if 0 <= index < len(self._items) else None

    def TopLevelItemCount(self) -> int:  # noqa: N802
        return len(self._items)

    def SetHeaderLabels(self, labels: list[str]) -> None:  # noqa: N802
        self._facts["_labels"] = list(labels)

    def SetHeaderItem(self, item: TreeItem) -> None:  # noqa: N802
        self._facts["_labels"] = list(item.Text.values())

    def Clear(self) -> None:  # noqa: N802
        self._items.clear()

    def CurrentItem(self) -> TreeItem | None:  # noqa: N802
        return next((item for item in self._items if item.Selected), None)


SPECIAL: dict[str, type[Element]] = {"ComboBox": ComboBox, "Tree": Tree}


def make(kind: str, *given: Any) -> Element:
    """An element. Raises AttributeError for a kind or an attribute that there is not."""
    if kind not in KINDS:
        raise AttributeError(f"UIManager has no {kind}")
    found = SPECIAL.get(kind)
    return found(kind, *given) if found else Element(kind, *given)
