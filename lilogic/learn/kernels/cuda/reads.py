"""Which rows nodes read, on the device, and the same read backwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch

from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows


@dataclass(frozen=True, eq=False)
class Reads:
    """The rows that the wires of a layer's nodes read.

    Attributes:
        rows: int32 [wires, nodes, K], contiguous; -1 for none. Or [1, nodes, K] where all wires of
            a node read the same.
        wires: how many a node has.
        n_inputs: how many rows there are.
        n_data: how many of them, from the first, get no gradient.
        places: how many nodes behind each other share their weights.
    """

    rows: torch.Tensor
    wires: int
    n_inputs: int
    n_data: int
    places: int

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return self.rows.shape[1]

    @property
    def is_shared(self) -> bool:
        """Whether all wires of a node read the same rows."""
        return len(self.rows) == 1

    @cached_property
    def readers(self) -> Readers:
        """The reads transposed."""
        flat = self.rows.expand(self.wires, -1, -1).reshape(-1)
        counts = torch.bincount(flat + 1, minlength=self.n_inputs + 1)
        # What reads nothing comes first.
        first = self.n_data + 1
        ends, counts = counts.cumsum(0)[first:], counts[first:]
        parts = -(-counts // _PART).clamp(max=-1)
        part_ends = parts.cumsum(0)
        row = torch.arange(len(counts), device=flat.device).repeat_interleave(parts)
        number = torch.arange(len(row), device=flat.device) - (part_ends - parts)[row]
        start = (ends - counts)[row] + _PART * number
        end = torch.minimum(start + _PART, ends[row])
        is_cut = parts > 1
        # Parts of rows that are cut stand behind all rows.
        place = self.n_inputs + is_cut[row].cumsum(0) - 1
        into = torch.where(is_cut[row], place, self.n_data + row)
        cut = torch.nonzero(is_cut)[:, 0]
        last = self.n_inputs + parts[cut].cumsum(0)
        slots = flat.argsort(stable=True)
        made = torch.stack([start, end, into])
        cuts = torch.stack([self.n_data + cut, last - parts[cut], last])
        behind = len(row) - len(counts) + len(cut)
        return Readers(slots.to(torch.int32), made.to(torch.int32), cuts.to(torch.int32), behind)


class Readers(NamedTuple):
    """The reads transposed: what reads each row from ``n_data`` on, as a CSR matrix.

    Rows that many read are cut into parts, so that none takes much longer than the others.

    Attributes:
        slots: int32 [wires · nodes · K], positions in the flattened rows, in the order of what they
            read.
        parts: int32 [3, parts]: entries ``start : end`` of ``slots`` read one row, whose gradient
            is ``into``: the row itself, or one of those behind all rows that make it up.
        cut: int32 [3, rows that are cut]: the row, and from where to where its parts stand.
        n_behind: how many rows stand behind all others.
    """

    slots: torch.Tensor
    parts: torch.Tensor
    cut: torch.Tensor
    n_behind: int


def of_wiring(wiring: Wiring) -> Reads:
    """The reads of a layer whose nodes stand once each; made once a wiring."""
    if wiring not in _OF_WIRINGS:
        rows = wiring.candidates.to(torch.int32).contiguous()
        _OF_WIRINGS[wiring] = Reads(rows, len(rows), wiring.n_inputs, wiring.n_data, 1)
    return _OF_WIRINGS[wiring]


def of_windows(
    windows: Windows, candidates: torch.Tensor | None, weights: torch.Tensor, n_inputs: int
) -> Reads:
    """The reads of filters at all their places; made again when candidates change.

    Args:
        windows: as in ``reference.convolution``.
        candidates: likewise; None for all positions.
        weights: likewise.
        n_inputs: how many rows there are.
    """
    # A tensor that is overwritten is another one.
    version = None if candidates is None else (id(candidates), candidates._version)
    key = weights.shape, weights.device, n_inputs, version
    known = _OF_WINDOWS.setdefault(windows, {})
    is_all = candidates is None
    if is_all not in known or known[is_all].key != key:
        reads = _unrolled(windows, candidates, weights, n_inputs)
        known[is_all] = _Known(key, candidates, reads)
    return known[is_all].reads


class _Known(NamedTuple):
    """Reads that were made, and of what; the candidates stay, so that no others get their id."""

    key: tuple[object, ...]
    candidates: torch.Tensor | None
    reads: Reads


def _unrolled(
    windows: Windows, candidates: torch.Tensor | None, weights: torch.Tensor, n_inputs: int
) -> Reads:
    """The reads of filters, of which each stands at all its places, one behind the other."""
    wires, filters, device = *weights.shape[:2], weights.device
    # [sets, places, positions], and of each filter its set's.
    table = torch.tensor(windows.rows, dtype=torch.int32, device=device).swapaxes(1, 2)
    own = torch.from_numpy(windows.sets(filters)).to(device)
    seen = table[own][None]
    if candidates is not None:
        every = candidates[:, :, None].expand(-1, -1, windows.n_places, -1)
        seen = seen.expand(wires, -1, -1, -1).gather(3, every)
    rows = seen.reshape(len(seen), filters * windows.n_places, -1).contiguous()
    return Reads(rows, wires, n_inputs, 0, windows.n_places)


_PART = 64
"""So many reads of a row are summed by one program."""

_OF_WIRINGS: WeakKeyDictionary[Wiring, Reads] = WeakKeyDictionary()
_OF_WINDOWS: WeakKeyDictionary[Windows, dict[bool, _Known]] = WeakKeyDictionary()
"""Apart for all positions, whose reads stay the same."""
