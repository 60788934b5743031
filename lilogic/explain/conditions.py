"""What input bits are in words: ``alcohol > 12.78``."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph
from lilogic.graph.metadata import Metadata

_ONE_HOT = re.compile(r"(.*?[^<>!=\s])\s*=\s*([^=\s].*)")
"""A feature that is 1 where a table's column has a value, and else 0: ``COLUMN=VALUE``."""

_MISSING = re.compile(r"(.*) is missing")
"""A feature that is 1 where a table's column has no value, and else 0."""


_DIGITS = 4
"""Of a real threshold, at least."""


@dataclass(frozen=True, eq=False)
class Conditions:
    """The conditions that a graph's input bits stand for, and the features they look at.

    Attributes:
        n_inputs: number of input bits.
        encoder: what makes them; None where they are given, and each is a feature of its own.
        names: what the encoder's features, or else the bits, are called.
    """

    n_inputs: int
    encoder: Encoder | None
    names: Sequence[str]

    @classmethod
    def of(cls, graph: GateGraph) -> Conditions:
        """Those of ``graph``."""
        encoder = graph.encoder
        if encoder is None:
            return cls(graph.n_inputs, None, [f"bit {bit}" for bit in range(graph.n_inputs)])
        names = Metadata.of(graph).feature_names
        if len(names) != encoder.n_features:
            names = _numbered(encoder)
        return cls(graph.n_inputs, encoder, names)

    @cached_property
    def is_image(self) -> bool:
        """Whether the encoder's features are the pixels of an image."""
        return self.encoder is not None and len(self.encoder.feature_shape) > 1

    @cached_property
    def columns(self) -> npt.NDArray[np.int64]:
        """int64 [names]: which of ``column_names`` each name belongs to.

        The channels of a pixel are one column, and so are the features that are one column of a
        table, one-hot: ``colour=red`` and ``colour=blue``.
        """
        return np.array([*map({c: i for i, c in enumerate(self.column_names)}.get, self._columns)])

    @cached_property
    def column_names(self) -> list[str]:
        """What the columns of a table, the pixels of an image, or the bits are called."""
        return [*dict.fromkeys(self._columns)]

    @cached_property
    def _columns(self) -> list[str]:
        """For each name, its column's."""
        if self.is_image and self.encoder is not None:
            height, width = self.encoder.feature_shape[:2]
            channels = self.encoder.n_features // (height * width)
            pixels = [
                f"pixel ({row}, {column})" for row in range(height) for column in range(width)
            ]
            return [pixel for pixel in pixels for _ in range(channels)]
        columns = [*map(_column, self.names)]
        shared = Counter(columns)
        return [
            column if shared[column] > 1 else name
            for column, name in zip(columns, self.names, strict=True)
        ]

    @cached_property
    def reads(self) -> npt.NDArray[np.int64]:
        """int64 [bits, 2]: the names that each bit looks at; twice the same where it is one."""
        if self.encoder is None:
            return np.repeat(np.arange(self.n_inputs)[:, None], 2, axis=1)
        encoder = self.encoder
        minus = np.where(encoder.subtracts, encoder.minus, encoder.feature)
        return np.stack([encoder.feature, minus], axis=1).astype(np.int64)

    @cached_property
    def measures(self) -> npt.NDArray[np.int64]:
        """int64 [bits]: bits of the same number compare the same value with thresholds."""
        if self.encoder is None:
            return np.arange(self.n_inputs)
        pairs = np.stack([self.encoder.feature, self.encoder.minus], axis=1)
        return np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def thresholds(self) -> npt.NDArray[np.int64]:
        """int64 [bits]: what the encoder compares with; 0 where there is none."""
        if self.encoder is None:
            return np.zeros(self.n_inputs, dtype=np.int64)
        return self.encoder.threshold.astype(np.int64)

    @cached_property
    def constants(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """bool [bits] twice: which bits are always 0, and which always 1, for lack of values."""
        if self.encoder is None or self.encoder.rank is not None:
            return (np.zeros(self.n_inputs, dtype=bool),) * 2
        lowest, encoder = self.encoder.lowest, self.encoder
        highest = (lowest + (1 << encoder.widths) - 1)[encoder.feature]
        plain = ~encoder.subtracts
        return plain & (self.thresholds >= highest), plain & (self.thresholds < lowest)

    def threshold(self, bit: int) -> float | None:
        """What the bit's feature exceeds, in the units of raw samples; None without encoder."""
        if self.encoder is None:
            return None
        scaling, integer = self.encoder.preprocessing.scaling, int(self.encoder.threshold[bit])
        if scaling is None:
            return float(integer)
        return scaling.level(int(self.encoder.feature[bit]), integer)

    def text(self, above: int | None, below: int | None = None) -> str:
        """The condition that the bit ``above`` is 1 and the bit ``below`` is 0, or one of them.

        Two bits must be of the same measure.
        """
        bit = above if above is not None else below
        assert bit is not None
        name = self._measured(bit)
        if self.encoder is None:
            return name if above is not None else f"not {name}"
        if self._says_whether(bit) and None in (above, below):
            return _whether(name, above is not None)
        low, high = (None if bit is None else self._number(bit) for bit in (above, below))
        if high is None:
            return f"{name} > {low}"
        return f"{name} ≤ {high}" if low is None else f"{low} < {name} ≤ {high}"

    def _measured(self, bit: int) -> str:
        """What the bit compares with its threshold."""
        if self.encoder is None:
            return self.names[bit]
        feature, minus = self.reads[bit].tolist()
        name = self.names[feature]
        if self.encoder.subtracts[bit]:
            name += f" - {self.names[minus]}"
        if self.encoder.rank is not None:
            name += f" - sorted[{self.encoder.rank}]"
        return name

    def _says_whether(self, bit: int) -> bool:
        """Whether the bit is that of a feature which is 1 where its name is true, and else 0."""
        threshold, feature = self.threshold(bit), int(self.reads[bit, 0])
        is_plain = self.encoder is not None and self.encoder.rank is None
        is_alone = feature == self.reads[bit, 1]
        is_said = _column(self.names[feature]) != self.names[feature]
        return is_plain and is_alone and is_said and threshold is not None and 0 <= threshold < 1

    def _number(self, bit: int) -> str:
        """The bit's threshold as text, to a hundredth of the steps that its feature has."""
        assert self.encoder is not None
        threshold, scaling = self.threshold(bit), self.encoder.preprocessing.scaling
        assert threshold is not None
        if scaling is None:
            return f"{threshold:.0f}"
        whole = math.ceil(math.log10(abs(threshold) + 1e-300))
        finest = math.ceil(math.log10(scaling.scale[int(self.encoder.feature[bit])])) + 2
        decimals = min(max(finest, _DIGITS - whole), 300)
        text = f"{round(threshold, decimals):.{max(decimals, 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


def _column(name: str) -> str:
    """The column of a table that a feature is of."""
    found = _ONE_HOT.fullmatch(name) or _MISSING.fullmatch(name)
    return name if found is None else found[1]


def _whether(name: str, value: bool) -> str:
    """That the name of a feature is true, or is not."""
    found = _ONE_HOT.fullmatch(name)
    if found is not None:
        return f"{found[1]} {'=' if value else '≠'} {found[2]}"
    return name if value else re.sub(r" is missing$", " is not missing", name)


def _numbered(encoder: Encoder) -> list[str]:
    """Names of features that have none."""
    shape = encoder.feature_shape
    if len(shape) == 1:
        return [f"feature {number}" for number in range(shape[0])]
    return [_pixel(encoder, place) for place in np.ndindex(shape)]


def _pixel(encoder: Encoder, place: Sequence[int]) -> str:
    """A pixel's row and column, those of the raw image where it is not resized, and channel."""
    crop = encoder.preprocessing.crop
    top, left = crop[:2] if crop and not encoder.preprocessing.resize else (0, 0)
    row, column, *channel = place
    return f"pixel ({', '.join(map(str, (row + top, column + left, *channel)))})"
