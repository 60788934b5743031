"""Placing and routing, on the smallest device and net that show it."""

from dataclasses import replace

import pytest

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.fpga import devices
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.synthesis import timing
from lilogic.hdl.verilog import compile_graph

ENCODER = Encoder(
    preprocessing=Preprocessing((3,), "uint8"), feature=[0, 2, 2], threshold=[7, 100, 200]
)
GRAPH = GateGraph.build(3, [(6, 0, 1), (1, 3, 2)], [[3, 4], [0, 2]], None, ENCODER)


@pytest.mark.parametrize("pixels", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_small_classifier_is_placed_and_routed(tmp_path, pixels):
    interface = compile_graph(
        GRAPH, tmp_path, CompileOptions(levels_per_stage=1, input="features" if pixels else "bits")
    )
    found = timing.measure(GRAPH, tmp_path, devices.DEVICES["hx8k"])
    assert found.fits
    assert found.latency == interface.latency
    assert 0 < found.luts <= found.used < found.available == 7680
    # Registers of the classifier, of the data bits in use and valid_in, and of the outputs.
    data = 16 if pixels else 3
    outputs = 1 + interface.index_width + interface.classes * interface.score_width
    assert found.used >= found.ffs + data + 1 + outputs
    assert found.samples_per_second == pytest.approx(found.fmax_mhz * 1e6, rel=1e-3)


def test_what_does_not_fit_says_so(tmp_path):
    graph = GateGraph.build(400, [], [range(400)])
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=0))
    options = ("--lp384", "--package", "qn32")
    smallest = replace(devices.DEVICES["hx8k"], options=options)
    found = timing.measure(graph, tmp_path, smallest)
    assert not found.fits
    assert found.reason
    assert found.fmax_mhz is None
    assert found.model_dump(exclude_none=True).keys() == {
        "luts",
        "ffs",
        "latency",
        "fits",
        "reason",
    }


def test_other_failures_of_nextpnr_are_errors(tmp_path):
    compile_graph(GRAPH, tmp_path)
    unknown = replace(devices.DEVICES["hx8k"], options=("--hx8k", "--package", "none"))
    with pytest.raises(LilogicError, match="nextpnr-ice40 failed"):
        timing.measure(GRAPH, tmp_path, unknown)


def test_features_that_are_only_subtracted_are_read_too():
    encoder = Encoder(
        preprocessing=Preprocessing((3,), "uint8"), feature=[0], threshold=[5], minus=[2]
    )
    graph = GateGraph.build(1, [], [[0]], encoder=encoder)
    ports = Classifier(graph, CompileOptions(input="features")).interface
    assert timing._used(graph, ports) == [*range(8), *range(16, 24)]
