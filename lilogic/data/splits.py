"""Splits: which samples train, which validate and which test.

Draws depend on labels, groups and a seed alone, so the same file gives the same split again, with
whatever version of whatever else is installed.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.labels import Labels
from lilogic.data.settings import DataSettings
from lilogic.errors import DataError, LilogicWarning

Indices = npt.NDArray[np.int64]

ALWAYS_TRAINS = -1
"""The fold of samples that no fold tests."""

_TRAIN, _VALIDATION, _TEST, _LEFT_OUT = range(4)

_NAMES = {
    "train": _TRAIN,
    "training": _TRAIN,
    "validation": _VALIDATION,
    "valid": _VALIDATION,
    "val": _VALIDATION,
    "dev": _VALIDATION,
    "test": _TEST,
    "testing": _TEST,
}
"""What a column of splits may say, in any case."""


@dataclass(frozen=True, eq=False)
class Split:
    """Where each sample of a data set goes.

    Attributes:
        train: int64, rising: the samples for training, those that validate among them.
        test: int64, rising: the samples for testing.
        held: bool [train]: which of the training samples validate; None where nothing says so.
        drawn: whether the test samples were drawn, and not named by a column.
    """

    train: Indices
    test: Indices
    held: npt.NDArray[np.bool_] | None
    drawn: bool


def samples_hash(*arrays: npt.NDArray[Any]) -> str:
    """SHA-256 of arrays' bytes in C order, one after the other."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def split(
    labels: Labels,
    settings: DataSettings,
    *,
    groups: Indices | None = None,
    column: Sequence[object] | None = None,
    name: str = "samples",
    class_names: Sequence[str] | None = None,
) -> Split:
    """The split of samples that ``settings`` ask for.

    With ``settings.fold``, that fold of them tests, and none is held: what a column calls
    validation trains, and what it calls test is left out. Else, where a column says which samples
    test, it is those; where not, ``settings.test`` of them are drawn.

    Args:
        labels: int64 [n], the classes.
        settings: says what fraction or fold tests, and seeds the draw.
        groups: int64 [n]; no group is on two sides.
        column: [n] of "train", "validation", "test" and their short forms.
        name: what errors and warnings call the data.
        class_names: what they call the classes; default: their numbers.

    Raises:
        DataError: the column has other values, tears groups apart, or leaves a class nothing to
            train; or a side has no samples.
    """
    parts = np.full(len(labels), _TRAIN)
    if column is not None:
        parts = _parts(column, f"{name}: column {settings.split or 'of splits'}")
        _check_together(parts, groups, name)
    is_drawn = settings.fold is not None or not (parts == _TEST).any()
    if settings.fold is not None:
        parts = np.where(parts == _TEST, _LEFT_OUT, _TRAIN)
    pool = np.flatnonzero(parts == _TRAIN)
    if not pool.size:
        raise DataError(f"{name}: no samples are left for training", option="split")
    tested = labels[parts == _TEST]
    if is_drawn:
        try:
            drawn, tested = _draw(labels[pool], None if groups is None else groups[pool], settings)
        except DataError as error:
            raise error.at(name) from error
        parts[pool[drawn]] = _TEST
    names = class_names or [*map(str, range(int(labels.max()) + 1))]
    trained = labels[parts == _TRAIN]
    if unseen := np.setdiff1d(labels[parts != _LEFT_OUT], trained).tolist():
        raise DataError(
            f"{name}: no training sample has class {names[unseen[0]]}, so it cannot be learned",
            option="split",
        )
    if untested := np.setdiff1d(trained, tested).tolist():
        some = ", ".join(names[one] for one in untested[:3]) + ", …" * (len(untested) > 3)
        which = f"class {some} has" if len(untested) == 1 else f"classes {some} have"
        warnings.warn(LilogicWarning(f"{name}: {which} no test samples"), stacklevel=2)
    train = np.flatnonzero((parts == _TRAIN) | (parts == _VALIDATION))
    is_held = parts[train] == _VALIDATION
    held = is_held if is_held.any() else None
    return Split(train, np.flatnonzero(parts == _TEST), held, is_drawn)


def _draw(labels: Labels, groups: Indices | None, settings: DataSettings) -> tuple[Indices, Labels]:
    """Which samples test, and labels of all that this or another fold tests."""
    if settings.fold is None:
        drawn = stratified(labels, settings.test, settings.seed, groups)[1]
        return drawn, labels[drawn]
    number, count = settings.fold
    fold = folds(labels, count, settings.seed, groups)
    return np.flatnonzero(fold == number - 1), labels[fold != ALWAYS_TRAINS]


