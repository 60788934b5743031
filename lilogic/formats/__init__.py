"""Networks and circuits in other formats: what is read, what is written, by which module.

To add a format, write a module with ``read(path) -> Imported`` or ``write(graph, path)`` and name
it here; keywords of ``write`` are the format's options. docs/formats.md says what each covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError, LilogicError
from lilogic.formats.heads import to_graph
from lilogic.formats.imported import Imported
from lilogic.graph import GateGraph, passes

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
Writer = Callable[..., None]


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


def write(
    graph: GateGraph, kind: str, path: Path, *, simplify: bool = True, **options: Any
) -> None:
    """Write ``graph`` to ``path`` in a format in ``WRITERS``, in one atomic step.

    Args:
        graph: the network.
        kind: the format.
        path: the file.
        simplify: write what ``passes.simplify`` makes of the graph, which has the same scores;
            else the gates as they are.
        options: of the format; see the ``write`` of its module.

    Raises:
        LilogicError: the format cannot express the graph or has no such option, or the file cannot
            be written.
    """
    if kind not in WRITERS:
        raise FormatError(f"format {kind!r} is not one of {', '.join(WRITERS)}")
    writer: Writer = import_module(f"lilogic.formats.exporters.{WRITERS[kind]}").write
    known = [*signature(writer).parameters][2:]
    for option in options:
        if option not in known:
            has = f"its options are {', '.join(known)}" if known else "it has no options"
            raise FormatError(f"format {kind} has no option {option}: {has}", option=option)
    writer(passes.simplify(graph) if simplify else graph, path, **options)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors meanwhile begin with the file's name, and stay of their kind."""
    try:
        yield
    except LilogicError as error:
        raise error.at(str(path)) from error
