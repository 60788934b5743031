"""What others' tools read: names of the Verilog, waveforms as a simulator has them, and counts."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from vcd.reader import TokenKind, tokenize

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError
from lilogic.graph import GateGraph, passes
from lilogic.hdl.components.interface import pack
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.hdl.power.energy import Conditions
from lilogic.hdl.power.measure import measure, signals
from lilogic.hdl.synthesis import liberty
from lilogic.hdl.verilog import compile_graph
from lilogic.infer import golden

LIBRARY = Path(__file__).with_name("library.lib")

ENCODER = Encoder(
    preprocessing=Preprocessing((2, 3), "uint8"),
    feature=range(6),
    threshold=[9, 63, 127, 200, 250, 30],
)
GATES = [(1, 0, 1), (8, 2, 3), (9, 4, 5), (2, 6, 7), (14, 8, 0), (11, 1, 2), (6, 9, 10)]
HEADS = [[6, 7, 8, 9, 9, 10], [11, 12, 0], [6, 8]]
PERIOD = 8000
"""Picoseconds at 125 MHz."""


def compiled(folder: Path, **options: object):
    """A small classifier's graph, and what it does over random samples."""
    graph = passes.simplify(GateGraph.build(6, GATES, HEADS, (0, -1, 1), ENCODER))
    samples = np.random.default_rng(1).integers(0, 256, (40, 2, 3)).astype(np.uint8)
    library = options.pop("library", None)
    interface = compile_graph(graph, folder, CompileOptions(**options))
    bits = pack(graph, interface.data, samples)
    conditions = Conditions(clock_mhz=1e6 / PERIOD)
    made = measure(folder, bits, library, conditions, name="small", dataset="noise")
    return graph, samples, made


@pytest.fixture(scope="module")
def pipelined(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("pipelined"), levels_per_stage=1)


def read_vcd(path: Path):
    """For each bit of each variable, by its path, the times and values of its changes; the end."""
    scope: list[str] = []
    variables: dict[str, list[tuple[str, int, int]]] = {}
    changes: dict[tuple[str, int], list[tuple[int, str]]] = {}
    now = 0
    with path.open("rb") as file:
        for token in tokenize(file):
            if token.kind is TokenKind.SCOPE:
                scope.append(token.data.ident)
            elif token.kind is TokenKind.UPSCOPE:
                scope.pop()
            elif token.kind is TokenKind.VAR:
                name = ".".join([*scope, token.data.reference])
                index = token.data.bit_index
                first = min(index) if isinstance(index, tuple) else index
                variables.setdefault(token.data.id_code, []).append(
                    (name, -1 if first is None else first, token.data.size)
                )
            elif token.kind is TokenKind.CHANGE_TIME:
                now = token.data
            elif token.kind in (TokenKind.CHANGE_SCALAR, TokenKind.CHANGE_VECTOR):
                text = token.data.value
                for name, first, size in variables[token.data.id_code]:
                    if isinstance(text, int):
                        text = f"{text:0{size}b}"
                    fill = "0" if text[0] == "1" else text[0]
                    for place, value in enumerate(reversed(text.rjust(size, fill))):
                        bit = (name, -1) if first < 0 else (name, first + place)
                        seen = changes.setdefault(bit, [])
                        if not seen or seen[-1][1] != value.lower():
                            seen.append((now, value.lower()))
    return changes, now


def read_saif(path: Path):
    """The file as nested lists of words, of a grammar of its own."""
    words = re.findall(r'"[^"]*"|(?:\\.|[^\s()"])+|[()]', path.read_text("ascii"))
    stack: list[list] = [[]]
    for word in words:
        if word == "(":
            stack.append([])
        elif word == ")":
            inside = stack.pop()
            stack[-1].append(inside)
        else:
            stack[-1].append(re.sub(r"\\(.)", r"\1", word))
    (whole,) = stack.pop()
    assert not stack
    return whole


def counted(instance, path=()):
    """For each net of a SAIF instance, by its path, its numbers."""
    path = (*path, instance[1])
    for group in instance[2:]:
        if group[0] == "INSTANCE":
            yield from counted(group, path)
        else:
            assert group[0] == "NET"
            for name, *numbers in group[1:]:
                yield ".".join([*path, name]), {key: int(value) for key, value in numbers}


