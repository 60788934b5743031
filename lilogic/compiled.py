"""Where numba keeps what it compiled: in the user's cache, by the text of the source.

Numba's own places go by the path and the time of a file, so a new clone, a new installation, or a
file that was touched compile all anew. Here the text of all modules in the folder of a function
says whether what is kept holds, so it also changes with functions that it calls there.

For each package, what was compiled of its last few texts is kept; the rest is deleted.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import platformdirs
from numba.core import config
from numba.core.caching import _CacheLocator

_SETTING, _FOLDER = "CACHE_LOCATOR_CLASSES", "CACHE_DIR"
_PLACES = f"{__name__}.Place,InTreeCacheLocator,UserWideCacheLocator"

_VERSIONS = 5
"""Texts of a package that are kept, for installations and branches that are used in turn."""

_one_thread = threading.RLock()
"""Numba has one setting for all threads."""


class Place(_CacheLocator):
    """A folder of the user's cache for the functions of one folder of modules."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._line = function.__code__.co_firstlineno
        package = function.__module__.rpartition(".")[0]
        self._digest = _digest(Path(file).parent)
        self._folder = folder() / f"{package}-{self._digest}"

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Self | None:
        """None where nothing can be kept there."""
        try:
            place = cls(py_func, py_file)
            place.ensure_cache_path()  # type: ignore[no-untyped-call]
            _prune(place._folder)
        except OSError:
            return None
        return place

    def get_cache_path(self) -> str:
        """The folder, which other sources do not share."""
        return str(self._folder)

    def get_source_stamp(self) -> str:
        """What changes with the source."""
        return self._digest

    def get_disambiguator(self) -> str:
        """Tells functions of the same name in a module apart."""
        return str(self._line)


def folder() -> Path:
    """Where all that is kept lies."""
    return platformdirs.user_cache_path("lilogic") / "numba"


@contextmanager
def kept() -> Iterator[None]:
    """What is decorated meanwhile is kept here, unless the environment names another place."""
    with _one_thread:
        chosen = getattr(config, _SETTING)
        if not chosen and not getattr(config, _FOLDER):
            setattr(config, _SETTING, _PLACES)
        try:
            yield
        finally:
            setattr(config, _SETTING, chosen)


@functools.cache
def _prune(used: Path) -> None:
    """Mark a folder as used, and delete those of its package that were not used for longest.

    Raises:
        OSError: the folder cannot be marked.
    """
    os.utime(used)
    package = used.name.rpartition("-")[0]
    versions = [*used.parent.glob(f"{package}-*")]
    for old in sorted(versions, key=_used_at, reverse=True)[_VERSIONS:]:
        shutil.rmtree(old, ignore_errors=True)


def _used_at(folder: Path) -> float:
    """When a folder was used; 0 where another process deletes it meanwhile."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@functools.cache
def _digest(modules: Path) -> str:
    digest = hashlib.sha256()
    for module in sorted(modules.glob("*.py")):
        text = module.read_bytes()
        digest.update(f"{module.name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:24]
