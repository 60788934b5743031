"""MODEL on the command line: a network of the zoo, a run folder or a ``.lgn`` file.

A name of the zoo always means the zoo. Such names have neither dots nor slashes, so a folder
that is called the same is reached as ``./NAME``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from lilogic import zoo
from lilogic.errors import FormatError, LilogicError
from lilogic.graph import GateGraph, lgn

MODEL = "model.lgn"


def load(model: str) -> GateGraph:
    """The graph of that name in the zoo, in that ``.lgn`` file, or in that run folder.

    Raises:
        LilogicError: none of these, an unfinished run, or a damaged file.
    """
    if model in zoo.names():
        return lgn.read(zoo.path(model))
    path = Path(model)
    if not os.path.exists(path):  # unlike Path.exists, never raises
        known = ", ".join(zoo.names()) or "no networks"
        raise LilogicError(f"{model}: no such run folder or .lgn file; the zoo has {known}")
    if not path.is_dir():
        return _read(path)
    if not (path / MODEL).exists():
        raise LilogicError(
            f"{model}: contains no {MODEL}; if the training was interrupted, run the same "
            "command again to finish it"
        )
    return lgn.read(path / MODEL)


def _read(path: Path) -> GateGraph:
    try:
        return lgn.read(path)
    except FormatError as error:
        from lilogic import formats

        if formats.is_importable(path):
            raise FormatError(f"{path}: not a .lgn file; import it first") from error
        raise


def name(graph: GateGraph, model: str) -> str:
    """What to call the model and its files: its recorded name, else that of the file or folder."""
    recorded = str(graph.metadata.get("name", ""))
    return recorded if re.fullmatch(r"\w[\w.-]*", recorded) else Path(model).resolve().stem
