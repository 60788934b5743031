"""A compiled network: its Verilog, what that takes, and whether it is right."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.errors import LilogicError
from lilogic.extras import needs
from lilogic.files import claimed, read_bytes
from lilogic.report import steps

if TYPE_CHECKING:
    from lilogic.api import Model
    from lilogic.hdl.components.interface import Interface
    from lilogic.hdl.options import CompileOptions
    from lilogic.hdl.synthesis.area import Target
    from lilogic.report.models.area import AreaReport
    from lilogic.report.models.compiled import CompileReport, Verification

TIMEOUT = 60.0
"""Seconds that a proof of one part may take by default."""


@dataclass(frozen=True)
class Build:
    """A compiled network.

    Attributes:
        model: the network that was compiled, as it came.
        simplified: what is in hardware.
        folder: with ``classifier.v`` and ``interface.json``.
        options: how it was compiled.
    """

    model: Model
    simplified: Model
    folder: Path
    options: CompileOptions

    @cached_property
    def interface(self) -> Interface:
        """The ports and the latency."""
        from lilogic.hdl.components.interface import Interface

        return Interface.read(self.folder)

    @property
    def verilog(self) -> str:
        """The Verilog, one self-contained file."""
        from lilogic.hdl.components.interface import VERILOG

        return read_bytes(self.folder / VERILOG).decode()

    def write_vectors(self, samples: Any = None, *, progress: bool = True) -> None:
        """Write ``vectors.npz``: stimulus, and what software answers.

        Args:
            samples: raw samples [samples, …] to begin with; default: the test samples of the data
                set that the network was trained on, if they are at hand.
            progress: whether to say so on standard error.
        """
        from lilogic.hdl import vectors

        if samples is None:
            samples = _test_samples(self.model, progress)
        with claimed(self.folder), steps.shown(progress)("computing test vectors in software"):
            vectors.make(self.model.graph, self.interface, samples).write(self.folder)

    def verify(
        self,
        samples: Any = None,
        *,
        simulator: str = "verilator",
        formal: bool = True,
        timeout: float = TIMEOUT,
        progress: bool = True,
    ) -> Verification:
        """Compare the Verilog with software inference: by simulation and, if asked for, by proof.

        Args:
            samples: as for ``write_vectors``.
            simulator: ``verilator`` or ``icarus``.
            formal: whether to prove it, too.
            timeout: seconds that the proof of one part may take.
            progress: whether to show progress on standard error.

        Raises:
            ToolError: a program is missing or failed.
        """
        from lilogic.hdl.proof.formal import prove
        from lilogic.report.models.compiled import Verification

        with needs("sim", "cocotb"):
            from lilogic.sim import regression

        step, proof = steps.shown(progress), None
        with claimed(self.folder):
            self.write_vectors(samples, progress=progress)
            with step("simulating"):
                simulation = regression.simulate(self.folder, simulator)
            if formal:
                with step("proving"):
                    proof = prove(self.simplified.graph, self.folder, timeout)
        return Verification.of(simulation, proof)

    def area(self, liberty: Target | None = None, *, progress: bool = True) -> AreaReport:
        """What it takes on the target that it was compiled for, or else on each.

        Args:
            liberty: another target to map to, such as ``flow.read_liberty`` gives.
            progress: whether to show progress on standard error.

        Raises:
            ToolError: Yosys is missing or failed.
        """
        from lilogic.hdl.fpga import devices
        from lilogic.hdl.synthesis import area
        from lilogic.hdl.synthesis import liberty as libraries

        asked = self.options.target
        only = None if asked is None else devices.family(asked)
        targets = {name: area.TARGETS[name] for name in area.TARGETS if only in (None, name)}
        if liberty is not None:
            targets |= {libraries.NAME: liberty}
        with steps.shown(progress)("mapping to cells and LUTs") as tell:
            return area.measure(self.folder, targets, tell)

    def report(
        self,
        verification: Verification | None = None,
        *,
        liberty: Target | None = None,
        progress: bool = True,
    ) -> CompileReport:
        """Gates, area and, if given, what verification found.

        Arguments and errors as ``area``.
        """
        from lilogic.hdl.components import classifier
        from lilogic.report import compiled

        graph = self.simplified.graph
        return compiled.describe(
            self.model.name,
            graph,
            classifier.flip_flops(graph, self.options),
            asdict(self.interface),
            self.area(liberty, progress=progress),
            verification,
        )


def _test_samples(model: Model, progress: bool) -> Any:
    """The test samples of the data set that a network was trained on; None where they are not."""
    try:
        return model.dataset().x_test
    except LilogicError as error:
        if progress:
            from lilogic.report import console

            console.say(f"no vectors from a data set: {error}")
        return None
