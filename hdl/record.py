"""What a folder of compiled Verilog says of itself: of which network it is, and how it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lilogic.errors import FormatError, GraphError, LilogicError
from lilogic.files import read_bytes, write_text
from lilogic.graph import GateGraph, lgn
from lilogic.hdl.components.interface import INTERFACE, VERILOG, Interface
from lilogic.hdl.options import CompileOptions
from lilogic.version import __version__

RECORD = "build.json"

_SHOWN = 12
"""Hexadecimal digits of a digest that people are shown."""


class Network(BaseModel):
    """A network, and what tells it from all others.

    Attributes:
        name: what it is called.
        sha256: of what it computes once it is simplified; see ``lgn.fingerprint``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str

    @classmethod
    def of(cls, graph: GateGraph) -> Network:
        """The network of a simplified graph, under the name that its metadata have."""
        return cls(name=str(graph.metadata.get("name", "")), sha256=lgn.fingerprint(graph).hex())

    def __str__(self) -> str:
        return f"{self.name or 'a network without a name'} ({self.sha256[:_SHOWN]})"


class BuildRecord(BaseModel):
    """The record of a folder; the last file that is written there, so that it vouches for the rest.

    Attributes:
        lilogic: the version that compiled it.
        network: what was compiled.
        options: how; ``input`` says what was chosen where it was left open.
        files: SHA-256 of the Verilog and of the interface, by file name.
        artefacts: SHA-256 of the files written beside them for other tools, by file name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lilogic: str
    network: Network
    options: CompileOptions
    files: dict[str, str]
    artefacts: dict[str, str] = {}

    @classmethod
    def of(cls, graph: GateGraph, options: CompileOptions, folder: Path) -> BuildRecord:
        """The record of what ``graph`` was just compiled to in ``folder``."""
        chosen = CompileOptions.of(options, {"input": Interface.read(folder).data})
        files = _digests(folder, (VERILOG, INTERFACE))
        return cls(lilogic=__version__, network=Network.of(graph), options=chosen, files=files)

    def with_artefacts(self, names: Iterable[str], folder: Path) -> BuildRecord:
        """The record once these artefacts were written, too."""
        artefacts = self.artefacts | _digests(folder, names)
        return self.model_copy(update={"artefacts": artefacts})

    def write(self, folder: Path) -> None:
        """Write ``build.json`` into ``folder``; options that have their defaults are left out."""
        write_text(folder / RECORD, self.model_dump_json(indent=2, exclude_unset=True) + "\n")

    @classmethod
    def read(cls, folder: Path) -> BuildRecord:
        """Read ``build.json`` from ``folder``.

        Raises:
            FormatError: there is none, or it is damaged.
            LilogicError: it cannot be read.
        """
        path = folder / RECORD
        if not folder.is_dir():
            raise FormatError(f"{folder}: no such folder")
        if not path.exists():
            raise FormatError(
                f"{folder}: contains no {RECORD}; compile the network into this folder first"
            )
        try:
            return cls.model_validate_json(read_bytes(path))
        except ValidationError as error:
            raise FormatError(
                f"{path}: not the record of a build; compile the network again"
            ) from error

    def check(self, graph: GateGraph, options: Mapping[str, Any], folder: Path) -> None:
        """Refuse a folder that is not of this network, or not compiled in this way.

        Args:
            graph: the simplified graph that should be there.
            options: some of those of ``CompileOptions``, which it should be compiled with.
            folder: where the record is from, for messages.

        Raises:
            GraphError: the folder is of another network, or was compiled with other options.
        """
        network = Network.of(graph)
        if network.sha256 != self.network.sha256:
            raise GraphError(
                f"{folder}: was compiled from network {self.network}, but the model is {network}; "
                "name the one that was compiled, or compile this one"
            )
        asked = CompileOptions(**options)
        for name in options:
            was, wanted = getattr(self.options, name), getattr(asked, name)
            if was != wanted:
                label = name.removesuffix("_mhz").replace("_", " ")
                raise GraphError(
                    f"{folder}: was compiled with {label} {_text(was)}, not {_text(wanted)}; omit "
                    "it, or compile again"
                )

    def altered(self, folder: Path) -> list[str]:
        """The files in ``folder`` that are not as they were written.

        Raises:
            LilogicError: one cannot be read.
        """
        return [name for name, was in self.files.items() if _digest(folder / name) != was]


def withdraw(folder: Path) -> None:
    """Delete the record in ``folder``, if there is one, and the artefacts that it names.

    An artefact that was altered since stays: somebody may need the changes. So does whatever a
    record names outside of its folder.
    """
    with suppress(LilogicError):
        for name, was in BuildRecord.read(folder).artefacts.items():
            path = folder / name
            with suppress(LilogicError, OSError):
                if path.resolve().is_relative_to(folder.resolve()) and _digest(path) == was:
                    path.unlink()
    (folder / RECORD).unlink(missing_ok=True)


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: _digest(folder / name) for name in names}


def _digest(path: Path) -> str:
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _text(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
