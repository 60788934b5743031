"""Proof that compiled Verilog computes what the graph says, for all inputs.

The Verilog is read back with Yosys and cut where one part hands its bits to the next: encoder,
gates, heads, argmax. Registers are then taken as wires, which is sound once every path from the
data port to an output is known to cross as many registers as the interface announces ("timing").
Every part is compared with a circuit made from the graph alone (``reference``): what is built
alike is equal (``strash``), and the rest is for the SAT solver of ABC, which is part of Yosys.
The heads, whose sums are too much for a SAT solver, are rewritten as sums of what they count
(``sums``). Nets that a cut sees twice or as constants are so on both sides of it,
so the parts' proofs join to one of the whole.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.options import InputKind
from lilogic.hdl.proof import abc, netlist, reference, sums
from lilogic.hdl.proof.bdd import MAX_VARIABLES, Diagrams, TooLargeError
from lilogic.hdl.proof.netlist import Net, Netlist, WrongNetlistError
from lilogic.hdl.proof.strash import Hashed
from lilogic.hdl.proof.sums import Blocks, Form, NotASumError, Rewriter
from lilogic.hdl.verilog import TOP
from lilogic.infer.golden import node_values

Result = dict[str, Any]

_SAMPLES = 512
_OWN_TOOLS = "linear forms and decision diagrams for the heads"
_CONTROL = "valid flags and reset are compared in simulation only"


def prove(graph: GateGraph, folder: Path, timeout: float = 60) -> dict[str, Any]:
    """Prove that ``folder``'s Verilog computes what ``graph`` says.

    Args:
        graph: the graph that was compiled.
        folder: with ``classifier.v`` and ``interface.json``.
        timeout: seconds for each part; a part that takes longer is not proven.

    Returns:
        ``{"tool": …, "parts": {part: result}, "proven": …}``; parts are timing, encoder (where
        there is one), gates, heads, argmax and control. A result has ``status``: ``proven``;
        ``refuted``, with ``counterexample``, a text, and ``inputs``, the values of the part's
        inputs as a hexadecimal number, or with ``reason``, where the netlist is wrong whatever
        the inputs are; or ``simulated``, with the ``reason`` why there is no proof. ``seconds``
        is the time it took. ``proven`` is whether every part but control, which is never tried,
        is proven.

    Raises:
        LilogicError: the files cannot be read, or are of a graph of another shape.
    """
    interface = Interface.read(folder)
    _check_interface(graph, interface)
    tool = "Yosys"
    parts: dict[str, Result]
    with tempfile.TemporaryDirectory(prefix="lilogic-") as scratch:
        try:
            design = netlist.read(folder / VERILOG, TOP, Path(scratch), timeout)
        except LilogicError as error:
            parts = dict.fromkeys(_proofs(interface), _unproven(str(error)))
        else:
            tool = design.tool
            parts = prove_netlist(graph, interface, design, Path(scratch), timeout)
    proven = all(result["status"] == "proven" for result in parts.values())
    parts["control"] = _unproven(_CONTROL)
    return {"tool": f"{tool} with ABC; {_OWN_TOOLS}", "parts": parts, "proven": proven}


def prove_netlist(
    graph: GateGraph, interface: Interface, design: Netlist, scratch: Path, timeout: float
) -> dict[str, Result]:
    """The results of ``prove`` for each part but control, for Verilog that was read already."""
    proofs = _proofs(interface)
    try:
        cuts = _cuts(graph, interface, design)
    except WrongNetlistError as error:
        wrong = {"status": "refuted", "reason": str(error), "seconds": 0.0}
        return dict.fromkeys(proofs, wrong)
    except LilogicError as error:
        return dict.fromkeys(proofs, _unproven(str(error)))
    job = _Job(graph, interface, design, cuts, scratch, timeout)
    return {name: _timed(proof, job) for name, proof in proofs.items()}


def _check_interface(graph: GateGraph, interface: Interface) -> None:
    if interface.classes != graph.n_classes:
        raise LilogicError(
            f"the Verilog has {interface.classes} classes, but the graph {graph.n_classes}"
        )
    inputs = graph.n_inputs
    if interface.data is InputKind.FEATURES and graph.encoder is not None:
        inputs = graph.encoder.n_features
    if interface.data_width != inputs * interface.feature_width:
        raise LilogicError(
            f"the Verilog reads {interface.data_width} bits of data, which does not fit the graph"
        )


@dataclass(frozen=True)
class _Cuts:
    """Nets between the parts."""

    data: list[Net]
    bits: list[Net]
    values: list[Net]
    scores: list[Net]
    outputs: list[Net]


@dataclass(frozen=True)
class _Job:
    graph: GateGraph
    interface: Interface
    design: Netlist
    cuts: _Cuts
    folder: Path
    timeout: float


def _cuts(graph: GateGraph, interface: Interface, design: Netlist) -> _Cuts:
    score_bits = interface.classes * interface.score_width
    data = design.vector(interface.data, interface.data_width)
    return _Cuts(
        data=data,
        bits=_bits(graph, interface, design, data),
        values=design.vector("core.heads.values", len(np.unique(graph.head_nodes))),
        scores=design.vector("core.heads.scores", score_bits),
        outputs=[
            *design.vector("index", interface.index_width),
            *design.vector("scores", score_bits),
        ],
    )


def _bits(graph: GateGraph, interface: Interface, design: Netlist, data: list[Net]) -> list[Net]:
    if interface.data is InputKind.BITS:
        return data
    assert graph.encoder is not None
    is_one, is_zero = _always(graph.encoder)
    if not (graph.alive[: graph.n_inputs] & ~is_one & ~is_zero).any():
        # Amaranth leaves out an encoder that nothing reads, or that has nothing to compare.
        constants: list[Net] = np.where(is_one, "1", "0").tolist()
        return constants
    return design.vector("core.encoder.bits", graph.n_inputs)


def _always(encoder: Encoder) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which bits are 1, and which 0, for every sample, because of their thresholds."""
    info = np.iinfo(encoder.input_dtype)
    spread = int(info.max) - int(info.min)
    lowest = np.where(encoder.subtracts, -spread, info.min)
    highest = np.where(encoder.subtracts, spread, info.max)
    return encoder.threshold < lowest, encoder.threshold >= highest


