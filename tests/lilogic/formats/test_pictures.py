"""Pictures show every box and every wire, and no wire runs behind a box."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic import formats
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import LilogicError
from lilogic.formats.exporters.picture import input_names
from lilogic.formats.exporters.views import density, filters, sheet
from lilogic.graph import GateGraph, passes
from lilogic.graph.gates import READS_A, READS_B
from lilogic.zoo import models
from tests.strategies import graphs, random_graph

FULL_ADDER = GateGraph.build(
    4, [(6, 0, 1), (1, 0, 1), (6, 4, 2), (1, 4, 2), (7, 5, 7)], [[6], [8, 8]]
)
"""Reads a, b and a carry, but not the fourth input."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures")


def wires_of(graph, classes=None):
    """Names of wires as both formats spell them: source, target, pin."""
    alive = graph.alive if classes is not None else np.ones(graph.n_nodes, dtype=bool)
    for node, (op, a, b) in enumerate(graph.rows(), graph.n_inputs):
        if alive[node]:
            yield from [(f"n{a}", f"n{node}", "a")] if READS_A[op] else []
            yield from [(f"n{b}", f"n{node}", "b")] if READS_B[op] else []
    for class_, head in enumerate(graph.heads):
        yield from ((f"n{node}", f"c{class_}", "") for node in {*head.tolist()})


def boxes_of(graph):
    read = {source for source, _, _ in wires_of(graph)}
    inputs = {f"n{node}" for node in range(graph.n_inputs)} & read
    gates = {f"n{node}" for node in range(graph.n_inputs, graph.n_nodes)}
    return inputs | gates | {f"c{class_}" for class_ in range(graph.n_classes)}


def drawn(folder, graph, **options):
    """The size, each box's (x, y, width, height) and text, and each wire's points."""
    formats.write(graph, "svg", folder / "net.svg", **options)
    root = ElementTree.parse(folder / "net.svg").getroot()
    boxes, texts, wires = {}, {}, {}
    elements = list(root)
    for element, following in zip(elements, [*elements[1:], None], strict=True):
        kind, name = element.tag.rpartition("}")[2], element.get("id")
        if kind == "rect" and name:
            boxes[name] = tuple(float(element.get(key)) for key in ("x", "y", "width", "height"))
            texts[name] = following.text
        if kind == "path":
            source, target, pin = re.fullmatch(r"(n\d+)-([nc]\d+)([ab]?)", name).groups()
            wires[source, target, pin] = points_of(element.get("d"))
    return (int(root.get("width")), int(root.get("height"))), boxes, texts, wires


