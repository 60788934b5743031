"""Pictures of hardware: a head, where registers stand, and an inference on its wires."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Value
from amaranth.sim import Simulator
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from lilogic import zoo
from lilogic.data import datasets
from lilogic.files import write_text
from lilogic.graph import GateGraph, lgn, passes
from lilogic.hdl.artefacts import waveform as wavedrom
from lilogic.hdl.components.classifier import Choices, Classifier, plan
from lilogic.hdl.components.interface import pack_features
from lilogic.hdl.options import CompileOptions
from pictures import sheet

COUNTED = 7
"""Bits of the head that is drawn."""

TITLES = {
    0: "no registers: a combinational circuit",
    4: "registers after every four levels",
    2: "registers after every two levels",
    1: "registers after every level",
}
"""The pipelines that are drawn, by their levels a stage."""


def head(path: Path) -> None:
    """Seven bits of a class: two full adders, and a sum that takes the last one as its carry."""
    with sheet.figure(path, 8, 3.4) as figure:
        axes = figure.subplots()
        sheet.blank(axes, 10.2, 7.4)
        for bit in range(COUNTED):
            _box(axes, 0.6, bit + 0.7, f"g{bit + 1}", sheet.YELLOW, wide=0.8)
        for adder in range(2):
            y = 3 * adder + 1.7
            _box(axes, 3.4, y, "full adder", sheet.PALE)
            for bit in range(3):
                _arrow(axes, 1.0, 3 * adder + bit + 0.7, 2.5, y + 0.3 * (bit - 1))
            _arrow(axes, 4.3, y, 5.4, 3.2 + 0.5 * (2 * adder - 1))
            axes.text(4.9, 1.7 + 3.3 * adder, "0 … 3", ha="center", fontsize=8, color=sheet.INK)
        axes.plot([1.0, 6.3], [6.7, 6.7], color=sheet.INK, linewidth=1.1)
        _arrow(axes, 6.3, 6.7, 6.3, 4.3)
        axes.text(6.45, 6.0, "as its carry in", fontsize=8, color=sheet.INK)
        _box(axes, 6.3, 3.2, "adder", sheet.BLUE, tall=2.2)
        _arrow(axes, 7.2, 3.2, 8.4, 3.2)
        axes.text(7.8, 3.0, "0 … 7", ha="center", fontsize=8, color=sheet.INK)
        _box(axes, 9.2, 3.2, "score", sheet.ORANGE, wide=1.6)


def _box(
    axes: Axes, x: float, y: float, words: str, color: str, wide: float = 1.8, tall: float = 0.8
) -> None:
    corner = x - wide / 2, y - tall / 2
    style = "round,pad=0,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch(corner, wide, tall, boxstyle=style, fc=color, ec=sheet.INK))
    axes.text(x, y, words, ha="center", va="center", fontsize=9, color=sheet.INK)


def _arrow(axes: Axes, x: float, y: float, u: float, v: float) -> None:
    style = {"arrowstyle": "-|>", "color": sheet.INK, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (u, v), (x, y), arrowprops=style)


def pipeline(path: Path) -> None:
    """The levels of a network for digits, and the registers that stand between them."""
    graph = passes.simplify(lgn.read(zoo.path("digits")))
    with sheet.figure(path, 9, 3.6) as figure:
        axes = figure.subplots()
        sheet.blank(axes, 18.5, 4 * len(TITLES) - 0.8)
        for row, levels in enumerate(TITLES):
            options = CompileOptions(levels_per_stage=levels)
            registers = plan(graph, Choices.of(graph, options))
            y, x = 4 * row + 1.4, 0.2
            latency = sum(map(sum, registers.values()))
            title = f"{TITLES[levels]}; latency: {latency} cycles"
            axes.text(x, y - 0.5, title, fontsize=9, color=sheet.INK)
            for name, part in zip(sheet.PARTS, registers.values(), strict=True):
                for has_register in part:
                    _level(axes, x, y, sheet.PARTS[name])
                    x += 1.0
                    if has_register:
                        axes.plot([x, x], [y - 0.2, y + 1.6], color=sheet.INK, linewidth=3)
                    x += 0.25
        for number, (name, color) in enumerate(sheet.PARTS.items()):
            axes.text(
                17.2,
                1.9 + 1.6 * number,
                name,
                ha="center",
                fontsize=9,
                bbox={"boxstyle": "round", "fc": color, "ec": "none"},
            )


def _level(axes: Axes, x: float, y: float, color: str) -> None:
    axes.add_patch(Rectangle((x, y), 0.9, 1.4, fc=color, ec="none"))


def waveform(path: Path) -> None:
    """A wine of each class through a classifier, with a pause before the last."""
    graph, data = passes.simplify(lgn.read(zoo.path("wine"))), datasets.load("wine")
    classifier = Classifier(graph, CompileOptions(levels_per_stage=2))
    firsts = np.unique(data.y_test, return_index=True)[1]
    rows = _simulated(classifier, graph, data.x_test[firsts], (0, 1, 3))
    latency = classifier.latency
    marks = {"node": "A" + "." * (latency - 1) + "B"}
    signals: list[dict[str, Any]] = [{"name": "clk", "wave": "p" + "." * (len(rows) - 1)}]
    signals += [_row(name, [row[name] for row in rows]) for name in rows[0]]
    wave = {
        "signal": [*signals, marks],
        "edge": [f"A<->B latency: {latency} cycles"],
        "config": {"hscale": 2},
    }
    write_text(path, _on_paper(wavedrom.svg(wave)))


def _row(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """A signal of WaveJSON: flags as lines, other values as boxes, None as undefined."""
    if name.startswith("valid"):
        wave = (
            "." if now == before else str(now)
            for before, now in itertools.pairwise([None, *values])
        )
        return {"name": name, "wave": "".join(wave)}
    wave = "".join("x" if value is None else "=" for value in values)
    return {"name": name, "wave": wave, "data": [value for value in values if value is not None]}


def _on_paper(svg: str) -> str:
    """The picture on white ground, so that it is readable on a dark page."""
    return re.sub(
        r"<svg[^>]*>",
        rf'\g<0><rect width="100%" height="100%" fill="{sheet.PAPER}"/>',
        svg,
        count=1,
    )


def _simulated(
    classifier: Classifier, graph: GateGraph, samples: Any, cycles: Sequence[int]
) -> list[dict[str, Any]]:
    """What stands on the ports in each cycle, of a classifier that gets samples in these cycles."""
    assert graph.encoder is not None
    words = pack_features(graph.encoder, graph.encoder.features(samples))
    entering = dict(zip(cycles, words, strict=True))
    results, width = classifier.results, classifier.interface.score_width
    rows: list[dict[str, Any]] = []

    async def testbench(context: Any) -> None:
        for cycle in range(cycles[-1] + classifier.latency + 2):
            word = entering.get(cycle)
            context.set(classifier.samples.valid, int(word is not None))
            if word is not None:
                integer = sum(1 << place for place, bit in enumerate(word.tolist()) if bit)
                context.set(classifier.samples.payload, integer)
            is_there = context.get(results.valid)
            packed = context.get(Value.cast(results.payload.scores))
            scores = [packed >> width * n & (1 << width) - 1 for n in range(graph.n_classes)]
            rows.append(
                {
                    "valid_in": int(word is not None),
                    "features": None if word is None else f"wine {cycles.index(cycle) + 1}",
                    "valid_out": is_there,
                    "index": context.get(results.payload.index) if is_there else None,
                    "scores": ", ".join(map(str, scores)) if is_there else None,
                }
            )
            await context.tick()

    simulator = Simulator(classifier)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return rows
