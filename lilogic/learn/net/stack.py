"""The layers of a network, made of what a recipe says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from lilogic.errors import RecipeError
from lilogic.learn.net.arrangement import Arrangement, Convolution, Dense
from lilogic.learn.net.nodes import GateLayer, NodeLayer
from lilogic.learn.net.pool import OrPool
from lilogic.learn.net.tables import TableLayer
from lilogic.learn.net.wires import TopKConnect
from lilogic.learn.recipe import Candidates, ConvRecipe, DenseRecipe, LayerRecipe, PoolRecipe
from lilogic.learn.windows import Rows, Windows

Layer = NodeLayer | OrPool


@dataclass
class Stack:
    """Makes layers, each on what stands below it.

    Attributes:
        candidates: of each wire, where a layer does not say.
        generator: source of the initial candidates and logits.
        initial: how nodes start, where a layer does not say; see ``NodeLayer``.
        relaxation: see ``NodeLayer``.
        reads_all: whether wires of dense layers read all rows so far, data first, or those of the
            layer before.
        rows: how many rows that is.
        n_data: how many of them are data.
        planes: int64 [channels, height, width], the rows of the layer before as planes, or None.
    """

    candidates: Candidates
    generator: torch.Generator
    initial: str
    relaxation: str
    reads_all: bool
    rows: int
    n_data: int
    planes: Rows | None

    def add(self, recipe: LayerRecipe) -> list[Layer]:
        """The layers that ``recipe`` stands for, first to last.

        Raises:
            RecipeError: a layer does not fit what stands below it.
        """
        layers = list(self._made(recipe))
        outputs = layers[-1].n_outputs
        if self.reads_all:
            self.rows += outputs
        else:
            self.rows, self.n_data = outputs, 0
        return layers

    def _made(self, recipe: LayerRecipe) -> Iterator[Layer]:
        if isinstance(recipe, int):
            recipe = DenseRecipe(arrangement="dense", gates=recipe, inputs=2)
        if isinstance(recipe, DenseRecipe):
            yield self._nodes(Dense(self.rows, self.n_data), recipe.gates, recipe)
            self.planes = None
        elif self.planes is None:
            raise RecipeError(
                f"a layer of arrangement {recipe.arrangement!r} needs an image or another such "
                "layer below it"
            )
        elif isinstance(recipe, PoolRecipe):
            channels, *shape = self.planes.shape
            pool = OrPool(channels, (shape[0], shape[1]), recipe.size)
            yield pool
            self.planes = _planes(channels, pool.windows.shape)
        else:
            yield from self._convolution(recipe, self.planes)

    def _convolution(self, recipe: ConvRecipe, planes: Rows) -> Iterator[Layer]:
        """Filters, or the leaves of trees of them and then gates that pair what is there."""
        width = recipe.channels << (recipe.levels - 1)
        windows = Windows(planes, recipe.kernel, recipe.stride, recipe.padding, recipe.groups)
        yield self._nodes(Convolution(windows), width, recipe)
        self.planes = _planes(width, windows.shape)
        while width > recipe.channels:
            width //= 2
            # Filter f pairs channels f and f + width, of which both see the same as often.
            pairs = self.planes.reshape(2, width, *windows.shape).swapaxes(0, 1)
            pairing = Convolution(Windows(pairs.reshape(self.planes.shape), 1, groups=2))
            connect = TopKConnect(2, width, 1, self.generator)
            connect.candidates = torch.tensor([0, 1])[:, None, None].expand(2, width, 1).clone()
            yield GateLayer(pairing, connect, *self._settings(recipe))
            self.planes = _planes(width, windows.shape)

    def _nodes(
        self, arrangement: Arrangement, nodes: int, recipe: DenseRecipe | ConvRecipe
    ) -> NodeLayer:
        choices, k = arrangement.n_choices, recipe.candidates or self.candidates
        most, wires = choices if k == "all" else k, recipe.inputs
        connect = TopKConnect(choices, nodes, most, self.generator, arrangement.n_data, wires)
        layer = GateLayer if wires == 2 else TableLayer
        return layer(arrangement, connect, *self._settings(recipe))

    def _settings(self, recipe: DenseRecipe | ConvRecipe) -> tuple[torch.Generator, str, str]:
        return self.generator, recipe.initial or self.initial, self.relaxation


def _planes(channels: int, shape: tuple[int, int]) -> Rows:
    """The rows of a layer whose channels stand behind each other."""
    return np.arange(channels * shape[0] * shape[1]).reshape(channels, *shape)
