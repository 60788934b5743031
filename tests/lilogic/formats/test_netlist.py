"""Yosys' JSON without Yosys: open values, which module is meant, what things are called."""

import json

import numpy as np
import pytest

from lilogic import formats
from lilogic.errors import FormatError, LilogicError
from lilogic.formats.imported import Imported, NotGatesError
from lilogic.formats.importers import netlist
from lilogic.infer import golden


def module(inputs, outputs, cells, **more):
    """A module with ports of these bits and cells ``(type, {pin: bit or bits})``."""
    ports = {name: {"direction": "input", "bits": bits} for name, bits in inputs.items()}
    ports |= {name: {"direction": "output", "bits": bits} for name, bits in outputs.items()}
    listed = {
        f"c{i}": {"type": kind, "connections": {p: [b] for p, b in pins.items()}, **options}
        for i, (kind, pins, *rest) in enumerate(cells)
        for options in (rest or [{}])
    }
    names = {name: {"bits": port["bits"], "attributes": {}} for name, port in ports.items()}
    return {"ports": ports, "cells": listed, "netnames": names} | more


def read(design, top=None) -> Imported:
    return netlist.read(json.dumps({"modules": design}).encode(), top)


def case(values, last="x"):
    """A module whose output is ``values[a]`` by a chain of multiplexers that ends in ``last``."""
    cells, below = [("$_NOT_", {"A": 2, "Y": 4}), ("$_NOT_", {"A": 3, "Y": 5})], last
    for a, value in enumerate(values):
        low, high = 2 if a & 1 else 4, 3 if a & 2 else 5
        cells.append(("$_AND_", {"A": low, "B": high, "Y": 10 + a}))
        cells.append(("$_MUX_", {"A": below, "B": value, "S": 10 + a, "Y": 20 + a}))
        below = 20 + a
    return module({"a": [2, 3]}, {"y": [below]}, cells)


def test_a_branch_that_is_never_taken_may_be_open():
    circuit = read({"m": case("1011")}).circuit
    bits = np.array([[a & 1, a >> 1] for a in range(4)])
    assert golden.outputs(circuit, bits)[:, 0].tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("x", r"y is left open \(x\) where a\[0\] = 1 and a\[1\] = 1; give it a value"),
        ("z", r"y is not driven \(z\) where a\[0\] = 1 and a\[1\] = 1; three-state"),
        (9, "nothing drives net 9, which y depends on"),
    ],
)
def test_an_output_that_may_be_open_is_refused(last, message):
    with pytest.raises(FormatError, match=message):
        read({"m": case("101", last)})


def test_what_is_open_is_refused_where_it_goes_out_at_once():
    with pytest.raises(FormatError, match=r"^y\[1\] is left open \(x\); give"):
        read({"m": module({"a": [2]}, {"y": [2, "x"]}, [])})


def test_open_values_are_masked_by_gates_too():
    cells = [("$_AND_", {"A": 2, "B": "x", "Y": 4}), ("$_ANDNOT_", {"A": 4, "B": 2, "Y": 5})]
    assert read({"m": module({"a": [2]}, {"y": [5]}, cells)}).circuit.n_gates == 3
    cells = [("$_XOR_", {"A": "x", "B": "x", "Y": 4})]
    with pytest.raises(FormatError, match="left open"):
        read({"m": module({"a": [2]}, {"y": [4]}, cells)})


def test_a_latch_that_never_holds_is_what_it_is_given():
    cells = [("$_DLATCH_N_", {"D": 2, "E": "0", "Q": 4})]
    assert read({"m": module({"a": [2]}, {"y": [4]}, cells)}).circuit.n_inputs == 1
    cells = [("$_DLATCH_P_", {"D": 2, "E": 3, "Q": 4}, {"attributes": {"src": "net.v:7.3-8.4"}})]
    with pytest.raises(FormatError, match=r"net\.v:7: y keeps its value, .* where e = 0"):
        read({"m": module({"a": [2], "e": [3]}, {"y": [4]}, cells)})


def test_many_open_branches_are_decided_one_by_one():
    """Two thousand of them, of which each reads what others before it give."""
    cells, wires = [], list(range(2, 34))
    for number in range(2000):
        low, high, base = wires[number % 32], wires[(number * 7 + 3) % 32], 100 + 10 * number
        cells += [
            ("$_AND_", {"A": low, "B": high, "Y": base}),
            ("$_NOT_", {"A": base, "Y": base + 1}),
            ("$_MUX_", {"A": "x", "B": low, "S": base + 1, "Y": base + 2}),
            ("$_MUX_", {"A": base + 2, "B": high, "S": base, "Y": base + 3}),
        ]
        wires[number % 32] = base + 3
    made = module({"a": [*range(2, 34)]}, {"y": wires}, cells)
    made["netnames"] = {f"n{i}": {"bits": [100 + 10 * i + 3]} for i in range(2000)}
    assert len(read({"m": made}).circuit.outputs) == 32


