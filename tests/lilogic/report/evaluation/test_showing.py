"""Tables, pages and pictures of evaluations."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from lilogic.report.evaluation import figures, page, plots, sections
from lilogic.report.models.evaluation import Evaluation, EvaluationReport

DOCS = Path(__file__).parents[4] / "docs" / "how-to" / "evaluate.md"
NAME = "<b>a|b</b> $x$ [red]"


def evaluation(classes: int, temperature: float | None = 2.0, samples: int = 200) -> Evaluation:
    """Of random scores; one class has a name that no output may take for anything but a name."""
    generator = np.random.default_rng(classes)
    labels = generator.integers(0, classes, samples)
    scores = generator.integers(0, 9, (samples, classes)).astype(np.int32)
    scores[np.arange(samples), labels] += 3
    names = [NAME, *(f"class {number}" for number in range(1, classes))]
    return figures.evaluate(scores, labels, names, temperature)


def report(test: Evaluation) -> EvaluationReport:
    return EvaluationReport(
        model=NAME,
        version="1",
        gates=5,
        dataset="data",
        is_trained_data=False,
        test_samples=test.samples,
        test_frozen=test.accuracy,
        train_frozen=0.5,
        recorded={"test_soft": 0.25},
        test=test,
    )


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("classes", "temperature"), [(1, None), (2, 2.0), (30, None)])
def test_a_page_shows_everything_escapes_names_and_loads_nothing(
    classes: int, temperature: float | None
) -> None:
    made = report(evaluation(classes, temperature))
    found = Page(page.html(made))
    assert (found.tags.count("svg"), found.tags.count("b")) == (1, 0)
    assert all(link.startswith("#") for link in found.links)
    for section in sections.of_report(made, is_page=True):
        assert section.title in found.text
        for row in section.rows:
            assert len(row) == len(section.columns)
            assert all(cell in found.text for cell in row)
    assert ("Rows: " in found.text) == (classes <= 20)
    assert (("Reliability" in found.text), "ROC of" in found.text) == (
        temperature is not None,
        classes == 2,
    )
    assert page.html(made) == page.html(made)


def test_many_classes_are_the_worst_on_the_terminal_and_all_on_a_page() -> None:
    test = evaluation(30)
    _, classes = sections.of_figures(test)
    recalls = sorted(each.recall for each in test.classes if each.recall is not None)
    assert [row[2] for row in classes.rows] == [f"{recall:.2%}" for recall in recalls[:20]]
    assert classes.text == "20 of 30 classes, lowest recall first"
    _, every = sections.of_figures(test, is_page=True)
    assert [row[0] for row in every.rows] == [each.name for each in test.classes]


def test_rows_say_what_is_known() -> None:
    rows = dict(next(iter(sections.of_report(report(evaluation(2))))).rows)
    assert rows["data set"] == "data (not the training data)"
    assert rows["soft accuracy (test, recorded)"] == "25.00%"
    assert rows["frozen accuracy (train)"] == "50.00%"
    assert " to " in rows["95% interval (test)"]
    assert rows["log loss"].endswith("of softmax(scores / 2)")
    assert rows["ROC AUC"].endswith("(for class 1)")
    assert {"ROC AUC", "log loss"}.isdisjoint(
        dict(next(iter(sections.of_figures(evaluation(3, None)))).rows)
    )


def test_it_shows_itself_in_notebooks_and_on_terminals() -> None:
    test = evaluation(3)
    found = Page(test._repr_html_())
    assert (found.tags.count("table"), found.tags.count("b")) == (3, 0)
    assert NAME in found.text
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(test)
    text = console.export_text()
    assert NAME in text
    assert "balanced accuracy" in text


def test_a_picture_has_a_panel_for_each_thing_that_is_known() -> None:
    for classes, temperature, panels in ((2, 1.0, 3), (3, 1.0, 2), (3, None, 1), (40, 1.0, 2)):
        axes = plots.figure(evaluation(classes, temperature)).axes
        assert len(axes) == panels + 1  # the bar of the colours
        numbers = [text.get_text() for text in axes[0].texts]
        assert bool(numbers) == (classes <= 20)


def test_json_is_the_same_after_a_round_trip() -> None:
    for made in (report(evaluation(2)), report(evaluation(5, None))):
        assert EvaluationReport.model_validate(made.to_json()) == made


def test_the_documentation_is_true() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text("utf-8"), re.M | re.S)
    exec(compile(example, str(DOCS), "exec"), {})
