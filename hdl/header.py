"""The top module of a classifier's Verilog, with what whoever connects it has to know."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import chain

from lilogic.data.scaling import Scaling
from lilogic.graph import GateGraph
from lilogic.graph.metadata import Metadata
from lilogic.hdl.components.interface import Interface, words
from lilogic.hdl.options import InputKind

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
    lines.append(f"Latency: {_cycles(interface.latency)}; it takes {_pace(interface)}.")
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
        ports="\n".join(_ports(interface)),
        connections=",\n".join(f"    .{port}({wire})" for port, wire in connections.items()),
    )


def _ports(interface: Interface) -> Iterator[str]:
    """The ports, each with a comment."""
    delay = "in the same cycle" if not interface.latency else f"{_cycles(interface.latency)} later"
    unused = "" if interface.latency else "unused, as there are no registers"
    width, score = interface.feature_width, interface.score_width
    reads = f"{interface.data_width} input bits of the network, bit i at [i]"
    if interface.scaling is not None:
        reads = f"{len(interface.scaling.bits)} features, as listed above"
    elif interface.data is InputKind.FEATURES and width is not None:
        count = interface.data_width // width
        reads = f"{count} features of {width} bits, feature i at [{width}*i +: {width}]"
    kind = "two's complement" if interface.score_signed else "unsigned"
    scores = f"{interface.classes} scores, {kind}, class c at [{score}*c +: {score}]"
    ready, taken = [], "valid_in"
    if interface.interval > 1:
        ready = [("output ready", f"it is taken; once in {_cycles(interface.interval)} at most")]
        taken = "valid_in & ready"
    ports = [
        ("input clk", unused or "rising edge"),
        ("input rst", unused or "synchronous, active high; clears what is in flight"),
        ("input valid_in", "there is a sample in this cycle"),
        (f"input [{interface.data_width - 1}:0] {interface.data}", reads),
        *ready,
        ("output valid_out", f"{taken}, {delay}"),
        (f"output [{interface.index_width - 1}:0] index", "the first class with the highest score"),
        (f"output [{interface.classes * score - 1}:0] scores", scores),
    ]
    for number, (port, comment) in enumerate(ports):
        comma = "," if number < len(ports) - 1 else ""
        yield f"    {port + comma:<28}// {comment}"


def _pace(interface: Interface) -> str:
    """How often a sample may enter."""
    if interface.interval == 1:
        return "a sample in every cycle"
    pace = f"a sample in every {_cycles(interface.interval)}"
    if interface.clock_mhz is None:
        return pace
    return f"{pace}, {1e6 * interface.clock_mhz / interface.interval:,.0f} a second"


def _cycles(count: int) -> str:
    return f"{count} clock cycle{'s' * (count != 1)}"
