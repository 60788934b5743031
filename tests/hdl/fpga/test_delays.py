from itertools import pairwise

import numpy as np
import pytest
from amaranth.hdl import Cat, Mux, Signal
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import GraphError
from lilogic.graph import GateGraph, gates
from lilogic.hdl.components import classifier
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.popcount import POPCOUNTS
from lilogic.hdl.fpga.delays import Clock, Delays
from lilogic.hdl.options import CompileOptions
from tests.strategies import graphs

DELAYS = Delays(stage=2, gate=1, chain=10, bit=0.5)
a, b = Signal(4), Signal(6)


@pytest.mark.parametrize(
    ("value", "nanoseconds"),
    [
        (a, 0),
        (~a[1:3], 0),
        (a & b, 1),
        (a ^ b ^ ~a, 1),
        (a & a[1:], 1),
        (a ^ b ^ (a + a), 13),
        (a & b & Cat(a) & Cat(b) & a[:2], 2),
        (a + b, 13),
        (Cat(a & b, a | b ^ a), 1),
        ((Cat(a, a) + Cat(a, a))[1:], 14),
        (a > a, 12),
        (Mux(a > a, a, a & b), 13),
    ],
)
def test_a_level_takes_as_long_as_its_longest_way(value, nanoseconds):
    assert DELAYS.of(value) == nanoseconds


@settings(max_examples=30)
@given(
    graph=graphs(),
    popcount=st.sampled_from([*POPCOUNTS]),
)
def test_the_faster_the_clock_the_longer_the_latency(graph, popcount):
    latencies = []
    for mhz in (0.1, 20, 40, 60, 80, 100):
        try:
            latencies.append(
                Classifier(
                    graph, CompileOptions(clock_mhz=mhz, target="hx8k", popcount=popcount)
                ).latency
            )
        except GraphError:
            break
    assert latencies[0] == 1
    assert all(slow <= fast for slow, fast in pairwise(latencies))
    every_level = Classifier(graph, CompileOptions(levels_per_stage=1, popcount=popcount)).latency
    assert latencies[-1] <= every_level


@pytest.mark.parametrize(("inputs", "nanoseconds"), [(0, 1), (2, 1), (4, 1), (5, 3), (6, 4)])
def test_a_table_of_more_wires_than_a_lut_takes_several_levels(inputs, nanoseconds):
    assert DELAYS.table(inputs) == nanoseconds


def test_a_level_of_tables_takes_as_long_as_its_widest():
    rows = [(gates.XOR, 0, 1), (gates.XOR, 4, 2), (gates.XOR, 5, 3), (gates.OR, 0, 1)]
    for roots, expected in (([], 3), ([6, 7], 1)):
        graph = GateGraph.build(4, rows, [[6], [7]], roots=roots)
        options = CompileOptions(clock_mhz=1, target="hx8k", popcount="tree")
        choices = classifier.Choices.of(graph, options)
        costs = classifier._delays(graph, choices, DELAYS)["network"]
        assert costs == [1] * expected


def test_a_clock_that_one_level_alone_misses_is_refused():
    graph = GateGraph.build(400, [], [range(200), range(200, 400)])
    with pytest.raises(GraphError, match=r"900 MHz is too fast .* about (\d+) MHz") as caught:
        Classifier(graph, CompileOptions(clock_mhz=900, target="hx8k"))
    best = int(str(caught.value).split("about ")[1].split()[0])
    assert Classifier(graph, CompileOptions(clock_mhz=best - 1, target="hx8k")).latency > 1


@pytest.mark.parametrize("mhz", [0, -5, np.nan])
def test_a_clock_is_more_than_nothing(mhz):
    with pytest.raises(GraphError, match="but must be more than 0"):
        Clock(mhz, "an FPGA", DELAYS)
