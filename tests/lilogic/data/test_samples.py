"""Files as samples of a network."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lilogic.data.look import Look, Tone
from lilogic.data.readers.pictures import Ground
from lilogic.data.samples import Reader
from lilogic.errors import LilogicWarning
from tests.lilogic.data.files import Trap, idx_bytes, refused

DARK = Look(white=255, ground=Tone.DARK)
BYTE = np.dtype(np.uint8)
READER = Reader((2, 2), BYTE, DARK)


def save(path: Path, pixels: Any) -> Path:
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)
    return path


def warned(reader: Reader, *paths: Path) -> list[tuple[str, str | None]]:
    """The warnings and their options."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reader.read(paths)
    messages = [each.message for each in caught]
    assert all(isinstance(message, LilogicWarning) for message in messages)
    return [(str(message), message.option) for message in messages]  # type: ignore[union-attr]


def one(path: Path, shape: tuple[int, ...], **options: Any) -> np.ndarray:
    return Reader(shape, BYTE, Look(white=255), **options).read([path]).x[0]


def test_a_picture_becomes_a_sample(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", [[0, 128], [255, 16]])
    np.testing.assert_array_equal(one(path, (2, 2)), [[0, 128], [255, 16]])
    np.testing.assert_array_equal(one(path, (2, 2, 1))[..., 0], [[0, 128], [255, 16]])
    np.testing.assert_array_equal(one(path, (2, 2), white=16), [[0, 8], [16, 1]])
    np.testing.assert_array_equal(one(path, (2, 2), white=16, invert=True), [[16, 8], [0, 15]])
    np.testing.assert_array_equal(one(path, (1, 1)), [[100]])
    assert one(path, (4, 4)).shape == (4, 4)
    assert one(path, (2, 2, 3)).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("shape", "text"),
    [((4,), "are not images"), ((2, 2, 2), "not images"), ((3, 2), "is 2×2, but the network")],
)
def test_a_picture_that_is_no_sample_is_refused(
    tmp_path: Path, shape: tuple[int, ...], text: str
) -> None:
    path = save(tmp_path / "a.png", np.zeros((2, 2)))
    with refused(f"{path}: ", text):
        one(path, shape)


