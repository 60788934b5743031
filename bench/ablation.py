"""What each part of the method gives: one change at a time to a recipe, at equal time.

The recipe ``mnist-tiny`` is asked what makes gates accurate, ``mnist-lut6-s`` what makes a circuit
small. Every variant trains for the same time of one core: its epochs follow from how long one of
its epochs takes, measured first, in seconds of the processor, so that other work on
the machine does no harm. Accuracies are those of the frozen graph on the
validation split; those of the test set are not looked at. Runs stay in build/bench/ablation, so an
interrupted benchmark goes on where it was. Prints a table and writes build/bench/ablation.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import records
from rich.console import Console
from rich.table import Table

from lilogic import cores
from lilogic.cost.estimate import estimate
from lilogic.cost.targets import TARGETS
from lilogic.data import datasets
from lilogic.files import write_json
from lilogic.graph import passes
from lilogic.learn import recipe as recipes
from lilogic.learn import trainer
from lilogic.learn.callbacks import Callback
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import Recipe, TrainRecipe

RUNS = Path("build/bench/ablation")
BASE = "base"

Variant = tuple[str, str, list[str]]
"""A question, the answer tried, and what it changes in the recipe."""

_DIFFERENCES = "encoder.differences=[[0, {0}], [{0}, 0], [{0}, {0}], [{0}, -{0}]]"

_GATES: list[Variant] = [
    (BASE, "as in the recipe", []),
    ("connections", "fixed at random", ["train.grow_share=0.0"]),
    ("connections", "dense (K = all)", ["net.candidates=all", "train.narrow=[]"]),
    ("candidates", "K = 4", ["net.candidates=4"]),
    ("candidates", "K = 8", ["net.candidates=8"]),
    ("candidates", "K = 32", ["net.candidates=32"]),
    ("candidates", "never pruned", ["train.narrow=[]"]),
    ("regrowing", "half as often", ["train.grow_every=90"]),
    ("regrowing", "from all rows", ["train.grow_rows=1.0"]),
    ("choice", "straight-through", ["train.relaxation=straight-through"]),
    ("choice", "Gumbel", ["train.relaxation=gumbel"]),
    ("sharpening", "none", ["train.sharpen_connections=1", "train.sharpen_gates=1"]),
    ("sharpening", "from the start", ["train.sharpen_power=1"]),
    ("sharpening", "×64, ×16", ["train.sharpen_connections=64", "train.sharpen_gates=16"]),
    ("wires read", "the previous layer", ["net.reads=previous"]),
    ("heads count", "the last layer", ["net.counts=last"]),
    ("both", "previous, last", ["net.reads=previous", "net.counts=last"]),
    ("temperature", "τ halved", ["net.tau=@0.5"]),
    ("temperature", "τ doubled", ["net.tau=@2"]),
    ("gates start as", "pass-through", ["net.initial=pass-through"]),
    ("bits a pixel", "1", ["encoder.thresholds=[0.4]"]),
    ("bits a pixel", "3", ["encoder.thresholds=[0.2,0.45,0.7]"]),
    ("edges", "of pixels 2 apart", [_DIFFERENCES.format(2), "encoder.steps=[0.0625, 0.25]"]),
    ("edges", "of pixels 4 apart", [_DIFFERENCES.format(4), "encoder.steps=[0.0625, 0.25]"]),
    ("depth", "1 layer", ["net.layers=[2000]"]),
    ("depth", "2 layers", ["net.layers=[1000,1000]"]),
    ("depth", "4 layers", ["net.layers=[500,500,500,500]"]),
    ("augmentation", "none", ["augment.shift=0"]),
    ("augmentation", "rotation, scale too", ["augment.rotate=10", "augment.scale=0.1"]),
    ("length", "half the time", ["@0.5"]),
    ("length", "twice the time", ["@2"]),
]  # fmt: skip


def _layers(*layers: tuple[int, int]) -> str:
    """The setting of layers of so many nodes of so many inputs."""
    tables = (f"{{arrangement='dense', gates={g}, inputs={i}}}" for g, i in layers)
    return f"net.layers=[{', '.join(tables)}]"


_NODES: list[Variant] = [
    (BASE, "as in the recipe", []),
    ("inputs of a node", "2", [_layers((380, 2))]),
    ("inputs of a node", "3", [_layers((380, 3))]),
    ("inputs of a node", "4", [_layers((380, 4))]),
    ("inputs of a node", "5", [_layers((380, 5))]),
    ("nodes", "190", [_layers((190, 6))]),
    ("nodes", "760", [_layers((760, 6))]),
    ("nodes in front", "190, not counted", [_layers((190, 6), (190, 6)), "net.counts=last"]),
    ("bits a pixel", "2", ["encoder.thresholds=[0.25,0.5]"]),
    ("cost in the loss", "0.003", ["train.cost=0.003"]),
    ("temperature", "τ halved", ["net.tau=@0.5"]),
    ("temperature", "τ doubled", ["net.tau=@2"]),
    ("augmentation", "none", ["augment.shift=0"]),
]

VARIANTS = {"mnist-tiny": _GATES, "mnist-lut6-s": _NODES}
"""What is tried with each base."""

COST = {"luts": "xc7", "ge": "sky130"}
"""Targets that a circuit's cost is estimated for."""


@dataclass(frozen=True)
class Job:
    """One run: a variant's place in ``VARIANTS``, a seed, and how many epochs fit the time."""

    place: int
    base: str
    seed: int
    epochs: int
    epoch_seconds: float


