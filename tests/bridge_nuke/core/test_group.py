"""The text of the node, read back as Tcl reads it: its words, its graph, its buttons."""

from __future__ import annotations

import dataclasses
import re
import sys
import types
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_nuke.core import BUTTONS, GROUP_SCHEMA, NodeSettings, group_text
from sparkvsr_nuke.core.group import button_code, knobs
from sparkvsr_nuke.core.interior import interior
from sparkvsr_nuke.core.script import KnobKind, Node, UserKnob, group_script, quote

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))
awkward = st.text(st.sampled_from('\\{}[]"$; \n\t#a\r'))


class Tcl:
    """Reads words by the rules of Tcl(n), and refuses all that a node's text must not need."""

    _ESCAPES: ClassVar = {
        "n": "\n",
        "r": "\r",
        "t": "\t",
        "a": "\a",
        "b": "\b",
        "f": "\f",
        "v": "\v",
    }

    def __init__(self, text: str, ends: str = "", substitutions: bool = False) -> None:
        self.text = text
        self.position = 0
        self.ends = ends
        self.substitutions = substitutions

    @classmethod
    def words(cls, text: str) -> list[str]:
        reader = cls(text)
        return reader.command()

    @classmethod
    def script(cls, text: str) -> list[list[str]]:
        reader = cls(text, ends="\n;", substitutions=True)
        found = []
        while reader.position < len(text):
            found.append(reader.command())
            reader.position += 1  # its end
        return [words for words in found if words]

    def command(self) -> list[str]:
        words: list[str] = []
        while True:
            while self.peek() and self.peek().isspace() and self.peek() not in self.ends:
                self.position += 1
            if not self.peek() or self.peek() in self.ends:
                return words
            words.append({"{": self.braced, '"': self.quoted}.get(self.peek(), self.bare)())
            after = self.peek()
            assert not after or after.isspace() or after in self.ends, "characters after a word"

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def take(self) -> str:
        letter = self.peek()
        assert letter, "the text ends within a word"
        self.position += 1
        return letter

    def braced(self) -> str:
        start, depth = self.position + 1, 0
        while True:
            letter = self.take()
            if letter == "\\":
                assert self.take() != "\n", "a line that goes on"
            depth += (letter == "{") - (letter == "}")
            if depth == 0:
                return self.text[start : self.position - 1]

    def quoted(self) -> str:
        self.take()
        letters = []
        while self.peek() != '"':
            letters.append(self.letter())
        self.take()
        return "".join(letters)

    def bare(self) -> str:
        if self.substitutions and self.peek() in "[$":
            match = re.compile(r"\[stack \d+\]|\$\w+").match(self.text, self.position)
            assert match, "a substitution of another kind"
            self.position = match.end()
            return match[0]
        letters = []
        while self.peek() and not self.peek().isspace() and self.peek() not in (*self.ends, ""):
            letters.append(self.letter())
        return "".join(letters)

    def letter(self) -> str:
        letter = self.take()
        assert letter not in "[$", "a substitution"
        if letter != "\\":
            return letter
        escaped = self.take()
        assert escaped in self._ESCAPES or not escaped.isalnum(), "a number of a letter"
        assert escaped != "\n", "a line that goes on"
        return self._ESCAPES.get(escaped, escaped)


@given(texts | awkward)
def test_any_text_is_one_word_that_reads_as_itself(text: str) -> None:
    assert Tcl.words(quote(text)) == [text]
    assert not {"\n", "\r"} & set(quote(text)), "an editor would change it"
    assert Tcl.script(f"knob {quote(text)}") == [["knob", text]]


@given(texts | awkward, texts | awkward)
def test_any_text_survives_the_braces_of_a_knob_inside_those_of_a_node(
    code: str, label: str
) -> None:
    knob = UserKnob(
        KnobKind.BUTTON, "press", label or "x", text=code or "x", choices=(label, code), value=code
    )
    script = group_script("N", (knob,), (Node("Input", "a", knobs=(("label", label),)),), "0xff")
    *_, group, _, _, _ = Tcl.script(script)
    body = Tcl.words(group[1])
    definition = Tcl.words(body[body.index("addUserKnob") + 1])
    assert definition[3] == (label or "x")
    assert definition[definition.index("T", 4) + 1] == (code or "x")
    assert Tcl.words(definition[-1]) == [label, code]
    assert body[-2:] == ["press", code]


