"""The encoder: features to bits, each ``x[f] - x[g] > t``.

With a ``g`` whose feature is always 0, that is a thermometer code: a feature is compared with
constants. Else it says by how much two features differ, which shows edges. Thresholds may also be
relative to a quantile of the sample itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.levels import Levels
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError

_BLOCK = 1024
"""Samples that are compared at once, which bounds the memory for it."""


@dataclass(frozen=True, eq=False, init=False)
class Encoder:
    """Turns a sample into bits, one comparison with a threshold each.

    Bit ``i`` is ``x[feature[i]] - x[minus[i]] > threshold[i]``, without overflow, where ``x`` holds
    the features and, behind them, a feature that is always 0.

    Attributes:
        preprocessing: Makes features from raw samples.
        feature: int32 [bits], the feature that each bit looks at.
        threshold: int32 [bits], the threshold of each bit.
        minus: int32 [bits], the feature that is subtracted; ``zero`` for none, which is the
            default.
        rank: Rank, from 0, of a feature of the sample itself that is added to all thresholds:
            ``sorted(features)[rank]``. None for fixed thresholds.

    Raises:
        GraphError: A field is out of range.
    """

    preprocessing: Preprocessing
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.int32]
    minus: npt.NDArray[np.int32]
    rank: int | None

    def __init__(
        self,
        *,
        preprocessing: Preprocessing,
        feature: npt.ArrayLike,
        threshold: npt.ArrayLike,
        minus: npt.ArrayLike | None = None,
        rank: int | None = None,
    ) -> None:
        if minus is None:
            minus = np.full(np.shape(feature), preprocessing.n_features)
        fields = {
            "preprocessing": preprocessing,
            "feature": _integers("feature", feature),
            "threshold": _integers("threshold", threshold),
            "minus": _integers("minus", minus),
            "rank": rank,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        for name in ("threshold", "minus"):
            if len(getattr(self, name)) != len(self.feature):
                raise GraphError(
                    f"encoder feature has {len(self.feature)} entries, "
                    f"but {name} has {len(getattr(self, name))}"
                )
        if not self.preprocessing.is_comparable and (self.has_differences or self.rank is not None):
            raise GraphError(
                "encoder scales or codes features differently, so it can compare them only with "
                "constants, not with each other"
            )
        self._check_features(self.feature, self.n_features - 1)
        self._check_features(self.minus, self.zero)
        if self.rank is not None and (
            type(self.rank) is not int or not 0 <= self.rank < self.n_features
        ):
            raise GraphError(
                f"encoder rank is {self.rank}, but only {self.n_features} features have one"
            )

    def _check_features(self, features: npt.NDArray[np.int32], highest: int) -> None:
        wrong = np.flatnonzero((features < 0) | (features > highest))
        if wrong.size:
            raise GraphError(
                f"encoder bit {wrong[0]} reads feature {features[wrong[0]]}, but only "
                f"{self.n_features} exist"
            )

    @property
    def n_bits(self) -> int:
        """Number of bits."""
        return len(self.feature)

    @property
    def zero(self) -> int:
        """The index of the feature that is always 0, for ``minus``."""
        return self.n_features

    @property
    def subtracts(self) -> npt.NDArray[np.bool_]:
        """bool [bits]: whether the bit compares the difference of two features."""
        differs: npt.NDArray[np.bool_] = self.minus != self.zero
        return differs

    @property
    def has_differences(self) -> bool:
        """Whether any bit compares the difference of two features."""
        return bool(self.subtracts.any())

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a raw sample."""
        return self.preprocessing.input_shape

    @property
    def input_dtype(self) -> str:
        """Name of the dtype of raw samples."""
        return self.preprocessing.input_dtype

    @property
    def feature_dtype(self) -> str:
        """Name of the dtype of features, an integer type."""
        return self.preprocessing.feature_dtype

    @property
    def lowest(self) -> int:
        """The lowest possible value of a feature."""
        return int(np.iinfo(self.feature_dtype).min)

    @property
    def widths(self) -> npt.NDArray[np.int64]:
        """int64 [features]: bits of each feature."""
        widths = self.preprocessing.widths
        if widths is not None:
            return np.array(widths, dtype=np.int64)
        return np.full(self.n_features, np.iinfo(self.feature_dtype).bits)

    @property
    def highest(self) -> npt.NDArray[np.int64]:
        """int64 [features]: the highest possible value of each feature."""
        return self.lowest + (1 << self.widths) - 1

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """Shape of a sample after crop and resize."""
        return self.preprocessing.feature_shape

    @property
    def n_features(self) -> int:
        """Number of features, without the one that is always 0."""
        return self.preprocessing.n_features

    def coded(self, levels: Levels) -> Encoder:
        """Return an encoder whose features are codes; bits that compare with no level may change.

        Args:
            levels: The levels of each feature.

        Raises:
            GraphError: This encoder codes features already, or does more than compare single
                features with constants.
        """
        if self.preprocessing.levels is not None:
            raise GraphError("encoder codes features already")
        threshold = np.zeros(self.n_bits, dtype=np.int32)
        for bit, (feature, level) in enumerate(
            zip(self.feature.tolist(), self.threshold.tolist(), strict=True)
        ):
            # What every integer exceeds, every code does; what none exceeds, none does.
            if level < self.lowest:
                threshold[bit] = -1
            elif level >= self.highest[feature]:
                threshold[bit] = (1 << levels.bits[feature]) - 1
            else:
                threshold[bit] = np.searchsorted(levels.of[feature], level)
        return replace(
            self, preprocessing=replace(self.preprocessing, levels=levels), threshold=threshold
        )

    def levels(self, used: npt.NDArray[np.bool_]) -> Levels:
        """Return the rising thresholds that each feature is compared with.

        Args:
            used: bool [bits], the bits in use; others do not count.

        Raises:
            GraphError: Bits compare differences, or thresholds depend on the sample.
        """
        if self.has_differences or self.rank is not None:
            raise GraphError(
                "features that are compared with each other cannot be narrow; omit narrow",
                option="narrow",
            )
        inside = used & (self.threshold >= self.lowest)
        inside &= self.threshold < self.highest[self.feature]
        return Levels(
            tuple(
                tuple(np.unique(self.threshold[inside & (self.feature == feature)]).tolist())
                for feature in range(self.n_features)
            )
        )

    def read_by(self, bits: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int32]:
        """Return the features that some bits look at, int32, as often as they do.

        Args:
            bits: Numbers of bits.
        """
        both = np.concatenate([self.feature[bits], self.minus[bits]])
        read: npt.NDArray[np.int32] = both[both != self.zero]
        return read

    def features(self, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the features of raw samples: integers [samples, n_features].

        Args:
            raw: Raw samples [samples, *input_shape].

        Raises:
            DataError: The shape is wrong, or ``input_dtype`` cannot hold the values.
        """
        return self.preprocessing.features(raw)

    def bits(self, features: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return the bits of features, bool [samples, n_bits].

        Args:
            features: Integers [samples, n_features].
        """
        bits = np.empty((self.n_bits, len(features)), dtype=bool)
        for start in range(0, len(features), _BLOCK):
            block = slice(start, start + _BLOCK)
            bits[:, block] = self._exceeding(features[block])
        return bits.T

    def _exceeding(self, features: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [n_bits, samples] of features [samples, n_features]."""
        # Twice as wide, so that no difference overflows; thresholds beyond that decide the same.
        wide = np.dtype(f"i{2 * features.dtype.itemsize}")
        columns = np.zeros((self.n_features + 1, len(features)), dtype=wide)
        columns[: self.zero] = features.T
        values = columns[self.feature]
        if self.has_differences:  # only to save time
            values -= columns[self.minus]
        if self.rank is not None:
            values -= np.partition(features, self.rank, axis=1)[:, self.rank].astype(wide)
        limits = np.iinfo(wide)
        threshold = self.threshold.clip(limits.min, limits.max).astype(wide)
        exceeding: npt.NDArray[np.bool_] = values > threshold[:, None]
        return exceeding

    def encode(self, raw: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return the bits of raw samples, bool [samples, n_bits].

        Args:
            raw: Raw samples [samples, *input_shape].

        Raises:
            DataError: As for ``features``.
        """
        return self.bits(self.features(raw))


def _integers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """A row of int32 that cannot be written to.

    Raises:
        GraphError: something else.
    """
    given = np.asarray(values)
    with np.errstate(invalid="ignore"):
        row = given.astype(np.int32) if given.dtype.kind in "buif" else None
    if row is None or given.ndim != 1 or not np.array_equal(row, given):
        raise GraphError(f"encoder {name} must be one row of 32-bit integers")
    row.setflags(write=False)
    return row
