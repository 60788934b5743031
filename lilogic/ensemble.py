"""Ensembles: networks that were trained apart from each other and count together, as one graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph


def merged(graphs: Sequence[GateGraph], widths: Sequence[int]) -> GateGraph:
    """One graph whose scores are the sums of the graphs' scores, without metadata.

    Args:
        graphs: one or more, which read the same bits and tell the same classes apart.
        widths: gates in each layer of every graph; in the result, the layers of all graphs stand
            side by side, the first ones first.

    Raises:
        LilogicError: the graphs differ in their inputs or classes, or have other layers.
    """
    first = graphs[0]
    shape = (first.n_inputs, first.n_classes, sum(widths))
    for graph in graphs:
        found = (graph.n_inputs, graph.n_classes, graph.n_gates)
        if found != shape:
            raise LilogicError(
                "networks of {} inputs, {} classes and {} gates cannot be merged with ".format(
                    *shape
                )
                + "one of {}, {} and {}".format(*found)
            )
    layer = np.tile(np.repeat(np.arange(len(widths)), widths), len(graphs))
    order = np.argsort(layer, kind="stable")
    place = np.argsort(order).reshape(len(graphs), -1) + first.n_inputs
    nodes = [np.concatenate([np.arange(first.n_inputs), gates]) for gates in place]
    members = list(zip(nodes, graphs, strict=True))
    heads = [
        np.concatenate([node[graph.heads[class_]] for node, graph in members])
        for class_ in range(first.n_classes)
    ]
    return GateGraph(
        first.n_inputs,
        np.concatenate([graph.op for graph in graphs])[order],
        np.concatenate([node[graph.a] for node, graph in members])[order],
        np.concatenate([node[graph.b] for node, graph in members])[order],
        np.concatenate(heads),
        np.cumsum([0, *map(len, heads)]),
        np.sum([graph.offset for graph in graphs], axis=0),
        first.encoder,
    )
