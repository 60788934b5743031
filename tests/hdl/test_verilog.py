"""The emitted file, beyond what simulation sees of it."""

from __future__ import annotations

import numpy as np
import pytest

from lilogic.graph import GateGraph
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.verilog import emit


@pytest.mark.slow
def test_wide_concatenations_stay_below_the_tokens_that_verilator_takes_a_line() -> None:
    counted = np.random.default_rng(0).permutation(15_000).tolist()
    graph = GateGraph.build(15_000, [], [counted])
    lines = emit(Classifier(graph, CompileOptions(levels_per_stage=0))).split("\n")
    assert max(line.count(",") for line in lines) < 1000
    assert max(map(len, lines)) < 20_000
