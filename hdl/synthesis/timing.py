"""How fast a compiled classifier runs on an FPGA, after placement and routing by nextpnr.

A classifier has far more pins than any package, so it stands between shift registers, which take
one pin each: bits are shifted in, and its outputs are mixed into what is shifted out. What is timed
are paths from register to register, those from the data inputs and to the outputs among them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lilogic import files
from lilogic.errors import DoesNotFitError
from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import VERILOG, Interface, words
from lilogic.hdl.fpga import nextpnr, yosys
from lilogic.hdl.fpga.devices import Device
from lilogic.hdl.options import InputKind
from lilogic.hdl.synthesis.area import TARGETS, weigh
from lilogic.report.models.timing import TimingReport

_WRAPPER = "wrapper.v"

# Mapped for itself, the classifier is what is counted; flattened, it is what is placed.
_SCRIPT = """\
read_verilog {verilog}
hierarchy -check -top {top}
proc
flatten
read_verilog wrapper.v
hierarchy -check -top wrapper
rename -hide w:*
{synthesis}
tee -q -o stat.json stat -json
flatten
clean
write_json design.json
"""


def measure(graph: GateGraph, folder: Path, on: Device) -> TimingReport:
    """Place and route ``folder/classifier.v``, made of ``graph``, on a device.

    Raises:
        LilogicError: the files cannot be read.
        ToolError: a program is missing or failed for another reason than a lack of room or ways.
    """
    interface = Interface.read(folder)
    verilog = files.read_bytes(folder / VERILOG)
    target = TARGETS[on.family.name]
    script = _SCRIPT.format(
        verilog=VERILOG, top=interface.module, synthesis=target.script("wrapper")
    )
    with files.scratch() as scratch:
        (scratch / VERILOG).write_bytes(verilog)
        (scratch / _WRAPPER).write_text(_wrapper(graph, interface), "utf-8")
        yosys.run(script, scratch)
        statistics = json.loads((scratch / "stat.json").read_text("utf-8"))
        cells = statistics["modules"][f"\\{interface.module}"]["num_cells_by_type"]
        luts, ffs = (round(weigh(cells, target.columns[column])) for column in ("luts", "ffs"))
        routed = _route(scratch, on)
    return TimingReport(luts=luts, ffs=ffs, latency=interface.latency, **routed)


def _route(folder: Path, on: Device) -> dict[str, Any]:
    try:
        report, seed = nextpnr.route(folder, on.family, on.options)
    except (DoesNotFitError, nextpnr.UnroutedError) as error:
        return {"fits": False, "reason": str(error)}
    cells = report["utilization"][nextpnr.place_and_route(on.family).logic]
    (fmax,) = (clock["achieved"] for clock in report["fmax"].values())
    return {
        "fits": True,
        "seed": seed,
        "used": cells["used"],
        "available": cells["available"],
        "fmax_mhz": round(fmax, 2),
        "samples_per_second": round(fmax * 1e6),
    }


_TEMPLATE = """\
module wrapper (input clk, input rst, input shift_in, output shift_out);
  reg [{data_end}:0] data;
  reg [{sum_end}:0] sum;
  wire [{sum_end}:0] result;
  {top} dut (
    .clk(clk), .rst(rst), .valid_in(data[{data_end}]), .{name}({{ {bits} }}),
    .valid_out(result[0]), .index(result[{index_end}:1]), .scores(result[{sum_end}:{scores}])
  );
  always @(posedge clk) begin
    data <= {{ data, shift_in }};
    sum <= {{ sum, data[{data_end}] }} ^ result;
  end
  assign shift_out = sum[{sum_end}];
endmodule
"""


def _wrapper(graph: GateGraph, interface: Interface) -> str:
    """Verilog of the shift registers; data bits that the classifier ignores have none."""
    used = _used(graph, interface)
    place = {bit: f"data[{place}]" for place, bit in enumerate(used)}
    bits = [place.get(bit, "1'b0") for bit in reversed(range(interface.data_width))]
    return _TEMPLATE.format(
        top=interface.module,
        name=interface.data,
        bits=",\n".join(bits),
        data_end=len(used),
        index_end=interface.index_width,
        scores=interface.index_width + 1,
        sum_end=interface.index_width + interface.classes * interface.score_width,
    )


def _used(graph: GateGraph, interface: Interface) -> list[int]:
    """The bits of the data port that the graph depends on; of features, all of each one used."""
    graph = interface.reading(graph)
    used = np.flatnonzero(graph.alive[: graph.n_inputs])
    if interface.data is InputKind.BITS or graph.encoder is None:
        return used.tolist()
    features, found = np.unique(graph.encoder.read_by(used)), words(graph.encoder)
    return [bit for feature in features.tolist() for bit in found[feature]]
