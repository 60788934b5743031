"""The files of a plan: constraints, and scripts for tools that are not at hand.

Tcl is run with stand-ins for the commands of the tool that it is for, and one that the tool does
not have ends it. What nextpnr and Yosys read is read by them where bitstreams are built.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lilogic.boards.catalogue import BOARDS, Board, find
from lilogic.boards.flow import plan, pll
from lilogic.boards.flow.design import Design
from lilogic.boards.flow.plan import Plan
from lilogic.graph import GateGraph
from lilogic.hdl import verilog
from lilogic.hdl.components.interface import VERILOG
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import CompileOptions

TINY = GateGraph.build(4, [(6, 0, 1), (1, 2, 3), (7, 4, 5)], [[4, 5], [5, 6], [0, 6]])

# As in AMD's UG835, those for projects, constraints, implementation and reports.
VIVADO = """
add_files all_fanin all_fanout create_clock create_generated_clock create_project current_design
current_instance get_cells get_clocks get_iobanks get_nets get_pins get_ports get_property
link_design opt_design phys_opt_design place_design power_opt_design read_checkpoint read_verilog
read_xdc report_clock_utilization report_control_sets report_drc report_io report_methodology
report_power report_route_status report_timing report_timing_summary report_utilization
reset_property route_design set_clock_groups set_false_path set_input_delay set_max_delay
set_multicycle_path set_output_delay set_property synth_design write_bitstream write_cfgmem
write_checkpoint write_debug_probes write_verilog
"""
# As in OpenOCD's user's guide.
OPENOCD = "adapter ftdi init jtag reset_config svf transport"

# Commands answer with a thing, so that loops over what was found are run. As in Vivado, the first
# letters of a command's name stand for it where no other begins with them.
STAND_INS = r"""
set known [list {known}]
foreach name $known {{ proc $name args {{ return thing }} }}
proc quit args {{}}
proc unknown {{name args}} {{
    set meant [lsearch -all -inline -glob $::known $name*]
    if {{[llength $meant] != 1}} {{ error "no command $name" }}
    uplevel 1 [list [lindex $meant 0] {{*}}$args]
}}
"""

LANGUAGES = {".tcl": VIVADO, ".xdc": VIVADO, ".cfg": OPENOCD}


def _evaluate(script: str) -> str:
    """What stops a Tcl script; nothing where it runs to its end."""
    if shutil.which("tclsh"):
        done = subprocess.run(["tclsh"], input=script, capture_output=True, text=True, check=False)
        return done.stderr
    tkinter = pytest.importorskip("tkinter", reason="neither tclsh nor tkinter")
    try:
        tkinter.Tcl().eval(script)
    except tkinter.TclError as error:
        return str(error)
    return ""


def _stops(name: str, script: str) -> str:
    known = " ".join(LANGUAGES[Path(name).suffix].split())
    return _evaluate(f"{STAND_INS.format(known=known)}\nset argv {{}}\n{script}\n")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(board, id=board.name, marks=pytest.mark.xdist_group(f"plan {board.name}"))
        for board in BOARDS.values()
    ],
)
def prepared(request: pytest.FixtureRequest) -> tuple[Board, Plan]:
    """A board, and what makes its bitstream."""
    board: Board = request.param
    setting = pll.fastest(pll.settings(board.clocks, board.clock_hz), board.family.first_clock)
    assert setting is not None
    return board, plan.prepare(Design(board, TINY, "tiny"), setting)


def _texts(prepared: tuple[Board, Plan], *suffixes: str) -> dict[str, str]:
    files = prepared[1].files
    return {name: str(text) for name, text in files.items() if Path(name).suffix in suffixes}


def test_every_board_has_pins_for_the_link_and_a_clock(prepared: tuple[Board, Plan]) -> None:
    board, made = prepared
    constraints = "\n".join(_texts(prepared, ".pcf", ".lpf", ".cst", ".xdc").values())
    assert "uart_0__rx__io" in constraints
    assert "uart_0__tx__io" in constraints
    assert [command[0] for command in made.commands[:3]] == list(board.family.tools)
    is_derived = any(word in str(made.files["top.il"]) for word in ("SB_PLL40", "EHXPLLL"))
    assert is_derived == bool(made.setting.dividers)


def test_tcl_has_only_commands_of_its_tool(prepared: tuple[Board, Plan]) -> None:
    found = _texts(prepared, *LANGUAGES)
    assert {name: _stops(name, text) for name, text in found.items()} == dict.fromkeys(found, "")
    assert ("top.tcl" in found) == (prepared[0].family.name == "xc7")


def test_shell_scripts_can_be_read(prepared: tuple[Board, Plan], tmp_path: Path) -> None:
    scripts = _texts(prepared, ".sh")
    assert scripts
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
        done = subprocess.run(["sh", "-n", tmp_path / name], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_command_of_another_tool_stops_a_script() -> None:
    assert "no command blackbox" in _stops("top.tcl", "synth_design -top top\nblackbox =A:whitebox")
    assert "no command get_" in _stops("top.tcl", "get_ x")
    assert _stops("top.tcl", "get_pin x") == ""


# Enough bits a class that they are added with carry cells.
CLASSIFIER = GateGraph.build(
    10,
    [(op, number, (3 * number + op) % (10 + number)) for number, op in enumerate(range(1, 15))],
    [[*range(20)] * 2, [*range(4, 24)] * 2, [*range(2, 22)] * 2],
)

MODELS = {
    "ulx3s-12f": "-D NO_INCLUDES +/lattice/cells_sim_ecp5.v",
    "tinyfpga-ax2": "-D NO_INCLUDES +/lattice/cells_sim_xo2.v",
    "tang-nano-9k": "+/gowin/cells_sim.v",
}
"""Yosys' models of the cells of some boards' FPGAs; iCE40's are simulated with a whole circuit."""

EQUAL = f"""\
read_verilog {VERILOG}
{{synthesis}} -top classifier
write_verilog -noattr mapped.v
design -reset
read_verilog {VERILOG}
hierarchy -top classifier
proc
flatten
rename classifier gold
design -stash gold
read_verilog -nomem2reg {{models}} mapped.v
hierarchy -check -top classifier
proc
flatten
rename classifier gate
design -copy-from gold gold
miter -equiv -flatten gold gate miter
sat -verify -prove trigger 0 -show-inputs miter
"""


@pytest.mark.parametrize("name", MODELS)
def test_the_netlist_of_a_family_is_the_same_circuit(name: str, tmp_path: Path) -> None:
    board = find(name)
    (setting, *_) = pll.settings(board.clocks, board.clock_hz)
    script = str(plan.prepare(Design(board, TINY, "tiny"), setting).files["top.ys"])
    found = re.search(r"^ *(synth_.*) -top top\b", script, re.MULTILINE)
    assert found
    options = CompileOptions(levels_per_stage=0, target=board.family.like, popcount="chain")
    verilog.compile_graph(CLASSIFIER, tmp_path, options)
    log = yosys.run(EQUAL.format(synthesis=found[1], models=MODELS[name]), tmp_path)
    assert "no model found: SUCCESS!" in log
    mapped = (tmp_path / "mapped.v").read_text()
    assert any(cell in mapped for cell in board.family.columns["carries"])
