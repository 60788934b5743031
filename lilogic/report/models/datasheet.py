"""All that an engineer asks of a classifier, on one sheet."""

from __future__ import annotations

from typing import Any

from pydantic import NonNegativeInt, PositiveInt

from lilogic.report.models.activity import ActivityReport
from lilogic.report.models.base import Report
from lilogic.report.models.evaluation import Evaluation
from lilogic.report.models.graph import Classes, GateCounts, Input


class Size(Report):
    """What a classifier takes on a target, combinational, before placement.

    Attributes:
        target: one of ``xc7``, ``ice40``, ``ecp5`` and ``sky130``.
        unit: what is counted.
        total: encoder, gates, heads and argmax.
        bits_in: without the encoder.
        error: the median error of such estimates, as a fraction; None for what was mapped.
        source: ``estimated``, or what mapped it.
    """

    target: str
    unit: str
    total: float
    bits_in: float
    error: float | None = None
    source: str


class Speed(Report):
    """How long an inference takes, and how often there is one.

    Attributes:
        clock_mhz: the clock.
        clock_is: ``assumed``, ``asked for``, or what registers were placed for.
        latency: clock cycles from a sample to its class; 0 in the same cycle.
        latency_ns: that in nanoseconds; of 0 cycles it is the whole cycle.
        interval: clock cycles from one sample to the next, at least.
        samples_per_second: at that clock.
    """

    clock_mhz: float
    clock_is: str
    latency: NonNegativeInt
    latency_ns: float
    interval: PositiveInt
    samples_per_second: float


class PortEntry(Report):
    """A port of the Verilog's top module.

    Attributes:
        name: as Verilog has it.
        direction: ``input`` or ``output``.
        bits: how many wires it is.
        comment: what stands on it.
    """

    name: str
    direction: str
    bits: PositiveInt
    comment: str


class Provenance(Report):
    """Where a network comes from, and what tells it from all others.

    Attributes:
        network_sha256: of what it computes once it is simplified.
        verilog_sha256: of the Verilog that the sheet is of.
        dataset: what it was trained on.
        dataset_sha256: of the splits.
        trained_by: the version of lilogic that made it.
        imported_from: the file that it was imported from.
        seed: of its training.
        seeds: other seeds that its recipe was trained with, and the fractions of the test set that
            their networks get right.
        recipe: the recipe, setting by setting.
        training: how it was trained: device, epochs, seconds.
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


class Datasheet(Report):
    """A network's data sheet.

    Attributes:
        name: what the network is called.
        description: a line about it.
        version: of lilogic that says so.
        dataset: what it was evaluated on.
        is_trained_data: whether it is the very data that the network was trained on.
        evaluation: how good it is.
        gates: its gates, simplified.
        input: what it reads.
        classes: what it tells apart.
        sizes: what it takes, by target.
        speed: its latency and throughput.
        activity: what its signals do, and the energy of an inference where a library is given.
        ports: of the Verilog's top module, which is called ``module``.
        module: the top module.
        options: how it was compiled.
        provenance: where it comes from.
        tools: versions of what made the figures.
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
