"""MODEL on the command line: a run folder or a ``.lgn`` file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lilogic import lgn
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph

MODEL = "model.lgn"


def load(model: str) -> GateGraph:
    """The graph in a ``.lgn`` file, or the ``model.lgn`` of a run folder.

    Raises:
        LilogicError: neither, an unfinished run, or a damaged file.
    """
    path = Path(model)
    if not os.path.exists(path):  # unlike Path.exists, never raises
        raise LilogicError(f"{model}: no such run folder or .lgn file")
    if not path.is_dir():
        return lgn.read(path)
    if not (path / MODEL).exists():
        raise LilogicError(
            f"{model}: holds no {MODEL}; if its training was interrupted, train again to finish it"
        )
    return lgn.read(path / MODEL)


def name(graph: GateGraph, model: str) -> str:
    """What to call the model and its files: its recorded name, else that of the file or folder."""
    recorded = str(graph.metadata.get("name", ""))
    return recorded if re.fullmatch(r"[\w.-]+", recorded) else Path(model).resolve().stem
