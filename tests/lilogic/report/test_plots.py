"""The picture of a graph and its hardware."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates
from lilogic.report import compiled, plots
from lilogic.report.models.area import AreaReport, TargetArea
from lilogic.report.models.compiled import CompileReport
from tests.strategies import encoded_graphs, random_graph


def encoder(shape: tuple[int, ...], bits: int) -> Encoder:
    feature = np.arange(bits) % int(np.prod(shape))
    return Encoder(
        preprocessing=Preprocessing(shape, "uint8"), feature=feature, threshold=np.full(bits, 100)
    )


def tiny(shape: tuple[int, ...] | None = (2, 3)) -> GateGraph:
    """Gates of three levels, one of them dead, and a head that counts an input."""
    return GateGraph.build(
        6,
        [(gates.AND, 0, 1), (gates.XOR, 6, 5), (gates.A, 4, 3), (gates.OR, 2, 2), (gates.B, 0, 7)],
        [[7, 8, 0], [10, 10]],
        encoder=None if shape is None else encoder(shape, 6),
    )


def report(graph: GateGraph, name: str = "tiny", **accuracy: float) -> CompileReport:
    """What ``compile`` reports, in small."""

    def target(unit: str, column: str, count: int) -> TargetArea:
        parts = {
            part: {column: count + number, "ffs": number, "depth": 3}
            for number, part in enumerate(("encoder", "gates", "heads", "argmax"))
        }
        total = {column: 4 * count + 6, "ffs": 6, "depth": 7}
        types = {part: {"$_AND_": 1} for part in (*parts, "total")}
        return TargetArea(unit=unit, parts=parts, total=total, types=types)

    targets = {
        "generic": target("2-input cells", "cells", 90),
        "ice40": target("LUT4", "luts", 40),
        "xc7": target("LUT6", "luts", 0),
    }
    area = AreaReport(tool="Yosys 0.55", flattened=True, targets=targets)
    graph = graph.with_metadata(accuracy=accuracy)
    return compiled.describe(name, graph, [1] * graph.depth, {"latency": 3}, area)


def check_picture(path: Path) -> None:
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert min(image.size) > 800
        assert len(np.unique(np.asarray(image.convert("L")))) > 10  # not blank


@pytest.mark.parametrize("shape", [(2, 3), (6,), (1, 2, 3), None])
def test_draw_writes_a_picture_for_every_kind_of_sample(
    tmp_path: Path, shape: tuple[int, ...] | None
) -> None:
    graph = tiny(shape)
    path = tmp_path / "new" / "tiny.png"
    plots.draw(graph, report(graph, test_frozen=0.9), path)
    check_picture(path)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "graph",
    [
        GateGraph.build(1, [], [[0], []], encoder=encoder((1,), 1)),
        GateGraph.build(1, [(gates.TRUE, 0, 0)], [[1]], encoder=encoder((1, 1), 1)),
        random_graph((200, 100), 6, 10),
    ],
    ids=["no gates", "one constant", "many gates"],
)
def test_draw_copes_with_odd_graphs_and_no_accuracy(tmp_path: Path, graph: GateGraph) -> None:
    plots.draw(graph, report(graph), tmp_path / "odd.png")
    check_picture(tmp_path / "odd.png")


def test_draw_replaces_a_picture_and_says_where_it_cannot_write(tmp_path: Path) -> None:
    graph = tiny()
    path = tmp_path / "tiny.png"
    path.write_text("old")
    plots.draw(graph, report(graph), path)
    check_picture(path)
    below = path / "file.png"
    with pytest.raises(LilogicError, match="cannot be written") as caught:
        plots.draw(graph, report(graph), below)
    assert str(caught.value).startswith(f"{below}: ")


def test_reads_count_the_wires_of_living_gates_and_heads() -> None:
    # Bits 0 and 1 feed the AND, 5 the XOR, 4 the A; a head counts 0; OR on 2 is dead, and neither
    # A's second wire nor B's first counts.
    assert plots.reads_per_feature(tiny()).tolist() == [[2, 1, 0], [0, 1, 1]]


@given(encoded_graphs(ranked=True))
def test_reads_equal_a_count_by_hand(graph: GateGraph) -> None:
    assert graph.encoder is not None
    expected = [0] * graph.encoder.n_features
    wires = list(graph.head_nodes)
    for gate in range(graph.n_gates):
        if graph.alive[graph.n_inputs + gate]:
            truth = gates.TRUTH[graph.op[gate]]
            if truth[0] != truth[2] or truth[1] != truth[3]:
                wires.append(graph.a[gate])
            if truth[0] != truth[1] or truth[2] != truth[3]:
                wires.append(graph.b[gate])
    for wire in wires:
        if wire < graph.n_inputs:
            expected[graph.encoder.feature[wire]] += 1
            if graph.encoder.subtracts[wire]:
                expected[graph.encoder.minus[wire]] += 1
    found = plots.reads_per_feature(graph)
    assert found.shape == graph.encoder.feature_shape
    assert found.flatten().tolist() == expected
