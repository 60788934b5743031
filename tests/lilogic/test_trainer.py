"""Training: reproducible, and a run folder that survives a kill at any instant."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from lilogic import inference, lgn, trainer
from lilogic.datasets import Dataset
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.layers import TopKConnect
from lilogic.models import MODEL
from lilogic.recipe import AugmentRecipe, Recipe, TrainRecipe, parse
from lilogic.trainer import CHECKPOINT, METRICS, RECIPE, Epoch, Watcher

STEPS = 9  # per epoch: 153 of 180 samples train, in batches of 16


def dataset(**replaced: Any) -> Dataset:
    """Images of 4x5 pixels that are brighter on the left (0) or on the right (1)."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, 240)
    images = random.integers(0, 160, (240, 4, 5))
    images[labels == 0, :, :2] += 90
    images[labels == 1, :, 3:] += 90
    images = images.astype(np.uint8)
    splits = {
        "x_train": images[:180],
        "y_train": labels[:180],
        "x_test": images[180:],
        "y_test": labels[180:],
    }
    return Dataset("sides", **(splits | replaced), n_classes=2, class_names=("left", "right"))


def recipe(**train: Any) -> Recipe:
    """A recipe that uses everything: growing, sharpening, augmentation, extra epochs."""
    net = train.pop("net", {"layers": [24, 12], "candidates": 4, "tau": 2.0})
    settings = {
        "epochs": 3,
        "batch": 16,
        "validation": 0.15,
        "grow_every": 2,
        "max_gap": 0.0,
        "max_extra_epochs": 1,
    }
    data = {
        "name": "sides",
        "dataset": "sides",
        "encoder": {"bits": 2},
        "net": net,
        "augment": {"shift": 1},
        "train": settings | train,
    }
    return parse(data, "test")


def train(run: Path, watcher: Watcher | None = None, **settings: Any) -> GateGraph:
    return trainer.train(recipe(**settings), dataset(), run, watcher, threads=1)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Puts the number of threads back, which training sets."""
    before = numba.get_num_threads(), torch.get_num_threads()
    yield
    numba.set_num_threads(before[0])
    torch.set_num_threads(before[1])


def content(graph: GateGraph) -> dict[str, Any]:
    """All of a graph but how long its training took."""
    arrays = ("op", "a", "b", "head_nodes", "head_ptr", "offset")
    metadata = json.loads(json.dumps(dict(graph.metadata)))
    del metadata["training"]["seconds"]
    assert graph.encoder is not None
    return {name: getattr(graph, name).tobytes() for name in arrays} | {
        "encoder": (graph.encoder.feature.tobytes(), graph.encoder.threshold.tobytes()),
        "metadata": metadata,
    }


def metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl`` without the times."""
    lines = [json.loads(line) for line in (run / METRICS).read_text().splitlines()]
    for line in lines:
        assert line.pop("seconds") >= 0
    return lines


