"""What formats of circuits and of layered networks have in common, on the way to a GateGraph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates

MAX_INPUTS = 2**24
"""More input bits than a file may ask for."""

NETWORK_CLASSES = 10
"""Classes of a layered network that records no number of them."""

_COUNTED = re.compile(r"class_(\d{1,9})_(\d{1,9})")
_OFFSET = re.compile(r"class_(\d{1,9})_from_(minus_)?(\d{1,9})")


@dataclass(frozen=True)
class Circuit:
    """Gates with outputs, before outputs become heads.

    Attributes:
        graph: the gates; its only head lists the outputs in order.
        names: what the outputs are called, or None where they have no names.
        offset: what each class's score starts from, or None where nothing is recorded.
        classes: the number of classes to share the outputs out over where none is asked for, or
            None for one class for each output.
        encoder: how its authors made the input bits, or None where they are just bits.
        padding: how many of the last outputs may be nothing but padding, to be left out as far as
            classes of equal size allow.
        grows: whether ``graph.n_inputs`` is only the least number that the gates need.
    """

    graph: GateGraph
    names: Sequence[str] | None = None
    offset: Sequence[int] | None = None
    classes: int | None = None
    encoder: Encoder | None = None
    padding: int = 0
    grows: bool = False


class Builder:
    """Gates under construction; nodes are numbered as in ``GateGraph``."""

    def __init__(self, n_inputs: int) -> None:
        if not 1 <= n_inputs <= MAX_INPUTS:
            raise LilogicError(f"it has {n_inputs} inputs, but must have 1 to {MAX_INPUTS:,}")
        self.n_inputs = n_inputs
        self._gates: list[tuple[int, int, int]] = []
        self._constants: dict[int, int] = {}

    def gate(self, op: int, a: int, b: int) -> int:
        """A new gate's node."""
        self._gates.append((op, a, b))
        return self.n_inputs + len(self._gates) - 1

    def constant(self, value: int) -> int:
        """The node that is always ``value``."""
        if value not in self._constants:
            self._constants[value] = self.gate(gates.TRUE if value else gates.FALSE, 0, 0)
        return self._constants[value]

    def lut(self, table: int, inputs: Sequence[int]) -> int:
        """A lookup table's node, by Shannon expansion down to two-input gates.

        Args:
            table: the output for address ``i`` is bit ``i``.
            inputs: nodes of the address's bits, lowest first.
        """
        known: dict[tuple[int, int], int] = {}

        def expand(table: int, width: int) -> int:
            if (table, width) not in known:
                known[table, width] = build(table, width)
            return known[table, width]

        def build(table: int, width: int) -> int:
            all_ones = (1 << (1 << width)) - 1
            if table in (0, all_ones):
                return self.constant(table & 1)
            if width == 1:
                return inputs[0] if table == 2 else self.gate(gates.NOT_A, inputs[0], inputs[0])
            if width == 2:
                # Wire a is the address's higher bit.
                op = gates.from_truth(*(table >> address & 1 for address in range(4)))
                return self.gate(op, inputs[1], inputs[0])
            half = 1 << (width - 1)
            low, high = table & ((1 << half) - 1), table >> half
            select, ones = inputs[width - 1], (1 << half) - 1
            if low == high:
                return expand(low, width - 1)
            if low ^ high == ones:
                return self.gate(gates.XOR, select, expand(low, width - 1))
            if low in (0, ones):
                op = gates.NOT_A_OR_B if low else gates.AND
                return self.gate(op, select, expand(high, width - 1))
            if high in (0, ones):
                op = gates.OR if high else gates.NOT_A_AND_B
                return self.gate(op, select, expand(low, width - 1))
            kept = self.gate(gates.AND, select, expand(high, width - 1))
            other = self.gate(gates.NOT_A_AND_B, select, expand(low, width - 1))
            return self.gate(gates.OR, kept, other)

        return expand(table, len(inputs))

    def graph(self, outputs: Sequence[int]) -> GateGraph:
        """All gates, with one head that lists the outputs."""
        return GateGraph.build(self.n_inputs, self._gates, [outputs])


def topological(
    reads: Mapping[int, Sequence[int]], wanted: Sequence[int], name: Mapping[int, str]
) -> Iterator[int]:
    """The nets that ``wanted`` depend on and that ``reads`` has, each after all that it reads.

    Args:
        reads: for each driven net, the nets that its driver reads.
        wanted: nets to begin with.
        name: what to call a net in a message.

    Raises:
        LilogicError: a net depends on itself.
    """
    done: set[int] = set()
    open_: set[int] = set()
    stack = [*wanted]
    while stack:
        net = stack[-1]
        waiting = [n for n in reads.get(net, ()) if n not in done and n in reads]
        if net in done or net not in reads:
            stack.pop()
        elif not waiting:
            stack.pop()
            open_.discard(net)
            done.add(net)
            yield net
        elif net in open_:
            raise LilogicError(f"{name[net]} depends on itself; only circuits without loops fit")
        else:
            open_.add(net)
            stack += waiting


