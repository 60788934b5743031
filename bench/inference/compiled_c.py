"""Compiled C: the exported file, and one function for the whole graph."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.version import Classify, Samples
from lilogic import formats
from lilogic.graph import GateGraph, gates, passes
from lilogic.infer.layouts import slice_bits

COMPILER = ["cc", "-O3", "-march=native", "-shared", "-fPIC"]


def build(folder: Path) -> ctypes.CDLL:
    """The shared object of ``net.c``."""
    library = folder / "net.so"
    subprocess.run([*COMPILER, str(folder / "net.c"), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def blocks_of_64(samples: Samples) -> npt.NDArray[np.uint64]:
    """uint64 [blocks, inputs], as C versions read them."""
    return np.ascontiguousarray(slice_bits(samples.bits).T)


def exported_c(graph: GateGraph, samples: Samples) -> Classify:
    """The file of ``lilogic export --to c``, and a loop over blocks of 64 images."""
    loop = """
void classify_all(const uint64_t *bits, int32_t *classes, int64_t blocks)
{
    for (int64_t i = 0; i < blocks; i++)
        net_classify(bits + i * NET_INPUTS, classes + 64 * i);
}
"""
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        path = Path(folder) / "net.c"
        formats.write(graph, "c", path)
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
