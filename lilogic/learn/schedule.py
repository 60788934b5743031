"""What changes over the time of a training: learning rate, sharpness, and when it ends.

Time is 0 at the start and 1 after the recipe's epochs, also during those that it adds to them.
Everything follows from the recipe, the time and the epochs' results, so a resumed training goes on
as one that was never interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lilogic.learn.metrics import Epoch
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.recipe import TrainRecipe

_EXTRA_PACE = 0.1
_SHARPEST = math.log(1e6)
"""Beyond this, a softmax is hard, and logits times the factor would overflow in the end."""


def is_finished(settings: TrainRecipe, history: Sequence[Epoch]) -> bool:
    """Whether training ends after these epochs; depends on nothing else, so resuming is safe.

    It ends after the planned epochs or when patience runs out, but only where freezing costs at
    most ``max_gap``, so that what is frozen is as good as what was trained; else it goes on until
    the extra epochs are used up.
    """
    done = len(history)
    if done >= settings.planned_epochs + settings.max_extra_epochs:
        return True
    if not history or history[-1].gap > settings.max_gap:
        return False
    return done >= settings.planned_epochs or _is_patience_over(settings.patience, history)


def _is_patience_over(patience: int, history: Sequence[Epoch]) -> bool:
    """Whether the best frozen validation accuracy is ``patience`` epochs old; never for 0."""
    accuracies = [entry.validation_frozen for entry in history]
    age = len(accuracies) - 1 - accuracies.index(max(accuracies))
    return 0 < patience <= age


def time_at(settings: TrainRecipe, epochs: float) -> float:
    """Time after so many epochs: 1 at the end, and beyond it, and faster, in extra epochs."""
    extra = max(0.0, epochs - settings.planned_epochs)
    return min(1.0, epochs / settings.epochs) + extra * max(1 / settings.epochs, _EXTRA_PACE)


def clock(settings: TrainRecipe, now: float, layer: int) -> float:
    """A layer's own time at time ``now``, counted from 0: 1 when it becomes hard, if it does."""
    return now / settings.harden[layer] if layer < len(settings.harden) else now


def hard_layers(settings: TrainRecipe, now: float) -> int:
    """How many layers, from the first, are hard at time ``now``."""
    return sum(time <= now for time in settings.harden)


def sharpness_at(settings: TrainRecipe, now: float) -> Sharpness:
    """Sharpness at a layer's time: annealed from 1 to the recipe's, and on in extra epochs."""
    final = (settings.sharpen_connections, settings.sharpen_gates)
    logs = [min(math.log(factor) * now**settings.sharpen_power, _SHARPEST) for factor in final]
    return Sharpness(*map(math.exp, logs))


def learning_rate_at(settings: TrainRecipe, now: float) -> float:
    """Learning rate at time ``now``: half a cosine from the first to the final one, which stays."""
    first, final = settings.learning_rate, settings.final_learning_rate
    return final + (first - final) * (1 + math.cos(math.pi * min(now, 1.0))) / 2
