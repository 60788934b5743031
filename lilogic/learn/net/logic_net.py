"""LogicNet: soft gates on softly chosen wires, which harden into a GateGraph.

Activations are feature-major, float [features, batch].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from lilogic.data.encoder import Encoder
from lilogic.errors import RecipeError
from lilogic.graph import GateGraph
from lilogic.learn.kernels import Kernel
from lilogic.learn.net.head import GroupSum
from lilogic.learn.net.nodes import GateLayer
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.wires import TopKConnect

Tap = tuple[torch.Tensor, torch.Tensor]
"""What a layer read, float or bool [inputs, batch], and the gradient of the loss to its wires,
float [2, gates, batch], which the backward pass fills."""


class LogicNet(nn.Module):
    """[TopKConnect + GateLayer] × L, then GroupSum.

    Args:
        n_inputs: encoder bits.
        widths: gates in each layer; multiples of the classes where heads count them.
        n_classes: number of classes.
        k: candidates per wire, or None for all.
        tau: temperature of GroupSum.
        kernel: computes the layers, see ``lilogic.learn.kernels``.
        seed: of the initial candidates and logits.
        reads: what wires may read: the ``previous`` layer, or ``all`` bits and layers before.
        counts: the gates that heads count: those of the ``last`` layer, or ``all``.
        initial: see ``GateLayer``.
        relaxation: see ``GateLayer``.

    Raises:
        RecipeError: a layer that heads count cannot be shared out evenly among the classes.
    """

    def __init__(
        self,
        n_inputs: int,
        widths: Sequence[int],
        n_classes: int,
        k: int | None,
        tau: float,
        kernel: Kernel,
        seed: int,
        *,
        reads: str = "previous",
        counts: str = "last",
        initial: str = "normal",
        relaxation: str = "softmax",
    ) -> None:
        super().__init__()
        self.n_inputs, self.kernel = n_inputs, kernel
        self.reads_all, self.counts_all = reads == "all", counts == "all"
        for number, width in enumerate(widths, 1):
            if width % n_classes and (self.counts_all or number == len(widths)):
                name = "the last layer" if number == len(widths) else f"layer {number}"
                raise RecipeError(
                    f"{name} has {width} gates, which is not a multiple of the {n_classes} classes"
                )
        generator = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleList()
        rows = data = n_inputs
        for width in widths:
            connect = TopKConnect(rows, width, k or rows, generator, data)
            self.layers.append(GateLayer(connect, generator, initial, relaxation))
            rows, data = (rows + width, n_inputs) if self.reads_all else (width, 0)
        self.head = GroupSum(n_classes, tau)

    @property
    def gate_layers(self) -> list[GateLayer]:
        """The layers, first to last."""
        return cast("list[GateLayer]", list(self.layers))

    def forward(
        self, x: torch.Tensor, sharpness: Sharpness, taps: list[Tap] | None = None
    ) -> torch.Tensor:
        """Float [batch, classes] logits of x: bits [n_inputs, batch], bool or 0.0 and 1.0.

        Samples stand in columns: of a batch with a sample in each row, pass ``x.T``. Where
        ``taps`` is a list, every layer adds its own, for ``TopKConnect.regrow``.

        Raises:
            DataError: x of another shape or dtype than the network, or on another device.
        """
        outputs = []
        for layer in self.gate_layers:
            wire_gradient = None
            if taps is not None:
                wire_gradient = layer.logits.new_empty(2, layer.n_gates, *x.shape[1:])
                taps.append((x.detach(), wire_gradient))
            y = layer(x, sharpness, self.kernel, wire_gradient)
            outputs.append(y)
            x = torch.cat([x, y]) if self.reads_all else y
        scores: torch.Tensor = self.head(outputs if self.counts_all else outputs[-1:])
        return scores

    @torch.no_grad()
    def freeze(
        self, encoder: Encoder | None = None, metadata: Mapping[str, Any] | None = None
    ) -> GateGraph:
        """The hard network: each gate its likeliest function, each wire its likeliest row."""
        ops, wires, layers, below, end = [], [], [], 0, self.n_inputs
        for layer in self.gate_layers:
            ops.append(layer.logits.argmax(-1).cpu().numpy())
            wires.append(below + layer.connect.chosen().cpu().numpy())
            layers.append(np.arange(end, end + layer.n_gates))
            if not self.reads_all:
                below = end
            end += layer.n_gates
        a, b = np.concatenate(wires, axis=1)
        counted = layers if self.counts_all else layers[-1:]
        # Each class counts its share of every layer, layer after layer.
        shares = [nodes.reshape(self.head.n_classes, -1) for nodes in counted]
        heads = np.concatenate(shares, axis=1)
        return GateGraph(
            n_inputs=self.n_inputs,
            op=np.concatenate(ops).astype(np.uint8),
            a=a.astype(np.int32),
            b=b.astype(np.int32),
            head_nodes=heads.reshape(-1).astype(np.int32),
            head_ptr=np.arange(0, heads.size + 1, heads.shape[1], dtype=np.int32),
            offset=np.zeros(self.head.n_classes, dtype=np.int32),
            encoder=encoder,
            metadata=metadata or {},
        )
