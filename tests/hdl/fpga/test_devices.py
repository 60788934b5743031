import pytest

from lilogic.errors import GraphError
from lilogic.hdl.fpga import devices
from lilogic.hdl.fpga.devices import DEVICES
from lilogic.hdl.fpga.families import FAMILIES
from lilogic.hdl.synthesis import area

TIMED = ["hx8k", "up5k", "ecp5"]


def test_devices_that_circuits_are_timed_on_are_found():
    assert [name for name in DEVICES if DEVICES[name].delays is not None] == TIMED
    for name in TIMED:
        device = devices.find(name)
        assert device is DEVICES[name]
        assert device.options
        assert devices.family(name) == device.family.name


@pytest.mark.parametrize("name", ["asic", "hx1k"])
def test_others_are_refused(name):
    with pytest.raises(GraphError, match=f"device '{name}' is not one of hx8k, up5k, ecp5"):
        devices.find(name)


def test_targets_are_families_and_devices():
    assert [*area.TARGETS] == devices.targets()[: len(area.TARGETS)]
    assert all(devices.family(target) == target for target in area.TARGETS)
    for name in ("gowin", "hx1k"):
        with pytest.raises(GraphError, match=f"target '{name}' is not one of generic, .*, up5k"):
            devices.family(name)


def test_a_clock_has_the_delays_of_its_device():
    clock = devices.clock(50, "up5k")
    assert (clock.mhz, clock.device) == (50, "iCE40 UP5K")
    assert clock.delays == DEVICES["up5k"].delays
    with pytest.raises(GraphError, match="the clock is 0 MHz"):
        devices.clock(0, "up5k")
    with pytest.raises(GraphError, match="device 'asic' is not one of"):
        devices.clock(50, "asic")


def test_each_device_is_of_a_known_family():
    assert {device.family.name for device in DEVICES.values()} == FAMILIES.keys()
