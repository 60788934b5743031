"""Running Yosys scripts."""

from __future__ import annotations

from pathlib import Path

from hdl import tools


def run(script: str, folder: Path, timeout: float | None = None) -> str:
    """Run a Yosys script in ``folder`` and return its log; see ``tools.run``.

    File names in the script must be relative to ``folder``.

    Raises:
        ToolTimeoutError: the time was up.
        LilogicError: Yosys is missing or ended with an error.
    """
    (folder / "yosys.ys").write_text(script)
    return tools.run("yosys", ["-Q", "-T", "yosys.ys"], folder, timeout)
