from dataclasses import asdict, replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components import vector
from lilogic.hdl.components.classifier import MAX_DATA_WIDTH, Classifier
from lilogic.hdl.components.popcount import POPCOUNTS, score_shape
from lilogic.hdl.fpga.delays import Delays
from lilogic.hdl.fpga.devices import DEVICES
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from tests.hdl.simulation import EVERY_SETTING, SETTINGS, drive, pixel_bits, read_scores, simulate
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw

SAMPLES = 12


def cycles_of(classifier, data, valid):
    rest = [(np.zeros_like(data[0]), False)] * (classifier.latency + 1)
    for row, flag in [*zip(data, valid, strict=True), *rest]:
        yield [*drive(classifier.samples.payload, row), (classifier.samples.valid, int(flag))]


def outputs(classifier, graph, data, valid, resets=()):
    """Of each cycle: whether there is a result, its index and its scores."""
    results = classifier.results

    def read(get):
        scores = read_scores(get, results.payload.scores, score_shape(graph))
        return get(results.valid), get(results.payload.index), scores

    return simulate(classifier, cycles_of(classifier, data, valid), read, resets)


def check_stream(classifier, graph, data, bits, valid):
    """Every sample comes out, exactly ``latency`` cycles later, valid or not."""
    scores = golden.scores(graph, bits)
    index = golden.classify(scores)
    seen = outputs(classifier, graph, data, valid)
    flags = [flag for flag, _, _ in seen]
    assert flags == [0] * classifier.latency + [int(flag) for flag in valid] + [0]
    late = seen[classifier.latency : classifier.latency + len(data)]
    assert [row for _, _, row in late] == scores.tolist()
    assert [winner for _, winner, _ in late] == index.tolist()


def check_bits(graph, levels_per_stage, popcount, seed=0):
    classifier = Classifier(
        graph, CompileOptions(levels_per_stage=levels_per_stage, popcount=popcount)
    )
    bits = random_bits(graph, SAMPLES, seed)
    valid = np.random.default_rng(seed).random(SAMPLES) < 0.6
    check_stream(classifier, graph, bits, bits, valid)


@pytest.mark.parametrize(("popcount", "levels_per_stage"), EVERY_SETTING)
@settings(max_examples=10)
@given(graph=graphs(), seed=st.integers(0, 99))
def test_classifies_bits_every_clock_like_the_software(popcount, levels_per_stage, graph, seed):
    check_bits(graph, levels_per_stage, popcount, seed)


@settings(max_examples=20)
@given(
    graph=encoded_graphs(),
    mhz=st.sampled_from([30, 100, 130, 150]),
    popcount=st.sampled_from([*POPCOUNTS]),
    seed=st.integers(0, 99),
)
def test_registers_placed_for_a_clock_change_no_answer(graph, mhz, popcount, seed):
    # No level is too slow for this clock.
    delays = Delays(stage=1, gate=0.1, chain=2, bit=0.05)
    fast = replace(DEVICES["hx8k"], label="an FPGA", delays=delays)
    options = CompileOptions(clock_mhz=mhz, target="fast", popcount=popcount, input="features")
    with patch.dict(DEVICES, fast=fast):
        classifier = Classifier(graph, options)
    raw = random_raw(graph.encoder, SAMPLES, seed)
    data = pixel_bits(graph.encoder, raw)
    check_stream(classifier, graph, data, graph.encoder.encode(raw), np.ones(SAMPLES, dtype=bool))


@pytest.mark.parametrize(("popcount", "levels_per_stage"), EVERY_SETTING)
@settings(max_examples=6)
@given(graph=encoded_graphs(), seed=st.integers(0, 99))
def test_classifies_pixels_every_clock_like_the_software(popcount, levels_per_stage, graph, seed):
    classifier = Classifier(
        graph,
        CompileOptions(levels_per_stage=levels_per_stage, popcount=popcount, input="features"),
    )
    raw = random_raw(graph.encoder, SAMPLES, seed)
    valid = np.random.default_rng(seed).random(SAMPLES) < 0.6
    data = pixel_bits(graph.encoder, raw)
    check_stream(classifier, graph, data, graph.encoder.encode(raw), valid)


