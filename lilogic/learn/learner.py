"""Learning: one network, its data and its optimizer, step by step.

All randomness of an epoch comes from (seed, epoch), so learning that was interrupted and resumed
ends with the same network as learning that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from lilogic.data.datasets import Dataset
from lilogic.data.encoder import Encoder
from lilogic.data.fitting import fit
from lilogic.errors import LilogicError
from lilogic.infer import golden
from lilogic.learn import checkpoint, kernels, schedule
from lilogic.learn.augment import augmented
from lilogic.learn.checkpoint import Checkpoint
from lilogic.learn.ensemble import Look
from lilogic.learn.net.layers import LogicNet, Sharpness, Tap
from lilogic.learn.recipe import Recipe

Scores = npt.NDArray[np.float32]

_SPLIT_SEED = 0
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


class Learner:
    """A network that is being learnt: data, network, optimizer.

    Args:
        recipe: what decides how it is learnt.
        data: the data set; its test split is not touched but for ``final_scores``.
        device: where tensors are.

    Raises:
        LilogicError: an impossible recipe.
    """

    def __init__(self, recipe: Recipe, data: Dataset, device: torch.device) -> None:
        self.recipe, self.data, self.device = recipe, data, device
        self.data_hash = data.train_hash()
        chosen, held = split(data, recipe.train.validation)
        options = recipe.encoder.model_dump()
        self.encoder: Encoder = fit(data.x_train[chosen], **options)
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
            share_right(self.soft_scores(self.held_x, sharpness), self.held_y),
            golden.accuracy(graph, self.held_x, self.held_y),
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

    def save(self, epochs: int, path: Path) -> None:
        """Write the network, its candidates and Adam's moments in one atomic step."""
        tensors = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        for name, parameter in self.net.named_parameters():
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"adam.{name}.{key}"] = value
        checkpoint.write(Checkpoint(epochs, self.data_hash, tensors), path)

    def load(self, path: Path) -> int:
        """Restore what ``save`` wrote; returns the epochs done.

        Raises:
            LilogicError: an unusable file, or one of a training on other data.
        """
        saved = checkpoint.read(path)
        if saved.data_hash != self.data_hash:
            raise other_data(path.parent, self.data)
        self.narrow(schedule.time_at(self.recipe.train, saved.epochs))
        try:
            weights = {name: saved.tensors[f"net.{name}"] for name in self.net.state_dict()}
            self.net.load_state_dict(weights)
            for name, parameter in self.net.named_parameters():
                self.optimizer.state[parameter] = {
                    key: saved.tensors[f"adam.{name}.{key}"].to(self.device)
                    for key in ("step", *_MOMENTS)
                }
        except (KeyError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise LilogicError(f"{path}: not a checkpoint of this run ({reason})") from error
        return saved.epochs


def share_right(scores: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> float:
    """Fraction of samples whose label has the first highest score."""
    return float((scores.argmax(1) == labels).mean())


def other_data(run: Path, data: Dataset) -> LilogicError:
    """The error of a run folder that holds a run on other data."""
    return LilogicError(
        f"{run}: holds a run on other data than {data.name} has now; "
        "choose another folder with -o or remove it"
    )
