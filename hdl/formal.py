"""Proof that compiled Verilog computes what the graph says, for all inputs.

The Verilog is read back with Yosys and cut where one part hands its bits to the next: encoder,
gates, heads, argmax. Registers are then taken as wires, which is sound once every path from the
data port to an output is known to cross as many registers as the interface announces ("timing").
Every part is compared with a circuit made from the graph alone (``hdl.reference``): by the SAT
solver of ABC, which is part of Yosys, or as decision diagrams for the heads, whose sums are too
much for a SAT solver. Nets that a cut sees twice or as constants are so on both sides of it,
so the parts' proofs join to one of the whole.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hdl import abc, netlist, reference
from hdl.bdd import MAX_VARIABLES, Diagrams, TooLargeError
from hdl.interface import VERILOG, Interface
from hdl.netlist import Net, Netlist, WrongNetlistError
from hdl.verilog import TOP
from lilogic.errors import LilogicError
from lilogic.gates import XOR
from lilogic.graph import GateGraph
from lilogic.inference import node_values

Result = dict[str, Any]

_SAMPLES = 512
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
    tool = "Yosys with ABC; decision diagrams for the heads"
    proofs = _proofs(interface)
    parts: dict[str, Result]
    with tempfile.TemporaryDirectory(prefix="lilogic-") as scratch:
        try:
            design = netlist.read(folder / VERILOG, TOP, Path(scratch), timeout)
            tool = f"{design.tool} with ABC; decision diagrams for the heads"
            cuts = _cuts(graph, interface, design)
        except WrongNetlistError as error:
            wrong = {"status": "refuted", "reason": str(error), "seconds": 0.0}
            parts = dict.fromkeys(proofs, wrong)
        except LilogicError as error:
            parts = dict.fromkeys(proofs, _unproven(str(error)))
        else:
            job = _Job(graph, interface, design, cuts, Path(scratch), timeout)
            parts = {name: _timed(proof, job) for name, proof in proofs.items()}
    proven = all(result["status"] == "proven" for result in parts.values())
    parts["control"] = _unproven(_CONTROL)
    return {"tool": tool, "parts": parts, "proven": proven}


def _check_interface(graph: GateGraph, interface: Interface) -> None:
    if interface.classes != graph.n_classes:
        raise LilogicError(
            f"the Verilog has {interface.classes} classes, but the graph {graph.n_classes}"
        )
    inputs = graph.n_inputs
    if interface.data == "pixels" and graph.encoder is not None:
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
    if interface.data == "bits":
        return data
    if not graph.alive[: graph.n_inputs].any():
        # Amaranth leaves out an encoder that nothing reads.
        return ["0"] * graph.n_inputs
    return design.vector("core.encoder.bits", graph.n_inputs)


def _proofs(interface: Interface) -> dict[str, Callable[[_Job], Result]]:
    encoder = {"encoder": _encoder} if interface.data == "pixels" else {}
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
        raise WrongNetlistError("the Verilog encodes pixels, but the graph has no encoder")
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
    """Compare what drives ``outputs`` with a circuit over the same variables."""
    made = netlist.as_circuit(job.design, outputs, variables)
    if not len(names) == len(made.head_nodes) == len(expected.head_nodes):
        raise WrongNetlistError(f"there are {len(made.head_nodes)} outputs, not {len(names)}")
    if not names:
        return {"status": "proven", "reason": "there is nothing to compute"}
    found = _difference(made, expected, names, _samples(made.n_inputs))
    if found is not None:
        return found
    inputs = abc.find_difference(made, expected, job.folder, job.timeout)
    if inputs is None:
        return {"status": "proven"}
    found = _difference(made, expected, names, inputs)
    return found or _unproven("ABC found a counterexample that is none")


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
    """Every class in turn; classes whose heads are built alike share one proof."""
    graph, width = job.graph, job.interface.score_width
    lowest, highest = _representable(job.interface)
    bounds = graph.score_bounds()
    if bounds[0].min() < lowest or bounds[1].max() > highest:
        raise WrongNetlistError(f"{width} bits do not hold every score")
    deadline = time.monotonic() + job.timeout
    position = {node: i for i, node in enumerate(np.unique(graph.head_nodes).tolist())}
    proven: set[bytes] = set()
    for class_, head in enumerate(graph.heads):
        counted = [job.cuts.values[position[node]] for node in head.tolist()]
        scores = job.cuts.scores[class_ * width : (class_ + 1) * width]
        head_ = _Head.of(job.design, counted, scores, int(graph.offset[class_]))
        if head_.key in proven:
            continue
        wrong = head_.difference(deadline)
        if wrong is not None:
            made, expected = (int(values[0]) for values in head_.sums(wrong))
            return _refutation(
                f"the score of class {class_} is {made}, not {expected}, modulo {2**width}",
                wrong[0],
            )
        proven.add(head_.key)
    return {"status": "proven"}


def _representable(interface: Interface) -> tuple[int, int]:
    values = 2**interface.score_width
    return (-values // 2, values // 2 - 1) if interface.score_signed else (0, values - 1)


@dataclass(frozen=True)
class _Head:
    """One class: a circuit, and the weighted sum of its inputs that it should output."""

    circuit: GateGraph
    weights: npt.NDArray[np.int64]
    offset: int

    @classmethod
    def of(
        cls, design: Netlist, counted: Sequence[Net], scores: Sequence[Net], offset: int
    ) -> _Head:
        # Bits that are added early are next to each other, which keeps the diagrams small.
        variables = design.visited(scores, _variables(counted))
        times = Counter(counted)
        return cls(
            netlist.as_circuit(design, scores, variables),
            np.array([times[net] for net in variables], dtype=np.int64),
            offset + times["1"],
        )

    @property
    def key(self) -> bytes:
        """Equal for heads that are built alike."""
        circuit = self.circuit
        arrays = (circuit.op, circuit.a, circuit.b, circuit.head_nodes, self.weights)
        lengths = (circuit.n_inputs, circuit.n_gates, len(circuit.head_nodes), self.offset)
        return repr(lengths).encode() + b"".join(array.tobytes() for array in arrays)

    def difference(self, deadline: float) -> npt.NDArray[np.bool_] | None:
        """Inputs [1, n_inputs] on which the circuit is wrong, None where there are none."""
        samples = _samples(self.circuit.n_inputs)
        made, expected = self.sums(samples)
        if (made != expected).any():
            return samples[[np.argmax(made != expected)]]
        if len(self.weights) > MAX_VARIABLES:
            raise TooLargeError(f"a head counts more than {MAX_VARIABLES} different bits")
        diagrams = Diagrams(deadline - time.monotonic())
        for bit, root in enumerate(diagrams.outputs(self.circuit)):
            wrong = diagrams.apply(XOR, root, diagrams.sum_bit(self.weights, self.offset, bit))
            if wrong:
                inputs = np.zeros((1, self.circuit.n_inputs), dtype=bool)
                for variable, value in diagrams.assignment(wrong).items():
                    inputs[0, variable] = value
                return inputs
        return None

    def sums(
        self, inputs: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """What the circuit outputs for inputs [samples, n_inputs], and what it should."""
        outputs = node_values(self.circuit, inputs)[:, self.circuit.head_nodes].astype(np.int64)
        made = outputs @ (1 << np.arange(outputs.shape[1]))
        expected = self.offset + inputs[:, : len(self.weights)].astype(np.int64) @ self.weights
        return made, expected % (1 << outputs.shape[1])
