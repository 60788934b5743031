"""What compares pixels in gates decides as its encoder did, for all pixels there are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.fitting import fit
from lilogic.data.levels import Levels
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError
from lilogic.graph import GateGraph, lgn
from lilogic.graph.comparators import in_gates
from lilogic.infer import golden
from tests.strategies import encoded_graphs, graphs, random_raw, table_graphs

Draw = st.DrawFn

ONE_PIXEL = Preprocessing((1,), "uint8", levels=Levels(((9, 99),)))


@st.composite
def coding_encoders(draw: Draw, bits: int = 8) -> Encoder:
    """Encoders that compare codes of pixels with each other and with constants, in reach or not."""
    shape = draw(st.sampled_from([(1,), (3,), (2, 2)]))
    pixels = int(np.prod(shape))
    levels = draw(st.sets(st.integers(-1, 255), min_size=1, max_size=9))
    feature, minus, threshold = (
        draw(st.lists(of, min_size=bits, max_size=bits))
        for of in (st.integers(0, pixels - 1), st.integers(0, pixels), st.integers(-11, 11))
    )
    same = Levels((tuple(sorted(levels)),) * pixels)
    return Encoder(
        preprocessing=Preprocessing(shape, "uint8", levels=same),
        feature=feature,
        minus=minus,
        threshold=threshold,
    )


@given(coding_encoders().flatmap(lambda encoder: graphs(encoder=encoder)))
def test_gates_decide_what_comparisons_of_codes_do(graph: GateGraph) -> None:
    explicit = in_gates(graph)
    assert explicit.encoder is not None
    assert graph.encoder is not None
    assert not explicit.encoder.has_differences
    raw = random_raw(graph.encoder, 200)
    expected = golden.scores(graph, graph.encoder.encode(raw))
    assert np.array_equal(golden.scores(explicit, explicit.encoder.encode(raw)), expected)


@given(coding_encoders(bits=9), table_graphs())
def test_nodes_of_several_gates_stay_nodes(encoder: Encoder, tables: GateGraph) -> None:
    bits = tables.n_inputs
    rows = {name: getattr(encoder, name)[:bits] for name in ("feature", "minus", "threshold")}
    graph = replace(tables, encoder=Encoder(preprocessing=encoder.preprocessing, **rows))
    explicit = in_gates(graph)
    comparators = explicit.n_gates - graph.n_gates
    first = explicit.n_inputs + comparators
    assert explicit.roots[len(explicit.roots) - len(graph.roots) :].tolist() == [
        first + root - graph.n_inputs for root in graph.roots
    ]
    if len(graph.roots):
        assert np.count_nonzero(explicit.roots < first) == comparators


@given(encoded_graphs())
def test_graphs_without_levels_stay_as_they_are(graph: GateGraph) -> None:
    assert in_gates(graph) is graph


def test_comparators_are_the_first_layer_and_can_be_saved(tmp_path: Path) -> None:
    images = np.arange(256, dtype=np.uint8).reshape(64, 2, 2)
    encoder = fit(images, bits=3, differences=[(0, 1)], steps=[0.1], levels=3)
    graph = GateGraph.build(
        encoder.n_bits,
        [(1, 0, encoder.n_bits - 1)],
        [[encoder.n_bits], [0]],
        encoder=encoder,
        metadata={"layers": [{"gates": 1}]},
    )
    with pytest.raises(GraphError, match="codes"):
        lgn.write(graph, tmp_path / "coded.lgn")
    explicit = in_gates(graph)
    # Of each pixel the lower digit, of three levels; then a comparison of two digits.
    assert explicit.metadata["layers"] == [{"gates": 2 + 2 + 5}, {"gates": 1}]
    lgn.write(explicit, tmp_path / "explicit.lgn")
    again = lgn.read(tmp_path / "explicit.lgn")
    expected = golden.scores(graph, encoder.encode(images))
    assert again.encoder is not None
    assert np.array_equal(golden.scores(again, again.encoder.encode(images)), expected)


def test_codes_are_not_compared_with_a_quantile() -> None:
    encoder = Encoder(preprocessing=ONE_PIXEL, feature=[0], threshold=[0], rank=0)
    graph = GateGraph.build(1, [], [[0]], encoder=encoder)
    with pytest.raises(GraphError, match="quantile"):
        in_gates(graph)


def test_codes_by_different_levels_are_not_compared() -> None:
    different = Preprocessing((2,), "uint8", levels=Levels(((9,), (10,))))
    with pytest.raises(GraphError, match="differently"):
        Encoder(preprocessing=different, feature=[0], minus=[1], threshold=[0])
