"""The top module of a classifier's Verilog, with what whoever connects it has to know."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import chain

from lilogic.data.scaling import Scaling
from lilogic.graph import GateGraph
from lilogic.graph.metadata import Metadata
from lilogic.hdl.components.interface import Interface, words
from lilogic.hdl.ports import Port, cycles, pace, ports

# By names that Verilator has had for long: it ends at one that it does not know.
LINT_OFF = """\
/* verilator lint_off DECLFILENAME */  // One file holds all modules, whatever they are called.
/* verilator lint_off UNUSED */  // Input bits that no gate reads, bits of sums that no score needs.
/* verilator lint_off WIDTH */  // Numbers are as wide as they have to be; sums extend them.

"""
LINT_ON = """
/* verilator lint_on WIDTH */
/* verilator lint_on UNUSED */
/* verilator lint_on DECLFILENAME */
"""

_TOP = """\
module {module} (
{ports}
);
  {core} core (
{connections}
  );
endmodule
"""


def about(graph: GateGraph, interface: Interface) -> str:
    """What the network is, in comments of plain ASCII on short lines."""
    found = Metadata.of(graph)
    data = f", trained on {found.dataset}" if found.dataset else ""
    lines = [f"Network: {found.name or 'unnamed'}, {graph.n_gates:,} gates{data}."]
    if "test_frozen" in found.accuracy:
        lines.append(f"Accuracy on test data: {found.accuracy['test_frozen']:.2%}.")
    names = found.class_names
    if names != [*map(str, range(len(names)))]:
        named = (f"{number} {name}" for number, name in enumerate(names))
        lines.append(f"Classes: {', '.join(named)}.")
    lines.append(f"Latency: {cycles(interface.latency)}; it takes {pace(interface)}.")
    if interface.scaling is not None:
        lines += _features(graph, interface.scaling)
    return "".join(chain.from_iterable(map(_comment, lines)))


def _features(graph: GateGraph, scaling: Scaling) -> Iterator[str]:
    """Where each feature's word stands, and what makes it of a real value."""
    assert graph.encoder is not None
    yield (
        "A feature is the unsigned integer clip(ceil((x - offset) * scale), 0, 2**bits - 1) of a "
        "real value x, or 0 where that is no number; those that are not listed have no bits:"
    )
    named = Metadata.of(graph).feature_names
    names = named if len(named) == graph.encoder.n_features else [""] * graph.encoder.n_features
    for feature, word in enumerate(words(graph.encoder)):
        if word:
            yield (
                f"features[{word.start} +: {len(word)}]: {feature} {names[feature]}, "
                f"offset {scaling.offset[feature]!r}, scale {scaling.scale[feature]!r}"
            ).replace(" ,", ",")


def _comment(text: str) -> Iterator[str]:
    plain = " ".join(text.encode("ascii", "backslashreplace").decode().split())
    for line in textwrap.wrap(plain, 96, initial_indent="// ", subsequent_indent="//   "):
        yield f"{line}\n"


def module(interface: Interface, core: str) -> str:
    """The module that names the ports of ``core``, the module inside, as Amaranth makes it.

    The core lacks a clock where there are no registers.
    """
    connections = {
        "samples__payload": str(interface.data),
        "samples__valid": "valid_in",
        "results__payload": "{scores, index}",
        "results__valid": "valid_out",
    }
    if interface.latency:
        connections |= {"clk": "clk", "rst": "rst"}
    if interface.interval > 1:
        connections |= {"samples__ready": "ready"}
    return _TOP.format(
        module=interface.module,
        core=core,
        ports="\n".join(_declared([*ports(interface)])),
        connections=",\n".join(f"    .{port}({wire})" for port, wire in connections.items()),
    )


def _declared(ports: Sequence[Port]) -> Iterator[str]:
    """The ports, each with a comment."""
    for number, port in enumerate(ports):
        comma = "," if number < len(ports) - 1 else ""
        wires = "" if port.width is None else f"[{port.width - 1}:0] "
        yield f"    {f'{port.direction} {wires}{port.name}{comma}':<28}// {port.comment}"
