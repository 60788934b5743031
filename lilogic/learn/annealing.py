"""Annealing: what makes a soft network hard over the time of a training, step by step.

A ``Learner`` trains so, and so may any loop of one's own around a ``LogicNet``.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import torch

from lilogic.errors import RecipeError
from lilogic.graph import GateGraph
from lilogic.learn import schedule
from lilogic.learn.net.arrangement import Taps
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.nodes import NodeLayer
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.wires import Gains, TopKConnect
from lilogic.learn.recipe import TrainRecipe
from lilogic.learn.world import World


class Annealing:
    """The schedule that turns a soft network into a hard one, step by step.

    Softmaxes sharpen, wires regrow and narrow, and layers harden, as the settings say. Put each
    training step, that is forward pass, backward pass and optimizer step, between ``begin_step``
    and ``end_step``. You set the learning rate yourself.

    Args:
        net: The network, possibly a part of a larger one.
        optimizer: The optimizer, with all parameters of the network. Its state, such as Adam's
            moments, follows the candidates as they are replaced and narrowed.
        settings: Training settings of a recipe: ``epochs``, ``sharpen_*``, ``grow_*``, ``narrow``
            and ``harden``.
        steps: Steps per epoch.
        done: Steps done before, to resume a training.
        world: Processes that train together. Default: this one.

    Attributes:
        done: Number of steps begun.

    Raises:
        RecipeError: The optimizer lacks parameters of the network, or an epoch has no steps.
    """

    def __init__(
        self,
        net: LogicNet,
        optimizer: torch.optim.Optimizer,
        settings: TrainRecipe,
        steps: int,
        done: int = 0,
        world: World | None = None,
    ) -> None:
        if steps < 1:
            raise RecipeError(f"an epoch has {steps} steps, but must have at least 1")
        self.net, self.optimizer, self.settings = net, optimizer, settings
        self.steps, self.done, self.world = steps, done, world or World()
        known = {id(each) for group in optimizer.param_groups for each in group["params"]}
        unknown = [name for name, each in net.named_parameters() if id(each) not in known]
        if unknown:
            raise RecipeError(
                f"the optimizer does not have the network's {unknown[0]}; "
                "make it after the network's state is loaded, of net.parameters()"
            )
        self._set(self.now)

    @property
    def now(self) -> float:
        """Time after the steps done: 0 at the start, 1 after the epochs of the settings."""
        return schedule.time_at(self.settings, self.done / self.steps)

    def begin_step(self) -> None:
        """Sharpen, narrow and harden; call this before a forward pass."""
        self.done += 1
        self._set(self.now)
        is_due = self.done % self.settings.grow_every == 0 and bool(self._growing(self.now))
        self.net.taps = [] if is_due else None

    def end_step(self) -> None:
        """Regrow candidates when due; call this after a step of the optimizer."""
        taps, self.net.taps = self.net.taps, None
        if taps:
            self._regrow(taps)

    def sharpness_at(self, now: float) -> list[Sharpness]:
        """Return the sharpness of each layer at time ``now``."""
        return [schedule.sharpness_at(self.settings, clock) for clock in self._clocks(now)]

    def narrow(self, now: float) -> None:
        """Prune wires to the number of candidates that the settings give at time ``now``."""
        for stage, clock in zip(self.net.stages, self._clocks(now), strict=True):
            passed = [k for time, k in self.settings.narrow if time <= clock]
            for layer in stage:
                if passed and isinstance(layer, NodeLayer):
                    self._prune(layer.connect, min(passed))

    def redraw(self, graph: GateGraph) -> None:
        """Redraw gates that repeat others, or are dead in ``graph``, the frozen network."""
        growing, end = self._growing(self.now), graph.n_inputs
        for layer in itertools.chain(*self.net.stages):
            alive = graph.alive[end : end + layer.n_unrolled]
            end += layer.n_unrolled
            if not isinstance(layer, NodeLayer) or layer.connect not in growing:
                continue
            is_dead = torch.from_numpy(~alive.reshape(layer.n_nodes, -1).any(1))
            which = is_dead | layer.repeated()
            layer.redraw(which)
            for moment in self._moments(layer.logits):
                moment[which] = 0.0
            for moment in self._moments(layer.connect.logits):
                moment[:, which] = 0.0

    def _set(self, now: float) -> None:
        self.narrow(now)
        self.net.harden(schedule.hard_layers(self.settings, now))
        self.net.sharpness = self.sharpness_at(now)

    def _clocks(self, now: float) -> list[float]:
        """The own time of each of the recipe's layers at time ``now``."""
        return [schedule.clock(self.settings, now, layer) for layer in range(len(self.net.stages))]

    def _growing(self, now: float) -> set[TopKConnect]:
        """The wires that regrow at time ``now``."""
        return {
            layer.connect
            for stage, clock in zip(self.net.stages, self._clocks(now), strict=True)
            for layer in stage
            if clock < self.settings.grow_until and isinstance(layer, NodeLayer)
        }

    def _regrow(self, taps: Taps) -> None:
        """Replace the weakest candidates; what the optimizer knew of them is forgotten."""
        growing = self._growing(self.now)
        gains: dict[TopKConnect, list[Gains]] = {}
        for connect, of_pass in taps:
            gains.setdefault(connect, []).append(of_pass)
        for connect, each in gains.items():
            if connect not in growing:
                continue
            # Where rows are few, enough of them are no candidates yet.
            count = max(self.settings.grow_rows * connect.n_inputs, 2 * connect.logits.shape[-1])
            device = connect.logits.device
            rows = torch.randperm(connect.n_inputs, device=device)[: math.ceil(count)]
            gain = _summed(each, self.world)
            replaced = connect.regrow(gain, self.settings.grow_share, rows)
            if replaced is not None:
                for moment in self._moments(connect.logits):
                    moment.scatter_(-1, replaced, 0.0)

    def _prune(self, connect: TopKConnect, k: int) -> None:
        """Leave the wires ``k`` candidates, and the optimizer what it knew of them."""
        before = connect.logits
        kept = connect.prune(k)
        if kept is None:
            return
        for group in self.optimizer.param_groups:
            group["params"] = [
                connect.logits if each is before else each for each in group["params"]
            ]
        state = self.optimizer.state.pop(before, None)
        if state is not None:
            self.optimizer.state[connect.logits] = {
                name: value.gather(-1, kept) if _is_like(value, before) else value
                for name, value in state.items()
            }

    def _moments(self, parameter: torch.nn.Parameter) -> list[torch.Tensor]:
        """What the optimizer remembers of each entry of a parameter."""
        state = self.optimizer.state.get(parameter, {})
        return [value for value in state.values() if _is_like(value, parameter)]


def _summed(gains: Sequence[Gains], world: World) -> Gains:
    """What rows would gain in all of several passes, of all processes."""

    def summed(nodes: slice, rows: torch.Tensor) -> torch.Tensor:
        total = functools.reduce(torch.add, [one(nodes, rows) for one in gains])
        world.add([total])
        return total

    return summed


def _is_like(value: object, parameter: torch.nn.Parameter) -> bool:
    return isinstance(value, torch.Tensor) and value.shape == parameter.shape
