"""Readers and fetching: right arrays from good files, one line about anything else."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import socketserver
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pooch
import pytest
import requests
from PIL import Image

from lilogic import datasets
from lilogic.datasets import Dataset, fetch, readers
from lilogic.datasets.fetch import Source
from lilogic.errors import LilogicError

RANDOM = np.random.default_rng(7)
MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@contextmanager
def refused(*parts: object) -> Iterator[None]:
    """The block must raise a LilogicError of one line that has all of ``parts``."""
    with pytest.raises(LilogicError) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def read_or_refuse(path: Path, read: Callable[[Path], Any]) -> Any:
    """What ``read(path)`` gives, or None if it raises a LilogicError of one line about ``path``."""
    try:
        return read(path)
    except LilogicError as error:
        message = str(error)
    assert message.startswith(str(path))
    assert "\n" not in message
    return None


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fetch.ENVIRONMENT, raising=False)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that downloads go to."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "lilogic" / "datasets"


def idx_bytes(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def write_mnist(folder: Path, zipped: bool = False, **replaced: np.ndarray) -> list[np.ndarray]:
    """A tiny data set in MNIST's layout, 6 training and 3 test images of 4x5 pixels."""
    arrays = {
        "train_images": RANDOM.integers(0, 256, (6, 4, 5)),
        "train_labels": np.array([0, 9, 1, 3, 3, 2]),
        "t10k_images": RANDOM.integers(0, 256, (3, 4, 5)),
        "t10k_labels": np.array([9, 0, 4]),
    } | replaced
    folder.mkdir(parents=True, exist_ok=True)
    for file, array in zip(MNIST_FILES, arrays.values(), strict=True):
        data = idx_bytes(array)
        path = folder / (file + ".gz" if zipped else file)
        path.write_bytes(gzip.compress(data) if zipped else data)
    return list(arrays.values())


