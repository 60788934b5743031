"""A network's data sheet, as a library call."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lilogic import flow
from lilogic.report import steps
from lilogic.report.models.datasheet import Datasheet, PortEntry, Provenance, Size, Speed
from lilogic.report.models.graph import Classes, GateCounts, Input
from lilogic.version import __version__

if TYPE_CHECKING:
    from lilogic.api import Model
    from lilogic.build import Build
    from lilogic.data.datasets import Dataset
    from lilogic.hdl.options import CompileOptions
    from lilogic.hdl.power.energy import Conditions
    from lilogic.hdl.synthesis.area import Target

_TOOLS = ("numpy", "numba", "amaranth")


def datasheet(
    model: Model,
    data: Dataset | None = None,
    options: CompileOptions | None = None,
    *,
    liberty: Target | None = None,
    conditions: Conditions | None = None,
    clock_is: str | None = None,
    progress: bool = True,
    **keywords: Any,
) -> Datasheet:
    """Make the data sheet of a network, with figures on the test samples of a data set.

    Args:
        model: The network.
        data: The data set. Default: the one that the network was trained on.
        options: How to compile it.
        liberty: Standard cells, as returned by ``flow.read_liberty``, for the energy of an
            inference.
        conditions: Clock, transition time and wires. Default: the clock that registers were placed
            for, or else 100 MHz.
        clock_is: A few words on where the clock comes from. Default: ``asked for``, or ``assumed``.
        progress: Whether to show progress on standard error.
        keywords: Fields of ``CompileOptions`` that replace those of ``options``.

    Raises:
        DataError: There is no such data set, or its samples do not fit the network.
        GraphError: An option is impossible, or asks for a folded classifier.
        FormatError: The library lacks something.
        ToolError: Yosys is missing or failed.
    """
    from lilogic.hdl.power.energy import CLOCK_MHZ, Conditions

    found = model.dataset() if data is None else data
    step = steps.shown(progress)
    with step("evaluating"):
        evaluation = model.evaluation(found.x_test, found.y_test)
    build = flow.compile(model, None, options, progress=progress, **keywords)
    if clock_is is None:
        clock_is = "assumed" if conditions is None else "asked for"
    placed_for = build.interface.clock_mhz
    conditions = conditions or Conditions(clock_mhz=placed_for or CLOCK_MHZ)
    if placed_for == conditions.clock_mhz:
        clock_is = f"registers placed for it on {build.interface.device}"
    activity = build.activity(
        found.x_test,
        liberty=liberty,
        conditions=conditions,
        dataset=found.name,
        progress=progress,
    )
    with step("estimating the size"):
        sizes = tuple(_sizes(model))
    encoder, metadata = model.graph.encoder, model.metadata
    return Datasheet(
        name=model.name,
        description=metadata.description or str(metadata.recipe.get("description", "")),
        version=__version__,
        dataset=found.name,
        is_trained_data=found.hashes() == metadata.dataset_hashes,
        evaluation=evaluation,
        gates=GateCounts.of(build.simplified.graph),
        input=Input(
            bits=model.graph.n_inputs,
            shape=None if encoder is None else [*encoder.input_shape],
            dtype=None if encoder is None else encoder.input_dtype,
        ),
        classes=Classes(
            count=model.graph.n_classes,
            names=model.class_names,
            counted=[len(head) for head in build.simplified.graph.heads],
            offset=build.simplified.graph.offset.tolist(),
        ),
        sizes=sizes,
        speed=_speed(build, conditions.clock_mhz, clock_is),
        activity=activity.report,
        ports=tuple(_ports(build)),
        module=build.interface.module,
        options=build.options.model_dump(mode="json", exclude_none=True)
        | {"popcount": build.interface.popcount},
        provenance=_provenance(model, build),
        tools={
            "lilogic": __version__,
            "Python": platform.python_version(),
            **{name: version(name) for name in _TOOLS},
            "Yosys": activity.report.tool.removeprefix("Yosys "),
        },
    )


def _sizes(model: Model) -> list[Size]:
    """What the network takes on each target: as it was mapped, where that is recorded."""
    from lilogic.cost.estimate import estimate
    from lilogic.cost.targets import TARGETS

    sizes = []
    for target in TARGETS.values():
        mapped = model.metadata.cost.get(target.name)
        if mapped is not None:
            sizes.append(
                Size(
                    target=target.name,
                    unit=target.unit,
                    total=round(mapped.total),
                    bits_in=round(mapped.bits_in),
                    source=mapped.tool,
                )
            )
            continue
        cost = estimate(model.graph, model.name, target)
        sizes.append(
            Size(
                target=target.name,
                unit=target.unit,
                total=cost.total,
                bits_in=cost.bits_in,
                error=cost.error.median,
                source="estimated",
            )
        )
    return sizes


def _speed(build: Build, clock_mhz: float, clock_is: str) -> Speed:
    interface = build.interface
    return Speed(
        clock_mhz=clock_mhz,
        clock_is=clock_is,
        latency=interface.latency,
        latency_ns=1e3 * max(1, interface.latency) / clock_mhz,
        interval=interface.interval,
        samples_per_second=1e6 * clock_mhz / interface.interval,
    )


def _ports(build: Build) -> list[PortEntry]:
    from lilogic.hdl.ports import ports

    return [
        PortEntry(
            name=port.name, direction=str(port.direction), bits=port.bits, comment=port.comment
        )
        for port in ports(build.interface)
    ]


def _provenance(model: Model, build: Build) -> Provenance:
    from lilogic.hdl.components.interface import VERILOG
    from lilogic.hdl.record import BuildRecord

    record, metadata = BuildRecord.read(build.folder), model.metadata
    seeds = metadata.seeds
    seed = metadata.recipe.get("train", {}).get("seed", metadata.recipe.get("seed"))
    return Provenance(
        network_sha256=record.network.sha256,
        verilog_sha256=record.files[VERILOG],
        dataset=metadata.dataset,
        dataset_sha256=metadata.dataset_hashes,
        trained_by=metadata.version,
        imported_from=metadata.imported_from,
        seed=seed,
        seeds={}
        if seeds is None
        else {
            str(number): accuracy
            for number, accuracy in zip(seeds.seeds, seeds.test_frozen, strict=False)
        },
        recipe=dict(_settings(metadata.recipe)),
        training=metadata.training.model_dump(mode="json", exclude_none=True),
    )


def _settings(recipe: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """A recipe's settings by their dotted names."""
    found: list[tuple[str, Any]] = []
    for key, value in recipe.items():
        if isinstance(value, dict):
            found += _settings(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found