bmp = st.text(st.characters(max_codepoint=0xFFFF, blacklist_categories=["Cs"]).filter(bool))


@given(bmp.filter(lambda text: "\0" not in text) | awkward)
def test_tcl_itself_reads_any_text_as_itself(text: str) -> None:
    tkinter = pytest.importorskip("tkinter", exc_type=ImportError)
    tcl = tkinter.Tcl()
    assert tcl.eval(f"lindex {quote(text)}") == text
    assert tcl.splitlist(f"{{ knob {quote(text)}\n }}")[0] == f" knob {quote(text)}\n "
    assert tcl.splitlist(f" knob {quote(text)}\n ") == ("knob", text)


def test_a_zero_byte_is_refused() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        quote("a\0b")


class Graph:
    """The nodes of a script's text, put together as Nuke does: each takes its inputs off a stack.

    Input 0 lies on top of it.
    """

    def __init__(self, text: str) -> None:
        self.group: list[str] = []
        self.nodes: dict[str, tuple[str, list[str], dict[str, str]]] = {}
        stack, names = [], {"$cut_paste_input": "outside"}
        for words in Tcl.script(text):
            if words[0] == "push":
                stack.append(names[words[1]])
            elif words[0] == "set":
                assert words[2] == "[stack 0]"
                names[f"${words[1]}"] = stack[-1] if stack else "outside"
            elif words[0] == "Group":
                self.group = Tcl.words(words[1])
                stack = []
            elif words != ["end_group"]:
                kind, body = words
                words = Tcl.words(body)
                values = {words[i]: words[i + 1] for i in range(0, len(words), 2)}
                inputs = [stack.pop() for _ in range(int(values.pop("inputs")))]
                name = values.pop("name")
                assert name not in self.nodes
                self.nodes[name] = (kind, inputs, values)
                stack.append(name)


GRAPH = Graph(group_text())


def user_knobs() -> dict[str, list[str]]:
    """Name to the words of its definition."""
    words = GRAPH.group
    definitions = [Tcl.words(words[i + 1]) for i in range(len(words)) if words[i] == "addUserKnob"]
    return {words[1]: words for words in definitions}


def test_the_text_says_the_graph_that_was_described() -> None:
    read = {name: (kind, tuple(inputs)) for name, (kind, inputs, _) in GRAPH.nodes.items()}
    assert read == {node.name: (node.kind, node.inputs) for node in interior()}
    assert list(GRAPH.nodes)[-1] == "Output1"


def test_plate_is_the_first_input_and_keyframes_the_second() -> None:
    numbers = {
        name: values.get("number", "0")
        for name, (kind, _, values) in GRAPH.nodes.items()
        if kind == "Input"
    }
    assert numbers == {"plate": "0", "keyframes": "1"}


def test_nothing_inside_is_rendered_by_a_farm_and_colour_is_left_alone() -> None:
    kinds = [kind for kind, _, _ in GRAPH.nodes.values()]
    assert "Write" not in kinds
    for kind, _, values in GRAPH.nodes.values():
        if kind == "OCIOColorSpace":
            assert list(values) == ["disable"] and values["disable"].startswith("{!parent.")
        if kind == "Read":
            assert (values["raw"], values["on_error"]) == ("true", "error")
            assert values["localizationPolicy"] == "off"
    assert kinds.count("OCIOColorSpace") == 4 and kinds.count("Read") == 2


def test_the_plate_keeps_all_but_its_colours() -> None:
    kind, (base, added), values = GRAPH.nodes["Recombine"]
    assert (kind, base, added) == ("Copy", "PlateSize", "InPlace")
    assert values == {"from0": "-rgba.alpha", "to0": "-rgba.alpha", "channels": "rgb"}


