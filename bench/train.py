"""The cpu kernel beside the reference, and beside the same network in batch-major plain torch.

All do whole training steps (forward, loss, backward, Adam) of the same network, with the same
candidates and start, on the same batch and threads, one after the other in several rounds;
`--beside` adds the cpu kernel of another checkout. Beside them stands the floor: the time that what
a step must read and write would take at the bandwidth measured for arrays of that size, and that
its multiplications would take at the speed of a dense matrix product. Prints a table and writes
build/bench/train.json. The step of the largest networks:

    python bench/train.py --inputs 9216 --layers 128000 128000 --candidates 8
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import records
import torch
from numba import njit, prange
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn.functional import cross_entropy

from lilogic import cores
from lilogic.errors import DataError
from lilogic.graph.gates import COEFFICIENTS
from lilogic.learn import kernels
from lilogic.learn.kernels import memory
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.sharpness import Sharpness

MNIST = 60_000
MOST_GATES = 500_000
"""In the steps of a round; where they are fewer than two, batch-major torch is left out, too: it
takes tens of gigabytes."""
SHARPNESS = Sharpness(4.0, 3.0)


class BatchMajor(nn.Module):
    """The network of ``net`` with activations [batch, features], as one would write it in torch."""

    def __init__(self, net: LogicNet) -> None:
        super().__init__()
        self.candidates = [layer.connect.candidates for layer in net.node_layers]
        self.wires = nn.ParameterList(layer.connect.logits.clone() for layer in net.node_layers)
        self.gates = nn.ParameterList(layer.logits.clone() for layer in net.node_layers)
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
    parser.add_argument("--threads", type=int, default=cores.usable(), help="default: all cores")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take medians of")
    parser.add_argument("--layers", type=int, nargs="+", default=[4000, 4000])
    parser.add_argument("--inputs", type=int, default=2 * 784, help="bits; MNIST has two a pixel")
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument(
        "--beside", type=Path, metavar="CHECKOUT", help="another lilogic, to be measured in turns"
    )
    parser.add_argument("--serve", metavar="VERSION", help="steps for the bench that asks")
    options = records.parse(parser, "train")
    torch.set_num_threads(options.threads)
    numba.set_num_threads(options.threads)
    if options.serve:
        serve(options)
        return
    result = measure(options)
    records.finish(options, result, show, threads=options.threads)


def network(options: argparse.Namespace, kernel: str) -> LogicNet:
    """The network of a kernel, the same one for all."""
    return LogicNet(
        options.inputs, options.layers, 10, options.candidates, 5.0, kernels.KERNELS[kernel], 0
    )


def serve(options: argparse.Namespace) -> None:
    """Print the logits of a version; then, for each number of steps on stdin, a step's seconds."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(options.inputs, options.batch, generator=generator) < 0.3
    y = torch.randint(0, 10, (options.batch,), generator=generator)
    net = network(options, "reference" if options.serve == "reference" else "cpu")
    if options.serve == "batch-major torch":
        plain, rows = BatchMajor(net), x.T.float().contiguous()
        step, logits = stepper(plain, lambda: plain(rows), y), plain(rows)
    else:
        if options.serve != "reference":  # which has too much to keep
            memory.keep_freed()
        try:
            logits = net(x.T, SHARPNESS)
            x = x.T
        except DataError:  # of a lilogic whose networks read a sample in each column
            logits = net(x, SHARPNESS)
        step = stepper(net, lambda: net(x, SHARPNESS), y)
    print(json.dumps(logits.tolist()), flush=True)
    del logits
    for line in sys.stdin:
        print(seconds(step, int(line)), flush=True)


