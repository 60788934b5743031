"""Graphs to Verilog: one self-contained file, and the description of its ports."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Const, Signal, Value
from amaranth.lib.wiring import Component

from lilogic.files import scratch, write_text
from lilogic.graph import GateGraph
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.record import RECORD, BuildRecord
from lilogic.version import __version__

TOP = "classifier"
CORE = "classifier_core"
PARTS = ("encoder", "network", "heads", "argmax")
"""The submodules of the core; ``CORE.PART`` names one in Verilog."""

_DEFAULT = CompileOptions()

_ALLOCATIONS = 50_000
"""Objects made between two looks for garbage; Python's own default is 700 or 2,000."""

_HEAD = f"// Made by lilogic {__version__}.\n`timescale 1ns / 1ps\n\n"


def compile_graph(graph: GateGraph, folder: Path, options: CompileOptions = _DEFAULT) -> Interface:
    """Write ``classifier.v``, ``interface.json`` and ``build.json``; simplify the graph first.

    Raises:
        LilogicError: see ``Classifier``, or a file cannot be written.
    """
    classifier = Classifier(graph, options)
    text = emit(classifier)
    (folder / RECORD).unlink(missing_ok=True)  # it does not vouch for what comes now
    write_text(folder / VERILOG, text)
    classifier.interface.write(folder)
    BuildRecord.of(graph, options, folder).write(folder)
    return classifier.interface


def emit(classifier: Classifier) -> str:
    """Verilog of ``classifier``, with the ports that ``Interface`` describes.

    The top module names the ports of the core that Amaranth makes, which lacks a clock where there
    are no registers.
    """
    return f"{_HEAD}{_top(classifier)}\n{_convert(classifier, CORE)}"


def emit_component(component: Component, name: str) -> str:
    """Verilog of any component as the module ``name``, with the ports that Amaranth makes."""
    return _HEAD + _convert(component, name)


def to_rtlil(component: Component, name: str) -> str:
    """RTLIL of any component as the module ``name``."""
    with _seldom_collected():
        text: str = rtlil.convert(component, name=name, ports=_ports(component), emit_src=False)
    return text


def _ports(component: Component) -> list[Signal]:
    """The signals of a component's signature; Amaranth takes no constants, as streams may have."""
    values = (Value.cast(value) for _, _, value in component.signature.flatten(component))
    return [value for value in values if not isinstance(value, Const)]


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """With garbage collected seldom: nearly all that Amaranth builds up lives to the end.

    Looking for garbage as often as Python does costs a third of the time, and never nearly doubles
    the memory.
    """
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _convert(component: Component, name: str) -> str:
    text = to_rtlil(component, name)
    with scratch() as folder:
        write_text(folder / "core.il", text)
        yosys.run(
            f"read_rtlil core.il\nhierarchy -top {name}\nproc -noopt\nopt_clean\n"
            "write_verilog -norename -noattr core.v",
            folder,
        )
        return _wrapped((folder / "core.v").read_text("utf-8"))


def _wrapped(verilog: str) -> str:
    """Long concatenations on several lines: Verilator takes 40,000 tokens a line, not more.

    No name or constant has a comma, so what follows one may always go on the next line.
    """
    return re.sub(r".{1000}[^,\n]*,", r"\g<0>\n", verilog)


_TOP = """\
module {top} (
    input clk,
    input rst,
    input valid_in,
    input [{data_end}:0] {data},
    output valid_out,
    output [{index_end}:0] index,
    output [{scores_end}:0] scores
);
  {core} core (
{connections}
  );
endmodule
"""


def _top(classifier: Classifier) -> str:
    interface = classifier.interface
    connections = {
        "samples__payload": str(interface.data),
        "samples__valid": "valid_in",
        "results__payload": "{scores, index}",
        "results__valid": "valid_out",
    }
    if interface.latency:
        connections |= {"clk": "clk", "rst": "rst"}
    return _TOP.format(
        top=TOP,
        core=CORE,
        data=interface.data,
        data_end=interface.data_width - 1,
        index_end=interface.index_width - 1,
        scores_end=interface.classes * interface.score_width - 1,
        connections=",\n".join(f"    .{port}({wire})" for port, wire in connections.items()),
    )
