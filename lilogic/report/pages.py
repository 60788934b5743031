"""Pages of a report: Markdown, and HTML in one file with its plots, from the same sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.extras import needs
from lilogic.files import write_json, write_text
from lilogic.report import plots
from lilogic.report.tables import compile_rows, part_text

if TYPE_CHECKING:
    from lilogic.report.models.area import AreaReport, TargetArea
    from lilogic.report.models.compiled import CompileReport
    from lilogic.report.models.gates import FanOut
    from lilogic.report.models.proof import ProofReport
    from lilogic.report.models.simulation import SimulationReport

_HEADLINES = ("", "")
_COUNTED = (
    "Yosys counts LUTs before placement; a vendor's tools may need more or fewer. Depth is the "
    "longest path between registers, in cells. Each part is mapped on its own, "
)
_FLATTENED = "and the total is mapped flattened, so it may differ from the sum of the parts."
_SUMMED = (
    "and the total is their sum, because the design is large; its depth is that of the "
    "deepest part."
)
_LEVELS = (
    "The gates as written, before synthesis, with the flip-flops after each level and the "
    "fan-out of its gates to other gates and heads. LUTs are counted only by part, because one "
    "LUT can hold gates of several levels."
)
_NODE_LEVELS = (
    "The network as written, before synthesis: nodes of up to six inputs, each of which fits a "
    "LUT6, and the gates that they consist of, with the flip-flops after each level and the "
    "fan-out of its gates to other gates and heads."
)


@dataclass(frozen=True)
class Section:
    """A title, a line of text and a table, whose first column holds labels and the rest numbers.

    Attributes:
        title: empty for what stands at the top.
        text: may be empty.
        columns: the table's head.
        rows: as many cells each as there are columns.
        is_words: whether cells are words, which begin at the left.
    """

    title: str
    text: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_words: bool = False


def summary(title: str, rows: Sequence[tuple[str, str]]) -> Section:
    """A section of labels and values."""
    return Section(title, "", _HEADLINES, rows, is_words=True)


def html_tables(sections: Iterable[Section]) -> str:
    """The tables of sections, as a notebook shows them."""
    return "".join(map(_html_table, sections))


def _html_table(section: Section) -> str:
    caption = f"<caption>{escape(section.title)}</caption>" if section.title else ""
    head = _html_row(section, section.columns, "th") if any(section.columns) else ""
    rows = "".join(_html_row(section, row, "td") for row in section.rows)
    text = f"<p>{escape(section.text)}</p>" if section.text else ""
    return f"<table>{caption}{head}{rows}</table>{text}"


def _html_row(section: Section, cells: Sequence[str], tag: str) -> str:
    """Labels and words begin at the left; numbers end at the right, below their heading."""
    is_left = section.is_words or not any(section.columns)
    made = (
        f'<{tag} style="text-align:{"left" if is_left or not place else "right"}">'
        f"{escape(cell).replace(chr(10), '<br>')}</{tag}>"
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(made)}</tr>"


def sections(report: CompileReport) -> Iterator[Section]:
    """All that a report says, in order; what was not checked is left out."""
    yield Section("", "", _HEADLINES, compile_rows(report))
    yield from _gates(report)
    if report.area is not None:
        yield from _areas(report.area)
    if report.simulation is not None:
        yield _simulation(report.simulation)
    if report.formal is not None:
        yield _formal(report.formal)


def write(report: CompileReport, folder: Path, picture: str | None = None) -> None:
    """Write ``report.json``, ``.md`` and ``.html`` into ``folder``, where ``picture`` is a file.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    write_json(folder / "report.json", report.to_json())
    write_text(folder / "report.md", markdown(report, picture))
    write_text(folder / "report.html", html(report))


def markdown(report: CompileReport, picture: str | None = None) -> str:
    """The report as Markdown; ``picture`` is a file beside it."""
    lines = [f"# {_literal(report.name)}", ""]
    if picture:
        lines += [f"![Inputs that the gates read, gates by function, area by part]({picture})", ""]
    for section in sections(report):
        if section.title:
            lines += [f"## {_literal(section.title)}", ""]
        if section.text:
            lines += [_literal(section.text), ""]
        lines += [_line(section.columns), "|---|" + "---:|" * (len(section.columns) - 1)]
        lines += [*map(_line, section.rows), ""]
    return "\n".join(lines)


