"""Changes of every node, against counting them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.errors import DataError
from lilogic.graph import GateGraph
from lilogic.infer import activity, golden
from tests.strategies import graphs


@given(graphs(), st.integers(2, 200), st.integers(0, 2**32 - 1))
def test_counts_are_those_of_golden_inference(graph, samples, seed):
    bits = np.random.default_rng(seed).random((samples, graph.n_inputs)) < 0.4
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(activity, "_BLOCK_WORDS", 1)  # so that samples come in several blocks
        found = activity.measure(graph, bits)
    values = golden.node_values(graph, bits)
    assert found.samples == samples
    np.testing.assert_array_equal(found.ones, values.sum(0))
    np.testing.assert_array_equal(found.rises, (~values[:-1] & values[1:]).sum(0))
    np.testing.assert_array_equal(found.falls, (values[:-1] & ~values[1:]).sum(0))
    np.testing.assert_array_equal(found.toggles, (values[:-1] != values[1:]).sum(0))
    np.testing.assert_array_equal(found.last, values[-1])


def test_one_sample_has_no_activity():
    graph = GateGraph.build(1, [], [[0]])
    with pytest.raises(DataError, match="at least two samples"):
        activity.measure(graph, np.zeros((1, 1), dtype=bool))
