import pytest

from lilogic.boards.catalogue import BOARDS, describe, find
from lilogic.errors import GraphError
from lilogic.hdl.fpga.devices import DEVICES
from lilogic.hdl.fpga.tools import variable


def test_a_board_that_is_not_catalogued():
    with pytest.raises(GraphError, match="board 'icebraker' is not one of icestick,"):
        find("icebraker")


def test_every_board_has_a_device_of_the_table():
    for board in BOARDS.values():
        assert find(board.name) is board
        assert board.device is DEVICES[board.device.name]
        assert board.family is board.device.family
        assert board.loader or board.remark


def test_a_board_whose_device_nextpnr_of_pypi_does_not_know_says_so():
    for board in BOARDS.values():
        entry = describe(board)
        assert entry.bitstream == board.device.is_complete
        if not board.device.is_packaged:
            assert variable(board.family.tools[1]) in entry.remark
