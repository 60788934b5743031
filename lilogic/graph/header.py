"""What a ``.lgn`` file says of itself, without its graph: quick, for lists of many files.

A file is safetensors, which begins with the size of its header in eight bytes, lowest first, and
the header as JSON. Reading just that needs no numpy, which safetensors imports.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lilogic.errors import FormatError
from lilogic.graph.metadata import Metadata

_LARGEST = 100_000_000
"""Bytes of a header, as safetensors bounds it."""


@dataclass(frozen=True)
class Header:
    """A file's number of gates, and where its graph comes from."""

    n_gates: int
    metadata: Metadata


def read(path: Path) -> Header:
    """The header of ``path``. The checksum is not looked at; ``lgn.read`` does that.

    Raises:
        FormatError: missing, truncated, or not the file of a gate graph.
    """
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(size, _LARGEST)))
        (n_gates,) = header["op"]["shape"]
        description = json.loads(header["__metadata__"]["graph"])
        return Header(n_gates, Metadata.read(description["metadata"]))
    except FormatError as error:
        raise error.at(str(path)) from error
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise FormatError(f"{path}: truncated or not a .lgn file ({error})") from error
