"""The ungraded render of an earlier run is used again where it must be right, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resolve_emulator import Session, decode
from resolve_emulator.model import Item
from restoring import FLOW
from sparkvsr_resolve.core import VersionFolder
from sparkvsr_resolve.host import kept_base
from sparkvsr_resolve.host.bench import Bench, look
from sparkvsr_resolve.host.restore import prepare


def regrade(session: Session, plate: Item, base: VersionFolder) -> None:
    session.grade(plate, 8)


def rename(session: Session, plate: Item, base: VersionFolder) -> None:
    plate.name = "another name"


def trim(session: Session, plate: Item, base: VersionFolder) -> None:
    plate.duration -= 1


def slip(session: Session, plate: Item, base: VersionFolder) -> None:
    plate.source_in += 1


def resize(session: Session, plate: Item, base: VersionFolder) -> None:
    for name in ("timelineResolutionWidth", "timelineOutputResolutionWidth"):
        session.current.settings[name] = "80"


def recolour(session: Session, plate: Item, base: VersionFolder) -> None:
    session.current.settings["colorSpaceOutput"] = "sRGB"


def damage(session: Session, plate: Item, base: VersionFolder) -> None:
    file = sorted(base.base_folder.iterdir())[3]
    file.write_bytes(file.read_bytes()[:-9])


def lose(session: Session, plate: Item, base: VersionFolder) -> None:
    sorted(base.base_folder.iterdir())[-1].unlink()


def forge(session: Session, plate: Item, base: VersionFolder) -> None:
    (base.path / kept_base.NAME).write_text('{"schema": 1}')


@pytest.mark.parametrize("change", [regrade, rename])
def test_it_is_used_again_where_the_clip_shows_the_same(
    session: Session, plate: Item, bench: Bench, change: Callable[..., None]
) -> None:
    session.mark(session.current, 12)
    first = prepare(bench, look(bench, FLOW), FLOW).version
    change(session, plate, first)
    rendered = len(session.calls("AddRenderJob"))
    second = prepare(bench, look(bench, FLOW), FLOW).version
    assert len(session.calls("AddRenderJob")) - rendered == 1
    names = [path.name for path in sorted(second.base_folder.iterdir())]
    assert names == [path.name for path in sorted(first.base_folder.iterdir())]
    assert len(names) == 12


@pytest.mark.parametrize("change", [trim, slip, resize, recolour, damage, lose, forge])
def test_it_is_rendered_anew_where_the_clip_or_its_files_changed(
    session: Session, plate: Item, bench: Bench, change: Callable[..., None]
) -> None:
    session.mark(session.current, 12)
    first = prepare(bench, look(bench, FLOW), FLOW).version
    change(session, plate, first)
    rendered = len(session.calls("AddRenderJob"))
    second = prepare(bench, look(bench, FLOW), FLOW).version
    assert len(session.calls("AddRenderJob")) - rendered == 2
    shown = decode(sorted(second.base_folder.iterdir())[0])
    assert shown.source_frame == int(plate.source_in)


def test_without_links_it_is_copied(
    session: Session, plate: Item, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.mark(session.current, 12)
    first = prepare(bench, look(bench, FLOW), FLOW).version

    def refuse(source: Path, target: Path) -> None:
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    second = prepare(bench, look(bench, FLOW), FLOW).version
    for one, other in zip(
        sorted(first.base_folder.iterdir()), sorted(second.base_folder.iterdir()), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()
        assert not one.samefile(other)
