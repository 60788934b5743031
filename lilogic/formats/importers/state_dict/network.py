"""torchlogix' networks with convolutions and thresholds, of a state dict and an architecture.

Values between layers are arrays of nodes, [channels, height, width] or, flattened, [values]. Each
lookup table of a convolution is there once for each place of its image.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError
from lilogic.formats.imported import Imported, check_inputs
from lilogic.formats.importers.arrays import ArrayBuilder, Nodes
from lilogic.formats.importers.layers import CLASSES
from lilogic.formats.importers.state_dict import architecture as described
from lilogic.formats.importers.state_dict import torchlogix
from lilogic.formats.importers.state_dict.architecture import Architecture
from lilogic.formats.importers.state_dict.tensors import Tensors, shaped, wire_numbers
from lilogic.formats.importers.state_dict.thresholds import encoder_of, features_of
from lilogic.graph import gates

_MAX_PADDED = 2**26
"""More values of an image with zeros around it than a description may ask for."""

Step = tuple[str, described.Layer]
"""A layer, and what the names of its tensors begin with."""


def read(state: Tensors, architecture: Architecture) -> Imported:
    """The network of these tensors.

    Raises:
        FormatError: names the layer or tensor where both do not agree, or what is not covered.
    """
    steps = [*_steps(architecture.layers)]
    owners = tuple(_owners(steps))
    for name in sorted(state):
        if not name.startswith(owners):
            raise FormatError(f"tensor {name} belongs to no layer of the architecture")
    classes = None
    if steps and isinstance(last := steps[-1][1], described.GroupSum):
        classes = last.k
        steps.pop()
    encoder, nodes, steps = _inputs(state, architecture, steps)
    network = _Network(state, check_inputs(nodes.size))
    outputs = network.made(steps, nodes)
    if outputs.ndim != 1:
        raise FormatError(f"its outputs are {_shape(outputs)}, but must be one row: add Flatten")
    return Imported(
        circuit=network.builder.build(outputs),
        classes=classes or CLASSES,
        offset=None if classes is None else [0] * classes,
        encoder=encoder,
        records_encoder=encoder is not None,
    )


def _steps(layers: Iterable[described.Layer], prefix: str = "") -> Iterator[Step]:
    """Layers, and those in ``Sequential`` among them, one after another."""
    for number, layer in enumerate(layers):
        inside = f"{prefix}{number if layer.name is None else layer.name}."
        if isinstance(layer, described.Sequential):
            yield from _steps(layer.layers, inside)
        else:
            yield inside, layer


def _branches(prefix: str, layer: described.ResidualBlock) -> list[list[Step]]:
    return [
        [*_steps(layers, f"{prefix}{name}.")]
        for name, layers in (("main", layer.main), ("shortcut", layer.shortcut))
    ]


def _owners(steps: Iterable[Step]) -> Iterator[str]:
    """What the names of the layers' tensors begin with."""
    for prefix, layer in steps:
        match layer:
            case described.Binarization() | described.Convolution() | described.Dense():
                yield prefix
            case described.ResidualBlock():
                for branch in _branches(prefix, layer):
                    yield from _owners(branch)


def _inputs(
    state: Tensors, architecture: Architecture, steps: list[Step]
) -> tuple[Encoder | None, Nodes, list[Step]]:
    """What makes the input bits, if thresholds come first; the bits; the layers behind them."""
    shape = architecture.input_shape
    check_inputs(math.prod(shape))
    features = features_of(shape)
    for position, (prefix, layer) in enumerate(steps):
        match layer:
            case described.Binarization():
                encoder, bits = encoder_of(state, prefix, layer, architecture, features)
                return encoder, bits, steps[position + 1 :]
            case described.Flatten():
                features = features.reshape(-1)
            case described.Unchanged():
                pass
            case _:
                break
    return None, np.arange(math.prod(shape)).reshape(shape), steps


def _shape(nodes: Nodes) -> str:
    return "×".join(map(str, nodes.shape))


