"""Images a second of software inference beside other ways to compute the same network.

Every version classifies the same images, in turn over several rounds, and is first compared with
the golden model; seconds are of the processor on one core, medians over the rounds, and on the wall
for all cores. Each has the time and memory that it took to make it for a
graph, compilers included. The floor is how long the network's gates and full adders would take in
vector instructions alone. Prints a table and writes build/bench/infer.json.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import njit
from rich.console import Console
from rich.table import Table

from lilogic import formats, zoo
from lilogic.api import Model
from lilogic.data.capabilities import BITSLICED, can_encode
from lilogic.errors import LilogicError
from lilogic.files import write_json
from lilogic.graph import GateGraph, gates, passes
from lilogic.graph.gates import READS_A, READS_B
from lilogic.infer import bitslice, golden, simd
from lilogic.infer.simd import load, store
from lilogic.zoo import models

OUTPUT = Path("build/bench/infer.json")
OURS = "packed bits"
COMPILER = ["cc", "-O3", "-march=native", "-shared", "-fPIC"]
NAMES = [
    "CONST_FALSE", "AND", "AND_NOT_B", "WIRE", "AND_NOT_A", "WIRE", "XOR", "OR",
    "NOR", "XNOR", "NOT", "OR_NOT_B", "NOT", "OR_NOT_A", "NAND", "CONST_TRUE",
]  # fmt: skip
"""torchlogix' names of the sixteen functions."""

Bits = npt.NDArray[np.bool_]
Classify = Callable[[], npt.NDArray[Any]]


@dataclass(frozen=True)
class Samples:
    """The same images in every form that a version reads."""

    raw: npt.NDArray[Any]
    bits: Bits
    expected: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Version:
    """A way to classify; ``make`` prepares it for a graph, ``classify`` then takes all images.

    It is given at most so many ``images``, and left out for networks of more than ``gates``.
    """

    name: str
    make: Callable[[GateGraph, Samples], Classify]
    images: int = 2**20
    gates: int = 2**31


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=zoo.names(), help="MODELs with an encoder")
    parser.add_argument("--images", type=int, default=131_072, help="how many random images")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take medians of")
    names = [version.name for version in VERSIONS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="versions")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    # What all are compared with is always there.
    versions = [version for version in VERSIONS if version.name in {OURS, *options.only}]
    # numba compiles its functions once for all graphs, and keeps them.
    warm = models.load("digits")
    for make in (packed_bits, raw_pixels, golden_model):
        make(warm, draw(warm, 64))()
    result = {
        "machine": machine(),
        "networks": [
            measure(name, versions, options.images, options.rounds) for name in options.networks
        ],
    }
    write_json(OUTPUT, result)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


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
        "network": name,
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
    info = np.iinfo(graph.encoder.input_dtype)
    shape = images, *graph.encoder.input_shape
    highest = int(graph.encoder.threshold.max())
    top = min(int(info.max), 2 * max(highest, 0) + 1)
    raw = generator.integers(0, top, shape, endpoint=True).astype(graph.encoder.input_dtype)
    raw[generator.random(shape) < 0.5] = 0
    bits = graph.encoder.encode(raw)
    return Samples(raw, bits, golden.classify(golden.scores(graph, bits)))


def elapsed(classify: Classify, clock: Callable[[], float]) -> float:
    began = clock()
    classify()
    return clock() - began


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


def packed_bits(graph: GateGraph, samples: Samples) -> Classify:
    """lilogic's interpreter."""
    program = bitslice.compile_bits(graph)
    words = bitslice.packed(samples.bits)
    return lambda: bitslice.classify(program, words)


def raw_pixels(graph: GateGraph, samples: Samples) -> Classify:
    """The same with the encoder."""
    assert graph.encoder is not None
    if not can_encode(BITSLICED, graph.encoder):
        # Differences are made first.
        model = Model(graph, "network")
        return lambda: model.predict(samples.raw)
    program = bitslice.compile_raw(graph)
    features = graph.encoder.features(samples.raw)
    return lambda: bitslice.classify(program, features)


def golden_model(graph: GateGraph, samples: Samples) -> Classify:
    """The golden model: numba, 64 images a word, gate by gate."""
    return lambda: golden.classify(golden.scores(graph, samples.bits))


