"""The cpu kernel beside the same network written the usual way: plain torch, batch-major.

Both do whole training steps (forward, loss, backward, Adam) of the same network, with the same
candidates and start, on the same batch and threads, one after the other in several rounds. Beside
them stands the floor: the time that the rows a step must read would take at the bandwidth measured
for arrays of that size, and that its multiplications would take at the speed of a dense matrix
product. Prints a table and writes build/bench/train.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch
from numba import njit, prange
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn.functional import cross_entropy

from lilogic import cores
from lilogic.files import check_writable, write_json
from lilogic.graph.gates import COEFFICIENTS
from lilogic.learn import kernels
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.sharpness import Sharpness

OUTPUT = Path("build/bench/train.json")
MNIST = 60_000
SHARPNESS = Sharpness(4.0, 3.0)


class BatchMajor(nn.Module):
    """The network of ``net`` with activations [batch, features], as one would write it in torch."""

    def __init__(self, net: LogicNet) -> None:
        super().__init__()
        self.candidates = [layer.connect.candidates for layer in net.gate_layers]
        self.wires = nn.ParameterList(layer.connect.logits.clone() for layer in net.gate_layers)
        self.gates = nn.ParameterList(layer.logits.clone() for layer in net.gate_layers)
        self.classes, self.tau = net.head.n_classes, net.head.tau
        self.coefficients = torch.tensor(COEFFICIENTS, dtype=torch.float32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [batch, classes] of bits [batch, features]."""
        for candidates, wires, gates in zip(self.candidates, self.wires, self.gates, strict=True):
            weights = torch.softmax(SHARPNESS.connections * wires, -1)
            a = (x[:, candidates[0]] * weights[0]).sum(-1)
            b = (x[:, candidates[1]] * weights[1]).sum(-1)
            c0, c1, c2, c3 = (torch.softmax(SHARPNESS.gates * gates, -1) @ self.coefficients).T
            x = c0 + c1 * a + c2 * b + c3 * a * b
        return x.view(len(x), self.classes, -1).sum(-1) / self.tau


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--threads", type=int, default=cores.usable(), help="default: all cores")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take medians of")
    parser.add_argument("--layers", type=int, nargs="+", default=[4000, 4000])
    parser.add_argument("--inputs", type=int, default=2 * 784, help="bits; MNIST has two a pixel")
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--batch", type=int, default=256)
    options = parser.parse_args()
    check_writable(OUTPUT)
    result = measure(options)
    write_json(OUTPUT, result)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a step of each version, as medians over rounds, and their ratio."""
    torch.set_num_threads(options.threads)
    numba.set_num_threads(options.threads)
    torch.manual_seed(0)
    net = LogicNet(
        options.inputs, options.layers, 10, options.candidates, 5.0, kernels.KERNELS["cpu"], 0
    )
    plain = BatchMajor(net)
    x = (torch.rand(options.inputs, options.batch) < 0.3).float()
    y = torch.randint(0, 10, (options.batch,))
    batch_major = x.T.contiguous()
    steps = {
        "cpu kernel": stepper(net, lambda: net(x, SHARPNESS), y),
        "batch-major torch": stepper(plain, lambda: plain(batch_major), y),
    }
    with torch.no_grad():
        difference = (net(x, SHARPNESS) - plain(batch_major)).abs().max().item()
    counts = {"cpu kernel": 20, "batch-major torch": 2}
    rounds: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        seconds(step, 1)  # compiles and warms up
    for _ in range(options.rounds):
        for name, step in steps.items():
            rounds[name].append(seconds(step, counts[name]))
    ratios = [slow / fast for fast, slow in zip(*rounds.values(), strict=True)]
    batches = MNIST // options.batch
    return {
        "floor": floor(net, options.batch),
        "layers": options.layers,
        "inputs": options.inputs,
        "candidates": options.candidates,
        "batch": options.batch,
        "threads": options.threads,
        "torch": torch.__version__,
        "numba": numba.__version__,
        "largest_difference_of_logits": difference,
        "versions": {
            name: {
                "ms_per_step": 1000 * statistics.median(times),
                "ms_per_step_rounds": [round(1000 * each, 2) for each in times],
                "s_per_mnist_epoch": batches * statistics.median(times),
            }
            for name, times in rounds.items()
        },
        "ratio": statistics.median(ratios),
        "ratio_rounds": [round(ratio, 2) for ratio in ratios],
    }


def floor(net: LogicNet, batch: int) -> dict[str, float]:
    """What a step cannot do without, and how long that takes on this machine.

    Every candidate's row is read, and multiplied and added, for the wires, for the gradient of its
    weight and, where it is no data, for the gradient of the row.
    """
    rows = 0
    for layer in net.gate_layers:
        connect = layer.connect
        assert connect.candidates is not None
        learned = int((connect.candidates >= connect.n_data).sum())
        rows += 2 * connect.candidates.numel() + learned
    largest = max(layer.connect.n_inputs for layer in net.gate_layers)
    bytes_, flops = 4.0 * batch * rows, 2.0 * batch * rows
    bandwidth, peak = read_bandwidth(largest, batch), matrix_speed()
    return {
        "gigabytes_per_step": bytes_ / 1e9,
        "gigaflops_per_step": flops / 1e9,
        "gigabytes_per_second": bandwidth / 1e9,
        "gigaflops_per_second": peak / 1e9,
        "ms_per_step_reading": 1000 * bytes_ / bandwidth,
        "ms_per_step_multiplying": 1000 * flops / peak,
    }


def read_bandwidth(rows: int, batch: int) -> float:
    """Bytes a second that all threads read, of float32 rows in any order, as a layer does."""
    x = np.ones((rows, batch), dtype=np.float32)
    order = np.random.default_rng(0).integers(0, rows, 2**16)
    _add_rows(x, order)
    times = [seconds(lambda: _add_rows(x, order), 1) for _ in range(10)]
    return len(order) * x[0].nbytes / min(times)


@njit(parallel=True, fastmath=True)
def _add_rows(x, order):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in prange(len(order)):
        row, part = x[order[i]], x.dtype.type(0)
        for n in range(len(row)):
            part += row[n]
        total += part
    return total


def matrix_speed() -> float:
    """Floating-point operations a second of a product of 1,024×1,024 matrices."""
    size = 1024
    a = torch.rand(size, size)
    a @ a
    return 2 * size**3 / min(seconds(lambda: a @ a, 1) for _ in range(10))


def stepper(
    net: nn.Module, forward: Callable[[], torch.Tensor], y: torch.Tensor
) -> Callable[[], object]:
    """A function that does one training step."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(forward(), y).backward()
        optimizer.step()

    return step


