"""Finding a public data set's files: in ``$LILOGIC_DATA``, in the cache, or on its server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from lilogic.errors import DataError
from lilogic.extras import needs

if TYPE_CHECKING:
    from rich.progress import Progress

ENVIRONMENT = "LILOGIC_DATA"


@dataclass(frozen=True)
class Source:
    """A data set's files and where they come from.

    Attributes:
        name: the data set, for messages.
        folder: where the files lie below ``$LILOGIC_DATA`` and below the cache.
        url: the folder on the server, ending in a slash.
        md5: the files' names and the MD5 that a download must have.
    """

    name: str
    folder: str
    url: str
    md5: Mapping[str, str]

    def find(self, file: str) -> Path:
        """Path of one of the files; it is downloaded if it is nowhere yet.

        A ``.gz`` under ``$LILOGIC_DATA`` may be unzipped, and names may be spelled as in
        ``train-images.idx3-ubyte`` or with capitals. Files there are the user's own, so only what
        is downloaded must have the known checksum.

        Raises:
            DataError: the file cannot be downloaded; the message says where to put it.
        """
        root = data_root()
        if root is not None:
            found = [
                path
                for path in (root / self.folder).glob("*")
                if _plain(path.name) == _plain(file) and path.is_file()
            ]
            if found:
                return min(found, key=lambda path: (path.suffix.lower() == ".gz", path))
        return self._download(file)

    def _download(self, file: str) -> Path:
        folder = platformdirs.user_cache_path("lilogic") / "datasets" / self.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._retrieve(file, folder)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{self.name}: {file} cannot be downloaded from {self.url} ({_reason(error)}); "
                f"put {', '.join(self.md5)} in {Path('$' + ENVIRONMENT) / self.folder}"
            ) from error
        return folder / file

    def _retrieve(self, file: str, folder: Path) -> None:
        """Download to a temporary name, check, rename; a bar on standard error shows it.

        A file that is there and has the right checksum stays.
        """
        with needs("train", "pooch"):
            import pooch
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

        pooch.get_logger().setLevel("WARNING")
        columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            downloader = pooch.HTTPDownloader(
                progressbar=_Bar(progress, f"{self.name}: {file}"),
                chunk_size=2**16,
                # Without this, a server may mark a .gz as encoded and have it unzipped on the way.
                headers={"Accept-Encoding": "identity"},
            )
            pooch.retrieve(
                self.url + file, f"md5:{self.md5[file]}", file, folder, downloader=downloader
            )


def _plain(name: str) -> str:
    """What spellings of a file's name have in common."""
    return name.lower().removesuffix(".gz").replace(".idx", "-idx")


def data_root() -> Path | None:
    """The folder that ``$LILOGIC_DATA`` names, or None where it is not set.

    Raises:
        DataError: it names no folder.
    """
    value = os.environ.get(ENVIRONMENT)
    if not value:
        return None
    root = Path(value).expanduser()
    if not root.is_dir():
        raise DataError(f"{ENVIRONMENT} is {value}, which is not a folder")
    return root


class _Bar:
    """What pooch expects of a progress bar, drawn by rich."""

    def __init__(self, progress: Progress, description: str) -> None:
        self.total = 0
        self._progress = progress
        self._task = progress.add_task(description, total=None, visible=False)

    def update(self, advance: int) -> None:
        self._progress.update(self._task, advance=advance, total=self.total or None, visible=True)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.stop_task(self._task)


def _reason(error: OSError | ValueError) -> str:
    """Why a download failed, in a few words."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer"
    if isinstance(error, requests.RequestException):
        return "no connection"
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"{error.filename}: {reason}" if error.filename else reason
    return "what arrived has a wrong checksum"
