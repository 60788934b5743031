"""Families of FPGAs, and how a circuit is built for each: all that their tools must be told.

A new family is one entry in ``FAMILIES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Weights = Mapping[str, float]
"""How much each type of cell counts; types may be patterns."""

GENERIC = "generic"
"""The target that is no FPGA: two-input cells."""


@dataclass(frozen=True)
class PlaceAndRoute:
    """What comes after synthesis.

    Attributes:
        program: nextpnr for the family.
        packer: makes a bitstream of what nextpnr wrote.
        bitstream: its file name extension.
        options: of nextpnr, for every device.
        logic: what nextpnr's utilization calls logic cells.
        no_room: regular expressions, of which one is in nextpnr's error where cells are left over.
    """

    program: str
    packer: str
    bitstream: str
    options: tuple[str, ...]
    logic: str
    no_room: tuple[str, ...] = (
        "no B[Ee][Ll]s remaining",
        "legal placement",
        "utili[sz]ation",
        "[Ff]ailed to place",
    )


@dataclass(frozen=True)
class Family:
    """FPGAs that are built with the same tools.

    Attributes:
        name: what people type.
        lut: what its look-up tables are called.
        columns: what each cell type of Yosys adds to ``luts``, ``ffs``, ``carries`` and whatever
            else the family has.
        registers: patterns of the cell types that end a path.
        shares_cells: whether a flip-flop takes the place of a look-up table that does not feed it.
        like: the family whose area figures hold for it, too; itself where ``mapping`` is given.
        mapping: Yosys commands that map every module of a design and keep the hierarchy, ``{top}``
            for the top module; empty where areas are not measured. ``{before_luts}`` are commands
            that come before look-up tables are made.
        timed_carry: the carry cell whose delays the mapper knows, empty where it knows none.
        board_options: of Yosys' synthesis command, when the circuit of a board is built.
        netlist: the file that this leaves.
        first_clock: Hz that the first place and route of a board is asked for, to learn what can be
            reached.
        place_and_route: with programs from PyPI; None where there are none.
        pins: attributes of a board's pins that amaranth-boards does not describe.
    """

    name: str
    lut: str
    columns: Mapping[str, Weights]
    registers: tuple[str, ...]
    shares_cells: bool
    like: str
    mapping: str
    board_options: str
    netlist: str
    first_clock: float
    place_and_route: PlaceAndRoute | None
    pins: Mapping[str, str] = field(default_factory=dict)
    timed_carry: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether bitstreams can be built with programs from PyPI."""
        return self.place_and_route is not None

    @property
    def tools(self) -> tuple[str, ...]:
        """Programs for synthesis, place and route, and the bitstream, as far as there are any."""
        after = self.place_and_route
        return ("yosys",) if after is None else ("yosys", after.program, after.packer)


# What follows names cells after their wires, which takes a quarter of the time for 24,000 LUTs.
_UNNAMED = "-run begin:check"

# A family's own script ends before its checks, which end with a search for better names that takes
# a third of it.
_MAPPING = """\
{command} -top {{top}} -run :map_luts
{{before_luts}}
{command} -top {{top}} -run map_luts:check
blackbox =A:whitebox"""

# Yosys' own script, but for reading cells that classifiers do not have and looking for memories,
# which takes two thirds of the time of small circuits and a quarter of that of large ones. All
# counts are the same.
_XC7 = "synth_xilinx -family xc7 -nodsp -nobram -nosrl -nolutram -noiopad -noclkbuf -top {top}"
_XC7_MAPPING = f"""\
read_verilog -lib -specify +/xilinx/cells_sim.v
hierarchy -check -top {{top}}
{_XC7} -run prepare:map_memory
{_XC7} -run fine:map_luts
{{before_luts}}
{_XC7} -run map_luts:check
blackbox =A:whitebox"""

