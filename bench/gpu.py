"""What a GPU does: training steps, a whole training, and inference.

Measures steps of recipes (medians of blocks of steps, with the batch and without, also with short
rows) beside the time that the GPU computes in one and the share of its bandwidth that this is; then
the images that networks classify a second; then the time that `mnist-8k` trains, and after which
its validation accuracy is there. Prints tables and writes build/bench/gpu.json, part by part.
`--dry-run` goes through all of it on the CPU, with small networks, where Triton interprets.
bench/gpu.sh goes on with the networks that are meant for a GPU.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import records
import scaling
import torch

import lilogic
from lilogic.data import datasets
from lilogic.infer import cuda, golden
from lilogic.learn import recipe as recipes
from lilogic.learn import trainer
from lilogic.learn.learner import Learner
from lilogic.learn.net.nodes import NodeLayer

RUNS = Path("build/bench/runs")
WIDE = {"net.layers": [128_000, 128_000], "net.candidates": 8, "net.reads": "previous"}
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "mnist-8k": ("mnist-8k", {}),
    "2×128,000": ("mnist-8k", WIDE),
    "2×128,000, bfloat16": ("mnist-8k", WIDE | {"train.precision": "bfloat16"}),
    "cifar-conv-256k": ("cifar-conv-256k", {}),
    "cifar-conv-256k, bfloat16": ("cifar-conv-256k", {"train.precision": "bfloat16"}),
    "fashion-lut6": ("fashion-lut6", {}),
    "cifar-conv-1m": ("cifar-conv-1m", {}),
}
"""Recipes whose steps are measured, and what is changed of them."""
CLASSIFIED = {"mnist-8k": 2**21, "fashion-8k": 2**19, "mnist-large": 2**19}
"""Networks that classify, and how many images at a time."""
TRAINED, REACHED = "mnist-8k", 0.9845
BLOCKS, BLOCK = 5, 20
COPIED = 2**30
"""Bytes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-training", action="store_true", help="train nothing")
    parser.add_argument("--dry-run", action="store_true", help="every path, on the CPU")
    options = records.parse(parser, "gpu")
    if options.dry_run:
        shrink()
    elif not torch.cuda.is_available():
        sys.exit("bench/gpu.py: needs an NVIDIA GPU, and a torch that knows it; or --dry-run")
    device = torch.device("cpu" if options.dry_run else "cuda")
    output = options.output.with_stem("gpu-dry-run") if options.dry_run else options.output
    result: dict[str, Any] = {
        "device": "none, a dry run" if options.dry_run else torch.cuda.get_device_name(),
        "copy_gb_per_s": copy_speed(device),
        "steps": [],
        "inference": [],
    }

    def add(kind: str, measure: Callable[[], dict[str, Any]]) -> None:
        """A part that fails leaves the others, and a kill leaves what was measured before."""
        try:
            result[kind].append(measure())
        except Exception as error:
            print(f"bench/gpu.py: {kind}: {error!r}", file=sys.stderr)
            result.setdefault("failed", []).append(f"{kind}: {error!r}")
        records.write(output, result, device=result["device"])

    for name, images in CLASSIFIED.items():
        add("inference", lambda name=name, images=images: inference(name, images, device))
    for name, recipe in STEPS.items():
        add("steps", lambda name=name, recipe=recipe: step(name, *recipe, device, result))
    if not options.no_training:
        result["trainings"] = []
        add("trainings", lambda: training(device))
    print(json.dumps(result, indent=2) if options.json else markdown(result))
    if "failed" in result:
        sys.exit(1)


def shrink() -> None:
    """Small networks in place of those that a GPU is for; before Triton is loaded."""
    global TRAINED, BLOCKS, BLOCK, COPIED
    os.environ["TRITON_INTERPRET"] = "1"
    tiny = {"net.layers": [6, 3], "net.candidates": 2, "train.kernel": "cuda", "train.batch": 8}
    STEPS.clear()
    STEPS["wine"] = ("wine", tiny)
    STEPS["wine, bfloat16"] = ("wine", tiny | {"train.precision": "bfloat16"})
    CLASSIFIED.clear()
    CLASSIFIED["wine"] = 64
    TRAINED, BLOCKS, BLOCK, COPIED = "wine", 1, 1, 2**20