def points_of(path):
    """Points along a path of moves, lines and Bézier curves."""
    points = []
    for command, numbers in re.findall(r"([MLC])([^MLC]+)", path):
        ends = np.array(numbers.split(), dtype=float).reshape(-1, 2)
        if command == "M":
            points.append(ends[0])
            continue
        t = np.linspace(0, 1, 21)[1:, None]
        p, q, r, s = points[-1], *(ends if command == "C" else [points[-1], ends[0], ends[0]])
        curve = (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t**2 * r + t**3 * s
        points += list(curve)
    return np.array(points)


@given(graph=graphs())
def test_svg_shows_all_and_wires_run_behind_no_box(folder, graph):
    (width, height), boxes, _, wires = drawn(folder, graph, simplify=False)
    assert set(wires) == {*wires_of(graph)}
    assert set(boxes) == boxes_of(graph)
    corners = np.array([*boxes.values()])
    assert (corners[:, :2] >= 0).all()
    assert (corners[:, :2] + corners[:, 2:] <= [width, height]).all()
    for (source, target, _), points in wires.items():
        assert points[0].tolist() == pytest.approx(right_of(boxes[source]), abs=0.1)
        x, y, _, tall = boxes[target]
        assert points[-1][0] == x
        assert y < points[-1][1] < y + tall
        assert ((points >= 0) & (points <= [width, height])).all()
        # Strictly inside of any box.
        low, high = corners[:, None, :2], corners[:, None, :2] + corners[:, None, 2:]
        assert not ((points > low + 0.1) & (points < high - 0.1)).all(axis=2).any()
    for name, (x, y, wide, tall) in boxes.items():
        others = corners[[other != name for other in boxes]]
        apart = (
            (others[:, 0] >= x + wide) | (others[:, 0] + others[:, 2] <= x)
            | (others[:, 1] >= y + tall) | (others[:, 1] + others[:, 3] <= y)
        )  # fmt: skip
        assert apart.all()


def right_of(box):
    x, y, width, height = box
    return x + width, y + height / 2


def test_a_full_adder(folder):
    """Pin a above pin b, a node that is counted twice with one wire, and no input unread."""
    size, boxes, texts, wires = drawn(folder, FULL_ADDER)
    assert "n3" not in boxes
    assert size < (600, 300)
    for target in ("n4", "n5", "n6", "n7", "n8"):
        pins = {pin: points[-1][1] for (_, name, pin), points in wires.items() if name == target}
        assert pins["a"] < pins["b"]
    assert texts["n4"] == "a⊕b"
    assert "×2" in (folder / "net.svg").read_text("utf-8")
    assert len(wires) == 12


@given(graph=graphs(), data=st.data())
def test_a_cone_shows_what_one_class_depends_on(folder, graph, data):
    class_ = data.draw(st.integers(0, graph.n_classes - 1))
    head = graph.heads[class_].tolist()
    heads = [head if i == class_ else [] for i in range(graph.n_classes)]
    alone = GateGraph.build(graph.n_inputs, [*graph.rows()], heads, graph.offset.tolist())
    _, boxes, _, wires = drawn(folder, graph, cone=class_, simplify=False)
    assert set(wires) == {*wires_of(alone, [class_])}
    assert set(boxes) == {*(f"n{node}" for node in np.flatnonzero(alone.alive)), f"c{class_}"}


@given(graph=graphs())
def test_dot(folder, graph):
    formats.write(graph, "dot", folder / "net.dot", simplify=False)
    text = (folder / "net.dot").read_text("utf-8")
    edges = re.findall(r'^  (n\d+) -> ([nc]\d+)(?: \[headlabel="(.*)"\])?;$', text, re.M)
    assert {(a, b, pin if pin in ("a", "b") else "") for a, b, pin in edges} == {*wires_of(graph)}
    for class_, head in enumerate(graph.heads):
        times = [int(label[1:] or 1) for _, target, label in edges if target == f"c{class_}"]
        assert sum(times) == len(head)
    assert {*re.findall(r"^  ([nc]\d+) \[label=", text, re.M)} == boxes_of(graph)


def encoded(preprocessing, feature, threshold, **options):
    encoder = Encoder(preprocessing=preprocessing, feature=feature, threshold=threshold, **options)
    return GateGraph.build(encoder.n_bits, [], [[*range(encoder.n_bits)]], encoder=encoder)


def test_inputs_are_called_by_what_they_compare():
    names = input_names(encoded(Preprocessing((28, 28), "uint8"), [12 * 28 + 7], [63]))
    assert names(0) == "(12, 7) > 63"
    cropped = Preprocessing((8, 8, 3), "uint8", crop=(2, 1, 4, 4))
    assert input_names(encoded(cropped, [0, 47], [5, 6]))(1) == "(5, 4, 2) > 6"
    resized = Preprocessing((8, 8), "int8", crop=(2, 1, 4, 4), resize=(2, 2))
    graph = encoded(resized, [3, 0], [-5, 0], minus=[0, 4], rank=3)
    assert input_names(graph)(0) == "(1, 1) − (0, 0) > Q(1) -5"
    assert input_names(graph)(1) == "(0, 0) > Q(1)"
    table = encoded(Preprocessing((2,), "int16"), [1, 0], [70, -3])
    assert input_names(table)(1) == "x[0] > -3"
    named = table.with_metadata(feature_names=["age", "weight"])
    assert input_names(named)(0) == "weight > 70"
    scaling = Scaling((-1.5, 0.0), (4.0, 3.0), (4, 4))
    reals = encoded(Preprocessing((2,), REAL, scaling=scaling), [0, 1], [11, 1])
    assert [*map(input_names(reals), range(2))] == ["x[0] > 1.25", "x[1] > 0.333333"]
    assert input_names(FULL_ADDER)(2) == "x2"


@pytest.mark.parametrize("kind", ["svg", "dot"])
def test_names_from_elsewhere_are_escaped_and_cut(folder, kind):
    graph = encoded(Preprocessing((1,), "uint8"), [0], [1]).with_metadata(
        feature_names=['<"\\&\x00'], class_names=["long" * 20]
    )
    formats.write(graph, kind, folder / f"escaped.{kind}")
    text = (folder / f"escaped.{kind}").read_text("utf-8")
    if kind == "svg":
        text = " ".join(ElementTree.fromstring(text).itertext())
        assert '<"\\& ' in text
    else:
        assert '"<\\"\\\\&  > 1"' in text
    assert "0: longlong" in text
    assert "long" * 10 not in text


def test_large_networks_are_refused_with_a_class_that_can_be_drawn(folder):
    digits, kind = models.load("digits"), "dot"
    with pytest.raises(
        LilogicError, match=r"^794 gates are too many .* such as class (\d) with (\d+) gates$"
    ) as error:
        formats.write(digits, kind, folder / "large")
    class_ = int(re.search(r"class (\d)", str(error.value))[1])
    gates = int(re.search(r"with (\d+)", str(error.value))[1])
    assert error.value.option == "cone"
    formats.write(digits, kind, folder / "cone", cone=class_)
    text = (folder / "cone").read_text("utf-8")
    shown = {*re.findall(r"\b(n\d+)\b", text)}
    assert sum(int(name[1:]) >= digits.n_inputs for name in shown) == gates
    assert re.search(r"\(\d, \d\) (&gt;|>) \d", text)
    with pytest.raises(LilogicError, match="class 10 does not exist; classes are 0 to 9"):
        formats.write(digits, kind, folder / "large", cone=10)
    large = random_graph((600,), 10, 1)
    for cone, whose in ((None, ""), (0, " that class 0 depends on")):
        with pytest.raises(LilogicError, match=f"600 gates{whose} are too many .* 500 gates$"):
            formats.write(large, kind, folder / "large", cone=cone, simplify=False)


def viewed(folder, graph, **options):
    """What a view says of itself, and its elements by kind."""
    formats.write(graph, "svg", folder / "view.svg", **options)
    root = ElementTree.parse(folder / "view.svg").getroot()
    assert root.get("role") == "img"
    elements = {}
    for element in root:
        elements.setdefault(element.tag.rpartition("}")[2], []).append(element)
    assert elements["title"][0].text
    return elements


def test_large_networks_are_bars_and_bands(folder):
    """Bars are as tall as levels have gates, bands as wide as there are wires."""
    digits = passes.simplify(models.load("digits"))
    elements = viewed(folder, digits)
    sizes = np.bincount(digits.levels[digits.alive])
    assert (
        elements["title"][0].text == f"digits: {sizes[1:].sum()} gates in {len(sizes) - 1} levels"
    )
    assert f"{sizes[0]} input bits" in elements["desc"][0].text
    bars = {}
    for bar in elements["rect"][1:]:
        bars.setdefault(float(bar.get("x")), []).append(float(bar.get("y")))
    spans = [max(tops) - min(tops) for tops in bars.values()][: len(sizes)]
    assert np.argmax(spans) == np.argmax(sizes)
    words = [element.text for element in elements["text"]]
    assert words[-10:] == [*map(str, range(10))]
    bands = [(path.get("stroke"), float(path.get("stroke-width"))) for path in elements["path"]]
    assert len({colour for colour, _ in bands}) == 10
    alone = viewed(folder, digits, cone=3)
    assert len({path.get("stroke") for path in alone["path"]}) < 10 or len(alone["path"]) < len(
        bands
    )


@given(graph=graphs())
def test_every_network_can_be_drawn_as_bars(graph):
    root = ElementTree.fromstring(density.drawn(graph))
    texts = [element.text for element in root if element.tag.endswith("text")]
    assert texts[-graph.n_classes :] == [*map(str, range(graph.n_classes))]


@given(graph=graphs())
def test_paths_are_counted(graph):
    """Of one that walks them one by one."""
    expected = np.zeros((graph.n_nodes, graph.n_classes))
    for class_, head in enumerate(graph.heads):
        for node in head.tolist():
            expected[node, class_] += 1
    for node, (op, a, b) in reversed([*enumerate(graph.rows(), graph.n_inputs)]):
        expected[a] += expected[node] * READS_A[op]
        expected[b] += expected[node] * READS_B[op]
    np.testing.assert_array_equal(sheet.paths(graph), expected)


def test_fields_show_the_pixels_that_a_class_reads(folder):
    """Class 0 reads the first pixel and the last, class 1 the difference of two."""
    encoder = Encoder(
        preprocessing=Preprocessing((2, 3), "uint8"),
        feature=[0, 5, 1], threshold=[7, 7, 7], minus=[6, 6, 4],
    )  # fmt: skip
    graph = GateGraph.build(3, [(1, 0, 1)], [[3], [2]], encoder=encoder)
    elements = viewed(folder, graph, view="fields", simplify=False)
    cells = [path.get("d").count("M") for path in elements["path"]]
    assert cells == [2, 2]
    assert len(viewed(folder, graph, view="fields", cone=1, simplify=False)["path"]) == 1
    with pytest.raises(LilogicError, match="receptive fields need images"):
        formats.write(FULL_ADDER, "svg", folder / "none.svg", view="fields")


def test_filters_are_nodes_that_stand_at_several_places(folder):
    """AND of a pixel and the one below it at every place, and one gate that stands alone."""
    pixels = np.arange(25).reshape(5, 5)
    encoder = Encoder(
        preprocessing=Preprocessing((5, 5), "uint8"), feature=range(25), threshold=[9] * 25
    )
    gates = [
        (1, int(pixels[row + 1, column]), int(pixels[row, column]))
        for row in range(4)
        for column in range(5)
    ]
    gates.append((6, 0, 24))
    graph = GateGraph.build(25, gates, [[*range(25, 46)]], encoder=encoder)
    found = filters.found(graph)
    assert {(each.leaves, each.truth): count for each, count in found.items()} == {
        (((0, 0, 0), (0, 1, 0)), (0, 0, 0, 1)): 20,
        (((0, 0, 0), (0, 4, 4)), (0, 1, 1, 0)): 1,
    }
    words = [element.text for element in viewed(folder, graph, view="filters")["text"]]
    assert words[1:] == ["a", "b", "a∧b", "20 places"]
    alone = GateGraph.build(25, [(6, 0, 24)], [[25]], encoder=encoder)
    with pytest.raises(LilogicError, match="so there are no filters"):
        formats.write(alone, "svg", folder / "none.svg", view="filters")
    with pytest.raises(LilogicError, match="all classes share the filters") as error:
        formats.write(graph, "svg", folder / "none.svg", view="filters", cone=0)
    assert error.value.option == "cone"
    with pytest.raises(LilogicError, match="view 'x' is not one of network, fields, filters"):
        formats.write(graph, "svg", folder / "none.svg", view="x")
