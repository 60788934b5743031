"""One picture: the pixels that a viewer shows, however they are stored, or one line."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from lilogic.data.readers import pictures
from lilogic.data.readers.pictures import Ground, UnknownFormatError
from tests.lilogic.data.files import refused

# A stroke that no turning or mirroring leaves as it is, and how much ink covers each pixel.
INK = np.zeros((16, 16), dtype=np.uint8)
INK[2:12, 3:5] = 255
INK[10:12, 3:9] = 255
SOFT = INK.copy()
SOFT[2:12, 5] = 120


def near(picture: pictures.Picture, expected: np.ndarray, most: int = 40) -> None:
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (*expected.shape, 3)
    assert np.abs(picture.pixels.astype(int) - expected[..., None]).max() <= most


def read_quietly(path: Path, ground: Ground | None = None) -> pictures.Picture:
    """The picture, of which Pillow must not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return pictures.read(path, ground)


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


GREY = Image.fromarray(SOFT)


@pytest.mark.parametrize("suffix", pictures.SUFFIXES)
def test_every_suffix_is_one_of_a_format_that_is_read(tmp_path: Path, suffix: str) -> None:
    if suffix == ".avif" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    mode = {".qoi": "RGB", ".pbm": "1"}.get(suffix, "L")
    values = INK if mode == "1" else SOFT
    path = save(tmp_path / f"a{suffix.upper()}", Image.fromarray(values).convert(mode))
    near(read_quietly(path), values)
    nameless = tmp_path / "nameless"
    path.rename(nameless)
    near(read_quietly(nameless), values)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "LA", "RGBA"])
def test_every_mode_of_eight_bits_is_read(tmp_path: Path, mode: str) -> None:
    values = INK if mode == "1" else SOFT
    source = Image.fromarray(values)
    if mode in ("RGBX", "CMYK", "YCbCr"):
        source = source.convert("RGB")
    picture = read_quietly(save(tmp_path / "a.tif", source.convert(mode)))
    near(picture, values, 1)
    assert picture.origin.ground is None


@pytest.mark.parametrize("suffix", [".png", ".pgm"])
def test_sixteen_bits_are_read_where_the_format_says_what_is_white(
    tmp_path: Path, suffix: str
) -> None:
    path = save(tmp_path / f"a{suffix}", Image.fromarray(SOFT.astype(np.uint16) * 257))
    near(read_quietly(path), SOFT, 0)


@pytest.mark.parametrize(
    ("name", "dtype"), [("a.tif", "<u2"), ("a.tif", ">u2"), ("a.tif", "<i4"), ("a.tif", "<f4")]
)
def test_other_values_than_bytes_are_refused_where_it_does_not(
    tmp_path: Path, name: str, dtype: str
) -> None:
    path = save(tmp_path / name, Image.fromarray(SOFT.astype(dtype)))
    with refused(f"{path}: has more than 8 bits per pixel, and TIFF does not say"):
        pictures.read(path)


def test_lab_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", Image.new("LAB", (4, 4)))
    with refused(f"{path}: is in LAB colours; save it in RGB"):
        pictures.read(path)


def pen(value: int) -> Image.Image:
    """Ink of that brightness on transparent ground."""
    return Image.merge("LA", (Image.new("L", GREY.size, value), GREY)).convert("RGBA")


def palette(value: int, alpha: bytes | int) -> tuple[Image.Image, dict[str, Any]]:
    """Ink of that brightness by index, with alpha for each or with one that is transparent."""
    indices = SOFT if isinstance(alpha, bytes) else INK // 255
    image = Image.frombytes("P", GREY.size, indices.tobytes())
    image.putpalette([128, 0, 0] + [value] * 765)
    return image, {"transparency": alpha}


def keyed(mode: str) -> Callable[[int], tuple[Image.Image, dict[str, Any]]]:
    """Ink in a picture that names one colour as transparent."""

    def make(value: int) -> tuple[Image.Image, dict[str, Any]]:
        values = np.where(INK == 255, value, 77)
        if mode == "I;16":
            return Image.fromarray((values * 257).astype(np.uint16)), {"transparency": 77 * 257}
        image = Image.fromarray(values.astype(np.uint8)).convert(mode)
        return image, {"transparency": 77 if mode == "L" else (77, 77, 77)}

    return make


PENS: dict[str, Callable[[int], tuple[Image.Image, dict[str, Any]]]] = {
    "RGBA.png": lambda value: (pen(value), {}),
    "RGBA.webp": lambda value: (pen(value), {"lossless": True}),
    "RGBA.tif": lambda value: (pen(value), {}),
    "RGBA.ico": lambda value: (pen(value), {}),
    "RGBA.jp2": lambda value: (pen(value), {}),
    "LA.png": lambda value: (pen(value).convert("LA"), {}),
    "LA.tif": lambda value: (pen(value).convert("LA"), {}),
    "PA.tif": lambda value: (pen(value).convert("P").convert("PA"), {}),
    "bytes.png": lambda value: palette(value, bytes(range(256))),
    "index.png": lambda value: palette(value, 0),
    "index.gif": lambda value: palette(value, 0),
    "L.png": keyed("L"),
    "RGB.png": keyed("RGB"),
    "16.png": keyed("I;16"),
}


