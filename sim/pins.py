"""Plays waves on a board's pins; runs inside the simulator, for ``lilogic.sim.board`` on a socket.

A request is a line of JSON: ``wave``, a list of ``[rx, rst, picoseconds]``, and ``quiet``, the
picoseconds that ``tx`` must rest afterwards. The answer is ``edges``, a list of ``[picoseconds,
level]`` of ``tx`` since the request, and what LEDs would show, ``index`` and ``seen``.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import First, Timer, ValueChange
from cocotb.utils import get_sim_time

SOCKET = "LILOGIC_SOCKET"
"""Environment variable with the folder of the socket."""

PERIOD = "LILOGIC_PERIOD"
"""Environment variable with the clock's period in picoseconds, an even number."""


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """A path of the socket in ``folder`` that has the few bytes that a socket's may have."""
    descriptor = os.open(folder, os.O_PATH)
    try:
        yield f"/proc/self/fd/{descriptor}/pins"
    finally:
        os.close(descriptor)


@cocotb.test()
async def pins(dut: Any) -> None:
    """Serve until the other side closes the socket."""
    period = int(os.environ[PERIOD])
    dut.rx.value, dut.rst.value = 1, 1
    Clock(dut.clk, period, unit="ps").start()
    await Timer(4 * period, unit="ps")
    dut.rst.value = 0
    edges: list[tuple[int, int]] = []
    cocotb.start_soon(_watch(dut.tx, edges))
    with socket.socket(socket.AF_UNIX) as connection:
        with address(Path(os.environ[SOCKET])) as path:
            connection.connect(path)
        with connection.makefile("rw", encoding="ascii") as lines:
            for line in lines:
                edges.clear()
                request = json.loads(line)
                await _play(dut, request["wave"])
                await _until_quiet(dut.tx, request["quiet"])
                shown = {"index": int(dut.index.value), "seen": int(dut.seen.value)}
                print(json.dumps({"edges": edges, **shown}), file=lines, flush=True)


async def _play(dut: Any, wave: list[tuple[int, int, int]]) -> None:
    rx, rst = dut.rx, dut.rst
    reset = 0
    for level, wanted_reset, length in wave:
        rx.value = level
        if wanted_reset != reset:
            rst.value = reset = wanted_reset
        await Timer(length, unit="ps")
    rst.value = 0


async def _watch(tx: Any, edges: list[tuple[int, int]]) -> None:
    changes = ValueChange(tx)
    while True:
        await changes
        edges.append((int(get_sim_time("ps")), int(tx.value)))


async def _until_quiet(tx: Any, length: int) -> None:
    changes = ValueChange(tx)
    while True:
        quiet = Timer(length, unit="ps")
        if await First(changes, quiet) is quiet:
            return
