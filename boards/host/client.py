"""The host's side of the link: samples out, classes in, whatever the line does to them."""

from __future__ import annotations

import errno
import re
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from lilogic.boards import protocol
from lilogic.boards.protocol import Answer, Command, Identity, Problem
from lilogic.data.labels import check_below, numbers
from lilogic.errors import DataError, ToolError
from lilogic.extras import needs
from lilogic.graph import GateGraph, lgn
from lilogic.infer import golden
from lilogic.report.models import mismatch as report
from lilogic.report.models.board import BoardMeasurement, BoardMismatch

if TYPE_CHECKING:
    from typing import Self

BAUD = 1_000_000
"""Default of the link, in bits a second."""

SECONDS = 1.0
"""How long an answer may take before a request is sent again."""

ATTEMPTS = 4
"""How often a request is sent before giving up."""

_MOST_IN_FLIGHT = 16


class Port(Protocol):
    """A line to a board."""

    def send(self, data: bytes) -> None:
        """Send ``data``.

        Raises:
            ToolError: the line is gone.
        """

    def receive(self, seconds: float) -> bytes:
        """What has come, at once; else what comes within ``seconds``, maybe nothing.

        Raises:
            ToolError: the line is gone.
        """


class SerialPort:
    """A serial port of this machine, which nothing else uses meanwhile.

    Args:
        name: such as ``/dev/ttyUSB0``, or a URL that pyserial knows.
        baud: bits a second.

    Raises:
        MissingExtraError: pyserial is missing.
        ToolError: the port cannot be opened or set up.
    """

    def __init__(self, name: str, baud: int = BAUD) -> None:
        with needs("boards", "pyserial"):
            import serial
        self._name = name
        try:
            self._serial = serial.serial_for_url(
                name, baudrate=baud, write_timeout=10.0, exclusive=True
            )
            self._serial.reset_input_buffer()
        except _ERRORS as error:
            raise ToolError(
                f"{name}: cannot be opened at {baud} baud: {_reason(error)}", option="port"
            ) from error

    def send(self, data: bytes) -> None:
        """See ``Port``."""
        try:
            self._serial.write(data)
        except _ERRORS as error:
            raise ToolError(f"{self._name}: cannot be written: {_reason(error)}") from error

    def receive(self, seconds: float) -> bytes:
        """See ``Port``."""
        try:
            self._serial.timeout = seconds
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except _ERRORS as error:
            raise ToolError(f"{self._name}: cannot be read: {_reason(error)}") from error

    def close(self) -> None:
        """Close the port."""
        self._serial.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_ERRORS = (OSError, ValueError, OverflowError, KeyError, re.error, termios.error)
"""What pyserial raises: its own are an OSError. Numbers too large for a driver, URLs that it cannot
parse and some calls of the system come through as they are."""

_REASONS = {
    errno.EACCES: "you have no permission; on most Linux systems, join the group dialout",
    errno.EAGAIN: "another program uses it",
    errno.EBUSY: "another program uses it",
    errno.EIO: "it was disconnected",
    errno.ENOTTY: "it is not a serial port",
}


def _reason(error: Exception) -> str:
    """Why a port cannot be used, in people's words."""
    cause = error.__context__ or error
    if isinstance(cause, KeyError | TypeError | re.error):
        return "pyserial cannot parse it"
    number = cause.args[0] if cause.args else None
    if number == errno.ENOENT:
        from serial.tools import list_ports

        ports = ", ".join(port.device for port in list_ports.comports())
        return f"no such port; the ports are {ports}" if ports else "no serial port is connected"
    if number in _REASONS:
        return _REASONS[number]
    return getattr(cause, "strerror", None) or str(cause)


