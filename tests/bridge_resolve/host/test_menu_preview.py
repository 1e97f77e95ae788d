"""A frame as it would be restored, from the menu: what is captured, reused and shown."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bridge_resolve.host.menu_scene import WORKS, Person
from bridge_resolve.host.menu_scene import person as person
from resolve_emulator.model import Item
from sparkvsr_link import AgentSession, BridgeError
from sparkvsr_resolve.host.bench import look
from sparkvsr_resolve.host.preview import frame_at_playhead
from sparkvsr_resolve.host.running import BAD_INPUT, DONE, FAILED, open_bench
from sparkvsr_resolve.host.viewer import open_picture


def renders(person: Person) -> int:
    return len(person.session.calls("Project.StartRendering"))


def shown(person: Person) -> list[str]:
    return (person.folder / "shown.txt").read_text(encoding="utf-8").splitlines()


def test_the_first_preview_captures_the_clip_and_shows_the_picture(person: Person) -> None:
    before = person.session.state()
    person.previews(1.25)
    assert person.run("preview") == DONE
    (path,) = shown(person)
    assert person.last == f"The frame at 01:00:00:12, at guidance 1.25: {path}"
    picture = Path(path)
    assert picture.read_bytes() == b"a picture"
    assert picture.parent.name == "preview" and picture.parents[1].name == "v001"
    person.session.sleep(2)
    assert person.session.state() == before


def test_the_picture_outlives_the_one_of_the_agent(person: Person) -> None:
    person.previews()
    person.run("preview")
    (person.folder / "agent.png").unlink()
    assert Path(shown(person)[0]).is_file()


def test_the_next_preview_renders_nothing_and_takes_the_settings_of_now(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.previews()
    person.run("preview")
    count, old = renders(person), person.job("v001")
    person.session.park(20)
    person.settings(guidance=2.0, output="exr")
    asked = hear_agent(monkeypatch)
    assert person.run("preview") == DONE
    assert renders(person) == count and person.versions() == ["v001"]
    assert any(text.startswith("Uses the pictures of v001, captured 2") for text in person.texts())
    ((params),) = asked
    job = params["job"]
    assert params["frame"] == 86400 + 20 and job["settings"]["guidance"] == 2.0
    assert job["output"].endswith(".%08d.exr") and "codec" not in job
    same = ("source", "first", "last", "keyframes", "timecode", "rate", "source_space")
    assert [job.get(key) for key in same] == [old.get(key) for key in same]


def hear_agent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the agent is asked for with `preview` from now on."""
    asked: list[dict[str, Any]] = []
    real = AgentSession.call

    def call(self: AgentSession, method: str, timeout: float | None = 60.0, **params: Any) -> Any:
        if method == "preview":
            asked.append(params)
        return real(self, method, timeout, **params)

    monkeypatch.setattr(AgentSession, "call", call)
    return asked


def more_markers(person: Person) -> None:
    person.session.mark(person.session.current, 13)


def slipped(person: Person) -> None:
    person.plate.source_in += 1


def moved(person: Person) -> None:
    person.session.move(person.plate, 1)


def other_base(person: Person) -> None:
    person.settings(base="source")


def lost_picture(person: Person) -> None:
    Path(person.job("v001")["keyframes"][1]["picture"]).unlink()


def lost_base(person: Person) -> None:
    Path(person.job("v001")["source"] % (86400 + 21)).unlink()


def lost_stamp(person: Person) -> None:
    next(person.session.media.glob("SparkVSR/*/*/v001/captured.json")).write_text("{")


@pytest.mark.parametrize(
    "change", [more_markers, slipped, moved, other_base, lost_picture, lost_base, lost_stamp]
)
def test_what_does_not_show_the_clip_as_it_is_is_captured_again(
    person: Person, change: Any
) -> None:
    person.previews()
    person.run("preview")
    count = renders(person)
    change(person)
    assert person.run("preview") == DONE
    assert renders(person) > count and person.versions()[-1] == "v002"


def test_a_grade_that_changed_is_captured_again_on_request(person: Person) -> None:
    person.previews()
    person.run("preview")
    count = renders(person)
    assert person.run("preview", recapture=True) == DONE
    assert renders(person) > count


def test_pictures_that_only_a_preview_needed_go_when_there_are_newer_ones(person: Person) -> None:
    person.previews()
    for _ in range(3):
        person.run("preview", recapture=True)
    assert person.versions() == ["v003"]
    person.agent(restore=WORKS)  # its result is nowhere, so it is not placed
    person.run("restore")
    assert person.versions() == ["v004"]
    person.previews()
    person.run("preview", recapture=True)
    assert person.versions() == ["v004", "v005"]  # those of a restoration stay


def test_a_preview_after_a_restoration_uses_its_pictures(person: Person) -> None:
    person.agent(restore=WORKS)  # its result is nowhere, so it is not placed
    person.run("restore")
    count = renders(person)
    person.previews()
    assert person.run("preview") == DONE
    assert renders(person) == count and person.versions() == ["v001"]


def test_one_picture_is_kept_of_each_version(person: Person) -> None:
    person.previews()
    person.run("preview")
    other = person.folder / "other.png"
    other.write_bytes(b"another")
    person.agent(preview={"result": {"picture": str(other), "frame": 1, "guidance": 1.0}})
    person.run("preview")
    folder = Path(shown(person)[-1]).parent
    assert [path.name for path in folder.iterdir()] == ["other.png"]


def test_a_system_without_a_viewer_is_said_and_the_picture_named(person: Person) -> None:
    person.viewer(status=3)
    person.previews()
    assert person.run("preview") == DONE
    assert "No viewer for pictures was found: open the file yourself." in person.texts("notice")
    assert shown(person)[0] in person.last


def test_a_viewer_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not open_picture(tmp_path / "x.png")


def test_a_preview_that_failed_is_a_sentence(person: Person) -> None:
    data = {"code": "out_of_memory", "message": "Too large.", "hint": "Use tiles."}
    person.agent(preview={"error": {"code": -32000, "message": "Too large.", "data": data}})
    assert person.run("preview") == FAILED
    assert person.last == "Too large. Use tiles."


def test_a_disk_that_takes_no_picture_is_a_sentence(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    person.previews()
    monkeypatch.setattr(shutil, "copyfile", full)
    assert person.run("preview") == FAILED
    assert "The preview cannot be kept in" in person.last and "No space left" in person.last


def test_a_playhead_beside_the_clip_is_a_sentence(person: Person, plate: Item) -> None:
    person.session.park(40)
    assert person.run("preview") == BAD_INPUT
    assert "There is no clip at the playhead" in person.last


@pytest.mark.parametrize(("at", "inside"), [(9, False), (10, True), (21, True), (22, False)])
def test_the_clip_goes_from_its_first_frame_to_its_last(
    person: Person, at: int, inside: bool
) -> None:
    bench = open_bench(person.session.resolve, print, lambda: False)
    span = look(bench).clip.span
    person.session.park(at)
    if inside:
        assert frame_at_playhead(bench, span) == 86400 + at
    else:
        with pytest.raises(BridgeError, match="goes from 01:00:00:10 to 01:00:00:21"):
            frame_at_playhead(bench, span)
