"""BLIF: one combinational model, gates as ``.names``; see ``lilogic.formats.importers.blif``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lilogic.files import write_text
from lilogic.formats.heads import Output, output_names
from lilogic.graph import Circuit, GateGraph
from lilogic.graph.circuit import Gates
from lilogic.graph.gates import GATES


def write(graph: GateGraph, path: Path) -> None:
    """Input bits ``x0``, ``x1``, …, gates, and what heads count as outputs (``output_names``)."""
    write_text(path, _model(graph, output_names(graph)))


def model(circuit: Circuit) -> str:
    """What a file of the circuit holds: inputs ``x0``, ``x1``, … and outputs ``y0``, ``y1``, ….

    Numbers have leading zeros, so that they stay in order in ABC, which sorts names as text;
    how many, depends on the numbers of inputs and outputs only, so that ABC can match circuits.
    """
    digits = len(str(max(circuit.n_inputs, len(circuit.outputs))))
    outputs = [(f"y{i:0{digits}}", node) for i, node in enumerate(circuit.outputs.tolist())]
    return _model(circuit, outputs, digits)


def _model(gates: Gates, outputs: Sequence[Output], digits: int = 1) -> str:
    return "".join(f"{line}\n" for line in _lines(gates, outputs, digits))


def _lines(gates: Gates, outputs: Sequence[Output], digits: int) -> Iterator[str]:
    def name(node: int) -> str:
        is_input = node < gates.n_inputs
        return f"x{node:0{digits}}" if is_input else f"g{node - gates.n_inputs}"

    yield ".model classifier"
    yield " ".join([".inputs", *map(name, range(gates.n_inputs))])
    yield " ".join([".outputs", *(output for output, _ in outputs)])
    for node, (op, a, b) in enumerate(gates.rows(), gates.n_inputs):
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
