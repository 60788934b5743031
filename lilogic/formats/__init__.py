"""Networks and circuits in other formats: what is read, what is written, by which module.

To add a format, write a module with ``read(data) -> Imported`` or ``write(graph, path)`` and name
it here; keywords of ``write`` are the format's options. docs/how-to/import-export.md lists what
each covers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError, LilogicError, LilogicWarning
from lilogic.files import read_unpacked
from lilogic.formats import content
from lilogic.formats.heads import guesses, to_graph
from lilogic.formats.imported import Imported, NotGatesError
from lilogic.graph import GateGraph, passes

READERS = {
    ".npz": "npz",
    ".pth": "state_dict",
    ".pt": "state_dict",
    ".ckpt": "state_dict",
    ".safetensors": "state_dict",
    ".blif": "blif",
    ".eblif": "blif",
    ".aig": "aiger",
    ".json": "netlist",
}
"""For each suffix, the module that reads such files."""

VERILOG = (".v", ".sv")
"""Suffixes of what only Yosys reads, which is not used here; see ``lilogic.flow.read_circuit``."""

_OPTIONS = {
    "top": "only Verilog and Yosys JSON have modules to choose from",
    "architecture": "only torchlogix networks take a description",
}
"""What some readers are told beside the file, and what to say where others are."""

_ADVICE = {
    ".lgn": "it already is a lilogic network",
    ".vhd": "convert it to Verilog, e.g. with ghdl --synth --out=verilog",
    ".bench": "convert it to BLIF with ABC: read_bench, strash, write_blif",
    ".pla": "convert it to BLIF with ABC: read_pla, strash, write_blif",
    ".il": "convert it with Yosys: read_rtlil, write_json",
    ".edif": "export the netlist as Verilog instead",
    ".onnx": "save the weights of its PyTorch model instead: torch.save(model.state_dict(), FILE)",
    ".pkl": "pickles are not executed; save the weights: torch.save(model.state_dict(), FILE)",
}
_ADVICE |= {
    ".aag": "convert it to the binary format: aigtoaig in.aag out.aig",
    ".vhdl": _ADVICE[".vhd"],
    ".rtlil": _ADVICE[".il"],
    ".edf": _ADVICE[".edif"],
    ".pickle": _ADVICE[".pkl"],
}
"""For suffixes of what is not read, how to come by what is."""

WRITERS = {
    "blif": "blif",
    "aiger": "aiger",
    "c": "c",
    "npz": "npz",
    "dot": "dot",
    "svg": "svg",
    "html": "html",
}
"""For each format, the module that writes it."""


Reader = Callable[..., Imported]
Writer = Callable[..., None]


def is_importable(path: Path) -> bool:
    """Return whether a file can be imported, by its content; if it does not exist, by its name."""
    try:
        data = path.read_bytes() if path.is_file() else b""
    except OSError:
        data = b""
    return content.suffix_of(path, data) in (*READERS, *VERILOG)


def read(path: Path, top: str | None = None, architecture: Path | None = None) -> Imported:
    """Read a circuit or network from a file, whatever its name.

    Args:
        path: The file, which may be compressed with gzip.
        top: Name of the module to read, if the file has several.
        architecture: A file that describes the network, for state dicts that are incomplete.

    Raises:
        NotGatesError: A netlist has parts that Yosys must turn into gates first.
        LilogicError: The file is damaged, or has something that is not covered.
    """
    options: dict[str, Any] = {} if top is None else {"top": top}
    if architecture is not None:
        from lilogic.formats.importers.state_dict import architecture as described

        options["architecture"] = described.load(architecture)
    with naming(path):
        data = read_unpacked(path)
        suffix = content.suffix_of(path, data)
        if suffix in VERILOG:
            raise NotGatesError("Verilog needs Yosys to become gates; use lilogic.load")
        if suffix not in READERS:
            raise FormatError(f"cannot be imported: {_advice(suffix)}")
        reader: Reader = import_module(f"lilogic.formats.importers.{READERS[suffix]}").read
        for option in options:
            if option not in signature(reader).parameters:
                raise FormatError(_OPTIONS[option], option=option)
        return reader(data, **options)


def _advice(suffix: str) -> str:
    known = f"its suffix is none of {', '.join((*READERS, *VERILOG))}"
    return _ADVICE.get(suffix, known)


def load(
    path: Path,
    classes: int | None = None,
    encoder: Encoder | None = None,
    top: str | None = None,
    architecture: Path | None = None,
) -> GateGraph:
    """Import a classifier from a file.

    Args:
        path: The file.
        classes: Number of classes to divide the outputs among.
        encoder: Makes the input bits. Default: what the format records, if anything.
        top: Name of the module to read, if the file has several.
        architecture: A file that describes the network, as for ``read``.

    Raises:
        LilogicError: As for ``read``, or the content does not make a classifier.
    """
    return classifier(read(path, top, architecture), path, classes, encoder)


def classifier(
    imported: Imported, path: Path, classes: int | None = None, encoder: Encoder | None = None
) -> GateGraph:
    """Make a classifier of what ``read`` returned; a warning tells what is guessed.

    Args:
        imported: What was read.
        path: The file it was read from, for messages.
        classes: Number of classes to divide the outputs among.
        encoder: Makes the input bits.

    Raises:
        LilogicError: The content does not make a classifier.
    """
    with naming(path):
        for guess in guesses(imported, classes, encoder is not None):
            says = f"{path}: {guess.text} ({guess.option}=… overrides this)"
            warnings.warn(LilogicWarning(says, option=guess.option), stacklevel=3)
        return to_graph(imported, classes, encoder or imported.encoder)


def write(
    graph: GateGraph, kind: str, path: Path, *, simplify: bool = True, **options: Any
) -> None:
    """Write a graph in another format, in one atomic step.

    Args:
        graph: The graph.
        kind: The format: ``blif``, ``aiger``, ``c``, ``npz``, ``dot``, ``svg`` or ``html``.
        path: The file.
        simplify: Whether to simplify the graph first. Scores stay the same.
        options: Options of the format, as for ``lilogic export``.

    Raises:
        LilogicError: The format cannot express the graph or has no such option, or the file cannot
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
