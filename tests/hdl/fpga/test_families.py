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
        assert TARGETS[name].columns is FAMILIES[name].columns
        assert TARGETS[name].synthesis.endswith("blackbox =A:whitebox")
        assert "-top {top} -run :check" in TARGETS[name].synthesis
