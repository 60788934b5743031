"""Errors of pydantic models as one line for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import ValidationError

from lilogic.errors import LilogicError


@contextmanager
def one_line(
    kind: type[LilogicError],
    source: str = "",
    nearest: Callable[[str], Sequence[str]] | None = None,
) -> Iterator[None]:
    """Meanwhile, values that do not fit a model are an error of ``kind`` about the first of them.

    ``source`` is named first in it, if there is one. For an unknown key, it names those that
    ``nearest`` gives.
    """
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        option = None
        if first["type"] == "extra_forbidden":
            text = f"unknown key {place}"
            if nearest is not None:
                meant, option = nearest(place), "keys"
                text += f"; did you mean {' or '.join(meant)}?" if meant else ""
        elif first["type"] == "union_tag_invalid":
            allowed = first["ctx"]["expected_tags"].replace("'", "")
            text = f"{place}: {first['ctx']['tag']} is none of {allowed}"
        elif first["type"] == "value_error":
            text = f"{place}: {first['ctx']['error']}" if place else str(first["ctx"]["error"])
        elif first["loc"]:
            text = f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        else:
            text = "not a table of settings"
        raise kind(f"{source}: {text}" if source else text, option=option) from error
