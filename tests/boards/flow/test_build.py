"""Bitstreams of a network of a few gates, which nextpnr routes in seconds."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lilogic.boards.catalogue import BOARDS, Board, find
from lilogic.boards.flow import build, fit, loader, platform, run
from lilogic.boards.flow.design import Design
from lilogic.boards.flow.fit import Needs
from lilogic.boards.flow.plan import Plan
from lilogic.boards.flow.pll import MHZ
from lilogic.boards.flow.run import Tell
from lilogic.errors import CheckFailedError, DoesNotFitError, LilogicError, ToolError
from lilogic.graph import GateGraph, lgn
from lilogic.hdl.fpga import tools
from lilogic.hdl.options import InputKind
from lilogic.zoo import models
from tests.lilogic.report.test_board import ROUTED

COMPLETE = [board for board in BOARDS.values() if board.device.is_complete]

# Their pins are those of the same board with another device, and their devices are on other boards.
SIZES = ("ulx3s-25f", "ulx3s-45f", "orangecrab-85f")
BUILT = [board for board in COMPLETE if board.name not in SIZES]


TINY = GateGraph.build(4, [(6, 0, 1), (1, 2, 3), (7, 4, 5)], [[4, 5], [5, 6], [0, 6]])


def _design(board: str) -> Design:
    return Design(find(board), TINY, "tiny")


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_the_catalogue_knows_what_amaranth_boards_knows(board: Board) -> None:
    known = platform.make(board)
    assert board.part == (getattr(known, "device", None) or known.part)
    assert board.clock_hz == known.default_clk_frequency


def test_what_does_not_fit_gets_advice() -> None:
    design = Design(find("icebreaker"), models.load("mnist-8k"), "mnist-8k", fold=1)
    needs = Needs(luts=15120, ffs=9000, carries=10)
    with pytest.raises(DoesNotFitError) as raised:
        fit.check(design, needs)
    assert not raised.value.with_fewer_registers
    assert str(raised.value) == (
        "mnist-8k needs 15,120 LUT4, but icebreaker has 5,280: "
        "try a network with fewer gates and fewer counted gates"
    )
    fit.check(replace(design, board=find("ulx3s-12f")), needs)


def test_a_smaller_network_is_advised_that_fits_folded() -> None:
    design = Design(find("icebreaker"), models.load("mnist-8k"), "mnist-8k")
    assert fit.advice(design, with_fewer_registers=False) == ["the model mnist-tiny"]


@pytest.mark.parametrize("input", [InputKind.BITS, InputKind.FEATURES])
def test_a_classifier_is_folded_as_far_as_the_link_goes(input: InputKind) -> None:
    graph = models.load("digits")
    design = Design(find("icebreaker"), graph, "digits", input=input)
    clock = 24 * MHZ
    top = design.top(clock)
    arriving = 10 * (top.identity.data_bytes + 8) * clock / design.baud
    assert 1 < top.identity.interval <= top.identity.latency < 0.95 * arriving
    # There is time to count bits one by one, but eight at once or a few more are easier to route.
    assert top.identity.interval == len(graph.head_nodes) / 10
    assert [each.levels_per_stage for each in design.variants()] == [8]
    assert replace(design, fold=7).top(clock).identity.interval == 5
    assert replace(design, fold=1).top(clock).identity.interval == 1


@pytest.mark.parametrize(
    ("model", "board", "advice"),
    [
        # Measured: mnist-tiny takes more than 5,280 and less than 10,000, mnist-8k 26,993.
        ("mnist-tiny", "icebreaker", ("the board tang-primer-20k",)),
        ("mnist-8k", "ulx3s-12f", ("the model mnist-tiny",)),
        ("mnist-8k", "icebreaker", ("a network with fewer gates and fewer counted gates",)),
    ],
)
def test_what_is_advised_holds(model: str, board: str, advice: tuple[str, ...]) -> None:
    design = Design(find(board), models.load(model), model, fold=1)
    assert tuple(fit.advice(design, with_fewer_registers=False)) == advice


def test_what_is_far_too_large_is_not_synthesized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "run", lambda *_: pytest.fail("a program was run"))
    for board in ("icebreaker", "ice40-hx8k-b-evn"):
        design = Design(find(board), models.load("mnist-8k"), "mnist-8k")
        with pytest.raises(DoesNotFitError, match=r"mnist-8k needs at least [\d,]+ LUT4"):
            build.build(design, tmp_path)


@pytest.mark.parametrize("model", ["digits", "mnist-tiny", "mnist-8k"])
def test_the_least_is_less_than_what_synthesis_counts(model: str) -> None:
    measured = {"digits": 3144, "mnist-tiny": 5786, "mnist-8k": 23864}  # docs/how-to/boards.md
    design = Design(find("ulx3s-85f"), models.load(model), model)
    pairs = fit._counted_pairs(design.graph)
    assert 1.3 * pairs < measured[model] < fit._OF_THE_LINK + 2 * design.graph.n_gates + 2 * pairs


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> dict[int | None, Needs]:
    """What synthesis is to find by levels per stage, in place of Yosys."""
    found: dict[int | None, Needs] = {}

    def synthesize(design: Design, _: Plan, folder: Path, tell: Tell) -> Needs:
        for name in ("top.tcl", "top.xdc", "top.v"):
            (folder / name).write_text(f"{design.levels_per_stage} levels per stage")
        return found[design.levels_per_stage]

    monkeypatch.setattr(run, "synthesize", synthesize)
    return found


@pytest.mark.slow
def test_registers_are_left_out_until_it_fits(
    tmp_path: Path, needed: dict[int | None, Needs]
) -> None:
    design = replace(_design("arty-a7-35"), fold=1)
    needed |= {2: Needs(10, 41_601, 0), 4: Needs(10, 41_600, 0)}
    report = build.build(design, tmp_path)
    assert report.levels_per_stage == 4
    assert report.ffs.needed == 41_600
    assert (tmp_path / "top.v").read_text() == "4 levels per stage"
    with pytest.raises(CheckFailedError, match=r"flip-flops, .*: try a larger number of levels"):
        build.build(replace(design, levels_per_stage=2), tmp_path)
    needed |= {2: Needs(20_801, 10, 0)}
    with pytest.raises(
        CheckFailedError, match=r"needs 20,801 LUT6, but arty-a7-35 has 20,800: try a"
    ):
        build.build(design, tmp_path / "luts")


@pytest.mark.slow
def test_registers_in_place_of_look_up_tables_are_left_out(
    tmp_path: Path, needed: dict[int | None, Needs], monkeypatch: pytest.MonkeyPatch
) -> None:
    script, calls = tmp_path / "nextpnr", tmp_path / "calls"
    script.write_text(
        f'[ "$1" = --version ] && exit; echo "$@" >> {calls}; '
        'echo "ERROR: no BELs remaining"; exit 1'
    )
    monkeypatch.setenv("NEXTPNR_ICE40", f"sh {shlex.quote(str(script))}")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    needed |= {
        2: Needs(1281, 900, 0, lone_ffs=1),
        4: Needs(1280, 800, 0, lone_ffs=0),
        8: Needs(1200, 700, 0, lone_ffs=0),
    }
    design = replace(_design("icestick"), fold=1)
    with pytest.raises(
        CheckFailedError, match=r"no BELs remaining: try .* or a larger number of levels"
    ):
        build.build(design, tmp_path / "out")
    assert len(calls.read_text().splitlines()) == 2  # for 4 and 8
    script.write_text(script.read_text().replace("no BELs remaining", "out of memory"))
    with pytest.raises(LilogicError, match=r"nextpnr-ice40 failed .*: ERROR: out of memory$"):
        build.build(design, tmp_path / "out")
    assert len(calls.read_text().splitlines()) == 3  # for 4, and not for 8
    needed[2] = Needs(1282, 900, 0, lone_ffs=1)
    with pytest.raises(CheckFailedError, match="needs 1,282 LUT4"):
        build.build(design, tmp_path / "out")


def test_a_clock_that_was_met_is_kept_if_faster_ones_are_not(
    tmp_path: Path, needed: dict[int | None, Needs], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    (tmp_path / "nextpnr.py").write_text(
        """
