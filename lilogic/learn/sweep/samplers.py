"""Samplers: which settings a sweep tries next.

What they suggest depends on nothing but the space and what earlier trials gave. So a sweep that was
killed asks again from the first trial on, is told what is known of each, and goes on as it would
have.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lilogic.extras import needs
from lilogic.learn.sweep.space import Range, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

Setting = dict[str, Any]
"""Values by key of a recipe."""

Outcome = Sequence[float] | None
"""Accuracy, to be high, and where the space has a target cost, to be low; None of a trial that
could not be trained."""


def run(space: Space, train: Callable[[Sequence[Setting]], Sequence[Outcome]]) -> None:
    """Try all settings of a sweep.

    Args:
        space: what they are of.
        train: is given, in order, settings that may be tried at once; returns what each gave.

    Raises:
        MissingExtraError: Optuna is needed, but not installed.
    """
    if space.sampler == "grid":
        train(_grid(space))
        return
    assert space.trials is not None
    with needs("ray", "optuna"):
        import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    towards = optuna.study.StudyDirection
    directions = [towards.MAXIMIZE, *[towards.MINIMIZE] * (space.target is not None)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(directions=directions, sampler=_sampler(space))
    distributions = {key: _distribution(values) for key, values in space.space.items()}
    # What is drawn at random depends on no results.
    batch = space.trials if space.sampler == "random" else space.batch
    for first in range(0, space.trials, batch):
        asked = [study.ask(distributions) for _ in range(min(batch, space.trials - first))]
        outcomes = train([_setting(space, trial.params) for trial in asked])
        for trial, outcome in zip(asked, outcomes, strict=True):
            if outcome is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, list(outcome))


def _grid(space: Space) -> list[Setting]:
    """All values with all others; those of the last key change fastest."""
    return [dict(zip(space.space, row, strict=True)) for row in itertools.product(*space.columns)]


def _sampler(space: Space) -> BaseSampler:
    from optuna import samplers

    match space.sampler:
        case "tpe":
            # Settings of one batch keep away from each other.
            return samplers.TPESampler(seed=space.seed, constant_liar=True)
        case "nsga2":
            return samplers.NSGAIISampler(seed=space.seed, population_size=space.batch)
        case _:
            return samplers.RandomSampler(seed=space.seed)


def _distribution(values: list[Any] | Range) -> BaseDistribution:
    """What Optuna draws of: of a list the place, as values may be lists themselves."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if not isinstance(values, Range):
        return CategoricalDistribution(range(len(values)))
    if values.is_whole:
        return IntDistribution(
            int(values.low), int(values.high), log=values.log, step=int(values.step or 1)
        )
    return FloatDistribution(values.low, values.high, log=values.log, step=values.step)


def _setting(space: Space, drawn: Mapping[str, Any]) -> Setting:
    return {
        key: drawn[key] if isinstance(values, Range) else values[drawn[key]]
        for key, values in space.space.items()
    }
