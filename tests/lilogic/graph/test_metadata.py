"""What metadata say of scores, whoever wrote them."""

import pytest

from lilogic.graph.metadata import Metadata


@pytest.mark.parametrize(
    ("recipe", "temperature"),
    [
        ({"net": {"tau": 4.0}}, 4),
        ({"net": {"tau": 4.0}, "ensemble": {"members": 3, "mirror": True}}, 24),
        ({"net": {"tau": 2}, "ensemble": {"shifts": [[0, 0], [0, 1], [1, 0]]}}, 6),
        ({}, None),
        ({"net": {}}, None),
        ({"net": 3}, None),
        ({"net": {"tau": 0}}, None),
        ({"net": {"tau": "hot"}}, None),
        ({"net": {"tau": 4.0}, "ensemble": {"members": 0}}, None),
    ],
)
def test_the_temperature_is_that_of_training_for_all_that_count_together(recipe, temperature):
    assert Metadata.read({"recipe": recipe}).temperature == temperature