class Clock(Callback):
    """Seconds of this process's processor time from the first step to the last epoch's end."""

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """See ``Callback``."""
        self._start = time.process_time()
        self.seconds = 0.0

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        self.seconds = time.process_time() - self._start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="mnist-tiny", choices=VARIANTS, help="recipe")
    parser.add_argument("--seconds", type=float, default=25.0, help="training time of a run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="QUESTION", help="default: all questions")
    options = records.parse(parser, "ablation")
    variants = VARIANTS[options.base]
    asked = [BASE, *(options.only or [question for question, _, _ in variants])]
    places = [place for place, variant in enumerate(variants) if variant[0] in asked]
    with ProcessPoolExecutor(cores.usable()) as pool:
        times = epoch_times(pool, options.base, places)
        jobs = [
            Job(place, options.base, seed, epochs(variants[place], options.seconds, epoch), epoch)
            for place, epoch in zip(places, times, strict=True)
            for seed in range(options.seeds)
        ]
        runs = list(pool.map(train, jobs))
    result = {
        "base": options.base,
        "seconds": options.seconds,
        "seeds": options.seeds,
        "variants": [
            summarize(variants[place], [run for run in runs if run["place"] == place])
            for place in places
        ],
    }
    records.finish(options, result, show, threads=1, seeds=range(options.seeds))


def epoch_times(pool: ProcessPoolExecutor, base: str, places: list[int]) -> list[float]:
    """Processor seconds of an epoch of each variant, measured once."""
    path = RUNS / f"{base}-times.json"
    variants = [recipe(place, base, []).model_dump(mode="json") for place in places]
    if path.exists():
        known = json.loads(path.read_text("utf-8"))
        if known["variants"] == variants:
            times: list[float] = known["seconds"]
            return times
    times = list(pool.map(epoch_time, places, [base] * len(places)))
    write_json(path, {"variants": variants, "seconds": times})
    return times


def epoch_time(place: int, base: str) -> float:
    """Mean seconds of the epochs of a short training, after one that compiles.

    Only a whole training has the mean number of candidates, which are pruned towards its end.
    """
    with TemporaryDirectory() as folder:
        for number in (1, 3):
            short = recipe(place, base, [f"train.epochs={number}"])
            run, clock = Path(folder) / f"{number}", Clock()
            trainer.train(short, datasets.load(short.dataset), run, clock, threads=1)
    return clock.seconds / number


def epochs(variant: Variant, seconds: float, epoch: float) -> int:
    """How many epochs take ``seconds``, or the variant's share of them."""
    shares = [float(change[1:]) for change in variant[2] if change.startswith("@")]
    return max(1, round(seconds * (shares[0] if shares else 1.0) / epoch))


def recipe(place: int, base: str, extra: list[str]) -> Recipe:
    """The base recipe with a variant's changes."""
    tau = recipes.load(base).net.tau
    changes = [
        f"net.tau={tau * float(change.partition('@')[2])}" if "=@" in change else change
        for change in VARIANTS[base][place][2]
        if not change.startswith("@")
    ]
    # Extra epochs would make the times unequal.
    return recipes.load(base, [*changes, "train.max_extra_epochs=0", *extra])


def train(job: Job) -> dict[str, Any]:
    """Train one run on one core; what the table needs of it."""
    name = f"{job.base}-{job.place}-{job.seed}-{job.epochs}"
    settings = [f"train.epochs={job.epochs}", f"train.seed={job.seed}", f"name={name}"]
    chosen = recipe(job.place, job.base, settings)
    graph = trainer.train(chosen, datasets.load(chosen.dataset), RUNS / name, threads=1)
    accuracy = graph.metadata["accuracy"]
    costs = {unit: estimate(graph, name, TARGETS[target]).total for unit, target in COST.items()}
    return costs | {
        "place": job.place,
        "seed": job.seed,
        "epochs": job.epochs,
        "seconds": job.epochs * job.epoch_seconds,
        "soft": accuracy["validation_soft"],
        "frozen": accuracy["validation_frozen"],
        "gates_compiled": passes.simplify(graph).n_gates,
    }


def summarize(tried: Variant, own: list[dict[str, Any]]) -> dict[str, Any]:
    """A variant's means, and the deviation of its frozen accuracy over the seeds."""
    question, answer, changes = tried
    frozen = [run["frozen"] for run in own]
    means = {
        key: statistics.mean(run[key] for run in own)
        for key in ("epochs", "seconds", "soft", "frozen", "gates_compiled", *COST)
    }
    variant = {"question": question, "answer": answer, "changes": changes}
    spread = statistics.stdev(frozen) if len(frozen) > 1 else 0.0
    return variant | means | {"frozen_deviation": spread, "runs": own}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    table = Table()
    headings = ["question", "answer", "epochs", "soft", "frozen", "change", "gates", "LUT6", "GE"]
    for heading in headings:
        justify: Any = "left" if heading in ("question", "answer") else "right"
        table.add_column(heading, justify=justify, no_wrap=True)
    base = result["variants"][0]["frozen"]
    for variant in result["variants"]:
        table.add_row(
            variant["question"],
            variant["answer"],
            f"{variant['epochs']:.0f}",
            f"{100 * variant['soft']:.2f}",
            f"{100 * variant['frozen']:.2f} ± {100 * variant['frozen_deviation']:.2f}",
            f"{100 * (variant['frozen'] - base):+.2f}",
            f"{variant['gates_compiled']:,.0f}",
            *(f"{variant[unit]:,.0f}" for unit in COST),
        )
    console = Console(highlight=False, width=120)
    console.print(
        f"{result['base']}, {result['seconds']:g} s on one core, {result['seeds']} seeds; "
        "validation accuracies in percent, simplified gates; LUT6 of xc7 and GE of sky130 are "
        "estimates of the whole circuit"
    )
    console.print(table)


if __name__ == "__main__":
    main()
