"""How a graph is compiled: the same in Python, on the command line and in JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lilogic.errors import GraphError
from lilogic.extras import needs
from lilogic.hdl.fpga import devices
from lilogic.hdl.fpga.delays import Clock
from lilogic.hdl.keywords import KEYWORDS
from lilogic.validation import one_line

AUTO = "auto"
"""Stands for the popcount architecture that is best for a target; see ``popcount.chosen``."""


MODULE = "classifier"
"""The top module, if no other name is asked for."""


class InputKind(StrEnum):
    """What a classifier reads: encoded ``bits``, or ``features`` that it encodes itself."""

    BITS = "bits"
    FEATURES = "features"


class Bus(StrEnum):
    """What a classifier is connected by, beside its own ports."""

    AXIS = "axis"
    AXIS_AXIL = "axis+axil"
    AXIL = "axil"
    WISHBONE = "wishbone"

    @property
    def has_streams(self) -> bool:
        """Whether samples and results come and go by AXI4-Stream, not through registers."""
        return self in (Bus.AXIS, Bus.AXIS_AXIL)

    @property
    def has_registers(self) -> bool:
        """Whether it has the registers of ``bus.registers``."""
        return self is not Bus.AXIS


REGISTER_WIDTH = 32
"""Bits of a register, and so of a beat that passes through one."""


class CompileOptions(BaseModel):
    """How a graph is compiled.

    Attributes:
        input: What the classifier reads. Default: features if the graph has an encoder.
        levels_per_stage: Levels of logic between pipeline registers; 0 for a combinational
            classifier. Encoder, gates, adders and comparisons all count.
        clock_mhz: Clock in MHz to place registers for on ``target``, instead of every few levels.
        target: What to optimize for: a family (``ice40``, ``ecp5``, ``xc7``, ``generic``) or a
            device (``hx8k``, ``up5k``, ``ecp5``).
        popcount: Architecture of the popcounts: ``chain``, ``tree``, ``counters``, ``compressor``,
            ``cells``, or ``auto`` for the smallest on the target.
        fold: Clock cycles that a sample may take. With more than one, classes are counted one after
            the other by adders that they share.
        narrow: Whether to give each feature a word of only as many bits as its comparisons tell
            apart. The sender of features then sends codes; see ``Interface.levels``.
        module: Name of the top module, and prefix of the modules inside: letters, digits and
            underscores, no Verilog keyword. Networks with different names fit in one design.
        bus: Bus to put the classifier behind; None for its own ports alone.
        bus_width: Bits per beat of the bus's streams, a multiple of 8.
        artefacts: Files to write beside the Verilog: names of artefacts, or ``all``.

    Raises:
        GraphError: A keyword is unknown, or a value impossible.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input: InputKind | None = None
    levels_per_stage: int = Field(default=2, ge=0)
    clock_mhz: float | None = Field(default=None, gt=0)
    target: str | None = None
    popcount: str = AUTO
    fold: int = Field(default=1, ge=1)
    narrow: bool = False
    module: str = Field(default=MODULE, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    bus: Bus | None = None
    bus_width: int = Field(default=REGISTER_WIDTH, ge=8, le=4096, multiple_of=8)
    artefacts: tuple[str, ...] = ()

    @field_validator("module")
    @classmethod
    def _check_module(cls, name: str) -> str:
        if name in KEYWORDS:
            raise ValueError(f"{name} is a keyword of Verilog; choose another name")
        return name

    @field_validator("popcount")
    @classmethod
    def _check_popcount(cls, name: str) -> str:
        if name != AUTO:
            with needs("hdl", "amaranth"):
                from lilogic.hdl.components import popcount
            popcount.architecture(name)
        return name

    @classmethod
    def of(cls, options: CompileOptions | None, keywords: dict[str, Any]) -> CompileOptions:
        """Options with some of them replaced by keywords.

        Raises:
            GraphError: an unknown keyword, or an impossible value.
        """
        given = {} if options is None else options.model_dump(exclude_unset=True)
        return cls(**given | keywords)

    def check_registers(self) -> None:
        """Refuse two ways at once to say where a classifier's registers stand, or none to fold.

        Raises:
            GraphError: levels per stage are given, and a clock, too; a combinational classifier is
                to be folded; or the target is unknown, or no device for the clock.
        """
        if self.fold > 1 and self.clock_mhz is None and not self.levels_per_stage:
            raise GraphError(
                f"a combinational classifier cannot be folded into {self.fold} cycles; set at "
                "least 1 level per stage",
                option="levels_per_stage",
            )
        if self.clock_mhz is not None and "levels_per_stage" in self.model_fields_set:
            raise GraphError(
                f"{self.levels_per_stage} levels per stage and a clock of {self.clock_mhz:g} MHz "
                "both place the registers; choose one",
                option="levels_per_stage",
            )
        if self.target is not None:
            devices.family(self.target)
        self.clock()

    def clock(self) -> Clock | None:
        """The clock that registers are placed for; None where it is not given.

        Raises:
            GraphError: the target is no device.
        """
        if self.clock_mhz is None:
            return None
        if self.target is None:
            known = ", ".join(devices.names())
            raise GraphError(
                f"a clock needs a device as the target, one of {known}", option="target"
            )
        return devices.clock(self.clock_mhz, self.target)

    def check_bus(self) -> None:
        """Refuse a width of beats where there are none, or where registers hold them.

        Raises:
            GraphError: there is a width, but no stream to have it.
        """
        if self.bus_width == REGISTER_WIDTH or (self.bus and self.bus.has_streams):
            return
        why = f"{self.bus} has beats of {REGISTER_WIDTH} bits" if self.bus else "there is no bus"
        raise GraphError(
            f"the bus width is {self.bus_width} bits, but {why}; omit it, or choose {Bus.AXIS} or "
            f"{Bus.AXIS_AXIL} as the bus",
            option="bus_width",
        )

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            with one_line(GraphError):
                super().__init__(**values)
