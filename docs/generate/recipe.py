"""The keys of a recipe, from its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pydantic import BaseModel

from lilogic.learn import keys
from lilogic.learn.recipe import ConvRecipe, DenseRecipe, PoolRecipe, Recipe

from .tables import table

LAYERS: dict[str, type[BaseModel]] = {"dense": DenseRecipe, "conv": ConvRecipe, "pool": PoolRecipe}
"""The tables that may stand in ``net.layers``, by their ``arrangement``."""

LAYER = "list of integer > 0 or " + " or ".join(f"[{name}](#layer-{name})" for name in LAYERS)


def markdown() -> str:
    """A section for each table of a recipe, and one for each kind of layer."""
    return "\n\n".join(_blocks())


def _blocks() -> Iterator[str]:
    for section, found in groupby(keys.of(Recipe), lambda key: key.name.rpartition(".")[0]):
        if section:
            yield f"## [{section}]"
            model = Recipe.model_fields[section].annotation
            assert isinstance(model, type)
            assert issubclass(model, BaseModel)
            yield model.model_json_schema()["description"]
        else:
            yield "## Top level"
        yield _table(found)
    for name, layer in LAYERS.items():
        yield f"## Layer: {name}"
        yield layer.model_json_schema()["description"]
        yield _table(keys.of(layer))


def _table(found: Iterable[keys.Key]) -> str:
    rows = (
        (
            f"`{key.name.rpartition('.')[2]}`",
            LAYER if key.name == "net.layers" else key.values,
            "required" if key.default is None else f"`{key.default}`",
            key.meaning,
        )
        for key in found
    )
    return table(("key", "values", "default", "meaning"), rows)
