"""The folder of a sweep: whether it is one, and of what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lilogic.data.datasets import Dataset
from lilogic.errors import FormatError, RecipeError
from lilogic.files import write_json
from lilogic.learn.recipe import Recipe
from lilogic.learn.sweep.space import Space

SPACE = "space.json"


def claim(folder: Path, space: Space, recipe: Recipe, data: Dataset) -> None:
    """Make the folder that of a sweep.

    Raises:
        RecipeError: it holds something else, or a sweep that differs in more than its trials.
        FormatError: what says so is damaged.
    """
    path = folder / SPACE
    asked: dict[str, Any] = {
        "space": {**space.model_dump(mode="json"), "recipe": recipe.model_dump(mode="json")},
        "data": data.train_hash(),
    }
    if path.exists():
        try:
            recorded = json.loads(path.read_text("utf-8"))
            before = {**recorded["space"], "trials": None}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FormatError(f"{path}: cannot be read ({error})") from error
        now = {**asked["space"], "trials": None}
        differing = [key for key in now if now[key] != before.get(key)]
        differing += [] if recorded.get("data") == asked["data"] else ["data"]
        if differing:
            raise RecipeError(
                f"{folder}: contains a sweep with different {', '.join(differing)}; choose "
                "another folder or remove it",
                option="folder",
            )
    elif any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise RecipeError(
            f"{folder}: contains files that do not belong to a sweep; choose an empty folder",
            option="folder",
        )
    write_json(path, asked)
