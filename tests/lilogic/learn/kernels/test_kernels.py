"""The kernels: the reference is what it says, and the others equal it in float64."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import DataError, LilogicError
from lilogic.graph.gates import COEFFICIENTS, TRUTH
from lilogic.learn import kernels
from lilogic.learn.kernels import LayerFunction, cpu, cuda, reference
from lilogic.learn.kernels.wiring import Wiring
from tests.lilogic.learn import there

EXACT = {"rtol": 1e-12, "atol": 1e-12}
FAST = [kernel.layer for kernel in there.FAST.values()]
ALL = [reference.layer, *FAST]
EACH = [pytest.param(case.values[0].layer, id=case.id, marks=case.marks) for case in there.EACH]


class Problem(NamedTuple):
    """A layer's arguments and the gradient that comes back to its outputs."""

    x: torch.Tensor
    wiring: Wiring | None
    weights: torch.Tensor
    coefficients: torch.Tensor
    gradient: torch.Tensor


class Result(NamedTuple):
    """A layer's outputs and every gradient."""

    y: torch.Tensor
    x: torch.Tensor
    weights: torch.Tensor
    coefficients: torch.Tensor
    wires: torch.Tensor


def problem(
    n_inputs: int,
    gates: int,
    k: int | None,
    batch: int,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    readable: int | None = None,
) -> Problem:
    """A random problem; candidates may repeat. Only the first ``readable`` rows are read."""
    generator = torch.Generator().manual_seed(seed)
    wiring = None
    if k is not None:
        shape = (2, gates, k)
        candidates = torch.randint(readable or n_inputs, shape, generator=generator)
        wiring = Wiring(n_inputs, candidates)

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=generator, dtype=dtype)

    return Problem(
        torch.rand(n_inputs, batch, generator=generator, dtype=dtype),
        wiring,
        torch.softmax(normal(2, gates, k or n_inputs), -1),
        normal(gates, 4),
        normal(gates, batch),
    )


def solve(kernel: LayerFunction, case: Problem, device: str = "cpu") -> Result:
    wiring = case.wiring
    if wiring is not None:
        wiring = Wiring(wiring.n_inputs, wiring.candidates.to(device))
    x, weights, coefficients = (
        tensor.detach().to(device).requires_grad_()
        for tensor in (case.x, case.weights, case.coefficients)
    )
    wires = torch.full((2, *case.gradient.shape), torch.nan, dtype=x.dtype, device=device)
    y = kernel(x, wiring, weights, coefficients, wires)
    y.backward(case.gradient.to(device))
    results = (y, x.grad, weights.grad, coefficients.grad, wires)
    return Result(*(tensor.detach().cpu() for tensor in results))


def assert_equal(found: Result, expected: Result, **tolerance: float) -> None:
    for name, one, other in zip(Result._fields, found, expected, strict=True):
        torch.testing.assert_close(one, other, **tolerance, msg=lambda m, n=name: f"{n}: {m}")


@pytest.fixture
def threads() -> Iterator[None]:
    """Puts the number of threads back afterwards."""
    before = numba.get_num_threads(), torch.get_num_threads()
    yield
    numba.set_num_threads(before[0])
    torch.set_num_threads(before[1])


# The reference


@pytest.mark.parametrize("kernel", ALL)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hard_gates_on_hard_wires_compute_the_truth_table(
    kernel: LayerFunction, dtype: torch.dtype
) -> None:
    bits = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]], dtype=dtype)
    wiring = Wiring(2, torch.tensor([[0, 1], [1, 0]])[:, None, :].repeat(1, 16, 1))
    weights = torch.tensor([1.0, 0.0], dtype=dtype).expand(2, 16, 2)
    coefficients = torch.tensor(COEFFICIENTS, dtype=dtype)
    y = kernel(bits, wiring, weights, coefficients, None)
    assert torch.equal(y, torch.tensor(TRUTH, dtype=dtype))


