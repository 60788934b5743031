"""What a training step costs, on paper: over gates, candidates, batch and devices.

The model counts the bytes that a step moves and the operations that it computes, as the kernels do
it, and what data-parallel processes exchange; `docs/how-to/scaling.md` explains it. `--measure`
also times the same networks' steps on this machine's cores, and epochs of one and two processes
under `torchrun`. Prints tables and writes build/bench/scaling.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import records
from rich.console import Console
from rich.table import Table

FLOAT = 4
FUNCTIONS = 16
"""Logits of a gate."""
ADAM = 12
"""Floats moved for each parameter: softmax (2), its gradient (3), Adam (4 read, 3 written)."""


@dataclass(frozen=True)
class Net:
    """Layers of as many gates each, on bits.

    Attributes:
        name: what it is called.
        bits: inputs.
        layers: gates of each.
        candidates: of each wire.
        batch: samples of a step, over all devices.
    """

    name: str
    bits: int
    layers: tuple[int, ...]
    candidates: int
    batch: int


@dataclass(frozen=True)
class Machine:
    """What a device does in a second, and how devices talk.

    Attributes:
        name: what it is called.
        bytes_per_second: of its memory, in large pieces.
        flops_per_second: float32 multiplications and additions, outside of matrix units.
        link_bytes_per_second: between devices, one way.
        link_seconds: for a message of no length.
        step_seconds: what a step takes besides, whatever its size: launches, Python.
    """

    name: str
    bytes_per_second: float
    flops_per_second: float
    link_bytes_per_second: float
    link_seconds: float
    step_seconds: float


NETS = (
    Net("one layer of 8,000", 1568, (8000,), 16, 256),
    Net("2×4,000", 1568, (4000, 4000), 16, 256),
    Net("2×32,000", 9216, (32_000, 32_000), 8, 256),
    Net("2×128,000", 9216, (128_000, 128_000), 8, 256),
    Net("2×128,000, batch 2,048", 9216, (128_000, 128_000), 8, 2048),
    Net("2×512,000, batch 2,048", 9216, (512_000, 512_000), 8, 2048),
)
MACHINES = (
    Machine("H100, NVLink", 3.35e12, 6.7e13, 4.5e11, 1e-5, 5e-4),
    Machine("H100, 100 Gb Ethernet", 3.35e12, 6.7e13, 1.25e10, 3e-5, 5e-4),
)
"""Makers' figures; a step's launches as a CUDA graph would leave them."""
DEVICES = (1, 2, 4, 8, 16)
PAYS = 0.7
"""Share of a device's time that must go into its own work for another device to be worth it."""


@dataclass(frozen=True)
class Cost:
    """What a step moves and computes on all devices together.

    Attributes:
        parameters: logits of wires and gates.
        sample_bytes: moved for one sample of the batch.
        sample_flops: computed for one sample.
        parameter_bytes: moved for the parameters, by every device.
    """

    parameters: int
    sample_bytes: float
    sample_flops: float
    parameter_bytes: float

    def seconds(self, machine: Machine, batch: int, devices: int) -> float:
        """What a step takes: the slower of moving and computing, then the sum of gradients."""
        share = batch / devices
        moving = (share * self.sample_bytes + self.parameter_bytes) / machine.bytes_per_second
        computing = share * self.sample_flops / machine.flops_per_second
        return max(moving, computing) + self.exchange(machine, devices) + machine.step_seconds

    def exchange(self, machine: Machine, devices: int) -> float:
        """Seconds of a ring's all-reduce of the gradients: 2 (D - 1) messages of 1 / D of them."""
        messages = 2 * (devices - 1)
        size = self.parameters * FLOAT / devices
        return messages * (size / machine.link_bytes_per_second + machine.link_seconds)


def cost(net: Net) -> Cost:
    """The cost of layers of gates, the first of which reads bits."""
    parts = [
        layer_cost(gates, 2, net.candidates, net.layers[number - 1] if number else None)
        for number, gates in enumerate(net.layers)
    ]
    parameters = sum(2 * gates * net.candidates + FUNCTIONS * gates for gates in net.layers)
    moved, computed = (sum(column) for column in zip(*parts, strict=True))
    return Cost(parameters, moved, computed, ADAM * FLOAT * parameters)


def layer_cost(nodes: int, wires: int, candidates: int, rows: int | None) -> tuple[float, float]:
    """Bytes moved and operations computed for a sample of a layer, forward and backward.

    Args:
        nodes: how many, at all their places.
        wires: of a node.
        candidates: of a wire.
        rows: how many rows of floats it reads; None for bits, to which no gradient goes.
    """
    reads = nodes * wires * candidates
    # Forward and for the weights' gradients, each read; wires and outputs, and their gradients.
    moved = 2 * reads * (1 if rows is None else FLOAT) + FLOAT * (3 * wires + 2) * nodes
    computed = 2 * 2 * reads + nodes * 2**wires * (2 + wires)
    if rows is not None:
        moved += FLOAT * (reads + rows)
        computed += 2 * reads
    return moved, computed


def pays_up_to(net: Net, of: Cost, machine: Machine) -> int:
    """The most devices, a power of two, of which each spends ``PAYS`` of its time on its share."""
    one, devices = of.seconds(machine, net.batch, 1), 1
    while one / (2 * devices * of.seconds(machine, net.batch, 2 * devices)) >= PAYS:
        devices *= 2
    return devices


