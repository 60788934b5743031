"""A network of a recipe's shape that nobody trained, to say what a trained one will take.

Its wires are drawn at random, input bits as often as they vary in the training samples, and its
functions as often as training chooses them. So it has about as many gates that nothing reads, that
repeat others or that pass a wire through as a trained one, which simplification then takes away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.data.datasets import Dataset
from lilogic.data.encoder import Encoder
from lilogic.data.fitting import fit
from lilogic.data.planes import planes
from lilogic.errors import RecipeError
from lilogic.graph import GateGraph
from lilogic.graph.gates import A_AND_NOT_B, AND, NOT_A_AND_B, OR, XNOR, XOR, A
from lilogic.learn.recipe import ConvRecipe, DenseRecipe, PoolRecipe, Recipe
from lilogic.learn.windows import Rows, Windows

_SAMPLES = 2000
"""Training samples of which it is counted how often bits vary."""

_PLAIN = (AND, A_AND_NOT_B, NOT_A_AND_B, OR)
_XORS = (XOR, XNOR)

_BIAS, _NOISE = 0.6, 0.4
"""Spread of the thresholds of tables, and of what is added to each entry, over that of weights."""

_SHARE_XOR = {"normal": 0.45, "pass-through": 0.1}
_SHARE_PASSING = {"normal": 0.1, "pass-through": 0.63}
"""By how nodes start: gates that pass a wire through, and XORs among the others."""


def encoder_of(recipe: Recipe, data: Dataset) -> Encoder:
    """The recipe's encoder, fitted to all training samples.

    Raises:
        DataError: no threshold splits the data.
    """
    return fit(data.x_train, **recipe.encoder.model_dump())


def graph(recipe: Recipe, encoder: Encoder, data: Dataset) -> GateGraph:
    """The network that is drawn; the same for the same recipe and data.

    Raises:
        RecipeError: a layer does not fit what stands below it.
    """
    draw = _Draw(recipe, encoder, data)
    for layer in recipe.net.layers:
        if isinstance(layer, int):
            layer = DenseRecipe(arrangement="dense", gates=layer, inputs=2)
        draw.add(layer)
    return draw.graph(data.n_classes)


class _Draw:
    """Layers, one after the other."""

    def __init__(self, recipe: Recipe, encoder: Encoder, data: Dataset) -> None:
        self.net, self.encoder = recipe.net, encoder
        self.random = np.random.default_rng(0)
        samples = data.x_train[:: max(1, len(data.x_train) // _SAMPLES)]
        share = encoder.encode(samples).mean(axis=0)
        varies = share * (1 - share)
        self.bits_weight = varies / varies.mean() if varies.any() else np.ones(encoder.n_bits)
        self.end = encoder.n_bits
        self.gates: list[tuple[Rows, Rows, Rows]] = []
        self.nodes: list[Rows] = []
        self.has_tables = False
        self.below: Rows = np.arange(self.end)
        self.every: Rows = self.below
        self.places: Rows | None = planes(encoder) if len(encoder.feature_shape) > 1 else None
        self.layers: list[Rows] = []

    def add(self, layer: DenseRecipe | ConvRecipe | PoolRecipe) -> None:
        """A layer on what stands below it."""
        if isinstance(layer, DenseRecipe):
            rows = self.every if self.net.reads == "all" else self.below
            weight = np.ones(len(rows))
            data = rows < self.encoder.n_bits
            weight[data] = self.bits_weight[rows[data]]
            wires = self.random.choice(rows, (layer.inputs, layer.gates), p=weight / weight.sum())
            made = self._nodes(wires, layer.initial or self.net.initial, layer.gates)
            self.places = None
        elif self.places is None:
            raise RecipeError(
                f"a layer of arrangement {layer.arrangement!r} needs an image or another such "
                "layer below it"
            )
        elif isinstance(layer, PoolRecipe):
            made = self._pooled(self.places, layer.size)
        else:
            made = self._convolved(self.places, layer)
        self.below = made
        self.every = np.concatenate([self.every, made])
        self.layers.append(made)

    def graph(self, classes: int) -> GateGraph:
        """What was drawn."""
        chosen = [self.layers[number - 1] for number in self.net.counted]
        heads = [layer[: len(layer) // classes * classes].reshape(classes, -1) for layer in chosen]
        counted = np.concatenate(heads, axis=1)
        op, a, b = (np.concatenate(column) for column in zip(*self.gates, strict=True))
        # As of a trained network: all nodes, if any of them are tables.
        roots = np.concatenate(self.nodes if self.has_tables else [self.below[:0]])
        return GateGraph(
            n_inputs=self.encoder.n_bits,
            op=op.astype(np.uint8),
            a=a.astype(np.int32),
            b=b.astype(np.int32),
            roots=roots.astype(np.int32),
            head_nodes=counted.reshape(-1).astype(np.int32),
            head_ptr=np.arange(0, counted.size + 1, counted.shape[1], dtype=np.int32),
            offset=np.zeros(classes, dtype=np.int32),
            encoder=self.encoder,
        )

    def _nodes(self, wires: Rows, initial: str, filters: int) -> Rows:
        """Nodes that read ``wires``, [inputs, nodes]; those of a filter stand side by side."""
        if len(wires) == 2:
            ops = self.random.choice(_PLAIN, filters)
            is_xor = self.random.random(filters) < _SHARE_XOR[initial]
            ops[is_xor] = self.random.choice(_XORS, int(is_xor.sum()))
            ops[self.random.random(filters) < _SHARE_PASSING[initial]] = A
            made = self._gates(ops.repeat(wires.shape[1] // filters), *wires)
        else:
            made = self._tables(wires, filters)
        self.nodes.append(made)
        return made

    def _tables(self, wires: Rows, filters: int) -> Rows:
        """Lookup tables that read ``wires``."""
        self.has_tables = True
        inputs, nodes = wires.shape
        # What training makes of a table is much like a threshold of a weighted sum.
        entry = np.arange(1 << inputs)[:, None] >> np.arange(inputs) & 1
        weights = self.random.standard_normal((filters, inputs))
        sums = (entry - 0.5) @ weights.T
        sums += _NOISE * self.random.standard_normal(sums.shape)
        table = sums > _BIAS * self.random.standard_normal(filters)
        return self._expanded(table.repeat(nodes // filters, axis=1), wires)

    def _expanded(self, table: npt.NDArray[np.bool_], wires: Rows) -> Rows:
        """Gates of tables, bool [2^wires, nodes], by Shannon's expansion."""
        f = table.reshape(-1, 4, table.shape[1]).astype(np.int64)
        ops = f[:, 0] << 3 | f[:, 2] << 2 | f[:, 1] << 1 | f[:, 3]
        made = [self._gates(op, wires[0], wires[1]) for op in ops]
        for wire in wires[2:]:
            made = [
                self._gates(OR, self._gates(A_AND_NOT_B, low, wire), self._gates(AND, high, wire))
                for low, high in zip(made[0::2], made[1::2], strict=True)
            ]
        return made[0]

    def _convolved(self, below: Rows, layer: ConvRecipe) -> Rows:
        """Filters at all places, or trees of them."""
        width = layer.channels << (layer.levels - 1)
        windows = Windows(below, layer.kernel, layer.stride, layer.padding, layer.groups)
        seen = windows.rows[windows.sets(width)]  # [filters, positions, places]
        chosen = self.random.integers(0, windows.size, (layer.inputs, width))
        wires = seen[np.arange(width), chosen].reshape(layer.inputs, -1)
        initial = layer.initial or self.net.initial
        # Where there is no row, it does not matter here which one is read.
        made = self._nodes(wires.clip(0), initial, width)
        while width > layer.channels:
            width //= 2
            made = self._nodes(made.reshape(2, -1), initial, width)
        self.places = made.reshape(width, *windows.shape)
        return made

    def _pooled(self, below: Rows, size: int) -> Rows:
        """ORs of squares."""
        windows = Windows(below, size, size)
        first, *others = windows.rows.swapaxes(0, 1).reshape(windows.size, -1)
        for other in others:
            first = self._gates(OR, first, other)
        self.nodes.append(first)
        self.places = first.reshape(len(below), *windows.shape)
        return first

    def _gates(self, op: int | Rows, a: Rows, b: Rows) -> Rows:
        """New gates."""
        op, a, b = np.broadcast_arrays(op, a, b)
        made = self.end + np.arange(len(op))
        self.gates.append((op, a, b))
        self.end += len(op)
        return made
