"""What is compiled for a bus, and what is refused."""

import json
from pathlib import Path

import pytest
from amaranth.sim import Simulator

from lilogic.errors import GraphError
from lilogic.graph import lgn
from lilogic.hdl.bus import header
from lilogic.hdl.bus.front_ends import Wishbone
from lilogic.hdl.bus.registers import FIELDS, REGISTERS, WIDTH
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import Bus, CompileOptions
from lilogic.hdl.verilog import compile_graph
from tests.strategies import random_graph

ONLY = " (only without streams)"
GRAPH = random_graph((20, 20), 19, 3, seed=1)


def test_registers_have_places_of_their_own():
    offsets = [register.offset for register in REGISTERS]
    assert offsets == sorted({*offsets})
    assert all(offset % 4 == 0 and offset < 256 for offset in offsets)
    names = {register.name for register in REGISTERS}
    assert len(names) == len(REGISTERS)
    for register in {field.register for field in FIELDS}:
        assert register in names
        places = [
            place
            for field in FIELDS
            if field.register == register
            for place in range(field.place, field.place + field.width)
        ]
        assert len(places) == len({*places})
        assert max(places) < WIDTH


def test_the_page_has_all_registers_and_fields():
    text = (Path(__file__).parents[3] / "docs" / "how-to" / "bus.md").read_text("utf-8")
    for register in REGISTERS:
        if not register.name.startswith("HASH"):
            counter = "counter: " * register.counts
            row = f"| {register.offset:#04x} | `{register.name}` | {register.access} | {counter}"
            assert row + register.meaning in text
    for field in FIELDS:
        row = f"| `{field.register}` | {field.place} | `{field.name}` | {field.meaning}"
        assert f"{row}{ONLY * field.feeds} |" in text


def test_an_access_that_wishbone_ends_early_is_not_acknowledged():
    front_end = Wishbone()
    bus = front_end.bus

    async def testbench(ctx):
        ctx.set(bus.cyc, 1)
        for asked in (1, 0, 1):
            ctx.set(bus.stb, asked)
            assert not ctx.get(bus.ack)
            await ctx.tick()
        assert ctx.get(bus.ack)
        await ctx.tick()
        assert not ctx.get(bus.ack)

    simulator = Simulator(front_end)
    simulator.add_clock(1e-8)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize("kind", Bus)
def test_the_interface_describes_the_module(tmp_path, kind):
    made = compile_graph(GRAPH, tmp_path, CompileOptions(bus=kind, module="mine"))
    assert Interface.read(tmp_path) == made
    bus = made.bus
    assert bus.module == "mine_" + kind.replace("+", "_")
    assert bool(bus.registers) == kind.has_registers == bool(bus.constants)
    if kind.has_registers:
        words = [bus.constants[f"HASH{word}"].to_bytes(4, "little") for word in range(8)]
        assert b"".join(words) == lgn.fingerprint(GRAPH)
        assert bus.constants["LATENCY"] == bus.latency == made.latency + 3
    assert any(register.feeds for register in bus.registers) == (not kind.has_streams)

    # The ports are what Yosys finds of the module.
    yosys.run(
        f"read_verilog {VERILOG}\nhierarchy -check -top {bus.module}\nproc\nwrite_json ports.json",
        tmp_path,
    )
    module = json.loads((tmp_path / "ports.json").read_text())["modules"][bus.module]
    found = {name: (port["direction"], len(port["bits"])) for name, port in module["ports"].items()}
    assert found == {port.name: (port.direction, port.width) for port in header.ports(bus)}


def test_without_a_bus_nothing_stands_around_the_classifier(tmp_path):
    assert compile_graph(GRAPH, tmp_path).bus is None
    assert "axis" not in (tmp_path / VERILOG).read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bus_width": 64}, ["64", "no bus", "axis"]),
        ({"bus": "wishbone", "bus_width": 16}, ["16", "wishbone", "32"]),
        ({"bus": "axis", "bus_width": 12}, ["bus_width", "8"]),
        ({"bus": "can"}, ["bus", "axis"]),
    ],
)
def test_impossible_options_are_refused(tmp_path, options, words):
    with pytest.raises(GraphError) as error:
        compile_graph(GRAPH, tmp_path, CompileOptions(**options))
    assert all(word in str(error.value) for word in words)
    assert not [*tmp_path.iterdir()]
