"""Wires: candidates start evenly, are regrown where the loss falls most, and are pruned."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lilogic.learn import kernels
from lilogic.learn.net import wires
from lilogic.learn.net.arrangement import Dense, Taps
from lilogic.learn.net.nodes import GateLayer, sharpened
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.wires import Gains, TopKConnect
from tests.lilogic.learn import there

KERNELS = list(there.KERNELS.values())
SOFT = Sharpness()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("n_inputs", "gates", "k"), [(20, 30, 4), (7, 5, 6), (64, 50, 16)])
def test_every_input_starts_as_often_as_any_other(n_inputs: int, gates: int, k: int) -> None:
    connect = TopKConnect(n_inputs, gates, k, generator())
    assert connect.candidates is not None
    assert connect.candidates.shape == connect.logits.shape == (2, gates, k)
    counts = torch.bincount(connect.candidates.flatten(), minlength=n_inputs)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("k", [10, 11, 100])
def test_k_of_all_inputs_is_the_dense_connection(k: int) -> None:
    connect = TopKConnect(10, 4, k, generator())
    assert connect.candidates is None
    assert connect.wiring is None
    assert connect.logits.shape == (2, 4, 10)
    assert torch.equal(connect.chosen(), connect.logits.argmax(-1))
    assert connect.regrow(torch.rand(10, 3), torch.rand(2, 4, 3), 0.5) is None


def distinct_connect(n_inputs: int, gates: int, k: int, seed: int = 0) -> TopKConnect:
    """A connection none of whose wires has a candidate twice."""
    source = generator(seed)
    connect = TopKConnect(n_inputs, gates, k, source)
    order = torch.rand(2, gates, n_inputs, generator=source).argsort(-1)
    connect.candidates = order[..., :k].contiguous()
    return connect


def gains(x: torch.Tensor, gradient: torch.Tensor) -> Gains:
    """What the rows of a layer's inputs gain, by the gradient of its wires."""
    return lambda gates, rows: -(gradient[:, gates] @ x[rows].T)


@pytest.mark.parametrize(
    ("n_inputs", "k", "share", "replaced"),
    [
        (40, 8, 0.25, 2),
        (40, 8, 0.99, 7),
        (40, 5, 0.5, 2),
        (9, 8, 0.9, 1),
        (40, 1, 0.9, 0),
        (40, 2, 0.2, 1),
    ],
)
def test_regrow_replaces_the_weakest_by_the_rows_that_lower_the_loss_most(
    n_inputs: int, k: int, share: float, replaced: int
) -> None:
    connect = distinct_connect(n_inputs, 6, k)
    x = torch.rand(n_inputs, 30, generator=generator(1))
    gradient = torch.randn(2, 6, 30, generator=generator(2))
    candidates, logits = connect.candidates.clone(), connect.logits.detach().clone()
    positions = connect.regrow(gains(x, gradient), share)
    if not replaced:
        assert positions is None
        assert torch.equal(connect.candidates, candidates)
        assert torch.equal(connect.logits, logits)
        return
    assert positions.shape == (2, 6, replaced)
    assert connect.candidates.shape == connect.logits.shape == (2, 6, k)
    assert connect.candidates.dtype == torch.int64
    for side in range(2):
        for gate in range(6):
            old, new = candidates[side, gate].tolist(), connect.candidates[side, gate].tolist()
            strength = logits[side, gate].tolist()
            weakest = sorted(range(k), key=lambda i, s=strength: s[i])[:replaced]
            assert sorted(positions[side, gate].tolist()) == sorted(weakest)
            slopes = (x @ gradient[side, gate]).tolist()
            outside = [row for row in range(n_inputs) if row not in old]
            best = sorted(outside, key=lambda row, s=slopes: s[row])[:replaced]
            assert {new[i] for i in weakest} == set(best)
            assert len(set(new)) == k
            for i in range(k):
                if i not in weakest:
                    assert new[i] == old[i]
                    assert connect.logits[side, gate, i] == logits[side, gate, i]
                else:
                    mean = logits[side, gate].mean()
                    torch.testing.assert_close(connect.logits[side, gate, i].detach(), mean)


def test_regrow_does_the_same_some_gates_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(40, 30, generator=generator(1))
    gradient = torch.randn(2, 7, 30, generator=generator(2))
    found = []
    for block in (wires._BLOCK, 2 * 40 * 3, 1):
        monkeypatch.setattr(wires, "_BLOCK", block)
        connect = distinct_connect(40, 7, 8)
        connect.regrow(gains(x, gradient), 0.5)
        found.append(connect.candidates)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_regrow_takes_in_only_the_given_rows() -> None:
    connect = distinct_connect(40, 6, 8)
    before = connect.candidates.clone()
    x = torch.rand(40, 30, generator=generator(1))
    gradient = torch.randn(2, 6, 30, generator=generator(2))
    rows = torch.randperm(40, generator=generator(3))[:20]
    positions = connect.regrow(gains(x, gradient), 0.5, rows)
    taken = connect.candidates.gather(-1, positions)
    each = zip(before.view(12, 8), taken.view(12, 4), gradient.view(12, 30), strict=True)
    for wire, found, slope in each:
        slopes = x @ slope
        allowed = [row for row in rows.tolist() if row not in wire.tolist()]
        best = sorted(allowed, key=lambda row, s=slopes: float(s[row]))[:4]
        assert set(found.tolist()) == set(best)


