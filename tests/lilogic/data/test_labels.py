"""Labels that are numbers of classes, and advice for those that are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lilogic.data import labels
from lilogic.errors import LilogicError


def refusal(found: Any, samples: int = 4) -> str:
    with pytest.raises(LilogicError) as caught:
        labels.numbers(found, samples, "mine: labels")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("mine: labels ")
    return message


@pytest.mark.parametrize(
    "given",
    [
        [0, 2, 1, 1],
        (0, 2, 1, 1),
        np.array([0, 2, 1, 1], dtype=np.uint8),
        np.array([0, 2, 1, 1], dtype=">i2"),
        np.array([0.0, 2.0, 1.0, 1.0]),
    ],
)
def test_whole_numbers_of_any_dtype_are_labels(given: Any) -> None:
    found = labels.numbers(given, 4)
    assert found.dtype == np.int64
    assert found.tolist() == [0, 2, 1, 1]


def test_truth_values_and_no_labels_at_all_are_labels() -> None:
    assert labels.numbers([True, False], 2).tolist() == [1, 0]
    assert labels.numbers([], 0).dtype == np.int64


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        (np.eye(3)[[0, 2, 1, 1]], "one-hot; pass y.argmax(axis=1)"),
        (np.eye(3, dtype=bool)[[0, 2, 1, 1]], "one-hot; pass y.argmax(axis=1)"),
        ([[0], [2], [1], [1]], "pass y.ravel()"),
        ([[1, 1], [0, 1], [0, 0], [1, 0]], "a network for each column"),
        ([["a", "b"]] * 4, "a network for each column"),
        ([0.1, 2.5, 1.0, 1.0], "0.1 for sample 0; lilogic learns classes, not values"),
        ([0, np.nan, 1, 1], "nan for sample 1; drop samples without a label"),
        ([0, np.inf, 1, 1], "inf for sample 1; drop samples without a label"),
        (["cat", "dog", "cat", "cat"], "such as ['cat']: number the classes with names, y = numpy"),
        (np.array(["cat", None, 1, 1], dtype=object), "object, such as ['cat']: number the"),
        (np.array([0, 1, 1, 1], dtype=object), "object, such as [0]: number the classes"),
        ([1 + 1j] * 4, "complex128, such as"),
        ([-1, 1, 1, -1], "-1 for sample 0, but classes start at 0; number the classes"),
        ([0, 1, 1], "shape (3,), but there are 4 samples"),
        (3, "shape (), but there are 4 samples"),
        (None, "shape (), but there are 4 samples"),
        ([[0], [1, 2], [1], [1]], "not an array"),
        ([0, 1, 1, 1e30], "reach 1e+30"),
        (np.array([0, 1, 1, 2**64 - 1], dtype=np.uint64), "reach 1.84467e+19"),
    ],
)
def test_other_labels_get_advice(given: Any, advice: str) -> None:
    assert advice in refusal(given)


def test_classes_are_no_more_than_there_are() -> None:
    labels.check_below(np.array([2, 0]), 3)
    with pytest.raises(LilogicError, match="mine reach 2, but classes are 0 to 1"):
        labels.check_below(np.array([2, 0]), 2, "mine")
