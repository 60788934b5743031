"""Names that packages do not promise to keep: each is there, and its package has an upper bound."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import numba
import pytest
import typer
from amaranth.hdl import Cat, Mux, Signal
from amaranth.hdl._ast import Concat, Operator, Slice, SwitchValue
from amaranth.vendor import GowinPlatform, LatticePlatform
from numba.core.base import BaseContext

from lilogic import compiled

ROOT = Path(__file__).parents[1]
ROOMS = ("lilogic", "hdl", "boards", "sim")
PACKAGES = ("amaranth", "numba", "typer")
IMPORTED = {"amaranth.hdl._ast", "numba.core", "numba.core.caching", "numba.core.event"}
"""Private modules; what else is private is an attribute of something public."""

a, b = Signal(4), Signal(4)


def requirements() -> dict[str, str]:
    """The versions that each package may have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return {re.split(r"[^\w-]", line)[0]: line for line in lines}


def private_imports(path: Path) -> set[str]:
    """Modules with a private part, or of numba's core, that a file imports something of."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                modules = [f"{module}.{name.name}" for name in names]
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case _:
                continue
        for full in modules:
            if not full.startswith(("__future__", "lilogic.")) and re.search(
                r"\._(?!_)|^numba\.core|^typer\.(_|core|main)", full
            ):
                found.add(full.rpartition(".")[0])
    return found


def test_no_other_private_module_is_imported() -> None:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert set().union(*map(private_imports, files)) == IMPORTED


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_has_an_upper_bound(package: str) -> None:
    assert re.search(r"<\d", requirements()[package])


def test_llvmlite_is_bounded_by_numba() -> None:
    (line,) = (line for line in requires("numba") or [] if line.startswith("llvmlite"))
    assert "<" in line


def test_amaranth_values_say_how_they_are_written() -> None:
    """``devices.Delays`` walks them."""
    added, chosen = a + b, Mux(a[0], a, b)
    assert isinstance(added, Operator)
    assert (added.operator, [*map(id, added.operands)]) == ("+", [id(a), id(b)])
    assert isinstance(chosen, SwitchValue)
    assert {id(value) for _, value in chosen.cases} == {id(a), id(b)}
    assert len(chosen.test) == 1
    assert isinstance(a[1:3], Slice)
    assert a[1:3].value is a
    assert isinstance(Cat(a, b), Concat)
    assert [*map(id, Cat(a, b).parts)] == [id(a), id(b)]


def test_gowin_platforms_name_their_chip_database() -> None:
    """The templates of ``platform`` write it on nextpnr's command line."""
    assert isinstance(GowinPlatform._chipdb_device, property)


def test_lattice_platforms_have_templates_for_open_tools() -> None:
    """``platform`` takes these where a board's own description has others that do not work."""
    _, _, pack = LatticePlatform._trellis_command_templates
    assert 'invoke_tool("ecppack")' in pack


def test_numba_gives_intrinsics_arrays_and_nothing() -> None:
    """``simd`` reads the data of arrays, and returns nothing."""
    assert callable(BaseContext.make_array)
    assert callable(BaseContext.get_dummy_value)
    assert hasattr(importlib.import_module("numba.extending").models, "PrimitiveModel")


def test_typer_raises_errors_that_can_be_told_and_returns_a_status_for_ctrl_c() -> None:
    """``cli.main`` tells errors of the command line in one line."""
    error = typer.BadParameter.__mro__[2]
    assert error.__name__ == "ClickException"
    assert callable(error.format_message)
    app = typer.Typer()

    @app.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert app([], standalone_mode=False) == 130


def test_numba_can_be_told_where_to_keep_what_it_compiles() -> None:
    """``compiled`` says so while functions are decorated."""
    assert {"get_cache_path", "get_source_stamp", "get_disambiguator", "from_function"} <= {
        *dir(compiled.Place.__base__)
    }
    assert getattr(numba.config, compiled._SETTING) == ""
    assert getattr(numba.config, compiled._FOLDER) in ("", None)
