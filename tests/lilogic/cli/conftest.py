"""Fixtures of a tiny training."""

import subprocess

import pytest

from tests import tiny
from tests.lilogic.cli.command import LILOGIC


@pytest.fixture(scope="session")
def recipe(tmp_path_factory):
    return tiny.write_recipe(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def run_folder(recipe):
    folder = recipe.parent / "run"
    done = subprocess.run([*LILOGIC, "train", recipe, "-o", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder
