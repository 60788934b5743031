"""Proof that a word of a circuit is a sum of the circuit's inputs, block by block.

A linear form ``constant + Σ coefficient·bit`` starts as the word and is rewritten from its outputs
down to its inputs (as in M. Ciesielski et al., "Verification of Gate-level Arithmetic Circuits by
Function Extraction", 2015). One step replaces a group of bits that come from the same few cut
points, such as the sum and carry of a full adder or the digits of an adder, by the form of those
cut points that they equal. That form is guessed, from what the block computes when one of its
inputs is 1, and proven, with decision diagrams: each digit of the block is compared with that
digit of the guess.

Why this is sound: a step replaces equals by equals. That a block equals its form is proven for
all values of its cut points, so also for those that the circuit can produce. Digits only say that
they are equal modulo ``2^digits``; what is carried beyond them is either a multiple of the modulus
of the form that is rewritten, or must be shown never to happen, from the form's bounds: those of
its bits, or else those of the inputs, after it has itself been rewritten in terms of these. Forms
of a block's cut points are rewritten from nodes before the block only, so no proof rests on itself.
Where to cut is only a hint. Wrong hints make blocks that are no sums, and nothing is claimed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from lilogic.graph import Circuit
from lilogic.graph.gates import XOR
from lilogic.hdl.proof.bdd import Diagrams
from lilogic.hdl.proof.strash import FALSE, Wire, XorAndGraph
from lilogic.infer import golden


class NotASumError(Exception):
    """It could not be shown what a word is the sum of."""


@dataclass
class Form:
    """``constant + Σ coefficient·node``."""

    constant: int = 0
    terms: Counter[int] = field(default_factory=Counter)

    def add(self, coefficient: int, wire: Wire) -> None:
        """Add a multiple of a wire's value."""
        if wire & 1:
            self.constant += coefficient
            coefficient = -coefficient
        if wire >> 1 != FALSE:
            self.terms[wire >> 1] += coefficient

    def within(self, highest: int) -> bool:
        """Whether the value is surely in 0 … ``highest``."""
        low = self.constant + sum(c for c in self.terms.values() if c < 0)
        high = self.constant + sum(c for c in self.terms.values() if c > 0)
        return low >= 0 and high <= highest


class Blocks:
    """Proofs of blocks, each made once for all that are built alike."""

    def __init__(self, diagrams: Diagrams) -> None:
        self._diagrams = diagrams
        self._known: dict[bytes, tuple[list[int], int] | None] = {}

    def form(self, circuit: Circuit) -> tuple[list[int], int] | None:
        """Weights of the inputs, and an offset, so that their sum is the circuit's output word.

        Equal modulo ``2^(the circuit's outputs)``, that is; None where there are none.

        Raises:
            TooLargeError: see ``Diagrams``.
        """
        arrays = (circuit.op, circuit.a, circuit.b, circuit.outputs)
        key = b"|".join([b"%d" % circuit.n_inputs, *(array.tobytes() for array in arrays)])
        if key not in self._known:
            self._known[key] = self._proven(circuit)
        return self._known[key]

    def _proven(self, circuit: Circuit) -> tuple[list[int], int] | None:
        units = np.vstack([np.zeros(circuit.n_inputs, bool), np.eye(circuit.n_inputs, dtype=bool)])
        values = words(circuit, units)
        weights, offset = values[1:] - values[0], int(values[0])
        if difference(circuit, weights, offset, self._diagrams) is not None:
            return None
        return weights.tolist(), offset


