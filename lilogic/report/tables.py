"""Reports as rows of a label and a value, for tables on the terminal and in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.data.settings import SplitRecord
    from lilogic.graph.metadata import MappedCost, Training
    from lilogic.report.models.area import AreaReport
    from lilogic.report.models.compiled import CompileReport, Verification
    from lilogic.report.models.cost import CostEstimate, FrontierPoint, FrontierReport
    from lilogic.report.models.gates import FanOut, Layer
    from lilogic.report.models.graph import Classes, GateCounts, GraphReport, ModelSummary
    from lilogic.report.models.mismatch import Answer, Sample
    from lilogic.report.models.proof import PartResult, ProofReport
    from lilogic.report.models.simulation import SimulationReport
    from lilogic.report.models.timing import PipelinePoint, PipelineReport
    from lilogic.report.models.training import TrainingSummary
    from lilogic.report.models.zoo import ZooEntry

Row = tuple[str, str]

_DIGITS = 64
"""Hexadecimal digits of a sample that are shown."""

_UNITS = {"xc7": "LUT6", "ice40": "LUT4", "ecp5": "LUT4", "sky130": "GE"}
"""What costs in a network's metadata count, by target."""

_SIDES = {"train": "training", "validation": "validation", "test": "test"}

_ACCURACIES = {
    "test_soft": "soft accuracy (test)",
    "test_frozen": "frozen accuracy (test)",
    "validation_soft": "soft accuracy (validation)",
    "validation_frozen": "frozen accuracy (validation)",
}


def graph_rows(report: GraphReport) -> list[Row]:
    """A network's accuracies and gates."""
    gates = report.gates
    return [
        *_accuracy_rows(report.accuracy),
        ("gates trained", f"{gates.trained:,}"),
        *_depth_rows(gates),
    ]


def _depth_rows(gates: GateCounts) -> Iterator[Row]:
    """How deep gates are, and what they stand for."""
    yield "gate levels", f"{gates.depth}"
    if gates.nodes is not None:
        depth = gates.nodes.depth
        widest = max((n for n, count in enumerate(gates.nodes.inputs, 1) if count), default=0)
        levels = "1 level" if depth == 1 else f"{depth} levels"
        yield "nodes", f"{gates.nodes.count:,} of up to {widest} inputs, {levels}"


def import_rows(summary: ModelSummary) -> list[Row]:
    """A network that was imported."""
    return [
        ("input bits", f"{summary.input.bits:,}"),
        ("gates", f"{summary.gates.count:,}"),
        *_depth_rows(summary.gates),
        ("classes", _classes_text(summary.classes)),
    ]


def _classes_text(classes: Classes) -> str:
    """How many classes there are, and how many nodes each of them counts."""
    low, high = min(classes.counted), max(classes.counted)
    nodes = "1 node" if high == 1 else f"{high:,} nodes"
    if classes.count == 1:
        return f"1, counting {nodes}"
    if low == high:
        return f"{classes.count:,}, each counting {nodes}"
    return f"{classes.count:,}, each counting {low:,} to {nodes}"


def training_rows(summary: TrainingSummary) -> list[Row]:
    """What a training ended with."""
    gates = summary.gates
    text = training_text(summary.training)
    return [
        *_accuracy_rows(summary.accuracy),
        *_test_rows(summary),
        *_gap_rows(summary.gap),
        *_split_rows(summary.split),
        ("gates trained", f"{gates.trained:,}"),
        ("gates simplified", f"{gates.simplified:,}"),
        *_depth_rows(gates),
        *_layer_rows(summary),
        *_budget_rows(summary),
        *([("training", text)] if text else []),
    ]


def _split_rows(split: SplitRecord | None) -> Iterator[Row]:
    if split is not None:
        sides = split.samples
        yield "samples", ", ".join(f"{sides[side]:,} {verb}" for side, verb in _SIDES.items())


