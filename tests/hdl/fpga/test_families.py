import re

import pytest

from lilogic.hdl.fpga.families import FAMILIES
from lilogic.hdl.synthesis.area import TARGETS


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_says_all_that_is_asked_of_it(family):
    assert {"luts", "ffs", "carries"} <= family.columns.keys()
    assert set(family.registers) <= family.columns["ffs"].keys()
    assert FAMILIES[family.like].mapping
    if family.mapping:
        assert family.like == family.name
    assert family.is_complete == (len(family.tools) == 3)


def test_families_that_say_how_they_are_mapped_are_targets():
    assert [*TARGETS] == ["generic", "ice40", "ecp5", "xc7"]
    for name in ("ice40", "ecp5", "xc7"):
        family, target = FAMILIES[name], TARGETS[name]
        assert target.unit == family.lut
        assert target.columns is family.columns
        assert target.registers is family.registers
        *_, first, told, second, last = target.script("classifier").splitlines()
        assert first.endswith(":map_luts")
        assert second == re.sub(r"\S*:map_luts$", "map_luts:check", first)
        assert (told, last) == ("", "blackbox =A:whitebox")
        # Yosys' script for Xilinx keeps the hierarchy unless it is told not to.
        assert ("-noflatten" in first) == (name != "xc7")


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_mapper_may_be_left_without_delays_of_carries_where_it_knows_them(target):
    timed, untimed = target.script("top"), target.script("top", untimed=True)
    if target is TARGETS["xc7"]:
        assert untimed.splitlines()[-3] == "setattr -mod -unset abc9_box =CARRY4"
    else:
        assert untimed == timed
