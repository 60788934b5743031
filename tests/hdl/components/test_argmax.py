import pytest
from amaranth.hdl import Shape, Value
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.hdl.components.argmax import Argmax, rounds
from tests.hdl.simulation import LEVELS_PER_STAGE, every, stream


@st.composite
def cases(draw):
    """A shape, and score rows in which ties are frequent."""
    shape = Shape(draw(st.integers(2, 8)), draw(st.booleans()))
    low = -(2 ** (shape.width - 1)) if shape.signed else 0
    high = low + 2**shape.width - 1
    few = st.sampled_from([low, high, 0, 1])
    classes = draw(st.integers(1, 17))
    score = st.one_of(few, st.integers(low, high))
    rows = st.lists(score, min_size=classes, max_size=classes)
    return shape, draw(st.lists(rows, min_size=1, max_size=8))


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
@settings(max_examples=20)
@given(case=cases())
def test_the_first_of_the_highest_scores_wins(levels_per_stage, case):
    shape, rows = case
    classes = len(rows[0])
    argmax = Argmax(shape, classes, every(levels_per_stage, rounds(classes)))
    mask = (1 << shape.width) - 1
    words = [
        sum((score & mask) << (i * shape.width) for i, score in enumerate(row)) for row in rows
    ]
    scores = Value.cast(argmax.scores.payload)
    seen = stream(
        argmax, [[(scores, word)] for word in words], lambda get: get(argmax.index.payload)
    )
    assert seen == [row.index(max(row)) for row in rows]


@pytest.mark.parametrize(
    ("classes", "width", "expected"), [(1, 1, 0), (2, 1, 1), (3, 2, 2), (10, 4, 4), (17, 5, 5)]
)
def test_index_is_as_wide_and_rounds_are_as_many_as_needed(classes, width, expected):
    assert rounds(classes) == expected
    assert len(Argmax(Shape(4), classes, every(1, expected)).index.payload) == width
