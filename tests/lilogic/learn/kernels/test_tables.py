"""Nodes of more than two wires: multilinear between their corners, and the same in every kernel."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import DataError
from lilogic.learn.kernels import reference
from lilogic.learn.kernels.reference import Tables
from lilogic.learn.kernels.wiring import Wiring
from tests.lilogic.learn import there

EXACT = {"rtol": 1e-11, "atol": 1e-11}


def problem(
    wires: int, nodes: int, k: int, batch: int, n_data: int = 0, n_inputs: int = 20, seed: int = 0
) -> tuple[Any, ...]:
    """x, wiring, weights and coefficients in float64."""
    generator = torch.Generator().manual_seed(seed)
    candidates = torch.randint(n_inputs, (wires, nodes, k), generator=generator)
    x = torch.rand(n_inputs, batch, generator=generator, dtype=torch.float64)
    weights = torch.rand(wires, nodes, k, generator=generator, dtype=torch.float64).softmax(-1)
    coefficients = torch.randn(nodes, 2**wires, generator=generator, dtype=torch.float64)
    return x, Wiring(n_inputs, candidates, n_data), weights, coefficients


def solve(layer: Any, case: tuple[Any, ...]) -> list[torch.Tensor]:
    """Outputs, gradients of wires, and of all arguments that have one."""
    x, wiring, *rest = case
    leaves = [tensor.clone().requires_grad_(tensor.is_floating_point()) for tensor in (x, *rest)]
    wires = torch.full((*rest[0].shape[:2], x.shape[1]), torch.nan, dtype=torch.float64)
    y = layer(leaves[0], wiring, *leaves[1:], wires)
    y.backward(torch.linspace(-1, 2, y.numel(), dtype=torch.float64).view(y.shape))
    return [y.detach(), wires, *(leaf.grad for leaf in leaves if leaf.grad is not None)]


@pytest.mark.parametrize("wires", [2, 3, 6])
def test_a_node_is_the_polynomial_of_its_wires(wires: int) -> None:
    x, wiring, weights, coefficients = problem(wires, 3, 1, 4)
    y = reference.layer(x, wiring, torch.ones_like(weights), coefficients, None)
    read = x[wiring.candidates[..., 0]]  # [wires, nodes, batch]
    expected = torch.zeros_like(y)
    for place, chosen in enumerate(itertools.product((0, 1), repeat=wires)):
        members = [wire for wire, is_in in enumerate(reversed(chosen)) if is_in]
        product = read[members].prod(0)
        expected += coefficients[:, place, None] * product
    torch.testing.assert_close(y, expected, **EXACT)


def assert_equal(name: str, wires: int, nodes: int, k: int, batch: int, **options: int) -> None:
    """That a kernel's outputs and gradients are those of the reference, also of bits."""
    x, *rest = problem(wires, nodes, k, batch, **options)
    case = (x > 0.5 if options["seed"] % 2 else x, *rest)
    found = solve(there.FAST[name].layer, case)
    for one, other in zip(found, solve(reference.layer, case), strict=True):
        torch.testing.assert_close(one, other, **EXACT)


@settings(max_examples=20)
@given(
    wires=st.integers(3, 6),
    nodes=st.integers(1, 9),
    k=st.integers(1, 10),
    batch=st.sampled_from([0, 1, 63, 65, 130]),
    n_data=st.integers(0, 20),
    seed=st.integers(0, 99),
)
def test_the_cpu_kernel_is_the_reference(
    wires: int, nodes: int, k: int, batch: int, n_data: int, seed: int
) -> None:
    assert_equal("cpu", wires, nodes, k, batch, n_data=n_data, seed=seed)


@pytest.mark.slow
@pytest.mark.skipif(not there.CUDA_RUNS, reason="needs Triton")
@pytest.mark.parametrize(
    ("wires", "nodes", "k", "batch", "n_data"),
    [(3, 5, 9, 1, 0), (4, 3, 2, 33, 7), (5, 1, 1, 3, 20), (6, 2, 3, 5, 19), (3, 3, 2, 300, 0)],
)
def test_the_cuda_kernel_is_the_reference(
    wires: int, nodes: int, k: int, batch: int, n_data: int
) -> None:
    assert_equal("cuda", wires, nodes, k, batch, n_data=n_data, seed=wires)


@pytest.mark.slow
@pytest.mark.skipif(not there.CUDA_RUNS, reason="needs Triton")
@pytest.mark.parametrize(("wires", "dtype"), [(2, torch.bfloat16), (3, torch.float16)])
def test_under_autocast_rows_are_short_and_sums_are_not(wires: int, dtype: torch.dtype) -> None:
    """Two layers, of which the second reads short rows and sends short gradients back."""
    gradients, outputs = [], []
    for is_mixed in (False, True):
        x, first, *of_first = problem(wires, 7, 3, 40, n_data=20)
        _, second, *of_second = problem(wires, 5, 4, 40, n_inputs=7, seed=1)
        leaves = [each.float().requires_grad_() for each in (*of_first, *of_second)]
        with torch.autocast("cpu", dtype, enabled=is_mixed):
            hidden = there.FAST["cuda"].layer(x > 0.5, first, *leaves[:2], None)
            y = there.FAST["cuda"].layer(hidden, second, *leaves[2:], None)
        assert y.dtype == (dtype if is_mixed else torch.float32)
        y.float().square().sum().backward()
        assert all(leaf.grad is not None and leaf.grad.dtype == torch.float32 for leaf in leaves)
        outputs.append(y.detach().float())
        gradients.append([leaf.grad for leaf in leaves])
    torch.testing.assert_close(outputs[1], outputs[0], rtol=0.02, atol=0.02)
    for mixed, exact in zip(gradients[1], gradients[0], strict=True):
        assert (mixed - exact).abs().max() < 0.03 * exact.abs().max()


@pytest.mark.parametrize("name", there.KERNELS)
@pytest.mark.parametrize("wires", [1, 7])
def test_other_numbers_of_wires_are_refused(name: str, wires: int) -> None:
    x, _, weights, coefficients = problem(max(wires, 2), 3, 20, 4)
    with pytest.raises(DataError, match=f"have {wires} wires, but must have 2 to 6"):
        there.KERNELS[name].layer(x, None, weights[:wires], coefficients[:, : 2**wires], None)


def test_hard_tables_are_looked_up() -> None:
    random = np.random.default_rng(0)
    x, entries = random.random((7, 50)) < 0.5, random.random((4, 8)) < 0.5
    rows = random.integers(-1, 7, (3, 4))
    y = reference.tables(
        torch.from_numpy(x), Tables(torch.from_numpy(entries), torch.from_numpy(rows))
    )
    for node, sample in np.ndindex(4, 50):
        bits = [row >= 0 and x[row, sample] for row in rows[:, node]]
        entry = sum(int(bit) << wire for wire, bit in enumerate(bits))
        assert y[node, sample] == entries[node, entry]
