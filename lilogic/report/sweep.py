"""Sweeps: which trial is best, as a table, as CSV, and as a picture."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from lilogic.files import replacing
from lilogic.report.models.sweep import SweepReport, Trial, TrialNetwork
from lilogic.report.training import spread

_INK, _PAPER = "#22303c", "#ffffff"
_TRIAL, _FRONT, _BEST = "#8ecae6", "#219ebc", "#fb8500"
_COLUMNS = 3
_NAMED = 6
"""Up to how many different numbers have places side by side."""

_LOGARITHMIC = 20
"""From which ratio of the largest to the smallest number an axis is logarithmic."""


def trial(
    number: int,
    setting: dict[str, Any],
    networks: Sequence[TrialNetwork] = (),
    error: str | None = None,
) -> Trial:
    """A trial and the means of its networks."""
    costs = [each.cost for each in networks if each.cost is not None]
    return Trial(
        number=number,
        setting=setting,
        networks=tuple(networks),
        validation=spread([each.validation for each in networks]) if networks else None,
        gates=fmean(each.gates for each in networks) if networks else None,
        cost=fmean(costs) if costs else None,
        error=error,
    )


def best(trials: Sequence[Trial]) -> Trial:
    """The trial that is best on the validation split; of equals the smallest, then the first."""
    return min((each for each in trials if each.networks), key=_rank)


def best_network(trial: Trial) -> TrialNetwork:
    """The trial's network that is best on the validation split; of equals the first."""
    return max(trial.networks, key=lambda each: each.validation)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """The best trial first, those that could not be trained last."""
    return sorted(trials, key=_rank)


