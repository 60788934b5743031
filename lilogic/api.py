"""A network as a notebook uses it: ``lilogic.load(…)``, then predict, score, look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic import formats
from lilogic.graph import GateGraph, lgn
from lilogic.infer.predictor import Predictor, predictor
from lilogic.report import reports
from lilogic.zoo import models

if TYPE_CHECKING:
    from rich.table import Table

Row = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Model:
    """A frozen network and its name; shows itself as a table in a notebook or with rich.

    Attributes:
        graph: the gates; everything else is computed from it.
        name: what it is called.
    """

    graph: GateGraph
    name: str

    def scores(self, x: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """int32 [samples, classes] of samples [samples, …].

        Samples are raw (images as they come from the data set) where the network has an encoder,
        else they are input bits.

        Raises:
            DataError: samples that do not fit the network.
        """
        return self._predictor.scores(x)

    def predict(self, x: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """int64 [samples]: the first class with the highest score; samples as for ``scores``."""
        return self._predictor.classify(x)

    @cached_property
    def _predictor(self) -> Predictor:
        return predictor(self.graph)

    def summary(self) -> dict[str, Any]:
        """What is known of it, as JSON values: origin, accuracies, input, gates, classes."""
        graph, encoder = self.graph, self.graph.encoder
        described = reports.describe(self.name, graph)
        described["input"] = {"bits": graph.n_inputs}
        if encoder is not None:
            described["input"] |= {"shape": [*encoder.input_shape], "dtype": encoder.input_dtype}
        described["classes"] = {
            "count": graph.n_classes,
            "counted": [len(head) for head in graph.heads],
            "offset": graph.offset.tolist(),
        }
        return described

    def save(self, path: str | Path) -> None:
        """Write it as a ``.lgn`` file; ``formats.write(model.graph, …)`` writes other formats.

        Raises:
            LilogicError: the file cannot be written.
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
        from rich.table import Table

        table = Table(title=self.name, title_justify="left", show_header=False)
        for label, value in self._rows():
            table.add_row(label, value)
        return table

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td style='text-align:left'>{escape(value)}</td></tr>"
            for label, value in self._rows()
        )
        return f"<table><caption>{escape(self.name)}</caption>{rows}</table>"

    def _rows(self) -> Iterator[Row]:
        summary = self.summary()
        shape = "×".join(map(str, summary["input"].get("shape", ())))
        of = f" of {shape} {summary['input']['dtype']}" if shape else ""
        yield "input", f"{summary['input']['bits']:,} bits{of}"
        yield "classes", f"{summary['classes']['count']}"
        if summary["dataset"]:
            yield "data set", str(summary["dataset"])
        yield from reports.rows(summary)


def load(model: str | Path) -> Model:
    """A network: a name of the zoo, a run folder, a ``.lgn``, or a file that can be imported.

    A file from elsewhere is imported as ``formats.load`` does by default; call that for more
    choices and make a ``Model`` of the graph.

    Raises:
        LilogicError: there is no such network, or its file is damaged.
    """
    path = Path(model)
    if path.suffix.lower() in formats.READERS and not path.is_dir():
        return Model(formats.load(path), path.stem)
    graph = models.load(str(model))
    return Model(graph, models.name(graph, str(model)))
