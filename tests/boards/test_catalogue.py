import pytest

from lilogic.boards.catalogue import BOARDS, find
from lilogic.errors import GraphError
from lilogic.hdl.fpga.devices import DEVICES


def test_a_board_that_is_not_catalogued():
    with pytest.raises(GraphError, match="board 'icebraker' is not one of icestick,"):
        find("icebraker")


def test_every_board_has_a_device_of_the_table():
    for board in BOARDS.values():
        assert find(board.name) is board
        assert board.device is DEVICES[board.device.name]
        assert board.family is board.device.family
        assert board.loader or board.remark
