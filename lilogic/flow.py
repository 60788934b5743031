"""What follows training as library calls: compile, verify, report, synthesize.

Nothing here is computed: each call hands on to the room that does it, loaded when it is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.api import Model
from lilogic.build import Build
from lilogic.errors import DataError, FormatError, GraphError, LilogicWarning
from lilogic.extras import needs
from lilogic.files import claimed, lasting_scratch, write_text
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.report import steps

if TYPE_CHECKING:
    from lilogic.boards.host.client import Client
    from lilogic.data.datasets import Dataset
    from lilogic.formats.exporters.html.contents import Examples
    from lilogic.formats.imported import Imported
    from lilogic.hdl.synthesis.area import Target
    from lilogic.report.models.board import BoardReport
    from lilogic.report.models.timing import PipelineReport


def compile(
    model: Model,
    folder: str | Path | None = None,
    options: CompileOptions | None = None,
    *,
    progress: bool = True,
    **keywords: Any,
) -> Build:
    """Simplify a network and write its Verilog.

    Args:
        model: The network.
        folder: Where to write. Default: a temporary folder that lasts as long as the process.
        options: How to compile it.
        progress: Whether to show progress on standard error.
        keywords: Fields of ``CompileOptions`` that replace those of ``options``.

    Raises:
        GraphError: An option is impossible, for any network or for this one.
        ToolError: Yosys is missing or failed.
    """
    from lilogic.graph import lgn, passes

    with needs("hdl", "amaranth"):
        from lilogic.hdl import artefacts, verilog

    chosen = CompileOptions.of(options, keywords)
    # Before all work.
    artefacts.chosen(chosen.artefacts)
    chosen.check_registers()
    chosen.check_bus()
    step = steps.shown(progress)
    place = Path(lasting_scratch() if folder is None else folder)
    with claimed(place):
        with step("simplifying"):
            graph = passes.simplify(model.graph)
        graph = graph.with_metadata(name=model.name, trained_gates=model.trained_gates)
        lgn.write(graph, place / f"{model.name}.lgn")
        with step("writing Verilog"):
            interface = verilog.compile_graph(graph, place, chosen)
        chosen = CompileOptions.of(chosen, {"input": interface.data})
        build = Build(model, Model(graph, model.name), place, chosen)
        if chosen.artefacts:
            build.write_artefacts(chosen.artefacts, progress=progress)
    return build


def opened(model: Model, folder: str | Path, **keywords: Any) -> Build:
    """Open the build that ``compile`` left in a folder.

    Args:
        model: The network that was compiled.
        folder: The folder.
        keywords: Fields of ``CompileOptions`` that it must have been compiled with.

    Raises:
        FormatError: The folder holds no build.
        GraphError: The folder holds another network, or one compiled with other options.
    """
    from lilogic.graph import passes
    from lilogic.hdl.record import BuildRecord

    place = Path(folder)
    record = BuildRecord.read(place)
    simplified = Model(passes.simplify(model.graph).with_metadata(name=model.name), model.name)
    record.check(simplified.graph, keywords, place)
    CompileOptions.of(record.options, keywords).check_registers()
    return Build(model, simplified, place, record.options)


def read_liberty(path: str | Path) -> Target:
    """Read the standard cells of a Liberty file, for ``Build.area`` and ``Build.report``.

    Args:
        path: The file, which may be compressed with gzip.

    Raises:
        FormatError: The file cannot be used.
        ToolError: Yosys is missing or failed.
    """
    with needs("hdl", "amaranth"):
        from lilogic.hdl.synthesis import liberty
    return liberty.read(Path(path))


def sweep_pipeline(
    model: Model,
    device: str = "hx8k",
    levels_per_stage: Sequence[int] | None = None,
    *,
    progress: bool = True,
    **keywords: Any,
) -> PipelineReport:
    """Place and route a network with more and fewer pipeline registers.

    Args:
        model: The network.
        device: Name of a device that nextpnr can place and route for: ``hx8k``, ``up5k`` or
            ``ecp5``.
        levels_per_stage: Numbers of levels between registers to try. Default: 1, 2, 3, 4 and 6.
        progress: Whether to show progress on standard error.
        keywords: Other fields of ``CompileOptions``, except the target.

    Raises:
        GraphError: The device is unknown, or an option contradicts it.
        ToolError: A program is missing or failed.
    """
    from lilogic.graph import passes

    with needs("hdl", "amaranth"):
        from lilogic.hdl.fpga import devices
        from lilogic.hdl.synthesis import sweep

    return sweep.measure(
        passes.simplify(model.graph),
        model.name,
        devices.find(device),
        levels_per_stage or sweep.LEVELS_PER_STAGE,
        CompileOptions.of(None, keywords),
        steps.shown(progress),
    )


def synthesize(
    model: Model,
    board: str,
    folder: str | Path | None = None,
    options: CompileOptions | None = None,
    *,
    baud: int = 1_000_000,
    seed: int = 1,
    progress: bool = True,
    **keywords: Any,
) -> BoardReport:
    """Build a board's bitstream for the fastest clock that it meets.

    Args:
        model: The network.
        board: Name of the board; ``lilogic boards`` lists them.
        folder: Where to write. Default: ``build/boards/MODEL-BOARD``.
        options: How to compile it. ``clock_mhz`` limits the clock; the target is the board.
        baud: Bits per second of the serial line.
        seed: First seed of place and route; the next ones follow if it fails.
        progress: Whether to show progress on standard error.
        keywords: Fields of ``CompileOptions`` that replace those of ``options``.

    Raises:
        DoesNotFitError: The circuit is too large for the board.
        CheckFailedError: The circuit is too slow for the clock.
        GraphError: An option is impossible, or a target is given.
        ToolError: A program is missing or failed.
    """
    from lilogic.boards import catalogue
    from lilogic.graph import passes

    with needs("boards", "amaranth"):
        from lilogic.boards.flow import build
        from lilogic.boards.flow.design import Design

    chosen = CompileOptions.of(options, keywords)
    if chosen.target is not None:
        raise GraphError("a board determines the target; omit it", option="target")
    if chosen.narrow:
        raise GraphError("boards read features as whole bytes; omit narrow", option="narrow")
    if chosen.bus is not None:
        raise GraphError("boards use their own link; omit the bus", option="bus")
    has_levels = "levels_per_stage" in chosen.model_fields_set
    design = Design(
        board=catalogue.find(board),
        graph=passes.simplify(model.graph),
        name=model.name,
        baud=baud,
        input=chosen.input or InputKind.BITS,
        levels_per_stage=chosen.levels_per_stage if has_levels else None,
        popcount=chosen.popcount,
        fold=chosen.fold if "fold" in chosen.model_fields_set else None,
        seed=seed,
    )
    place = board_folder(model.name, board) if folder is None else Path(folder)
    hertz = None if chosen.clock_mhz is None else 1e6 * chosen.clock_mhz
    with claimed(place):
        return build.build(design, place, hertz, steps.shown(progress))


def flash(
    model: Model, board: str, folder: str | Path | None = None, *, progress: bool = True
) -> Path:
    """Load the bitstream of ``synthesize`` onto a board, and return the bitstream's path.

    Args:
        model: The network.
        board: Name of the board; ``lilogic boards`` lists them.
        folder: Where the bitstream is. Default: as for ``synthesize``.
        progress: Whether to show progress on standard error.

    Raises:
        FormatError: The folder holds no bitstream of this network for this board.
        ToolError: The program that loads it is missing or failed.
    """
    from lilogic.boards import catalogue
    from lilogic.boards.flow import build, loader
    from lilogic.graph import passes

    chosen = catalogue.find(board)
    graph = passes.simplify(model.graph).with_metadata(name=model.name)
    place = board_folder(model.name, board) if folder is None else Path(folder)
    bitstream = build.bitstream(place, chosen, graph)
    with steps.shown(progress)(f"loading {bitstream} onto {chosen.name}"):
        loader.load(chosen, bitstream)
    return bitstream


@contextmanager
def connect(model: Model, port: str, *, baud: int = 1_000_000) -> Iterator[Client]:
    """Connect to a board that holds the network; a context manager.

    Args:
        model: The network.
        port: The serial port, such as ``/dev/ttyUSB0``.
        baud: Bits per second, as the bitstream was built for.

    Raises:
        MissingExtraError: pyserial is not installed.
        DataError: The board holds another network.
        ToolError: The port cannot be used, or the board does not answer.
    """
    from lilogic.boards.host.client import Client, SerialPort
    from lilogic.graph import passes

    with SerialPort(port, baud) as line:
        yield Client(line, passes.simplify(model.graph))


@contextmanager
def simulate_board(
    model: Model,
    options: CompileOptions | None = None,
    *,
    baud: int = 1_000_000,
    progress: bool = True,
    **keywords: Any,
) -> Iterator[Client]:
    """Simulate a board that holds the network, with Verilator; a context manager.

    The simulation includes the serial line: every byte is sent bit by bit.

    Args:
        model: The network.
        options: How to compile it.
        baud: Bits per second on the serial line.
        progress: Whether to show progress on standard error.
        keywords: Fields of ``CompileOptions`` that replace those of ``options``.

    Raises:
        GraphError: An option is impossible.
        ToolError: A program is missing or failed.
    """
    from lilogic.graph import passes

    with needs("sim", "cocotb"):
        from lilogic.boards.gateware.top import Top
        from lilogic.boards.host.client import Client
        from lilogic.sim import board

    chosen = CompileOptions.of(options, keywords)
    graph = passes.simplify(model.graph)
    top = Top(graph, clock_hz=board.CYCLES_PER_BIT * baud, baud=baud, options=chosen)
    with steps.shown(progress)("building the simulation"):
        simulated = board.simulate(top)
    with simulated:
        yield Client(simulated, graph)


def board_folder(name: str, board: str) -> Path:
    """Return the default folder of a bitstream: ``build/boards/NAME-BOARD``."""
    return Path("build") / "boards" / f"{name}-{board}"


def export(model: Model, kind: str, path: str | Path, **options: Any) -> None:
    """Write a network in another format.

    Args:
        model: The network.
        kind: ``verilog``, ``blif``, ``aiger``, ``c``, ``npz``, ``dot``, ``svg`` or ``html``.
        path: The file.
        options: Options of ``compile`` for Verilog; otherwise of ``lilogic.formats.write``. An HTML
            page offers ``examples``, by default test samples.

    Raises:
        LilogicError: There is no such format, it cannot express the network or has no such option,
            or the file cannot be written.
    """
    from lilogic import formats

    known = ["verilog", *formats.WRITERS]
    if kind not in known:
        raise FormatError(f"format {kind!r} is not one of {', '.join(known)}")
    if kind == "verilog":
        write_text(Path(path), compile(model, **options).verilog)
        return
    if kind == "html" and "examples" not in options:
        options["examples"] = examples(model)
    formats.write(model.graph, kind, Path(path), **options)


def examples(model: Model, count: int = 20, data: Dataset | None = None) -> Examples | None:
    """Return test samples for an HTML page, of each class in turn; None if there are no data.

    Args:
        model: The network.
        count: Number of samples.
        data: The data set. Default: the one that the network was trained on. A ``LilogicWarning``
            tells if it is recorded but not available.
    """
    from lilogic.formats.exporters.html.contents import Examples

    if not count or (data is None and not model.metadata.dataset):
        return None
    try:
        found = model.dataset() if data is None else data
    except DataError as error:
        message = f"the page has no test samples: {error}"
        warnings.warn(LilogicWarning(message), stacklevel=2)
        return None
    return Examples(found.x_test, found.y_test).of_each_class(count)


def read_circuit(
    file: Path,
    top: str | None = None,
    architecture: Path | None = None,
    *,
    progress: bool = True,
) -> Imported:
    """Read a circuit or network from a file of another format, Verilog included.

    Args:
        file: The file.
        top: Name of the module to read, if the file has several. Default: the only one that no
            other contains.
        architecture: A file that describes the network, for state dicts that are incomplete.
        progress: Whether to show progress on standard error.

    Raises:
        FormatError: The file is damaged, or has something that its format does not cover here.
        ToolError: Yosys, which reads Verilog, is missing or failed.
    """
    from lilogic import formats
    from lilogic.formats.imported import NotGatesError

    try:
        return formats.read(file, top, architecture)
    except NotGatesError:
        from lilogic.hdl.synthesis import gate_level

    with steps.shown(progress)("reading with Yosys"), formats.naming(file):
        return gate_level.read(file, top)
