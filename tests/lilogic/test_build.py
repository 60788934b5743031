"""A build is of one network and one set of options, and refuses to speak of any other."""

import json
import shutil

import numpy as np
import pytest

import lilogic
from lilogic import flow
from lilogic.build import Build
from lilogic.errors import FormatError, GraphError, LilogicError
from lilogic.graph import GateGraph, passes
from lilogic.hdl.components.interface import INTERFACE, VERILOG, Interface
from lilogic.hdl.record import RECORD, BuildRecord
from lilogic.sim import regression
from tests.strategies import random_graph

MODEL = lilogic.Model(random_graph((12, 12), 8, 3, seed=1), "one")
OTHER = lilogic.Model(random_graph((12, 12), 8, 3, seed=2), "two")
NARROW = lilogic.Model(GateGraph.build(2, [(6, 0, 1)], [[2], [0, 1]]), "narrow")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return MODEL.compile(tmp_path_factory.mktemp("build"), target="ice40", progress=False)


@pytest.fixture
def folder(compiled, tmp_path):
    return shutil.copytree(compiled.folder, tmp_path / "build")


def test_a_folder_says_what_it_was_compiled_of_and_how(compiled, folder):
    opened = flow.opened(MODEL, folder)
    assert opened.options == compiled.options
    assert opened.options.target == "ice40"
    assert opened.options.input == "bits"
    record = BuildRecord.read(folder)
    assert record.network.name == "one"
    assert record.altered(folder) == []
    # What was compiled is in the folder, too, and is the same network.
    flow.opened(lilogic.load(folder / "one.lgn"), folder)


@pytest.mark.parametrize("model", [OTHER, NARROW])
def test_another_network_is_refused_and_both_are_named(folder, model):
    with pytest.raises(
        GraphError, match=rf"build: was compiled from network one \(\w{{12}}\), .* {model.name} \("
    ):
        flow.opened(model, folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels_per_stage": 4}, "with levels per stage 2, not 4"),
        ({"levels_per_stage": 0}, "with levels per stage 2, not 0"),
        ({"clock_mhz": 50, "target": "ice40"}, "with clock none, not 50"),
        ({"target": "ecp5"}, "with target ice40, not ecp5"),
        ({"popcount": "chain"}, "with popcount auto, not chain"),
        ({"input": "features"}, "with input bits, not features"),
    ],
)
def test_other_options_than_it_was_compiled_with_are_refused(folder, options, message):
    with pytest.raises(GraphError, match=message):
        flow.opened(MODEL, folder, **options)


def test_the_options_that_it_was_compiled_with_may_be_repeated(folder):
    flow.opened(MODEL, folder, levels_per_stage=2, target="ice40", popcount="auto", input="bits")


def test_words_are_what_a_testbench_sends(compiled):
    bits = np.random.default_rng(0).integers(0, 2, (5, 8))
    expected = [sum(bit << place for place, bit in enumerate(row)) for row in bits.tolist()]
    assert compiled.words(bits) == expected
    with pytest.raises(LilogicError):
        compiled.words(bits[:, :3])


def test_a_report_shows_itself(compiled):
    report = compiled.report(targets=[], progress=False)
    assert "gates compiled" in report._repr_html_()
    assert report.draw().alt.startswith("one: gates by function")


def text_of(build: Build) -> str:
    return build.verilog


USES = [text_of, Build.area, Build.report, Build.write_vectors, Build.verify]


@pytest.mark.parametrize("use", USES)
def test_a_build_whose_folder_was_compiled_into_again_is_refused(
    compiled, folder, use, monkeypatch
):
    monkeypatch.setattr(regression, "simulate", lambda *_: pytest.fail("not refused"))
    first = flow.opened(MODEL, folder)
    record = BuildRecord.read(folder)
    options = record.options.model_copy(update={"levels_per_stage": 3})
    record.model_copy(update={"options": options}).write(folder)
    with pytest.raises(GraphError, match="was compiled with levels per stage 3, not 2"):
        use(first)
    network = record.network.model_copy(update={"name": "two", "sha256": 64 * "0"})
    record.model_copy(update={"network": network}).write(folder)
    with pytest.raises(GraphError, match="was compiled from network two"):
        use(first)


