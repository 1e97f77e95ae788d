"""Archives of configs: the same bytes always, and nothing in them is trusted."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import PyOpenColorIO  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shows import cube, spi1d
from sparkvsr.color import _archive
from sparkvsr.color._archive import ArchivedFiles, write_archive
from sparkvsr.errors import SettingsError

CONFIG = """ocio_profile_version: 2
roles: {default: show}
displays:
  monitor:
    - !<View> {name: plain, colorspace: show}
colorspaces:
  - !<ColorSpace>
    name: show
    isdata: false
    to_scene_reference: !<FileTransform> {src: luts/a.spi1d}
"""
KNOWN = "c56bd10d039fbce4699ceeab58e9cfcb4a7defdd0f9908b6eeef238386961694"
FILES = {"config.ocio": CONFIG.encode(), "luts/a.spi1d": spi1d(2.0).encode()}


def zipped(
    *entries: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_STORED
) -> bytes:
    """A zip of the config and other entries, as anybody may make one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("config.ocio", CONFIG)
        for entry, data in entries:
            archive.writestr(entry, data)
    return buffer.getvalue()


def saying(data: bytes, name: str, size: int, instead: int) -> bytes:
    """A zip that states another size of one of its entries."""
    name_length = struct.pack("<H", len(name))  # follows the size
    changed = data.replace(
        struct.pack("<I", size) + name_length, struct.pack("<I", instead) + name_length
    )
    assert changed != data
    return changed


def opened(data: bytes) -> ArchivedFiles:
    return ArchivedFiles(data, "The config")


def test_equal_files_give_equal_bytes_always_and_everywhere() -> None:
    files = {"config.ocio": b"text", "luts/a.cube": b"numbers"}
    data = write_archive(files)
    assert data == write_archive(dict(reversed(files.items())))
    assert hashlib.sha256(data).hexdigest() == KNOWN


def test_opencolorio_itself_reads_what_is_written(tmp_path: Path) -> None:
    file = tmp_path / "show.ocioz"
    file.write_bytes(write_archive(FILES))
    config = PyOpenColorIO.Config.CreateFromFile(str(file))
    space = config.getColorSpace("show").getTransform(PyOpenColorIO.COLORSPACE_DIR_TO_REFERENCE)
    cpu = config.getProcessor(space).getDefaultCPUProcessor()
    assert cpu.applyRGB([0.5, 0.5, 0.5])[0] == pytest.approx(0.25, abs=1e-3)


def test_files_are_found_as_opencolorio_finds_them() -> None:
    files = opened(write_archive(FILES))
    assert files.getConfigData() == CONFIG.encode()
    for name in ("luts/a.spi1d", "LUTS\\A.spi1d", "./luts//a.spi1d", "luts/../luts/a.spi1d"):
        assert files.getLutData(f"{files.root}/{name}") == FILES["luts/a.spi1d"]
        assert files.getFastLutFileHash(f"{files.root}/{name}")
    assert files.getFastLutFileHash(f"{files.root}/luts/b.spi1d") == ""
    with pytest.raises(FileNotFoundError, match=r"b\.spi1d"):
        files.read(f"{files.root}/luts/b.spi1d")


def test_of_absolute_paths_nothing_is_said_and_nothing_given(tmp_path: Path) -> None:
    (tmp_path / "real.spi1d").write_text(spi1d(3.0))
    files = opened(write_archive(FILES))
    for path in (str(tmp_path / "real.spi1d"), str(tmp_path / "no.spi1d"), "C:\\a", "\\\\host\\a"):
        assert files.getFastLutFileHash(path) == path
        assert files.getLutData(path) == b"\0"
    for path in (f"{files.root}/../../etc/passwd", "luts/a.spi1d"):  # OpenColorIO leaves it at that
        assert files.getFastLutFileHash(path) == ""


