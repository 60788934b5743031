"""Waveforms as VCD, which simulators, viewers and tools of power analysis read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.extras import needs
from lilogic.files import replacing
from lilogic.hdl.power.design import Net
from lilogic.hdl.power.waves import Waves


def write(waves: Waves, path: Path) -> None:
    """Write what all nets with names do to ``path``.

    Raises:
        LilogicError: the file cannot be written.
        MissingExtraError: pyvcd is not installed.
    """
    with needs("hdl", "vcd"):
        from vcd import VCDWriter

    with replacing(path) as temporary, temporary.open("w", encoding="ascii") as file:
        with VCDWriter(file, timescale="1 ps", date="", comment="lilogic") as writer:
            _write(waves, writer)
            writer.close(waves.duration)


def _write(waves: Waves, writer: Any) -> None:
    vectors: dict[tuple[Net, ...], Any] = {}
    for path, instance in waves.simulated.top.walk():
        scope = ".".join(path)
        for wire in instance.wires.values():
            last = wire.first + len(wire.nets) - 1
            name = f"{wire.name} [{last}:{wire.first}]" if wire.is_vector else wire.name
            if wire.nets in vectors:
                writer.register_alias(scope, name, vectors[wire.nets])
            else:
                made = writer.register_var(scope, name, "wire", len(wire.nets), init="x")
                vectors[wire.nets] = made
    nets: list[Net] = list(dict.fromkeys(net for vector in vectors for net in vector))
    place = {net: number for number, net in enumerate(nets)}
    # Highest bit first, as numbers are written.
    columns = [
        (made, np.array([place[net] for net in reversed(vector)]))
        for vector, made in vectors.items()
    ]
    clock = vectors.get((waves.clock,)) if waves.clock is not None else None
    before: npt.NDArray[np.uint8] | None = None
    cycle = 0
    for values in waves.values(nets):
        previous = np.vstack([values[:1] if before is None else before, values[:-1]])
        changed = values != previous
        if before is None:
            changed[0] = True
        moved = np.stack([changed[:, bits].any(axis=1) for _, bits in columns], axis=1)
        for row in range(len(values)):
            at = cycle * waves.period
            for number in np.flatnonzero(moved[row]).tolist():
                made, bits = columns[number]
                if made is not clock:
                    writer.change(made, at, values[row, bits].tobytes().decode("ascii"))
            if clock is not None:
                writer.change(clock, at, "1")
                writer.change(clock, at + waves.period // 2, "0")
            cycle += 1
        before = values[-1:]
