"""What a recipe says of a budget."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt, model_validator

from lilogic.docstrings import describe


class BudgetRecipe(BaseModel):
    """What the whole circuit may take.

    Before training, the widths of all layers are scaled to meet the budget. Give ``luts`` with an
    FPGA as target, ``ge`` with ``sky130``.

    Attributes:
        target: The FPGA family, or ``sky130`` standard cells.
        luts: Lookup tables, of the size that the target has.
        ge: Gate equivalents: the area in units of a two-input NAND.
        fitted: Whether the layers meet the budget already, so that training leaves them as they
            are. lilogic sets it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=describe)

    target: Literal["xc7", "ice40", "ecp5", "sky130"] | None = None
    luts: PositiveInt | None = None
    ge: PositiveInt | None = None
    fitted: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> BudgetRecipe:
        wanted = {None: (), "sky130": ("ge",)}.get(self.target, ("luts",))
        given = tuple(name for name in ("luts", "ge") if getattr(self, name) is not None)
        if given != wanted:
            needs = f"target {self.target} goes with {wanted[0]}" if wanted else "it needs a target"
            raise ValueError(f"{needs}, not {' and '.join(given) or 'nothing'}")
        return self

    @property
    def amount(self) -> int | None:
        """What may be taken, in the target's unit."""
        return self.luts or self.ge