def _proofs(interface: Interface) -> dict[str, Callable[[_Job], Result]]:
    encoder = {"encoder": _encoder} if interface.data is InputKind.FEATURES else {}
    return {"timing": _timing} | encoder | {"gates": _gates, "heads": _heads, "argmax": _argmax}


def _timed(proof: Callable[[_Job], Result], job: _Job) -> Result:
    start = time.monotonic()
    try:
        result = proof(job)
    except WrongNetlistError as error:
        result = {"status": "refuted", "reason": str(error)}
    except (LilogicError, TooLargeError) as error:
        result = _unproven(str(error))
    return result | {"seconds": round(time.monotonic() - start, 2)}


def _unproven(reason: str) -> Result:
    return {"status": "simulated", "reason": reason, "seconds": 0.0}


def _timing(job: _Job) -> Result:
    """Every path from the data port to an output crosses ``latency`` registers."""
    cycles = netlist.cycles(job.design, job.cuts.outputs, job.cuts.data)
    for net in job.cuts.outputs:
        if cycles.get(net, job.interface.latency) != job.interface.latency:
            raise WrongNetlistError(
                f"{job.design.name(net)} comes after {cycles[net]} cycles, "
                f"not {job.interface.latency}"
            )
    return {"status": "proven"}


def _encoder(job: _Job) -> Result:
    encoder = job.graph.encoder
    if encoder is None:
        raise WrongNetlistError("the Verilog encodes features, but the graph has no encoder")
    used = np.flatnonzero(job.graph.alive[: job.graph.n_inputs]).tolist()
    variables = _variables(job.cuts.data)
    expected = reference.encoder_bits(
        encoder, used, _sources(job.cuts.data, variables), len(variables)
    )
    outputs = [job.cuts.bits[bit] for bit in used]
    return _equivalent(job, outputs, variables, expected, [f"bit {bit}" for bit in used])


