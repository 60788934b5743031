import json
import re
import subprocess
import sys

import numpy as np
import pytest

from lilogic import cli
from lilogic.cli import completion
from lilogic.errors import DataError, LilogicError
from lilogic.graph import lgn
from tests.lilogic.cli.command import assert_one_line, write_graph

pytestmark = pytest.mark.xdist_group("command line")


def test_help_needs_neither_torch_nor_amaranth():
    code = (
        "import sys; sys.argv = ['lilogic', '--help']\n"
        "from lilogic.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'amaranth', 'numba', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "train" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["zoo"],
        ["boards"],
        ["recipes"],
        ["recipes", "digits"],
        ["eval", "digits"],
        ["import", "NET.npz", "-o", "OUT.lgn"],
        *(["export", "digits", "--to", to, "-o", f"OUT.{to}"] for to in ("blif", "aiger", "npz")),
        ["export", "digits", "--to", "c", "-o", "OUT.c"],
    ],
    ids=" ".join,
)
def test_what_needs_no_torch_loads_none(tmp_path, arguments):
    layer = {"gate_types": [[6, 9]], "connections.A": [[0, 1]], "connections.B": [[3, 2]]}
    np.savez(tmp_path / "NET.npz", **layer)
    code = (
        f"import sys; sys.argv = {['lilogic', *arguments, *OPTIONS.get(arguments[0], [])]!r}\n"
        "from lilogic.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print([m for m in ('torch', 'amaranth', 'cocotb') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


OPTIONS = {"import": ["--classes", "2"]}


HEAVY = ["torch", "numba", "numpy", "amaranth", "matplotlib"]


def test_lists_load_nothing_heavy():
    for command in ("zoo", "boards", "recipes"):
        code = (
            f"import sys; sys.argv = ['lilogic', {command!r}, '--json']\n"
            "from lilogic.cli import main\n"
            "try: main()\n"
            "except SystemExit: pass\n"
            f"print([m for m in {HEAVY} if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "[]", command


def test_version(lilogic):
    from lilogic.version import __version__

    assert lilogic("--version") == (0, f"lilogic {__version__}\n", "")


def test_recipes_are_listed_and_printed(lilogic):
    status, out, _ = lilogic("recipes", "--json")
    assert status == 0
    assert {"digits", "mnist-8k", "fashion-8k"} <= set(json.loads(out))
    status, out, _ = lilogic("recipes", "digits")
    assert status == 0
    assert 'name = "digits"' in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["frobnicate"], ["frobnicate", "'. See lilogic --help"]),
        (["zooo"], ["'zoo'? See lilogic --help"]),
        (["eval"], ["MODEL", "See lilogic eval --help"]),
        (["eval", "digits", "--abacus"], ["--abacus. See lilogic eval --help"]),
        (["eval", "missing.lgn"], ["missing.lgn", "no such"]),
        (["train", "unheard-of"], ["unheard-of", "digits"]),
        (["train", "digits", "--set", "train.epoch=3"], ["unknown key", "train.epoch"]),
        (["train", "digits", "--set", "train.epochs=0"], ["train.epochs"]),
        (["train", "digits", "--set", "train.epochs"], ["train.epochs=10"]),
        (["train", "digits", "--set", "net.layers=[105]"], ["105", "10 classes"]),
        (["train", "digits", "--device", "abacus"], ["abacus"]),
        (["train", "digits", "--set", "dataset=missing.npz"], ["missing.npz"]),
        (["train", "digits", "--threads", "0"], ["--threads"]),
        (["recipes", "unheard-of"], ["unheard-of"]),
    ],
)
def test_bad_input_gives_one_line(lilogic, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    status, _, err = lilogic(*arguments)
    assert_one_line(status, err, *expected)


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["report", "digits", "--target", "z80"], completion.targets),
        (["report", "digits", "--popcount", "abacus"], completion.popcounts),
        (["report", "digits", "--clock", "50"], completion.devices),
        (["report", "digits", "--clock", "50", "--target", "ice40"], completion.devices),
        (["sweep-pipeline", "digits", "--device", "z80"], completion.devices),
        (["export", "digits", "-o", "x", "--to", "pdf"], completion.exports),
        (["synth", "digits", "--board", "abacus"], completion.boards),
        (["train", "digits", "--device", "meta"], completion.training_devices),
        (["eval", "abacus"], completion.models),
        (["recipes", "abacus"], completion.recipes),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_list_every_valid_value(lilogic, tmp_path, monkeypatch, arguments, known):
    monkeypatch.chdir(tmp_path)
    status, _, err = lilogic(*arguments)
    error = err.splitlines(keepends=True)[-1]
    assert_one_line(status, error)
    assert {*known()} <= {*re.findall(r"[\w-]+", error)}


def test_every_command_has_the_options_that_all_have(lilogic):
    for command in cli.COMMANDS:
        status, out, _ = lilogic(command, "-h")
        assert status == 0
        assert all(f" {option} " in out for option in ("--json", "--debug", "-h, --help")), command


@pytest.mark.parametrize("command", ["eval", "verify", "report"])
def test_truncated_model(lilogic, run_folder, tmp_path, command):
    path = tmp_path / "cut.lgn"
    path.write_bytes((run_folder / "model.lgn").read_bytes()[:-1])
    status, _, err = lilogic(command, path)
    assert_one_line(status, err, "cut.lgn")


def test_debug_shows_the_traceback():
    command = [sys.executable, "-m", "lilogic", "eval", "missing.lgn", "--debug"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" in done.stderr


def test_debug_may_stand_before_or_after_the_command(monkeypatch):
    for arguments in (["--debug", "eval", "missing.lgn"], ["eval", "missing.lgn", "--debug"]):
        monkeypatch.setattr(sys, "argv", ["lilogic", *arguments])
        with pytest.raises(LilogicError):
            cli.main()


@pytest.mark.parametrize("command", ["eval", "report", "train"])
def test_what_is_called_like_something_known_is_said(lilogic, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    wrong = {"eval": "--data=none", "report": "--popcount=none", "train": "--set=none"}[command]
    status, _, err = lilogic(command, "digits", wrong)
    assert status == 2
    assert err.startswith("digits: ")
    assert "write ./digits for what is in this folder" in err.splitlines()[0]


def test_hints_name_only_options_that_the_command_has(lilogic, tmp_path, monkeypatch):
    def refuse(*_):
        raise DataError("no data; name some", option="data")

    path = tmp_path / "small.lgn"
    write_graph(path)
    monkeypatch.setattr(lgn, "read", refuse)
    assert lilogic("eval", path)[2] == "lilogic: no data; name some (--data)\n"
    assert lilogic("report", path)[2] == "lilogic: no data; name some\n"
