"""Packages that are not installed with the base: each comes with an extra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lilogic.errors import MissingExtraError


@contextmanager
def needs(extra: str, package: str) -> Iterator[None]:
    """The block imports ``package``, which the extra brings.

    Raises:
        MissingExtraError: it is not installed; says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"{package} is missing: pip install 'lilogic[{extra}]'") from error
