"""What building for a board, and measuring on one, gives."""

from __future__ import annotations

from lilogic.report.models.base import Report
from lilogic.report.models.mismatch import Answer


class BoardEntry(Report):
    """A board that a classifier can be put on.

    Attributes:
        name: what people type.
        title: what it is sold as.
        device: the FPGA's name.
        luts: look-up tables that place and route may use.
        lut: what they are called, such as ``LUT4``.
        clock_hz: the board's own clock in Hz.
        link: what connects it with the host.
        tools: programs that build for it.
        bitstream: whether these make a bitstream.
        remark: what to know before the first use; may be empty.
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
    """The clock that a circuit runs at.

    Attributes:
        hz: in Hz.
        board_hz: the board's own clock in Hz.
        dividers: of the phase-locked loop between them, as the data sheet calls them; none without.
    """

    hz: float
    board_hz: float
    dividers: dict[str, int]


class Needed(Report):
    """What a circuit needs of a kind, as synthesis estimates it.

    Attributes:
        needed: by the circuit.
        available: on the device.
    """

    needed: int
    available: int


class NeededLuts(Needed):
    """Look-up tables, and flip-flops that take the place of one.

    Attributes:
        unit: what they are called, such as ``LUT4``.
    """

    unit: str


class Used(Report):
    """Places of a kind, as place and route counts them.

    Attributes:
        used: by the circuit.
        available: on the device; 0 for kinds that are only counted.
    """

    used: int
    available: int


class Latency(Report):
    """The time from a sample to its class.

    Attributes:
        cycles: in clock cycles.
        ns: in nanoseconds.
    """

    cycles: int
    ns: float


class Link(Report):
    """The line to the host.

    Attributes:
        baud: bits a second.
        data: what the host sends: ``bits`` or ``features``.
        request_bytes: of one sample, with the frame around it.
        reply_bytes: of one class, likewise.
    """

    baud: int
    data: str
    request_bytes: int
    reply_bytes: int


class Rates(Report):
    """Samples a second.

    Attributes:
        core: that the classifier takes.
        link: that the line carries.
    """

    core: float
    link: float


class Try(Report):
    """A run of place and route.

    Attributes:
        hz: the clock that it was asked for, in Hz.
        seed: nextpnr's.
        fmax_hz: the highest clock in Hz that it can take; None where it did not route.
    """

    hz: float
    seed: int
    fmax_hz: float | None = None


class BoardReport(Report):
    """A circuit that was built for a board.

    Attributes:
        name: of the network.
        network: SHA-256 of what it computes; see ``lgn.fingerprint``.
        board: what people type.
        device: the FPGA's name.
        version: of lilogic.
        tools: programs and their versions.
        clock: what it runs at.
        luts: look-up tables.
        ffs: flip-flops.
        carries: carry cells.
        levels_per_stage: levels between registers.
        interval: clock cycles that the classifier takes a sample in.
        latency: of the classifier.
        link: to the host.
        images_per_second: how fast it is.
        fmax_hz: the highest clock in Hz that it can take; like ``used``, None where the vendor's
            tools place and route.
        seed: nextpnr's; likewise None.
        tries: the runs of place and route, in their order; likewise None.
        used: places taken, by nextpnr's name of their kind.
        inputs: SHA-256 of all that the build depends on.
        files: SHA-256 of what was built, by file name.
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


class BoardMismatch(Report):
    """A sample to which a board answers something else than software.

    Attributes:
        sample: its number, from 0.
        expected: software's answer.
        got: the board's answer.
    """

    sample: int
    expected: Answer
    got: Answer


class BoardMeasurement(Report):
    """What a board made of labelled samples.

    Attributes:
        images: samples sent.
        accuracy: the share that is classified right, 0 to 1.
        agreement: the share for which the board's class and scores are those of software.
        mismatch: the first sample for which they are not.
        repeated: requests that had to be sent again.
        images_per_second: samples a second through the link.
        latency: of the classifier, in clock cycles.
        latency_ns: in nanoseconds.
        clock_hz: the board's clock in Hz.
        core_images_per_second: samples a second that the classifier alone takes.
        data: what the host sends: ``bits`` or ``features``.
        data_bytes: length of a sample's payload.
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
