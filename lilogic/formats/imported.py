"""What is read from files of other formats: circuits, and what was said about their outputs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lilogic.data.encoder import Encoder
from lilogic.errors import FormatError
from lilogic.graph import Circuit
from lilogic.graph.circuit import LoopError, topological

MAX_INPUTS = 2**24
"""More input bits than a file may ask for."""

MAX_LUT_INPUTS = 12
"""Wider lookup tables are refused: each more input doubles the gates."""


class NotGatesError(FormatError):
    """A netlist with parts that Yosys must make gates of first."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A circuit as it was read, before its outputs become heads.

    Attributes:
        circuit: The gates and outputs.
        names: Names of the outputs, or None.
        offset: Offset of each class, or None if nothing is recorded.
        classes: Number of classes to divide the outputs among by default; None for one class per
            output.
        encoder: Encoder of the authors' input bits, or None if inputs are just bits.
        records_encoder: Whether the file records ``encoder``; otherwise it is the one that its
            authors usually take.
        padding: Number of last outputs that may be padding, and are left out if classes of equal
            size need it.
        grows: Whether ``circuit.n_inputs`` is a guess that is large enough, rather than recorded.
    """

    circuit: Circuit
    names: Sequence[str] | None = None
    offset: Sequence[int] | None = None
    classes: int | None = None
    encoder: Encoder | None = None
    records_encoder: bool = False
    padding: int = 0
    grows: bool = False


def check_inputs(count: int) -> int:
    """The number of input bits that a file asks for.

    Raises:
        FormatError: none, or too many.
    """
    if not 1 <= count <= MAX_INPUTS:
        raise FormatError(f"it has {count} inputs, but must have 1 to {MAX_INPUTS:,}")
    return count


Net = TypeVar("Net", bound=Hashable)


def driven(
    reads: Mapping[Net, Sequence[Net]], wanted: Sequence[Net], names: Mapping[Net, str]
) -> Iterator[Net]:
    """The nets that ``wanted`` depend on and that ``reads`` has, each after all that it reads.

    Args:
        reads: for each driven net, the nets that its driver reads.
        wanted: nets to begin with.
        names: what to call a net in a message.

    Raises:
        FormatError: a net depends on itself.
    """
    try:
        yield from topological(
            [net for net in wanted if net in reads],
            lambda net: [source for source in reads[net] if source in reads],
        )
    except LoopError as error:
        name = names[error.node]
        raise FormatError(
            f"{name} depends on itself; only circuits without loops can be imported"
        ) from error
