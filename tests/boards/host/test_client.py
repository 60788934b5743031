import errno
import os
import pty
import re
import termios
import threading
import tty
from dataclasses import replace

import numpy as np
import pytest

from lilogic.boards import protocol
from lilogic.boards.host.client import ATTEMPTS, Client, SerialPort
from lilogic.boards.protocol import Problem
from lilogic.errors import DataError, LilogicError, ToolError
from lilogic.graph import GateGraph
from lilogic.infer import golden
from tests.boards.line import SMALL, SoftwareBoard, error
from tests.strategies import random_raw

SAMPLES = random_raw(SMALL.encoder, 300)
SCORES = golden.scores(SMALL, SMALL.encoder.encode(SAMPLES))
CLASSES = golden.classify(SCORES).tolist()


def test_answers_come_in_order():
    client = Client(SoftwareBoard(SMALL), SMALL)
    assert [answer.index for answer in client.classify(SAMPLES)] == CLASSES
    answers = list(client.classify(SAMPLES, has_scores=True))
    np.testing.assert_array_equal([answer.scores for answer in answers], SCORES)
    assert client.repeated == 0


def test_classes_and_scores_are_arrays():
    client = Client(SoftwareBoard(SMALL), SMALL)
    classes, scores = client.predict(SAMPLES), client.scores(SAMPLES)
    assert (classes.dtype, scores.dtype) == (np.int64, np.int32)
    np.testing.assert_array_equal(classes, CLASSES)
    np.testing.assert_array_equal(scores, SCORES)
    assert client.scores(SAMPLES[:0]).shape == (0, SMALL.n_classes)


def corrupted(number, data):
    return data[:4] + bytes([data[4] ^ 1]) + data[5:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda number, data: b"",
        corrupted,
        lambda number, data: data[: len(data) // 2],
        lambda number, data: protocol.frame(error(Problem.OVERRUN, data[2])),
        lambda number, data: protocol.frame(error(Problem.DAMAGED, 0)) + b"garbage",
    ],
    ids=["lost", "corrupted", "truncated", "overrun", "damaged request"],
)
def test_spoilt_replies_are_asked_for_again(spoil):
    def damage(number, data):
        return spoil(number, data) if number and number % 7 == 0 else data

    client = Client(SoftwareBoard(SMALL, damage=damage), SMALL, seconds=0.01)
    assert [answer.index for answer in client.classify(SAMPLES)] == CLASSES
    assert client.repeated > 0


def test_replies_that_come_twice_count_once():
    client = Client(SoftwareBoard(SMALL, damage=lambda number, data: 2 * data), SMALL)
    assert [answer.index for answer in client.classify(SAMPLES)] == CLASSES


def test_a_board_with_another_network_is_refused():
    other = GateGraph.build(1, [], [[0], []])
    with pytest.raises(LilogicError, match=r"holds network .*, but the model is"):
        Client(SoftwareBoard(SMALL), other)


@pytest.mark.parametrize("noise", [b"", b"noise"])
def test_a_board_that_never_answers_is_given_up(noise):
    board = SoftwareBoard(SMALL, damage=lambda number, data: noise)
    with pytest.raises(LilogicError, match="does not answer"):
        Client(board, SMALL, seconds=0.01)
    assert len(board.requests) == ATTEMPTS


def test_a_request_that_can_never_succeed_is_not_repeated():
    refusal = protocol.frame(error(Problem.LENGTH, 0))
    with pytest.raises(LilogicError, match="rejects the request"):
        Client(SoftwareBoard(SMALL, damage=lambda number, data: refusal), SMALL)


def test_measuring_finds_what_a_wrong_board_gets_wrong():
    board = SoftwareBoard(SMALL)
    labels = np.array(CLASSES)
    labels[:30] = (labels[:30] + 1) % SMALL.n_classes
    client = Client(board, SMALL)
    result = client.measure(SAMPLES, labels)
    assert result.images == 300
    assert result.accuracy == 0.9
    assert result.agreement == 1.0
    board.graph = GateGraph.build(8, [(9, 0, 1)], [[8], [], []], [0, 0, 0], SMALL.encoder)
    wrong = client.measure(SAMPLES, labels)
    assert result.mismatch is None
    assert wrong.agreement < 1
    mismatch = wrong.mismatch
    bits = SMALL.encoder.encode(SAMPLES[[mismatch.sample]])
    for answer, graph in ((mismatch.expected, SMALL), (mismatch.got, board.graph)):
        assert answer.scores == golden.scores(graph, bits)[0].tolist()
        assert answer.index == golden.classify(golden.scores(graph, bits))[0]
    assert mismatch.expected != mismatch.got


def test_a_network_of_bits_is_measured_with_bits():
    graph = replace(SMALL, encoder=None)
    bits = SMALL.encoder.encode(SAMPLES)
    measured = Client(SoftwareBoard(graph), graph).measure(bits, CLASSES)
    assert (measured.accuracy, measured.agreement) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("count", "labels", "problem"),
    [
        (0, [], "no samples"),
        (2, CLASSES[:1], "there are 2 samples"),
        (1, [SMALL.n_classes], "class"),
    ],
)
def test_samples_without_fitting_labels_are_not_measured(count, labels, problem):
    client = Client(SoftwareBoard(SMALL), SMALL)
    with pytest.raises(DataError, match=problem):
        client.measure(SAMPLES[:count], labels)


def test_a_serial_port_carries_it():
    near, far = pty.openpty()
    tty.setraw(far)
    board = SoftwareBoard(SMALL)

    def serve():
        deframer = protocol.Deframer()
        while data := os.read(near, 4096):
            for body in deframer.feed(data):
                board.send(protocol.frame(body))
            os.write(near, board.receive(0))

    threading.Thread(target=serve, daemon=True).start()
    with SerialPort(os.ttyname(far)) as port:
        client = Client(port, SMALL)
        assert [answer.index for answer in client.classify(SAMPLES)] == CLASSES


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/nothing", "no s"),
        ("/dev/null", "it is not a serial port"),
        ("/", "Is a directory"),
        ("abacus://x", "invalid URL, protocol 'abacus'"),
        ("socket://localhost:1", "Connection refused"),
        ("socket://localhost", "pyserial cannot parse it"),
        ("socket://localhost:99999", "pyserial cannot parse it"),
        ("loop://?x=1", "unknown option"),
        ("hwgrep://[", "pyserial cannot parse it"),
    ],
)
def test_ports_that_cannot_be_opened(name, reason):
    with pytest.raises(ToolError, match=f"{re.escape(name)}: cannot be opened at .*: {reason}"):
        SerialPort(name)


def test_a_port_is_used_by_one_program():
    near, far = pty.openpty()
    name = os.ttyname(far)
    with SerialPort(name), pytest.raises(ToolError, match="another program uses it"):
        SerialPort(name)
    with pytest.raises(ToolError, match=f"at {2**40} baud: .* greater than maximum"):
        SerialPort(name, 2**40)
    with SerialPort(name) as port:
        os.close(near)
        with pytest.raises(ToolError, match=f"{name}: cannot be written: it was disconnected"):
            port.send(b"x")
        with pytest.raises(ToolError, match=f"{name}: cannot be read: it was disconnected"):
            port.receive(0)
    os.close(far)


def test_flushing_may_fail_in_the_system(monkeypatch):
    def flush(*_):
        raise termios.error(errno.EIO, "Input/output error")

    near, far = pty.openpty()
    monkeypatch.setattr(termios, "tcflush", flush)
    with pytest.raises(ToolError, match="it was disconnected"):
        SerialPort(os.ttyname(far))
    os.close(near)
    os.close(far)
