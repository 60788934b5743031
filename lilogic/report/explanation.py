"""An explanation as tables, text and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lilogic.errors import DataError
from lilogic.extras import needs
from lilogic.files import replacing
from lilogic.report import plots
from lilogic.report.drawing import Picture
from lilogic.report.pages import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lilogic.report.models.explanation import (
        Basis,
        Explanation,
        Feature,
        Formula,
        Importance,
    )

Each = TypeVar("Each", bound="Importance")

_INK, _PAPER, _BAR = "#22303c", "#ffffff", "#219ebc"

_TOP = 20
"""Bars of a picture."""

_LISTED = 5
"""Features, and conditions of each class, in a notebook's tables."""

_SHOWN_CLASSES = 20
"""Classes of a picture, at most."""


def basis_text(basis: Basis) -> str:
    """What importance was measured on, and how often that was right."""
    if basis.is_random:
        return f"{basis.samples:,} samples of random bits, because no data set is given or recorded"
    of = f" of {basis.dataset}" if basis.dataset else ""
    right = f", accuracy {basis.accuracy:.1%}" if basis.accuracy is not None else ""
    return (
        f"{basis.samples:,} test samples{of}{right}" if of else f"{basis.samples:,} samples{right}"
    )


def feature_columns(explanation: Explanation) -> tuple[str, ...]:
    """The headings of ``feature_rows``."""
    lost = ("accuracy lost if shuffled",) if _has_lost(explanation) else ()
    return ("feature", "score change", "decides", *lost, "most important for")


def feature_rows(explanation: Explanation, class_: int | None, top: int) -> list[tuple[str, ...]]:
    """The features that matter most, for all classes or for one."""
    found = _best(explanation.features, class_, top)
    return [_feature_row(explanation, feature, class_) for feature in found]


def _feature_row(explanation: Explanation, feature: Feature, class_: int | None) -> tuple[str, ...]:
    lost = feature.accuracy_lost
    shuffled: tuple[str, ...] = ()
    if lost is not None:
        deviation = f" ± {100 * lost.deviation:.1f}" if lost.deviation is not None else ""
        shuffled = (f"{100 * lost.mean:.1f}{deviation}%",)
    return (
        feature.name,
        f"{_weight(feature, class_):.2f}",
        f"{feature.decides:.1%}",
        *shuffled,
        explanation.classes[int(np.argmax(feature.change))],
    )


def _has_lost(explanation: Explanation) -> bool:
    return any(feature.accuracy_lost is not None for feature in explanation.features)


CONDITION_COLUMNS = ("class", "condition", "score change", "effect on score")
"""The headings of ``condition_rows``."""


def condition_rows(explanation: Explanation, class_: int | None, top: int) -> list[tuple[str, ...]]:
    """For each class, or one, the conditions that change its score most."""
    classes = range(len(explanation.classes)) if class_ is None else [class_]
    return [
        (
            explanation.classes[number] if place == 0 else "",
            condition.text,
            f"{condition.change[number]:.2f}",
            f"{condition.effect[number]:+.2f}",
        )
        for number in classes
        for place, condition in enumerate(_best(explanation.conditions, number, top))
    ]


def _best(each: Sequence[Each], class_: int | None, top: int) -> list[Each]:
    """Those that change scores most, and do at all."""
    ranked = sorted(each, key=lambda one: -_weight(one, class_))
    return [one for one in ranked[:top] if _weight(one, class_) > 0]


def _weight(one: Importance, class_: int | None) -> float:
    """By how much it changes the score of a class, or of all classes together."""
    return sum(one.change) if class_ is None else one.change[class_]


def sections(explanation: Explanation) -> Iterator[Section]:
    """The features that matter most and, for each class, the conditions that do."""
    title = f"{explanation.name}, on {basis_text(explanation.basis)}"
    rows = feature_rows(explanation, None, _LISTED)
    yield Section(title, "", feature_columns(explanation), rows)
    conditions = condition_rows(explanation, None, _LISTED)
    yield Section("conditions", "", CONDITION_COLUMNS, conditions, is_words=True)


def formula_lines(formula: Formula) -> Iterator[str]:
    """The formula, a term a line."""
    for score in formula.scores:
        yield f"score of {score.name}: {score.offset}"
        for term in score.terms:
            yield f"  + {term.weight} if {term.text}"
    if formula.parts:
        yield "where"
        yield from (f"  {part.name}: {part.text}" for part in formula.parts)


def written(formula: Formula) -> int:
    """How many terms and parts there are."""
    return len(formula.parts) + sum(len(score.terms) for score in formula.scores)


def draw(explanation: Explanation, path: Path, class_: int | None = None) -> None:
    """Write a picture: a heat map of an image's pixels for each class, else bars of features.

    Args:
        explanation: what is shown.
        path: whose suffix is one of the formats of ``plots.picture``.
        class_: the class to show alone; None for all.

    Raises:
        LilogicError: the file cannot be written.
    """
    with replacing(path) as temporary:
        _figure(explanation, class_).savefig(temporary, dpi=120)


