"""Samples and results as bytes: the layouts that the documentation promises."""

import numpy as np
import pytest

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.hdl.bus import packets
from lilogic.hdl.bus.packets import Packet
from lilogic.hdl.components.interface import Interface, pack_features
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.hdl.verilog import compile_graph
from tests.hdl.test_verilog import small

BITS = Interface(InputKind.BITS, 11, 1, 3, 2, 3, False, 4, 2, "tree")
BYTES = Interface(InputKind.FEATURES, 40, 8, 3, 2, 9, True, 4, 2, "tree")
WORDS = Interface(
    InputKind.FEATURES, 17, None, 300, 9, 8, True, 4, 2, "tree",
    scaling=Scaling((0.0,) * 4, (1.0,) * 4, (3, 0, 9, 5)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("interface", "sample", "result"),
    [
        (BITS, (2, 1, False, 2), (4, 1, False, 4)),
        (BYTES, (5, 1, False, 5), (4, 2, True, 8)),  # scores of nine bits
        (WORDS, (4, 2, False, 8), (301, 2, True, 602)),  # and classes that need ten with a sign
    ],
)
def test_words_are_the_smallest_integers_of_c(interface, sample, result):
    for packet, expected in (
        (packets.sample_packet(interface, 32), sample),
        (packets.result_packet(interface, 32), result),
    ):
        assert (packet.words, packet.word_bytes, packet.signed, packet.bytes) == expected
        assert packet.beats == -(-packet.bytes // 4)


def test_beats():
    packet = Packet.of(13, 1, False, 32)
    assert (packet.beats, packet.beat_bytes, packet.last_bytes) == (4, 4, 1)
    assert Packet.of(12, 1, False, 32).last_bytes == 4
    assert Packet.of(13, 1, False, 512).beats == 1


def test_bits_are_packed_as_numpy_does():
    bits = np.random.default_rng(0).random((5, 11)) < 0.5
    data = np.packbits(bits, axis=1, bitorder="little")
    assert (packets.sample_bytes(BITS, data) == data).all()


def test_features_stand_at_their_places_whatever_their_words_are():
    values = np.array([[5, 0, 300, 17], [7, 0, 511, 31]], dtype=np.uint16)
    encoder = Encoder(
        preprocessing=Preprocessing((4,), "float64", scaling=WORDS.scaling),
        feature=[0, 2, 3],
        threshold=[3, 100, 9],
    )
    data = np.packbits(pack_features(encoder, values), axis=1, bitorder="little")
    assert (packets.sample_bytes(WORDS, data) == values.astype("<u2").view(np.uint8)).all()


def test_results_are_class_and_scores():
    made = packets.result_bytes(BYTES, np.array([2]), np.array([[-3, 0, 255]]))
    assert made.tobytes() == np.array([2, -3, 0, 255], dtype="<i2").tobytes()


def test_codes_have_the_bytes_of_the_widest(tmp_path):
    graph = small()
    interface = compile_graph(graph, tmp_path, CompileOptions(narrow=True))
    widths = [len(levels).bit_length() for levels in interface.levels]
    assert sum(widths) == interface.data_width
    expected = [8 * at + bit for at, width in enumerate(widths) for bit in range(width)]
    assert packets.places(interface).tolist() == expected
    assert packets.sample_packet(interface, 8).bytes == len(widths)
