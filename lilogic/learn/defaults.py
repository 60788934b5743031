"""RECIPE on the command line: a recipe, or a data set for which sensible settings are made up.

The made-up settings are a start: modest networks that train in minutes. They depend on nothing
but the data set, so the same command makes the same recipe again and goes on with the same run.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from lilogic.data import datasets
from lilogic.data.datasets import Dataset
from lilogic.data.settings import DataSettings
from lilogic.data.tables import objects
from lilogic.errors import RecipeError
from lilogic.learn import recipe as recipes
from lilogic.learn.recipe import Recipe

_LARGEST_SIDE = 32
_SHIFTABLE_SIDE = 16
_INPUT_BITS = 1024
_STEPS = 2000
_TABLE_STEPS = 10_000


def load(source: Any, changes: recipes.Changes = None) -> tuple[Recipe, Dataset]:
    """A recipe and its data set, or a data set and a recipe made for it.

    Args:
        source: a recipe's name, a ``.toml`` file, or a data set as in ``datasets.load``, of which
            a recipe's name wins; a recipe or a data set itself; or data as ``objects.dataset``
            takes them.
        changes: settings that replace the recipe's, as in ``recipe.load``.

    Raises:
        RecipeError: an impossible recipe, or neither a recipe nor a data set.
        DataError: missing or damaged data.
    """
    if isinstance(source, Recipe):
        values = recipes.changed(source.model_dump(), changes)
        recipe = recipes.parse(values, source.name)
        return recipe, datasets.load(recipe.dataset, recipe.data)
    if isinstance(source, Dataset):
        values = recipes.changed(settings(source, source.name), changes)
        recipe = recipes.parse(values, source.name)
        return recipe, datasets.folded(source, recipe.data)
    if not isinstance(source, str | Path):
        return load(objects.dataset(source, _data_settings("data", changes)), changes)
    name = str(source)
    if name in recipes.names() or Path(name).suffix.lower() == ".toml":
        recipe = recipes.load(name, changes)
        return recipe, datasets.load(recipe.dataset, recipe.data)
    if not datasets.exists(name):
        known = ", ".join(recipes.names())
        raise RecipeError(f"no recipe {name!r}; there are {known}, or name a .toml or a data set")
    data = datasets.load(name, _data_settings(name, changes))
    recipe = recipes.parse(recipes.changed(settings(data, name), changes), name)
    return recipe, data if recipe.dataset == name else datasets.load(recipe.dataset, recipe.data)


def _data_settings(name: str, changes: recipes.Changes) -> DataSettings:
    """The section ``data`` of a recipe that consists of changes; ``name`` is named in errors."""
    values = {"name": "data", "dataset": name, "net": {"layers": [1]}}
    return recipes.parse(recipes.changed(values, changes), name).data


def settings(data: Dataset, source: str) -> dict[str, Any]:
    """Nested tables of a recipe for a data set that ``datasets.load`` knows as ``source``."""
    shape, samples = data.x_train.shape[1:], len(data.x_train)
    is_table = len(shape) == 1 and data.x_train.dtype.kind == "f"
    return {
        "name": re.sub(r"[^\w.-]+", "-", data.name).strip("-.") or "data",
        "description": f"made for {samples:,} samples of {'×'.join(map(str, shape))} "
        f"{data.x_train.dtype} in {data.n_classes} classes",
        "dataset": source,
        "encoder": _encoder(data),
        "net": (_table_net if is_table else _net)(samples, data.n_classes),
        "augment": {"shift": 1 if len(shape) > 1 and min(shape[:2]) >= _SHIFTABLE_SIDE else 0},
        "train": (_table_train if is_table else _train)(samples),
    }


def _encoder(data: Dataset) -> dict[str, Any]:
    """Large images are made smaller; about as many bits a feature as its values can use.

    What is no image may have features of all scales, so each gets its own thresholds, at the
    quantiles of its values.
    """
    shape = data.x_train.shape[1:]
    is_real = data.x_train.dtype.kind == "f"
    is_image = len(shape) > 1 and not is_real
    resize = _size(shape[0], shape[1]) if is_image else None
    features = math.prod(shape) if resize is None else math.prod((*resize, *shape[2:]))
    bits = max(3, min(_INPUT_BITS // features, 63 if is_real else 31))
    if not is_real:
        levels = int(data.x_train.max()) - int(data.x_train.min())
        bits = max(1, min(levels, bits))
    spread = {} if is_image else {"spacing": "quantile", "per_feature": True}
    return {"bits": bits, "resize": resize, **spread}


def _size(height: int, width: int) -> tuple[int, int] | None:
    """Height and width with the larger one brought down to the limit, or None where it is below."""
    longest = max(height, width)
    if longest <= _LARGEST_SIDE:
        return None
    shorter = [max(1, round(side * _LARGEST_SIDE / longest)) for side in (height, width)]
    return shorter[0], shorter[1]


def _net(samples: int, classes: int) -> dict[str, Any]:
    """Two layers that grow with the root of the samples: 4,900 gates for 60,000 of ten classes.

    A class's score is a sum over its share of gates, whose spread grows with the root of the
    share; tau keeps it in a range in which softmax can learn.
    """
    share = max(20, round(20 * math.sqrt(samples) / classes))
    return {"layers": [share * classes] * 2, "tau": max(1.0, round(0.25 * math.sqrt(2 * share), 1))}


def _table_net(samples: int, classes: int) -> dict[str, Any]:
    """One layer of lookup tables: few features tell more in functions of several at once."""
    share = max(10, min(40, round(math.sqrt(samples) / 10)))
    layer = {"arrangement": "dense", "gates": share * classes, "inputs": 6}
    return {"layers": [layer], "tau": tau(share)}


def tau(share: float) -> float:
    """The temperature of lookup tables for tables of real values, so many of which a class counts.

    Sums spread with the root of that.
    """
    return max(0.5, round(0.5 * math.sqrt(share), 1))


def _train(samples: int) -> dict[str, Any]:
    """Batches of about a twentieth of the samples, and epochs for some 2,000 steps, within bounds.

    Few samples need a larger validation split to tell anything.
    """
    batch = 2 ** max(4, min(8, int(math.log2(max(1, samples / 20)))))
    return {
        "batch": batch,
        "epochs": max(30, min(100, _STEPS * batch // samples)),
        "validation": 0.1 if samples >= 5000 else 0.2,
    }


def _table_train(samples: int) -> dict[str, Any]:
    """As ``_train``, but with more steps, as each is short; comparisons are paid for, too."""
    batch = 2 ** max(4, min(6, int(math.log2(max(1, samples / 20)))))
    return {
        "batch": batch,
        "epochs": max(20, min(100, _TABLE_STEPS * batch // samples)),
        "validation": 0.1,
        "cost": 0.003,
    }
