"""What is taken of a table, and how data that come without a test split are split."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator


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
        fold: the number, from 1, of the fold that tests, and of how many folds, in
            cross-validation; then no other test samples are drawn or read.
        seed: of those draws.
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
    fold: tuple[PositiveInt, Annotated[int, Field(ge=2)]] | None = None
    seed: int = Field(0, ge=0, lt=2**63)

    @field_validator("fold")
    @classmethod
    def _is_one(cls, fold: tuple[int, int] | None) -> tuple[int, int] | None:
        if fold is not None and fold[0] > fold[1]:
            raise ValueError(f"{list(fold)}: there is no fold {fold[0]} of {fold[1]}")
        return fold


class SplitRecord(BaseModel):
    """How the samples of a data set were split for a training; metadata record it.

    Attributes:
        test: the fraction that was drawn for testing; None where it was no fraction.
        fold: the number, from 1, of the fold that tests, and of how many.
        seed: of that draw; None where the data say which samples test.
        validation: the fraction of the others that was drawn for validation; None where the data
            say which samples validate.
        column: the column that says which samples train, validate or test.
        group: the column whose groups stay together.
        samples: how many ``train``, ``validation`` and ``test`` have.
        hashes: SHA-256 of each: the samples' bytes, then the labels'.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    test: float | None = None
    fold: tuple[int, int] | None = None
    seed: int | None = None
    validation: float | None = None
    column: str | None = None
    group: str | None = None
    samples: dict[str, int] = {}
    hashes: dict[str, str] = {}
