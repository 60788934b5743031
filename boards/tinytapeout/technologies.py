"""The processes that Tiny Tapeout makes chips in: what fits in their tiles, and what cells take.

Tile sizes are those of Tiny Tapeout's own tools (tt-support-tools, ``tech/*/tile_sizes.yaml``), and
margins those of its project templates (``src/config.json``: six sites to the left and right, a row
above and below). Areas of cells are those of the libraries' LEF and Liberty files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lilogic.errors import GraphError

_MARGIN_SITES, _MARGIN_ROWS = 6, 1


@dataclass(frozen=True)
class Technology:
    """A process and its standard cells; lengths in µm, areas in µm².

    Attributes:
        name: what people type.
        library: the standard cells.
        prefix: what the names of all of these begin with.
        nand2: area of the smallest NAND of two inputs.
        flip_flop: area of the smallest flip-flop that projects may use.
        mux2: area of the smallest multiplexer of two inputs.
        site: width and height that all cells are multiples of.
        tiles: width and height of a project of so many tiles, by columns and rows.
        models: Verilog of the cells, in a folder of the process design kit.
        power: connections of a project's power pins in netlists, for a testbench.
    """

    name: str
    library: str
    prefix: str
    nand2: float
    flip_flop: float
    mux2: float
    site: tuple[float, float]
    tiles: Mapping[str, tuple[float, float]]
    models: tuple[str, ...]
    power: str = ""

    def usable(self, tiles: str) -> float:
        """The area of a project between its margins.

        Raises:
            GraphError: there are no projects of that size.
        """
        if tiles not in self.tiles:
            raise GraphError(
                f"projects in {self.name} have {', '.join(self.tiles)} tiles, not {tiles}",
                option="tiles",
            )
        width, height = self.tiles[tiles]
        across, up = self.site
        return (width - 2 * _MARGIN_SITES * across) * (height - 2 * _MARGIN_ROWS * up)


def _sizes(
    columns: Mapping[int, float], one_row: float, two_rows: float
) -> dict[str, tuple[float, float]]:
    """Projects of one column in one row or two, and of more columns in two."""
    single = {"1x1": (columns[1], one_row)}
    return single | {f"{count}x2": (width, two_rows) for count, width in columns.items()}


TECHNOLOGIES = {
    technology.name: technology
    for technology in (
        Technology(
            "sky130",
            "sky130_fd_sc_hd",
            "sky130_fd_sc_hd__",
            nand2=3.7536,
            flip_flop=20.0192,
            mux2=11.2608,
            site=(0.46, 2.72),
            tiles=_sizes(
                {1: 161.00, 2: 334.88, 3: 508.76, 4: 682.64, 6: 1030.40, 8: 1378.16},
                111.52,
                225.76,
            ),
            models=(
                "sky130A/libs.ref/sky130_fd_sc_hd/verilog/primitives.v",
                "sky130A/libs.ref/sky130_fd_sc_hd/verilog/sky130_fd_sc_hd.v",
            ),
            power=".VPWR(1'b1), .VGND(1'b0),",
        ),
        Technology(
            "ihp-sg13g2",
            "sg13g2_stdcell",
            "sg13g2_",
            nand2=7.2576,
            flip_flop=48.9888,
            mux2=18.1440,
            site=(0.48, 3.78),
            tiles=_sizes(
                {1: 202.08, 2: 419.52, 3: 636.96, 4: 854.40, 6: 1289.28, 8: 1724.16},
                154.98,
                313.74,
            ),
            models=("ihp-sg13g2/libs.ref/sg13g2_stdcell/verilog/sg13g2_stdcell.v",),
        ),
        Technology(
            "gf180mcu",
            "gf180mcu_fd_sc_mcu7t5v0",
            "gf180mcu_fd_sc_mcu7t5v0__",
            nand2=10.9760,
            flip_flop=63.6608,
            mux2=28.5376,
            site=(0.56, 3.92),
            tiles=_sizes({1: 346.64, 2: 711.20, 3: 1075.76, 4: 1440.32}, 160.72, 325.36),
            models=(
                "gf180mcuD/libs.ref/gf180mcu_fd_sc_mcu7t5v0/verilog/primitives.v",
                "gf180mcuD/libs.ref/gf180mcu_fd_sc_mcu7t5v0/verilog/gf180mcu_fd_sc_mcu7t5v0.v",
            ),
            power=".VPWR(1'b1), .VGND(1'b0),",
        ),
    )
}


def find(name: str) -> Technology:
    """The technology of that name.

    Raises:
        GraphError: there is none.
    """
    if name not in TECHNOLOGIES:
        known = ", ".join(TECHNOLOGIES)
        raise GraphError(f"technology {name!r} is not one of {known}", option="technology")
    return TECHNOLOGIES[name]