def copy_speed(device: torch.device) -> float:
    """GB/s of a copy on the GPU, read and written."""
    source = torch.empty(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    seconds = statistics.median(timed(lambda: target.copy_(source)) for _ in range(BLOCKS))
    return 2 * COPIED / seconds / 1e9


def step(
    name: str, recipe: str, changes: dict[str, Any], device: torch.device, result: dict[str, Any]
) -> dict[str, Any]:
    """Milliseconds of a training step of a recipe, soft as at its start."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    settings = recipes.load(recipe, changes)
    learner = Learner(settings, datasets.load(settings.dataset), device)
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
    found = computed(alone)
    moved = sum(layer_bytes(layer) for layer in learner.net.node_layers) * learner.batch
    share = moved / (found["computed_ms"] / 1e3) / 1e9 / result["copy_gb_per_s"]
    return {
        "network": name,
        "nodes": sum(layer.n_unrolled for layer in learner.net.layers),
        "batch": learner.batch,
        "step_ms": one,
        "with_batch_ms": whole,
        "regrow_ms": 1e3 * timed(lambda: take(batch, True)),
        **found,
        "gigabytes": moved / 1e9,
        "bandwidth_share": share,
        "memory_gb": torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else None,
    }


def layer_bytes(layer: NodeLayer) -> float:
    """What a layer moves for a sample, by the model of bench/scaling.py, in whole floats."""
    wires, _, candidates = layer.connect.logits.shape
    arrangement = layer.arrangement
    rows = None if arrangement.n_data == arrangement.n_choices else arrangement.n_choices
    return scaling.layer_cost(layer.n_outputs, wires, candidates, rows)[0]


def computed(block: Any) -> dict[str, Any]:
    """Milliseconds that the GPU computes in a step, and the longest of its kernels."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    place = DeviceType.CUDA if torch.cuda.is_available() else DeviceType.CPU
    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as found:
        timed(block)
    spent: dict[str, float] = {}
    for event in found.key_averages():
        if event.device_type == place:
            time_us = event.self_device_time_total or event.self_cpu_time_total
            spent[event.key] = spent.get(event.key, 0.0) + time_us / 1e3 / BLOCK
    longest = dict(sorted(spent.items(), key=lambda item: -item[1])[:8])
    return {"computed_ms": sum(spent.values()), "kernels_ms": longest}


def inference(name: str, images: int, device: torch.device) -> dict[str, Any]:
    """Images a second of a network, from where they lie; first it is compared with the golden."""
    graph = lilogic.load(name).graph
    encoder = graph.encoder
    shape = (images, *encoder.input_shape)
    random = np.random.default_rng(0)
    if encoder.preprocessing.scaling is None:
        info = np.iinfo(encoder.input_dtype)
        raw = random.integers(info.min, info.max, shape, encoder.input_dtype, endpoint=True)
    else:
        raw = random.normal(size=shape)
    few = raw[:1000]
    expected = golden.scores(graph, encoder.encode(few))
    machine = cuda.load(graph, "cuda")
    np.testing.assert_array_equal(machine.scores(few), expected)
    bits = encoder.encode(few)
    by_bits = cuda.load(replaced(graph), "cuda")
    np.testing.assert_array_equal(by_bits.scores(bits), expected)
    batch = min(machine.batch, by_bits.batch, images)
    features = torch.from_numpy(np.ascontiguousarray(encoder.features(raw[:batch]))).to(device)
    words = torch.randint(
        -(2**31), 2**31, (batch, -(-graph.n_inputs // 64) * 2), dtype=torch.int32, device=device
    )
    rates = {}
    for place, work, count in (
        ("packed_bits_on_the_gpu", lambda: by_bits.classes_of(words), batch),
        ("features_on_the_gpu", lambda: machine.classes_of(features), batch),
        ("raw_on_the_cpu", lambda: machine.classify(raw), images),
    ):
        repeats = max(1, BLOCK if place.endswith("gpu") else 1)
        work()

        def block(work: Any = work, repeats: int = repeats) -> None:
            for _ in range(repeats):
                work()

        seconds = statistics.median(timed(block) for _ in range(BLOCKS)) / repeats
        rates[place] = count / seconds
    found = computed(lambda: machine.classes_of(features))
    found = {"computed_ms": BLOCK * found["computed_ms"]}
    return {"network": name, "batch": batch, "images_per_second": rates, **found}


def replaced(graph: Any) -> Any:
    """The same graph of input bits."""
    from dataclasses import replace

    return replace(graph, encoder=None)


def training(device: torch.device) -> dict[str, Any]:
    """Seconds and accuracy of a training, compilation included, and when it was good enough."""
    settings = recipes.load(TRAINED)
    data = datasets.load(settings.dataset)
    run = RUNS / f"{TRAINED}-gpu-{time.time_ns()}"
    began = time.perf_counter()
    graph = trainer.train(settings, data, run, None, str(device))
    seconds = time.perf_counter() - began
    reached, total = None, 0.0
    for line in (run / "metrics.jsonl").read_text("utf-8").splitlines():
        epoch = json.loads(line)
        total += epoch["seconds"]
        if reached is None and epoch["validation_frozen"] >= REACHED:
            reached = total
    return {
        "network": TRAINED,
        "seconds": seconds,
        "seconds_until_validation_reached": reached,
        "reached": REACHED,
        **graph.metadata["accuracy"],
    }


def timed(work: Any) -> float:
    """Seconds until the GPU has done it."""
    synchronize()
    began = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - began


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def markdown(result: dict[str, Any]) -> str:
    """What was measured, for people."""
    lines = [
        f"{result['device']}, a copy reads and writes {result['copy_gb_per_s']:,.0f} GB/s.",
        "",
        "| network | nodes | batch | a step | with its batch | of which the GPU computes | "
        "share of a copy's bandwidth | with regrowing |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in result["steps"]:
        lines.append(
            f"| {one['network']} | {one['nodes']:,} | {one['batch']} | {one['step_ms']:.2f} ms | "
            f"{one['with_batch_ms']:.2f} ms | {one['computed_ms']:.2f} ms | "
            f"{100 * one['bandwidth_share']:.0f} % | {one['regrow_ms']:.2f} ms |"
        )
    places = ("packed_bits_on_the_gpu", "features_on_the_gpu", "raw_on_the_cpu")
    lines += ["", "| network | " + " | ".join(place.replace("_", " ") for place in places) + " |"]
    lines.append("|---|---:|---:|---:|")
    for one in result["inference"]:
        rates = " | ".join(f"{one['images_per_second'][place] / 1e6:,.2f} M" for place in places)
        lines.append(f"| `{one['network']}` | {rates} |")
    for one in result.get("trainings", []):
        reached = one["seconds_until_validation_reached"]
        said = "not reached" if reached is None else f"reached after {reached:.1f} s"
        lines += [
            "",
            f"`{one['network']}`: {100 * one['test_frozen']:.2f} % after {one['seconds']:.0f} s; "
            f"{100 * one['reached']:.2f} % frozen validation accuracy {said}.",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
