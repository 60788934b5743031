"""What a network costs on a target, as Yosys maps it: one number, with its encoder and without."""

from __future__ import annotations

from collections.abc import Callable

from lilogic.files import scratch
from lilogic.graph import GateGraph, passes
from lilogic.graph.metadata import MappedCost
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.hdl.synthesis import area
from lilogic.hdl.synthesis.area import TARGETS, Target
from lilogic.hdl.verilog import compile_graph
from lilogic.report.models.area import Counts

NAND2 = 3.7536
"""µm², the area of sky130's smallest NAND gate of two inputs, which is one gate equivalent."""


def measure(
    graph: GateGraph,
    name: str,
    target: Target,
    tell: Callable[[str], object] = lambda _: None,
    threads: int | None = None,
) -> MappedCost:
    """What Yosys maps the whole network to, without registers.

    Args:
        graph: the network; it is simplified.
        name: of the target, for which the popcount is chosen where it is one of ``TARGETS``.
        target: LUTs are counted where it has a column of them, else area in ``NAND2``.
        tell: is given a few words on each step that ended.
        threads: runs of Yosys at once, at most; default: one for each core that can be used.

    Raises:
        GraphError: the network cannot be compiled.
        ToolError: Yosys is missing or failed.
    """
    simplified = passes.simplify(graph)

    def mapped(kind: InputKind) -> MappedCost:
        return _mapped(simplified, name, target, kind, tell, threads)

    if graph.encoder is None:
        alone = mapped(InputKind.BITS)
        return alone.model_copy(update={"bits_in": alone.total})
    whole = mapped(InputKind.FEATURES)
    # An encoder of nothing but wires costs nothing.
    bits_in = whole.total
    if whole.parts["encoder"]:
        bits_in = mapped(InputKind.BITS).total
    return whole.model_copy(update={"bits_in": bits_in})


def _mapped(
    graph: GateGraph,
    name: str,
    target: Target,
    kind: InputKind,
    tell: Callable[[str], object],
    threads: int | None,
) -> MappedCost:
    """What a simplified network takes that reads bits, or features."""
    options = CompileOptions(
        input=kind, levels_per_stage=0, target=name if name in TARGETS else None
    )
    with scratch() as folder:
        compile_graph(graph, folder, options)
        report = area.measure(folder, {name: target}, tell, area.at_once(threads))
    mapped = report.targets[name]
    return MappedCost(
        total=_size(mapped.total),
        bits_in=_size(mapped.total),
        parts={part: _size(counts) for part, counts in mapped.parts.items()},
        tool=report.tool,
    )


def _size(counts: Counts) -> float:
    return counts["luts"] if "luts" in counts else round(counts["area"] / NAND2, 1)
