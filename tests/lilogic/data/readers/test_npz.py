""".npz: right arrays from good files, one line about anything else."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lilogic.data import datasets
from lilogic.errors import LilogicWarning
from tests.lilogic.data.files import Trap, arrays, read_or_refuse, refused


def write_npz(path: Path, **replaced: Any) -> Path:
    np.savez(path, **arrays(**replaced))
    return path


def read(path: Path) -> list[np.ndarray]:
    """Samples and labels of both splits."""
    data = datasets.load(str(path))
    return [data.x_train, data.y_train, data.x_test, data.y_test]


def test_npz_becomes_a_data_set(tmp_path: Path) -> None:
    data = datasets.load(str(write_npz(tmp_path / "own.npz")))
    expected = arrays()
    assert (data.name, data.n_classes, data.class_names) == ("own", 3, ("0", "1", "2"))
    np.testing.assert_array_equal(data.x_train, expected["x_train"])
    np.testing.assert_array_equal(data.x_test, expected["x_test"])
    assert (data.y_train.tolist(), data.y_test.tolist()) == ([0, 1, 2, 1], [0, 2])
    assert data.y_train.dtype == data.y_test.dtype == np.int64


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_truncated_anywhere_is_refused(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "own.npz"
    save(path, **arrays())
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with refused(f"{path}: "):
            read(path)


@pytest.mark.parametrize("mask", [0x02, 0xFF])
def test_npz_with_a_changed_byte_is_never_read_wrong(tmp_path: Path, mask: int) -> None:
    path = write_npz(tmp_path / "own.npz")
    data, expected = path.read_bytes(), read(path)
    for position in range(len(data)):
        changed = bytes([data[position] ^ mask])
        path.write_bytes(data[:position] + changed + data[position + 1 :])
        found = read_or_refuse(path, read)
        if found is not None:
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_npz_with_a_missing_array_is_refused(tmp_path: Path, name: str) -> None:
    path = write_npz(tmp_path / "own.npz", **{name: None})
    others = ", ".join(arrays(**{name: None}))
    with refused(f"{path}: array {name} is missing; needed are ", f"; it has {others}"):
        read(path)


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_npz_with_pickled_objects_is_refused_and_not_unpickled(tmp_path: Path, name: str) -> None:
    path = write_npz(tmp_path / "own.npz", **{name: np.array([Trap()] * 4, dtype=object)})
    with refused(f"{path}: "):
        read(path)


def test_a_pickle_called_npz_is_refused_and_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(pickle.dumps(Trap()))
    with refused(f"{path}: "):
        read(path)


def test_other_files_called_npz_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    with refused(f"{path}: no such file"):
        datasets.load(str(path))
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))  # a lone array
    with refused(f"{path}: "):
        read(path)
    for header in (
        "{'descr'",
        "[" * 500,
        "{'shape': (1" + "0" * 30 + ",), 'descr': '<i8', ",
        "9" * 50,
    ):
        text = header + "'fortran_order': False}" * header.endswith(", ")
        array = b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode()
        with zipfile.ZipFile(path, "w") as packed:
            for name in arrays():
                packed.writestr(f"{name}.npy", array)
        with refused(f"{path}: truncated, damaged or not a .npz of plain arrays"):
            read(path)
    with zipfile.ZipFile(path, "w") as packed:  # no arrays inside
        for name in arrays():
            packed.writestr(f"{name}.npy", "text")
    with refused(f"{path}: x_train"):
        read(path)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("x_test", np.array([[1, 1, 2], [1, np.nan, 2]]), "x_test has a value for sample 1 that"),
        ("x_test", np.array([[1, np.inf, 2]] * 2), "x_test has a value for sample 0 that is miss"),
        (
            "y_train",
            np.array([0, 1, 1.5, 2]),
            "labels y_train have 1.5; lilogic learns classes",
        ),
        ("y_train", np.array([0, 1, np.nan, 2]), "labels y_train have no value for sample 2"),
        ("x_train", np.zeros((4, 3), dtype=complex), "x_train is complex128"),
        ("y_test", np.array([0, 1], dtype="M8[s]"), "labels y_test are datetime64[s]"),
        ("x_train", np.zeros(4, dtype=int), "x_train has shape (4,)"),
        ("x_train", np.array(3), "x_train has shape ()"),
        ("x_train", np.zeros((4, 1, 1, 1, 1), dtype=int), "x_train has shape (4, 1, 1, 1, 1)"),
        ("x_test", np.zeros((0, 3), dtype=int), "x_test has shape (0, 3)"),
        ("x_test", np.zeros((2, 4), dtype=int), "x_test has samples of shape (4,)"),
        ("y_train", np.array([0, 1, 2]), "labels y_train have shape (3,), but there are 4 samples"),
        ("y_test", np.array([[0, 1]]), "labels y_test have shape (1, 2)"),
        ("y_test", np.array([0, 3]), "labels y_test have 3 for sample 1, but "),
        ("y_test", np.array([0, -2]), "labels y_test have -2 for sample 1, but "),
    ],
)
def test_npz_with_unusable_arrays_names_the_file_and_the_array(
    tmp_path: Path, name: str, array: np.ndarray, words: str
) -> None:
    path = write_npz(tmp_path / "own.npz", **{name: array})
    with refused(f"{path}: ", words):
        read(path)


@pytest.mark.parametrize(
    ("train", "test", "dtype"),
    [
        (np.uint8, np.uint8, np.uint8),
        (np.int32, np.int32, np.int32),  # one of the encoder's: kept, though the values are small
        (np.uint8, np.int64, np.uint8),
        (np.float64, np.float32, np.uint8),
        (np.bool_, np.bool_, np.uint8),
        (np.uint64, np.uint64, np.uint8),
    ],
)
def test_npz_samples_come_in_one_dtype_of_the_encoder(
    tmp_path: Path, train: Any, test: Any, dtype: Any
) -> None:
    x_train = np.array([[0, 1, 1]] * 4, dtype=train)
    x_test = np.array([[1, 0, 1]] * 2, dtype=test)
    splits = read(write_npz(tmp_path / "own.npz", x_train=x_train, x_test=x_test))
    assert splits[0].dtype == splits[2].dtype == dtype
    np.testing.assert_array_equal(splits[0], x_train)
    np.testing.assert_array_equal(splits[2], x_test)


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (0, 255, np.uint8),
        (-1, 127, np.int8),
        (-128, 128, np.int16),
        (0, 256, np.uint16),
        (-1, 65535, np.int32),
        (-(2**31), 2**31 - 1, np.int32),
    ],
)
def test_npz_takes_the_smallest_dtype_that_holds_both_splits(
    tmp_path: Path, low: int, high: int, dtype: Any
) -> None:
    x_train, x_test = np.full((4, 3), low), np.full((2, 3), high)
    splits = read(write_npz(tmp_path / "own.npz", x_train=x_train, x_test=x_test))
    assert splits[0].dtype == splits[2].dtype == dtype
    assert (splits[0].min(), splits[2].max()) == (low, high)


def test_channels_that_seem_to_come_first_are_warned_of(tmp_path: Path) -> None:
    x = np.zeros((4, 3, 8, 8), dtype=np.uint8)
    path = write_npz(tmp_path / "own.npz", x_train=x, x_test=x[:2])
    with pytest.warns(LilogicWarning, match=r"\(3, 8, 8\) are taken as 3 rows .*transpose"):
        read(path)
    x = x.transpose(0, 2, 3, 1)
    write_npz(path, x_train=x, x_test=x[:2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(path)


@pytest.mark.parametrize("name", ["UP.NPZ", "own", "own.zip"])
def test_what_a_file_is_decides_and_not_what_it_is_called(tmp_path: Path, name: str) -> None:
    path = write_npz(tmp_path / "own.npz").rename(tmp_path / name)
    assert datasets.exists(str(path))
    assert datasets.load(str(path)).n_classes == 3


@pytest.mark.parametrize(
    ("labels", "class_names"),
    [
        (np.array(["b", "a", "c", "a"]), ("a", "b", "c")),
        (np.array(["b", "10", "9", "9"]), ("10", "9", "b")),
        (np.array(["10", "9", "1e1", "9"]), ("9", "10", "1e1")),
        (np.array([7, -1, 2, 2]), ("-1", "2", "7")),
        (np.array([7.0, -1.0, 2.0, 2.0]), ("-1", "2", "7")),
        (np.array([True, False, True, True]), ("False", "True")),
    ],
)
def test_labels_may_be_of_any_type_and_have_gaps(
    tmp_path: Path, labels: np.ndarray, class_names: tuple[str, ...]
) -> None:
    path = write_npz(tmp_path / "own.npz", y_train=labels, y_test=labels[:2])
    data = datasets.load(str(path))
    assert data.class_names == class_names
    spelled = [class_names[number] for number in [*data.y_train, *data.y_test]]
    assert [*map(str, map(_plain, [*labels, *labels[:2]]))] == spelled


def _plain(label: Any) -> Any:
    return int(label) if isinstance(label, np.floating) else label


@pytest.mark.parametrize("names", [("x_train", "y_train"), ("x", "y"), ("X", "Y")])
def test_real_numbers_without_a_test_split_get_one(tmp_path: Path, names: tuple[str, str]) -> None:
    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    y = np.arange(20) % 2
    np.savez(tmp_path / "own.npz", **dict(zip(names, (x, y), strict=True)))
    data = datasets.load(str(tmp_path / "own.npz"))
    assert data.x_train.dtype == data.x_test.dtype == np.float64
    assert sorted(map(tuple, [*data.x_train, *data.x_test])) == sorted(map(tuple, x))
    assert np.bincount(data.y_test).tolist() == [2, 2]


def test_npy_of_labels_stands_beside_that_of_samples(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.array(["yes", "no"] * 10)
    np.save(tmp_path / "X.npy", x)
    with refused(f"{tmp_path / 'X.npy'}: labels are missing; put them next to it in y.npy"):
        datasets.load(str(tmp_path / "X.npy"))
    np.save(tmp_path / "y.npy", y)
    data = datasets.load(str(tmp_path / "X.npy"))
    assert (data.class_names, len(data.x_train), len(data.x_test)) == (("no", "yes"), 16, 4)
    for name, array in (("x_train", x), ("y_train", y), ("x_test", x[:6]), ("y_test", y[:6])):
        np.save(tmp_path / f"{name}.npy", array)
    data = datasets.load(str(tmp_path / "x_train.npy"))
    assert (len(data.x_train), len(data.x_test)) == (20, 6)
    with refused("y.npy: has no labels; name it X.npy or x_train.npy"):
        datasets.load(str(tmp_path / "y.npy"))
    (tmp_path / "X.npy").write_bytes(b"nothing")
    with refused("X.npy: truncated, damaged or not a .npy"):
        datasets.load(str(tmp_path / "X.npy"))
