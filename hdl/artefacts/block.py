"""What is written about: a compiled classifier, and how templates are filled in with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from lilogic.extras import needs
from lilogic.graph import GateGraph
from lilogic.graph.metadata import Metadata
from lilogic.hdl.bus import header
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.ports import Direction, Port, ports
from lilogic.hdl.vectors import Vectors
from lilogic.version import __version__

STEM = VERILOG.partition(".")[0]
"""What the names of all files begin with, as that of the Verilog does."""

DEFAULT_MHZ = 100.0
"""The clock of constraints where none was asked for."""


@dataclass(frozen=True)
class Block:
    """A compiled classifier.

    Attributes:
        graph: as it was compiled.
        interface: its ports and timing.
        make_vectors: makes stimulus and answers for its testbench.
    """

    graph: GateGraph
    interface: Interface
    make_vectors: Callable[[], Vectors]

    @property
    def module(self) -> str:
        """Name of the Verilog module to connect: that behind a bus, where there is one."""
        bus = self.interface.bus
        return self.interface.module if bus is None else bus.module

    @cached_property
    def ports(self) -> list[Port]:
        """The ports of that module, in order, the clock first."""
        bus = self.interface.bus
        if bus is None:
            return [*ports(self.interface)]
        return [
            Port(
                port.name,
                Direction(port.direction),
                port.width if port.has_range else None,
                port.comment,
            )
            for port in header.ports(bus)
        ]

    @property
    def is_clocked(self) -> bool:
        """Whether the module has registers."""
        return self.interface.bus is not None or self.interface.latency > 0

    @property
    def period(self) -> float:
        """Nanoseconds of a cycle of the clock that was asked for, or else of ``DEFAULT_MHZ``."""
        return 1000 / (self.interface.clock_mhz or DEFAULT_MHZ)

    @cached_property
    def metadata(self) -> Metadata:
        """What the network records of itself."""
        return Metadata.of(self.graph)

    @property
    def class_names(self) -> list[str]:
        """What its classes are called: as the network records, else their numbers."""
        return self.metadata.class_names or [*map(str, range(self.interface.classes))]

    @property
    def title(self) -> str:
        """The network, in a few words on one line of ASCII, without quotation marks."""
        name = self.metadata.name or "unnamed"
        plain = "".join(
            char if " " <= char <= "~" and char not in "\"\\'" else "_" for char in name
        )
        return f"classifier of the network {plain}, {self.graph.n_gates:,} gates"

    @property
    def version(self) -> str:
        """Version of lilogic: three numbers with dots between, as all tools take it."""
        numbers = [part for part in __version__.partition("+")[0].split(".") if part.isdecimal()]
        return ".".join([*numbers, "0", "0"][:3])

    def render(self, template: str, *, escape: bool = False, **values: Any) -> str:
        """A file of ``templates/`` filled in with this block and other values.

        Args:
            template: its name.
            escape: whether values are escaped as XML needs it.
            values: by name.

        Raises:
            MissingExtraError: Jinja is not installed.
        """
        with needs("hdl", "jinja2"):
            import jinja2

        text = files(__package__).joinpath("templates", template).read_text("utf-8")
        environment = jinja2.Environment(
            autoescape=escape,  # noqa: S701, most templates are no markup
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )
        rendered: str = environment.from_string(text).render(
            block=self,
            interface=self.interface,
            verilog=VERILOG,
            stem=STEM,
            lilogic=__version__,
            **values,
        )
        return rendered
