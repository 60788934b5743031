"""Untrained convolutional networks for CIFAR-10, built as trained ones are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph import GateGraph, gates
from lilogic.graph.gates import READS_A, READS_B

SIDE, COLOURS, CLASSES = 32, 3, 10
THRESHOLDS = 64, 128, 192
KERNEL = 3
FILTERS = (1, 2), (1, 1), (4, 2), (4, 1)
"""For each convolutional layer, how many times ``width`` filters it has, and their stride."""
DENSE = 2, 100
"""How many dense layers there are, and how many times ``width`` gates they have each."""

_BOTH = np.flatnonzero(READS_A & READS_B)

Array = npt.NDArray[Any]


def convolution(n_gates: int, through: float = 0.9, seed: int = 0) -> GateGraph:
    """A network for raw images uint8 [samples, 32, 32, 3]; heads count the last layer.

    Four layers of 3×3 filters, whose gates are the same at all places and read one channel each,
    then two dense layers, all without padding. Not simplified.

    Args:
        n_gates: how many gates it has at most; it falls short of that by fewer than 802.
        through: the share of gates that pass their first wire on, which in networks that
            started as such are most. Else all ten functions of two wires are drawn alike.
        seed: of all that is drawn.
    """
    draw = np.random.default_rng(seed)
    width = n_gates // _per_width()
    channels = COLOURS * len(THRESHOLDS)
    nodes = np.arange(SIDE * SIDE * channels).reshape(SIDE, SIDE, channels)
    made: list[tuple[Array, Array, Array]] = []
    start = nodes.size
    for times, stride in FILTERS:
        op, a, b = _filters(draw, nodes, times * width, stride, through)
        nodes = start + np.arange(a.size).reshape(a.shape)
        start += a.size
        made.append((np.broadcast_to(op, a.shape).ravel(), a.ravel(), b.ravel()))
    layers, times = DENSE
    for _ in range(layers):
        a, b = draw.choice(nodes.ravel(), (2, times * width))
        nodes = start + np.arange(a.size)
        start += a.size
        made.append((_functions(draw, a.size, through), a, b))
    op, a, b = (np.concatenate(column) for column in zip(*made, strict=True))
    return GateGraph(
        n_inputs=SIDE * SIDE * channels,
        op=op,
        a=a,
        b=b,
        head_nodes=nodes,
        head_ptr=np.linspace(0, nodes.size, CLASSES + 1).astype(int),
        offset=np.zeros(CLASSES),
        encoder=_encoder(),
        metadata={"name": f"convolution-{len(op)}", "dataset": "cifar-10"},
    )


def _per_width() -> int:
    """Gates of a network for each filter of its first layer."""
    total, side = DENSE[0] * DENSE[1], SIDE
    for times, stride in FILTERS:
        side = (side - KERNEL) // stride + 1
        total += times * side * side
    return total


def _filters(
    draw: np.random.Generator, nodes: Array, count: int, stride: int, through: float
) -> tuple[Array, Array, Array]:
    """``op`` [count] of filters, and at each place ``a`` and ``b`` [height, width, count]."""
    channel = draw.integers(0, nodes.shape[2], count)
    rows, columns = draw.integers(0, KERNEL, (2, 2, count))
    places = np.arange(0, nodes.shape[0] - KERNEL + 1, stride)
    a, b = (
        nodes[places[:, None, None] + row, places[:, None] + column, channel]
        for row, column in zip(rows, columns, strict=True)
    )
    return _functions(draw, count, through), a, b


def _functions(draw: np.random.Generator, count: int, through: float) -> Array:
    """uint8 [count]."""
    passed = draw.random(count) < through
    return np.where(passed, gates.A, draw.choice(_BOTH, count)).astype(np.uint8)


def _encoder() -> Encoder:
    """Three thresholds a colour: bits [32, 32, 9]."""
    shape = SIDE, SIDE, COLOURS, len(THRESHOLDS)
    feature = np.arange(SIDE * SIDE * COLOURS).reshape(SIDE, SIDE, COLOURS, 1)
    return Encoder(
        preprocessing=Preprocessing((SIDE, SIDE, COLOURS), "uint8"),
        feature=np.broadcast_to(feature, shape).ravel(),
        threshold=np.broadcast_to(THRESHOLDS, shape).ravel(),
    )
