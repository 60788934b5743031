"""What is taken of a table, and how data that come without a test split are split."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator

from lilogic.docstrings import describe


class DataSettings(BaseModel):
    """How a data set is read and split, where it does not say so itself.

    Attributes:
        label: Column of a table that holds the classes.
        columns: Columns to use as features. Default: all that serve no other purpose.
        drop: Columns to leave out.
        missing: What to do about missing numbers: report an ``error``, fill in the ``median`` of
            the training samples, or fill it in and add an ``indicator`` feature that marks where
            the value was missing.
        weight: Column with the weights of the samples in training.
        group: Column whose groups stay together when samples are split.
        split: Column that assigns each sample to ``train``, ``validation`` or ``test``.
        test: Fraction of the samples that are set aside for testing, if the data set has no test
            split.
        fold: For cross-validation: the number of the fold that tests, from 1, and the number of
            folds. No other test samples are then drawn or read.
        seed: Seed of these draws.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, json_schema_extra=describe
    )

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
    """How the samples of a data set were split for training.

    Attributes:
        test: Fraction drawn for testing; absent if the samples were not drawn as a fraction.
        fold: Number of the fold that tests, from 1, and number of folds.
        seed: Seed of that draw; absent if the data set has a test split.
        validation: Fraction of the other samples drawn for validation; absent if the data set has a
            validation split.
        column: Column that assigns samples to training, validation or testing.
        group: Column whose groups stay together.
        samples: Number of samples in ``train``, ``validation`` and ``test``.
        hashes: SHA-256 of each split: the bytes of the samples, then those of the labels.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=describe)

    test: float | None = None
    fold: tuple[int, int] | None = None
    seed: int | None = None
    validation: float | None = None
    column: str | None = None
    group: str | None = None
    samples: dict[str, int] = {}
    hashes: dict[str, str] = {}
