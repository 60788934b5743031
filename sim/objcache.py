"""Verilator's OBJCACHE: runs a compiler, or takes what it made of the same text from a cache.

Most of what is compiled for a model is Verilator itself, the same for all.

    python objcache.py CACHE COMPILER ARGUMENTS… -c -o OBJECT … SOURCE
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_TEXT = (".h", ".cpp")

_VERSION = "verilated_config.h"

_UNUSED = 30 * 24 * 3600
"""Seconds after which an object that nothing asked for is deleted."""


def main(cache: Path, command: list[str]) -> int:
    """Run the compiler unless its object is kept in ``cache``; returns the exit status.

    A cache that cannot be written keeps nothing, and the compiler runs.
    """
    source = Path(command[-1])
    if "-c" not in command or "-o" not in command or source.suffix != ".cpp":
        return subprocess.call(command)
    made = Path(command[command.index("-o") + 1])
    kept = cache / _key(command, source)
    with contextlib.suppress(OSError), _locked(kept):
        if kept.exists():
            shutil.copyfile(kept, made)
            os.utime(kept)
            return 0
        status = subprocess.call(command)
        if status == 0:
            _keep(made, kept)
        return status
    return subprocess.call(command)


@contextlib.contextmanager
def _locked(kept: Path) -> Iterator[None]:
    """Keeps others from compiling what is compiled already.

    Raises:
        OSError: the cache cannot be written.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(made: Path, kept: Path) -> None:
    """Keep an object, if there is room, and delete those that were not used for long."""
    part = kept.with_suffix(".part")
    try:
        shutil.copyfile(made, part)
        part.rename(kept)
    except OSError:
        part.unlink(missing_ok=True)
    for each in kept.parent.iterdir():
        with contextlib.suppress(OSError):
            if each.stat().st_mtime < time.time() - _UNUSED:
                each.unlink()


def _key(command: list[str], source: Path) -> str:
    """What the object depends on: compiler, arguments, and the files beside it or the model's."""
    compiler = shutil.which(command[0]) or command[0]
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, check=False)
    digest = hashlib.sha256(version.stdout)
    # The model's folder stands in paths and messages of its own only.
    here = str(Path.cwd()).encode()
    digest.update("\0".join([compiler, *command]).encode().replace(here, b""))
    # Verilator itself reads nothing of the model.
    is_verilator = source.parent.name == "include"
    folders = {source.parent} if is_verilator else {source.parent, Path(os.curdir)}
    texts = [path for folder in folders for path in folder.glob("*") if path.suffix in _TEXT]
    # What a model includes of Verilator changes with its version, which stands in this one.
    included = (Path(word[2:]) / _VERSION for word in command if word.startswith("-I"))
    for path in sorted({*texts, *filter(Path.exists, included)}):
        text = path.read_bytes().replace(here, b"")
        digest.update(f"{path.name}\0".encode() + text)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
