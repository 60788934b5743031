"""Counts of known circuits, and sums that add up."""

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError, ToolError
from lilogic.graph import GateGraph, gates
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.synthesis import area, cost, partition
from lilogic.hdl.verilog import compile_graph
from lilogic.tasks import Workers
from tests.strategies import random_graph

FPGAS = ("ice40", "ecp5", "xc7")


def measured(folder, graph, targets=area.TARGETS, **options):
    compile_graph(graph, folder, CompileOptions(**options))
    return as_dict(area.measure(folder, {name: area.TARGETS[name] for name in targets}))


def as_dict(report):
    result = report.to_json()
    json.dumps(result)
    return result


@pytest.mark.slow
@pytest.mark.parametrize("fpgas", [FPGAS[:2], FPGAS[2:]])
def test_one_gate_is_one_cell_and_one_lut(tmp_path, fpgas):
    graph = GateGraph.build(2, [(gates.XOR, 0, 1)], [[2]])
    result = measured(tmp_path, graph, ("generic", *fpgas), levels_per_stage=0)
    assert result["targets"].keys() == {"generic", *fpgas}
    generic = result["targets"]["generic"]["parts"]["gates"]
    assert result.keys() == {"tool", "flattened", "targets"}
    assert result["targets"]["generic"].keys() == {"unit", "parts", "total", "types"}
    assert generic == {"cells": 1, "nand2": 3, "ffs": 0, "depth": 1}
    assert result["targets"]["generic"]["types"]["gates"] == {"$_XOR_": 1}
    for name in fpgas:
        target = result["targets"][name]
        assert target["parts"]["gates"]["luts"] == 1
        assert target["total"]["luts"] == 1
        assert target["total"]["ffs"] == 0
        assert target["total"]["depth"] == 1


def test_yosys_runs_no_more_often_at_once_than_there_are_threads(monkeypatch):
    asked = []

    def run_jobs(work, jobs, at_once):
        asked.append(at_once)
        raise ToolError("none today")

    monkeypatch.setattr(area.tools, "run_jobs", run_jobs)
    monkeypatch.setattr(area.cores, "usable", lambda: 3)
    for threads in (None, 1, 2, 64):
        with pytest.raises(ToolError):
            cost.measure(random_graph((4,), 2, 2), "ice40", area.TARGETS["ice40"], threads=threads)
    assert asked == [3, 1, 2, 4]


def test_tasks_of_a_cluster_give_the_same_in_whatever_order_they_end(monkeypatch, tmp_path):
    workers = []

    @contextmanager
    def pool(by):
        workers.append(by)
        yield lambda work, items: reversed([(n, work(item, 1)) for n, item in enumerate(items)])

    def mapped(job, _=None):
        count = len(job.name) + 10 * job.is_total
        types = Counter({"SB_LUT4": count, "$lut": count, "LUT4": count, "LUT6": count})
        return area._Mapped("Yosys", {name: area._Module(types, count) for name in job.own})

    monkeypatch.setattr(area.tasks, "pool", pool)
    monkeypatch.setattr(area, "_map", mapped)
    compile_graph(random_graph((4,), 2, 2), tmp_path, CompileOptions())
    here, told = area.measure(tmp_path), []
    assert area.measure(tmp_path, area.TARGETS, told.append, 3, "head:6379") == here
    assert workers == [Workers(3, "head:6379")]
    assert len(told) == 1 + 2 * len(area.TARGETS)
    with pytest.raises(LilogicError, match="jobs is 0"):
        area.measure(tmp_path, jobs=0)


@pytest.mark.slow
def test_wide_gates_need_more_small_luts_than_large_ones(tmp_path):
    rows = [(gates.AND, 0, 1), *((gates.AND, 6 + i, 2 + i) for i in range(4))]
    graph = GateGraph.build(6, rows, [[10]])
    targets = measured(tmp_path, graph, levels_per_stage=0)["targets"]
    assert targets["generic"]["parts"]["gates"]["cells"] == 5
    luts = {name: targets[name]["parts"]["gates"]["luts"] for name in FPGAS}
    assert luts["xc7"] == 1 < luts["ecp5"] <= 3
    assert 1 < luts["ice40"] <= 3


