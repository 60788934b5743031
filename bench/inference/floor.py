"""How fast the vector instructions alone would be."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from numba import njit

from inference.version import elapsed
from lilogic.graph import GateGraph, passes
from lilogic.infer.simd import LANES, load, store


def floor(graph: GateGraph) -> dict[str, float]:
    """How many images a second the vector instructions alone would allow, from rows that are near.

    A gate is one operation on a row and a full adder five, as many full adders as counted nodes;
    nothing is loaded or stored for them.
    """
    graph = passes.simplify(graph)
    operations = graph.n_gates + 5 * len(graph.head_nodes)
    nearby = np.arange(64 * LANES, dtype=np.uint64)
    second_level = np.zeros(4096 * LANES, dtype=np.uint64)
    rows = 2**18
    speed = {}
    for name, memory in (("l1", nearby), ("l2", second_level)):
        _xor(memory, 1)
        times = [elapsed(partial(_xor, memory, rows), time.thread_time) for _ in range(20)]
        speed[name] = rows * LANES * 64 / min(times)
    _registers(nearby, 1)
    times = [elapsed(partial(_registers, nearby, rows), time.thread_time) for _ in range(20)]
    in_registers = 12 * rows * LANES * 64 / min(times)
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
        at = (at + np.uint64(LANES)) & mask
    store(memory, np.uint64(0), sum_)


@njit
def _registers(memory, count):  # type: ignore[no-untyped-def]
    """Twelve operations a turn on six rows in registers, halves of which do not wait for the other.

    Products keep the compiler from simplifying them.
    """
    row = np.uint64(LANES)
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