class Version:
    """A version in a process of its own, so that none has the memory of another.

    Attributes:
        logits: float64 [batch, classes].
    """

    def __init__(self, name: str, options: argparse.Namespace, checkout: Path) -> None:
        arguments = [*sys.argv[1:], "--threads", str(options.threads), "--serve", name]
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            env=os.environ | {"PYTHONPATH": str(checkout.resolve())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.kill)
        self.logits = np.array(json.loads(self._process.stdout.readline()))

    def seconds(self, count: int) -> float:
        """Mean seconds of one of ``count`` steps."""
        print(count, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a step of each version, as medians over rounds, and how many times ours."""
    here = Path(__file__).parents[1]
    most = max(1, MOST_GATES // sum(options.layers))
    counts = {"cpu kernel": 20, "reference": 2} | ({"batch-major torch": 2} if most > 1 else {})
    versions = {name: Version(name, options, here) for name in counts}
    if options.beside is not None:
        counts["cpu kernel beside"] = 20
        versions["cpu kernel beside"] = Version("cpu kernel", options, options.beside)
    logits = [version.logits for version in versions.values()]
    difference = max(float(np.abs(logits[0] - other).max()) for other in logits[1:])
    rounds: dict[str, list[float]] = {name: [] for name in versions}
    for version in versions.values():
        version.seconds(1)  # compiles and warms up
    for _ in range(options.rounds):
        for name, version in versions.items():
            rounds[name].append(version.seconds(min(counts[name], most)))
    base = rounds["cpu kernel"]
    net = network(options, "cpu")
    return {
        "floor": floor(net, options.batch),
        "layers": options.layers,
        "inputs": options.inputs,
        "candidates": options.candidates,
        "batch": options.batch,
        "largest_difference_of_logits": difference,
        "versions": compared(rounds, base, options.batch),
    }


def compared(
    rounds: dict[str, list[float]], base: list[float], batch: int
) -> dict[str, dict[str, Any]]:
    """Of each version's seconds a step, round by round: medians, and how many times ``base``."""
    return {
        name: {
            "ms_per_step": 1000 * statistics.median(times),
            "ms_per_step_rounds": [round(1000 * each, 2) for each in times],
            "s_per_mnist_epoch": MNIST // batch * statistics.median(times),
            "ratio": statistics.median(a / b for a, b in zip(times, base, strict=True)),
        }
        for name, times in rounds.items()
    }


def floor(net: LogicNet, batch: int) -> dict[str, float]:
    """What a step cannot do without, and how long that takes on this machine.

    Every candidate's row is read for the wires and once more for the gradients: bits as bytes,
    else floats, the second time from among the wires' gradients. Both times come from all over,
    and so stand beside what is written or read from end to end: outputs, wires, gradients.
    """
    scattered = streamed = products = 0.0
    reading = 0.0
    for layer in net.node_layers:
        connect = layer.connect
        candidates, wires = connect.logits.numel(), 2 * layer.n_nodes
        streamed += 4.0 * batch * wires  # the outputs and their gradients
        if connect.n_data == connect.n_inputs:
            sources = [(connect.n_inputs, np.uint8)] * 2
        else:
            sources = [(connect.n_inputs, np.float32), (wires, np.float32)]
            streamed += 4.0 * batch * (3 * wires + 2 * connect.n_inputs)
        for rows, dtype in sources:
            bytes_ = float(candidates * batch * np.dtype(dtype).itemsize)
            scattered += bytes_
            reading += bytes_ / read_bandwidth(rows, batch, dtype)
        products += 3.0 * candidates * batch
    bandwidth, peak = stream_bandwidth(), matrix_speed()
    return {
        "gigabytes_scattered": scattered / 1e9,
        "gigabytes_streamed": streamed / 1e9,
        "gigaflops": 2 * products / 1e9,
        "scattered_gigabytes_per_second": scattered / reading / 1e9,
        "streamed_gigabytes_per_second": bandwidth / 1e9,
        "gigaflops_per_second": peak / 1e9,
        "ms_per_step_scattered": 1000 * reading,
        "ms_per_step_streamed": 1000 * streamed / bandwidth,
        "ms_per_step_multiplying": 1000 * 2 * products / peak,
    }


def read_bandwidth(rows: int, batch: int, dtype: npt.DTypeLike) -> float:
    """Bytes a second that all threads read of rows in any order, eight at once, as a layer does."""
    x = np.ones((rows, batch), dtype=dtype)
    order = np.random.default_rng(0).integers(0, rows, (2**16, 8))
    sums = np.empty(len(order), np.float32)
    _add_rows(x, order, sums)
    times = [seconds(lambda: _add_rows(x, order, sums), 1) for _ in range(5)]
    return order.size * x[0].nbytes / min(times)


@njit(parallel=True, fastmath=True)
def _add_rows(x, order, sums):  # type: ignore[no-untyped-def]
    for i in prange(len(order)):
        x0, x1, x2, x3 = x[order[i, 0]], x[order[i, 1]], x[order[i, 2]], x[order[i, 3]]
        x4, x5, x6, x7 = x[order[i, 4]], x[order[i, 5]], x[order[i, 6]], x[order[i, 7]]
        total = np.float32(0)
        for n in range(x.shape[1]):
            total += x0[n] + x1[n] + x2[n] + x3[n] + x4[n] + x5[n] + x6[n] + x7[n]
        sums[i] = total


def stream_bandwidth() -> float:
    """Bytes a second that all threads read and write, from end to end of large arrays."""
    source = torch.ones(2**26)
    target = torch.empty_like(source).zero_()
    return 2 * source.nbytes / min(seconds(lambda: target.copy_(source), 1) for _ in range(5))


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


def versions_table(versions: dict[str, dict[str, Any]]) -> Table:
    """A row for each version of what ``compared`` gives."""
    table = Table()
    for heading in ("version", "ms a step", "times", "s an MNIST epoch"):
        table.add_column(heading, justify="left" if heading == "version" else "right")
    for name, version in versions.items():
        table.add_row(
            name,
            f"{version['ms_per_step']:.1f}",
            f"{version['ratio']:.2f}",
            f"{version['s_per_mnist_epoch']:.1f}",
        )
    return table


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    console = Console(highlight=False)
    console.print(
        f"{'+'.join(map(str, result['layers']))} gates, K={result['candidates']}, "
        f"batch {result['batch']}, {result['inputs']} bits"
    )
    console.print(versions_table(result["versions"]))
    floor = result["floor"]
    console.print(
        f"floor of a step: {floor['gigabytes_scattered']:.2f} GB from all over at "
        f"{floor['scattered_gigabytes_per_second']:.0f} GB/s, "
        f"{floor['ms_per_step_scattered']:.1f} ms; {floor['gigabytes_streamed']:.2f} GB end to end "
        f"at {floor['streamed_gigabytes_per_second']:.0f} GB/s, "
        f"{floor['ms_per_step_streamed']:.1f} ms; "
        f"{floor['gigaflops']:.2f} GFLOP at {floor['gigaflops_per_second']:.0f} GFLOP/s, "
        f"{floor['ms_per_step_multiplying']:.1f} ms"
    )
    console.print(f"largest difference of logits: {result['largest_difference_of_logits']:.1e}")


if __name__ == "__main__":
    main()
