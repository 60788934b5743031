import json
import os
import shlex
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lilogic import load
from lilogic.graph import lgn
from lilogic.hdl.components import popcount
from lilogic.hdl.fpga import tools
from lilogic.hdl.synthesis import area
from lilogic.infer import golden
from lilogic.report import tables
from lilogic.report.models.compiled import CompileReport
from tests.lilogic.cli.command import LILOGIC, assert_one_line, start, write_graph

pytestmark = pytest.mark.xdist_group("command line")


def test_compile_refuses_an_unknown_popcount(lilogic, run_folder, tmp_path):
    status, _, err = lilogic("compile", run_folder, "-o", tmp_path, "--popcount", "abacus")
    assert_one_line(status, err, "abacus", "tree")


def test_compile_refuses_an_unknown_target(lilogic, run_folder, tmp_path):
    status, _, err = lilogic("compile", run_folder, "-o", tmp_path, "--target", "z80")
    assert_one_line(status, err, "z80", "ice40")


def test_compile_into_a_folder_that_is_a_file(lilogic, run_folder, tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    status, _, err = lilogic("compile", run_folder, "-o", path)
    assert_one_line(status, err.splitlines()[-1] + "\n", "file")
    assert path.read_text() == "mine"


WRITTEN = {"build.json", "classifier.v", "interface.json", "vectors.npz", "small.lgn"}
REPORT = {"report.json", "report.md", "report.html"}


def test_compile_maps_to_no_target_unless_one_is_asked_for(lilogic, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(area, "measure", interrupted)
    write_graph(tmp_path / "small.lgn")
    status, out, err = lilogic("compile", "small.lgn", "--json")
    assert status == 0
    assert "area" not in json.loads(out)
    assert "wrote classifier.v, interface.json and vectors.npz in build/small\n" in err
    assert {file.name for file in Path("build/small").iterdir()} == WRITTEN | REPORT
    assert "Area" not in Path("build/small/report.md").read_text()

    options = ("--target", "ice40", "--module", "mine")
    status, _, err = lilogic("compile", "small.lgn", "-o", "asked", *options)
    assert status == 1
    assert "\nmodule mine (\n" in Path("asked/classifier.v").read_text()
    assert json.loads(Path("asked/interface.json").read_text())["module"] == "mine"
    assert "wrote classifier.v" in err
    assert {file.name for file in Path("asked").iterdir()} == WRITTEN


def test_compile_writes_what_is_asked_for_beside_the_verilog(lilogic, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_graph(tmp_path / "small.lgn")
    status, _, err = lilogic("compile", "small.lgn", "-o", "out", "--with", "nothing")
    assert_one_line(status, err, "'nothing' is not one of testbench, sdc", "(--with)")
    assert not Path("out").exists()
    status, _, err = lilogic("compile", "small.lgn", "-o", "out", "--with", "sdc", "--with", "c")
    assert status == 0
    assert "wrote classifier.sdc, classifier.h in out\n" in err
    written = {file.name for file in Path("out").iterdir()}
    assert written == WRITTEN | REPORT | {"classifier.sdc", "classifier.h"}


def interrupted(_folder, targets, *_):
    assert [*targets] == ["ice40"]
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("told", "step"),
    # Targets are mapped to in threads; nothing else goes on while Verilog is written.
    [(signal.SIGINT, "write_verilog"), (signal.SIGTERM, "ltp"), (signal.SIGHUP, "write_verilog")],
)
def test_the_programs_it_runs_end_with_it(run_folder, tmp_path, told, step):
    program, started = tmp_path / "yosys", tmp_path / "started"
    program.write_text(
        f"#!/bin/sh\nif grep -q {step} yosys.ys; then echo $$ > {started}.part\n"
        f"mv {started}.part {started}\nsleep 60\nfi\n"
        f'exec {shlex.join(tools.command("yosys"))} "$@"\n'
    )
    program.chmod(0o755)
    process = start([*LILOGIC, "report", run_folder], env=os.environ | {"YOSYS": str(program)})
    while not started.exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(told)
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1] == "lilogic: interrupted"
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


@pytest.mark.slow
def test_sweep_pipeline_places_and_routes_every_point(lilogic, tmp_path):
    path, picture = tmp_path / "small.lgn", tmp_path / "sweep.png"
    write_graph(path)
    arguments = ["sweep-pipeline", path, "-o", picture, "--json"]
    for levels in (0, 2):
        arguments += ["--levels-per-stage", levels]
    status, out, _ = lilogic(*arguments)
    assert status == 0
    points = json.loads(out)["points"]
    assert [point["levels_per_stage"] for point in points] == [0, 2]
    assert points[0]["latency"] == points[0]["ffs"] == 0 < points[1]["latency"]
    assert all(point["fits"] and point["fmax_mhz"] > 0 for point in points)
    assert picture.read_bytes().startswith(b"\x89PNG")

    status, _, err = lilogic("sweep-pipeline", path, "-o", tmp_path / "sweep")
    assert_one_line(status, err, "sweep: unknown picture format; use the suffix .png, .svg or .pdf")
    status, _, err = lilogic("sweep-pipeline", path, "--device", "asic")
    assert_one_line(status, err, "device 'asic' is not one of hx8k, up5k, ecp5")


@pytest.mark.slow
def test_compile_verify_and_report_a_graph_without_encoder(lilogic, tmp_path):
    path = tmp_path / "small.lgn"
    graph = write_graph(path)
    build = tmp_path / "build"
    options = ["--levels-per-stage", "0", "--target", "ice40", "--json"]
    status, out, _ = lilogic("compile", path, "-o", build, *options)
    assert status == 0
    compiled = json.loads(out)
    assert compiled["interface"]["popcount"] == popcount.best("ice40", 3, registers=False)
    assert compiled["area"]["targets"].keys() == {"ice40"}
    assert compiled["interface"]["data"] == "bits"
    assert compiled["interface"]["latency"] == 0
    assert ("latency", "combinational, no clock cycles") in tables.compile_rows(
        CompileReport.model_validate(compiled)
    )
    assert compiled == json.loads((build / "report.json").read_text())
    assert {file.name for file in build.iterdir()} == WRITTEN | REPORT
    bits = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    np.testing.assert_array_equal(
        golden.scores(lgn.read(build / "small.lgn"), bits), golden.scores(graph, bits)
    )

    status, out, err = lilogic("verify", path, "--build", build, "--json")
    assert status == 0
    verified = json.loads(out)
    assert verified["passed"]
    assert verified["simulation"]["mismatches"] == 0
    assert verified["formal"]["parts"]["gates"]["status"] == "proven"
    assert "no test vectors from a data set" in err

    verilog = (build / "classifier.v").read_text()
    before, name, after = verilog.partition("module classifier_network(")
    assert "^" in after
    (build / "classifier.v").write_text(before + name + after.replace("^", "|", 1))
    status, out, _ = lilogic("verify", path, "--build", build, "--json")
    assert status == 1
    broken = json.loads(out)
    assert not broken["passed"]
    assert broken["simulation"]["mismatches"] > 0
    assert broken["altered"]
    sample = broken["formal"]["parts"]["gates"]["counterexample"]["sample"]
    word = sample["inputs"]
    arguments = ("--build", build, "--word", word, "--no-formal", "--json")
    status, out, _ = lilogic("verify", path, *arguments)
    assert status == 1
    replayed = json.loads(out)["simulation"]
    assert replayed["kinds"]["given"]["mismatches"] == replayed["kinds"]["given"]["compared"] > 0
    assert replayed["tests"][0]["examples"][0]["sample"] == sample


def test_report_writes_pages_and_refuses_a_broken_library(lilogic, tmp_path):
    path, library = tmp_path / "small.lgn", tmp_path / "cells.lib"
    write_graph(path)
    small = Path(__file__).parents[2] / "hdl" / "synthesis" / "small.lib"
    options = ("--target", "generic", "--liberty", small)
    status, out, _ = lilogic("report", path, *options, "-o", tmp_path / "out", "--json")
    assert status == 0
    assert json.loads(out) == json.loads((tmp_path / "out" / "report.json").read_text())
    targets = json.loads(out)["area"]["targets"]
    assert targets.keys() == {"generic", "liberty"}
    assert targets["liberty"]["total"]["area"] > 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == REPORT
    library.write_text("library (broken) { cell (")
    status, _, err = lilogic("report", path, "--liberty", library)
    assert_one_line(status, err, "cells.lib", "not a Liberty file")


@pytest.mark.parametrize(
    "command",
    [
        ("compile", "-o", "out"),
        ("verify",),
        ("report",),
        ("export", "--to", "verilog", "-o", "out"),
    ],
    ids=lambda command: command[0],
)
def test_options_that_contradict_each_other_are_refused(lilogic, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    write_graph(tmp_path / "small.lgn")
    name, *rest = command
    clock = ("--clock", 50, "--target", "hx8k", "--levels-per-stage", 2)
    status, _, err = lilogic(name, "small.lgn", *rest, *clock)
    assert_one_line(status, err.splitlines()[-1] + "\n", "both place", "(--levels-per-stage)")
    status, _, err = lilogic(name, "small.lgn", *rest, "--bits", "--input", "features")
    assert_one_line(status, err, "both bits and features")
    status, _, err = lilogic(name, "small.lgn", *rest, "--fold", 4, "--levels-per-stage", 0)
    message = "cannot be folded into 4 cycles", "(--levels-per-stage)"
    assert_one_line(status, err.splitlines()[-1] + "\n", *message)
    assert not (tmp_path / "out" / "build.json").exists()


def test_verify_refuses_a_build_of_something_else(lilogic, tmp_path):
    network, other, build = tmp_path / "small.lgn", tmp_path / "other.lgn", tmp_path / "build"
    graph = write_graph(network)
    lgn.write(replace(graph, offset=graph.offset + np.array([1, 0], np.int32)), other)
    load(network).compile(build, target="ice40", progress=False)
    status, _, err = lilogic("verify", other, "--build", build)
    assert_one_line(status, err, "was compiled from network small (", "but the model is other (")
    status, _, err = lilogic("verify", network, "--build", build, "--target", "ecp5")
    assert_one_line(status, err, "was compiled with target ice40, not ecp5")
    status, _, err = lilogic("verify", network, "--build", tmp_path)
    assert_one_line(status, err, "contains no build.json")