class Client:
    """A host that talks to a board.

    Args:
        port: The line to the board.
        graph: The simplified graph that the board was made of.
        seconds: Time to wait for an answer before a request is sent again.

    Attributes:
        graph: The graph on the board.
        identity: What the board says about itself.
        repeated: Number of requests that had to be sent again.

    Raises:
        ToolError: The board does not answer, or the line is gone.
        DataError: The board holds another network.
    """

    def __init__(self, port: Port, graph: GateGraph, seconds: float = SECONDS) -> None:
        self.repeated = 0
        self._port = port
        self.graph = graph
        self._seconds = seconds
        self._deframer = protocol.Deframer()
        self._sequence = 0
        self.identity = Identity.unpack(next(self._ask(Command.IDENTIFY, [b""], 1)))
        own = lgn.fingerprint(graph)[: protocol.HASH_BYTES]
        if self.identity.model_hash != own:
            raise DataError(
                f"the board holds network {self.identity.model_hash.hex()}, but the model is "
                f"{own.hex()}; name the model on the board, or load this one onto it",
                option="model",
            )

    def classify(self, samples: npt.NDArray[Any], has_scores: bool = False) -> Iterator[Answer]:
        """Iterate over the board's answers to samples, in order, as they arrive.

        Args:
            samples: Raw samples [samples, …], or input bits for a graph without an encoder.
            has_scores: Whether to ask for scores and clock cycles, too.

        Raises:
            DataError: The samples do not fit the network.
            ToolError: The board stopped answering, or the line is gone.
        """
        identity = self.identity
        payloads = protocol.payloads(self.graph, identity.data, samples)
        command = Command.SCORES if has_scores else Command.CLASSIFY
        # No more than the board has room to answer.
        reply = protocol.HEADER_BYTES + protocol.CYCLES_BYTES + identity.index_bytes
        reply += identity.classes * identity.score_bytes
        in_flight = max(2, min(_MOST_IN_FLIGHT, protocol.QUEUE_BYTES // reply))
        for payload in self._ask(command, payloads, in_flight):
            yield Answer.unpack(payload, identity, has_scores)

    def predict(self, samples: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return the classes that the board answers, int64 [samples].

        Args:
            samples: As for ``classify``.

        Raises:
            LilogicError: As for ``classify``.
        """
        return np.array([answer.index for answer in self.classify(samples)], dtype=np.int64)

    def scores(self, samples: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Return the scores that the board answers, int32 [samples, classes].

        Args:
            samples: As for ``classify``.

        Raises:
            LilogicError: As for ``classify``.
        """
        answers = [answer.scores for answer in self.classify(samples, has_scores=True)]
        return np.array(answers, dtype=np.int32).reshape(len(answers), self.identity.classes)

    def measure(self, samples: npt.NDArray[Any], labels: npt.NDArray[Any]) -> BoardMeasurement:
        """Measure accuracy, agreement with software, and speed, with labelled samples.

        It classifies the samples twice: for the speed, with classes alone; then with scores, all of
        which must agree with software.

        Args:
            samples: As for ``classify``.
            labels: Numbers of classes, int [samples].

        Raises:
            DataError: There are no samples, they do not fit the network, or the labels are not
                numbers of its classes.
            ToolError: As for ``classify``.
        """
        if not len(samples):
            raise DataError("there are no samples")
        expected = numbers(labels, len(samples))
        check_below(expected, self.graph.n_classes)
        began = time.monotonic()
        classes = self.predict(samples)
        seconds = time.monotonic() - began
        answers = list(self.classify(samples, has_scores=True))
        encoder = self.graph.encoder
        scores = golden.scores(self.graph, encoder.encode(samples) if encoder else samples)
        agrees = classes == golden.classify(scores)
        agrees &= (np.array([answer.scores for answer in answers]) == scores).all(axis=1)
        agrees &= np.array([answer.index for answer in answers]) == classes
        # Asked for the class alone, a board may answer something else than with the scores.
        alone = [
            replace(answer, index=index)
            for answer, index in zip(answers, classes.tolist(), strict=True)
        ]
        identity = self.identity
        return BoardMeasurement(
            images=len(samples),
            accuracy=float((classes == expected).mean()),
            agreement=float(agrees.mean()),
            mismatch=first_mismatch(answers, scores) or first_mismatch(alone, scores),
            repeated=self.repeated,
            images_per_second=len(samples) / seconds,
            latency=identity.latency,
            latency_ns=identity.latency / identity.clock_hz * 1e9,
            clock_hz=identity.clock_hz,
            core_images_per_second=identity.clock_hz // identity.interval,
            data=identity.data,
            data_bytes=identity.data_bytes,
        )

    def _ask(self, command: Command, payloads: Sequence[bytes], in_flight: int) -> Iterator[bytes]:
        """The payload of the reply to each request, in order; lost ones are asked for again."""
        waiting: dict[int, int] = {}  # from sequence byte to number of the request
        replies: dict[int, bytes] = {}
        again: list[int] = []
        sent = due = 0
        attempts = 1
        deadline = time.monotonic() + self._seconds
        while due < len(payloads):
            frames = [protocol.request(command, s, payloads[waiting[s]]) for s in again]
            while sent < len(payloads) and len(waiting) < in_flight:
                waiting[self._sequence] = sent
                frames.append(protocol.request(command, self._sequence, payloads[sent]))
                self._sequence = (self._sequence + 1) % 256
                sent += 1
            if frames:
                self._port.send(b"".join(frames))
            data = self._port.receive(self._seconds)
            failed = set()
            for kind, sequence, payload in map(_parts, self._deframer.feed(data)):
                if sequence in waiting and kind == command | protocol.REPLY:
                    replies[waiting.pop(sequence)] = payload
                    deadline, attempts = time.monotonic() + self._seconds, 1
                elif sequence in waiting and kind == protocol.ERROR:
                    _check_repeatable(payload)
                    failed.add(sequence)
            while due in replies:
                yield replies.pop(due)
                due += 1
            # A reply to one of these may have come, too, since damaged requests name any sequence.
            again = sorted(failed & waiting.keys())
            if waiting and (again or not data or time.monotonic() > deadline):
                attempts += 1
                if attempts > ATTEMPTS:
                    raise ToolError(
                        "the board does not answer; check that it is flashed, and that the port "
                        "and the baud rate are right"
                    )
                again = again or list(waiting)
                self.repeated += len(again)
                deadline = time.monotonic() + self._seconds


def _parts(body: bytes) -> tuple[int, int, bytes]:
    kind, sequence = body[: protocol.HEADER_BYTES]
    return kind, sequence, body[protocol.HEADER_BYTES :]


def _check_repeatable(payload: bytes) -> None:
    if payload not in (bytes([Problem.DAMAGED]), bytes([Problem.OVERRUN])):
        raise ToolError(f"the board rejects the request with error {payload.hex()}")


def first_mismatch(
    answers: Sequence[Answer], scores: npt.NDArray[np.int32]
) -> BoardMismatch | None:
    """The first of a board's answers, with scores, that is not software's.

    Args:
        answers: of the board.
        scores: of software, int32 [answers, classes].
    """
    for sample, (answer, right) in enumerate(zip(answers, scores, strict=True)):
        expected = report.Answer(index=int(golden.classify(right[None])[0]), scores=right.tolist())
        got = report.Answer(index=answer.index, scores=[*(answer.scores or ())])
        if got != expected:
            return BoardMismatch(sample=sample, expected=expected, got=got)
    return None
