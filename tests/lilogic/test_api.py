import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from rich.console import Console

import lilogic
from lilogic import flow, formats
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import FormatError, LilogicError, LilogicWarning
from lilogic.graph import GateGraph, lgn
from lilogic.infer import golden
from lilogic.zoo import models
from tests.strategies import encoded_graphs, random_raw

DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "python.md"
ENCODER = Encoder(preprocessing=Preprocessing((2,), "uint8"), feature=[0, 1], threshold=[9, 9])
GRAPH = GateGraph.build(2, [(6, 0, 1)], [[2], [0]], [0, -1], ENCODER, {"dataset": "a <b> & c"})


ROAD = "lilogic.train("


def examples():
    found = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text("utf-8"), re.M | re.S)
    assert len(found) > 5
    return found


def test_the_documentation_is_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in examples():
        if ROAD not in example:
            exec(compile(example, str(DOCS), "exec"), names)


@pytest.mark.slow
def test_the_documented_road_is_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (road,) = (example for example in examples() if ROAD in example)
    exec(compile(road, str(DOCS), "exec"), {})


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        (["left", "right"], "number the classes"),
        ([[0, 1], [1, 0]], "one-hot; pass y.argmax"),
        ([0.5, 1], "lilogic learns classes, not values"),
        ([0], "but there are 2 samples"),
        ([0, 2], "labels reach 2, but classes are 0 to 1"),
        ([0, -1], "classes start at 0"),
    ],
)
def test_labels_of_another_kind_get_advice_and_no_accuracy(labels, advice):
    model = lilogic.Model(GRAPH, "small")
    with pytest.raises(LilogicError, match=advice):
        model.evaluate(np.array([[0, 200], [10, 10]]), labels)


def test_an_accuracy_takes_samples():
    with pytest.raises(LilogicError, match="there are no samples"):
        lilogic.Model(GRAPH, "small").evaluate(np.empty((0, 2), dtype=np.uint8), [])


def test_raw_samples_go_through_the_encoder():
    model = lilogic.Model(GRAPH, "small")
    raw = np.array([[0, 200], [10, 10]])
    np.testing.assert_array_equal(model.scores(raw), [[1, -1], [0, 0]])
    assert model.predict(raw).tolist() == [0, 0]
    with pytest.raises(LilogicError, match="samples have shape"):
        model.predict(np.zeros((3, 5)))
    with pytest.raises(LilogicError, match="samples are not an array"):
        model.predict([[1, 2], [3]])


@settings(max_examples=20)
@given(encoded_graphs(ranked=True))
def test_every_encoder_gives_what_inference_gives(graph):
    raw = random_raw(graph.encoder, 9)
    model = lilogic.Model(graph, "any")
    expected = golden.scores(graph, graph.encoder.encode(raw))
    np.testing.assert_array_equal(model.scores(raw), expected)
    np.testing.assert_array_equal(model.predict(raw), golden.classify(expected))


def test_bits_go_straight_in_without_encoder():
    graph = GateGraph.build(3, [(7, 0, 2)], [[3], [1]])
    bits = np.array([[0, 1, 0], [1, 1, 1]])
    model = lilogic.Model(graph, "bits")
    np.testing.assert_array_equal(model.scores(bits), golden.scores(graph, bits))


def test_it_shows_itself():
    model = lilogic.Model(GRAPH, "small <net>")
    assert repr(model) == "<Model small <net>: 2 bits, 1 gates, 2 classes>"
    html = model._repr_html_()
    assert "small &lt;net&gt;" in html
    assert "a &lt;b&gt; &amp; c" in html
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(model)
    assert "2 bits of 2 uint8" in console.export_text()


def test_it_draws_itself():
    model = lilogic.Model(GRAPH, "small")
    picture = model.draw()
    assert picture.alt.startswith("Network of 1 gates from 2 input bits")
    assert 'alt="Network of 1 gates' in picture._repr_html_()
    assert model.draw(cone=1).alt.startswith("Network of 0 gates from 1 input bits")
    digits = lilogic.load("digits").draw("fields")
    assert "For each class a picture of 8 by 8 pixels" in digits.alt
    with pytest.raises(FormatError, match="view 'gates' is not one of"):
        model.draw("gates")


def test_it_is_exported_as_formats_are_written(tmp_path):
    model = lilogic.Model(GRAPH, "small")
    model.export("blif", tmp_path / "net.blif")
    assert ".model" in (tmp_path / "net.blif").read_text()
    with pytest.raises(FormatError, match="format 'docx' is not one of verilog, blif, "):
        model.export("docx", tmp_path / "net.docx")


def test_a_page_has_test_samples(tmp_path):
    model = lilogic.load("digits")
    assert len(flow.examples(model).x) == 20
    assert flow.examples(model, 0) is None
    assert flow.examples(lilogic.Model(GRAPH.with_metadata(dataset=None), "none")) is None
    with pytest.warns(LilogicWarning, match="the page has no test samples"):
        assert flow.examples(lilogic.Model(GRAPH, "small")) is None
    model.export("html", tmp_path / "with.html")
    model.export("html", tmp_path / "without.html", examples=None)
    sizes = [(tmp_path / name).stat().st_size for name in ("with.html", "without.html")]
    assert sizes[0] > sizes[1]


def test_files_from_elsewhere_are_loaded_too(tmp_path):
    formats.write(GRAPH, "blif", tmp_path / "net.blif")
    lgn.write(GRAPH, tmp_path / "net.lgn")
    model = lilogic.load(tmp_path / "net.blif")
    assert model.name == "net"
    bits = np.array([[0, 1], [1, 1]])
    np.testing.assert_array_equal(model.scores(bits), golden.scores(GRAPH, bits))
    assert lilogic.load(str(tmp_path / "net.lgn")).graph.encoder is not None
    (tmp_path / "net.v").write_text("module m(input [1:0] a, output y); assign y = ^a; endmodule\n")
    assert lilogic.load(tmp_path / "net.v").predict(np.array([[0, 1]])).tolist() == [0]
    with pytest.raises(FormatError, match=r"net\.blif: not a \.lgn file; import it first"):
        models.load(str(tmp_path / "net.blif"))


def test_a_run_folder_may_be_called_like_a_file_from_elsewhere(tmp_path):
    run = tmp_path / "run.npz"
    run.mkdir()
    lgn.write(GRAPH, run / "model.lgn")
    assert lilogic.load(run).graph.n_gates == 1


def test_other_names_are_missing():
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        lilogic.magic  # noqa: B018
