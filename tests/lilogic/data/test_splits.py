"""Splits keep classes on both sides and groups on one, and are the same again."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from pydantic import ValidationError

from lilogic.data import splits
from lilogic.data.settings import DataSettings
from lilogic.errors import DataError, LilogicWarning

SEEDS = st.integers(0, 2**63 - 1)
LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=80).map(np.array)
FRACTIONS = st.floats(0.01, 0.99)


def counts(labels: Any) -> Any:
    return np.bincount(labels, minlength=5)


def test_a_fifth_of_each_class_is_what_it_has_always_been() -> None:
    labels = np.repeat(np.arange(4), [1, 2, 10, 23])
    train, test = splits.stratified(labels, 0.2, seed=0)
    assert np.bincount(labels[test], minlength=4).tolist() == [0, 1, 2, 5]
    assert test.tolist() == [1, 7, 9, 15, 23, 24, 34, 35]
    assert sorted([*train, *test]) == list(range(len(labels)))


@given(LABELS, FRACTIONS, SEEDS)
def test_classes_of_two_are_on_both_sides(labels: Any, fraction: float, seed: int) -> None:
    total = counts(labels)
    if total.max() < 2:
        with pytest.raises(DataError, match="too few for a split"):
            splits.stratified(labels, fraction, seed)
        return
    train, test = splits.stratified(labels, fraction, seed)
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    assert sorted([*train, *test]) == list(range(len(labels)))
    kept, drawn = counts(labels[train]), counts(labels[test])
    assert (kept[total > 0] > 0).all()
    assert (drawn[total > 1] > 0).all()
    assert (abs(drawn - total * fraction) <= 1).all()
    again = splits.stratified(labels, fraction, seed)
    np.testing.assert_array_equal(again[1], test)


@given(LABELS, st.integers(2, 6), SEEDS)
def test_folds_are_even_and_each_trains_all_classes(labels: Any, count: int, seed: int) -> None:
    total = counts(labels)
    if total[total > 1].sum() < count:
        with pytest.raises(DataError, match=f"too few for {count} folds"):
            splits.folds(labels, count, seed)
        return
    fold = splits.folds(labels, count, seed)
    assert ((fold == splits.ALWAYS_TRAINS) == (total[labels] == 1)).all()
    each = np.array([counts(labels[fold == number]) for number in range(count)])
    assert np.ptp(each, axis=0).max() <= 1
    assert np.ptp(each.sum(1)) <= 1
    assert ((total - each)[:, total > 0] > 0).all()
    np.testing.assert_array_equal(splits.folds(labels, count, seed), fold)


@st.composite
def grouped(draw: Any) -> tuple[Any, Any]:
    labels = draw(LABELS)
    groups = draw(st.lists(st.integers(0, 12), min_size=len(labels), max_size=len(labels)))
    return labels, np.array(groups) * 7 - 3


@given(grouped(), FRACTIONS, SEEDS)
def test_groups_stay_whole(data: tuple[Any, Any], fraction: float, seed: int) -> None:
    labels, groups = data
    if all(set(labels[groups == one]) - set(labels[groups != one]) for one in groups):
        with pytest.raises(DataError, match="groups are too few for a split"):
            splits.stratified(labels, fraction, seed, groups)
        return
    train, test = splits.stratified(labels, fraction, seed, groups)
    assert test.size
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert not set(groups[train]) & set(groups[test])
    assert set(labels[train]) == set(labels)


@given(grouped(), st.integers(2, 6), SEEDS)
def test_folds_keep_groups_whole(data: tuple[Any, Any], count: int, seed: int) -> None:
    labels, groups = data
    try:
        fold = splits.folds(labels, count, seed, groups)
    except DataError:
        reject()
    for one in np.unique(groups):
        assert len(set(fold[groups == one])) == 1
    for number in range(count):
        assert (fold == number).any()
        assert set(labels[fold != number]) == set(labels)


def test_many_groups_are_about_as_stratified_as_samples() -> None:
    random = np.random.default_rng(1)
    groups = random.integers(0, 120, 3000)
    labels = (groups % 3 == 0) * 1 + (random.random(3000) < 0.05)
    total = np.bincount(labels)
    test = splits.stratified(labels, 0.25, 0, groups)[1]
    assert abs(np.bincount(labels[test]) / total - 0.25).max() < 0.03
    fold = splits.folds(labels, 5, 0, groups)
    each = np.array([np.bincount(labels[fold == number], minlength=3) for number in range(5)])
    assert abs(each / total - 0.2).max() < 0.03


def settings(**fields: Any) -> DataSettings:
    return DataSettings(**fields)


LABELLED = np.arange(60) % 3


def test_a_column_says_which_samples_do_what_in_any_case_and_form() -> None:
    column = ["Train", "training", " VAL", "valid", "Validation", "dev", "TEST", "testing"]
    labels = np.zeros(8, np.int64)
    found = splits.split(labels, settings(split="part"), column=column)
    assert found.train.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.test.tolist() == [6, 7]
    assert found.held is not None
    assert found.held.tolist() == [False, False, True, True, True, True]
    assert not found.drawn


def test_what_a_column_does_not_say_is_drawn() -> None:
    column = np.where(np.arange(60) < 15, "val", "train")
    found = splits.split(LABELLED, settings(), column=list(column))
    assert found.drawn
    assert len(found.test) == 9
    assert found.test.min() >= 15
    assert found.held is not None
    assert found.train[found.held].tolist() == list(range(15))
    only = splits.split(LABELLED, settings(), column=["train"] * 50 + ["test"] * 10)
    assert only.held is None
    assert only.test.tolist() == list(range(50, 60))


@pytest.mark.parametrize(
    ("column", "groups", "message"),
    [
        (
            ["train"] * 57 + ["holdout", "", "Fold 1"],
            None,
            "column part has 'holdout', '', 'Fold 1', but",
        ),
        (["test"] * 60, None, "my.csv: no samples are left for training"),
        (["val"] * 60, None, "my.csv: no samples are left for training"),
        (["train"] * 59 + ["test"], np.arange(60) // 2, "58 and 59 belong to one group, but"),
        (None, np.zeros(60, np.int64), "my.csv: 1 groups are too few for a split"),
    ],
)
def test_impossible_splits_are_one_line(column: Any, groups: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        splits.split(LABELLED, settings(split="part"), column=column, groups=groups, name="my.csv")


def test_folds_are_of_all_samples_but_those_that_a_column_tests() -> None:
    column = ["train"] * 40 + ["val"] * 5 + ["test"] * 15
    tested = []
    for number in range(1, 6):
        found = splits.split(LABELLED, settings(fold=(number, 5)), column=column)
        assert found.held is None
        assert sorted([*found.train, *found.test]) == list(range(45))
        tested += found.test.tolist()
    assert sorted(tested) == list(range(45))
    with pytest.raises(ValidationError, match="no fold 6 of 5"):
        settings(fold=(6, 5))


def test_classes_on_one_side_are_warned_of() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [2])
    with pytest.warns(LilogicWarning, match=r"^x: class fig has no test samples$"):
        found = splits.split(labels, settings(), name="x", class_names=["oak", "elm", "fig"])
    assert 20 in found.train
    with pytest.warns(LilogicWarning, match="class 2 has no test samples"):
        splits.split(labels, settings(fold=(1, 5)))
    with pytest.raises(DataError, match="no training sample has class 2, so it cannot"):
        splits.split(labels, settings(), column=(["train"] * 8 + ["test"] * 2) * 2 + ["test"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits.split(labels[:20], settings())
