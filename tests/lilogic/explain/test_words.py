"""Formulas in words are what networks compute, also for a reader that knows nothing of them."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import GraphError
from lilogic.explain import words
from lilogic.explain.conditions import Conditions
from lilogic.graph import GateGraph
from lilogic.graph.gates import AND, NOR, OR, XOR
from lilogic.infer import golden
from lilogic.report.models.explanation import Formula
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw


def read(text: str, values: Mapping[str, object]) -> bool:
    """What a condition is for values of names, as Python reads it."""
    spelled = re.sub(r"(bit|part|feature) (\d+)", r"\1_\2", text)
    spelled = re.sub(r"pixel \(([\d, ]+)\)", lambda m: "pixel_" + m[1].replace(", ", "_"), spelled)
    return bool(eval(spelled.replace("≤", "<="), {}, dict(values)))


def scores(formula: Formula, values: Mapping[str, object]) -> list[int]:
    known = {"always": True, "never": False, **values}
    for part in formula.parts:
        known[part.name.replace(" ", "_")] = read(part.text, known)
    return [
        score.offset + sum(term.weight * read(term.text, known) for term in score.terms)
        for score in formula.scores
    ]


@settings(max_examples=25)
@given(graphs(), st.integers(0, 9))
def test_formulas_of_bits_are_exact(graph, seed):
    bits = random_bits(graph, 5, seed)
    formula = words.formula(graph, [*map(str, range(graph.n_classes))])
    for row, expected in zip(bits, golden.scores(graph, bits).tolist(), strict=True):
        assert scores(formula, {f"bit_{i}": bool(bit) for i, bit in enumerate(row)}) == expected


@settings(max_examples=25)
@given(encoded_graphs(ranked=True, real=False), st.integers(0, 9))
def test_formulas_of_features_are_exact(graph, seed):
    encoder = graph.encoder
    raw = random_raw(encoder, 5, seed)
    formula = words.formula(graph, [*map(str, range(graph.n_classes))])
    features = encoder.features(raw).astype(int).tolist()
    expected = golden.scores(graph, encoder.encode(raw)).tolist()
    for row, score in zip(features, expected, strict=True):
        assert scores(formula, {**named(encoder, row), "sorted": sorted(row)}) == score


def test_formulas_of_real_values_are_in_their_own_units():
    scaling = Scaling((10.0, -1.0), (2.0, 0.25), (3, 2))
    encoder = Encoder(
        preprocessing=Preprocessing((2,), REAL, scaling=scaling),
        feature=[0, 0, 1, 1, 1],
        threshold=[0, 5, 1, 3, -1],
    )
    rows = [(AND, 1, 2), (XOR, 0, 3), (OR, 5, 4)]
    graph = GateGraph.build(5, rows, [[5, 6], [7, 1]], [0, 0], encoder)
    formula = words.formula(graph, ["a", "b"])
    raw = np.array(
        [[x, y] for x in (9.0, 10.0, 10.25, 12.5, 12.75, 99.0) for y in (-9.0, 3.0, 4.0)]
    )
    expected = golden.scores(graph, encoder.encode(raw)).tolist()
    for (x, y), score in zip(raw.tolist(), expected, strict=True):
        assert scores(formula, {"feature_0": x, "feature_1": y}) == score


def named(encoder: Encoder, row: list[int]) -> dict[str, int]:
    if len(encoder.feature_shape) == 1:
        return {f"feature_{number}": value for number, value in enumerate(row)}
    crop = encoder.preprocessing.crop
    top = crop[0] if crop and not encoder.preprocessing.resize else 0
    places = [(p[0] + top, *p[1:]) for p in np.ndindex(encoder.feature_shape)]
    return {f"pixel_{'_'.join(map(str, p))}": v for p, v in zip(places, row, strict=True)}


@pytest.mark.parametrize("layers", [(12, 10, 8), (16, 14, 12, 10)])
def test_what_reads_many_bits_is_written_in_parts(layers):
    graph = random_graph(layers, 40, 2, seed=3)
    graph = replace(graph, op=np.where(graph.op % 2, XOR, OR))
    bits = random_bits(graph, 40)
    formula = words.formula(graph, ["a", "b"])
    assert formula.parts
    for row, expected in zip(bits, golden.scores(graph, bits).tolist(), strict=True):
        assert scores(formula, {f"bit_{i}": bool(bit) for i, bit in enumerate(row)}) == expected


WINE = Encoder(
    preprocessing=Preprocessing((2,), "uint8"), feature=[0, 0, 0, 1, 1], threshold=[3, 5, 9, 2, 300]
)


@pytest.mark.parametrize(
    ("gates", "text"),
    [
        ([(AND, 0, 1)], "alcohol > 5"),
        ([(OR, 0, 1)], "alcohol > 3"),
        ([(XOR, 0, 1)], "3 < alcohol ≤ 5"),
        ([(AND, 1, 3)], "alcohol > 5 and colour = red > 2"),
        ([(XOR, 0, 1), (OR, 5, 2)], "alcohol > 9 or 3 < alcohol ≤ 5"),
        ([(XOR, 0, 4)], "alcohol > 3"),
        ([(XOR, 0, 3)], "(alcohol ≤ 3 and colour = red > 2) or (alcohol > 3 and colour = red ≤ 2)"),
    ],
)
def test_conditions_are_as_short_as_the_encoder_allows(gates, text):
    node = 5 + len(gates) - 1
    graph = GateGraph.build(
        5, gates, [[node]], encoder=WINE, metadata={"feature_names": ["alcohol", "colour = red"]}
    )
    (score,) = words.formula(graph, ["x"]).scores
    assert (score.offset, [(term.weight, term.text) for term in score.terms]) == (0, [(1, text)])


def test_what_is_counted_twice_has_weights_and_what_is_shared_a_name():
    graph = GateGraph.build(3, [(AND, 0, 1)], [[3, 3, 2], [3]], [4, -1])
    formula = words.formula(graph, ["a", "b"])
    assert [(part.name, part.text) for part in formula.parts] == [("part 1", "bit 0 and bit 1")]
    first, second = formula.scores
    assert (first.offset, second.offset) == (4, -1)
    assert [(t.weight, t.text) for t in first.terms] == [(2, "part 1"), (1, "bit 2")]
    assert [(t.weight, t.text) for t in second.terms] == [(1, "part 1")]


def test_one_class_alone_can_be_written():
    graph = random_graph((30,), 12, 3)
    whole = words.formula(graph, ["a", "b", "c"])
    alone = words.formula(graph, ["a", "b", "c"], 1)
    assert [score.name for score in alone.scores] == ["b"]
    assert alone.scores[0].offset == whole.scores[1].offset


def test_what_is_too_large_says_how_large():
    graph = random_graph((2000,), 400, 2)
    with pytest.raises(GraphError, match=r"count 1,\d\d\d different nodes, but at most 300"):
        words.formula(graph, ["a", "b"])


def test_real_thresholds_are_in_the_units_of_samples():
    scaling = Scaling((11.0, 0.0), (2.0, 1.0), (3, 1))
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "float64", scaling=scaling),
        feature=[0, 0, 1],
        threshold=[2, 5, 0],
    )
    names = {"feature_names": ["alcohol", "colour = red"]}
    graph = GateGraph.build(3, [(XOR, 0, 1)], [[3, 2]], encoder=encoder, metadata=names)
    (score,) = words.formula(graph, ["x"]).scores
    assert [term.text for term in score.terms] == ["12 < alcohol ≤ 13.5", "colour = red"]


def test_features_that_say_something_are_said_so():
    names = ["size", "size is missing", "colour=dark red", "x<=y"]
    encoder = Encoder(
        preprocessing=Preprocessing((4,), "uint8"), feature=[0, 1, 2, 3], threshold=[7, 0, 0, 0]
    )
    graph = GateGraph.build(
        4, [(AND, 1, 2), (NOR, 1, 2), (NOR, 0, 3)], [[4], [5], [6]], encoder=encoder,
        metadata={"feature_names": names},
    )  # fmt: skip
    texts = [score.terms[0].text for score in words.formula(graph, ["a", "b", "c"]).scores]
    assert texts == [
        "size is missing and colour = dark red",
        "size is not missing and colour ≠ dark red",
        "size ≤ 7 and x<=y ≤ 0",
    ]
    assert Conditions.of(graph).column_names == ["size", "colour=dark red", "x<=y"]
