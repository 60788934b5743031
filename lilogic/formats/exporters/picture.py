"""What pictures of a graph show: which boxes and wires, and what these are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError
from lilogic.graph import GateGraph
from lilogic.graph.gates import GATES, READS_A, READS_B
from lilogic.graph.metadata import Metadata

MAX_GATES = 500
_LONGEST = 32


class Box(NamedTuple):
    """An input bit, a gate or a class.

    Attributes:
        text: what stands in it, at most ``_LONGEST`` printable characters.
        level: the column that it belongs to: 0 for inputs, classes behind all gates.
        is_gate: whether it is a gate.
    """

    text: str
    level: int
    is_gate: bool


class Wire(NamedTuple):
    """A wire from box to box.

    Attributes:
        source: the name of a box.
        target: the name of another.
        pin: ``a`` or ``b``, a gate's; empty for a class.
        times: how often a class counts it.
    """

    source: str
    target: str
    pin: str
    times: int


@dataclass(frozen=True)
class Picture:
    """Boxes by name, ``n3`` for node 3 and ``c0`` for class 0, and the wires between them."""

    boxes: dict[str, Box]
    wires: list[Wire]


def of(graph: GateGraph, cone: int | None = None) -> Picture:
    """All gates and classes, and the inputs that are read; or what class ``cone`` depends on.

    Raises:
        FormatError: no such class, or more gates than a picture can show.
    """
    gates = shown_gates(graph, cone)
    _check_size(graph, len(gates), cone)
    classes = [*range(graph.n_classes)] if cone is None else [cone]
    wires = [*_wires(graph, gates, classes)]
    read = {wire.source for wire in wires}
    name, last = input_names(graph), int(graph.levels.max()) + 1
    boxes = {
        f"n{node}": Box(_short(name(node)), 0, False)
        for node in range(graph.n_inputs)
        if f"n{node}" in read
    }
    for node in gates:
        symbol = GATES[int(graph.op[node - graph.n_inputs])].symbol
        boxes[f"n{node}"] = Box(symbol, int(graph.levels[node]), True)
    for class_ in classes:
        boxes[f"c{class_}"] = Box(_class_text(graph, class_), last, False)
    return Picture(boxes, wires)


def input_names(graph: GateGraph) -> Callable[[int], str]:
    """What input bits are called: what they compare, or ``x7`` where that is not known."""
    encoder = graph.encoder
    if encoder is None:
        return lambda bit: f"x{bit}"
    scaling = encoder.preprocessing.scaling
    feature = _feature_names(encoder, Metadata.of(graph).feature_names)
    rank = "" if encoder.rank is None else f"Q({encoder.rank / max(1, encoder.n_features - 1):.2g})"

    def name(bit: int) -> str:
        text = feature(int(encoder.feature[bit]))
        if encoder.minus[bit] != encoder.zero:
            text += f" − {feature(int(encoder.minus[bit]))}"
        threshold = int(encoder.threshold[bit])
        if scaling is not None:
            return f"{text} > {scaling.level(int(encoder.feature[bit]), threshold):.6g}"
        if not rank:
            return f"{text} > {threshold}"
        return f"{text} > {rank}{f' {threshold:+}' if threshold else ''}"

    return name


def _feature_names(encoder: Encoder, names: list[str]) -> Callable[[int], str]:
    """A feature's own name, or its row and column, those of the raw image where it is not resized.

    The third number is its channel.
    """
    if len(names) == encoder.n_features:
        return lambda feature: names[feature]
    shape, preprocessing = encoder.feature_shape, encoder.preprocessing
    if len(shape) == 1:
        return lambda feature: f"x[{feature}]"
    origin = preprocessing.crop[:2] if preprocessing.crop and not preprocessing.resize else (0, 0)

    def place(feature: int) -> str:
        row, column, *channel = (int(i) for i in np.unravel_index(feature, shape))
        return f"({', '.join(map(str, (row + origin[0], column + origin[1], *channel)))})"

    return place


def _class_text(graph: GateGraph, class_: int) -> str:
    names, offset = Metadata.of(graph).class_names, int(graph.offset[class_])
    text = f"class {class_}"
    if len(names) == graph.n_classes and names[class_] != str(class_):
        text = f"{class_}: {names[class_]}"
    return _short(text) + (f" {offset:+}" if offset else "")


def _short(text: str) -> str:
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def shown_gates(graph: GateGraph, cone: int | None) -> list[int]:
    """All gates, or those that class ``cone`` depends on.

    Raises:
        FormatError: no such class.
    """
    if cone is not None and not 0 <= cone < graph.n_classes:
        raise FormatError(
            f"class {cone} does not exist; classes are 0 to {graph.n_classes - 1}", option="cone"
        )
    if cone is None:
        return [*range(graph.n_inputs, graph.n_nodes)]
    head = graph.heads[cone]
    alone = replace(
        graph, head_nodes=head, head_ptr=np.array([0, len(head)]), offset=graph.offset[[cone]]
    )
    shown: list[int] = (np.flatnonzero(alone.alive[graph.n_inputs :]) + graph.n_inputs).tolist()
    return shown


def _check_size(graph: GateGraph, gates: int, cone: int | None) -> None:
    if gates <= MAX_GATES:
        return
    whose = "" if cone is None else f" that class {cone} depends on"
    message = (
        f"{gates:,} gates{whose} are too many for a picture, which shows at most {MAX_GATES} gates"
    )
    if cone is None and graph.n_classes > 1:
        sizes = _cone_sizes(graph)
        smallest = min(range(len(sizes)), key=sizes.__getitem__)
        if sizes[smallest] <= MAX_GATES:
            raise FormatError(
                f"{message}: draw what one class depends on, such as class {smallest} "
                f"with {sizes[smallest]:,} gates",
                option="cone",
            )
        message += f"; no class depends on fewer than {sizes[smallest]:,}"
    raise FormatError(message)


def _cone_sizes(graph: GateGraph) -> list[int]:
    """For each class, how many gates it depends on."""
    # A bit for each class, in one integer for each node.
    depend = [0] * graph.n_nodes
    for class_, head in enumerate(graph.heads):
        for node in head.tolist():
            depend[node] |= 1 << class_
    reads = list(zip(READS_A.tolist(), READS_B.tolist(), strict=True))
    for node, (op, a, b) in reversed([*enumerate(graph.rows(), graph.n_inputs)]):
        for wire, is_read in zip((a, b), reads[op], strict=True):
            if is_read:
                depend[wire] |= depend[node]
    alike = Counter(depend[graph.n_inputs :])
    return [
        sum(gates for classes, gates in alike.items() if classes >> class_ & 1)
        for class_ in range(graph.n_classes)
    ]


def _wires(graph: GateGraph, gates: list[int], classes: list[int]) -> Iterator[Wire]:
    """Not those that a gate's function ignores."""
    rows = list(graph.rows())
    for node in gates:
        op, a, b = rows[node - graph.n_inputs]
        if READS_A[op]:
            yield Wire(f"n{a}", f"n{node}", "a", 1)
        if READS_B[op]:
            yield Wire(f"n{b}", f"n{node}", "b", 1)
    heads = graph.heads
    for class_ in classes:
        for node, times in Counter(heads[class_].tolist()).items():
            yield Wire(f"n{node}", f"c{class_}", "", times)
