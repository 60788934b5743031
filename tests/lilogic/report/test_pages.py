"""Pages show the same, and show names as they are."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from lilogic.graph import GateGraph, gates
from lilogic.report import compiled, pages, tables
from lilogic.report.models.area import AreaReport
from lilogic.report.models.compiled import CompileReport
from lilogic.report.models.graph import NodeCounts
from lilogic.report.models.proof import PartResult, ProofReport
from lilogic.report.models.simulation import Latency, SimulationReport
from tests.lilogic.report.test_plots import report, tiny

NAME = "<script>a|b</script>"


class Cells(HTMLParser):
    """The tags of a page, and the text of its table cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "td" and data.strip():
            self.cells.append(data)


def full(graph: GateGraph) -> CompileReport:
    simulation = SimulationReport(
        simulator="verilator",
        passed=True,
        compared=7,
        mismatches=0,
        latency=Latency(announced=3, measured=3),
        tests=[],
        kinds={},
        verilog="ab",
    )
    parts = {"gates": PartResult(status="simulated", reason=NAME)}
    formal = ProofReport(tool="ABC", parts=parts, proven=False, verilog="ab")
    checks = {"simulation": simulation, "formal": formal}
    return report(graph, NAME).model_copy(update=checks)


def with_area(made: CompileReport, **changes: Any) -> CompileReport:
    return made.model_copy(update={"area": made.area.model_copy(update=changes)})


@pytest.mark.parametrize("graph", [tiny(), GateGraph.build(1, [], [[0]])], ids=["tiny", "no gates"])
def test_a_page_shows_every_section_escapes_text_and_loads_nothing(graph: GateGraph) -> None:
    made = full(graph)
    page = Cells(pages.html(made))
    assert "script" not in page.tags
    assert page.tags.count("svg") == 1
    assert all(link.startswith("#") for link in page.links)
    shown = [cell for section in pages.sections(made) for row in section.rows for cell in row]
    assert page.cells == [cell for cell in shown if cell]
    assert pages.html(made) == pages.html(made)


def test_markdown_has_a_line_for_each_row_and_escapes_text() -> None:
    made = full(tiny())
    text = pages.markdown(made, "tiny.png")
    for section in pages.sections(made):
        assert section.title in text
        for row in section.rows:
            assert len(row) == len(section.columns)
    assert "<script>" not in text.replace("\\<script>", "")
    assert "a|b" not in text
    assert "](tiny.png)" in text


def test_gates_of_a_level_add_up_to_those_of_the_function() -> None:
    graph = GateGraph.build(2, [(gates.XOR, 0, 1), (gates.AND, 0, 1), (gates.XOR, 2, 3)], [[4]])
    area = AreaReport(tool="Yosys", flattened=True, targets={})
    made = compiled.describe(NAME, graph, [0, 1], {"latency": 1}, area)
    found = {section.title: section.rows for section in pages.sections(made)}
    assert found["Gates by function"] == [("XOR", "1", "1", "2"), ("AND", "1", "0", "1")]
    assert found["Levels"] == [
        ("input bits", "", "", "2.0", "2", "0"),
        ("1", "2", "0", "1.0", "1", "0"),
        ("2", "1", "1", "1.0", "1", "0"),
    ]


def test_levels_of_nodes_say_how_many_there_are() -> None:
    rows = [(gates.XOR, 0, 1), (gates.AND, 3, 2), (gates.OR, 4, 0)]
    graph = GateGraph.build(3, rows, [[4, 5]], roots=[4, 5])
    made = compiled.describe(NAME, graph, [2], {"latency": 1})
    assert made.gates.nodes == NodeCounts(count=2, depth=1, inputs=[0, 0, 2, 0, 0, 0])
    assert made.gates.depth == 3
    (section,) = (section for section in pages.sections(made) if section.title == "Levels")
    assert section.columns[:4] == ("level", "nodes", "gates", "FF")
    assert [row[:4] for row in section.rows] == [("input bits", "", "", ""), ("1", "2", "3", "2")]
    assert ("nodes", "2 of up to 3 inputs, 1 level") in tables.compile_rows(made)


def test_what_was_not_flattened_says_so() -> None:
    made = full(tiny())
    assert "the total is mapped flattened" in pages.markdown(made)
    assert "(sum of the parts)" not in pages.markdown(made)
    made = with_area(made, flattened=False)
    assert "the total is their sum" in pages.markdown(made)
    assert pages.markdown(made).count("(sum of the parts)") == len(made.area.targets)


def test_a_page_of_cells_alone_draws_them() -> None:
    made = full(tiny())
    generic = {"generic": made.area.targets["generic"]}
    drawn, empty = (
        pages.html(with_area(made, targets=targets)).partition("<svg")[2]
        for targets in (generic, {})
    )
    assert len(drawn.partition("</svg>")[0]) > len(empty.partition("</svg>")[0])
