"""scikit-learn's estimator: a network of logic gates, as a classifier among others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from lilogic.api import Model
from lilogic.data import labels
from lilogic.data.datasets import Dataset
from lilogic.extras import needs
from lilogic.files import scratch
from lilogic.graph import GateGraph, lgn
from lilogic.report.evaluation import figures
from lilogic.version import __version__

with needs("train", "scikit-learn"):
    from joblib import effective_n_jobs
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_array, check_consistent_length, check_random_state
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from lilogic.learn.metrics import Epoch
    from lilogic.learn.recipe import Recipe

_SEEDS = 2**31 - 1
_NAME = "logic-classifier"


class LogicClassifier(ClassifierMixin, BaseEstimator):
    """A scikit-learn classifier made of logic gates.

    It makes a recipe for the samples and trains with it. ``model_`` is the result: a ``Model`` that
    compiles to hardware. Nothing is written to disk.

    Args:
        layers: Nodes of each layer, multiples of the number of classes. Default: one layer that
            grows with the number of samples.
        inputs: Inputs of each node, 2 to 6: 2 for a gate, more for a lookup table.
        candidates: Candidates per wire, or ``all``.
        tau: Temperature: scores are divided by it before the softmax, in training and in
            ``predict_proba``. Default: by the number of nodes that a class counts.
        bits: Thresholds per feature, at quantiles. Default: by the number of features.
        epochs: Epochs of training. Default: by the number of samples. Up to 20 more follow while
            freezing the network costs accuracy.
        batch_size: Samples per training step. Default: by the number of samples.
        learning_rate: Learning rate at the start; it falls to a tenth.
        validation_fraction: Fraction of the samples that tells when freezing costs no accuracy.
        class_weight: ``balanced``, a weight for each label, or None for equal weights.
        random_state: An integer makes training reproducible.
        n_jobs: Threads of training; None for 1, -1 for all cores.
        verbose: Whether to show progress on standard error.

    Attributes:
        classes_: Labels [classes], in rising order.
        model_: The frozen network.
        tau_: The temperature used.
        n_features_in_: Number of features of a sample.
        feature_names_in_: Names of the features, if ``X`` is a table with column names.
    """

    model_: Model

    def __init__(
        self,
        *,
        layers: Sequence[int] | None = None,
        inputs: int = 6,
        candidates: int | str = 16,
        tau: float | None = None,
        bits: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float = 0.03,
        validation_fraction: float = 0.1,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.layers = layers
        self.inputs = inputs
        self.candidates = candidates
        self.tau = tau
        self.bits = bits
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.class_weight = class_weight
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples.

        Args:
            X: Real numbers [samples, features].
            y: Labels [samples] of any type.
            sample_weight: Weights [samples] in the loss, at least 0. Default: equal weights.

        Raises:
            ValueError: Samples, labels or parameters are invalid.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        data = Dataset(
            name=_NAME,
            x_train=X,
            y_train=numbers,
            x_test=X[:0],
            y_test=numbers[:0],
            n_classes=len(self.classes_),
            class_names=tuple(map(str, self.classes_)),
            feature_names=tuple(map(str, getattr(self, "feature_names_in_", ()))),
            weights=self._weights(y, sample_weight),
        )
        labels.check_several(data.y_train, data.class_names, data.name)
        recipe = self._recipe(data)
        graph = _trained(recipe, data, effective_n_jobs(self.n_jobs), self.verbose)
        self.model_, self.tau_ = Model(graph, _NAME), recipe.net.tau
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the predicted labels [samples]: the first class with the highest score.

        Args:
            X: Real numbers [samples, features].
        """
        first = self._scores(X).argmax(1)
        labels: npt.NDArray[Any] = self.classes_[first]
        return labels

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the scores, float64 [samples, classes].

        For two classes, return how far the score of the second exceeds that of the first,
        [samples].

        Args:
            X: Real numbers [samples, features].
        """
        scores = self._scores(X).astype(np.float64)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return probabilities, float64 [samples, classes]: the softmax of scores over ``tau_``.

        Args:
            X: Real numbers [samples, features].
        """
        return figures.probabilities(self._scores(X), self.tau_)

    def _scores(self, X: Any) -> npt.NDArray[np.int32]:
        """int32 [samples, classes]."""
        check_is_fitted(self)
        return self.model_.scores(validate_data(self, X, dtype=np.float64, reset=False))

    def _weights(self, y: npt.NDArray[Any], sample_weight: Any) -> npt.NDArray[np.float64] | None:
        """float64 [samples] of both kinds of weights; None where all weigh the same."""
        weights: npt.NDArray[np.float64] = compute_sample_weight(self.class_weight, y)
        if sample_weight is not None:
            given = check_array(
                sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
            )
            check_consistent_length(given, y)
            if given.ndim != 1 or given.min() < 0:
                raise ValueError("sample_weight must be one row of numbers from 0")
            if not given.any():
                raise ValueError("the sample_weight of all samples is zero")
            weights = weights * given
        return None if (weights == weights[0]).all() else weights

    def _recipe(self, data: Dataset) -> Recipe:
        """A recipe that is made for the data, with the parameters put in."""
        from lilogic.learn import defaults
        from lilogic.learn import recipe as recipes

        values = defaults.settings(data, data.name)
        layers = values["net"]["layers"]
        if self.layers is not None:
            layers = [{"arrangement": "dense", "gates": nodes} for nodes in self.layers]
            values["net"]["tau"] = defaults.tau(sum(self.layers) / data.n_classes)
        changes = {
            "encoder.bits": self.bits,
            "net.layers": [layer | {"inputs": self.inputs} for layer in layers],
            "net.candidates": self.candidates,
            "net.tau": self.tau,
            "train.epochs": self.epochs,
            "train.batch": self.batch_size,
            "train.learning_rate": self.learning_rate,
            "train.final_learning_rate": self.learning_rate / 10,
            # Of few samples, at least one validates.
            "train.validation": max(self.validation_fraction, 1 / len(data.x_train)),
            "train.seed": int(check_random_state(self.random_state).randint(_SEEDS)),
        }
        given = {key: value for key, value in changes.items() if value is not None}
        return recipes.parse(recipes.changed(values, given), data.name)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the model as the bytes of its ``.lgn``."""
        state: dict[str, Any] = {**super().__getstate__()}
        if "model_" in state:
            with scratch() as folder:
                state["model_"].save(folder / "model.lgn")
                state["model_"] = (folder / "model.lgn").read_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The other way."""
        if "model_" in state:
            with scratch() as folder:
                (folder / "model.lgn").write_bytes(state["model_"])
                graph = lgn.read(folder / "model.lgn")
            state = state | {"model_": Model(graph, _NAME)}
        super().__setstate__(state)