ENCODER = Encoder(
    preprocessing=Preprocessing((4,), "uint8"),
    feature=[0, 0, 1, 2, 3, 3],
    threshold=[63, 127, 100, 255, 7, 7],
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A compiled network with all parts, and its area as one design."""
    folder = tmp_path_factory.mktemp("whole")
    graph = replace(random_graph((24, 24), 6, 3, seed=2), encoder=ENCODER)
    targets = ["generic", "ice40"]
    return folder, measured(folder, graph, targets, input="features")


@pytest.mark.xdist_group("area")
@pytest.mark.parametrize(
    "names", [("generic", "ice40"), pytest.param(("ecp5", "xc7"), marks=pytest.mark.slow)]
)
def test_registers_are_those_of_the_parts_and_flattening_merges_logic(whole, names):
    folder, result = whole
    if not {*names} <= result["targets"].keys():
        result = as_dict(area.measure(folder, {name: area.TARGETS[name] for name in names}))
    for target in result["targets"].values():
        parts = target["parts"]
        assert {"encoder", "gates", "heads", "argmax"} <= parts.keys()
        column = next(iter(target["total"]))
        assert 0 < target["total"][column] <= sum(counts[column] for counts in parts.values())
        assert 0 < target["total"]["ffs"] <= sum(counts["ffs"] for counts in parts.values())
        assert target["total"]["depth"] >= 1
        assert parts["gates"]["depth"] >= 1
        assert target["types"].keys() == {*parts, "total"}
        # What says where flattened modules were is no cell.
        assert not any("$scopeinfo" in types for types in target["types"].values())
        assert area.weigh(target["types"]["gates"], {"*FF*": 1, "FD*": 1}) == parts["gates"]["ffs"]


def test_a_bus_is_counted_beside_the_classifier(tmp_path):
    graph = GateGraph.build(2, [(gates.XOR, 0, 1)], [[2]])
    alone = measured(tmp_path, graph, ["ice40"])["targets"]["ice40"]
    behind = measured(tmp_path, graph, ["ice40"], bus="axis")["targets"]["ice40"]
    bus = behind.pop("bus")
    assert behind == alone
    assert bus.keys() == alone["total"].keys()
    assert bus["luts"] > 0
    assert bus["ffs"] > graph.n_inputs  # a sample waits there


@pytest.mark.slow
@pytest.mark.xdist_group("area")
@pytest.mark.parametrize(
    ("share", "heads"),
    [
        (10**9, ["heads of classes 0 to 2"]),
        (1, [f"head of class {i}" for i in range(3)]),
    ],
)
def test_a_large_design_is_the_sum_of_its_parts_which_are_mapped_as_ever(
    whole, monkeypatch, share, heads
):
    folder, whole = whole
    targets = {name: area.TARGETS[name] for name in whole["targets"]}
    monkeypatch.setattr(partition, "LARGE", 0)
    monkeypatch.setattr(partition, "_SHARE", share)
    news = []
    large = as_dict(area.measure(folder, targets, news.append))
    assert whole["flattened"]
    assert not large["flattened"]
    assert large["targets"].keys() == targets.keys()
    for name, target in large["targets"].items():
        assert target["parts"] == whole["targets"][name]["parts"]
        parts = target["parts"].values()
        for column, count in target["total"].items():
            combine = max if column == "depth" else sum
            assert count == combine(counts[column] for counts in parts)
    labels = (*heads, "network", "encoder", "the rest")
    assert sorted(news) == sorted(
        ["read", *(f"{label} mapped to {name}" for label in labels for name in large["targets"])]
    )


@pytest.mark.slow
def test_sums_of_cells_ripple(tmp_path):
    graph = GateGraph.build(200, [], [[*range(200)]])
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=0, popcount="chain"))
    generic = {"generic": area.TARGETS["generic"]}
    rippled = area.measure(tmp_path, generic).targets["generic"].total["cells"]
    synthesis = generic["generic"].synthesis.replace("-extra-map carry.v ", "")
    assert synthesis != generic["generic"].synthesis
    generic["generic"] = replace(generic["generic"], synthesis=synthesis)
    assert rippled < area.measure(tmp_path, generic).targets["generic"].total["cells"]


@pytest.mark.slow
def test_many_sums_are_mapped_without_the_delays_of_their_carries(tmp_path, monkeypatch):
    graph = random_graph((40, 30), 60, 4)
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=0, popcount="tree"))
    xc7 = {"xc7": area.TARGETS["xc7"]}
    told = area.measure(tmp_path, xc7).targets["xc7"].total
    scripts = []
    run = area.yosys.run
    monkeypatch.setattr(
        area.yosys, "run", lambda script, folder: (scripts.append(script), run(script, folder))
    )
    monkeypatch.setattr(area, "_MANY_SUMS", 0)
    total = area.measure(tmp_path, xc7).targets["xc7"].total
    assert sum("-unset abc9_box =CARRY4" in script for script in scripts) == 2
    assert total["carries"] == told["carries"] > 0
    assert total["luts"] == pytest.approx(told["luts"], rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [0, 1])
def test_what_is_left_out_of_yosys_script_for_xilinx_changes_no_count(tmp_path, levels):
    graph = random_graph((40, 30), 60, 4)
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=levels))
    ours = area.TARGETS["xc7"]
    command = next(line for line in ours.synthesis.splitlines() if line.startswith("synth_xilinx"))
    whole = f"{command.partition(' -run')[0]} -run :check\nblackbox =A:whitebox"
    theirs = replace(ours, synthesis=whole)
    found = area.measure(tmp_path, {"ours": ours, "theirs": theirs}).targets
    assert found["ours"] == found["theirs"]
    assert found["ours"].total["carries"] > 0


@pytest.mark.slow
def test_depth_falls_with_more_registers(tmp_path):
    graph = random_graph((40, 30), 40, 3)
    depths, registers = [], []
    for levels in (0, 1):
        result = measured(tmp_path / str(levels), graph, ["generic"], levels_per_stage=levels)
        depths.append(result["targets"]["generic"]["total"]["depth"])
        registers.append(result["targets"]["generic"]["total"]["ffs"])
    assert depths[1] < depths[0]
    assert registers[1] > registers[0] == 0


def test_a_folder_without_verilog_is_refused(tmp_path):
    with pytest.raises(LilogicError, match=r"classifier\.v: no such file"):
        area.measure(tmp_path)
