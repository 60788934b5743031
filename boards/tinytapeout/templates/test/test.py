"""The project against software: every answer in vectors.json, over pins that move at any time."""

import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Timer

WRITE, LAST, DONE, SELECT = 0, 1, 2, 3
PERIOD = 20  # ns
LONGEST = 20000  # clock cycles that an answer may take

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))


async def start(dut):
    """Reset the project."""
    cocotb.start_soon(Clock(dut.clk, PERIOD, "ns").start())
    dut.ena.value = 1
    dut.ui_in.value = 0
    dut.uio_in.value = 0
    dut.rst_n.value = 0
    await ClockCycles(dut.clk, 5)
    dut.rst_n.value = 1
    await ClockCycles(dut.clk, 2)
    assert int(dut.uio_oe.value) == 1 << DONE


async def send(dut, sample, last=True):
    """Write bytes, at moments that have nothing to do with the clock."""
    for number, byte in enumerate(sample):
        end = int(last and number == len(sample) - 1) << LAST
        dut.ui_in.value = byte
        dut.uio_in.value = end
        await Timer(random.randint(1, PERIOD), "ns")
        dut.uio_in.value = end | 1 << WRITE
        await Timer(random.randint(4 * PERIOD, 6 * PERIOD), "ns")
        dut.uio_in.value = end
        await Timer(random.randint(2 * PERIOD, 3 * PERIOD), "ns")


def done(dut):
    """Whether the answer is there."""
    return int(dut.uio_out.value) >> DONE & 1


async def answer(dut):
    """Wait for the answer, and read it."""
    for _ in range(LONGEST):
        if done(dut):
            break
        await ClockCycles(dut.clk, 1)
    else:
        raise AssertionError("no answer came")
    row = []
    for number in range(len(VECTORS["answers"][0])):
        dut.uio_in.value = number << SELECT
        await Timer(PERIOD, "ns")
        row.append(int(dut.uo_out.value))
    return row


def vectors():
    """Samples and what the project must answer."""
    samples = map(bytes.fromhex, VECTORS["samples"])
    return zip(samples, VECTORS["answers"], strict=True)


@cocotb.test()
async def every_answer_is_that_of_software(dut):
    """Class and scores of all samples, one after the other."""
    await start(dut)
    for number, (sample, expected) in enumerate(vectors()):
        await send(dut, sample)
        assert await answer(dut) == expected, f"sample {number}"


@cocotb.test()
async def the_answer_is_there_until_the_next_byte(dut):
    """It waits as long as the host does, and a first byte ends it."""
    await start(dut)
    assert not done(dut)
    sample, expected = next(vectors())
    await send(dut, sample)
    await answer(dut)
    await ClockCycles(dut.clk, 100)
    assert done(dut)
    assert await answer(dut) == expected
    await send(dut, sample[:1], last=False)
    assert not done(dut)


@cocotb.test()
async def bytes_before_a_sample_do_not_matter(dut):
    """A host that starts anew, with or without reset, gets the answer to its last sample."""
    await start(dut)
    (sample, expected), *_ = vectors()
    await send(dut, bytes(random.randrange(256) for _ in range(3)), last=False)
    await send(dut, sample)
    assert await answer(dut) == expected
    await send(dut, sample[: len(sample) // 2], last=False)
    await start(dut)
    assert not done(dut)
    await send(dut, sample)
    assert await answer(dut) == expected
