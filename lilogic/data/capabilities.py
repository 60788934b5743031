"""Which encoders each back end makes itself; the others are made before, in software.

Every back end compares a feature with a constant. Whatever is exported to other formats reads bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from lilogic.data.encoder import Encoder
from lilogic.errors import GraphError


@dataclass(frozen=True)
class BackEnd:
    """What a back end can compare beyond a feature with a constant.

    Attributes:
        differences: whether it can compare differences of features.
        quantiles: whether it can compare with a quantile of each sample (an encoder's ``rank``).
        otherwise: what follows, in a message, after what it cannot compare.
    """

    differences: bool
    quantiles: bool
    otherwise: str


PARALLEL = BackEnd(
    differences=True,
    quantiles=False,
    otherwise=", which is left to the host: let the classifier read bits",
)
"""Hardware that has all features at once."""

SERIAL = BackEnd(
    differences=False,
    quantiles=False,
    otherwise=", which is left to the host: let the board read bits",
)
"""Hardware to which features come one after another, and which keeps none."""

BITSLICED = BackEnd(differences=False, quantiles=False, otherwise=": encode samples first")
"""A bit-sliced program."""


def can_encode(back_end: BackEnd, encoder: Encoder) -> bool:
    """Whether the back end makes all bits itself."""
    return _unable(back_end, encoder) is None


def required(back_end: BackEnd, encoder: Encoder | None) -> Encoder:
    """The encoder, known to be one that the back end can make itself.

    Raises:
        GraphError: there is none, or one that it cannot make.
    """
    if encoder is None:
        raise GraphError("the graph has no encoder, so it reads bits, not features")
    unable = _unable(back_end, encoder)
    if unable is not None:
        message = f"the encoder compares {unable}{back_end.otherwise}"
        raise GraphError(message, option="input")
    return encoder


def _unable(back_end: BackEnd, encoder: Encoder) -> str | None:
    """What the encoder compares that the back end cannot."""
    if encoder.rank is not None and not back_end.quantiles:
        return "with a quantile of each sample"
    if encoder.has_differences and not back_end.differences:
        return "differences of features"
    return None
