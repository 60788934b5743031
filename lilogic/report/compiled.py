"""The report of a compiled network, from what each room found of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lilogic.graph import GateGraph
from lilogic.report import statistics
from lilogic.report.models.area import AreaReport
from lilogic.report.models.compiled import CompiledLevel, CompileReport, Verification
from lilogic.report.models.graph import GraphReport


def describe(
    name: str,
    graph: GateGraph,
    flip_flops: Sequence[int],
    interface: dict[str, Any],
    area: AreaReport | None = None,
    verification: Verification | None = None,
) -> CompileReport:
    """What is known of a simplified and compiled graph.

    Args:
        name: what the network is called.
        graph: simplified, as it was compiled.
        flip_flops: how many stand after each level of gates.
        interface: the ports and the latency.
        area: what it takes, if it was mapped.
        verification: what simulation and proof gave, if they were run.
    """
    inputs = statistics.fan_out(graph)[: graph.n_inputs]
    levels = [
        CompiledLevel(**level.model_dump(), ffs=ffs)
        for level, ffs in zip(statistics.levels(graph), flip_flops, strict=False)
    ]
    return CompileReport(
        **GraphReport.of(name, graph, graph.n_gates).model_dump(),
        inputs=statistics.spread(inputs),
        levels=levels,
        interface=interface,
        area=area,
        simulation=None if verification is None else verification.simulation,
        formal=None if verification is None else verification.formal,
    )
