"""Verilator's OBJCACHE: runs a compiler, or takes what it made of the same text from a cache.

Most of what is compiled for a model is Verilator itself, the same for all; and many tests simulate
the same Verilog.

    python objcache.py CACHE COMPILER ARGUMENTS… -c -o OBJECT … SOURCE
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_TEXT = (".h", ".cpp")


def main(cache: Path, command: list[str]) -> int:
    source = Path(command[-1])
    if "-c" not in command or "-o" not in command or source.suffix != ".cpp":
        return subprocess.call(command)
    made = Path(command[command.index("-o") + 1])
    kept = cache / _key(command, source)
    with kept.with_suffix(".lock").open("w") as lock:
        # Both workers of pytest need Verilator's own objects first of all.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            status = subprocess.call(command)
            if status:
                return status
            part = kept.with_suffix(".part")
            shutil.copyfile(made, part)
            part.rename(kept)
            return 0
    shutil.copyfile(kept, made)
    return 0


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
    for path in sorted(texts):
        text = path.read_bytes().replace(here, b"")
        digest.update(f"{path.name}\0".encode() + text)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