def levels(graph: GateGraph) -> list[tuple[npt.NDArray[Any], ...]]:
    """For each level, its gates' nodes, what they read, and their functions as masks.

    A gate is ``n0 ^ n1 a ^ n2 b ^ n3 a b``.
    """
    f00, f01, f10, f11 = gates.TRUTH[graph.op].T.astype(np.int64)
    form = -np.stack([f00, f00 ^ f10, f00 ^ f01, f00 ^ f01 ^ f10 ^ f11])
    level = graph.levels[graph.n_inputs :]
    members = [np.flatnonzero(level == each) for each in range(1, graph.depth + 1)]
    return [
        (graph.n_inputs + each, graph.a[each], graph.b[each], form[:, each, None])
        for each in members
    ]


def plain_numpy(graph: GateGraph, samples: Samples) -> Classify:
    """Words of 64 images, a level at once; counts after unpacking them to bytes."""
    graph = passes.simplify(graph)
    steps = levels(graph)
    words = golden.pack(samples.bits).view(np.int64)

    def classify() -> npt.NDArray[Any]:
        values = np.empty((graph.n_nodes, words.shape[1]), dtype=np.int64)
        values[: graph.n_inputs] = words
        for nodes, a, b, (n0, n1, n2, n3) in steps:
            x, y = values[a], values[b]
            values[nodes] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)
        scores = [
            np.unpackbits(values[head].view(np.uint8), axis=1, bitorder="little").sum(
                axis=0, dtype=np.int32
            )
            + offset
            for head, offset in zip(graph.heads, graph.offset, strict=True)
        ]
        return np.argmax(scores, axis=0)[: len(samples.bits)]

    return classify


def torch_words(graph: GateGraph, samples: Samples) -> Classify:
    """The same in torch, on int64."""
    graph = passes.simplify(graph)
    steps = [tuple(map(torch.from_numpy, step)) for step in levels(graph)]
    words = torch.from_numpy(golden.pack(samples.bits).view(np.int64))
    heads = [torch.from_numpy(head.astype(np.int64)) for head in graph.heads]
    places = torch.arange(64)

    def classify() -> npt.NDArray[Any]:
        values = torch.empty((graph.n_nodes, words.shape[1]), dtype=torch.int64)
        values[: graph.n_inputs] = words
        for nodes, a, b, (n0, n1, n2, n3) in steps:
            x, y = values[a], values[b]
            values[nodes] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)
        scores = [
            ((values[head][:, :, None] >> places) & 1).sum(0).flatten() + int(offset)
            for head, offset in zip(heads, graph.offset, strict=True)
        ]
        # torch.argmax does not promise the first of equal scores; numpy does.
        return torch.stack(scores).numpy().argmax(axis=0)[: len(samples.bits)]

    return classify


def torch_bool(graph: GateGraph, samples: Samples) -> Classify:
    """A byte for each bit, a level at once."""
    graph = passes.simplify(graph)
    steps = [tuple(map(torch.from_numpy, step)) for step in levels(graph)]
    bits = torch.from_numpy(samples.bits.T.copy()).to(torch.int8)
    heads = [torch.from_numpy(head.astype(np.int64)) for head in graph.heads]

    def classify() -> npt.NDArray[Any]:
        values = torch.empty((graph.n_nodes, bits.shape[1]), dtype=torch.int8)
        values[: graph.n_inputs] = bits
        for nodes, a, b, form in steps:
            x, y = values[a], values[b]
            n0, n1, n2, n3 = (form & 1).to(torch.int8)
            values[nodes] = n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)
        scores = [
            values[head].sum(0, dtype=torch.int32) + int(offset)
            for head, offset in zip(heads, graph.offset, strict=True)
        ]
        return torch.stack(scores).numpy().argmax(axis=0)

    return classify


