"""Reports: one dictionary, written as JSON, from which tables, pages and plots are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lilogic.graph import GateGraph, passes
from lilogic.report import statistics
from lilogic.report.models.training import TrainingSummary
from lilogic.version import __version__

Report = dict[str, Any]
Row = tuple[str, str]


def describe(name: str, graph: GateGraph) -> Report:
    """What is known of a graph before it is synthesized."""
    return {
        "name": name,
        "version": __version__,
        "dataset": graph.metadata.get("dataset"),
        "accuracy": graph.metadata.get("accuracy", {}),
        "gates": {
            "trained": trained_gates(graph),
            "compiled": graph.n_gates,
            "depth": graph.depth,
            "ops": statistics.by_function(graph.op),
        },
    }


def describe_trained(name: str, graph: GateGraph, widths: Sequence[int]) -> TrainingSummary:
    """What is known of a network that was just trained.

    Args:
        name: what to call it.
        graph: as ``trainer.train`` returns it, not simplified.
        widths: gates in each layer.

    Raises:
        GraphError: the widths do not add up to the graph's gates.
    """
    layers = statistics.layers(graph, widths)
    return TrainingSummary(
        **describe(name, graph),
        training=graph.metadata["training"],
        gap=statistics.gap(graph),
        gates_after_passes=passes.simplify(graph).n_gates,
        inputs=statistics.spread(statistics.fan_out(graph)[: graph.n_inputs]),
        layers=tuple(layers),
        warnings=tuple(statistics.warnings(layers)),
    )


def describe_compiled(name: str, graph: GateGraph, flip_flops: Sequence[int]) -> Report:
    """What is known of a graph that passes simplified, before it is synthesized.

    ``flip_flops`` says how many stand after each level of gates.
    """
    inputs = statistics.fan_out(graph)[: graph.n_inputs]
    levels = zip(statistics.levels(graph), flip_flops, strict=False)
    return describe(name, graph) | {
        "inputs": statistics.spread(inputs).model_dump(mode="json"),
        "levels": [level.model_dump(mode="json") | {"ffs": ffs} for level, ffs in levels],
    }


def trained_gates(graph: GateGraph) -> int:
    """Number of gates before passes, which a simplified graph remembers."""
    return int(graph.metadata.get("trained_gates", graph.n_gates))


def rows(report: Mapping[str, Any]) -> list[Row]:
    """The report's headline numbers as label and value; parts that it has not are left out."""
    gates = report["gates"]
    lines = [
        *_accuracy_rows(report["accuracy"]),
        *_gap_rows(report.get("gap", {})),
        ("gates trained", f"{gates['trained']:,}"),
    ]
    if "interface" in report:
        lines.append(("gates compiled", f"{gates['compiled']:,}"))
    if "layers" in report:
        lines.append(("gates after passes", f"{report['gates_after_passes']:,}"))
    lines.append(("gate levels", f"{gates['depth']}"))
    if "layers" in report:
        lines += _layer_rows(report)
    if "area" in report:
        lines += _area_rows(report["area"])
    if "interface" in report:
        interface = report["interface"]
        lines.append(("latency", f"{interface['latency']} cycles, one result a cycle"))
        if interface.get("clock_mhz") is not None:
            wanted = f"{interface['clock_mhz']:g} MHz on {interface['device']}, before routing"
            lines.append(("registers placed for", wanted))
    return lines + check_rows(report)


def zoo_row(entry: Mapping[str, Any]) -> Row:
    """What ``zoo.describe`` gives, as name and a few lines of text; unknowns are left out."""
    gates, seeds, training = entry["gates"], entry["seeds"], entry["training"]
    size = f"{gates['trained']:,} gates trained, {gates['after_passes']:,} after passes"
    data = entry["dataset"] and f"data set {entry['dataset']}"
    lines = [entry["description"], ", ".join(filter(None, [data, size]))]
    if "test_frozen" in entry["accuracy"]:
        lines.append(f"frozen accuracy (test) {entry['accuracy']['test_frozen']:.2%}")
    if seeds is not None:
        mean, spread, count = 100 * seeds["mean"], seeds["deviation"], len(seeds["test_frozen"])
        lines.append(
            f"mean of {count} seeds {mean:.2f} ± {spread:.2%}" if count > 1 else "one seed"
        )
    if training:
        lines.append(f"training: {training_text(training)}")
    return entry["name"], "\n".join(filter(None, lines))