def words(circuit: Circuit, inputs: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The circuit's outputs for inputs [samples, n_inputs], read as digits, lowest first."""
    digits = golden.outputs(circuit, inputs).astype(np.int64)
    return digits @ (1 << np.arange(digits.shape[1], dtype=np.int64))


def difference(
    circuit: Circuit, weights: npt.NDArray[np.int64], offset: int, diagrams: Diagrams
) -> npt.NDArray[np.bool_] | None:
    """Inputs [1, n_inputs] for which the output word is not ``offset + Σ weights·inputs``.

    Both modulo ``2^outputs``. None where there are no such inputs.

    Raises:
        TooLargeError: see ``Diagrams``.
    """
    modulus = 1 << len(circuit.outputs)
    for bit, root in enumerate(diagrams.outputs(circuit)):
        expected = diagrams.sum_bit(weights % modulus, offset, bit)
        wrong = diagrams.apply(XOR, root, expected)
        if wrong:
            inputs = np.zeros((1, circuit.n_inputs), dtype=bool)
            for variable, value in diagrams.assignment(wrong).items():
                inputs[0, variable] = value
            return inputs
    return None


class Rewriter:
    """Rewrites forms over the outputs of a circuit as forms over its inputs.

    Args:
        circuit: the circuit.
        outputs: wires whose nodes forms may have.
        cuts: wires between blocks.
        blocks: proofs of blocks.
    """

    def __init__(
        self, circuit: XorAndGraph, outputs: Sequence[Wire], cuts: Collection[Wire], blocks: Blocks
    ) -> None:
        self._circuit = circuit
        self._blocks = blocks
        self._exact: set[tuple[Wire, ...]] = set()
        # For every cut point, the cut points or inputs that it directly depends on, and which
        # directly depend on it.
        self._leaves: dict[int, frozenset[int]] = {}
        self._readers: defaultdict[int, list[int]] = defaultdict(list)
        # What comes later is rewritten first, so that all digits of a block are there by then.
        self._order: dict[int, tuple[int, int, int]] = {}
        cut = {wire >> 1 for wire in [*outputs, *cuts]}
        seen: dict[int, frozenset[int]] = {FALSE: frozenset()}
        for node in circuit.cone(outputs, set()):
            leaves = frozenset().union(*(seen[source] for source in circuit.sources(node)))
            if node in cut and leaves:
                self._leaves[node] = leaves = self._independent(leaves)
                depth = 1 + max(-self._order.get(leaf, (0,))[0] for leaf in leaves)
                self._order[node] = (-depth, -len(leaves), node)
                for leaf in leaves:
                    self._readers[leaf].append(node)
            seen[node] = frozenset([node]) if node in cut or not leaves else leaves

    def _independent(self, leaves: frozenset[int]) -> frozenset[int]:
        """``leaves`` without those that directly depend on others of them only."""
        for leaf in sorted(leaves, reverse=True):
            if leaf in self._leaves and self._leaves[leaf] <= leaves:
                leaves -= {leaf}
        return leaves

    def rewritten(self, form: Form, modulus: int) -> Form:
        """A form over inputs that is equal to ``form`` modulo ``modulus``, or equal, where it is 0.

        Raises:
            NotASumError: it could not be shown that there is one.
            TooLargeError: see ``Diagrams``.
        """
        done = Form(form.constant, form.terms.copy())
        queue = [self._order[node] for node in done.terms if node in self._order]
        heapify(queue)
        while queue:
            *_, node = heappop(queue)
            if node in done.terms:
                for source in self._step(done, node, modulus):
                    if source in self._order:
                        heappush(queue, self._order[source])
        return done

    def _step(self, form: Form, node: int, modulus: int) -> list[int]:
        """Rewrite ``node``, and what it belongs to, in place; the nodes that there are instead."""
        leaves = self._leaves[node]
        if not _residue(form.terms[node], modulus):
            del form.terms[node]
            return []
        near = {reader for leaf in leaves for reader in self._readers[leaf]} - leaves
        within = [n for n in near if n in form.terms and self._leaves[n] <= leaves]
        # Digits of other words read some of the leaves, too, where an input counts twice.
        alike = [n for n in within if self._leaves[n] == leaves]
        try:
            constant, inputs = self._sum(form, within, leaves, modulus)
            group = within
        except NotASumError:
            if alike == within:
                raise
            constant, inputs = self._sum(form, alike, leaves, modulus)
            group = alike
        for n in group:
            del form.terms[n]
        form.constant += constant
        form.terms.update(inputs)
        return [*inputs]

    def _sum(
        self, form: Form, group: Sequence[int], leaves: Set[int], modulus: int
    ) -> tuple[int, dict[int, int]]:
        """What the terms of ``group`` are together: a constant and coefficients of ``leaves``."""
        coefficients = {n: _residue(form.terms[n], modulus) for n in group}
        coefficients = {n: coefficient for n, coefficient in coefficients.items() if coefficient}
        scale = math.gcd(*coefficients.values())
        # The word that the group makes: a bit that counts negatively is its complement minus 1.
        digits: dict[int, Wire] = {}
        for n, coefficient in coefficients.items():
            place = abs(coefficient) // scale
            if place.bit_count() > 1 or place.bit_length() - 1 in digits:
                raise NotASumError("the bits of a block are not the digits of one number")
            digits[place.bit_length() - 1] = 2 * n + (coefficient < 0)
        word = [digits.get(i, FALSE) for i in range(max(digits) + 1)]
        circuit, inputs = self._circuit.circuit(word, leaves)
        proven = self._blocks.form(circuit)
        if proven is None:
            raise NotASumError("a block is not the sum of its inputs")
        weights, offset = proven
        if not modulus or (scale << len(word)) % modulus:
            value = Form(offset, Counter(dict(zip(inputs, weights, strict=True))))
            self._check_range(word, value)
        complements = sum(min(coefficient, 0) for coefficient in coefficients.values())
        scaled = [scale * weight for weight in weights]
        return scale * offset + complements, dict(zip(inputs, scaled, strict=True))

    def _check_range(self, word: Sequence[Wire], value: Form) -> None:
        """Check that ``value`` never needs more digits than ``word`` has."""
        key = tuple(word)
        if key in self._exact:
            return
        highest = (1 << len(word)) - 1
        if not value.within(highest) and not self.rewritten(value, 0).within(highest):
            raise NotASumError("a block may lose a carry")
        self._exact.add(key)


def _residue(value: int, modulus: int) -> int:
    """``value`` modulo ``modulus``, in the half-open range around 0; itself where that is 0."""
    if not modulus:
        return value
    value %= modulus
    return value - modulus if value > modulus // 2 else value
