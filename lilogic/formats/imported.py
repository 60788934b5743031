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
    """A circuit before its outputs become heads.

    Attributes:
        circuit: the gates and outputs.
        names: what the outputs are called, or None where they have no names.
        offset: what each class's score starts from, or None where nothing is recorded.
        classes: the number of classes to share the outputs out over where none is asked for, or
            None for one class for each output.
        encoder: how its authors made the input bits, or None where they are just bits.
        records_encoder: whether ``encoder`` is recorded, and not what its authors usually take.
        padding: how many of the last outputs may be nothing but padding, to be left out as far as
            classes of equal size allow.
        grows: whether ``circuit.n_inputs`` is not recorded, but only a number that is enough.
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
