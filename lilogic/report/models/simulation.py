"""What the simulation of a compiled classifier gave."""

from __future__ import annotations

from typing import Any

from lilogic.report.models.base import Report


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


class TestResult(Report):
    """One test of the regression.

    Attributes:
        name: ``back_to_back``, ``gaps``, ``reset_in_flight`` or ``latency``.
        compared: answers that were due.
        mismatches: answers that were wrong, missing or not due.
        kinds: the same by kind of vector.
        examples: descriptions of the first mismatches.
        passed: whether answers were due and none was wrong.
    """

    __test__ = False  # pytest takes what is called Test… for tests

    name: str
    compared: int
    mismatches: int
    kinds: dict[str, KindCount]
    examples: list[dict[str, Any]]
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
    """

    passed: bool
    compared: int
    mismatches: int
    latency: Latency
    tests: list[TestResult]
    kinds: dict[str, KindCount]
    simulator: str
