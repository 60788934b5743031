"""Learning: one network, its data and its optimizer, step by step.

All randomness of an epoch comes from (seed, epoch), so learning that was interrupted and resumed
ends with the same network as learning that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from lilogic.cost import bits
from lilogic.data.datasets import Dataset
from lilogic.data.encoder import Encoder
from lilogic.data.fitting import fit
from lilogic.data.planes import planes
from lilogic.errors import FormatError, RecipeError
from lilogic.graph import passes
from lilogic.graph.comparators import in_gates
from lilogic.infer import golden
from lilogic.learn import checkpoint, kernels, schedule, weights
from lilogic.learn.annealing import Annealing
from lilogic.learn.augment import augmented
from lilogic.learn.bits import bits_on, features
from lilogic.learn.checkpoint import Checkpoint
from lilogic.learn.ensemble import View
from lilogic.learn.metrics import Epoch, Scores
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.recipe import Recipe
from lilogic.learn.run import RunFolder
from lilogic.learn.splitting import split
from lilogic.learn.world import World

_EVALUATION_BATCH = 1024
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Learner:
    """A network that is being trained: data, network, optimizer.

    Args:
        recipe: what decides how it is trained.
        data: the data set; its test split is not touched but for ``final_scores``.
        device: where tensors are.
        world: the processes that train together; each has a share of every batch.

    Raises:
        RecipeError: an impossible recipe, or more processes than samples to share.
    """

    def __init__(
        self, recipe: Recipe, data: Dataset, device: torch.device, world: World | None = None
    ) -> None:
        self.recipe, self.data, self.device = recipe, data, device
        self.world = world or World()
        self.data_hash = data.train_hash()
        chosen, held = split(data, recipe.train.validation)
        options = recipe.encoder.model_dump()
        self.encoder: Encoder = fit(data.x_train[chosen], **options)
        self.held_x, self.held_y = data.x_train[held], data.y_train[held]
        shape = self.encoder.feature_shape
        if any(recipe.augment.model_dump().values()) and len(shape) < 2:
            raise RecipeError(f"augment needs images, but {data.name} has samples of shape {shape}")
        images = self.encoder.features(data.x_train[chosen]).reshape(-1, *shape)
        self.limits = int(images.min()), int(images.max())
        self.images = features(images, device)
        self.labels = torch.from_numpy(data.y_train[chosen]).to(device)
        found = weights.of_samples(data, chosen, recipe.train)
        self.weights = None if found is None else torch.from_numpy(found).to(device)
        self.bits = bits_on(self.encoder, device)
        self.bit_costs = torch.from_numpy(bits.gates(self.encoder)).to(device)
        net, settings = recipe.net, recipe.train
        self.net = LogicNet(
            self.encoder.n_bits,
            net.layers,
            data.n_classes,
            net.candidates,
            net.tau,
            kernels.choose(settings.kernel, device),
            settings.seed,
            planes=planes(self.encoder) if len(shape) > 1 else None,
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
        self.annealing = Annealing(self.net, self.optimizer, settings, self.steps, world=self.world)
        if self.world.size > min(self.batch, len(self.held_x)):
            raise RecipeError(
                f"{self.world.size} processes are too many for a batch of {self.batch} samples "
                f"and {len(self.held_x)} validation samples; start fewer"
            )

    def warm_up(self) -> None:
        """Compute once what training does, which compiles what is not compiled.

        Nothing that is learned or drawn changes.
        """
        # For a GPU, each size of a batch is compiled anew.
        count = 1 if self.device.type == "cpu" else self.batch
        self.net.eval()
        scores = self.net(self.bits(self.images[:count].reshape(count, -1)), Sharpness()).sum()
        if scores.requires_grad:  # else all layers are hard
            scores.backward()
        self.optimizer.zero_grad(set_to_none=True)
        golden.accuracy(self.net.freeze(self.encoder), self.held_x[:1], self.held_y[:1])

    def run_epoch(self, epoch: int, on_step: Callable[[], None]) -> Epoch:
        """Train on the training samples once; an incomplete last batch is left out."""
        began = time.perf_counter()
        settings = self.recipe.train
        random = np.random.default_rng([settings.seed, epoch])
        torch.manual_seed(int(random.integers(2**63)))
        self.net.train()
        loss, right = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        self.annealing.done = epoch * self.steps
        for x, y, weight in self._batches(random):
            step_loss, hits = self._step(x, y, weight)
            loss, right = loss + step_loss, right + hits
            on_step()
        self.net.eval()
        sharpness = self.annealing.sharpness_at(schedule.time_at(settings, epoch + 1))
        graph = self.net.freeze(self.encoder)
        self.world.add([loss, right])
        entry = Epoch(
            epoch,
            loss.item() / self.steps,
            right.item() / (self.steps * self.batch),
            self._validated(sharpness),
            golden.accuracy(graph, self.held_x, self.held_y),
            *sharpness[-1],
            self.optimizer.param_groups[0]["lr"],
            time.perf_counter() - began,
            passes.simplify(in_gates(graph)).n_gates,
        )
        if settings.redraw_every and (epoch + 1) % settings.redraw_every == 0:
            self.annealing.redraw(graph)
        return entry

    def _batches(
        self, random: np.random.Generator
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]]:
        """Augmented, encoded training batches: bool [share, bits], int64 and weights [share].

        Of each batch, they are this process's share.
        """
        order = torch.from_numpy(random.permutation(len(self.images))).to(self.device)
        share = self.world.share(self.batch)
        for chosen in order[: self.steps * self.batch].view(self.steps, self.batch)[:, share]:
            images = self.images.index_select(0, chosen)
            images = augmented(
                images, self.recipe.augment, random, self.limits, self.batch, share.start
            )
            weight = None if self.weights is None else self.weights[chosen]
            yield self.bits(images.reshape(len(chosen), -1)), self.labels[chosen], weight

    def _validated(self, sharpness: Sequence[Sharpness]) -> float:
        """The share of the validation split that the soft network gets right."""
        share = self.world.share(len(self.held_x))
        scores = self.soft_scores(self.held_x[share], sharpness)
        right = torch.tensor(int((scores.argmax(1) == self.held_y[share]).sum())).to(self.device)
        self.world.add([right])
        return right.item() / len(self.held_x)

    def _bits_of(self, values: npt.NDArray[Any]) -> torch.Tensor:
        """Bool [samples, bits] of features, integers [samples, n_features]."""
        return self.bits(features(values, self.device))

    def _step(
        self, x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One optimizer step; returns the loss and the number of right answers.

        Both are this process's share of the batch's.
        """
        settings = self.recipe.train
        self.annealing.begin_step()
        for group in self.optimizer.param_groups:
            group["lr"] = schedule.learning_rate_at(settings, self.annealing.now)
        is_mixed = settings.precision == "bfloat16" and self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=is_mixed):
            logits = self.net(x)
        if weight is None:
            loss = cross_entropy(logits, y)
        else:
            loss = (cross_entropy(logits, y, reduction="none") * weight).mean()
        loss = loss * (len(y) / self.batch)
        if settings.cost:
            read = 1 - torch.exp(-self.net.reads(self.net.sharpness))
            cost = settings.cost * (self.bit_costs @ read) / self.net.n_nodes
            loss = loss + cost / self.world.size
        self.optimizer.zero_grad(set_to_none=True)
        if loss.requires_grad:  # else all layers are hard
            loss.backward()  # type: ignore[no-untyped-call]
            self.world.add([each.grad for each in self.net.parameters() if each.grad is not None])
            self.optimizer.step()
        self.annealing.end_step()
        return loss.detach(), (logits.argmax(1) == y).sum()

    @torch.no_grad()
    def soft_scores(
        self, raw: npt.NDArray[Any], sharpness: Sequence[Sharpness], view: View | None = None
    ) -> Scores:
        """float32 [samples, classes]: what the soft network says of a view of raw samples.

        Without ``view``, it sees the samples as they are.
        """
        self.net.eval()
        seen = self.encoder.features(raw)
        if view is not None:
            seen = seen[:, view]
        logits = [
            self.net(self._bits_of(seen[start : start + _EVALUATION_BATCH]), sharpness)
            for start in range(0, len(raw), _EVALUATION_BATCH)
        ]
        if not logits:
            return np.zeros((0, self.data.n_classes), np.float32)
        scores: Scores = torch.cat(logits).cpu().numpy()
        return scores

    def final_scores(self, last: Epoch, view: View | None = None) -> tuple[Scores, Scores]:
        """The soft scores of the validation split and of the test split after the last epoch.

        A test split may be empty.
        """
        sharpness = self.annealing.sharpness_at(schedule.time_at(self.recipe.train, last.epoch + 1))
        raw = (self.held_x, self.data.x_test)
        validation, test = (self.soft_scores(samples, sharpness, view) for samples in raw)
        return validation, test

    def save(self, epochs: int, run: RunFolder) -> None:
        """Write the network, its candidates and Adam's moments in one atomic step."""
        tensors = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        for name, parameter in self.net.named_parameters():
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"adam.{name}.{key}"] = value
        checkpoint.write(Checkpoint(epochs, self.data_hash, tensors), run.checkpoint)

    def load(self, run: RunFolder) -> int:
        """Restore what ``save`` wrote; returns the epochs done, 0 where nothing was saved.

        Raises:
            FormatError: an unusable file.
            DataError: one of a training on other data.
        """
        path = run.checkpoint
        if not path.exists():
            return 0
        saved = checkpoint.read(path)
        if saved.data_hash != self.data_hash:
            raise run.other_data(self.data)
        now = schedule.time_at(self.recipe.train, saved.epochs)
        self.annealing.narrow(now)
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
            raise FormatError(f"{path}: not a checkpoint of this run ({reason})") from error
        self.net.harden(schedule.hard_layers(self.recipe.train, now))
        return saved.epochs
