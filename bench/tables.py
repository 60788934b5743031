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
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def captioned(table: str, record: str) -> str:
    """A table, and below it the conditions that its record was made under."""
    origin = records.load(record).origin
    assert isinstance(origin, records.Origin)
    machine = origin.machine
    told = [
        machine.processor,
        f"{machine.cores} cores" if machine.cores > 1 else "",
        f"load {machine.load:.0f} at the start" if machine.load is not None else "",
        f"{origin.threads} thread{'s' * (origin.threads > 1)}" if origin.threads else "",
        f"seed{'s' * (len(origin.seeds) > 1)} {', '.join(map(str, origin.seeds))}"
        if origin.seeds
        else "",
        *(f"{name} {version}" for name, version in origin.versions.items()),
        f"commit {origin.commit}",
        origin.date,
    ]
    conditions = f"`{origin.command}`: {', '.join(filter(None, told))}. {origin.note}"
    return f"{table}\n\n{conditions.strip()}"


def best() -> str:
    """The best networks of lilogic beside the best of others, for each data set."""
    zoo, silicon, peers = (records.load(name).figures for name in ("zoo", "silicon", "peers"))
    rows = []
    for dataset, (ours, theirs) in BEST.items():
        found = [
            (
                f"**`{name}`**",
                zoo[name]["gates"]["simplified"],
                silicon[name]["cost"]["LUT6"] if name in silicon else None,
                zoo[name]["accuracy"]["test_frozen"],
            )
            for name in ours
        ]
        found += [
            (peer(one), one.get("gates"), one.get("cost"), one["accuracy"])
            for one in (*peers["gates"], *peers["silicon"])
            if one["name"] in theirs and one.get("dataset", "mnist") == dataset
        ]
        rows += [
            (DATASETS[dataset], name, count(gates), count(luts), percent(accuracy))
            for name, gates, luts, accuracy in sorted(found, key=lambda each: -each[3])
        ]
    columns = {"data set": "<", "network": "<", "gates": ">", "LUT6": ">", "test accuracy": ">"}
    return f"{markdown(columns, rows)}\n\n{LEGEND}"


LEGEND = """\
Bold networks come with lilogic. P: published by the authors; Q: quoted in another paper; H:
measured in a public benchmark. Gate counts exclude the encoder; lilogic's are after simplification,
others' as trained. LUT6 counts include the encoder. lilogic's images of CIFAR-10 were re-encoded as
JPEG."""

BEST = {
    "mnist": (
        ("mnist-conv", "mnist-8k", "mnist-lut6-l", "mnist-lut6-s"),
        ("CompactLogic", "LILogicNet L", "LILogicNet M", "DWN, 2,000 nodes", "NeuraLUT-Assemble"),
    ),
    "fashion-mnist": (("fashion-conv", "fashion-large"), ("LILogicNet",)),
    "cifar-10": (
        ("cifar-conv-256k", "cifar-64k"),
        ("CompactLogic L", "LogicTreeNet M", "LILogicNet L"),
    ),
}
"""For each data set, networks of the zoo and of others that ``best`` shows."""


def peer(one: dict[str, Any]) -> str:
    """The name of somebody else's network, and whose figure it is."""
    return f"{one['name']} ({one['mark']})"


def count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def demo() -> str:
    """What `make demo` reports."""
    columns = {
        "": "<",
        "test accuracy": ">",
        "gates": ">",
        "iCE40 LUT4": ">",
        "ECP5 LUT4": ">",
        "Xilinx 7 LUT6": ">",
        "flip-flops": ">",
        "latency": ">",
        "vectors": ">",
        "mismatches": ">",
        "proven": "<",
    }
    return markdown(
        columns,
        (
            (
                f"`{name}`",
                percent(one["accuracy"]["test_frozen"]),
                count(one["gates"]),
                *(count(one["luts"][target]) for target in ("ice40", "ecp5", "xc7")),
                count(one["flip_flops"]),
                f"{one['latency']} cycles",
                count(one["vectors"]),
                count(one["mismatches"]),
                "all parts" if one["proven"] else "not all parts",
            )
            for record in ("demo-digits", "demo-mnist")
            for name, one in records.load(record).figures.items()
        ),
    )


def zoo() -> str:
    """Gates and accuracy of every network of the zoo."""
    columns = {
        "network": "<",
        "data set": "<",
        "gates trained": ">",
        "gates left": ">",
        "test accuracy": ">",
        "over seeds": ">",
        "seeds": ">",
    }
    rows = (
        (
            f"`{name}`",
            DATASETS.get(one["dataset"], one["dataset"]),
            count(one["gates"]["trained"]),
            count(one["gates"]["simplified"]),
            f"**{percent(one['accuracy']['test_frozen'])}**",
            *over_seeds(name, one["seeds"]),
        )
        for name, one in records.load("zoo").figures.items()
    )
    return markdown(columns, rows)


