"""A run folder survives a kill at any instant, and refuses what is not its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lilogic.errors import LilogicError
from lilogic.graph import lgn
from lilogic.learn import learner, trainer
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.run import RunFolder
from tests.lilogic.learn.runs import (
    STEPS,
    Killed,
    Killer,
    Recorder,
    assert_same_run,
    checkpoint,
    content,
    dataset,
    frozen,
    metrics,
    recipe,
    train,
)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_killed_at_the_end_of_an_epoch_and_resumed_is_never_killed(
    tmp_path: Path, whole: Path, epoch: int
) -> None:
    with pytest.raises(Killed):
        train(tmp_path / "run", Killer(epoch=epoch))
    recorder = Recorder()
    train(tmp_path / "run", recorder)
    assert recorder.starts == [(3, epoch, STEPS)]
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.parametrize("step", [1, STEPS, STEPS + 4, 3 * STEPS - 1])
def test_killed_within_an_epoch_and_resumed_is_never_killed(
    tmp_path: Path, whole: Path, step: int
) -> None:
    with pytest.raises(Killed):
        train(tmp_path / "run", Killer(step=step))
    recorder = Recorder()
    train(tmp_path / "run", recorder)
    assert recorder.starts == [(3, (step - 1) // STEPS, STEPS)]
    assert_same_run(tmp_path / "run", whole)


def test_killed_again_and_again_and_resumed_is_never_killed(tmp_path: Path, whole: Path) -> None:
    for callback in (Killer(step=3), Killer(epoch=1), Killer(step=5), Killer(epoch=1)):
        with pytest.raises(Killed):
            train(tmp_path / "run", callback)
    train(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.parametrize(("place", "name"), [(learner.Learner, "save"), (lgn, "write")])
def test_killed_between_two_files_and_resumed_is_never_killed(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    """Before a checkpoint, when the metrics are an epoch ahead; and before the model."""
    original: Callable[..., None] = getattr(place, name)
    calls = [] if place is lgn else [original]

    def killing(*arguments: Any) -> None:
        if not calls:
            raise Killed
        calls.pop()(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(place, name, killing)
        with pytest.raises(Killed):
            train(tmp_path / "run")
    if place is not lgn:
        assert len(metrics(tmp_path / "run")) == 2
        assert checkpoint(tmp_path / "run")[0]["epochs"] == "1"
    assert not RunFolder(tmp_path / "run").model.exists()
    train(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


DENSE = {"layers": [24, 12], "candidates": "all", "tau": 2.0}


TABLES = {"arrangement": "dense", "gates": 20, "inputs": 4}
CONVOLUTION = {
    "layers": [
        {"arrangement": "conv", "channels": 6, "groups": 2, "padding": 1},
        {"arrangement": "pool"},
        12,
    ],
    "candidates": 4,
    "reads": "previous",
    "counts": "last",
    "tau": 2.0,
}
HARDENING = {"net": CONVOLUTION, "harden": [0.4, 0.5, 0.9]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"relaxation": "gumbel"},
        {"net": DENSE},
        {"net": {"layers": [TABLES, 12], "candidates": 4}, "redraw_every": 1, "harden": [0.7]},
        {"net": CONVOLUTION, "redraw_every": 1},
        HARDENING,
    ],
)
@pytest.mark.parametrize("epoch", [2, 3])
def test_killed_with_other_settings_and_resumed_is_never_killed(
    tmp_path: Path, settings: dict[str, Any], epoch: int
) -> None:
    train(tmp_path / "whole", **settings)
    with pytest.raises(Killed):
        train(tmp_path / "run", Killer(epoch=epoch), **settings)
    train(tmp_path / "run", **settings)
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_a_run_whose_layers_are_all_hard_goes_on(tmp_path: Path) -> None:
    settings = {"net": {"layers": [40], "counts": "last"}, "epochs": 5, "harden": [0.5]}
    train(tmp_path / "whole", **settings)
    with pytest.raises(Killed):
        train(tmp_path / "run", Killer(epoch=4), **settings)
    train(tmp_path / "run", **settings)
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_scores_have_no_noise_before_the_first_epoch_either() -> None:
    """A run killed before its model is written goes on with nothing but its evaluation."""
    data = dataset()
    training = learner.Learner(recipe(relaxation="gumbel"), data, torch.device("cpu"))
    samples = training.encoder.bits(data.x_test.reshape(len(data.x_test), -1))
    bits = torch.from_numpy(samples).float()
    usual = training.net.eval()(bits, Sharpness()).detach().numpy()
    training.net.train()
    assert (training.soft_scores(data.x_test, [Sharpness()] * 2) == usual).all()


def test_pruning_keeps_what_adam_knows_of_the_candidates_that_stay() -> None:
    training = learner.Learner(recipe(), dataset(), torch.device("cpu"))
    training.run_epoch(0, lambda: None)
    connects = [layer.connect for layer in training.net.node_layers]
    states = [training.optimizer.state[connect.logits] for connect in connects]
    before = [
        (connect.logits.detach().clone(), state["exp_avg"].clone(), state["exp_avg_sq"].clone())
        for connect, state in zip(connects, states, strict=True)
    ]
    training.annealing.narrow(0.6)
    assert len(training.optimizer.param_groups[0]["params"]) == 4
    for connect, (logits, *moments) in zip(connects, before, strict=True):
        assert any(connect.logits is p for p in training.optimizer.param_groups[0]["params"])
        kept = logits.topk(2, dim=-1).indices
        state = training.optimizer.state[connect.logits]
        for moment, name in zip(moments, ("exp_avg", "exp_avg_sq"), strict=True):
            assert torch.equal(state[name], moment.gather(-1, kept))


def test_a_folder_of_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text("mine")
    with pytest.raises(LilogicError, match="contains files that do not belong to a run; choose"):
        train(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


@pytest.mark.parametrize("epoch", [2, None])
def test_a_run_does_not_go_on_with_other_data(tmp_path: Path, epoch: int | None) -> None:
    if epoch is None:
        train(tmp_path / "run")
    else:
        with pytest.raises(Killed):
            train(tmp_path / "run", Killer(epoch=epoch))
    changed = dataset(y_train=1 - dataset().y_train)
    with pytest.raises(LilogicError, match="contains a run on different data than sides has now"):
        trainer.train(recipe(), changed, tmp_path / "run", threads=1)


CHILD = """
import sys, time
from pathlib import Path
from tests.lilogic.learn import runs
from lilogic.learn import checkpoint

