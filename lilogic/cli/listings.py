"""Commands that list what lilogic brings along, and what it finds here."""

from __future__ import annotations

from typing import Annotated

import typer

from lilogic.cli import completion
from lilogic.cli.common import AsJson, show, show_json


def zoo_(as_json: AsJson = False) -> None:
    """List the zoo: trained networks that come with lilogic."""
    from lilogic import zoo
    from lilogic.report import tables

    known = {name: zoo.describe(name) for name in zoo.names()}
    show(known, [*map(tables.zoo_row, known.values())], "zoo", as_json)


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Recipe to print, as a start for your own.",
            autocompletion=completion.recipes,
        ),
    ] = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="List all keys of recipes with their defaults.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the recipes that come with lilogic, or print one."""
    from lilogic.learn import recipe

    if keys:
        _show_keys(as_json)
    elif name is None:
        known = [recipe.load(each) for each in recipe.names()]
        values = {each.name: each.model_dump() for each in known}
        show(values, [(each.name, each.description) for each in known], "recipes", as_json)
    elif as_json:
        typer.echo(recipe.load(name).model_dump_json(indent=2))
    else:
        typer.echo(recipe.text(name).rstrip())


def _show_keys(as_json: bool) -> None:
    """All keys of recipes: what they mean, their values and defaults."""
    from dataclasses import asdict

    from lilogic.learn import keys
    from lilogic.learn.recipe import Recipe

    known = keys.of(Recipe)
    rows = [
        (
            key.name,
            f"{key.meaning}\n"
            f"{key.values}; {'required' if key.default is None else f'default {key.default}'}",
        )
        for key in known
    ]
    show([*map(asdict, known)], rows, "keys of recipes", as_json)


def doctor(as_json: AsJson = False) -> None:
    """Check the installation and say how to fix problems.

    It checks packages, tools, caches, data folders, serial ports and the machine. It changes
    nothing. The exit status is 1 if something installed does not work.
    """
    from lilogic import doctor as doctoring
    from lilogic.errors import CheckFailedError
    from lilogic.report import console

    diagnosis = doctoring.diagnose()
    if as_json:
        show_json(diagnosis)
    else:
        rows = [
            (check.name, check.state, check.found, check.advice or "") for check in diagnosis.checks
        ]
        headings = ("check", "state", "found", "what to do")
        console.show_columns(f"lilogic {diagnosis.version}", headings, rows)
    if not diagnosis.ok:
        broken = [check.name for check in diagnosis.checks if check.state == "broken"]
        raise CheckFailedError(f"broken: {', '.join(broken)}; the table says what to do")
