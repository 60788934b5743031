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
from lilogic.errors import RecipeError
from lilogic.learn import keys
from lilogic.learn.planning.settings import BudgetRecipe
from lilogic.validation import one_line


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EncoderRecipe(_Section):
    """How raw samples become bits; see ``lilogic.data.fitting.fit``.

    Real values are scaled to integers of ``width`` bits. Without it, a feature has as many as its
    thresholds need, and after training the fewest that lose no decision of training samples.
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


Candidates = PositiveInt | Literal["all"]
Initial = Literal["normal", "pass-through"]


class DenseRecipe(_Section):
    """A layer of ``gates`` that may read everything; a plain number is one, too.

    With more than two ``inputs``, they are lookup tables that learn each of their entries, and
    freeze into several two-input gates each.

    ``candidates`` and ``initial`` are the network's where they are left out, here as elsewhere.
    """

    arrangement: Literal["dense"]
    gates: PositiveInt
    inputs: int = Field(2, ge=2, le=6)
    candidates: Candidates | None = None
    initial: Initial | None = None


class ConvRecipe(_Section):
    """A layer of ``channels`` filters, shared over the places of their windows.

    A filter sees a window of ``kernel`` × ``kernel`` rows and columns of ``groups`` channels. It is
    one gate, or a tree of gates with so many levels; with more than two ``inputs`` a lookup table,
    or a tree of gates over such.
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
    """A layer that ORs squares of ``size`` × ``size`` rows and columns of each channel."""

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
    """The network's shape; see ``lilogic.learn.net.logic_net.LogicNet``."""

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
    """Random changes to training images; see ``lilogic.learn.augment``.

    Shifts by up to ``shift`` pixels, rotations by up to ``rotate`` degrees, scaling by up to a
    factor of ``1 + scale`` either way, shearing by up to ``shear`` pixels a pixel, bending by
    displacements of ``elastic`` pixels (standard deviation), and left-right flips.

    Then colours: brighter or darker by up to ``brightness``, a fraction of the range of training
    values; contrast, and saturation where there are colours, by up to a factor of ``1 + contrast``
    or ``1 + saturation`` either way. At last ``cutout`` is the side, in pixels, of a square that
    is painted over with the image's mean colour; around the edges, less of it is seen.
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
    """How the network is trained; see ``lilogic.learn.learner``.

    Softmaxes are annealed: their sharpness rises over the epochs from 1 to ``sharpen_*``,
    geometrically where ``sharpen_power`` is 1, later and faster where it is more. Every
    ``grow_every`` steps during the first ``grow_until`` of the epochs, the weakest ``grow_share``
    of a wire's candidates are regrown, each time from a random ``grow_rows`` of all rows.
    ``narrow`` lists fractions of the epochs and to how many candidates, the likeliest ones, wires
    are pruned then.

    Every ``redraw_every`` epochs during the first ``grow_until``, gates begin anew that no head
    depends on or that repeat others; 0 for never.

    ``harden`` lists fractions of the epochs at which layers become hard, the first layers first;
    the others stay soft. A layer's sharpness, regrowth and narrowing then keep its own time, which
    is over when it becomes hard. Hard layers learn no more and cost next to nothing.

    With ``cost`` above 0, the loss has what the encoder costs, too: for each node of the network,
    so many times the gates of the input bits that wires of dense layers read. So wires that
    accuracy does not need move to bits that cost less, or that others read already.

    With ``class_weight`` balanced, all classes weigh the same in the loss, however many samples
    they have; see ``lilogic.learn.weights``. Accuracies count samples all the same.

    After these ``epochs`` come ``more_epochs``, in which learning rate and sharpness stay as they
    are at the end. A run that is finished goes on where they become more: see
    ``lilogic.learn.run``.

    With ``patience`` above 0, training ends early once that many epochs brought no better frozen
    validation accuracy, but not before freezing costs at most ``max_gap``: until connections and
    gates are sharp, the frozen network says little. As always, the last epoch's network is
    frozen, not the best one's, and its learning rate has not fallen all the way: patience saves
    time, not accuracy.
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
    """Networks that count together, as one; see ``lilogic.learn.ensemble``.

    So many ``members`` are trained apart from each other. Each then has a test-time view of the
    image for every one of ``shifts``, which are rows and columns to move it by, and with
    ``mirror`` of its mirror images, too; a view takes as many gates as the network has.
    """

    members: PositiveInt = 1
    shifts: list[tuple[int, int]] = Field(default=[(0, 0)], min_length=1)
    mirror: bool = False

    @property
    def views(self) -> int:
        """How many test-time views of the image each member has."""
        return len(self.shifts) * (1 + self.mirror)


class Recipe(_Section):
    """A data set, an encoder, a network and how to train it."""

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
    """The recipes that lilogic brings along."""
    folder = resources.files("lilogic.learn") / "recipes"
    return sorted(Path(file.name).stem for file in folder.iterdir() if file.name.endswith(".toml"))


Changes = Mapping[str, Any] | Sequence[str] | None
"""Settings that replace a recipe's: ``{"train.epochs": 10}``, or lines ``train.epochs=10`` with
values as in TOML."""


def load(name: str, changes: Changes = None) -> Recipe:
    """The recipe of that name, or in that ``.toml`` file.

    Args:
        name: a name from ``names`` or a path.
        changes: settings that replace the file's.

    Raises:
        RecipeError: no such recipe, bad TOML, unknown keys or values out of range.
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
