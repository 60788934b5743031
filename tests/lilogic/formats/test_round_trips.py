"""Every export gives back a graph with the same scores, or is simulated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from tests.strategies import graphs, random_bits, random_graph

SUFFIX = {"blif": ".blif", "aiger": ".aig", "npz": ".npz"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("formats")


@pytest.mark.parametrize("kind", SUFFIX)
@given(graph=graphs(), simplify=st.booleans())
def test_an_export_gives_back_every_score(folder, kind, graph, simplify):
    path = folder / f"graph{SUFFIX[kind]}"
    formats.write(graph, kind, path, simplify=simplify)
    again = formats.load(path)
    assert again.n_inputs == graph.n_inputs
    bits = random_bits(graph, 100)
    np.testing.assert_array_equal(golden.scores(again, bits), golden.scores(graph, bits))


@pytest.mark.parametrize("kind", ["blif", "aiger"])
@given(graph=graphs())
def test_heads_and_offsets_come_back_as_they_were(folder, kind, graph):
    path = folder / f"heads{SUFFIX[kind]}"
    formats.write(graph, kind, path, simplify=False)
    again = formats.load(path)
    np.testing.assert_array_equal(again.head_ptr, graph.head_ptr)
    np.testing.assert_array_equal(again.offset, graph.offset)


@pytest.mark.parametrize("kind", SUFFIX)
def test_a_large_network_comes_back(folder, kind):
    graph = random_graph((600, 500, 500), 100, 10)
    path = folder / f"large{SUFFIX[kind]}"
    formats.write(graph, kind, path, simplify=False)
    again = formats.load(path)
    bits = random_bits(graph, 300)
    np.testing.assert_array_equal(golden.scores(again, bits), golden.scores(graph, bits))


def test_an_unknown_format_is_named(folder):
    with pytest.raises(LilogicError, match="format 'vhdl' is not one of blif, aiger, c, "):
        formats.write(random_graph((4,), 2, 2), "vhdl", folder / "net")


@pytest.mark.parametrize("kind", formats.WRITERS)
def test_what_simplification_leaves_is_written_or_all_gates(folder, kind):
    # Two gates of six matter: an exclusive or, and one that reads it through two inverters.
    gates = [(6, 0, 1), (12, 3, 3), (12, 4, 4), (1, 5, 2), (8, 0, 2), (15, 0, 0)]
    graph = GateGraph.build(3, gates, [[6], [3]])
    suffix = "c" if kind == "c" else kind
    paths = [folder / name / f"net.{suffix}" for name in ("by default", "before", "all")]
    formats.write(graph, kind, paths[0])
    formats.write(passes.simplify(graph), kind, paths[1], simplify=False)
    formats.write(graph, kind, paths[2], simplify=False)
    written = [path.read_bytes() for path in paths]
    assert written[0] == written[1] != written[2]


def test_an_option_of_another_format_is_refused(folder):
    graph = random_graph((4,), 2, 2)
    with pytest.raises(LilogicError, match="blif has no option word: it has no options"):
        formats.write(graph, "blif", folder / "net.blif", word=8)
    with pytest.raises(LilogicError, match="c has no option cone: its options are prefix, word, "):
        formats.write(graph, "c", folder / "net.c", cone=1)


@pytest.mark.parametrize(("offset", "gates"), [([0, 2**30], []), ([0, 0], [(3, 0, 0)] * 6000)])
def test_what_is_too_large_layer_by_layer_is_refused(folder, offset, gates):
    gates = [(op, max(0, 4000 + g - 1), 0) for g, (op, _, _) in enumerate(gates)]
    heads = [[*range(4000 + len(gates))], [0]]
    graph = GateGraph.build(4000, gates, heads, offset)
    with pytest.raises(LilogicError, match="more than 16,777,216 gates"):
        formats.write(graph, "npz", folder / "huge.npz", simplify=False)
