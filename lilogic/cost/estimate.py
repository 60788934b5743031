"""What a network will take in hardware, without synthesis.

The circuit is written down as gates and adders (``circuit``). For FPGAs it is covered with LUTs
(``cover``), for standard cells its gates are weighed. What mapping with Yosys makes of that is a
few constants for each target, fitted to networks that it mapped (``targets``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lilogic.cost import circuit, cover, targets
from lilogic.cost.netlist import PARTS, Netlist
from lilogic.cost.targets import Target
from lilogic.data.capabilities import PARALLEL, can_encode
from lilogic.graph import GateGraph, passes
from lilogic.graph.gates import FALSE, XNOR, XOR
from lilogic.report.models.cost import CostEstimate

_XOR = 2.2
"""What XOR costs of standard cells, in other gates of two inputs."""

_GATE, _NEEDED = 0.6, 2.0
"""What a gate of the network costs beside the functions of four inputs that it is part of. As
tables are written, most of their gates go in mapping, which leaves so many to such a function."""


def estimate(graph: GateGraph, name: str, target: Target, *, drawn: bool = False) -> CostEstimate:
    """What a graph takes; it is simplified before.

    An encoder that hardware cannot have is left out.

    Args:
        graph: the network.
        name: what to call it.
        target: what it is for.
        drawn: whether it was drawn for a recipe.
    """
    simplified = passes.simplify(graph)
    has_encoder = graph.encoder is not None and can_encode(PARALLEL, graph.encoder)
    bits_in = weighed(counted(simplified, target, with_encoder=False), target)
    parts = bits_in
    if has_encoder:
        parts = weighed(counted(simplified, target, with_encoder=True), target)
        if target.lut is not None:
            # The cover is greedy: what it merges of encoder and gates may cost more than both.
            alone = _covered(circuit.encoder(simplified, target.carry), target.lut)
            apart = bits_in | {"encoder": weighed(alone, target)["encoder"]}
            parts = min(parts, apart, key=lambda each: sum(each.values()))
    return CostEstimate(
        name=name,
        target=target.name,
        unit=target.unit,
        parts=parts,
        total=sum(parts.values()),
        bits_in=sum(bits_in.values()),
        error=targets.error(target, drawn=drawn),
        drawn=drawn,
    )


def counted(graph: GateGraph, target: Target, *, with_encoder: bool) -> dict[str, float]:
    """For each part of a simplified graph's circuit, its LUTs, or its gates with their weights."""
    net = circuit.classifier(graph, target.carry, with_encoder=with_encoder)
    if target.lut is None:
        nodes = np.flatnonzero(net.op != FALSE)
        is_xor = np.isin(net.op[nodes], (XOR, XNOR))
        plain, xors = net.by_part(nodes[~is_xor]), net.by_part(nodes[is_xor])
        counts = {part: plain[part] + _XOR * xors[part] for part in PARTS}
        luts = len(cover.cover(graph.n_inputs, graph.op, graph.a, graph.b, graph.head_nodes, 4))
        return counts | {"gates": luts + _GATE * min(counts["gates"], _NEEDED * luts)}
    return _covered(net, target.lut)


def _covered(net: Netlist, inputs: int) -> dict[str, float]:
    """For each part, the LUTs of so many inputs that cover it."""
    made = net.by_part(cover.cover(0, net.op, net.a, net.b, net.roots, inputs))
    return {part: float(made[part] + net.fixed[part]) for part in PARTS}


def weighed(counts: Mapping[str, float], target: Target) -> dict[str, int]:
    """What mapping makes of what was counted in each part."""
    constants = targets.constants(target)
    return {part: round(constants[part] * count) for part, count in counts.items()}