class _Network:
    """Gates made layer by layer, of the tensors of a state dict."""

    def __init__(self, state: Tensors, n_inputs: int) -> None:
        self.builder = ArrayBuilder(n_inputs)
        self._state = state

    def made(self, steps: Iterable[Step], nodes: Nodes) -> Nodes:
        """What the layers make of these nodes, one after another."""
        for prefix, layer in steps:
            if isinstance(layer, described.ResidualBlock):
                nodes = self._residual(prefix, layer, nodes)
            else:
                try:
                    nodes = self._layer(prefix, layer, nodes)
                except FormatError as error:
                    raise error.at(f"layer {prefix[:-1]}") from error
            self.builder.mark_roots(nodes)
        return nodes

    def _layer(self, prefix: str, layer: described.Layer, nodes: Nodes) -> Nodes:
        match layer:
            case described.Convolution():
                return self._convolution(prefix, layer, nodes)
            case described.Dense():
                return self._dense(prefix, layer, nodes)
            case described.Pooling():
                return self._pooling(layer, nodes)
            case described.Flatten():
                return nodes.reshape(-1)
            case described.Unchanged():
                return nodes
            case _:
                place = "first" if isinstance(layer, described.Binarization) else "last"
                raise FormatError(f"{layer.type} is supported only as the {place} layer")

    def _dense(self, prefix: str, layer: described.Dense, nodes: Nodes) -> Nodes:
        if nodes.shape != (layer.in_dim,):
            raise FormatError(
                f"in_dim is {layer.in_dim}, but the layers before make {_shape(nodes)} values"
            )
        made = torchlogix.dense(self._state, prefix, layer.parametrization)
        _check_range(f"{prefix}connections.indices", made.wires, layer.in_dim)
        return self.builder.luts(made.table, nodes[made.wires][..., None])[:, 0]

    def _convolution(self, prefix: str, layer: described.Convolution, nodes: Nodes) -> Nodes:
        if nodes.shape != (layer.channels, *layer.in_dim):
            raise FormatError(
                f"channels and in_dim are {layer.channels}×{'×'.join(map(str, layer.in_dim))}, "
                f"but the layers before make {_shape(nodes)} values"
            )
        padded = self._padded(nodes, (layer.padding, layer.padding))
        size = tuple(
            (whole - field) // layer.stride + 1
            for whole, field in zip(padded.shape[1:], layer.receptive_field_size, strict=True)
        )
        if min(size) < 1:
            raise FormatError(f"its receptive field does not fit into {_shape(padded)} values")
        leaves = self._receptive_fields(prefix, layer, size)
        wires = padded[leaves].transpose(1, 3, 0, 2)
        return self._trees(prefix, layer.parametrization, wires).reshape(-1, *size)

    def _trees(self, prefix: str, parametrization: str | None, wires: Nodes) -> Nodes:
        """Nodes [kernels, places] of trees that read wires [kernels, tables, inputs, places]."""
        kernels, _, inputs, places = wires.shape
        for level in itertools.count():
            tables = wires.shape[1]
            table = self._tree_level(prefix, level, parametrization, wires.shape)
            made = self.builder.luts(
                table.reshape(kernels * tables, -1),
                wires.reshape(kernels * tables, inputs, places),
            ).reshape(kernels, tables, places)
            name = f"{prefix}connections._indices_L{level + 1}"
            if name not in self._state:
                break
            children = wire_numbers(self._state, name)
            if children.ndim != 2 or len(children) != inputs:
                raise FormatError(
                    f"tensor {name} has shape {children.shape}, but the tables have {inputs} inputs"
                )
            _check_range(name, children, tables)
            wires = made[:, children.T]
        if tables != 1:
            raise FormatError(f"its trees end in {tables} tables, but must end in one")
        return made[:, 0]

    def _receptive_fields(
        self, prefix: str, layer: described.Convolution, size: tuple[int, ...]
    ) -> tuple[Nodes, Nodes, Nodes]:
        """Channels, rows and columns [inputs, kernels, places, tables] that trees' leaves read."""
        name = f"{prefix}connections._indices_L0"
        index = wire_numbers(self._state, name)
        places = math.prod(size)
        if index.ndim != 5 or index.shape[2::2] != (places, 3) or not index.size:
            raise FormatError(
                f"tensor {name} has shape {index.shape}, but (inputs, kernels, {places}, tables, 3)"
                f" is needed for {' × '.join(map(str, size))} places"
            )
        start = layer.stride * np.indices(size).reshape(2, 1, 1, places, 1)
        row, column, channel = np.moveaxis(index, -1, 0)
        inside = np.stack([row - start[0], column - start[1], channel])
        if (inside != inside[:, :, :, :1]).any():
            raise FormatError(f"tensor {name} does not go in steps of stride {layer.stride}")
        for coordinate, bound in zip(
            inside[:, :, :, 0], (*layer.receptive_field_size, layer.channels), strict=True
        ):
            _check_range(name, coordinate, bound)
        return channel, row, column

    def _tree_level(
        self, prefix: str, level: int, parametrization: str | None, shape: tuple[int, ...]
    ) -> npt.NDArray[np.bool_]:
        """bool [kernels, tables, 2**inputs], for wires of this shape."""
        kernels, tables, inputs, places = shape
        exported = f"{prefix}_export_lut_ids_L{level}"
        if exported in self._state:
            numbers = wire_numbers(self._state, exported)
            numbers = shaped(exported, numbers, (kernels, places, tables))[:, 0]
            return torchlogix.numbered(exported, numbers, inputs)
        name = f"{prefix}tree_weights.{level}"
        table = torchlogix.weighed(self._state, name, (tables, kernels), inputs, parametrization)
        return table.swapaxes(0, 1)

    def _pooling(self, layer: described.Pooling, nodes: Nodes) -> Nodes:
        if nodes.ndim != 3:
            raise FormatError(f"it reads images, but the layers before make {_shape(nodes)} values")
        if any(2 * pad > side for pad, side in zip(layer.padding, layer.kernel_size, strict=True)):
            raise FormatError("its padding is more than half of its kernel_size")
        padded = self._padded(nodes, layer.padding)
        if layer.kernel_size[0] > padded.shape[1] or layer.kernel_size[1] > padded.shape[2]:
            raise FormatError(f"its kernel_size does not fit into {_shape(padded)} values")
        windows = np.lib.stride_tricks.sliding_window_view(padded, layer.kernel_size, (1, 2))
        down, right = layer.stride
        windows = windows[:, ::down, ::right]
        values = windows.reshape(*windows.shape[:3], -1)
        while values.shape[3] > 1:
            half = values.shape[3] // 2
            pairs = self.builder.gates(gates.OR, values[..., :half], values[..., half : 2 * half])
            values = np.concatenate([pairs, values[..., 2 * half :]], axis=3)
        return values[..., 0]

    def _residual(self, prefix: str, layer: described.ResidualBlock, nodes: Nodes) -> Nodes:
        main, shortcut = (self.made(branch, nodes) for branch in _branches(prefix, layer))
        if main.shape != shortcut.shape:
            raise FormatError(
                f"layer {prefix[:-1]}: main makes {_shape(main)} values, "
                f"but shortcut {_shape(shortcut)}"
            )
        return self.builder.gates(gates.OR, main, shortcut)

    def _padded(self, nodes: Nodes, padding: tuple[int, int]) -> Nodes:
        """An image with so many rows and columns of zeros before and behind its own."""
        if not any(padding):
            return nodes
        rows, columns = (n + 2 * pad for n, pad in zip(nodes.shape[1:], padding, strict=True))
        if len(nodes) * rows * columns > _MAX_PADDED:
            raise FormatError(f"its padding makes {_shape(nodes)} values {rows}×{columns}")
        around = ((0, 0), *((pad, pad) for pad in padding))
        return np.pad(nodes, around, constant_values=self.builder.constant(0))


def _check_range(name: str, numbers: Nodes, bound: int) -> None:
    wrong = numbers[(numbers < 0) | (numbers >= bound)]
    if wrong.size:
        raise FormatError(f"tensor {name} has {wrong[0]}, but only 0 to {bound - 1} exist")
