"""Names in C: all begin with a network's own prefix, so that several fit in one program."""

from __future__ import annotations

import re

from lilogic.errors import FormatError

LONGEST = 40
"""Compilers tell names apart by at least 63 characters, and something follows the prefix."""


def prefix_of(stem: str) -> str:
    """What all names begin with, in C and for people, from a file's name without its suffix."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")
    return (words if words[:1].isalpha() else f"net_{words}")[:LONGEST].rstrip("_")


def check_prefix(prefix: str) -> str:
    """``prefix`` as it is.

    Raises:
        FormatError: names cannot begin with it.
    """
    if not re.fullmatch(rf"[A-Za-z][A-Za-z0-9_]{{0,{LONGEST - 1}}}", prefix):
        raise FormatError(
            f"prefix {prefix!r} must be a letter followed by letters, digits and _, at most "
            f"{LONGEST} characters",
            option="prefix",
        )
    return prefix


def named(text: str, prefix: str) -> str:
    """C with this prefix in place of ``net_`` and ``NET_``."""
    text = re.sub(r"\bnet_", f"{prefix}_", text)
    return re.sub(r"\bNET_", f"{prefix.upper()}_", text)
