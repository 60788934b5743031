"""What a compiled classifier promises to whoever connects to its Verilog."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lilogic.errors import LilogicError
from lilogic.files import open_text, write_json

VERILOG = "classifier.v"
INTERFACE = "interface.json"

LEVELS_PER_STAGE = 2
"""Default of ``levels_per_stage``: levels between pipeline registers."""

POPCOUNT = "tree"
"""Default popcount architecture: good on every FPGA that was measured."""

AUTO = "auto"
"""Stands for the popcount architecture that is best for a target; see ``popcount.chosen``."""


@dataclass(frozen=True)
class Interface:
    """Ports and timing of the module ``classifier`` in ``classifier.v``.

    The module has ``clk``, ``rst`` (synchronous, active high), ``valid_in``, one data input,
    and the outputs ``valid_out``, ``index`` and ``scores``. A sample presented with ``valid_in``
    in one clock cycle comes out with ``valid_out`` exactly ``latency`` cycles later; a new sample
    may enter every cycle. Reset clears the valid flags only.

    Attributes:
        data: name of the data input: ``bits`` (encoded) or ``pixels`` (features, encoded inside).
        data_width: its width in bits; bit ``i`` is input bit ``i`` of the graph, or feature ``i``
            stands at ``[i * feature_width, (i + 1) * feature_width)``.
        feature_width: bits per feature; 1 for encoded bits.
        classes: number of classes.
        index_width: width of ``index``, the predicted class.
        score_width: width of one class's score; class ``c`` stands at ``scores[c * score_width +:
            score_width]``, in two's complement if ``score_signed``.
        score_signed: whether scores can be negative.
        latency: clock cycles from ``valid_in`` to ``valid_out``; 0 for a combinational classifier.
        levels_per_stage: levels of logic between pipeline registers; 0 for none, null where a
            clock was asked for instead.
        popcount: name of the popcount architecture.
        clock_mhz: the clock that registers were placed for, null for none.
        device: on which of ``devices.DEVICES``.
    """

    data: str
    data_width: int
    feature_width: int
    classes: int
    index_width: int
    score_width: int
    score_signed: bool
    latency: int
    levels_per_stage: int | None
    popcount: str
    clock_mhz: float | None = None
    device: str | None = None

    def write(self, folder: Path) -> None:
        """Write ``interface.json`` into ``folder``."""
        write_json(folder / INTERFACE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Interface:
        """Read ``interface.json`` from ``folder``.

        Raises:
            LilogicError: missing, or not an interface description.
        """
        path = folder / INTERFACE
        with open_text(path) as file:
            try:
                return cls(**json.load(file))
            except (TypeError, ValueError) as error:
                raise LilogicError(f"{path}: not an interface description ({error})") from error
