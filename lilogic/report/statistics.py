"""What became of a network's gates: who is read how often, by level, which layers collapsed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.graph.gates import FALSE, GATES, NOT_A, NOT_B, READS_A, READS_B, TRUE, A, B
from lilogic.graph.metadata import TrainedLayer
from lilogic.report.models.gates import FanOut, Layer, Level

# Of a good small network's last layer, passes can find two thirds to be buffers and inverters.
_MANY_CONSTANTS = 0.5
_MANY_PASS_THROUGH = 0.75


def gap(graph: GateGraph) -> dict[str, float]:
    """By split, the recorded soft accuracy minus the frozen one; splits without both are left out.

    A fraction, negative where freezing helped.
    """
    accuracy = graph.metadata.get("accuracy", {})
    return {
        split: accuracy[f"{split}_soft"] - accuracy[f"{split}_frozen"]
        for split in ("validation", "test")
        if f"{split}_soft" in accuracy and f"{split}_frozen" in accuracy
    }


def fan_out(graph: GateGraph) -> npt.NDArray[np.int64]:
    """int64 [nodes]: how many gate wires and heads read each node; see ``FanOut``."""
    read = [graph.a[READS_A[graph.op]], graph.b[READS_B[graph.op]], graph.head_nodes]
    return np.bincount(np.concatenate(read), minlength=graph.n_nodes)


def by_function(op: npt.NDArray[np.uint8]) -> dict[str, int]:
    """How many gates there are of each function, by its name; functions without gates left out."""
    counts = np.bincount(op, minlength=len(GATES)).tolist()
    return {gate.name: count for gate, count in zip(GATES, counts, strict=True) if count}


def levels(graph: GateGraph) -> list[Level]:
    """The gates of level 1, 2, …, as ``GateGraph.cones`` counts them: in gates, or in nodes.

    Levels are what layers are in hardware: passes merge gates across the layers that were trained.
    """
    level, is_root = (array[graph.n_inputs :] for array in graph.cones[1:])
    counts = fan_out(graph)[graph.n_inputs :]
    members = [level == number for number in range(1, int(level.max(initial=0)) + 1)]
    return [
        Level(
            gates=int(here.sum()),
            nodes=int(is_root[here].sum()) if len(graph.roots) else None,
            ops=by_function(graph.op[here]),
            fan_out=spread(counts[here]),
        )
        for here in members
    ]


def layers(graph: GateGraph, trained: Sequence[TrainedLayer]) -> list[Layer]:
    """The layers, first to last, of a graph whose gates stand layer after layer; [] of none.

    Raises:
        GraphError: they do not add up to the graph's gates.
    """
    if not trained:
        return []
    widths = [layer.gates for layer in trained]
    if sum(widths) != graph.n_gates:
        raise GraphError(
            f"layers of {list(widths)} gates are {sum(widths)}, but the graph has {graph.n_gates}"
        )
    ends = np.cumsum(widths)[:-1]
    ops = np.split(graph.op, ends)
    counts = np.split(fan_out(graph)[graph.n_inputs :], ends)
    return list(map(_layer, trained, ops, counts))


def _layer(
    trained: TrainedLayer, op: npt.NDArray[np.uint8], counts: npt.NDArray[np.int64]
) -> Layer:
    return Layer(
        gates=len(op),
        filters=trained.filters,
        places=trained.places,
        constants=int(np.isin(op, (FALSE, TRUE)).sum()),
        pass_through=int(np.isin(op, (A, B, NOT_A, NOT_B)).sum()),
        fan_out=spread(counts),
    )


def spread(counts: npt.NDArray[np.int64]) -> FanOut:
    """The fan-out of some nodes, at least one, of which ``counts`` says how often each is read."""
    return FanOut(max=int(counts.max()), mean=float(counts.mean()), unread=int((counts == 0).sum()))


def warnings(layers: Sequence[Layer], begins_passing: bool = False) -> list[str]:
    """A line for each layer that collapsed: what is wrong, and what to try.

    Of gates that began as ones that pass a wire on, many may well stay so.
    """
    lines = []
    for number, layer in enumerate(layers, 1):
        constants, pass_through = layer.constants / layer.gates, layer.pass_through / layer.gates
        if constants > _MANY_CONSTANTS:
            lines.append(
                f"layer {number} collapsed: {constants:.0%} of its {layer.gates:,} gates are "
                "constants; try fewer gates in it, a smaller train.learning_rate or a larger "
                "net.tau"
            )
        elif constants + pass_through > _MANY_PASS_THROUGH and not begins_passing:
            lines.append(
                f"layer {number} does little: {constants + pass_through:.0%} of its "
                f"{layer.gates:,} gates are constants or pass one wire through; try to omit the "
                "layer, or to raise net.candidates or train.epochs"
            )
    return lines