def emptied(folder):
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (emptied, f"build: contains no {RECORD}; compile"),
        (shutil.rmtree, "build: no such folder"),
        (lambda folder: (folder / RECORD).write_text(""), "not the record of a build"),
        (lambda folder: (folder / RECORD).write_text("[1]"), "not the record of a build"),
        (lambda folder: (folder / VERILOG).unlink(), f"{VERILOG}: no such file"),
        (lambda folder: (folder / INTERFACE).write_text("{}"), f"{INTERFACE}: altered since"),
    ],
)
def test_a_spoilt_folder_is_refused_in_one_line(folder, spoil, message):
    spoil(folder)
    with pytest.raises(LilogicError, match=message) as error:
        flow.opened(MODEL, folder).verify(progress=False)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("use", USES[:-2])
def test_altered_verilog_is_not_taken_for_what_was_compiled(folder, use):
    build = flow.opened(MODEL, folder)
    (folder / VERILOG).write_text(build.verilog + "// mine\n")
    with pytest.raises(FormatError, match=f"{VERILOG}: altered since it was compiled"):
        use(build)


def test_the_record_goes_before_the_files_change(folder, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Interface, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        OTHER.compile(folder, progress=False)
    with pytest.raises(FormatError, match=f"contains no {RECORD}"):
        flow.opened(MODEL, folder)


def test_compiling_again_deletes_the_artefacts_of_before_but_no_file_of_the_user(tmp_path):
    MODEL.compile(tmp_path, artefacts=["xdc", "vhdl", "c"], progress=False)
    before = {file.name for file in tmp_path.iterdir()}
    (tmp_path / "classifier.h").write_text("/* mine */")
    (tmp_path / "classifier.sdc").write_text("# mine")
    MODEL.compile(tmp_path, artefacts=["sdc"], progress=False)
    left = {file.name for file in tmp_path.iterdir()}
    assert before - left == {"classifier.xdc", "classifier.vhd"}
    assert (tmp_path / "classifier.h").read_text() == "/* mine */"
    assert (tmp_path / "classifier.sdc").read_text() != "# mine"
    MODEL.compile(tmp_path, progress=False)
    assert not (tmp_path / "classifier.sdc").exists()


def test_a_record_deletes_nothing_outside_of_its_folder(tmp_path):
    folder = tmp_path / "build"
    MODEL.compile(folder, artefacts=["sdc"], progress=False)
    mine = tmp_path / "classifier.sdc"
    mine.write_bytes((folder / "classifier.sdc").read_bytes())
    record = (folder / RECORD).read_text()
    (folder / RECORD).write_text(record.replace('"classifier.sdc"', '"../classifier.sdc"'))
    MODEL.compile(folder, progress=False)
    assert mine.exists()


@pytest.mark.parametrize(
    "options",
    [
        {"bus_width": 64},
        {"fold": 2, "levels_per_stage": 0},
        {"artefacts": ["gds"]},
        {"clock_mhz": 50},
        {"clock_mhz": 50, "target": "ice40"},
        {"target": "z80"},
    ],
)
def test_impossible_options_are_refused_before_all_work(tmp_path, monkeypatch, options):
    monkeypatch.setattr(passes, "simplify", lambda *_: pytest.fail("not refused"))
    with pytest.raises(GraphError):
        MODEL.compile(tmp_path / "build", progress=False, **options)
    assert not (tmp_path / "build").exists()


def test_levels_beside_a_clock_are_refused(tmp_path):
    options = lilogic.CompileOptions(levels_per_stage=2, clock_mhz=50, target="hx8k")
    for refused in (
        lambda: MODEL.compile(tmp_path, options, progress=False),
        lambda: flow.sweep_pipeline(MODEL, clock_mhz=50, progress=False),
    ):
        with pytest.raises(
            GraphError, match=r"levels per stage and a clock of 50 MHz both place the registers"
        ):
            refused()
    assert not (tmp_path / RECORD).exists()


def test_a_target_or_bus_beside_a_board_or_device_is_refused():
    with pytest.raises(GraphError, match="omit the bus"):
        MODEL.synthesize("icebreaker", bus="axis", progress=False)
    with pytest.raises(GraphError, match="a board determines the target"):
        MODEL.synthesize("icebreaker", target="ecp5", progress=False)
    with pytest.raises(GraphError, match="the sweep is for hx8k, not for the target up5k"):
        flow.sweep_pipeline(MODEL, "hx8k", target="up5k", progress=False)


def test_the_record_is_plain_json(compiled):
    record = json.loads((compiled.folder / RECORD).read_text())
    assert record["options"] == {"input": "bits", "target": "ice40"}
    assert record["files"].keys() == {VERILOG, INTERFACE}