def _gates(job: _Job) -> Result:
    variables = _variables(job.cuts.bits)
    sources = _sources(job.cuts.bits, variables)
    expected = reference.counted_gates(job.graph, sources, len(variables))
    names = [f"node {node}" for node in np.unique(job.graph.head_nodes).tolist()]
    return _equivalent(job, job.cuts.values, variables, expected, names)


def _argmax(job: _Job) -> Result:
    interface = job.interface
    variables = _variables(job.cuts.scores)
    expected = reference.first_maximum(
        _sources(job.cuts.scores, variables),
        len(variables),
        interface.score_width,
        interface.score_signed,
        interface.index_width,
    )
    names = [f"index bit {bit}" for bit in range(interface.index_width)]
    names += [
        f"score bit {bit} of class {class_}"
        for class_ in range(interface.classes)
        for bit in range(interface.score_width)
    ]
    return _equivalent(job, job.cuts.outputs, variables, expected, names)


def _variables(nets: Sequence[Net]) -> list[Net]:
    """The distinct nets that are no constants."""
    return [net for net in dict.fromkeys(nets) if net not in ("0", "1")]


def _sources(nets: Sequence[Net], variables: Sequence[Net]) -> list[int]:
    """For each net the place of its variable, or the constant it is."""
    place: dict[Net, int] = {"0": reference.ZERO, "1": reference.ONE}
    place |= {net: number for number, net in enumerate(variables)}
    return [place[net] for net in nets]


def _equivalent(
    job: _Job,
    outputs: Sequence[Net],
    variables: Sequence[Net],
    expected: GateGraph,
    names: Sequence[str],
) -> Result:
    """Compare what drives ``outputs`` with a circuit over the same variables.

    Outputs that are built alike are left out; the rest is for simulation and ABC.
    """
    made = netlist.as_circuit(job.design, outputs, variables)
    if not len(names) == len(made.head_nodes) == len(expected.head_nodes):
        raise WrongNetlistError(f"there are {len(made.head_nodes)} outputs, not {len(names)}")
    if not names:
        return {"status": "proven", "reason": "there is nothing to compute"}
    hashed = Hashed(made.n_inputs)
    pairs = zip(hashed.outputs(made), hashed.outputs(expected), strict=True)
    differs = [output for output, (ours, theirs) in enumerate(pairs) if ours != theirs]
    if not differs:
        return {"status": "proven"}
    made, expected = _with_outputs(made, differs), _with_outputs(expected, differs)
    names = [names[i] for i in differs]
    found = _difference(made, expected, names, _samples(made.n_inputs))
    if found is not None:
        return found
    inputs = abc.find_difference(made, expected, job.folder, job.timeout)
    if inputs is None:
        return {"status": "proven"}
    found = _difference(made, expected, names, inputs)
    return found or _unproven("ABC found a counterexample that is none")


def _with_outputs(circuit: GateGraph, outputs: Sequence[int]) -> GateGraph:
    """The circuit with some of its outputs only."""
    nodes = circuit.head_nodes[outputs]
    return replace(circuit, head_nodes=nodes, head_ptr=np.array([0, len(nodes)]))


def _samples(width: int) -> npt.NDArray[np.bool_]:
    """Random inputs, sparse ones and dense ones."""
    generator = np.random.default_rng(0)
    density = np.linspace(0, 1, _SAMPLES)[:, None]
    return generator.random((_SAMPLES, width)) < density