def with_front(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials, which know whether they are on the front of accuracy against size."""
    on_front, smallest = set(), float("inf")
    for each in ranked(trials):
        if each.networks and each.size < smallest:
            on_front.add(each.number)
            smallest = each.size
    return tuple(each.model_copy(update={"on_front": each.number in on_front}) for each in trials)


def _rank(trial: Trial) -> tuple[float, float, int]:
    accuracy = -1.0 if trial.validation is None else trial.validation.mean
    return -accuracy, trial.size, trial.number


def headings(report: SweepReport) -> list[str]:
    """Of the columns of ``rows``."""
    cost = [] if report.unit is None else [report.unit]
    return ["trial", *report.trials[0].setting, "validation", "gates", *cost]


def rows(report: SweepReport) -> list[list[str]]:
    """A row of text for each trial, the best one first; a star marks the front."""
    return [_row(each, report) for each in ranked(report.trials)]


def _row(trial: Trial, report: SweepReport) -> list[str]:
    begin = [f"{trial.number}{' *' * trial.on_front}", *map(text, trial.setting.values())]
    if trial.validation is None:
        return [*begin, f"failed: {trial.error}", *[""] * (1 + (report.unit is not None))]
    cost = [] if report.unit is None else [f"{trial.cost:,.0f}"]
    return [*begin, accuracy_text(trial), f"{trial.gates:,.0f}", *cost]


def accuracy_text(trial: Trial) -> str:
    """The accuracy on the validation split; of several networks their mean and deviation."""
    assert trial.validation is not None
    mean, deviation = trial.validation.mean, trial.validation.deviation
    if len(trial.networks) == 1:
        return f"{mean:.2%}"
    return f"{100 * mean:.2f} ± {100 * deviation:.2f} %"


def text(value: Any) -> str:
    """A value of a setting, as short as people want to read it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def verdict(report: SweepReport) -> str:
    """A line about the best trial; the star of ``rows`` is explained."""
    test = "no test split" if report.test is None else f"test accuracy {report.test:.2%}"
    against = "gates" if report.target is None else f"{report.unit} on {report.target}"
    return (
        f"{report.name}: trial {report.best} is the best on the validation split; its network is "
        f"{report.network}, {test} (* marks the Pareto front of accuracy and {against})"
    )


def as_csv(report: SweepReport) -> str:
    """A line for each trial, in full precision, after one of headings."""
    keys = [*report.trials[0].setting]
    figures = ("validation", "deviation", "gates", "cost", "on_front", "best", "error")
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(["trial", *keys, *figures])
    for each in report.trials:
        values = [each.setting[key] for key in keys]
        spread_ = each.validation
        writer.writerow(
            [
                each.number,
                *(
                    json.dumps(value) if isinstance(value, list | dict) else value
                    for value in values
                ),
                "" if spread_ is None else spread_.mean,
                "" if spread_ is None else spread_.deviation,
                each.gates,
                each.cost,
                int(each.on_front),
                int(each.number == report.best),
                each.error,
            ]
        )
    return made.getvalue()


def draw(report: SweepReport, path: Path) -> None:
    """Write a PNG: accuracy over size, and over each key of the settings.

    Raises:
        LilogicError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    trained = [each for each in report.trials if each.networks]
    keys = [*report.trials[0].setting]
    count = 1 + len(keys)
    columns = 2 if count in (2, 4) else min(count, _COLUMNS)
    lines = -(-count // columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * lines), layout="constrained", facecolor=_PAPER)
    panels = [*figure.subplots(lines, columns, squeeze=False).flat]
    _draw_front(panels[0], report, trained)
    for axes, key in zip(panels[1:], keys, strict=False):
        _draw_key(axes, report, trained, key)
    for axes in panels[count:]:
        axes.axis("off")
    figure.suptitle(
        f"{report.name}: validation accuracy of {len(trained)} trials",
        x=0.01,
        ha="left",
        color=_INK,
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _draw_front(axes: Any, report: SweepReport, trained: Sequence[Trial]) -> None:
    _draw_trials(axes, report, trained, [each.size for each in trained])
    front = sorted((each for each in trained if each.on_front), key=lambda each: each.size)
    axes.plot(
        [each.size for each in front], [*map(_percent, front)], color=_FRONT, zorder=1, linewidth=1
    )
    unit = "gates, simplified"
    if report.unit is not None:
        unit = f"{report.unit} on {report.target}, {'mapped' if report.mapped else 'estimated'}"
    axes.set_xlabel(unit)
    axes.set_ylabel("validation accuracy, %")
    _scale(axes, [each.size for each in trained])


def _draw_key(axes: Any, report: SweepReport, trained: Sequence[Trial], key: str) -> None:
    values = [each.setting[key] for each in trained]
    axes.set_xlabel(key)
    are_numbers = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )
    tried = [each.setting[key] for each in report.trials]
    named = [*dict.fromkeys(map(text, sorted(tried) if are_numbers else tried))]
    if are_numbers and len(named) > _NAMED:
        _draw_trials(axes, report, trained, values)
        _scale(axes, values)
        return
    _draw_trials(axes, report, trained, [named.index(text(value)) for value in values])
    axes.set_xticks(range(len(named)), named, rotation=20 if max(map(len, named)) > 8 else 0)
    axes.set_xlim(-0.5, len(named) - 0.5)


def _draw_trials(
    axes: Any, report: SweepReport, trained: Sequence[Trial], places: Sequence[float]
) -> None:
    """A dot for each trial, with its networks' deviation; the front and the best one stand out."""
    for each, place in zip(trained, places, strict=True):
        assert each.validation is not None
        is_best = each.number == report.best
        color = _BEST if is_best else _FRONT if each.on_front else _TRIAL
        deviation = 100 * each.validation.deviation or None
        axes.errorbar(
            place, _percent(each), deviation, fmt="o", color=color, capsize=2, zorder=2 + is_best
        )
    axes.grid(alpha=0.3)


def _scale(axes: Any, values: Sequence[float]) -> None:
    if min(values) > 0 and max(values) >= _LOGARITHMIC * min(values):
        axes.set_xscale("log")


def _percent(trial: Trial) -> float:
    assert trial.validation is not None
    return 100 * trial.validation.mean
