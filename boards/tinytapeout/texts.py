"""What the files of a Tiny Tapeout project say of a network, in words and in JSON.

Files that differ from project to project are templates with ``@NAMES@``; the others are copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np

from lilogic.boards.tinytapeout.gateware import DONE, LAST, SELECT, WRITE, Project
from lilogic.boards.tinytapeout.technologies import Technology
from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph
from lilogic.graph.metadata import Metadata
from lilogic.report.models.tapeout import TapeoutReport
from lilogic.version import __version__

LICENSED = "// SPDX-License-Identifier: Apache-2.0\n"

_TEMPLATES = (
    "LICENSE",
    "README.md",
    "docs/info.md",
    "host/classify.py",
    "test/.gitignore",
    "test/Makefile",
    "test/requirements.txt",
    "test/tb.v",
    "test/test.py",
)

FILES = (*_TEMPLATES, "info.yaml", "host/network.json", "src/project.v", "test/vectors.json")
"""All files of a project."""


def written(
    report: TapeoutReport, made: Project, technology: Technology, author: str
) -> dict[str, str]:
    """The files but the circuit and the vectors of its test, by name.

    Args:
        report: of the project.
        made: the circuit.
        technology: what it is made in.
        author: whose it is.
    """
    values = _values(report, made, technology)
    folder = resources.files("lilogic.boards.tinytapeout") / "templates"
    return {
        "info.yaml": _info(report, made, values, author),
        "host/network.json": json_lines(network(report.top, report.clock_hz, made)),
        **{name: _filled((folder / name).read_text("utf-8"), values) for name in _TEMPLATES},
    }


def json_lines(value: Mapping[str, Any]) -> str:
    """JSON with an entry on each line."""
    entries = (f"  {json.dumps(name)}: {json.dumps(of)}" for name, of in value.items())
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub("@([A-Z]+)@", lambda name: values[name[1]], template)


def network(top: str, clock_hz: int, made: Project) -> dict[str, Any]:
    """What a host has to know; the comparisons are those of the bits that are sent, in order."""
    interface = made.interface
    return {
        "top": top,
        "clock_hz": clock_hz,
        "classes": interface.classes,
        "class_names": _class_names(made.graph),
        "score_bytes": made.score_bytes,
        "score_signed": interface.score_signed,
        "levels": interface.levels,
        **_comparisons(made.graph.encoder, made.sent if interface.levels is None else []),
    }


def _comparisons(encoder: Encoder | None, sent: list[int]) -> dict[str, Any]:
    """Each encoded bit that is sent; without an encoder, the features are the bits."""
    if encoder is None:
        none = {"minus": [-1] * len(sent), "threshold": [0] * len(sent)}
        return {"feature": sent, **none, "rank": None, "scaling": None}
    minus, scaling = np.where(encoder.subtracts, encoder.minus, -1), encoder.preprocessing.scaling
    steps = None
    if scaling is not None:
        steps = [*zip(scaling.offset, scaling.scale, scaling.bits, strict=True)]
    return {
        "feature": encoder.feature[sent].tolist(),
        "minus": minus[sent].tolist(),
        "threshold": encoder.threshold[sent].tolist(),
        "rank": encoder.rank,
        "scaling": steps,
    }


def _class_names(graph: GateGraph) -> list[str]:
    return Metadata.of(graph).class_names or [*map(str, range(graph.n_classes))]


def _info(report: TapeoutReport, made: Project, values: Mapping[str, str], author: str) -> str:
    """``info.yaml``; what JSON quotes, YAML reads alike."""
    shared = {WRITE: "write", LAST: "last", DONE: "done"}
    pins = {f"ui[{pin}]": f"byte[{pin}]" for pin in range(8)}
    pins |= {f"uo[{pin}]": f"answer[{pin}]" for pin in range(8)}
    pins |= {
        f"uio[{pin}]": f"select[{pin - SELECT}]" if pin >= SELECT else shared[pin]
        for pin in range(8)
    }
    project = {
        "title": values["TITLE"],
        "author": author,
        "discord": "",
        "description": values["SUMMARY"],
        "language": "Amaranth",
        "clock_hz": report.clock_hz,
        "tiles": report.tiles,
        "top_module": report.top,
    }
    lines = [
        f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in project.items()
    ]
    named = [f"  {pin}: {json.dumps(name)}" for pin, name in pins.items()]
    return "\n".join(
        [
            "# What Tiny Tapeout has to know of the project.",
            "project:",
            *lines,
            "  source_files:",
            '    - "project.v"',
            "",
            "pinout:",
            *named,
            "",
            "yaml_version: 6",
            "",
        ]
    )


def _values(report: TapeoutReport, made: Project, technology: Technology) -> dict[str, str]:
    """What stands for the names in templates."""
    graph, interface = made.graph, made.interface
    found = Metadata.of(graph)
    cycles = f"{report.latency} clock cycle{'s' * (report.latency != 1)}"
    order = "in two's complement" if interface.score_signed else "unsigned"
    each = (
        "a byte each" if made.score_bytes == 1 else f"{made.score_bytes} bytes each, lowest first"
    )
    return {
        "TITLE": f"{report.name}: a classifier of logic gates",
        "SUMMARY": _summary(graph, found),
        "TECHNOLOGY": report.technology,
        "TILES": report.tiles,
        "TOP": report.top,
        "VERSION": __version__,
        "VECTORS": str(report.vectors),
        "PERIOD": f"{1e9 / report.clock_hz:g}",
        "UTILIZATION": f"{report.utilization:.0%}",
        "SENT": _sent(report, made),
        "BYTES": str(report.sample_bytes),
        "LATENCY": cycles,
        "ANSWER": str(report.answer_bytes),
        "SCORES": f"{order}, {each}",
        "CLASSES": _classes(graph),
        "AREA": _area(report),
        "CLOCK": f"{report.clock_hz / 1e6:g}",
        "FIRST": _first_byte(report),
        "FEATURES": _features(graph),
        "CELLS": " ".join(f"$(PDK_ROOT)/{model}" for model in technology.models),
        "POWER": technology.power,
    }


def _summary(graph: GateGraph, found: Metadata) -> str:
    data = f" trained on {found.dataset}" if found.dataset else ""
    accuracy = found.accuracy.get("test_frozen")
    right = "" if accuracy is None else f", test accuracy {accuracy:.2%}"
    return f"A classifier of {graph.n_gates:,} logic gates{data}, {graph.n_classes} classes{right}."


def _sent(report: TapeoutReport, made: Project) -> str:
    """What a host does before it sends."""
    size = f"{report.sample_bits} bits in {report.sample_bytes} bytes"
    if made.interface.levels is None:
        what = "compares the features of a sample with thresholds and sends the results"
    else:
        what = (
            "counts how many of its levels each feature exceeds, and sends these counts, each in "
            "as few bits as possible"
        )
    return f"The host {what}, {size}."


def _classes(graph: GateGraph) -> str:
    names = _class_names(graph)
    if names == [*map(str, range(len(names)))]:
        return f"Classes are numbered from 0 to {len(names) - 1}."
    named = (f"{number} {name}" for number, name in enumerate(names))
    return f"The classes are {', '.join(named)}."


def _first_byte(report: TapeoutReport) -> str:
    unused = 8 * report.sample_bytes - report.sample_bits
    order = (
        "Send bits in the order of `host/network.json`, the first bit as the least significant one."
    )
    return f"{order} The lowest {unused} bits of the first byte are unused." if unused else order


def _features(graph: GateGraph) -> str:
    """What a host hands to the functions of ``classify.py``."""
    if graph.encoder is None:
        return f"the network's {graph.n_inputs} input bits, 0 or 1"
    size = "×".join(map(str, graph.encoder.feature_shape))
    values = f"a sample's values in a row, {size} of {graph.encoder.input_dtype}"
    named = Metadata.of(graph).feature_names
    columns = f": {', '.join(named)}" if named and len(named) <= _MOST_NAMED else ""
    steps = graph.encoder.preprocessing
    before = ", after cropping" if steps.crop else ""
    before += " and resizing by area" if steps.crop and steps.resize else ""
    before += ", after resizing by area" if steps.resize and not steps.crop else ""
    return f"{values}{before}{columns}"


_MOST_NAMED = 64


def _area(report: TapeoutReport) -> str:
    mapped = f"{report.tool} mapped the circuit to {report.library}"
    estimated = (
        f"estimated from the two-input gates that {report.tool} maps to, with the areas of a NAND, "
        f"a flip-flop and a multiplexer of {report.library}"
    )
    how = mapped if report.source == "mapped" else estimated
    parts = "\n".join(f"| {part} | {size:,.0f} |" for part, size in report.parts.items())
    return (
        f"| part | µm² |\n|---|---:|\n{parts}\n| **all, optimized together** | {report.area:,.0f} |"
        f"\n\nThat is {report.utilization:.1%} of the {report.usable:,.0f} µm² between the margins "
        f"of {report.tiles} tiles: {how}, before placement, clock tree and buffers. There are "
        f"{report.flip_flops:,} flip-flops, {report.sample_bits:,} of which hold the sample, and "
        f"{report.depth} cells on the longest path."
    )
