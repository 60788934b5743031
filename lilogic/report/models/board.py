"""What building for a board, and measuring on one, gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lilogic.report.models.base import Report, Shown
from lilogic.report.models.mismatch import Answer

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class BoardEntry(Report):
    """A board that lilogic can build a bitstream for.

    Attributes:
        name: Name on the command line.
        title: Product name.
        device: The FPGA.
        luts: Number of lookup tables that place and route may use.
        lut: Name of these lookup tables, such as ``LUT4``.
        clock_hz: The board's own clock, in Hz.
        link: Connection to the host.
        tools: Programs that build for the board.
        bitstream: Whether these programs make a bitstream.
        remark: What to know before the first use; may be empty.
    """

    name: str
    title: str
    device: str
    luts: int
    lut: str
    clock_hz: float
    link: str
    tools: list[str]
    bitstream: bool
    remark: str


class BoardClock(Report):
    """The clock of the circuit.

    Attributes:
        hz: Frequency, in Hz.
        board_hz: Frequency of the board's own clock, in Hz.
        dividers: Settings of the phase-locked loop, named as in the FPGA's data sheet; empty
            without one.
    """

    hz: float
    board_hz: float
    dividers: dict[str, int]


class Needed(Report):
    """Resources of one kind, as estimated by synthesis.

    Attributes:
        needed: Number that the circuit needs.
        available: Number on the device.
    """

    needed: int
    available: int


class NeededLuts(Needed):
    """Lookup tables, including those that only hold a flip-flop.

    Attributes:
        unit: Name of the lookup tables, such as ``LUT4``.
    """

    unit: str


class Used(Report):
    """Resources of one kind, as counted by place and route.

    Attributes:
        used: Number that the circuit takes.
        available: Number on the device; 0 for kinds that are only counted.
    """

    used: int
    available: int


class Latency(Report):
    """Time from a sample to its class.

    Attributes:
        cycles: In clock cycles.
        ns: In nanoseconds.
    """

    cycles: int
    ns: float


class Link(Report):
    """The serial line to the host.

    Attributes:
        baud: Bits per second.
        data: What the host sends: ``bits`` or ``features``.
        request_bytes: Bytes of a request for one sample, with its frame.
        reply_bytes: Bytes of the reply with its class, with its frame.
    """

    baud: int
    data: str
    request_bytes: int
    reply_bytes: int


class Rates(Report):
    """Samples per second.

    Attributes:
        core: Rate of the classifier.
        link: Rate of the serial line.
    """

    core: float
    link: float


class Try(Report):
    """One run of place and route.

    Attributes:
        hz: The clock that was asked for, in Hz.
        seed: Seed of nextpnr.
        fmax_hz: The highest clock that the circuit meets, in Hz; absent if routing failed.
    """

    hz: float
    seed: int
    fmax_hz: float | None = None


class BoardReport(Shown):
    """A circuit built for a board.

    Attributes:
        name: Name of the network.
        network: SHA-256 of the simplified network, without its metadata.
        board: Name of the board on the command line.
        device: The FPGA.
        version: Version of lilogic.
        tools: Programs and their versions.
        clock: The clock of the circuit.
        luts: Lookup tables.
        ffs: Flip-flops.
        carries: Number of carry cells.
        levels_per_stage: Levels of logic between pipeline registers.
        interval: Clock cycles from one sample to the next.
        latency: Latency of the classifier.
        link: The serial line to the host.
        images_per_second: Samples per second.
        fmax_hz: The highest clock that the circuit meets, in Hz; absent if the vendor's tools place
            and route.
        seed: Seed of nextpnr; absent likewise.
        tries: Runs of place and route, in order; absent likewise.
        used: Resources taken, by nextpnr's name for their kind; absent likewise.
        inputs: SHA-256 of everything that the build depends on.
        files: SHA-256 of each file that was built, by name.
    """

    name: str
    network: str
    board: str
    device: str
    version: str
    tools: list[str]
    clock: BoardClock
    luts: NeededLuts
    ffs: Needed
    carries: int
    levels_per_stage: int
    interval: int = 1
    latency: Latency
    link: Link
    images_per_second: Rates
    fmax_hz: float | None = None
    seed: int | None = None
    tries: list[Try] | None = None
    used: dict[str, Used] | None = None
    inputs: str
    files: dict[str, str]

    def tables(self) -> Iterable[Section]:
        """What it takes, and how fast it is."""
        from lilogic.report import board, pages

        yield pages.summary(f"{self.name} on {self.board}", board.rows(self))


class BoardMismatch(Report):
    """A sample for which board and software disagree.

    Attributes:
        sample: Number of the sample, from 0.
        expected: Answer of the software.
        got: Answer of the board.
    """

    sample: int
    expected: Answer
    got: Answer


class BoardMeasurement(Shown):
    """Accuracy and speed of a board, measured with labelled samples.

    Attributes:
        images: Number of samples sent.
        accuracy: Fraction of the samples that the board classifies correctly.
        agreement: Fraction of the samples for which class and scores equal those of the software.
        mismatch: The first sample for which they differ.
        repeated: Number of requests that had to be sent again.
        images_per_second: Samples per second through the serial line.
        latency: Latency of the classifier, in clock cycles.
        latency_ns: Latency of the classifier, in ns.
        clock_hz: Clock of the circuit, in Hz.
        core_images_per_second: Samples per second that the classifier alone could take.
        data: What the host sends: ``bits`` or ``features``.
        data_bytes: Bytes of a sample, without its frame.
    """

    images: int
    accuracy: float
    agreement: float
    mismatch: BoardMismatch | None = None
    repeated: int
    images_per_second: float
    latency: int
    latency_ns: float
    clock_hz: int
    core_images_per_second: int
    data: str
    data_bytes: int

    def tables(self) -> Iterable[Section]:
        """What the board made of the samples."""
        from lilogic.report import board, pages

        yield pages.summary("", board.measurement_rows(self))
