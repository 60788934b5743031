"""Pictures show every node and every wire."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.graph.gates import READS_A, READS_B
from tests.strategies import graphs, random_graph


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures")


def lines_of(graph):
    wires = int(READS_A[graph.op].sum() + READS_B[graph.op].sum())
    return wires + len(graph.head_nodes)


@given(graph=graphs())
def test_svg(folder, graph):
    formats.write(graph, "svg", folder / "net.svg")
    root = ElementTree.parse(folder / "net.svg").getroot()
    kinds = [element.tag.rpartition("}")[2] for element in root]
    assert kinds.count("rect") == kinds.count("text") == graph.n_nodes + graph.n_classes
    assert kinds.count("line") == lines_of(graph)
    width, height = int(root.get("width")), int(root.get("height"))
    for element in root:
        assert 0 <= float(element.get("x", element.get("x2"))) <= width
        assert 0 <= float(element.get("y", element.get("y2"))) <= height


@given(graph=graphs())
def test_dot(folder, graph):
    formats.write(graph, "dot", folder / "net.dot")
    text = (folder / "net.dot").read_text("utf-8")
    edges = re.findall(r"^  n(\d+) -> ([nc])(\d+);$", text, re.M)
    assert len(edges) == lines_of(graph)
    for class_, head in enumerate(graph.heads):
        sources = sorted(int(a) for a, kind, b in edges if (kind, int(b)) == ("c", class_))
        assert sources == sorted(head.tolist())
    assert len(re.findall(r"label=", text)) == graph.n_nodes + graph.n_classes


@pytest.mark.parametrize("kind", ["dot", "svg"])
def test_large_networks_are_refused(folder, kind):
    with pytest.raises(LilogicError, match="600 gates and 10 inputs are too many for a picture"):
        formats.write(random_graph((600,), 10, 2), kind, folder / "large")
