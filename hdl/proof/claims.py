"""What a part of a netlist should compute, and what is said of it where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lilogic.errors import LilogicError
from lilogic.graph import Circuit
from lilogic.hdl import vectors
from lilogic.hdl.components.interface import unpack
from lilogic.hdl.proof import abc, netlist, reference
from lilogic.hdl.proof.cuts import Job
from lilogic.hdl.proof.netlist import Net, WrongNetlistError
from lilogic.infer import golden
from lilogic.report.models.mismatch import Answer, Sample
from lilogic.report.models.proof import Counterexample, PartResult, WrongGate

Bits = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

_AT_ONCE = 512
"""Samples that a netlist is evaluated for."""

_HARMLESS = "the class and the scores are right all the same"
_UNKNOWN = "no sample was found that brings it about"


@dataclass(frozen=True)
class Item:
    """A number that a part puts out.

    Attributes:
        name: for people.
        nets: its bits, lowest first.
        classes: those that it counts for.
        signed: whether it is in two's complement.
    """

    name: str
    nets: Sequence[Net]
    classes: Sequence[int] = ()
    signed: bool = False


@dataclass(frozen=True)
class Claim:
    """That items are a certain function of the nets ``variables``.

    Attributes:
        items: what is put out.
        variables: what it depends on; they differ, and none is a constant.
        expected: int64 [samples, items] of bool [samples, variables].
        wrong_gate: the gate to blame, by the bool [variables] and the numbers [items] they give.
    """

    items: Sequence[Item]
    variables: Sequence[Net]
    expected: Callable[[Bits], Numbers]
    wrong_gate: Callable[[Bits, Numbers], WrongGate | None] = lambda inputs, got: None

    @property
    def nets(self) -> list[Net]:
        """The bits of all items, one after the other."""
        return [net for item in self.items for net in item.nets]

    def numbers(self, digits: Bits) -> Numbers:
        """int64 [samples, items] of the values of ``nets``, bool [samples, nets]."""
        return numbers(digits, self.items)


def numbers(digits: Bits, items: Sequence[Item]) -> Numbers:
    """int64 [samples, items] of the items' bits, bool [samples, all bits]."""
    found = np.zeros((len(digits), len(items)), dtype=np.int64)
    start = 0
    for place, item in enumerate(items):
        width = len(item.nets)
        weights = 1 << np.arange(width, dtype=np.int64)
        if item.signed and width:
            weights[-1] = -weights[-1]
        found[:, place] = digits[:, start : start + width].astype(np.int64) @ weights
        start += width
    return found


def evaluated(circuit: Circuit, inputs: Bits) -> Bits:
    """bool [samples, outputs] of inputs; a circuit of none has one that it does not read."""
    unread = np.zeros((len(inputs), circuit.n_inputs - inputs.shape[1]), dtype=bool)
    return golden.outputs(circuit, np.hstack([inputs, unread]))


def refuted(job: Job, claim: Claim, inputs: Bits) -> PartResult:
    """What is said of a part whose claim is wrong for ``inputs``, bool [variables].

    A sample is looked for that brings it about, for which the Verilog's answer is wrong, too; what
    is said is then what happens for that sample.
    """
    found, remark = _sample(job, claim, inputs)
    if found is not None:
        circuit = netlist.as_circuit(job.design, claim.variables, job.cuts.data)
        inputs = golden.outputs(circuit, found[None])[0]
    made = netlist.as_circuit(job.design, claim.nets, claim.variables)
    got = claim.numbers(evaluated(made, inputs[None]))[0]
    expected = claim.expected(inputs[None])[0]
    place = int(np.flatnonzero(got != expected)[0])
    item = claim.items[place]
    return PartResult(
        status="refuted",
        counterexample=Counterexample(
            where=item.name,
            classes=list(item.classes),
            expected=int(expected[place]),
            got=int(got[place]),
            gate=claim.wrong_gate(inputs, got),
            inputs=_hexadecimal(inputs),
            sample=None if found is None else _described(job, found),
            remark=remark,
        ),
    )


def answers(job: Job) -> list[Item]:
    """The index and the scores that the Verilog puts out."""
    first, outputs = job.interface.index_width, job.cuts.outputs
    return [Item("the index", outputs[:first]), *scores(job, outputs[first:])]


def scores(job: Job, nets: Sequence[Net]) -> list[Item]:
    """The scores of all classes, whose bits are ``nets``."""
    width, signed = job.interface.score_width, job.interface.score_signed
    return [
        Item(
            f"the score of class {class_}",
            nets[class_ * width : (class_ + 1) * width],
            [class_],
            signed,
        )
        for class_ in range(job.interface.classes)
    ]


def _sample(job: Job, claim: Claim, inputs: Bits) -> tuple[Bits | None, str | None]:
    """What stands on the data input where a claim is wrong, if that is found, and a remark."""
    try:
        whole = netlist.as_circuit(
            job.design, [*claim.nets, *claim.variables, *job.cuts.outputs], job.cuts.data
        )
    except WrongNetlistError as error:
        return None, str(error)
    ends = np.cumsum([len(claim.nets), len(claim.variables)])
    harmless = None
    for samples in _candidates(job, claim, inputs):
        made, read, answered = np.split(golden.outputs(whole, samples), ends, axis=1)
        wrong = (claim.numbers(made) != claim.expected(read)).any(axis=1)
        shown = wrong & (numbers(answered, answers(job)) != _software(job, samples)).any(axis=1)
        if shown.any():
            return samples[np.argmax(shown)], None
        if harmless is None and wrong.any():
            harmless = samples[np.argmax(wrong)]
    return harmless, _UNKNOWN if harmless is None else _HARMLESS


def _candidates(job: Job, claim: Claim, inputs: Bits) -> Iterator[Bits]:
    """Samples to try, bool [samples, data width]: the likeliest first."""
    data = {net: place for place, net in enumerate(job.cuts.data)}
    if all(net in data for net in claim.variables):
        own = np.zeros((1, len(data)), dtype=bool)
        own[0, [data[net] for net in claim.variables]] = inputs
        yield own
    made = vectors.make(job.graph, job.interface)
    for start in range(0, len(made), _AT_ONCE):
        chunk = made.data[start : start + _AT_ONCE]
        yield np.unpackbits(chunk, axis=1, count=made.data_width, bitorder="little").astype(bool)
    whole = netlist.as_circuit(job.design, job.cuts.outputs, job.cuts.data)
    expected = reference.classifier(job.graph, job.interface)
    with suppress(LilogicError):
        solved = abc.find_difference(whole, expected, job.folder, job.timeout)
        if solved is not None:
            yield solved


def _software(job: Job, samples: Bits) -> Numbers:
    """int64 [samples, 1 + classes]: what software answers to what stands on the data input."""
    right = golden.scores(job.graph, unpack(job.graph, job.interface.data, samples))
    return np.column_stack([golden.classify(right), right]).astype(np.int64)


def _described(job: Job, sample: Bits) -> Sample:
    made = netlist.as_circuit(job.design, job.cuts.outputs, job.cuts.data)
    got = numbers(golden.outputs(made, sample[None]), answers(job))[0].tolist()
    expected = _software(job, sample[None])[0].tolist()
    return Sample(
        data=job.interface.data.value,
        width=len(sample),
        inputs=_hexadecimal(sample),
        expected=Answer(index=expected[0], scores=expected[1:]),
        got=Answer(index=got[0], scores=got[1:]),
    )


def _hexadecimal(bits: Bits) -> str:
    return np.packbits(bits, bitorder="little")[::-1].tobytes().hex()
