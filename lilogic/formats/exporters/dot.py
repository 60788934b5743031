"""Graphviz DOT: a picture of a small graph for whoever draws it."""

from __future__ import annotations

from pathlib import Path

from lilogic.files import write_text
from lilogic.formats.exporters.picture import check_size, label, wires
from lilogic.graph import GateGraph


def write(graph: GateGraph, path: Path) -> None:
    """Inputs, gates with their symbols, and classes.

    Raises:
        FormatError: more gates than a picture can show.
    """
    check_size(graph)
    shown = ["digraph classifier {", "  rankdir=LR;"]
    for node in range(graph.n_nodes):
        shape = "box" if node >= graph.n_inputs else "plain"
        shown.append(f'  n{node} [label="{label(graph, node)}", shape={shape}];')
    for class_, offset in enumerate(graph.offset.tolist()):
        text = f"class {class_}" + (f" {offset:+}" if offset else "")
        shown.append(f'  c{class_} [label="{text}", shape=ellipse];')
    for source, target in wires(graph):
        shown.append(f"  n{source} -> n{target};")
    for class_, head in enumerate(graph.heads):
        shown += [f"  n{node} -> c{class_};" for node in head.tolist()]
    write_text(path, "\n".join([*shown, "}", ""]))
