"""What is taken of a table, and how data that come without a test split are split."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DataSettings(BaseModel):
    """How a data set is read, where it does not say so itself; ``[data]`` in a recipe.

    Attributes:
        label: the column of a table that holds the classes.
        columns: those that are features; none for all that are nothing else.
        drop: those that are no features.
        missing: what is done about values that are missing in columns of numbers: ``error``,
            ``median`` of the training samples, or ``indicator``, which is that and a feature more
            that says where the value was missing.
        weight: the column with the weights that samples have in training.
        group: the column that says which samples must stay together when they are split.
        split: the column that says which split a sample is of: train, validation or test.
        test: the fraction that is split off for testing where nothing else says which it is.
        seed: of that draw.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    label: str | None = None
    columns: list[str] = []
    drop: list[str] = []
    missing: Literal["error", "median", "indicator"] = "error"
    weight: str | None = None
    group: str | None = None
    split: str | None = None
    test: float = Field(0.2, gt=0, lt=1)
    seed: int = Field(0, ge=0, lt=2**63)
