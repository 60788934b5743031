"""Area, clock and latency of a classifier over how often registers stand in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from lilogic.errors import GraphError
from lilogic.files import scratch
from lilogic.graph import GateGraph
from lilogic.hdl.fpga.devices import Device
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.synthesis import timing
from lilogic.hdl.verilog import compile_graph
from lilogic.report.models.timing import PipelinePoint, PipelineReport

LEVELS_PER_STAGE = (1, 2, 3, 4, 6)
"""What is tried by default."""


def measure(
    graph: GateGraph,
    name: str,
    on: Device,
    levels_per_stage: Sequence[int] = LEVELS_PER_STAGE,
    options: CompileOptions | None = None,
    step: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> PipelineReport:
    """Place and route ``graph`` on a device, once for each of ``levels_per_stage``.

    Args:
        graph: the simplified graph.
        name: of the graph, for the report.
        on: the device.
        levels_per_stage: see ``CompileOptions``.
        options: the other options; the target is the device.
        step: makes a context in which a step of the work is done.

    Raises:
        GraphError: the options have a clock, or another target.
        LilogicError: see ``timing.measure``.
    """
    given = CompileOptions() if options is None else options
    if given.target not in (None, on.name):
        raise GraphError(f"the sweep is for {on.name}, not for the target {given.target}")
    CompileOptions.of(given, {"levels_per_stage": 0}).check_registers()
    points = []
    for levels in levels_per_stage:
        chosen = CompileOptions.of(given, {"levels_per_stage": levels, "target": on.name})
        with scratch() as folder:
            compile_graph(graph, folder, chosen)
            with step(f"placing and routing, {levels} levels per stage"):
                measured = timing.measure(graph, folder, on)
        points.append(PipelinePoint(levels_per_stage=levels, **measured.model_dump()))
    return PipelineReport(name=name, device=on.label, points=tuple(points))
