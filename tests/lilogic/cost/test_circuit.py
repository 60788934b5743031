"""The circuit that is counted is the classifier: it says the same class, made of gates alone."""

from __future__ import annotations

import numpy as np
import pytest

from lilogic.cost import circuit, comparisons
from lilogic.cost.cover import cover
from lilogic.cost.netlist import ZERO, Carry, Netlist
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph.gates import TRUTH


def values(net: Netlist, inputs: np.ndarray, given: np.ndarray) -> np.ndarray:
    """bool [nodes + 1, samples] of bool [inputs, samples]; the last node is the 0 of ``ZERO``."""
    found = np.zeros((net.end + 1, given.shape[1]), dtype=np.uint8)
    found[inputs] = given
    for node, (op, a, b) in enumerate(zip(net.op, net.a, net.b, strict=True)):
        if node not in set(inputs.tolist()):
            found[node] = TRUTH[op][2 * found[a] + found[b]]
    return found


def number(found: np.ndarray, digits: np.ndarray) -> np.ndarray:
    return sum(found[digit].astype(int) << place for place, digit in enumerate(digits))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 20])
def test_heads_count(size: int) -> None:
    net = Netlist(Carry.GATES)
    net.begin("heads")
    bits = net.inputs(size)
    twice = np.concatenate([bits, bits[: size // 2]])
    plain, doubled, more = circuit.heads(net, [bits, twice, bits], [0, 0, 3])
    given = np.random.default_rng(0).integers(0, 2, (size, 50), dtype=np.uint8)
    found = values(net, bits, given)
    count = given.sum(0)
    assert (number(found, plain) == count).all()
    assert (number(found, doubled) == count + given[: size // 2].sum(0)).all()
    assert len(plain) == size.bit_length()
    assert len(more) > len(plain)


def test_the_first_highest_score_wins() -> None:
    net = Netlist(Carry.GATES)
    net.begin("argmax")
    digits = net.inputs(5, 3)
    index = circuit.argmax(net, [*digits[:4], digits[4, :2]])
    given = np.random.default_rng(0).integers(0, 2, (15, 300), dtype=np.uint8)
    found = values(net, digits.ravel(), given)
    scores = [number(found, row) for row in [*digits[:4], digits[4, :2]]]
    assert (number(found, index) == np.argmax(scores, axis=0)).all()


def test_the_encoder_compares() -> None:
    random = np.random.default_rng(0)
    encoder = Encoder(
        preprocessing=Preprocessing((6,), "uint8"),
        feature=random.integers(0, 6, 40),
        threshold=[0, 254, 255, -1, 127, 128, *random.integers(0, 255, 34)],
    )
    net = Netlist(Carry.GATES)
    net.begin("encoder")
    bits = comparisons.encoded(net, encoder, np.arange(40))
    samples = random.integers(0, 256, (200, 6), dtype=np.uint8)
    given = np.unpackbits(samples.T[:, None], axis=1, bitorder="little").reshape(48, -1)
    found = values(net, np.arange(48), given)
    expected = encoder.encode(samples).T
    # What is always 1 costs as little as what is always 0.
    is_told = encoder.threshold >= 0
    assert (found[bits[is_told]] == expected[is_told]).all()


def test_a_threshold_at_half_of_the_range_is_a_wire() -> None:
    encoder = Encoder(
        preprocessing=Preprocessing((3,), "uint8"), feature=[0, 1, 2], threshold=[127, 63, 191]
    )
    net = Netlist(Carry.XC7)
    net.begin("encoder")
    net.root(comparisons.encoded(net, encoder, np.arange(3)))
    assert len(cover(0, net.op, net.a, net.b, net.roots, 6)) == 2


@pytest.mark.parametrize("carry", Carry)
def test_zero_is_never_read(carry: Carry) -> None:
    net = Netlist(carry)
    net.begin("heads")
    heads = [net.inputs(size) for size in (1, 7, 7, 30)]
    circuit.argmax(net, circuit.heads(net, heads, [0, 1, 0, 0]))
    made = net.op != 0
    assert (net.a[made] != ZERO).all()
    assert (net.b[made] != ZERO).all()
    assert (net.a < np.arange(net.end)).all()
    assert (net.roots >= 0).all()
