"""What is read of a Liberty file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lilogic.errors import FormatError
from lilogic.hdl.power.liberty import Library, truth_table
from lilogic.hdl.power.library import Kind

EASY = Path(__file__).with_name("library.lib").read_bytes()


@pytest.mark.parametrize(
    ("expression", "function"),
    [
        ("(!A) | (!B)", lambda a, b, c: not a or not b),
        ("A' B + C", lambda a, b, c: (not a and b) or c),
        ("!(A*B)^C", lambda a, b, c: (not (a and b)) ^ c),
        ("A & B ^ C", lambda a, b, c: a and (b ^ c)),
        ("((A+B)')'C", lambda a, b, c: (a or b) and c),
        ("1", lambda a, b, c: 1),
    ],
)
def test_functions_are_what_they_say(expression, function):
    table = truth_table(expression, ("A", "B", "C"))
    for address in range(8):
        values = (address >> place & 1 for place in range(3))
        assert table >> address & 1 == bool(function(*values)), address


@pytest.mark.parametrize("expression", ["A &", "(A", "A)", "Z", "A ? B", "A B)"])
def test_other_functions_are_refused(expression):
    with pytest.raises(FormatError, match="not understood"):
        truth_table(expression, ("A", "B"))


def test_units_wires_and_tables():
    library = Library(EASY)
    assert (library.volts, library.celsius, library.farads) == (2.0, 25.0, 1e-12)
    assert (library.joules, library.watts, library.seconds) == (1e-12, 1e-9, 1e-9)
    name, points, slope = library.wire_load()
    assert (name, points) == ("short", pytest.approx({1: 1e-15, 3: 5e-15}))
    assert slope == pytest.approx(2e-15)
    rise = Kind(library, "NAND2").arcs[0].rise
    # Loads come first in its template; beyond the last they are extrapolated, slews are not.
    np.testing.assert_allclose(rise.at(0.1, np.array([0.0, 0.05, 0.2])), [1.5, 2.5, 5.5])
    np.testing.assert_allclose(rise.at(9.9, np.array([0.0])), [2.0])


def test_leakage_is_that_of_the_state():
    kind = Kind(Library(EASY), "NAND2")
    assert kind.pins == ("A", "B", "Y")
    np.testing.assert_allclose(kind.leakage[[0b100, 0b101, 0b110, 0b011]], [4e-9, 4e-9, 4e-9, 8e-9])


@pytest.mark.parametrize(
    ("text", "cell", "reason"),
    [
        (b"", "INV", "no library"),
        (EASY.replace(b"nom_voltage : 2.0;", b""), "INV", "no voltage"),
        (EASY.replace(b'"1nW"', b'"1nJ"'), "INV", "unit 1nJ"),
        (EASY, "NOR2", "no cell NOR2"),
        (EASY.replace(b'clocked_on : "C"', b'clocked_on : "!C"'), "DFF", "no rising clock edge"),
        (EASY.replace(b"capacitance : 0.010", b"capacitance : much"), "INV", "much, not a number"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(text, cell, reason):
    with pytest.raises(FormatError, match=reason):
        Kind(Library(text), cell)