def checkpoint(run: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with safe_open(run / CHECKPOINT, framework="pt") as file:
        return file.metadata(), {
            name: file.get_tensor(name).numpy().tobytes()
            for name in file.keys()  # noqa: SIM118
        }


def assert_same_run(found: Path, expected: Path) -> None:
    assert content(lgn.read(found / MODEL)) == content(lgn.read(expected / MODEL))
    assert metrics(found) == metrics(expected)
    assert checkpoint(found) == checkpoint(expected)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupted."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(run)
    return run


# What a run gives


def test_a_run_learns_and_records_what_it_did(whole: Path) -> None:
    graph = lgn.read(whole / MODEL)
    assert sorted(entry.name for entry in whole.iterdir()) == sorted(
        [CHECKPOINT, METRICS, MODEL, RECIPE]
    )
    accuracy, data = graph.metadata["accuracy"], dataset()
    assert accuracy["test_frozen"] == inference.accuracy(graph, data.x_test, data.y_test) > 0.75
    lines = metrics(whole)
    assert [line["epoch"] for line in lines] == list(range(len(lines)))
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert accuracy["validation_frozen"] == lines[-1]["validation_frozen"]
    held = trainer.split(data, 0.15)[1]
    assert accuracy["validation_frozen"] == inference.accuracy(
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
    other, first = (content(lgn.read(tmp_path / name / MODEL)) for name in ("other", "first"))
    assert other["a"] != first["a"]
    assert other["op"] != first["op"]


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_the_same_thread_count_gives_the_same_run(tmp_path: Path) -> None:
    for name in ("first", "same"):
        trainer.train(recipe(epochs=1, max_extra_epochs=0), dataset(), tmp_path / name, threads=2)
        assert numba.get_num_threads() == torch.get_num_threads() == 2
    assert_same_run(tmp_path / "same", tmp_path / "first")


@pytest.mark.parametrize("net", [{"layers": [12], "candidates": "all"}, {"layers": [8, 6, 4]}])
def test_other_networks_train_too(tmp_path: Path, net: dict[str, Any]) -> None:
    graph = train(tmp_path / "run", net=net, epochs=1, max_extra_epochs=0)
    assert graph.n_gates == sum(net["layers"])


def test_what_adam_knew_of_replaced_candidates_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original, grown = TopKConnect.grow, []

    def grow(connect: TopKConnect, *arguments: Any) -> torch.Tensor | None:
        grown.append((connect, original(connect, *arguments)))
        return grown[-1][1]

    monkeypatch.setattr(TopKConnect, "grow", grow)
    settings = recipe(grow_every=STEPS, grow_until=1.0)  # in the last step of the epoch
    training = trainer._Training(settings, dataset(), torch.device("cpu"))
    training.run_epoch(0, lambda: None)
    assert [connect for connect, _ in grown] == [
        layer.connect for layer in training.net.gate_layers
    ]
    for connect, replaced in grown:
        for moment in ("exp_avg", "exp_avg_sq"):
            known = training.optimizer.state[connect.logits][moment]
            assert (known.gather(-1, replaced) == 0).all()
            assert (known.scatter(-1, replaced, 1.0) != 0).all()


class Recorder(Watcher):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.starts: list[tuple[int, int, int]] = []
        self.steps = 0
        self.epochs: list[Epoch] = []

    def start(self, epochs: int, done: int, steps: int) -> None:
        self.starts.append((epochs, done, steps))

    def step(self) -> None:
        self.steps += 1

    def epoch(self, result: Epoch) -> None:
        self.epochs.append(result)


@pytest.mark.parametrize(("max_gap", "count"), [(1.0, 2), (0.0, 5)])
def test_extra_epochs_are_trained_while_freezing_costs_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_gap: float, count: int
) -> None:
    monkeypatch.setattr(trainer._Training, "soft_accuracy", lambda *_: 1.0)
    monkeypatch.setattr(inference, "accuracy", lambda *_: 0.5)
    recorder = Recorder()
    train(tmp_path / "run", recorder, epochs=2, max_gap=max_gap, max_extra_epochs=3)
    assert recorder.starts == [(2, 0, STEPS)]
    assert recorder.steps == count * STEPS
    assert [result.gap for result in recorder.epochs] == [0.5] * count


# Interruptions


class Killed(BaseException):
    """Ends a run at some instant, as Ctrl-C does."""


class Killer(Watcher):
    """Raises after so many steps, or at the end of so many epochs."""

    def __init__(self, step: int | None = None, epoch: int | None = None) -> None:
        self.left = {"step": step, "epoch": epoch}

    def _count(self, kind: str) -> None:
        left = self.left[kind]
        if left is not None:
            self.left[kind] = left - 1
            if left == 1:
                raise Killed

    def step(self) -> None:
        self._count("step")

    def epoch(self, result: Epoch) -> None:
        self._count("epoch")


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
    for watcher in (Killer(step=3), Killer(epoch=1), Killer(step=5), Killer(epoch=1)):
        with pytest.raises(Killed):
            train(tmp_path / "run", watcher)
    train(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.parametrize("module", [trainer, lgn])
def test_killed_between_two_files_and_resumed_is_never_killed(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    """Before a checkpoint, when the metrics are an epoch ahead; and before the model."""
    name = "write" if module is lgn else "_save"
    original: Callable[..., None] = getattr(module, name)
    calls = [original] if module is trainer else []

    def killing(*arguments: Any) -> None:
        if not calls:
            raise Killed
        calls.pop()(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killing)
        with pytest.raises(Killed):
            train(tmp_path / "run")
    if module is trainer:
        assert len(metrics(tmp_path / "run")) == 2
        assert checkpoint(tmp_path / "run")[0]["epochs"] == "1"
    assert not (tmp_path / "run" / MODEL).exists()
    train(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


CHILD = """
import sys, time
from pathlib import Path
from tests.lilogic import test_trainer as tests
from lilogic import trainer

def hang(*_):
    print("ready", flush=True)
    time.sleep(600)

class Hanging(tests.Recorder):
    def step(self):
        super().step()
        if self.steps == tests.STEPS + 4 and sys.argv[2] == "step":
            hang()

def save_half(tensors, path, metadata):
    save_file(tensors, path, metadata)
    if metadata["epochs"] == "2":
        path.write_bytes(path.read_bytes()[:1000])
        hang()

save_file = trainer.save_file
if sys.argv[2] == "file":
    trainer.save_file = save_half
tests.train(Path(sys.argv[1]), Hanging())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("place", ["step", "file"])
def test_killed_with_minus_9_and_resumed_is_never_killed(
    tmp_path: Path, whole: Path, place: str
) -> None:
    """In the middle of an epoch, and with the second checkpoint half written."""
    run, root = tmp_path / "run", Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-c", CHILD, str(run), place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert checkpoint(run)[0]["epochs"] == "1"
    assert not (run / MODEL).exists()
    recorder = Recorder()
    train(run, recorder)
    assert recorder.starts == [(3, 1, STEPS)]
    assert_same_run(run, whole)


def test_a_finished_run_is_returned_as_it_is(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {entry.name: entry.read_bytes() for entry in whole.iterdir()}
    monkeypatch.setattr(trainer, "_Training", None)  # nothing may be trained
    recorder = Recorder()
    graph = train(whole, recorder)
    assert content(graph) == content(lgn.read(whole / MODEL))
    assert recorder.starts == []
    assert {entry.name: entry.read_bytes() for entry in whole.iterdir()} == before


# Folders that do not fit


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


def test_a_folder_of_another_recipe_is_refused(whole: Path, begun: Path) -> None:
    for run in (whole, begun):
        message = refusal(run, seed=1)
        assert message.startswith(f"{run}: holds a run of another recipe")


def test_a_damaged_recipe_is_refused(begun: Path) -> None:
    data = (begun / RECIPE).read_bytes()
    for text in (data[:20], b"", b"\xff"):
        (begun / RECIPE).write_bytes(text)
        assert refusal(begun).startswith(f"{begun / RECIPE}: cannot be read")


def test_a_model_without_its_recipe_is_refused(tmp_path: Path, whole: Path) -> None:
    (tmp_path / MODEL).write_bytes((whole / MODEL).read_bytes())
    assert refusal(tmp_path).startswith(f"{tmp_path / RECIPE}: cannot be read")


@pytest.mark.parametrize(
    "text",
    ["", "{}\n{}\n", "null\nnull\n", "[1]\n[2]\n", "{", '{"epoch": 0}\n', "not json\nat all\n"],
)
def test_damaged_metrics_are_refused(begun: Path, text: str) -> None:
    (begun / METRICS).write_text(text)
    assert refusal(begun).startswith(f"{begun / METRICS}: ")


def test_missing_or_short_metrics_are_refused(begun: Path) -> None:
    first = (begun / METRICS).read_text().splitlines()[0]
    (begun / METRICS).write_text(first + "\n")
    assert "has 1 epochs, but the checkpoint has 2" in refusal(begun)
    (begun / METRICS).unlink()
    assert refusal(begun).startswith(f"{begun / METRICS}: cannot be read")


def test_a_truncated_checkpoint_is_refused(begun: Path) -> None:
    path = begun / CHECKPOINT
    data = path.read_bytes()
    for length in (0, 1, 8, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")


def test_a_checkpoint_with_a_changed_byte_is_refused(begun: Path) -> None:
    path = begun / CHECKPOINT
    data = path.read_bytes()
    for position in np.linspace(0, len(data) - 1, 200).astype(int):
        changed = bytes([data[position] ^ 0x10])
        path.write_bytes(data[:position] + changed + data[position + 1 :])
        assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")


def test_a_checkpoint_of_another_network_or_of_something_else_is_refused(
    begun: Path, tmp_path: Path
) -> None:
    path = begun / CHECKPOINT
    other = {"layers": [20, 12], "candidates": 4, "tau": 2.0}
    with pytest.raises(Killed):
        train(tmp_path / "other", Killer(epoch=1), net=other)
    path.write_bytes((tmp_path / "other" / CHECKPOINT).read_bytes())
    assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")
    for metadata in (None, {}, {"epochs": "many"}, {"epochs": "1"}):
        save_file({"x": torch.zeros(3)}, path, metadata)
        assert refusal(begun).startswith(f"{path}: not a checkpoint of this run")


def test_a_damaged_model_is_refused(tmp_path: Path, whole: Path) -> None:
    for name in (RECIPE, MODEL):
        (tmp_path / name).write_bytes(
            (whole / name).read_bytes()[: 10_000 if name == RECIPE else 99]
        )
    assert refusal(tmp_path).startswith(f"{tmp_path / MODEL}: ")


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


# The splits


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
    expected = lgn.read(whole / MODEL)
    for name in ("op", "a", "b"):
        np.testing.assert_array_equal(getattr(graph, name), getattr(expected, name))


def test_held_out_samples_do_not_train(tmp_path: Path) -> None:
    data = dataset()
    held = trainer.split(data, 0.15)[1]
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
    chosen, held = trainer.split(dataset(), 0.15)
    assert (len(chosen), len(held)) == (153, 27)
    assert sorted([*chosen, *held]) == list(range(180))
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    again = trainer.split(dataset(x_train=dataset().x_train[::-1]), 0.15)
    np.testing.assert_array_equal(again[0], chosen)
    np.testing.assert_array_equal(again[1], held)


# Augmentation


@pytest.mark.parametrize("channels", [(), (3,)])
def test_shifts_move_images_and_repeat_their_edges(channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (400, 5, 6, *channels)).astype(np.uint8)
    moved = trainer.augmented(images, AugmentRecipe(shift=2), random)
    assert (moved.shape, moved.dtype) == (images.shape, images.dtype)
    seen = set()
    for before, after in zip(images, moved, strict=True):
        fits = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(after, shifted(before, down, right))
        ]
        assert len(fits) == 1
        seen.add(fits[0])
    assert len(seen) == 25  # every shift happens


def shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    rows = (np.arange(image.shape[0]) - down).clip(0, image.shape[0] - 1)
    columns = (np.arange(image.shape[1]) - right).clip(0, image.shape[1] - 1)
    return image[rows][:, columns]


@pytest.mark.parametrize("channels", [(), (3,)])
def test_flips_mirror_about_half_of_the_images(channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (400, 3, 4, *channels)).astype(np.uint8)
    untouched = images.copy()
    found = trainer.augmented(images, AugmentRecipe(flip=True), random)
    mirrored = np.array([np.array_equal(f, i[:, ::-1]) for f, i in zip(found, images, strict=True)])
    assert 150 < mirrored.sum() < 250
    np.testing.assert_array_equal(found[~mirrored], images[~mirrored])
    np.testing.assert_array_equal(images, untouched)


def test_nothing_to_augment_changes_nothing_and_draws_nothing() -> None:
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert trainer.augmented(images, AugmentRecipe(), random) is images
    assert random.bit_generator.state == before


# Schedules


def test_sharpness_rises_geometrically_from_1() -> None:
    settings = TrainRecipe(sharpen_connections=16.0, sharpen_gates=4.0)
    assert trainer.sharpness_at(settings, 0.0) == (1.0, 1.0)
    assert trainer.sharpness_at(settings, 0.5) == (4.0, 2.0)
    assert trainer.sharpness_at(settings, 1.0) == (16.0, 4.0)
    assert trainer.sharpness_at(settings, 1.5) == (64.0, 8.0)


def test_learning_rate_falls_to_its_final_value_and_stays() -> None:
    settings = TrainRecipe(learning_rate=0.5, final_learning_rate=0.1)
    rates = [trainer.learning_rate_at(settings, now) for now in (0, 0.25, 0.5, 0.75, 1, 1.5)]
    assert rates[0] == 0.5
    assert rates[2] == pytest.approx(0.3)
    assert rates == sorted(rates, reverse=True)
    assert rates[-2:] == pytest.approx([0.1, 0.1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_run_on_a_gpu_can_be_killed_and_resumed(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        trainer.train(recipe(), dataset(), tmp_path, Killer(epoch=1), "cuda")
    recorder = Recorder()
    graph = trainer.train(recipe(), dataset(), tmp_path, recorder, "cuda")
    assert recorder.starts == [(3, 1, STEPS)]
    assert graph.metadata["accuracy"]["test_frozen"] > 0.75
