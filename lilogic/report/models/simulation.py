"""What the simulation of a compiled classifier gave."""

from __future__ import annotations

from lilogic.report.models.base import Report
from lilogic.report.models.mismatch import Sample


class Latency(Report):
    """Clock cycles from a sample to its answer.

    Attributes:
        announced: what the interface says.
        measured: of a single sample in an empty pipeline; None where no answer came.
    """

    announced: int
    measured: int | None = None


class KindCount(Report):
    """How many vectors of one kind were compared, and how many of them gave a wrong answer."""

    compared: int
    mismatches: int


class Mismatch(Report):
    """Something that was wrong in a test.

    Attributes:
        cycle: the clock cycle of the test, from 0.
        problem: what was wrong, in words.
        vector: which of the vectors was to be answered, from 0; None for an answer to nothing.
        kind: of this vector.
        sample: what the vector is, what was expected and what came.
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
            ``bus_full_rate``, ``bus_stalls``, …, as ``regression.bus_tests`` lists them.
        compared: answers that were due.
        mismatches: answers that were wrong, missing or not due.
        kinds: the same by kind of vector.
        examples: the first mismatches.
        passed: whether answers were due and none was wrong.
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
        passed: whether all tests passed.
        compared: answers that were due in all tests.
        mismatches: answers that were wrong, missing or not due.
        latency: announced and measured.
        tests: the tests, in order.
        kinds: counts by kind of vector.
        simulator: its name and version.
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