def test_what_is_known_not_to_be_open_stays_so_in_what_reads_it():
    """A constant made of an open branch, read by a case whose cut is moved behind it."""
    cells = [
        ("$_NOT_", {"A": 2, "Y": 30}),
        ("$_OR_", {"A": 2, "B": 30, "Y": 31}),  # always 1
        ("$_MUX_", {"A": "x", "B": "0", "S": 31, "Y": 32}),
        ("$_AND_", {"A": 3, "B": 32, "Y": 33}),
        ("$_NOT_", {"A": 32, "Y": 34}),
        ("$_AND_", {"A": 3, "B": 34, "Y": 35}),
        ("$_NOT_", {"A": 3, "Y": 36}),
        ("$_OR_", {"A": 33, "B": 35, "Y": 37}),
        ("$_OR_", {"A": 36, "B": 37, "Y": 38}),  # always 1
        ("$_MUX_", {"A": "x", "B": 3, "S": 38, "Y": 39}),
    ]
    made = module({"a": [2, 3]}, {"y": [39]}, cells)
    made["netnames"]["t"] = {"bits": [32]}
    circuit = read({"m": made}).circuit
    bits = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    assert golden.outputs(circuit, bits)[:, 0].tolist() == [0, 0, 1, 1]


INVERTER = module({"a": [2]}, {"y": [3]}, [("$_NOT_", {"A": 2, "Y": 3})])
BUFFER = module({"a": [2]}, {"y": [2]}, [])
OUTER = module({"a": [2]}, {"y": [3]}, [("inner", {"a": 2, "y": 3})])


def test_the_module_is_certain_or_asked_for():
    for order in (("one", "two"), ("two", "one")):
        both = {name: {"one": INVERTER, "two": BUFFER}[name] for name in order}
        with pytest.raises(FormatError, match=f"contains, {', '.join(order)}; name the one"):
            read(both)
        assert read(both, "one").circuit.n_gates == 1
        assert read(both, "two").circuit.n_gates == 0
    with pytest.raises(FormatError, match="it has no module no, but one, two") as error:
        read({"one": INVERTER, "two": BUFFER}, "no")
    assert error.value.option == "top"
    marked = INVERTER | {"attributes": {"top": "00000000000000000000000000000001"}}
    assert read({"one": marked, "two": BUFFER}).circuit.n_gates == 1
    unmarked = BUFFER | {"attributes": {"top": "00000000000000000000000000000000"}}
    assert read({"one": marked, "two": unmarked}).circuit.n_gates == 1
    model = BUFFER | {"attributes": {"blackbox": "1"}}
    assert read({"one": INVERTER, "cell": model}).circuit.n_gates == 1
    with pytest.raises(NotGatesError, match="cell c0 is a inner, which needs Yosys"):
        read({"inner": INVERTER, "outer": OUTER})


def test_bits_are_called_as_in_the_source():
    ports = {
        "a": {"direction": "input", "bits": [2, 3]},
        "y": {"direction": "output", "bits": [2, 3], "offset": 4},
        "z": {"direction": "output", "bits": [2, 3], "upto": 1},
        "w": {"direction": "output", "bits": [3], "offset": 3},
        "v": {"direction": "output", "bits": [3]},
    }
    names = {"v": {"bits": [3], "attributes": {"single_bit_vector": "1"}}}
    found = read({"m": {"ports": ports, "netnames": names}})
    assert found.names == ["y[4]", "y[5]", "z[1]", "z[0]", "w[3]", "v[0]"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"LUT": "10"}, None),
        ({"LUT": 2}, None),
        ({"LUT": "1x"}, "not a netlist"),
        ({"LUT": "10000"}, "not of its 1 inputs"),
        ({}, "not a netlist"),
    ],
)
def test_lookup_tables(parameters, message):
    made = module({"a": [2]}, {"y": [3]}, [("$lut", {"A": 2, "Y": 3}, {"parameters": parameters})])
    if message is None:
        assert read({"m": made}).circuit.outputs.tolist() == [0]
    else:
        with pytest.raises(LilogicError, match=message):
            read({"m": made})


def test_what_drives_nothing_is_left_alone(tmp_path):
    check = ("$check", {"A": 2}, {"port_directions": {"A": "input"}})
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"modules": {"m": module({"a": [2]}, {"y": [2]}, [check])}}))
    assert formats.load(path).n_gates == 0
