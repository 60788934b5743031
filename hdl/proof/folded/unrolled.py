"""A folded classifier as one that works at once, which is what the proofs of its parts are about.

What happens to one sample is followed from the cycle in which it is taken (cycle 0) to the one in
which its answer is due. Before, beside and after it there may be other samples, or none: whatever
depends on these is unknown. Counting registers hold what all states agree on that are possible so
many cycles after a sample was taken (``sequence``), and reset is low, as it ends a sample. Where a
part hands on its bits in several cycles, such as a class's score, the cut is through each of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.proof import cuts
from lilogic.hdl.proof.cuts import Cuts
from lilogic.hdl.proof.folded import sequence
from lilogic.hdl.proof.folded.sequence import Sequence, State
from lilogic.hdl.proof.folded.trace import Trace
from lilogic.hdl.proof.heads import LEVELS
from lilogic.hdl.proof.netlist import CONSTANTS, Net, Netlist, WrongNetlistError


def unroll(graph: GateGraph, interface: Interface, design: Netlist) -> tuple[Netlist, Cuts]:
    """The circuit from a sample to its answer, and where its parts meet.

    Raises:
        FormatError: a signal is not there.
        WrongNetlistError: samples are not taken as the interface says, or answers do not come when
            it says; or a signal is too narrow.
    """
    data = design.vector(interface.data, interface.data_width)
    control = sequence.find(design, interface.interval, interface.latency)
    _check_answers(interface, design, control)
    trace = _of_a_sample(design, data, control)
    latency, score = interface.latency, interface.score_width

    def ages(flag: str) -> list[int]:
        """When a flag is surely high."""
        (net,) = design.vector(flag, 1)
        return [age for age in range(latency + 1) if trace.value(net, age) == "1"]

    arrived, counted = ages("core.heads.load"), ages("core.argmax.valid")
    if not arrived or not counted:
        raise WrongNetlistError("the nodes of a sample are never counted")
    values = design.vector("core.heads.values", len(np.unique(graph.head_nodes)))
    lanes = -(-interface.classes // len(counted))
    scores = design.vector("core.heads.scores", lanes * score)
    outputs = [
        *design.vector("index", interface.index_width),
        *design.vector("scores", interface.classes * score),
    ]
    found = Cuts(
        data=data,
        bits=_bits(graph, interface, design, data, trace),
        values=[trace.value(net, arrived[0]) for net in values],
        scores=[trace.value(net, age) for age in counted for net in scores][
            : interface.classes * score
        ],
        outputs=[trace.value(net, latency) for net in outputs],
    )
    wires = {interface.data: data} | _levels(design, trace)
    return replace(design, driver=trace.made, wires=wires), found


def _of_a_sample(design: Netlist, data: list[Net], control: Sequence) -> Trace:
    (valid,), (ready,) = design.vector("valid_in", 1), design.vector("ready", 1)
    (reset,) = design.vector("rst", 1)
    at_entry: dict[Net, Net] = {net: net for net in data} | {valid: "1", ready: "1"}
    known = [control.known(age) for age in range(len(control.ages))]

    def given(net: Net, age: int) -> Net | None:
        if net == reset:
            return "0"
        if age == 0 and net in at_entry:
            return at_entry[net]
        return known[age].get(net) if 0 <= age < len(known) else None

    return Trace(design, given)


def _check_answers(interface: Interface, design: Netlist, control: Sequence) -> None:
    """``valid_out`` is high ``latency`` cycles after a sample was taken, and only then.

    It must be a function of the last step of a sample, some cycles ago, and of no reset since.
    """
    (answer,) = design.vector("valid_out", 1)
    (reset,) = design.vector("rst", 1)
    since = interface.latency - control.interval

    def answered(state: State, reset_in: int | None) -> Net:
        holds = dict(zip(control.registers, map(str, state), strict=True))

        def given(net: Net, cycle: int) -> Net | None:
            if net == reset:
                return str(int(cycle == reset_in))
            return holds.get(net) if cycle == 0 else None

        return Trace(design, given).value(answer, since)

    for state in control.states:
        due = state in control.last
        if answered(state, None) != str(int(due)):
            raise WrongNetlistError(
                f"{interface.latency} cycles after a sample was taken there is no answer"
                if due
                else "there is an answer where no sample was taken"
            )
    for state in control.last:
        if any(answered(state, cycle) != "0" for cycle in range(since)):
            raise WrongNetlistError("there is an answer to a sample that a reset cancelled")


def _bits(
    graph: GateGraph, interface: Interface, design: Netlist, data: list[Net], trace: Trace
) -> list[Net]:
    """The input bits, in the first cycle in which they are this sample's."""
    nets = cuts.input_bits(graph, interface, design, data)
    used = np.flatnonzero(graph.alive[: graph.n_inputs]).tolist()
    known = {*CONSTANTS, *data}
    for age in range(interface.latency):
        found = [trace.value(net, age) for net in nets]
        if all(found[bit] in known or found[bit] in trace.made for bit in used):
            return found
    raise WrongNetlistError("the encoder's bits never match a sample")


def _levels(design: Netlist, trace: Trace) -> dict[str, list[Net]]:
    """The signals in which sums may be cut, as they are in all cycles."""
    wanted = design.signals(LEVELS)
    found = [value for net, _, value in trace.seen() if net in wanted]
    return {"core.heads.lane0_1": [*dict.fromkeys(found)]}
