"""Data sets of what Python programs have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest
import torch

from lilogic.data.settings import DataSettings
from lilogic.data.tables import objects
from tests.lilogic.data.files import refused

X = np.random.default_rng(0).normal(size=(20, 2))
Y = np.array(["no", "yes"] * 10)
FRAME = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1], "label": Y})
SETTINGS = DataSettings(label="label")  # type: ignore[call-arg]


class Pairs(torch.utils.data.Dataset):
    """Samples and labels one by one."""

    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.tensor(X[index]), index % 2


@pytest.mark.parametrize(
    ("source", "class_names"),
    [
        ((X, Y), ("no", "yes")),
        ((X.tolist(), Y.tolist()), ("no", "yes")),
        ((torch.tensor(X), torch.arange(20) % 2), ("0", "1")),
        (torch.utils.data.TensorDataset(torch.tensor(X), torch.arange(20) % 2), ("0", "1")),
        (Pairs(), ("0", "1")),
        (FRAME, ("no", "yes")),
        (polars.from_pandas(FRAME), ("no", "yes")),
        (pyarrow.Table.from_pandas(FRAME), ("no", "yes")),
        ((FRAME[["a", "b"]], FRAME["label"]), ("no", "yes")),
        ((FRAME[["a", "b"]], FRAME[["label"]]), ("no", "yes")),
        ((polars.from_pandas(FRAME[["a", "b"]]), polars.Series("label", Y)), ("no", "yes")),
        ((FRAME[["a", "b"]], Y), ("no", "yes")),
    ],
)
def test_objects_of_all_kinds_are_the_same_data(source: Any, class_names: tuple[str, ...]) -> None:
    data = objects.dataset(source, SETTINGS)
    expected = objects.dataset((X, Y), SETTINGS)
    assert data.class_names == class_names
    assert data.hashes() == expected.hashes()
    assert data.x_train.shape == (16, 2)


@pytest.mark.parametrize(
    "source",
    [
        ((X[:16], Y[:16]), (X[16:], Y[16:])),
        (FRAME[:16], FRAME[["label", "b", "a"]][16:]),
        ((FRAME[["a", "b"]][:16], Y[:16]), (FRAME[["a", "b"]][16:], Y[16:])),
        (
            torch.utils.data.Subset(Pairs(), range(16)),
            torch.utils.data.Subset(Pairs(), range(16, 20)),
        ),
    ],
)
def test_pairs_are_for_training_and_testing(source: Any) -> None:
    data = objects.dataset(source, SETTINGS)
    np.testing.assert_array_equal(data.x_train, X[:16])
    np.testing.assert_array_equal(data.x_test, X[16:])
    assert data.y_test.tolist() == [0, 1, 0, 1]


def test_what_is_no_data_is_refused() -> None:
    for source in (3, (X,), {"x": X}, None):
        with refused("is not data; pass a recipe, a file, a data frame"):
            objects.dataset(source, SETTINGS)
    with refused("there are 3 labels, but 20 rows"):
        objects.dataset((FRAME[["a"]], [1, 2, 3]), SETTINGS)
    with refused("labels have shape (3,), but there are 20 samples"):
        objects.dataset((X, [1, 2, 3]), SETTINGS)
