"""A whole board through its pins, in Verilator: what the host may send, and what the line does."""

import os
import random
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lilogic.boards import protocol
from lilogic.boards.gateware.top import Top
from lilogic.boards.host.client import Client
from lilogic.boards.protocol import Answer, Command, Deframer, Problem
from lilogic.data import datasets
from lilogic.errors import ToolError
from lilogic.graph import passes
from lilogic.hdl import verilog
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from lilogic.sim import board
from lilogic.sim.board import Level, wave
from lilogic.zoo import models
from tests.boards.line import SMALL, error, requests
from tests.strategies import random_raw

# All tests of one board share its build.
pytestmark = pytest.mark.xdist_group("board")

BAUD = 1_000_000
REST = [Level(1, 2)]


def built(folder, top, text):
    board.build(text, folder)
    return board.Board(folder, top)


def small(**options):
    # Bits of 4 or 5 cycles: as few as may be, and no integer.
    return Top(SMALL, clock_hz=4.4 * BAUD, baud=BAUD, options=CompileOptions(**options))


class Case:
    """A board, samples for it, and what software says of them."""

    def __init__(self, graph, top, samples, pins):
        self.top, self.pins = top, pins
        self.payloads = protocol.payloads(graph, top.identity.data, samples)
        self.scores = golden.scores(graph, graph.encoder.encode(samples))

    def answers(self, received):
        """By sequence byte, the bodies that are no errors, all of which must be right."""
        found = {}
        for body in Deframer().feed(received):
            if body[0] == protocol.ERROR:
                continue
            assert body[0] == Command.SCORES | protocol.REPLY
            answer = Answer.unpack(body[2:], self.top.identity, has_scores=True)
            row = self.scores[body[1]]
            assert answer.scores == tuple(row.tolist())
            assert answer.index == int(np.argmax(row))
            assert answer.cycles == self.top.identity.latency
            found[body[1]] = body
        return found

    def request(self, number, command=Command.SCORES):
        return protocol.request(command, number, self.payloads[number])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("board")


@pytest.fixture(scope="module")
def case(folder, tmp_path_factory):
    top = small(input="features")
    # A path of a socket could not be that long, nor one of make have such characters.
    temporary = tmp_path_factory.mktemp("temporary") / ('folder for "temporary" files; ' * 5)
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(temporary))
        pins = built(folder, top, verilog.emit_component(top, board.TOP))
    with pins:
        yield Case(SMALL, top, random_raw(SMALL.encoder, 100), pins)
    assert [*temporary.iterdir()] == []


def errors(received):
    return [body for body in Deframer().feed(received) if body[0] == protocol.ERROR]


def test_nothing_is_seen_after_reset_and_then_the_last_class(case):
    case.pins.play([Level(1, 1, reset=True)])
    assert not case.pins.seen
    for number in range(5):
        case.pins.play([*REST, *wave(case.request(number)), *REST])
        assert case.pins.seen
        assert case.pins.index == np.argmax(case.scores[number])


@pytest.mark.parametrize("slower", [-0.02, 0.0, 0.02])
def test_frames_back_to_back_are_all_answered(case, slower):
    for start in range(0, 100, 20):
        sent = b"".join(case.request(number) for number in range(start, start + 20))
        received = case.pins.play([*REST, *wave(sent, slower), *REST])
        assert sorted(case.answers(received)) == list(range(start, start + 20))
        assert errors(received) == []


def test_the_host_agrees_with_software(case):
    samples = random_raw(SMALL.encoder, 40, seed=1)
    expected = golden.predict(SMALL, samples).tolist()
    client = Client(case.pins, SMALL)
    assert [answer.index for answer in client.classify(samples)] == expected
    assert client.identity == case.top.identity
    assert client.repeated == 0


def test_garbage_gets_no_class_and_the_next_frame_is_understood(case):
    generator = random.Random(2)
    for number in range(20):
        garbage = generator.randbytes(generator.randrange(1, 40))
        received = case.pins.play([*REST, *wave(garbage + case.request(number)), *REST])
        assert list(case.answers(received)) == [number]


def test_noise_on_the_line_gets_no_class(case):
    generator = random.Random(3)
    for number in range(10):
        noise = [Level(bit % 2, generator.uniform(0.1, 6)) for bit in range(200)]
        received = case.pins.play([*REST, *noise, Level(1, 20), *wave(case.request(number)), *REST])
        assert list(case.answers(received)) == [number]


def test_any_changed_bit_gets_an_error_and_no_class(case):
    frame = case.request(7)
    generator = random.Random(4)
    for place in range(1, len(frame) - 1):
        changed = bytearray(frame)
        changed[place] ^= 1 << generator.randrange(8)
        received = case.pins.play([*REST, *wave(bytes(changed)), *REST])
        assert case.answers(received) == {}
        assert any(body[2] == Problem.DAMAGED for body in errors(received))