def test_grey_is_the_luma_that_pillow_has(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    path = save(tmp_path / "a.png", pixels)
    expected = np.asarray(Image.fromarray(pixels).convert("L"))
    np.testing.assert_array_equal(one(path, (8, 8)), expected)


def test_ink_on_paper_is_warned_of_and_never_inverted_unasked(tmp_path: Path) -> None:
    paper = save(tmp_path / "paper.png", np.pad([[0]], 3, constant_values=255))
    board = save(tmp_path / "board.png", np.pad([[255]], 3, constant_values=0))
    reader = Reader((7, 7), BYTE, DARK)
    text = f"{paper}: looks dark on light, but the network was trained on light on dark"
    assert warned(reader, board, paper) == [(text, "invert")]
    assert reader.read([board]).x[0, 3, 3] == 255
    with pytest.warns(LilogicWarning):
        assert reader.read([paper]).x[0, 3, 3] == 0
    inverting = replace(reader, invert=True)
    assert inverting.read([paper]).x[0, 3, 3] == 255
    assert "looks dark on light after inverting" in warned(inverting, board)[0][0]
    light = Reader((7, 7), BYTE, Look(white=255, ground=Tone.LIGHT))
    assert "looks light on dark, but" in warned(light, board, paper, board)[0][0]
    assert "board.png and 1 more: looks" in warned(light, board, paper, board)[0][0]
    assert warned(Reader((7, 7), BYTE, Look(white=255)), paper, board) == []


def test_a_value_of_white_that_is_not_known_is_said(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.zeros((2, 2)))
    text = "the network does not record the value of white; using 255"
    for look in (None, Look(ground=Tone.DARK)):
        assert warned(replace(READER, look=look), path) == [(text, "white")]
    text = (
        "the network does not record the value of white; using 16, the highest value of the "
        "training data"
    )
    assert warned(replace(READER, look=Look(highest=16)), path) == [(text, "white")]
    assert warned(replace(READER, look=None, white=16), path) == []


def test_transparent_parts_are_said_and_may_be_decided(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.new("LA", (2, 2), (255, 0))
    image.putpixel((0, 0), (255, 255))
    image.save(path)
    text = f"{path}: transparent parts are taken as black, as all that shows is light"
    assert warned(READER, path) == [(text, "ground")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = replace(READER, look=Look(white=255), ground=Ground.WHITE).read([path])
    assert (told.x == 255).all()


def test_arrays_are_samples_or_one(tmp_path: Path) -> None:
    several, single = tmp_path / "several.npy", tmp_path / "SINGLE.NPY"
    x = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    np.save(several, x)
    single.write_bytes(several.read_bytes())
    with single.open("wb") as file:
        np.save(file, x[1].astype(float))
    picture = save(tmp_path / "a.png", [[1, 2], [3, 4]])
    samples = READER.read([several, picture, single])
    np.testing.assert_array_equal(samples.x, [*x, [[1, 2], [3, 4]], x[1]])
    assert samples.x.dtype == np.uint8
    assert samples.files == (several, several, several, picture, single)
    assert samples.numbers == (0, 1, 2, 0, 0)
    assert samples.names == [*(f"{several}[{i}]" for i in range(3)), str(picture), str(single)]


def test_an_archive_has_one_array_or_a_named_one(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    x = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    np.savez(path, x=x)
    np.testing.assert_array_equal(READER.read([path]).x, x)
    np.savez(path, x_train=x, x_test=x[:1])
    with refused(f"{path}: has several arrays, name one: x_train, x_test"):
        READER.read([path])
    np.testing.assert_array_equal(replace(READER, array="x_test").read([path]).x, x[:1])
    with refused(f"{path}: has no array y: x_train, x_test"):
        replace(READER, array="y").read([path])


def test_idx_files_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    x = np.arange(8).reshape(2, 2, 2)
    path = tmp_path / "images.IDX"
    path.write_bytes(idx_bytes(x))
    np.testing.assert_array_equal(READER.read([path]).x, x)


@pytest.mark.parametrize(
    ("array", "shape", "words"),
    [
        (np.zeros((3, 4)), (2, 2), "has an array of shape (3, 4), but the network reads (samples"),
        (np.zeros((3, 4)), (2, 2), "numpy.reshape(x, (-1, 2, 2)) if its values come in that order"),
        (np.zeros((5, 3, 2, 2)), (2, 2, 3), "numpy.transpose(x, (0, 2, 3, 1))"),
        (np.zeros((3, 5)), (2, 2), "has an array of shape (3, 5)"),
        (np.full((1, 2, 2), 0.5), (2, 2), "scale and round them"),
        (np.full((1, 2, 2), 256), (2, 2), "do not fit uint8"),
        (np.zeros((0, 2, 2)), (2, 2), "has no samples"),
        (np.array([["a", "b"], ["c", "d"]]), (2, 2), "must be numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, array: np.ndarray, shape: tuple[int, ...], words: str
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, array)
    with refused(f"{path}: ", words):
        Reader(shape, BYTE).read([path])


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for content, words in (
        (None, "no such file"),
        (b"", "is empty"),
        (b"a text", "not an image in a supported format (PNG"),
        (b"PK\x03\x04 no archive", "truncated, damaged or not a file of plain arrays"),
        (b"\x93NUMPY", "truncated, damaged or not a file of plain arrays"),
        (b"\x1f\x8bxx", "truncated or damaged gzip"),
        (b"\0\0\x08\x03", "not an IDX file"),
    ):
        if content is not None:
            path.write_bytes(content)
        with refused(f"{path}: {words}"):
            READER.read([path])
    np.save(path, np.array([Trap()], dtype=object), allow_pickle=True)
    with refused(f"{path}: truncated, damaged or not a file of plain arrays"):
        READER.read([path])