def picture(explanation: Explanation, class_name: str | None = None) -> Picture:
    """The same as a drawing of all classes, or of the one called ``class_name``.

    Raises:
        DataError: there is no such class.
    """
    names = explanation.classes
    if class_name is not None and class_name not in names:
        raise DataError(f"there is no class {class_name!r}; there are {', '.join(names)}")
    class_ = None if class_name is None else names.index(class_name)
    what = "pixel" if explanation.image is not None else "feature"
    title = f"{explanation.name}: by how much each {what} changes the scores of classes"
    return Picture(plots.as_svg(_figure(explanation, class_), title))


def _figure(explanation: Explanation, class_: int | None) -> Figure:
    with needs("plots", "matplotlib"):
        from matplotlib.figure import Figure

    figure = Figure(layout="constrained", facecolor=_PAPER)
    if explanation.image is not None:
        _draw_images(figure, explanation, explanation.image, class_)
    else:
        _draw_bars(figure, explanation, class_)
    figure.suptitle(
        f"{explanation.name}, on {basis_text(explanation.basis)}", fontsize=11, color=_INK
    )
    return figure


def _draw_images(
    figure: Any, explanation: Explanation, shape: tuple[int, int], class_: int | None
) -> None:
    """How much each pixel changes scores, and for which classes high values speak."""
    shown = _shown(explanation, class_)
    columns = min(4, len(shown) + 1)
    rows = -(-(len(shown) + 1) // columns)
    figure.set_size_inches(2.6 * columns + 0.8, 2.5 * rows + 0.6)
    axes = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    change = np.array([_weight(feature, class_) for feature in explanation.features])
    image = axes[0].imshow(change.reshape(shape), cmap="magma")
    axes[0].set_title("score change", fontsize=9, color=_INK)
    figure.colorbar(image, ax=axes[0], shrink=0.8)
    effects = np.array([feature.effect for feature in explanation.features])[:, shown]
    most = float(np.abs(effects).max(initial=0)) or 1.0
    for place, number in enumerate(shown, 1):
        image = axes[place].imshow(
            effects[:, place - 1].reshape(shape), cmap="RdBu", vmin=-most, vmax=most
        )
        axes[place].set_title(f"effect on {explanation.classes[number]}", fontsize=9, color=_INK)
    figure.colorbar(
        image, ax=axes[1:], shrink=0.8, label="high values count for (blue) or against (red)"
    )
    for each in axes:
        each.set_xticks([])
        each.set_yticks([])
    for each in axes[len(shown) + 1 :]:
        each.axis("off")


def _draw_bars(figure: Any, explanation: Explanation, class_: int | None) -> None:
    """The best features: how much each changes scores, and what accuracy loses without it."""
    features = _best(explanation.features, class_, _TOP)
    has_lost = any(feature.accuracy_lost is not None for feature in features)
    figure.set_size_inches(9 if has_lost else 6, 0.28 * len(features) + 2.2)
    left, *right = np.atleast_1d(figure.subplots(1, 1 + has_lost, sharey=True))
    at = np.arange(len(features))
    _draw_changes(left, explanation, features, class_)
    left.set_yticks(at, [feature.name for feature in features])
    left.invert_yaxis()
    for axes in right:
        losses = [feature.accuracy_lost for feature in features]
        means = [100 * loss.mean for loss in losses if loss is not None]
        errors = [100 * (loss.deviation or 0.0) for loss in losses if loss is not None]
        axes.barh(at, means, xerr=errors, color=_BAR, ecolor=_INK, capsize=2)
        axes.set_title("accuracy lost if shuffled (points)", fontsize=9, color=_INK)
        axes.grid(axis="x", alpha=0.3)


def _draw_changes(
    axes: Any, explanation: Explanation, features: Sequence[Feature], class_: int | None
) -> None:
    """Bars of how much each feature changes scores, a piece for each class."""
    import matplotlib

    shown = _shown(explanation, class_)
    colours = matplotlib.colormaps["tab10" if len(explanation.classes) <= 10 else "tab20"]
    base = np.zeros(len(features))
    for number in shown:
        widths = np.array([feature.change[number] for feature in features])
        axes.barh(
            np.arange(len(features)), widths, left=base, color=colours(number % colours.N),
            label=explanation.classes[number],
        )  # fmt: skip
        base += widths
    axes.legend(fontsize=8, frameon=False, title="class", title_fontsize=8)
    axes.set_title("score change", fontsize=9, color=_INK)
    axes.grid(axis="x", alpha=0.3)


def _shown(explanation: Explanation, class_: int | None) -> list[int]:
    """The classes of a picture."""
    if class_ is not None:
        return [class_]
    return [*range(len(explanation.classes))][:_SHOWN_CLASSES]
