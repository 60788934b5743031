"""The command line. Only here do learning, hardware and simulation meet.

A command is a function in a module of its subject, which imports lazily what it needs. To add one,
name it in ``COMMANDS``, and give it examples in ``examples.EXAMPLES``.
"""

from __future__ import annotations

import gc
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import partial, wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from lilogic.cli import boards, cost, exchange, hardware, learn, listings, streams, sweeps
from lilogic.cli.demo import demo
from lilogic.cli.examples import epilog
from lilogic.cli.predict import explain, predict
from lilogic.errors import CheckFailedError, LilogicError, LilogicWarning

app = typer.Typer(
    help="Train classifiers made of logic gates and compile them to hardware, with proof.",
    epilog="MODEL is a network of the zoo (lilogic zoo lists them), a run folder or a .lgn file. "
    "If a folder has the name of a zoo network, write ./NAME to get the folder. Exit status: 0 on "
    "success, 1 if a check failed or you interrupted the command, 2 if the input is wrong.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# In the order of --help.
COMMANDS: dict[str, Callable[..., None]] = {
    "train": learn.train,
    "sweep": sweeps.sweep,
    "eval": learn.evaluate,
    "estimate": cost.estimate,
    "frontier": cost.frontier,
    "predict": predict,
    "explain": explain,
    "compile": hardware.compile_,
    "verify": hardware.verify,
    "report": hardware.report,
    "activity": cost.activity,
    "datasheet": cost.datasheet,
    "import": exchange.import_,
    "export": exchange.export_,
    "minimize": exchange.minimize,
    "classify": boards.classify,
    "bench-board": boards.bench_board,
    "boards": boards.boards_,
    "synth": boards.synth,
    "flash": boards.flash,
    "sweep-pipeline": hardware.sweep_pipeline,
    "zoo": listings.zoo_,
    "recipes": listings.recipes,
    "doctor": listings.doctor,
    "demo": demo,
}
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback on errors.")]

# These keep what is done at an interrupt; the same command resumes them.
_RESUMED = ("train", "sweep", "frontier", "demo")

_debug = False
_invoked: str | None = None
_flags: set[str] = set()
"""What the command that runs can be told."""


def _with_debug(command: Callable[..., None]) -> Callable[..., None]:
    """The command with ``--debug`` among its options, too."""

    @wraps(command)
    def run(*, context: typer.Context, debug: bool, **options: Any) -> None:
        global _debug, _flags
        _debug |= debug
        _flags = {flag for parameter in context.command.params for flag in parameter.opts}
        command(**options)

    own = signature(command, eval_str=True)
    added = (
        Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context),
        Parameter("debug", Parameter.KEYWORD_ONLY, default=False, annotation=Debug),
    )
    changed = own.replace(parameters=[*own.parameters.values(), *added])
    run.__signature__ = changed  # type: ignore[attr-defined]  # what typer reads
    return run


def _spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each field of those parameters that are dataclasses."""
    own = signature(command, eval_str=True)
    groups: dict[str, Any] = {
        parameter.name: parameter.annotation
        for parameter in own.parameters.values()
        if is_dataclass(parameter.annotation)
    }

    @wraps(command)
    def run(**options: Any) -> None:
        for name, group in groups.items():
            taken = {field.name: options.pop(field.name) for field in fields(group)}
            options[name] = group(**taken)
        command(**options)

    parameters = [
        option.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in own.parameters.values()
        for option in (
            signature(groups[parameter.name], eval_str=True).parameters.values()
            if parameter.name in groups
            else [parameter]
        )
    ]
    changed = own.replace(parameters=parameters)
    run.__signature__ = changed  # type: ignore[attr-defined]
    return run


for _name, _command in COMMANDS.items():
    app.command(_name, epilog=epilog(_name))(_with_debug(_spread(_command)))


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    debug: Debug = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    global _debug, _invoked
    _debug, _invoked = debug, context.invoked_subcommand
    if version:
        from lilogic.version import __version__

        typer.echo(f"lilogic {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and end the process; errors are one line instead of a traceback."""
    # Being told to end is like Ctrl-C: programs that were started end too, temporary files go.
    # Whoever has a signal ignored, as nohup does, means it.
    for told in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(told) is signal.SIG_DFL:
            signal.signal(told, signal.default_int_handler)
    streams.open_all()
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")  # of libraries, to programmers
            warnings.simplefilter("always", LilogicWarning)
            warnings.showwarning = partial(_warn, warnings.showwarning)
            status = app(prog_name="lilogic", standalone_mode=False)
    except Exception as error:
        if _debug:
            raise
        _complain(error)
        sys.exit(1 if isinstance(error, CheckFailedError) else 2)
    if status == _TYPER_INTERRUPTED:
        advice = "; run the same command again to resume" * (_invoked in _RESUMED)
        print(f"lilogic: interrupted{advice}", file=sys.stderr)
        # What was built up may be millions of objects, which nobody need look through now.
        gc.freeze()
        sys.exit(1)
    sys.exit(status)


# What typer raises for a wrong command line has no public name, and what it returns for Ctrl-C
# no name at all.
_CommandLineError: type[Any] = typer.BadParameter.__mro__[2]
_TYPER_INTERRUPTED = 130


# What an error asks to change, as the command line spells it.
_FLAGS = {
    "architecture": "--architecture FILE",
    "artefacts": "--with",
    "array": "--array NAME",
    "board": "--board",
    "bus_width": "--bus-width",
    "class": "--class NAME",
    "classes": "--classes",
    "columns": "--column",
    "cone": "--cone",
    "data": "--data",
    "drop": "--drop",
    "fold": "--fold",
    "folder": "-o",
    "folds": "--folds",
    "ground": "--ground white|black",
    "input": "--input bits",
    "invert": "--invert",
    "jobs": "--jobs",
    "keys": "lilogic recipes --keys lists all",
    "label": "--label",
    "levels_per_stage": "--levels-per-stage",
    "missing": "--missing median|indicator",
    "model": "--model",
    "port": "--port",
    "prefix": "--prefix",
    "target": "--target",
    "threads": "--threads",
    "top": "--top",
    "view": "--view",
    "white": "--white",
    "word": "--word",
}


def _with_flag(message: LilogicError | LilogicWarning) -> str:
    """The message, and the option that it asks for where the command has it."""
    flag = _FLAGS.get(message.option or "", "")
    is_known = not flag.startswith("-") or flag.partition(" ")[0] in _flags
    return f"{message} ({flag})" if flag and is_known else str(message)


def _warn(others: Callable[..., None], message: Warning | str, *rest: Any) -> None:
    """Print what lilogic warns of in one line, and other warnings as ``others`` does."""
    if isinstance(message, LilogicWarning):
        print(f"lilogic: warning: {_with_flag(message)}", file=sys.stderr)
    else:
        others(message, *rest)


def _complain(error: Exception) -> None:
    if isinstance(error, LilogicError):
        message = _with_flag(error)
    elif isinstance(error, _CommandLineError):
        path = error.ctx.command_path if error.ctx else "lilogic"
        said = error.format_message()
        message = f"{said}{'' if said.endswith(('.', '?')) else '.'} See {path} --help"
    else:
        message = (
            f"unexpected {type(error).__name__}: {error}; run again with --debug for a traceback"
        )
    print(f"lilogic: {' '.join(message.split())}", file=sys.stderr)
