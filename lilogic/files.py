"""Writing files so that a kill, a full disk or a second writer never leaves half of one."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lilogic.errors import FormatError, LilogicError

_MAX_UNPACKED = 2**31


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is synced and renamed to ``path``.

    On any failure the temporary file is removed and what was at ``path`` before is untouched.

    Raises:
        LilogicError: the folder cannot be made or written, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=f".tmp{path.suffix}", dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise LilogicError(f"{path}: cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise LilogicError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` in one atomic step."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path`` in one atomic step."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON to ``path`` in one atomic step."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def open_text(path: Path) -> IO[str]:
    """Open ``path`` to read UTF-8 text, with a one-line error where it cannot be."""
    try:
        return path.open(encoding="utf-8")
    except OSError as error:
        raise LilogicError(f"{path}: cannot be read: {error.strerror}") from error


def read_bytes(path: Path) -> bytes:
    """All bytes of ``path``, with a one-line error where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LilogicError(f"{path}: cannot be read: {error.strerror}") from error


def read_unpacked(path: Path) -> bytes:
    """As ``read_bytes``; of a gzip file, whatever it is called, what is packed in it.

    Raises:
        FormatError: it is damaged, or unpacks to more than 2 GiB.
    """
    data = read_bytes(path)
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.open(path) as packed:
            data = packed.read(_MAX_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(f"{path}: truncated or damaged gzip file") from error
    if len(data) > _MAX_UNPACKED:
        raise FormatError(f"{path}: it unpacks to more than {_MAX_UNPACKED:,} bytes")
    return data
