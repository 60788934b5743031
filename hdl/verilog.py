"""Graphs to Verilog: one self-contained file, and the description of its ports."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Const, Signal, Value
from amaranth.lib.wiring import Component

from lilogic.files import scratch, write_text
from lilogic.graph import GateGraph, lgn
from lilogic.hdl import header
from lilogic.hdl.bus import header as bus_header
from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.bus.top import BusClassifier, CompiledClassifier
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.record import BuildRecord, withdraw
from lilogic.version import __version__

PARTS = ("encoder", "network", "heads", "argmax")
"""The submodules of the core that compute."""

SEQUENCER = "sequencer"
"""The submodule of a folded one that counts steps."""

_DEFAULT = CompileOptions()

_ALLOCATIONS = 50_000
"""Objects made between two looks for garbage; Python's own default is 700 or 2,000."""

_HEAD = f"// Made by lilogic {__version__}.\n"

_ELEMENTS = "w:*.* w:*$* w:*[[]*"
"""Wires that Amaranth names after fields, elements and namesakes of others."""

_CLEAN = (f"rename -hide {_ELEMENTS}", "opt_clean", "setattr -unset init w:*")

_COLUMNS = 100
_DIGITS = 64
"""Of a hexadecimal constant, at most; longer ones are written as several."""


def compile_graph(graph: GateGraph, folder: Path, options: CompileOptions = _DEFAULT) -> Interface:
    """Write ``classifier.v``, ``interface.json`` and ``build.json``; simplify the graph first.

    Raises:
        LilogicError: see ``Classifier``, or a file cannot be written.
    """
    options.check_bus()
    classifier = Classifier(graph, options)
    interface = classifier.interface
    if options.bus is not None:
        network = lgn.fingerprint(graph)
        bus = BusInterface.of(interface, options.bus, options.bus_width, network)
        interface = replace(interface, bus=bus)
    text = emit(classifier, interface.bus)
    withdraw(folder)
    write_text(folder / VERILOG, text)
    interface.write(folder)
    BuildRecord.of(graph, options, folder).write(folder)
    return interface


def emit(classifier: Classifier, bus: BusInterface | None = None) -> str:
    """Verilog of ``classifier``, with the ports that ``Interface`` describes.

    With a ``bus``, the module that it describes stands behind.

    The top module names the ports of the core that Amaranth makes, which lacks a clock where there
    are no registers. Registers have no initial values: only valid flags need one, which come from
    reset, or are right once ``latency`` cycles have passed.
    """
    top = classifier.interface.module
    text = to_rtlil(classifier, core(top))
    commands = [*_CLEAN]
    for name in (*PARTS, SEQUENCER):
        if f"\nmodule \\{core(top)}.{name}\n" in text:
            commands += _renaming(f"{core(top)}.{name}", part(top, name))
    about = header.about(classifier.graph, classifier.interface)
    outside = header.module(classifier.interface, core(top))
    inside = _converted(text, core(top), [*commands, "write_verilog -noattr core.v"])
    around = "" if bus is None else behind(bus, classifier.interface)
    return f"{_HEAD}{about}{header.LINT_OFF}{outside}{inside}{around}{header.LINT_ON}"


def behind(bus: BusInterface, interface: Interface) -> str:
    """The module that has the classifier behind a bus, and those inside it."""
    name = core(bus.module)
    text = to_rtlil(BusClassifier(CompiledClassifier(interface), bus), name)
    made = re.findall(r"^module \\(\S+\.\S+)$", text, re.M)
    commands = [f"rename -hide {_ELEMENTS}", "opt_clean"]
    for module in made:
        wanted = module.replace(f"{name}.", f"{bus.module}_").replace(".", "_")
        commands += [f"rename {module} {wanted}", f"chtype -map {module} {wanted}"]
    inside = _converted(text, name, [*commands, "write_verilog -noattr core.v"])
    return f"\n{bus_header.module(bus, interface, name)}{inside}"


