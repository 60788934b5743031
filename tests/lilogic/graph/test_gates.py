import numpy as np
import pytest

from lilogic.graph import gates
from lilogic.graph.gates import COEFFICIENTS, GATES, READS_A, READS_B, TRUTH

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]

MEANING = {
    gates.FALSE: lambda a, b: False,
    gates.AND: lambda a, b: a and b,
    gates.A_AND_NOT_B: lambda a, b: a and not b,
    gates.A: lambda a, b: a,
    gates.NOT_A_AND_B: lambda a, b: not a and b,
    gates.B: lambda a, b: b,
    gates.XOR: lambda a, b: a != b,
    gates.OR: lambda a, b: a or b,
    gates.NOR: lambda a, b: not (a or b),
    gates.XNOR: lambda a, b: a == b,
    gates.NOT_B: lambda a, b: not b,
    gates.A_OR_NOT_B: lambda a, b: a or not b,
    gates.NOT_A: lambda a, b: not a,
    gates.NOT_A_OR_B: lambda a, b: not a or b,
    gates.NAND: lambda a, b: not (a and b),
    gates.TRUE: lambda a, b: True,
}


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_a_gate_computes_what_its_name_says(gate):
    expected = [int(MEANING[gate.op](a, b)) for a, b in BITS]
    assert [gate(a, b) for a, b in BITS] == expected
    assert TRUTH[gate.op].tolist() == expected
    assert gates.from_truth(*expected) == gate.op
    assert getattr(gates, gate.name) == gate.op


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_a_symbol_spells_the_function(gate):
    spelled = gate.symbol.replace("∧", "&").replace("∨", "|").replace("⊕", "^").replace("¬", "~")
    for a, b in BITS:
        assert eval(spelled, {"a": a, "b": b}) & 1 == gate(a, b)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_the_relaxation_is_the_gate_on_bits_and_linear_in_each_input(gate):
    def relaxed(a, b):
        return COEFFICIENTS[gate.op] @ [1, a, b, a * b]

    assert [relaxed(a, b) for a, b in BITS] == [gate(a, b) for a, b in BITS]
    expected = sum(gate(a, b) * np.prod([0.3 if a else 0.7, 0.8 if b else 0.2]) for a, b in BITS)
    assert relaxed(0.3, 0.8) == pytest.approx(expected)


def test_reads_says_which_inputs_matter():
    one_input = {gates.A, gates.NOT_A}
    other_input = {gates.B, gates.NOT_B}
    constants = {gates.FALSE, gates.TRUE}
    for gate in GATES:
        assert READS_A[gate.op] == (gate.op not in other_input | constants)
        assert READS_B[gate.op] == (gate.op not in one_input | constants)
