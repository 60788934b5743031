"""Sweeps, without place and route."""

from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.fpga.devices import DEVICES
from lilogic.hdl.synthesis import sweep, timing
from lilogic.report.models.timing import TimingReport

GRAPH = GateGraph.build(3, [(6, 0, 1), (1, 3, 2)], [[3, 4], [0, 2]])


def test_each_number_of_levels_is_compiled_and_measured(monkeypatch):
    def measure(graph, folder, on):
        assert graph is GRAPH
        assert on is DEVICES["up5k"]
        latency = Interface.read(folder).latency
        return TimingReport(luts=1, ffs=2, latency=latency, fits=False, reason="too large")

    monkeypatch.setattr(timing, "measure", measure)
    report = sweep.measure(GRAPH, "tiny", DEVICES["up5k"], (0, 1, 2))
    assert (report.name, report.device) == ("tiny", "iCE40 UP5K")
    assert [point.levels_per_stage for point in report.points] == [0, 1, 2]
    latencies = [point.latency for point in report.points]
    assert latencies[0] == 0 < latencies[2] < latencies[1]
    assert report.points[0].model_dump(exclude_none=True) == {
        "levels_per_stage": 0,
        "luts": 1,
        "ffs": 2,
        "latency": 0,
        "fits": False,
        "reason": "too large",
    }