def bit_name(name: str, place: int) -> str:
    return name if place < 0 else f"{name}[{place}]"


def test_the_netlist_classifies_as_software_does(pipelined):
    graph, samples, made = pipelined
    simulated = made.simulated
    nodes = simulated.nodes(simulated.top.wires["index"].nets)
    values = golden.node_values(simulated.circuit, simulated.bits)[:, nodes]
    np.testing.assert_array_equal(values @ [1, 2], golden.predict(graph, samples))
    assert {simulated.delay[net] for net in simulated.top.wires["index"].nets} == {
        made.report.latency
    }


def test_gates_change_as_often_as_those_of_the_graph(tmp_path):
    graph, samples, made = compiled(tmp_path, levels_per_stage=0)
    values = golden.node_values(graph, graph.encoder.encode(samples))[:, graph.n_inputs :]
    toggles = (values[1:] != values[:-1]).sum(0)
    expected = Counter(zip(graph.levels[graph.n_inputs :].tolist(), toggles.tolist(), strict=True))
    counts = made.simulated.activity.toggles
    found = Counter(
        (each.level, int(counts[each.node]))
        for each in signals(made.simulated, mapped=False)
        if each.part == "gates"
    )
    assert found == expected
    part = made.report.parts["gates"]
    assert (part.signals, part.toggles) == (graph.n_gates, toggles.sum() / 39)
    assert sum(level.toggles for level in part.levels) == pytest.approx(part.toggles)


def test_saif_counts_what_vcd_shows(pipelined, tmp_path):
    _, samples, made = pipelined
    made.write_saif(tmp_path / "activity.saif")
    made.write_vcd(tmp_path / "waves.vcd")
    saif, (changes, end) = read_saif(tmp_path / "activity.saif"), read_vcd(tmp_path / "waves.vcd")
    fields = {group[0]: group[1:] for group in saif[1:] if isinstance(group, list)}
    assert saif[0] == "SAIFILE"
    assert fields["SAIFVERSION"] == ['"2.0"']
    assert fields["TIMESCALE"] == ["1", "ps"]
    duration = int(fields["DURATION"][0])
    assert duration == end == (len(samples) + made.report.latency) * PERIOD
    found = dict(counted(["INSTANCE", *fields["INSTANCE"]]))
    driven = {bit: seen for bit, seen in changes.items() if {value for _, value in seen} != {"x"}}
    assert found.keys() == {bit_name(*bit) for bit in driven}
    assert {"classifier.clk", "classifier.features[7]"} <= found.keys()
    for (name, place), seen in driven.items():
        times = Counter()
        for (start, value), (stop, _) in zip(seen, [*seen[1:], (end, "")], strict=True):
            times[value] += stop - start
        flips = sum({a[1], b[1]} == {"0", "1"} for a, b in pairwise(seen))
        expected = {"T0": times["0"], "T1": times["1"], "TX": times["x"], "TC": flips, "IG": 0}
        assert found[bit_name(name, place)] == expected, name


BENCH = """\
`timescale 1ps / 1ps
module bench;
  reg clk = 0, rst = 0, valid_in = 1;
  reg [{last}:0] samples [0:{count}];
  reg [{last}:0] features;
  wire valid_out;
  wire [1:0] index;
  wire [{scores}:0] scores;
  integer cycle;
  classifier classifier(.*);
  initial begin
    $readmemb("samples.txt", samples);
    $dumpfile("icarus.vcd");
    $dumpvars(0, classifier);
    for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin
      clk = 1;
      #1 features = samples[cycle > {count} ? {count} : cycle];
      #{half} clk = 0;
      #{rest};
    end
    $finish;
  end
endmodule
"""