def _difference(
    made: GateGraph, expected: GateGraph, names: Sequence[str], inputs: npt.NDArray[np.bool_]
) -> Result | None:
    """A refutation, where two circuits differ on one of ``inputs``."""
    outputs = node_values(made, inputs)[:, made.head_nodes]
    wrong = np.argwhere(outputs != node_values(expected, inputs)[:, expected.head_nodes])
    if not len(wrong):
        return None
    sample, output = wrong[0].tolist()
    is_one = int(outputs[sample, output])
    return _refutation(f"{names[output]} is {is_one}, not {1 - is_one}", inputs[sample])


def _refutation(counterexample: str, inputs: npt.NDArray[np.bool_]) -> Result:
    packed = np.packbits(inputs, bitorder="little")[::-1].tobytes().hex()
    return {"status": "refuted", "counterexample": counterexample, "inputs": packed}


def _heads(job: _Job) -> Result:
    """Every class in turn; what is built alike is proven once."""
    graph, width = job.graph, job.interface.score_width
    lowest, highest = _representable(job.interface)
    bounds = graph.score_bounds()
    if bounds[0].min() < lowest or bounds[1].max() > highest:
        raise WrongNetlistError(f"{width} bits do not hold every score")
    diagrams = Diagrams(job.timeout)
    blocks = Blocks(diagrams)
    position = {node: i for i, node in enumerate(np.unique(graph.head_nodes).tolist())}
    for class_, nodes in enumerate(graph.heads):
        counted = [job.cuts.values[position[node]] for node in nodes.tolist()]
        scores = job.cuts.scores[class_ * width : (class_ + 1) * width]
        head = _Head.of(job.design, counted, scores, int(graph.offset[class_]))
        wrong = head.difference(blocks, diagrams)
        if wrong is not None:
            made, expected = (int(values[0]) for values in head.values(wrong))
            return _refutation(
                f"the score of class {class_} is {made}, not {expected}, modulo {2**width}",
                wrong[0],
            )
    return {"status": "proven"}


def _representable(interface: Interface) -> tuple[int, int]:
    values = 2**interface.score_width
    return (-values // 2, values // 2 - 1) if interface.score_signed else (0, values - 1)


@dataclass(frozen=True)
class _Head:
    """One class: a circuit, and the weighted sum of its inputs that it should output.

    ``cuts`` lists nodes where its proof may be cut.
    """

    circuit: GateGraph
    cuts: list[int]
    weights: npt.NDArray[np.int64]
    offset: int

    @classmethod
    def of(
        cls, design: Netlist, counted: Sequence[Net], scores: Sequence[Net], offset: int
    ) -> _Head:
        # Bits that are added early are next to each other, which keeps diagrams small.
        variables = design.visited(scores, _variables(counted))
        times = Counter(counted)
        signals = design.signals("core.heads.")
        cuts = [net for net in design.cone(scores, variables) if net in signals]
        circuit = netlist.as_circuit(design, [*scores, *cuts], variables)
        return cls(
            _with_outputs(circuit, range(len(scores))),
            circuit.head_nodes[len(scores) :].tolist(),
            np.array([times[net] for net in variables], dtype=np.int64),
            offset + times["1"],
        )

    def difference(self, blocks: Blocks, diagrams: Diagrams) -> npt.NDArray[np.bool_] | None:
        """Inputs [1, n_inputs] on which the circuit is wrong, None where there are none."""
        samples = _samples(self.circuit.n_inputs)
        made, expected = self.values(samples)
        if (made != expected).any():
            return samples[[np.argmax(made != expected)]]
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
        hashed = Hashed(self.circuit.n_inputs)
        wires = hashed.add(self.circuit)
        score = [wires[node] for node in self.circuit.head_nodes.tolist()]
        form = Form()
        for place, wire in enumerate(score):
            form.add(1 << place, wire)
        modulus = 1 << len(score)
        rewriter = Rewriter(hashed, score, [wires[node] for node in self.cuts], blocks)
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
        return made, expected % (1 << len(self.circuit.head_nodes))
