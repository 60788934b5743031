"""Differences as features, so that what compares features with constants compares them, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import DTYPES, Preprocessing
from lilogic.errors import DataError
from lilogic.jit import njit

_WIDER = {1: "int16", 2: "int32"}
"""By bytes of a feature, the dtype that holds every difference of two."""


@dataclass(frozen=True, eq=False)
class DifferenceFeatures:
    """A thermometer encoder of features and their differences, in place of one that subtracts.

    Attributes:
        encoder: makes the same bits; its features are the other encoder's, and then the
            differences.
        pairs: int64 [differences, 2]; of which features, the second subtracted from the first.
    """

    encoder: Encoder
    pairs: npt.NDArray[np.int64]

    def appended(self, features: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What ``encoder`` reads, [samples, n_features], of the other encoder's features.

        Raises:
            DataError: another number of features.
        """
        width = self.encoder.n_features - len(self.pairs)
        if features.ndim != 2 or features.shape[1] != width:
            raise DataError(f"features have shape {features.shape}, but must be (samples, {width})")
        both = np.empty((len(features), self.encoder.n_features), dtype=self.encoder.feature_dtype)
        _append(np.ascontiguousarray(features), self.pairs, both)
        return both


def difference_features(encoder: Encoder, used: npt.NDArray[np.bool_]) -> DifferenceFeatures | None:
    """Difference features in place of the encoder; None where no dtype is wide enough for them.

    Args:
        encoder: any encoder whose thresholds are not relative to the sample (``rank``).
        used: bool [bits]; differences for other bits are not made, and those bits mean nothing.
    """
    dtype = _WIDER.get(np.dtype(encoder.feature_dtype).itemsize)
    if encoder.rank is not None or dtype not in DTYPES:
        return None
    subtracts = used & encoder.subtracts
    both = np.stack([encoder.feature, encoder.minus], axis=1)[subtracts]
    pairs, place = np.unique(both.astype(np.int64), axis=0, return_inverse=True)
    feature = encoder.feature.copy()
    feature[subtracts] = encoder.n_features + place.reshape(-1)
    thermometer = Encoder(
        preprocessing=Preprocessing((encoder.n_features + len(pairs),), dtype),
        feature=feature,
        threshold=encoder.threshold,
    )
    return DifferenceFeatures(thermometer, pairs.reshape(-1, 2))


@njit(cache=True, nogil=True)
def _append(features, pairs, both):  # type: ignore[no-untyped-def]
    """Features to the front of ``both``, differences behind."""
    count = features.shape[1]
    for sample in range(len(features)):
        for feature in range(count):
            both[sample, feature] = features[sample, feature]
        for pair in range(len(pairs)):
            both[sample, count + pair] = both[sample, pairs[pair, 0]] - both[sample, pairs[pair, 1]]
