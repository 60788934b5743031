from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.fitting import fit
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.graph.comparators import in_gates
from lilogic.infer import golden
from lilogic.learn.ensemble import merged, seen_by, views, with_view
from lilogic.learn.recipe import EnsembleRecipe


def network(inputs: int, widths: list[int], classes: int, seed: int) -> GateGraph:
    """Layers of random gates that read everything before them; heads count random nodes."""
    random = np.random.default_rng(seed)
    gates, end = [], inputs
    for width in widths:
        gates += [tuple(random.integers(0, (16, end, end)).tolist()) for _ in range(width)]
        end += width
    heads = [random.integers(0, end, random.integers(0, 6)).tolist() for _ in range(classes)]
    return GateGraph.build(inputs, gates, heads, random.integers(-3, 4, classes).tolist())


@given(
    st.integers(1, 5),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.integers(1, 4),
    st.lists(st.integers(0, 2**32), min_size=1, max_size=4),
)
def test_scores_add_up(inputs: int, widths: list[int], classes: int, seeds: list[int]) -> None:
    graphs = [network(inputs, widths, classes, seed) for seed in seeds]
    graph = merged(graphs, widths)
    bits = np.array([[n >> i & 1 for i in range(inputs)] for n in range(2**inputs)], dtype=bool)
    expected = sum(golden.scores(member, bits).astype(int) for member in graphs)
    assert np.array_equal(golden.scores(graph, bits), expected)


def test_layers_stand_side_by_side() -> None:
    graphs = [GateGraph.build(2, [(op, 0, 1), (op + 1, 1, 2)], [[3]]) for op in (1, 6)]
    graph = merged(graphs, [1, 1])
    assert graph.op.tolist() == [1, 6, 2, 7]
    assert graph.a.tolist() == [0, 0, 1, 1]
    assert graph.b.tolist() == [1, 1, 2, 3]
    assert graph.head_nodes.tolist() == [4, 5]
    assert not len(graph.roots)


def test_roots_stay_roots() -> None:
    rows = [(1, 0, 1), (6, 2, 1), (7, 3, 0)]
    graphs = [GateGraph.build(2, rows, [[4]], roots=roots) for roots in ([2, 4], [4])]
    graph = merged(graphs, [2, 1])
    assert graph.roots.tolist() == [2, 6, 7]
    encoder = Encoder(
        preprocessing=Preprocessing((1,), "uint8"), feature=[0, 0, 0], threshold=[1, 2, 3]
    )
    seen = with_view(graph, encoder, np.array([1, 2]))
    assert seen.roots.tolist() == [3, 7, 8]


@pytest.mark.parametrize(
    "other",
    [
        GateGraph.build(3, [(1, 0, 1)], [[3]]),
        GateGraph.build(2, [(1, 0, 1)], [[2], [2]]),
        GateGraph.build(2, [(1, 0, 1), (1, 0, 1)], [[2]]),
    ],
)
def test_other_networks_are_refused(other: GateGraph) -> None:
    with pytest.raises(LilogicError, match="cannot be merged"):
        merged([GateGraph.build(2, [(1, 0, 1)], [[2]]), other], [1])


def test_views_go_past_the_edge_and_take_channels_along() -> None:
    recipe = EnsembleRecipe(shifts=[(0, 0), (5, 0), (0, -1)], mirror=False)
    places = views((2, 2, 2), recipe)
    assert [place.tolist() for place in places] == [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3, 0, 1, 2, 3],
        [2, 3, 2, 3, 6, 7, 6, 7],
    ]
    (_, mirrored) = views((1, 3), EnsembleRecipe(mirror=True))
    assert mirrored.tolist() == [2, 1, 0]


@given(st.sampled_from([{"differences": [(0, 2), (1, 1)], "steps": [0.05, 0.2]}, {"bits": 3}]))
def test_views_encode_the_moved_image(options: dict[str, Any]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 5)).astype(np.uint8)
    made = fit(images, per_feature=True, **options)
    for view in views((4, 5), EnsembleRecipe(shifts=[(0, 0), (1, 0), (0, -1)], mirror=True)):
        encoder, (bits,) = seen_by(made, [view])
        moved = images.reshape(30, -1)[:, view].reshape(images.shape)
        assert np.array_equal(encoder.encode(images)[:, bits], made.encode(moved))
        assert np.array_equal(encoder.encode(images)[:, : made.n_bits], made.encode(images))


def test_mirrored_differences_are_those_the_other_way_round() -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 5)).astype(np.uint8)
    made = fit(images, bits=2, differences=[(0, 2), (1, 1), (1, -1)], steps=[0.05, 0.2])
    encoder, _ = seen_by(made, views((4, 5), EnsembleRecipe(mirror=True)))
    assert encoder.n_bits == made.n_bits


def test_a_view_keeps_what_the_network_decides() -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 5)).astype(np.uint8)
    made = fit(images, differences=[(1, 1)], steps=[0.05], levels=7)
    graph = replace(network(made.n_bits, [9, 9], 3, seed=0), encoder=made)
    seen = views((4, 5), EnsembleRecipe(shifts=[(1, 0)], mirror=True))
    encoder, bits = seen_by(made, seen)
    for view, its in zip(seen, bits, strict=True):
        moved = images.reshape(30, -1)[:, view].reshape(images.shape)
        expected = golden.scores(graph, made.encode(moved))
        turned = in_gates(with_view(graph, encoder, its))
        assert turned.encoder is not None
        assert np.array_equal(golden.scores(turned, turned.encoder.encode(images)), expected)


def test_what_is_no_image_has_one_view() -> None:
    (place,) = views((3,), EnsembleRecipe(members=2))
    assert place.tolist() == [0, 1, 2]
    with pytest.raises(LilogicError, match=r"need images.*\(3,\)"):
        views((3,), EnsembleRecipe(mirror=True))
