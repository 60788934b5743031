"""Folders of images: right arrays, one line about anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lilogic.data import datasets
from lilogic.data.readers import images
from lilogic.errors import LilogicError
from tests.lilogic.data.files import RANDOM, read_or_refuse, refused


def write_image(path: Path, value: Any, size: tuple[int, int] = (4, 3), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


def write_classes(folder: Path, counts: dict[str, int], first: int = 0) -> None:
    for name, count in counts.items():
        for number in range(count):
            write_image(folder / name / f"{number:02}.png", first)
            first += 1


def test_images_are_split_by_class_when_there_is_no_test_folder(tmp_path: Path) -> None:
    write_classes(tmp_path / "pets", {"dog": 10, "cat": 5, "emu": 2})
    data = datasets.load(str(tmp_path / "pets"))
    assert (data.name, data.n_classes, data.class_names) == ("pets", 3, ("cat", "dog", "emu"))
    assert data.x_train.shape[1:] == data.x_test.shape[1:] == (3, 4)
    assert np.bincount(data.y_train).tolist() == [4, 8, 1]
    assert np.bincount(data.y_test).tolist() == [1, 2, 1]
    values = np.concatenate([data.x_train, data.x_test])[:, 0, 0]
    assert sorted(values) == list(range(17))  # each image once
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        classes = np.select([x[:, 0, 0] < 10, x[:, 0, 0] < 15], [1, 0], 2)
        np.testing.assert_array_equal(classes, y)
    again = datasets.load(str(tmp_path / "pets"))
    assert again.hashes() == data.hashes()


def test_images_with_train_and_test_folders_keep_their_splits(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", {"a": 2, "b": 1})
    write_classes(tmp_path / "test", {"b": 2, "a": 1}, 100)
    (x_train, y_train, x_test, y_test), names = images.read_folder(tmp_path)
    assert names == ("a", "b")
    assert (x_train[:, 0, 0].tolist(), y_train.tolist()) == ([0, 1, 2], [0, 0, 1])
    assert (x_test[:, 0, 0].tolist(), y_test.tolist()) == ([102, 100, 101], [0, 1, 1])


def test_one_coloured_pixel_makes_all_images_colour(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    assert images.read_folder(tmp_path)[0][0].shape == (2, 3, 4)
    write_image(tmp_path / "b" / "00.png", (1, 2, 3), mode="RGB")
    write_image(tmp_path / "b" / "01.png", (1, 2, 3, 9), mode="RGBA")
    (x_train, y_train, x_test, _), _ = images.read_folder(tmp_path)
    assert (x_train.shape, x_test.shape) == ((2, 3, 4, 3), (2, 3, 4, 3))
    assert (x_train[y_train == 1] == [1, 2, 3]).all()


def test_hidden_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / ".hidden.png").write_bytes(b"")
    (tmp_path / "a" / "notes.txt").write_text("none")
    assert images.read_folder(tmp_path)[1] == ("a", "b")


def test_images_of_mixed_sizes_are_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    path = tmp_path / "b" / "01.png"
    write_image(path, 0, (5, 3))
    with refused(f"{path}: is 5×3, but 00.png is 4×3"):
        images.read_folder(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif"])
def test_an_image_truncated_anywhere_is_refused_or_whole(tmp_path: Path, suffix: str) -> None:
    write_classes(tmp_path, {"a": 2, "b": 1})
    path = tmp_path / "b" / f"x{suffix}"
    Image.fromarray(RANDOM.integers(0, 256, (3, 4), dtype=np.uint8)).save(path)
    data, (expected, _) = path.read_bytes(), images.read_folder(tmp_path)
    refusals = 0
    for length in range(0, len(data), 3):
        path.write_bytes(data[:length])
        found = read_or_refuse(path, lambda _: images.read_folder(tmp_path)[0])
        if found is None:
            refusals += 1
        else:  # only the trailer was cut off
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[2], expected[2])
    assert refusals > 0.5 * len(data) / 3


def test_images_of_sixteen_bits_are_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    path = tmp_path / "a" / "00.png"
    Image.fromarray(np.full((3, 4), 40000, dtype=np.uint16)).save(path)
    with refused(f"{path}: has more than 8 bits"):
        images.read_folder(tmp_path)


def test_folders_without_enough_images_are_refused(tmp_path: Path) -> None:
    with refused(f"{tmp_path}: has no folders"):
        images.read_folder(tmp_path)
    write_classes(tmp_path, {"a": 2, "b": 1})
    with refused(f"{tmp_path / 'b'}: has one image"):
        images.read_folder(tmp_path)
    (tmp_path / "b" / "00.png").unlink()
    with refused(f"{tmp_path / 'b'}: has no images"):
        images.read_folder(tmp_path)


def test_test_classes_must_be_the_training_classes(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", {"a": 1, "b": 1})
    write_classes(tmp_path / "test", {"a": 1})
    with refused(f"{tmp_path / 'test' / 'b'}: has no images"):
        images.read_folder(tmp_path)
    write_classes(tmp_path / "test", {"b": 1, "c": 1})
    with refused(f"{tmp_path / 'test' / 'c'}: there is no such class in train"):
        images.read_folder(tmp_path)


def save(path, pixels):
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)
    return path


def test_a_picture_becomes_a_sample(tmp_path):
    path = save(tmp_path / "a.png", [[0, 128], [255, 16]])
    np.testing.assert_array_equal(images.read(path, (2, 2)), [[0, 128], [255, 16]])
    np.testing.assert_array_equal(images.read(path, (2, 2, 1))[..., 0], [[0, 128], [255, 16]])
    np.testing.assert_array_equal(images.read(path, (2, 2), white=16), [[0, 8], [16, 1]])
    np.testing.assert_array_equal(images.read(path, (1, 1)), [[100]])
    assert images.read(path, (4, 4)).shape == (4, 4)
    assert images.read(path, (2, 2, 3)).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("shape", "text"),
    [((4,), "which are no images"), ((2, 2, 2), "no images"), ((3, 2), "is 2×2, but .* reads 2×3")],
)
def test_a_picture_that_is_no_sample_is_refused(tmp_path, shape, text):
    path = save(tmp_path / "a.png", np.zeros((2, 2)))
    with pytest.raises(LilogicError, match=text):
        images.read(path, shape)