def to_graph(circuit: Circuit, classes: int | None, encoder: Encoder | None) -> GateGraph:
    """A classifier: outputs become heads.

    Outputs whose names say which class counts them (see ``output_names``) are counted as they say.
    Otherwise they are shared out evenly, in order, over ``classes``.

    Raises:
        LilogicError: outputs that cannot be shared out, or an encoder of another width.
    """
    graph = circuit.graph
    if encoder is not None and encoder.n_bits != graph.n_inputs:
        graph = _grown(circuit, encoder.n_bits)
    named = None if classes is not None else _named_heads(circuit)
    heads, offset = named or _even_heads(circuit, classes)
    outputs = graph.head_nodes
    return replace(
        graph,
        head_nodes=outputs[np.array([*chain(*heads)], dtype=np.intp)],
        head_ptr=np.cumsum([0, *map(len, heads)]),
        offset=np.array(offset, dtype=np.int64),
        encoder=encoder,
    )


Heads = tuple[list[list[int]], list[int]]
"""For each class, the positions of the outputs that it counts, and what its score starts from."""


def _grown(circuit: Circuit, n_inputs: int) -> GateGraph:
    graph = circuit.graph
    more = n_inputs - graph.n_inputs
    if not circuit.grows or more < 0:
        raise LilogicError(
            f"the encoder makes {n_inputs} bits, but the circuit reads {graph.n_inputs}"
        )

    def moved(nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return np.where(nodes < graph.n_inputs, nodes, nodes + more).astype(np.int32)

    return replace(
        graph,
        n_inputs=n_inputs,
        a=moved(graph.a),
        b=moved(graph.b),
        head_nodes=moved(graph.head_nodes),
    )


def _even_heads(circuit: Circuit, classes: int | None) -> Heads:
    outputs = len(circuit.graph.head_nodes)
    count = classes or circuit.classes or outputs
    outputs = min(outputs, -(-(outputs - circuit.padding) // count) * count) if count else 0
    if not outputs or outputs % count:
        raise LilogicError(
            f"{outputs} outputs cannot be shared out evenly over {count} classes; "
            "say how many there are (--classes)"
        )
    offset = [0] * count if circuit.offset is None else [*circuit.offset]
    if len(offset) != count:
        raise LilogicError(f"it records {len(offset)} classes, not {count}")
    return np.arange(outputs).reshape(count, -1).tolist(), offset


def _named_heads(circuit: Circuit) -> Heads | None:
    """Heads of output positions, as the outputs' names say; None where some say nothing."""
    counted: dict[int, list[tuple[int, int]]] = {}
    offset: dict[int, int] = {}
    for output, name in enumerate(circuit.names or ()):
        if found := _COUNTED.fullmatch(name):
            counted.setdefault(int(found[1]), []).append((int(found[2]), output))
        elif found := _OFFSET.fullmatch(name):
            offset[int(found[1])] = int(found[3]) * (-1 if found[2] else 1)
        else:
            return None
    known = sorted({*counted, *offset})
    if not known or known != list(range(len(known))):
        return None
    heads = [[output for _, output in sorted(counted.get(class_, []))] for class_ in known]
    return heads, [offset.get(class_, 0) for class_ in known]


def output_names(graph: GateGraph) -> list[tuple[str, int | None]]:
    """What each output of a circuit is called, and its node.

    Each node that a head counts is an output ``class_C_I``, the ``I``-th of class ``C``. A class
    whose score starts from ``K`` instead of 0, or that counts nothing, has one more, which is a
    constant 1 (node None): ``class_C_from_K``, or ``class_C_from_minus_K``. So names alone, which
    most tools keep, tell the heads.
    """
    outputs: list[tuple[str, int | None]] = []
    for class_, (head, offset) in enumerate(zip(graph.heads, graph.offset.tolist(), strict=True)):
        outputs += [(f"class_{class_}_{i}", node) for i, node in enumerate(head.tolist())]
        if offset or not len(head):
            start = f"minus_{-offset}" if offset < 0 else str(offset)
            outputs.append((f"class_{class_}_from_{start}", None))
    return outputs
