"""Reports and drawings show themselves in notebooks, and with rich."""

import io

import pytest
from rich.console import Console

import lilogic
from lilogic.errors import DataError, LilogicError
from lilogic.report import schemas
from lilogic.report.drawing import Picture
from lilogic.report.models.base import Shown
from lilogic.report.pages import Section, html_tables

MODEL = lilogic.load("wine")


def printed(report):
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(report)
    return console.export_text()


def test_an_estimate_shows_its_parts():
    cost = lilogic.estimate(MODEL, "ice40")
    for text in (cost._repr_html_(), printed(cost)):
        assert "wine on ice40" in text
        assert f"{cost.total:,}" in text


def test_an_explanation_shows_tables_a_picture_and_a_formula():
    explanation = MODEL.explain(samples=20, repeats=2, progress=False)
    for text in (explanation._repr_html_(), printed(explanation)):
        assert "flavanoids" in text
        assert "conditions" in text
    assert str(explanation.formula).startswith("score of class_0: ")
    assert "by how much each feature changes" in explanation.draw().alt
    assert "class_0" not in explanation.draw("class_1").svg
    with pytest.raises(DataError, match="there is no class 'class_9'; there are class_0, "):
        explanation.draw("class_9")


def test_every_report_that_shows_itself_has_tables():
    shown = [report for report in schemas.SCHEMAS.values() if issubclass(report, Shown)]
    assert {"Verification", "BoardReport"} <= {report.__name__ for report in shown}
    assert all("tables" in vars(report) for report in shown)


def test_numbers_end_at_the_right_and_names_are_escaped():
    words = Section("<b>", "a & b", ("", ""), [("label", "1\n2")])
    numbers = Section("", "", ("part", "LUTs"), [("gates", "7")])
    html = html_tables([words, numbers])
    assert "<caption>&lt;b&gt;</caption>" in html
    assert "<p>a &amp; b</p>" in html
    assert '<td style="text-align:left">1<br>2</td>' in html
    assert '<td style="text-align:right">7</td>' in html


def test_a_picture_says_what_it_shows(tmp_path):
    picture = Picture(
        "<svg><title>A &lt; B</title><desc>All.</desc><rect><title>x</title></rect></svg>"
    )
    assert picture.alt == "A < B. All"
    assert '<img alt="A &lt; B. All" ' in picture._repr_html_()
    picture.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == picture.svg
    with pytest.raises(LilogicError, match=r"end its name with \.svg"):
        picture.save(tmp_path / "a.png")


def test_an_evaluation_draws_its_confusions():
    data = MODEL.dataset()
    picture = MODEL.evaluation(data.x_test, data.y_test).draw()
    assert picture.alt == "How often each class is answered, and how sure"
