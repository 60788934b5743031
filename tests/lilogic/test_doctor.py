"""What the doctor finds, and that it tells what to do about it."""

import importlib.metadata
import json
import os
import sys
from collections import namedtuple

import pytest

from lilogic import compiled, doctor
from lilogic.report.models.doctor import Diagnosis, State


def states(checks):
    return {check.name: check.state for check in checks}


def told(checks, name):
    (found,) = [check for check in checks if check.name == name]
    return found


def test_the_command(lilogic):
    """A table for people, JSON for machines, and a status that says whether all works."""
    status, out, err = lilogic("doctor", "--json")
    diagnosis = Diagnosis.model_validate(json.loads(out))
    assert status == (0 if diagnosis.ok else 1)
    assert bool(err) == (not diagnosis.ok)
    assert {check.group for check in diagnosis.checks} >= {"packages", "tools", "caches", "machine"}
    for check in diagnosis.checks:
        assert check.found
        assert check.state is State.OK or check.advice, f"{check.name}: nothing to do about it"


def test_broken_things_are_a_failure(lilogic, monkeypatch):
    monkeypatch.setenv("YOSYS", "/nowhere/yosys")
    yosys = told(doctor.tools(), "yosys")
    assert yosys.state is State.BROKEN
    assert yosys.found == "YOSYS=/nowhere/yosys cannot be run"
    assert yosys.advice == "correct or unset YOSYS"
    diagnosis = Diagnosis(version="1", checks=[yosys], ok=False)
    monkeypatch.setattr(doctor, "diagnose", lambda: diagnosis)
    status, out, err = lilogic("doctor")
    assert status == 1
    assert err == "lilogic: broken: yosys; the table says what to do\n"
    assert "YOSYS=/nowhere/yosys" in out


@pytest.mark.parametrize(
    ("version", "state", "text"),
    [
        (None, State.MISSING, "not installed: torch"),
        ("1.0", State.BROKEN, "torch 1.0 is installed, but >=2.7,<3 is needed"),
        ("2.9.1+cpu", State.OK, "torch 2.9.1+cpu"),
    ],
)
def test_packages(monkeypatch, version, state, text):
    def installed(name):
        if name == "torch" and version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version if name == "torch" else "2.0"

    requires = ["numpy<3,>=2.0", "torch<3,>=2.7; extra == 'train'", "ruff; extra == 'dev'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: requires)
    monkeypatch.setattr(importlib.metadata, "version", installed)
    monkeypatch.setattr(importlib.metadata, "files", lambda _: None)
    found = [*doctor.packages()]
    assert states(found) == {"Python": State.OK, "lilogic": State.OK, "extra train": state}
    train = told(found, "extra train")
    expected = text.replace(">=2.7,<3", "<3,>=2.7")
    assert train.found == expected
    if state is not State.OK:
        assert train.advice.startswith("pip install 'lilogic[train]'")


def test_a_program_of_ones_own_says_its_version(monkeypatch, tmp_path):
    own = tmp_path / "my yosys"
    own.write_text("#!/bin/sh\necho Yosys 9.9\n")
    own.chmod(0o755)
    monkeypatch.setenv("YOSYS", str(own))
    assert told(doctor.tools(), "yosys").found == f"Yosys 9.9, {own}"


def test_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("LILOGIC_DATA", str(tmp_path / "none"))
    assert states(doctor.data()) == {"LILOGIC_DATA": State.BROKEN}
    (tmp_path / "MNIST").mkdir()
    monkeypatch.setenv("LILOGIC_DATA", str(tmp_path))
    assert told(doctor.data(), "LILOGIC_DATA").found == f"{tmp_path}: MNIST"
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(doctor.Path, "iterdir", lambda path: os.listdir(path / "closed"))
        assert states(doctor.data()) == {"LILOGIC_DATA": State.BROKEN}
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "below"))
    numba = told(doctor.caches(), "numba")
    assert (numba.state, "NUMBA_CACHE_DIR" in numba.advice) == (State.WARNING, True)


def test_ports(monkeypatch, tmp_path):
    list_ports = pytest.importorskip("serial.tools.list_ports")
    port = namedtuple("port", "device description")
    monkeypatch.setattr(list_ports, "comports", lambda: [port("/dev/ttyUSB7", "iCEBreaker V1.0e")])
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = told(doctor.boards(), "/dev/ttyUSB7")
    assert found.state is State.WARNING
    assert "dialout" in found.advice
    monkeypatch.setattr(os, "access", lambda *_: True)
    usable = told(doctor.boards(), "/dev/ttyUSB7")
    assert (usable.state, usable.found) == (State.OK, "iCEBreaker V1.0e, accessible")
    monkeypatch.setattr(list_ports, "comports", list)
    assert told(doctor.boards(), "serial ports").found == "none connected"


def test_without_what_lilogic_always_needs(monkeypatch):
    """Then more than ever."""
    assert told(doctor.caches(), "numba").found == str(compiled.folder())
    for package in ("numba", "llvmlite"):
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)
    for name in ("lilogic.compiled", "lilogic.doctor"):
        monkeypatch.delitem(sys.modules, name)
    again = importlib.import_module("lilogic.doctor")
    assert {"numba", "processor"} <= states(again.diagnose().checks).keys()


def test_a_folder_that_is_gone(monkeypatch, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert told(doctor.machine(), "this folder").state is State.BROKEN


def test_room(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(1, 1, 2**20))
    found = states(doctor.machine())
    assert found["this folder"] is found["temporary files"] is State.WARNING


def test_loaders_are_told_how_to_come_by(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(doctor.boards(), "iceprog").advice == "apt install fpga-icestorm"
    assert told(doctor.boards(), "tinyproga").advice == "install it, in a folder on PATH"