def _test_rows(summary: TrainingSummary) -> Iterator[Row]:
    if summary.test_interval is not None:
        yield "95% interval (test)", str(summary.test_interval)
    if summary.balanced_accuracy is not None:
        yield "balanced accuracy (test)", f"{summary.balanced_accuracy:.2%}"


def _budget_rows(summary: TrainingSummary) -> Iterator[Row]:
    cost, budget = summary.cost, summary.budget
    if cost is not None and budget is not None:
        over = "" if cost.total <= budget else f", {cost.total - budget:,} over budget"
        yield f"estimate for {cost.target}", f"{cost.total:,} of {budget:,} {cost.unit}{over}"


def compile_rows(report: CompileReport) -> list[Row]:
    """What a network takes in hardware and, where it was checked, whether it is right."""
    interface = report.interface
    lines = [
        *_accuracy_rows(report.accuracy),
        ("gates trained", f"{report.gates.trained:,}"),
        ("gates compiled", f"{report.gates.count:,}"),
        *_depth_rows(report.gates),
        *(_area_rows(report.area) if report.area else ()),
        ("latency", _latency(interface)),
    ]
    if (bus := interface.get("bus")) is not None:
        count = bus["sample"]["beats"]
        beats = f"{count} beat{'s' * (count != 1)} of {bus['width']} bits per sample"
        pace = _pace(bus["interval"])
        lines.append((f"bus {bus['kind']}", f"{beats}, at best one result {pace}"))
    if interface.get("clock_mhz") is not None:
        wanted = f"{interface['clock_mhz']:g} MHz on {interface['device']}, before routing"
        lines.append(("pipelined for", wanted))
    return [*lines, *_check_rows(report.simulation, report.formal)]


def _latency(interface: Mapping[str, Any]) -> str:
    if not interface["latency"]:
        return "combinational, no clock cycles"
    return f"{interface['latency']} cycles, one result {_pace(interface.get('interval', 1))}"


def _pace(interval: int) -> str:
    return "per cycle" if interval == 1 else f"every {interval} cycles"


def verification_rows(verification: Verification) -> list[Row]:
    """What simulation and proof gave."""
    altered = [("Verilog", "altered since it was compiled")] if verification.altered else []
    return [*altered, *_check_rows(verification.simulation, verification.formal)]


def cost_rows(cost: CostEstimate) -> list[Row]:
    """What a network will take, part by part, and how good that is."""
    error = cost.error
    return [
        ("unit", f"{cost.unit}, before placement, without registers"),
        *((part, f"{size:,}") for part, size in cost.parts.items()),
        ("total", f"{cost.total:,}"),
        ("total without encoder", f"{cost.bits_in:,}"),
        (
            "error of the total",
            f"median {error.median:.1%}, worst {error.worst:.1%} on {error.networks} networks",
        ),
    ]


def budget_text(amount: int, layers: Sequence[int], cost: CostEstimate) -> str:
    """The widths that a budget gives, and what is expected of them."""
    widths = " + ".join(f"{width:,}" for width in layers)
    return (
        f"layers of {widths} nodes fit the budget of {amount:,} {cost.unit} on {cost.target}; "
        f"estimate {cost.total:,} (± {cost.error.median:.0%})"
    )


def frontier_rows(frontier: FrontierReport) -> list[Row]:
    """A row for each network, with a mark at those that validation chooses."""
    return [_frontier_row(point) for point in frontier.points]


def _frontier_row(point: FrontierPoint) -> Row:
    cost, accuracy, unit = point.mapped or point.cost, point.accuracy, point.cost.unit
    mark = ", best on validation for this budget" * point.chosen
    how = "" if point.mapped is None else " mapped"
    return f"{point.budget:,} {unit}, seed {point.seed}", (
        f"{cost.total:,.0f} {unit}{how} ({cost.bits_in:,.0f} without encoder), "
        f"validation {accuracy['validation_frozen']:.2%}, "
        f"test {accuracy['test_frozen']:.2%}{mark}"
    )


