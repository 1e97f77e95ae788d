"""E29 to E31: stills, the gallery, and what is in a picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
import pytest

from resolve_emulator import Profile, Session, decode
from resolve_emulator.making import source_picture
from resolve_emulator.model import Item
from resolve_emulator.stamp import block_rows
from sparkvsr.media import read_picture


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def export(session: Session, name: str = "a.tif") -> Path:
    path = session.media / name
    assert project(session).ExportCurrentFrameAsStill(str(path)) is True
    return path


def pixels(path: Path) -> Any:
    """Below the block, 1.0 white."""
    found = read_picture(str(path))
    top = np.iinfo(found.dtype).max if found.dtype.kind == "u" else 1
    return found[block_rows(found.shape[1]) :] / np.float32(top)


@pytest.fixture
def shot(session: Session) -> Item:
    clip = session.import_clip(session.movie(frames=12))
    session.timeline(tracks=3)
    return session.place(clip, first=2, frames=6)


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg", "dpx", "bmp", "ppm"])
def test_e29_the_name_says_which_kind_of_file(session: Session, shot: Item, suffix: str) -> None:
    path = export(session, f"a.{suffix}")
    file = oiio.ImageInput.open(str(path))
    assert file is not None
    names = {"jpg": "jpeg", "tif": "tiff", "ppm": "pnm"}
    assert file.format_name() == names.get(suffix, suffix)
    assert (file.spec().format == oiio.UINT16) == (suffix in ("tif", "dpx"))
    file.close()
    if suffix in ("tif", "png", "jpg", "dpx"):
        assert decode(path).source_frame == 2


def test_e29_what_is_no_path_of_a_picture_is_refused(session: Session, shot: Item) -> None:
    for wrong in ("a.tif", str(session.media / "a.exr"), str(session.media / "no" / "a.tif"), ""):
        assert project(session).ExportCurrentFrameAsStill(wrong) is False


def test_e29_on_color_it_is_the_clip_alone_elsewhere_everything(
    session: Session, shot: Item
) -> None:
    session.title(0, 6, track=2)
    session.grade_timeline(9)
    session.grade(shot, 7)
    shot.properties["ZoomX"] = 2.0
    on_edit = decode(export(session, "edit.tif"))
    session.resolve.OpenPage("color")
    on_color = decode(export(session, "color.tif"))
    assert (on_edit.overlays, on_edit.zoom, on_edit.timeline_grade) == (1, 200, 9)
    assert (on_color.overlays, on_color.zoom, on_color.timeline_grade) == (0, 100, 0)
    assert on_edit.clip_grade == on_color.clip_grade == 7
    assert on_edit.source_frame == on_color.source_frame == 2


@pytest.mark.parametrize("resolve_profile", [Profile(still_polls=0.5)])
def test_e29_the_file_may_come_later(session: Session, shot: Item) -> None:
    path = export(session)
    assert not path.exists()
    session.sleep(0.5)
    assert decode(path).source_frame == 2


@pytest.mark.parametrize("resolve_profile", [Profile(still_previous=1.0)])
def test_e29_shortly_after_a_move_it_is_the_frame_of_before(session: Session, shot: Item) -> None:
    project(session).GetCurrentTimeline().SetCurrentTimecode("01:00:00:03")
    assert decode(export(session, "early.tif")).source_frame == 2
    session.sleep(1.0)
    assert decode(export(session, "late.tif")).source_frame == 5


@pytest.mark.parametrize("resolve_profile", [Profile(still_black=1, still_missing=1)])
def test_e29_it_may_say_true_and_write_nothing_or_black(session: Session, shot: Item) -> None:
    assert not export(session, "none.tif").exists()
    assert read_picture(str(export(session, "black.tif"))).max() == 0
    assert decode(export(session, "right.tif")).source_frame == 2


def test_e29_between_clips_color_has_nothing_to_show(session: Session, shot: Item) -> None:
    session.park(10)
    assert read_picture(str(export(session)))[block_rows(64) :].max() == 0
    session.resolve.OpenPage("color")
    path = str(session.media / "b.tif")
    assert project(session).ExportCurrentFrameAsStill(path) is False


def test_e30_stills_of_the_gallery(session: Session, shot: Item) -> None:
    timeline = project(session).GetCurrentTimeline()
    assert timeline.GrabStill() is None
    session.resolve.OpenPage("color")
    still = timeline.GrabStill()
    album = project(session).GetGallery().GetCurrentStillAlbum()
    folder = session.media / "stills"
    folder.mkdir()
    assert album.ExportStills([still], str(folder), "key", "exr") is False
    assert album.ExportStills([still], str(folder / "no"), "key", "tif") is False
    assert album.ExportStills([still], str(folder), "key", "tif") is True
    assert sorted(p.name for p in folder.iterdir()) == ["key_1.1.1.drx", "key_1.1.1.tif"]
    assert decode(folder / "key_1.1.1.tif").source_frame == 2
    assert album.SetLabel(still, "mine") is True and album.GetLabel(still) == "mine"
    assert album.ExportStills([still], str(folder), "", "png") is True
    assert (folder / "mine.png").exists()
    assert album.DeleteStills([still]) is True and album.DeleteStills([still]) is False
    assert album.GetStills() == []


@pytest.mark.parametrize("resolve_profile", [Profile(gallery_panel=False), Profile(headless=True)])
def test_e30_without_its_panel_the_gallery_exports_nothing(session: Session, shot: Item) -> None:
    session.resolve.OpenPage("color")
    still = project(session).GetCurrentTimeline().GrabStill()
    album = project(session).GetGallery().GetCurrentStillAlbum()
    assert album.ExportStills([still], str(session.media), "key", "tif") is False
    assert list(session.media.glob("key*")) == []


def test_e31_the_picture_is_the_source_with_the_grade_as_arithmetic(
    session: Session, shot: Item
) -> None:
    source = source_picture(2, (64, 48))[block_rows(64) :]
    np.testing.assert_allclose(pixels(export(session, "plain.tif")), source, atol=1e-3)
    session.grade(shot, 7, gain=(1.25, 1.0, 0.5), offset=(0.0, 0.1, 0.0))
    wanted = source * np.array([1.25, 1.0, 0.5]) + np.array([0.0, 0.1, 0.0])
    np.testing.assert_allclose(pixels(export(session, "graded.tif")), wanted, atol=2e-3)


def test_e31_group_layers_and_timeline_are_all_in_the_pixels(session: Session, shot: Item) -> None:
    session.group([shot], pre=11, post=12)
    session.grade(shot, 7, gain=(1.0, 0.8, 1.0), offset=(0.0, 0.0, 0.0))
    session.grade(shot, 8, gain=(0.5, 1.0, 1.0), offset=(0.1, 0.0, 0.0), layer=2)
    session.grade_timeline(13)
    source = source_picture(2, (64, 48))[block_rows(64) :] * 1.1
    wanted = source * np.array([0.5, 0.8, 1.0]) + np.array([0.1, 0.0, 0.0])
    wanted = wanted * np.array([0.95, 1.0, 1.05]) * 0.9
    np.testing.assert_allclose(pixels(export(session)), wanted, atol=2e-3)


def test_e31_a_sequence_and_a_movie_of_the_same_frames_look_the_same(
    session: Session, shot: Item
) -> None:
    movie = pixels(export(session, "movie.tif"))
    session.place(session.import_clip(session.sequence(frames=12)), first=2, frames=6, track=2)
    np.testing.assert_allclose(pixels(export(session, "exr.tif")), movie, atol=1e-3)


@pytest.mark.parametrize(
    ("facts", "frame"),
    [
        ({"speed": 2, "first": 2}, 8),
        ({"speed": -1, "first": 9}, 6),
        ({"speed": 0, "first": 4}, 4),
        ({"speed": Fraction(1, 2), "first": 2}, 3),
    ],
)
def test_e31_a_retime_shows_other_frames(
    session: Session, shot: Item, facts: dict[str, Any], frame: int
) -> None:
    assert shot.clip is not None
    session.place(shot.clip, frames=6, track=2, **facts)
    session.park(3)
    assert decode(export(session)).source_frame == frame


def test_e31_a_subclip_shows_its_part_of_the_file(session: Session, shot: Item) -> None:
    assert shot.clip is not None
    session.place(session.subclip(shot.clip, first=4, frames=6), first=1, track=2)
    assert decode(export(session)).source_frame == 5


def test_e31_another_rate_shows_other_frames(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=24, rate="24"))
    session.timeline(rate="48")
    session.place(clip, first=2)
    session.park(7)
    assert decode(export(session)).source_frame == 5


def test_e31_sizing_moves_the_pixels(session: Session, shot: Item) -> None:
    plain = pixels(export(session, "plain.tif"))
    shot.properties["FlipX"] = True
    np.testing.assert_array_equal(pixels(export(session, "flipped.tif")), plain[:, ::-1])
    shot.properties = {"Pan": 4.0}
    panned = pixels(export(session, "panned.tif"))
    np.testing.assert_array_equal(panned[:, 4:], plain[:, :-4])
    assert panned[:, :4].max() == 0


def test_e31_layers_titles_and_transparency(session: Session, shot: Item) -> None:
    assert shot.clip is not None
    over = session.place(shot.clip, first=5, frames=6, track=2)
    assert decode(export(session, "over.tif")).item == over.serial
    over.properties["Opacity"] = 50.0
    said = decode(export(session, "half.tif"))
    assert (said.item, said.overlays) == (shot.serial, 1)
    mean = (source_picture(2, (64, 48)) + source_picture(5, (64, 48)))[block_rows(64) :] / 2
    np.testing.assert_allclose(pixels(session.media / "half.tif"), mean, atol=1e-3)
    session.title(0, 6, track=3)
    assert decode(export(session, "title.tif")).overlays == 2


def test_e31_compounds_and_fusion_are_not_the_source_file(session: Session, shot: Item) -> None:
    plain = pixels(export(session, "plain.tif"))
    shot.fusion_comps = 1
    swapped = pixels(export(session, "fusion.tif"))
    np.testing.assert_array_equal(swapped, plain[..., ::-1])
    shot.fusion_comps = 0
    session.compound([shot])
    np.testing.assert_array_equal(pixels(export(session, "compound.tif")), plain)


def test_e31_managed_colours_leave_in_the_output_space(session: Session) -> None:
    settings: dict[str, Any] = {
        "colorScienceMode": "davinciYRGBColorManagedv2",
        "colorSpaceInput": "Rec.709 Gamma 2.4",
        "colorSpaceTimeline": "Linear",
        "colorSpaceOutput": "Rec.709 Gamma 2.4",
    }
    clip = session.import_clip(session.movie(frames=3))
    model = session.timeline(**settings)
    session.place(clip)
    source = source_picture(0, (64, 48))[block_rows(64) :]
    assert decode(export(session, "out.tif")).transform == 1
    np.testing.assert_allclose(pixels(session.media / "out.tif"), source, atol=2e-3)
    clip.changed["Input Color Space"] = "Linear"
    np.testing.assert_allclose(pixels(export(session, "own.tif")), source ** (1 / 2.4), atol=2e-3)
    clip.changed.clear()
    model.settings["colorSpaceOutput"] = "Linear"
    assert decode(export(session, "lin.tif")).transform == 3
    np.testing.assert_allclose(pixels(session.media / "lin.tif"), source**2.4, atol=2e-3)


def test_a_picture_of_a_person_is_not_read_as_a_block(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=3))
    session.timeline()
    session.place(clip, at=5)
    path = export(session)
    damaged = read_picture(str(path))
    damaged[0:2, 20:22] = 65535 - damaged[0:2, 20:22]
    oiio.ImageBuf(damaged).write(str(path))
    with pytest.raises(ValueError, match="block"):
        decode(path)


def test_the_viewer_can_be_had_small(session: Session, shot: Item) -> None:
    timeline = project(session).GetCurrentTimeline()
    assert timeline.GetCurrentClipThumbnailImage() is None
    session.resolve.OpenPage("color")
    small = timeline.GetCurrentClipThumbnailImage()
    assert (small["width"], small["height"], small["noOfComponents"]) == (32, 24, 3)
