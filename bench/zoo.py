"""What is recorded of the networks of the zoo: accuracies, gates, seeds and training.

Prints a table and writes build/bench/zoo.json.
"""

from __future__ import annotations

import argparse
from typing import Any

import records
from rich.console import Console
from rich.table import Table

from lilogic import zoo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = records.parse(parser, "zoo")
    networks = {name: zoo.describe(name).model_dump(mode="json") for name in zoo.names()}
    records.finish(options, networks, show, seeds=())


def show(networks: dict[str, Any]) -> None:
    """Print the table."""
    table = Table("data set", "network", "gates", "left", "accuracy, %")
    for name, one in networks.items():
        gates = (f"{one['gates'][kind]:,}" for kind in ("trained", "simplified"))
        accuracy = f"{100 * one['accuracy']['test_frozen']:.2f}"
        table.add_row(one["dataset"], name, *gates, accuracy)
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
