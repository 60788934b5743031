"""The zoo: trained networks that lilogic brings along, as ``.lgn`` files in this folder."""

from __future__ import annotations

import re
from pathlib import Path

from lilogic.graph import header
from lilogic.report.models.zoo import ZooEntry

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The networks that there are; a name has no dot or slash, so it is never taken for a path."""
    return sorted(file.stem for file in FOLDER.glob("*.lgn") if re.fullmatch(r"[\w-]+", file.stem))


def path(name: str) -> Path:
    """The file of the network of that name, which must be one of ``names``."""
    return FOLDER / f"{name}.lgn"


def describe(name: str) -> ZooEntry:
    """What is recorded of a network; how many gates simplification leaves is counted if it is not.

    Raises:
        FormatError: the file is damaged.
    """
    found = header.read(path(name))
    known = found.metadata.gates_after_passes
    if found.metadata.trained_gates is not None:  # the file has what simplification left
        known = found.n_gates
    return ZooEntry.of(name, found, known or _simplified(name))


def _simplified(name: str) -> int:
    from lilogic.graph import lgn, passes

    return passes.simplify(lgn.read(path(name))).n_gates