@pytest.mark.parametrize("name", PENS)
def test_ink_on_transparent_ground_is_ink_on_a_ground_that_shows_it(
    tmp_path: Path, name: str
) -> None:
    for value, ground in ((0, Ground.WHITE), (255, Ground.BLACK)):
        image, options = PENS[name](value)
        path = save(tmp_path / name, image, **options)
        soft = name.startswith(("RGBA", "LA", "PA", "bytes"))
        shown = (SOFT if soft else INK) if value else 255 - (SOFT if soft else INK)
        picture = read_quietly(path)
        near(picture, shown, 2)
        assert picture.origin.ground is ground
        told = read_quietly(path, Ground.WHITE)
        assert (told.origin.ground, told.pixels[0, 0, 0]) == (None, 255)
        assert read_quietly(path, Ground.BLACK).pixels[0, 0, 0] == 0


def png(path: Path, depth: int, kind: int, rows: list[bytes], transparent: bytes) -> Path:
    """A PNG that Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 16, 16, depth, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), (b"tRNS", transparent), (b"IDAT", pixels), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks))
    return path


@pytest.mark.parametrize(("depth", "kind"), [(1, 0), (2, 0), (4, 0), (16, 2)])
def test_a_transparent_colour_is_found_in_every_depth(
    tmp_path: Path, depth: int, kind: int
) -> None:
    most = 2**depth - 1
    transparent = {1: 0, 2: 1, 4: 5, 16: 0x1234}[depth]
    values = np.where(INK == 255, most, transparent)
    if depth == 16:
        rows = [np.repeat(row, 3).astype(">u2").tobytes() for row in values]
    else:
        bits = values[..., None] >> np.arange(depth)[::-1] & 1
        rows = [np.packbits(row).tobytes() for row in bits.reshape(16, -1)]
    colour = struct.pack(">H", transparent) * (3 if kind == 2 else 1)
    picture = read_quietly(png(tmp_path / "a.png", depth, kind, rows, colour))
    near(picture, INK, 0)
    assert picture.origin.ground is Ground.BLACK


def test_paper_with_transparent_corners_stays_white_all_over(tmp_path: Path) -> None:
    alpha = np.full((16, 16), 255, dtype=np.uint8)
    alpha[0, 0] = alpha[-1, -1] = 0
    paper = Image.fromarray(255 - INK)
    path = save(tmp_path / "a.png", Image.merge("LA", (paper, Image.fromarray(alpha))))
    near(read_quietly(path), 255 - INK, 0)


def test_what_is_transparent_all_over_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGBA", (4, 4)))
    with refused(f"{path}: is fully transparent"):
        pictures.read(path)


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_pictures_are_turned_as_exif_says(tmp_path: Path, suffix: str) -> None:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        way = TURNED.get(orientation)
        stored = GREY if way is None else GREY.transpose(way)
        options = {"lossless": True} if suffix == ".webp" else {}
        path = save(tmp_path / f"a{suffix}", stored.convert("RGB"), exif=exif, **options)
        near(read_quietly(path), SOFT)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\x01", b"?"])
def test_damaged_exif_turns_nothing(tmp_path: Path, exif: bytes) -> None:
    near(read_quietly(save(tmp_path / "a.jpg", GREY, exif=exif)), SOFT)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_the_first_frame_is_taken(tmp_path: Path, suffix: str) -> None:
    others = [Image.fromarray(255 - SOFT).convert("RGB"), GREY.convert("RGB")]
    path = tmp_path / f"a{suffix}"
    GREY.convert("RGB").save(path, save_all=True, append_images=others)
    picture = read_quietly(path)
    near(picture, SOFT)
    assert picture.origin.frames == 3


def test_files_that_are_no_pictures_are_refused(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "a.png"
    with refused(f"{path}: no such file"):
        pictures.read(path)
    with refused(f"{tmp_path}: cannot be read"):
        pictures.read(tmp_path)
    for content in (
        b"",
        b"a text\n",
        b"\0\0\0\x18ftypheic",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"<svg/>",
    ):
        path.write_bytes(content)
        with pytest.raises(UnknownFormatError, match=r"a\.png: (is empty|not an image)"):
            pictures.read(path)
    save(path, GREY)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    with refused(f"{path}: has more than 200 pixels; reduce its size"):
        pictures.read(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with refused(f"{path}: has more than 20 pixels; reduce its size"):
        pictures.read(path)
