"""Cross-validation trains a network for each fold, goes on after a kill, and tells their mean."""

import json
import statistics

import numpy as np
import pytest

import lilogic
from lilogic.errors import DataError, RecipeError
from tests.lilogic.cli.command import assert_one_line
from tests.lilogic.learn import runs
from tests.lilogic.learn.test_splitting import own_file, recipe, rows

pytestmark = pytest.mark.xdist_group("command line")

CHANGES = {"train.epochs": 2}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    path = own_file(folder / "rows.npz", rows())
    source = recipe(dataset=str(path))
    return lilogic.cross_validate(
        source, folder / "run", folds=3, changes=CHANGES, threads=1, progress=False
    )


def test_each_sample_tests_the_network_that_it_did_not_train(found):
    tested = []
    for number, run in enumerate(found.runs, 1):
        assert run.folder == found.folder / f"fold-{number}"
        data = run.model.dataset()
        assert run.summary.accuracy["test_frozen"] == run.model.evaluate(data.x_test, data.y_test)
        assert len(data.x_test) + len(data.x_train) == 180
        tested += data.x_test.tolist()
    assert sorted(tested) == sorted(rows().x_train.tolist())


def test_the_summary_is_of_all_folds(found):
    summary = found.summary
    assert summary.to_json() == json.loads((found.folder / "folds.json").read_text())
    for split in ("test_frozen", "test_soft"):
        each = [run.summary.accuracy[split] for run in found.runs]
        assert [fold.accuracy[split] for fold in summary.folds] == each
        assert summary.accuracy[split].mean == pytest.approx(statistics.fmean(each))
        assert summary.accuracy[split].deviation == pytest.approx(statistics.stdev(each))
    assert [fold.samples for fold in summary.folds] == [60, 60, 60]
    assert [fold.gates for fold in summary.folds] == [
        run.summary.gates.simplified for run in found.runs
    ]


def test_what_is_trained_is_kept_and_the_rest_goes_on(found, lilogic):
    folder = found.folder
    kept = (folder / "fold-1" / "model.lgn").read_bytes()
    before = runs.content(runs.frozen(folder / "fold-3"))
    (folder / "fold-3" / "model.lgn").unlink()
    (folder / "folds.json").unlink()
    toml = folder.parent / "rows.toml"
    source = found.runs[0].model.metadata.dataset
    toml.write_text(
        f'name = "rows"\ndataset = "{source}"\n[encoder]\nbits = 5\nper_feature = true\n'
        "[net]\nlayers = [36]\ncandidates = 4\ntau = 2.0\n"
        "[train]\nbatch = 16\nvalidation = 0.2\nmax_extra_epochs = 0\nnarrow = []\nepochs = 2\n"
    )
    asked = ("train", toml, "--folds", "3", "-o", folder, "--threads", "1")
    status, out, err = lilogic(*asked, "--json")
    assert status == 0
    assert json.loads(out) == json.loads((folder / "folds.json").read_text())
    assert json.loads(out)["accuracy"] == found.summary.to_json()["accuracy"]
    assert "fold 2 of 3: test accuracy" in err
    assert "train without --folds to get the network to use" in err
    assert (folder / "fold-1" / "model.lgn").read_bytes() == kept
    assert runs.content(runs.frozen(folder / "fold-3")) == before
    status, out, _ = lilogic(*asked)
    assert status == 0
    assert "fold 3" in out
    assert " ± " in out
    status, _, err = lilogic("train", toml, "--folds", "4", "-o", folder)
    assert_one_line(status, err, "contains a run of a different recipe, with data.fold = [1, 3]")
    status, _, err = lilogic("train", toml, "-o", folder)
    assert_one_line(status, err, "contains files that do not belong to a run")


def test_a_folder_of_something_else_and_too_many_folds_are_one_line(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RecipeError, match=r"contains notes\.txt, which does not belong to folds"):
        lilogic.cross_validate(rows(), tmp_path, progress=False)
    few = rows(x_train=rows().x_train[:9], y_train=np.arange(9) % 3)
    with pytest.raises(DataError, match="rows: 9 samples are too few for 10 folds"):
        lilogic.cross_validate(few, tmp_path / "few", folds=10, progress=False)
    assert not (tmp_path / "few").exists()