def stratified(
    labels: Labels, fraction: float, seed: int, groups: Indices | None = None
) -> tuple[Indices, Indices]:
    """Rising indices of the samples that stay, and of the ``fraction`` that is drawn.

    A class of two samples or more has at least one on each side, and a class of one stays. With
    ``groups``, int64 [n], no group is on both sides, and the classes' shares are as near to
    ``fraction`` as whole groups come; a group that alone has a class stays.

    Raises:
        DataError: nothing can be drawn.
    """
    random = np.random.default_rng(seed)
    is_drawn = np.zeros(len(labels), dtype=bool)
    if groups is None:
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            count = min(max(1, round(len(members) * fraction)), len(members) - 1)
            is_drawn[random.permutation(members)[:count]] = True
    else:
        is_drawn = _place(labels, groups, [fraction], random) == 0
    if not is_drawn.any():
        raise DataError(_undrawable(labels, groups, 1))
    return np.flatnonzero(~is_drawn), np.flatnonzero(is_drawn)


def folds(labels: Labels, count: int, seed: int, groups: Indices | None = None) -> Indices:
    """int64 [n]: in which of ``count`` folds, counted from 0, each sample tests.

    Folds, and their shares of each class, differ by one sample at most. With ``groups``, int64 [n],
    no group is in two folds, and the classes' shares are as even as whole groups come. A class of
    one sample is ``ALWAYS_TRAINS``, as is a group that alone has a class, so that every fold's
    training samples have all classes.

    Raises:
        DataError: a fold has no samples.
    """
    random = np.random.default_rng(seed)
    fold = np.full(len(labels), ALWAYS_TRAINS)
    if groups is None:
        dealt = 0
        for label in np.unique(labels):
            members = random.permutation(np.flatnonzero(labels == label))
            if len(members) > 1:
                fold[members] = (dealt + np.arange(len(members))) % count
                dealt += len(members)
    else:
        fold = _place(labels, groups, [1 / count] * count, random)
    if len(np.unique(fold[fold != ALWAYS_TRAINS])) < count:
        raise DataError(_undrawable(labels, groups, count), option="folds")
    return fold


def _place(
    labels: Labels, groups: Indices, shares: Sequence[float], random: np.random.Generator
) -> Indices:
    """int64 [n]: the part that each sample's group is placed in, or ``ALWAYS_TRAINS``.

    Large groups come first, each to the part which then is nearest to its share of all classes. No
    part gets all groups of a class.
    """
    names, group = np.unique(groups, return_inverse=True)
    classes, label = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (group, label), 1)
    total = counts.sum(0)
    # The last row is what always trains.
    target = np.outer([*shares, 1 - sum(shares)], total)
    held = np.zeros_like(target)
    last, place = len(shares), np.zeros(len(names), np.int64)
    order = random.permutation(len(names))
    for one in order[np.argsort(-counts[order].sum(1), kind="stable")]:
        has = counts[one] > 0
        takes_all = (held + counts[one] >= total)[:, has].any(1)
        takes_all[last] = False
        costs = (counts[one] * (2 * (held - target) + counts[one]) / total**2).sum(1)
        if np.allclose(target[last], 0):
            costs[last] = np.inf
        costs[takes_all] = np.inf
        # Of equals, the part with the fewest samples.
        place[one] = np.lexsort((held.sum(1), costs))[0] if np.isfinite(costs).any() else last
        held[place[one]] += counts[one]
    if not held[:last].any():
        _move_one(counts, place, last)
    return np.where(place == last, ALWAYS_TRAINS, place)[group]


def _move_one(counts: npt.NDArray[np.float64], place: Indices, last: int) -> None:
    """Put the smallest group that alone has no class to the first part, where there is one."""
    spare = ((counts < counts.sum(0)) | (counts == 0)).all(1)
    if spare.any():
        place[np.where(spare, counts.sum(1), np.inf).argmin()] = 0


def _undrawable(labels: Labels, groups: Indices | None, count: int) -> str:
    what = "a split" if count == 1 else f"{count} folds"
    if groups is None:
        return f"{len(labels)} samples are too few for {what} with some of each class on each side"
    return (
        f"{len(np.unique(groups))} groups are too few for {what}, where a group that "
        "alone has a class always trains"
    )


def _parts(column: Sequence[object], place: str) -> Indices:
    """Which side each value of a column means."""
    said = [str(value).strip().lower() for value in column]
    unknown = {
        str(raw): None for raw, value in zip(column, said, strict=True) if value not in _NAMES
    }
    if unknown:
        some = ", ".join(map(repr, [*unknown][:3])) + (", …" if len(unknown) > 3 else "")
        raise DataError(
            f"{place} has {some}, but must be train, validation or test", option="split"
        )
    return np.array([_NAMES[value] for value in said], np.int64)


def _check_together(parts: Indices, groups: Indices | None, name: str) -> None:
    """Whether a column leaves groups whole."""
    if groups is None:
        return
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    torn = np.flatnonzero(parts != parts[first][group])
    if torn.size:
        one, other = first[group[torn[0]]], torn[0]
        raise DataError(
            f"{name}: samples {one} and {other} belong to one group, but to different sides of "
            "the split; name only a split column or only a group column",
            option="group",
        )
