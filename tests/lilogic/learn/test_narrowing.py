"""Networks that were trained on real values end with narrow words, and decide as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.datasets import Dataset
from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph, lgn
from lilogic.infer import golden
from lilogic.learn import trainer
from lilogic.learn.recipe import parse
from lilogic.learn.splitting import split


def data() -> Dataset:
    """Points on two sides of a line, by two of four features; the third is the same for all."""
    random = np.random.default_rng(0)
    x = random.normal(size=(240, 4)) * [1, 100, 0, 1e-3]
    y = (x[:, 0] + x[:, 1] / 100 > 0).astype(np.int64)
    return Dataset("line", x[:180], y[:180], x[180:], y[180:], 2, ("below", "above"))


def trained(folder: Path, **settings: Any) -> GateGraph:
    fitted = {"bits": 15, "spacing": "quantile", "per_feature": True}
    values = {
        "name": "line",
        "dataset": "line",
        "encoder": fitted | settings.pop("encoder", {}),
        "net": {"layers": [8], "candidates": 4},
        "train": {"epochs": 2, "batch": 16, "max_extra_epochs": 0},
    }
    return trainer.train(parse(values | settings, "line"), data(), folder, threads=1)


def encoder(graph: GateGraph) -> Encoder:
    assert graph.encoder is not None
    return graph.encoder


def scores(graph: GateGraph, samples: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    return golden.scores(graph, encoder(graph).encode(samples))


def test_words_are_as_narrow_as_the_network_needs(tmp_path: Path) -> None:
    graph = trained(tmp_path / "run")
    used = encoder(graph).feature[np.flatnonzero(graph.alive[: graph.n_inputs])]
    widths = encoder(graph).widths
    assert {*np.flatnonzero(widths)} == {*used.tolist()}
    assert widths[2] == 0


def test_a_given_width_is_kept(tmp_path: Path) -> None:
    graph = trained(tmp_path / "run", encoder={"width": 5})
    assert encoder(graph).widths.tolist() == [5, 5, 0, 5]


def test_members_count_together_as_they_were_trained(tmp_path: Path) -> None:
    graph = trained(tmp_path / "run", ensemble={"members": 2})
    samples = data().x_train[split(data(), 0.1)[0]]
    each = [lgn.read(tmp_path / "run" / f"member-{number}" / "model.lgn") for number in (1, 2)]
    # The members' own narrow words differ, so none of them serves all.
    assert encoder(each[0]).preprocessing != encoder(each[1]).preprocessing
    together = sum(scores(one, samples) for one in each)
    np.testing.assert_array_equal(scores(graph, samples), together)
