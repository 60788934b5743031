"""LogicNet: soft gates on softly chosen wires, which harden into a GateGraph.

Batches have a sample in each row, as everywhere in torch; between layers, activations are
feature-major, [features, batch].
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
import torch
from torch import nn

from lilogic.data.encoder import Encoder
from lilogic.errors import RecipeError
from lilogic.graph import GateGraph
from lilogic.graph.metadata import TrainedLayer
from lilogic.learn import kernels
from lilogic.learn.kernels import Kernel
from lilogic.learn.net.arrangement import Dense, Taps
from lilogic.learn.net.head import GroupSum
from lilogic.learn.net.inputs import as_rows
from lilogic.learn.net.nodes import NodeLayer
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.stack import Layer, Stack
from lilogic.learn.recipe import Candidates, LayerRecipe, counted
from lilogic.learn.windows import Rows


class LogicNet(nn.Module):
    """A network of soft gates on softly chosen wires, as a PyTorch module.

    Batches have one sample per row. ``GroupSum`` turns the counted nodes into logits.

    Args:
        n_inputs: Number of input bits.
        layers: The layers: a number of gates, or a layer's recipe.
        n_classes: Number of classes.
        candidates: Candidates per wire, or ``all``.
        tau: Temperature that scores are divided by.
        kernel: Implementation of the layers; None for the fastest on the device.
        seed: Seed of the initial candidates and logits.
        planes: int64 [planes, height, width], the input bits arranged as pictures, for
            convolutions.
        reads: What dense layers read: the ``previous`` layer, or ``all`` input bits and layers
            before.
        counts: What heads count: the ``last`` layer, ``all`` layers, or a list of their numbers,
            from 1.
        initial: Initial functions: ``normal``, or ``pass-through`` of the first wire.
        relaxation: How choices become differentiable: ``softmax``, ``straight-through`` or
            ``gumbel``.
        input_gradients: Whether gradients reach the inputs, for modules before the network.

    Attributes:
        sharpness: Sharpness of each layer, used if ``forward`` is not given one. An ``Annealing``
            sets it.
        taps: As for ``forward``, during training.

    Raises:
        RecipeError: A layer does not fit the one before, or a counted layer does not divide evenly
            among the classes.
    """

    def __init__(
        self,
        n_inputs: int,
        layers: Sequence[LayerRecipe],
        n_classes: int,
        candidates: Candidates = 16,
        tau: float = 5.0,
        kernel: Kernel | None = None,
        seed: int = 0,
        *,
        planes: Rows | None = None,
        reads: str = "previous",
        counts: str | Sequence[int] = "last",
        initial: str = "normal",
        relaxation: str = "softmax",
        input_gradients: bool = False,
    ) -> None:
        super().__init__()
        self.n_inputs, self.kernel = n_inputs, kernel
        self.reads_all = reads == "all"
        self.counted = counted(counts, len(layers))
        self.input_gradients = input_gradients
        self.sharpness: Sequence[Sharpness] = [Sharpness()] * len(layers)
        self.taps: Taps | None = None
        generator = torch.Generator().manual_seed(seed)
        n_data = 0 if input_gradients else n_inputs
        stack = Stack(
            candidates, generator, initial, relaxation, self.reads_all, n_inputs, n_data, planes
        )
        self.stages: list[list[Layer]] = [stack.add(recipe) for recipe in layers]
        self.layers = nn.ModuleList(itertools.chain(*self.stages))
        for number in self.counted:
            gates = self.stages[number - 1][-1].n_outputs
            if gates % n_classes:
                name = "the last layer" if number == len(layers) else f"layer {number}"
                raise RecipeError(
                    f"{name} has {gates} gates, which is not a multiple of the {n_classes} "
                    "classes; change its size, or leave it out of counts"
                )
        self.head = GroupSum(n_classes, tau)

    @property
    def node_layers(self) -> list[NodeLayer]:
        """The layers that learn, first to last."""
        return [layer for layer in self.layers if isinstance(layer, NodeLayer)]

    @property
    def n_nodes(self) -> int:
        """Number of nodes that learn; filters count once."""
        return sum(layer.n_nodes for layer in self.node_layers)

    def reads(self, sharpness: Sequence[Sharpness]) -> torch.Tensor:
        """Return how many wires of dense, soft layers read each input bit, float [n_inputs]."""
        reads = torch.zeros(self.n_inputs, device=self.node_layers[0].logits.device)
        for number, (stage, factors) in enumerate(zip(self.stages, sharpness, strict=True)):
            for layer in stage:
                if _reads_all(layer) and layer.hard is None and (self.reads_all or number == 0):
                    reads = reads + layer.connect.reads(factors.connections)[: self.n_inputs]
        return reads

    def described(self, copies: int = 1) -> list[TrainedLayer]:
        """Describe the layers, each repeated ``copies`` times."""
        described = []
        for stage in self.stages:
            gates, last = copies * sum(layer.n_unrolled for layer in stage), stage[-1]
            filters = None
            if last.places is not None:
                filters = copies * last.n_outputs // math.prod(last.places)
            described.append(TrainedLayer(gates=gates, filters=filters, places=last.places))
        return described

    def harden(self, count: int) -> None:
        """Make the first ``count`` layers hard."""
        for layer in itertools.chain(*self.stages[:count]):
            if isinstance(layer, NodeLayer) and layer.hard is None:
                layer.harden()

    def forward(
        self,
        x: torch.Tensor,
        sharpness: Sharpness | Sequence[Sharpness] | None = None,
        taps: Taps | None = None,
    ) -> torch.Tensor:
        """Return logits, float [batch, classes].

        Args:
            x: Bits [batch, n_inputs], as bool, as 0 and 1, or as floats between them.
            sharpness: Sharpness of all layers, or of each. Default: the network's own.
            taps: A list to which every soft layer adds its own by the end of the backward pass, for
                regrowth.

        Raises:
            DataError: ``x`` has the wrong shape, is on another device, or does not hold bits.
        """
        below = as_rows(x, self.n_inputs, self.node_layers[0].logits, self.input_gradients)
        kernel = self.kernel or kernels.choose("auto", x.device)
        sharpness = self.sharpness if sharpness is None else sharpness
        if isinstance(sharpness, Sharpness):
            sharpness = [sharpness] * len(self.stages)
        if taps is None and self.training and torch.is_grad_enabled():
            taps = self.taps
        counted = []
        every = [below]
        for number, (stage, factors) in enumerate(zip(self.stages, sharpness, strict=True), 1):
            for layer in stage:
                if self.reads_all and _reads_all(layer):
                    every = [torch.cat(every)] if len(every) > 1 else every
                    below = every[0]
                below = layer(below, factors, kernel, taps)
            if self.reads_all:  # else nothing reads it again
                every.append(below)
            if number in self.counted:
                counted.append(below)
        scores: torch.Tensor = self.head(counted)
        return scores

    @torch.no_grad()
    def freeze(
        self, encoder: Encoder | None = None, metadata: Mapping[str, Any] | None = None
    ) -> GateGraph:
        """Freeze the network: gates take their likeliest function, wires their likeliest input.

        Args:
            encoder: Encoder that made the input bits.
            metadata: JSON values about the origin.
        """
        gates: list[tuple[Rows, Rows, Rows]] = []
        roots: list[Rows] = []
        heads: list[Rows] = []
        every = below = np.arange(self.n_inputs)
        end = self.n_inputs
        for number, stage in enumerate(self.stages, 1):
            for layer in stage:
                seen = every if _reads_all(layer) else below
                op, a, b = (tensor.numpy() for tensor in layer.unroll(len(seen)))
                nodes = np.concatenate([seen, np.arange(end, end + len(op))])
                gates.append((op, nodes[a], nodes[b]))
                end += len(op)
                below = np.arange(end - layer.n_outputs, end)
                roots.append(below)
            every = np.concatenate([every, below]) if self.reads_all else below
            if number in self.counted:
                # Each class counts its share of every layer, layer after layer.
                heads.append(below.reshape(self.head.n_classes, -1))
        op, a, b = (np.concatenate(columns) for columns in zip(*gates, strict=True))
        counted = np.concatenate(heads, axis=1)
        has_tables = any(layer.n_unrolled > layer.n_outputs for layer in self.node_layers)
        return GateGraph(
            n_inputs=self.n_inputs,
            op=op.astype(np.uint8),
            a=a.astype(np.int32),
            b=b.astype(np.int32),
            roots=np.concatenate(roots if has_tables else [below[:0]]).astype(np.int32),
            head_nodes=counted.reshape(-1).astype(np.int32),
            head_ptr=np.arange(0, counted.size + 1, counted.shape[1], dtype=np.int32),
            offset=np.zeros(self.head.n_classes, dtype=np.int32),
            encoder=encoder,
            metadata=metadata or {},
        )


def _reads_all(layer: Layer) -> TypeGuard[NodeLayer]:
    """Whether the layer reads all rows so far, where the recipe says so."""
    return isinstance(layer, NodeLayer) and isinstance(layer.arrangement, Dense)
