"""Projects for Tiny Tapeout: what they answer, in how many tiles they fit, what hosts send."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from lilogic.api import Model
from lilogic.boards.tinytapeout import fit, project, texts
from lilogic.boards.tinytapeout.fit import Size
from lilogic.boards.tinytapeout.gateware import DONE, LAST, SELECT, WRITE, Project
from lilogic.boards.tinytapeout.technologies import TECHNOLOGIES
from lilogic.data.encoder import Encoder
from lilogic.data.fitting import above_quantile
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import DataError, DoesNotFitError, GraphError
from lilogic.graph import GateGraph, lgn
from lilogic.hdl.components.interface import unpack
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from lilogic.sim import runner
from lilogic.zoo import models
from tests.strategies import random_graph

TEMPLATES = resources.files("lilogic.boards.tinytapeout") / "templates"


def written(graph, folder, samples=None, **request):
    """The report of the project that a graph makes."""
    asked = project.Request(**request)
    return project.write(graph, "net", folder, samples, asked, lambda _: nullcontext())


def made_test_passes(folder):
    """Whether the Makefile of a project runs its test in Icarus."""
    for tool in ("iverilog", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["make"],
        cwd=folder / "test",
        env=os.environ | {"PATH": path, "COCOTB_ANSI_OUTPUT": "0"},
        capture_output=True,
        text=True,
    )
    return ended.returncode == 0 and "FAIL=0" in ended.stdout, ended.stdout + ended.stderr


def signed_graph():
    """Scores of two bytes and a sign, ties, and bits that nothing reads."""
    graph = random_graph((30, 20), 19, 4, seed=3)
    return GateGraph(
        n_inputs=graph.n_inputs,
        op=graph.op,
        a=graph.a,
        b=graph.b,
        head_ptr=graph.head_ptr,
        head_nodes=graph.head_nodes,
        offset=np.array([-200, 130, 0, -200], dtype=np.int32),
    )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"fold": 3, "levels_per_stage": 2},
        pytest.param({"levels_per_stage": 1}, marks=pytest.mark.slow),
    ],
)
def test_a_project_answers_as_software_does(tmp_path, options):
    report = written(signed_graph(), tmp_path / "p", options=CompileOptions(**options))
    assert report.answer_bytes == 1 + 4 * 2
    vectors = json.loads((tmp_path / "p/test/vectors.json").read_text())
    assert len({tuple(row) for row in vectors["answers"]}) > 3
    passed, log = made_test_passes(tmp_path / "p")
    assert passed, log


@pytest.mark.slow
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_an_mnist_network_in_two_tiles_classifies_test_images(tmp_path, simulator):
    graph = models.load("mnist-ge-2k")
    try:
        images = Model(graph, "mnist-ge-2k").dataset().x_test
    except DataError as error:
        pytest.skip(str(error))
    report = written(graph, tmp_path, images)
    assert report.tiles == "1x2"
    assert report.vectors == 48
    vectors = json.loads((tmp_path / "test/vectors.json").read_text())
    expected = golden.classify(golden.scores(graph, graph.encoder.encode(images[:32])))
    assert [row[0] for row in vectors["answers"][:32]] == expected.tolist()
    if simulator == "icarus":
        passed, log = made_test_passes(tmp_path)
        assert passed, log
        return
    sources = [tmp_path / "src/project.v", tmp_path / "test/tb.v"]
    runner.build("verilator", sources, "tb", tmp_path)
    path = os.pathsep.join([str(tmp_path / "test"), *sys.path])
    log = tmp_path / "run.log"
    assert runner.run("verilator", "tb", tmp_path, "test", {"PYTHONPATH": path}, log), (
        log.read_text()
    )


def encoders():
    """One for each kind of comparison."""
    scaling = Scaling((0.5, -1.0, 3.0), (2.0, 0.1, 7.5), (3, 2, 5))
    yield Encoder(
        preprocessing=Preprocessing((3,), "int16"),
        feature=[0, 1, 2, 2, 0, 1],
        threshold=[-3, 5, 0, 4, 1, -1],
        minus=[3, 3, 3, 0, 1, 2],
    )
    yield above_quantile((3, 3), "uint8", 0.6)
    yield Encoder(
        preprocessing=Preprocessing((3,), REAL, scaling=scaling),
        feature=[0, 0, 1, 2, 2, 1, 0],
        threshold=[0, 3, 1, 17, 4, 0, 5],
    )


@pytest.fixture(scope="module")
def host():
    """The script for demo boards."""
    found = importlib.util.spec_from_file_location("classify", TEMPLATES / "host/classify.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Port:
    """Eight pins."""

    def __init__(self, changed=lambda _: None):
        self._value, self._changed = 0, changed

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value
        self._changed(value)


class Board:
    """A demo board with a project in which software answers."""

    def __init__(self, made):
        self.ui_in, self.uo_out, self.uio_out = Port(), Port(), Port()
        self.uio_in = Port(self._moved)
        self._made = made
        self._write, self._bytes, self._answer = 0, b"", b""

    def _moved(self, pins):
        write = pins >> WRITE & 1
        if write and not self._write:
            self._bytes += bytes([self.ui_in.value])
            if pins >> LAST & 1:
                self._finish()
        self._write = write
        if self._answer:
            self.uo_out.value = self._answer[pins >> SELECT]

    def _finish(self):
        made = self._made
        row = np.unpackbits(np.frombuffer(self._bytes, np.uint8), bitorder="little")
        data = np.zeros((1, made.interface.data_width), dtype=bool)
        data[:, made.sent] = row[len(row) - len(made.sent) :]
        scores = golden.scores(made.graph, unpack(made.graph, made.kind, data))
        self._answer = made.answer(int(golden.classify(scores)[0]), scores[0].tolist())
        self.uio_out.value = 1 << DONE


@pytest.mark.parametrize("input", ["bits", "features"])
@pytest.mark.parametrize("encoder", [*encoders()])
def test_the_host_sends_and_reads_what_software_says(tmp_path, host, encoder, input):
    if input == "features" and (encoder.has_differences or encoder.rank is not None):
        encoder = Encoder(
            preprocessing=encoder.preprocessing, feature=[0, 0, 2], threshold=[3, 5, 1]
        )
    bits = encoder.n_bits
    heads = [[*range(0, bits, 2)], [*range(1, bits, 2)], [0, bits - 1]]
    graph = GateGraph.build(bits, [], heads, offset=[-1, 0, 0], encoder=encoder)
    options = CompileOptions(levels_per_stage=0, input=input)
    made = Project(graph, options)
    (tmp_path / "network.json").write_text(
        texts.json_lines(texts.network("tt_um_net", 10**7, made))
    )
    network = host.load(tmp_path / "network.json")
    generator = np.random.default_rng(1)
    if encoder.input_dtype == REAL:
        samples = generator.normal(0, 4, (60, 3))
        samples[0] = [np.nan, np.inf, -np.inf]
    else:
        samples = generator.integers(0, 9, (60, *encoder.input_shape)).astype(encoder.input_dtype)
    scores = golden.scores(graph, encoder.encode(samples))
    classes = golden.classify(scores).tolist()
    for sample, index, row in zip(samples, classes, scores.tolist(), strict=True):
        sent = host.encode(network, sample.reshape(-1).tolist())
        assert host.answer(Board(made), network, sent) == (index, row)
        assert host.classify(Board(made), network, sample.reshape(-1).tolist())[0] == str(index)


def test_the_fewest_tiles_are_taken_and_what_is_too_large_is_refused():
    technology = TECHNOLOGIES["sky130"]
    assert technology.usable("1x1") == pytest.approx((161 - 12 * 0.46) * (111.52 - 2 * 2.72))

    def tiles(area, asked=None, limit=0.6):
        size = Size(area, {}, "mapped", "Yosys", 1, 1)
        return fit.tiles("net", size, technology, asked, limit)

    assert tiles(9_895) == "1x1"
    assert tiles(9_897) == "1x2"
    assert tiles(9_897, limit=0.7) == "1x1"
    assert tiles(1_000, "4x2") == "4x2"
    with pytest.raises(DoesNotFitError, match=r"1x1 tiles have room for 9,896 .* try 1x2 tiles"):
        tiles(15_884, "1x1")
    with pytest.raises(DoesNotFitError, match=r"8x2 tiles have room for .* try a smaller network"):
        tiles(900_000)


def test_what_is_far_too_large_is_refused_before_it_is_mapped(tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "measure", lambda *_: pytest.fail("mapped"))
    graph = random_graph((1500, 1500), 20, 4)
    with pytest.raises(DoesNotFitError, match=r"net takes about .* 1x1 tiles .* try \dx2 tiles"):
        written(graph, tmp_path / "p", tiles="1x1")
    with pytest.raises(DoesNotFitError, match=r"but 8x2 tiles have room for .* try a smaller"):
        written(graph, tmp_path / "p", utilization=0.01)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_sizes_of_projects_rise(technology):
    areas = [TECHNOLOGIES[technology].usable(tiles) for tiles in TECHNOLOGIES[technology].tiles]
    assert areas == sorted(areas)


def test_classes_that_pins_cannot_select_are_refused():
    graph = GateGraph.build(40, [], [[bit] for bit in range(40)])
    with pytest.raises(GraphError, match=r"40 classes has 41 bytes, but .* only address 32"):
        Project(graph, CompileOptions())


def test_the_command_says_what_a_project_takes_and_overwrites_nothing(lilogic, tmp_path):
    lgn.write(random_graph((20,), 12, 2), tmp_path / "net.lgn")
    command = ("export", tmp_path / "net.lgn", "--to", "tinytapeout", "-o", tmp_path / "p")
    status, out, _ = lilogic(*command, "--author", "Ada", "--module", "tt_um_ada", "--json")
    report = json.loads(out)
    assert (status, report["tiles"], report["source"]) == (0, "1x1", "estimated")
    info = (tmp_path / "p/info.yaml").read_text()
    assert 'author: "Ada"' in info
    assert 'top_module: "tt_um_ada"' in info
    assert "module tt_um_ada(" in (tmp_path / "p/src/project.v").read_text()
    assert not any(
        "@" in (tmp_path / "p" / file).read_text() for file in ("README.md", "test/tb.v")
    )
    status, _, err = lilogic(*command)
    assert (status, "already exists; choose another folder" in err) == (2, True)
    status, _, err = lilogic(*command[:-1], tmp_path / "net.lgn")
    assert (status, "not a folder; a project consists of several files" in err) == (2, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--tiles", "5x5"], "projects in sky130 have 1x1, 1x2, 2x2,"),
        (["--technology", "tsmc"], "technology 'tsmc' is not one of sky130,"),
        (["--clock", "60"], "the clock is 60 MHz, but the pins of Tiny Tapeout take up to 50"),
        (["--clock", "0.0000001"], "the clock is 1e-07 MHz, but "),
        (["--utilization", "2"], "utilization is 2, but must be above 0"),
        (["--module", "top"], "those of Tiny Tapeout begin with tt_um_"),
        (["--target", "xc7"], "a Tiny Tapeout project has no target (--target)"),
        (["--no-simplify"], "and --no-simplify are not for Tiny Tapeout"),
    ],
)
def test_what_no_project_can_be_is_refused(lilogic, tmp_path, options, says):
    lgn.write(random_graph((20,), 12, 2), tmp_path / "net.lgn")
    folder = tmp_path / "p"
    command = ("export", tmp_path / "net.lgn", "--to", "tinytapeout", "-o", folder, *options)
    status, _, err = lilogic(*command)
    assert (status, says in err) == (2, True), err
    assert not folder.exists()


def test_cells_of_another_technology_are_refused(lilogic, tmp_path):
    library = Path(__file__).parents[2] / "hdl/synthesis/small.lib"
    lgn.write(random_graph((20,), 12, 2), tmp_path / "net.lgn")
    command = ("export", tmp_path / "net.lgn", "--to", "tinytapeout", "-o", tmp_path / "p")
    status, _, err = lilogic(*command, "--liberty", library)
    assert (status, "whose names begin with sky130_fd_sc_hd__" in err) == (2, True), err
    status, _, err = lilogic(
        "export", tmp_path / "net.lgn", "--to", "c", "--tiles", "1x1", "-o", "x"
    )
    assert (status, "are for Tiny Tapeout only" in err) == (2, True)
