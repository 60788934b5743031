"""Yosys of PyPI's ``pyosys``, native code, as a program that is called as Yosys is.

``python -m lilogic.hdl.fpga.native_yosys [-Q] [-T] [-q] [-l LOG] SCRIPT``
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the script; Yosys itself ends the process with status 1 where it fails."""
    arguments = sys.argv[1:]
    from pyosys import libyosys

    log = arguments[arguments.index("-l") + 1] if "-l" in arguments else None
    tee = f"tee -o {log} " if log else ""
    libyosys.run_pass(f"{tee}script {arguments[-1]}", libyosys.Design())


if __name__ == "__main__":
    main()
