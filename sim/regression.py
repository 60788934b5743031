"""Running the cocotb regression on a compiled classifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lilogic.errors import ToolError
from lilogic.extras import needs
from lilogic.files import make_empty, read_bytes, write_json
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.options import Bus
from lilogic.hdl.vectors import Vectors
from lilogic.report.models.simulation import KindCount, Latency, SimulationReport, TestResult
from lilogic.sim import runner
from lilogic.sim.testbench import FOLDER, RESULTS

SIMULATION = "simulation.json"
TESTS = ("back_to_back", "gaps", "reset_in_flight", "latency")
"""The tests of the classifier's own ports."""


def bus_tests(kind: Bus) -> tuple[str, ...]:
    """The tests of a classifier behind a bus."""
    streams = ("bus_full_rate", "bus_stalls", "bus_malformed", "bus_reset")
    fed = ("bus_fed", "bus_malformed_fed")
    registers = ("bus_registers",) if kind.has_registers else ()
    return (*(streams if kind.has_streams else fed), *registers)


def simulate(folder: Path, simulator: str = "verilator") -> SimulationReport:
    """Run the regression on ``folder/classifier.v`` with the vectors in ``folder/vectors.npz``.

    Behind a bus, the classifier is tested through that, too.

    The report is also written to ``folder/simulation.json``.

    Raises:
        ToolError: no such simulator, a tool is missing, the Verilog cannot be built, or the
            simulator died.
        FormatError: a file is missing or damaged.
    """
    version = runner.get(simulator).version()
    interface = Interface.read(folder)
    vectors = Vectors.read(folder)
    text = read_bytes(folder / VERILOG)
    place = folder.resolve() / "sim" / simulator
    cycles = len(vectors) * interface.interval
    module, bench = interface.module, "lilogic.sim.testbench"
    results = _run(folder, simulator, module, bench, TESTS, place, cycles)
    if interface.bus is not None:
        with needs("sim", "cocotbext.axi"):
            import cocotbext.axi  # noqa: F401
        module, tests = interface.bus.module, bus_tests(interface.bus.kind)
        bench = "lilogic.sim.bus_testbench"
        results += _run(folder, simulator, module, bench, tests, place / interface.bus.kind, cycles)
    report = _summary(results, interface, version, hashlib.sha256(text).hexdigest())
    write_json(folder / SIMULATION, report.to_json())
    return report


def _run(
    folder: Path,
    simulator: str,
    top: str,
    testbench: str,
    tests: Sequence[str],
    work: Path,
    cycles: int,
) -> list[dict[str, Any]]:
    """Results of the tests of one module of ``folder``'s Verilog, in the work folder ``work``."""
    make_empty(work)
    runner.build(simulator, [folder / VERILOG], top, work, cycles)
    log = work / "run.log"
    environment = {FOLDER: str(folder.resolve()), RESULTS: str(work)}
    passed = runner.run(simulator, top, work, testbench, environment, log)
    # cocotb's tests fail where something differs; then their results are there, too.
    if not passed and not all((work / f"{test}.json").exists() for test in tests):
        raise ToolError(f"{simulator} crashed during the simulation; see {log}")
    return [_result(work, name) for name in tests]


def _result(work: Path, test: str) -> dict[str, Any]:
    path = work / f"{test}.json"
    if not path.exists():
        raise ToolError(f"the simulation ended without running test {test}; see {work / 'run.log'}")
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return result | {"passed": result["mismatches"] == 0 and result["compared"] > 0}


def _summary(
    tests: Sequence[dict[str, Any]], interface: Interface, simulator: str, verilog: str
) -> SimulationReport:
    kinds: dict[str, dict[str, int]] = {}
    for test in tests:
        for kind, counts in test["kinds"].items():
            total = kinds.setdefault(kind, {"compared": 0, "mismatches": 0})
            for key, count in counts.items():
                total[key] += count
    measured = {test["name"]: test.pop("measured_latency") for test in tests}["latency"]
    results = [TestResult(**test) for test in tests]
    return SimulationReport(
        passed=all(test.passed for test in results),
        compared=sum(test.compared for test in results),
        mismatches=sum(test.mismatches for test in results),
        latency=Latency(announced=interface.latency, measured=measured),
        tests=results,
        kinds={kind: KindCount(**counts) for kind, counts in kinds.items()},
        simulator=simulator,
        verilog=verilog,
    )