def test_reference_is_the_formula() -> None:
    case = problem(5, 3, 4, 2)
    assert case.wiring is not None
    for gate in range(3):
        for sample in range(2):
            a, b = (
                sum(
                    case.weights[side, gate, k]
                    * case.x[case.wiring.candidates[side, gate, k], sample]
                    for k in range(4)
                )
                for side in range(2)
            )
            c0, c1, c2, c3 = case.coefficients[gate]
            y = reference.layer(case.x, case.wiring, case.weights, case.coefficients, None)
            torch.testing.assert_close(y[gate, sample], c0 + c1 * a + c2 * b + c3 * a * b, **EXACT)


def test_dense_reference_equals_candidates_that_are_all_rows() -> None:
    dense = problem(6, 5, None, 7)
    everything = Wiring(6, torch.arange(6).expand(2, 5, 6))
    assert_equal(
        solve(reference.layer, dense),
        solve(reference.layer, dense._replace(wiring=everything)),
        **EXACT,
    )


@pytest.mark.parametrize("kernel", ALL)
def test_no_gradient_goes_back_to_data(kernel: LayerFunction) -> None:
    case = problem(6, 5, 3, 7)
    assert case.wiring is not None
    data = case._replace(wiring=Wiring(6, case.wiring.candidates, n_data=4))
    x = case.x.clone().requires_grad_()
    kernel(x, data.wiring, case.weights, case.coefficients, None).sum().backward()
    everywhere = case.x.clone().requires_grad_()
    kernel(everywhere, case.wiring, case.weights, case.coefficients, None).sum().backward()
    assert not x.grad[:4].any()
    torch.testing.assert_close(x.grad[4:], everywhere.grad[4:])


@pytest.mark.parametrize("kernel", EACH)
@pytest.mark.parametrize("k", [None, 1, 3, 5])
def test_gradients_are_those_of_finite_differences(kernel: LayerFunction, k: int | None) -> None:
    case = problem(4, 3, k, 3)
    arguments = [tensor.requires_grad_() for tensor in (case.x, case.weights, case.coefficients)]

    def outputs(x: torch.Tensor, weights: torch.Tensor, mixture: torch.Tensor) -> torch.Tensor:
        return kernel(x, case.wiring, weights, mixture, None)

    assert torch.autograd.gradcheck(outputs, arguments)


@pytest.mark.parametrize("kernel", ALL)
@pytest.mark.parametrize("k", [None, 4])
def test_wire_gradient_is_that_of_the_wires(kernel: LayerFunction, k: int | None) -> None:
    """A weight of the dense connection has the gradient: wire gradient times row."""
    case = problem(6, 4, k, 9)
    dense = torch.zeros(2, 4, 6, dtype=torch.float64)
    rows = torch.arange(6).expand(2, 4, 6) if case.wiring is None else case.wiring.candidates
    dense.scatter_add_(-1, rows, case.weights)
    expected = solve(reference.layer, case._replace(wiring=None, weights=dense)).weights
    wires = solve(kernel, case).wires
    torch.testing.assert_close(wires @ case.x.T, expected, **EXACT)


# The same, faster


@pytest.mark.parametrize("batch", [1, 2, 63, 64, 129])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 8, 16])
def test_cpu_equals_reference(k: int, batch: int) -> None:
    case = problem(40, 23, k, batch)
    assert_equal(solve(cpu.layer, case), solve(reference.layer, case), **EXACT)


@pytest.mark.parametrize("kernel", FAST)
@settings(max_examples=25)
@given(
    n_inputs=st.integers(1, 12),
    gates=st.integers(1, 9),
    k=st.integers(1, 18),
    batch=st.integers(1, 70),
    seed=st.integers(0, 99),
)
def test_any_shape_and_repeated_candidates_equal_the_reference(
    kernel: LayerFunction, n_inputs: int, gates: int, k: int, batch: int, seed: int
) -> None:
    case = problem(n_inputs, gates, k, batch, seed)
    assert_equal(solve(kernel, case), solve(reference.layer, case), **EXACT)


@pytest.mark.parametrize("kernel", FAST)
def test_one_row_as_every_candidate(kernel: LayerFunction) -> None:
    case = problem(3, 40, 5, 7, readable=1)
    found, expected = solve(kernel, case), solve(reference.layer, case)
    assert_equal(found, expected, **EXACT)


