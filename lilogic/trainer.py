"""Training a LogicNet from a recipe, in a run folder that survives a kill at any instant.

A run folder holds ``recipe.json`` (what was asked), ``metrics.jsonl`` (one line per epoch),
``checkpoint.safetensors`` (the state after the last finished epoch) and, at the end,
``model.lgn``. All randomness of an epoch comes from (seed, epoch), so a run that was killed and
resumed ends with the same graph as one that was not.

The members of an ensemble are runs of their own, in folders inside the run folder.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from lilogic import __version__, checkpoint, ensemble, inference, kernels, lgn, schedule
from lilogic import encoder as encoders
from lilogic.augment import augmented
from lilogic.checkpoint import Checkpoint
from lilogic.datasets import Dataset
from lilogic.encoder import Encoder
from lilogic.ensemble import Look
from lilogic.errors import LilogicError
from lilogic.files import write_json, write_text
from lilogic.graph import GateGraph
from lilogic.layers import LogicNet, Sharpness, Tap
from lilogic.models import MODEL
from lilogic.recipe import EnsembleRecipe, Recipe, parse

Scores = npt.NDArray[np.float32]

RECIPE = "recipe.json"
METRICS = "metrics.jsonl"
CHECKPOINT = "checkpoint.safetensors"

_CORES: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
_PARALLEL_WORK = 2**24
_SPLIT_SEED = 0
_SEEDS = 2**63
_EVALUATION_BATCH = 1024
_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Epoch:
    """What is known after an epoch; accuracies are fractions."""

    epoch: int
    loss: float
    train: float
    validation_soft: float
    validation_frozen: float
    sharpen_connections: float
    sharpen_gates: float
    learning_rate: float
    seconds: float

    @property
    def sharpness(self) -> Sharpness:
        """Sharpness after the epoch."""
        return Sharpness(self.sharpen_connections, self.sharpen_gates)

    @property
    def gap(self) -> float:
        """How much accuracy the validation split would lose by freezing now."""
        return self.validation_soft - self.validation_frozen


class Watcher:
    """Told how training goes; the command line draws a progress bar from it."""

    def member(self, number: int, members: int, run: Path) -> None:
        """An ensemble's member comes next, counted from 1, in a run folder of its own."""

    def finished(self, epochs: int) -> None:
        """The run, or this member of it, has been trained before, for so many epochs."""

    def start(self, epochs: int, done: int, steps: int) -> None:
        """Training begins: planned epochs, epochs already done, steps per epoch."""

    def step(self) -> None:
        """A step is done."""

    def epoch(self, result: Epoch) -> None:
        """An epoch is done."""


def train(
    recipe: Recipe,
    data: Dataset,
    run: Path,
    watcher: Watcher | None = None,
    device: str = "cpu",
    threads: int | None = None,
) -> GateGraph:
    """Train, or go on training, in the folder ``run``, and return the frozen graph.

    The test split is read once, after the last epoch, and its accuracies are in the graph's
    metadata. A finished run is returned as it is.

    Raises:
        LilogicError: an impossible recipe, a run folder of another recipe, or unusable files.
    """
    if (run / MODEL).exists() and _same_recipe(recipe, run):
        graph = lgn.read(run / MODEL)
        if graph.metadata.get("dataset_hashes") != data.hashes():
            raise _other_data(run, data)
        if watcher and (run / METRICS).exists():
            watcher.finished(graph.metadata["training"]["epochs"])
        return graph
    torch_device = _device(device)
    threads = min(threads or _threads(recipe), _CORES)
    numba.set_num_threads(threads)
    torch.set_num_threads(threads)
    watcher = watcher or Watcher()
    if recipe.ensemble != EnsembleRecipe():
        return _train_members(recipe, data, run, watcher, torch_device, threads)
    training = _Training(recipe, data, torch_device)
    _claim(recipe, run)
    path = run / CHECKPOINT
    first = _load(training, path) if path.exists() else 0
    history = read_history(run, first)
    watcher.start(recipe.train.epochs, first, training.steps)
    while not schedule.is_finished(recipe.train, history):
        history.append(training.run_epoch(len(history), watcher.step))
        lines = [json.dumps(asdict(entry)) for entry in history]
        write_text(run / METRICS, "\n".join(lines) + "\n")
        _save(training, len(history), run / CHECKPOINT)
        watcher.epoch(history[-1])
    graph = training.freeze(history, {"device": str(torch_device), "threads": threads})
    lgn.write(graph, run / MODEL)
    return graph


