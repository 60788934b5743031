"""What the shell completes, and that --help names the same values."""

import os
import re
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


@pytest.fixture
def run(tmp_path):
    """Runs programs in a home of its own, with ``lilogic`` on PATH."""
    program = tmp_path / "bin" / "lilogic"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom lilogic.cli import main\nmain()\n")
    program.chmod(0o755)
    variables = {
        "HOME": str(tmp_path),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return partial(subprocess.run, env=os.environ | variables, capture_output=True, text=True)


ASKED = {
    "bash": """
        source SCRIPT
        COMP_WORDS=(lilogic export mnist-t) COMP_CWORD=2
        _lilogic_completion lilogic
        echo "${COMPREPLY[@]}"
    """,
    # Completes in an editor only, which these two stand in for.
    "zsh": """
        compdef() { }
        _arguments() { echo ${${1##*\\(\\(}%%\\)\\)*} }
        source SCRIPT
        words=(lilogic export mnist-t) CURRENT=3
        _lilogic_completion
    """,
    "fish": "source SCRIPT; complete --do-complete 'lilogic export mnist-t'",
}
"""What prints the completions of ``lilogic export mnist-t``."""


@pytest.mark.parametrize("shell", ASKED)
def test_a_shell_completes_with_the_script_for_it(run, tmp_path, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    made = run(["sh", "-c", f"_LILOGIC_COMPLETE=source_{shell} lilogic"])
    assert made.returncode == 0, made.stderr
    if shell == "bash":
        assert "-o default" in made.stdout, "files are completed where no name fits"
    script = tmp_path / f"lilogic.{shell}"
    script.write_text(made.stdout)
    done = run([shell, "-c", ASKED[shell].replace("SCRIPT", str(script))])
    assert done.stdout.replace('"', "").split() == ["mnist-tiny"], done.stderr


def test_completion_is_installed_for_the_shell_that_asks(run, tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    run(["bash", "-c", "lilogic --install-completion || exit"], check=True)
    installed = tmp_path / ".bash_completions" / "lilogic.sh"
    assert "complete_bash" in installed.read_text("utf-8")
    assert str(installed) in (tmp_path / ".bashrc").read_text("utf-8")


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
    assert {*values()} <= {*re.findall(r"[\w-]+", out)}