def zoo_row(entry: ZooEntry) -> Row:
    """A network's name and a few lines of text; unknowns are left out."""
    gates, seeds = entry.gates, entry.seeds
    size = f"{gates.trained:,} gates trained, {gates.simplified:,} simplified"
    data = entry.dataset and f"data set {entry.dataset}"
    lines = [entry.description, ", ".join(filter(None, [data, size]))]
    if "test_frozen" in entry.accuracy:
        lines.append(f"frozen accuracy (test) {entry.accuracy['test_frozen']:.2%}")
    if seeds is not None:
        mean, spread, count = 100 * seeds.mean, seeds.deviation, len(seeds.test_frozen)
        lines.append(
            f"mean of {count} seeds {mean:.2f} ± {spread:.2%}" if count > 1 else "one seed"
        )
    if entry.cost:
        known = sorted(entry.cost, key=[*_UNITS, *entry.cost].index)
        lines.append("; ".join(_cost_text(target, entry.cost[target]) for target in known))
    if text := training_text(entry.training):
        lines.append(f"training: {text}")
    return entry.name, "\n".join(filter(None, lines))


def _cost_text(target: str, cost: MappedCost) -> str:
    """A target's cost in its unit, with the encoder and without."""
    unit = _UNITS.get(target, "")
    return f"{target}: {cost.total:,.0f} {unit} ({cost.bits_in:,.0f} without encoder)"


def training_text(training: Training) -> str:
    """Members of an ensemble, epochs, time, device and threads, as far as they are recorded."""
    texts = {
        "networks trained: {:,}": training.members,
        "{:,} epochs": training.epochs,
        "{:,.0f} s": training.seconds,
        "{}": training.device,
        "threads {}": training.threads,
        "processes {}": training.processes,
    }
    return ", ".join(text.format(value) for text, value in texts.items() if value is not None)


def sweep_rows(sweep: PipelineReport) -> list[Row]:
    """A row for each number of levels between registers."""
    return [_sweep_row(point) for point in sweep.points]


def _sweep_row(point: PipelinePoint) -> Row:
    size = f"{point.luts:,} LUT, {point.ffs:,} FF, latency {point.latency} cycles"
    clock = f"does not fit: {point.reason}"
    if point.fits and point.fmax_mhz is not None and point.samples_per_second is not None:
        rate = point.samples_per_second / 1e6
        nanoseconds = 1000 * max(1, point.latency) / point.fmax_mhz
        clock = f"{point.fmax_mhz:.1f} MHz, {rate:.1f} M samples/s, {nanoseconds:.0f} ns"
    return f"{point.levels_per_stage} levels per stage", f"{size}; {clock}"


def _accuracy_rows(accuracy: Mapping[str, float]) -> list[Row]:
    known = ((label, accuracy.get(key)) for key, label in _ACCURACIES.items())
    return [(label, f"{value:.2%}") for label, value in known if value is not None]


def _gap_rows(gap: Mapping[str, float]) -> list[Row]:
    texts = []
    for split, lost in gap.items():
        change = f"{'loses' if lost > 0 else 'gains'} {100 * abs(lost):.2f} points"
        texts.append(f"{change if lost else 'no change'} ({split})")
    return [("freezing", ", ".join(texts))] if gap else []


def _layer_rows(summary: TrainingSummary) -> Iterator[Row]:
    """Gates by function, most frequent first, then how inputs and each layer are read."""
    counts = sorted(summary.gates.ops.items(), key=lambda item: -item[1])
    yield "gates by function", ", ".join(f"{name} {count:,}" for name, count in counts)
    yield "input bits", _fan_out_text(summary.inputs)
    for number, layer in enumerate(summary.layers, 1):
        yield (
            f"layer {number}",
            f"{_filters_text(layer)}{layer.gates:,} gates, {layer.constants:,} constant, "
            f"{layer.pass_through:,} pass-through; {_fan_out_text(layer.fan_out)}",
        )