def over_seeds(name: str, seeds: dict[str, Any] | None) -> tuple[str, str]:
    """Mean and deviation of several seeds, and how many; empty where there is one only."""
    seeds = records.load("seeds").figures.get(name, seeds)
    if seeds is None or len(seeds["seeds"]) < 2:
        return "", ""
    mean, deviation = 100 * seeds["mean"], 100 * seeds["deviation"]
    return f"{mean:.2f} ± {deviation:.2f} %", count(len(seeds["seeds"]))


def zoo_training() -> str:
    """How every network of the zoo was trained."""
    columns = {
        "network": "<",
        "members": ">",
        "epochs": ">",
        "time": ">",
        "on": "<",
    }
    found = {name: one["training"] for name, one in records.load("zoo").figures.items()}
    rows = (
        (
            f"`{name}`",
            count(one["members"] or 1),
            count(one["epochs"]),
            f"{one['seconds']:,.0f} s",
            "a GPU"
            if one["device"] == "cuda"
            else f"{one['threads']} thread{'s' * (one['threads'] > 1)}",
        )
        for name, one in found.items()
    )
    return markdown(columns, rows)


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %"


def unshipped() -> str:
    """Networks of lilogic that are too large to ship."""
    columns = {
        "network": "<",
        "data set": "<",
        "gates trained": ">",
        "gates left": ">",
        "test accuracy": ">",
    }
    rows = (
        (
            name,
            DATASETS[one["dataset"]],
            count(one["gates"]["trained"]),
            count(one["gates"]["simplified"]),
            percent(one["accuracy"]["test_frozen"]),
        )
        for name, one in records.load("unshipped").figures.items()
    )
    return captioned(markdown(columns, rows), "unshipped")


def silicon() -> str:
    """LUTs and gate equivalents of whole classifiers."""
    found = records.load("silicon").figures
    units = dict.fromkeys(unit for one in found.values() for unit in one["cost"])
    columns = dict.fromkeys(
        ("network", "data set", "gates", "nodes counted", "test accuracy", *units), ">"
    ) | {"network": "<", "data set": "<"}
    rows = (
        (
            f"`{name}`",
            DATASETS[one["dataset"]],
            count(one["gates"]),
            count(one["counted"]),
            percent(one["accuracy"]),
            *(count(one["cost"].get(unit)) for unit in units),
        )
        for name, one in sorted(found.items(), key=lambda each: each[1]["accuracy"])
    )
    return captioned(markdown(columns, rows), "silicon")


def small() -> str:
    """Silicon of the zoo's smallest classifiers, beside what others report of the same tables."""
    targets = {"xc7": "LUT6", "ice40": "iCE40 LUT4", "ecp5": "ECP5 LUT4", "sky130": "GE"}
    columns = dict.fromkeys(("data set", "network", "test accuracy", *targets.values()), ">") | {
        "data set": "<",
        "network": "<",
    }
    rows = [
        (
            one["dataset"],
            f"**`{name}`**",
            percent(one["accuracy"]["test_frozen"]),
            *(count(round(one["cost"][target]["total"])) for target in targets),
        )
        for name, one in records.load("zoo").figures.items()
        if one["cost"] and one["dataset"] not in DATASETS
    ]
    rows += [
        (one["dataset"], peer(one), percent(one["accuracy"]), count(one["cost"]), "", "", "")
        for one in records.load("peers").figures["tables"]
    ]
    return markdown(columns, sorted(rows, key=lambda row: row[0]))


def levers() -> str:
    """What one change to a recipe gives, in accuracy and in silicon."""
    base, *changed = records.load("ablation").figures["variants"]
    columns = {"choice": "<", "changed to": "<"} | dict.fromkeys(
        ("validation accuracy", "change in points", "LUT6", "GE"), ">"
    )
    rows = [
        (
            "none" if tried is base else tried["question"],
            tried["answer"],
            f"{100 * tried['frozen']:.2f} ± {100 * tried['frozen_deviation']:.2f} %",
            "" if tried is base else f"{100 * (tried['frozen'] - base['frozen']):+.2f}",
            *(count(round(tried[unit])) for unit in ("luts", "ge")),
        )
        for tried in (base, *changed)
    ]
    return captioned(markdown(columns, rows), "ablation")


def inference_peers() -> str:
    """Images a second that others report."""
    columns = {"": "<", "on": "<", "images a second": ">", "source": "<"}
    rows = (
        (peer(one), one["device"], f"{one['images_per_second'] / 1e6:.3g} M", source(one))
        for one in records.load("peers").figures["inference"]
    )
    return markdown(columns, rows)


def silicon_peers() -> str:
    """What others report of the silicon of MNIST."""
    found = sorted(
        records.load("peers").figures["silicon"], key=lambda one: (one["unit"], one["cost"])
    )
    columns = {"network": "<", "test accuracy": ">", "LUT6": ">", "GE": ">", "source": "<"}
    rows = (
        (
            peer(one),
            percent(one["accuracy"]),
            *(count(one["cost"]) if one["unit"] == unit else "" for unit in ("LUT6", "GE")),
            source(one),
        )
        for one in found
    )
    return markdown(columns, rows)