def test_waves_are_those_of_icarus(pipelined, tmp_path):
    compiler = shutil.which("iverilog")
    if compiler is None:
        pytest.skip("Icarus Verilog is not installed")
    _, samples, made = pipelined
    made.write_vcd(tmp_path / "waves.vcd")
    made.write_netlist(tmp_path / "classifier.v")
    bits = made.simulated.bits
    lines = ("".join("01"[int(bit)] for bit in row[::-1]) for row in bits)
    (tmp_path / "samples.txt").write_text("\n".join(lines))
    scores = len(made.simulated.top.wires["scores"].nets) - 1
    cycles = len(samples) + made.report.latency
    bench = BENCH.format(
        last=bits.shape[1] - 1, count=len(bits) - 1, scores=scores, cycles=cycles,
        half=PERIOD // 2 - 1, rest=PERIOD // 2,
    )  # fmt: skip
    (tmp_path / "bench.sv").write_text(bench)
    files = ["bench.sv", "classifier.v"]
    subprocess.run([compiler, "-g2012", "-o", "bench", *files], cwd=tmp_path, check=True)
    subprocess.run(["vvp", "bench"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    ours, _ = read_vcd(tmp_path / "waves.vcd")
    theirs, _ = read_vcd(tmp_path / "icarus.vcd")
    middles = [cycle * PERIOD + PERIOD // 2 - 1 for cycle in range(cycles)]
    compared = 0
    for (name, place), seen in theirs.items():
        # The valid flags come of what was there before the first sample.
        if (bit := (name.removeprefix("bench."), place)) not in ours or "valid" in name:
            continue
        mine, other = (at(each, middles) for each in (ours[bit], seen))
        known = [one for one in zip(mine, other, strict=True) if "x" not in one]
        assert all(a == b for a, b in known), bit
        # Nothing may drive bits of a sum that nothing reads.
        assert len(known) in (0, *range(len(samples), cycles + 1)), bit
        compared += bool(known)
    assert compared > 100


def at(changes, times):
    """The values at some times."""
    found, place = [], -1
    for time in times:
        while place + 1 < len(changes) and changes[place + 1][0] <= time:
            place += 1
        found.append(changes[place][1] if place >= 0 else "x")
    return found


def test_signals_are_listed(pipelined, tmp_path):
    _, samples, made = pipelined
    made.write_csv(tmp_path / "signals.csv")
    head, *lines = (tmp_path / "signals.csv").read_text().splitlines()
    assert head == "signal,part,level,samples,ones,toggles"
    assert len(lines) == made.report.total.signals
    assert {line.split(",")[1] for line in lines} == {*made.report.parts}
    assert all(line.split(",")[3] == str(len(samples)) for line in lines)


def test_a_folded_classifier_is_refused(tmp_path):
    with pytest.raises(GraphError, match="folded"):
        compiled(tmp_path, levels_per_stage=2, fold=4)


@pytest.mark.slow
def test_mapped_cells_classify_and_have_the_names_of_their_netlist(tmp_path):
    library = liberty.read(LIBRARY)
    graph, samples, made = compiled(
        tmp_path, levels_per_stage=2, library=library, input=InputKind.FEATURES
    )
    simulated, verilog = made.simulated, made.netlist.verilog.decode()
    nodes = simulated.nodes(simulated.top.wires["index"].nets)
    values = golden.node_values(simulated.circuit, simulated.bits)[:, nodes]
    np.testing.assert_array_equal(values @ [1, 2], golden.predict(graph, samples))
    for _, instance in simulated.top.walk():
        for cell in instance.cells:
            assert re.search(rf"\b{cell.kind} {re.escape(cell.name)} \(", verilog)
        for wire in instance.wires.values():
            assert wire.name in verilog
    total = made.report.energy.total
    assert total.registers == len(re.findall(r"^  DFF ", verilog, re.MULTILINE))
    assert total.cells == len(re.findall(r"^  (?:INV|NAND2|XOR2) ", verilog, re.MULTILINE))
    assert min(total.switching_pj, total.internal_pj, total.clock_pj, total.leakage_nw) > 0
    made.write_saif(tmp_path / "mapped.saif")
    made.write_vcd(tmp_path / "mapped.vcd")
    read_saif(tmp_path / "mapped.saif")
    assert read_vcd(tmp_path / "mapped.vcd")[1] == made.waves.duration