def _filters_text(layer: Layer) -> str:
    if layer.filters is None or layer.places is None:
        return ""
    noun = "filter" if layer.filters == 1 else "filters"
    return f"{layer.filters:,} {noun} at {layer.places[0]}×{layer.places[1]} places, "


def _fan_out_text(fan_out: FanOut) -> str:
    return f"fan-out {fan_out.mean:.1f} mean, {fan_out.max:,} max, {fan_out.unread:,} unread"


def _area_rows(area: AreaReport) -> Iterator[Row]:
    note = "" if area.flattened else " (sum of the parts)"
    for name, target in area.targets.items():
        total = target.total
        size = next(iter(total.values()))
        yield (
            f"{name}: {target.unit}, FF, depth",
            f"{size:,}, {total['ffs']:,}, {total['depth']}{note}",
        )
        if (bus := target.bus) is not None:
            size = next(iter(bus.values()))
            yield f"{name}: bus, in addition", f"{size:,}, {bus['ffs']:,}, {bus['depth']}"


def _check_rows(simulation: SimulationReport | None, formal: ProofReport | None) -> Iterator[Row]:
    if simulation is not None:
        yield "simulator", simulation.simulator
        yield "vectors compared", f"{simulation.compared:,}"
        yield "mismatches", f"{simulation.mismatches:,}"
        yield from _mismatch_rows(simulation)
    if formal is not None:
        for status in ("proven", "simulated", "refuted"):
            parts = formal.parts.items()
            named = ", ".join(part for part, result in parts if result.status == status)
            if named:
                yield status, named
        for part, result in formal.parts.items():
            if result.status == "refuted":
                yield f"{part} refuted", part_text(result)


def _mismatch_rows(simulation: SimulationReport) -> Iterator[Row]:
    """The first thing that was wrong, if anything was."""
    failed = next((test for test in simulation.tests if test.examples), None)
    if failed is None:
        return
    first = failed.examples[0]
    lines = [f"{failed.name}, cycle {first.cycle}: {first.problem}"]
    if first.vector is not None:
        lines[0] += f" to vector {first.vector} ({first.kind})"
    yield "first mismatch", "\n".join([*lines, *map(sample_text, filter(None, [first.sample]))])


def part_text(result: PartResult) -> str:
    """Why a part is not proven, or what is wrong with it, and for which sample."""
    found = result.counterexample
    if found is None:
        return result.reason or ""
    counts = ", ".join(map(str, found.classes))
    of = f" (class {counts})" if found.where.startswith(("node", "bit")) and counts else ""
    lines = [f"{found.where}{of} is {found.got}, not {found.expected}"]
    if found.gate is not None:
        gate, (a, b) = found.gate, found.gate.reads
        lines.append(
            f"first wrong gate: node {gate.node} = {gate.function}({a}, {b}) "
            f"is {gate.got}, not {gate.expected}"
        )
    if found.sample is not None:
        lines.append(sample_text(found.sample))
    return "\n".join([*lines, *filter(None, [found.remark])])


def sample_text(sample: Sample) -> str:
    """What stands on the data input, as Verilog writes it, and the answers to it."""
    digits = sample.inputs
    if len(digits) > _DIGITS:
        digits = f"{digits[:_DIGITS]}… (complete in JSON)"
    got = "nothing" if sample.got is None else answer_text(sample.got)
    return (
        f"{sample.data} = {sample.width}'h{digits}\n"
        f"expected {answer_text(sample.expected)}\n"
        f"got {got}"
    )


def answer_text(answer: Answer) -> str:
    """A class and scores."""
    index = "unknown" if answer.index is None else answer.index
    scores = "unknown" if answer.scores is None else " ".join(map(str, answer.scores))
    return f"class {index}, scores {scores}"
