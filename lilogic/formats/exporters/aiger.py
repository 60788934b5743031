"""AIGER, binary: and-inverter graphs; see ``lilogic.formats.importers.aiger``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lilogic.files import write_bytes
from lilogic.formats.heads import output_names
from lilogic.graph import GateGraph, gates
from lilogic.graph.gates import TRUTH


class _Aig:
    """And gates under construction; a literal is twice a variable, plus one for its complement."""

    def __init__(self, inputs: int) -> None:
        self._first = inputs + 1
        self.ands: list[tuple[int, int]] = []
        self._known: dict[tuple[int, int], int] = {}

    def conjunction(self, a: int, b: int) -> int:
        """The literal of a ∧ b; no gate where it is a constant or one of them."""
        low, high = sorted((a, b))
        if low == 0 or low ^ high == 1:
            return 0
        if low in (1, high):
            return high
        if (high, low) not in self._known:
            self.ands.append((high, low))
            self._known[high, low] = 2 * (self._first + len(self.ands) - 1)
        return self._known[high, low]

    def gate(self, op: int, a: int, b: int) -> int:
        """The literal of any two-input gate."""
        truth: list[int] = TRUTH[op].tolist()
        if sum(truth) in (1, 3):
            # One address stands out: a conjunction, or the complement of one.
            odd = truth.index(1 if sum(truth) == 1 else 0)
            return self.conjunction(a ^ (odd < 2), b ^ (odd % 2 == 0)) ^ (sum(truth) == 3)
        if op in (gates.XOR, gates.XNOR):
            either = self.conjunction(a ^ 1, b ^ 1) ^ 1
            both = self.conjunction(a, b)
            return self.conjunction(either, both ^ 1) ^ (op == gates.XNOR)
        simple = {gates.FALSE: 0, gates.A: a, gates.B: b}
        return simple[op] if op in simple else simple[gates.TRUE - op] ^ 1


def write(graph: GateGraph, path: Path) -> None:
    """Input bits ``x0``, ``x1``, …, and what heads count as outputs (``output_names``).

    Equal gates are written once, and constants are folded: the format has only conjunctions.
    """
    aig = _Aig(graph.n_inputs)
    literal = [2 * (i + 1) for i in range(graph.n_inputs)]
    for op, a, b in graph.rows():
        literal.append(aig.gate(op, literal[a], literal[b]))
    outputs = output_names(graph)
    ands = len(aig.ands)
    text = [f"aig {graph.n_inputs + ands} {graph.n_inputs} 0 {len(outputs)} {ands}"]
    text += [str(1 if node is None else literal[node]) for _, node in outputs]
    symbols = [f"i{i} x{i}" for i in range(graph.n_inputs)]
    symbols += [f"o{i} {name}" for i, (name, _) in enumerate(outputs)]
    binary = bytearray()
    for number, (high, low) in enumerate(aig.ands, graph.n_inputs + 1):
        binary += bytes([*_bytes(2 * number - high), *_bytes(high - low)])
    before, after = ("".join(f"{line}\n" for line in part) for part in (text, symbols))
    write_bytes(path, before.encode() + binary + after.encode())


def _bytes(value: int) -> Iterator[int]:
    """Seven bits a byte, lowest first; all but the last byte are marked."""
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value
