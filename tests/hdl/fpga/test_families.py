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
        first, *others = target.synthesis.format(top="classifier").splitlines()
        assert first.endswith(" -top classifier -run :check")
        assert others == ["blackbox =A:whitebox"]
        # Yosys' script for Xilinx keeps the hierarchy unless it is told not to.
        assert ("-noflatten" in first) == (name != "xc7")
