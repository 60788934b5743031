"""An evaluation as sections of a page, which the terminal shows as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lilogic.report.pages import Section

if TYPE_CHECKING:
    from lilogic.report.models.evaluation import ClassFigures, Evaluation, EvaluationReport
    from lilogic.report.tables import Row

SHOWN = 20
"""Up to so many classes, all are shown; of more, on the terminal those with the lowest recall."""

_CONFUSED = 12
"""Up to so many classes, the confusion matrix is a table on the terminal, too."""


def of_report(report: EvaluationReport, *, is_page: bool = False) -> Iterator[Section]:
    """All that a report says, in order; a page has room for more classes."""
    rows = [
        ("data set", report.dataset + " (not the training data)" * (not report.is_trained_data)),
        ("gates", f"{report.gates:,}"),
    ]
    if report.train_frozen is not None:
        rows.append(("frozen accuracy (train)", f"{report.train_frozen:.2%}"))
    if "test_soft" in report.recorded:
        rows.append(("soft accuracy (test, recorded)", f"{report.recorded['test_soft']:.2%}"))
    summary, *rest = of_figures(report.test, is_page=is_page)
    yield replace(summary, rows=[*rows, *summary.rows])
    yield from rest


def of_figures(figures: Evaluation, *, is_page: bool = False) -> Iterator[Section]:
    """The figures, in order."""
    yield Section("", "", ("", ""), [*_rows(figures)])
    yield _classes(figures, is_page)
    if len(figures.classes) <= (SHOWN if is_page else _CONFUSED):
        yield _confusion(figures)


def _rows(figures: Evaluation) -> Iterator[Row]:
    yield "test samples", f"{figures.samples:,}"
    yield "frozen accuracy (test)", f"{figures.accuracy:.2%}"
    yield "95% interval (test)", str(figures.interval)
    yield "balanced accuracy (test)", f"{figures.balanced_accuracy:.2%}"
    largest = max(figures.classes, key=lambda each: each.support).name
    yield "majority-class baseline", f"{figures.largest_class:.2%} ({largest})"
    share = figures.ties / figures.samples
    noun = "sample" if figures.ties == 1 else "samples"
    yield (
        "ties at the top",
        f"{figures.ties:,} {noun} ({share:.2%}); the first class wins",
    )
    if figures.roc is not None:
        yield "ROC AUC", f"{figures.roc.auc:.4f} (for {figures.roc.positive})"
    if figures.calibration is not None:
        made = figures.calibration
        yield "log loss", f"{made.log_loss:.4f}, of softmax(scores / {made.temperature:g})"
        yield "expected calibration error", f"{made.expected_error:.2%}"


def _classes(figures: Evaluation, is_page: bool) -> Section:
    order = list(range(len(figures.classes)))
    text = ""
    if len(order) > SHOWN and not is_page:
        known = [number for number in order if figures.classes[number].recall is not None]
        order = sorted(known, key=lambda number: figures.classes[number].recall or 0.0)[:SHOWN]
        text = f"{len(order)} of {len(figures.classes):,} classes, lowest recall first"
    columns = ("class", "support", "recall", "precision", "F1", "most often confused with")
    return Section("Classes", text, columns, [_class_row(figures, number) for number in order])


def _class_row(figures: Evaluation, number: int) -> tuple[str, ...]:
    one: ClassFigures = figures.classes[number]
    wrong = np.array(figures.confusion[number])
    wrong[number] = 0
    other = int(wrong.argmax())
    taken = f"{figures.classes[other].name} ({wrong[other]:,})" if wrong[other] else ""
    fractions = ("" if each is None else f"{each:.2%}" for each in (one.recall, one.precision))
    f1 = "" if one.f1 is None else f"{one.f1:.4f}"
    return one.name, f"{one.support:,}", *fractions, f1, taken


def _confusion(figures: Evaluation) -> Section:
    names = [each.name for each in figures.classes]
    numbers = [*map(str, range(len(names)))]
    labels = names if names == numbers else [*map("{} {}".format, numbers, names)]
    return Section(
        "Confusion",
        "Rows: true class; columns: predicted class.",
        ("class", *numbers),
        [
            (label, *(f"{count:,}" if count else "·" for count in row))
            for label, row in zip(labels, figures.confusion, strict=True)
        ],
    )
