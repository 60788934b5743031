"""The command line. Only here do learning, hardware and simulation meet.

A command is a function in a module of its subject, which imports lazily what it needs. To add one,
name it in ``_COMMANDS``.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from lilogic.cli import boards, exchange, hardware, learn, listings
from lilogic.cli.demo import demo
from lilogic.errors import CheckFailedError, LilogicError

app = typer.Typer(
    help="Learn classifiers made of two-input logic gates and compile them to proven hardware.",
    epilog="MODEL is a zoo name (see zoo), a run folder or a .lgn file; write ./NAME for a folder "
    "that is called like one of the zoo. Exit status: 0 done, 1 the check failed or training was "
    "interrupted, 2 something is wrong with the input.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# In the order of --help.
_COMMANDS: dict[str, Callable[..., None]] = {
    "train": learn.train,
    "eval": learn.evaluate,
    "compile": hardware.compile_,
    "verify": hardware.verify,
    "report": hardware.report,
    "import": exchange.import_,
    "export": exchange.export_,
    "classify": boards.classify,
    "bench-board": boards.bench_board,
    "boards": boards.boards_,
    "synth": boards.synth,
    "flash": boards.flash,
    "sweep-pipeline": hardware.sweep_pipeline,
    "zoo": listings.zoo_,
    "recipes": listings.recipes,
    "demo": demo,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)

_debug = False


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    global _debug
    _debug = debug
    if version:
        from lilogic.version import __version__

        typer.echo(f"lilogic {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and end the process; errors are one line instead of a traceback."""
    # Being told to end is like Ctrl-C: programs that were started end too, temporary files go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status = app(standalone_mode=False)
    except Exception as error:
        if _debug:
            raise
        _complain(error)
        sys.exit(1 if isinstance(error, CheckFailedError) else 2)
    if status == _TYPER_INTERRUPTED:
        print("lilogic: interrupted; the same command goes on with what is done", file=sys.stderr)
        sys.exit(1)
    sys.exit(status)


# What typer raises for a wrong command line has no public name, and what it returns for Ctrl-C
# no name at all.
_CommandLineError: type[Any] = typer.BadParameter.__mro__[2]
_TYPER_INTERRUPTED = 130


# What an error asks to change, as the command line spells it.
_FLAGS = {
    "board": "--board",
    "classes": "--classes",
    "data": "--data",
    "folder": "-o",
    "input": "--input bits",
    "levels_per_stage": "--levels-per-stage",
    "target": "--target",
    "top": "--top",
}


def _complain(error: Exception) -> None:
    if isinstance(error, LilogicError):
        flag = _FLAGS.get(error.option or "")
        message = f"{error} ({flag})" if flag else str(error)
    elif isinstance(error, _CommandLineError):
        message = error.format_message()
    else:
        message = f"unexpected {type(error).__name__}: {error}; --debug shows where"
    print(f"lilogic: {' '.join(message.split())}", file=sys.stderr)
