"""The proof of the heads: each score is the weighted sum of what its class counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lilogic.graph import Circuit
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.proof import netlist, reference, sums
from lilogic.hdl.proof.bdd import MAX_VARIABLES, Diagrams, TooLargeError
from lilogic.hdl.proof.claims import Bits, Claim, Numbers, refuted, scores
from lilogic.hdl.proof.cuts import Job, sources_of, variables_of
from lilogic.hdl.proof.equivalence import samples
from lilogic.hdl.proof.netlist import Net, Netlist, WrongNetlistError
from lilogic.hdl.proof.strash import XorAndGraph
from lilogic.hdl.proof.sums import Blocks, Form, NotASumError, Rewriter
from lilogic.report.models.proof import PartResult

LEVELS = r"core\.heads\.((class|lane)\d+_\d+(_\d+)?|lane\d+_(total|sum))"
"""What ``pipeline`` calls the values that are alive after a level of a class, and what folded heads
call those that they add up."""


def heads(job: Job) -> PartResult:
    """Every class in turn; what is built alike is proven once."""
    graph, width = job.graph, job.interface.score_width
    lowest, highest = _representable(job.interface)
    bounds = graph.score_bounds()
    if bounds[0].min() < lowest or bounds[1].max() > highest:
        raise WrongNetlistError(f"{width} bits cannot hold every score")
    diagrams = Diagrams(job.timeout)
    blocks = Blocks(diagrams)
    claim = _claim(job)
    position = {node: i for i, node in enumerate(np.unique(graph.head_nodes).tolist())}
    for class_, nodes in enumerate(graph.heads):
        counted = [job.cuts.values[position[node]] for node in nodes.tolist()]
        score = job.cuts.scores[class_ * width : (class_ + 1) * width]
        head = _Head.of(job.design, counted, score, int(graph.offset[class_]))
        wrong = head.difference(blocks, diagrams)
        if wrong is not None:
            place = {net: i for i, net in enumerate(claim.variables)}
            inputs = np.zeros(len(place), dtype=bool)
            inputs[[place[net] for net in head.variables]] = wrong[0, : len(head.variables)]
            return refuted(job, claim, inputs)
    return PartResult(status="proven")


def _claim(job: Job) -> Claim:
    """That the scores are the sums of what the classes count."""
    graph, items = job.graph, scores(job, job.cuts.scores)
    variables = variables_of(job.cuts.values)
    sources = np.array(sources_of(job.cuts.values, variables), dtype=np.int64)
    counted = np.unique(graph.head_nodes)

    def expected(inputs: Bits) -> Numbers:
        values = np.zeros((len(inputs), len(variables) + 2), dtype=np.int64)
        values[:, : len(variables)] = inputs
        values[:, reference.ONE] = 1
        values = values[:, sources]
        heads = (values[:, np.searchsorted(counted, nodes)].sum(axis=1) for nodes in graph.heads)
        return np.column_stack([*heads]).astype(np.int64) + graph.offset

    return Claim(items, variables, expected)


def _representable(interface: Interface) -> tuple[int, int]:
    values = 2**interface.score_width
    return (-values // 2, values // 2 - 1) if interface.score_signed else (0, values - 1)


@dataclass(frozen=True)
class _Head:
    """One class: a circuit, and the weighted sum of its inputs that it should output.

    Its inputs are the nets ``variables``; ``cuts`` lists nodes where its proof may be cut.
    """

    circuit: Circuit
    variables: list[Net]
    cuts: list[int]
    weights: npt.NDArray[np.int64]
    offset: int

    @classmethod
    def of(
        cls, design: Netlist, counted: Sequence[Net], score: Sequence[Net], offset: int
    ) -> _Head:
        # Bits that are added early are next to each other, which keeps diagrams small.
        variables = design.visited(score, variables_of(counted))
        times = Counter(counted)
        signals = design.signals(LEVELS)
        cuts = [net for net in design.cone(score, variables) if net in signals]
        circuit = netlist.as_circuit(design, [*score, *cuts], variables)
        return cls(
            replace(circuit, outputs=circuit.outputs[: len(score)]),
            variables,
            circuit.outputs[len(score) :].tolist(),
            np.array([times[net] for net in variables], dtype=np.int64),
            offset + times["1"],
        )

    def difference(self, blocks: Blocks, diagrams: Diagrams) -> npt.NDArray[np.bool_] | None:
        """Inputs [1, n_inputs] on which the circuit is wrong, None where there are none."""
        drawn = samples(self.circuit.n_inputs)
        made, expected = self.values(drawn)
        if (made != expected).any():
            return drawn[[np.argmax(made != expected)]]
        try:
            return self._difference_of_forms(blocks)
        except NotASumError as error:
            # What its blocks do not show, the head as one block may.
            if len(self.weights) > MAX_VARIABLES:
                raise TooLargeError(str(error)) from None
            try:
                return sums.difference(self.circuit, self.weights, self.offset, diagrams)
            except TooLargeError as too_large:
                raise TooLargeError(f"{error}, and for the whole head {too_large}") from None

    def _difference_of_forms(self, blocks: Blocks) -> npt.NDArray[np.bool_] | None:
        store = XorAndGraph(self.circuit.n_inputs)
        wires = store.add(self.circuit)
        score = [wires[node] for node in self.circuit.outputs.tolist()]
        form = Form()
        for place, wire in enumerate(score):
            form.add(1 << place, wire)
        modulus = 1 << len(score)
        rewriter = Rewriter(store, score, [wires[node] for node in self.cuts], blocks)
        form = rewriter.rewritten(form, modulus)
        found = np.array([form.terms[1 + i] for i in range(len(self.weights))], dtype=np.int64)
        wrong = (found - self.weights) % modulus != 0
        if not wrong.any() and (form.constant - self.offset) % modulus == 0:
            return None
        # Where no bit counts wrongly, no bit needs to be set.
        inputs = np.zeros((1, self.circuit.n_inputs), dtype=bool)
        inputs[0, : len(wrong)] = wrong & (np.cumsum(wrong) == 1)
        return inputs

    def values(
        self, inputs: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """What the circuit outputs for inputs [samples, n_inputs], and what it should."""
        made = sums.words(self.circuit, inputs)
        expected = self.offset + inputs[:, : len(self.weights)].astype(np.int64) @ self.weights
        return made, expected % (1 << len(self.circuit.outputs))
