"""torchlogix' own circuit, compiled by it."""

from __future__ import annotations

import numpy as np

from inference.version import Classify, Samples
from lilogic.graph import GateGraph, passes
from lilogic.graph.gates import READS_A, READS_B

NAMES = [
    "CONST_FALSE", "AND", "AND_NOT_B", "WIRE", "AND_NOT_A", "WIRE", "XOR", "OR",
    "NOR", "XNOR", "NOT", "OR_NOT_B", "NOT", "OR_NOT_A", "NAND", "CONST_TRUE",
]  # fmt: skip
"""torchlogix' names of the sixteen functions."""


def torchlogix_circuit(graph: GateGraph, samples: Samples) -> Classify:
    """torchlogix' own circuit of the same gates, compiled by it at -O3 for words of 64 images."""
    from torchlogix import Circuit

    graph = passes.simplify(graph)
    nodes = enumerate(zip(graph.op.tolist(), graph.a.tolist(), graph.b.tolist(), strict=True))
    listed = []
    for gate, (op, a, b) in nodes:
        reads = [wire for wire, is_read in ((a, READS_A[op]), (b, READS_B[op])) if is_read]
        first, second = (*reads, -1, -1)[:2]
        listed.append(
            {"gate_id": graph.n_inputs + gate, "op": NAMES[op], "in0": first, "in1": second}
        )
    sums = range(graph.n_nodes, graph.n_nodes + graph.n_classes)
    lowest = int(graph.offset.min())
    circuit = Circuit.from_dict(
        {
            "n_inputs": graph.n_inputs,
            "input_shape": [graph.n_inputs],
            "outputs": list(sums),
            "output_shape": [graph.n_classes],
            "gates": listed,
            "sum_nodes": [
                {"node_id": node, "input_ids": head.tolist(), "beta": float(offset - lowest)}
                for node, head, offset in zip(sums, graph.heads, graph.offset, strict=True)
            ],
        }
    )
    circuit.compile(opt_level=3, pack_bits=64)
    missing = -len(samples.bits) % 64
    bits = np.pad(samples.bits, ((0, missing), (0, 0)))
    return lambda: circuit(bits, use_compiled=True).argmax(axis=1)[: len(samples.bits)]
