"""Real values in C: doubles, which become the same integers everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.scaling import Scaling
from lilogic.formats.exporters.c.samples import Raw
from lilogic.formats.exporters.c.tables import table_of

_STEPS = 1000
"""Into so many steps the self-test divides what the integers of a value cover."""


class Real(Raw):
    """Real values, which are scaled to integers before these are compared."""

    ctype = "double"
    checks = """
#include <float.h>

/* Values become the same integers on every machine only where doubles are what IEEE 754 says. */
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST) \\
    || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "compile without -ffast-math (or /fp:fast): values would be scaled otherwise"
#endif
#if DBL_MANT_DIG != 53 || DBL_MAX_EXP != 1024
#error "a double must have 64 bits"
#endif
#if defined(FLT_EVAL_METHOD) && (FLT_EVAL_METHOD < 0 || FLT_EVAL_METHOD == 2)
#error "doubles are computed in a wider format; for x86, compile with -msse2 -mfpmath=sse"
#endif
"""
    test_values = (-12, _STEPS + 13)

    @property
    def constants(self) -> str:
        """How much room constant tables take."""
        each = 2 * np.dtype(np.float64).itemsize + self._dtype.itemsize
        whole = self._encoding_bytes + each * self.size
        whole += self._coding_bytes
        return f"{whole:,} bytes, of which only net_encode reads {self._encoding_bytes:,}"

    def drawn(self, integer: str) -> str:
        """The expression of a value for the self-test, of one of an integer."""
        i = "[i % NET_VALUES]"
        steps = f"(double)(({integer}) * net_highest{i})"
        return f"net_offset{i}\n            + {steps} / {_STEPS} / net_scale{i}"

    def encode(self, samples: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [samples, bits] of integers [samples, size], which become values as ``drawn``."""
        scaling = self._scaling
        with np.errstate(over="ignore"):
            values = (samples * scaling.highest).astype(np.float64) / _STEPS
            values = np.array(scaling.offset) + values / np.array(scaling.scale)
        return super().encode(values)

    @property
    def declaration(self) -> str:
        """The lines of the header on values, and on the functions that convert them."""
        bits = int(self.encoder.widths.sum())
        port = f"""
/* The same for the port "features": its bit i is bit i % 8 of port[i / 8]. Each integer has bits
 * of its own there, one after the other. */
#define NET_PORT_BYTES {max(1, -(-bits // 8))}
void net_port(const double sample[NET_VALUES], uint8_t port[NET_PORT_BYTES]);
"""
        port = "" if self.levels is not None else port
        return f"""{super().declaration}
/* What hardware with its encoder reads: the integers of a raw sample. That of a value is
 * ceil((value - offset) * scale), or, beyond these, 0 or the highest integer of its bits; 0 for
 * NaN. They are the bytes that boards take, lowest byte first. */
void net_features(const double sample[NET_VALUES], {self.feature} features[NET_VALUES]);
{port}"""

    @property
    def _scaling(self) -> Scaling:
        scaling = self.encoder.preprocessing.scaling
        assert scaling is not None
        return scaling

    @property
    def _copies(self) -> bool:
        return True

    def _making(self) -> str:
        """The functions that make integers of values."""
        scaling = self._scaling
        tables = {
            "offset": np.array(scaling.offset),
            "scale": np.array(scaling.scale),
            "highest": scaling.highest.astype(self._dtype),
        }
        parts = [table_of(f"net_{name}", table, "NET_VALUES") for name, table in tables.items()]
        functions = _FUNCTIONS if self.levels is not None else _FUNCTIONS + _PORT
        return "\n".join([*parts, functions.replace("FEATURE", self.feature)])


_FUNCTIONS = """\
/* The integer of value i. The difference comes first and is rounded before it is multiplied: that
 * leaves nothing to fuse to a multiply-add, as value * scale - offset * scale would, so every
 * compiler gives the same. */
static FEATURE net_integer(double value, int32_t i)
{
    const double steps = (value - net_offset[i]) * net_scale[i];
    const FEATURE highest = net_highest[i];
    FEATURE whole;
    if (!(steps > 0)) /* nor is NaN */
        return 0;
    if (steps >= highest)
        return highest;
    whole = (FEATURE)steps;
    return (FEATURE)(whole + (steps > whole));
}

void net_features(const double sample[NET_VALUES], FEATURE features[NET_VALUES])
{
    for (int32_t i = 0; i < NET_VALUES; i++)
        features[i] = net_integer(sample[i], i);
}
"""

_PORT = """
void net_port(const double sample[NET_VALUES], uint8_t port[NET_PORT_BYTES])
{
    int32_t place = 0;
    for (int32_t i = 0; i < NET_PORT_BYTES; i++)
        port[i] = 0;
    for (int32_t i = 0; i < NET_VALUES; i++) {
        const FEATURE integer = net_integer(sample[i], i);
        for (int bit = 0; net_highest[i] >> bit; bit++, place++)
            port[place / 8] = (uint8_t)(port[place / 8] | (integer >> bit & 1) << place % 8);
    }
}
"""
