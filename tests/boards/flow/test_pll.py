"""Phase-locked loops, compared with the generators that the open tools bring along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from amaranth.vendor import LatticePlatform
from hypothesis import given
from hypothesis import strategies as st

from lilogic.boards.flow import pll
from lilogic.boards.flow.pll import MHZ
from lilogic.hdl.fpga import tools

REFERENCES = st.sampled_from([12, 16, 25, 27, 48, 50, 100]).map(lambda mhz: mhz * MHZ)


@given(REFERENCES)
def test_ice40_settings_keep_to_the_data_sheet(reference: float) -> None:
    settings = list(pll.ice40(reference))
    assert settings
    for setting in settings:
        divr, divf, divq = (setting.dividers[name] for name in ("DIVR", "DIVF", "DIVQ"))
        oscillator = reference / (divr + 1) * (divf + 1)
        assert divr in range(16)
        assert divf in range(128)
        assert divq in range(1, 7)
        assert setting.frequency == pytest.approx(oscillator / 2**divq)
        assert 10 * MHZ <= reference / (divr + 1) <= 133 * MHZ
        assert 533 * MHZ <= oscillator <= 1066 * MHZ
        assert 16 * MHZ <= setting.frequency <= 275 * MHZ


@given(REFERENCES)
def test_ecp5_settings_keep_to_the_data_sheet(reference: float) -> None:
    settings = list(pll.ecp5(reference))
    assert settings
    for setting in settings:
        clki, clkfb, clkop = (
            setting.dividers[name] for name in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV")
        )
        assert clki in range(1, 129)
        assert clkfb in range(1, 81)
        assert clkop in range(1, 129)
        assert setting.frequency == pytest.approx(reference / clki * clkfb)
        assert 400 * MHZ <= setting.frequency * clkop <= 800 * MHZ
        assert 10 * MHZ <= reference / clki <= 400 * MHZ
        assert 3.125 * MHZ <= setting.frequency <= 400 * MHZ


def test_oscillators_have_the_frequencies_that_amaranth_knows() -> None:
    known = {round(setting.frequency / MHZ, 2) for setting in pll.oscillator(133 * MHZ)}
    assert known == {*LatticePlatform._supported_osch_freqs}


@given(st.sampled_from(["ice40", "ecp5", "gowin", "OSCH"]), REFERENCES, st.floats(1e6, 500e6))
def test_fastest_is_the_highest_frequency_below_the_limit(
    family: str, reference: float, limit: float
) -> None:
    settings = pll.settings(family, reference)
    chosen = pll.fastest(settings, limit)
    below = [setting.frequency for setting in settings if setting.frequency <= limit]
    assert (chosen.frequency if chosen else None) == max(below, default=None)


def test_where_the_reference_is_as_good_there_is_no_loop() -> None:
    chosen = pll.fastest(pll.settings("ecp5", 25 * MHZ), 25 * MHZ)
    assert chosen is not None
    assert not chosen.dividers


@pytest.mark.parametrize(("reference", "wanted"), [(12, 30), (12, 101), (16, 250), (48, 60)])
def test_ice40_has_the_frequencies_of_icepll(reference: int, wanted: int, tmp_path: Path) -> None:
    text = tools.run("icepll", ["-i", str(reference), "-o", str(wanted)], tmp_path)
    found = re.search(r"F_PLLOUT:\s+([\d.]+) MHz \(achieved\)", text)
    assert found
    achieved = float(found[1])
    chosen = pll.fastest(pll.ice40(reference * MHZ), (achieved + 1e-3) * MHZ)
    assert chosen is not None
    assert chosen.frequency == pytest.approx(achieved * MHZ, rel=1e-4)
    values = {name: int(value) for name, value in re.findall(r"(\w+):\s+(\d+) \(", text)}
    if values["DIVR"] == chosen.dividers["DIVR"]:
        assert values["FILTER_RANGE"] == chosen.dividers["FILTER_RANGE"]


@pytest.mark.parametrize("wanted", [50, 75, 150])
def test_ecp5_has_the_frequencies_of_ecppll(wanted: int, tmp_path: Path) -> None:
    text = tools.run("ecppll", ["-i", "25", "-o", str(wanted)], tmp_path)
    found = re.search(r"clkout0 frequency: ([\d.]+) MHz", text)
    assert found
    achieved = float(found[1])
    chosen = pll.fastest(pll.ecp5(25 * MHZ), (achieved + 1e-3) * MHZ)
    assert chosen is not None
    assert chosen.frequency == pytest.approx(achieved * MHZ, rel=1e-3)
