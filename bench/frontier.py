"""Accuracy against gates: the zoo beside what others report, a picture for each data set.

Gates of the zoo are those that simplification leaves, without the encoder; papers count the gates
that were trained. Prints a table, and writes build/bench/frontier.json and
docs/pictures/accuracy-DATASET.png.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lilogic import zoo
from lilogic.files import check_writable, replacing, write_json
from lilogic.graph import lgn, passes

ANCHORS = Path(__file__).parent / "anchors.toml"
OUTPUT = Path("build/bench/frontier.json")
PICTURES = Path("docs/pictures")
DATASETS = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar-10": "CIFAR-10 (lilogic: JPEG re-encoded)",
}

OURS, OTHERS, INK = "#219ebc", "#fb8500", "#22303c"


@dataclass(frozen=True)
class Network:
    """One point.

    Attributes:
        dataset: what it classifies.
        name: what it is called.
        gates: two-input gates, without the encoder.
        accuracy: of the frozen network on the test set, in percent.
        mark: whose figure it is, see anchors.toml; empty for what was measured here.
    """

    dataset: str
    name: str
    gates: int
    accuracy: float
    mark: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    check_writable(OUTPUT)
    networks = sorted(
        (*shipped(), *(Network(**one) for one in tomllib.loads(ANCHORS.read_text())["networks"])),
        key=lambda network: (list(DATASETS).index(network.dataset), network.gates),
    )
    for dataset in DATASETS:
        draw(
            [one for one in networks if one.dataset == dataset],
            PICTURES / f"accuracy-{dataset}.png",
        )
    results = [asdict(network) for network in networks]
    write_json(OUTPUT, results)
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        show(networks)


def shipped() -> list[Network]:
    """The networks of the zoo, with what simplification leaves of them."""
    networks = []
    for name in zoo.names():
        graph = lgn.read(zoo.path(name))
        dataset = graph.metadata["dataset"]
        if dataset in DATASETS:
            accuracy = 100 * graph.metadata["accuracy"]["test_frozen"]
            gates = passes.simplify(graph).n_gates
            networks.append(Network(dataset, name, gates, round(accuracy, 2)))
    return networks


def draw(networks: list[Network], path: Path) -> None:
    """Points over a logarithmic axis of gates, each with its name."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for is_ours, color in ((True, OURS), (False, OTHERS)):
        points = [network for network in networks if is_ours == (network.mark == "")]
        axes.scatter(
            [one.gates for one in points],
            [one.accuracy for one in points],
            s=44,
            color=color if is_ours else "none",
            edgecolor=color,
            label="lilogic" if is_ours else "published (P) or quoted (Q)",
        )
    for one in networks:
        # Slanted, ours up and others down, names of neighbours keep clear of each other.
        is_ours = one.mark == ""
        axes.annotate(
            one.name if is_ours else f"{one.name} ({one.mark})",
            (one.gates, one.accuracy),
            xytext=(-3, 5) if is_ours else (3, -5),
            textcoords="offset points",
            ha="right" if is_ours else "left",
            va="bottom" if is_ours else "top",
            rotation=-25,
            rotation_mode="anchor",
            fontsize=8,
            color=INK,
        )
    axes.set_xscale("log")
    axes.margins(x=0.2, y=0.2)
    axes.set_xlabel("two-input gates, without the encoder")
    axes.set_ylabel("test accuracy, %")
    axes.set_title(DATASETS[networks[0].dataset], loc="left", color=INK)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130, format="png")


def show(networks: list[Network]) -> None:
    """Print the table."""
    table = Table("data set", "network", "gates", "accuracy, %", "whose figure")
    whose = {"": "measured here", "P": "published", "Q": "quoted"}
    for one in networks:
        row = one.dataset, one.name, f"{one.gates:,}", f"{one.accuracy:.2f}", whose[one.mark]
        table.add_row(*row)
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