def test_truncated_frames_get_an_error_and_the_next_frame_its_class(case):
    frame = case.request(8)
    for length in range(2, len(frame) - 1):
        received = case.pins.play([*REST, *wave(frame[:length] + case.request(9)), *REST])
        assert list(case.answers(received)) == [9]
        assert [body[2] for body in errors(received)] == [Problem.DAMAGED]


@pytest.mark.parametrize("payload_bytes", [0, 1, 5, 300])
def test_payloads_of_another_length_are_refused(case, payload_bytes):
    if payload_bytes == case.top.identity.data_bytes:
        payload_bytes += 1
    sent = protocol.request(Command.CLASSIFY, 11, bytes(payload_bytes))
    received = case.pins.play([*REST, *wave(sent), *REST])
    assert Deframer().feed(received) == [error(Problem.LENGTH, 11)]


def test_an_identification_with_payload_is_refused(case):
    sent = protocol.request(Command.IDENTIFY, 12, b"1")
    received = case.pins.play([*REST, *wave(sent), *REST])
    assert Deframer().feed(received) == [error(Problem.LENGTH, 12)]


@pytest.mark.parametrize("command", [0, 4, 0x7F, 0x82, 0xC0, 0xFF])
def test_unknown_commands_are_refused(case, command):
    sent = protocol.request(command, 13, case.payloads[0])
    received = case.pins.play([*REST, *wave(sent), *REST])
    assert Deframer().feed(received) == [error(Problem.COMMAND, 13)]


def test_reset_amid_a_frame_forgets_it(case):
    sent = wave(case.request(20))
    past_the_start = len(wave(case.request(20)[:3]))
    for cut in range(past_the_start, len(sent) - 1, 7):
        reset = [Level(1, 1, reset=True)]
        later = [*REST, *wave(case.request(21)), *REST]
        received = case.pins.play([*REST, *sent[:cut], *reset, *later])
        assert list(case.answers(received)) == [21]
        received = case.pins.play([*REST, *sent[:cut], *reset, *sent[cut:], *later])
        assert list(case.answers(received)) == [21]


def test_more_than_the_queue_holds_is_an_overrun_and_every_reply_is_whole(case):
    sent = b"".join(protocol.request(Command.IDENTIFY, number) for number in range(100))
    received = case.pins.play([*REST, *wave(sent), *REST])
    bodies = Deframer().feed(received)
    assert received.count(protocol.END) == 2 * len(bodies)
    identities = [body for body in bodies if body[0] == Command.IDENTIFY | protocol.REPLY]
    assert {body[2:] for body in identities} == {case.top.identity.pack()}
    overruns = errors(received)
    assert len(identities) >= 2
    assert {body[2] for body in overruns} == {Problem.OVERRUN}
    received = case.pins.play([*REST, *wave(case.request(30)), *REST])
    assert list(case.answers(received)) == [30]


def test_a_simulation_that_dies_is_said(case, folder, monkeypatch):
    started = []

    class Popen(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    with board.Board(folder, case.top) as pins:
        runner = started[-1].pid
        children = Path(f"/proc/{runner}/task/{runner}/children").read_text()
        os.kill(int(children), signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(ToolError, match="the simulation crashed"):
                pins.play(REST * 10_000)


def check_all(graph, top, samples, pins):
    case = Case(graph, top, samples, pins)
    for start in range(0, len(samples), 200):
        numbers = range(start, min(start + 200, len(samples)))
        case.scores = golden.scores(graph, graph.encoder.encode(samples[start : start + 200]))
        payloads = [case.payloads[number] for number in numbers]
        received = pins.play([*REST, *wave(requests(payloads)), *REST])
        assert len(case.answers(received)) == len(payloads)
        assert errors(received) == []


@pytest.mark.slow
def test_every_test_image_of_digits(tmp_path):
    graph, samples = passes.simplify(models.load("digits")), datasets.load("digits").x_test
    options = CompileOptions(input="features")
    top = Top(graph, clock_hz=4 * BAUD, baud=BAUD, options=options)
    with built(tmp_path, top, verilog.emit_component(top, board.TOP)) as pins:
        check_all(graph, top, samples, pins)


@pytest.mark.slow
def test_the_netlist_for_ice40_is_the_same_circuit(tmp_path):
    top = small(input="features")
    samples = random_raw(SMALL.encoder, 100)
    with built(tmp_path, top, board.emit_synthesised(top)) as pins:
        check_all(SMALL, top, samples, pins)
