"""What the simulation of a compiled classifier gave."""

from __future__ import annotations

from lilogic.report.models.base import Report
from lilogic.report.models.mismatch import Sample


class Latency(Report):
    """Clock cycles from a sample to its answer.

    Attributes:
        announced: Latency according to the interface.
        measured: Latency of a single sample in an empty pipeline; absent if no answer came.
    """

    announced: int
    measured: int | None = None


class KindCount(Report):
    """Vectors of one kind.

    Attributes:
        compared: Number of vectors compared.
        mismatches: Number of wrong answers.
    """

    compared: int
    mismatches: int


class Mismatch(Report):
    """Something that went wrong in a test.

    Attributes:
        cycle: Clock cycle of the test, from 0.
        problem: What went wrong, in words.
        vector: Number of the vector that was to be answered, from 0; absent for an answer to
            nothing.
        kind: Kind of this vector.
        sample: The vector, the expected answer and the actual one.
    """

    cycle: int
    problem: str
    vector: int | None = None
    kind: str | None = None
    sample: Sample | None = None


class TestResult(Report):
    """One test of the regression.

    Attributes:
        name: ``back_to_back``, ``gaps``, ``reset_in_flight`` or ``latency``; behind a bus also
            ``bus_full_rate``, ``bus_stalls`` and others.
        compared: Number of answers that were due.
        mismatches: Number of answers that were wrong, missing or not due.
        kinds: The same counts for each kind of vector.
        examples: The first mismatches.
        passed: Whether answers were due and none was wrong.
    """

    __test__ = False  # pytest takes what is called Test… for tests

    name: str
    compared: int
    mismatches: int
    kinds: dict[str, KindCount]
    examples: list[Mismatch]
    passed: bool


class SimulationReport(Report):
    """The regression of a compiled classifier in a simulator.

    Attributes:
        passed: Whether all tests passed.
        compared: Number of answers that were due in all tests.
        mismatches: Number of answers that were wrong, missing or not due.
        latency: Announced and measured latency.
        tests: The tests, in order.
        kinds: Counts for each kind of vector.
        simulator: Name and version of the simulator.
        verilog: SHA-256 of the Verilog that was simulated.
    """

    passed: bool
    compared: int
    mismatches: int
    latency: Latency
    tests: list[TestResult]
    kinds: dict[str, KindCount]
    simulator: str
    verilog: str