def training_text(training: Mapping[str, Any]) -> str:
    """Members of an ensemble, epochs, time, device and threads, as far as they are recorded."""
    texts = {
        "members": "networks trained: {:,}",
        "epochs": "{:,} epochs",
        "seconds": "{:,.0f} s",
        "device": "{}",
        "threads": "threads {}",
    }
    return ", ".join(text.format(training[key]) for key, text in texts.items() if key in training)


def check_rows(report: Mapping[str, Any]) -> list[Row]:
    """What simulation and proof gave, as label and value."""
    lines = []
    if "simulation" in report:
        simulation = report["simulation"]
        lines += [
            ("simulator", simulation["simulator"]),
            ("vectors compared", f"{simulation['compared']:,}"),
            ("mismatches", f"{simulation['mismatches']:,}"),
        ]
    if "formal" in report:
        parts = report["formal"]["parts"].items()
        for status in ("proven", "simulated", "refuted"):
            named = ", ".join(part for part, result in parts if result["status"] == status)
            if named:
                lines.append((status, named))
    return lines


def sweep_rows(sweep: Mapping[str, Any]) -> list[Row]:
    """What ``sweep-pipeline`` gave, a row for each number of levels between registers."""
    return [_sweep_row(point) for point in sweep["points"]]


def _sweep_row(point: Mapping[str, Any]) -> Row:
    size = f"{point['luts']:,} LUT, {point['ffs']:,} FF, latency {point['latency']} cycles"
    clock = f"does not fit: {point.get('reason')}"
    if point["fits"]:
        fmax, rate = point["fmax_mhz"], point["samples_per_second"] / 1e6
        nanoseconds = 1000 * max(1, point["latency"]) / fmax
        clock = f"{fmax:.1f} MHz, {rate:.1f} M samples/s, {nanoseconds:.0f} ns"
    return f"{point['levels_per_stage']} levels a stage", f"{size}; {clock}"


def is_verified(report: Mapping[str, Any]) -> bool:
    """Whether nothing that was simulated or proven contradicts the graph."""
    simulation = report.get("simulation", {"passed": True})
    parts = report.get("formal", {"parts": {}})["parts"].values()
    return bool(simulation["passed"]) and all(part["status"] != "refuted" for part in parts)


def _accuracy_rows(accuracy: Mapping[str, float]) -> list[Row]:
    labels = {
        "test_soft": "soft accuracy (test)",
        "test_frozen": "frozen accuracy (test)",
        "validation_soft": "soft accuracy (validation)",
        "validation_frozen": "frozen accuracy (validation)",
    }
    return [(label, f"{accuracy[key]:.2%}") for key, label in labels.items() if key in accuracy]


def _gap_rows(gap: Mapping[str, float]) -> list[Row]:
    text = ", ".join(f"{100 * lost:+.2f} % ({split})" for split, lost in gap.items())
    return [("accuracy lost by freezing", text)] if gap else []


def _layer_rows(report: Mapping[str, Any]) -> list[Row]:
    """Gates by function, most frequent first, then how inputs and each layer are read."""
    counts = sorted(report["gates"]["ops"].items(), key=lambda item: -item[1])
    return [
        ("gates by function", ", ".join(f"{name} {count:,}" for name, count in counts)),
        ("input bits", _fan_out_text(report["inputs"])),
        *(
            (
                f"layer {number}",
                f"{layer['gates']:,} gates, {layer['constants']:,} constant, "
                f"{layer['pass_through']:,} pass-through; {_fan_out_text(layer['fan_out'])}",
            )
            for number, layer in enumerate(report["layers"], 1)
        ),
        *([("training", training_text(report["training"]))] if report["training"] else []),
    ]


def _fan_out_text(fan_out: Mapping[str, Any]) -> str:
    mean, most, unread = fan_out["mean"], fan_out["max"], fan_out["unread"]
    return f"fan-out {mean:.1f} mean, {most:,} max, {unread:,} unread"


def _area_rows(area: Mapping[str, Any]) -> list[Row]:
    lines = []
    note = "" if area["flattened"] else " (parts summed up)"
    for name, target in area["targets"].items():
        total = target["total"]
        size = next(iter(total.values()))
        lines.append(
            (
                f"{name}: {target['unit']}, FF, depth",
                f"{size:,}, {total['ffs']:,}, {total['depth']}{note}",
            )
        )
    return lines