def _train_members(
    recipe: Recipe,
    data: Dataset,
    run: Path,
    watcher: Watcher,
    device: torch.device,
    threads: int,
) -> GateGraph:
    """Train the members of an ensemble one after another, and merge what they froze to."""
    _claim(recipe, run)
    count = recipe.ensemble.members
    trained, graphs, scores = [], [], []
    for number in range(1, count + 1):
        member, folder = _member(recipe, number - 1), run / f"member-{number}"
        watcher.member(number, count, folder)
        training = _Training(member, data, device)
        looks = ensemble.looks(training.encoder.feature_shape, recipe.ensemble)
        bits = [ensemble.bits_seen(training.encoder, look) for look in looks]
        graph = train(member, data, folder, watcher, str(device), threads)
        trained.append(graph.metadata["training"])
        graphs += [ensemble.looking(graph, seen) for seen in bits]
        (*_, last) = read_history(folder, _load(training, folder / CHECKPOINT))
        scores += [training.final_scores(last, look) for look in looks]
    validation, test = (np.sum(parts, axis=0) for parts in zip(*scores, strict=True))
    graph = _described(
        ensemble.merged(graphs, recipe.net.layers),
        recipe,
        data,
        (validation, test),
        {
            "members": count,
            "epochs": max(one["epochs"] for one in trained),
            "seconds": round(sum(one["seconds"] for one in trained), 1),
            "device": str(device),
            "threads": threads,
        },
    )
    lgn.write(graph, run / MODEL)
    return graph


def _member(recipe: Recipe, number: int) -> Recipe:
    """The recipe of an ensemble's member; no two of all seeds' ensembles share one."""
    count = recipe.ensemble.members
    return recipe.model_copy(
        update={
            "ensemble": EnsembleRecipe(),
            "train": recipe.train.model_copy(
                update={"seed": (recipe.train.seed * count + number) % _SEEDS}
            ),
        }
    )


def split(data: Dataset, validation: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """int64 indices of the training samples that train and of those that validate.

    The same for every seed of the recipe, so that runs can be compared.
    """
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(data.x_train))
    held = round(len(order) * validation)
    if not 0 < held < len(order):
        raise LilogicError(
            f"train.validation = {validation} leaves no samples on one side of {len(order)}"
        )
    return np.sort(order[held:]), np.sort(order[:held])


