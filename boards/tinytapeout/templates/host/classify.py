"""Classifies samples with the project on a Tiny Tapeout demo board.

Runs in MicroPython on the board, beside ``network.json``:

    import classify
    network = classify.load()
    board = classify.start(network)
    print(classify.classify(board, network, features))

``features`` are the numbers of one sample in a row: the pixels of an image row by row, each with
its channels, or the columns of a table. ``encode`` runs in any Python. Real values need one with
floating-point numbers of 64 bits, which boards do not have: encode those on the computer, and hand
the bytes to ``answer``.
"""

import json
from math import ceil

WRITE, LAST, DONE, SELECT = 0, 1, 2, 3
"""The bidirectional pins; from SELECT on, five of them choose a byte of the answer."""


def load(path="network.json"):
    """What the host has to know of the network."""
    with open(path) as file:
        return json.load(file)


def encode(network, features):
    """The bytes that are sent for a sample."""
    values = _scaled(network, features)
    bits = _compared(network, values) if network["levels"] is None else _coded(network, values)
    bits = [0] * (-len(bits) % 8) + bits
    sums = [sum(bits[start + i] << i for i in range(8)) for start in range(0, len(bits), 8)]
    return bytes(sums) or b"\0"


def _compared(network, values):
    """A bit for each comparison."""
    rank = network["rank"]
    base = 0 if rank is None else sorted(values)[rank]
    bits = []
    for feature, minus, threshold in zip(
        network["feature"], network["minus"], network["threshold"]
    ):
        less = 0 if minus < 0 else values[minus]
        bits.append(int(values[feature] - less > threshold + base))
    return bits


def _coded(network, values):
    """Of each feature, how many of its levels it exceeds."""
    bits = []
    for value, levels in zip(values, network["levels"]):
        code, most = sum(value > level for level in levels), len(levels)
        while most:
            bits.append(code & 1)
            code, most = code >> 1, most >> 1
    return bits


def _scaled(network, features):
    """Integers of real values; integers stay what they are."""
    if network["scaling"] is None:
        return [int(value) for value in features]
    return [
        _integer((value - offset) * scale, (1 << bits) - 1)
        for value, (offset, scale, bits) in zip(features, network["scaling"])
    ]


def _integer(steps, highest):
    if not steps > 0:  # nor is what is no number
        return 0
    return highest if steps >= highest else ceil(steps)


def start(network):
    """The demo board, with the project chosen, reset, and its clock running."""
    from ttboard.demoboard import DemoBoard
    from ttboard.mode import RPMode

    board = DemoBoard.get()
    board.mode = RPMode.ASIC_RP_CONTROL
    getattr(board.shuttle, network["top"]).enable()
    board.uio_oe_pico.value = 0xFF & ~(1 << DONE)
    board.ui_in.value = 0
    board.uio_in.value = 0
    board.clock_project_PWM(network["clock_hz"])
    board.reset_project(True)
    board.reset_project(False)
    return board


def answer(board, network, sample):
    """The class and the scores of a sample, of the bytes that ``encode`` made of it."""
    for number, byte in enumerate(sample):
        last = int(number == len(sample) - 1) << LAST
        board.ui_in.value = byte
        board.uio_in.value = last
        board.uio_in.value = last | 1 << WRITE
        board.uio_in.value = last
    while not int(board.uio_out.value) >> DONE & 1:
        pass
    size = network["score_bytes"]
    chosen = [_byte(board, number) for number in range(1 + size * network["classes"])]
    scores = [_number(chosen[at : at + size], network) for at in range(1, len(chosen), size)]
    return chosen[0], scores


def _byte(board, number):
    board.uio_in.value = number << SELECT
    return int(board.uo_out.value)


def _number(row, network):
    value = sum(byte << 8 * place for place, byte in enumerate(row))
    half = 1 << 8 * len(row) - 1
    return value - 2 * half if network["score_signed"] and value >= half else value


def classify(board, network, features):
    """The name of a sample's class, and its scores."""
    index, scores = answer(board, network, encode(network, features))
    return network["class_names"][index], scores
