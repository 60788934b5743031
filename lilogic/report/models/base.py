"""What all report models share."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from lilogic.docstrings import describe


class Report(BaseModel):
    """A report: immutable, and its JSON is its dump."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=describe)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values; what is not known is left out."""
        return self.model_dump(mode="json", exclude_none=True)
