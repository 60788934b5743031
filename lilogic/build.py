"""A compiled network: its Verilog, what that takes, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        model: the network that was compiled, as it came.
        simplified: what is in hardware.
        folder: with ``classifier.v``, ``interface.json`` and ``build.json``, which says what they
            are of. Whatever is asked of a build is refused once they are of something else.
        options: how it was compiled.
    """

    model: Model
    simplified: Model
    folder: Path
    options: CompileOptions

    @cached_property
    def interface(self) -> Interface:
        """The ports and the latency.

        Raises:
            FormatError: the folder holds no build, or one that was altered.
            GraphError: it holds another one.
        """
        from lilogic.hdl.components.interface import Interface

        self._is_altered()
        return Interface.read(self.folder)

    @property
    def verilog(self) -> str:
        """The Verilog, one self-contained file.

        Raises:
            FormatError: the folder holds no build, or one that was altered.
            GraphError: it holds another one.
        """
        from lilogic.hdl.components.interface import VERILOG

        self._check_unaltered()
        return read_bytes(self.folder / VERILOG).decode()

    def write_vectors(
        self, samples: Any = None, *, words: Sequence[str] = (), progress: bool = True
    ) -> None:
        """Write ``vectors.npz``: stimulus, and what software answers.

        Args:
            samples: raw samples [samples, …] to begin with; default: the test samples of the data
                set that the network was trained on, if they are at hand.
            words: values of the data input, in hexadecimal, to begin with: the ``inputs`` of a
                mismatch's or counterexample's sample, to see it again.
            progress: whether to say so on standard error.
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
        """Write files for other tools next to the Verilog; returns the names of the files.

        Args:
            names: of ``artefacts.ARTEFACTS``, or ``all``.
            samples: as for ``write_vectors``; the testbench takes some of them.
            progress: whether to say so on standard error.

        Raises:
            FormatError: the folder holds no build, or one that was altered.
            GraphError: it holds another one, or there is no such artefact.
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
        """Compare the Verilog with software inference: by simulation and, if asked for, by proof.

        Verilog that was altered since it was compiled is checked as it is; the report says so.

        Args:
            samples: as for ``write_vectors``.
            words: as for ``write_vectors``.
            simulator: ``verilator`` or ``icarus``.
            formal: whether to prove it, too.
            timeout: seconds that the proof of one part may take.
            progress: whether to show progress on standard error.

        Raises:
            FormatError: the folder holds no build, or its interface was altered.
            GraphError: the folder holds another network, or one compiled in another way.
            ToolError: a program is missing or failed.
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
        progress: bool = True,
    ) -> AreaReport:
        """What it takes on some targets.

        Args:
            liberty: another target to map to, such as ``flow.read_liberty`` gives.
            targets: names of ``area.TARGETS``; default: the one that it was compiled for, or else
                all.
            progress: whether to show progress on standard error.

        Raises:
            FormatError: the folder holds no build, or one that was altered.
            GraphError: it holds another one, there is no such target, or none is asked for.
            ToolError: Yosys is missing or failed.
        """
        from lilogic.hdl.synthesis import area

        self._check_unaltered()
        chosen = self._targets(targets, liberty)
        if not chosen:
            raise GraphError("the area needs a target")
        with steps.shown(progress)(f"mapping to {', '.join(chosen)}") as tell:
            return area.measure(self.folder, chosen, tell)

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
        liberty: Target | None = None,
        targets: Sequence[str] | None = None,
        progress: bool = True,
    ) -> CompileReport:
        """Gates, area and, if given, what verification found.

        Arguments and errors as ``area``; without any target, there is no area in the report.
        """
        from lilogic.hdl.components import classifier
        from lilogic.report import compiled

        graph = self.simplified.graph
        area = None
        if self._targets(targets, liberty):
            area = self.area(liberty, targets=targets, progress=progress)
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
        """How often its signals change over samples, and what an inference takes.

        Args:
            samples: raw samples [samples, …], in the order in which they come; default: the test
                samples of the data set that the network was trained on.
            liberty: standard cells to map it to, such as ``flow.read_liberty`` gives; without
                them, signals are those of the Verilog's gates, and there is no energy.
            conditions: clock, slew and wires, which the energy depends on.
            dataset: what the samples are called in the report.
            progress: whether to show progress on standard error.

        Raises:
            FormatError: the folder holds no build, or one that was altered; or the library lacks
                what it takes.
            GraphError: it holds another one, or a folded classifier.
            DataError: there are fewer than two samples, or they do not fit the network.
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
