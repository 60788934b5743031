"""Folded classifiers: every answer, when it comes, and when the next sample is taken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.folded.schedule import Schedule
from lilogic.hdl.components.popcount import POPCOUNTS, score_shape
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from tests.hdl.components.test_classifier import AWKWARD
from tests.hdl.simulation import as_integer, pixel_bits, read_scores, simulate
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw

SAMPLES = 4
FOLDS = st.sampled_from([2, 3, 4, 5, 7, 12, 40, 1000])


def check(classifier, graph, data, bits, pauses, reset=None):
    """Offer samples, each as long as it takes or after a pause; compare every cycle's outputs.

    With ``reset``, there is one in that cycle; it is no sample's.
    """
    interval, latency = classifier.interface.interval, classifier.latency
    words = [as_integer(row) for row in data]
    offered = [None if pause else word for word in words for pause in (1,) * pauses + (0,)]
    cycles, taken, busy, next_ = [], [], 0, 0
    ready = []
    while next_ < len(offered):
        is_reset = len(cycles) == reset
        # Whatever waits is the next sample, not the one that is worked on.
        word = offered[next_]
        other = words[len(cycles) % len(words)]
        samples = classifier.samples
        cycles.append([(samples.payload, other if word is None else word)])
        cycles[-1].append((samples.valid, int(word is not None)))
        ready.append(None if is_reset else not busy)
        is_taken = word is not None and not busy and not is_reset
        taken.append(words.index(word) if is_taken else None)
        next_ += is_taken or word is None
        busy = interval - 1 if is_taken else max(0, busy - 1)
        if is_reset:
            taken, busy = [None] * len(taken), 0
    if reset is not None and reset >= len(cycles):
        reset = None  # all samples were taken before
    idle = [[(classifier.samples.valid, 0)]] * (latency + 2)
    shape = score_shape(graph)

    def read(get):
        result = classifier.results.payload
        return (
            get(classifier.results.valid),
            get(result.index),
            read_scores(get, result.scores, shape),
            get(classifier.samples.ready) if interval > 1 else None,
        )

    resets = [cycle == reset for cycle in range(len(cycles))]
    seen = simulate(classifier, [*cycles, *idle], read, resets)
    scores = golden.scores(graph, bits)
    index = golden.classify(scores)
    due = [None] * latency + taken
    answers = 0
    start = 0 if reset is None else reset + 1
    for (valid, winner, row, _), sample in zip(seen[start:], due[start:], strict=False):
        assert valid == (sample is not None)
        if sample is not None:
            answers += 1
            assert row == scores[sample].tolist()
            assert winner == index[sample]
    assert answers == sum(sample is not None for sample in taken)
    if interval > 1:
        pairs = zip(seen, ready, strict=False)
        assert all(wanted is None or got == wanted for (*_, got), wanted in pairs)


def check_bits(graph, fold, levels_per_stage=2, popcount="tree", pauses=0, reset=None):
    options = CompileOptions(fold=fold, levels_per_stage=levels_per_stage, popcount=popcount)
    bits = np.unique(random_bits(graph, SAMPLES), axis=0)
    check(Classifier(graph, options), graph, bits, bits, pauses, reset)


@settings(max_examples=25)
@given(
    graph=graphs(),
    fold=FOLDS,
    levels=st.sampled_from([1, 2, 7]),
    popcount=st.sampled_from([*POPCOUNTS]),
    pauses=st.integers(0, 3),
    reset=st.one_of(st.none(), st.integers(0, 12)),
)
def test_folded_classifiers_equal_the_software(graph, fold, levels, popcount, pauses, reset):
    check_bits(graph, fold, levels, popcount, pauses, reset)


@settings(max_examples=8)
@given(graph=encoded_graphs(), fold=FOLDS, levels=st.sampled_from([1, 3]))
def test_folded_classifiers_encode(graph, fold, levels):
    options = CompileOptions(fold=fold, levels_per_stage=levels, input="features")
    raw = np.unique(random_raw(graph.encoder, SAMPLES), axis=0)
    data = pixel_bits(graph.encoder, raw)
    check(Classifier(graph, options), graph, data, graph.encoder.encode(raw), 0)


@pytest.mark.parametrize("fold", [2, 3, 100])
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_graphs_equal_the_software(name, fold):
    check_bits(AWKWARD[name], fold)


def test_registers_may_be_placed_for_a_clock():
    graph = random_graph((30, 40), 8, 5)
    options = CompileOptions(fold=20, clock_mhz=60, target="hx8k")
    bits = random_bits(graph, SAMPLES)
    check(Classifier(graph, options), graph, bits, bits, 0)


def test_a_combinational_classifier_is_not_folded():
    with pytest.raises(GraphError, match="cannot be folded into 4 cycles"):
        Classifier(random_graph((4,), 4, 2), CompileOptions(fold=4, levels_per_stage=0))


@settings(max_examples=60)
@given(graph=graphs(max_gates=40), fold=FOLDS)
def test_a_schedule_counts_every_node_once_for_its_class_within_the_time(graph, fold):
    schedule = Schedule.of(graph, fold)
    if schedule is None:
        assert graph.n_classes == 1
        assert len(graph.head_nodes) <= 8
        return
    assert 1 < schedule.interval <= fold
    assert schedule.nodes.shape == (schedule.interval, sum(schedule.widths))
    words = np.split(schedule.nodes, np.cumsum(schedule.words)[:-1])
    lanes = [np.split(word, np.cumsum(schedule.widths)[:-1], axis=1) for word in words]
    counted = [np.sort(lane[lane >= 0]).tolist() for group in lanes for lane in group]
    expected = [sorted(head.tolist()) for head in graph.heads]
    assert counted == expected + [[]] * (len(counted) - len(expected))


def test_more_time_takes_fewer_adders():
    graph = GateGraph.build(300, [], [range(start, start + 30) for start in range(0, 300, 30)])
    widths = {fold: Schedule.of(graph, fold).widths for fold in (2, 5, 10, 20, 30, 40, 300)}
    assert widths == {
        2: (30,) * 5, 5: (30, 30), 10: (30,), 20: (15,), 30: (10,), 40: (10,), 300: (10,),
    }  # fmt: skip
