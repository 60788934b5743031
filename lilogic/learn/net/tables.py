"""Lookup tables: nodes of more than two wires that learn each entry of their truth table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from lilogic.graph.gates import A_AND_NOT_B, A_OR_NOT_B, AND, OR, XOR, A
from lilogic.learn.kernels import Kernel, reference
from lilogic.learn.kernels.reference import Gates, Tables
from lilogic.learn.net.nodes import PASS_THROUGH, NodeLayer, Relaxation
from lilogic.learn.windows import Rows

Bits = npt.NDArray[np.bool_]


class TableLayer(NodeLayer):
    """Nodes of 3 to 6 wires; each entry of a table is a soft choice between 0 and 1.

    Between the corners of its wires, a node is the multilinear interpolation of its entries. It
    freezes into two-input gates by Shannon's expansion. See ``NodeLayer``.
    """

    hard: Tables | None

    @property
    def n_entries(self) -> int:
        """Of a node's table."""
        return 1 << len(self.connect.logits)

    @property
    def n_unrolled(self) -> int:
        """See ``NodeLayer``: gates of the first two wires, and three for each multiplexer."""
        return self.n_outputs * (self.n_entries // 4 + 3 * (self.n_entries // 4 - 1))

    def _drawn(self, nodes: int, generator: torch.Generator | None = None) -> torch.Tensor:
        logits = torch.randn(nodes, self.n_entries, generator=generator)
        if self._passes:
            logits += PASS_THROUGH * (2.0 * (torch.arange(self.n_entries) % 2) - 1)
        return logits

    def _basis(self) -> npt.NDArray[np.int64]:
        return _subsets(len(self.connect.logits))

    def _coefficients(self, choose: Relaxation, factor: float) -> torch.Tensor:
        both = torch.stack([torch.zeros_like(self.logits), self.logits], -1)
        return choose(both, factor)[..., 1] @ self.basis

    def _hardened(self) -> Tables:
        places = self.n_outputs // self.n_nodes
        entries = torch.from_numpy(self._entries().repeat(places, 0))
        return Tables(entries, torch.from_numpy(self._reads()))

    def _compute_hard(self, x: torch.Tensor, kernel: Kernel) -> torch.Tensor:
        assert self.hard is not None
        return reference.tables(x, self.hard)

    def _keys(self, chosen: Rows) -> tuple[Rows, Bits]:
        entries = self._entries()
        is_constant: Bits = (entries == entries[:, :1]).all(1)
        return np.concatenate([entries.T, chosen]).astype(np.int64), is_constant

    def _unrolled(self, reads: Rows, n_rows: int) -> Gates:
        entries = self._entries().repeat(reads.shape[1] // self.n_nodes, 0)
        for wire, rows in enumerate(reads):
            # Where there is no row, entries are those of 0.
            is_set = np.arange(self.n_entries) >> wire & 1 == 1
            without = entries[:, np.arange(self.n_entries) & ~(1 << wire)]
            entries = np.where((rows < 0)[:, None] & is_set, without, entries)
        return expanded(entries, reads.clip(0), n_rows)

    def _entries(self) -> Bits:
        """bool [nodes, 2^wires]: the likelier entries."""
        entries: Bits = (self.logits > 0).cpu().numpy()
        return entries


def _subsets(wires: int) -> npt.NDArray[np.int64]:
    """int64 [entries, coefficients]: c_S = Σ_{e ⊆ S} (-1)^|S - e| t_e, as a matrix."""
    one = np.array([[1, -1], [0, 1]])
    matrix = np.ones((1, 1), np.int64)
    for _ in range(wires):
        matrix = np.kron(one, matrix)
    return matrix


def expanded(entries: Bits, rows: Rows, first: int) -> Gates:
    """Two-input gates for tables, by Shannon's expansion; the last ones are what tables make.

    Args:
        entries: bool [tables, 2^wires]; wire i is 1 where bit i of an entry's place is.
        rows: int64 [wires, tables], what wires read.
        first: the row of the first gate.
    """
    tables = len(entries)
    # [4, functions, tables], as the truth table of the first two wires has them.
    f00, f01, f10, f11 = entries.reshape(tables, -1, 4).astype(np.uint8).T[[0, 2, 1, 3]]
    op = f00 << 3 | f01 << 2 | f10 << 1 | f11
    shape = op.shape
    ops = [op.reshape(-1)]
    a = [np.broadcast_to(rows[0], shape).reshape(-1)]
    b = [np.broadcast_to(rows[1], shape).reshape(-1)]
    made, end = first + np.arange(op.size).reshape(shape), first + op.size
    values = entries.reshape(tables, len(op), 4).swapaxes(0, 1)
    for wire in rows[2:]:
        low, high = made[0::2], made[1::2]
        v0, v1 = values[0::2], values[1::2]
        select = np.broadcast_to(wire, low.shape)
        off = end + np.arange(low.size).reshape(low.shape)
        on = off + low.size
        made = on + low.size
        end += 3 * low.size
        # Where a half is constant, or both are the same or opposites, one gate will do.
        cases = [
            (v0 == v1).all(-1),
            (v0 != v1).all(-1),
            ~v0.any(-1),
            ~v1.any(-1),
            v0.all(-1),
            v1.all(-1),
        ]
        chosen = [
            (A, low, low),
            (XOR, low, select),
            (AND, high, select),
            (A_AND_NOT_B, low, select),
            (A_OR_NOT_B, high, select),
            (OR, low, select),
        ]
        ops += [np.full(low.size, A_AND_NOT_B), np.full(low.size, AND)]
        a += [low.reshape(-1), high.reshape(-1)]
        b += [select.reshape(-1), select.reshape(-1)]
        for column, at, default in ((ops, 0, OR), (a, 1, off), (b, 2, on)):
            picks = [np.broadcast_to(one[at], low.shape) for one in chosen]
            column.append(np.select(cases, picks, default).reshape(-1))
        values = np.concatenate([v0, v1], -1)
    return Gates.of(np.concatenate(ops), np.concatenate(a), np.concatenate(b))
