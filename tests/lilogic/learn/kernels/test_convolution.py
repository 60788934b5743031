"""Convolutions: the reference is a dense layer on unrolled rows, and the kernel equals it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import DataError, RecipeError
from lilogic.learn import kernels
from lilogic.learn.kernels import cpu, reference
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows
from tests.lilogic.learn import there

EXACT = {"rtol": 1e-11, "atol": 1e-11}


def windows(
    channels: int = 4,
    shape: tuple[int, int] = (6, 7),
    kernel: int = 3,
    stride: int = 1,
    padding: int = 1,
    groups: int = 1,
    seed: int = 0,
) -> Windows:
    """Windows on planes whose rows stand in any order, with some rows missing."""
    size = channels * shape[0] * shape[1]
    rows = np.random.default_rng(seed).permutation(size)
    rows[rows < size // 10] = -1
    return Windows(rows.reshape(channels, *shape), kernel, stride, padding, groups)


def arguments(
    seen: Windows,
    filters: int,
    k: int | None,
    batch: int,
    dtype: torch.dtype = torch.float64,
    wires: int = 2,
) -> tuple[Any, ...]:
    """x, windows, candidates, weights and coefficients."""
    generator = torch.Generator().manual_seed(1)
    size = seen.size if k is None else k
    orders = torch.rand(wires, filters, seen.size, generator=generator).argsort(-1)
    candidates = None if k is None else orders[..., :k].contiguous()
    x = torch.rand(seen.planes.size, batch, generator=generator, dtype=dtype)
    weights = torch.rand(wires, filters, size, generator=generator, dtype=dtype)
    coefficients = torch.randn(filters, 2**wires, generator=generator, dtype=dtype)
    return x, seen, candidates, weights, coefficients


def solve(convolution: Any, given: tuple[Any, ...]) -> list[torch.Tensor]:
    """The outputs and all gradients."""
    x, seen, candidates, *rest = given
    leaves = [x.clone()] + [tensor.clone() for tensor in rest]
    for leaf in leaves:
        leaf.requires_grad_(leaf.is_floating_point())
    y = convolution(leaves[0], seen, candidates, *leaves[1:])
    generator = torch.Generator().manual_seed(2)
    y.backward(torch.randn(y.shape, generator=generator, dtype=y.dtype).to(y.device))
    return [y.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]


def test_a_windows_rows_are_what_it_sees() -> None:
    planes = np.arange(2 * 4 * 5).reshape(2, 4, 5)
    seen = Windows(planes, kernel=3, stride=2, padding=1)
    assert (seen.n_sets, seen.size, seen.shape, seen.n_places) == (2, 9, (2, 3), 6)
    padded = np.pad(planes, [(0, 0), (1, 1), (1, 1)], constant_values=-1)
    for channel in range(2):
        for place, (row, column) in enumerate(np.ndindex(2, 3)):
            window = padded[channel, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            assert seen.rows[channel, :, place].tolist() == window.reshape(-1).tolist()
    both = Windows(planes, kernel=2, groups=2)
    assert (both.n_sets, both.size, both.shape) == (1, 8, (3, 4))
    assert both.rows[0, :, 0].tolist() == [0, 1, 5, 6, 20, 21, 25, 26]
    assert seen.sets(5).tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": 8, "padding": 0}, "kernel of 8×8 does not fit planes of 6×7 with a padding of"),
        ({"groups": 3}, "groups of 3 channels do not divide the 4"),
    ],
)
def test_windows_that_do_not_fit_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        windows(**options)  # type: ignore[arg-type]


def test_the_reference_is_a_dense_layer_on_unrolled_rows() -> None:
    seen = windows(stride=2)
    x, _, candidates, weights, coefficients = given = arguments(seen, 6, 5, 9)
    rows = torch.from_numpy(seen.rows[seen.sets(6)])[None].expand(2, -1, -1, -1)
    rows = rows.gather(2, candidates[..., None].expand(-1, -1, -1, seen.n_places))
    rows = torch.where(rows < 0, len(x), rows).swapaxes(2, 3).reshape(2, -1, 5)
    y = reference.layer(
        torch.cat([x, torch.zeros_like(x[:1])]),
        Wiring(len(x) + 1, rows),
        weights.repeat_interleave(seen.n_places, 1),
        coefficients.repeat_interleave(seen.n_places, 0),
        None,
    )
    torch.testing.assert_close(reference.convolution(*given), y, **EXACT)


@settings(max_examples=25)
@given(st.data())
def test_the_cpu_kernel_is_the_reference_in_float64(data: st.DataObject) -> None:
    assert_equal("cpu", drawn(data, (6, 7), [1, 63, 257]))


@pytest.mark.slow
@pytest.mark.skipif(not there.CUDA_RUNS, reason="needs Triton")
@settings(max_examples=8)
@given(st.data())
def test_the_cuda_kernel_is_the_reference_in_float64(data: st.DataObject) -> None:
    from lilogic.learn.kernels.cuda import layers

    with pytest.MonkeyPatch.context() as patch:
        # A program for each place of small windows would be slow, and test no sums of places.
        patch.setattr(layers, "_PARTS", data.draw(st.integers(1, 20)))
        assert_equal("cuda", drawn(data, (5, 4), [1, 19], most_wires=3))


def drawn(
    data: st.DataObject, shape: tuple[int, int], batches: list[int], most_wires: int = 6
) -> tuple[Any, ...]:
    """Arguments for windows on planes of that shape, padded to at least 5 rows and columns."""
    draw = data.draw
    padding = draw(st.integers(int(min(shape) < 5), 2))
    kernel, stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 2, 4]))
    seen = windows(4, shape, kernel, stride, padding, groups, draw(st.integers(0, 9)))
    k = draw(st.none() | st.integers(1, min(20, seen.size)))
    filters, batch = draw(st.integers(1, 9)), draw(st.sampled_from(batches))
    given = arguments(seen, filters, k, batch, wires=draw(st.integers(2, most_wires)))
    return (given[0] > 0.5, *given[1:]) if draw(st.booleans()) else given


def assert_equal(name: str, given: tuple[Any, ...]) -> None:
    """That the kernel's outputs and gradients are those of the reference."""
    found = solve(there.FAST[name].convolution, given)
    for one, other in zip(found, solve(reference.convolution, given), strict=True):
        torch.testing.assert_close(one, other, **EXACT)


