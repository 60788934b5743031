"""CIFAR-10: right arrays from good files, one line about anything else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from lilogic.data import datasets, fetch
from lilogic.data.readers import cifar
from lilogic.data.readers.arrays import Splits
from tests.lilogic.data.files import read_or_refuse, refused


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """CIFAR-10's six files with two records each instead of 10,000."""
    monkeypatch.setattr(cifar, "RECORDS", 2)
    files = {}
    for number, name in enumerate(cifar.FILES):
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
    with refused(f"{path}: cannot be read"):
        cifar.read(folder)
    del batches["test_batch.bin"]
    packed = tmp_path / "cifar-10-binary.tar.gz"
    packed.write_bytes(archive(batches))
    with refused(f"{packed}: has no test_batch.bin"):
        cifar.read(packed)
