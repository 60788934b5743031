"""The tables of results in the documentation, each from records in bench/results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import records

DATASETS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar-10": "CIFAR-10"}


def markdown(columns: dict[str, str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    Args:
        columns: for each heading, ``<`` for words or ``>`` for numbers.
        rows: of as many cells.
    """
    rules = ["---" if side == "<" else "---:" for side in columns.values()]
    lines = [[*columns], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("|  |", "| |")


def zoo() -> str:
    """Every network of the zoo."""
    return markdown(
        {
            "network": "<",
            "data set": "<",
            "gates trained": ">",
            "gates left": ">",
            "test accuracy": ">",
            "over seeds": ">",
            "training": "<",
        },
        (
            (
                f"`{name}`",
                DATASETS.get(one["dataset"], one["dataset"]),
                f"{one['gates']['trained']:,}",
                f"{one['gates']['simplified']:,}",
                f"**{percent(one['accuracy']['test_frozen'])}**",
                over_seeds(one["seeds"]),
                training(one["training"]),
            )
            for name, one in records.load("zoo").figures.items()
        ),
    )


def over_seeds(seeds: dict[str, Any] | None) -> str:
    """Mean and deviation of several seeds; empty where there is one only."""
    if seeds is None or len(seeds["seeds"]) < 2:
        return ""
    mean, deviation = 100 * seeds["mean"], 100 * seeds["deviation"]
    return f"{mean:.2f} ± {deviation:.2f} % ({len(seeds['seeds'])})"


def training(of: dict[str, Any]) -> str:
    """How long a network was trained, and on what."""
    networks = f"{of['members']} networks, " if (of["members"] or 1) > 1 else ""
    threads = of["threads"]
    where = "a GPU" if of["device"] == "cuda" else f"{threads} thread{'s' * (threads > 1)}"
    return f"{networks}{of['epochs']} epochs, {of['seconds']:,.0f} s on {where}"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %"


TABLES: dict[str, Callable[[], str]] = {"zoo": zoo}
"""The tables that a page may name."""
