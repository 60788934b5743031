"""A data sheet as sections of a page, which the terminal shows as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lilogic.report.datasheet import activity
from lilogic.report.datasheet.figures import Figure, figure, units
from lilogic.report.pages import Section

if TYPE_CHECKING:
    from lilogic.report.models.datasheet import Datasheet
    from lilogic.report.tables import Row

_PAIR = ("", "")


def of_sheet(sheet: Datasheet) -> Iterator[Section]:
    """All that the sheet says, for the terminal."""
    yield accuracy(sheet)
    yield size(sheet)
    yield speed(sheet)
    yield activity.of_parts(sheet, sheet.activity, "activity.")
    if sheet.activity.energy is not None:
        yield activity.of_energy(sheet, sheet.activity.energy, "activity.energy.")
    yield interface(sheet)
    yield ports(sheet)
    yield provenance(sheet)
    yield tools(sheet)


def subtitle(sheet: Datasheet) -> str:
    """What the network is, in a line."""
    shape = "×".join(map(str, sheet.input.shape or ()))
    reads = f"{shape} {sheet.input.dtype}" if shape else f"{sheet.input.bits:,} bits"
    return f"{sheet.description or 'A classifier of logic gates'} · {reads} in, " + (
        f"{sheet.classes.count} classes out"
    )


def accuracy(sheet: Datasheet) -> Section:
    """How good it is."""
    found = sheet.evaluation
    rows: list[tuple[str, str]] = [
        (
            "data set",
            f"{sheet.dataset}" + " (not the training data)" * (not sheet.is_trained_data),
        ),
        ("test samples", figure(sheet, "evaluation.samples")),
        ("accuracy", figure(sheet, "evaluation.accuracy", ".2%")),
        ("95% interval", str(found.interval)),
        ("balanced accuracy", figure(sheet, "evaluation.balanced_accuracy", ".2%")),
        ("majority-class baseline", figure(sheet, "evaluation.largest_class", ".2%")),
    ]
    known = [
        (each.recall, place) for place, each in enumerate(found.classes) if each.recall is not None
    ]
    if known:
        _, place = min(known)
        recall = figure(sheet, f"evaluation.classes.{place}.recall", ".2%")
        name = found.classes[place].name
        rows.append((f"lowest recall (class {name})", recall))
    if found.calibration is not None:
        error = figure(sheet, "evaluation.calibration.expected_error", ".2%")
        rows.append(("expected calibration error", error))
    return Section("Accuracy", "", _PAIR, rows, is_words=True)


def size(sheet: Datasheet) -> Section:
    """What it takes."""
    rows: list[Sequence[str]] = []
    for place, each in enumerate(sheet.sizes):
        error = "" if each.error is None else f", ±{each.error:.1%}"
        rows.append(
            (
                f"{each.unit} ({each.target})",
                figure(sheet, f"sizes.{place}.total", ",.0f"),
                figure(sheet, f"sizes.{place}.bits_in", ",.0f"),
                f"{each.source}{error}",
            )
        )
    text = (
        f"{sheet.gates.count:,} gates in {sheet.gates.depth} levels, simplified from "
        f"{sheet.gates.trained:,}. Combinational, before placement."
    )
    columns = ("size", "with encoder", "without encoder", "source")
    return Section("Size", text, columns, rows)


def interface(sheet: Datasheet) -> Section:
    """What goes in and comes out."""
    shape = " × ".join(map(str, sheet.input.shape or ()))
    names = sheet.classes.names or []
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    rows: list[Row] = [
        ("sample", f"{shape} {sheet.input.dtype}" if shape else f"{sheet.input.bits:,} bits"),
        ("encoded", Figure(f"{sheet.input.bits:,} bits", "input.bits", sheet.input.bits)),
        ("classes", f"{sheet.classes.count}: {shown}"),
        ("nodes counted", f"{sum(sheet.classes.counted):,}"),
        *_options(sheet),
    ]
    return Section("Input, classes and compile options", "", _PAIR, rows, is_words=True)


def _options(sheet: Datasheet) -> Iterator[Row]:
    """How it was compiled, as far as that says anything of the classifier that is measured."""
    for key, value in sheet.options.items():
        if value is False or key in ("artefacts", "bus", "bus_width"):
            continue
        yield key.replace("_", " "), "yes" if value is True else str(value)


def speed(sheet: Datasheet) -> Section:
    """How fast it is."""
    found = sheet.speed
    rows: list[Row] = [
        ("clock", f"{found.clock_mhz:g} MHz, {found.clock_is}"),
        ("latency", Figure(f"{found.latency} cycles", "speed.latency", found.latency)),
        (
            "latency in time",
            Figure(f"{found.latency_ns:,.1f} ns", "speed.latency_ns", found.latency_ns),
        ),
        ("one sample every", f"{found.interval} cycle{'s' * (found.interval != 1)}"),
        ("throughput", units(found.samples_per_second, "samples/s")),
    ]
    return Section("Latency and throughput", "", _PAIR, rows, is_words=True)


def ports(sheet: Datasheet) -> Section:
    """The ports of the Verilog."""
    rows = [(port.name, port.direction, f"{port.bits:,}", port.comment) for port in sheet.ports]
    columns = ("port", "direction", "bits", "description")
    return Section(f"Ports of module {sheet.module}", "", columns, rows, is_words=True)


def provenance(sheet: Datasheet) -> Section:
    """Where it comes from."""
    found = sheet.provenance
    rows: list[Row] = [
        ("network, SHA-256", found.network_sha256),
        ("Verilog, SHA-256", found.verilog_sha256),
    ]
    if found.dataset:
        rows.append(("trained on", found.dataset))
    rows += [(f"{side} samples, SHA-256", digest) for side, digest in found.dataset_sha256.items()]
    if found.imported_from:
        rows.append(("imported from", found.imported_from))
    if found.trained_by:
        rows.append(("made by", f"lilogic {found.trained_by}"))
    if found.seed is not None:
        rows.append(("seed", str(found.seed)))
    if len(found.seeds) > 1:
        seeds = ", ".join(f"{seed}: {right:.2%}" for seed, right in found.seeds.items())
        rows.append(("all seeds of the recipe", seeds))
    if found.training:
        how = ", ".join(f"{key} {value}" for key, value in found.training.items())
        rows.append(("training", how))
    return Section("Provenance", "", _PAIR, rows, is_words=True)


def tools(sheet: Datasheet) -> Section:
    """The versions of what made the figures."""
    return Section("Made with", "", _PAIR, [*sheet.tools.items()], is_words=True)


def recipe(sheet: Datasheet) -> str:
    """The settings of the recipe that say something, in a line."""
    found = sheet.provenance.recipe
    told = {key: value for key, value in found.items() if value not in (None, "", [], 0, False)}
    return " · ".join(f"{key} = {value}" for key, value in told.items()) or "not recorded"


def notes(sheet: Datasheet) -> list[str]:
    """What holds of the figures."""
    return [
        "Accuracy is that of the frozen network on the test split; the hardware computes the same "
        "scores. The interval is a Wilson score interval.",
        "Estimated sizes come from the network's circuit, without synthesis. Their error is the "
        "median over networks that the estimate was not fitted to.",
        *activity.assumptions(sheet.activity),
    ]
