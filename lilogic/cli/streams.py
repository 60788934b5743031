"""Standard input, output and error, fit for use whatever they are connected to."""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from lilogic.errors import LilogicError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDOUT, _STDERR = 1, 2

_SPELLED = {"±": "+-", "×": "x", "–": "-", "…": "...", "µ": "u", "→": "->", "·": "."}
"""How characters of our texts are written where only ASCII is; others are escaped, ü is \\xfc."""

_SPELLING = "lilogic.spelling"


def open_all() -> None:
    """Make the standard streams such that nothing they do ends a command halfway.

    A closed one leads to nowhere, or the next file that is opened would take its place. Characters
    that an encoding has not are spelled out. What nobody reads any more is dropped. To be called
    before anything is written; streams that someone else put in their place are left alone.
    """
    while (free := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass  # the lowest free descriptor is taken, and kept
    os.close(free)
    codecs.register_error(_SPELLING, _spell)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _stream(sys.stdout, _STDOUT)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _stream(sys.stderr, _STDERR)


def _spell(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: other characters for the first that cannot be encoded."""
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    escaped = character.encode("ascii", "backslashreplace").decode()
    return _SPELLED.get(character, escaped), error.start + 1


def _stream(old: TextIO | None, descriptor: int) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(descriptor, "w", closefd=False)),
        encoding="utf-8" if old is None else old.encoding,
        errors=_SPELLING,
        line_buffering=True,
    )


class _Output(io.FileIO):
    """Standard output or error; a reader that stops early is no error.

    Raises:
        LilogicError: results cannot be written. Messages that cannot are dropped.
    """

    _is_lost = False

    def write(self, data: ReadableBuffer) -> int:
        """Write what can be written now, and drop the rest of a stream that is lost."""
        try:
            while not self._is_lost:
                written: int | None = super().write(data)
                if written is not None:
                    return written
                select.select([], [self], [])  # a pipe that does not wait is full
        except BrokenPipeError:
            self._is_lost = True
        except OSError as error:
            self._is_lost = True
            if self.fileno() == _STDOUT:
                message = f"standard output: cannot be written: {error.strerror}"
                raise LilogicError(message) from error
        return memoryview(data).nbytes
