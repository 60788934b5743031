"""Encoders that compare differences, as thermometers of more features: the differences are some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from lilogic.data.encoder import DTYPES, NOTHING, Encoder

_WIDER = {1: "int16", 2: "int32"}
"""By bytes of a feature, the dtype that holds every difference of two."""


@dataclass(frozen=True, eq=False)
class Widened:
    """An encoder without ``minus`` that makes the same bits of features and their differences.

    Attributes:
        encoder: the thermometer, of flat samples: the features, and then the differences.
        pairs: int64 [differences, 2]; of which features, the second subtracted from the first.
    """

    encoder: Encoder
    pairs: npt.NDArray[np.int64]

    def features(self, features: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What ``encoder`` reads, [samples, n_features], of the other encoder's features."""
        wide = np.empty((len(features), self.encoder.n_features), dtype=self.encoder.input_dtype)
        _widen(np.ascontiguousarray(features), self.pairs, wide)
        return wide


def widened(encoder: Encoder, used: npt.NDArray[np.bool_]) -> Widened | None:
    """An encoder as a thermometer of more features; None for what cannot be one.

    Args:
        encoder: any encoder.
        used: bool [bits]; differences for other bits are not made, and those bits mean nothing.
    """
    dtype = _WIDER.get(np.dtype(encoder.input_dtype).itemsize)
    if encoder.rank is not None or encoder.minus is None or dtype not in DTYPES:
        return None
    subtracts = used & (encoder.minus != NOTHING)
    both = np.stack([encoder.feature, encoder.minus], axis=1)[subtracts]
    pairs, place = np.unique(both.astype(np.int64), axis=0, return_inverse=True)
    feature = encoder.feature.copy()
    feature[subtracts] = encoder.n_features + place.reshape(-1)
    shape = (encoder.n_features + len(pairs),)
    return Widened(Encoder(shape, dtype, feature, encoder.threshold), pairs.reshape(-1, 2))


@njit(cache=True, nogil=True)
def _widen(features, pairs, wide):  # type: ignore[no-untyped-def]
    """Features to the front of ``wide``, differences behind."""
    count = features.shape[1]
    for sample in range(len(features)):
        for feature in range(count):
            wide[sample, feature] = features[sample, feature]
        for pair in range(len(pairs)):
            wide[sample, count + pair] = wide[sample, pairs[pair, 0]] - wide[sample, pairs[pair, 1]]
