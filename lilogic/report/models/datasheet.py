"""All that an engineer asks of a classifier, on one sheet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import NonNegativeInt, PositiveInt

from lilogic.report.models.activity import ActivityReport
from lilogic.report.models.base import Report, Shown
from lilogic.report.models.evaluation import Evaluation
from lilogic.report.models.graph import Classes, GateCounts, Input

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class Size(Report):
    """Size of a classifier on a target: combinational, before placement.

    Attributes:
        target: The target: ``xc7``, ``ice40``, ``ecp5`` or ``sky130``.
        unit: What is counted, such as ``LUT6``.
        total: Count of encoder, gates, heads and argmax.
        bits_in: Count without the encoder, for hardware that reads encoded bits.
        error: Median error of such estimates, as a fraction; absent if the network was mapped.
        source: ``estimated``, or the program that mapped the network.
    """

    target: str
    unit: str
    total: float
    bits_in: float
    error: float | None = None
    source: str


class Speed(Report):
    """Latency and throughput.

    Attributes:
        clock_mhz: Clock frequency, in MHz.
        clock_is: Where the clock comes from: ``assumed``, ``asked for``, or what registers were
            placed for.
        latency: Clock cycles from a sample to its class; 0 if it comes in the same cycle.
        latency_ns: Latency in ns; for 0 cycles, the whole cycle.
        interval: Fewest clock cycles from one sample to the next.
        samples_per_second: Throughput at that clock.
    """

    clock_mhz: float
    clock_is: str
    latency: NonNegativeInt
    latency_ns: float
    interval: PositiveInt
    samples_per_second: float


class PortEntry(Report):
    """A port of the top module.

    Attributes:
        name: Its name in the Verilog.
        direction: ``input`` or ``output``.
        bits: Width, in bits.
        comment: What it carries.
    """

    name: str
    direction: str
    bits: PositiveInt
    comment: str


class Provenance(Report):
    """Origin and identity of a network.

    Attributes:
        network_sha256: SHA-256 of the simplified network.
        verilog_sha256: SHA-256 of the Verilog that the data sheet describes.
        dataset: Data set that the network was trained on.
        dataset_sha256: SHA-256 of the splits, by name.
        trained_by: Version of lilogic that trained the network.
        imported_from: File that the network was imported from.
        seed: Seed of its training.
        seeds: Test accuracies, as fractions, of other seeds of the recipe.
        recipe: The recipe, setting by setting.
        training: How it was trained: device, epochs, seconds.
    """

    network_sha256: str
    verilog_sha256: str
    dataset: str | None = None
    dataset_sha256: dict[str, str]
    trained_by: str | None = None
    imported_from: str | None = None
    seed: int | None = None
    seeds: dict[str, float]
    recipe: dict[str, Any]
    training: dict[str, Any]


class Datasheet(Shown):
    """A network's data sheet.

    Attributes:
        name: Name of the network.
        description: One line about the network.
        version: Version of lilogic.
        dataset: Data set that it was evaluated on.
        is_trained_data: Whether that is exactly the data that the network was trained on.
        evaluation: Quality of its answers.
        gates: Its gates, simplified.
        input: What it reads.
        classes: Its classes.
        sizes: Its size on each target.
        speed: Latency and throughput.
        activity: Switching activity and, if a library was given, energy.
        ports: Ports of the top module.
        module: Name of the top module.
        options: How it was compiled.
        provenance: Where it comes from.
        tools: Versions of the programs behind the figures.
    """

    name: str
    description: str = ""
    version: str
    dataset: str
    is_trained_data: bool
    evaluation: Evaluation
    gates: GateCounts
    input: Input
    classes: Classes
    sizes: tuple[Size, ...]
    speed: Speed
    activity: ActivityReport
    ports: tuple[PortEntry, ...]
    module: str
    options: dict[str, Any]
    provenance: Provenance
    tools: dict[str, str]

    def tables(self) -> Iterable[Section]:
        """All that the sheet says."""
        from lilogic.report.datasheet import sections

        return sections.of_sheet(self)

    def write(self, path: str | Path) -> None:
        """Write the sheet as one HTML page, for screens and for A4 paper.

        Raises:
            LilogicError: the file cannot be written, or its name does not end with .html.
            MissingExtraError: Jinja is not installed.
        """
        from lilogic.files import write_text
        from lilogic.report.datasheet import page

        write_text(page.named(Path(path)), page.html(self))
