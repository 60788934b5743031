"""Downloads: cached whole, checked, or one line that says where to put the files."""

from __future__ import annotations

import gzip
import hashlib
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pooch
import pytest
import requests

from lilogic.data import datasets, fetch
from lilogic.data.fetch import Source
from tests.lilogic.data.files import MNIST_FILES, refused, write_mnist


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
