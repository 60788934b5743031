"""Packages that only some of lilogic needs, and how to install them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lilogic.errors import MissingExtraError


@contextmanager
def needs(extra: str, package: str) -> Iterator[None]:
    """Meanwhile, a package that is not installed is an error that says how to install it.

    Args:
        extra: of lilogic, which brings the package.
        package: what it is called.

    Raises:
        MissingExtraError: a module of another package than lilogic was not found.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "lilogic":
            raise
        raise MissingExtraError(f"{package} is missing: pip install 'lilogic[{extra}]'") from error
