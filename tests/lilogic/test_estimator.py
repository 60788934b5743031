"""scikit-learn's estimator keeps scikit-learn's rules, and its model is what predicts."""

from __future__ import annotations

import copy
import pickle
import tempfile
from pathlib import Path

import numba
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import lilogic
from lilogic import LogicClassifier
from lilogic.errors import LilogicError

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]

FAILING = {
    "check_sample_weight_equivalence_on_dense_data": (
        "steps are batches drawn at random: a sample of weight 2 is not drawn as two are"
    ),
}


def quick(**settings: object) -> LogicClassifier:
    return LogicClassifier(**{"layers": [30], "bits": 5, "epochs": 4, "random_state": 0} | settings)


@pytest.fixture(scope="module")
def fitted() -> LogicClassifier:
    return quick(epochs=20).fit(X, NAMES)


@pytest.mark.slow
@parametrize_with_checks(
    [LogicClassifier(epochs=10, bits=7, random_state=0)],
    expected_failed_checks=lambda _: FAILING,
)
def test_scikit_learns_rules(estimator, check) -> None:
    check(estimator)


def test_the_model_is_what_predicts(fitted: LogicClassifier) -> None:
    scores = fitted.model_.scores(X)
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert fitted.model_.class_names == fitted.classes_.tolist()
    assert (fitted.predict(X) == fitted.classes_[scores.argmax(1)]).all()
    assert (fitted.decision_function(X) == scores).all()
    odds = fitted.predict_proba(X)
    np.testing.assert_allclose(odds.sum(1), 1)
    np.testing.assert_allclose(
        np.log(odds[:, 1] / odds[:, 0]), (scores[:, 1] - scores[:, 0]) / fitted.tau_
    )
    assert fitted.score(X, NAMES) > 0.85
    assert fitted.model_.graph.encoder.input_dtype == "float64"


def test_what_is_left_out_is_made_for_the_samples() -> None:
    estimator = LogicClassifier(epochs=2, random_state=0).fit(X, Y)
    (layer,) = estimator.model_.metadata.recipe["net"]["layers"]
    assert (layer["gates"], layer["inputs"]) == (30, 6)
    assert estimator.tau_ == 1.6
    assert LogicClassifier(layers=[30, 45], epochs=2).fit(X, Y).tau_ == 2.5
    assert LogicClassifier(layers=[3], tau=7.0, inputs=2, epochs=2).fit(X, Y).tau_ == 7.0


def test_of_two_classes_the_decision_says_how_far_the_second_leads() -> None:
    estimator = quick(layers=[20, 20]).fit(X[:100], Y[:100] == 1)
    scores = estimator.model_.scores(X[:100])
    decision = estimator.decision_function(X[:100])
    assert (decision == scores[:, 1] - scores[:, 0]).all()
    assert ((decision > 0) == estimator.predict(X[:100])).all()


def test_names_of_features_and_nodes_of_more_inputs_reach_the_model() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    estimator = quick(inputs=4).fit(table, NAMES)
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert estimator.model_.metadata.feature_names == ["a", "b", "c", "d"]
    assert estimator.model_.graph.n_gates > 30
    assert len(estimator.model_.graph.roots) == 30
    assert (estimator.predict(table) == quick(inputs=4).fit(X, NAMES).predict(X)).all()


def test_nothing_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = numba.get_num_threads(), torch.get_num_threads()
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    estimator = pickle.loads(pickle.dumps(quick().fit(X, Y)))
    assert (estimator.predict(X) == copy.deepcopy(estimator).predict(X)).all()
    assert not [*tmp_path.iterdir()]
    assert (numba.get_num_threads(), torch.get_num_threads()) == threads
    assert torch.equal(torch.rand(3), expected)
    assert capfd.readouterr() == ("", "")


def test_what_is_pickled_is_a_lgn(fitted: LogicClassifier) -> None:
    state = fitted.__getstate__()
    assert isinstance(state["model_"], bytes)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
    assert again.model_.graph.metadata == fitted.model_.graph.metadata
    assert not hasattr(pickle.loads(pickle.dumps(clone(fitted))), "model_")


def test_it_stands_in_pipelines_and_is_validated() -> None:
    pipeline = make_pipeline(StandardScaler(), quick())
    assert len(cross_val_score(pipeline, X, NAMES, cv=2, error_score="raise")) == 2


@pytest.mark.slow
def test_a_grid_search_of_several_processes_finds_what_one_finds() -> None:
    found = []
    for jobs in (1, 2):
        search = GridSearchCV(quick(), {"bits": [1, 5]}, cv=2, n_jobs=jobs, error_score="raise")
        found.append(search.fit(X, NAMES).cv_results_["mean_test_score"].tolist())
        assert search.best_estimator_.model_.graph.n_classes == 3
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": [31]}, "has 31 gates, which is not a multiple of the 3 classes"),
        ({"inputs": 7}, "inputs"),
        ({"epochs": 0}, "epochs"),
        ({"candidates": "some"}, "candidates"),
    ],
)
def test_impossible_parameters_are_one_line(settings: dict[str, object], message: str) -> None:
    with pytest.raises((LilogicError, ValueError), match=message) as caught:
        quick(**settings).fit(X, NAMES)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("weights", [[1.0], -np.ones(150), np.zeros(150), np.full(150, np.nan)])
def test_impossible_weights_are_refused(weights: object) -> None:
    with pytest.raises(ValueError, match=r"sample_weight|inconsistent"):
        quick().fit(X, NAMES, sample_weight=weights)


def test_classes_weigh_as_scikit_learn_says() -> None:
    y = np.array([0, 0, 0, 1])
    assert quick()._weights(y, np.ones(4)) is None
    weights = quick(class_weight="balanced")._weights(y, [1, 1, 2, 1])
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 4 / 3, 2])
    assert quick(class_weight={0: 1, 1: 5})._weights(y, None).tolist() == [1, 1, 1, 5]


def test_before_it_is_fitted_it_says_so() -> None:
    with pytest.raises(NotFittedError):
        LogicClassifier().predict(X)
    assert lilogic.LogicClassifier is LogicClassifier