class _Training:
    """The state of one training: data, network, optimizer."""

    def __init__(self, recipe: Recipe, data: Dataset, device: torch.device) -> None:
        self.recipe, self.data, self.device = recipe, data, device
        self.data_hash = data.train_hash()
        chosen, held = split(data, recipe.train.validation)
        options = recipe.encoder.model_dump()
        self.encoder: Encoder = encoders.fit(data.x_train[chosen], **options)
        self.held_x, self.held_y = data.x_train[held], data.y_train[held]
        shape = self.encoder.feature_shape
        if any(recipe.augment.model_dump().values()) and len(shape) < 2:
            raise LilogicError(
                f"augment needs images, but {data.name} has samples of shape {shape}"
            )
        self.images = self.encoder.features(data.x_train[chosen]).reshape(-1, *shape)
        self.labels = data.y_train[chosen]
        net, settings = recipe.net, recipe.train
        self.net = LogicNet(
            self.encoder.n_bits,
            net.layers,
            data.n_classes,
            None if net.candidates == "all" else net.candidates,
            net.tau,
            kernels.choose(settings.kernel, device),
            settings.seed,
            reads=net.reads,
            counts=net.counts,
            initial=net.initial,
            relaxation=settings.relaxation,
        ).to(device)
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=settings.learning_rate, fused=True
        )
        self.batch = min(settings.batch, len(self.images))
        self.steps = len(self.images) // self.batch

    def run_epoch(self, epoch: int, on_step: Callable[[], None]) -> Epoch:
        """Train on the training samples once; an incomplete last batch is left out."""
        began = time.perf_counter()
        settings = self.recipe.train
        random = np.random.default_rng([settings.seed, epoch])
        torch.manual_seed(int(random.integers(2**63)))
        self.net.train()
        loss, right = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        for step, (x, y) in enumerate(self._batches(random)):
            done = epoch * self.steps + step + 1
            now = schedule.time_at(settings, done / self.steps)
            grow = now < settings.grow_until and done % settings.grow_every == 0
            self.narrow(now)
            step_loss, hits = self._step(x, y, now, grow)
            loss, right = loss + step_loss, right + hits
            on_step()
        self.net.eval()
        sharpness = schedule.sharpness_at(settings, schedule.time_at(settings, epoch + 1))
        graph = self.net.freeze(self.encoder)
        return Epoch(
            epoch,
            loss.item() / self.steps,
            right.item() / (self.steps * self.batch),
            _share_right(self.soft_scores(self.held_x, sharpness), self.held_y),
            inference.accuracy(graph, self.held_x, self.held_y),
            *sharpness,
            self.optimizer.param_groups[0]["lr"],
            time.perf_counter() - began,
        )

    def _batches(self, random: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Augmented, encoded training batches: float [bits, batch] and int64 [batch]."""
        order = random.permutation(len(self.images))
        for start in range(0, self.steps * self.batch, self.batch):
            chosen = order[start : start + self.batch]
            images = augmented(self.images[chosen], self.recipe.augment, random)
            yield self._bits(images), torch.from_numpy(self.labels[chosen]).to(self.device)

    def _bits(self, features: npt.NDArray[Any]) -> torch.Tensor:
        """Float [bits, samples] of features [samples, ...]."""
        bits = self.encoder.bits(features.reshape(len(features), -1))
        return torch.from_numpy(bits).to(self.device).T.float().contiguous()

    def _step(
        self, x: torch.Tensor, y: torch.Tensor, now: float, grow: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One optimizer step at time ``now``; returns the loss and the number of right answers."""
        settings = self.recipe.train
        for group in self.optimizer.param_groups:
            group["lr"] = schedule.learning_rate_at(settings, now)
        taps: list[Tap] | None = [] if grow else None
        logits = self.net(x, schedule.sharpness_at(settings, now), taps)
        loss = cross_entropy(logits, y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if taps:
            self._grow(taps)
        return loss.detach(), (logits.argmax(1) == y).sum()

    def _grow(self, taps: list[Tap]) -> None:
        """Re-draw the weakest candidates; what Adam knew of the replaced ones is forgotten."""
        settings = self.recipe.train
        for layer, (x, wire_gradient) in zip(self.net.gate_layers, taps, strict=True):
            # Where rows are few, enough of them are no candidates yet.
            looked_at = max(settings.grow_rows * len(x), 2 * layer.connect.logits.shape[-1])
            rows = torch.randperm(len(x), device=x.device)[: math.ceil(looked_at)]
            replaced = layer.connect.grow(x, wire_gradient, settings.grow_share, rows)
            if replaced is not None:
                state = self.optimizer.state[layer.connect.logits]
                for moment in _MOMENTS:
                    state[moment].scatter_(-1, replaced, 0.0)

    def narrow(self, now: float) -> None:
        """Give up the candidates that the recipe does without from time ``now`` on."""
        passed = [k for time, k in self.recipe.train.narrow if time <= now]
        if not passed:
            return
        parameters = self.optimizer.param_groups[0]["params"]
        for connect in (layer.connect for layer in self.net.gate_layers):
            before = connect.logits
            kept = connect.narrow(min(passed))
            if kept is None:
                continue
            place = next(i for i, parameter in enumerate(parameters) if parameter is before)
            parameters[place] = connect.logits
            state = self.optimizer.state.pop(before, {})
            for moment in _MOMENTS:
                if moment in state:
                    state[moment] = state[moment].gather(-1, kept)
            self.optimizer.state[connect.logits] = state

    @torch.no_grad()
    def soft_scores(
        self, raw: npt.NDArray[Any], sharpness: Sharpness, look: Look | None = None
    ) -> Scores:
        """float32 [samples, classes]: what the soft network says of raw samples, as it sees them.

        ``look`` has the places where it sees their features; default: where they are.
        """
        self.net.eval()
        features = self.encoder.features(raw).reshape(len(raw), -1)
        if look is not None:
            features = features[:, look]
        logits = [
            self.net(self._bits(features[start : start + _EVALUATION_BATCH]), sharpness)
            for start in range(0, len(raw), _EVALUATION_BATCH)
        ]
        scores: Scores = torch.cat(logits).cpu().numpy()
        return scores

    def final_scores(self, last: Epoch, look: Look | None = None) -> tuple[Scores, Scores]:
        """The soft scores of the validation split and of the test split after the last epoch."""
        raw = (self.held_x, self.data.x_test)
        validation, test = (self.soft_scores(samples, last.sharpness, look) for samples in raw)
        return validation, test

    def freeze(self, history: list[Epoch], machine: dict[str, Any]) -> GateGraph:
        """The frozen graph, with its origin and its accuracies in the metadata."""
        seconds = round(sum(entry.seconds for entry in history), 1)
        return _described(
            self.net.freeze(self.encoder),
            self.recipe,
            self.data,
            self.final_scores(history[-1]),
            {"epochs": len(history), "seconds": seconds, **machine},
        )


def _described(
    graph: GateGraph,
    recipe: Recipe,
    data: Dataset,
    soft: tuple[Scores, Scores],
    training: dict[str, Any],
) -> GateGraph:
    """The graph with its origin and accuracies in the metadata; ``soft`` as ``final_scores``."""
    held = split(data, recipe.train.validation)[1]
    held_x, held_y = data.x_train[held], data.y_train[held]
    return graph.with_metadata(
        name=recipe.name,
        version=__version__,
        dataset=recipe.dataset,
        dataset_hashes=data.hashes(),
        class_names=list(data.class_names),
        recipe=recipe.model_dump(),
        accuracy={
            "validation_soft": _share_right(soft[0], held_y),
            "validation_frozen": inference.accuracy(graph, held_x, held_y),
            "test_soft": _share_right(soft[1], data.y_test),
            "test_frozen": inference.accuracy(graph, data.x_test, data.y_test),
        },
        training=training,
    )


def _share_right(scores: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> float:
    """Fraction of samples whose label has the first highest score."""
    return float((scores.argmax(1) == labels).mean())


def _threads(recipe: Recipe) -> int:
    """All cores, but one where a step is so short that waiting for each other costs more."""
    net = recipe.net
    if net.candidates == "all":
        return _CORES
    work = 2 * sum(net.layers) * net.candidates * recipe.train.batch
    return _CORES if work >= _PARALLEL_WORK else 1


def _device(name: str) -> torch.device:
    """The device called ``name``, which must exist."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise LilogicError(
            f"device {name!r} cannot be used: {str(error).splitlines()[0]}"
        ) from error
    return device


def _claim(recipe: Recipe, run: Path) -> None:
    """Make the folder one of the recipe's runs, unless it holds something else."""
    if (run / RECIPE).exists():
        if not _same_recipe(recipe, run):
            raise LilogicError(
                f"{run}: holds a run of another recipe; choose another folder with -o or remove it"
            )
    else:
        if run.is_dir() and any(not path.name.startswith(".") for path in run.iterdir()):
            raise LilogicError(f"{run}: holds other files than a run's; choose an empty folder")
        write_json(run / RECIPE, recipe.model_dump())


def _other_data(run: Path, data: Dataset) -> LilogicError:
    return LilogicError(
        f"{run}: holds a run on other data than {data.name} has now; "
        "choose another folder with -o or remove it"
    )


def _same_recipe(recipe: Recipe, run: Path) -> bool:
    try:
        return parse(json.loads((run / RECIPE).read_text("utf-8")), str(run / RECIPE)) == recipe
    except (OSError, ValueError) as error:
        raise LilogicError(f"{run / RECIPE}: cannot be read ({error})") from error


def read_history(run: Path, epochs: int) -> list[Epoch]:
    """The metrics of the first epochs; what was written after the checkpoint will be done again.

    Raises:
        LilogicError: the metrics are unreadable or fewer.
    """
    if not epochs:
        return []
    path = run / METRICS
    try:
        lines = path.read_text("utf-8").splitlines()[:epochs]
        history = [Epoch(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise LilogicError(f"{path}: cannot be read ({error})") from error
    if len(history) != epochs:
        raise LilogicError(f"{path}: has {len(history)} epochs, but the checkpoint has {epochs}")
    return history


def _save(training: _Training, epochs: int, path: Path) -> None:
    """Write the network, its candidates and Adam's moments in one atomic step."""
    tensors = {f"net.{name}": value for name, value in training.net.state_dict().items()}
    for name, parameter in training.net.named_parameters():
        for key, value in training.optimizer.state[parameter].items():
            tensors[f"adam.{name}.{key}"] = value
    checkpoint.write(Checkpoint(epochs, training.data_hash, tensors), path)


def _load(training: _Training, path: Path) -> int:
    """Restore what ``_save`` wrote; returns the epochs done."""
    saved = checkpoint.read(path)
    if saved.data_hash != training.data_hash:
        raise _other_data(path.parent, training.data)
    training.narrow(schedule.time_at(training.recipe.train, saved.epochs))
    try:
        weights = {name: saved.tensors[f"net.{name}"] for name in training.net.state_dict()}
        training.net.load_state_dict(weights)
        for name, parameter in training.net.named_parameters():
            training.optimizer.state[parameter] = {
                key: saved.tensors[f"adam.{name}.{key}"].to(training.device)
                for key in ("step", *_MOMENTS)
            }
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise LilogicError(f"{path}: not a checkpoint of this run ({reason})") from error
    return saved.epochs
