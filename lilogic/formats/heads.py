"""Outputs become heads, and heads outputs: what circuits have, and what classifiers have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError, GraphError
from lilogic.formats.imported import Imported
from lilogic.graph import Circuit, GateGraph

_COUNTED = re.compile(r"class_(\d{1,9})_(\d{1,9})")
_OFFSET = re.compile(r"class_(\d{1,9})_from_(minus_)?(\d{1,9})")


def to_graph(imported: Imported, classes: int | None, encoder: Encoder | None) -> GateGraph:
    """A classifier: outputs become heads.

    Outputs whose names say which class counts them (see ``output_names``) are counted as they say.
    Otherwise they are shared out evenly, in order, over ``classes``; ``guesses`` says what
    that takes for granted.

    Raises:
        FormatError: outputs that cannot be shared out.
        GraphError: an encoder of another width.
    """
    circuit = imported.circuit
    if encoder is not None and encoder.n_bits != circuit.n_inputs:
        if not imported.grows or encoder.n_bits < circuit.n_inputs:
            raise GraphError(
                f"the encoder makes {encoder.n_bits} bits, but the circuit reads {circuit.n_inputs}"
            )
        circuit = _with_inputs(circuit, encoder.n_bits)
    named = None if classes is not None else _named_heads(imported.names or ())
    heads, offset = named or _even_heads(imported, classes)
    return GateGraph(
        n_inputs=circuit.n_inputs,
        op=circuit.op,
        a=circuit.a,
        b=circuit.b,
        roots=circuit.roots,
        head_nodes=circuit.outputs[np.array([*chain(*heads)], dtype=np.intp)],
        head_ptr=np.cumsum([0, *map(len, heads)]),
        offset=np.array(offset, dtype=np.int64),
        encoder=encoder,
    )


Heads = tuple[list[list[int]], list[int]]
"""For each class, the positions of the outputs that it counts, and what its score starts from."""


def _with_inputs(circuit: Circuit, n_inputs: int) -> Circuit:
    """The same gates over more input bits, of which they do not read the last ones."""
    more = n_inputs - circuit.n_inputs

    def moved(nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return np.where(nodes < circuit.n_inputs, nodes, nodes + more).astype(np.int32)

    return replace(
        circuit,
        n_inputs=n_inputs,
        a=moved(circuit.a),
        b=moved(circuit.b),
        roots=moved(circuit.roots),
        outputs=moved(circuit.outputs),
    )


def _even_heads(imported: Imported, classes: int | None) -> Heads:
    outputs = len(imported.circuit.outputs)
    count = classes or imported.classes or outputs
    outputs = min(outputs, -(-(outputs - imported.padding) // count) * count) if count else 0
    if not outputs or outputs % count:
        raise FormatError(
            f"{outputs} outputs cannot be divided evenly among {count} classes; give the number "
            "of classes",
            option="classes",
        )
    offset = [0] * count if imported.offset is None else [*imported.offset]
    if len(offset) != count:
        raise FormatError(f"it records {len(offset)} classes, not {count}")
    return np.arange(outputs).reshape(count, -1).tolist(), offset


def _named_heads(names: Sequence[str]) -> Heads | None:
    """Heads of output positions, as the outputs' names say; None where they say nothing.

    Raises:
        FormatError: only some say something, or one is missing.
    """
    counted: dict[int, dict[int, int]] = {}
    offset: dict[int, int] = {}
    silent = []
    for output, name in enumerate(names):
        if found := _COUNTED.fullmatch(name):
            counted.setdefault(int(found[1]), {})[int(found[2])] = output
        elif found := _OFFSET.fullmatch(name):
            offset[int(found[1])] = int(found[3]) * (-1 if found[2] else 1)
        else:
            silent.append(name)
    if not counted and not offset:
        return None
    known = sorted({*counted, *offset})
    if silent:
        problem = f"output {silent[0]} does not say what class counts it, as others do"
    elif gap := _gap(known):
        problem = f"no output says what class {gap - 1} counts, as others do"
    elif gaps := [(class_, gap) for class_ in counted if (gap := _gap(counted[class_]))]:
        problem = f"output class_{gaps[0][0]}_{gaps[0][1] - 1} is missing"
    else:
        heads = [[output for _, output in sorted(counted.get(c, {}).items())] for c in known]
        return heads, [offset.get(class_, 0) for class_ in known]
    raise FormatError(f"{problem}; give the number of classes", option="classes")


def _gap(numbers: Iterable[int]) -> int:
    """1 more than the smallest number from 0 on that is left out before others; 0 if none is."""
    ranked = enumerate(sorted(numbers))
    return next((rank + 1 for rank, number in ranked if number != rank), 0)


@dataclass(frozen=True)
class Guess:
    """What ``to_graph`` takes for granted because the file does not say it.

    Attributes:
        text: what the file does not say, and what is taken instead.
        option: the argument that says otherwise.
    """

    text: str
    option: str


def guesses(imported: Imported, classes: int | None, is_encoder_given: bool) -> Iterator[Guess]:
    """What is guessed where ``classes`` or an encoder are not given.

    Raises:
        FormatError: names of outputs that contradict each other.
    """
    encoder = imported.encoder
    if encoder is not None and not is_encoder_given and not imported.records_encoder:
        shape = "×".join(map(str, encoder.input_shape))
        yield Guess(
            f"records no encoder; using that of its authors, which compares each pixel of {shape} "
            "with the 0.75 quantile of its image",
            "encoder",
        )
    elif imported.grows and not is_encoder_given:
        yield Guess(
            f"does not record the number of input bits; assuming the {imported.circuit.n_inputs} "
            "up to the last one that a gate reads",
            "encoder",
        )
    if classes is not None or imported.offset is not None or _named_heads(imported.names or ()):
        return
    outputs = len(imported.circuit.outputs)
    if imported.classes is not None:
        heads, _ = _even_heads(imported, None)
        left_out = outputs - sum(map(len, heads))
        padding = f", with the last {left_out} gates as padding" if left_out else ""
        yield Guess(f"records no classes; assuming {imported.classes}{padding}", "classes")
    elif outputs > 1:
        yield Guess(
            f"does not describe its outputs; using each of the {outputs} as a class, in the order "
            "of the file, lowest bits first",
            "classes",
        )


Output = tuple[str, int | None]
"""An output's name and node; None for a constant 1."""


def output_names(graph: GateGraph) -> list[Output]:
    """The outputs that tell a graph's heads.

    Each node that a head counts is an output ``class_C_I``, the ``I``-th of class ``C``. A class
    whose score starts from ``K`` instead of 0, or that counts nothing, has one more, which is a
    constant 1 (node None): ``class_C_from_K``, or ``class_C_from_minus_K``. So names alone, which
    most tools keep, tell the heads.
    """
    outputs: list[Output] = []
    for class_, (head, offset) in enumerate(zip(graph.heads, graph.offset.tolist(), strict=True)):
        outputs += [(f"class_{class_}_{i}", node) for i, node in enumerate(head.tolist())]
        if offset or not len(head):
            start = f"minus_{-offset}" if offset < 0 else str(offset)
            outputs.append((f"class_{class_}_from_{start}", None))
    return outputs
