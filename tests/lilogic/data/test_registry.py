"""Named data sets, where they are looked for, and how they are split."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from lilogic.data import datasets, fetch
from lilogic.data.datasets import Dataset
from tests.lilogic.data.files import arrays, refused, write_mnist


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("name", "folder"),
    [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")],
)
def test_idx_data_sets_are_read_from_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: str, zipped: bool
) -> None:
    expected = write_mnist(tmp_path / folder / "raw", zipped)
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    data = datasets.load(name)
    found = (data.x_train, data.y_train, data.x_test, data.y_test)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (data.x_train.dtype, data.y_train.dtype) == (np.uint8, np.int64)
    assert (data.name, data.n_classes, len(set(data.class_names))) == (name, 10, 10)


@pytest.mark.parametrize("spelling", ["{}.GZ", "{}", "kaggle"])
def test_spellings_of_idx_names_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    folder = tmp_path / "MNIST/raw"
    expected = write_mnist(folder, zipped=spelling.endswith(".GZ"))
    for path in [*folder.iterdir()]:
        name = path.name.removesuffix(".gz")
        kaggle = name.replace("-idx", ".idx").upper()
        path.rename(folder / (kaggle if spelling == "kaggle" else spelling.format(name)))
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    np.testing.assert_array_equal(datasets.load("mnist").x_train, expected[0])


def test_unzipped_files_win_over_zipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "MNIST/raw", zipped=True)
    expected = write_mnist(tmp_path / "MNIST/raw")
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    np.testing.assert_array_equal(datasets.load("mnist").x_train, expected[0])


def test_test_images_must_have_the_size_of_the_training_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "MNIST/raw", t10k_images=np.zeros((3, 5, 5)))
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    with refused(tmp_path / "MNIST/raw/t10k-images-idx3-ubyte", "(5, 5)", "(4, 5)"):
        datasets.load("mnist")


def test_a_data_folder_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path / "nothing"))
    with refused(f"{fetch.ENVIRONMENT} is {tmp_path / 'nothing'}"):
        datasets.load("mnist")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with refused("imagenet: no such data set", *datasets.REGISTRY, ".npz"):
        datasets.load("imagenet")


@pytest.mark.parametrize("name", ["x.xlsx", "X.MAT", "x.pkl", "notes"])
def test_files_of_other_kinds_say_what_to_make(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix:
        assert datasets.exists(str(path))
        with refused(f"{path}: no such file"):
            datasets.load(str(path))
    path.write_text("1,2,3\n")
    assert datasets.exists(str(path))
    with refused(f"{path}: not a data set in a supported format", "CSV", "numpy.savez", "x_test"):
        datasets.load(str(path))


def test_a_path_that_is_not_there_is_no_unknown_name(tmp_path: Path) -> None:
    path = tmp_path / "nothing"
    assert datasets.exists(str(path))
    with refused(f"{path}: no such file or folder"):
        datasets.load(str(path))


def test_looks_of_known_data_sets_are_what_they_look_like() -> None:
    found, known = datasets.load("digits").look(), datasets.LOOKS["digits"]
    assert found is not None
    assert (found.highest, found.ground) == (known.white, known.ground)


def test_digits_are_split_alike_everywhere() -> None:
    data = datasets.load("digits")
    assert (data.x_train.shape, data.x_test.shape) == ((1438, 8, 8), (359, 8, 8))
    assert (data.x_train.dtype, data.x_train.max()) == (np.uint8, 16)
    assert np.bincount(data.y_test).tolist() == [36, 36, 35, 37, 36, 36, 36, 36, 35, 36]
    assert data.hashes() == DIGITS_HASHES


DIGITS_HASHES = {
    "train": "1bddce07159d3948914159b7995e2dad3c44a35d188d66b5e9ca82899f7dcbb8",
    "test": "42b1ef9d444c251f6afd2ca516b0c41cbbce53fac34cb9e06cb4293fc05005a8",
}


def test_hashes_cover_samples_and_labels_of_each_split() -> None:
    splits = arrays()
    data = Dataset("own", **splits, n_classes=3, class_names=("a", "b", "c"))
    expected = hashlib.sha256(bytes(range(12)) + np.array([0, 1, 2, 1], "<i8").tobytes())
    assert data.hashes()["train"] == expected.hexdigest()
    turned = {name: np.asfortranarray(array) for name, array in splits.items()}
    same = Dataset("other", **turned, n_classes=3, class_names=("x", "y", "z"))
    assert same.hashes() == data.hashes()
    splits["y_test"] = np.array([0, 1])
    other = Dataset("own", **splits, n_classes=3, class_names=("a", "b", "c"))
    assert other.hashes()["train"] == data.hashes()["train"]
    assert other.hashes()["test"] != data.hashes()["test"]