def test_no_reader_of_opencolorio_takes_what_stands_for_an_absolute_path(tmp_path: Path) -> None:
    formats = {extension for _, extension in PyOpenColorIO.FileTransform.getFormats()}
    assert {"cube", "spi1d", "clf", "icc", "cc"} <= formats
    for extension in formats:
        outside = tmp_path / f"outside.{extension}"
        outside.write_text(spi1d(3.0))  # read by whichever reader can
        text = CONFIG.replace("luts/a.spi1d", str(outside))
        files = opened(write_archive({"config.ocio": text.encode()}))
        config = PyOpenColorIO.Config.CreateFromConfigIOProxy(files)
        space = config.getColorSpace("show").getTransform(PyOpenColorIO.COLORSPACE_DIR_TO_REFERENCE)
        with pytest.raises(PyOpenColorIO.Exception, match="could not be loaded"):
            config.getProcessor(space)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../a.cube", "luts/../../a.cube", "C:/a.cube", "luts\\a.cube", ".."]
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"The config cannot be read: .* leads out of it"):
        opened(zipped((name, b"")))


def test_links_are_refused() -> None:
    link = zipfile.ZipInfo("luts/a.cube")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(SettingsError, match="is a link"):
        opened(zipped((link, b"/etc/passwd")))


def test_uncommon_compression_and_encryption_are_refused() -> None:
    with pytest.raises(SettingsError, match="uncommon"):
        opened(zipped(("a", b"b"), method=zipfile.ZIP_LZMA))
    data = bytearray(zipped())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1  # the flag of encryption, in the directory
    with pytest.raises(SettingsError, match="encrypted"):
        opened(bytes(data))


def test_too_many_entries_are_refused_before_any_is_looked_at() -> None:
    data = zipped(*((f"{i}", b"") for i in range(_archive.MAX_ENTRIES)))
    tracemalloc.start()
    try:
        with pytest.raises(SettingsError, match="more than 10000 entries"):
            opened(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert opened(zipped(*((f"{i}", b"") for i in range(_archive.MAX_ENTRIES - 1))))


def test_a_zip_bomb_is_refused_by_what_it_says_of_itself() -> None:
    bomb = zipped(("a", b"\0" * 100))
    with pytest.raises(SettingsError, match="bytes unpacked"):
        opened(saying(bomb, "a", 100, (2 << 30) + 1))
    assert opened(saying(bomb, "a", 100, 1 << 30))


def test_a_zip_bomb_that_lies_is_not_unpacked() -> None:
    name, size = "luts/a.cube", 67_000_111
    bomb = zipped((name, b"\0" * size), method=zipfile.ZIP_DEFLATED)
    files = opened(saying(bomb, name, size, 1000))
    tracemalloc.start()
    try:
        with pytest.raises(zipfile.BadZipFile):
            files.getLutData(f"{files.root}/{name}")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_archives_above_the_limit_are_neither_made_nor_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = write_archive(FILES)
    monkeypatch.setattr(_archive, "MAX_ARCHIVE", len(data) - 1)
    with pytest.raises(SettingsError, match=f"has {len(data)} bytes"):
        opened(data)
    monkeypatch.setattr(_archive, "MAX_ARCHIVE", 1 << 20)
    with pytest.raises(SettingsError, match="needs have 2 MiB; 1 MiB can be sent"):
        write_archive(FILES | {"luts/large.cube": bytes(2 << 20)})


def test_an_archive_without_a_config_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"it holds no config\.ocio"):
        opened(write_archive({"luts/a.cube": cube(1.0).encode()}))


@example(b"\0", 148, False)  # an entry without a name
@given(st.binary(max_size=40), st.integers(0, 900), st.booleans())
def test_damaged_archives_raise_nothing_but_settings_errors(
    noise: bytes, at: int, cut: bool
) -> None:
    data = write_archive(FILES | {"luts/b.cube": os.urandom(20)})
    at = len(data) - at if at < len(data) else 0  # most of what can go wrong is at the end
    damaged = data[:at] + noise + (b"" if cut else data[at + len(noise) :])
    for candidate in (noise, damaged):
        try:
            assert opened(candidate).getConfigData()
        except SettingsError as error:
            assert error.message.startswith("The config cannot be read")