@pytest.mark.parametrize("name", there.FAST)
def test_candidates_that_are_replaced_or_overwritten_are_read_anew(name: str) -> None:
    x, seen, candidates, *rest = arguments(windows(), 4, 3, 5)
    for change in (lambda: candidates, lambda: candidates.sub_(candidates // 8), candidates.clone):
        given = (x, seen, change(), *rest)
        found = there.FAST[name].convolution(*given)
        torch.testing.assert_close(found, reference.convolution(*given), **EXACT)


@pytest.fixture
def threads() -> Iterator[None]:
    before = numba.get_num_threads()
    yield
    numba.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two cores")
@pytest.mark.usefixtures("threads")
def test_results_do_not_depend_on_the_number_of_threads() -> None:
    given = arguments(windows(), 9, 8, 600, torch.float32)
    results = []
    for count in (1, 2):
        numba.set_num_threads(count)
        results.append(solve(cpu.convolution, given))
    assert all(map(torch.equal, *results))


@pytest.mark.parametrize("kernel", there.KERNELS)
@pytest.mark.parametrize(
    ("position", "change", "message"),
    [
        (0, lambda x: x.T, r"inputs have shape \(8, 168\), but windows see \(168, batch\)"),
        (0, lambda x: x.float(), "inputs are torch.float32 on cpu, but the network is torch.float"),
        (3, lambda weights: weights[..., :4], "weights are .* but must be"),
        (3, lambda weights: weights > 0, "weights are torch.bool, but must be floats"),
        (4, lambda coefficients: coefficients[:2], "coefficients are .* but must be"),
    ],
)
def test_wrong_arguments_are_refused(kernel: str, position: int, change: Any, message: str) -> None:
    given = list(arguments(windows(), 6, 5, 8))
    given[position] = change(given[position])
    with pytest.raises(DataError, match=message):
        kernels.KERNELS[kernel].convolution(*given)


@pytest.mark.parametrize("kernel", there.KERNELS)
def test_hard_gates_are_those_of_the_truth_table(kernel: str) -> None:
    x = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]], dtype=torch.bool)
    ops = np.arange(16, dtype=np.uint8)
    y = kernels.KERNELS[kernel].gates(x, Gates.of(ops, np.zeros(16), np.ones(16)))
    assert y.dtype == torch.bool
    assert ["".join(map(str, row)) for row in y.int().tolist()] == [f"{op:04b}" for op in range(16)]


# On a GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("is_bits", [False, True])
@pytest.mark.parametrize("k", [None, 1, 4])
@pytest.mark.parametrize("batch", [1, 129, 300])
def test_auto_on_a_gpu_equals_the_reference_on_the_cpu(
    is_bits: bool, k: int | None, batch: int
) -> None:
    given = arguments(windows(stride=2), 9, k, batch)
    if is_bits:
        given = (given[0] > 0.5, *given[1:])
    x, seen, candidates, *rest = given
    placed = [None if one is None else one.cuda() for one in (x, candidates, *rest)]
    kernel = kernels.choose("auto", torch.device("cuda"))
    found = solve(kernel.convolution, (placed[0], seen, *placed[1:]))
    for one, other in zip(found, solve(reference.convolution, given), strict=True):
        torch.testing.assert_close(one.cpu(), other, **EXACT)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_hard_gates_on_a_gpu_are_those_of_the_reference() -> None:
    random = np.random.default_rng(0)
    op, (a, b) = random.integers(0, 16, 700), random.integers(0, 90, (2, 700))
    x, chosen = torch.from_numpy(random.random((90, 131)) < 0.5), Gates.of(op, a, b)
    device = torch.device("cuda")
    found = kernels.choose("auto", device).gates(x.to(device), chosen.to(device))
    assert torch.equal(found.cpu(), reference.gates(x, chosen))
