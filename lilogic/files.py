"""Files and folders that are written: one place decides how.

What stands at a path already says how it is written. A regular file, or nothing, is replaced in one
step, so that a kill, a full disk or a second writer never leaves half of one, and keeps its mode. A
link is followed. Pipes, devices and open files such as ``/dev/stdout`` are written through.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import gzip
import json
import os
import shlex
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

from lilogic.errors import FormatError, LilogicError

_MAX_UNPACKED = 2**31

_LINKS = 40
"""How many links Linux follows."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path, of the same suffix; on success its content is what ``path`` has.

    On any failure the temporary file is removed and a regular file at ``path`` is untouched.

    Raises:
        LilogicError: the folder cannot be made or written, or the disk is full.
    """
    check_writable(path)
    with _naming(path):
        target, descriptor = Path(os.path.realpath(path)), _descriptor(path)
        if descriptor is None and _is_replaceable(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                prefix=".lilogic-", suffix=path.suffix, dir=target.parent
            )
            os.close(handle)
            temporary = Path(name)
            try:
                yield temporary
                _replace(target, temporary)
            finally:
                temporary.unlink(missing_ok=True)
        else:
            with scratch() as folder:
                temporary = folder / f"written{path.suffix}"
                yield temporary
                with _naming(path):
                    _write_through(path if descriptor is None else descriptor, temporary)


def _is_replaceable(target: Path) -> bool:
    return not target.exists() or (target.is_file() and os.access(target.parent, os.W_OK | os.X_OK))


def _replace(target: Path, temporary: Path) -> None:
    """Put ``temporary`` in the place of ``target``, with its mode and owner."""
    with temporary.open("rb+") as written:
        os.fsync(written.fileno())
    if target.exists():
        before = target.stat()
        with suppress(PermissionError):
            os.chown(temporary, before.st_uid, before.st_gid)
        temporary.chmod(stat.S_IMODE(before.st_mode))
    else:
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
    try:
        temporary.replace(target)
    except OSError as error:
        # A file that is mounted, or another's in a sticky folder, can be written but not replaced.
        if error.errno not in (errno.EBUSY, errno.EPERM, errno.EACCES) or not target.exists():
            raise
        _write_through(target, temporary)


def _write_through(to: Path | int, temporary: Path) -> None:
    """Write what is in ``temporary`` to a path, or to an open file after what it holds."""
    if isinstance(to, int):
        if sys.stdout is not None:
            sys.stdout.flush()
        to = os.dup(to)
    with temporary.open("rb") as made, open(to, "wb") as written:
        shutil.copyfileobj(made, written)


def _descriptor(path: Path) -> int | None:
    """The open file of this process that ``path`` stands for, as ``/dev/stdout`` does."""
    ours = f"/proc/{os.getpid()}/fd"
    for _ in range(_LINKS):
        folder = os.path.realpath(path.parent)
        if folder == ours and path.name.isdecimal():
            return int(path.name)
        place = Path(folder, path.name)
        if not place.is_symlink():
            break
        path = Path(folder, place.readlink())
    return None


def check_writable(path: Path) -> None:
    """Raise where no file can be written to ``path``: to be known before the work that it takes.

    Raises:
        LilogicError: says why.
    """
    with _naming(path):
        descriptor = _descriptor(path)
        if descriptor is not None:
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
                raise _os_error(errno.EBADF)
            return
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            _check_folder(Path(os.path.realpath(path)).parent)
            return
        if stat.S_ISDIR(mode):
            raise _os_error(errno.EISDIR)
        if stat.S_ISSOCK(mode):
            raise _os_error(errno.ENXIO)
        if not os.access(path, os.W_OK):
            raise _os_error(errno.EACCES)


def _check_folder(folder: Path) -> None:
    """Raise an ``OSError`` where ``folder``, or the nearest that exists, takes no new files."""
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise _os_error(errno.ENOTDIR)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"{os.strerror(errno.EACCES)} in {folder}")


def is_writable(folder: Path) -> bool:
    """Whether ``folder``, or the nearest that exists above it, takes new files."""
    try:
        _check_folder(folder)
    except OSError:
        return False
    return True


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors of the system meanwhile are one line that begins with ``path``."""
    try:
        yield
    except OSError as error:
        raise LilogicError(f"{path}: cannot be written: {error.strerror or error}") from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` as ``replacing`` says."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path`` as ``replacing`` says."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON to ``path`` as ``replacing`` says."""
    write_text(path, json.dumps(value, indent=2) + "\n")


_LOCK = ".lilogic.lock"
_HOLDER = 1000
"""Bytes that may say who holds a lock."""

_claimed: ContextVar[frozenset[str]] = ContextVar("_claimed", default=frozenset())


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold ``folder``, which is made where it is missing, for this thread alone.

    What holds a folder may claim it again. A folder that was made and stays empty is removed. The
    lock goes with the process, whatever ends it; its file says who holds it.

    Raises:
        LilogicError: the folder cannot be made or written, or another process or thread holds it.
    """
    place = Path(os.path.realpath(folder))
    if str(place) in _claimed.get():
        yield
        return
    with _naming(folder):
        _check_folder(place)
        made = [each for each in (place, *place.parents) if not each.exists()]
        place.mkdir(parents=True, exist_ok=True)
        lock = _lock(place / _LOCK, folder)
    token = _claimed.set(_claimed.get() | {str(place)})
    try:
        yield
    finally:
        _claimed.reset(token)
        # Before the lock is given up, so that nobody gets the lock of a file that is gone.
        with suppress(OSError):
            (place / _LOCK).unlink()
        os.close(lock)
        with suppress(OSError):
            for each in made:
                each.rmdir()


def _lock(path: Path, folder: Path) -> int:
    """A descriptor that holds the lock at ``path`` until it is closed."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, _HOLDER).decode(errors="replace") or "another process"
        os.close(lock)
        raise LilogicError(
            f"{folder}: in use by {holder}; wait for it or choose another folder"
        ) from None
    except OSError:
        pass  # a file system without locks
    if not _is_still(lock, path):
        os.close(lock)
        return _lock(path, folder)
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    os.ftruncate(lock, 0)
    os.write(lock, f"process {os.getpid()} ({command})".encode(errors="replace")[:_HOLDER])
    return lock


def _is_still(lock: int, path: Path) -> bool:
    """Whether the open file is that at ``path``: whoever held it before may have removed it."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for temporary files, which are removed afterwards.

    Raises:
        LilogicError: there is no such folder, or no room in it.
    """
    name = ""
    try:
        with tempfile.TemporaryDirectory(prefix="lilogic-") as name:
            yield Path(name)
    except OSError as error:
        is_ours = not name or str(error.filename or "").startswith(name)
        if not is_ours and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise LilogicError(
            f"{name or 'temporary files'}: cannot be written: {error.strerror or error}; name a "
            "folder with room in the environment variable TMPDIR"
        ) from error


def lasting_scratch() -> str:
    """A folder for temporary files, which are removed when the process ends."""
    return _lasting.enter_context(scratch()).as_posix()


_lasting = ExitStack()
atexit.register(_lasting.close)


def make_empty(folder: Path) -> None:
    """Make an empty folder in the place of what was at ``folder``; links are not followed.

    Raises:
        LilogicError: what was there cannot be removed, or the folder cannot be made.
    """
    with _naming(folder):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
        folder.mkdir(parents=True)


def open_text(path: Path) -> IO[str]:
    """Open ``path`` to read UTF-8 text, with a one-line error where it cannot be."""
    try:
        return path.open(encoding="utf-8")
    except FileNotFoundError as error:
        raise LilogicError(f"{path}: no such file") from error
    except OSError as error:
        raise LilogicError(f"{path}: cannot be read: {error.strerror}") from error


def read_bytes(path: Path, size: int = -1) -> bytes:
    """All bytes of ``path``, or its first ones, with a one-line error where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError as error:
        raise LilogicError(f"{path}: no such file") from error
    except OSError as error:
        raise LilogicError(f"{path}: cannot be read: {error.strerror}") from error


def read_text(path: Path) -> str:
    """As ``read_bytes``, of UTF-8 text."""
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise LilogicError(f"{path}: not UTF-8 text") from error


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
