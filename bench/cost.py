"""The cost model's constants and errors: what real Yosys makes of whole networks.

Networks of the zoo, and small ones that are trained here first, are mapped without registers, with
their encoder and without. `measure` does that, a network and target after another, and keeps what
is done in build/bench/cost.json; `fit` finds the constants that are closest to it and the errors of
estimates, and with --write puts them into lilogic/cost/measured.json; `record` measures networks
and writes what they take into the metadata of their files, which `lilogic zoo` then lists.

sky130 needs --liberty, your copy of sky130_fd_sc_hd at 25 °C and 1.80 V.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from lilogic import training, zoo
from lilogic.cost import targets
from lilogic.cost.estimate import counted
from lilogic.cost.netlist import PARTS
from lilogic.cost.targets import MEASURED, TARGETS
from lilogic.data import datasets
from lilogic.files import check_writable, write_json
from lilogic.graph import GateGraph, lgn, passes
from lilogic.graph.metadata import MappedCost
from lilogic.hdl.synthesis import area, cost, liberty
from lilogic.learn import recipe as recipes
from lilogic.learn.planning import drawn
from lilogic.zoo.models import MODEL

OUTPUT = Path("build/bench/cost.json")
TRAINED = Path("build/bench/cost")
ZOO = ("digits", "mnist-tiny", "mnist-8k", "fashion-8k-pixels")

DENSE = {"arrangement": "dense", "inputs": 6}
CONV = {"arrangement": "conv"}
PASSING = {"counts": "last", "reads": "previous", "initial": "pass-through"}

RECIPES: dict[str, dict[str, Any]] = {
    "one layer of 200 nodes of 6": {
        "encoder": {"thresholds": [0.5]},
        "net": {"layers": [DENSE | {"gates": 200}]},
    },
    "one layer of 400 nodes of 6": {
        "encoder": {"thresholds": [0.5]},
        "net": {"layers": [DENSE | {"gates": 400}], "tau": 4.0},
        "train": {"epochs": 60},
    },
    "one layer of 300 nodes of 4": {
        "encoder": {"thresholds": [0.25, 0.6]},
        "net": {"layers": [DENSE | {"gates": 300, "inputs": 4}]},
    },
    "240 and 160 nodes of 6": {
        "encoder": {"thresholds": [0.5]},
        "net": {"layers": [DENSE | {"gates": 240}, DENSE | {"gates": 160}], "counts": "last"},
    },
    "300 and 300 gates": {
        "encoder": {"thresholds": [0.5]},
        "net": {"layers": [300, 300]},
    },
    "900 and 400 gates": {
        "dataset": "fashion-mnist",
        "encoder": {"bits": 3},
        "net": {"layers": [900, 400], "counts": "last"},
        "augment": {},
    },
    "800, 300 and 100 gates": {
        "encoder": {"thresholds": [0.25, 0.75]},
        "net": {"layers": [800, 300, 100], **PASSING},
    },
    "convolution": {
        "encoder": {"thresholds": [0.5]},
        "net": {
            "layers": [
                CONV | {"channels": 32, "stride": 2},
                CONV | {"channels": 32},
                CONV | {"channels": 96, "stride": 2},
                800,
                200,
            ],
            **PASSING,
        },
        "train": {"epochs": 6, "harden": [0.6, 0.7, 0.8]},
    },
}
"""Small networks that are trained for a few epochs: what differs from ``recipe_of``."""

HELD = 0.1
"""How much constants are held to what parts suggest that are mapped alone, against totals."""

Results = dict[str, dict[str, dict[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [*ZOO, *RECIPES]
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=[*TARGETS])
    parser.add_argument("--liberty", type=Path, metavar="FILE", help="needed for sky130")
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure", help="map networks with Yosys")
    measuring.add_argument("networks", nargs="*", metavar="NETWORK", help=", ".join(known))
    fitting = commands.add_parser("fit", help="find constants and errors")
    fitting.add_argument("--write", action="store_true", help=f"also write {MEASURED.name}")
    fitting.add_argument("--json", action="store_true", help="print JSON instead of a table")
    recording = commands.add_parser("record", help="write what networks take into their files")
    recording.add_argument("files", nargs="+", type=Path, metavar="FILE.lgn")
    options = parser.parse_args()
    if options.command == "fit":
        fit(options.write, options.json)
        return
    needs_cells = "sky130" in options.targets
    if needs_cells and options.liberty is None:
        parser.error("sky130 needs --liberty FILE, or name other --targets")
    cells = liberty.read(options.liberty) if needs_cells else None
    mapping = dict.fromkeys(options.targets, cells or area.TARGETS["xc7"])
    mapping |= {name: area.TARGETS[name] for name in options.targets if name in area.TARGETS}
    if options.command == "measure":
        measure(options.networks or known, mapping)
    else:
        for file in options.files:
            record(file, mapping)


def measure(names: list[str], mapping: dict[str, area.Target]) -> None:
    """Map networks to targets, but for what is done already."""
    check_writable(OUTPUT)
    done = results()
    for name in names:
        for target, cells in mapping.items():
            if target not in done.get(name, {}):
                found = cost.measure(network(name), target, cells)
                done.setdefault(name, {})[target] = found.model_dump()
                write_json(OUTPUT, done)
                print(f"{name}: {found.total:,} on {target}", flush=True)


def record(file: Path, mapping: dict[str, area.Target]) -> None:
    """Write what a network takes into its file, beside what the file knows of other targets."""
    graph = lgn.read(file)
    found = dict(graph.metadata.get("cost", {}))
    for target, cells in mapping.items():
        found[target] = cost.measure(graph, target, cells).model_dump()
        print(f"{file}: {found[target]['total']:,} on {target}", flush=True)
    lgn.write(graph.with_metadata(cost=found), file)


def results() -> Results:
    """What is measured so far."""
    return json.loads(OUTPUT.read_text("utf-8")) if OUTPUT.exists() else {}


def network(name: str) -> GateGraph:
    """A network of the zoo, or one that is trained first where it was not before."""
    if name in zoo.names():
        return lgn.read(zoo.path(name))
    done = TRAINED / slug(name) / MODEL
    if done.exists():
        return lgn.read(done)
    return training.train(recipe_of(name), done.parent).model.graph


def recipe_of(name: str) -> recipes.Recipe:
    """The recipe of a network."""
    if name in zoo.names():
        return recipes.parse(lgn.read(zoo.path(name)).metadata["recipe"], name)
    own = RECIPES[name]
    values = {"name": slug(name), "dataset": "mnist", "augment": {"shift": 1}} | own
    values["net"] = {"tau": 3.0} | own["net"]
    values["train"] = {"epochs": 8} | own.get("train", {})
    return recipes.parse(values, name)


def slug(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def fit(is_written: bool, as_json: bool) -> None:
    """Constants for each target, and how far estimates with those of the other networks are off."""
    done, simplified = results(), {}
    drawings: dict[str, GateGraph] = {}
    for name in done:
        simplified[name] = passes.simplify(network(name))
        recipe = recipe_of(name)
        data = datasets.load(recipe.dataset)
        drawing = drawn.graph(recipe, drawn.encoder_of(recipe, data), data)
        drawings[name] = passes.simplify(drawing)
    found: dict[str, Any] = {"tool": "", "constants": {}, "errors": {}, "networks": {}}
    for target in TARGETS.values():
        mapped = {n: MappedCost(**by[target.name]) for n, by in done.items() if target.name in by}
        rows = {name: _rows(simplified[name], mapped[name], target) for name in mapped}
        whole = solved([row for all_ in rows.values() for row in all_], mapped)
        errors: dict[str, list[float]] = {"networks": [], "recipes": []}
        for name, cost_ in mapped.items():
            others = {other: c for other, c in mapped.items() if other != name}
            apart = solved([row for other in others for row in rows[other]], others)
            trained = rows[name][0][0] @ apart
            recipe = _vector(drawings[name], target, with_encoder=True) @ apart
            errors["networks"].append(trained / cost_.total - 1)
            errors["recipes"].append(recipe / cost_.total - 1)
            found["networks"].setdefault(name, {})[target.name] = {
                "yosys": cost_.total,
                "network": round(trained),
                "recipe": round(recipe),
            }
            found["tool"] = cost_.tool
        found["constants"][target.name] = {
            part: round(value, 3) for part, value in zip(PARTS, map(float, whole), strict=True)
        }
        found["errors"][target.name] = {
            kind: {
                "median": round(float(np.median(np.abs(each))), 4),
                "worst": round(float(np.max(np.abs(each))), 4),
                "networks": len(each),
            }
            for kind, each in errors.items()
        }
    if is_written:
        write_json(MEASURED, found)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


Row = tuple[np.ndarray, float, dict[str, float]]
"""What is counted of each part, what Yosys counted of all, and of each part alone."""


def _rows(graph: GateGraph, mapped: MappedCost, target: targets.Target) -> list[Row]:
    rows = [(_vector(graph, target, with_encoder=True), mapped.total, mapped.parts)]
    if mapped.bits_in != mapped.total:
        rows.append((_vector(graph, target, with_encoder=False), mapped.bits_in, mapped.parts))
    return rows


def _vector(graph: GateGraph, target: targets.Target, *, with_encoder: bool) -> np.ndarray:
    counts = counted(graph, target, with_encoder=with_encoder)
    return np.array([counts[part] for part in PARTS])


def solved(rows: list[Row], mapped: dict[str, MappedCost]) -> np.ndarray:
    """Constants of the parts: least squares of relative errors, held to those of parts alone."""
    held = np.ones(len(PARTS))
    for place, part in enumerate(PARTS):
        ratios = [
            parts[part] / counts[place]
            for counts, _, parts in rows
            if counts[place] and parts.get(part)
        ]
        if ratios and part in ("heads", "argmax"):
            held[place] = np.median(ratios)
    relative = np.array([counts / total for counts, total, _ in rows])
    weight = np.sqrt(HELD * len(rows))
    if not rows:
        return held
    system = np.concatenate([relative, weight * np.diag(1 / held) / 2])
    wanted = np.concatenate([np.ones(len(rows)), np.full(len(PARTS), weight / 2)])
    return np.linalg.lstsq(system, wanted, rcond=None)[0]


def show(found: dict[str, Any]) -> None:
    """Print the table: what Yosys counted, and the estimates' errors."""
    table = Table("network", *TARGETS)
    for name, by in found["networks"].items():
        cells = []
        for target in TARGETS:
            if target not in by:
                cells.append("")
                continue
            one = by[target]
            off = [100 * (one[kind] / one["yosys"] - 1) for kind in ("network", "recipe")]
            cells.append(f"{one['yosys']:,.0f} {off[0]:+.1f} {off[1]:+.1f} %")
        table.add_row(name, *cells)
    for kind in ("networks", "recipes"):
        cells = []
        for target in TARGETS:
            error = found["errors"][target][kind]
            cells.append(f"{error['median']:.1%}, {error['worst']:.1%}")
        table.add_row(f"{kind}: median, worst", *cells)
    console = Console(highlight=False, width=120)
    console.print(
        f"{found['tool']}: Yosys, and by how much estimates of network and recipe are off"
    )
    console.print(table)
    console.print(found["constants"])


if __name__ == "__main__":
    main()
