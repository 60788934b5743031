"""The page of an evaluation: one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilogic.report import pages
from lilogic.report.evaluation import plots, sections

if TYPE_CHECKING:
    from lilogic.report.models.evaluation import EvaluationReport


def html(report: EvaluationReport) -> str:
    """The report as a page: its figures, the picture, and tables of classes and confusion.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    found = sections.of_report(report, is_page=True)
    return pages.page(report.model, report.version, found, plots.svg(report.test))
