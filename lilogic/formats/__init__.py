"""Networks and circuits in other formats: what is read, what is written, by which module.

To add a format, write a module with ``read(path) -> Imported`` or ``write(graph, path)`` and name
it here. docs/formats.md says what each covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError, LilogicError
from lilogic.formats.heads import to_graph
from lilogic.formats.imported import Imported
from lilogic.graph import GateGraph

READERS = {
    ".npz": "npz",
    ".pth": "state_dict",
    ".pt": "state_dict",
    ".safetensors": "state_dict",
    ".blif": "blif",
    ".aig": "aiger",
    ".json": "netlist",
}
"""For each suffix, the module that reads such files."""

WRITERS = {
    "blif": "blif",
    "aiger": "aiger",
    "c": "c",
    "npz": "npz",
    "dot": "dot",
    "svg": "svg",
}
"""For each format, the module that writes it."""


Reader = Callable[[Path], Imported]
Writer = Callable[[GateGraph, Path], None]


def read(path: Path) -> Imported:
    """What is in a file of a suffix in ``READERS``.

    Raises:
        LilogicError: names the file, and what is wrong with it or not covered.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise FormatError(
            f"{path}: cannot be imported: its suffix is not {', '.join(READERS)} or .v"
        )
    reader: Reader = import_module(f"lilogic.formats.importers.{READERS[suffix]}").read
    with naming(path):
        return reader(path)


def load(path: Path, classes: int | None = None, encoder: Encoder | None = None) -> GateGraph:
    """The classifier in a file of a suffix in ``READERS``.

    Args:
        path: the file.
        classes: how many classes to share the outputs out over; see ``heads.to_graph``.
        encoder: what makes the input bits; by default what the format says, if anything.

    Raises:
        LilogicError: as ``read``, or what is in it does not make a classifier.
    """
    imported = read(path)
    with naming(path):
        return to_graph(imported, classes, encoder or imported.encoder)


def write(graph: GateGraph, kind: str, path: Path) -> None:
    """Write ``graph`` to ``path`` in a format in ``WRITERS``, in one atomic step.

    Raises:
        LilogicError: the format cannot express the graph, or the file cannot be written.
    """
    if kind not in WRITERS:
        raise FormatError(f"format {kind!r} is not one of {', '.join(WRITERS)}")
    writer: Writer = import_module(f"lilogic.formats.exporters.{WRITERS[kind]}").write
    writer(graph, path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors meanwhile begin with the file's name, and stay of their kind."""
    try:
        yield
    except LilogicError as error:
        raise error.at(str(path)) from error
