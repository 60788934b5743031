"""BLIF: one combinational model, gates as ``.names``; see ``lilogic.formats.importers.blif``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lilogic.files import write_text
from lilogic.formats.circuit import output_names
from lilogic.graph import GateGraph
from lilogic.graph.gates import GATES


def write(graph: GateGraph, path: Path) -> None:
    """Input bits ``x0``, ``x1``, …, gates, and what heads count as outputs (``output_names``)."""
    write_text(path, "".join(f"{line}\n" for line in lines(graph)))


def lines(graph: GateGraph) -> Iterator[str]:
    """The lines that ``write`` joins."""
    outputs = output_names(graph)
    yield ".model classifier"
    yield " ".join([".inputs", *(f"x{i}" for i in range(graph.n_inputs))])
    yield " ".join([".outputs", *(name for name, _ in outputs)])

    def name(node: int) -> str:
        return f"x{node}" if node < graph.n_inputs else f"g{node - graph.n_inputs}"

    rows = zip(graph.op.tolist(), graph.a.tolist(), graph.b.tolist(), strict=True)
    for node, (op, a, b) in enumerate(rows, graph.n_inputs):
        # Addresses of one wire, if both are the same.
        addresses = ["00", "11"] if a == b else ["00", "01", "10", "11"]
        ones = [address for address in addresses if GATES[op](*map(int, address))]
        if len(ones) in (0, len(addresses)):
            yield f".names {name(node)}"
            yield from ("1" for _ in ones[:1])
        else:
            wires = [a] if a == b else [a, b]
            yield " ".join([".names", *map(name, wires), name(node)])
            yield from (f"{address[: len(wires)]} 1" for address in ones)
    for output, driver in outputs:
        yield f".names {output}" if driver is None else f".names {name(driver)} {output}"
        yield "1" if driver is None else "1 1"
    yield ".end"
