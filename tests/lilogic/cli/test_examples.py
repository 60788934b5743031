"""The examples in --help are commands that work as they stand."""

import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from lilogic import cli, zoo
from lilogic.cli.examples import EXAMPLES
from lilogic.learn import recipe


def parsed(line: str):
    """The context of a command line, whose options and values are checked, but which is not run."""
    app = get_command(cli.app)
    program, *words = shlex.split(line.partition(" > ")[0])
    with app.make_context(program, words[:1]) as context:
        name, command, _ = app.resolve_command(context, words)
        return command.make_context(name, words[1:], parent=context)


def test_every_command_has_examples():
    assert [*EXAMPLES] == [*cli.COMMANDS]
    assert all(EXAMPLES.values())


@pytest.mark.parametrize("command", EXAMPLES)
def test_examples_are_parsed(command):
    for line in EXAMPLES[command]:
        assert parsed(line).info_name == command


def test_a_wrong_example_is_not():
    with pytest.raises(Exception, match="--abacus"):
        parsed("lilogic eval digits --abacus")


@pytest.mark.parametrize(("parameter", "known"), [("model", zoo.names), ("recipe", recipe.names)])
def test_networks_and_recipes_that_are_no_files_come_with_lilogic(parameter, known):
    lines = [line for lines in EXAMPLES.values() for line in lines]
    values = [parsed(line).params.get(parameter) for line in lines]
    names = [value for value in values if isinstance(value, str) and Path(value).name == value]
    brought = [name for name in names if not Path(name).suffix]
    assert len(brought) > 3
    assert {*brought} <= {*known()}


@pytest.mark.parametrize("command", EXAMPLES)
def test_help_shows_each_on_a_line_of_its_own(lilogic, command):
    _, out, _ = lilogic(command, "--help")
    assert out.endswith("\n".join(["  Examples:", *(f"    {e}" for e in EXAMPLES[command]), ""]))
    assert max(map(len, EXAMPLES[command])) <= 76, "fits a terminal of 80 columns"
