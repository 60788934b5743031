"""Images a second of software inference beside other ways to compute the same network.

Every version classifies the same images, in turn over several rounds, and is first compared with
the golden model; seconds are of the processor on one core, medians over the rounds, and on the wall
for all cores. Each has the time and memory that it took to make it for a
graph, compilers included. The floor is how long the network's gates and full adders would take in
vector instructions alone. Prints a table and writes build/bench/infer.json.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import records
import torch
from inference.arrays import plain_numpy, torch_bool, torch_words
from inference.circuit import torchlogix_circuit
from inference.compiled_c import COMPILER, exported_c, one_function
from inference.floor import floor
from inference.ours import golden_model, packed_bits, raw_pixels
from inference.version import Classify, Samples, Version, elapsed
from rich.console import Console
from rich.table import Table

from lilogic import zoo
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.zoo import models

OURS = "packed bits"
VERSIONS = [
    Version(OURS, packed_bits),
    Version("raw pixels", raw_pixels),
    Version("golden model", golden_model, 4096),
    Version("plain numpy", plain_numpy, 4096),
    Version("torch, int64 words", torch_words, 1024),
    Version("torch, a byte a bit", torch_bool, 1024),
    Version("exported C", exported_c),
    # Compilers take minutes for these, and ten times as long for four times the gates.
    Version("one C function", one_function, gates=10_000),
    Version("torchlogix Circuit", torchlogix_circuit, 4096, gates=10_000),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=zoo.names(), help="MODELs with an encoder")
    parser.add_argument("--images", type=int, default=131_072, help="how many random images")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take medians of")
    names = [version.name for version in VERSIONS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="versions")
    options = records.parse(parser, "infer")
    # What all are compared with is always there.
    versions = [version for version in VERSIONS if version.name in {OURS, *options.only}]
    # numba compiles its functions once for all graphs, and keeps them.
    warm = models.load("digits")
    for make in (packed_bits, raw_pixels, golden_model):
        make(warm, draw(warm, 64))()
    result = {
        "compiler": compiler(),
        "networks": {
            name: measure(name, versions, options.images, options.rounds)
            for name in options.networks
        },
    }
    records.finish(options, result, show, threads=1)


def measure(name: str, versions: Sequence[Version], images: int, rounds: int) -> dict[str, Any]:
    """Images a second of the versions, on one core and, for lilogic, on all."""
    graph = models.load(name)
    simplified = passes.simplify(graph)
    samples = draw(graph, images)
    cores = sorted(os.sched_getaffinity(0))
    ready: dict[str, tuple[Classify, int]] = {}
    found: dict[str, dict[str, Any]] = {}
    for version in versions:
        if simplified.n_gates > version.gates:
            found[version.name] = {"absent": f"made for up to {version.gates:,} gates"}
            continue
        count = min(images, version.images)
        part = Samples(samples.raw[:count], samples.bits[:count], samples.expected[:count])
        try:
            classify, spent = made(version, graph, part)
        except (ImportError, SyntaxError, FileNotFoundError, LilogicError) as error:
            # torchlogix 0.2.2 says that Python 3.10 is enough, but is written for 3.12; there may
            # be no compiler; and raw samples are not encoded with quantiles of their own.
            found[version.name] = {"absent": f"{type(error).__name__}: {error}"}
            continue
        exact = bool((classify() == part.expected).all())
        if not exact:
            raise LilogicError(f"{name}: {version.name} differs from the golden model")
        found[version.name] = {"exact": exact, "images": count} | spent
        ready[version.name] = classify, count
    seconds: dict[str, list[float]] = {each: [] for each in ready}
    os.sched_setaffinity(0, cores[-1:])
    torch.set_num_threads(1)
    for _ in range(rounds):
        for each, (classify, _) in ready.items():
            seconds[each].append(elapsed(classify, time.process_time))
    limit = floor(graph)
    os.sched_setaffinity(0, cores)
    for each, (_, count) in ready.items():
        found[each]["images_per_second"] = count / statistics.median(seconds[each])
        found[each]["best_images_per_second"] = count / min(seconds[each])
    for each in ready.keys() & {OURS, "raw pixels"}:
        classify, count = ready[each]
        times = [elapsed(classify, time.perf_counter) for _ in range(rounds)]
        found[each]["images_per_second_all_cores"] = count / statistics.median(times)
    ours = found[OURS]["images_per_second"]
    for each in ready:
        found[each]["packed_bits_ahead"] = ours / found[each]["images_per_second"]
    return {
        "gates": simplified.n_gates,
        "counted": len(simplified.head_nodes),
        "images": images,
        "floor": limit | {"reached": ours / limit["images_per_second"]},
        "versions": found,
    }


def draw(graph: GateGraph, images: int) -> Samples:
    """Random images, half of whose pixels are 0 as an MNIST image's are, and their classes."""
    if graph.encoder is None:
        raise LilogicError("only networks with an encoder can be measured")
    generator = np.random.default_rng(0)
    info = np.iinfo(graph.encoder.feature_dtype)
    shape = images, *graph.encoder.input_shape
    highest = int(graph.encoder.threshold.max())
    top = min(int(info.max), 2 * max(highest, 0) + 1)
    raw = generator.integers(0, top, shape, endpoint=True)
    raw[generator.random(shape) < 0.5] = 0
    scaling = graph.encoder.preprocessing.scaling
    if scaling is None:
        raw = raw.astype(graph.encoder.input_dtype)
    else:
        offset, scale = (np.reshape(of, shape[1:]) for of in (scaling.offset, scaling.scale))
        raw = offset + (raw - 0.5) / scale
    bits = graph.encoder.encode(raw)
    return Samples(raw, bits, golden.classify(golden.scores(graph, bits)))