def build(folder: Path) -> ctypes.CDLL:
    """The shared object of ``net.c``."""
    library = folder / "net.so"
    subprocess.run([*COMPILER, str(folder / "net.c"), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def blocks_of_64(samples: Samples) -> npt.NDArray[np.uint64]:
    """uint64 [blocks, inputs], as C versions read them."""
    return np.ascontiguousarray(golden.pack(samples.bits).T)


def exported_c(graph: GateGraph, samples: Samples) -> Classify:
    """The file of ``lilogic export --to c``, and a loop over blocks of 64 images."""
    loop = """
void classify_all(const uint64_t *bits, int32_t *classes, int64_t blocks)
{
    for (int64_t i = 0; i < blocks; i++)
        lilogic_classify(bits + i * LILOGIC_INPUTS, classes + 64 * i);
}
"""
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        path = Path(folder) / "net.c"
        formats.write(passes.simplify(graph), "c", path)
        path.write_text(path.read_text() + loop)
        return partial(run_c, build(Path(folder)), blocks_of_64(samples), len(samples.bits))


def one_function(graph: GateGraph, samples: Samples) -> Classify:
    """One function of straight-line statements for the whole graph, as other tools write it.

    Every image's bits are then added up one after another.
    """
    graph = passes.simplify(graph)
    names = [f"in[{i}]" for i in range(graph.n_inputs)]
    names += [f"g{i}" for i in range(graph.n_gates)]
    body = [
        f"const uint64_t g{gate} = {c_expression(int(op), names[a], names[b])};"
        for gate, (op, a, b) in enumerate(zip(graph.op, graph.a, graph.b, strict=True))
    ]
    outputs = [f"out[{i}] = {names[node]};" for i, node in enumerate(graph.head_nodes)]
    source = f"""
#include <stdint.h>
static const int32_t ends[] = {{{", ".join(map(str, graph.head_ptr[1:]))}}};
static const int32_t offset[] = {{{", ".join(map(str, graph.offset))}}};
static void gates(const uint64_t *in, uint64_t *out)
{{
{chr(10).join(body + outputs)}
}}
void classify_all(const uint64_t *bits, int32_t *classes, int64_t blocks)
{{
    uint64_t out[{max(1, len(outputs))}];
    for (int64_t i = 0; i < blocks; i++) {{
        int32_t best[64];
        gates(bits + i * {graph.n_inputs}, out);
        for (int c = 0, n = 0; c < {graph.n_classes}; c++) {{
            int32_t score[64];
            for (int s = 0; s < 64; s++)
                score[s] = offset[c];
            for (; n < ends[c]; n++)
                for (int s = 0; s < 64; s++)
                    score[s] += out[n] >> s & 1;
            for (int s = 0; s < 64; s++)
                if (c == 0 || score[s] > best[s]) {{
                    best[s] = score[s];
                    classes[64 * i + s] = c;
                }}
        }}
    }}
}}
"""
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        (Path(folder) / "net.c").write_text(source)
        return partial(run_c, build(Path(folder)), blocks_of_64(samples), len(samples.bits))


def c_expression(op: int, a: str, b: str) -> str:
    """A gate as a sum of products of C."""
    terms = [
        f"({'~' * (1 - x)}{a} & {'~' * (1 - y)}{b})"
        for (x, y), value in zip(((0, 0), (0, 1), (1, 0), (1, 1)), gates.TRUTH[op], strict=True)
        if value
    ]
    return f"{a} ^ {b}" if op == gates.XOR else " | ".join(terms) or "0"


def run_c(library: ctypes.CDLL, words: npt.NDArray[np.uint64], images: int) -> npt.NDArray[Any]:
    """int32 [images]: the classes that ``classify_all`` of a library gives."""
    classes = np.empty(64 * len(words), dtype=np.int32)
    library.classify_all(
        words.ctypes.data_as(ctypes.c_void_p),
        classes.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(len(words)),
    )
    return classes[:images]


def torchlogix_circuit(graph: GateGraph, samples: Samples) -> Classify:
    """torchlogix' own circuit of the same gates, compiled by it at -O3 for words of 64 images."""
    from torchlogix import Circuit

    graph = passes.simplify(graph)
    nodes = enumerate(zip(graph.op.tolist(), graph.a.tolist(), graph.b.tolist(), strict=True))
    listed = []
    for gate, (op, a, b) in nodes:
        reads = [wire for wire, is_read in ((a, READS_A[op]), (b, READS_B[op])) if is_read]
        first, second = (*reads, -1, -1)[:2]
        listed.append(
            {"gate_id": graph.n_inputs + gate, "op": NAMES[op], "in0": first, "in1": second}
        )
    sums = range(graph.n_nodes, graph.n_nodes + graph.n_classes)
    lowest = int(graph.offset.min())
    circuit = Circuit.from_dict(
        {
            "n_inputs": graph.n_inputs,
            "input_shape": [graph.n_inputs],
            "outputs": list(sums),
            "output_shape": [graph.n_classes],
            "gates": listed,
            "sum_nodes": [
                {"node_id": node, "input_ids": head.tolist(), "beta": float(offset - lowest)}
                for node, head, offset in zip(sums, graph.heads, graph.offset, strict=True)
            ],
        }
    )
    circuit.compile(opt_level=3, pack_bits=64)
    missing = -len(samples.bits) % 64
    bits = np.pad(samples.bits, ((0, missing), (0, 0)))
    return lambda: circuit(bits, use_compiled=True).argmax(axis=1)[: len(samples.bits)]


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


def floor(graph: GateGraph) -> dict[str, float]:
    """How many images a second the vector instructions alone would allow, from rows that are near.

    A gate is one operation on a row and a full adder five, as many full adders as counted nodes;
    nothing is loaded or stored for them.
    """
    graph = passes.simplify(graph)
    operations = graph.n_gates + 5 * len(graph.head_nodes)
    nearby = np.arange(64 * simd.LANES, dtype=np.uint64)
    second_level = np.zeros(4096 * simd.LANES, dtype=np.uint64)
    rows = 2**18
    speed = {}
    for name, memory in (("l1", nearby), ("l2", second_level)):
        _xor(memory, 1)
        times = [elapsed(partial(_xor, memory, rows), time.thread_time) for _ in range(20)]
        speed[name] = rows * simd.LANES * 64 / min(times)
    _registers(nearby, 1)
    times = [elapsed(partial(_registers, nearby, rows), time.thread_time) for _ in range(20)]
    in_registers = 12 * rows * simd.LANES * 64 / min(times)
    return {
        "operations_per_image": operations,
        "bit_operations_per_second": in_registers,
        "bit_operations_per_second_l1": speed["l1"],
        "bit_operations_per_second_l2": speed["l2"],
        "images_per_second": in_registers / operations,
    }


@njit
def _xor(memory, count):  # type: ignore[no-untyped-def]
    """One operation for each row that is loaded; what it gives is stored at the end.

    The memory's size is a power of two.
    """
    sum_ = load(memory, np.uint64(0))
    mask = np.uint64(len(memory) - 1)
    at = np.uint64(0)
    for _ in range(count):
        sum_ = sum_ ^ load(memory, at)
        at = (at + np.uint64(simd.LANES)) & mask
    store(memory, np.uint64(0), sum_)


@njit
def _registers(memory, count):  # type: ignore[no-untyped-def]
    """Twelve operations a turn on six rows in registers, halves of which do not wait for the other.

    Products keep the compiler from simplifying them.
    """
    row = np.uint64(simd.LANES)
    a, b, c = load(memory, np.uint64(0)), load(memory, row), load(memory, row + row)
    x, y, z = a ^ b, b ^ c, a & b
    for _ in range(count):
        a = a ^ (b & c)
        x = x ^ (y & z)
        b = b ^ (c & a)
        y = y ^ (z & x)
        c = c ^ (a & b)
        z = z ^ (x & y)
    store(memory, np.uint64(0), a ^ b ^ c ^ x ^ y ^ z)


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    found = shutil.which(COMPILER[0])
    told = subprocess.run([found, "--version"], capture_output=True, text=True) if found else None
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.split(":")[1].strip() for line in lines if line.startswith("model n"))
    except (OSError, StopIteration):
        processor = "unknown"
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "compiler": told.stdout.splitlines()[0] if told else "no C compiler",
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def show(result: dict[str, Any]) -> None:
    """Print a table for each network."""
    console = Console(highlight=False, width=120)
    console.print(
        "{processor}, {cores} cores, load {load:.1f}; {compiler}".format(**result["machine"])
    )
    for network in result["networks"]:
        table = Table(title=f"{network['network']}, {network['gates']:,} gates")
        table.add_column("version")
        columns = ("images/s, a core", "best", "all cores", "behind", "make s", "make MB")
        for column in columns:
            table.add_column(column, justify="right")
        for name, version in network["versions"].items():
            if "absent" in version:
                table.add_row(name, f"not measured: {version['absent']}")
                continue
            every = version.get("images_per_second_all_cores")
            table.add_row(
                name,
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
