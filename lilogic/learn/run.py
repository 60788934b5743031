"""The run folder: what a training leaves on disk, and goes on from after a kill at any instant.

It holds ``recipe.json`` (what was asked), ``metrics.jsonl`` (a line per epoch),
``checkpoint.safetensors`` (the state after the last finished epoch) and, at the end, ``model.lgn``;
an ensemble's has its members' run folders instead of metrics and checkpoint. Callbacks and the
command line add ``curves.png``, ``tensorboard/`` and ``summary.json``. Every file is written under
a temporary name and renamed, so each is whole or not there.

A run, finished or not, goes on with a recipe that differs in nothing but when training ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lilogic.data.datasets import Dataset
from lilogic.errors import DataError, FormatError, RecipeError
from lilogic.files import write_json, write_text
from lilogic.graph import GateGraph, lgn
from lilogic.learn import keys
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import Recipe, parse
from lilogic.report.models.training import TrainingSummary
from lilogic.zoo.models import MODEL

ENDS = ("train.more_epochs", "train.max_extra_epochs", "train.max_gap", "train.patience")
"""Keys of a recipe that decide nothing but when training ends."""

_NAMED = 3


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run: names of its files, and what is in them."""

    path: Path

    @property
    def recipe(self) -> Path:
        """What was asked."""
        return self.path / "recipe.json"

    @property
    def metrics(self) -> Path:
        """One line of JSON per epoch."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The state after the last finished epoch; see ``lilogic.learn.checkpoint``."""
        return self.path / "checkpoint.safetensors"

    @property
    def model(self) -> Path:
        """The frozen graph, which is there once the run is finished."""
        return self.path / MODEL

    @property
    def summary(self) -> Path:
        """What is known of the trained network."""
        return self.path / "summary.json"

    @property
    def curves(self) -> Path:
        """A picture of the metrics."""
        return self.path / "curves.png"

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's events."""
        return self.path / "tensorboard"

    def member(self, number: int) -> RunFolder:
        """The run folder of an ensemble's member, counted from 1."""
        return RunFolder(self.path / f"member-{number}")

    def claim(self, recipe: Recipe) -> None:
        """Make the folder one of the recipe's runs.

        Raises:
            RecipeError: it holds something else, or a run of a recipe that differs in more than
                when training ends.
            FormatError: its recipe is damaged.
        """
        if self.recipe.exists():
            self._check_goes_on(recipe)
        elif self.path.is_dir() and any(not it.name.startswith(".") for it in self.path.iterdir()):
            raise RecipeError(
                f"{self.path}: contains files that do not belong to a run; choose an empty folder"
            )
        write_json(self.recipe, recipe.model_dump())

    def has_finished(self, recipe: Recipe) -> bool:
        """Whether the folder holds a finished run of the recipe.

        Raises:
            FormatError: it holds a model, but no readable recipe.
        """
        if not self.model.exists() or self._recorded() != recipe:
            return False
        # A run that goes on keeps its model until it has another one.
        trained = lgn.read(self.model).metadata.get("recipe")
        return trained is None or parse(trained, str(self.model)) == recipe

    def history(self, epochs: int) -> list[Epoch]:
        """The metrics of the first epochs; what was written after the checkpoint is done again.

        Raises:
            FormatError: the metrics are unreadable or fewer.
        """
        if not epochs:
            return []
        try:
            lines = self.metrics.read_text("utf-8").splitlines()[:epochs]
            history = [Epoch(**json.loads(line)) for line in lines]
        except (OSError, ValueError, TypeError) as error:
            raise FormatError(f"{self.metrics}: cannot be read ({error})") from error
        if len(history) != epochs:
            raise FormatError(
                f"{self.metrics}: has {len(history)} epochs, but the checkpoint has {epochs}"
            )
        return history

    def write_history(self, history: Sequence[Epoch]) -> None:
        """Write the metrics of all epochs done."""
        lines = [json.dumps(asdict(epoch)) for epoch in history]
        write_text(self.metrics, "\n".join(lines) + "\n")

    def graph(self, data: Dataset) -> GateGraph:
        """The graph of a run that was finished on this data.

        Raises:
            DataError: it was trained on other data.
            FormatError: the file is damaged.
        """
        graph = lgn.read(self.model)
        if graph.metadata.get("dataset_hashes") != data.hashes():
            raise self.other_data(data)
        return graph

    def write_graph(self, graph: GateGraph) -> None:
        """Write the frozen graph, which finishes the run."""
        lgn.write(graph, self.model)

    def write_summary(self, summary: TrainingSummary) -> None:
        """Write what is known of the trained network."""
        write_json(self.summary, summary.to_json())

    def other_data(self, data: Dataset) -> DataError:
        """The error of a run that goes on with ``data``, but began with other data."""
        return DataError(
            f"{self.path}: contains a run on different data than {data.name} has now; choose "
            "another folder or remove it",
            option="folder",
        )

    def _check_goes_on(self, recipe: Recipe) -> None:
        """Whether a run of ``recipe`` can go on with what the folder holds."""
        recorded, asked = (keys.flat(each.model_dump()) for each in (self._recorded(), recipe))
        differences = [key for key in asked if asked[key] != recorded[key] and key not in ENDS]
        if not differences:
            return
        named = [
            f"no {key}" if recorded[key] is None else f"{key} = {json.dumps(recorded[key])}"
            for key in differences[:_NAMED]
        ]
        rest = len(differences) - len(named)
        raise RecipeError(
            f"{self.path}: contains a run of a different recipe, with {', '.join(named)}"
            + (f" and {rest} other differences" if rest else "")
            + (
                "; to train it further, set train.more_epochs"
                if "train.epochs" in differences
                else ""
            )
            + "; choose another folder or remove it",
            option="folder",
        )

    def _recorded(self) -> Recipe:
        """The recipe of the run that the folder holds."""
        try:
            recorded = json.loads(self.recipe.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(f"{self.recipe}: cannot be read ({error})") from error
        return parse(recorded, str(self.recipe))
