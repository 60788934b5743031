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
    """Layers, then GroupSum.

    Args:
        n_inputs: encoder bits.
        layers: gates in each dense layer, or what else a layer is.
        n_classes: number of classes.
        candidates: of each wire, or ``all``.
        tau: temperature of GroupSum.
        kernel: computes the layers, see ``lilogic.learn.kernels``; None for the fastest one where
            the network is.
        seed: of the initial candidates and logits.
        planes: int64 [planes, height, width], the bits as pictures, for convolutions.
        reads: what wires of dense layers may read: the ``previous`` layer, or ``all`` bits and
            layers before.
        counts: the gates that heads count: those of the ``last`` layer, of ``all``, or of the
            layers with these numbers, from 1.
        initial: see ``NodeLayer``.
        relaxation: see ``NodeLayer``.
        input_gradients: whether gradients go back to the inputs, for modules before the network.

    Attributes:
        sharpness: of each of the recipe's layers, where ``forward`` is not told; an ``Annealing``
            sets it.
        taps: as for ``forward``, in training.

    Raises:
        RecipeError: a layer that heads count cannot be shared out evenly among the classes, is
            none, or a layer does not fit the one before.
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
        """How many nodes learn, filters once each."""
        return sum(layer.n_nodes for layer in self.node_layers)

    def reads(self, sharpness: Sequence[Sharpness]) -> torch.Tensor:
        """Float [n_inputs]: how many wires of dense, soft layers read each input bit, by weight."""
        reads = torch.zeros(self.n_inputs, device=self.node_layers[0].logits.device)
        for number, (stage, factors) in enumerate(zip(self.stages, sharpness, strict=True)):
            for layer in stage:
                if _reads_all(layer) and layer.hard is None and (self.reads_all or number == 0):
                    reads = reads + layer.connect.reads(factors.connections)[: self.n_inputs]
        return reads

    def described(self, copies: int = 1) -> list[TrainedLayer]:
        """The recipe's layers, each so many times beside itself."""
        described = []
        for stage in self.stages:
            gates, last = copies * sum(layer.n_unrolled for layer in stage), stage[-1]
            filters = None
            if last.places is not None:
                filters = copies * last.n_outputs // math.prod(last.places)
            described.append(TrainedLayer(gates=gates, filters=filters, places=last.places))
        return described

    def harden(self, count: int) -> None:
        """Make so many of the recipe's layers hard, from the first."""
        for layer in itertools.chain(*self.stages[:count]):
            if isinstance(layer, NodeLayer) and layer.hard is None:
                layer.harden()

    def forward(
        self,
        x: torch.Tensor,
        sharpness: Sharpness | Sequence[Sharpness] | None = None,
        taps: Taps | None = None,
    ) -> torch.Tensor:
        """Float [batch, classes] logits of x, [batch, n_inputs].

        Args:
            x: bits as bool or 0 and 1, or floats between them.
            sharpness: of all of the recipe's layers, or of each; default: the network's own.
            taps: a list to which every soft layer adds its own by the end of the backward pass,
                for ``TopKConnect.regrow``.

        Raises:
            DataError: x of another shape than the network, on another device, or no bits.
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
        """The hard network: each gate its likeliest function, each wire its likeliest row."""
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
