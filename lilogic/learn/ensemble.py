"""Ensembles: networks that count together, as one graph.

They were trained apart from each other, or are one network with several test-time views of an
image: moved a little, or in the mirror.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import GraphError, RecipeError
from lilogic.graph import GateGraph
from lilogic.learn.recipe import EnsembleRecipe

View = npt.NDArray[np.int64]
"""int64 [features]: for each feature of a view, which one of the image it is."""


def views(shape: Sequence[int], recipe: EnsembleRecipe) -> list[View]:
    """The test-time views of images of shape (height, width, …); edges are repeated.

    Raises:
        RecipeError: what moves or is mirrored is no image.
    """
    if len(shape) < 2:
        if recipe.mirror or recipe.shifts != [(0, 0)]:
            raise RecipeError(
                "ensemble.shifts and ensemble.mirror need images, but samples have shape "
                f"{tuple(shape)}"
            )
        return [np.arange(np.prod(shape))]
    places = np.arange(np.prod(shape)).reshape(shape)
    rows, columns = (np.arange(side) for side in shape[:2])
    moved = [
        places[np.clip(rows - down, 0, shape[0] - 1)][:, np.clip(columns - right, 0, shape[1] - 1)]
        for down, right in recipe.shifts
    ]
    mirrored = [image[:, ::-1] for image in moved] if recipe.mirror else []
    return [image.reshape(-1) for image in (*moved, *mirrored)]


def seen_by(encoder: Encoder, views: Sequence[View]) -> tuple[Encoder, list[npt.NDArray[np.int64]]]:
    """The encoder with all bits of some views, which stand behind its own where it lacks them.

    Returns:
        The encoder, and for each view int64 [bits]: which of its bits are those of the view.
    """
    rows = np.stack([encoder.feature, encoder.minus, encoder.threshold], 1)
    places: dict[tuple[int, ...], int] = {}
    for bit, compared in enumerate(map(tuple, rows.tolist())):
        places.setdefault(compared, bit)
    added: list[tuple[int, ...]] = []
    bits = []
    for view in views:
        place = np.append(view, encoder.zero)
        seen = np.stack([place[encoder.feature], place[encoder.minus], encoder.threshold], 1)
        for compared in map(tuple, seen.tolist()):
            if compared not in places:
                places[compared] = encoder.n_bits + len(added)
                added.append(compared)
        bits.append(np.array([places[compared] for compared in map(tuple, seen.tolist())]))
    feature, minus, threshold = np.concatenate([rows, np.reshape(added, (-1, 3))]).T
    return replace(encoder, feature=feature, minus=minus, threshold=threshold), bits


def with_view(graph: GateGraph, encoder: Encoder, bits: npt.NDArray[np.int64]) -> GateGraph:
    """The graph that sees a view: its wires move from each input bit to that of ``bits``.

    Args:
        graph: reads the bits of an image as it is.
        encoder: see ``seen_by``.
        bits: likewise.
    """
    nodes = np.concatenate([bits, encoder.n_bits + np.arange(graph.n_gates)])
    return replace(
        graph,
        n_inputs=encoder.n_bits,
        a=nodes[graph.a],
        b=nodes[graph.b],
        roots=nodes[graph.roots],
        head_nodes=nodes[graph.head_nodes],
        encoder=encoder,
    )


def merged(graphs: Sequence[GateGraph], widths: Sequence[int]) -> GateGraph:
    """One graph whose scores are the sums of the graphs' scores, without metadata.

    Args:
        graphs: one or more, which read the same bits and tell the same classes apart.
        widths: gates in each layer of every graph; in the result, the layers of all graphs stand
            side by side, the first ones first.

    Raises:
        GraphError: the graphs differ in their inputs or classes, or have other layers.
    """
    first = graphs[0]
    shape = (first.n_inputs, first.n_classes, sum(widths))
    for graph in graphs:
        found = (graph.n_inputs, graph.n_classes, graph.n_gates)
        if found != shape:
            raise GraphError(
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
        n_inputs=first.n_inputs,
        op=np.concatenate([graph.op for graph in graphs])[order],
        a=np.concatenate([node[graph.a] for node, graph in members])[order],
        b=np.concatenate([node[graph.b] for node, graph in members])[order],
        roots=np.sort(np.concatenate([node[graph.roots] for node, graph in members])),
        head_nodes=np.concatenate(heads),
        head_ptr=np.cumsum([0, *map(len, heads)]),
        offset=np.sum([graph.offset for graph in graphs], axis=0),
        encoder=first.encoder,
    )
