import numpy as np
import pytest
from amaranth.hdl import signed, unsigned
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components import popcount
from lilogic.hdl.components.interface import POPCOUNT
from lilogic.hdl.components.network import counted
from lilogic.hdl.components.popcount import POPCOUNTS, Heads, best, chosen, levels, score_shape
from lilogic.hdl.options import AUTO
from lilogic.hdl.synthesis.area import TARGETS
from tests.hdl.simulation import EVERY_SETTING, drive, every, read_scores, stream
from tests.strategies import graphs


def check(graph, popcount, levels_per_stage, samples=10):
    heads = Heads(graph, popcount, every(levels_per_stage, levels(graph, popcount)))
    nodes = counted(graph)
    values = np.random.default_rng(0).random((samples, len(nodes))) < 0.6
    values[:2] = [[False], [True]]
    seen = stream(
        heads,
        [drive(heads.values.signals, row) for row in values],
        lambda get: read_scores(get, heads.scores.payload, score_shape(graph)),
    )
    place = {node: i for i, node in enumerate(nodes.tolist())}
    expected = [
        [
            int(offset) + sum(int(row[place[node]]) for node in head.tolist())
            for head, offset in zip(graph.heads, graph.offset, strict=True)
        ]
        for row in values
    ]
    assert seen == expected


@pytest.mark.parametrize(("popcount", "levels_per_stage"), EVERY_SETTING)
@settings(max_examples=8)
@given(graph=graphs())
def test_scores_are_offsets_plus_counts(popcount, levels_per_stage, graph):
    check(graph, popcount, levels_per_stage)


@given(graph=graphs(), levels_per_stage=st.integers(0, 2))
def test_large_heads_are_counted_in_the_order_of_their_nodes(graph, levels_per_stage):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lilogic.hdl.components.popcount._ARRANGED", -1)
        check(graph, POPCOUNT, levels_per_stage)


@pytest.mark.parametrize("popcount", POPCOUNTS)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 31, 64, 100, 257])
def test_every_size_counts_up_to_all_ones(popcount, size):
    check(GateGraph.build(max(1, size), [], [range(size)]), popcount, 1)


def test_what_is_counted_is_found_once_for_all_classes(monkeypatch):
    calls = []

    def found(graph):
        calls.append(graph)
        return counted(graph)

    monkeypatch.setattr(popcount, "counted", found)
    graph = GateGraph.build(30, [], [range(class_, class_ + 20) for class_ in range(10)])
    Heads(graph, POPCOUNT, (True,) * levels(graph, POPCOUNT)).elaborate(None)
    assert len(calls) == 1


@settings(max_examples=15)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    popcount=st.sampled_from([*POPCOUNTS]),
)
def test_heads_of_different_sizes_come_out_together(sizes, popcount):
    check(GateGraph.build(40, [], [range(size) for size in sizes]), popcount, 2)


@pytest.mark.parametrize(
    ("heads", "offset", "shape"),
    [
        ([[]], [0], unsigned(1)),
        ([[0]], [0], unsigned(1)),
        ([[0, 0]], [0], unsigned(2)),
        ([[0] * 3], [0], unsigned(2)),
        ([[0] * 4], [0], unsigned(3)),
        ([[0]], [-1], signed(2)),
        ([[0] * 4], [-4], signed(3)),
        ([[0] * 5], [-4], signed(3)),
        ([[0] * 8], [-4], signed(4)),
        ([[], [0]], [-8, 6], signed(4)),
        ([[]], [100], unsigned(7)),
    ],
)
def test_the_shape_of_scores_is_the_smallest_that_holds_all(heads, offset, shape):
    assert score_shape(GateGraph.build(1, [], heads, offset)) == shape


def test_an_unknown_architecture_is_refused():
    with pytest.raises(
        LilogicError, match="popcount 'best' is not one of auto, chain, tree, counters, compressor"
    ):
        Heads(GateGraph.build(1, [], [[0]]), "best", (True,))


@pytest.mark.parametrize("registers", [False, True])
@pytest.mark.parametrize("bits", [0, 1, 10, 55, 400, 10**6])
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_a_best_architecture_for_every_size(target, bits, registers):
    assert best(target, bits, registers) in POPCOUNTS


@pytest.mark.parametrize(("size", "name"), [(94, "counters"), (96, POPCOUNT), (104, POPCOUNT)])
def test_the_best_architecture_is_clearly_the_smallest_that_was_measured(monkeypatch, size, name):
    row = {"target": "ice40", "registers": False, "bits": 100}
    sizes = {"chain": 98, POPCOUNT: 100, "counters": size, "cells": 97}
    rows = [row | {"popcount": each, "size": sizes[each]} for each in sizes]
    others = [
        row | {"popcount": "cells", "size": 1} | other
        for other in ({"target": "xc7"}, {"registers": True}, {"bits": 10})
    ]
    monkeypatch.setattr(popcount, "_measured", lambda: rows + others)
    assert best("ice40", 110, False) == name


def test_an_architecture_is_chosen_only_where_none_is_named():
    assert chosen(AUTO, None, 100, registers=False) == POPCOUNT
    assert chosen(AUTO, "generic", 100, registers=False) == best("generic", 100, False)
    assert chosen("counters", "generic", 100, registers=False) == "counters"


def test_an_unknown_target_is_refused():
    with pytest.raises(LilogicError, match="target 'z80' is not one of generic, ice40, ecp5, xc7"):
        chosen("tree", "z80", 1, registers=True)
