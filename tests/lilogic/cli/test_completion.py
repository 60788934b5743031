"""What the shell completes, and that --help names the same values."""

import pytest

from lilogic import formats, zoo
from lilogic.boards import catalogue
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
        ("lilogic swe", {"sweep-pipeline"}),
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
        ("lilogic export digits --to ", {"verilog", *formats.WRITERS}),
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
