"""A network as a notebook uses it: ``lilogic.load(…)``, then predict, score, look at it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic import formats, zoo
from lilogic.data import labels
from lilogic.data.tables.frames import is_frame
from lilogic.errors import DataError, LilogicWarning
from lilogic.graph import GateGraph, lgn
from lilogic.graph.comparators import in_gates
from lilogic.graph.metadata import Metadata
from lilogic.infer.predictor import Predictor, predictor
from lilogic.report import pages, tables
from lilogic.report.drawing import Picture
from lilogic.report.models.graph import ModelSummary
from lilogic.version import __version__
from lilogic.zoo import models

if TYPE_CHECKING:
    from rich.table import Table

    from lilogic.boards.host.client import Client
    from lilogic.build import Build
    from lilogic.data.datasets import Dataset
    from lilogic.data.encoder import Encoder
    from lilogic.data.look import Look
    from lilogic.data.samples import Samples
    from lilogic.hdl.options import CompileOptions
    from lilogic.learn.net.logic_net import LogicNet
    from lilogic.report.models.board import BoardReport
    from lilogic.report.models.datasheet import Datasheet
    from lilogic.report.models.evaluation import Evaluation
    from lilogic.report.models.explanation import Explanation

Row = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Model:
    """A frozen network with a name: it predicts, explains itself and compiles to hardware.

    In a notebook, or printed with rich, it shows itself as a table.

    Attributes:
        graph: The gates. Everything else is computed from them.
        name: Name of the network.
    """

    graph: GateGraph
    name: str

    def scores(self, x: Any, device: str = "cpu") -> npt.NDArray[np.int32]:
        """Return the scores of samples, int32 [samples, classes].

        Args:
            x: Raw samples [samples, …], as they come from the data set, if the network has an
                encoder; otherwise input bits [samples, bits]. Or a table: a data frame of pandas or
                Polars, or a PyArrow table, with the columns that the network was trained on, in any
                order.
            device: ``cpu``, or ``cuda`` for an NVIDIA GPU. The scores are the same.

        Raises:
            DataError: The samples do not fit the network.
            ToolError: There is no such device.
            MissingExtraError: ``cuda`` needs PyTorch and Triton.
        """
        return self._predictor(device).scores(self._raw(x))

    def predict(self, x: Any, device: str = "cpu") -> npt.NDArray[np.int64]:
        """Return the predicted classes of samples, int64 [samples].

        The prediction is the first class with the highest score.

        Args:
            x: Samples, as for ``scores``.
            device: ``cpu`` or ``cuda``, as for ``scores``.

        Raises:
            LilogicError: As for ``scores``.
        """
        return self._predictor(device).classify(self._raw(x))

    def _raw(self, x: Any) -> Any:
        """Samples, made of the rows of a table if it is one."""
        if not is_frame(x):
            return x
        schema = self.metadata.table
        if schema is None:
            raise DataError("the network was not trained on a table; pass an array of samples")
        return schema.features(x)

    def samples(
        self,
        *files: str | Path,
        invert: bool = False,
        ground: str | None = None,
        white: int | None = None,
        array: str | None = None,
    ) -> Samples:
        """Read samples for ``scores`` and ``predict`` from files: pictures, arrays or tables.

        A ``LilogicWarning`` tells what is assumed about pictures.

        Args:
            files: Pictures, arrays of samples or of one sample (``.npy``, ``.npz``, IDX), or tables
                with the columns that the network was trained on.
            invert: Whether to swap dark and light in pictures.
            ground: What to lay transparent parts of pictures on, ``white`` or ``black``. Default:
                white, or black if everything visible is light.
            white: The network's value of a white pixel. Default: that of its training data.
            array: Name of the array to take from an ``.npz``; needed if there are several.

        Raises:
            DataError: A file is missing or damaged, or does not fit the network.
            MissingExtraError: Pictures need Pillow; tables need pandas.
        """
        from lilogic.data.readers.pictures import Ground
        from lilogic.data.samples import Reader

        try:
            chosen = None if ground is None else Ground(ground)
        except ValueError as error:
            raise DataError(f"ground {ground!r} is not white or black") from error
        encoder = self.graph.encoder
        shape = (self.graph.n_inputs,) if encoder is None else encoder.input_shape
        dtype = np.dtype("bool" if encoder is None else encoder.input_dtype)
        table = self.metadata.table
        reader = Reader(shape, dtype, self.look, invert, chosen, white, array, table)
        return reader.read([*map(Path, files)])

    @property
    def look(self) -> Look | None:
        """How the images look that it was trained on; None if unknown."""
        from lilogic.data import datasets

        return datasets.LOOKS.get(self.metadata.dataset or "", self.metadata.look)

    @property
    def class_names(self) -> list[str]:
        """Names of the classes, as recorded; otherwise their numbers."""
        return self.metadata.class_names or [*map(str, range(self.graph.n_classes))]

    @cached_property
    def _predictors(self) -> dict[str, Predictor]:
        """Those that were made, by their devices."""
        return {}

    def _predictor(self, device: str) -> Predictor:
        if device not in self._predictors:
            self._predictors[device] = predictor(self.graph, device)
        return self._predictors[device]

    def evaluate(self, x: npt.NDArray[Any], y: npt.NDArray[Any], device: str = "cpu") -> float:
        """Return the accuracy on labelled samples, as a fraction.

        Args:
            x: Samples, as for ``scores``.
            y: Labels [samples], numbers of classes.
            device: ``cpu`` or ``cuda``, as for ``scores``.

        Raises:
            DataError: There are no samples, they do not fit the network, or the labels are not
                numbers of its classes.
            ToolError: As for ``scores``.
        """
        predicted = self.predict(x, device)
        if not len(predicted):
            raise DataError("there are no samples")
        numbers = labels.numbers(y, len(predicted))
        labels.check_below(numbers, self.graph.n_classes)
        return float((predicted == numbers).mean())

    def evaluation(
        self, x: npt.NDArray[Any], y: npt.NDArray[Any], device: str = "cpu"
    ) -> Evaluation:
        """Return all figures of quality on labelled samples.

        The result has figures for each class, confusions, ties, calibration and, for two classes,
        the ROC curve. It shows itself as tables.

        Args:
            x: Samples, as for ``scores``.
            y: Labels [samples], numbers of classes.
            device: ``cpu`` or ``cuda``, as for ``scores``.

        Raises:
            DataError: As for ``evaluate``.
        """
        from lilogic.report.evaluation import figures

        scores = self.scores(x, device)
        numbers = labels.numbers(y, len(scores))
        labels.check_below(numbers, self.graph.n_classes)
        return figures.evaluate(scores, numbers, self.class_names, self.metadata.temperature)

    @property
    def metadata(self) -> Metadata:
        """The origin of the network, as far as it is recorded."""
        return Metadata.of(self.graph)

    @property
    def trained_gates(self) -> int:
        """Number of gates before simplification."""
        return self.metadata.trained_gates or self.graph.n_gates

    def dataset(self) -> Dataset:
        """Load the data set that it was trained on, with the same splits.

        A ``LilogicWarning`` tells if the samples have changed since.

        Raises:
            DataError: No data set is recorded, or its files are missing or damaged.
        """
        from lilogic.data import datasets

        name = self.metadata.dataset
        if not name:
            raise DataError("the model records no data set", option="data")
        try:
            with warnings.catch_warnings():
                # What is odd about it was said when it was trained on.
                warnings.simplefilter("ignore", LilogicWarning)
                data = datasets.load(name, self.metadata.data)
        except DataError as error:
            error.option = error.option or "data"
            raise
        self._warn_if_changed(data)
        return data

    def _warn_if_changed(self, data: Dataset) -> None:
        recorded = self.metadata.dataset_hashes
        differ = [
            side for side, found in data.hashes().items() if recorded.get(side, found) != found
        ]
        if differ:
            message = (
                f"{self.metadata.dataset}: has changed since {self.name} was trained: its "
                f"{' and '.join(differ)} samples are not those of then"
            )
            warnings.warn(LilogicWarning(message), stacklevel=3)

    def summary(self) -> ModelSummary:
        """Return a summary: origin, accuracies, input, gates and classes."""
        return ModelSummary.of(self.name, self.graph)

    def explain(
        self,
        x: npt.NDArray[Any] | None = None,
        y: npt.NDArray[Any] | None = None,
        *,
        samples: int = 1000,
        repeats: int = 5,
        seed: int = 0,
        progress: bool = True,
    ) -> Explanation:
        """Explain what the classes depend on: importance of features and conditions, and a formula.

        Args:
            x: Samples [samples, …] to measure importance on. Default: the test samples of the data
                set that the network records; without one, random bits.
            y: Labels [samples]. Without them, accuracy is not measured.
            samples: Largest number of samples to use; they are drawn at random.
            repeats: How often each feature is shuffled.
            seed: Seed of the random choices.
            progress: Whether to show progress on standard error.

        Raises:
            DataError: There are no samples, or samples or labels do not fit the network.
        """
        from lilogic import explain
        from lilogic.report.steps import shown

        evidence = None if x is None else explain.Evidence(x, y)
        if x is None and self.metadata.dataset:
            data = self.dataset()
            evidence = explain.Evidence(data.x_test, data.y_test, data.name)
        return explain.explain(
            self.graph, self.name, self.class_names, evidence,
            samples=samples, repeats=repeats, seed=seed, step=shown(progress),
        )  # fmt: skip

    def draw(
        self, view: str = "network", *, cone: int | None = None, simplify: bool = True
    ) -> Picture:
        """Draw the gates, or what they look at.

        Args:
            view: ``network`` for input bits, gates and classes level by level; large networks are
                drawn as bars and bands. ``fields`` for the pixels that each class reads.
                ``filters`` for nodes that repeat all over an image.
            cone: Number of a class, to draw only what it depends on.
            simplify: Whether to simplify the graph first.

        Raises:
            FormatError: There is no such class or view, or nothing that it could show.
        """
        from lilogic.formats.exporters import svg
        from lilogic.graph import passes

        graph = passes.simplify(self.graph) if simplify else self.graph
        return Picture(svg.drawn(graph.with_metadata(name=self.name), cone=cone, view=view))

    def export(self, kind: str, path: str | Path, **options: Any) -> None:
        """Write the network in another format; see ``lilogic.flow.export``."""
        from lilogic import flow

        flow.export(self, kind, path, **options)

    def compile(
        self,
        folder: str | Path | None = None,
        options: CompileOptions | None = None,
        *,
        progress: bool = True,
        **keywords: Any,
    ) -> Build:
        """Compile the network to Verilog; see ``lilogic.flow.compile``."""
        from lilogic import flow

        return flow.compile(self, folder, options, progress=progress, **keywords)

    def synthesize(
        self,
        board: str,
        folder: str | Path | None = None,
        options: CompileOptions | None = None,
        *,
        progress: bool = True,
        **keywords: Any,
    ) -> BoardReport:
        """Build a bitstream for a board; see ``lilogic.flow.synthesize``."""
        from lilogic import flow

        return flow.synthesize(self, board, folder, options, progress=progress, **keywords)

    def flash(self, board: str, folder: str | Path | None = None, *, progress: bool = True) -> Path:
        """Load the bitstream of ``synthesize`` onto a board; see ``lilogic.flow.flash``."""
        from lilogic import flow

        return flow.flash(self, board, folder, progress=progress)

    def connect(self, port: str, **options: Any) -> AbstractContextManager[Client]:
        """Connect to a board that holds the network; see ``lilogic.flow.connect``."""
        from lilogic import flow

        return flow.connect(self, port, **options)

    def simulate_board(self, **options: Any) -> AbstractContextManager[Client]:
        """Simulate a board that holds the network; see ``lilogic.flow.simulate_board``."""
        from lilogic import flow

        return flow.simulate_board(self, **options)

    def datasheet(self, data: Dataset | None = None, **options: Any) -> Datasheet:
        """Make a data sheet; see ``lilogic.datasheet.datasheet``."""
        from lilogic.datasheet import datasheet

        return datasheet(self, data, **options)

    def save(self, path: str | Path) -> None:
        """Write the network to a ``.lgn`` file.

        ``export`` writes other formats.

        Args:
            path: The file.

        Raises:
            LilogicError: The file cannot be written.
        """
        lgn.write(self.graph.with_metadata(name=self.name), Path(path))

    def __repr__(self) -> str:
        graph = self.graph
        return (
            f"<Model {self.name}: {graph.n_inputs:,} bits, {graph.n_gates:,} gates, "
            f"{graph.n_classes} classes>"
        )

    def __rich__(self) -> Table:
        """What rich prints."""
        from lilogic.report import console

        return console.table(self._section)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return pages.html_tables([self._section])

    @property
    def _section(self) -> pages.Section:
        return pages.summary(self.name, [*self._rows()])

    def _rows(self) -> Iterator[Row]:
        summary = self.summary()
        shape = "×".join(map(str, summary.input.shape or ()))
        of = f" of {shape} {summary.input.dtype}" if shape else ""
        yield "input", f"{summary.input.bits:,} bits{of}"
        yield "classes", f"{summary.classes.count}"
        if summary.dataset:
            yield "data set", summary.dataset
        yield from tables.graph_rows(summary)


def load(model: str | Path) -> Model:
    """Load a network.

    A file of another format is imported with the defaults of ``lilogic.formats.load``; a warning
    tells what was guessed. For other choices, call that function and make a ``Model`` of the graph.

    Args:
        model: Name of a network in the zoo, a run folder, a ``.lgn`` file, or a file to import.

    Raises:
        LilogicError: There is no such network, or its file is damaged.
    """
    path = Path(model)
    if str(model) not in zoo.names() and formats.is_importable(path) and not path.is_dir():
        from lilogic import flow

        return Model(formats.classifier(flow.read_circuit(path), path), path.stem)
    graph = models.load(str(model))
    return Model(graph, models.name(graph, str(model)))


def freeze(
    net: LogicNet,
    encoder: Encoder | None = None,
    *,
    name: str = "logic-net",
    class_names: Sequence[str] | None = None,
) -> Model:
    """Freeze a network that you trained in a loop of your own.

    The model's scores are the logits of ``net(bits, lilogic.HARD)`` times ``tau``.

    Args:
        net: The trained network.
        encoder: The encoder that made its input bits from samples; the model then encodes samples
            itself. Without one, the model reads bits.
        name: Name of the model.
        class_names: Names of the classes.

    Raises:
        GraphError: The encoder makes another number of bits than the network reads.
        DataError: The number of names is not the number of classes.
    """
    metadata: dict[str, Any] = {
        "name": name,
        "version": __version__,
        "layers": [layer.model_dump(exclude_none=True) for layer in net.described()],
    }
    if class_names is not None:
        metadata["class_names"] = [*map(str, class_names)]
        if len(class_names) != net.head.n_classes:
            raise DataError(
                f"there are {len(class_names)} class_names for {net.head.n_classes} classes"
            )
    return Model(in_gates(net.freeze(encoder, metadata)), name)
