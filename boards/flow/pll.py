"""Clocks: which frequencies phase-locked loops and oscillators make, and how to set them.

A loop multiplies its reference, divided by one divider, so far that an oscillator runs in the range
where it is stable, and divides that again. Each family is a generator of all its settings for a
reference; a new one is an entry in ``LOOPS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

MHZ = 1e6


@dataclass(frozen=True)
class Setting:
    """One way to set a phase-locked loop.

    Attributes:
        frequency: of the output, in Hz.
        comparison: frequency at which the loop compares phases, in Hz; the higher, the less jitter.
        dividers: parameters of the family's primitive, by their name in the data sheet; none
            where the reference itself is the output.
    """

    frequency: float
    comparison: float
    dividers: Mapping[str, int]


def ice40(reference: float) -> Iterator[Setting]:
    """Settings of SB_PLL40 with simple feedback.

    Ranges: Lattice FPGA-TN-02052 (iCE40 sysCLOCK PLL) and the family's data sheets: phase detector
    10 to 133 MHz, oscillator 533 to 1066 MHz, output 16 to 275 MHz.
    """
    for divr in range(16):
        comparison = reference / (divr + 1)
        if not 10 * MHZ <= comparison <= 133 * MHZ:
            continue
        for divf in range(128):
            oscillator = comparison * (divf + 1)
            if not 533 * MHZ <= oscillator <= 1066 * MHZ:
                continue
            for divq in range(1, 7):
                if 16 * MHZ <= oscillator / 2**divq <= 275 * MHZ:
                    dividers = {
                        "DIVR": divr,
                        "DIVF": divf,
                        "DIVQ": divq,
                        "FILTER_RANGE": _ice40_filter(comparison),
                    }
                    yield Setting(oscillator / 2**divq, comparison, dividers)


def _ice40_filter(comparison: float) -> int:
    """The loop filter for a phase detector's frequency, as Lattice's own generator chooses it."""
    bounds = (17, 26, 44, 66, 101)
    return 1 + sum(comparison >= bound * MHZ for bound in bounds)


def ecp5(reference: float) -> Iterator[Setting]:
    """Settings of EHXPLLL with its first output fed back.

    Ranges: Lattice FPGA-DS-02012 (ECP5 data sheet), sysCLOCK PLL timing: phase detector 10 to
    400 MHz, oscillator 400 to 800 MHz, output 3.125 to 400 MHz; dividers from FPGA-TN-02200.
    """
    for clki in range(1, 129):
        comparison = reference / clki
        if not 10 * MHZ <= comparison <= 400 * MHZ:
            continue
        for clkfb in range(1, 81):
            frequency = comparison * clkfb
            if not 3.125 * MHZ <= frequency <= 400 * MHZ:
                continue
            # The oscillator in the middle of its range leaves most margin.
            clkop = min(128, round(600 * MHZ / frequency))
            if 400 * MHZ <= frequency * clkop <= 800 * MHZ:
                dividers = {"CLKI_DIV": clki, "CLKFB_DIV": clkfb, "CLKOP_DIV": clkop}
                yield Setting(frequency, comparison, dividers)


def oscillator(highest: float) -> Iterator[Setting]:
    """Frequencies of OSCH, the oscillator of MachXO2.

    They are twice the highest, divided by 2 to 32 in steps of 1, to 64 in steps of 2, and to 128 in
    steps of 4, in Hz rounded to 10 kHz, as Lattice does (FPGA-TN-02157).
    """
    for divider in (*range(2, 32), *range(32, 64, 2), *range(64, 129, 4)):
        frequency = math.floor(200 * highest / MHZ / divider + 0.5) / 100 * MHZ
        yield Setting(frequency, frequency, {})


LOOPS: dict[str, Callable[[float], Iterator[Setting]]] = {
    "ice40": ice40,
    "ecp5": ecp5,
    "OSCH": oscillator,
}
"""Generators of settings by FPGA family, and by oscillator."""


def settings(source: str, reference: float) -> list[Setting]:
    """All clocks to be had of ``reference`` Hz, itself included; a source may have no others."""
    others = LOOPS[source](reference) if source in LOOPS else ()
    return [Setting(reference, reference, {}), *others]


def fastest(settings: Iterable[Setting], limit: float) -> Setting | None:
    """The setting of the highest frequency up to ``limit`` Hz; None where there is none."""
    slow_enough = [setting for setting in settings if setting.frequency <= limit]
    return max(slow_enough, key=lambda each: (each.frequency, each.comparison), default=None)
