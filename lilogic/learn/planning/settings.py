"""What a recipe says of a budget."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt, model_validator


class BudgetRecipe(BaseModel):
    """What the whole circuit may take; see ``lilogic.learn.planning.budget``.

    On ``target``, so many ``luts`` of the size that it has, or on sky130 so many ``ge``, gate
    equivalents. Before training, the widths of all layers are scaled to meet it, and are
    ``fitted`` from then on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

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