def core(top: str) -> str:
    """The module that the classifier's top module ``top`` has in it."""
    return f"{top}_core"


def part(top: str, name: str) -> str:
    """The module of a submodule of the classifier whose top module is ``top``."""
    return f"{top}_{name}"


def modules(top: str) -> list[str]:
    """All modules that a classifier may consist of."""
    return [top, core(top), *(part(top, name) for name in (*PARTS, SEQUENCER))]


def emit_component(component: Component, name: str) -> str:
    """Verilog of any component as the module ``name``, with the ports that Amaranth makes."""
    # ABC in Yosys ends at wires that are called as elements of others.
    commands = [f"rename -hide {_ELEMENTS}", "write_verilog -noattr core.v"]
    written = _converted(to_rtlil(component, name), name, commands)
    return f"{_HEAD}`timescale 1ns / 1ps\n\n{written}"


def emit_design(component: Component, name: str, about: str) -> str:
    """Verilog of any component as ``emit`` writes classifiers, after the comments ``about``.

    Names are plain, modules are called after the path to them, and registers have no initial
    values.
    """
    text = to_rtlil(component, name)
    commands = [*_CLEAN]
    for made in re.findall(r"^module \\(\S+\.\S+)$", text, re.MULTILINE):
        commands += _renaming(made, made.replace(".", "_"))
    inside = _converted(text, name, [*commands, "write_verilog -noattr core.v"])
    return f"{_HEAD}{about}{header.LINT_OFF}{inside}{header.LINT_ON}"


def _renaming(made: str, wanted: str) -> list[str]:
    """Commands that give a module another name."""
    return [f"rename {made} {wanted}", f"chtype -map {made} {wanted}"]


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


def _converted(rtlil_text: str, top: str, commands: Sequence[str]) -> str:
    """Verilog of RTLIL, written to core.v by the last of some Yosys commands."""
    with scratch() as folder:
        write_text(folder / "core.il", rtlil_text)
        script = [
            "read_rtlil core.il",
            f"hierarchy -top {top}",
            "proc -noopt -norom",
            "opt_clean",
            *commands,
        ]
        yosys.run("\n".join(script), folder)
        # What Yosys says of itself, where it was built, is left out.
        return wrapped((folder / "core.v").read_text("utf-8").partition("*/\n")[2])


def wrapped(verilog: str) -> str:
    """Verilog of ``write_verilog`` with long lines on several: people and tools read them so.

    No name has a comma, so what follows one may always go on the next line. Constants have none,
    so long ones become concatenations.
    """
    verilog = re.sub(rf"\b(\d+)'h([0-9a-f]{{{_DIGITS + 1},}})", _shorter, verilog)
    return "\n".join(chain.from_iterable(map(_lines, verilog.split("\n"))))


def _lines(line: str) -> Iterator[str]:
    start, indent = 0, ""
    while len(line) - start > _COLUMNS:
        end = line.rfind(", ", start, start + _COLUMNS)
        end = line.find(", ", start) if end < 0 else end
        if end < 0:
            break
        yield indent + line[start : end + 1]
        start, indent = end + 2, "    "
    yield indent + line[start:]


def _shorter(constant: re.Match[str]) -> str:
    """A long hexadecimal constant as a concatenation of short ones, the highest first."""
    width, digits = int(constant[1]), constant[2]
    ends = range(len(digits) % _DIGITS or _DIGITS, len(digits) + 1, _DIGITS)
    pieces = [digits[max(0, end - _DIGITS) : end] for end in ends]
    highest = width - 4 * _DIGITS * (len(pieces) - 1)
    widths = [highest, *(4 * _DIGITS for _ in pieces[1:])]
    made = (f"{bits}'h{piece}" for bits, piece in zip(widths, pieces, strict=True))
    return f"{{ {', '.join(made)} }}"
