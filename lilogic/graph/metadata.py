"""What a graph's metadata say of its origin, typed; docs/reference/lgn.md lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from lilogic.data.look import Look
from lilogic.data.settings import DataSettings, SplitRecord
from lilogic.data.tables.schema import Schema
from lilogic.errors import FormatError
from lilogic.validation import one_line

if TYPE_CHECKING:
    from lilogic.graph import GateGraph


class Training(BaseModel):
    """How a network was trained.

    Attributes:
        members: networks of an ensemble that were trained apart.
        epochs: how many, at most, for each of them.
        seconds: of training, all together.
        device: such as ``cpu``.
        threads: how many, of each process.
        processes: how many trained it together; None where it was one.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    members: int | None = None
    epochs: int | None = None
    seconds: float | None = None
    device: str | None = None
    threads: int | None = None
    processes: int | None = None


class Seeds(BaseModel):
    """The test accuracies that a recipe's seeds gave.

    Attributes:
        seeds: the seeds.
        test_frozen: fraction of the test set that each seed's frozen network gets right.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    seeds: list[int]
    test_frozen: list[float]


class MappedCost(BaseModel):
    """What a network takes on a target, as Yosys maps it without registers, before placement.

    LUTs on FPGAs, all sizes alike; gate equivalents, the area of a NAND of two inputs, elsewhere.

    Attributes:
        total: of the whole network: encoder, gates, heads and argmax, mapped as one.
        bits_in: the same without the encoder.
        parts: of each part, mapped alone; what is merged where parts meet, the total is less.
        tool: what mapped it, and its version.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    total: float
    bits_in: float
    parts: dict[str, float] = {}
    tool: str


class TrainedLayer(BaseModel):
    """A layer as it was trained; its gates stand behind those of the layer before.

    Attributes:
        gates: how many, at all places.
        filters: of a convolution, how many filters its gates are shared by.
        places: rows and columns in which each filter stands, its gates place after place.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

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
    """A graph's origin; what a graph does not record is None or empty.

    Attributes:
        name: what the network is called.
        description: a line about it.
        version: of lilogic that made it.
        dataset: the data set that it was trained on, as ``datasets.load`` knows it.
        dataset_hashes: SHA-256 of the data set's splits.
        split: how its samples were split.
        class_names: what its classes are called.
        look: how the images of the data set look.
        table: the columns that features are made of, where the data set is a table.
        feature_names: what the features that its encoder compares are called.
        accuracy: fractions of the splits that it gets right: ``validation_soft``,
            ``validation_frozen``, ``test_soft`` and ``test_frozen``.
        training: how it was trained.
        seeds: accuracies of several seeds.
        recipe: the recipe.
        layers: the layers that were trained, first to last.
        trained_gates: gates before simplification, where the graph is simplified.
        gates_after_passes: gates that simplification leaves, where the graph is not simplified.
        imported_from: the file that it was imported from.
        cost: what it takes in hardware, by target: ``xc7``, ``ice40``, ``ecp5``, ``sky130``.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

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
        """The metadata of ``graph``; errors as ``read``."""
        return cls.read(graph.metadata)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Metadata:
        """Metadata of JSON values.

        Raises:
            FormatError: an entry is not of its type.
        """
        with one_line(FormatError, "metadata"):
            return cls.model_validate(values)

    @property
    def data(self) -> DataSettings:
        """How the recipe says that the data set is read and split.

        Raises:
            FormatError: what is recorded of it is no such thing.
        """
        with one_line(FormatError, "metadata: recipe.data"):
            settings = DataSettings.model_validate(self.recipe.get("data", {}))
        label = settings.label or (self.table and self.table.label)
        return settings.model_copy(update={"label": label})

    @property
    def temperature(self) -> float | None:
        """What scores are divided by before softmax makes probabilities of them.

        It is that of training, ``net.tau`` of the recipe. Where several networks, or views of the
        sample, count together, the mean of their scores over it is taken. None where no recipe
        says so.
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
        """Whether the name may be part of a file's name."""
        return re.fullmatch(r"\w[\w.-]*", self.name) is not None