def test_every_expression_names_knobs_and_nodes_that_are_there() -> None:
    known_knobs = user_knobs()
    for name, (_, _, values) in GRAPH.nodes.items():
        for value in values.values():
            for knob in re.findall(r"parent\.(\w+)", value):
                assert knob in known_knobs, (name, knob)
            for node in re.findall(r"\b([A-Za-z]\w*)\.(?:width|height|pixel_aspect)", value):
                assert node in GRAPH.nodes or node == "input", (name, node)


def shown(frame: int, **values: Any) -> str:
    """Which node's picture leaves the group, by the expressions of its two switches."""
    parent = types.SimpleNamespace(
        show_result=True,
        result_ready=False,
        result_first=1001,
        result_last=1020,
        preview_ready=False,
        preview_frame=0,
    )
    vars(parent).update(values)

    def source(switch: str) -> str:
        _, inputs, knobs = GRAPH.nodes[switch]
        expression = Tcl.words(knobs["which"])[0].replace("&&", " and ").replace("||", " or ")
        return inputs[int(eval(expression, {"parent": parent, "frame": frame}))]  # noqa: S307

    if source("Shown") == "plate":
        return "plate"
    _, (read,), _ = GRAPH.nodes[source("Picture")]
    return read


def test_the_plate_is_shown_until_there_is_a_result_and_beside_it() -> None:
    assert shown(1001) == "plate"
    assert shown(1001, result_ready=True) == shown(1020, result_ready=True) == "ReadResult"
    assert shown(1000, result_ready=True) == shown(1021, result_ready=True) == "plate"
    assert shown(1001, result_ready=True, show_result=False) == "plate"


def test_a_preview_is_shown_at_its_frame_only_with_and_without_a_result() -> None:
    preview = {"preview_ready": True, "preview_frame": 1010}
    assert shown(1010, **preview) == shown(1010, **preview, result_ready=True) == "ReadPreview"
    assert shown(1011, **preview) == "plate"
    assert shown(1011, **preview, result_ready=True) == "ReadResult"
    assert shown(1010, **preview, show_result=False) == "plate"


def test_every_knob_is_defined_once_with_its_kind() -> None:
    assert [int(words[0]) for words in user_knobs().values()] == [int(k.kind) for k in knobs()]
    assert list(user_knobs()) == [knob.name for knob in knobs()]
    assert ("+INVISIBLE" in user_knobs()["uid"]) and ("+INVISIBLE" not in user_knobs()["status"])


def test_knobs_begin_with_the_defaults_of_the_settings() -> None:
    values = {knob.name: knob.value for knob in knobs()}
    for field in dataclasses.fields(NodeSettings):
        if field.name in ("keyframes", "output", "version", "working_space", "exchange_space"):
            continue  # empty in a new node
        default = f"{field.default:g}" if field.name == "upscale" else field.default
        assert values[field.name] == default, field.name
    assert values["sparkvsr_schema"] == GROUP_SCHEMA


class Host(types.ModuleType):
    """As much of `nuke` as a button touches."""

    def __init__(self) -> None:
        super().__init__("nuke")
        self.messages: list[str] = []
        self.node = object()

    def thisNode(self) -> object:  # noqa: N802
        return self.node

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_runs_the_package_or_shows_one_line(
    button: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = user_knobs()[button]
    code = definition[definition.index("T") + 1]
    assert code == button_code(button) and "\n" not in code
    host, pressed = Host(), []
    package = types.ModuleType("sparkvsr_nuke")
    package.press = lambda node, name: pressed.append((node, name))  # type: ignore[attr-defined]
    package.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "sparkvsr_nuke", package)
    exec(code, {"nuke": host})  # noqa: S102
    assert (pressed, host.messages) == ([(host.node, button)], [])

    monkeypatch.setitem(sys.modules, "sparkvsr_nuke", None)  # cannot be imported
    exec(code, {"nuke": host})  # noqa: S102
    (line,) = host.messages
    assert len(pressed) == 1
    assert line.startswith("SparkVSR is not installed on this machine") and "\n" not in line
