"""Packages that come with an extra of lilogic, and may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lilogic.errors import MissingExtraError


@contextmanager
def needs(extra: str, package: str) -> Iterator[None]:
    """Meanwhile, a failing import means that ``package``, which ``extra`` brings, is missing.

    Raises:
        MissingExtraError: it is; says what to install.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"{package} is missing: pip install 'lilogic[{extra}]'") from error
