"""A compiled network: its Verilog, what that takes, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lilogic.errors import FormatError, GraphError, LilogicError
from lilogic.extras import needs
from lilogic.files import claimed, read_bytes
from lilogic.report import steps

if TYPE_CHECKING:
    from lilogic.api import Model
    from lilogic.hdl.components.interface import Interface
    from lilogic.hdl.options import CompileOptions
    from lilogic.hdl.power.energy import Conditions
    from lilogic.hdl.power.measure import Measured
    from lilogic.hdl.synthesis.area import Target
    from lilogic.report.models.area import AreaReport
    from lilogic.report.models.compiled import CompileReport, Verification

TIMEOUT = 60.0
"""Seconds that a proof of one part may take by default."""


@dataclass(frozen=True)
class Build:
    """A compiled network.

    Attributes:
        model: The network as it was given.
        simplified: The simplified network, which the hardware computes.
        folder: Folder with ``classifier.v``, ``interface.json`` and ``build.json``. If these files
            are changed, or compiled anew from something else, the methods of the build raise an
            error.
        options: How it was compiled.
    """

    model: Model
    simplified: Model
    folder: Path
    options: CompileOptions

    @cached_property
    def interface(self) -> Interface:
        """Ports and latency.

        Raises:
            FormatError: The folder holds no build, or an altered one.
            GraphError: The folder holds another build.
        """
        from lilogic.hdl.components.interface import Interface

        self._is_altered()
        return Interface.read(self.folder)

    @property
    def verilog(self) -> str:
        """The Verilog, one self-contained file.

        Raises:
            FormatError: The folder holds no build, or an altered one.
            GraphError: The folder holds another build.
        """
        from lilogic.hdl.components.interface import VERILOG

        self._check_unaltered()
        return read_bytes(self.folder / VERILOG).decode()

    def words(self, samples: Any) -> list[int]:
        """Return the values of the data input for samples, as integers.

        Put them there in a testbench of your own.

        Args:
            samples: Raw samples [samples, …].

        Raises:
            DataError: The samples do not fit the network.
            FormatError: The folder holds no build, or an altered one.
            GraphError: The folder holds another build.
        """
        from lilogic.hdl.components.interface import pack

        graph = self.interface.reading(self.simplified.graph)
        rows = np.packbits(pack(graph, self.interface.data, samples), axis=1, bitorder="little")
        return [int.from_bytes(row.tobytes(), "little") for row in rows]

    def write_vectors(
        self, samples: Any = None, *, words: Sequence[str] = (), progress: bool = True
    ) -> None:
        """Write ``vectors.npz``: test vectors with the answers of the software.

        Args:
            samples: Raw samples [samples, …] to begin with. Default: the test samples of the data
                set that the network was trained on, if available.
            words: Values of the data input to begin with, in hexadecimal, such as ``inputs`` of a
                counterexample's sample.
            progress: Whether to show progress on standard error.
        """
        from lilogic.hdl import vectors

        if samples is None:
            samples = test_samples(self.model, progress)
        with claimed(self.folder), steps.shown(progress)("computing test vectors in software"):
            made = vectors.make(self.model.graph, self.interface, samples, words=words)
            made.write(self.folder)

    def write_artefacts(
        self, names: Sequence[str], samples: Any = None, *, progress: bool = True
    ) -> list[str]:
        """Write files for other tools beside the Verilog, and return their names.

        Args:
            names: Names of artefacts, as for ``lilogic compile --with``, or ``all``.
            samples: As for ``write_vectors``; the testbench takes some of them.
            progress: Whether to show progress on standard error.

        Raises:
            FormatError: The folder holds no build, or an altered one.
            GraphError: The folder holds another build, or there is no such artefact.
            MissingExtraError: Jinja or WaveDrom is not installed.
        """
        from lilogic.hdl import artefacts, vectors
        from lilogic.hdl.artefacts.block import Block
        from lilogic.hdl.artefacts.testbench import OF_A_KIND
        from lilogic.hdl.record import BuildRecord

        self._check_unaltered()

        def make() -> vectors.Vectors:
            found = test_samples(self.model, progress) if samples is None else samples
            some = None if found is None else found[:OF_A_KIND]
            return vectors.make(self.model.graph, self.interface, some, random=OF_A_KIND)

        with claimed(self.folder), steps.shown(progress)("writing files for other tools"):
            block = Block(self.interface.reading(self.simplified.graph), self.interface, make)
            written = artefacts.write(names, block, self.folder)
            record = BuildRecord.read(self.folder)
            record.with_artefacts(written, self.folder).write(self.folder)
        if progress:
            from lilogic.report import console

            console.say(f"wrote {', '.join(written)} in {self.folder}")
        return written

    def verify(
        self,
        samples: Any = None,
        *,
        words: Sequence[str] = (),
        simulator: str = "verilator",
        formal: bool = True,
        timeout: float = TIMEOUT,
        progress: bool = True,
    ) -> Verification:
        """Compare the Verilog with software inference, by simulation and proof.

        Verilog that was altered since it was compiled is checked as it is; the result says so.

        Args:
            samples: As for ``write_vectors``.
            words: As for ``write_vectors``.
            simulator: ``verilator`` or ``icarus``.
            formal: Whether to run the proof, too.
            timeout: Time limit for the proof of one part, in seconds.
            progress: Whether to show progress on standard error.

        Raises:
            FormatError: The folder holds no build, or its interface was altered.
            GraphError: The folder holds another network, or one compiled with other options.
            ToolError: A program is missing or failed.
        """
        from lilogic.hdl.proof.formal import prove
        from lilogic.report.models.compiled import Verification

        with needs("sim", "cocotb"):
            from lilogic.sim import regression

        step, proof = steps.shown(progress), None
        with claimed(self.folder):
            altered = self._is_altered()
            if altered and progress:
                from lilogic.report import console

                console.say(
                    f"{self.folder}: the Verilog was altered after it was compiled; checking it "
                    "as it is"
                )
            self.write_vectors(samples, words=words, progress=progress)
            with step("simulating"):
                simulation = regression.simulate(self.folder, simulator)
            if formal:
                with step("proving"):
                    proof = prove(self.simplified.graph, self.folder, timeout)
        return Verification.of(simulation, proof, altered)

    def area(
        self,
        liberty: Target | None = None,
        *,
        targets: Sequence[str] | None = None,
        jobs: int | None = None,
        address: str | None = None,
        progress: bool = True,
    ) -> AreaReport:
        """Map the Verilog to targets and count what it takes.

        Args:
            liberty: Standard cells to map to as another target, as returned by
                ``flow.read_liberty``.
            targets: Names of targets: ``ice40``, ``ecp5``, ``xc7``, ``generic``. Default: the one
                that it was compiled for; without one, all.
            jobs: Runs of Yosys at once, which need up to 2 GB of memory each for a large network.
                Default: one per core, but at most four; on a cluster, as many as fit.
            address: Address of a Ray cluster on which Yosys runs. Default: this machine, without
                Ray.
            progress: Whether to show progress on standard error.

        Raises:
            FormatError: The folder holds no build, or an altered one.
            GraphError: The folder holds another build, a target is unknown, or there is none.
            LilogicError: ``jobs`` is less than one.
            MissingExtraError: Ray is needed, but not installed.
            ToolError: Yosys is missing or failed, or the cluster cannot be reached.
        """
        from lilogic.hdl.synthesis import area

        self._check_unaltered()
        chosen = self._targets(targets, liberty)
        if not chosen:
            raise GraphError("the area needs a target")
        with steps.shown(progress)(f"mapping to {', '.join(chosen)}") as tell:
            return area.measure(self.folder, chosen, tell, jobs, address)

    def _targets(self, names: Sequence[str] | None, liberty: Target | None) -> dict[str, Target]:
        """What ``area`` and ``report`` are asked to map to, by name."""
        from lilogic.hdl.fpga import devices
        from lilogic.hdl.synthesis import area
        from lilogic.hdl.synthesis import liberty as libraries

        if names is None:
            compiled_for = self.options.target
            names = [*area.TARGETS] if compiled_for is None else [compiled_for]
        families = [*map(devices.family, names)]
        if unknown := [name for name in families if name not in area.TARGETS]:
            raise GraphError(f"target {unknown[0]!r} is not one of {', '.join(area.TARGETS)}")
        chosen = {name: area.TARGETS[name] for name in families}
        return chosen if liberty is None else {**chosen, libraries.NAME: liberty}

    def report(
        self,
        verification: Verification | None = None,
        *,
        area: AreaReport | None = None,
        liberty: Target | None = None,
        targets: Sequence[str] | None = None,
        jobs: int | None = None,
        address: str | None = None,
        progress: bool = True,
    ) -> CompileReport:
        """Return a report of gates, area and, if given, verification.

        Args:
            verification: Result of ``verify``.
            area: Result of ``area``. Default: it is called with the other arguments.
            liberty: As for ``area``.
            targets: As for ``area``; an empty list leaves the area out.
            jobs: As for ``area``.
            address: As for ``area``.
            progress: Whether to show progress on standard error.

        Raises:
            LilogicError: As for ``area``.
        """
        from lilogic.hdl.components import classifier
        from lilogic.report import compiled

        graph = self.simplified.graph
        if area is None and self._targets(targets, liberty):
            area = self.area(
                liberty, targets=targets, jobs=jobs, address=address, progress=progress
            )
        return compiled.describe(
            self.model.name,
            graph,
            classifier.flip_flops(graph, self.options),
            asdict(self.interface),
            area,
            verification,
        )

    def activity(
        self,
        samples: Any = None,
        *,
        liberty: Target | None = None,
        conditions: Conditions | None = None,
        dataset: str = "samples",
        progress: bool = True,
    ) -> Measured:
        """Measure how often signals change over samples, and the energy of an inference.

        Args:
            samples: Raw samples [samples, …], in the order in which they arrive. Default: the test
                samples of the data set that the network was trained on.
            liberty: Standard cells to map to, as returned by ``flow.read_liberty``. Without them,
                signals are those of the gates in the Verilog, and there is no energy.
            conditions: Clock, transition time and wires, for the energy.
            dataset: Name of the samples in the report.
            progress: Whether to show progress on standard error.

        Raises:
            FormatError: The folder holds no build, or an altered one; or the library lacks
                something.
            GraphError: The folder holds another build, or a folded classifier.
            DataError: There are fewer than two samples, or they do not fit the network.
            ToolError: Yosys is missing or failed.
        """
        from lilogic.hdl.components.interface import pack
        from lilogic.hdl.power.energy import Conditions
        from lilogic.hdl.power.measure import measure

        self._check_unaltered()
        if samples is None:
            data = self.model.dataset()
            samples, dataset = data.x_test, data.name
        graph = self.interface.reading(self.simplified.graph)
        bits = pack(graph, self.interface.data, samples)
        mapped = "" if liberty is None else f" of cells of {liberty.source}"
        with steps.shown(progress)(f"simulating the netlist{mapped}"):
            return measure(
                self.folder,
                bits,
                liberty,
                conditions or Conditions(),
                name=self.model.name,
                dataset=dataset,
            )

    def _check_unaltered(self) -> None:
        """Refuse a folder whose Verilog is not what was compiled; errors as ``_is_altered``."""
        if self._is_altered():
            from lilogic.hdl.components.interface import VERILOG

            raise FormatError(
                f"{self.folder / VERILOG}: altered since it was compiled; compile it again, or "
                "verify that it is still correct"
            )

    def _is_altered(self) -> bool:
        """Whether the Verilog is another text than was compiled.

        Raises:
            FormatError: the folder holds no build, or its interface was altered.
            GraphError: it holds another network, or one compiled in another way.
        """
        from lilogic.hdl.components.interface import INTERFACE
        from lilogic.hdl.record import BuildRecord

        record = BuildRecord.read(self.folder)
        record.check(self.simplified.graph, self.options.model_dump(), self.folder)
        altered = record.altered(self.folder)
        if INTERFACE in altered:
            raise FormatError(
                f"{self.folder / INTERFACE}: altered since it was compiled; compile it again"
            )
        return bool(altered)


def test_samples(model: Model, progress: bool) -> Any:
    """The test samples of the data set that a network was trained on; None where they are not."""
    try:
        return model.dataset().x_test
    except LilogicError as error:
        if progress:
            from lilogic.report import console

            console.say(f"no test vectors from a data set: {error}")
        return None
