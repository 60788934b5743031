"""What every reader gives, and checks of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.labels import Labels as Labels
from lilogic.errors import DataError

Array = npt.NDArray[Any]
Splits = tuple[Array, Labels, Array, Labels]
"""Training samples and labels, test samples and labels."""


def check_labels(path: Path, labels: Array, classes: int) -> None:
    """Whether all labels are below ``classes``.

    Raises:
        DataError: names the first that is not.
    """
    wrong = np.flatnonzero(labels >= classes)
    if wrong.size:
        raise DataError(
            f"{path}: label {wrong[0]} is {labels[wrong[0]]}, but classes are 0 to {classes - 1}"
        )


def first_line(error: Exception) -> str:
    """The error's first line, or its type: some errors that zipfile raises say nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]
