"""What people see: progress on standard error, tables on standard output.

On a terminal, progress is a bar with the time left; elsewhere it is plain lines for a log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Column, Table

messages = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
results = Console(highlight=False, emoji=False)

_NEWS_EVERY = 30.0


def say(message: str) -> None:
    """One line about what goes on."""
    messages.print(message, markup=False)


def show(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """A table of two columns on standard output."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold", overflow="fold")
    table.add_column()
    for row in rows:
        table.add_row(*row)
    results.print(table)


@contextmanager
def step(message: str) -> Iterator[Callable[[str], None]]:
    """Say what is being done and, afterwards, how long it took.

    Yields a function that takes news of the work: on a terminal the latest stand beside a spinner
    and the time so far, elsewhere they are lines, one in a while.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    began = logged = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[news]}", markup=False, table_column=Column(no_wrap=True)),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    ) as spinner:
        task = spinner.add_task(message, total=None, news="")

        def tell(news: str) -> None:
            nonlocal logged
            spinner.update(task, news=news)
            now = time.monotonic()
            if not messages.is_terminal and now - logged >= _NEWS_EVERY:
                logged = now
                say(f"{message}: {now - began:.0f} s, {news}")

        yield tell
    say(f"{message}: {time.monotonic() - began:.1f} s")
