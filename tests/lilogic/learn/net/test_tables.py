"""Lookup tables: they interpolate, and freeze into gates that compute them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.learn import kernels
from lilogic.learn.net.arrangement import Dense
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.tables import TableLayer, expanded
from lilogic.learn.net.wires import TopKConnect

KERNEL = kernels.KERNELS["reference"]


def layer(wires: int, nodes: int, n_inputs: int = 8, k: int = 1, **options: str) -> TableLayer:
    generator = torch.Generator().manual_seed(0)
    connect = TopKConnect(n_inputs, nodes, k, generator, wires=wires)
    return TableLayer(Dense(n_inputs), connect, generator, **options)


def corners(wires: int) -> torch.Tensor:
    """Float [wires, 2^wires]: the wires at each entry of a table."""
    return torch.from_numpy(np.arange(2**wires) >> np.arange(wires)[:, None] & 1).float()


@pytest.mark.parametrize("wires", [3, 6])
def test_at_corners_a_node_is_its_entry_and_between_them_their_mean(wires: int) -> None:
    nodes = layer(wires, 5, wires)
    nodes.connect.candidates = torch.arange(wires)[:, None, None].expand(wires, 5, 1).clone()
    with torch.no_grad():
        y = nodes(corners(wires), Sharpness(), KERNEL)
        torch.testing.assert_close(y, nodes.logits.sigmoid(), rtol=1e-4, atol=1e-5)
        middle = nodes(torch.full((wires, 1), 0.5), Sharpness(), KERNEL)
        torch.testing.assert_close(middle[:, 0], nodes.logits.sigmoid().mean(1))


def test_pass_through_repeats_the_first_wire() -> None:
    nodes = layer(4, 200, 4, initial="pass-through")
    nodes.connect.candidates = torch.arange(4)[:, None, None].expand(4, 200, 1).clone()
    with torch.no_grad():
        y = nodes(corners(4), Sharpness(math.inf, math.inf), KERNEL)
    assert (y == corners(4)[0]).float().mean() > 0.99


@given(st.data())
def test_tables_expand_into_gates_that_compute_them(data: st.DataObject) -> None:
    wires = data.draw(st.integers(3, 6))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    tables = data.draw(st.integers(1, 5))
    # Few different halves, so that all the ways to save a gate come up.
    share = data.draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    entries = random.random((tables, 2**wires)) < share
    for wire in range(wires):
        flipped = entries[:, np.arange(2**wires) ^ (1 << wire)]
        kind = random.integers(0, 4, (tables, 1))
        is_set = np.arange(2**wires) >> wire & 1 == 1
        entries = np.where((kind == 1) & is_set, flipped, entries)
        entries = np.where((kind == 2) & is_set, ~flipped, entries)
    rows = random.integers(0, 9, (wires, tables))
    op, a, b = (tensor.numpy() for tensor in expanded(entries, rows, 9))
    last = np.arange(9 + len(op) - tables, 9 + len(op))
    graph = GateGraph(
        n_inputs=9,
        op=op,
        a=a.astype(np.int32),
        b=b.astype(np.int32),
        head_nodes=last.astype(np.int32),
        head_ptr=np.arange(tables + 1, dtype=np.int32),
        offset=np.zeros(tables, np.int32),
    )
    x = random.random((200, 9)) < 0.5
    entry = (x[:, rows].astype(int) << np.arange(wires)[:, None]).sum(1)  # [samples, tables]
    expected = entries[np.arange(tables), entry]
    assert (golden.scores(graph, x) == expected).all()
    assert (golden.scores(passes.simplify(graph), x) == expected).all()


def test_a_table_that_is_a_multiplexer_costs_three_gates_and_a_parity_five() -> None:
    place = np.arange(64)
    select = place >> 5 & 1
    multiplexer = np.where(select, place >> 1 & 1, place & 1)
    parity = np.bitwise_xor.reduce([place >> wire & 1 for wire in range(6)])
    for entries, gates in ((multiplexer, 3), (parity, 5)):
        op, a, b = (
            tensor.numpy() for tensor in expanded(entries[None] == 1, np.arange(6)[:, None], 6)
        )
        graph = GateGraph(
            n_inputs=6,
            op=op,
            a=a.astype(np.int32),
            b=b.astype(np.int32),
            head_nodes=np.array([5 + len(op)], np.int32),
            head_ptr=np.array([0, 1], np.int32),
            offset=np.zeros(1, np.int32),
        )
        assert passes.simplify(graph).n_gates == gates


def test_constant_and_repeated_tables_are_drawn_anew() -> None:
    nodes = layer(3, 6)
    with torch.no_grad():
        nodes.logits[0] = 1.0
        nodes.logits[4] = nodes.logits[3]
        nodes.connect.candidates[:, 4] = nodes.connect.candidates[:, 3]
        nodes.logits[5] = nodes.logits[3]
    found = nodes.repeated().tolist()
    assert found == [True, False, False, False, True, False]
    before = nodes.logits.detach().clone()
    nodes.redraw(torch.tensor(found))
    assert (nodes.logits != before).any(1).tolist() == found
