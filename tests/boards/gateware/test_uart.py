from fractions import Fraction

import pytest
from amaranth.sim import Simulator

from lilogic.boards.gateware import uart
from lilogic.errors import LilogicError
from lilogic.sim.board import Level, wave

DATA = bytes([0x00, 0xFF, 0x55, 0xAA, 0xC0, 0x01, 0x80, 0x7E])


def received(levels, period):
    """Bytes and the number of damaged ones; ``levels`` last bits of ``period`` cycles of 1 µs."""
    receiver = uart.Receiver(period)
    found, damaged = bytearray(), 0

    async def send(ctx):
        for level in levels:
            ctx.set(receiver.rx, level.rx)
            await ctx.delay(float(level.bits * period) * 1e-6)
        ctx.set(receiver.rx, 1)
        await ctx.delay(float(12 * period) * 1e-6)

    async def listen(ctx):
        nonlocal damaged
        received = receiver.received
        async for _, _, valid, payload in ctx.tick().sample(received.valid, received.payload):
            if valid and not payload.damaged:
                found.append(payload.byte)
            damaged += valid and payload.damaged

    simulator = Simulator(receiver)
    simulator.add_clock(1e-6, phase=0.3e-6)
    simulator.add_testbench(send)
    simulator.add_process(listen)
    simulator.run()
    return bytes(found), damaged


@pytest.mark.parametrize("period", [Fraction(4), Fraction(71, 16), Fraction(12), Fraction(25)])
@pytest.mark.parametrize("slower", [-0.02, 0.0, 0.02])
def test_bytes_arrive_from_clocks_two_percent_off(period, slower):
    assert received([Level(1, 2), *wave(DATA, slower)], period) == (DATA, 0)


def test_a_glitch_is_no_start_bit():
    levels = [Level(1, 2), Level(0, 0.25), Level(1, 12), *wave(DATA)]
    assert received(levels, Fraction(16)) == (DATA, 0)


def test_a_byte_without_stop_bit_is_damaged_and_a_break_is_one_byte():
    levels = [Level(1, 2), Level(0, 40), Level(1, 3), *wave(DATA)]
    assert received(levels, Fraction(8)) == (DATA, 1)


def test_bits_may_last_a_fraction_of_cycles():
    assert uart.cycles_per_bit(12e6, 115_200) == Fraction(1667, 16)


def test_a_clock_too_slow_for_the_baud_rate_is_refused():
    with pytest.raises(LilogicError, match=r"3.00 clock cycles per bit at 3 MHz.* needs 4"):
        uart.cycles_per_bit(3e6, 1_000_000)