# IDX


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", [(5,), (3, 2, 4), (0, 2, 2)])
def test_idx_gives_back_what_was_written(
    tmp_path: Path, compress: Callable[[bytes], bytes], shape: tuple[int, ...]
) -> None:
    expected = RANDOM.integers(0, 256, shape).astype(np.uint8)
    path = tmp_path / "file"
    path.write_bytes(compress(idx_bytes(expected)))
    found = readers.idx(path, len(shape))
    assert found.dtype == np.uint8
    assert found.flags.writeable
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_truncated_anywhere_is_refused(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    data = compress(idx_bytes(np.arange(12).reshape(3, 2, 2)))
    path = tmp_path / "images"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with refused(f"{path}: "):
            readers.idx(path, 3)


def test_idx_with_a_changed_gzip_byte_is_never_read_wrong(tmp_path: Path) -> None:
    expected = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    data = gzip.compress(idx_bytes(expected))
    path = tmp_path / "images.gz"
    for position in range(len(data)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        found = read_or_refuse(path, lambda path: readers.idx(path, 3))
        if found is not None:  # bytes of the gzip header that say nothing about the content
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "data",
    [
        idx_bytes(np.zeros((2, 3))),  # other dimensions
        b"\0\0\x0d\x01" + (1).to_bytes(4, "big") + b"\0\0\0\0",  # floats
        idx_bytes(np.zeros(3)) + b"\0",  # more than the header says
        b"\0\0\x08\x01" + b"\xff" * 4,  # 4 GiB promised
        b"",
    ],
)
def test_idx_of_another_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "labels"
    path.write_bytes(data)
    with refused(f"{path}: "):
        readers.idx(path, 1)


def test_idx_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with refused(f"{path}: cannot be read"):
            readers.idx(path, 1)


def test_labelled_idx_wants_one_label_per_image(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(idx_bytes(np.zeros((3, 2, 2))))
    labels.write_bytes(idx_bytes(np.zeros(4)))
    with refused(f"{labels}: ", "4 labels", "3 images"):
        readers.labelled_idx(images, labels, 10)


def test_labelled_idx_names_the_first_impossible_label(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(idx_bytes(np.zeros((4, 2, 2))))
    labels.write_bytes(idx_bytes(np.array([0, 9, 10, 11])))
    with refused(f"{labels}: label 2 is 10", "0 to 9"):
        readers.labelled_idx(images, labels, 10)


# The registered data sets and where they are looked for


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


# Downloads


class Offline:
    """A downloader without a network."""

    error: Exception = requests.ConnectionError("no route\nto host")

    def __init__(self, **_: Any) -> None:
        pass

    def __call__(self, url: str, output_file: str, _: Any) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST/raw"), ("kmnist", "KMNIST/raw"), ("cifar-10", "")]
)
@pytest.mark.usefixtures("cache")
def test_without_a_network_the_message_says_where_to_put_the_files(
    monkeypatch: pytest.MonkeyPatch, name: str, folder: str
) -> None:
    monkeypatch.setattr(pooch, "HTTPDownloader", Offline)
    place = Path(f"${fetch.ENVIRONMENT}") / folder
    files = ["cifar-10-binary.tar.gz"] if name == "cifar-10" else [f"{f}.gz" for f in MNIST_FILES]
    with refused(f"{name}: {files[0]} cannot be downloaded", "no connection", *files, place):
        datasets.load(name)


@pytest.mark.usefixtures("cache")
def test_a_missing_file_is_downloaded_even_with_a_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "MNIST/raw")
    (tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte").unlink()
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    monkeypatch.setattr(pooch, "HTTPDownloader", Offline)
    with refused("mnist: t10k-labels-idx1-ubyte.gz cannot be downloaded"):
        datasets.load("mnist")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.Timeout("slow"), "no answer"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
@pytest.mark.usefixtures("cache")
def test_why_a_download_failed_is_said(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setattr(pooch, "HTTPDownloader", Offline)
    monkeypatch.setattr(Offline, "error", error)
    with refused(f"({words})"):
        datasets.load("mnist")


CONTENT = gzip.compress(b"a file of a data set" * 1000)


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT, and some misbehaviour."""

    def do_GET(self) -> None:
        if self.path == "/absent.gz":
            self.send_error(404)
            return
        body = CONTENT[:-5] if self.path == "/short.gz" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
        self.server.served.append(self.path)  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[socketserver.TCPServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as running:
        running.served = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def source(server: Any, digest: str, file: str = "file.gz") -> Source:
    return Source("tiny", "TINY", f"http://127.0.0.1:{server.server_address[1]}/", {file: digest})


def test_a_download_is_cached_byte_for_byte_and_done_once(server: Any, cache: Path) -> None:
    tiny = source(server, hashlib.md5(CONTENT).hexdigest())
    for _ in range(2):
        path = tiny.find("file.gz")
        assert path == cache / "TINY" / "file.gz"
        assert path.read_bytes() == CONTENT
    assert server.served == ["/file.gz"]
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_file_in_the_cache_is_downloaded_anew(server: Any, cache: Path) -> None:
    (cache / "TINY").mkdir(parents=True)
    (cache / "TINY" / "file.gz").write_bytes(CONTENT[:100])
    tiny = source(server, hashlib.md5(CONTENT).hexdigest())
    assert tiny.find("file.gz").read_bytes() == CONTENT


def test_a_download_with_a_wrong_checksum_is_refused_and_not_kept(server: Any, cache: Path) -> None:
    with refused("tiny: file.gz cannot be downloaded", "wrong checksum"):
        source(server, "0" * 32).find("file.gz")
    assert not list((cache / "TINY").iterdir())


@pytest.mark.parametrize("file", ["short.gz", "absent.gz"])
def test_a_download_that_breaks_off_or_is_absent_is_refused_and_not_kept(
    server: Any, cache: Path, file: str
) -> None:
    reason = "HTTP 404" if file == "absent.gz" else "("
    with refused(f"tiny: {file} cannot be downloaded", reason):
        source(server, hashlib.md5(CONTENT).hexdigest(), file).find(file)
    assert not list((cache / "TINY").iterdir())


# CIFAR-10


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """CIFAR-10's six files with two records each instead of 10,000."""
    monkeypatch.setattr(readers, "CIFAR_RECORDS", 2)
    files = {}
    for number, name in enumerate(readers.CIFAR_FILES):
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


def check_cifar(splits: readers.Splits) -> None:
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
    check_cifar(readers.cifar(write_folder(tmp_path / "bin", batches)))
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(archive(batches | {"readme.html": b"<html>"}))
    check_cifar(readers.cifar(path))


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
        found = read_or_refuse(path, readers.cifar)
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
        readers.cifar(folder)
    path.write_bytes(batches[path.name][:3073] + b"\x0a" + batches[path.name][3074:])
    with refused(f"{path}: label 1 is 10"):
        readers.cifar(folder)
    path.unlink()
    with refused(f"{path}: cannot be read"):
        readers.cifar(folder)
    del batches["test_batch.bin"]
    packed = tmp_path / "cifar-10-binary.tar.gz"
    packed.write_bytes(archive(batches))
    with refused(f"{packed}: has no test_batch.bin"):
        readers.cifar(packed)


# .npz


def arrays(**replaced: Any) -> dict[str, Any]:
    """The arrays of a small .npz; None leaves one out."""
    good = {
        "x_train": np.arange(12, dtype=np.uint8).reshape(4, 3),
        "y_train": np.array([0, 1, 2, 1]),
        "x_test": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "y_test": np.array([0, 2]),
    }
    return {name: array for name, array in (good | replaced).items() if array is not None}


def write_npz(path: Path, **replaced: Any) -> Path:
    np.savez(path, **arrays(**replaced))
    return path


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
            readers.npz(path)


@pytest.mark.parametrize("mask", [0x02, 0xFF])
def test_npz_with_a_changed_byte_is_never_read_wrong(tmp_path: Path, mask: int) -> None:
    path = write_npz(tmp_path / "own.npz")
    data, expected = path.read_bytes(), readers.npz(path)
    for position in range(len(data)):
        changed = bytes([data[position] ^ mask])
        path.write_bytes(data[:position] + changed + data[position + 1 :])
        found = read_or_refuse(path, readers.npz)
        if found is not None:
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_npz_with_a_missing_array_is_refused(tmp_path: Path, name: str) -> None:
    path = write_npz(tmp_path / "own.npz", **{name: None})
    with refused(f"{path}: array {name} is missing"):
        readers.npz(path)


class Trap:
    """Something that would raise, loudly, if it were unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("it was unpickled",)


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_npz_with_pickled_objects_is_refused_and_not_unpickled(tmp_path: Path, name: str) -> None:
    path = write_npz(tmp_path / "own.npz", **{name: np.array([Trap()] * 4, dtype=object)})
    with refused(f"{path}: "):
        readers.npz(path)


def test_a_pickle_called_npz_is_refused_and_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(pickle.dumps(Trap()))
    with refused(f"{path}: "):
        readers.npz(path)


def test_other_files_called_npz_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    with refused(f"{path}: no such file"):
        datasets.load(str(path))
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))  # a lone array
    with refused(f"{path}: "):
        readers.npz(path)
    with zipfile.ZipFile(path, "w") as packed:  # no arrays inside
        for name in arrays():
            packed.writestr(f"{name}.npy", "text")
    with refused(f"{path}: x_train"):
        readers.npz(path)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("x_train", np.full((4, 3), 0.5), "x_train has values that are no integers"),
        ("x_test", np.array([[1, np.nan, 2]] * 2), "x_test has values that are no integers"),
        ("x_test", np.array([[1, np.inf, 2]] * 2), "x_test has values that are no integers"),
        ("y_train", np.array([0, 1, 1.5, 2]), "y_train has values that are no integers"),
        ("x_train", np.zeros((4, 3), dtype=complex), "x_train is complex128"),
        ("y_train", np.array(["a", "b", "c", "a"]), "y_train is <U1"),
        ("y_test", np.array([0, 1], dtype="M8[s]"), "y_test is datetime64[s]"),
        ("x_train", np.zeros(4, dtype=int), "x_train has shape (4,)"),
        ("x_train", np.array(3), "x_train has shape ()"),
        ("x_train", np.zeros((4, 1, 1, 1, 1), dtype=int), "x_train has shape (4, 1, 1, 1, 1)"),
        ("x_test", np.zeros((0, 3), dtype=int), "x_test has shape (0, 3)"),
        ("x_test", np.zeros((2, 4), dtype=int), "x_test has samples of shape (4,)"),
        ("y_train", np.array([0, 1, 2]), "y_train has shape (3,), but x_train has 4 samples"),
        ("y_test", np.array([[0, 1]]), "y_test has shape (1, 2)"),
        ("y_train", np.array([0, 1, 3, 1]), "y_train has no label 2, but one of 3"),
        ("y_train", np.array([1, 1, 2, 1]), "y_train has no label 0"),
        ("y_train", np.array([0, 1, -1, 1]), "y_train has label -1"),
        ("y_test", np.array([0, 3]), "y_test has label 3, but y_train ends at 2"),
        ("y_test", np.array([0, -2]), "y_test has label -2"),
        ("x_test", np.array([[0, 0, 2**31]] * 2), f"from 0 to {2**31}, beyond 32 bits"),
        ("x_test", np.array([[0, 0, 1e30]] * 2), "beyond 32 bits"),
    ],
)
def test_npz_with_unusable_arrays_names_the_file_and_the_array(
    tmp_path: Path, name: str, array: np.ndarray, words: str
) -> None:
    path = write_npz(tmp_path / "own.npz", **{name: array})
    with refused(f"{path}: ", words):
        readers.npz(path)


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
    splits = readers.npz(write_npz(tmp_path / "own.npz", x_train=x_train, x_test=x_test))
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
    splits = readers.npz(write_npz(tmp_path / "own.npz", x_train=x_train, x_test=x_test))
    assert splits[0].dtype == splits[2].dtype == dtype
    assert (splits[0].min(), splits[2].max()) == (low, high)


# Folders of images


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
    (x_train, y_train, x_test, y_test), names = readers.images(tmp_path)
    assert names == ("a", "b")
    assert (x_train[:, 0, 0].tolist(), y_train.tolist()) == ([0, 1, 2], [0, 0, 1])
    assert (x_test[:, 0, 0].tolist(), y_test.tolist()) == ([102, 100, 101], [0, 1, 1])


def test_one_coloured_pixel_makes_all_images_colour(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    assert readers.images(tmp_path)[0][0].shape == (2, 3, 4)
    write_image(tmp_path / "b" / "00.png", (1, 2, 3), mode="RGB")
    write_image(tmp_path / "b" / "01.png", (1, 2, 3, 9), mode="RGBA")
    (x_train, y_train, x_test, _), _ = readers.images(tmp_path)
    assert (x_train.shape, x_test.shape) == ((2, 3, 4, 3), (2, 3, 4, 3))
    assert (x_train[y_train == 1] == [1, 2, 3]).all()


def test_hidden_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / ".hidden.png").write_bytes(b"")
    (tmp_path / "a" / "notes.txt").write_text("none")
    assert readers.images(tmp_path)[1] == ("a", "b")


def test_images_of_mixed_sizes_are_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    path = tmp_path / "b" / "01.png"
    write_image(path, 0, (5, 3))
    with refused(f"{path}: is 5×3, but 00.png is 4×3"):
        readers.images(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif"])
def test_an_image_truncated_anywhere_is_refused_or_whole(tmp_path: Path, suffix: str) -> None:
    write_classes(tmp_path, {"a": 2, "b": 1})
    path = tmp_path / "b" / f"x{suffix}"
    Image.fromarray(RANDOM.integers(0, 256, (3, 4), dtype=np.uint8)).save(path)
    data, (expected, _) = path.read_bytes(), readers.images(tmp_path)
    refusals = 0
    for length in range(0, len(data), 3):
        path.write_bytes(data[:length])
        found = read_or_refuse(path, lambda _: readers.images(tmp_path)[0])
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
        readers.images(tmp_path)


def test_folders_without_enough_images_are_refused(tmp_path: Path) -> None:
    with refused(f"{tmp_path}: has no folders"):
        readers.images(tmp_path)
    write_classes(tmp_path, {"a": 2, "b": 1})
    with refused(f"{tmp_path / 'b'}: has one image"):
        readers.images(tmp_path)
    (tmp_path / "b" / "00.png").unlink()
    with refused(f"{tmp_path / 'b'}: has no images"):
        readers.images(tmp_path)


def test_test_classes_must_be_the_training_classes(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", {"a": 1, "b": 1})
    write_classes(tmp_path / "test", {"a": 1})
    with refused(f"{tmp_path / 'test' / 'b'}: has no images"):
        readers.images(tmp_path)
    write_classes(tmp_path / "test", {"b": 1, "c": 1})
    with refused(f"{tmp_path / 'test' / 'c'}: there is no such class in train"):
        readers.images(tmp_path)


# Splits and hashes


def test_split_takes_a_fifth_of_each_class_and_leaves_none_empty() -> None:
    labels = np.repeat(np.arange(4), [1, 2, 10, 23])
    train, test = readers.split(labels)
    assert np.bincount(labels[test], minlength=4).tolist() == [0, 1, 2, 5]
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    for one, other in zip(readers.split(labels), (train, test), strict=True):
        np.testing.assert_array_equal(one, other)


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
