import numpy as np
import pytest
from amaranth.hdl import Cat, Module
from amaranth.lib.wiring import Component, In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.hdl.components import vector
from tests.hdl.simulation import drive, read_bits, simulate

WIDTHS = [0, 1, 2, 65_534, 65_535, 65_536, 70_000, 131_070, 131_071, 200_000, 1_000_000]


class Wire(Component):
    latency = 0

    def __init__(self, width_in, width_out):
        super().__init__(
            {"source": In(vector.Signature(width_in)), "target": Out(vector.Signature(width_out))}
        )

    def elaborate(self, platform):
        m = Module()
        m.d.comb += vector.assign(self.target.signals, vector.bits(self.source.signals))
        return m


@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_is_as_few_equal_signals_as_fit(width):
    signals = vector.Signature(width).create().signals
    count = len(signals)
    (size,) = {len(signal) for signal in signals}
    assert size <= vector.LIMIT
    assert count == max(1, -(-width // vector.LIMIT))
    assert width <= count * size < width + count


@pytest.mark.parametrize("width", WIDTHS)
def test_chunks_keep_every_item_in_order(width):
    runs = list(vector.chunks(range(width)))
    assert [item for run in runs for item in run] == list(range(width))
    assert all(0 < len(run) <= vector.LIMIT for run in runs)


@pytest.mark.parametrize("width", WIDTHS)
def test_signals_are_together_as_wide_as_asked_and_reset_leaves_them_alone(width):
    signals = vector.signals(width, "name")
    assert sum(map(len, signals)) == width
    assert all(signal.reset_less and len(signal) <= vector.LIMIT for signal in signals)


def test_bits_of_signals_come_in_order():
    bits = vector.bits(vector.signals(3, "a") + vector.signals(2, "b"))
    assert [(bit.value.name, bit.start) for bit in bits] == [
        *(("a", i) for i in range(3)),
        *(("b", i) for i in range(2)),
    ]


@settings(max_examples=30)
@given(
    width=st.integers(0, 40),
    rest=st.integers(0, 12),
    limit=st.integers(1, 45),
    seed=st.integers(0, 99),
)
def test_a_vector_arrives_whole_through_ports_and_the_rest_is_0(width, rest, limit, seed):
    bits = np.random.default_rng(seed).random(width) < 0.5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector, "LIMIT", limit)
        wire = Wire(width, width + rest)
        (seen,) = simulate(
            wire,
            [drive(wire.source.signals, bits)],
            lambda get: read_bits(get, wire.target.signals, width + rest),
        )
    assert seen == [*bits, *[False] * rest]


def test_assign_drives_each_signal_with_two_statements():
    source, target = vector.signals(100_000, "source"), vector.signals(100_000, "target")
    statements = vector.assign(target, vector.bits(source))
    assert len(target) == 2
    assert [len(Cat(statement.lhs)) for statement in statements] == [1, 65_534, 1, 34_464]
