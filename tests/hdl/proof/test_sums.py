"""Forms are right wherever they are cut, or there are none."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.graph import GateGraph, gates
from lilogic.hdl.proof.bdd import Diagrams
from lilogic.hdl.proof.strash import FALSE, Wire, XorAndGraph
from lilogic.hdl.proof.sums import Blocks, Form, NotASumError, Rewriter
from lilogic.infer import golden
from tests.strategies import graphs

BLOCKS = Blocks(Diagrams(3600))


def full_adder(circuit: XorAndGraph, a: Wire, b: Wire, c: Wire) -> tuple[Wire, Wire]:
    half = circuit.gate(gates.XOR, a, b)
    carries = circuit.gate(gates.AND, a, b), circuit.gate(gates.AND, half, c)
    return circuit.gate(gates.XOR, half, c), circuit.gate(gates.OR, *carries)


def ripple(circuit: XorAndGraph, a: list[Wire], b: list[Wire]) -> list[Wire]:
    """The sum of two words, as wide as these, and its carry."""
    carry, total = FALSE, []
    for digits in zip(a, b, strict=True):
        digit, carry = full_adder(circuit, *digits, carry)
        total.append(digit)
    return [*total, carry]


def word_form(word: list[Wire]) -> Form:
    form = Form()
    for place, wire in enumerate(word):
        form.add(1 << place, wire)
    return form


def expect(circuit: XorAndGraph, word: list[Wire], form: Form, modulus: int) -> None:
    """Check for all inputs that ``form`` is ``word``, modulo ``modulus`` where that is not 0."""
    made, nodes = circuit.circuit(word, set())
    inputs = np.array([*itertools.product([False, True], repeat=circuit.n_inputs)])
    read = inputs[:, [node - 1 for node in nodes]] if nodes else inputs[:, :1]
    digits = golden.outputs(made, read).astype(int)
    expected = digits @ (1 << np.arange(len(word)))
    weights = [form.terms[1 + i] for i in range(circuit.n_inputs)]
    off = form.constant + inputs.astype(int) @ weights - expected
    assert not (off % modulus if modulus else off).any()
    assert all(not c or 0 < node <= circuit.n_inputs for node, c in form.terms.items())


@settings(max_examples=200)
@given(graph=graphs(max_inputs=6), data=st.data())
def test_random_circuits_have_no_wrong_form(graph: GateGraph, data: st.DataObject) -> None:
    circuit = XorAndGraph(graph.n_inputs)
    wires = circuit.add(graph)
    word = data.draw(st.lists(st.sampled_from(wires), min_size=1, max_size=3))
    cuts = data.draw(st.lists(st.sampled_from(wires)))
    modulus = data.draw(st.sampled_from([0, 1 << len(word)]))
    try:
        form = Rewriter(circuit, word, cuts, BLOCKS).rewritten(word_form(word), modulus)
    except NotASumError:
        return
    expect(circuit, word, form, modulus)


@settings(max_examples=100)
@given(data=st.data(), modulus=st.sampled_from([0, 4, 8]))
def test_mutated_adders_have_no_wrong_form(data: st.DataObject, modulus: int) -> None:
    circuit = XorAndGraph(7)
    bits = [2 * (1 + i) for i in range(7)]
    change = data.draw(st.integers(0, 8))
    pool = []

    def changed(outputs: tuple[Wire, Wire]) -> list[Wire]:
        pool.extend(outputs)
        if len(pool) // 2 != change:
            return [*outputs]
        op = data.draw(st.integers(0, 15))
        return [outputs[0], circuit.gate(op, outputs[1], data.draw(st.sampled_from(pool)))]

    first = changed(full_adder(circuit, *bits[:3]))
    second = changed(full_adder(circuit, *bits[3:6]))
    low = changed(full_adder(circuit, first[0], second[0], bits[6]))
    high = changed(full_adder(circuit, first[1], second[1], low[1]))
    word = [low[0], *high]
    cuts = [*first, *second, *data.draw(st.lists(st.sampled_from(pool)))]
    try:
        form = Rewriter(circuit, word, cuts, BLOCKS).rewritten(word_form(word), modulus)
    except NotASumError:
        assert change <= 4
        return
    expect(circuit, word, form, modulus)


def test_a_lost_carry_matters_unless_it_is_a_multiple_of_the_modulus() -> None:
    circuit = XorAndGraph(4)
    word = ripple(circuit, [2, 4], [6, 8])[:2]
    rewriter = Rewriter(circuit, word, [], BLOCKS)
    assert rewriter.rewritten(word_form(word), 4).terms == Counter({1: 1, 2: 2, 3: 1, 4: 2})
    for modulus in (0, 8):
        with pytest.raises(NotASumError):
            rewriter.rewritten(word_form(word), modulus)


def test_a_carry_that_cannot_happen_may_be_lost() -> None:
    """Six bits and one are at most 7, though three digits and one could be 8."""
    circuit = XorAndGraph(8)
    numbers = [[*full_adder(circuit, *bits), FALSE] for bits in ((2, 4, 6), (8, 10, 12))]
    six = ripple(circuit, *numbers)[:3]
    seven = ripple(circuit, six, [14, FALSE, FALSE])[:3]
    eight = ripple(circuit, seven, [16, FALSE, FALSE])[:3]
    cuts = [*numbers[0], *numbers[1], *six, *seven]
    form = Rewriter(circuit, seven, cuts, BLOCKS).rewritten(word_form(seven), 0)
    assert form.constant == 0
    assert +form.terms == Counter(dict.fromkeys(range(1, 8), 1))
    with pytest.raises(NotASumError):
        Rewriter(circuit, eight, cuts, BLOCKS).rewritten(word_form(eight), 0)
