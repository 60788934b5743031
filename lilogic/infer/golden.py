"""Software inference: the golden model that every other level is compared with.

64 samples share a machine word (bit-slicing), so one word operation evaluates a gate for 64
samples. Any graph, any batch; exact by construction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.labels import numbers
from lilogic.data.preprocessing import as_array
from lilogic.errors import DataError, GraphError
from lilogic.graph import Circuit, GateGraph
from lilogic.graph.circuit import Gates
from lilogic.graph.gates import TRUTH
from lilogic.infer.layouts import WORD, Words, slice_bits
from lilogic.jit import njit

_CHUNK_BYTES = 32 * 2**20
_CHUNK_WORDS = 64

# Algebraic normal form: f = n0 ^ n1·a ^ n2·b ^ n3·a·b, one word mask per coefficient.
_F00, _F01, _F10, _F11 = TRUTH.T
_ANF = np.uint64(0) - np.stack(
    [_F00, _F00 ^ _F10, _F00 ^ _F01, _F00 ^ _F01 ^ _F10 ^ _F11], 1
).astype(np.uint64)


def scores(graph: GateGraph, bits: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Return the scores of input bits, int32 [samples, classes].

    Args:
        graph: The graph.
        bits: Input bits [samples, n_inputs]: bool, or numbers 0 and 1.

    Raises:
        DataError: The width is wrong, or a value is neither 0 nor 1.
    """
    bits = checked(graph, bits)
    result = np.empty((len(bits), graph.n_classes), dtype=np.int32)
    words = max(1, min(_CHUNK_WORDS, _CHUNK_BYTES // (8 * graph.n_nodes)))
    planes = int(np.diff(graph.head_ptr).max()).bit_length() + 1
    for start in range(0, len(bits), WORD * words):
        chunk = bits[start : start + WORD * words]
        values = np.empty((graph.n_nodes, -(-len(chunk) // WORD)), dtype=np.uint64)
        values[: graph.n_inputs] = slice_bits(chunk)
        _evaluate(graph.n_inputs, _ANF[graph.op], graph.a, graph.b, values)
        _count(
            values, graph.head_nodes, graph.head_ptr, graph.offset, planes,
            result[start : start + len(chunk)],
        )  # fmt: skip
    return result


def node_values(graph: Gates, bits: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return the value of every node, bool [samples, nodes].

    Args:
        graph: A graph or circuit.
        bits: Input bits, as for ``scores``.

    Raises:
        DataError: As for ``scores``.
    """
    bits = checked(graph, bits)
    values = node_words(graph, bits)
    unpacked = np.unpackbits(values.view(np.uint8), axis=1, bitorder="little")
    values_by_sample: npt.NDArray[np.bool_] = unpacked[:, : len(bits)].T.astype(bool)
    return values_by_sample


def node_words(graph: Gates, bits: npt.NDArray[Any]) -> Words:
    """Return the value of every node, uint64 [nodes, words], with 64 samples per word.

    Bits behind the last sample are those of a sample of zeros.

    Args:
        graph: A graph or circuit.
        bits: Input bits, as for ``scores``.

    Raises:
        DataError: As for ``scores``.
    """
    bits = checked(graph, bits)
    values = np.empty((graph.n_nodes, -(-len(bits) // WORD)), dtype=np.uint64)
    values[: graph.n_inputs] = slice_bits(bits)
    _evaluate(graph.n_inputs, _ANF[graph.op], graph.a, graph.b, values)
    return values


def outputs(circuit: Circuit, bits: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return the outputs of a circuit, bool [samples, outputs].

    Args:
        circuit: The circuit.
        bits: Input bits, as for ``scores``.

    Raises:
        DataError: As for ``scores``.
    """
    return node_values(circuit, bits)[:, circuit.outputs]


def classify(scores: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the first class with the highest score, int64 [samples].

    Args:
        scores: Scores [samples, classes].
    """
    classes: npt.NDArray[np.int64] = np.argmax(scores, axis=1)
    return classes


def predict(graph: GateGraph, raw: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the classes of raw samples, int64 [samples], with the graph's own encoder.

    Args:
        graph: The graph.
        raw: Raw samples [samples, …].

    Raises:
        GraphError: The graph has no encoder.
        DataError: The samples do not fit the encoder.
    """
    if graph.encoder is None:
        raise GraphError("the graph has no encoder, so it reads bits, not raw samples")
    return classify(scores(graph, graph.encoder.encode(raw)))


def accuracy(graph: GateGraph, raw: npt.NDArray[Any], labels: npt.NDArray[Any]) -> float:
    """Return the fraction of raw samples that is classified correctly.

    Args:
        graph: The graph.
        raw: Raw samples [samples, …].
        labels: Numbers of classes [samples].

    Raises:
        GraphError: The graph has no encoder.
        DataError: Samples or labels do not fit.
    """
    predicted = predict(graph, raw)
    return float(np.mean(predicted == numbers(labels, len(predicted))))


def checked(graph: Gates, bits: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return the same bits as bool [samples, n_inputs].

    Raises:
        DataError: The width is wrong, or a value is neither 0 nor 1.
    """
    bits = as_array(bits, "bits")
    if bits.ndim != 2 or bits.shape[1] != graph.n_inputs:
        raise DataError(
            f"bits have shape {bits.shape}, but the graph reads (samples, {graph.n_inputs})"
        )
    if bits.dtype == np.bool_:
        return bits
    if bits.dtype.kind not in "uif" or ((bits != 0) & (bits != 1)).any():
        raise DataError("bits must be 0 or 1")
    return bits.astype(bool)


@njit(cache=True)
def _evaluate(n_inputs, anf, a, b, values):  # type: ignore[no-untyped-def]
    words = values.shape[1]
    for gate in range(len(a)):
        n0, n1, n2, n3 = anf[gate]
        first, second, out = values[a[gate]], values[b[gate]], values[n_inputs + gate]
        for word in range(words):
            x, y = first[word], second[word]
            out[word] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)


@njit(cache=True)
def _count(values, nodes, pointers, offset, planes, result):  # type: ignore[no-untyped-def]
    # One ripple-carry counter per sample, stored as bit planes so that 64 count at once.
    words = values.shape[1]
    counter = np.empty((planes, words), dtype=np.uint64)
    for class_ in range(len(offset)):
        counter[:] = 0
        for position in range(pointers[class_], pointers[class_ + 1]):
            row = values[nodes[position]]
            for word in range(words):
                carry = row[word]
                plane = 0
                while carry != 0:
                    old = counter[plane, word]
                    counter[plane, word] = old ^ carry
                    carry = old & carry
                    plane += 1
        for sample in range(result.shape[0]):
            total = offset[class_]
            for plane in range(planes):
                bit = (counter[plane, sample // WORD] >> np.uint64(sample % WORD)) & np.uint64(1)
                total += np.int32(bit) << plane
            result[sample, class_] = total
