"""What each bit of an encoder costs, for training to weigh."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.cost.comparisons import encoded
from lilogic.cost.netlist import Carry, Netlist
from lilogic.data.encoder import Encoder
from lilogic.graph.gates import FALSE


def gates(encoder: Encoder) -> npt.NDArray[np.float32]:
    """float32 [bits]: gates of two inputs that each bit takes alone; 0 where it is a wire."""
    kinds = np.stack(
        [encoder.threshold, encoder.subtracts, encoder.widths[encoder.feature]], axis=1
    )
    _, first, kind = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
    costs = np.empty(len(first), dtype=np.float32)
    for place, bit in enumerate(first):
        net = Netlist(Carry.GATES)
        encoded(net, encoder, np.array([bit]))
        costs[place] = (net.op != FALSE).sum()
    return costs[kind.reshape(-1)]
