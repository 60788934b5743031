"""What flows between the parts of a classifier, and in and out of it; only samples ever wait."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Shape
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout, StructLayout


def every_cycle(shape: Any) -> stream.Signature:
    """A payload in each clock cycle, which is accepted in that cycle."""
    return stream.Signature(shape, always_valid=True, always_ready=True)


def scores(shape: Shape, classes: int) -> stream.Signature:
    """The classes' scores, each of ``shape``, in each clock cycle."""
    return every_cycle(ArrayLayout(shape, classes))


def index(classes: int) -> stream.Signature:
    """A class in each clock cycle; one bit, always 0, where there is only one class."""
    return every_cycle(index_width(classes))


def samples(width: int, interval: int = 1) -> stream.Signature:
    """Samples of ``width`` bits, of which one is accepted in every ``interval`` clock cycles."""
    return stream.Signature(width, always_ready=interval == 1)


def results(shape: Shape, classes: int) -> stream.Signature:
    """Results, ``index`` and ``scores``, which must always be accepted."""
    fields = {"index": index_width(classes), "scores": ArrayLayout(shape, classes)}
    return stream.Signature(StructLayout(fields), always_ready=True)


def index_width(classes: int) -> int:
    """Bits that hold a class; at least one."""
    return max(1, (classes - 1).bit_length())
