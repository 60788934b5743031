"""The whole circuit through its pins; Verilator does the same at length in tests/sim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.boards import protocol
from lilogic.boards.gateware.encoder import SerialEncoder
from lilogic.boards.gateware.top import Top
from lilogic.boards.protocol import Answer, Deframer, Identity
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from tests.boards.line import BAUD, board_of, exchange, requests
from tests.strategies import encoded_graphs, graphs, random_bits, random_raw

NONE_USED = GateGraph.build(3, [(15, 0, 1)], [[3], []], [-2, -1])


def check(graph, bits, samples, **options):
    """Each of ``samples`` gets software's answer to its row of ``bits``."""
    top = board_of(graph, **options)
    data = requests(protocol.payloads(graph, top.identity.data, samples))
    reply = 2 * (top.identity.score_bytes * graph.n_classes + 10)
    bodies = Deframer().feed(exchange(top, data, len(samples) * reply + 10))
    scores = golden.scores(graph, bits)
    assert [body[1] for body in bodies] == list(range(len(samples)))
    for body in bodies:
        answer = Answer.unpack(body[2:], top.identity, has_scores=True)
        row = scores[body[1]]
        assert answer == Answer(int(np.argmax(row)), top.identity.latency, tuple(row.tolist()))


@settings(max_examples=5)
@given(graph=graphs(max_gates=12), levels_per_stage=st.sampled_from([0, 1, 2]))
def test_bits_are_classified_like_in_software(graph, levels_per_stage):
    bits = random_bits(graph, 2)
    check(graph, bits, bits, levels_per_stage=levels_per_stage)


@pytest.mark.slow
@settings(max_examples=5)
@given(graph=encoded_graphs(), pixels=st.booleans())
def test_samples_are_classified_like_in_software(graph, pixels):
    raw = random_raw(graph.encoder, 2)
    pixels = pixels and not graph.encoder.has_differences
    check(graph, graph.encoder.encode(raw), raw, input="features" if pixels else "bits")


def test_differences_are_not_made_from_pixels_one_after_another():
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "uint8"), feature=[0], threshold=[5], minus=[1]
    )
    graph = GateGraph.build(1, [], [[0]], encoder=encoder)
    with pytest.raises(LilogicError, match=r"compares differences of features.*read bits"):
        board_of(graph, input="features")


def test_a_network_that_reads_nothing_is_classified():
    bits = random_bits(NONE_USED, 2)
    check(NONE_USED, bits, bits)


def test_more_than_256_classes_have_two_bytes():
    graph = GateGraph.build(2, [], [[0]] * 299 + [[0, 1]])
    data = protocol.request(protocol.Command.CLASSIFY, 1, b"\x03")
    # Folded, it takes a cycle for each class.
    (body,) = Deframer().feed(exchange(board_of(graph), data, 60))
    assert body == bytes([0x82, 1]) + (299).to_bytes(2, "little")


def test_it_identifies_itself():
    top = board_of(NONE_USED)
    data = protocol.request(protocol.Command.IDENTIFY, 77)
    (body,) = Deframer().feed(exchange(top, data, 2 * len(top.identity.pack()) + 10))
    assert body[:2] == bytes([0x81, 77])
    assert Identity.unpack(body[2:]) == top.identity


def test_an_encoder_that_cannot_keep_up_is_refused():
    encoder = Encoder(
        preprocessing=Preprocessing((1,), "uint8"),
        feature=np.zeros(60, int),
        threshold=np.arange(60),
    )
    graph = GateGraph.build(60, [], [list(range(60))], encoder=encoder)
    with pytest.raises(
        LilogicError, match=r"60 bits takes the encoder 61 cycles.* arrive every 40"
    ):
        Top(graph, clock_hz=4 * BAUD, baud=BAUD, options=CompileOptions(input="features"))


def test_pixels_need_an_encoder():
    with pytest.raises(LilogicError, match="no encoder"):
        SerialEncoder(NONE_USED)