def seconds(step: Callable[[], object], count: int) -> float:
    """Mean seconds of one of ``count`` steps."""
    began = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - began) / count


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    table = Table()
    for heading in ("version", "ms a step", "s an MNIST epoch"):
        table.add_column(heading, justify="left" if heading == "version" else "right")
    for name, version in result["versions"].items():
        table.add_row(name, f"{version['ms_per_step']:.1f}", f"{version['s_per_mnist_epoch']:.1f}")
    console = Console(highlight=False)
    console.print(
        f"{'+'.join(map(str, result['layers']))} gates, K={result['candidates']}, "
        f"batch {result['batch']}, {result['inputs']} bits, {result['threads']} threads"
    )
    console.print(table)
    console.print(f"ratio, median of {len(result['ratio_rounds'])} rounds: {result['ratio']:.1f}")
    floor = result["floor"]
    console.print(
        f"floor of a step: {floor['gigabytes_per_step']:.2f} GB at "
        f"{floor['gigabytes_per_second']:.0f} GB/s, {floor['ms_per_step_reading']:.1f} ms; "
        f"{floor['gigaflops_per_step']:.2f} GFLOP at {floor['gigaflops_per_second']:.0f} GFLOP/s, "
        f"{floor['ms_per_step_multiplying']:.1f} ms"
    )
    console.print(f"largest difference of logits: {result['largest_difference_of_logits']:.1e}")


if __name__ == "__main__":
    main()