def hang(*_):
    print("ready", flush=True)
    time.sleep(600)

class Hanging(runs.Recorder):
    def step(self):
        super().step()
        if self.steps == runs.STEPS + 4 and sys.argv[2] == "step":
            hang()

def save_half(tensors, path, metadata):
    save_file(tensors, path, metadata)
    if metadata["epochs"] == "2":
        path.write_bytes(path.read_bytes()[:1000])
        hang()

save_file = checkpoint.save_file
if sys.argv[2] == "file":
    checkpoint.save_file = save_half
runs.train(Path(sys.argv[1]), Hanging())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("place", [pytest.param("step", marks=pytest.mark.slow), "file"])
def test_killed_with_minus_9_and_resumed_is_never_killed(
    tmp_path: Path, whole: Path, place: str
) -> None:
    """In the middle of an epoch, and with the second checkpoint half written."""
    run, root = tmp_path / "run", Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-c", CHILD, str(run), place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert checkpoint(run)[0]["epochs"] == "1"
    assert not RunFolder(run).model.exists()
    recorder = Recorder()
    train(run, recorder)
    assert recorder.starts == [(3, 1, STEPS)]
    assert_same_run(run, whole)


def test_a_finished_run_is_returned_as_it_is(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {entry.name: entry.read_bytes() for entry in whole.iterdir()}
    monkeypatch.setattr(trainer, "Learner", None)  # nothing may be trained
    recorder = Recorder()
    graph = train(whole, recorder)
    assert content(graph) == content(frozen(whole))
    assert recorder.starts == []
    assert {entry.name: entry.read_bytes() for entry in whole.iterdir()} == before


def refusal(run: Path, **settings: Any) -> str:
    """The one line that training in ``run`` is refused with; the folder stays as it is."""
    before = {entry.name: entry.read_bytes() for entry in run.iterdir()}
    with pytest.raises(LilogicError) as caught:
        train(run, **settings)
    message = str(caught.value)
    assert "\n" not in message
    assert {entry.name: entry.read_bytes() for entry in run.iterdir()} == before
    return message


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run that was interrupted after its second epoch."""
    with pytest.raises(Killed):
        train(tmp_path / "begun", Killer(epoch=2))
    return tmp_path / "begun"


def test_a_folder_of_another_recipe_is_refused_with_what_differs(whole: Path, begun: Path) -> None:
    for run in (whole, begun):
        assert refusal(run, seed=1) == (
            f"{run}: contains a run of a different recipe, with train.seed = 0; "
            "choose another folder or remove it"
        )
    many = refusal(begun, seed=1, batch=8, epochs=9, grow_every=7, more_epochs=3)
    assert "train.epochs = 3, train.batch = 16, train.grow_every = 2 and 1 other diff" in many
    assert "; to train it further, set train.more_epochs; " in many
    dense = {"layers": [24, 12], "candidates": "all", "tau": 2.0}
    assert "with net.candidates = 4; " in refusal(begun, net=dense)
    assert "with no encoder.width; " in refusal(begun, encoder={"bits": 2, "width": 8})


ENOUGH = {"epochs": 2, "max_gap": 1.0}
"""Settings without extra epochs."""


@pytest.mark.parametrize("ensemble", [{}, {"members": 2}])
def test_a_finished_run_goes_on_as_if_it_had_been_longer_from_the_start(
    tmp_path: Path, ensemble: dict[str, Any]
) -> None:
    expected = train(tmp_path / "whole", **ENOUGH, more_epochs=2, ensemble=ensemble)
    before = train(tmp_path / "run", **ENOUGH, ensemble=ensemble)
    after = train(tmp_path / "run", **ENOUGH, more_epochs=2, ensemble=ensemble)
    assert content(after) == content(expected)
    assert content(after) != content(before)
    assert (before.metadata["training"]["epochs"], after.metadata["training"]["epochs"]) == (2, 4)


def test_killed_while_it_goes_on_a_run_keeps_its_model_and_resumes(tmp_path: Path) -> None:
    train(tmp_path / "whole", **ENOUGH, more_epochs=2)
    train(tmp_path / "run", **ENOUGH)
    before = RunFolder(tmp_path / "run").model.read_bytes()
    with pytest.raises(Killed):
        train(tmp_path / "run", Killer(step=STEPS + 2), **ENOUGH, more_epochs=2)
    assert RunFolder(tmp_path / "run").model.read_bytes() == before
    recorder = Recorder()
    train(tmp_path / "run", recorder, **ENOUGH, more_epochs=2)
    assert recorder.starts == [(2, 3, STEPS)]
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_a_run_goes_on_where_it_may_end_later(tmp_path: Path) -> None:
    train(tmp_path / "whole", epochs=2, max_extra_epochs=2)
    train(tmp_path / "run", epochs=2, max_extra_epochs=0)
    train(tmp_path / "run", epochs=2, max_extra_epochs=2)
    assert len(metrics(tmp_path / "run")) > 2
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_a_damaged_recipe_is_refused(begun: Path) -> None:
    data = RunFolder(begun).recipe.read_bytes()
    for text in (data[:20], b"", b"\xff", b"[1]"):
        RunFolder(begun).recipe.write_bytes(text)
        assert refusal(begun).startswith(f"{RunFolder(begun).recipe}: ")


def test_a_model_without_its_recipe_is_refused(tmp_path: Path, whole: Path) -> None:
    RunFolder(tmp_path).model.write_bytes(RunFolder(whole).model.read_bytes())
    assert refusal(tmp_path).startswith(f"{RunFolder(tmp_path).recipe}: cannot be read")


@pytest.mark.parametrize(
    "text",
    ["", "{}\n{}\n", "null\nnull\n", "[1]\n[2]\n", "{", '{"epoch": 0}\n', "not json\nat all\n"],
)
def test_damaged_metrics_are_refused(begun: Path, text: str) -> None:
    RunFolder(begun).metrics.write_text(text)
    assert refusal(begun).startswith(f"{RunFolder(begun).metrics}: ")


def test_missing_or_short_metrics_are_refused(begun: Path) -> None:
    first = RunFolder(begun).metrics.read_text().splitlines()[0]
    RunFolder(begun).metrics.write_text(first + "\n")
    assert "has 1 epochs, but the checkpoint has 2" in refusal(begun)
    RunFolder(begun).metrics.unlink()
    assert refusal(begun).startswith(f"{RunFolder(begun).metrics}: cannot be read")


def test_a_truncated_checkpoint_is_refused(begun: Path) -> None:
    path = RunFolder(begun).checkpoint
    data = path.read_bytes()
    for length in (0, 1, 8, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")


def test_a_checkpoint_with_a_changed_byte_is_refused(begun: Path) -> None:
    path = RunFolder(begun).checkpoint
    data = path.read_bytes()
    for position in np.linspace(0, len(data) - 1, 200).astype(int):
        changed = bytes([data[position] ^ 0x10])
        path.write_bytes(data[:position] + changed + data[position + 1 :])
        assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")


def test_a_checkpoint_of_another_network_or_of_something_else_is_refused(
    begun: Path, tmp_path: Path
) -> None:
    path = RunFolder(begun).checkpoint
    other = {"layers": [20, 12], "candidates": 4, "tau": 2.0}
    with pytest.raises(Killed):
        train(tmp_path / "other", Killer(epoch=1), net=other)
    path.write_bytes(RunFolder(tmp_path / "other").checkpoint.read_bytes())
    assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")
    for metadata in (None, {}, {"epochs": "many"}, {"epochs": "1"}):
        save_file({"x": torch.zeros(3)}, path, metadata)
        assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")


def test_a_damaged_model_is_refused(tmp_path: Path, whole: Path) -> None:
    damaged, intact = RunFolder(tmp_path), RunFolder(whole)
    damaged.recipe.write_bytes(intact.recipe.read_bytes())
    damaged.model.write_bytes(intact.model.read_bytes()[:99])
    assert refusal(tmp_path).startswith(f"{damaged.model}: ")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"net": {"layers": [24, 11]}}, "11 gates, which is not a multiple of the 2 classes"),
        ({"kernel": "magic"}, "kernel 'magic'"),
        ({"validation": 0.001}, "train.validation = 0.001"),
        ({"validation": 0.999}, "train.validation = 0.999"),
    ],
)
def test_impossible_recipes_are_refused(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    assert words in refusal(tmp_path, **settings)


def test_augmentation_needs_images(tmp_path: Path) -> None:
    images = dataset()
    flat = dataset(x_train=images.x_train.reshape(180, -1), x_test=images.x_test.reshape(60, -1))
    with pytest.raises(LilogicError, match=r"augment needs images, but sides has .*\(20,\)"):
        trainer.train(recipe(), flat, tmp_path, threads=1)


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(tmp_path: Path, device: str) -> None:
    with pytest.raises(LilogicError, match=f"device '{device}' cannot be used") as caught:
        trainer.train(recipe(), dataset(), tmp_path, device=device)
    assert "\n" not in str(caught.value)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_run_on_a_gpu_can_be_killed_and_resumed(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        trainer.train(recipe(), dataset(), tmp_path, Killer(epoch=1), "cuda")
    recorder = Recorder()
    graph = trainer.train(recipe(), dataset(), tmp_path, recorder, "cuda")
    assert recorder.starts == [(3, 1, STEPS)]
    assert graph.metadata["accuracy"]["test_frozen"] > 0.75