AWKWARD = {
    "no gates": GateGraph.build(3, [], [[0, 2], [1]]),
    "no counted nodes": GateGraph.build(2, [(1, 0, 1)], [[], []]),
    "no counted nodes, one class, negative": GateGraph.build(1, [], [[]], [-7]),
    "one class": GateGraph.build(2, [(6, 0, 1)], [[2, 0]]),
    "one empty head": GateGraph.build(2, [(6, 0, 1)], [[2], [], [0, 1]]),
    "one node many times": GateGraph.build(2, [(6, 0, 1)], [[2] * 9, [0] * 5, [2, 1, 2]]),
    "only constants": GateGraph.build(1, [(0, 0, 0), (15, 0, 0)], [[1, 1], [2], [2, 1]]),
    "gates of constants": GateGraph.build(
        2, [(15, 0, 0), (0, 1, 1), (1, 0, 2), (7, 3, 1), (6, 2, 3)], [[2, 4], [5], [6, 3]]
    ),
    "gates that ignore a wire": GateGraph.build(
        2, [(3, 0, 1), (5, 2, 1), (10, 3, 2), (12, 4, 3)], [[5], [4], [0]]
    ),
    "inputs and deep gates together": GateGraph.build(
        3, [(6, 0, 1), (6, 3, 2), (9, 4, 0), (1, 5, 1)], [[0, 6], [1, 3], [2, 5, 4]]
    ),
    "all scores negative": GateGraph.build(2, [(7, 0, 1)], [[0, 2], [1]], [-20, -19]),
    "far apart offsets": GateGraph.build(2, [(7, 0, 1)], [[0], [1, 2], []], [-1000, 900, 901]),
    "all dead": GateGraph.build(2, [(7, 0, 1), (1, 2, 0)], [[0], [1]]),
}


@pytest.mark.parametrize(("popcount", "levels_per_stage"), EVERY_SETTING)
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_graphs_match_the_software(popcount, levels_per_stage, name):
    check_bits(AWKWARD[name], levels_per_stage, popcount)


@pytest.mark.parametrize(("popcount", "levels_per_stage"), EVERY_SETTING)
def test_many_classes_of_different_sizes_match_the_software(popcount, levels_per_stage):
    graph = random_graph((40, 30, 31), 20, 11, seed=4)
    check_bits(graph, levels_per_stage, popcount)


@pytest.mark.parametrize(("popcount", "levels_per_stage"), EVERY_SETTING)
def test_a_deep_chain_matches_the_software(popcount, levels_per_stage):
    # Every gate reads the newest node and an input, which so has to wait for it in registers.
    gates = [(6 + 3 * (i % 2), 3 + i - 1 if i else 1, i % 3) for i in range(25)]
    graph = GateGraph.build(3, gates, [[27, 3], [15, 2, 0]])
    check_bits(graph, levels_per_stage, popcount)


# At least 7, as wide as a score here.
@settings(max_examples=30)
@given(
    graph=graphs(max_inputs=30, max_gates=60),
    setting=st.sampled_from(SETTINGS),
    limit=st.integers(7, 16),
)
def test_vectors_wider_than_a_signal_change_nothing(graph, setting, limit):
    popcount, levels_per_stage = setting
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector, "LIMIT", limit)
        check_bits(graph, levels_per_stage, popcount)


@settings(max_examples=15)
@given(graph=encoded_graphs(), limit=st.integers(7, 40))
def test_pixels_wider_than_a_signal_change_nothing(graph, limit):
    raw = random_raw(graph.encoder, SAMPLES)
    bits, data = graph.encoder.encode(raw), pixel_bits(graph.encoder, raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector, "LIMIT", limit)
        check_stream(
            Classifier(graph, CompileOptions(input="features")), graph, data, bits, [True] * SAMPLES
        )


