"""CIFAR-10: right arrays from good files, one line about anything else."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from lilogic.data import datasets, fetch
from lilogic.data.readers import cifar
from lilogic.data.readers.arrays import Splits
from tests.lilogic.data.files import Trap, read_or_refuse, refused


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """CIFAR-10's six files with two records each instead of 10,000."""
    monkeypatch.setattr(cifar, "RECORDS", 2)
    files = {}
    for number, name in enumerate(f"{name}.bin" for name in cifar.NAMES):
        records = [
            bytes([(number + record) % 10])
            + b"".join(bytes([number * 10 + c]) * 1024 for c in b"\1\2\3")
            for record in range(2)
        ]
        files[name] = b"".join(records)
    return files


def archive(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def check_cifar(splits: Splits) -> None:
    x_train, y_train, x_test, y_test = splits
    assert (x_train.shape, x_test.shape) == ((10, 32, 32, 3), (2, 32, 32, 3))
    assert (x_train.dtype, y_train.dtype) == (np.uint8, np.int64)
    assert y_train.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert y_test.tolist() == [5, 6]
    for record in range(10):  # planes have become channels
        channels = np.array([1, 2, 3]) + record // 2 * 10
        assert (x_train[record] == channels).all()
    assert (x_test == [51, 52, 53]).all()


def test_cifar_from_a_folder_and_an_archive(tmp_path: Path, batches: dict[str, bytes]) -> None:
    check_cifar(cifar.read(write_folder(tmp_path / "bin", batches)))
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(archive(batches | {"readme.html": b"<html>"}))
    check_cifar(cifar.read(path))


@pytest.mark.parametrize("folder", ["", "CIFAR10"])
def test_cifar_folder_is_found_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: dict[str, bytes], folder: str
) -> None:
    write_folder(tmp_path / folder / "cifar-10-batches-bin", batches)
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    data = datasets.load("cifar-10")
    check_cifar((data.x_train, data.y_train, data.x_test, data.y_test))
    assert data.class_names[3] == "cat"


@pytest.mark.parametrize(
    ("file", "mode"), [("cifar-10-binary.tar.gz", "w:gz"), ("cifar-10-binary.tar", "w")]
)
def test_cifar_archive_is_found_in_the_data_folder_unzipped_or_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batches: dict[str, bytes],
    file: str,
    mode: str,
) -> None:
    (tmp_path / file).write_bytes(archive(batches, mode))
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    data = datasets.load("cifar-10")
    check_cifar((data.x_train, data.y_train, data.x_test, data.y_test))


def test_cifar_archive_truncated_anywhere_is_refused_or_whole(
    tmp_path: Path, batches: dict[str, bytes]
) -> None:
    data = archive(batches)
    path = tmp_path / "cifar-10-binary.tar.gz"
    refusals = 0
    for length in range(len(data)):
        path.write_bytes(data[:length])
        found = read_or_refuse(path, cifar.read)
        if found is None:
            refusals += 1
        else:  # only padding or the checksum was cut off
            check_cifar(found)
    assert refusals > 0.9 * len(data)


def test_cifar_with_a_missing_short_or_wrong_file_is_refused(
    tmp_path: Path, batches: dict[str, bytes]
) -> None:
    folder = write_folder(tmp_path / "bin", batches)
    path = folder / "data_batch_3.bin"
    path.write_bytes(batches[path.name][:-1])
    with refused(f"{path}: ", len(batches[path.name]) - 1, len(batches[path.name])):
        cifar.read(folder)
    path.write_bytes(batches[path.name][:3073] + b"\x0a" + batches[path.name][3074:])
    with refused(f"{path}: label 1 is 10"):
        cifar.read(folder)
    path.unlink()
    with refused(f"{path}: no such file"):
        cifar.read(folder)
    del batches["test_batch.bin"]
    packed = tmp_path / "cifar-10-binary.tar.gz"
    packed.write_bytes(archive(batches))
    with refused(f"{packed}: has no test_batch"):
        cifar.read(packed)


def python_batch(record: bytes, **replaced: bytes) -> bytes:
    """A batch of the Python version as Python 2 pickled it, of the same two records."""
    labels, pixels = (record[0], record[3073]), record[1:3073] + record[3074:]
    parts = {
        "start": b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x03one",
        "labels": b"U\x06labelsq\x03]q\x04(" + b"".join(b"K%c" % label for label in labels) + b"e",
        "key": b"U\x04data",
        "array": b"cnumpy.core.multiarray\n_reconstruct\nq\x05"
        + b"cnumpy\nndarray\nq\x06K\0\x85U\x01b\x87R",
        "shape": b"(K\x01K\x02M\x00\x0c\x86",
        "dtype": b"cnumpy\ndtype\nU\x02u1K\0K\x01\x87R(K\x03U\x01|NNN"
        + 2 * b"J\xff\xff\xff\xff"
        + b"K\0tb",
        "order": b"\x89",
        "pixels": b"T" + len(pixels).to_bytes(4, "little") + pixels + b"tb",
        "names": b"U\x09filenames](U\x01aU\x01be",
        "end": b"u.",
    }
    return b"".join((parts | replaced).values())


@pytest.fixture
def pickles(batches: dict[str, bytes]) -> dict[str, bytes]:
    return {name.removesuffix(".bin"): python_batch(data) for name, data in batches.items()}


def test_the_python_version_that_was_made_here_is_what_pickle_takes(
    pickles: dict[str, bytes],
) -> None:
    found = pickle.loads(pickles["data_batch_2"], encoding="bytes")
    assert (found[b"data"].shape, found[b"data"].dtype) == ((2, 3072), np.uint8)
    assert found[b"labels"] == [1, 2]


@pytest.mark.parametrize("folder", ["", "CIFAR10"])
def test_cifar_in_its_python_version_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pickles: dict[str, bytes], folder: str
) -> None:
    write_folder(tmp_path / folder / "cifar-10-batches-py", pickles | {"batches.meta": b""})
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    data = datasets.load("cifar-10")
    check_cifar((data.x_train, data.y_train, data.x_test, data.y_test))


def test_the_archive_of_the_python_version_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pickles: dict[str, bytes]
) -> None:
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(archive(pickles))
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    data = datasets.load("cifar-10")
    check_cifar((data.x_train, data.y_train, data.x_test, data.y_test))


@pytest.mark.parametrize(
    "part",
    [
        {"labels": b"U\x06labels](K\x01e"},
        {"labels": b"U\x06labels](K\x01U\x01ae"},
        {"shape": b"(K\x01M\x00\x0cK\x02\x86"},
        {"order": b"\x88"},
        {"array": b"cos\nsystem\nU\x04true\x85R"},
        {"pixels": b"U\x01atb"},
        {"end": b""},
        {"start": b"\xff"},
    ],
)
def test_other_pickles_are_refused_and_never_run(
    tmp_path: Path, batches: dict[str, bytes], pickles: dict[str, bytes], part: dict[str, bytes]
) -> None:
    folder = write_folder(tmp_path / "py", pickles)
    path = folder / "data_batch_4"
    path.write_bytes(python_batch(batches["data_batch_4.bin"], **part))
    with refused(f"{path}: "):
        cifar.read(folder)


def test_a_pickle_that_runs_something_is_refused(tmp_path: Path, pickles: dict[str, bytes]) -> None:
    folder = write_folder(tmp_path / "py", pickles)
    (folder / "test_batch").write_bytes(pickle.dumps(Trap(), 2))
    with refused(f"{folder / 'test_batch'}: not 2 labels and images"):
        cifar.read(folder)
