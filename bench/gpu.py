"""Training on a GPU: what a step takes, and a whole training.

Measures steps of recipes (medians of blocks of steps, with the batch and without) beside the time
that the GPU computes in one, and the speed of a copy; then trains `mnist-8k`. Prints tables and
writes build/bench/gpu.json. bench/gpu.sh goes on with the networks that are meant for a GPU.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from lilogic.data import datasets
from lilogic.files import check_writable, write_json
from lilogic.learn import recipe as recipes
from lilogic.learn import trainer
from lilogic.learn.learner import Learner

OUTPUT = Path("build/bench/gpu.json")
RUNS = Path("build/bench/runs")
DEVICE = torch.device("cuda")
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "mnist-8k": ("mnist-8k", {}),
    "2×128,000": (
        "mnist-8k",
        {"net.layers": [128_000, 128_000], "net.candidates": 8, "net.reads": "previous"},
    ),
    "cifar-conv-256k": ("cifar-conv-256k", {}),
    "cifar-conv-1m": ("cifar-conv-1m", {}),
}
"""Recipes whose steps are measured, and what is changed of them."""
BLOCKS, BLOCK = 5, 20
COPIED = 2**30
"""Bytes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--no-training", action="store_true", help="train nothing")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("bench/gpu.py: needs an NVIDIA GPU, and a torch that knows it")
    check_writable(OUTPUT)
    result: dict[str, Any] = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "copy_gb_per_s": copy_speed(),
        "steps": [step(name, *recipe) for name, recipe in STEPS.items()],
    }
    if not options.no_training:
        result["training"] = training()
    write_json(OUTPUT, result)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


def copy_speed() -> float:
    """GB/s of a copy on the GPU, read and written."""
    source = torch.empty(COPIED, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    seconds = statistics.median(timed(lambda: target.copy_(source)) for _ in range(BLOCKS))
    return 2 * COPIED / seconds / 1e9


def step(name: str, recipe: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of a training step of a recipe, soft as at its start."""
    torch.cuda.reset_peak_memory_stats()
    settings = recipes.load(recipe, changes)
    learner = Learner(settings, datasets.load(settings.dataset), DEVICE)
    random = np.random.default_rng(0)
    endless = itertools.chain.from_iterable(learner._batches(random) for _ in itertools.count())
    learner.net.train()
    batch = next(endless)

    def take(batch: Any, regrow: bool = False) -> None:
        """A step of the first epochs."""
        learner.annealing.done = settings.train.grow_every - 1 if regrow else 0
        learner._step(*batch)

    for regrow in (False, True, False):
        take(batch, regrow)

    def alone() -> None:
        for _ in range(BLOCK):
            take(batch)

    def with_batch() -> None:
        for _ in range(BLOCK):
            take(next(endless))

    one, whole = (
        1e3 * statistics.median(timed(block) for _ in range(BLOCKS)) / BLOCK
        for block in (alone, with_batch)
    )
    return {
        "network": name,
        "nodes": sum(layer.n_unrolled for layer in learner.net.layers),
        "batch": learner.batch,
        "step_ms": one,
        "with_batch_ms": whole,
        "regrow_ms": 1e3 * timed(lambda: take(batch, True)),
        **computed(alone),
        "memory_gb": torch.cuda.max_memory_allocated() / 1e9,
    }


def computed(block: Any) -> dict[str, Any]:
    """Milliseconds that the GPU computes in a step, and the longest of its kernels."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as found:
        block()
        torch.cuda.synchronize()
    spent: dict[str, float] = {}
    for event in found.key_averages():
        if event.device_type == DeviceType.CUDA:
            spent[event.key] = event.self_device_time_total / 1e3 / BLOCK
    longest = dict(sorted(spent.items(), key=lambda item: -item[1])[:6])
    return {"computed_ms": sum(spent.values()), "kernels_ms": longest}


def training() -> dict[str, Any]:
    """Seconds and accuracy of ``mnist-8k``, compilation included."""
    settings = recipes.load("mnist-8k")
    data = datasets.load(settings.dataset)
    began = time.perf_counter()
    graph = trainer.train(settings, data, RUNS / f"mnist-8k-gpu-{int(time.time())}", None, "cuda")
    seconds = time.perf_counter() - began
    return {"network": "mnist-8k", "seconds": seconds, **graph.metadata["accuracy"]}


def timed(work: Any) -> float:
    """Seconds until the GPU has done it."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console(highlight=False, width=120)
    console.print(f"{result['device']}, torch {result['torch']}")
    console.print(f"copy: {result['copy_gb_per_s']:,.0f} GB/s, read and written")
    table = Table("network", title="milliseconds of a training step")
    for heading in ("nodes", "batch", "step", "with its batch", "computed", "with regrowing"):
        table.add_column(heading, justify="right")
    for one in result["steps"]:
        table.add_row(
            one["network"],
            f"{one['nodes']:,}",
            str(one["batch"]),
            *(
                f"{one[key]:.2f}"
                for key in ("step_ms", "with_batch_ms", "computed_ms", "regrow_ms")
            ),
        )
    console.print(table)
    if found := result.get("training"):
        accuracy = f"{100 * found['test_frozen']:.2f} %"
        console.print(f"{found['network']}: {accuracy} after {found['seconds']:.0f} s")


if __name__ == "__main__":
    main()