@settings(max_examples=15)
@given(
    graph=graphs(),
    setting=st.sampled_from([setting for setting in SETTINGS if setting[1]]),
    start=st.integers(0, SAMPLES - 1),
    length=st.integers(1, 3),
)
def test_reset_in_flight_clears_valid_and_later_samples_are_right(graph, setting, start, length):
    popcount, levels_per_stage = setting
    classifier = Classifier(
        graph, CompileOptions(levels_per_stage=levels_per_stage, popcount=popcount)
    )
    bits = random_bits(graph, SAMPLES)
    resets = [start <= cycle < start + length for cycle in range(start + length)]
    seen = outputs(classifier, graph, bits, [True] * SAMPLES, resets)
    scores = golden.scores(graph, bits)
    for cycle, (flag, index, row) in enumerate(seen):
        sample = cycle - classifier.latency
        # A sample survives unless the reset falls between its way in and its way out.
        cleared = any(resets[max(sample, 0) : cycle])
        assert flag == (0 <= sample < SAMPLES and not cleared)
        if 0 <= sample < SAMPLES:
            assert row == scores[sample].tolist()
            assert index == golden.classify(scores)[sample]


def test_levels_are_counted_through_all_parts_and_latency_is_known_before_elaboration():
    encoder = Encoder(
        preprocessing=Preprocessing((4,), "uint8"), feature=[0, 1, 2, 3], threshold=[9] * 4
    )
    graph = GateGraph.build(
        4, [(1, 0, 1), (6, 4, 2), (7, 5, 3)], [[6] * 8, [4], [5]], None, encoder
    )
    # 3 gate levels; tree: full adders, then three leaves in two rounds; two rounds of argmax.
    for levels_per_stage, latency in {0: 0, 1: 8, 2: 4, 3: 3, 5: 2, 8: 1, 99: 1}.items():
        assert (
            Classifier(
                graph, CompileOptions(input="bits", levels_per_stage=levels_per_stage)
            ).latency
            == latency
        )
    assert Classifier(graph, CompileOptions(levels_per_stage=1, input="features")).latency == 9
    assert Classifier(graph, CompileOptions(levels_per_stage=3, input="features")).latency == 3


@settings(max_examples=20)
@given(graph=encoded_graphs(), setting=st.sampled_from(SETTINGS), pixels=st.booleans())
def test_the_interface_describes_the_ports(graph, setting, pixels):
    popcount, levels_per_stage = setting
    classifier = Classifier(
        graph,
        CompileOptions(
            levels_per_stage=levels_per_stage,
            popcount=popcount,
            input="features" if pixels else "bits",
        ),
    )
    shape = score_shape(graph)
    widths = graph.encoder.widths.tolist() if pixels else [1] * graph.n_inputs
    scaling = graph.encoder.preprocessing.scaling if pixels else None
    data_width = max(1, sum(widths))
    assert asdict(classifier.interface) == {
        "data": "features" if pixels else "bits",
        "data_width": data_width,
        "feature_width": widths[0] if len({*widths}) == 1 else None,
        "classes": graph.n_classes,
        "index_width": max(1, (graph.n_classes - 1).bit_length()),
        "score_width": shape.width,
        "score_signed": shape.signed,
        "latency": classifier.latency,
        "levels_per_stage": levels_per_stage,
        "popcount": popcount,
        "clock_mhz": None,
        "device": None,
        "module": "classifier",
        "interval": 1,
        "scaling": None if scaling is None else asdict(scaling),
        "levels": None,
        "bus": None,
    }
    assert len(classifier.samples.payload) == data_width


def test_refuses_a_popcount_that_does_not_exist():
    known = "auto, chain, tree, counters, compressor"
    with pytest.raises(LilogicError, match=rf"popcount 'abacus' is not one of {known}"):
        Classifier(AWKWARD["one class"], CompileOptions(popcount="abacus"))


def test_refuses_negative_levels_per_stage():
    with pytest.raises(
        LilogicError, match="levels_per_stage: input should be greater than or equal to 0"
    ):
        Classifier(AWKWARD["one class"], CompileOptions(levels_per_stage=-1))


def test_refuses_pixels_without_an_encoder():
    with pytest.raises(LilogicError, match="the graph has no encoder"):
        Classifier(AWKWARD["one class"], CompileOptions(input="features"))


def test_refuses_more_data_than_a_top_level_can_take():
    graph = GateGraph.build(MAX_DATA_WIDTH + 1, [], [[0]])
    with pytest.raises(LilogicError, match=f"{MAX_DATA_WIDTH + 1} bits at once"):
        Classifier(graph)
