"""What all report models share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from lilogic.docstrings import describe

if TYPE_CHECKING:
    from rich.console import Group

    from lilogic.report.pages import Section


class Report(BaseModel):
    """A report: immutable, and its JSON is its dump."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=describe)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values; what is not known is left out."""
        return self.model_dump(mode="json", exclude_none=True)


class Shown(Report):
    """A report that shows itself as tables, in a notebook and with ``rich.print``."""

    @abstractmethod
    def tables(self) -> Iterable[Section]:
        """What it shows."""

    def __rich__(self) -> Group:
        """What rich prints."""
        from rich.console import Group

        from lilogic.report import console

        return Group(*map(console.table, self.tables()))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from lilogic.report import pages

        return pages.html_tables(self.tables())
