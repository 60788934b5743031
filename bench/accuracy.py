"""What the recipes reach: each trained with several seeds, in one table.

Nothing is chosen by the test accuracies, each of which is read once after a run. Runs stay in
build/bench/runs, so an interrupted benchmark goes on where it was. Prints a table and writes
build/bench/accuracy.json. With --zoo, the run that does best on validation becomes the network of
that name in lilogic/zoo.
"""

from __future__ import annotations

import argparse
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import records
from rich.console import Console
from rich.table import Table

from lilogic import cores, zoo
from lilogic.data import datasets
from lilogic.graph import GateGraph, lgn, passes
from lilogic.learn import recipe as recipes
from lilogic.learn import trainer
from lilogic.learn.callbacks.progress import TrainingProgress
from lilogic.learn.kernels import memory
from lilogic.learn.run import RunFolder

RUNS = Path("build/bench/runs")
MEASURES = ("validation_frozen", "test_soft", "test_frozen")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=dense())
    parser.add_argument("--seeds", type=int, default=3, help="runs of each recipe")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; default: cpu")
    parser.add_argument("--jobs", type=int, default=1, help="runs at once")
    parser.add_argument("--zoo", action="store_true", help="put the best runs into lilogic/zoo")
    options = records.parse(parser, "accuracy")
    # Several runs at once, each with its share of the cores, take less time than one after another.
    threads = max(1, cores.usable() // options.jobs)
    with ProcessPoolExecutor(options.jobs) as pool:
        runs = [
            pool.submit(train, name, seed, options.device, threads)
            for name in options.recipes
            for seed in range(options.seeds)
        ]
        for run in runs:
            run.result()
    results = [measure(name, options.seeds) for name in options.recipes]
    if options.zoo:
        for result in results:
            publish(result)
    seeds = range(options.seeds)
    records.finish(options, results, show, device=options.device, threads=threads, seeds=seeds)


def dense() -> list[str]:
    """The recipes without convolutions, which a CPU trains in minutes."""
    return [
        name
        for name in recipes.names()
        if all(isinstance(layer, int) for layer in recipes.load(name).net.layers)
    ]


def train(name: str, seed: int, device: str, threads: int) -> GateGraph:
    """Train a recipe with a seed, or read what was trained before."""
    memory.keep_freed()
    recipe = recipes.load(name, [f"train.seed={seed}"])
    data = datasets.load(recipe.dataset)
    with TrainingProgress(f"training {recipe.name}, seed {seed}") as progress:
        return trainer.train(recipe, data, run_folder(name, seed).path, progress, device, threads)


def measure(name: str, seeds: int) -> dict[str, Any]:
    """Means and standard deviations of the accuracies of one recipe, over seeds 0, 1, …."""
    runs = []
    for seed in range(seeds):
        folder = run_folder(name, seed)
        graph = lgn.read(folder.model)
        runs.append(
            {
                "seed": seed,
                **{measure: graph.metadata["accuracy"][measure] for measure in MEASURES},
                "gates_trained": graph.n_gates,
                "gates_compiled": passes.simplify(graph).n_gates,
                "training": graph.metadata["training"],
            }
        )
    summary = {}
    for measure in MEASURES:
        values = [run[measure] for run in runs]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        summary[measure] = {"mean": statistics.mean(values), "deviation": spread}
    return {"recipe": name, "summary": summary, "runs": runs}


def run_folder(recipe: str, seed: int) -> RunFolder:
    """Where a recipe is trained with a seed."""
    return RunFolder(RUNS / f"{recipes.load(recipe).name}-{seed}")


def publish(result: dict[str, Any]) -> None:
    """Write the run that is best on validation to the zoo, with the test accuracies of all.

    Where most of its gates are gone after simplification, that is what is written.
    """
    name, runs = result["recipe"], result["runs"]
    best = max(runs, key=lambda run: float(run["validation_frozen"]))
    graph = lgn.read(run_folder(name, best["seed"]).model)
    seeds = {key: [run[key] for run in runs] for key in ("test_frozen", "validation_frozen")}
    compiled = best["gates_compiled"]
    if 2 * compiled < graph.n_gates:
        graph = passes.simplify(graph).with_metadata(trained_gates=graph.n_gates)
    else:
        graph = graph.with_metadata(gates_after_passes=compiled)
    metadata = {"seeds": {"seeds": [run["seed"] for run in runs], **seeds}}
    lgn.write(graph.with_metadata(**metadata), zoo.path(recipes.load(name).name))


def show(results: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table()
    headings = ["recipe", "seeds", "validation", "soft", "frozen", "gates", "seconds"]
    for heading in headings:
        justify: Any = "left" if heading == "recipe" else "right"
        table.add_column(heading, justify=justify, no_wrap=True)
    for result in results:
        accuracies = [
            f"{100 * values['mean']:.2f} ± {100 * values['deviation']:.2f}"
            for values in result["summary"].values()
        ]
        compiled = statistics.mean(run["gates_compiled"] for run in result["runs"])
        seconds = statistics.mean(run["training"]["seconds"] for run in result["runs"])
        row = [result["recipe"], str(len(result["runs"])), *accuracies]
        table.add_row(*row, f"{compiled:,.0f}", f"{seconds:.0f}")
    console = Console(highlight=False, width=120)
    console.print("accuracy in percent: mean ± standard deviation over seeds")
    console.print(table)


if __name__ == "__main__":
    main()