# On iCE40, the default router can go round in circles where this one is done in seconds.
_ROUTER = ("--router", "router2")

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="ice40",
            lut="LUT4",
            columns={"luts": {"SB_LUT4": 1}, "ffs": {"SB_DFF*": 1}, "carries": {"SB_CARRY": 1}},
            registers=("SB_DFF*",),
            shares_cells=True,
            like="ice40",
            mapping=_MAPPING.format(command="synth_ice40 -noflatten"),
            board_options=_UNNAMED,
            netlist="top.json",
            first_clock=60e6,
            place_and_route=PlaceAndRoute(
                program="nextpnr-ice40",
                packer="icepack",
                bitstream="bin",
                options=_ROUTER,
                logic="ICESTORM_LC",
            ),
            pins={"IO_STANDARD": "SB_LVCMOS"},
        ),
        # A CCU2C is two LUT4s in carry mode. Without multiplexers of LUTs it takes up to a fifth
        # less.
        Family(
            name="ecp5",
            lut="LUT4",
            columns={
                "luts": {"LUT4": 1, "CCU2C": 2},
                "ffs": {"TRELLIS_FF": 1},
                "carries": {"CCU2C": 1},
            },
            registers=("TRELLIS_FF",),
            shares_cells=False,
            like="ecp5",
            mapping=_MAPPING.format(command="synth_ecp5 -nowidelut -noflatten"),
            board_options=f"-nowidelut {_UNNAMED}",
            netlist="top.json",
            # Large networks reach little more, and small ones climb from there in a few tries.
            first_clock=62.5e6,
            place_and_route=PlaceAndRoute(
                program="nextpnr-ecp5",
                packer="ecppack",
                bitstream="bit",
                options=_ROUTER,
                logic="TRELLIS_COMB",
            ),
            pins={"IO_TYPE": "LVCMOS33"},
        ),
        # Its slices are those of ECP5, whose carry cells have another name.
        Family(
            name="machxo2",
            lut="LUT4",
            columns={
                "luts": {"LUT4": 1, "CCU2D": 2},
                "ffs": {"TRELLIS_FF": 1},
                "carries": {"CCU2D": 1},
            },
            registers=("TRELLIS_FF",),
            shares_cells=False,
            like="ecp5",
            mapping="",
            board_options=_UNNAMED,  # without multiplexers of LUTs unless it is told
            netlist="top.json",
            first_clock=60e6,
            place_and_route=PlaceAndRoute(
                program="nextpnr-machxo2",
                packer="xo2pack",
                bitstream="bit",
                options=_ROUTER,
                logic="TRELLIS_COMB",
            ),
            pins={"IO_TYPE": "LVCMOS33"},
        ),
        Family(
            name="gowin",
            lut="LUT4",
            columns={"luts": {"LUT[1-4]": 1, "ALU": 1}, "ffs": {"DFF*": 1}, "carries": {"ALU": 1}},
            registers=("DFF*",),
            shares_cells=True,
            like="ice40",  # four inputs, and carries in the same cell
            mapping="",
            board_options="-nowidelut",
            netlist="top.syn.json",
            first_clock=60e6,
            place_and_route=PlaceAndRoute(
                program="nextpnr-himbaechel",
                packer="gowin_pack",
                bitstream="fs",
                options=(),
                logic="LUT4",
            ),
        ),
        # A small LUT takes a LUT6's place; Yosys leaves inverters for later, which are LUT1s. Cells
        # whose names begin with $ are those of a board, for which Vivado does the mapping.
        Family(
            name="xc7",
            lut="LUT6",
            columns={
                "luts": {"LUT[1-6]": 1, "INV": 1, "$lut": 1},
                "ffs": {"FD*": 1, "$_*DFF*": 1},
                "carries": {"CARRY4": 1},
                "muxes": {"MUXF[78]": 1},
            },
            registers=("FD*",),
            shares_cells=False,
            like="xc7",
            mapping=_XC7_MAPPING,
            board_options="-lut 6",
            netlist="top.json",
            first_clock=100e6,
            place_and_route=None,
            timed_carry="CARRY4",
        ),
    )
}
