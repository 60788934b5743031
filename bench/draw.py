"""The pictures of the documentation that are not of measurements, drawn into docs/pictures."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from pictures import hardware, learning, networks

FOLDER = Path("docs/pictures")
PICTURES: dict[str, Callable[[Path], None]] = {
    "annealing.svg": learning.annealing,
    "density.svg": networks.density,
    "fields.svg": networks.fields,
    "filters.svg": networks.filters,
    "head.svg": hardware.head,
    "network.svg": networks.tiny,
    "pipeline.svg": hardware.pipeline,
    "scores.svg": learning.scores,
    "soft-gates.svg": learning.soft_gates,
    "thermometer.svg": learning.thermometer,
    "training.png": networks.training,
    "waveform.svg": hardware.waveform,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "pictures", nargs="*", metavar="picture", help=f"default: all of {', '.join(PICTURES)}"
    )
    names = parser.parse_args().pictures or [*PICTURES]
    unknown = [name for name in names if name not in PICTURES]
    if unknown:
        parser.error(f"there is no picture {unknown[0]!r}: choose from {', '.join(PICTURES)}")
    for name in names:
        PICTURES[name](FOLDER / name)
        print(FOLDER / name)


if __name__ == "__main__":
    main()
