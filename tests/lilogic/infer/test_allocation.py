import numpy as np

from lilogic.infer.allocation import NO_PLACE, share_rows
from lilogic.infer.program import RUN, Kind, Run
from lilogic.infer.simd import LANES

ZERO = 3


def share(steps, kept):
    """Places, in rows, of one run of gates on three inputs; row 3 holds 0."""
    operands = np.array(steps, dtype=np.int64).reshape(-1)
    run = Run(Kind.LINEAR, 0, len(operands), 0, 0, 0, *[ZERO] * 4)
    n_rows = int(operands.max()) + 1
    runs = np.array([run], dtype=RUN)
    place, rows = share_rows(runs, operands, n_rows, ZERO, np.array([*kept, ZERO]))
    return [None if at == NO_PLACE else int(at) // LANES for at in place], rows


def test_inputs_that_nobody_reads_have_no_place():
    place, rows = share([(0, 2, 4)], kept=[4])
    assert place[1] is None
    assert rows == 3


def test_a_step_may_write_what_it_reads_for_the_last_time():
    place, rows = share([(0, 1, 4), (4, 2, 5)], kept=[5])
    assert place[4] in place[:2]
    assert place[5] in (place[2], place[4])
    assert rows == 4


def test_rows_that_are_read_later_are_kept():
    place, _ = share([(0, 1, 4), (0, 4, 5), (1, 5, 6)], kept=[4, 6])
    assert len({place[0], place[1], place[4]}) == 3
    assert place[5] not in (place[1], place[4])
    assert place[6] != place[4]


def test_rows_that_nobody_reads_do_not_take_memory_for_long():
    _, rows = share([(0, 1, 4), (0, 1, 5), (0, 1, 6)], kept=[6])
    assert rows == 4
