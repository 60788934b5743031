"""Folders of images: right arrays, one line about anything else."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lilogic.data import datasets
from lilogic.data.readers import images
from lilogic.data.settings import DataSettings
from lilogic.errors import LilogicWarning
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


def test_the_share_of_test_images_may_be_chosen_as_may_a_fold(tmp_path: Path) -> None:
    write_classes(tmp_path, {"dog": 10, "cat": 5})
    data = datasets.load(str(tmp_path), DataSettings(test=0.4))
    assert np.bincount(data.y_test).tolist() == [2, 4]
    assert data.drawn
    other = datasets.load(str(tmp_path), DataSettings(test=0.4, seed=1))
    assert other.hashes() != data.hashes()
    folds = [
        datasets.load(str(tmp_path), DataSettings(fold=(number, 5))).x_test
        for number in range(1, 6)
    ]
    assert sorted(np.concatenate(folds)[:, 0, 0]) == list(range(15))  # each image tests once


def test_images_with_train_and_test_folders_keep_their_splits(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", {"a": 2, "b": 1})
    write_classes(tmp_path / "test", {"b": 2, "a": 1}, 100)
    (x_train, y_train, x_test, y_test), names, _ = images.read_folder(tmp_path)
    assert names == ("a", "b")
    assert (x_train[:, 0, 0].tolist(), y_train.tolist()) == ([0, 1, 2], [0, 0, 1])
    assert (x_test[:, 0, 0].tolist(), y_test.tolist()) == ([102, 100, 101], [0, 1, 1])


def test_one_coloured_pixel_makes_all_images_colour(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    assert images.read_folder(tmp_path)[0][0].shape == (2, 3, 4)
    write_image(tmp_path / "b" / "00.png", (1, 2, 3), mode="RGB")
    write_image(tmp_path / "b" / "01.png", (1, 2, 3, 255), mode="RGBA")
    with pytest.warns(LilogicWarning, match=r"b.00\.png and 1 more: has colours, so all"):
        (x_train, y_train, x_test, _), *_ = images.read_folder(tmp_path)
    assert (x_train.shape, x_test.shape) == ((2, 3, 4, 3), (2, 3, 4, 3))
    assert (x_train[y_train == 1] == [1, 2, 3]).all()


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / ".hidden.png").write_bytes(b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
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
    data, (expected, *_) = path.read_bytes(), images.read_folder(tmp_path)
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


def test_what_a_file_is_decides_and_not_what_it_is_called(tmp_path: Path) -> None:
    """Suffixes of formats and none, small and capital: all are read."""
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for suffix in (".png", ".PNG", ".webp", ".TIF", ".ppm", ".jp2", ".jpeg", ".bmp"):
            pixels = Image.fromarray(random.integers(0, 256, (8, 8), dtype=np.uint8))
            lossless = {"lossless": True} if suffix == ".webp" else {}
            pixels.save(tmp_path / name / f"x{suffix}", **lossless)
        pixels.save(tmp_path / name / "nameless", format="PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (x_train, _, x_test, _), *_ = images.read_folder(tmp_path)
    assert len(x_train) + len(x_test) == 2 * 9


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    (tmp_path / "read.me").write_text("text")
    (tmp_path / "a" / "labels.csv").write_text("1,2")
    write_classes(tmp_path / "b", {"more": 1})
    with pytest.warns(LilogicWarning) as caught:
        images.read_folder(tmp_path)
    assert sorted(str(warning.message) for warning in caught) == [
        f"{tmp_path / 'a'}: ignored labels.csv",
        f"{tmp_path / 'b'}: ignored more",
        f"{tmp_path}: ignored read.me",
    ]


@pytest.mark.parametrize("content", [b"", b"a text"])
def test_what_is_called_a_picture_and_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    path = tmp_path / "a" / "01.PNG"
    path.write_bytes(content)
    with refused(f"{path}: "):
        images.read_folder(tmp_path)


def test_transparent_ground_is_laid_on_white_or_black_and_said(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2}, 255)
    for name, value in (("00", 0), ("01", 255)):
        image = Image.new("LA", (4, 3), (value, 0))
        image.putpixel((1, 1), (value, 255))
        image.save(tmp_path / "b" / f"{name}.png")
    with pytest.warns(LilogicWarning) as caught:
        (x_train, y_train, x_test, y_test), *_ = images.read_folder(tmp_path)
    otherwise = "; save it without them to decide otherwise"
    assert [str(warning.message) for warning in caught] == [
        f"{tmp_path / 'b' / '00.png'}: transparent parts are taken as white{otherwise}",
        f"{tmp_path / 'b' / '01.png'}: transparent parts are taken as black, "
        f"as all that shows is light{otherwise}",
    ]
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    found = {(image[0, 0], image[1, 1]) for image in x[y == 1]}
    assert found == {(255, 0), (0, 255)}


def test_classes_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    write_classes(tmp_path, {str(number): 2 for number in range(12)})
    assert images.read_folder(tmp_path)[1] == tuple(map(str, range(12)))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("train", "val"), "folder train, but none called test: make it of val"),
        (("Train", "Validation"), "folder Train, but none called test: make it of Validation"),
        (("train",), "folder train, but none called test: make one"),
        (("training", "other"), "folder training, but none called test: make one"),
        (("test",), "folder test, but none called train: make one"),
    ],
)
def test_a_missing_split_is_named(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    for name in names:
        write_classes(tmp_path / name, {"a": 2, "b": 2})
    with refused(f"{tmp_path}: has a {words}"):
        images.read_folder(tmp_path)


def test_splits_may_be_called_training_and_testing(tmp_path: Path) -> None:
    write_classes(tmp_path / "Training", {"a": 2, "b": 1})
    write_classes(tmp_path / "testing", {"a": 1, "b": 1})
    write_classes(tmp_path / "val", {"a": 1, "b": 1})
    with pytest.warns(LilogicWarning, match="ignored val"):
        (x_train, _, x_test, _), *_ = images.read_folder(tmp_path)
    assert (len(x_train), len(x_test)) == (3, 2)


def test_trains_may_be_a_class(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train": 2, "ship": 2})
    assert images.read_folder(tmp_path)[1] == ("ship", "train")


def test_folders_without_enough_images_are_refused(tmp_path: Path) -> None:
    with refused(f"{tmp_path}: has no subfolders"):
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
    with refused(f"{tmp_path / 'test' / 'c'}: train has no such class"):
        images.read_folder(tmp_path)