def made(version: Version, graph: GateGraph, samples: Samples) -> tuple[Classify, dict[str, Any]]:
    """A version for a graph; processor seconds and megabytes that making it took.

    Memory is by how much this process grew, or the largest compiler that has run so far.
    """
    began, before = seconds_spent(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    compilers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    classify = version.make(graph, samples)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = children.ru_maxrss if children.ru_utime > compilers else 0
    return classify, {
        "make_seconds": round(seconds_spent() - began, 3),
        "make_megabytes": round(max(grown, largest) / 1024, 1),
    }


def seconds_spent() -> float:
    """Processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def compiler() -> str:
    """The C compiler's name and version."""
    found = shutil.which(COMPILER[0])
    if not found:
        return "no C compiler"
    told = subprocess.run([found, "--version"], capture_output=True, text=True)
    return told.stdout.splitlines()[0]


def show(result: dict[str, Any]) -> None:
    """Print a table for each network."""
    console = Console(highlight=False, width=120)
    for name, network in result["networks"].items():
        table = Table(title=f"{name}, {network['gates']:,} gates")
        table.add_column("version")
        columns = ("images/s, a core", "best", "all cores", "behind", "make s", "make MB")
        for column in columns:
            table.add_column(column, justify="right")
        for kind, version in network["versions"].items():
            if "absent" in version:
                table.add_row(kind, f"not measured: {version['absent']}")
                continue
            every = version.get("images_per_second_all_cores")
            table.add_row(
                kind,
                f"{version['images_per_second']:,.0f}",
                f"{version['best_images_per_second']:,.0f}",
                f"{every:,.0f}" if every else "",
                f"{version['packed_bits_ahead']:.1f}×",
                f"{version['make_seconds']:.2f}",
                f"{version['make_megabytes']:.0f}",
            )
        console.print(table)
        limit = network["floor"]
        console.print(
            f"floor: {limit['operations_per_image']:,} bit operations an image at "
            f"{limit['bit_operations_per_second'] / 1e12:.2f}e12 a second: "
            f"{limit['images_per_second']:,.0f} images/s; reached: {limit['reached']:.0%}"
        )


if __name__ == "__main__":
    main()
