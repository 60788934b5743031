"""Fixtures of a tiny training."""

import pytest

from lilogic.training import train
from tests import tiny


@pytest.fixture(scope="session")
def recipe(tmp_path_factory):
    return tiny.write_recipe(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def run_folder(recipe):
    return train(str(recipe), recipe.parent / "run", progress=False).folder
