"""What a graph's metadata say of its origin, typed; docs/reference/lgn.md lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from lilogic.data.look import Look
from lilogic.data.settings import DataSettings, SplitRecord
from lilogic.data.tables.schema import Schema
from lilogic.docstrings import describe
from lilogic.errors import FormatError
from lilogic.validation import one_line

if TYPE_CHECKING:
    from lilogic.graph import GateGraph


class Training(BaseModel):
    """How a network was trained.

    Attributes:
        members: Number of networks of an ensemble that were trained apart.
        epochs: Number of epochs; of several networks, the largest.
        seconds: Time of all training, in seconds.
        device: Device, such as ``cpu``.
        threads: Threads of each process.
        processes: Number of processes that trained together; absent if it was one.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=describe)

    members: int | None = None
    epochs: int | None = None
    seconds: float | None = None
    device: str | None = None
    threads: int | None = None
    processes: int | None = None


class Seeds(BaseModel):
    """Test accuracies of several seeds of a recipe.

    Attributes:
        seeds: The seeds.
        test_frozen: Frozen accuracy of each seed on the test split, as a fraction.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=describe)

    seeds: list[int]
    test_frozen: list[float]


class MappedCost(BaseModel):
    """Size of a network on a target, as mapped by Yosys without registers, before placement.

    FPGAs are counted in LUTs, whatever their size; standard cells in gate equivalents, the area of
    a two-input NAND.

    Attributes:
        total: Count of the whole network: encoder, gates, heads and argmax, mapped as one.
        bits_in: Count without the encoder.
        parts: Count of each part, mapped alone. Mapped as one, parts share cells, so the total is
            less than the sum.
        tool: Program that mapped it, with its version.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=describe)

    total: float
    bits_in: float
    parts: dict[str, float] = {}
    tool: str


class TrainedLayer(BaseModel):
    """A layer as it was trained; its gates follow those of the layer before.

    Attributes:
        gates: Number of gates, at all positions.
        filters: Number of filters of a convolution, which share its gates.
        places: Rows and columns of positions of each filter; its gates follow each other position
            by position.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=describe)

    gates: int
    filters: int | None = None
    places: tuple[int, int] | None = None


class _Net(BaseModel):
    tau: float = Field(gt=0, allow_inf_nan=False)


class _Ensemble(BaseModel):
    members: PositiveInt = 1
    shifts: list[Any] = Field(default=[0], min_length=1)
    mirror: bool = False


class _Trained(BaseModel):
    """What of a recipe says what scores are worth."""

    net: _Net
    ensemble: _Ensemble = _Ensemble()


class Metadata(BaseModel):
    """The origin of a network; fields that it does not record are absent or empty.

    Attributes:
        name: Name of the network.
        description: One line about it.
        version: Version of lilogic that made it.
        dataset: Data set that it was trained on.
        dataset_hashes: SHA-256 of the splits of the data set.
        split: How the samples were split.
        class_names: Names of the classes.
        look: How the images of the data set look.
        table: The columns that features are made of, if the data set is a table.
        feature_names: Names of the features that the encoder compares.
        accuracy: Accuracies as fractions: ``validation_soft``, ``validation_frozen``, ``test_soft``
            and ``test_frozen``.
        training: How it was trained.
        seeds: Accuracies of several seeds.
        recipe: The recipe.
        layers: The layers that were trained, first to last.
        trained_gates: Number of gates before simplification, if the graph is simplified.
        gates_after_passes: Number of gates after simplification, if the graph is not simplified.
        imported_from: File that it was imported from.
        cost: Size in hardware, by target: ``xc7``, ``ice40``, ``ecp5``, ``sky130``.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=describe)

    name: str = ""
    description: str = ""
    version: str | None = None
    dataset: str | None = None
    dataset_hashes: dict[str, str] = {}
    split: SplitRecord | None = None
    class_names: list[str] = []
    look: Look | None = None
    table: Schema | None = None
    feature_names: list[str] = []
    accuracy: dict[str, float] = {}
    training: Training = Training()
    seeds: Seeds | None = None
    recipe: dict[str, Any] = {}
    layers: list[TrainedLayer] = []
    trained_gates: int | None = None
    gates_after_passes: int | None = None
    imported_from: str | None = None
    cost: dict[str, MappedCost] = {}

    @classmethod
    def of(cls, graph: GateGraph) -> Metadata:
        """Return the metadata of a graph.

        Raises:
            FormatError: An entry has the wrong type.
        """
        return cls.read(graph.metadata)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Metadata:
        """Return the metadata in JSON values.

        Raises:
            FormatError: An entry has the wrong type.
        """
        with one_line(FormatError, "metadata"):
            return cls.model_validate(values)

    @property
    def data(self) -> DataSettings:
        """How the recipe reads and splits the data set.

        Raises:
            FormatError: The recipe's entry is invalid.
        """
        with one_line(FormatError, "metadata: recipe.data"):
            settings = DataSettings.model_validate(self.recipe.get("data", {}))
        label = settings.label or (self.table and self.table.label)
        return settings.model_copy(update={"label": label})

    @property
    def temperature(self) -> float | None:
        """The temperature that turns scores into probabilities by a softmax.

        It is ``net.tau`` of the recipe, times the number of networks and views that are counted
        together. None if no recipe is recorded.
        """
        try:
            trained = _Trained.model_validate(self.recipe)
        except ValidationError:
            return None
        together = trained.ensemble
        views = len(together.shifts) * (1 + together.mirror)
        return trained.net.tau * together.members * views

    @property
    def is_named(self) -> bool:
        """Whether the name can be part of a file name."""
        return re.fullmatch(r"\w[\w.-]*", self.name) is not None
