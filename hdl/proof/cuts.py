"""Where a netlist is cut: the nets at which one part hands its bits to the next.

They are found by the names of signals, of which nothing is believed: a wrong cut only leaves a
part unproven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import InputKind
from lilogic.hdl.proof import reference
from lilogic.hdl.proof.netlist import CONSTANTS, Net, Netlist


@dataclass(frozen=True)
class Cuts:
    """Nets between the parts."""

    data: list[Net]
    bits: list[Net]
    values: list[Net]
    scores: list[Net]
    outputs: list[Net]


@dataclass(frozen=True)
class Job:
    """What the proof of a part has at hand; ``folder`` is for scratch, ``timeout`` in seconds."""

    graph: GateGraph
    interface: Interface
    design: Netlist
    cuts: Cuts
    folder: Path
    timeout: float


def find(graph: GateGraph, interface: Interface, design: Netlist) -> Cuts:
    """The cuts of the netlist that ``graph`` was compiled to.

    Raises:
        FormatError: a signal is not there.
        WrongNetlistError: a signal is too narrow.
    """
    score_bits = interface.classes * interface.score_width
    data = design.vector(interface.data, interface.data_width)
    return Cuts(
        data=data,
        bits=input_bits(graph, interface, design, data),
        values=design.vector("core.heads.values", len(np.unique(graph.head_nodes))),
        scores=design.vector("core.heads.scores", score_bits),
        outputs=[
            *design.vector("index", interface.index_width),
            *design.vector("scores", score_bits),
        ],
    )


def input_bits(
    graph: GateGraph, interface: Interface, design: Netlist, data: list[Net]
) -> list[Net]:
    """The nets of the network's input bits; some that are of no use may be constants."""
    if interface.data is InputKind.BITS:
        return data
    assert graph.encoder is not None
    is_one, is_zero = always(graph.encoder)
    if not (graph.alive[: graph.n_inputs] & ~is_one & ~is_zero).any():
        # Amaranth leaves out an encoder that nothing reads, or that has nothing to compare.
        constants: list[Net] = np.where(is_one, "1", "0").tolist()
        return constants
    return design.vector("core.encoder.bits", graph.n_inputs)


def always(encoder: Encoder) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which bits are 1, and which 0, for every sample, because of their thresholds."""
    most = encoder.highest[encoder.feature]
    spread = most - encoder.lowest
    lowest = np.where(encoder.subtracts, -spread, encoder.lowest)
    highest = np.where(encoder.subtracts, spread, most)
    return encoder.threshold < lowest, encoder.threshold >= highest


def variables_of(nets: Sequence[Net]) -> list[Net]:
    """The distinct nets that are no constants."""
    return [net for net in dict.fromkeys(nets) if net not in CONSTANTS]


def sources_of(nets: Sequence[Net], variables: Sequence[Net]) -> list[int]:
    """For each net the place of its variable, or the constant it is."""
    place: dict[Net, int] = {"0": reference.ZERO, "1": reference.ONE}
    place |= {net: number for number, net in enumerate(variables)}
    return [place[net] for net in nets]