def test_regrow_replaces_nothing_where_too_few_rows_are_given() -> None:
    connect = distinct_connect(40, 6, 8)
    x, gradient = torch.rand(40, 30), torch.randn(2, 6, 30)
    assert connect.regrow(gains(x, gradient), 0.5, torch.arange(8)) is None


def test_what_regrow_takes_in_has_the_steepest_slope_in_the_dense_connection() -> None:
    connect = distinct_connect(30, 8, 6)
    layer = GateLayer(Dense(30), connect, generator(1))
    x = torch.rand(30, 40, generator=generator(2))
    target = torch.rand(8, 40, generator=generator(3))
    taps: Taps = []
    y = layer(x, SOFT, kernels.KERNELS["cpu"], taps)
    ((y - target) ** 2).sum().backward()

    old = connect.candidates.clone()
    weights = torch.zeros(2, 8, 30).scatter_(-1, old, connect.logits.detach().softmax(-1))
    weights.requires_grad_()
    mixture = sharpened(layer.logits.detach(), 1.0) @ layer.basis
    dense = kernels.KERNELS["reference"].layer(x, None, weights, mixture, None)
    ((dense - target) ** 2).sum().backward()

    slopes = weights.grad.scatter(-1, old, math.inf)
    ((tapped, gained),) = taps
    assert tapped is connect
    positions = connect.regrow(gained, 0.34)
    taken = connect.candidates.gather(-1, positions)
    assert torch.equal(taken.sort(-1).values, slopes.argsort(-1)[..., :2].sort(-1).values)


@given(st.integers(2, 12), st.data())
def test_regrowing_again_and_again_never_gives_a_wire_one_row_twice(
    n_inputs: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, n_inputs - 1))
    share = data.draw(st.floats(0, 0.99))
    connect = distinct_connect(n_inputs, 3, k, data.draw(st.integers(0, 99)))
    for seed in range(4):
        source = generator(seed)
        x = torch.rand(n_inputs, 5, generator=source)
        connect.regrow(gains(x, torch.randn(2, 3, 5, generator=source)), share)
        assert connect.candidates.shape == (2, 3, k)
        assert (connect.candidates.sort(-1).values.diff() > 0).all()
        assert connect.candidates.min() >= 0
        assert connect.candidates.max() < n_inputs


def test_regrowing_does_not_touch_the_strongest_candidate() -> None:
    connect = distinct_connect(40, 20, 8)
    before = connect.chosen()
    source = generator(5)
    x = torch.rand(40, 16, generator=source)
    connect.regrow(gains(x, torch.randn(2, 20, 16, generator=source)), 0.9)
    assert torch.equal(connect.chosen(), before)


@pytest.mark.parametrize("k", [6, 40])
def test_prune_keeps_the_likeliest_candidates(k: int) -> None:
    connect = TopKConnect(40, 5, k, generator())
    candidates = torch.arange(40) if connect.candidates is None else connect.candidates
    before = candidates.expand(2, 5, -1).gather(-1, connect.logits.argsort(-1, descending=True))
    logits = connect.logits.detach().clone()
    chosen = connect.chosen()
    kept = connect.prune(3)
    assert torch.equal(connect.candidates, before[..., :3])
    assert torch.equal(connect.logits.detach(), logits.gather(-1, kept))
    assert connect.prune(3) is None
    connect.prune(1)
    assert torch.equal(connect.chosen(), chosen)
    assert torch.equal(connect.candidates[..., 0], chosen)


def change_by_regrowing(connect: TopKConnect) -> None:
    connect.regrow(gains(torch.rand(20, 8), torch.randn(2, 6, 8)), 0.5)


def change_by_pruning(connect: TopKConnect) -> None:
    connect.prune(2)


def change_by_loading(connect: TopKConnect) -> None:
    connect.load_state_dict(TopKConnect(20, 6, 5, generator(9)).state_dict())


@pytest.mark.parametrize("change", [change_by_regrowing, change_by_pruning, change_by_loading])
def test_kernels_see_changed_candidates_in_both_directions(
    change: Callable[[TopKConnect], None],
) -> None:
    connect = TopKConnect(20, 6, 5, generator())
    assert connect.wiring is not None
    assert connect.wiring is connect.wiring  # made once
    stale = connect.wiring.rows.copy(), connect.wiring.readers
    change(connect)
    assert connect.wiring.rows.tolist() != stale[0].tolist()
    layer = GateLayer(Dense(20), connect, generator(1))
    results = []
    for kernel in KERNELS:
        x = torch.rand(20, 7, generator=generator(2)).requires_grad_()
        y = layer(x, SOFT, kernel)
        y.sum().backward()
        results.append((y.detach(), x.grad))
    for found in results[1:]:
        torch.testing.assert_close(found, results[0])
