"""Recipes: everything that decides what is trained, in one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PositiveInt,
    Tag,
    field_validator,
)

from lilogic import files
from lilogic.data.settings import DataSettings
from lilogic.docstrings import describe
from lilogic.errors import RecipeError
from lilogic.learn import keys
from lilogic.learn.planning.settings import BudgetRecipe
from lilogic.validation import one_line


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, json_schema_extra=describe
    )


class EncoderRecipe(_Section):
    """How raw samples become input bits: thresholds, and differences of pixels.

    Real values are first scaled to integers.

    Attributes:
        bits: Number of thresholds per feature.
        thresholds: Thresholds as fractions of the range of the training values; they replace
            ``bits``.
        spacing: Where the ``bits`` thresholds lie: evenly over the range of the training values, or
            at their quantiles.
        per_feature: Fit the thresholds of each feature to its own training values. Otherwise all
            features share one set.
        width: Bits of the integers that real values are scaled to. By default each feature starts
            with as many bits as its thresholds need; after training it keeps the fewest that change
            no comparison of a training sample.
        crop: The part of the image to keep: top row, left column, height and width, in pixels.
        resize: Height and width, in pixels, to scale the image to after cropping.
        differences: Pairs of pixels to compare: rows down and columns right from one pixel to the
            other and, as an optional third number, channels forward.
        steps: How much one pixel of a pair must exceed the other, as fractions of the range of the
            training values.
        levels: Number of thresholds, evenly spaced over the range of the training values, that tell
            the values of pixels apart. ``differences`` then compare how many of them each pixel of
            a pair exceeds, and are made of gates that read these thresholds.
    """

    bits: int = Field(1, ge=1, le=255)
    thresholds: list[float] | None = None
    spacing: Literal["uniform", "quantile"] = "uniform"
    per_feature: bool = False
    width: int | None = Field(None, ge=1, le=16)
    crop: tuple[int, int, int, int] | None = None
    resize: tuple[int, int] | None = None
    differences: list[tuple[int, int] | tuple[int, int, int]] = []
    steps: list[float] = []
    levels: int | None = Field(None, ge=1, le=255)


Candidates = PositiveInt | Literal["all"]
Initial = Literal["normal", "pass-through"]


class DenseRecipe(_Section):
    """A dense layer: each gate may read any output of the layers before it.

    A plain number in ``net.layers`` is a dense layer with that many two-input gates. With more than
    two ``inputs``, each node is a lookup table whose entries are learned; freezing turns it into
    several two-input gates.

    Attributes:
        arrangement: The kind of layer.
        gates: Number of gates or lookup tables.
        inputs: Inputs per node: 2 for a gate, more for a lookup table.
        candidates: Candidates per wire, or ``all``. Default: ``net.candidates``.
        initial: Initial functions of the nodes. Default: ``net.initial``.
    """

    arrangement: Literal["dense"]
    gates: PositiveInt
    inputs: int = Field(2, ge=2, le=6)
    candidates: Candidates | None = None
    initial: Initial | None = None


class ConvRecipe(_Section):
    """A convolution: filters made of gates, shared by all positions of a window.

    A filter reads a window of ``kernel`` × ``kernel`` pixels in ``groups`` channels. It is one
    gate, or a tree of gates with ``levels`` levels. With more than two ``inputs``, lookup tables
    take the place of the gates that read the window.

    Attributes:
        arrangement: The kind of layer.
        channels: Number of filters, each of which gives one output channel.
        kernel: Height and width of the window, in pixels.
        stride: Step of the window, in pixels.
        padding: Rows and columns of zeros added on each side.
        groups: Channels that a filter reads, which lie side by side; they must divide the channels
            below. Filters take turns through the groups.
        inputs: Inputs per node: 2 for a gate, more for a lookup table.
        levels: Levels of the tree of nodes that makes up a filter.
        candidates: Candidates per wire, or ``all``. Default: ``net.candidates``.
        initial: Initial functions of the nodes. Default: ``net.initial``.
    """

    arrangement: Literal["conv"]
    channels: PositiveInt
    kernel: PositiveInt = 3
    stride: PositiveInt = 1
    padding: int = Field(0, ge=0)
    groups: PositiveInt = 1
    inputs: int = Field(2, ge=2, le=6)
    levels: int = Field(1, ge=1, le=8)
    candidates: Candidates | None = None
    initial: Initial | None = None


class PoolRecipe(_Section):
    """OR pooling: the OR of each square of a channel.

    Attributes:
        arrangement: The kind of layer.
        size: Height and width of the square, in pixels; also its step.
    """

    arrangement: Literal["pool"]
    size: int = Field(2, ge=2)


def _arrangement(layer: Any) -> Any:
    """The tag of a layer, in TOML or as it was read."""
    if isinstance(layer, dict):
        return layer.get("arrangement")
    return getattr(layer, "arrangement", "gates")


LayerRecipe = Annotated[
    Annotated[PositiveInt, Tag("gates")]
    | Annotated[DenseRecipe, Tag("dense")]
    | Annotated[ConvRecipe, Tag("conv")]
    | Annotated[PoolRecipe, Tag("pool")],
    Discriminator(
        _arrangement,
        custom_error_type="arrangement",
        custom_error_message="arrangement must be one of dense, conv, pool",
    ),
]
"""A layer: so many gates, each of which may read everything, or a table that says more."""


def counted(counts: str | Sequence[int], layers: int) -> list[int]:
    """The numbers, from 1, of the layers that heads count, of so many layers.

    Raises:
        RecipeError: there is no such layer, or none is counted.
    """
    if isinstance(counts, str):
        return [*range(1, layers + 1)] if counts == "all" else [layers]
    if not counts or min(counts) < 1 or max(counts) > layers:
        raise RecipeError(f"net.counts = {list(counts)} must name layers from 1 to {layers}")
    return sorted(set(counts))


class NetRecipe(_Section):
    """The shape of the network.

    Attributes:
        layers: The layers, first to last: a number of gates, or a table that describes the layer.
        candidates: Candidates per wire, or ``all`` inputs of the layer.
        reads: What dense layers read: the ``previous`` layer, or ``all`` layers before and the
            input bits.
        counts: The layers whose nodes the heads count: the ``last``, ``all``, or a list of numbers
            from 1.
        initial: Initial functions of the nodes: drawn from a normal distribution, or mostly
            ``pass-through`` of the first wire, which helps deep networks.
        tau: Temperature: scores are divided by it before the softmax of the loss.
    """

    layers: list[LayerRecipe] = Field(min_length=1)
    candidates: Candidates = 16
    reads: Literal["previous", "all"] = "all"
    counts: Literal["last", "all"] | list[PositiveInt] = "all"
    initial: Initial = "normal"
    tau: float = Field(5.0, gt=0)

    @property
    def counted(self) -> list[int]:
        """As ``counted``."""
        return counted(self.counts, len(self.layers))


class AugmentRecipe(_Section):
    """Random changes to training images.

    All geometric changes repeat the pixels at the edge. Colours stay within the range of the
    training values.

    Attributes:
        shift: Largest shift, in pixels, along each axis.
        rotate: Largest rotation either way, in degrees.
        scale: Largest scaling: the factor is at most ``1 + scale`` either way.
        shear: Largest shear, in pixels per pixel.
        elastic: Standard deviation of the displacements that bend the image, in pixels.
        flip: Mirror half of the images left to right.
        brightness: Largest change of brightness, as a fraction of the range of the training values.
        contrast: Largest change of contrast: the factor is at most ``1 + contrast`` either way.
        saturation: Largest change of saturation of colour images: the factor is at most ``1 +
            saturation`` either way.
        cutout: Side, in pixels, of a square at a random place that is painted in the mean colour of
            the image.
    """

    shift: int = Field(0, ge=0)
    rotate: float = Field(0.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0)
    shear: float = Field(0.0, ge=0)
    elastic: float = Field(0.0, ge=0)
    flip: bool = False
    brightness: float = Field(0.0, ge=0, le=1)
    contrast: float = Field(0.0, ge=0)
    saturation: float = Field(0.0, ge=0)
    cutout: int = Field(0, ge=0)


class TrainRecipe(_Section):
    """How the network is trained.

    Attributes:
        epochs: Passes over the training samples.
        more_epochs: Epochs added at the end, at the final learning rate and sharpness. Raise it to
            continue a finished run.
        batch: Samples per training step.
        learning_rate: Learning rate of Adam at the start.
        final_learning_rate: Learning rate after the last epoch.
        sharpen_connections: Sharpness of the softmax over candidates at the end; it starts at 1.
        sharpen_gates: Sharpness of the softmax over functions at the end; it starts at 1.
        sharpen_power: How late the sharpness rises: 1 for geometrically, more for later and faster.
        grow_every: Training steps between two regrowths of candidates.
        grow_share: Fraction of a wire's candidates, the weakest, that a regrowth replaces.
        grow_rows: Random fraction of all inputs among which a regrowth looks for new candidates.
        grow_until: Fraction of the epochs after which regrowth and redrawing end.
        narrow: When wires are pruned: pairs of a fraction of the epochs and the number of
            candidates, the likeliest, that remain.
        redraw_every: Epochs between two redraws of gates that no head depends on, or that repeat
            another gate; 0 for never.
        harden: When layers become hard: a rising list of fractions of the epochs, first layer
            first. Hard layers do not learn and cost next to no time. Each layer's schedule ends
            when it hardens.
        relaxation: How training makes a choice differentiable: a ``softmax``, the hard choice with
            the gradient of a softmax (``straight-through``), or a random draw (``gumbel``).
        cost: Weight of the encoder's size in the loss: for each node of the network, ``cost`` times
            the gates of the input bits that dense layers read. Wires then move to bits that are
            cheap or already in use.
        class_weight: Weight of the classes in the loss: ``balanced`` gives each class the same
            total weight. Accuracies count samples in either case.
        max_gap: Largest loss of validation accuracy by freezing, as a fraction, with which training
            may end.
        max_extra_epochs: Most epochs that training is extended by while freezing costs more than
            ``max_gap``.
        patience: End training after this many epochs without a better frozen validation accuracy,
            provided that freezing costs at most ``max_gap``; 0 for never. The network of the last
            epoch is kept, so this saves time, not accuracy.
        validation: Fraction of the training samples that are set aside for validation.
        seed: Seed of everything random in training. The same seed gives the same network.
        kernel: Implementation of the layers: ``reference``, ``cpu``, ``cuda``, or ``auto`` for the
            fastest on the device.
        precision: Precision of training on a GPU.
    """

    epochs: int = Field(30, ge=1)
    more_epochs: int = Field(0, ge=0)
    batch: int = Field(256, ge=1)
    learning_rate: float = Field(0.03, gt=0)
    final_learning_rate: float = Field(0.003, gt=0)
    sharpen_connections: float = Field(16.0, ge=1, le=1e6)
    sharpen_gates: float = Field(8.0, ge=1, le=1e6)
    sharpen_power: float = Field(2.5, gt=0)
    grow_every: int = Field(45, ge=1)
    grow_share: float = Field(0.25, ge=0, lt=1)
    grow_rows: float = Field(0.5, gt=0, le=1)
    grow_until: float = Field(0.6, ge=0, le=1)
    narrow: list[tuple[Annotated[float, Field(ge=0, le=1)], PositiveInt]] = [
        (0.6, 8),
        (0.7, 4),
        (0.8, 2),
        (0.9, 1),
    ]
    redraw_every: int = Field(0, ge=0)
    harden: list[Annotated[float, Field(gt=0, le=1)]] = []
    relaxation: Literal["softmax", "straight-through", "gumbel"] = "softmax"
    cost: float = Field(0.0, ge=0)
    class_weight: Literal["none", "balanced"] = "none"
    max_gap: float = Field(0.003, ge=0)
    max_extra_epochs: int = Field(20, ge=0)
    patience: int = Field(0, ge=0)
    validation: float = Field(0.1, gt=0, lt=1)
    seed: int = Field(0, ge=0, lt=2**63)
    kernel: str = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"

    @field_validator("harden")
    @classmethod
    def _rises(cls, times: list[float]) -> list[float]:
        if times != sorted(times):
            raise ValueError(
                f"{times} must not fall: layers become hard from the first to the last"
            )
        return times

    @property
    def planned_epochs(self) -> int:
        """After how many epochs training ends, if freezing costs little by then."""
        return self.epochs + self.more_epochs


class EnsembleRecipe(_Section):
    """Networks, or views of the image, whose counts are added.

    Attributes:
        members: Number of networks, trained apart from each other.
        shifts: Test-time views: rows and columns to move the image by. Each view takes as many
            gates as the network has.
        mirror: Add the mirror image of each view.
    """

    members: PositiveInt = 1
    shifts: list[tuple[int, int]] = Field(default=[(0, 0)], min_length=1)
    mirror: bool = False

    @property
    def views(self) -> int:
        """How many test-time views of the image each member has."""
        return len(self.shifts) * (1 + self.mirror)


class Recipe(_Section):
    """Everything that decides what is learned: data set, encoder, network and training.

    Attributes:
        name: Name of the recipe, and of the network. It may have letters, digits, ``_``, ``.`` and
            ``-``.
        description: One line about the recipe.
        dataset: Data set: a known name, a table, an ``.npz`` file or a folder of images.
        data: How the data set is read and split.
        encoder: How raw samples become input bits.
        net: The shape of the network.
        ensemble: Networks and views that are counted together.
        augment: Random changes to training images.
        budget: What the circuit may take.
        train: How the network is trained.
    """

    name: str = Field(pattern=r"^\w[\w.-]*$")
    description: str = ""
    dataset: str
    data: DataSettings = DataSettings()  # type: ignore[call-arg]
    encoder: EncoderRecipe = EncoderRecipe()  # type: ignore[call-arg]
    net: NetRecipe
    ensemble: EnsembleRecipe = EnsembleRecipe()
    augment: AugmentRecipe = AugmentRecipe()  # type: ignore[call-arg]
    budget: BudgetRecipe = BudgetRecipe()
    train: TrainRecipe = TrainRecipe()  # type: ignore[call-arg]


def names() -> list[str]:
    """Return the names of the recipes that come with lilogic."""
    folder = resources.files("lilogic.learn") / "recipes"
    return sorted(Path(file.name).stem for file in folder.iterdir() if file.name.endswith(".toml"))


Changes = Mapping[str, Any] | Sequence[str] | None
"""Settings that replace a recipe's: ``{"train.epochs": 10}``, or lines ``train.epochs=10`` with
values as in TOML."""


def load(name: str, changes: Changes = None) -> Recipe:
    """Load a recipe by name, or from a ``.toml`` file.

    Args:
        name: A name from ``names``, or a path.
        changes: Settings that replace those of the file: ``{"train.epochs": 10}``, or lines
            ``train.epochs=10`` as in TOML.

    Raises:
        RecipeError: There is no such recipe, it is not TOML, a key is unknown, or a value is out of
            range.
    """
    try:
        data = tomllib.loads(text(name))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}") from error
    return parse(changed(data, changes), name)


def changed(data: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Nested tables with settings put in, in place.

    Raises:
        RecipeError: a change that is no setting.
    """
    settings = changes if isinstance(changes, Mapping) else dict(map(_setting, changes or []))
    for key, value in settings.items():
        *sections, last = key.strip().split(".")
        table = data
        for section in sections:
            table = table.setdefault(section, {})
            if not isinstance(table, dict):
                raise RecipeError(f"{key}: {section} is not a table")
        table[last] = value
    return data


def parse(data: dict[str, Any], source: str) -> Recipe:
    """A checked recipe from nested tables; ``source`` is named in errors.

    Raises:
        RecipeError: unknown keys or values out of range.
    """
    with one_line(RecipeError, source, lambda key: keys.nearest(key, Recipe)):
        return Recipe.model_validate(data)


def text(name: str) -> str:
    """The TOML of the recipe of that name, or in that ``.toml`` file.

    Raises:
        RecipeError: no such recipe.
        LilogicError: the file cannot be read.
    """
    if name in names():
        return (resources.files("lilogic.learn") / "recipes" / f"{name}.toml").read_text("utf-8")
    path = Path(name)
    if path.suffix.lower() == ".toml" or path.is_file():
        return files.read_text(path)
    known = ", ".join(names())
    raise RecipeError(f"no recipe {name!r}; there are {known}, or name a .toml")


def _setting(line: str) -> tuple[str, Any]:
    """The key and the value of a line ``train.epochs=10``; what is no TOML is taken as text."""
    key, found, value = line.partition("=")
    if not found:
        raise RecipeError(f"{line}: must look like train.epochs=10")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value
