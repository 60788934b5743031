"""What people see: progress on standard error, tables on standard output.

On a terminal, progress is a bar with the time left; elsewhere it is plain lines for a log. Texts
are shown as they are: brackets in a file's name are no markup.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import SpinnerColumn

    from lilogic.report.pages import Section

# In a notebook, too, messages are lines on standard error, apart from results.
messages = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True, force_jupyter=False)
results = Console(highlight=False, emoji=False, markup=False)

_NEWS_EVERY = 30.0


def say(message: str) -> None:
    """One line about what goes on."""
    messages.print(message, markup=False)


def is_live() -> bool:
    """Whether progress can be redrawn in place, which a dumb terminal cannot."""
    return messages.is_terminal and not messages.is_dumb_terminal


def show(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """A table of two columns on standard output."""
    made = Table(title=_spelled(title), title_justify="left", show_header=False)
    made.add_column(style="bold", overflow="fold")
    made.add_column(overflow="fold")
    for row in rows:
        made.add_row(*map(_spelled, row))
    results.print(made)


def show_section(section: Section) -> None:
    """A section on standard output."""
    results.print(table(section))


def table(section: Section) -> Table:
    """The table of a section, with its text below."""
    is_titled, has_head = bool(section.title), any(section.columns)
    made = Table(
        title=_plain(section.title) if is_titled else None,
        title_justify="left",
        caption=_plain(section.text) if section.text else None,
        caption_justify="left",
        show_header=has_head,
    )
    for number, column in enumerate(section.columns):
        made.add_column(
            _plain(column),
            style="" if number else "bold",
            justify="right" if number and has_head and not section.is_words else "left",
            overflow="fold",
        )
    for row in section.rows:
        made.add_row(*map(_plain, row))
    return made


def _plain(text: str) -> Text:
    """``text`` in which brackets are no markup, whatever console prints it."""
    return Text(_spelled(text))


def show_columns(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table with a heading over each column, on standard output."""
    table = Table(title=_spelled(title), title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(_spelled, row))
    results.print(table)


def _spelled(text: str) -> str:
    """``text`` as standard output will spell it, so that columns are as wide as what they hold."""
    errors = getattr(results.file, "errors", None) or "strict"
    return text.encode(results.encoding, errors).decode(results.encoding)


def spinner() -> SpinnerColumn:
    """The column of a bar that shows that work goes on."""
    from rich.progress import SpinnerColumn

    return SpinnerColumn("line" if messages.options.ascii_only else "dots")


@contextmanager
def step(message: str) -> Iterator[Callable[[str], None]]:
    """Say what is being done and, afterwards, how long it took.

    Of what ends with an error it says when it was stopped.

    Yields a function that takes news of the work: on a terminal the latest stand beside a spinner
    and the time so far, elsewhere they are lines, one in a while.
    """
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    began = logged = time.monotonic()
    with Progress(
        spinner(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[news]}", markup=False, table_column=Column(no_wrap=True)),
        console=messages,
        transient=True,
        disable=not is_live(),
    ) as bar:
        task = bar.add_task(message, total=None, news="")

        def tell(news: str) -> None:
            nonlocal logged
            bar.update(task, news=news)
            now = time.monotonic()
            if not is_live() and now - logged >= _NEWS_EVERY:
                logged = now
                say(f"{message}: {now - began:.0f} s, {news}")

        how = "stopped after "
        try:
            yield tell
            how = ""
        finally:
            bar.stop()
            say(f"{message}: {how}{time.monotonic() - began:.1f} s")
