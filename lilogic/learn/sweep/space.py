"""The space of a sweep: a base recipe, the settings that vary, and how they are chosen."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
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
    model_validator,
)

from lilogic import files
from lilogic.cost.targets import TARGETS
from lilogic.errors import RecipeError
from lilogic.validation import one_line

_RANGE = ("low", "high")


class Range(BaseModel):
    """Numbers from ``low`` to ``high``, both among them; whole ones where both are.

    With ``log``, small numbers are as likely as large ones; with ``step``, they are ``low`` and
    what is so many steps above it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    low: int | float
    high: int | float
    step: int | float | None = Field(None, gt=0)
    log: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low = {self.low} must be less than high = {self.high}")
        if self.log and self.step is not None:
            raise ValueError("log and step do not go together")
        if self.log and self.low <= 0:
            raise ValueError(f"with log, low = {self.low} must be above 0")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole."""
        given = (self.low, self.high, 1 if self.step is None else self.step)
        return all(isinstance(each, int) for each in given)

    @property
    def values(self) -> list[int | float] | None:
        """All numbers in it, or None where there is no end of them."""
        step = 1 if self.step is None and self.is_whole and not self.log else self.step
        if step is None:
            return None
        count = int((self.high - self.low) / step + 1e-9) + 1
        # As people write them: 0.1 and 3 steps of 0.1 are 0.4.
        return [
            self.low + n * step if self.is_whole else round(self.low + n * step, 12)
            for n in range(count)
        ]


Values = Annotated[
    Annotated[list[Any], Tag("list")] | Annotated[Range, Tag("range")],
    Discriminator(lambda values: "list" if isinstance(values, list) else "range"),
]
"""A list of values, or a range of numbers."""

Sampler = Literal["grid", "random", "tpe", "nsga2"]


class Space(BaseModel):
    """A sweep, as its TOML file says it.

    Attributes:
        name: what the sweep is called; default: what its file is called.
        recipe: the base: a recipe's name, a ``.toml`` file, or a data set, for which a recipe is
            made. A file is looked for beside that of the space first.
        set: settings of the base that all trials share.
        space: by key of the recipe, a list of values, or a range of numbers.
        sampler: ``grid`` tries all values with all others; ``random`` draws each anew; ``tpe`` and
            ``nsga2`` learn from trials before: Optuna's tree-structured Parzen estimator, and a
            genetic algorithm that looks for what trades accuracy for cost best.
        trials: how many settings are tried; of a grid, all.
        batch: how many settings ``tpe`` suggests before it is told of results, which is how many
            can be tried at once; of ``nsga2``, its population. What is tried depends on it, but
            not on how many networks are trained at once.
        seed: of the sampler.
        seeds: how many networks are trained of each setting; their mean counts.
        target: ``xc7``, ``ice40``, ``ecp5`` or ``sky130``, for which networks' costs are told, and
            which ``tpe`` and ``nsga2`` keep low while they keep accuracy high.
        mapped: whether Yosys maps each network to the target, instead of an estimate.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^\w[\w.-]*$")
    recipe: str
    set: dict[str, Any] = {}
    space: dict[str, Values] = Field(min_length=1)
    sampler: Sampler = "grid"
    trials: PositiveInt | None = None
    batch: int = Field(8, ge=2)
    seed: int = Field(0, ge=0, lt=2**32)
    seeds: PositiveInt = 1
    target: Literal["xc7", "ice40", "ecp5", "sky130"] | None = None
    mapped: bool = False

    @property
    def count(self) -> int:
        """How many settings are tried."""
        return math.prod(map(len, self.columns)) if self.trials is None else self.trials

    @property
    def columns(self) -> list[list[Any]]:
        """Of a grid, the values of each key."""
        return [
            values.values or [] if isinstance(values, Range) else values
            for values in self.space.values()
        ]

    @field_validator("set", mode="before")
    @classmethod
    def _flat_settings(cls, tables: Any) -> Any:
        return dict(_flat(tables)) if isinstance(tables, Mapping) else tables

    @field_validator("space", mode="before")
    @classmethod
    def _flat_space(cls, tables: Any) -> Any:
        if not isinstance(tables, Mapping):
            return tables
        flat = dict(_flat(tables))
        for key, values in flat.items():
            if not isinstance(values, list | Mapping | Range) or values == []:
                raise ValueError(f"{key} must be a list of values, or a table of low and high")
        return flat

    @model_validator(mode="after")
    def _is_possible(self) -> Space:
        if self.sampler == "grid" and self.trials is not None:
            raise ValueError("a grid tries all combinations; omit trials")
        if self.sampler != "grid" and self.trials is None:
            raise ValueError(f"the sampler {self.sampler} needs trials, the number of settings")
        for key, values in self.space.items():
            if self.sampler == "grid" and isinstance(values, Range) and values.values is None:
                raise ValueError(f"{key}: a grid needs a list of values, or a step")
            if key.partition(".")[0] in ("data", "dataset", "name"):
                raise ValueError(f"{key}: all trials share their data; put this key into [set]")
        if self.target is None and (self.sampler == "nsga2" or self.mapped):
            needs = "the sampler nsga2 weighs" if self.sampler == "nsga2" else "mapped measures"
            raise ValueError(f"{needs} cost: it needs a target, one of {', '.join(TARGETS)}")
        if self.mapped and self.target == "sky130":
            raise ValueError("mapped needs a target of LUTs: xc7, ice40 or ecp5")
        return self


def read(path: Path) -> Space:
    """The space in a TOML file.

    Raises:
        LilogicError: it cannot be read.
        RecipeError: it is no space; names the file and the key.
    """
    try:
        tables = tomllib.loads(files.read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: not TOML: {error}") from error
    beside = path.parent / str(tables.get("recipe", ""))
    if beside.is_file():
        tables["recipe"] = str(beside)
    return parse({"name": path.stem, **tables}, str(path))


def parse(tables: Mapping[str, Any], source: str) -> Space:
    """A checked space of nested tables; ``source`` is named in errors.

    Raises:
        RecipeError: unknown keys, or values that make no sweep.
    """
    with one_line(RecipeError, source):
        return Space.model_validate(tables)


def _flat(tables: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested tables by their keys, but for those of ranges."""
    found = []
    for name, value in tables.items():
        if isinstance(value, Mapping) and not any(key in value for key in _RANGE):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