import json, pathlib, sys
if "--version" not in sys.argv:
    asked, calls = float(sys.argv[sys.argv.index("--freq") + 1]), pathlib.Path({calls!r})
    known = json.loads(calls.read_text()) if calls.exists() else []
    calls.write_text(json.dumps([*known, asked]))
    met = asked * (1.5 if asked == [*known, asked][0] else 0.9)
    report = {"fmax": {"clk": {"achieved": met, "constraint": asked}}, "utilization": {}}
    pathlib.Path("nextpnr.json").write_text(json.dumps(report))
""".replace("{calls!r}", repr(str(calls)))
    )
    (tmp_path / "icepack.py").write_text(
        "import sys\nif len(sys.argv) > 2: open('top.bin', 'w').write('bits')"
    )
    for program in ("nextpnr", "icepack"):
        command = shlex.join([sys.executable, f"{tmp_path / program}.py"])
        monkeypatch.setenv({"nextpnr": "NEXTPNR_ICE40"}.get(program, "ICEPACK"), command)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    needed[8] = Needs(1000, 900, 0)
    report = build.build(_design("icestick"), tmp_path / "out")
    first, *others = json.loads(calls.read_text())
    assert first == pytest.approx(report.clock.hz / MHZ)
    assert report.tries is not None
    assert [each.hz / MHZ for each in report.tries] == pytest.approx([first, *others])
    assert report.tries[0].fmax_hz == report.fmax_hz
    assert report.fmax_hz == pytest.approx(1.5 * first * MHZ)
    assert others == sorted(others, reverse=True)
    assert min(others) > first


def test_flip_flops_need_a_place_unless_a_look_up_table_feeds_them_alone() -> None:
    directions = {"I0": "input", "O": "output", "D": "input", "Q": "output"}
    cells = [
        {"type": kind, "port_directions": directions, "connections": connections}
        for kind, connections in (
            ("SB_LUT4", {"I0": [1], "O": [2]}),
            ("SB_DFF", {"D": [2], "Q": [3]}),
            ("SB_LUT4", {"I0": [3], "O": [4]}),
            ("SB_DFFE", {"D": [4], "Q": [5]}),
            ("SB_LUT4", {"I0": [4], "O": [6]}),
            ("SB_DFF", {"D": [5], "Q": [7]}),
        )
    ]
    ice40, ecp5 = find("icebreaker").family, find("ulx3s-12f").family
    assert fit.count(cells, ice40) == Needs(luts=5, ffs=3, carries=0, lone_ffs=2)
    assert fit.count([{"type": "CCU2C"}, {"type": "TRELLIS_FF"}], ecp5) == Needs(2, 1, 1)
    machxo2 = find("tinyfpga-ax2").family
    assert fit.count([{"type": "CCU2D"}, {"type": "TRELLIS_FF"}], machxo2) == Needs(2, 1, 1)


@pytest.mark.slow
def test_a_bitstream_is_built_once_and_always_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = _design("icestick")
    clock = 24 * MHZ
    report = build.build(design, tmp_path / "a", clock)
    ((name, made),) = report.files.items()
    assert hashlib.sha256((tmp_path / "a" / name).read_bytes()).hexdigest() == made
    assert report.clock.hz <= clock <= report.fmax_hz
    assert report.used["ICESTORM_LC"].used >= report.luts.needed
    assert report.latency.ns == pytest.approx(1e9 * report.latency.cycles / report.clock.hz)
    assert json.loads((tmp_path / "a" / build.REPORT).read_text()) == report.model_dump(
        exclude_none=True
    )
    assert build.build(design, tmp_path / "b", clock) == report
    assert build.bitstream(tmp_path / "a", design.board, design.graph) == tmp_path / "a" / name

    def run(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(tools, "run", run)
    assert build.build(design, tmp_path / "a", clock) == report
    with pytest.raises(KeyboardInterrupt):
        build.build(replace(design, baud=500_000), tmp_path / "c", clock)
    assert not (tmp_path / "c").exists()
    with pytest.raises(LilogicError, match="built for icestick, not icebreaker"):
        build.bitstream(tmp_path / "a", find("icebreaker"), design.graph)
    (tmp_path / "a" / name).write_bytes(b"half")
    with pytest.raises(LilogicError, match="build one for icestick first"):
        build.bitstream(tmp_path / "a", design.board, design.graph)
    with pytest.raises(KeyboardInterrupt):
        build.build(design, tmp_path / "a", clock)


def test_a_bitstream_of_another_network_is_refused(tmp_path: Path) -> None:
    board, made = find("icebreaker"), tmp_path / "tiny-icebreaker.bin"
    made.write_bytes(b"bits")
    report = ROUTED | {
        "name": "tiny",
        "network": lgn.fingerprint(TINY).hex(),
        "files": {made.name: hashlib.sha256(b"bits").hexdigest()},
    }
    (tmp_path / build.REPORT).write_text(json.dumps(report))
    assert build.bitstream(tmp_path, board, TINY) == made
    other = replace(TINY, offset=TINY.offset + 1).with_metadata(name="retrained")
    with pytest.raises(LilogicError, match=r"for network tiny \(.*\), but .* retrained \("):
        build.bitstream(tmp_path, board, other)


@pytest.mark.slow
def test_a_clock_that_is_not_met_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckFailedError, match=r"too slow: it reaches [\d.]+ MHz of the 27"):
        build.build(_design("icestick"), tmp_path, 275 * MHZ)
    assert not list(tmp_path.iterdir())


def test_a_clock_that_no_setting_makes(tmp_path: Path) -> None:
    with pytest.raises(LilogicError, match="icestick has no clock below 12 MHz"):
        build.build(_design("icestick"), tmp_path, 1 * MHZ)


@pytest.mark.parametrize("board", ["machxo2-7000he-breakout", "step-mxo2"])
def test_a_device_that_nextpnr_of_pypi_does_not_know_needs_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: str
) -> None:
    monkeypatch.delenv("NEXTPNR_MACHXO2", raising=False)
    monkeypatch.setattr(tools, "run", lambda *_: pytest.fail("a program was run"))
    with pytest.raises(ToolError, match=rf"{board}: .* PyPI does not know .* NEXTPNR_MACHXO2$"):
        build.build(_design(board), tmp_path)

    def run(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setenv("NEXTPNR_MACHXO2", "nextpnr-machxo2")
    monkeypatch.setattr(tools, "run", run)
    with pytest.raises(KeyboardInterrupt):
        build.build(_design(board), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("board", BUILT, ids=lambda board: board.name)
def test_every_board_gets_a_bitstream(board: Board, tmp_path: Path) -> None:
    report = build.build(Design(board, TINY, "tiny"), tmp_path)
    assert report.fmax_hz >= report.clock.hz
    assert build.bitstream(tmp_path, board, TINY).stat().st_size > 10_000


@pytest.mark.slow
def test_xilinx_boards_get_a_project(tmp_path: Path) -> None:
    design = _design("arty-a7-35")
    report = build.build(design, tmp_path)
    assert set(report.files) == {"top.tcl", "top.xdc", "top.v"}
    assert "module top" in (tmp_path / "top.v").read_text()
    assert report.fmax_hz is None
    with pytest.raises(LilogicError, match="Vivado"):
        loader.command(design.board)
    with pytest.raises(LilogicError, match="Vivado"):
        build.bitstream(tmp_path, design.board, design.graph)


def test_loading_runs_the_boards_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = find("icebreaker")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LilogicError, match="openFPGALoader is missing: apt install openfpgaloader"):
        loader.command(board)
    with pytest.raises(LilogicError, match="other is missing: install it"):
        loader.command(replace(board, loader=("other",)))
    program = tmp_path / "openFPGALoader"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n')
    program.chmod(0o755)
    loader.load(board, tmp_path / "x.bin")
    assert (tmp_path / "arguments").read_text() == f"-b ice40_generic {tmp_path}/x.bin\n"
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(LilogicError, match="openFPGALoader failed; check that 1BitSquared"):
        loader.load(board, tmp_path / "x.bin")
    program.write_text("nothing that runs")
    with pytest.raises(LilogicError, match="openFPGALoader: cannot be run: Exec format error"):
        loader.load(board, tmp_path / "x.bin")


def test_loaders_leave_standard_output_to_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "openFPGALoader"
    program.write_text("#!/bin/sh\necho Loading\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    loader.load(find("icebreaker"), tmp_path / "x.bin")
    assert capfd.readouterr() == ("", "Loading\n")