def html(report: CompileReport) -> str:
    """The report as one HTML page that loads nothing, with plots.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    return page(report.name, report.version, sections(report), plots.svg(report))


def page(name: str, version: str, sections: Iterable[Section], drawing: str) -> str:
    """Sections as one HTML page that loads nothing.

    Args:
        name: what the page is called.
        version: of lilogic that says so.
        sections: what it says.
        drawing: an SVG element, which stands after the first section.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    return rendered(
        "pages.html", name=name, version=version, sections=list(sections), drawing=drawing
    )


def rendered(template: str, **values: Any) -> str:
    """A page made of a template of this package.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    with needs("plots", "jinja2"):
        import jinja2

    def source(name: str) -> str:
        return files("lilogic.report").joinpath(name).read_text("utf-8")

    environment = jinja2.Environment(loader=jinja2.FunctionLoader(source), autoescape=True)
    text: str = environment.get_template(template).render(**values)
    return text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_literal, cells))} |"


def _literal(text: str) -> str:
    """Text that Markdown shows as it is; a name may hold anything."""
    for special in "\\|<`*_[":
        text = text.replace(special, f"\\{special}")
    return " ".join(text.split())


def _gates(report: CompileReport) -> Iterator[Section]:
    levels, ops = report.levels, report.gates.ops
    if not levels:
        return
    names = [str(number) for number in range(1, len(levels) + 1)]
    functions = sorted(ops, key=lambda op: ops[op], reverse=True)
    has_nodes = report.gates.nodes is not None
    yield Section(
        "Levels",
        _NODE_LEVELS if has_nodes else _LEVELS,
        ("level", *["nodes"] * has_nodes, "gates", "FF", "fan-out, mean", "fan-out, max", "unread"),
        [("input bits", *[""] * has_nodes, "", "", *_fan_out(report.inputs))]
        + [
            (
                name,
                *([f"{level.nodes:,}"] if has_nodes else []),
                f"{level.gates:,}",
                f"{level.ffs:,}",
                *_fan_out(level.fan_out),
            )
            for name, level in zip(names, levels, strict=True)
        ],
    )
    yield Section(
        "Gates by function",
        "",
        ("function", *(f"level {name}" for name in names), "all"),
        [
            (op, *(f"{level.ops.get(op, 0):,}" for level in levels), f"{ops[op]:,}")
            for op in functions
        ],
    )


def _fan_out(fan_out: FanOut) -> tuple[str, str, str]:
    return f"{fan_out.mean:.1f}", f"{fan_out.max:,}", f"{fan_out.unread:,}"


def _areas(area: AreaReport) -> Iterator[Section]:
    text = f"Counted by {area.tool}. {_COUNTED}{_FLATTENED if area.flattened else _SUMMED}"
    for name, target in area.targets.items():
        yield from _area(name, target, text)


def _area(name: str, target: TargetArea, text: str) -> Iterator[Section]:
    counted = [*target.parts.items(), ("total", target.total)]
    if target.bus is not None:
        counted.append(("bus, in addition", target.bus))
    columns = list(target.total)
    yield Section(
        f"Area: {name} ({target.unit})",
        text,
        ("part", *columns),
        [(part, *(f"{counts[column]:,}" for column in columns)) for part, counts in counted],
    )
    types = target.types
    yield Section(
        f"Cells by type: {name}",
        "",
        ("cell", *types),
        [
            (cell, *(f"{cells.get(cell, 0):,}" for cells in types.values()))
            for cell in sorted(set().union(*types.values()))
        ],
    )


def _simulation(simulation: SimulationReport) -> Section:
    return Section(
        "Simulation",
        f"{simulation.simulator}, {simulation.compared:,} vectors compared, "
        f"{simulation.mismatches:,} mismatches.",
        ("test", "compared", "mismatches", "passed"),
        [
            (
                test.name,
                f"{test.compared:,}",
                f"{test.mismatches:,}",
                "yes" if test.passed else "NO",
            )
            for test in simulation.tests
        ],
    )


def _formal(formal: ProofReport) -> Section:
    return Section(
        "Proof",
        f"{formal.tool}.",
        ("part", "status", "remark"),
        [(part, result.status, part_text(result)) for part, result in formal.parts.items()],
    )