def modelled(net: Net) -> dict[str, Any]:
    """A network's row of the table."""
    of = cost(net)
    moved = net.batch * of.sample_bytes + of.parameter_bytes
    return {
        **asdict(net),
        "parameters": of.parameters,
        "gigabytes": moved / 1e9,
        "gigaflops": net.batch * of.sample_flops / 1e9,
        "flops_per_byte": net.batch * of.sample_flops / moved,
        "exchanged_megabytes": of.parameters * FLOAT / 1e6,
        "machines": [
            {
                "machine": machine.name,
                "ms": [1e3 * of.seconds(machine, net.batch, devices) for devices in DEVICES],
                "speedup": [
                    of.seconds(machine, net.batch, 1) / of.seconds(machine, net.batch, devices)
                    for devices in DEVICES
                ],
                "pays_up_to": pays_up_to(net, of, machine),
            }
            for machine in MACHINES
        ],
    }


def measured(net: Net, threads: int, rounds: int) -> dict[str, Any]:
    """Processor time of a step on the CPU, beside the bytes that it should move.

    What else a machine does changes processor time less than time.
    """
    import torch
    from torch.nn.functional import cross_entropy

    from lilogic.learn import kernels
    from lilogic.learn.net.logic_net import LogicNet

    network = LogicNet(net.bits, net.layers, 10, net.candidates, 30.0, kernels.KERNELS["cpu"])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, fused=True)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(net.batch, net.bits, generator=generator) < 0.3
    y = torch.randint(0, 10, (net.batch,), generator=generator)

    def step() -> float:
        began = time.process_time()
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(network(x), y).backward()
        optimizer.step()
        return time.process_time() - began

    step()
    seconds = statistics.median(step() for _ in range(rounds))
    of = cost(net)
    moved = net.batch * of.sample_bytes + of.parameter_bytes
    return {
        "name": net.name,
        "batch": net.batch,
        "threads": threads,
        "processor_ms": 1e3 * seconds,
        "gigabytes_per_second": moved / seconds / 1e9,
        "gigaflops_per_second": net.batch * of.sample_flops / seconds / 1e9,
    }


def processes(count: int, recipe: str, epochs: int) -> dict[str, Any]:
    """Seconds of an epoch of a recipe in so many processes of a thread each."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [
            sys.executable, "-m", "torch.distributed.run", "--standalone",
            "--nproc-per-node", str(count), "-m", "lilogic", "train", recipe,
            "--threads", "1", "-o", str(run), "--set", f"train.epochs={epochs}",
        ]  # fmt: skip
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    seconds = [json.loads(line)["seconds"] for line in lines]
    return {"processes": count, "recipe": recipe, "epoch_seconds": statistics.median(seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true", help="measure on this machine, too")
    parser.add_argument("--rounds", type=int, default=15, help="steps to take medians of")
    parser.add_argument("--threads", type=int, default=1, help="of a measured step; default: 1")
    parser.add_argument("--most-gates", type=int, default=64_000, help="in a network measured")
    parser.add_argument("--recipe", default="mnist-8k", help="that processes train together")
    parser.add_argument("--epochs", type=int, default=3, help="that processes train")
    options = records.parse(parser, "scaling")
    result: dict[str, Any] = {
        "machines": [asdict(machine) for machine in MACHINES],
        "devices": DEVICES,
        "model": [modelled(net) for net in NETS],
    }
    if options.measure:
        import numba
        import torch

        numba.set_num_threads(options.threads)
        torch.set_num_threads(options.threads)
        small = [net for net in NETS if sum(net.layers) <= options.most_gates]
        result["measured"] = [measured(net, options.threads, options.rounds) for net in small]
        result["processes"] = [processes(count, options.recipe, options.epochs) for count in (1, 2)]
    records.finish(options, result, show, threads=options.threads)


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console(highlight=False, width=120)
    table = Table("network", title="a training step, all devices together")
    for heading in ("K", "batch", "parameters", "GB", "GFLOP", "FLOP a byte", "MB exchanged"):
        table.add_column(heading, justify="right")
    for one in result["model"]:
        table.add_row(
            one["name"], str(one["candidates"]), str(one["batch"]), f"{one['parameters']:,}",
            f"{one['gigabytes']:.3f}", f"{one['gigaflops']:.2f}", f"{one['flops_per_byte']:.2f}",
            f"{one['exchanged_megabytes']:.1f}",
        )  # fmt: skip
    console.print(table)
    for number, machine in enumerate(result["machines"]):
        table = Table("network", title=f"{machine['name']}: milliseconds of a step (speedup)")
        for devices in result["devices"]:
            table.add_column(f"{devices} devices", justify="right")
        table.add_column("pays up to", justify="right")
        for one in result["model"]:
            row = one["machines"][number]
            cells = [
                f"{ms:.2f} ({speedup:.1f})"
                for ms, speedup in zip(row["ms"], row["speedup"], strict=True)
            ]
            table.add_row(one["name"], *cells, str(row["pays_up_to"]))
        console.print(table)
    if "measured" in result:
        table = Table("network", title="measured on the CPU")
        for heading in ("batch", "threads", "processor ms", "GB/s", "GFLOP/s"):
            table.add_column(heading, justify="right")
        for one in result["measured"]:
            table.add_row(
                one["name"], str(one["batch"]), str(one["threads"]), f"{one['processor_ms']:.1f}",
                f"{one['gigabytes_per_second']:.1f}", f"{one['gigaflops_per_second']:.1f}",
            )  # fmt: skip
        console.print(table)
    for one in result.get("processes", []):
        console.print(
            f"{one['recipe']}, {one['processes']} processes: {one['epoch_seconds']:.2f} s an epoch"
        )


if __name__ == "__main__":
    main()
