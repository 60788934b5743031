"""A run learns, is reproducible, and reads no sample that it must not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import torch

from lilogic import learn
from lilogic.data.datasets import Dataset
from lilogic.errors import DataError, LilogicError
from lilogic.graph import passes
from lilogic.infer import golden
from lilogic.learn import learner, splitting, trainer
from lilogic.learn.net.nodes import GateLayer
from lilogic.learn.net.wires import TopKConnect
from lilogic.learn.recipe import parse
from tests.lilogic.learn.runs import (
    FINISHED,
    STEPS,
    Recorder,
    assert_same_run,
    content,
    dataset,
    files,
    frozen,
    metrics,
    recipe,
    train,
)


def test_a_run_learns_and_records_what_it_did(whole: Path) -> None:
    graph = frozen(whole)
    assert files(whole) == FINISHED
    accuracy, data = graph.metadata["accuracy"], dataset()
    assert accuracy["test_frozen"] == golden.accuracy(graph, data.x_test, data.y_test) > 0.75
    lines = metrics(whole)
    assert [line["epoch"] for line in lines] == list(range(len(lines)))
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert accuracy["validation_frozen"] == lines[-1]["validation_frozen"]
    assert lines[-1]["gates"] == passes.simplify(graph).n_gates < graph.n_gates
    held = splitting.split(data, 0.15)[1]
    assert accuracy["validation_frozen"] == golden.accuracy(
        graph, data.x_train[held], data.y_train[held]
    )
    assert graph.metadata["name"] == "sides"
    assert graph.metadata["dataset_hashes"] == data.hashes()
    assert graph.metadata["class_names"] == ["left", "right"]
    assert parse(graph.metadata["recipe"], "model") == recipe()
    assert graph.metadata["training"]["epochs"] == len(lines)
    assert graph.metadata["training"]["threads"] == 1


@pytest.mark.parametrize("kernel", ["cpu", "reference"])
def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    tmp_path: Path, kernel: str
) -> None:
    settings = {"epochs": 2, "max_extra_epochs": 0, "kernel": kernel}
    for name, seed in (("first", 5), ("same", 5), ("other", 6)):
        train(tmp_path / name, seed=seed, **settings)
    assert_same_run(tmp_path / "same", tmp_path / "first")
    other, first = (content(frozen(tmp_path / name)) for name in ("other", "first"))
    assert other["a"] != first["a"]
    assert other["op"] != first["op"]


def test_one_class_is_no_training(tmp_path: Path) -> None:
    data = dataset()
    only = dataset(y_train=0 * data.y_train)
    with pytest.raises(DataError, match="all training samples belong to one class, left; a class"):
        trainer.train(recipe(), only, tmp_path, threads=1)
    assert not any(tmp_path.iterdir())


def test_a_data_set_says_what_is_wrong_with_its_labels() -> None:
    for labels, words in (
        (np.eye(2)[dataset().y_test], "sides: labels y_test .*pass y.argmax"),
        (dataset().y_test + 1, "sides: labels y_test reach 2, but classes are 0 to 1"),
        (dataset().y_test[1:], "sides: labels y_test have shape .*, but there are 60 samples"),
    ):
        with pytest.raises(DataError, match=words):
            dataset(y_test=labels)
    assert dataset(y_test=[float(label) for label in dataset().y_test]).hashes() == (
        dataset().hashes()
    )


def test_more_threads_than_there_can_be_are_refused(tmp_path: Path) -> None:
    most = numba.config.NUMBA_NUM_THREADS
    for threads in (most + 1, 0, -1):
        with pytest.raises(LilogicError, match=f"threads is {threads}, but") as caught:
            trainer.train(recipe(), dataset(), tmp_path, threads=threads)
        assert caught.value.option == "threads"
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("chosen", [None, "active"])
def test_threads_wait_asleep_unless_told_otherwise(chosen: str | None) -> None:
    """Or else torch's and numba's threads take the cores from each other."""
    environment = {name: it for name, it in os.environ.items() if name != "OMP_WAIT_POLICY"}
    if chosen is not None:
        environment["OMP_WAIT_POLICY"] = chosen
    program = "import lilogic.learn, os, sys; print(os.environ['OMP_WAIT_POLICY'], *sys.modules)"
    command = [sys.executable, "-c", program]
    root = Path(__file__).parents[3]
    out = subprocess.run(
        command, cwd=root, env=environment, check=True, capture_output=True, text=True
    ).stdout
    policy, *modules = out.split()
    assert policy == (chosen or "passive")
    assert not {"torch", "numba"} & {*modules}


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@pytest.mark.parametrize(("spins", "threads"), [(False, 2), (True, 1)])
def test_the_same_thread_count_gives_the_same_run_however_torch_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spins: bool, threads: int
) -> None:
    monkeypatch.setattr(learn, "TORCH_SPINS", spins)
    for name in ("first", "same"):
        trainer.train(recipe(epochs=1, max_extra_epochs=0), dataset(), tmp_path / name, threads=2)
        assert (numba.get_num_threads(), torch.get_num_threads()) == (2, threads)
    assert_same_run(tmp_path / "same", tmp_path / "first")


@pytest.mark.parametrize("net", [{"layers": [12], "candidates": "all"}, {"layers": [8, 6, 4]}])
def test_other_networks_train_too(tmp_path: Path, net: dict[str, Any]) -> None:
    graph = train(tmp_path / "run", net=net, epochs=1, max_extra_epochs=0)
    assert graph.n_gates == sum(net["layers"])


def test_what_adam_knew_of_replaced_candidates_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original, regrown = TopKConnect.regrow, []

    def regrow(connect: TopKConnect, *arguments: Any) -> torch.Tensor | None:
        regrown.append((connect, original(connect, *arguments)))
        return regrown[-1][1]

    monkeypatch.setattr(TopKConnect, "regrow", regrow)
    settings = recipe(grow_every=STEPS, grow_until=1.0)  # in the last step of the epoch
    training = learner.Learner(settings, dataset(), torch.device("cpu"))
    training.run_epoch(0, lambda: None)
    assert [connect for connect, _ in regrown] == [
        layer.connect for layer in training.net.node_layers
    ]
    for connect, replaced in regrown:
        for moment in ("exp_avg", "exp_avg_sq"):
            known = training.optimizer.state[connect.logits][moment]
            assert (known.gather(-1, replaced) == 0).all()
            assert (known.scatter(-1, replaced, 1.0) != 0).all()


def test_what_adam_knew_of_redrawn_gates_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    original, redrawn = GateLayer.redraw, []

    def redraw(layer: GateLayer, which: torch.Tensor) -> None:
        redrawn.append((layer, which))
        original(layer, which)

    monkeypatch.setattr(GateLayer, "redraw", redraw)
    settings = recipe(redraw_every=1, grow_until=1.0, grow_every=1000, epochs=9, narrow=[])
    training = learner.Learner(settings, dataset(), torch.device("cpu"))
    training.run_epoch(0, lambda: None)
    assert [layer for layer, _ in redrawn] == training.net.node_layers
    assert any(which.any() for _, which in redrawn)
    for layer, which in redrawn:
        for moment in ("exp_avg", "exp_avg_sq"):
            gates = training.optimizer.state[layer.logits][moment]
            wires = training.optimizer.state[layer.connect.logits][moment]
            assert (gates[which] == 0).all()
            assert (wires[:, which] == 0).all()
            assert (gates[~which] != 0).all()


def test_a_layer_that_becomes_hard_stops_regrowing_by_its_own_time() -> None:
    settings = recipe(harden=[0.5], grow_until=0.6)
    training = learner.Learner(settings, dataset(), torch.device("cpu"))
    first, second = (layer.connect for layer in training.net.node_layers)
    growing = [training.annealing._growing(now) for now in (0.2, 0.35, 0.65)]
    assert growing == [{first, second}, {second}, set()]


@pytest.mark.parametrize(("max_gap", "count"), [(1.0, 2), (0.0, 5)])
def test_extra_epochs_are_trained_while_freezing_costs_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_gap: float, count: int
) -> None:
    monkeypatch.setattr(learner.Learner, "_validated", lambda *_: 1.0)
    monkeypatch.setattr(golden, "accuracy", lambda *_: 0.5)
    recorder = Recorder()
    train(tmp_path / "run", recorder, epochs=2, max_gap=max_gap, max_extra_epochs=3)
    assert recorder.starts == [(2, 0, STEPS)]
    assert recorder.steps == count * STEPS
    assert [result.gap for result in recorder.epochs] == [0.5] * count


class Sealed:
    """A data set that notes after how many epochs its test split is looked at."""

    def __init__(self, data: Dataset, recorder: Recorder) -> None:
        self._data, self._recorder = data, recorder
        self.reads: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        if "test" in name or name == "hashes":
            self.reads.append((name, len(self._recorder.epochs)))
        return getattr(self._data, name)


def test_the_test_split_is_not_touched_before_the_last_epoch_is_done(tmp_path: Path) -> None:
    recorder = Recorder()
    sealed = Sealed(dataset(), recorder)
    trainer.train(recipe(), sealed, tmp_path, recorder, threads=1)  # type: ignore[arg-type]
    assert {name for name, _ in sealed.reads} == {"x_test", "y_test", "hashes"}
    assert {epochs for _, epochs in sealed.reads} == {len(recorder.epochs)}
    assert len(recorder.epochs) >= 3


def test_another_test_split_gives_the_same_graph(tmp_path: Path, whole: Path) -> None:
    data = dataset()
    swapped = dataset(x_test=data.x_test[::-1] // 2, y_test=1 - data.y_test)
    graph = trainer.train(recipe(), swapped, tmp_path, threads=1)
    expected = frozen(whole)
    for name in ("op", "a", "b"):
        np.testing.assert_array_equal(getattr(graph, name), getattr(expected, name))


def test_held_out_samples_do_not_train(tmp_path: Path) -> None:
    data = dataset()
    held = splitting.split(data, 0.15)[1]
    images, labels = data.x_train.copy(), data.y_train.copy()
    images[held], labels[held] = 255, 1 - labels[held]
    settings = recipe(max_extra_epochs=0)
    graphs = [
        trainer.train(settings, each, tmp_path / name, threads=1)
        for name, each in (("one", data), ("other", dataset(x_train=images, y_train=labels)))
    ]
    for name in ("op", "a", "b"):
        np.testing.assert_array_equal(getattr(graphs[0], name), getattr(graphs[1], name))


def test_split_holds_a_share_out_and_does_not_depend_on_chance() -> None:
    chosen, held = splitting.split(dataset(), 0.15)
    assert (len(chosen), len(held)) == (153, 27)
    assert sorted([*chosen, *held]) == list(range(180))
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    again = splitting.split(dataset(x_train=dataset().x_train[::-1]), 0.15)
    np.testing.assert_array_equal(again[0], chosen)
    np.testing.assert_array_equal(again[1], held)
