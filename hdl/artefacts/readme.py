"""A data sheet of a block for whoever connects it, in Markdown, with its waveform."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lilogic.hdl.artefacts import waveform
from lilogic.hdl.artefacts.block import DEFAULT_MHZ, STEM, Block
from lilogic.hdl.bus.registers import present_fields
from lilogic.hdl.components.interface import words
from lilogic.hdl.ports import cycles, every, pace, ports

README = f"{STEM}.md"
PICTURE = f"{STEM}.svg"
WAVE = f"{STEM}.wave.json"


def write(block: Block) -> dict[str, str]:
    """The page, its picture, and what the picture was drawn of."""
    encoder, wave = block.graph.encoder, waveform.wavejson(block.interface)
    bus = block.interface.bus
    page = block.render(
        "readme.md",
        picture=PICTURE,
        wave=WAVE,
        ports=[*ports(block.interface)],
        fields=[] if bus is None else present_fields(bus.kind),
        bus_latency="" if bus is None else cycles(bus.latency),
        bus_pace="" if bus is None else every(bus.interval),
        latency=cycles(block.interface.latency),
        pace=pace(block.interface),
        default_mhz=f"{DEFAULT_MHZ:g}",
        features=[*_features(block)],
        names=_class_names(block),
        signed=encoder is not None and encoder.lowest < 0,
        shape="×".join(map(str, encoder.feature_shape)) if encoder else "",
        literal=literal,
    )
    return {README: page, PICTURE: waveform.svg(wave), WAVE: json.dumps(wave, indent=2) + "\n"}


def _features(block: Block) -> Iterator[tuple[str, ...]]:
    """A row for each feature that is read, of those with words of their own."""
    scaling, levels, encoder = block.interface.scaling, block.interface.levels, block.graph.encoder
    if encoder is None or not (scaling or levels):
        return
    named = block.metadata.feature_names
    names = named if len(named) == encoder.n_features else [*map(str, range(encoder.n_features))]
    for feature, word in enumerate(words(encoder)):
        if word:
            row = [f"[{word[-1]}:{word[0]}]", names[feature]]
            if scaling:
                row += [repr(scaling.offset[feature]), repr(scaling.scale[feature])]
            if levels:
                row += [f"{scaling.bits[feature]}"] if scaling else []
                row += [", ".join(map(str, levels[feature]))]
            yield tuple(row)


def _class_names(block: Block) -> list[str]:
    """What classes are called, unless that is their numbers."""
    names = block.class_names
    return [] if names == [*map(str, range(len(names)))] else names


def literal(text: str) -> str:
    """Text that Markdown shows as it is, in a cell of a table."""
    for special in "\\|<`*_[":
        text = text.replace(special, f"\\{special}")
    return " ".join(text.split())
