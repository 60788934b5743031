"""What C reads a sample as: a byte for each input bit, or raw values that an encoder compares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.data.levels import Levels
from lilogic.formats.exporters.c import codes
from lilogic.formats.exporters.c.tables import smallest, table_of


@dataclass(frozen=True)
class Bits:
    """A byte for each input bit, 0 or not.

    Attributes:
        size: number of bits.
    """

    size: int

    ctype = "uint8_t"
    parameters = f"const {ctype} *x"
    prepare = f"    const {ctype} *x = sample;"
    arguments = "x"
    stack = 0
    constants = ""
    functions = ""
    declaration = ""
    checks = ""
    test_values = (0, 2)

    def bit(self, index: int) -> str:
        """The expression of an input bit."""
        return f"(x[{index}] != 0)"

    def drawn(self, integer: str) -> str:
        """The expression of a value for the self-test, of one of an integer."""
        return f"({self.ctype})({integer})"

    def encode(self, samples: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [samples, bits] of integers [samples, size]."""
        bits: npt.NDArray[np.bool_] = samples != 0
        return bits


@dataclass(frozen=True)
class Raw:
    """Raw values, as the encoder reads them.

    Attributes:
        encoder: what makes input bits of them.
        levels: what makes codes of features, for hardware with narrow words; None without such.
    """

    encoder: Encoder
    levels: Levels | None = None

    checks = ""

    @property
    def size(self) -> int:
        """Values of a sample."""
        return int(np.prod(self.encoder.input_shape))

    @property
    def ctype(self) -> str:
        """The type of a value."""
        return f"{self.encoder.input_dtype}_t"

    @property
    def feature(self) -> str:
        """The type of a feature."""
        return f"{self._dtype.name}_t"

    @property
    def parameters(self) -> str:
        """Parameters of functions that evaluate gates of one sample."""
        rank = f", {self._wide} rank" if self._ranked else ""
        return f"const {self.feature} *x{rank}"

    @property
    def arguments(self) -> str:
        """What is handed over to them, after ``prepare``."""
        return "x, rank" if self._ranked else "x"

    @property
    def prepare(self) -> str:
        """Statements that make these arguments of ``sample``."""
        lines = [f"    const {self.ctype} *x = sample;"]
        if self._copies:
            lines = [
                f"    {self.feature} x[{self.encoder.n_features}];",
                "    net_features(sample, x);",
            ]
        if self._ranked:
            lines.append(f"    const {self._wide} rank = net_rank(x);")
        return "\n".join(lines)

    @property
    def stack(self) -> int:
        """Bytes of the arrays that ``prepare`` takes."""
        return self.encoder.n_features * self._dtype.itemsize if self._copies else 0

    @property
    def constants(self) -> str:
        """How much room constant tables take."""
        codes = f", and {self._coding_bytes:,} for net_port" if self._coding_bytes else ""
        return f"{self._encoding_bytes:,} bytes, which only net_encode reads{codes}"

    @property
    def _coding_bytes(self) -> int:
        return sum(table.nbytes for table in self._codes.values())

    @property
    def _encoding_bytes(self) -> int:
        return sum(table.nbytes for table in self._tables.values())

    def bit(self, index: int) -> str:
        """The expression of an input bit."""
        threshold = int(self._tables_of_all[2][index])
        feature, minus = (int(table[index]) for table in self._tables_of_all[:2])
        relative = f" - x[{minus}]" * (minus >= 0) + " - rank" * self._ranked
        if relative:
            return f"(({self._wide})x[{feature}]{relative} > {threshold})"
        lowest, highest = self.encoder.lowest, self.encoder.highest[self.encoder.feature[index]]
        if not lowest <= threshold < highest:
            return "1" if threshold < lowest else "0"
        return f"(x[{feature}] > {threshold})"

    def drawn(self, integer: str) -> str:
        """The expression of a value for the self-test, of one of an integer."""
        return f"({self.ctype})({integer})"

    def encode(self, samples: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [samples, bits] of integers [samples, size]."""
        return self.encoder.encode(samples.reshape(-1, *self.encoder.input_shape))

    @property
    def test_values(self) -> tuple[int, int]:
        """A range of values, from the first on and below the second, that thresholds split."""
        limits = np.iinfo(self._dtype)
        if self._ranked or self.encoder.has_differences:
            return int(limits.min), int(limits.max) + 1
        low, high = int(self.encoder.threshold.min()), int(self.encoder.threshold.max())
        low = min(max(low, limits.min), limits.max)
        return int(low), int(min(max(high + 2, low + 1), limits.max + 1))

    @property
    def functions(self) -> str:
        """What ``prepare`` calls, and the function that encodes samples for words."""
        parts = [
            table_of(f"net_{name}", table, "NET_INPUTS") for name, table in self._tables.items()
        ]
        if self._copies:
            parts.append(self._making())
        if self._ranked:
            parts.append(self._ranking())
        minus = ""
        if "minus" in self._tables:
            minus = " - x[net_minus[i]]"
            if (self._tables_of_all[1] < 0).any():
                none = self._tables["minus"].max()
                minus = f" - (net_minus[i] == {none} ? 0 : x[net_minus[i]])"
        rank = " - rank" * self._ranked
        parts.append(
            f"""\
void net_encode(const {self.ctype} *samples, int count, net_word bits[NET_INPUTS])
{{
    for (int32_t i = 0; i < NET_INPUTS; i++)
        bits[i] = 0;
    for (int s = 0; s < count; s++) {{
        const {self.ctype} *sample = samples + (size_t)s * NET_VALUES;
{_indented(self.prepare)}
        for (int32_t i = 0; i < NET_INPUTS; i++) {{
            const {self._wide} value = ({self._wide})(({self._wide})x[net_feature[i]]{minus}{rank});
            bits[i] = (net_word)(bits[i] | (net_word)(value > net_threshold[i]) << s);
        }}
    }}
}}
"""
        )
        if self.levels is not None:
            parts.append(codes.function(self.ctype, self._wide, self.prepare, self._codes))
        return "\n".join(parts)

    @property
    def declaration(self) -> str:
        """The lines of the header on values, and on the function that encodes them."""
        shape = "x".join(map(str, self.encoder.input_shape))
        return f"""
/* Values of a raw sample, of shape {shape} in C order. */
#define NET_VALUES {self.size}

/* The words that net_scores reads, of raw samples.
 * samples: NET_VALUES values each.
 * count: 1 to NET_SAMPLES; the other samples of the words are all zeros. */
void net_encode(const {self.ctype} *samples, int count, net_word bits[NET_INPUTS]);
{self._port}"""

    @property
    def _port(self) -> str:
        """The lines of the header on what hardware with narrow words reads."""
        return "" if self.levels is None else codes.declaration(self.ctype, self.levels)

    @property
    def _dtype(self) -> np.dtype[Any]:
        return np.dtype(self.encoder.feature_dtype)

    @property
    def _wide(self) -> str:
        """A type in which differences of values do not overflow."""
        return f"int{16 * self._dtype.itemsize}_t"

    @property
    def _ranked(self) -> bool:
        return self.encoder.rank is not None

    @property
    def _copies(self) -> bool:
        """Whether features are made before they are compared, as some are means of several values.

        A rank is looked for among features that stand side by side.
        """
        preprocessing = self.encoder.preprocessing
        cut = preprocessing.crop is not None and self._ranked
        return preprocessing.resize is not None or cut

    @cached_property
    def _tables_of_all(self) -> tuple[npt.NDArray[np.int64], ...]:
        """int64 [bits] places of the feature and of what is subtracted, -1 for none; thresholds."""
        encoder, place = self.encoder, self._places
        # Thresholds beyond what values can differ by decide the same as those at the border.
        limits = np.iinfo(f"i{2 * self._dtype.itemsize}")
        threshold = encoder.threshold.astype(np.int64).clip(limits.min, limits.max)
        return place[encoder.feature], place[encoder.minus], threshold

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """int64 [features + 1]: where each feature stands in ``x``, and -1 for none."""
        place = np.arange(self.encoder.n_features + 1)
        crop = self.encoder.preprocessing.crop
        if crop is not None and not self._copies:
            top, left, height, width = crop
            places = np.arange(self.size).reshape(self.encoder.input_shape)
            place[:-1] = places[top : top + height, left : left + width].reshape(-1)
        place[-1] = -1
        return place

    @cached_property
    def _codes(self) -> dict[str, npt.NDArray[Any]]:
        """The tables of ``net_port``."""
        return {} if self.levels is None else codes.tables(self.levels, self._places)

    @property
    def _tables(self) -> dict[str, npt.NDArray[Any]]:
        """The tables of the function that encodes for words, in the smallest types."""
        feature, minus, threshold = self._tables_of_all
        tables = {"feature": smallest(feature), "threshold": smallest(threshold)}
        if self.encoder.has_differences:
            tables["minus"] = smallest(np.where(minus < 0, max(self.size, minus.max() + 1), minus))
        return tables

    def _making(self) -> str:
        """The functions that make features where these are copies."""
        encoder = self.encoder
        shape = encoder.input_shape
        channels = shape[2] if len(shape) == 3 else 1
        top, left, height, width = encoder.preprocessing.crop or (0, 0, *shape[:2])
        rows, columns = encoder.feature_shape[:2]
        area = height * width
        floor = ""
        if self._dtype.kind == "i":
            floor = f"\n                mean -= (2 * total + {area}) % {2 * area} < 0;"
        return f"""\
/* By how much one of so many targets overlaps one of so many sources that cover the same. */
static int64_t net_overlap(int64_t target, int64_t targets, int64_t source, int64_t sources)
{{
    int64_t low = target * sources, high = low + sources;
    if (low < source * targets)
        low = source * targets;
    if (high > (source + 1) * targets)
        high = (source + 1) * targets;
    return high - low;
}}

/* Features: means of the values under each of {rows}x{columns} pixels, halves rounded up. */
static void net_features(const {self.ctype} *sample, {self.ctype} *x)
{{
    for (int32_t i = 0; i < {rows}; i++)
        for (int32_t j = 0; j < {columns}; j++)
            for (int32_t k = 0; k < {channels}; k++) {{
                int64_t total = 0, mean;
                int32_t top = i * {height} / {rows}, left = j * {width} / {columns};
                for (int32_t r = top; r * {rows} < (i + 1) * {height}; r++)
                    for (int32_t c = left; c * {columns} < (j + 1) * {width}; c++)
                        total += net_overlap(i, {rows}, r, {height})
                            * net_overlap(j, {columns}, c, {width})
                            * sample[((r + {top}) * {shape[1]} + c + {left}) * {channels} + k];
                mean = (2 * total + {area}) / {2 * area};{floor}
                x[(i * {columns} + j) * {channels} + k] = ({self.ctype})mean;
            }}
}}
"""

    def _ranking(self) -> str:
        limits = np.iinfo(self._dtype)
        lowest = f"{limits.min + 1} - 1" if limits.min < 0 else "0"
        return f"""\
/* The feature that {self.encoder.rank} of them stand before, in order of value. */
static {self._wide} net_rank(const {self.ctype} *x)
{{
    {self._wide} low = {lowest}, high = {limits.max};
    while (low < high) {{
        const {self._wide} middle = ({self._wide})(low + (high - low) / 2);
        int32_t below = 0;
        for (int32_t i = 0; i < {self.encoder.n_features}; i++)
            below += x[i] <= middle;
        if (below > {self.encoder.rank})
            high = middle;
        else
            low = ({self._wide})(middle + 1);
    }}
    return low;
}}
"""


Samples = Bits | Raw


def _indented(lines: str) -> str:
    return "\n".join(f"    {line}" for line in lines.splitlines())