def gates_peers() -> str:
    """What others report of accuracy and gates."""
    columns = {"data set": "<", "network": "<", "gates": ">", "test accuracy": ">", "source": "<"}
    rows = (
        (
            DATASETS[one["dataset"]],
            peer(one),
            count(one["gates"]),
            percent(one["accuracy"]),
            source(one),
        )
        for one in records.load("peers").figures["gates"]
    )
    return markdown(columns, rows)


def source(one: dict[str, Any]) -> str:
    """Where a figure of others comes from."""
    origin = records.load("peers").origin
    assert isinstance(origin, records.Reported)
    return origin.sources[one["source"]]


def steps(record: str) -> Callable[[], str]:
    """The table of a record of training steps."""

    def table() -> str:
        columns = {"": "<", "a step": ">", "relative": ">", "an epoch of MNIST": ">"}
        found = records.load(record).figures["versions"]
        rows = (
            (
                name,
                f"{one['ms_per_step']:,.1f} ms",
                f"{one['ratio']:.1f}",
                f"{one['s_per_mnist_epoch']:,.1f} s",
            )
            for name, one in found.items()
        )
        return captioned(markdown(columns, rows), record)

    return table


def gpu_steps() -> str:
    """Training steps on a GPU."""
    columns = {"network": "<", "nodes": ">", "batch": ">", "a step": ">", "GPU busy": ">"}
    rows = (
        (
            one["network"],
            count(one["nodes"]),
            count(one["batch"]),
            f"{one['step_ms']:.1f} ms",
            f"{one['computed_ms']:.1f} ms",
        )
        for one in records.load("gpu").figures["steps"]
    )
    return captioned(markdown(columns, rows), "gpu")


def inference() -> str:
    """Images a second of one core, in millions."""
    networks = records.load("infer").figures["networks"]
    versions = dict.fromkeys(each for one in networks.values() for each in one["versions"])
    columns = {"": "<"} | {
        f"`{name}`, {count(one['gates'])}": ">" for name, one in networks.items()
    }
    rows = (
        (
            version,
            *(
                f"{one['versions'][version]['images_per_second'] / 1e6:.3g}"
                if "images_per_second" in one["versions"][version]
                else ""
                for one in networks.values()
            ),
        )
        for version in versions
    )
    return captioned(markdown(columns, rows), "infer")


def proof() -> str:
    """Seconds that proofs take."""
    found = records.load("proof").figures
    parts = dict.fromkeys(part for one in found.values() for part in one["parts"])
    columns = dict.fromkeys(("network", "reading", *parts, "total"), ">") | {"network": "<"}
    rows = (
        (
            f"`{name}`, {count(one['gates'])} gates",
            f"{one['read_seconds']:.1f} s",
            *(f"{one['parts'][part]['seconds']:.1f} s" for part in parts),
            f"{one['seconds']:.1f} s",
        )
        for name, one in found.items()
    )
    return captioned(markdown(columns, rows), "proof")


def elaboration() -> str:
    """Processor seconds and memory that elaboration takes."""
    columns = {"gates": ">", "processor time": ">", "peak memory": ">", "RTLIL": ">"}
    rows = (
        (
            count(one["gates"]),
            f"{one['rtlil_cpu_s']:.1f} s",
            f"{count(one['rtlil_peak_mb'])} MB",
            f"{one['rtlil_mb']:.1f} MB",
        )
        for one in records.load("compile").figures["sizes"]
    )
    return captioned(markdown(columns, rows), "compile")


def scale() -> str:
    """Seconds and memory of work on large convolutional networks."""
    sizes = records.load("scale").figures["sizes"]
    columns = {"": "<"} | {
        f"{count(one['gates'])} gates, {count(one['simplified'])} left": ">" for one in sizes
    }
    rows = (
        (
            step,
            *(
                f"{one['steps'][step]['cpu_s']:.1f} s, {count(one['steps'][step]['peak_mb'])} MB"
                for one in sizes
            ),
        )
        for step in sizes[0]["steps"]
    )
    return captioned(markdown(columns, rows), "scale")


TABLES: dict[str, Callable[[], str]] = {
    "best": best,
    "conv-step": steps("convolve"),
    "demo": demo,
    "elaboration": elaboration,
    "gates-peers": gates_peers,
    "gpu-step": gpu_steps,
    "inference": inference,
    "inference-peers": inference_peers,
    "levers": levers,
    "proof": proof,
    "scale": scale,
    "silicon": silicon,
    "silicon-peers": silicon_peers,
    "small": small,
    "step": steps("train"),
    "unshipped": unshipped,
    "zoo": zoo,
    "zoo-training": zoo_training,
}
"""The tables that a page may name."""
