"""The commands, from what their ``--help`` is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from lilogic.cli import COMMANDS, app


def markdown() -> str:
    """A section for each command: usage, what it does, arguments, options, examples."""
    group = typer.main.get_command(app)
    above = typer.Context(group, info_name="lilogic")
    return "\n\n".join(
        block
        for name, command in group.commands.items()  # type: ignore[attr-defined]
        for block in _section(command, typer.Context(command, info_name=name, parent=above))
    )


def _section(command: Any, context: typer.Context) -> Iterator[str]:
    """The blocks of a command's section."""
    yield f"## {context.info_name}"
    yield _text(command.help)
    yield f"```console\n$ {' '.join([context.command_path, *_usage(command, context)])}\n```"
    for title, kind in (("Arguments", "argument"), ("Options", "option")):
        if entries := [*_entries(command, context, kind)]:
            yield f"**{title}**"
            yield "\n\n".join(entries)
    if command.epilog:
        yield from _examples(command.epilog)


def _usage(command: Any, context: typer.Context) -> Iterator[str]:
    """The words behind a command's name; what must be given is not in brackets."""
    for piece in command.collect_usage_pieces(context):
        yield re.sub(r"[{}]", "", piece)


def _entries(command: Any, context: typer.Context, kind: str) -> Iterator[str]:
    """A definition for each parameter of a kind, but for ``--help``, which every command has."""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and parameter.param_type_name == kind and "--help" not in parameter.opts:
            name, text = record
            if kind == "argument":
                name = name.partition(" <")[0]
            yield f"`{name}`\n:   {_text(text)}"


def _examples(epilog: str) -> Iterator[str]:
    """What stands below a command's help: a line that ends with a colon, and lines to type."""
    title, _, lines = epilog.replace("\b\n", "").partition("\n")
    yield f"**{title.rstrip(':')}**"
    commands = (line.strip() for line in lines.splitlines() if line.strip())
    yield "\n".join(["```bash", *commands, "```"])


_OPTION = r"--?[a-z][\w-]*"
_CODE = re.compile(rf"(?<![\w-])(?:lilogic (?:{'|'.join(COMMANDS)})\b(?: {_OPTION})*|{_OPTION})")


def _text(text: str) -> str:
    """Help as Markdown: nothing in it is markup, and commands and options are code."""
    escaped = re.sub(r"([\\`*_<>\[\]])", r"\\\1", text)
    return _CODE.sub(lambda code: f"`{code[0]}`", escaped)
