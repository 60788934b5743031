"""The page of a data sheet shows what the report says, in every figure."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from lilogic.errors import LilogicError
from lilogic.report import console
from lilogic.report.datasheet import page, sections
from lilogic.report.datasheet.figures import at, units
from lilogic.report.evaluation import figures
from lilogic.report.models.activity import (
    ActivityReport,
    EnergyReport,
    LevelActivity,
    PartActivity,
    PartEnergy,
)
from lilogic.report.models.datasheet import Datasheet, PortEntry, Provenance, Size, Speed
from lilogic.report.models.graph import Classes, GateCounts, Input

NAME = "<b>sheet</b>"

PART = PartActivity(
    signals=1234,
    toggles=456.25,
    rate=0.369733,
    high=0.125,
    levels=(LevelActivity(level=1, signals=1234, toggles=456.25),),
)
ENERGY = PartEnergy(
    cells=900,
    registers=34,
    area=5678.5,
    switching_pj=0.5,
    internal_pj=1.25,
    clock_pj=0.0,
    leakage_nw=2.5,
)


def sheet(*, energy: bool) -> Datasheet:
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 9, (50, 3)).astype(np.int32)
    taken = EnergyReport(
        library="cells",
        file="cells.lib",
        volts=1.8,
        celsius=25,
        clock_mhz=200,
        slew_ns=0.1,
        parts={"gates": ENERGY},
        total=ENERGY,
        inputs_pj=0.25,
        leakage_pj=1e-5,
        energy_pj=1.75001,
        power_uw=350.002,
        assumptions=("Wires are short.",),
    )
    activity = ActivityReport(
        name=NAME,
        version="1",
        dataset="noise",
        samples=50,
        tool="Yosys 0.1",
        mapped=energy,
        latency=4,
        inputs=PART,
        parts={"gates": PART},
        total=PART,
        energy=taken if energy else None,
        assumptions=("Glitches are not counted.",),
    )
    return Datasheet(
        name=NAME,
        version="1",
        dataset="noise",
        is_trained_data=True,
        evaluation=figures.evaluate(scores, generator.integers(0, 3, 50), ["a", "b", "c"], 2.0),
        gates=GateCounts(trained=5000, count=4321, depth=3, ops={"AND": 4321}),
        input=Input(bits=99, shape=[4, 4], dtype="uint8"),
        classes=Classes(count=3, names=["a", "b", "c"], counted=[7, 7, 7], offset=[0, 0, 0]),
        sizes=(
            Size(target="xc7", unit="LUT6", total=1500, bits_in=1400, error=0.045, source="est."),
        ),
        speed=Speed(
            clock_mhz=200,
            clock_is="assumed",
            latency=4,
            latency_ns=20,
            interval=1,
            samples_per_second=2e8,
        ),
        activity=activity,
        ports=(PortEntry(name="clk", direction="input", bits=1, comment="rising edge"),),
        module="classifier",
        options={"fold": 1},
        provenance=Provenance(
            network_sha256="ab" * 32,
            verilog_sha256="cd" * 32,
            dataset="noise",
            dataset_sha256={"test": "ef" * 32},
            seed=0,
            seeds={"0": 0.5, "1": 0.25},
            recipe={"train.epochs": 5, "train.patience": 0},
            training={"device": "cpu"},
        ),
        tools={"lilogic": "1"},
    )


class Shown(HTMLParser):
    """The figures of a page, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: dict[str, float] = {}
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [found[name] or "" for name in ("src", "href") if name in found]
        if tag == "data":
            self.figures[found["data-path"] or ""] = float(found["value"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("energy", [False, True])
def test_figures_are_those_of_the_json(energy):
    made = sheet(energy=energy)
    text = page.html(made)
    shown = Shown(text)
    written = made.to_json()
    assert {"evaluation.accuracy", "gates.count", "sizes.0.total"} <= shown.figures.keys()
    assert ("activity.energy.total.clock_pj" in shown.figures) == energy
    for path, value in shown.figures.items():
        assert value == at(written, path), path
    assert not shown.links
    assert "<b>sheet" not in text
    assert NAME in shown.text
    for said in ("4,321", "1,500", "20.0 ns", "Glitches are not counted.", "train.epochs = 5"):
        assert said in shown.text
    assert ("1.75 pJ" in shown.text) == energy
    assert "train.patience" not in shown.text


def test_it_writes_itself(tmp_path):
    made = sheet(energy=False)
    made.write(tmp_path / "sheet.html")
    assert (tmp_path / "sheet.html").read_text("utf-8") == page.html(made)
    assert "Accuracy" in made._repr_html_()
    with pytest.raises(LilogicError, match=r"use the suffix \.html"):
        made.write(tmp_path / "sheet.pdf")


def test_the_terminal_shows_the_same_tables(capsys):
    for section in sections.of_sheet(sheet(energy=True)):
        console.show_section(section)
    printed = capsys.readouterr().out
    for said in ("4,321", "1,500", "1.25 pJ", "rising edge"):
        assert said in printed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 J"),
        (1.5, "1.50 J"),
        (999.6, "1.00 kJ"),
        (12_345_678, "12.3 MJ"),
        (2.5e-13, "250 fJ"),
        (1e-17, "0.01 fJ"),
    ],
)
def test_numbers_have_three_digits_and_a_prefix(value, text):
    assert units(value, "J") == text


@pytest.mark.slow
def test_the_sheet_of_a_network_in_a_browser(lilogic, tmp_path):
    browser = shutil.which("chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    if browser is None:
        pytest.skip("Chromium is not installed")
    generator = np.random.default_rng(0)
    arrays = {
        name: generator.integers(0, 256, (100, 28, 28)).astype(np.uint8)
        for name in ("x_train", "x_test")
    }
    arrays |= {f"y_{side}": np.arange(100) % 10 for side in ("train", "test")}
    np.savez(tmp_path / "noise.npz", **arrays)
    path = tmp_path / "sheet.html"
    status, printed, err = lilogic(
        "datasheet", "mnist-8k", "-o", path, "--data", tmp_path / "noise.npz", "--json"
    )
    assert status == 0, err
    report = json.loads(printed)
    with playwright.sync_playwright() as started:
        window = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = window.new_page(viewport={"width": 390, "height": 844})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        shown = tab.eval_on_selector_all(
            "data", "all => all.map(each => [each.dataset.path, each.value, each.innerText])"
        )
        width = tab.evaluate("document.documentElement.scrollWidth")
        sheets = tab.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
        window.close()
    assert asked == [path.as_uri()]
    assert width <= 390
    assert sheets in (1, 2)
    assert len(shown) > 40
    for where, value, text in shown:
        assert float(value) == at(report, where), where
        assert text.strip(), where
