"""Pictures of a gate graph and its hardware, drawn from report.json; of what it reads, from it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import LilogicError
from lilogic.files import replacing
from lilogic.graph import GateGraph
from lilogic.graph.gates import GATES, READS_A, READS_B

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lilogic.report.models.area import AreaReport
    from lilogic.report.models.compiled import CompiledLevel, CompileReport
    from lilogic.report.models.cost import FrontierReport
    from lilogic.report.models.timing import PipelineReport

_FORMATS = (".png", ".svg", ".pdf")
_INK, _PAPER = "#22303c", "#ffffff"
_PARTS = {
    "encoder": "#8ecae6",
    "gates": "#ffb703",
    "heads": "#219ebc",
    "argmax": "#fb8500",
    "other": "#adb5bd",
}


def picture(path: Path) -> Path:
    """``path``, if that is a name for a picture: to be known before what it shows is measured.

    Raises:
        LilogicError: it ends with no known format.
    """
    if path.suffix.lower() not in _FORMATS:
        *first, last = _FORMATS
        raise LilogicError(
            f"{path}: unknown picture format; use the suffix {', '.join(first)} or {last}"
        )
    return path


def reads_per_feature(graph: GateGraph) -> npt.NDArray[np.int64]:
    """int64 [*feature_shape]: how many wires of living gates, and heads, read bits of each feature.

    The graph must have an encoder.
    """
    assert graph.encoder is not None
    gates = graph.alive[graph.n_inputs :]
    wires = np.concatenate(
        [
            graph.a[gates & READS_A[graph.op]],
            graph.b[gates & READS_B[graph.op]],
            graph.head_nodes,
        ]
    )
    features = graph.encoder.read_by(wires[wires < graph.n_inputs])
    counts = np.bincount(features, minlength=graph.encoder.n_features)
    return counts.reshape(graph.encoder.feature_shape)


def draw(graph: GateGraph, report: CompileReport, path: Path) -> None:
    """Write a PNG: what the gates read, which gates there are, and where the area goes.

    Raises:
        LilogicError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8.5), layout="constrained", facecolor=_PAPER)
    axes = figure.subplots(2, 2)
    figure.suptitle(_headline(report), fontsize=14, color=_INK)
    _draw_reads(axes[0, 0], graph)
    _draw_ops(axes[0, 1], report.gates.ops)
    _draw_area(axes[1, 0], report.area)
    _draw_levels(axes[1, 1], report.levels)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def svg(report: CompileReport) -> str:
    """An SVG element: gates by function and by level, fan-out, and where the area goes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8.5), layout="constrained", facecolor=_PAPER)
    axes = figure.subplots(2, 2)
    _draw_ops(axes[0, 0], report.gates.ops)
    _draw_levels(axes[0, 1], report.levels)
    _draw_fan_out(axes[1, 0], report)
    _draw_area(axes[1, 1], report.area)
    title = f"{report.name}: gates by function and by level, how often they are read, and area"
    return as_svg(figure, title)


def as_svg(figure: Figure, title: str) -> str:
    """A figure as an SVG element, to stand in a page; ``title`` says what it shows."""
    import matplotlib

    written = io.StringIO()
    # The same report is the same text: no date, and names that do not depend on chance.
    with matplotlib.rc_context({"svg.hashsalt": "lilogic", "svg.fonttype": "none"}):
        figure.savefig(written, format="svg", metadata={"Date": None, "Title": title})
    text = written.getvalue()
    return text[text.index("<svg") :]


def draw_sweep(sweep: PipelineReport, path: Path) -> None:
    """Write a PNG: clock, latency and area over the levels between registers.

    Raises:
        LilogicError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained", facecolor=_PAPER)
    figure.suptitle(f"{sweep.name} on {sweep.device}", fontsize=13, color=_INK)
    area, clock, latency = figure.subplots(1, 3)
    points = sweep.points
    routed = [point for point in points if point.fits]
    levels = [point.levels_per_stage for point in points]
    for column, part in (("luts", "heads"), ("ffs", "gates")):
        counts = [getattr(point, column) for point in points]
        area.plot(levels, counts, marker="o", color=_PARTS[part], label=column.upper()[:-1])
    area.legend(fontsize=8, frameon=False)
    levels = [point.levels_per_stage for point in routed]
    fmax = [point.fmax_mhz or 0.0 for point in routed]
    clock.plot(levels, fmax, marker="o", color=_PARTS["argmax"])
    # A combinational answer takes one period.
    waits = [1000 * max(1, p.latency) / mhz for p, mhz in zip(routed, fmax, strict=True)]
    latency.plot(levels, waits, marker="o", color=_INK)
    titles = ("LUTs and flip-flops", "Fmax, MHz = million samples/s", "Latency, ns")
    for axes, title in zip((area, clock, latency), titles, strict=True):
        axes.set_title(title, color=_INK)
        axes.set_xlabel("levels between registers")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def draw_frontier(frontier: FrontierReport, path: Path) -> None:
    """Write a PNG: test accuracy over cost, those that validation chose joined by a line.

    Raises:
        LilogicError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained", facecolor=_PAPER)
    axes = figure.subplots()
    chosen = sorted((point for point in frontier.points if point.chosen), key=attrgetter("total"))
    how = "mapped" if all(point.mapped for point in frontier.points) else "estimated"
    for points, line, label, color in (
        ([*frontier.points], "", "each seed", _PARTS["encoder"]),
        (chosen, "-", "best on validation", _PARTS["heads"]),
    ):
        accuracies = [100 * point.accuracy["test_frozen"] for point in points]
        costs = [point.total for point in points]
        axes.plot(costs, accuracies, marker="o", linestyle=line, color=color, label=label)
    axes.set_xscale("log")
    axes.set_xlabel(f"{frontier.unit} on {frontier.target}, encoder to argmax ({how})")
    axes.set_ylabel("test accuracy, %")
    axes.set_title(f"{frontier.name}, {frontier.dataset}", loc="left", color=_INK)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130, format="png")


def _headline(report: CompileReport) -> str:
    frozen = report.accuracy.get("test_frozen")
    accuracy = f", test accuracy {frozen:.2%}" if frozen is not None else ""
    return f"{report.name}: {report.gates.count:,} gates{accuracy}"


def _draw_reads(axes: Any, graph: GateGraph) -> None:
    axes.set_title("Wires reading each pixel", color=_INK)
    if graph.encoder is None:
        axes.text(0.5, 0.5, "no encoder recorded", ha="center")
        axes.axis("off")
        return
    reads = reads_per_feature(graph)
    if reads.ndim == 1:
        axes.bar(np.arange(len(reads)), reads, color=_PARTS["heads"])
        axes.set_xlabel("feature")
        return
    image = axes.imshow(reads if reads.ndim == 2 else reads.sum(2), cmap="magma")
    axes.figure.colorbar(image, ax=axes, shrink=0.85)
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_ops(axes: Any, ops: Mapping[str, int]) -> None:
    counts = [ops.get(gate.name, 0) for gate in GATES]
    bars = axes.barh([gate.symbol for gate in GATES], counts, color=_PARTS["gates"])
    axes.bar_label(bars, fontsize=8, padding=2)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title("Gates by function", color=_INK)


def _draw_area(axes: Any, area: AreaReport | None) -> None:
    if area is None:
        axes.set_axis_off()
        return
    fpgas = {name: t for name, t in area.targets.items() if "luts" in t.total}
    targets = fpgas or area.targets
    parts = {
        p: c for p, c in _PARTS.items() if any(_size(t.parts.get(p, {})) for t in targets.values())
    }
    for row, target in enumerate(targets.values()):
        left = 0.0
        for part, color in parts.items():
            width = _size(target.parts.get(part, {}))
            axes.barh(row, width, left=left, color=color, label=part if row == 0 else None)
            if width > 0.06 * max(1, _size(target.total)):
                axes.text(left + width / 2, row, f"{width:,}", ha="center", va="center", fontsize=8)
            left += width
    axes.set_yticks(range(len(targets)), [f"{name}\n{t.unit}" for name, t in targets.items()])
    axes.invert_yaxis()
    axes.margins(x=0.05)
    if targets:
        axes.legend(fontsize=8, frameon=False)
    axes.set_title("Area as mapped by Yosys", color=_INK)


def _size(counts: Mapping[str, float]) -> float:
    """The first column of a target's counts, which is its size."""
    return next(iter(counts.values()), 0)


def _draw_levels(axes: Any, levels: Sequence[CompiledLevel]) -> None:
    at = np.arange(1, len(levels) + 1)
    for key, label, part, shift in (
        ("gates", "gates", "argmax", -0.2),
        ("ffs", "FF", "encoder", 0.2),
    ):
        counts = [getattr(level, key) for level in levels]
        axes.bar(at + shift, counts, width=0.4, color=_PARTS[part], label=label)
    axes.set_title("Gates and flip-flops by level", color=_INK)
    _label_levels(axes)


def _draw_fan_out(axes: Any, report: CompileReport) -> None:
    nodes = [report.inputs, *(level.fan_out for level in report.levels)]
    for key, color in (("max", _PARTS["argmax"]), ("mean", _INK)):
        axes.plot([getattr(node, key) for node in nodes], marker="o", color=color, label=key)
    axes.set_yscale("symlog", linthresh=1)
    axes.grid(alpha=0.3)
    axes.set_title("Fan-out by level (0: input bits)", color=_INK)
    _label_levels(axes)


def _label_levels(axes: Any) -> None:
    axes.set_xlabel("level")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, frameon=False)
    axes.xaxis.get_major_locator().set_params(integer=True)
