from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.boards import protocol
from lilogic.boards.protocol import Answer, Deframer, Identity
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, lgn
from lilogic.hdl.options import InputKind
from tests.strategies import encoded_graphs, random_raw

BODY = st.binary(min_size=2, max_size=40) | st.lists(
    st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD]), min_size=2, max_size=20
).map(bytes)
IDENTITY = Identity(b"12345678", InputKind.BITS, 1, 98, 10, 9, False, 7, 3, 12_000_000, "1.2.3")


@given(bodies=st.lists(BODY, max_size=5), cuts=st.lists(st.integers(0, 200), max_size=4))
def test_frames_come_out_however_the_stream_is_cut(bodies, cuts):
    stream = b"".join(map(protocol.frame, bodies))
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    deframer = Deframer()
    found = [body for start, end in pairwise(places) for body in deframer.feed(stream[start:end])]
    assert found == bodies


@given(body=BODY)
def test_a_frame_holds_no_end_but_its_own(body):
    assert protocol.frame(body)[1:-1].count(protocol.END) == 0


@given(body=BODY, garbage=st.binary(max_size=20))
def test_a_frame_after_garbage_comes_out(body, garbage):
    assert Deframer().feed(garbage + protocol.frame(body))[-1] == body


@given(body=BODY, data=st.data())
def test_damaged_frames_are_dropped(body, data):
    frame = bytearray(protocol.frame(body))
    place = data.draw(st.integers(1, len(frame) - 2))
    frame[place] ^= data.draw(st.integers(1, 255))
    assert body not in Deframer().feed(bytes(frame))


def test_frames_without_a_header_are_dropped():
    assert Deframer().feed(protocol.frame(b"") + protocol.frame(b"a")) == []


def test_an_identity_survives_the_line():
    assert Identity.unpack(IDENTITY.pack()) == IDENTITY


@pytest.mark.parametrize("payload", [b"", b"\x01" + IDENTITY.pack()[1:]])
def test_another_version_of_the_protocol_is_named(payload):
    with pytest.raises(LilogicError, match=r"version . of the link protocol"):
        Identity.unpack(payload)


def test_a_cut_identity_makes_no_sense():
    with pytest.raises(LilogicError, match="is invalid"):
        Identity.unpack(IDENTITY.pack()[:9])


def test_answers_of_another_length_or_class_are_refused():
    assert Answer.unpack(b"\x09", IDENTITY, False) == Answer(9)
    for payload in (b"", b"\x0a", b"\x01\x01"):
        with pytest.raises(LilogicError, match="not one of its classes"):
            Answer.unpack(payload, IDENTITY, False)


def test_only_bits_in_use_are_sent():
    graph = GateGraph.build(20, [(6, 3, 9), (1, 20, 17)], [[21], [3]])
    bits = np.zeros((2, 20), dtype=bool)
    bits[0, [3, 17, 0, 1]] = True
    assert protocol.payloads(graph, InputKind.BITS, bits) == [b"\x05", b"\x00"]


@given(graph=encoded_graphs())
def test_pixels_are_the_features_bytes(graph):
    raw = random_raw(graph.encoder, 3)
    sent = protocol.payloads(graph, InputKind.FEATURES, raw)
    dtype = np.dtype(graph.encoder.feature_dtype).newbyteorder("<")
    read = np.array([np.frombuffer(payload, dtype) for payload in sent])
    np.testing.assert_array_equal(read, graph.encoder.features(raw))


def test_the_fingerprint_is_of_what_is_computed():
    graph = GateGraph.build(2, [(6, 0, 1)], [[2], [0]])
    same = graph.with_metadata(name="other")
    other = GateGraph.build(2, [(7, 0, 1)], [[2], [0]])
    assert lgn.fingerprint(graph) == lgn.fingerprint(same) != lgn.fingerprint(other)
