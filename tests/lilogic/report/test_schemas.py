"""What is published of reports is what they are."""

from pathlib import Path

import pytest

from lilogic.report import schemas

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "schemas"


@pytest.mark.parametrize("name", schemas.SCHEMAS)
def test_the_published_schema_is_that_of_the_model(name):
    assert (PUBLISHED / f"{name}.json").read_text("utf-8") == schemas.text(name)


def test_nothing_else_is_published():
    assert {path.stem for path in PUBLISHED.glob("*.json")} == set(schemas.SCHEMAS)