def _trained(recipe: Recipe, data: Dataset, threads: int, shows: bool) -> GateGraph:
    """The frozen network; what torch was set to stays."""
    with needs("train", "torch"):
        import torch
    from lilogic.graph.comparators import in_gates
    from lilogic.learn import schedule
    from lilogic.learn.callbacks import Callback
    from lilogic.learn.callbacks.progress import TrainingProgress
    from lilogic.learn.learner import Learner
    from lilogic.learn.narrowing import narrowed

    began = time.perf_counter()
    with _computing(threads), TrainingProgress(data.name) if shows else nullcontext() as progress:
        learner = Learner(recipe, data, torch.device("cpu"))
        callback: Callback = progress or Callback()
        callback.start(recipe.train, 0, learner.steps)
        history: list[Epoch] = []
        while not schedule.is_finished(recipe.train, history):
            history.append(learner.run_epoch(len(history), callback.step))
            callback.epoch(history[-1])
    graph = narrowed(learner.net.freeze(learner.encoder), data.x_train)
    described = graph.with_metadata(
        name=data.name,
        version=__version__,
        class_names=list(data.class_names),
        feature_names=list(data.feature_names),
        recipe=recipe.model_dump(mode="json"),
        layers=[layer.model_dump(exclude_none=True) for layer in learner.net.described()],
        accuracy={
            "validation_soft": history[-1].validation_soft,
            "validation_frozen": history[-1].validation_frozen,
        },
        training={
            "epochs": len(history),
            "seconds": round(time.perf_counter() - began, 1),
            "device": "cpu",
            "threads": threads,
        },
    )
    return in_gates(described)


@contextmanager
def _computing(threads: int) -> Iterator[None]:
    """Meanwhile, so many threads compute, and random numbers of torch are drawn apart."""
    import numba
    import torch

    before = numba.get_num_threads(), torch.get_num_threads()
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(threads, most))
    torch.set_num_threads(1)  # layers are numba's; threads of torch's beside it cost time
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        numba.set_num_threads(before[0])
        torch.set_num_threads(before[1])
