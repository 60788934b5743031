"""numpy and torch: a level of the graph at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from inference.version import Classify, Samples
from lilogic.graph import GateGraph, gates, passes
from lilogic.infer.layouts import slice_bits


def levels(graph: GateGraph) -> list[tuple[npt.NDArray[Any], ...]]:
    """For each level, its gates' nodes, what they read, and their functions as masks.

    A gate is ``n0 ^ n1 a ^ n2 b ^ n3 a b``.
    """
    f00, f01, f10, f11 = gates.TRUTH[graph.op].T.astype(np.int64)
    form = -np.stack([f00, f00 ^ f10, f00 ^ f01, f00 ^ f01 ^ f10 ^ f11])
    level = graph.levels[graph.n_inputs :]
    members = [np.flatnonzero(level == each) for each in range(1, graph.depth + 1)]
    return [
        (graph.n_inputs + each, graph.a[each], graph.b[each], form[:, each, None])
        for each in members
    ]


def plain_numpy(graph: GateGraph, samples: Samples) -> Classify:
    """Words of 64 images, a level at once; counts after unpacking them to bytes."""
    graph = passes.simplify(graph)
    steps = levels(graph)
    words = slice_bits(samples.bits).view(np.int64)

    def classify() -> npt.NDArray[Any]:
        values = np.empty((graph.n_nodes, words.shape[1]), dtype=np.int64)
        values[: graph.n_inputs] = words
        for nodes, a, b, (n0, n1, n2, n3) in steps:
            x, y = values[a], values[b]
            values[nodes] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)
        scores = [
            np.unpackbits(values[head].view(np.uint8), axis=1, bitorder="little").sum(
                axis=0, dtype=np.int32
            )
            + offset
            for head, offset in zip(graph.heads, graph.offset, strict=True)
        ]
        return np.argmax(scores, axis=0)[: len(samples.bits)]

    return classify


def torch_words(graph: GateGraph, samples: Samples) -> Classify:
    """The same in torch, on int64."""
    graph = passes.simplify(graph)
    steps = [tuple(map(torch.from_numpy, step)) for step in levels(graph)]
    words = torch.from_numpy(slice_bits(samples.bits).view(np.int64))
    heads = [torch.from_numpy(head.astype(np.int64)) for head in graph.heads]
    places = torch.arange(64)

    def classify() -> npt.NDArray[Any]:
        values = torch.empty((graph.n_nodes, words.shape[1]), dtype=torch.int64)
        values[: graph.n_inputs] = words
        for nodes, a, b, (n0, n1, n2, n3) in steps:
            x, y = values[a], values[b]
            values[nodes] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)
        scores = [
            ((values[head][:, :, None] >> places) & 1).sum(0).flatten() + int(offset)
            for head, offset in zip(heads, graph.offset, strict=True)
        ]
        # torch.argmax does not promise the first of equal scores; numpy does.
        return torch.stack(scores).numpy().argmax(axis=0)[: len(samples.bits)]

    return classify


def torch_bool(graph: GateGraph, samples: Samples) -> Classify:
    """A byte for each bit, a level at once."""
    graph = passes.simplify(graph)
    steps = [tuple(map(torch.from_numpy, step)) for step in levels(graph)]
    bits = torch.from_numpy(samples.bits.T.copy()).to(torch.int8)
    heads = [torch.from_numpy(head.astype(np.int64)) for head in graph.heads]

    def classify() -> npt.NDArray[Any]:
        values = torch.empty((graph.n_nodes, bits.shape[1]), dtype=torch.int8)
        values[: graph.n_inputs] = bits
        for nodes, a, b, form in steps:
            x, y = values[a], values[b]
            n0, n1, n2, n3 = (form & 1).to(torch.int8)
            values[nodes] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)
        scores = [
            values[head].sum(0, dtype=torch.int32) + int(offset)
            for head, offset in zip(heads, graph.offset, strict=True)
        ]
        return torch.stack(scores).numpy().argmax(axis=0)

    return classify
