"""What the shell completes, and that --help names the same values."""

import os
import shutil
import subprocess
import sys
from functools import partial

import pytest

from lilogic import formats, zoo
from lilogic.boards import catalogue
from lilogic.boards.tinytapeout import technologies
from lilogic.cli import completion
from lilogic.hdl import artefacts
from lilogic.hdl.components import popcount
from lilogic.hdl.fpga import devices
from lilogic.hdl.synthesis import area
from lilogic.sim import runner


@pytest.fixture
def complete(lilogic, monkeypatch):
    """What bash offers for the last word of a command line."""

    def run(line: str) -> list[str]:
        monkeypatch.setenv("_LILOGIC_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        status, out, err = lilogic()
        assert (status, err) == (0, "")
        return out.split()

    return run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lilogic swe", {"sweep", "sweep-pipeline"}),
        ("lilogic eval --js", {"--json"}),
        ("lilogic eval ", {*zoo.names()}),
        ("lilogic eval mnist-t", {"mnist-tiny"}),
        ("lilogic explain mnist-t", {"mnist-tiny"}),
        ("lilogic synth digits --board ", {*catalogue.BOARDS}),
        ("lilogic bench-board --model mnist-t", {"mnist-tiny"}),
        ("lilogic bench-board --data kmn", {"kmnist"}),
        ("lilogic train fashion-m", {"fashion-mnist"}),
        ("lilogic train fashion-la", {"fashion-large"}),
        ("lilogic recipes fashion-m", set()),
        ("lilogic export digits --to ", {"verilog", "tinytapeout", *formats.WRITERS}),
        ("lilogic export digits --technology ", {*technologies.TECHNOLOGIES}),
        ("lilogic compile digits --target ", {*area.TARGETS, *devices.names()}),
        ("lilogic compile digits --popcount ", {"auto", *popcount.POPCOUNTS}),
        ("lilogic compile digits --with ", {"all", *artefacts.ARTEFACTS}),
        ("lilogic verify digits --simulator ", {*runner.SIMULATORS}),
        ("lilogic sweep-pipeline digits --device ", {*devices.names()}),
    ],
)
def test_values_are_completed(complete, line, expected):
    assert {*complete(line)} == expected


def test_bash_is_told_how(lilogic):
    status, out, _ = lilogic("--show-completion", "bash")
    assert status == 0
    assert "_LILOGIC_COMPLETE=complete_bash" in out
    assert "-o default" in out, "files are completed where no name fits"
    assert out.endswith(" lilogic\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_once_it_is_installed(tmp_path):
    """What the documentation says to do, in a home of its own."""
    program = tmp_path / "bin" / "lilogic"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom lilogic.cli import main\nmain()\n")
    program.chmod(0o755)
    folders = {
        "HOME": str(tmp_path),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    run = partial(subprocess.run, env=os.environ | folders, capture_output=True, text=True)
    run([program, "--install-completion", "bash"], check=True)
    installed = tmp_path / ".bash_completions" / "lilogic.sh"
    assert str(installed) in (tmp_path / ".bashrc").read_text("utf-8")
    script = f"""
        source {installed}
        COMP_WORDS=(lilogic export mnist-t) COMP_CWORD=2
        _lilogic_completion lilogic
        echo "${{COMPREPLY[@]}}"
    """
    done = run(["bash", "-c", script])
    assert done.stdout.split() == ["mnist-tiny"], done.stderr


@pytest.mark.parametrize(
    ("command", "values"),
    [
        ("compile", completion.targets),
        ("compile", completion.popcounts),
        ("compile", completion.artefacts),
        ("export", completion.exports),
        ("sweep-pipeline", completion.devices),
        ("train", completion.training_devices),
        ("verify", completion.simulators),
    ],
)
def test_help_names_every_value(lilogic, command, values):
    _, out, _ = lilogic(command, "--help")
    assert {*values()} <= {*out.replace(",", " ").replace(".", " ").replace(":", " ").split()}