@pytest.mark.parametrize("kernel", FAST)
def test_rows_that_nobody_reads_get_no_gradient(kernel: LayerFunction) -> None:
    case = problem(30, 6, 4, 11, readable=10)
    found, expected = solve(kernel, case), solve(reference.layer, case)
    assert_equal(found, expected, **EXACT)
    assert (found.x[10:] == 0).all()
    assert (found.x[:10] != 0).any()


def test_cpu_equals_reference_in_the_dense_case() -> None:
    case = problem(12, 7, None, 33)
    assert_equal(solve(cpu.layer, case), solve(reference.layer, case), **EXACT)


def test_cpu_equals_reference_in_float32() -> None:
    case = problem(100, 50, 16, 65, dtype=torch.float32)
    found, expected = solve(cpu.layer, case), solve(reference.layer, case)
    assert_equal(found, expected, rtol=1e-4, atol=1e-4)
    assert all(tensor.dtype == torch.float32 for tensor in found)


def test_cpu_reads_arguments_of_any_layout() -> None:
    case = problem(9, 5, 3, 6)
    expected = solve(reference.layer, case)
    scattered = Problem(
        case.x.T.contiguous().T,
        case.wiring,
        case.weights.transpose(0, 2).contiguous().transpose(0, 2),
        case.coefficients.T.contiguous().T,
        case.gradient.T.contiguous().T,
    )
    assert_equal(solve(cpu.layer, scattered), expected, **EXACT)
    ones = case._replace(gradient=torch.ones(1, 1, dtype=torch.float64).expand(5, 6))
    assert_equal(solve(cpu.layer, ones), solve(reference.layer, ones), **EXACT)


@pytest.mark.parametrize("kernel", ALL)
def test_the_first_layer_needs_no_gradient_to_its_inputs(kernel: LayerFunction) -> None:
    case = problem(9, 5, 3, 6)
    weights = case.weights.clone().requires_grad_()
    kernel(case.x, case.wiring, weights, case.coefficients, None).backward(case.gradient)
    assert case.x.grad is None
    assert weights.grad is not None
    torch.testing.assert_close(weights.grad, solve(reference.layer, case).weights, **EXACT)


def test_layers_in_a_row_pass_gradients_on() -> None:
    first, second = problem(10, 8, 4, 5), problem(8, 6, 3, 5, seed=1)
    gradients = []
    for kernel in ALL:
        x = first.x.clone().requires_grad_()
        hidden = kernel(x, first.wiring, first.weights, first.coefficients, None)
        kernel(hidden, second.wiring, second.weights, second.coefficients, None).backward(
            second.gradient
        )
        gradients.append(x.grad)
    for found in gradients[1:]:
        torch.testing.assert_close(found, gradients[0], **EXACT)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.usefixtures("threads")
def test_one_and_two_threads_give_the_same_bits(dtype: torch.dtype) -> None:
    case = problem(200, 301, 5, 67, dtype=dtype)
    results = []
    for count in (1, 2):
        numba.set_num_threads(count)
        torch.set_num_threads(count)
        results.append(solve(cpu.layer, case))
    assert_equal(results[1], results[0], rtol=0, atol=0)


