"""A run folder's names and files; what a training does with them is in the other tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from lilogic.errors import DataError, FormatError, RecipeError
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder
from tests.lilogic.learn.runs import content, dataset, frozen, recipe

EPOCHS = [Epoch(number, 1.0, 0.5, 0.5, 0.25, 2.0, 1.0, 0.01, 1.5) for number in range(3)]


def test_a_folder_is_claimed_by_one_recipe(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.claim(recipe(seed=1))
    run.claim(recipe(seed=1))
    with pytest.raises(RecipeError, match=r"with train.seed = 1; choose another folder or"):
        run.claim(recipe(seed=2))
    assert [path.name for path in run.path.iterdir()] == ["recipe.json"]


def test_hidden_files_do_not_keep_a_folder_from_being_claimed(tmp_path: Path) -> None:
    (tmp_path / ".notes").touch()
    RunFolder(tmp_path).claim(recipe())
    assert RunFolder(tmp_path).recipe.exists()


def test_history_is_what_was_written_as_far_as_the_checkpoint_goes(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.history(0) == []
    run.write_history(EPOCHS)
    assert run.history(3) == EPOCHS
    assert run.history(2) == EPOCHS[:2]
    with pytest.raises(FormatError, match="has 3 epochs, but the checkpoint has 4"):
        run.history(4)


def test_a_run_is_finished_once_its_graph_is_written(tmp_path: Path, whole: Path) -> None:
    run = RunFolder(tmp_path)
    run.claim(recipe())
    assert not run.has_finished(recipe())
    run.write_graph(frozen(whole))
    assert run.has_finished(recipe())
    assert not run.has_finished(recipe(seed=1))
    assert content(run.graph(dataset())) == content(frozen(whole))
    with pytest.raises(DataError, match="different data than sides has now"):
        run.graph(dataset(y_test=1 - dataset().y_test))


def test_members_have_folders_inside(tmp_path: Path) -> None:
    assert RunFolder(tmp_path).member(2).metrics == tmp_path / "member-2" / "metrics.jsonl"
