"""Gate-level netlists in Yosys' JSON (``write_json``): gates and lookup tables, no registers."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Set
from typing import Any

from lilogic.errors import FormatError
from lilogic.formats.imported import Imported, check_inputs, driven
from lilogic.formats.importers import cells
from lilogic.formats.importers.cells import CONSTANTS, HELD, Net, Table
from lilogic.formats.importers.undefined import OpenNets
from lilogic.graph.circuit import Builder


def read(text: bytes, top: str | None = None) -> Imported:
    """Read module ``top``, by default the only one that no other contains.

    Errors do not name the file.

    Raises:
        NotGatesError: with cells that only Yosys can make gates of.
        FormatError: not such a file, with registers, or with a choice of modules.
    """
    try:
        modules = json.loads(text)["modules"]
        contained = {
            name: {cell["type"] for cell in module.get("cells", {}).values()}
            for name, module in modules.items()
        }
        marked = [name for name, module in modules.items() if _flag(module, "top")]
        models = {n for n, m in modules.items() if _flag(m, "blackbox") or _flag(m, "whitebox")}
        return _circuit(modules[top_of(contained, marked, models, top)], {*modules})
    except FormatError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, IndexError) as error:
        raise FormatError("not a netlist as Yosys writes it with write_json") from error


def top_of(
    contained: Mapping[str, Collection[str]],
    marked: Collection[str],
    models: Collection[str],
    asked: str | None,
) -> str:
    """The module to read.

    Args:
        contained: for each module, the types of its cells, modules among them.
        marked: modules that are marked as top.
        models: modules that only say what ports a cell has.
        asked: the module that was asked for.

    Raises:
        FormatError: there is no such module, or more than one that no other contains.
    """
    if asked is not None:
        if asked not in contained:
            raise FormatError(f"it has no module {asked}, but {_listed(contained)}", option="top")
        return asked
    within = {kind for types in contained.values() for kind in types}
    tops = marked or [name for name in contained if name not in within and name not in models]
    if not tops:
        raise FormatError(f"it has {len(contained)} modules and no top")
    if len(tops) > 1:
        raise FormatError(
            f"it has {len(tops)} modules that no other contains, {_listed(tops)}; name the one to "
            "read",
            option="top",
        )
    [top] = tops
    return top


def _listed(names: Collection[str]) -> str:
    some = [*names][:8]
    return ", ".join(some) + (f" and {len(names) - len(some)} more" if len(names) > 8 else "")


def _flag(module: Mapping[str, Any], attribute: str) -> bool:
    value = module.get("attributes", {}).get(attribute, 0)
    return bool(int(value, 2) if isinstance(value, str) else value)


def _circuit(module: Mapping[str, Any], modules: Set[str]) -> Imported:
    inputs: dict[Net, str] = {}
    outputs: list[tuple[str, Net]] = []
    for name, port in module["ports"].items():
        wire = module.get("netnames", {}).get(name, {}) | port
        bits = [*zip(_bit_names(name, wire), port["bits"], strict=True)]
        if port["direction"] == "output":
            outputs += bits
        elif port["direction"] != "input":
            raise FormatError(f"port {name} is {port['direction']}, which is not supported")
        elif any(net in inputs for _, net in bits) or len({*port["bits"]}) < len(bits):
            raise FormatError("a net is driven by an input and something else")
        else:
            inputs |= {net: bit for bit, net in bits}
    names = _names(module)
    tables, places = _tables(module, modules, names)
    if not inputs.keys().isdisjoint(tables):
        raise FormatError("a net is driven by an input and something else")
    names |= {net: bit for bit, net in outputs} | inputs
    builder = Builder(check_inputs(len(inputs)))
    node: dict[Net, int] = {net: place for place, net in enumerate(inputs)}
    still_open = OpenNets(tables, inputs)

    def found(net: Net) -> int:
        # The value of what is open is never seen, or refused below.
        return node[net] if net in node else builder.constant(int(net == "1"))

    wanted = [net for _, net in outputs]
    reads = {net: table.inputs for net, table in tables.items()}
    for net in driven(reads, wanted, _Named(names)):
        still_open.enter(net, may_settle=net in names)
        node[net] = builder.lut(tables[net].table, [found(wire) for wire in reads[net]])
    for output, net in outputs:
        if net in still_open:
            raise FormatError(_open_output(output, net, still_open, names, places))
    circuit = builder.build([found(net) for net in wanted])
    return Imported(circuit=circuit, names=[name for name, _ in outputs])


def _tables(
    module: Mapping[str, Any], modules: Set[str], names: Mapping[Net, str]
) -> tuple[dict[Net, Table], dict[Net, str]]:
    """For each driven net, its table, and where its cell was written."""
    tables: dict[Net, Table] = {}
    places: dict[Net, str] = {}
    for name, cell in module.get("cells", {}).items():
        directions = cell.get("port_directions", {})
        # What drives nothing, such as assertions, says nothing of the circuit.
        if cell["type"] == "$scopeinfo" or (directions and "output" not in directions.values()):
            continue
        title = _title(name, cell, names)
        for net, table in cells.tables(title, cell, modules):
            if net in tables:
                raise FormatError(f"{title} drives what another cell drives")
            tables[net] = table
            places[net] = cells.place(cell)
    return tables, places


def _title(name: str, cell: Mapping[str, Any], names: Mapping[Net, str]) -> str:
    """What to call a cell: by its own name, or where Yosys made that up, by what it drives."""
    if not name.startswith("$"):
        return f"cell {name}"
    pins = cell["connections"]
    driven_nets = [
        net for pin in ("Q", "Y", "RD_DATA") for net in pins.get(pin, ()) if net in names
    ]
    return f"what drives {names[driven_nets[0]]}" if driven_nets else f"cell {name}"


def _open_output(
    output: str,
    net: Net,
    still_open: OpenNets,
    names: Mapping[Net, str],
    places: Mapping[Net, str],
) -> str:
    """Why an output that may be open cannot be taken."""
    source, reader = still_open.origin(net)
    if source not in ("x", "z", HELD):
        name = names.get(source, f"net {source}")
        return f"nothing drives {name}" + (f", which {output} depends on" if name != output else "")
    values = sorted((names[wire], value) for wire, value in still_open.example(net).items())
    where = " and ".join(f"{name} = {value}" for name, value in values)
    state, advice = {
        "x": ("is left open (x)", "give it a value in every case"),
        "z": ("is not driven (z)", "three-state outputs are not supported"),
        HELD: ("keeps its value, which takes a latch,", "give it a value in every case"),
    }[source]
    return f"{places.get(reader, '')}{output} {state}{' where ' * bool(where)}{where}; {advice}"


def _bit_names(name: str, wire: Mapping[str, Any]) -> Iterator[str]:
    """The names of a vector's bits as its source has them, lowest first."""
    width, offset = len(wire["bits"]), wire.get("offset", 0)
    is_vector = width > 1 or offset or _flag(wire, "single_bit_vector")
    for bit in range(width):
        index = offset + (width - 1 - bit if wire.get("upto") else bit)
        yield f"{name}[{index}]" if is_vector else name


def _names(module: Mapping[str, Any]) -> dict[Net, str]:
    """What nets are called in the source."""
    return {
        net: bit
        for name, wire in module.get("netnames", {}).items()
        if not wire.get("hide_name")
        for bit, net in zip(_bit_names(name, wire), wire["bits"], strict=True)
        if net not in (*CONSTANTS, "x", "z")
    }


class _Named(dict[Net, str]):
    """Names of nets, also of those that have none in the source."""

    def __missing__(self, net: Net) -> str:
        return f"net {net}"