@pytest.mark.slow
def test_calls_from_several_threads_at_once_do_not_end_the_process() -> None:
    """Where numba has nothing but its own threads, as without OpenMP, two calls at once do."""
    program = """
from threading import Thread
from tests.lilogic.learn.kernels import test_kernels as tests
case = tests.problem(40, 30, 4, 64, dtype=tests.torch.float32)
def work():
    for _ in range(20):
        tests.solve(tests.cpu.layer, case)
threads = [Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    root = Path(__file__).parents[4]
    environment = os.environ | {"PYTHONPATH": str(root), "NUMBA_THREADING_LAYER": "workqueue"}
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)


# What does not fit


@pytest.mark.parametrize("kernel", ALL)
@pytest.mark.parametrize("k", [None, 3])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": lambda x: x.T}, r"shape \(6, 9\), but the layer reads \(9, batch\).*pass x.T"),
        ({"x": lambda x: x[:-1]}, r"shape \(8, 6\), but the layer reads \(9, batch\)"),
        ({"x": lambda x: x[:, 0]}, r"shape \(9,\), but the layer reads \(9, batch\)"),
        ({"x": lambda x: x.byte()}, r"torch.uint8 on cpu, but the network is torch.float64"),
        ({"x": lambda x: x.float()}, r"torch.float32 on cpu, but the network is torch.float64"),
        ({"x": lambda x: x.numpy()}, "ndarray, but must be a torch.Tensor"),
        ({"x": lambda x: x.to("meta")}, "on meta, but the network is torch.float64 on cpu"),
        ({"weights": lambda weights: weights[:1]}, r"weights are .*must be .*\(2, 5, "),
        ({"weights": lambda weights: weights.long()}, "weights are torch.int64"),
        ({"coefficients": lambda mixture: mixture[:-1]}, r"are .*must be .*\(5, 4\)"),
        ({"coefficients": lambda mixture: mixture[:, :3]}, r"are .*must be .*\(5, 4\)"),
        ({"coefficients": lambda mixture: mixture.half()}, "coefficients are torch.float16"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    kernel: LayerFunction, k: int | None, change: dict[str, Any], words: str
) -> None:
    case = problem(9, 5, k, 6)
    changed = case._replace(**{name: made(getattr(case, name)) for name, made in change.items()})
    with pytest.raises(DataError, match=words):
        kernel(changed.x, changed.wiring, changed.weights, changed.coefficients, None)


@pytest.mark.parametrize("kernel", ALL)
def test_a_wire_gradient_that_does_not_fit_is_refused(kernel: LayerFunction) -> None:
    case = problem(9, 5, 3, 6)
    wires = torch.empty(2, 5, 7, dtype=torch.float64)
    with pytest.raises(DataError, match="wire_gradient is"):
        kernel(case.x, case.wiring, case.weights, case.coefficients, wires)


def test_the_cpu_kernel_computes_no_half_floats() -> None:
    case = problem(9, 5, 3, 6, dtype=torch.float16)
    with pytest.raises(DataError, match=r"float32 and float64 on the CPU, not torch\.float16"):
        cpu.layer(case.x, case.wiring, case.weights, case.coefficients, None)


@pytest.mark.parametrize("kernel", ALL)
def test_no_samples_are_no_error(kernel: LayerFunction) -> None:
    case = problem(9, 5, 3, 0)
    assert solve(kernel, case).y.shape == (5, 0)


@pytest.mark.parametrize("kernel", ALL)
@pytest.mark.parametrize("gates", [5, 64, 150])
@pytest.mark.parametrize("k", [None, 1, 3, 8])
def test_bits_are_the_floats_0_and_1(kernel: LayerFunction, gates: int, k: int | None) -> None:
    case = problem(30, gates, k, 37)
    results = []
    for read, x in ((kernel, case.x > 0.5), (reference.layer, (case.x > 0.5).double())):
        weights, mixture = case.weights.clone(), case.coefficients.clone()
        wires = torch.full((2, *case.gradient.shape), torch.nan, dtype=torch.float64)
        y = read(x, case.wiring, weights.requires_grad_(), mixture.requires_grad_(), wires)
        y.backward(case.gradient)
        results.append((y.detach(), weights.grad, mixture.grad, wires))
    torch.testing.assert_close(*results, **EXACT)


@pytest.mark.parametrize("n_data", [0, 17, 30])
@pytest.mark.parametrize("k", [3, 8])
def test_cpu_equals_reference_where_some_rows_are_data(n_data: int, k: int) -> None:
    case = problem(30, 70, k, 37)
    assert case.wiring is not None
    case = case._replace(wiring=Wiring(30, case.wiring.candidates, n_data))
    results = []
    for kernel in (cpu.layer, reference.layer):
        x, weights = case.x.clone().requires_grad_(), case.weights.clone().requires_grad_()
        kernel(x, case.wiring, weights, case.coefficients, None).backward(case.gradient)
        results.append((x.grad, weights.grad))
    torch.testing.assert_close(*results, **EXACT)


def test_the_cpu_kernel_says_that_it_cannot_be_differentiated_twice() -> None:
    case = problem(9, 5, 3, 6)
    weights = case.weights.clone().requires_grad_()
    y = cpu.layer(case.x, case.wiring, weights, case.coefficients, None)
    (gradient,) = torch.autograd.grad(y.square().sum(), weights, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        gradient.sum().backward()


# The wiring


@pytest.mark.parametrize(
    ("candidates", "n_data", "words"),
    [
        (torch.tensor([[[0, 9]], [[1, 2]]]), 0, "reach from row 0 to row 9, but rows are 0 to 8"),
        (torch.tensor([[[0, -1]], [[1, 2]]]), 0, "reach from row -1 to row 2"),
        (torch.tensor([[[0, 1]], [[1, 2]]]).int(), 0, "torch.int32 .*must be int64"),
        (torch.tensor([[0, 1], [1, 2]]), 0, r"shape \(2, 2\), but must be .*K"),
        (torch.zeros(2, 0, 4, dtype=torch.int64), 0, r"shape \(2, 0, 4\), but must be .*K"),
        (torch.tensor([[[0, 1]], [[1, 2]]]), 10, "n_data is 10, but there are 9 rows"),
    ],
)
def test_candidates_that_are_no_rows_are_refused(
    candidates: torch.Tensor, n_data: int, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        Wiring(9, candidates, n_data)


def test_wiring_read_backwards_names_each_position_once() -> None:
    case = problem(30, 6, 4, 1, readable=10)
    assert case.wiring is not None
    pointers, slots, places = case.wiring.readers
    assert (pointers[0], pointers[-1]) == (0, 48)
    np.testing.assert_array_equal(np.sort(slots), np.arange(48))
    np.testing.assert_array_equal(slots[places], np.arange(48))
    flat = case.wiring.candidates.flatten().numpy()
    for row in range(30):
        found = slots[pointers[row] : pointers[row + 1]]
        np.testing.assert_array_equal(found, np.flatnonzero(flat == row))


# The dispatch point


def test_auto_takes_the_kernel_that_fits_the_device() -> None:
    assert kernels.choose("auto", torch.device("cpu")) is kernels.KERNELS["cpu"]


@pytest.mark.parametrize("is_installed", [True, False])
def test_without_triton_plain_torch_computes_on_a_gpu_and_says_so_once(
    is_installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "is_installed", lambda: is_installed)
    kernels.fastest.cache_clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        chosen = [kernels.choose("auto", torch.device("cuda")) for _ in range(2)]
    kernels.fastest.cache_clear()
    name = "cuda" if is_installed else "reference"
    assert chosen == 2 * [kernels.KERNELS[name]]
    assert ["Triton is missing" in str(one.message) for one in said] == [True] * (not is_installed)


@pytest.mark.parametrize("name", there.KERNELS)
def test_each_kernel_can_be_named(name: str) -> None:
    assert kernels.choose(name, torch.device("cpu")) is kernels.KERNELS[name]


def test_an_unknown_kernel_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LilogicError, match=r"'magic' is not one of auto, reference, cpu, cuda"):
        kernels.choose("magic", torch.device("cpu"))


def test_the_cpu_kernel_is_refused_on_another_device() -> None:
    with pytest.raises(LilogicError, match="'cpu' does not run on the device cuda:0"):
        kernels.choose("cpu", torch.device("cuda:0"))


def test_the_cuda_kernel_is_refused_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(LilogicError, match="'cuda' does not run on the device cpu"):
        kernels.choose("cuda", torch.device("cpu"))
    case = problem(5, 3, 2, 4)
    with pytest.raises(DataError, match="'cuda' computes on GPUs, not on cpu"):
        cuda.layer(*case[:4], None)


# On a GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("k", [None, 1, 3, 4, 16])
def test_auto_on_a_gpu_equals_the_reference_on_the_cpu(k: int | None) -> None:
    case = problem(40, 23, k, 129)
    kernel = kernels.choose("auto", torch.device("cuda"))
    assert_equal(solve(kernel, case, "cuda"), solve(reference.layer, case), **EXACT)
