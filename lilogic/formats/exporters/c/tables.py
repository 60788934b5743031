"""Constant tables in C, in the smallest types."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def smallest(numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The same in the smallest type that holds them all."""
    low, high = numbers.min(initial=0), numbers.max(initial=0)
    # No wider unsigned type: where int has 16 bits, signed values compared with it turn unsigned.
    names = ("uint8", "int8", "int16", "int32")
    fits = (n for n in names if np.iinfo(n).min <= low and high <= np.iinfo(n).max)
    return numbers.astype(next(fits))


def table_of(name: str, numbers: npt.NDArray[Any], length: str) -> str:
    """A constant table; floating-point numbers are exact, as they are hexadecimal."""
    is_real = numbers.dtype.kind == "f"
    ctype, a_row = ("double", 4) if is_real else (f"{numbers.dtype.name}_t", 16)
    values = [value.hex() if is_real else str(value) for value in numbers.tolist()]
    chunks = (values[start : start + a_row] for start in range(0, len(values), a_row))
    rows = ",\n".join(f"    {', '.join(chunk)}" for chunk in chunks)
    return f"static const {ctype} {name}[{length}] = {{\n{rows}\n}};\n"
