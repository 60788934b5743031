"""Values that the shell completes, from the tables that hold them, which are read when Tab is hit.

What needs a package that is not installed completes to nothing.
"""

from __future__ import annotations

from contextlib import suppress


def models() -> list[str]:
    """Names of the zoo; files are completed by the shell itself."""
    from lilogic import zoo

    return zoo.names()


def recipes() -> list[str]:
    """Recipes that lilogic brings along."""
    from lilogic.learn import recipe

    return recipe.names()


def trainable() -> list[str]:
    """Recipes and known data sets."""
    return list(dict.fromkeys([*recipes(), *datasets()]))


def datasets() -> list[str]:
    """Known data sets."""
    from lilogic.data import datasets

    return [*datasets.REGISTRY]


def boards() -> list[str]:
    """Boards that a bitstream can be built for."""
    from lilogic.boards import catalogue

    return [*catalogue.BOARDS]


def devices() -> list[str]:
    """FPGAs that a clock can be asked for."""
    from lilogic.hdl.fpga import devices

    return devices.names()


def targets() -> list[str]:
    """What a network can be compiled for."""
    from lilogic.hdl.fpga import devices

    return devices.targets()


def cost_targets() -> list[str]:
    """What a cost can be estimated for."""
    from lilogic.cost import targets

    return [*targets.TARGETS]


def estimated() -> list[str]:
    """Networks, recipes and known data sets."""
    return list(dict.fromkeys([*models(), *trainable()]))


def popcounts() -> list[str]:
    """Popcount architectures."""
    with suppress(ModuleNotFoundError):
        from lilogic.hdl.components.popcount import POPCOUNTS
        from lilogic.hdl.options import AUTO

        return [AUTO, *POPCOUNTS]
    return []


def artefacts() -> list[str]:
    """Files for other tools that can be written next to the Verilog."""
    with suppress(ModuleNotFoundError):
        from lilogic.hdl.artefacts import ALL, ARTEFACTS

        return [*ARTEFACTS, ALL]
    return []


def training_devices() -> list[str]:
    """What PyTorch may train on."""
    return ["cpu", "cuda"]


def simulators() -> list[str]:
    """Simulators of Verilog."""
    from lilogic.sim import runner

    return [*runner.SIMULATORS]


def exports() -> list[str]:
    """Formats that a network is written in."""
    from lilogic import formats

    return ["verilog", *formats.WRITERS, "tinytapeout"]


def technologies() -> list[str]:
    """What Tiny Tapeout's chips are made in."""
    from lilogic.boards.tinytapeout import technologies as known

    return [*known.TECHNOLOGIES]


def views() -> list[str]:
    """What a picture of a network may show."""
    from lilogic.formats.exporters import svg

    return [*svg.VIEWS]
